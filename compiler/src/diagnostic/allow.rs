//! `// writ: allow WR0801 — reason`: warnings that the author has looked at and lets stand.
//!
//! At the end of a line the comment speaks of that line. On a line of its own it speaks of what begins below it: a
//! step, a `let`, a declaration, or, where none of them begins, that one line.

use super::{CATALOGUE, Code, Diagnostic, Severity, did_you_mean};
use crate::syntax::token::tokens;
use crate::text::{Span, Spanned};
use crate::tree::Module;

/// A diagnostic that a comment silences.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// The diagnostic.
    pub diagnostic: Diagnostic,
    /// The comment.
    pub comment: Span,
    /// The author's reason.
    pub reason: String,
}

impl Allowed {
    /// The diagnostic as a note that says why it is allowed.
    #[must_use]
    pub fn shown(&self) -> Diagnostic {
        let mut shown = self.diagnostic.clone();
        shown.severity = Severity::Note;
        shown.and(self.comment, "allowed here").note(format!("allowed: {}", self.reason))
    }
}

/// Takes out what the comments of a `.writ` text allow, and reports comments that allow nothing.
pub(crate) fn apply(
    text: &str,
    module: &Module,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Allowed> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let mut allows = comments(text, module, diagnostics);
    let mut allowed = Vec::new();
    diagnostics.retain(|diagnostic| {
        if diagnostic.severity == Severity::Error {
            return true;
        }
        let fits = |allow: &&mut Allow<'_>| {
            allow.codes.iter().any(|(code, _)| *code == diagnostic.code)
                && allow.speaks_of(diagnostic)
        };
        let Some(allow) = allows.iter_mut().find(fits) else { return true };
        for (code, used) in &mut allow.codes {
            *used |= *code == diagnostic.code;
        }
        allowed.push(Allowed {
            diagnostic: diagnostic.clone(),
            comment: allow.comment,
            reason: allow.reason.to_owned(),
        });
        false
    });
    for allow in allows {
        for (code, _) in allow.codes.iter().filter(|(_, used)| !used) {
            let id = code.id();
            let is_error = diagnostics.iter().any(|d| d.code == *code && allow.speaks_of(d));
            diagnostics.push(if is_error {
                let message = format!("{id} is an error here, and cannot be allowed");
                Diagnostic::new(Code::BadAllow, allow.comment, message)
            } else {
                let message = format!("there is no {id} here to allow");
                Diagnostic::new(Code::AllowsNothing, allow.comment, message)
                    .help("remove it: what comes later would be allowed unseen")
            });
        }
    }
    allowed.sort_by_key(|allowed| allowed.diagnostic.primary.span);
    allowed
}

/// What such a comment begins with, behind its slashes.
const MARK: &str = "writ: allow";

/// One comment.
struct Allow<'t> {
    comment: Span,
    /// What it speaks of.
    extent: Span,
    /// What it allows, and whether there was any.
    codes: Vec<(Code, bool)>,
    reason: &'t str,
}

impl Allow<'_> {
    fn speaks_of(&self, diagnostic: &Diagnostic) -> bool {
        let at = diagnostic.primary.span.start;
        self.extent.start <= at && at < self.extent.end
    }
}

/// The comments of a text that allow something; those that are not as they should be are reported.
fn comments<'t>(
    text: &'t str,
    module: &Module,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Allow<'t>> {
    let mut found = Vec::new();
    let mut before = 0;
    let starts = tokens(text).map(|token| token.span);
    for next in starts.chain([Span::new(text.len(), text.len())]) {
        let gap = before..next.start as usize;
        let mut at = gap.start;
        for line in text.get(gap).unwrap_or_default().split_inclusive('\n') {
            let here = at;
            at += line.len();
            let Some(slashes) = line.find("//") else { continue };
            let comment = line.get(slashes..).unwrap_or_default().trim_end();
            let span = Span::new(here + slashes, here + slashes + comment.len());
            let own_line = here != before || before == 0;
            let extent = match own_line {
                true => extent(text, next, module),
                false => line_around(text, here),
            };
            found.extend(allow(comment, span, extent, diagnostics));
        }
        before = next.end as usize;
    }
    found
}

/// What a comment above the token at `next` speaks of.
fn extent(text: &str, next: Span, module: &Module) -> Span {
    let steps = module.workflows.iter().flat_map(|workflow| {
        let steps = workflow.steps.iter().map(|step| step.span);
        steps.chain(workflow.lets.iter().map(|named| named.span))
    });
    let types = module.types.iter().map(|alias| alias.span);
    let services = module.services.iter().map(|service| service.span);
    let mut items = steps.chain(types).chain(services);
    items
        .find(|span| span.start == next.start)
        .unwrap_or_else(|| line_around(text, next.start as usize))
}

/// The line that a place is on.
fn line_around(text: &str, at: usize) -> Span {
    let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = behind.find('\n').map_or(text.len(), |newline| at + newline);
    Span::new(start, end)
}

/// Reads one comment, if it is one that allows something.
fn allow<'t>(
    comment: &'t str,
    span: Span,
    extent: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Allow<'t>> {
    let rest = comment.trim_start_matches('/').trim_start().strip_prefix(MARK)?;
    let bad = |span: Span, message: String| {
        Diagnostic::new(Code::BadAllow, span, message)
            .help("write it as `// writ: allow WR0801 — reason`")
    };
    let end = rest.find(['—', '–', '-', ':']).unwrap_or(rest.len());
    let (list, reason) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let mut codes = Vec::new();
    let mut at = span.start as usize + comment.len() - rest.len();
    for piece in list.split_inclusive([',', ' ', '\t']) {
        let word = piece.trim_end_matches([',', ' ', '\t']);
        let place = Span::new(at, at + word.len());
        at += piece.len();
        if word.is_empty() {
            continue;
        }
        match CATALOGUE.iter().find(|info| info.id == word) {
            Some(info) => codes.push((info.code, false)),
            None => {
                let diagnostic = bad(place, format!("there is no code {word}"));
                let ids = CATALOGUE.iter().map(|info| info.id);
                let name = Spanned::new(word.to_owned(), place);
                diagnostics.push(did_you_mean(diagnostic, &name, ids));
            }
        }
    }
    if list.trim().is_empty() {
        diagnostics.push(bad(span, "this does not say what is allowed".to_owned()));
        return None;
    }
    let reason = reason.trim_start_matches(['—', '–', '-', ':']).trim();
    if reason.is_empty() {
        diagnostics.push(bad(span, "this does not say why it is allowed".to_owned()));
        return None;
    }
    (!codes.is_empty()).then_some(Allow { comment: span, extent, codes, reason })
}
