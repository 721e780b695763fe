//! From pieces to text: which of them begin a line, and what stands between those that do not.
//!
//! A bracket is broken, with an element a line, or it is on one line. The author decides by the line break behind the
//! opening bracket; what holds steps is always broken, and so is a record that does not fit on its line. Everything
//! else goes on one line, but that the author may begin a line with an operator or a `.`.

use super::piece::{Begins, Bracket, BracketKind, Piece, Role};

/// What one level of depth is indented by.
const INDENT: &str = "  ";

/// The width that records and lists are broken at, as `convert` breaks them.
const WIDTH: usize = 100;

/// The text of pieces in the canonical form.
pub(super) fn write(pieces: &[Piece<'_>]) -> String {
    let mut writer = Writer {
        pieces,
        measures: measure(pieces),
        out: String::new(),
        tail: 0,
        last: None,
        next: 0,
        column: 0,
        indent: 0,
        levels: Vec::new(),
    };
    for (at, piece) in pieces.iter().enumerate() {
        writer.piece(at, piece);
    }
    if !writer.out.is_empty() {
        writer.out.push('\n');
    }
    writer.out
}

/// What is known of a piece before anything is written.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    /// Where it ends, in characters, if all pieces stood on one line.
    end: usize,
    /// How many line breaks there are up to it whatever the width is, those inside of it among them.
    hard: usize,
}

