//! Every limit of the compiler, in one place, each with its reason.

/// Longest source text, in bytes. The HTTP API's body limit for a spec; a thousand-node spec is well under it.
pub const SOURCE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Deepest nesting of JSON values, `.writ` blocks or expressions; keeps recursion far from the stack's end.
pub const NESTING_MAX: usize = 64;

/// Most steps in one workflow (the runner's documented contract).
pub const STEPS_MAX: usize = 1_000;

/// Most diagnostics kept for one source; further ones are counted, not stored. More than any text that people wrote has.
pub const DIAGNOSTICS_MAX: usize = 10_000;

/// Most bytes in one expression's text.
pub const EXPRESSION_BYTES_MAX: usize = 64 * 1024;

/// Longest chain of operators, selections and signs in one expression, those around it counted: the tree is that deep.
pub const EXPRESSION_DEPTH_MAX: usize = 250;

/// Most parts of one workflow's expressions, with what `let` gave names to written out at each place that names it.
pub const NAMED_PARTS_MAX: usize = 200_000;

/// Deepest nesting of a type in a program. Deeper types are cut to `json` when a program is made.
pub const SCHEMA_DEPTH_MAX: usize = 64;

/// Deepest nesting of a type, aliases written out: as deep as a program keeps.
pub const TYPE_DEPTH_MAX: usize = SCHEMA_DEPTH_MAX;

/// Deepest nesting of a type as written, through the aliases that it names, with labels and unions: resolving it recurses.
pub const TYPE_NESTING_MAX: usize = 4 * TYPE_DEPTH_MAX;

/// Most parts of one type, aliases written out.
pub const TYPE_PARTS_MAX: usize = 10_000;

/// Most members of a union that nobody wrote; comparing unions costs the square of it.
pub const UNION_MEMBERS_MAX: usize = 64;

/// Most conditions of a decision, and most texts of a path, that the steps behind it know something of: what is known
/// is gone through at every read.
pub const KNOWN_MAX: usize = 64;

/// Most leaks of one workflow that are followed to where they come from; the others only say where they are.
pub const TRAILS_MAX: usize = 100;

/// Most places shown on the way of a secret.
pub const TRAIL_STEPS_MAX: usize = 8;

/// Most attempts of one call; with the longest delays, an hour and a half.
pub const ATTEMPTS_MAX: u32 = 100;

/// Time limit of one attempt of a call when the author gives none, in milliseconds.
pub const TIMEOUT_DEFAULT_MS: u64 = 30_000;

/// Longest time limit of one attempt of a call, in milliseconds.
pub const TIMEOUT_MAX_MS: u64 = 300_000;

/// Most complaints about one value; a body of a million wrong items gets an answer of bounded size.
pub const FIELD_ERRORS_MAX: usize = 100;

/// Largest encoded program: well above what a source of [`SOURCE_BYTES_MAX`] compiles to.
pub const PROGRAM_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most operands on the stack at once; a record literal takes two a field.
pub const OPERANDS_MAX: u32 = 16_384;

/// Most comprehensions inside one another.
pub const LOOPS_MAX: u16 = 8;

/// Most units of work in one transition of a run: instructions, and items and bytes that they look at.
/// About a second on a slow machine; an honest template takes a millionth of it.
pub const FUEL_MAX: u64 = 50_000_000;

/// Most bytes of lists, records and text that the expressions of one transition may make.
pub const EVAL_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Longest text that a template may make.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Longest pattern of `matches`, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1_000;

/// Most bytes that a compiled pattern takes; counted repetitions inside one another would take any amount.
pub const PATTERN_SIZE_MAX: usize = 256 * 1024;

/// Most bytes that a small compiled pattern takes: one that tries little at once, as nearly all do.
pub const PATTERN_SIZE_SMALL: usize = 32 * 1024;

/// Most different patterns of one text that are compiled to see whether they are right: a second's work, if each is as
/// large as it may be. Those beyond are left for the run.
pub const PATTERNS_CHECKED_MAX: usize = 300;

/// Most patterns that one evaluation keeps compiled.
pub const PATTERNS_MAX: usize = 16;

/// Deepest nesting of a value that a run keeps; JSON readers commonly stop at 128.
pub const VALUE_DEPTH_MAX: usize = 96;

/// Largest value that a run keeps (one input or output), as JSON. A response body may be as large.
pub const VALUE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest misspelt name that is compared with the known ones, in characters; comparing costs the square of it.
pub const MISSPELT_CHARS_MAX: usize = 100;

/// Most work that one text may spend on comparing misspelt names with known ones, in bytes looked at: a fraction of a second.
/// Names beyond it are reported without a suggestion.
pub const MISSPELT_WORK_MAX: u64 = 100_000_000;

/// Most steps that a diagnostic's path shows; of a longer one, its two ends.
pub const PATH_STEPS_SHOWN_MAX: usize = 12;

/// Longest correlation of an event, in characters: an id, as long as an `externalId`.
pub const CORRELATION_CHARS_MAX: usize = 255;

/// Longest body of a request that sends an event, in bytes: unclaimed events are kept, and one may go to many runs.
pub const EVENT_BODY_BYTES_MAX: usize = 256 * 1024;

/// Longest wait, in milliseconds: ten years, as for approvals.
pub const WAIT_MS_MAX: u64 = 87_600 * 3_600_000;

/// Most bytes of one line that an excerpt shows; of a longer line, the part around the place that matters.
pub const LINE_SHOWN_BYTES_MAX: usize = 240;

/// Most times that suggestions are applied and the result is looked at again. Each round applies all that do not touch; what
/// is left after a few is suggestions that undo each other.
pub const FIX_ROUNDS_MAX: usize = 10;

/// Longest body of a request to execute a workflow, in bytes (documented decision).
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of values that one run keeps in all (documented decision): what a run that is worked on takes in memory.
pub const EXECUTION_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Longest notes of a decision, in characters: they are kept on the audit row for ever.
pub const NOTES_CHARS_MAX: usize = 4_000;

/// Delay before the second attempt of a call, in milliseconds (documented decision); it doubles from there.
pub const RETRY_DELAY_MS_BASE: u64 = 500;

/// Longest delay between two attempts, in milliseconds (documented decision).
pub const RETRY_DELAY_MS_MAX: u64 = 60_000;

/// Longest `Retry-After` that is honoured, in milliseconds: a service must not be able to park a run for good.
pub const RETRY_AFTER_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// Most steps of an exceeded budget's path that are pointed at; the others are counted.
pub const COSTS_SHOWN_MAX: usize = 6;

/// Most operations of a service that a sentence lists.
pub const NAMES_SHOWN_MAX: usize = 8;

/// Most values of an enum that a sentence lists; the others are counted.
pub const VALUES_SHOWN_MAX: usize = 12;

/// Differences of one value that a failed test shows; who has seen these looks at the whole value.
pub const DIFFERENCES_MAX: usize = 20;

/// Parts of one value that an exploration varies. Combinations of more than these are beyond trying anyhow.
pub const CHOICES_MAX: usize = 64;

/// Items of a list that an exploration makes up.
pub const SIZES_MAX: usize = 100;
