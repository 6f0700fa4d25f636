-- +goose Up
-- A passkey is a public key by which somebody signs in. key is an HMAC of what
-- the device calls it, record AES-256-GCM with the id as associated data.
CREATE TABLE passkey (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL REFERENCES account (id),
  name       TEXT NOT NULL,
  key        BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  record     BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0)
) STRICT;
CREATE INDEX passkey_account ON passkey (account_id, created_at, id);