fn measure(pieces: &[Piece<'_>]) -> Vec<Measure> {
    let mut measures = Vec::with_capacity(pieces.len());
    let mut now = Measure::default();
    let mut before: Option<(usize, &Piece<'_>)> = None;
    for (at, piece) in pieces.iter().enumerate() {
        if let Some((last, before)) = before {
            let comma = has_comma(pieces, Some(last), at, false);
            now.end += usize::from(comma) + usize::from(comma || is_spaced(pieces, before, piece));
            let broken = before.ends_line() || piece.ends_line();
            now.hard += usize::from(broken || is_broken_by_author(pieces, at));
        }
        now.end += piece.text.chars().count();
        now.hard += piece.text.matches('\n').count();
        measures.push(now);
        before = Some((at, piece));
    }
    measures
}

/// The bracket that a piece is in or closes, and the piece that opens it.
fn around(pieces: &[Piece<'_>], at: usize) -> Option<(usize, Bracket)> {
    let piece = pieces.get(at)?;
    let open = if let Role::Close(open) = piece.role { open } else { piece.within? };
    Some((open, pieces.get(open)?.bracket()?))
}

/// Whether the author's line break before a piece stays, whatever stands before it.
fn is_broken_by_author(pieces: &[Piece<'_>], at: usize) -> bool {
    let Some(piece) = pieces.get(at) else { return false };
    let kind = around(pieces, at).map(|(open, bracket)| (open + 1 == at, bracket.kind));
    let is_close = matches!(piece.role, Role::Close(_));
    match kind {
        Some((_, BracketKind::Opaque)) => piece.breaks > 0,
        Some((true, kind)) if kind.is_record() || kind.is_list() => piece.breaks > 0 && !is_close,
        _ => begins_line(pieces, at),
    }
}

/// Whether the author begins a line with an operator or a dot, or ends one with an operator.
fn begins_line(pieces: &[Piece<'_>], at: usize) -> bool {
    let Some(piece) = pieces.get(at) else { return false };
    let behind = || pieces.get(at + 1).is_some_and(|next| next.breaks > 0);
    match piece.role {
        Role::Operator => piece.breaks > 0 || behind(),
        Role::Dot => piece.breaks > 0,
        Role::Word
        | Role::Comment
        | Role::Doc
        | Role::Sign
        | Role::Prefix
        | Role::Colon
        | Role::Mark
        | Role::Glue
        | Role::Open(_)
        | Role::Close(_) => false,
    }
}

/// Whether a comma stands before a piece, behind the piece `last`.
fn has_comma(pieces: &[Piece<'_>], last: Option<usize>, at: usize, broken: bool) -> bool {
    let (Some(last), Some(piece)) = (last, pieces.get(at)) else { return false };
    let written = pieces.get(last).is_some_and(|last| last.comma);
    let Some((open, bracket)) = around(pieces, at) else { return written };
    let is_close = matches!(piece.role, Role::Close(_));
    if last == open {
        return false;
    }
    match bracket.kind {
        BracketKind::List | BracketKind::Arguments => {
            if is_close {
                broken
            } else {
                written
            }
        }
        BracketKind::Record | BracketKind::RecordType if is_close => false,
        // Without a comma, these would read on from the value before them.
        BracketKind::Record if broken => {
            piece.begins == Begins::Element && matches!(piece.text, "in" | "(" | "?")
        }
        BracketKind::RecordType if broken => false,
        BracketKind::Record | BracketKind::RecordType => piece.begins == Begins::Element,
        // Elements of a block stand on lines of their own; a comma is part of one of them.
        BracketKind::Block => written && !is_close && piece.begins != Begins::Element,
        BracketKind::Index | BracketKind::Group | BracketKind::TypeGroup | BracketKind::Opaque => {
            written
        }
    }
}

/// Whether a space stands between two pieces on one line that have no comma between them.
fn is_spaced(pieces: &[Piece<'_>], before: &Piece<'_>, piece: &Piece<'_>) -> bool {
    if let Some(bracket) = before.bracket() {
        let empty = matches!(piece.role, Role::Close(_));
        return (bracket.kind.is_record() && !empty) || piece.is_comment();
    }
    match (before.role, piece.role) {
        (_, Role::Comment) => true,
        (_, Role::Close(open)) => {
            let bracket = pieces.get(open).and_then(Piece::bracket);
            bracket.is_some_and(|bracket| bracket.kind.is_record())
        }
        (_, Role::Dot | Role::Mark | Role::Colon) | (Role::Dot | Role::Mark | Role::Prefix, _) => {
            false
        }
        (_, Role::Open(bracket)) if bracket.kind.is_tight() => false,
        (Role::Operator | Role::Sign | Role::Colon, _) | (_, Role::Operator | Role::Sign) => true,
        (Role::Glue, _) | (_, Role::Glue) => piece.spaced,
        (
            Role::Word | Role::Comment | Role::Doc | Role::Open(_) | Role::Close(_),
            Role::Word | Role::Doc | Role::Prefix | Role::Open(_),
        ) => true,
    }
}

/// A bracket that is open in the text being written.
#[derive(Debug, Clone, Copy)]
struct Level {
    kind: BracketKind,
    /// Whether its elements stand on lines of their own.
    broken: bool,
    /// Whether what stands in it may be broken when its line is too long.
    may_break: bool,
    /// How deep the line is indented on which it opens.
    base: usize,
    /// How deep its elements are indented.
    inner: usize,
    /// How deep a line is indented that goes on with an element.
    aside: usize,
}

/// The file is like a bracket around all of it.
const FILE: Level =
    Level { kind: BracketKind::Block, broken: true, may_break: true, base: 0, inner: 0, aside: 1 };

/// What stands before a piece.
enum Before {
    Nothing,
    Space,
    Line { indent: usize, blank: bool },
}

struct Writer<'p, 't> {
    pieces: &'p [Piece<'t>],
    measures: Vec<Measure>,
    out: String,
    /// Where the last piece ends that is no comment, and which piece it is.
    tail: usize,
    last: Option<usize>,
    /// The next piece that is no comment, as far as it is known.
    next: usize,
    column: usize,
    /// How deep the current line is indented.
    indent: usize,
    levels: Vec<Level>,
}

impl<'t> Writer<'_, 't> {
    fn level(&self) -> Level {
        self.levels.last().copied().unwrap_or(FILE)
    }

    fn piece(&mut self, at: usize, piece: &Piece<'t>) {
        let level = self.level();
        let comma = !piece.is_comment() && has_comma(self.pieces, self.last, at, level.broken);
        if comma {
            // A comment may have come between.
            self.out.insert(self.tail, ',');
            self.column += 1;
        }
        match self.before(at, piece, level) {
            Before::Nothing if !comma => {}
            Before::Nothing | Before::Space => {
                self.out.push(' ');
                self.column += 1;
            }
            Before::Line { indent, blank } => self.line(indent, blank),
        }
        self.out.push_str(piece.text);
        match piece.text.rsplit_once('\n') {
            Some((_, line)) => self.column = line.chars().count(),
            None => self.column += piece.text.chars().count(),
        }
        if piece.is_comment() {
            return;
        }
        (self.tail, self.last) = (self.out.len(), Some(at));
        if let Some(bracket) = piece.bracket() {
            self.open(at, bracket, level);
        } else if let Role::Close(_) = piece.role {
            self.levels.pop();
        }
    }

    fn line(&mut self, indent: usize, blank: bool) {
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        for _ in 0..indent {
            self.out.push_str(INDENT);
        }
        (self.indent, self.column) = (indent, indent * INDENT.len());
    }

    fn before(&mut self, at: usize, piece: &Piece<'t>, level: Level) -> Before {
        let before = at.checked_sub(1).and_then(|before| self.pieces.get(before));
        let Some(before) = before else { return Before::Nothing };
        let first = before.bracket().is_some();
        let wanted = piece.gap || piece.breaks > 1;
        let line =
            |indent| Before::Line { indent, blank: wanted && !first && before.role != Role::Doc };
        let clause = |indent| Before::Line { indent, blank: false };
        let opaque = level.kind == BracketKind::Opaque;
        if let Role::Close(_) = piece.role {
            if (level.broken && !first) || before.ends_line() {
                return clause(level.base);
            }
        } else if piece.is_comment() {
            if piece.breaks > 0 {
                return line(if self.is_aside(at, level) { level.aside } else { level.inner });
            }
        } else if piece.begins == Begins::Element && level.broken && !opaque {
            return line(level.inner);
        } else if piece.begins == Begins::Clause || before.role == Role::Doc {
            return clause(level.inner);
        } else if piece.role == Role::Doc || (opaque && piece.breaks > 0) {
            return line(level.inner);
        } else if before.ends_line() || begins_line(self.pieces, at) {
            return clause(level.aside);
        }
        if is_spaced(self.pieces, before, piece) { Before::Space } else { Before::Nothing }
    }

    /// Whether a comment stands inside something that goes on behind it.
    fn is_aside(&mut self, comment: usize, level: Level) -> bool {
        self.next = self.next.max(comment);
        while self.pieces.get(self.next).is_some_and(Piece::is_comment) {
            self.next += 1;
        }
        let Some(next) = self.pieces.get(self.next) else { return false };
        let begins = match next.begins {
            Begins::Nothing => next.role == Role::Doc,
            Begins::Clause => true,
            Begins::Element => level.broken,
        };
        let ends = matches!(next.role, Role::Close(_)) && level.broken;
        !begins && !ends
    }

    fn open(&mut self, at: usize, bracket: Bracket, around: Level) {
        let broken = self.is_broken(at, bracket, around);
        let may_break = match bracket.kind {
            BracketKind::TypeGroup => around.may_break,
            BracketKind::Block
            | BracketKind::Record
            | BracketKind::RecordType
            | BracketKind::List
            | BracketKind::Arguments
            | BracketKind::Index
            | BracketKind::Group
            | BracketKind::Opaque => broken,
        };
        let base = self.indent;
        let inner = if broken { base + 1 } else { around.inner };
        let aside = if bracket.kind == BracketKind::Opaque { inner } else { inner.max(base) + 1 };
        self.levels.push(Level { kind: bracket.kind, broken, may_break, base, inner, aside });
    }

    /// Whether the elements of the bracket that was just written stand on lines of their own.
    fn is_broken(&self, at: usize, bracket: Bracket, around: Level) -> bool {
        let (Some(first), Some(open), Some(close)) =
            (self.pieces.get(at + 1), self.measures.get(at), self.measures.get(bracket.close))
        else {
            return false;
        };
        if bracket.close == at + 1 {
            return false;
        }
        let hard = close.hard > open.hard;
        let fits = self.column + (close.end - open.end) <= WIDTH;
        let too_long = bracket.whole && around.may_break && !hard && !fits;
        match bracket.kind {
            BracketKind::Block => true,
            BracketKind::Record | BracketKind::RecordType => hard || too_long,
            BracketKind::List | BracketKind::Arguments => {
                first.breaks > 0 || bracket.comment || too_long
            }
            BracketKind::Opaque => first.breaks > 0 || first.is_comment(),
            BracketKind::Index | BracketKind::Group | BracketKind::TypeGroup => false,
        }
    }
}
