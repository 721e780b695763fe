//! The one thread that holds the documents.
//!
//! The protocol library runs handlers concurrently, so each handler only posts a message here. Messages are
//! taken in order; edits that wait behind one another are applied together and analysed once.

use crate::BudgetOf;
use crate::position::Encoding;
use crate::{code_actions, from_proto, to_proto};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::{
    CodeActionResponse, MessageType, Range, TextDocumentContentChangeEvent, TextDocumentItem,
    TextEdit, Uri,
};
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::format;

/// Messages that may wait before an editor is made to wait: far more than anyone types during one analysis.
const QUEUE_MAX: usize = 1024;

/// What a handler asks of the owner.
#[derive(Debug)]
pub(crate) enum Message {
    /// The client said what its columns count.
    Encoding(Encoding),
    /// A document was opened.
    Open(TextDocumentItem),
    /// A document was edited.
    Change { uri: Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent> },
    /// A document was closed.
    Close(Uri),
    /// The edits are asked for that bring a document into its canonical form; there is no answer for one that does
    /// not parse.
    Format { uri: Uri, answer: oneshot::Sender<Option<Vec<TextEdit>>> },
    /// The editor asks what can be done about the diagnostics of a range.
    CodeActions { uri: Uri, range: Range, answer: oneshot::Sender<CodeActionResponse> },
}

struct Document {
    text: String,
    version: i32,
    syntax: Syntax,
}

/// Starts the owner. It ends when every sender is gone.
pub(crate) fn start(client: Client, budget_of: BudgetOf) -> mpsc::Sender<Message> {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let runtime = Handle::current();
    // Analysis is bound by CPU: it has its own thread, so that the protocol's stays responsive.
    std::thread::spawn(move || {
        Owner {
            client,
            runtime,
            encoding: Encoding::default(),
            budget_of,
            documents: HashMap::new(),
        }
        .run(receiver);
    });
    sender
}

struct Owner {
    client: Client,
    runtime: Handle,
    encoding: Encoding,
    budget_of: BudgetOf,
    documents: HashMap<Uri, Document>,
}

impl Owner {
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.blocking_recv() {
            let mut touched = HashSet::new();
            self.take(first, &mut touched);
            while let Ok(next) = messages.try_recv() {
                self.take(next, &mut touched);
            }
            for uri in touched {
                self.publish(uri);
            }
        }
    }

    fn take(&mut self, message: Message, touched: &mut HashSet<Uri>) {
        match message {
            Message::Encoding(encoding) => self.encoding = encoding,
            Message::Open(item) => {
                let syntax = from_proto::document_syntax(&item);
                let document = Document { text: item.text, version: item.version, syntax };
                self.documents.insert(item.uri.clone(), document);
                touched.insert(item.uri);
            }
            Message::Change { uri, version, changes } => {
                if let Some(document) = self.documents.get_mut(&uri) {
                    from_proto::apply(&mut document.text, changes, self.encoding);
                    document.version = version;
                    touched.insert(uri);
                }
            }
            Message::Close(uri) => {
                self.documents.remove(&uri);
                touched.insert(uri);
            }
            Message::Format { uri, answer } => {
                // Whoever asked may have gone.
                let _ = answer.send(self.format(&uri));
            }
            Message::CodeActions { uri, range, answer } => {
                let actions = self.documents.get(&uri).and_then(|document| {
                    self.analyse(document, &uri, |analysis| {
                        code_actions::code_actions(analysis, &uri, range, self.encoding)
                    })
                });
                // An editor that gave up waiting needs no answer.
                let _ = answer.send(actions.unwrap_or_default());
            }
        }
    }

    fn format(&self, uri: &Uri) -> Option<Vec<TextEdit>> {
        let document = self.documents.get(uri)?;
        let format = || format::format(document.text.as_bytes(), document.syntax).ok();
        // As for an analysis: the formatter does not panic, and the server would live on.
        let formatted = catch_unwind(AssertUnwindSafe(format)).ok()??;
        Some(to_proto::edits(&document.text, formatted, self.encoding))
    }

    /// Sends a document's diagnostics; none once it is closed, so that the editor forgets them.
    fn publish(&self, uri: Uri) {
        let document = self.documents.get(&uri);
        let version = document.map(|document| document.version);
        let diagnostics = document.and_then(|document| {
            self.analyse(document, &uri, |analysis| {
                to_proto::diagnostics(analysis, &uri, self.encoding)
            })
        });
        let diagnostics = diagnostics.unwrap_or_default();
        self.runtime.block_on(self.client.publish_diagnostics(uri, diagnostics, version));
    }

    /// Analyses a document, and makes something of that.
    fn analyse<T>(
        &self,
        document: &Document,
        uri: &Uri,
        make: impl FnOnce(&Analysis) -> T,
    ) -> Option<T> {
        let analyse = || {
            let file = uri.to_file_path();
            let budget = file.and_then(|file| (self.budget_of)(&file));
            let options = Options { budget: budget.as_ref(), ..Options::default() };
            make(&Analysis::with(document.text.clone(), document.syntax, options))
        };
        // The compiler does not panic; should it, one document has no diagnostics and the server lives on.
        catch_unwind(AssertUnwindSafe(analyse))
            .inspect_err(|_| {
                let message = format!("writ: could not analyse {}; please report it", uri.as_str());
                self.runtime.block_on(self.client.log_message(MessageType::ERROR, message));
            })
            .ok()
    }
}
