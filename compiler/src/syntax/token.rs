//! Tokens, for what is looked at before the grammar sees a text: brackets, nesting, strings that are not closed.
//!
//! They must agree with `grammar/expr.pest` on what a string or a comment hides, or a text could nest deeper than
//! the check allows.

use crate::limits::NESTING_MAX;
use crate::text::Span;
use pest::unicode::XID_CONTINUE;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A run of letters, digits and underscores.
    Word,
    /// A string, bytes, or a word in backquotes, with its quotes.
    Text,
    /// A string that is not closed, up to where it should have been.
    Unclosed,
    /// A word with a string right behind it; they are not told apart reliably.
    Glued,
    /// A doc comment.
    Doc,
    /// Any other comment, up to the end of its line.
    Comment,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// Any other character.
    Sign(char),
}

/// The tokens of a text. White space and comments are left out.
pub(crate) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, comments: false }
}

/// The tokens of a text, its comments among them.
pub(crate) fn tokens_and_comments(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, comments: true }
}

/// See [`tokens`].
pub(crate) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    comments: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let rest = self.text.get(self.at..)?;
            let first = rest.chars().next()?;
            if matches!(first, ' ' | '\t' | '\r' | '\n') {
                self.at += 1;
                continue;
            }
            let slashes = rest.bytes().take_while(|b| *b == b'/').count();
            if slashes >= 2 {
                if slashes == 3 {
                    let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
                    return Some(self.token(TokenKind::Doc, end));
                }
                let end = rest.find('\n').unwrap_or(rest.len());
                if self.comments {
                    return Some(self.token(TokenKind::Comment, end));
                }
                self.at += end;
                continue;
            }
            let (kind, length) = match first {
                '(' => (TokenKind::Open(b'('), 1),
                '[' => (TokenKind::Open(b'['), 1),
                '{' => (TokenKind::Open(b'{'), 1),
                ')' => (TokenKind::Close(b')'), 1),
                ']' => (TokenKind::Close(b']'), 1),
                '}' => (TokenKind::Close(b'}'), 1),
                '"' | '\'' => text_token(rest, 0, false),
                '`' => quoted_word(rest),
                c if c == '_' || XID_CONTINUE(c) => word_token(rest),
                c => (TokenKind::Sign(c), c.len_utf8()),
            };
            return Some(self.token(kind, length));
        }
    }
}

impl Tokens<'_> {
    fn token(&mut self, kind: TokenKind, length: usize) -> Token {
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        Token { kind, span }
    }
}

/// A word, or the string that it is the prefix of.
fn word_token(rest: &str) -> (TokenKind, usize) {
    let length = rest.find(|c| c != '_' && !XID_CONTINUE(c)).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(length);
    if !behind.starts_with(['"', '\'']) {
        return (TokenKind::Word, length);
    }
    match word {
        "b" | "B" => text_token(rest, length, false),
        "r" | "R" | "br" | "bR" | "Br" | "BR" => text_token(rest, length, true),
        _ => (TokenKind::Glued, length + 1),
    }
}

/// The string whose first quote stands `prefix` bytes into `rest`.
fn text_token(rest: &str, prefix: usize, raw: bool) -> (TokenKind, usize) {
    let quoted = rest.get(prefix..).unwrap_or_default();
    let quote = if quoted.starts_with('"') { '"' } else { '\'' };
    let long = ["\"\"\"", "'''"].into_iter().find(|long| quoted.starts_with(long));
    let close = long.unwrap_or(if quote == '"' { "\"" } else { "'" });
    let mut at = prefix + close.len();
    while let Some(c) = rest.get(at..).and_then(|rest| rest.chars().next()) {
        if rest.get(at..).is_some_and(|rest| rest.starts_with(close)) {
            return (TokenKind::Text, at + close.len());
        }
        if c == '\n' && long.is_none() {
            break;
        }
        at += c.len_utf8();
        if c == '\\' && !raw {
            at += rest.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
    }
    (TokenKind::Unclosed, at)
}

/// How many bytes the string or quoted word takes whose first quote stands at `at`; up to where it should have been
/// closed, when it is not.
pub(crate) fn quoted_length(text: &str, at: usize) -> usize {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    if rest.starts_with('`') {
        return quoted_word(rest).1;
    }
    let word = before.rsplit(|c| c != '_' && !XID_CONTINUE(c)).next().unwrap_or_default();
    text_token(rest, 0, matches!(word, "r" | "R" | "br" | "bR" | "Br" | "BR")).1
}

fn quoted_word(rest: &str) -> (TokenKind, usize) {
    match rest.char_indices().skip(1).find(|(_, c)| matches!(c, '`' | '\n')) {
        Some((at, '`')) if at > 1 => (TokenKind::Text, at + 1),
        Some((at, _)) => (TokenKind::Unclosed, at.max(1)),
        None => (TokenKind::Unclosed, rest.len()),
    }
}

/// How deep the tokens seen so far nest: brackets, and conditionals, whose parts are parsed inside one another.
#[derive(Default)]
pub(crate) struct Depth {
    /// For each open bracket, the conditionals begun inside it.
    open: Vec<usize>,
    outside: usize,
    total: usize,
    before: Option<TokenKind>,
    before_is_in: bool,
}

impl Depth {
    /// Takes the next token; whether the text now nests deeper than [`NESTING_MAX`].
    pub(crate) fn is_exceeded_by(&mut self, token: Token, text: &str) -> bool {
        let is_in = token.kind == TokenKind::Word && text.get(token.span.range()) == Some("in");
        let ends = match self.before {
            Some(TokenKind::Word) => !self.before_is_in,
            Some(TokenKind::Text | TokenKind::Close(_)) => true,
            _ => false,
        };
        let begins = matches!(token.kind, TokenKind::Word | TokenKind::Text) && !is_in;
        match token.kind {
            TokenKind::Open(_) => {
                self.open.push(0);
                self.total += 1;
            }
            TokenKind::Close(_) => {
                self.total -= self.open.pop().map_or(0, |inside| inside + 1);
            }
            // `.?` and `[?` select what may be absent.
            TokenKind::Sign('?')
                if !matches!(self.before, Some(TokenKind::Sign('.') | TokenKind::Open(b'['))) =>
            {
                self.count(1);
            }
            // `name?:` is an optional field.
            TokenKind::Sign(':') if self.before == Some(TokenKind::Sign('?')) => self.count(-1),
            TokenKind::Sign(',') | TokenKind::Doc => self.settle(),
            // Where a value follows another, the expression before has ended.
            TokenKind::Word | TokenKind::Text if ends && begins => self.settle(),
            TokenKind::Word
            | TokenKind::Text
            | TokenKind::Unclosed
            | TokenKind::Glued
            | TokenKind::Comment
            | TokenKind::Sign(_) => {}
        }
        self.before = Some(token.kind);
        self.before_is_in = is_in;
        self.total > NESTING_MAX
    }

    fn here(&mut self) -> &mut usize {
        self.open.last_mut().unwrap_or(&mut self.outside)
    }

    fn count(&mut self, by: isize) {
        let here = self.here();
        let before = *here;
        *here = here.saturating_add_signed(by);
        let now = *here;
        self.total = self.total + now - before;
    }

    fn settle(&mut self) {
        self.total -= std::mem::take(self.here());
    }
}
