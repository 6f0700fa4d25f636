-- +goose Up
-- An enterprise that wants an account. private, which is encrypted, is who asks
-- and why not; party_id and account_id are zero until it is accepted.
CREATE TABLE enterprise_sign_up (
  id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  version     INTEGER NOT NULL CHECK (version > 0),
  state       TEXT NOT NULL,
  name        TEXT NOT NULL,
  credit_code TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  decided_at  INTEGER NOT NULL,
  decided_by  BLOB NOT NULL CHECK (length(decided_by) = 16),
  party_id    BLOB NOT NULL CHECK (length(party_id) = 16),
  account_id  BLOB NOT NULL CHECK (length(account_id) = 16),
  private     BLOB NOT NULL
) STRICT;
CREATE INDEX enterprise_sign_up_state ON enterprise_sign_up (state, created_at, id);

-- Which party an account is of.
CREATE TABLE account_party (
  account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  party_id   BLOB NOT NULL REFERENCES party (id)
) STRICT;
CREATE INDEX account_party_party ON account_party (party_id);

-- Which party has a need, where it is known as more than a name.
CREATE TABLE party_need (
  need_id  BLOB NOT NULL PRIMARY KEY REFERENCES need (id),
  party_id BLOB NOT NULL REFERENCES party (id)
) STRICT;
CREATE INDEX party_need_party ON party_need (party_id, need_id);
