CREATE TABLE acquire_outbox.message (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL CHECK (account <> ''),
  key text CHECK (length(key) BETWEEN 1 AND 200),
  digest text,
  -- NULL when inserting: the message's case. Empty: none.
  lane text NOT NULL CHECK (length(lane) <= 200),
  strict boolean NOT NULL DEFAULT false,
  priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
  not_before timestamptz,
  not_after timestamptz,
  -- Not jsonb, which would change what it says.
  message json,
  source text CHECK (octet_length(source) <= 16384),
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),

  -- All below is the outbox's own: an INSERT that sets any of it fails.
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'sending', 'accepted', 'refused', 'not_sent', 'unknown', 'cancelled')),
  attempt integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  first_claimed_at timestamptz,
  claimed_at timestamptz,
  claim bigint,
  worker text,
  lease_until timestamptz,
  status smallint,
  code text,
  cause text,
  message_id bigint,
  settled_at timestamptz,
  settled_seq bigint,
  decided_by text,
  replaced_at timestamptz,
  -- -infinity: since it was inserted.
  ready_at timestamptz GENERATED ALWAYS AS (coalesce(greatest(not_before, retry_at), '-infinity')) STORED,

  CHECK (state NOT IN ('sending', 'unknown') OR (claim IS NOT NULL AND lease_until IS NOT NULL)),
  CHECK (state NOT IN ('queued', 'sending') OR message IS NOT NULL),
  CHECK (decided_by IS NULL OR state IN ('queued', 'accepted', 'not_sent', 'cancelled')),
  CHECK ((state IN ('queued', 'sending')) = (settled_seq IS NULL))
);

CREATE INDEX message_due ON acquire_outbox.message (account, priority, ready_at, id) WHERE state = 'queued';
CREATE INDEX message_lane ON acquire_outbox.message (account, lane, id) WHERE state = 'queued' AND lane <> '';
CREATE UNIQUE INDEX message_one_of_a_lane ON acquire_outbox.message (account, lane)
  WHERE state = 'sending' AND lane <> '';
CREATE INDEX message_lease ON acquire_outbox.message (lease_until, id) WHERE state = 'sending';
CREATE INDEX message_expiry ON acquire_outbox.message (not_after, id) WHERE state = 'queued' AND not_after IS NOT NULL;
CREATE INDEX message_state ON acquire_outbox.message (account, state, id);
CREATE INDEX message_settled ON acquire_outbox.message (settled_seq) WHERE settled_seq IS NOT NULL;
CREATE UNIQUE INDEX message_key ON acquire_outbox.message (account, key)
  WHERE key IS NOT NULL AND replaced_at IS NULL;

-- Rows change often: vacuum and analyse them more often than by default.
ALTER TABLE acquire_outbox.message SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- A transaction that changes a message which is queued, sending or unknown holds a lock on the row of its account. Inserting a
-- message makes no such row, and takes no lock: turns would wait until the service's transaction ends.
CREATE TABLE acquire_outbox.account (
  account text PRIMARY KEY,
  -- Where its messages go. Once it is set, workers refuse another.
  target text,
  -- By a person. infinity: until somebody resumes it.
  paused_until timestamptz,
  paused_why text,
  paused_by text,
  -- By the outbox, after what the server answered.
  wait_until timestamptz,
  wait_why text,
  not_sent integer NOT NULL DEFAULT 0,
  waits integer NOT NULL DEFAULT 0,
  late bigint NOT NULL DEFAULT 0,
  rate double precision,
  burst integer,
  tokens double precision,
  tokens_at timestamptz
);

CREATE TABLE acquire_outbox.event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  what text NOT NULL,
  account text,
  message bigint,
  author text,
  note text
);
CREATE INDEX event_message ON acquire_outbox.event (message) WHERE message IS NOT NULL;

CREATE TABLE acquire_outbox.worker (
  worker text NOT NULL,
  account text NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (worker, account)
);

CREATE TABLE acquire_outbox.meta (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  secret bytea NOT NULL,
  -- The last number of message.settled_seq. One transaction at a time takes numbers, so a follower misses none.
  settled bigint NOT NULL DEFAULT 0,
  -- Which database it was when a worker looked last: see watch.rs.
  place text,
  held_at timestamptz,
  held_why text,
  held_by text
);
INSERT INTO acquire_outbox.meta (secret)
SELECT decode(string_agg(replace(gen_random_uuid()::text, '-', ''), ''), 'hex') FROM generate_series(1, 4);

