-- +goose Up
-- Times are unix milliseconds UTC, money is fen, booleans are 0 and 1, ids are
-- UUIDv7. body is the thing as JSON, opaque here; what is filtered or sorted on
-- is a column; text compares by bytes, as it does in SQLite. contact is
-- AES-256-GCM with the id as associated data.

CREATE TABLE meta (
  name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE result (
  id         UUID NOT NULL PRIMARY KEY,
  code       TEXT COLLATE "C" NOT NULL UNIQUE,
  key        TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  title      TEXT COLLATE "C" NOT NULL,
  sort_key   TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  confirmed  BIGINT NOT NULL CHECK (confirmed IN (0, 1)),
  unfiled    BIGINT NOT NULL CHECK (unfiled IN (0, 1)),
  themes     TEXT COLLATE "C" NOT NULL,
  trl        BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL,
  contact    BYTEA
);
CREATE INDEX result_title ON result (sort_key, id);
CREATE INDEX result_newest ON result (updated_at, id);
CREATE INDEX result_shown ON result (confirmed, sort_key, id);
CREATE INDEX result_shown_newest ON result (confirmed, updated_at, id);
CREATE INDEX result_state ON result (state, confirmed, unfiled, expires_at);
CREATE INDEX result_lapse ON result (expires_at) WHERE expires_at > 0;

CREATE TABLE need (
  id         UUID NOT NULL PRIMARY KEY,
  code       TEXT COLLATE "C" NOT NULL UNIQUE,
  key        TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  title      TEXT COLLATE "C" NOT NULL,
  sort_key   TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  confirmed  BIGINT NOT NULL CHECK (confirmed IN (0, 1)),
  themes     TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL,
  contact    BYTEA
);
CREATE INDEX need_title ON need (sort_key, id);
CREATE INDEX need_newest ON need (updated_at, id);
CREATE INDEX need_shown ON need (confirmed, sort_key, id);
CREATE INDEX need_shown_newest ON need (confirmed, updated_at, id);
CREATE INDEX need_state ON need (state, confirmed, expires_at);
CREATE INDEX need_lapse ON need (expires_at) WHERE expires_at > 0;

CREATE TABLE party (
  id         UUID NOT NULL PRIMARY KEY,
  code       TEXT COLLATE "C" NOT NULL UNIQUE,
  key        TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  title      TEXT COLLATE "C" NOT NULL,
  sort_key   TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL,
  contact    BYTEA
);
CREATE INDEX party_title ON party (sort_key, id);

CREATE TABLE person (
  id         UUID NOT NULL PRIMARY KEY,
  code       TEXT COLLATE "C" NOT NULL UNIQUE,
  staff_no   TEXT COLLATE "C" NOT NULL,
  orcid      TEXT COLLATE "C" NOT NULL,
  version    BIGINT NOT NULL CHECK (version > 0),
  title      TEXT COLLATE "C" NOT NULL,
  sort_key   TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL,
  contact    BYTEA
);
CREATE UNIQUE INDEX person_staff_no ON person (staff_no) WHERE staff_no <> '';
CREATE UNIQUE INDEX person_orcid ON person (orcid) WHERE orcid <> '';
CREATE INDEX person_title ON person (sort_key, id);

CREATE TABLE account (
  id         UUID NOT NULL PRIMARY KEY,
  name       TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  roles      TEXT COLLATE "C" NOT NULL,
  disabled   BIGINT NOT NULL CHECK (disabled IN (0, 1)),
  created_at BIGINT NOT NULL
);

CREATE TABLE link (
  hash       BYTEA NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  account_id UUID NOT NULL REFERENCES account (id),
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL
);
CREATE INDEX link_account ON link (account_id);
CREATE INDEX link_lapse ON link (expires_at);

CREATE TABLE session (
  token      BYTEA NOT NULL PRIMARY KEY CHECK (length(token) = 32),
  data       BYTEA NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX session_lapse ON session (expires_at);

CREATE TABLE import_batch (
  id         UUID NOT NULL PRIMARY KEY,
  version    BIGINT NOT NULL CHECK (version > 0),
  state      TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL
);
CREATE INDEX import_batch_newest ON import_batch (created_at, id);

-- A staged row carries the columns of the thing that it will become, so that
-- applying a batch is one statement a table. mark is equal in rows about the
-- same thing and empty in rows about none.
CREATE TABLE import_row (
  batch_id   UUID NOT NULL REFERENCES import_batch (id),
  pos        BIGINT NOT NULL,
  n          BIGINT NOT NULL,
  sheet      TEXT COLLATE "C" NOT NULL,
  label      TEXT COLLATE "C" NOT NULL,
  fate       TEXT COLLATE "C" NOT NULL,
  mark       TEXT COLLATE "C" NOT NULL,
  change_id  UUID NOT NULL,
  thing      TEXT COLLATE "C" NOT NULL,
  id         UUID NOT NULL,
  code       TEXT COLLATE "C" NOT NULL,
  key        TEXT COLLATE "C" NOT NULL,
  version    BIGINT NOT NULL,
  title      TEXT COLLATE "C" NOT NULL,
  sort_key   TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  confirmed  BIGINT NOT NULL,
  unfiled    BIGINT NOT NULL,
  themes     TEXT COLLATE "C" NOT NULL,
  trl        BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  staff_no   TEXT COLLATE "C" NOT NULL,
  orcid      TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  issues     BYTEA,
  body       TEXT COLLATE "C" NOT NULL,
  contact    BYTEA,
  PRIMARY KEY (batch_id, pos)
);
CREATE INDEX import_row_n ON import_row (batch_id, n, pos);
CREATE INDEX import_row_fate ON import_row (batch_id, fate, n, pos);

CREATE TABLE feedback (
  id        UUID NOT NULL UNIQUE,
  need_id   UUID NOT NULL REFERENCES need (id),
  result_id UUID NOT NULL REFERENCES result (id),
  said_by   UUID NOT NULL,
  verdict   TEXT COLLATE "C" NOT NULL,
  reason    TEXT COLLATE "C" NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (need_id, result_id, said_by)
);
CREATE INDEX feedback_result ON feedback (result_id);

-- seq is 0 until the sequencer numbers the row.
CREATE TABLE entry (
  id      UUID NOT NULL PRIMARY KEY,
  seq     BIGINT NOT NULL DEFAULT 0,
  at      BIGINT NOT NULL,
  actor   UUID NOT NULL,
  role    TEXT COLLATE "C" NOT NULL,
  verb    TEXT COLLATE "C" NOT NULL,
  kind    TEXT COLLATE "C" NOT NULL,
  subject UUID NOT NULL,
  body    TEXT COLLATE "C" NOT NULL,
  salt    BYTEA NOT NULL
);
CREATE UNIQUE INDEX entry_seq ON entry (seq) WHERE seq > 0;
CREATE INDEX entry_unnumbered ON entry (at, id) WHERE seq = 0;

CREATE TABLE change (
  id       UUID NOT NULL PRIMARY KEY,
  seq      BIGINT NOT NULL DEFAULT 0,
  at       BIGINT NOT NULL,
  kind     TEXT COLLATE "C" NOT NULL,
  thing_id UUID NOT NULL
);
CREATE UNIQUE INDEX change_seq ON change (seq) WHERE seq > 0;
CREATE INDEX change_unnumbered ON change (at, id) WHERE seq = 0;

CREATE TABLE outbox (
  id          UUID NOT NULL PRIMARY KEY,
  kind        TEXT COLLATE "C" NOT NULL,
  payload     BYTEA NOT NULL,
  due         BIGINT NOT NULL,
  attempts    BIGINT NOT NULL,
  lease_until BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due, id);
