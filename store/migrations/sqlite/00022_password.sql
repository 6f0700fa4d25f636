-- +goose Up
-- What is kept of an account's password; id is the account's. kept is
-- AES-256-GCM with the id as associated data, of an Argon2id hash.
CREATE TABLE password (
  id      BLOB NOT NULL PRIMARY KEY REFERENCES account (id),
  kept    BLOB NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  set_at  INTEGER NOT NULL
) STRICT;
