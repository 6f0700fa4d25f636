-- +goose Up
-- A token lets a program act for an account. Only the SHA-256 of its secret is
-- kept; used_on is the beginning of a day.
CREATE TABLE token (
  id         UUID NOT NULL PRIMARY KEY,
  hash       BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
  account_id UUID NOT NULL REFERENCES account (id),
  name       TEXT COLLATE "C" NOT NULL,
  role       TEXT COLLATE "C" NOT NULL,
  may_write  BIGINT NOT NULL CHECK (may_write IN (0, 1)),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_on    BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE INDEX token_account ON token (account_id, created_at);
CREATE UNIQUE INDEX token_name ON token (account_id, name) WHERE revoked_at = 0;
