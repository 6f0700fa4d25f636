-- +goose Up
-- A passkey is a public key by which somebody signs in. key is an HMAC of what
-- the device calls it, record AES-256-GCM with the id as associated data.
CREATE TABLE passkey (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account (id),
  name       TEXT COLLATE "C" NOT NULL,
  key        BYTEA NOT NULL UNIQUE CHECK (length(key) = 32),
  record     BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  version    BIGINT NOT NULL CHECK (version > 0)
);
CREATE INDEX passkey_account ON passkey (account_id, created_at, id);
