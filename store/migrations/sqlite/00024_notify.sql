-- +goose Up
-- Messages of one kind go by one lane: a receiver that hangs holds up its own.
CREATE INDEX outbox_kind ON outbox (kind, due, id);

-- What an account has been told. body is encrypted; mailed_at is 0 while the
-- notice waits for the digest.
CREATE TABLE notice (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  template   TEXT NOT NULL,
  urgent     INTEGER NOT NULL CHECK (urgent IN (0, 1)),
  at         INTEGER NOT NULL,
  read_at    INTEGER NOT NULL,
  mailed_at  INTEGER NOT NULL,
  body       BLOB NOT NULL
) STRICT;
CREATE INDEX notice_account ON notice (account_id, at, id);
CREATE INDEX notice_unread ON notice (account_id) WHERE read_at = 0;
CREATE INDEX notice_unmailed ON notice (account_id) WHERE mailed_at = 0;

-- How an account wants to be told, where it has said so; digest_at is when its
-- last digest was made.
CREATE TABLE notice_setting (
  account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  mail       TEXT NOT NULL,
  sms        INTEGER NOT NULL CHECK (sms IN (0, 1)),
  language   TEXT NOT NULL,
  digest_at  INTEGER NOT NULL
) STRICT;

-- How many short messages a person was sent in a month (year * 100 + month).
-- person is a keyed hash of an account or a number.
CREATE TABLE sms_count (
  person BLOB NOT NULL,
  month  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (person, month)
) STRICT;

-- Robots of group chats and webhooks. target, which is encrypted, holds address
-- and secrets.
CREATE TABLE receiver (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  events     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  target     BLOB NOT NULL
) STRICT;

-- What became of each message that left, or was given up; cause is a code,
-- never what the other side said.
CREATE TABLE delivery (
  id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  lane     TEXT NOT NULL,
  template TEXT NOT NULL,
  at       INTEGER NOT NULL,
  state    TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  cause    TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_lane ON delivery (lane, at, id);
