-- +goose Up
-- A case brings together who asks for a result and who answers for it. contact
-- is encrypted and NULL once it has been erased; link_hash is the SHA-256 of
-- the secret in the address of its page; officer_id is zero while nobody has it.
CREATE TABLE contact_case (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  code       TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  state      TEXT NOT NULL,
  result_id  BLOB NOT NULL REFERENCES result (id),
  officer_id BLOB NOT NULL CHECK (length(officer_id) = 16),
  link_hash  BLOB NOT NULL UNIQUE CHECK (length(link_hash) = 32),
  due_at     INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  contact    BLOB
) STRICT;
CREATE INDEX contact_case_due ON contact_case (due_at, id);
CREATE INDEX contact_case_result ON contact_case (result_id);

CREATE TABLE contact_number (
  year INTEGER NOT NULL PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT;
