-- The outbox, version 1. Times are milliseconds since 1970, UTC.
--
-- The names begin with outbox_, so that a service can keep tables of its own in the same file and insert messages in
-- its own transactions. Nothing here needs a newer SQLite than 3.37, so that any language's SQLite can insert.

CREATE TABLE outbox_message (
  id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
  account TEXT NOT NULL CHECK (account <> ''),
  key TEXT CHECK (length(key) BETWEEN 1 AND 200),
  digest TEXT,
  -- NULL when inserting: the message's case. Empty: none.
  lane TEXT CHECK (length(lane) <= 200),
  strict INTEGER NOT NULL DEFAULT 0 CHECK (strict IN (0, 1)),
  priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
  not_before INTEGER,
  not_after INTEGER,
  message TEXT,
  source TEXT CHECK (length(source) <= 16384),
  created_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),

  -- All below is the outbox's own: an INSERT that sets any of it fails.
  -- No IN with more than two values, here and below: SQLite would build a table of them for each message that it updates.
  state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state = 'queued' OR state = 'sending' OR state = 'accepted' OR state = 'refused' OR state = 'not_sent'
      OR state = 'unknown' OR state = 'cancelled'),
  attempt INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER,
  first_claimed_at INTEGER,
  claimed_at INTEGER,
  claim INTEGER,
  worker TEXT,
  lease_until INTEGER,
  status INTEGER,
  code TEXT,
  cause TEXT,
  message_id INTEGER,
  settled_at INTEGER,
  settled_seq INTEGER,
  decided_by TEXT,
  replaced_at INTEGER,
  -- 0: since it was inserted.
  ready_at INTEGER GENERATED ALWAYS AS (max(ifnull(not_before, 0), ifnull(retry_at, 0))) VIRTUAL,

  CHECK (state NOT IN ('sending', 'unknown') OR (claim IS NOT NULL AND lease_until IS NOT NULL)),
  CHECK (state NOT IN ('queued', 'sending') OR message IS NOT NULL),
  CHECK (decided_by IS NULL OR state = 'queued' OR state = 'accepted' OR state = 'not_sent' OR state = 'cancelled'),
  CHECK ((state IN ('queued', 'sending')) = (settled_seq IS NULL))
) STRICT;

CREATE INDEX outbox_due ON outbox_message (account, priority, ready_at, id) WHERE state = 'queued';
CREATE INDEX outbox_lane ON outbox_message (account, lane, id) WHERE state = 'queued' AND lane <> '';
CREATE UNIQUE INDEX outbox_one_of_a_lane ON outbox_message (account, lane) WHERE state = 'sending' AND lane <> '';
CREATE INDEX outbox_lease ON outbox_message (lease_until) WHERE state = 'sending';
CREATE INDEX outbox_expiry ON outbox_message (not_after) WHERE state = 'queued' AND not_after IS NOT NULL;
CREATE INDEX outbox_state ON outbox_message (account, state, id);
CREATE INDEX outbox_settled ON outbox_message (settled_seq) WHERE settled_seq IS NOT NULL;
CREATE UNIQUE INDEX outbox_key ON outbox_message (account, key) WHERE key IS NOT NULL AND replaced_at IS NULL;

CREATE TABLE outbox_account (
  account TEXT PRIMARY KEY,
  -- Where its messages go. Once it is set, workers refuse another.
  target TEXT,
  -- By a person. 9223372036854775807: until somebody resumes it.
  paused_until INTEGER,
  paused_why TEXT,
  paused_by TEXT,
  -- By the outbox, after what the server answered.
  wait_until INTEGER,
  wait_why TEXT,
  not_sent INTEGER NOT NULL DEFAULT 0,
  waits INTEGER NOT NULL DEFAULT 0,
  late INTEGER NOT NULL DEFAULT 0,
  rate REAL,
  burst INTEGER,
  tokens REAL,
  tokens_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  account TEXT,
  message INTEGER,
  author TEXT,
  note TEXT
) STRICT;
CREATE INDEX outbox_event_message ON outbox_event (message) WHERE message IS NOT NULL;

CREATE TABLE outbox_worker (
  worker TEXT NOT NULL,
  account TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (worker, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  secret BLOB NOT NULL,
  -- The last number of outbox_message.settled_seq.
  settled INTEGER NOT NULL DEFAULT 0,
  -- 0: closed. 1, 2: in use, see mark.rs.
  mark INTEGER NOT NULL DEFAULT 0,
  -- Which file was marked.
  file TEXT,
  held_at INTEGER,
  held_why TEXT,
  held_by TEXT
) STRICT;

CREATE TRIGGER outbox_insert BEFORE INSERT ON outbox_message
BEGIN
  SELECT RAISE(ABORT, 'outbox: only account, key, digest, lane, strict, priority, not_before, not_after, message and source can be inserted')
  WHERE NEW.state <> 'queued' OR NEW.attempt <> 0 OR NEW.failures <> 0
    OR coalesce(NEW.retry_at, NEW.first_claimed_at, NEW.claimed_at, NEW.claim, NEW.worker, NEW.lease_until, NEW.status,
      NEW.code, NEW.cause, NEW.message_id, NEW.settled_at, NEW.settled_seq, NEW.decided_by, NEW.replaced_at) IS NOT NULL
    -- -1 when none is given. Another one than the next could take a place before others, or leave no number for them.
    OR NEW.id > 0 AND NEW.id <> 1 + ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'outbox_message'), 0);

  -- The same message under the same key is there already: nothing is inserted. A message without a digest, whose content
  -- was erased, can't be compared: it counts as the same, so that it is not sent twice.
  SELECT RAISE(IGNORE)
  FROM outbox_message AS old
  WHERE old.account = NEW.account AND old.key = NEW.key AND old.replaced_at IS NULL
    AND CASE
      WHEN old.digest IS NOT NULL AND NEW.digest IS NOT NULL THEN old.digest = NEW.digest
      WHEN old.message IS NOT NULL THEN old.message = NEW.message
      ELSE 1
    END;

  SELECT RAISE(ABORT, 'outbox: another message has this key')
  FROM outbox_message AS old
  WHERE old.account = NEW.account AND old.key = NEW.key AND old.replaced_at IS NULL
    AND old.state NOT IN ({replaceable});

  INSERT INTO outbox_event (at, what, account, message)
  SELECT NEW.created_at, 'replaced', old.account, old.id
  FROM outbox_message AS old
  WHERE old.account = NEW.account AND old.key = NEW.key AND old.replaced_at IS NULL;

  UPDATE outbox_message SET replaced_at = NEW.created_at
  WHERE account = NEW.account AND key = NEW.key AND replaced_at IS NULL;
END;

CREATE TRIGGER outbox_account_of_a_message AFTER INSERT ON outbox_message
BEGIN
  INSERT INTO outbox_account (account)
  SELECT NEW.account WHERE NOT EXISTS (SELECT 1 FROM outbox_account WHERE account = NEW.account);
END;

CREATE TRIGGER outbox_lane_of_the_case AFTER INSERT ON outbox_message WHEN NEW.lane IS NULL
BEGIN
  UPDATE outbox_message
  SET lane = CASE
    WHEN json_valid(NEW.message) AND json_type(NEW.message, '$.case') = 'integer'
    THEN 'case:' || json_extract(NEW.message, '$.case')
    ELSE ''
  END
  WHERE id = NEW.id;
END;
