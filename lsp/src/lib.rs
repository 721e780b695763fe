//! The Writ language server: the LSP protocol in, the compiler's [`Analysis`] out.
//!
//! It holds no logic of the language. [`Backend`] turns protocol messages into messages to one owner
//! thread; the owner holds the documents, applies edits in the order they came, and asks the compiler;
//! `to_proto` and `from_proto` are the only places that know both sides' types.
//!
//! [`Analysis`]: writ_compiler::analysis::Analysis

mod backend;
mod code_actions;
mod from_proto;
mod owner;
mod position;
mod to_proto;

use backend::Backend;
use std::path::Path;
use tower_lsp_server::{LspService, Server};
use writ_compiler::bounds::ProjectBudget;

/// The budget of the project that a file is part of, when there is one.
pub type BudgetOf = fn(&Path) -> Option<ProjectBudget>;

/// Serves one editor over standard input and output until it says `exit` or closes the stream.
pub async fn serve_stdio(budget_of: BudgetOf) {
    let (service, socket) = LspService::new(|client| Backend::new(client, budget_of));
    Server::new(tokio::io::stdin(), tokio::io::stdout(), socket).serve(service).await;
}
