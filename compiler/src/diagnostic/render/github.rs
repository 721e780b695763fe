//! GitHub workflow commands: annotations on the files of a pull request.

use crate::analysis::Analysis;
use crate::diagnostic::{Diagnostic, Severity};
use std::fmt::Write;

/// Every diagnostic of a text as a workflow command, one a line.
#[must_use]
pub fn github(analysis: &Analysis, name: &str) -> String {
    let mut out = String::new();
    for diagnostic in &analysis.diagnostics {
        let span = diagnostic.primary.span;
        let start = analysis.lines.position(&analysis.text, span.start);
        let end = analysis.lines.position(&analysis.text, span.end);
        let command = match diagnostic.severity {
            Severity::Note => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "::{command} file={},line={},endLine={},col={},endColumn={},title={}::{}",
            property(name),
            start.line,
            end.line,
            start.column,
            end.column,
            property(diagnostic.code.id()),
            data(&message(diagnostic)),
        );
    }
    out
}

/// The sentence, then the remark, the notes and the advice.
fn message(diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message.clone();
    let label = Some(&diagnostic.primary.message).filter(|label| !label.is_empty()).cloned();
    let helps = diagnostic.suggestions.iter().map(|s| format!("help: {}", s.message));
    for line in label.into_iter().chain(diagnostic.notes.iter().cloned()).chain(helps) {
        message.push('\n');
        message.push_str(&line);
    }
    message
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Syntax;

    #[test]
    fn what_means_something_to_github_is_escaped() {
        let analysis = Analysis::new("{\"startNodeId\": 1,\n \"nodes\": []} x", Syntax::Json);
        let text = github(&analysis, "a,b:c.json");
        let trailing = text.lines().find(|line| line.contains("WR0105")).unwrap_or_default();
        insta::assert_snapshot!(trailing, @"::error file=a%2Cb%3Ac.json,line=2,endLine=2,col=15,endColumn=16,title=WR0105::text after the end of the JSON value%0Ahelp: a file holds one workflow and nothing behind it");
    }
}
