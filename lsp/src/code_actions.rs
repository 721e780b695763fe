//! `textDocument/codeAction`: what diagnostics suggest, as edits of the document.

use crate::position::Encoding;
use crate::to_proto;
use std::collections::HashMap;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, Uri, WorkspaceEdit,
};
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::{Applicability, Diagnostic, Suggestion};

/// The suggestions of every diagnostic that the range touches. The editor may apply those that are safe without a choice.
pub(crate) fn code_actions(
    analysis: &Analysis,
    uri: &Uri,
    range: Range,
    encoding: Encoding,
) -> Vec<CodeActionOrCommand> {
    let touches = |diagnostic: &&Diagnostic| {
        let place = to_proto::range(diagnostic.primary.span, &analysis.text, encoding);
        place.start <= range.end && range.start <= place.end
    };
    let mut actions = Vec::new();
    for diagnostic in analysis.diagnostics.iter().filter(touches) {
        for suggestion in diagnostic.suggestions.iter().filter(|s| !s.edits.is_empty()) {
            let shown = to_proto::diagnostic(diagnostic, &analysis.text, uri, encoding);
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: suggestion.message.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![shown]),
                edit: Some(edit(suggestion, &analysis.text, uri, encoding)),
                is_preferred: Some(suggestion.applicability == Applicability::Safe),
                ..CodeAction::default()
            }));
        }
    }
    actions
}

fn edit(suggestion: &Suggestion, text: &str, uri: &Uri, encoding: Encoding) -> WorkspaceEdit {
    let edits = suggestion.edits.iter().map(|edit| TextEdit {
        range: to_proto::range(edit.span, text, encoding),
        new_text: edit.replacement.clone(),
    });
    WorkspaceEdit {
        changes: Some(HashMap::from([(uri.clone(), edits.collect())])),
        ..WorkspaceEdit::default()
    }
}
