//! From a text, and what the grammar made of it, to pieces.
//!
//! Two things are read off the grammar by their shape, so that new ones are known at once. Whatever is a direct part of
//! the rule around a bracket, and stands in that bracket, is an element of it. A rule whose name ends in `_clause` is
//! a clause, with a line of its own.

use super::piece::{Begins, Bracket, BracketKind, Piece, Role};
use crate::syntax::grammar::Rule;
use crate::syntax::token::{Token, TokenKind, tokens_and_comments};
use pest::Token as Event;
use pest::iterators::Pairs;
use std::iter::Peekable;
use std::sync::LazyLock;

/// The pieces of a text; `None` when part of it did not parse.
pub(super) fn pieces<'t>(text: &'t str, pairs: Pairs<'_, Rule>) -> Option<Vec<Piece<'t>>> {
    let mut events = pairs.tokens().peekable();
    let mut reader = Reader {
        pieces: Vec::new(),
        frames: Vec::new(),
        open: vec![Open { at: None, owner: 0, before: None }],
        last: None,
        apart: false,
        sound: true,
    };
    let mut gap = Gap::default();
    let mut tokens = tokens_and_comments(text).peekable();
    while let Some(token) = tokens.next() {
        let token = with_the_rest(text, token, &mut tokens);
        let range = token.span.range();
        gap.widen(text.get(gap.end..range.start).unwrap_or_default());
        gap.end = range.end;
        let written = text.get(range.clone()).unwrap_or_default();
        match token.kind {
            TokenKind::Sign(',') => reader.comma(),
            TokenKind::Comment => reader.comment(written, gap.take()),
            TokenKind::Word
            | TokenKind::Text
            | TokenKind::Unclosed
            | TokenKind::Glued
            | TokenKind::Doc
            | TokenKind::Open(_)
            | TokenKind::Close(_)
            | TokenKind::Sign(_) => {
                let begins = reader.follow(&mut events, range.start);
                reader.token(token.kind, written, begins, gap.take());
            }
        }
    }
    // What ends with the text's last token.
    reader.follow(&mut events, text.len());
    reader.sound.then_some(reader.pieces)
}

/// What stood between two pieces.
#[derive(Debug, Clone, Copy, Default)]
struct Gap {
    /// Where the token before ends.
    end: usize,
    breaks: usize,
    spaced: bool,
}

impl Gap {
    fn widen(&mut self, space: &str) {
        self.breaks += space.bytes().filter(|byte| *byte == b'\n').count();
        self.spaced |= !space.is_empty();
    }

    fn take(&mut self) -> Self {
        std::mem::replace(self, Self { end: self.end, breaks: 0, spaced: false })
    }
}

/// A sign of two characters as one token.
fn with_the_rest(
    text: &str,
    token: Token,
    tokens: &mut Peekable<impl Iterator<Item = Token>>,
) -> Token {
    let TokenKind::Sign(_) = token.kind else { return token };
    let is_rest = |next: &Token| {
        let both = text.get(token.span.to(next.span).range());
        matches!(both, Some("->" | "==" | "!=" | "<=" | ">=" | "&&" | "||"))
    };
    let rest = tokens.next_if(is_rest);
    Token { span: rest.map_or(token.span, |rest| token.span.to(rest.span)), ..token }
}

/// What the name of a rule says of it.
#[derive(Debug, Clone, Copy, Default)]
struct Traits {
    clause: bool,
    /// Whether an empty line sets it apart from its neighbours.
    apart: bool,
    bad: bool,
}

static TRAITS: LazyLock<Vec<Traits>> = LazyLock::new(|| {
    let traits = |rule: &Rule| {
        let name = format!("{rule:?}");
        Traits {
            // A payload goes on behind the name of its event.
            clause: name.ends_with("_clause") && *rule != Rule::payload_clause,
            apart: *rule == Rule::step || (name.ends_with("_decl") && *rule != Rule::use_decl),
            bad: name.starts_with("bad_"),
        }
    };
    let mut table = Vec::new();
    for rule in Rule::all_rules() {
        let at = *rule as usize;
        table.resize(table.len().max(at + 1), Traits::default());
        if let Some(entry) = table.get_mut(at) {
            *entry = traits(rule);
        }
    }
    table
});

