//! Every limit of the runner, in one place, each with its reason.

/// Runs worked on at a time. A run that is worked on holds its values and one upstream call; more than this only
/// makes each of them slower, and the rest wait in the store at no cost.
pub const RUNS_ACTIVE_MAX: usize = 256;

/// Keys of waiting runs held in memory, 8 bytes each; beyond these the engine reads the store again.
pub const RUNS_QUEUED_MAX: usize = 4_096;

/// Decisions, cancellations and timers being committed to parked runs at a time; callers beyond wait for their turn.
pub const DELIVERIES_MAX: usize = 256;

/// Events being brought to runs at a time: each is in memory with what it carries.
pub const ARRIVALS_BATCH_MAX: usize = 32;

/// Programs kept decoded and verified; one is a few kilobytes, and an organisation has tens of workflows.
pub const PROGRAMS_CACHED_MAX: usize = 256;

/// Runs, timers or webhook deliveries read from the store at a time.
pub const ENGINE_BATCH_MAX: usize = 256;

/// First delay before the store is asked again after it failed, in milliseconds; it doubles from there.
pub const COMMIT_RETRY_MS_BASE: u64 = 50;

/// Longest delay before the store is asked again, in milliseconds: how late a run may notice that it works again.
pub const COMMIT_RETRY_MS_MAX: u64 = 2_000;

/// How long trouble with the store is told after nobody met it any more, in milliseconds: longer than
/// [`COMMIT_RETRY_MS_MAX`], at which a waiting run meets it.
pub const TROUBLE_FADES_MS: u64 = 5_000;

/// Times in a row that a run may be found moved by another worker before it is left alone.
pub const CONFLICTS_MAX: u32 = 3;

/// What a call may take beyond its time limit before the engine gives it up by itself, in milliseconds.
pub const CALL_GRACE_MS: u64 = 5_000;

/// The longest the timers are not looked at while one is stuck, in milliseconds.
pub const TIMERS_POLL_MS: u64 = 60_000;

/// Most bytes of values that one run keeps in all (documented decision): what a run that is worked on takes in memory.
pub const EXECUTION_BYTES_MAX: u64 = writ_compiler::limits::EXECUTION_BYTES_MAX;

/// Longest `Retry-After` that is honoured, in milliseconds: a service must not be able to park a run for good.
pub const RETRY_AFTER_MS_MAX: u64 = writ_compiler::limits::RETRY_AFTER_MS_MAX;

/// Longest response body of a service, in bytes (documented decision).
pub const RESPONSE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest time limit of one attempt of a call, in milliseconds (documented decision).
pub const CALL_TIMEOUT_MS_MAX: u64 = 300_000;

/// Longest wait for a connection to be made, in milliseconds; shorter than the default time limit of an attempt,
/// so that a host that swallows packets is told apart from a service that is slow.
pub const CONNECT_TIMEOUT_MS_MAX: u64 = 10_000;

/// Redirects followed within one host before a call is given up.
pub const REDIRECTS_MAX: usize = 5;

/// Webhook deliveries being made at a time.
pub const WEBHOOKS_ACTIVE_MAX: usize = 64;

/// Webhook deliveries being made to one endpoint at a time, so that a slow one cannot take all of them.
pub const WEBHOOKS_PER_ENDPOINT_MAX: usize = 4;

/// Time in which an endpoint must take a webhook delivery, in milliseconds (documented decision).
pub const WEBHOOK_TIMEOUT_MS: u64 = 10_000;

/// Longest request body that a sandbox service takes, in bytes; documents are sent as base64 (documented for
/// document-intelligence).
pub const SANDBOX_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Calls that the sandbox remembers, some 200 bytes each; the oldest are forgotten first.
pub const SANDBOX_CALLS_MAX: usize = 50_000;

/// Answers that the sandbox remembers by idempotency key, some 2 KB each; the oldest are forgotten first.
pub const SANDBOX_ANSWERS_MAX: usize = 10_000;

/// Deepest nesting of a sandbox answer; the signatures stay well below.
pub const SANDBOX_ANSWER_DEPTH_MAX: usize = 16;

/// Connections to the HTTP API at a time; further ones wait in the operating system's queue.
pub const CONNECTIONS_MAX: usize = 4_096;

/// Longest head of a request (its line and headers), in bytes.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Longest wait for the next request on a connection, in milliseconds; idle ones are closed then.
pub const HEAD_TIMEOUT_MS: u64 = 60_000;

/// Longest wait for a request's body, in milliseconds, so that a client that stalls does not hold memory for ever.
pub const BODY_TIMEOUT_MS: u64 = 30_000;

