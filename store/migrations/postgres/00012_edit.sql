-- +goose Up
-- A field of a result or need that somebody changed on its page, and when last:
-- an import does not write over it unasked. field is the name in the body.
CREATE TABLE page_edit (
  thing_id UUID NOT NULL,
  field    TEXT COLLATE "C" NOT NULL,
  at       BIGINT NOT NULL,
  by_name  TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (thing_id, field)
);
