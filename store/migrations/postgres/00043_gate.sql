-- +goose Up
-- What the gate knows of a result, from its first step on. registered_on is the
-- day from which the clock of one year runs, '' if it is not known; idle_at is
-- when it has run down.
CREATE TABLE gate_case (
  id            UUID NOT NULL PRIMARY KEY,
  result_id     UUID NOT NULL UNIQUE REFERENCES result (id),
  version       BIGINT NOT NULL CHECK (version > 0),
  state         TEXT COLLATE "C" NOT NULL,
  registered_on TEXT COLLATE "C" NOT NULL,
  idle_at       BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  body          TEXT COLLATE "C" NOT NULL
);
CREATE INDEX gate_case_idle ON gate_case (idle_at, id) WHERE registered_on <> '';