/// Longest body of a request, in bytes (documented decision).
pub const BODY_BYTES_MAX: usize = writ_compiler::limits::BODY_BYTES_MAX;

/// Longest body that holds a workflow, in bytes: what the compiler reads at most.
pub const WORKFLOW_BODY_BYTES_MAX: usize = writ_compiler::limits::SOURCE_BYTES_MAX;

/// Longest `externalId`, in characters (documented decision).
pub const EXTERNAL_ID_CHARS_MAX: usize = 255;

/// Longest slug of a workflow or of a service connection, in characters.
pub const SLUG_CHARS_MAX: usize = 100;

/// Longest display name, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;

/// Longest URL of a connection or a webhook endpoint, in characters; longer ones are commonly refused on the way.
pub const URL_CHARS_MAX: usize = 2_000;

/// Longest key of a service, in characters: it travels in a header.
pub const SERVICE_KEY_CHARS_MAX: usize = 4_096;

/// Longest body that sends an event, in bytes (documented decision).
pub const EVENT_BODY_BYTES_MAX: usize = writ_compiler::limits::EVENT_BODY_BYTES_MAX;

/// Longest name of an event, in characters.
pub const EVENT_NAME_CHARS_MAX: usize = 200;

/// Longest correlation of an event, in characters.
pub const CORRELATION_CHARS_MAX: usize = writ_compiler::limits::CORRELATION_CHARS_MAX;

/// How long an event is kept, in milliseconds: seven days (documented decision). A run that comes to wait later does
/// not get it, and a repeat under its id is a new event.
pub const EVENT_RETENTION_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// Events of one name and correlation that are kept while nobody waits for them.
pub const EVENTS_KEPT_MAX: i64 = 100;

/// Events in the inbox in all, beyond which none is kept that nobody waits for: some gigabytes of small ones.
pub const EVENTS_MAX: i64 = 10_000_000;

/// Events looked at to be forgotten whenever one comes: more than one, so that the inbox shrinks.
pub const EVENTS_SWEPT_MAX: i64 = 64;

/// Shortest notes of a decision, in characters (documented).
pub const NOTES_CHARS_MIN: usize = 20;

/// Longest notes of a decision, in characters: they are kept on the audit row for ever.
pub const NOTES_CHARS_MAX: usize = writ_compiler::limits::NOTES_CHARS_MAX;

/// Webhook endpoints of one organisation: each event makes a delivery to every endpoint that takes it.
pub const WEBHOOK_ENDPOINTS_MAX: usize = 100;

/// Events one webhook endpoint can be registered for.
pub const WEBHOOK_EVENTS_MAX: usize = 100;

/// Jobs that wait for the store's writer; callers beyond wait for their turn.
pub const WRITER_QUEUE_MAX: usize = 1_024;

/// Jobs committed together. More than are ever in flight would gain nothing, and a group is in memory as a whole.
pub const WRITER_GROUP_MAX: usize = 256;

/// Connections that read the store at a time; more would only share the same processors.
pub const READERS_MAX: usize = 4;

/// Prepared statements kept by a connection: the store has fewer.
pub const STATEMENTS_CACHED_MAX: usize = 64;

/// Pages in the write-ahead log (4 KiB each) before they are copied into the database: a page that changes often is
/// copied once, and a restart reads at most this much.
pub const WAL_PAGES_MAX: u32 = 4_000;

/// Bytes of the write-ahead log's file that are kept after it was copied; one long transaction may make it longer.
pub const WAL_BYTES_KEPT_MAX: u32 = 32 * 1024 * 1024;

/// API keys kept in memory; one takes a few hundred bytes.
pub const KEYS_CACHED_MAX: usize = 4_096;

/// Published workflows kept in memory, by id and by slug.
pub const PUBLISHED_CACHED_MAX: usize = 4_096;

/// Runs of which the store remembers what it needs to write their next transition, some 300 bytes each; of others it
/// is read again.
pub const RUN_CONTEXTS_CACHED_MAX: usize = 2_048;

/// Journal entries of one run. No run comes near: a program has at most a thousand steps, which do not repeat. Part of
/// the schema: it separates the keys of one run's entries from the next one's.
pub const JOURNAL_ENTRIES_MAX: i64 = 1 << 24;

/// Events of one simulated run, so that none goes on for ever: a thousand steps of a hundred attempts each, with the time
/// between them, stay below.
pub const SIMULATED_EVENTS_MAX: usize = 1_000_000;
