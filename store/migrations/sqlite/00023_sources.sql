-- +goose Up
-- A source is an identity provider by which people sign in. secret is
-- AES-256-GCM with the id as associated data.
CREATE TABLE source (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  name       TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  secret     BLOB NOT NULL
) STRICT;

-- What a provider gave that may be used once, and was: key is an HMAC of it.
CREATE TABLE spent (
  provider TEXT NOT NULL,
  key      BLOB NOT NULL CHECK (length(key) = 32),
  until    INTEGER NOT NULL,
  PRIMARY KEY (provider, key)
) STRICT;
CREATE INDEX spent_until ON spent (until);

-- What became of the last list of people that a source gave, and when the next
-- is due. allowed is how many an administrator lets it take out once.
CREATE TABLE presence (
  source_id BLOB NOT NULL PRIMARY KEY REFERENCES source (id),
  due       INTEGER NOT NULL,
  read_at   INTEGER NOT NULL,
  state     TEXT NOT NULL,
  listed    INTEGER NOT NULL,
  total     INTEGER NOT NULL,
  gone      INTEGER NOT NULL,
  allowed   INTEGER NOT NULL
) STRICT;
