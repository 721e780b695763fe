//! A token or a comment, and what the grammar says of it.

/// A token or a comment, with all that its place in the text depends on.
#[derive(Debug)]
pub(super) struct Piece<'t> {
    /// As it is written; never altered.
    pub(super) text: &'t str,
    pub(super) role: Role,
    pub(super) begins: Begins,
    /// The piece that opens the bracket around it; of a bracket's own two pieces, the bracket around that.
    pub(super) within: Option<usize>,
    /// Line breaks before it as it was written; two stand for any more.
    pub(super) breaks: u8,
    /// Whether anything stood between it and the piece before.
    pub(super) spaced: bool,
    /// Whether a comma was written behind it.
    pub(super) comma: bool,
    /// Whether an empty line is wanted before it, whoever wrote one.
    pub(super) gap: bool,
}

/// What a piece is to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A word or a text: a space on either side, unless the neighbour says otherwise.
    Word,
    /// A comment up to the end of its line.
    Comment,
    /// A line of documentation.
    Doc,
    /// `+`, `&&`, `|`, `?`, `in`: spaces around it, and a line may begin with it.
    Operator,
    /// `=`, `->`: spaces around it.
    Sign,
    /// `!`, the minus of `-a`: no space behind it.
    Prefix,
    /// `:` behind a key.
    Colon,
    /// The `.` of a selection, which a line may begin with: no space around it.
    Dot,
    /// The `?` of what may be absent: no space around it.
    Mark,
    /// A sign inside a name or a number, such as the `:` of `role:analyst`: the space around it stays as it is.
    Glue,
    /// Opens a bracket.
    Open(Bracket),
    /// Closes the bracket that this piece opens.
    Close(usize),
}

/// A bracket that is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bracket {
    pub(super) kind: BracketKind,
    /// The piece that closes it.
    pub(super) close: usize,
    /// Whether it is all of a value, and may be broken when its line is too long.
    pub(super) whole: bool,
    /// Whether a comment stands in it, outside of brackets in it.
    pub(super) comment: bool,
}

/// The kinds of bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BracketKind {
    /// What holds steps, arms or clauses: one a line.
    Block,
    /// A record: one field a line without commas, or all on one line.
    Record,
    /// The type of a record.
    RecordType,
    /// A list, whose items have commas even when they stand on lines of their own.
    List,
    /// The arguments of a call: like a list, right behind the function's name.
    Arguments,
    /// An index, right behind what it selects from.
    Index,
    /// Brackets around one expression.
    Group,
    /// Brackets around one type.
    TypeGroup,
    /// What the grammar does not look into: lines stay as they are.
    Opaque,
}

/// What begins with a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Begins {
    /// Nothing that has its own line.
    Nothing,
    /// A clause of the step before it, or the step's arrow.
    Clause,
    /// One of the things that the bracket around it, or the file, is made of.
    Element,
}

impl Piece<'_> {
    pub(super) fn is_comment(&self) -> bool {
        self.role == Role::Comment
    }

    /// The bracket that it opens.
    pub(super) fn bracket(&self) -> Option<Bracket> {
        match self.role {
            Role::Open(bracket) => Some(bracket),
            Role::Word
            | Role::Comment
            | Role::Doc
            | Role::Operator
            | Role::Sign
            | Role::Prefix
            | Role::Colon
            | Role::Dot
            | Role::Mark
            | Role::Glue
            | Role::Close(_) => None,
        }
    }

    /// Whether what stands behind it can only stand on the next line.
    pub(super) fn ends_line(&self) -> bool {
        matches!(self.role, Role::Comment | Role::Doc)
    }
}

impl BracketKind {
    /// Whether it is written a field a line, without commas, or on one line.
    pub(super) fn is_record(self) -> bool {
        matches!(self, Self::Record | Self::RecordType)
    }

    /// Whether it is written an item a line, with commas, or on one line.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Arguments)
    }

    /// Whether it stands right behind what is before it.
    pub(super) fn is_tight(self) -> bool {
        matches!(self, Self::Arguments | Self::Index)
    }
}
