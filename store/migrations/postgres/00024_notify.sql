-- +goose Up
-- Messages of one kind go by one lane: a receiver that hangs holds up its own.
CREATE INDEX outbox_kind ON outbox (kind, due, id);

-- What an account has been told. body is encrypted; mailed_at is 0 while the
-- notice waits for the digest.
CREATE TABLE notice (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  template   TEXT COLLATE "C" NOT NULL,
  urgent     BIGINT NOT NULL CHECK (urgent IN (0, 1)),
  at         BIGINT NOT NULL,
  read_at    BIGINT NOT NULL,
  mailed_at  BIGINT NOT NULL,
  body       BYTEA NOT NULL
);
CREATE INDEX notice_account ON notice (account_id, at, id);
CREATE INDEX notice_unread ON notice (account_id) WHERE read_at = 0;
CREATE INDEX notice_unmailed ON notice (account_id) WHERE mailed_at = 0;

-- How an account wants to be told, where it has said so; digest_at is when its
-- last digest was made.
CREATE TABLE notice_setting (
  account_id UUID NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  mail       TEXT COLLATE "C" NOT NULL,
  sms        BIGINT NOT NULL CHECK (sms IN (0, 1)),
  language   TEXT COLLATE "C" NOT NULL,
  digest_at  BIGINT NOT NULL
);

-- How many short messages a person was sent in a month (year * 100 + month).
-- person is a keyed hash of an account or a number.
CREATE TABLE sms_count (
  person BYTEA NOT NULL,
  month  BIGINT NOT NULL,
  n      BIGINT NOT NULL,
  PRIMARY KEY (person, month)
);

-- Robots of group chats and webhooks. target, which is encrypted, holds address
-- and secrets.
CREATE TABLE receiver (
  id         UUID NOT NULL PRIMARY KEY,
  kind       TEXT COLLATE "C" NOT NULL,
  name       TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  disabled   BIGINT NOT NULL CHECK (disabled IN (0, 1)),
  events     TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  target     BYTEA NOT NULL
);

-- What became of each message that left, or was given up; cause is a code,
-- never what the other side said.
CREATE TABLE delivery (
  id       UUID NOT NULL PRIMARY KEY,
  lane     TEXT COLLATE "C" NOT NULL,
  template TEXT COLLATE "C" NOT NULL,
  at       BIGINT NOT NULL,
  state    TEXT COLLATE "C" NOT NULL,
  attempts BIGINT NOT NULL,
  cause    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX delivery_lane ON delivery (lane, at, id);
