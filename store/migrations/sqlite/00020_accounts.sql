-- +goose Up
-- Accounts are listed in the order of their names and found by a part of them.
-- ends_at is when an account stops to let in, 0 if no day was set; entered_at is
-- when somebody first came in by it, 0 if nobody did.
ALTER TABLE account ADD COLUMN sort_key TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN entered_at INTEGER NOT NULL DEFAULT 0;
UPDATE account SET sort_key = name, entered_at = created_at;
CREATE INDEX account_sorted ON account (sort_key, id);

-- An enrolment is a number of staff or students as the last list of them said:
-- id is that of the identity. email and phone are the ids of the identities that
-- came with it, zero if none did. left_at is when the person had left.
CREATE TABLE enrolment (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL REFERENCES account (id),
  category   TEXT NOT NULL,
  unit       TEXT NOT NULL,
  email      BLOB NOT NULL CHECK (length(email) = 16),
  phone      BLOB NOT NULL CHECK (length(phone) = 16),
  ends_at    INTEGER NOT NULL,
  left_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX enrolment_account ON enrolment (account_id, id);
CREATE INDEX enrolment_category ON enrolment (category, left_at, id);

-- The journal is looked through from its end, by verb, by person, by time.
CREATE INDEX entry_at ON entry (at, id);