/// A rule that is under way.
#[derive(Debug, Clone, Copy)]
struct Frame {
    rule: Rule,
    /// The piece it begins with.
    first: usize,
}

/// A bracket that is open; the outermost is the file.
#[derive(Debug, Clone, Copy)]
struct Open {
    at: Option<usize>,
    /// How many rules are under way directly inside it.
    owner: usize,
    /// Whether the element before is set apart; `None` before the first.
    before: Option<bool>,
}

struct Reader<'t> {
    pieces: Vec<Piece<'t>>,
    frames: Vec<Frame>,
    open: Vec<Open>,
    /// The last piece that is no comment.
    last: Option<usize>,
    /// Whether the next piece begins what an empty line sets apart.
    apart: bool,
    /// Whether all of the text parsed.
    sound: bool,
}

impl<'t> Reader<'t> {
    fn comma(&mut self) {
        if let Some(last) = self.last.and_then(|last| self.pieces.get_mut(last)) {
            last.comma = true;
        }
    }

    fn comment(&mut self, text: &'t str, gap: Gap) {
        let around = self.open.last().and_then(|open| open.at);
        if let Some(bracket) = around.and_then(|at| self.bracket_mut(at)) {
            bracket.comment = true;
        }
        self.push(text.trim_end(), Role::Comment, Begins::Nothing, gap);
    }

    fn token(&mut self, kind: TokenKind, text: &'t str, begins: Begins, gap: Gap) {
        let at = self.pieces.len();
        let role = match kind {
            TokenKind::Doc => Role::Doc,
            TokenKind::Open(_) => self.open(text, at),
            TokenKind::Close(_) => self.close(at),
            TokenKind::Sign(_) | TokenKind::Word => self.role(text, kind),
            TokenKind::Text | TokenKind::Unclosed | TokenKind::Glued | TokenKind::Comment => {
                Role::Word
            }
        };
        self.last = Some(at);
        self.push(text, role, begins, gap);
        if std::mem::take(&mut self.apart) {
            self.set_apart(at);
        }
    }

    fn push(&mut self, text: &'t str, role: Role, begins: Begins, gap: Gap) {
        let around = if matches!(role, Role::Open(_)) { 1 } else { 0 };
        self.pieces.push(Piece {
            within: self.open.iter().rev().nth(around).and_then(|open| open.at),
            text,
            role,
            begins,
            breaks: u8::try_from(gap.breaks.min(2)).unwrap_or(2),
            spaced: gap.spaced,
            comma: false,
            gap: false,
        });
    }

    fn bracket_mut(&mut self, at: usize) -> Option<&mut Bracket> {
        match &mut self.pieces.get_mut(at)?.role {
            Role::Open(bracket) => Some(bracket),
            _ => None,
        }
    }

    fn rule(&self) -> Option<Rule> {
        self.frames.last().map(|frame| frame.rule)
    }

