-- +goose Up
-- A file of a case: it came with the step that is the event-th of that case, or,
-- with event 0, stands in the form of account_id for it. hash is the SHA-256 of
-- its content; name, which is encrypted, is that of the file.
CREATE TABLE document (
  id         UUID NOT NULL PRIMARY KEY,
  kind       TEXT COLLATE "C" NOT NULL,
  case_id    UUID NOT NULL,
  code       TEXT COLLATE "C" NOT NULL,
  action     TEXT COLLATE "C" NOT NULL,
  field      TEXT COLLATE "C" NOT NULL,
  event      BIGINT NOT NULL CHECK (event >= 0),
  account_id UUID NOT NULL,
  type       TEXT COLLATE "C" NOT NULL,
  size       BIGINT NOT NULL CHECK (size > 0),
  hash       BYTEA NOT NULL CHECK (length(hash) = 32),
  added_at   BIGINT NOT NULL,
  name       BYTEA NOT NULL
);
CREATE INDEX document_case ON document (case_id, added_at, id);
CREATE INDEX document_hash ON document (hash);
CREATE INDEX document_form ON document (event, added_at);

-- The content with that SHA-256, in parts of 1 MiB numbered from 0, each
-- encrypted. at is when it was last brought.
CREATE TABLE document_part (
  hash    BYTEA NOT NULL CHECK (length(hash) = 32),
  n       BIGINT NOT NULL CHECK (n >= 0),
  id      UUID NOT NULL,
  at      BIGINT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (hash, n)
);
CREATE INDEX document_part_at ON document_part (at);
-- What is encrypted does not compress: it is stored as it is.
ALTER TABLE document_part ALTER COLUMN content SET STORAGE EXTERNAL;
