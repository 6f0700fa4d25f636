-- +goose Up
-- Accounts are listed in the order of their names and found by a part of them.
-- ends_at is when an account stops to let in, 0 if no day was set; entered_at is
-- when somebody first came in by it, 0 if nobody did.
ALTER TABLE account ADD COLUMN sort_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN unit TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN entered_at BIGINT NOT NULL DEFAULT 0;
UPDATE account SET sort_key = name, entered_at = created_at;
CREATE INDEX account_sorted ON account (sort_key, id);

-- An enrolment is a number of staff or students as the last list of them said:
-- id is that of the identity. email and phone are the ids of the identities that
-- came with it, zero if none did. left_at is when the person had left.
CREATE TABLE enrolment (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account (id),
  category   TEXT COLLATE "C" NOT NULL,
  unit       TEXT COLLATE "C" NOT NULL,
  email      UUID NOT NULL,
  phone      UUID NOT NULL,
  ends_at    BIGINT NOT NULL,
  left_at    BIGINT NOT NULL
);
CREATE INDEX enrolment_account ON enrolment (account_id, id);
CREATE INDEX enrolment_category ON enrolment (category, left_at, id);

-- The journal is looked through from its end, by verb, by person, by time.
CREATE INDEX entry_at ON entry (at, id);
