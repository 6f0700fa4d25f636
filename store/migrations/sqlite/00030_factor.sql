-- +goose Up
-- A program that makes one-time codes of an account's (RFC 6238); id is the
-- account's. secret is AES-256-GCM with the id as associated data; confirmed_at
-- is 0 until a code has shown that the program has it; step is the last one of
-- which a code was taken.
CREATE TABLE authenticator (
  id           BLOB NOT NULL PRIMARY KEY REFERENCES account (id),
  secret       BLOB NOT NULL,
  version      INTEGER NOT NULL CHECK (version > 0),
  begun_at     INTEGER NOT NULL,
  confirmed_at INTEGER NOT NULL,
  step         INTEGER NOT NULL
) STRICT;

-- Codes for whoever has lost the rest; key is an HMAC of one.
CREATE TABLE recovery_code (
  account_id BLOB NOT NULL REFERENCES account (id),
  key        BLOB NOT NULL CHECK (length(key) = 32),
  used_at    INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) STRICT;

-- What the security administrator has set of signing in.
CREATE TABLE sign_in_rule (
  name    TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL CHECK (version > 0),
  body    TEXT NOT NULL
) STRICT;

-- Whether a link counts as strong: those that are made at the machine do.
ALTER TABLE link ADD COLUMN strong INTEGER NOT NULL DEFAULT 0 CHECK (strong IN (0, 1));
