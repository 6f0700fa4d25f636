-- +goose Up
-- An identity is a name under which an account is known somewhere: an address,
-- a number, a subject of an identity provider. value is AES-256-GCM with the id
-- as associated data, key an HMAC of it, by which it is found.
CREATE TABLE identity (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL REFERENCES account (id),
  provider   TEXT NOT NULL,
  key        BLOB NOT NULL CHECK (length(key) = 32),
  value      BLOB NOT NULL,
  added_at   INTEGER NOT NULL,
  UNIQUE (provider, key)
) STRICT;
CREATE INDEX identity_account ON identity (account_id, added_at, id);

-- A sign-in lasts until ended_at is set. outside is an HMAC of what the identity
-- provider calls it, empty if nothing.
CREATE TABLE sign_in (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL REFERENCES account (id),
  via        TEXT NOT NULL,
  outside    BLOB NOT NULL,
  strong     INTEGER NOT NULL CHECK (strong IN (0, 1)),
  address    TEXT NOT NULL,
  agent      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_account ON sign_in (account_id, ended_at, created_at);
CREATE INDEX sign_in_outside ON sign_in (via, outside) WHERE length(outside) > 0;
