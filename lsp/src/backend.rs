//! The protocol's handlers: each posts one message to the owner.

use crate::BudgetOf;
use crate::owner::{self, Message};
use crate::position::Encoding;
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DocumentFormattingParams, InitializeParams, InitializeResult, OneOf,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextEdit,
};
use tower_lsp_server::{Client, LanguageServer};

/// One editor's connection.
#[derive(Debug)]
pub(crate) struct Backend {
    owner: mpsc::Sender<Message>,
}

impl Backend {
    pub(crate) fn new(client: Client, budget_of: BudgetOf) -> Self {
        Self { owner: owner::start(client, budget_of) }
    }

    /// Posts a message, waiting while the owner is far behind. Waiters are served in order.
    async fn post(&self, message: Message) {
        // The owner outlives the server; if its thread could not start there is nobody to tell.
        let _ = self.owner.send(message).await;
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let offered = params.capabilities.general.and_then(|general| general.position_encodings);
        let encoding = Encoding::negotiate(offered.as_deref());
        self.owner.send(Message::Encoding(encoding)).await.map_err(|_| Error::internal_error())?;
        Ok(InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(encoding.kind()),
                text_document_sync: Some(TextDocumentSyncCapability::Kind(
                    TextDocumentSyncKind::INCREMENTAL,
                )),
                document_formatting_provider: Some(OneOf::Left(true)),
                code_action_provider: Some(CodeActionProviderCapability::Options(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
                        ..CodeActionOptions::default()
                    },
                )),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "writ".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            offset_encoding: None,
        })
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let (answer, answered) = oneshot::channel();
        let uri = params.text_document.uri;
        self.post(Message::CodeActions { uri, range: params.range, answer }).await;
        // The owner drops what it cannot answer.
        Ok(answered.await.ok())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.post(Message::Open(params.text_document)).await;
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        self.post(Message::Change {
            uri: document.uri,
            version: document.version,
            changes: params.content_changes,
        })
        .await;
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.post(Message::Close(params.text_document.uri)).await;
    }

    /// The canonical form has no options, so those of the editor mean nothing.
    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let (answer, answered) = oneshot::channel();
        self.post(Message::Format { uri: params.text_document.uri, answer }).await;
        answered.await.map_err(|_| Error::internal_error())
    }
}
