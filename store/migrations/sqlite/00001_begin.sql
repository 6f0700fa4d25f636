-- +goose Up
-- Times are unix milliseconds UTC, money is fen, booleans are 0 and 1, ids are
-- UUIDv7 of 16 bytes. body is the thing as JSON, opaque here; what is filtered
-- or sorted on is a column. contact is AES-256-GCM with the id as associated data.

CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE result (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  code       TEXT NOT NULL UNIQUE,
  key        TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  title      TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  kind       TEXT NOT NULL,
  state      TEXT NOT NULL,
  confirmed  INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  unfiled    INTEGER NOT NULL CHECK (unfiled IN (0, 1)),
  themes     TEXT NOT NULL,
  trl        INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  contact    BLOB
) STRICT;
CREATE INDEX result_title ON result (sort_key, id);
CREATE INDEX result_newest ON result (updated_at, id);
CREATE INDEX result_shown ON result (confirmed, sort_key, id);
CREATE INDEX result_shown_newest ON result (confirmed, updated_at, id);
CREATE INDEX result_state ON result (state, confirmed, unfiled, expires_at);
CREATE INDEX result_lapse ON result (expires_at) WHERE expires_at > 0;

CREATE TABLE need (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  code       TEXT NOT NULL UNIQUE,
  key        TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  title      TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  state      TEXT NOT NULL,
  confirmed  INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  themes     TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  contact    BLOB
) STRICT;
CREATE INDEX need_title ON need (sort_key, id);
CREATE INDEX need_newest ON need (updated_at, id);
CREATE INDEX need_shown ON need (confirmed, sort_key, id);
CREATE INDEX need_shown_newest ON need (confirmed, updated_at, id);
CREATE INDEX need_state ON need (state, confirmed, expires_at);
CREATE INDEX need_lapse ON need (expires_at) WHERE expires_at > 0;

CREATE TABLE party (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  code       TEXT NOT NULL UNIQUE,
  key        TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  title      TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  kind       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  contact    BLOB
) STRICT;
CREATE INDEX party_title ON party (sort_key, id);

CREATE TABLE person (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  code       TEXT NOT NULL UNIQUE,
  staff_no   TEXT NOT NULL,
  orcid      TEXT NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  title      TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  contact    BLOB
) STRICT;
CREATE UNIQUE INDEX person_staff_no ON person (staff_no) WHERE staff_no <> '';
CREATE UNIQUE INDEX person_orcid ON person (orcid) WHERE orcid <> '';
CREATE INDEX person_title ON person (sort_key, id);

CREATE TABLE account (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  name       TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  roles      TEXT NOT NULL,
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE link (
  hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  account_id BLOB NOT NULL REFERENCES account (id),
  expires_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX link_account ON link (account_id);
CREATE INDEX link_lapse ON link (expires_at);

CREATE TABLE session (
  token      BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
  data       BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_lapse ON session (expires_at);

CREATE TABLE import_batch (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  version    INTEGER NOT NULL CHECK (version > 0),
  state      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  body       TEXT NOT NULL
) STRICT;
CREATE INDEX import_batch_newest ON import_batch (created_at, id);

-- A staged row carries the columns of the thing that it will become, so that
-- applying a batch is one statement a table. mark is equal in rows about the
-- same thing and empty in rows about none.
CREATE TABLE import_row (
  batch_id   BLOB NOT NULL REFERENCES import_batch (id),
  pos        INTEGER NOT NULL,
  n          INTEGER NOT NULL,
  sheet      TEXT NOT NULL,
  label      TEXT NOT NULL,
  fate       TEXT NOT NULL,
  mark       TEXT NOT NULL,
  change_id  BLOB NOT NULL,
  thing      TEXT NOT NULL,
  id         BLOB NOT NULL,
  code       TEXT NOT NULL,
  key        TEXT NOT NULL,
  version    INTEGER NOT NULL,
  title      TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  kind       TEXT NOT NULL,
  state      TEXT NOT NULL,
  confirmed  INTEGER NOT NULL,
  unfiled    INTEGER NOT NULL,
  themes     TEXT NOT NULL,
  trl        INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  staff_no   TEXT NOT NULL,
  orcid      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  issues     BLOB,
  body       TEXT NOT NULL,
  contact    BLOB,
  PRIMARY KEY (batch_id, pos)
) STRICT;
CREATE INDEX import_row_n ON import_row (batch_id, n, pos);
CREATE INDEX import_row_fate ON import_row (batch_id, fate, n, pos);

CREATE TABLE feedback (
  id        BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  need_id   BLOB NOT NULL REFERENCES need (id),
  result_id BLOB NOT NULL REFERENCES result (id),
  said_by   BLOB NOT NULL,
  verdict   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (need_id, result_id, said_by)
) STRICT;
CREATE INDEX feedback_result ON feedback (result_id);

-- seq is 0 until the sequencer numbers the row.
CREATE TABLE entry (
  id      BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  seq     INTEGER NOT NULL DEFAULT 0,
  at      INTEGER NOT NULL,
  actor   BLOB NOT NULL,
  role    TEXT NOT NULL,
  verb    TEXT NOT NULL,
  kind    TEXT NOT NULL,
  subject BLOB NOT NULL,
  body    TEXT NOT NULL,
  salt    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_seq ON entry (seq) WHERE seq > 0;
CREATE INDEX entry_unnumbered ON entry (at, id) WHERE seq = 0;

CREATE TABLE change (
  id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  seq      INTEGER NOT NULL DEFAULT 0,
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  thing_id BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX change_seq ON change (seq) WHERE seq > 0;
CREATE INDEX change_unnumbered ON change (at, id) WHERE seq = 0;

CREATE TABLE outbox (
  id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  kind        TEXT NOT NULL,
  payload     BLOB NOT NULL,
  due         INTEGER NOT NULL,
  attempts    INTEGER NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due, id);
