//! The catalogue of codes: one row each. A published code keeps its number and its meaning for ever.
//!
//! Each has a page in `pages`, without which it does not compile.

use super::Severity::{self, Error, Note, Warning};

/// A row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code itself.
    pub code: Code,
    /// `WR0301`.
    pub id: &'static str,
    /// Its usual severity.
    pub severity: Severity,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What it means, with a bad and a good example: Markdown.
    pub page: &'static str,
}

/// Codes that are about one thing: they share their first two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// What its codes begin with, such as `WR03`.
    pub prefix: &'static str,
    /// What they are about.
    pub title: &'static str,
}

/// Every family, in order.
pub const FAMILIES: &[Family] = &[
    Family { prefix: "WR00", title: "The text as a whole" },
    Family { prefix: "WR01", title: "Syntax" },
    Family { prefix: "WR02", title: "Names" },
    Family { prefix: "WR03", title: "Flow" },
    Family { prefix: "WR04", title: "References" },
    Family { prefix: "WR05", title: "Types and cases" },
    Family { prefix: "WR06", title: "Results unused" },
    Family { prefix: "WR07", title: "Secrets and personal data" },
    Family { prefix: "WR08", title: "Approvals" },
    Family { prefix: "WR09", title: "Time, retries, events and work" },
    Family { prefix: "WR10", title: "Tests" },
];

macro_rules! catalogue {
    ($($code:ident = $id:literal $severity:ident $title:literal;)*) => {
        /// A diagnostic's stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!("`", $id, "`: ", $title, ".")] $code,)*
        }

        /// Every code, in order.
        pub const CATALOGUE: &[CodeInfo] = &[
            $(Code::$code.info(),)*
        ];

        impl Code {
            /// The code's row of the catalogue.
            #[must_use]
            pub const fn info(self) -> CodeInfo {
                match self {
                    $(Self::$code => CodeInfo {
                        code: Self::$code,
                        id: $id,
                        severity: $severity,
                        title: $title,
                        page: include_str!(concat!("pages/", $id, ".md")),
                    },)*
                }
            }

            /// The code as printed, such as `WR0301`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                self.info().id
            }
        }
    };
}

catalogue! {
    // 00xx: the text as a whole
    NotUtf8 = "WR0001" Error "text is not UTF-8";
    SourceTooLarge = "WR0002" Error "text is too large";
    TooDeep = "WR0003" Error "nesting is too deep";
    TooManySteps = "WR0004" Error "too many steps";
    // 01xx: syntax
    UnexpectedToken = "WR0101" Error "unexpected token";
    Unterminated = "WR0102" Error "unterminated string, template, comment or bracket";
    BadEscape = "WR0103" Error "bad escape in a string";
    DuplicateKey = "WR0104" Error "duplicate key";
    TrailingText = "WR0105" Error "text after the end";
    BadNumber = "WR0106" Error "number out of range";
    MissingField = "WR0107" Error "missing field";
    WrongShape = "WR0108" Error "value of the wrong kind";
    UnknownKey = "WR0109" Warning "unknown key";
    InvalidValue = "WR0110" Error "value that is not allowed here";
    EmptyExpression = "WR0111" Error "empty expression";
    AllowsNothing = "WR0112" Warning "comment that allows nothing";
    BadAllow = "WR0113" Warning "comment that does not say what it allows, or why";
    // 02xx: names
    DuplicateStep = "WR0201" Error "duplicate step id";
    UnknownStep = "WR0202" Error "unknown step";
    UnknownService = "WR0203" Error "unknown service";
    UnknownOperation = "WR0204" Error "unknown operation";
    UnknownVariable = "WR0205" Error "unknown variable";
    UnknownFunction = "WR0206" Error "unknown function";
    UnknownType = "WR0207" Error "unknown type";
    DuplicateName = "WR0208" Error "name declared twice";
    RecursiveType = "WR0209" Error "type that contains itself";
    RecursiveLet = "WR0210" Error "expression that is named by itself";
    UnusedLet = "WR0211" Warning "named expression that nothing uses";
    UnusedUse = "WR0212" Warning "service that nothing uses";
    // 03xx: flow
    NoSteps = "WR0301" Error "workflow without steps";
    Unreachable = "WR0302" Warning "unreachable step";
    Cycle = "WR0303" Error "cycle";
    EdgeContradictsCase = "WR0304" Error "edge and case disagree";
    SeveralSuccessors = "WR0305" Error "several plain edges out of one step";
    CaseOnPlainStep = "WR0306" Error "case on an edge that leaves no decision";
    ArmGoesNowhere = "WR0307" Error "case without a target";
    DuplicateEdge = "WR0308" Warning "edge stated twice";
    PlainEdgeFromDecision = "WR0309" Error "edge without a case out of a decision";
    EdgeFromEnd = "WR0310" Error "edge out of an `end` step";
    // 04xx: references
    UnknownField = "WR0401" Error "unknown field";
    StepNotRun = "WR0402" Error "output read where the step may not have run";
    ReadBeforeRun = "WR0403" Error "output read before the step runs";
    OwnOutput = "WR0404" Error "step reads its own output";
    MaybeAbsent = "WR0405" Warning "field may be absent";
    NoOutput = "WR0406" Error "no such part of a step";
    UndeclaredInput = "WR0407" Error "input that the trigger does not declare";
    DynamicAccess = "WR0408" Warning "read that only the run can check";
    // 05xx: types
    TypeMismatch = "WR0501" Error "type mismatch";
    MissingArgument = "WR0502" Error "missing required parameter";
    UnknownArgument = "WR0503" Error "unknown parameter";
    NeverEqual = "WR0504" Warning "values that can never be equal";
    WrongOperand = "WR0505" Error "wrong operand type";
    NotText = "WR0506" Error "value that cannot be spliced into text";
    WrongArity = "WR0507" Error "wrong number of arguments";
    MissingCase = "WR0510" Error "decision that does not cover every value";
    ImpossibleCase = "WR0511" Error "case that can never be taken";
    NoDefault = "WR0512" Warning "decision on open values without a default";
    UselessDefault = "WR0513" Warning "default that can never be taken";
    DuplicateCase = "WR0514" Error "case stated twice";
    // 06xx: results unused
    UnusedVerdict = "WR0601" Warning "verdict that nothing looks at";
    // 07xx: secrets and personal data
    SecretLeak = "WR0701" Error "secret where it may be seen";
    PersonalDataLeak = "WR0702" Warning "personal data where it may be seen";
    Declassified = "WR0703" Note "secret or personal data that is let out";
    NothingToDeclassify = "WR0704" Warning "nothing to let out";
    // 08xx: approvals
    RejectWithoutRoute = "WR0801" Warning "rejection with no route";
    SilentApproval = "WR0802" Warning "approval that nobody gave";
    TimeoutNeverComes = "WR0803" Warning "rule for a timeout without a time";
    // 09xx: time, retries, events and work
    ReservedEvent = "WR0901" Error "reserved event name";
    UnsafeRetry = "WR0902" Warning "retry of an operation that is not safe to repeat";
    OverBudget = "WR0903" Error "budget that a run may exceed";
    RateLimitNotRetried = "WR0904" Warning "retry that leaves out a rate limit";
    TooMuchWork = "WR0905" Error "expression that takes too much";
    // 10xx: tests
    TestOfNothing = "WR1001" Error "test of no workflow";
    ClauseDoesNotFit = "WR1002" Error "clause of a test that does not fit its step";
    ImpossiblePath = "WR1003" Error "path that no run can take";
    ExpectsNothing = "WR1004" Warning "test that expects nothing";
}
