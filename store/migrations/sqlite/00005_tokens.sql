-- +goose Up
-- A token lets a program act for an account. Only the SHA-256 of its secret is
-- kept; used_on is the beginning of a day.
CREATE TABLE token (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  account_id BLOB NOT NULL REFERENCES account (id),
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  may_write  INTEGER NOT NULL CHECK (may_write IN (0, 1)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_on    INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX token_account ON token (account_id, created_at);
CREATE UNIQUE INDEX token_name ON token (account_id, name) WHERE revoked_at = 0;
