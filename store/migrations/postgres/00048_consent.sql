-- +goose Up
-- The words that people agreed to: a version for each wording. since is when
-- somebody first agreed to it.
CREATE TABLE consent_text (
  version TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  since   BIGINT NOT NULL,
  words   TEXT COLLATE "C" NOT NULL
);

-- That somebody agreed. account_id is zero for somebody without an account, by_id
-- where whoever agreed did so themselves, party_id where no enterprise gets
-- anything or it is not known.
CREATE TABLE consent (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL,
  thing_id   UUID NOT NULL,
  purpose    TEXT COLLATE "C" NOT NULL,
  party_id   UUID NOT NULL,
  party      TEXT COLLATE "C" NOT NULL,
  version    TEXT COLLATE "C" NOT NULL REFERENCES consent_text,
  how        TEXT COLLATE "C" NOT NULL,
  by_id      UUID NOT NULL,
  guardian   BIGINT NOT NULL CHECK (guardian IN (0, 1)),
  given_at   BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL
);
CREATE INDEX consent_account ON consent (account_id, given_at);
CREATE INDEX consent_thing ON consent (thing_id);
