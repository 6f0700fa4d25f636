-- +goose Up
-- The words that people agreed to: a version for each wording. since is when
-- somebody first agreed to it.
CREATE TABLE consent_text (
  version TEXT NOT NULL PRIMARY KEY,
  since   INTEGER NOT NULL,
  words   TEXT NOT NULL
) STRICT;

-- That somebody agreed. account_id is zero for somebody without an account, by_id
-- where whoever agreed did so themselves, party_id where no enterprise gets
-- anything or it is not known.
CREATE TABLE consent (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  thing_id   BLOB NOT NULL CHECK (length(thing_id) = 16),
  purpose    TEXT NOT NULL,
  party_id   BLOB NOT NULL CHECK (length(party_id) = 16),
  party      TEXT NOT NULL,
  version    TEXT NOT NULL REFERENCES consent_text,
  how        TEXT NOT NULL,
  by_id      BLOB NOT NULL CHECK (length(by_id) = 16),
  guardian   INTEGER NOT NULL CHECK (guardian IN (0, 1)),
  given_at   INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_account ON consent (account_id, given_at);
CREATE INDEX consent_thing ON consent (thing_id);
