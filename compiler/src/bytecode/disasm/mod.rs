//! The listing of a program: what `writ disasm` prints.

mod instruction;

use super::schema::{Schema, SchemaShape};
use super::{
    ApprovalInfo, CallInfo, ErrorClass, EventInfo, OnReject, OnTimeout, Pc, Program, SourceMap,
    StepInfo,
};
use crate::bounds::duration_text;
use crate::text::{LineIndex, Position, Span};
use crate::types::check::{Backoff, RetryOn};
use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Write};

/// Longest excerpt of a source line or a constant, in characters.
const EXCERPT_CHARS_MAX: u32 = 72;

/// A program as text: its steps in order, each with its instructions, and, given the source that a source map leads
/// to, the source's lines above them.
#[must_use]
pub fn disasm(program: &Program, source: Option<(&SourceMap, &str)>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = Listing::new(program, source).write(&mut out);
    out
}

/// How many characters of a long line are shown before what an instruction came from.
const WINDOW_BEFORE_CHARS: u32 = 12;

/// A program, and the names of its places.
pub(super) struct Listing<'a> {
    program: &'a Program,
    source: Option<Source<'a>>,
    /// The steps by their entries.
    entries: HashMap<Pc, &'a str>,
    /// Where the branches of expressions lead.
    labels: BTreeSet<Pc>,
}

struct Source<'a> {
    map: &'a SourceMap,
    text: &'a str,
    lines: LineIndex,
}

/// The part of a source line that was shown last.
#[derive(Clone, Copy)]
struct Shown {
    line: u32,
    /// Its first column.
    first: u32,
}

impl Shown {
    fn holds(self, at: Position) -> bool {
        let end = self.first.saturating_add(EXCERPT_CHARS_MAX);
        self.line == at.line && (self.first..end).contains(&at.column)
    }
}

impl<'a> Listing<'a> {
    pub(super) fn new(program: &'a Program, source: Option<(&'a SourceMap, &'a str)>) -> Self {
        let entries: HashMap<Pc, &str> =
            program.steps.iter().map(|step| (step.entry, step.id.as_str())).collect();
        let targets = program.code.iter().filter_map(|op| op.effect().branch);
        let labels = targets.map(|(pc, _)| pc).filter(|pc| !entries.contains_key(pc)).collect();
        let source = source.map(|(map, text)| Source { map, text, lines: LineIndex::new(text) });
        Self { program, source, entries, labels }
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let program = self.program;
        writeln!(out, "format {}, semantics {}", program.format(), program.semantics)?;
        writeln!(out, "sha256:{}", program.hash())?;
        writeln!(out, "entry {}", self.place(program.entry))?;
        self.schema(out, "", "input", &program.input)?;
        let (mut at, mut shown) = (0, None);
        for (index, op) in (0..).zip(&program.code) {
            let pc = Pc(index);
            while let Some(step) = program.steps.get(at).filter(|step| step.entry == pc) {
                self.step(out, step)?;
                (at, shown) = (at + 1, None);
            }
            self.source_line(out, pc, &mut shown)?;
            if self.labels.contains(&pc) {
                writeln!(out, "  {}:", self.place(pc))?;
            }
            let text = self.instruction(pc, *op);
            writeln!(out, "  {index:>4}  {}", text.trim_end())?;
        }
        Ok(())
    }

    /// What a place is called: the step that is entered there, or a label.
    fn place(&self, pc: Pc) -> String {
        match self.entries.get(&pc) {
            Some(step) => (*step).to_owned(),
            None => format!("L{}", pc.0),
        }
    }

    /// The source line that an instruction came from, where another one, or another part of a long one, was shown before.
    fn source_line(&self, out: &mut String, pc: Pc, shown: &mut Option<Shown>) -> fmt::Result {
        let Some(source) = &self.source else { return Ok(()) };
        let Some(span) = source.map.span(pc) else { return Ok(()) };
        let at = source.lines.position(source.text, span.start);
        if shown.is_some_and(|shown| shown.holds(at)) {
            return Ok(());
        }
        let start = source.lines.line_start((at.line as usize).saturating_sub(1)).unwrap_or(0);
        let (first, dots, text) = window(source.text, start as usize, span.start as usize, at);
        *shown = Some(Shown { line: at.line, first });
        writeln!(out, "  ; {}: {dots}{text}", at.line)
    }

    /// What the author called a comprehension's variable, where that is what an instruction came from.
    fn written_name(&self, pc: Pc) -> Option<&str> {
        let source = self.source.as_ref()?;
        let written = source.text.get(source.map.span(pc)?.range())?;
        let is_name = |c: char| c == '_' || c.is_alphanumeric();
        (!written.is_empty() && written.chars().all(is_name)).then_some(written)
    }

    fn step(&self, out: &mut String, step: &StepInfo) -> fmt::Result {
        write!(out, "\n{}: {}", step.id, step.kind.wire_type())?;
        if let Some(call) = &step.call {
            write!(out, " {} {}", call.method, call.service)?;
            if let Some(operation) = &call.operation {
                write!(out, ".{operation}")?;
            }
        }
        writeln!(out)?;
        self.schema(out, "  ", "input", &step.input)?;
        self.schema(out, "  ", "output", &step.output)?;
        if let Some(call) = &step.call {
            self.call(out, call)?;
        }
        if let Some(approval) = &step.approval {
            self.approval(out, approval)?;
        }
        if let Some(event) = &step.event {
            self.event(out, event)?;
        }
        if let Some(target) = step.on_failure {
            writeln!(out, "  optional, goes on at {}", self.place(target))?;
        }
        Ok(())
    }