    /// Follows the grammar up to where the next piece begins, and says what begins with that.
    fn follow<'p>(
        &mut self,
        events: &mut Peekable<impl Iterator<Item = Event<'p, Rule>>>,
        start: usize,
    ) -> Begins {
        let mut begins = Begins::Nothing;
        while let Some(event) = events.next_if(|event| event_at(event) <= start) {
            match event {
                Event::Start { rule, .. } => begins = begins.max(self.begin(rule)),
                Event::End { .. } => self.end(),
            }
        }
        begins
    }

    fn begin(&mut self, rule: Rule) -> Begins {
        let traits = TRAITS.get(rule as usize).copied().unwrap_or_default();
        self.sound &= !traits.bad;
        let within = self.rule();
        let depth = self.frames.len();
        self.frames.push(Frame { rule, first: self.pieces.len() });
        let opaque = is_opaque(within);
        match self.open.last_mut() {
            Some(open) if open.owner == depth && !opaque && rule != Rule::EOI => {
                let apart = traits.apart || (traits.clause && within == Some(Rule::workflow_decl));
                let before = open.before.replace(apart);
                self.apart |= before.is_some_and(|before| before || apart);
                Begins::Element
            }
            _ if traits.clause => Begins::Clause,
            _ if rule == Rule::arrow && within == Some(Rule::step) => Begins::Clause,
            _ => Begins::Nothing,
        }
    }

    /// Wants an empty line before a piece and the comments right above it, unless there is one.
    fn set_apart(&mut self, at: usize) {
        let above = self.pieces.get(..at).unwrap_or_default().iter().rev();
        let comments = above.take_while(|piece| piece.is_comment() && piece.breaks > 0).count();
        let group = self.pieces.get_mut(at - comments..=at).unwrap_or_default();
        if group.iter().all(|piece| piece.breaks < 2)
            && let Some(first) = group.first_mut()
        {
            first.gap = true;
        }
    }

    fn end(&mut self) {
        let Some(ended) = self.frames.pop() else { return };
        // The branch of a conditional is not broken for the length of its line.
        if ended.rule != Rule::expression || self.rule() == Some(Rule::conditional_tail) {
            return;
        }
        let last = self.last;
        if let Some(bracket) = self.bracket_mut(ended.first)
            && Some(bracket.close) == last
        {
            bracket.whole |= bracket.kind.is_record() || bracket.kind.is_list();
        }
    }

    /// What a sign or a word is to its neighbours, by the innermost rule that it is part of.
    fn role(&self, text: &str, kind: TokenKind) -> Role {
        let rule = self.rule();
        if kind == TokenKind::Word {
            return if rule == Some(Rule::in_) { Role::Operator } else { Role::Word };
        }
        match rule {
            Some(
                Rule::or
                | Rule::and
                | Rule::less_equal
                | Rule::less
                | Rule::greater_equal
                | Rule::greater
                | Rule::equal
                | Rule::not_equal
                | Rule::add
                | Rule::subtract
                | Rule::multiply
                | Rule::divide
                | Rule::remainder
                | Rule::conditional_tail,
            ) => Role::Operator,
            Some(Rule::not | Rule::negate) => Role::Prefix,
            Some(Rule::select | Rule::method) => Role::Dot,
            Some(Rule::optional_mark) => Role::Mark,
            Some(Rule::colon | Rule::type_map) => Role::Colon,
            rule if is_opaque(rule) => Role::Glue,
            _ => match text {
                "|" => Role::Operator,
                "=" | "->" => Role::Sign,
                _ => Role::Glue,
            },
        }
    }

    fn open(&mut self, text: &str, at: usize) -> Role {
        let kind = match self.rule() {
            Some(Rule::record) => BracketKind::Record,
            Some(Rule::type_record) => BracketKind::RecordType,
            Some(Rule::list) => BracketKind::List,
            Some(Rule::arguments) => BracketKind::Arguments,
            Some(Rule::index) => BracketKind::Index,
            Some(Rule::type_list | Rule::type_map | Rule::type_group) => BracketKind::TypeGroup,
            rule if is_opaque(rule) => BracketKind::Opaque,
            _ if text == "{" => BracketKind::Block,
            _ => BracketKind::Group,
        };
        let depth = self.frames.len();
        let within = depth.checked_sub(2).and_then(|at| self.frames.get(at)).map(|f| f.rule);
        let whole = match kind {
            // Others are in an expression, which says so when it ends.
            BracketKind::Record => within != Some(Rule::unary),
            BracketKind::RecordType => true,
            BracketKind::Block
            | BracketKind::List
            | BracketKind::Arguments
            | BracketKind::Index
            | BracketKind::Group
            | BracketKind::TypeGroup
            | BracketKind::Opaque => false,
        };
        let own_rule = self.rule() == Some(Rule::open);
        let owner = if own_rule { depth.saturating_sub(1) } else { depth };
        self.open.push(Open { at: Some(at), owner, before: None });
        Role::Open(Bracket { kind, close: at, whole, comment: false })
    }

    fn close(&mut self, at: usize) -> Role {
        // The outermost is the file, which nothing closes.
        let open = self.open.pop().and_then(|open| open.at).unwrap_or(at);
        if let Some(bracket) = self.bracket_mut(open) {
            bracket.close = at;
        }
        Role::Close(open)
    }
}

/// Whether the grammar takes what is in it for granted.
fn is_opaque(rule: Option<Rule>) -> bool {
    rule == Some(Rule::policy_decl)
}

fn event_at(event: &Event<'_, Rule>) -> usize {
    match event {
        Event::Start { pos, .. } | Event::End { pos, .. } => pos.pos(),
    }
}
