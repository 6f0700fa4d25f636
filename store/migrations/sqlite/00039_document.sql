-- +goose Up
-- A file of a case: it came with the step that is the event-th of that case, or,
-- with event 0, stands in the form of account_id for it. hash is the SHA-256 of
-- its content; name, which is encrypted, is that of the file.
CREATE TABLE document (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  kind       TEXT NOT NULL,
  case_id    BLOB NOT NULL CHECK (length(case_id) = 16),
  code       TEXT NOT NULL,
  action     TEXT NOT NULL,
  field      TEXT NOT NULL,
  event      INTEGER NOT NULL CHECK (event >= 0),
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  type       TEXT NOT NULL,
  size       INTEGER NOT NULL CHECK (size > 0),
  hash       BLOB NOT NULL CHECK (length(hash) = 32),
  added_at   INTEGER NOT NULL,
  name       BLOB NOT NULL
) STRICT;
CREATE INDEX document_case ON document (case_id, added_at, id);
CREATE INDEX document_hash ON document (hash);
CREATE INDEX document_form ON document (event, added_at);

-- The content with that SHA-256, in parts of 1 MiB numbered from 0, each
-- encrypted. at is when it was last brought.
CREATE TABLE document_part (
  hash    BLOB NOT NULL CHECK (length(hash) = 32),
  n       INTEGER NOT NULL CHECK (n >= 0),
  id      BLOB NOT NULL CHECK (length(id) = 16),
  at      INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (hash, n)
) STRICT;
CREATE INDEX document_part_at ON document_part (at);
