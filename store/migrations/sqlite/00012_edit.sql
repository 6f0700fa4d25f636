-- +goose Up
-- A field of a result or need that somebody changed on its page, and when last:
-- an import does not write over it unasked. field is the name in the body.
CREATE TABLE page_edit (
  thing_id BLOB NOT NULL CHECK (length(thing_id) = 16),
  field    TEXT NOT NULL,
  at       INTEGER NOT NULL,
  by_name  TEXT NOT NULL,
  PRIMARY KEY (thing_id, field)
) STRICT;
