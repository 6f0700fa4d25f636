-- +goose Up
-- What the university settled about a process, in order; nothing is ever
-- changed here. overlay is JSON and stands in place of the one before it.
CREATE TABLE process_setting (
  kind    TEXT NOT NULL,
  number  INTEGER NOT NULL CHECK (number > 0),
  day     TEXT NOT NULL,
  overlay TEXT NOT NULL,
  reason  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  actor   BLOB NOT NULL CHECK (length(actor) = 16),
  PRIMARY KEY (kind, number)
) STRICT;

-- Under which definition and setting a step was taken, '' before they were kept.
ALTER TABLE process_event ADD COLUMN under TEXT NOT NULL DEFAULT '';