    /// A schema, a record's fields on lines of their own.
    fn schema(&self, out: &mut String, indent: &str, what: &str, schema: &Schema) -> fmt::Result {
        let SchemaShape::Record { fields, open } = &schema.shape else {
            return writeln!(out, "{indent}{what} {schema}");
        };
        if fields.is_empty() || schema.secret || schema.pii {
            return writeln!(out, "{indent}{what} {schema}");
        }
        writeln!(out, "{indent}{what}")?;
        fields.iter().try_for_each(|field| writeln!(out, "{indent}  {field}"))?;
        if *open { writeln!(out, "{indent}  ...") } else { Ok(()) }
    }

    fn call(&self, out: &mut String, call: &CallInfo) -> fmt::Result {
        if let Some(field) = &call.output_field {
            writeln!(out, "  takes {field}")?;
        }
        let backoff = match call.backoff {
            Backoff::Exponential => "exponential",
            Backoff::Fixed => "fixed",
        };
        let mut retry_on: Vec<String> = call.retry_on.iter().map(|on| retry_on(*on)).collect();
        if retry_on.is_empty() {
            retry_on.push("nothing".to_owned());
        }
        let (timeout, attempts) = (call.timeout_ms, call.max_attempts);
        let timeout = duration_text(timeout);
        writeln!(out, "  timeout {timeout}, {attempts} attempts, {backoff}")?;
        writeln!(out, "  retry on {}", retry_on.join(", "))?;
        for route in &call.on_error {
            let target = self.place(route.target);
            writeln!(out, "  on error {} -> {target}", error_class(&route.class))?;
        }
        if call.keeps_error_body {
            writeln!(out, "  keeps the body of an error")?;
        }
        Ok(())
    }

    fn approval(&self, out: &mut String, approval: &ApprovalInfo) -> fmt::Result {
        if let Some(assign_to) = &approval.assign_to {
            writeln!(out, "  assign {assign_to}")?;
        }
        if let Some(timeout) = approval.timeout_ms {
            let follows = match approval.on_timeout {
                OnTimeout::Fail => "fail".to_owned(),
                OnTimeout::Reject => "reject".to_owned(),
                OnTimeout::Route(target) => format!("-> {}", self.place(target)),
            };
            writeln!(out, "  timeout {}, then {follows}", duration_text(timeout))?;
        }
        let follows = match approval.on_reject {
            OnReject::Fail => "fail".to_owned(),
            OnReject::Continue => "continue".to_owned(),
            OnReject::Route(target) => format!("-> {}", self.place(target)),
        };
        writeln!(out, "  on reject {follows}")?;
        if let Some(form) = &approval.form {
            self.schema(out, "  ", "form", form)?;
        }
        if approval.not_initiator {
            writeln!(out, "  not the initiator")?;
        }
        Ok(())
    }

    fn event(&self, out: &mut String, event: &EventInfo) -> fmt::Result {
        if let Some(timeout) = event.timeout_ms {
            let follows = match event.on_timeout {
                Some(target) => format!("-> {}", self.place(target)),
                None => "fail".to_owned(),
            };
            writeln!(out, "  timeout {}, then {follows}", duration_text(timeout))?;
        }
        match &event.data {
            Some(data) => self.schema(out, "  ", "data", data),
            None => Ok(()),
        }
    }
}

fn retry_on(on: RetryOn) -> String {
    match on {
        RetryOn::ServerError => "5xx".to_owned(),
        RetryOn::Timeout => "timeout".to_owned(),
        RetryOn::Network => "network".to_owned(),
        RetryOn::NetworkBeforeSend => "network before sending".to_owned(),
        RetryOn::Status(status) => status.to_string(),
    }
}

fn error_class(class: &ErrorClass) -> String {
    match class {
        ErrorClass::Any => "any".to_owned(),
        ErrorClass::ServerError => "5xx".to_owned(),
        ErrorClass::Timeout => "timeout".to_owned(),
        ErrorClass::Network => "network".to_owned(),
        ErrorClass::Status(status) => status.to_string(),
        ErrorClass::Code(code) => format!("{code:?}"),
    }
}

/// The part of a line that is shown of something in it: the column where it starts, and its text. That is the whole line,
/// or, of a long one, what stands there. A text may be one line altogether: what is far away is not looked at.
fn window(text: &str, line: usize, here: usize, at: Position) -> (u32, &'static str, String) {
    let from = |byte: usize| text.get(byte..).unwrap_or_default();
    let indent = from(line).bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let indent_columns = Span::new(indent, indent).start;
    let before = at.column.saturating_sub(indent_columns.saturating_add(1));
    let line_chars = from(line + indent).chars().take_while(|c| *c != '\n');
    let fits =
        line_chars.take(EXCERPT_CHARS_MAX as usize + 1).count() <= EXCERPT_CHARS_MAX as usize;
    let (first, dots, rest) = if fits || before < EXCERPT_CHARS_MAX / 2 {
        (indent_columns.saturating_add(1), "", from(line + indent))
    } else {
        let back = text.get(..here).unwrap_or_default().char_indices().rev();
        let start = back.take(WINDOW_BEFORE_CHARS as usize).last().map_or(here, |(start, _)| start);
        (at.column.saturating_sub(WINDOW_BEFORE_CHARS), "...", from(start))
    };
    let shown: String =
        rest.chars().take_while(|c| *c != '\n').take(EXCERPT_CHARS_MAX as usize + 1).collect();
    (first, dots, excerpt(shown.trim_end()))
}

/// The start of a text that may be long.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS_MAX as usize) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
