-- Schema version 1. Times are milliseconds since the Unix epoch; lists are JSON arrays.

-- What the database is.
CREATE TABLE meta (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  org_id     TEXT NOT NULL,
  org_key    BLOB NOT NULL,     -- wrapped by the master key
  generation INTEGER NOT NULL,  -- grows with every change to keys, connections, workflows and endpoints
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
  key        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  hash       BLOB NOT NULL UNIQUE,
  scopes     TEXT NOT NULL,
  actor      TEXT,
  roles      TEXT NOT NULL,
  teams      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE connections (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  service_slug    TEXT NOT NULL UNIQUE,
  base_url        TEXT NOT NULL,
  api_key         BLOB NOT NULL,  -- sealed
  api_key_hash    TEXT NOT NULL,
  active          INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  last_healthy_at INTEGER,
  last_used_at    INTEGER
) STRICT;

CREATE TABLE workflows (
  key               INTEGER PRIMARY KEY,
  id                TEXT NOT NULL UNIQUE,
  slug              TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  description       TEXT,
  trigger_type      TEXT NOT NULL,
  trigger_spec      TEXT,
  status            TEXT NOT NULL CHECK (status IN ('draft', 'active', 'retired')),
  version           INTEGER NOT NULL,
  published_version INTEGER,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL
) STRICT;

-- Compiled workflows, each once; never changed, never deleted while a run may be pinned to it.
CREATE TABLE programs (
  hash  BLOB PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE workflow_versions (
  workflow   INTEGER NOT NULL REFERENCES workflows (key),
  version    INTEGER NOT NULL,
  spec       TEXT NOT NULL,
  program    BLOB NOT NULL REFERENCES programs (hash),
  source_map BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workflow, version)
) STRICT;

CREATE TABLE executions (
  run            INTEGER PRIMARY KEY,
  id             TEXT NOT NULL UNIQUE,
  workflow       INTEGER NOT NULL REFERENCES workflows (key),
  version        INTEGER NOT NULL,
  status         INTEGER NOT NULL,
  runnable       INTEGER NOT NULL,  -- whether a restart must take it up
  seq            INTEGER NOT NULL,  -- transitions so far
  entries        INTEGER NOT NULL,  -- journal entries so far
  seed           BLOB NOT NULL,
  external_id    TEXT,
  body_hash      BLOB,              -- only with an external id
  initiator_key  TEXT,
  initiator_user TEXT,
  created_at     INTEGER NOT NULL,
  completed_at   INTEGER,
  output         INTEGER,           -- payload
  error          TEXT,              -- JSON
  failed_step    INTEGER,           -- ordinal
  state          BLOB               -- the machine's; none before the first transition and after the last
) STRICT;

CREATE UNIQUE INDEX executions_by_external_id ON executions (workflow, external_id)
  WHERE external_id IS NOT NULL;

-- Touched only when a run is accepted, parked, resumed or ended; a column of its own, so that a change of status
-- does not rewrite the index.
CREATE INDEX executions_runnable ON executions (run) WHERE runnable = 1;

-- A run's transitions, and the values they brought, each once, in order. One tree for both keeps what one
-- transition writes on one page; the number as key lets new runs fill pages from the end. Steps are read from here.
CREATE TABLE journal (
  key     INTEGER PRIMARY KEY,  -- run * 2^24 + the entry's number in the run
  at      INTEGER,              -- of a transition
  payload INTEGER,              -- of a value: its id in the run
  body    ANY NOT NULL,         -- a transition's record, or a value's JSON text without its secrets
  sealed  BLOB                  -- a value's secrets
) STRICT;

CREATE TABLE timers (
  run   INTEGER NOT NULL REFERENCES executions (run),
  frame INTEGER NOT NULL,
  timer INTEGER NOT NULL,
  due   INTEGER NOT NULL,
  PRIMARY KEY (run, frame)
) STRICT, WITHOUT ROWID;

CREATE INDEX timers_by_due ON timers (due);

-- Pending approvals; a decided one is in the journal and the audit.
CREATE TABLE approvals (
  run           INTEGER NOT NULL REFERENCES executions (run),
  ordinal       INTEGER NOT NULL,
  step_id       TEXT NOT NULL,
  node_id       TEXT NOT NULL,
  frame         INTEGER NOT NULL,
  label         TEXT NOT NULL,
  assign_to     TEXT,
  data          TEXT,           -- JSON without its secrets
  data_hash     BLOB NOT NULL,  -- SHA-256 of what was shown
  due           INTEGER,
  not_initiator INTEGER NOT NULL,
  requested_at  INTEGER NOT NULL,
  PRIMARY KEY (run, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE endpoints (
  key        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  url        TEXT NOT NULL,
  events     TEXT NOT NULL,
  secret     BLOB NOT NULL,  -- sealed
  active     INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- The outbox: one row an event and endpoint.
CREATE TABLE deliveries (
  key         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  endpoint    INTEGER NOT NULL REFERENCES endpoints (key),
  event       TEXT NOT NULL,
  body        BLOB NOT NULL,  -- the very bytes to sign and send
  attempts    INTEGER NOT NULL,
  due         INTEGER,        -- none when it was delivered or is dead
  delivered   INTEGER NOT NULL,
  last_status INTEGER,
  last_error  TEXT,
  created_at  INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

CREATE INDEX deliveries_by_due ON deliveries (due) WHERE due IS NOT NULL;

CREATE TABLE audit (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  action    TEXT NOT NULL,
  subject   TEXT NOT NULL,  -- the id of what it was done to
  key_id    TEXT,
  user_id   TEXT,
  detail    TEXT,           -- JSON
  data_hash BLOB            -- of a decision: SHA-256 of what the approver was shown
) STRICT;

CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'audit rows cannot be changed'); END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'audit rows cannot be deleted'); END;
