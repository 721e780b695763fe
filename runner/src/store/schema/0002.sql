-- Schema version 2: events from outside, and the runs that wait for them.

-- Events that were sent to us. A row is kept for a while after everybody has the event, to know a repeat by.
CREATE TABLE inbox (
  key         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  event       TEXT NOT NULL,
  correlation TEXT NOT NULL,     -- empty when it carries none
  data        BLOB,              -- sealed; none once every run that it was given to has it
  sender_id   TEXT,              -- the sender's own
  body_hash   BLOB NOT NULL,
  delivered   INTEGER NOT NULL,  -- runs it was given to when it came
  open        INTEGER NOT NULL,  -- whether it is given to the next run that waits for it
  taken       INTEGER NOT NULL,  -- whether a run has it
  received_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX inbox_by_sender_id ON inbox (sender_id) WHERE sender_id IS NOT NULL;

CREATE INDEX inbox_open ON inbox (event, correlation) WHERE open = 1;

-- Waits for events; one that is over is in the journal.
CREATE TABLE subscriptions (
  run         INTEGER NOT NULL REFERENCES executions (run),
  ordinal     INTEGER NOT NULL,
  frame       INTEGER NOT NULL,
  event       TEXT NOT NULL,
  correlation TEXT NOT NULL,  -- empty when it names none
  wants       BLOB,           -- schema of what the event must carry; none when that is anything
  arrived     INTEGER REFERENCES inbox (key),  -- the event that is on its way to the run
  PRIMARY KEY (run, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_by_event ON subscriptions (event, correlation) WHERE arrived IS NULL;

CREATE INDEX subscriptions_arrived ON subscriptions (arrived) WHERE arrived IS NOT NULL;
