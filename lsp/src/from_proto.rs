//! From the protocol's types to ours.

use crate::position::Encoding;
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};
use writ_compiler::analysis::Syntax;

/// The syntax of a document: what the editor says it is, else what its name says, else `.writ`.
pub(crate) fn syntax(language_id: &str, uri: &Uri) -> Syntax {
    match language_id {
        "json" | "jsonc" => Syntax::Json,
        "writ" => Syntax::Writ,
        _ if uri.path().as_str().ends_with(".json") => Syntax::Json,
        _ => Syntax::Writ,
    }
}

/// An opened document's syntax.
pub(crate) fn document_syntax(document: &TextDocumentItem) -> Syntax {
    syntax(&document.language_id, &document.uri)
}

/// Applies changes in their order: each refers to the text that the one before it left.
pub(crate) fn apply(
    text: &mut String,
    changes: Vec<TextDocumentContentChangeEvent>,
    encoding: Encoding,
) {
    for change in changes {
        match change.range {
            None => *text = change.text,
            Some(range) => {
                let start = encoding.offset(text, range.start);
                let end = encoding.offset(text, range.end).max(start);
                text.replace_range(start..end, &change.text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp_server::ls_types::{Position, Range};

    fn change(range: Option<(u32, u32, u32, u32)>, text: &str) -> TextDocumentContentChangeEvent {
        TextDocumentContentChangeEvent {
            range: range.map(|(a, b, c, d)| Range::new(Position::new(a, b), Position::new(c, d))),
            range_length: None,
            text: text.to_owned(),
        }
    }

    #[test]
    fn changes_apply_one_after_the_other() {
        let mut text = String::from("a😀b\nc\n");
        let changes = vec![change(Some((0, 3, 0, 4)), "B"), change(Some((0, 1, 1, 0)), "-")];
        apply(&mut text, changes, Encoding::Utf16);
        assert_eq!(text, "a-c\n");
        apply(&mut text, vec![change(None, "new")], Encoding::Utf16);
        assert_eq!(text, "new");
    }
}
