-- +goose Up
-- What the gate knows of a result, from its first step on. registered_on is the
-- day from which the clock of one year runs, '' if it is not known; idle_at is
-- when it has run down.
CREATE TABLE gate_case (
  id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  result_id     BLOB NOT NULL UNIQUE REFERENCES result (id),
  version       INTEGER NOT NULL CHECK (version > 0),
  state         TEXT NOT NULL,
  registered_on TEXT NOT NULL,
  idle_at       INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  body          TEXT NOT NULL
) STRICT;
CREATE INDEX gate_case_idle ON gate_case (idle_at, id) WHERE registered_on <> '';