CREATE FUNCTION acquire_outbox.before_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  old record;
BEGIN
  IF NEW.state <> 'queued' OR NEW.attempt <> 0 OR NEW.failures <> 0
    OR num_nonnulls(NEW.retry_at, NEW.first_claimed_at, NEW.claimed_at, NEW.claim, NEW.worker, NEW.lease_until, NEW.status,
      NEW.code, NEW.cause, NEW.message_id, NEW.settled_at, NEW.settled_seq, NEW.decided_by, NEW.replaced_at) > 0
  THEN
    RAISE EXCEPTION 'outbox: only account, key, digest, lane, strict, priority, not_before, not_after, message and source can be inserted'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.not_before := date_trunc('milliseconds', NEW.not_before);
  NEW.not_after := date_trunc('milliseconds', NEW.not_after);
  IF NEW.lane IS NULL THEN
    NEW.lane := CASE
      WHEN NEW.message ->> 'case' ~ '^-?[0-9]+$' AND json_typeof(NEW.message -> 'case') = 'number'
      THEN 'case:' || (NEW.message ->> 'case')
      ELSE ''
    END;
  END IF;

  IF NEW.key IS NOT NULL THEN
    SELECT m.id, m.state, m.digest, m.message::text AS message INTO old
    FROM acquire_outbox.message AS m
    WHERE m.account = NEW.account AND m.key = NEW.key AND m.replaced_at IS NULL;
    IF FOUND THEN
      -- The same message under the same key is there already: nothing is inserted. A message without a digest, whose
      -- content was erased, can't be compared: it counts as the same, so that it is not sent twice.
      IF (CASE
        WHEN old.digest IS NOT NULL AND NEW.digest IS NOT NULL THEN old.digest = NEW.digest
        WHEN old.message IS NOT NULL THEN old.message = NEW.message::text
        ELSE true
      END) THEN
        RETURN NULL;
      END IF;

      -- Somebody may have queued it again in the meantime.
      UPDATE acquire_outbox.message AS m SET replaced_at = NEW.created_at
      WHERE m.id = old.id AND m.replaced_at IS NULL AND m.state IN ({replaceable});
      IF NOT FOUND THEN
        RAISE EXCEPTION 'outbox: another message has this key' USING ERRCODE = 'unique_violation';
      END IF;
      INSERT INTO acquire_outbox.event (at, what, account, message)
      VALUES (NEW.created_at, 'replaced', NEW.account, old.id);
    END IF;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER before_insert BEFORE INSERT ON acquire_outbox.message
FOR EACH ROW EXECUTE FUNCTION acquire_outbox.before_insert();

-- A time as JSON: RFC 3339, or milliseconds since 1970. Without a zone it is in UTC, whatever the session's zone is.
CREATE FUNCTION acquire_outbox.time_of(value json) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  SELECT CASE json_typeof(value)
    WHEN 'number' THEN 'epoch'::timestamptz + (value #>> '{}')::double precision * interval '1 millisecond'
    ELSE (value #>> '{}')::timestamptz
  END
$$;

-- Inserts the entries of a JSON array. Returns how many: an entry whose message is there already under its key is not
-- inserted again. A service's role needs no other right than to execute it.
CREATE FUNCTION acquire_outbox.insert(entries text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  inserted bigint;
BEGIN
  INSERT INTO acquire_outbox.message (account, key, digest, lane, strict, priority, not_before, not_after, message, source)
  SELECT value ->> 'account', value ->> 'key', value ->> 'digest', value ->> 'lane',
    coalesce((value ->> 'strict')::boolean, false), coalesce((value ->> 'priority')::smallint, 1),
    acquire_outbox.time_of(value -> 'not_before'), acquire_outbox.time_of(value -> 'not_after'),
    (value ->> 'message')::json, value ->> 'source'
  FROM json_array_elements(entries::json) WITH ORDINALITY AS entry (value, place)
  ORDER BY place
  ON CONFLICT (account, key) WHERE key IS NOT NULL AND replaced_at IS NULL DO NOTHING;
  GET DIAGNOSTICS inserted = ROW_COUNT;

  -- Where another transaction took a key at the same time, it must be for the same message.
  IF inserted < json_array_length(entries::json) AND EXISTS (
    SELECT FROM json_array_elements(entries::json) AS entry (value)
    JOIN acquire_outbox.message AS other
      ON other.account = value ->> 'account' AND other.key = value ->> 'key' AND other.replaced_at IS NULL
    WHERE CASE
      WHEN other.digest IS NOT NULL AND value ->> 'digest' IS NOT NULL THEN other.digest <> value ->> 'digest'
      WHEN other.message IS NOT NULL THEN other.message::text <> value ->> 'message'
    END)
  THEN
    RAISE EXCEPTION 'outbox: another message has this key' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN inserted;
END
$$;

REVOKE ALL ON FUNCTION acquire_outbox.insert(text), acquire_outbox.before_insert(), acquire_outbox.time_of(json)
FROM PUBLIC;
