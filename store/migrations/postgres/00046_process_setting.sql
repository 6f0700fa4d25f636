-- +goose Up
-- What the university settled about a process, in order; nothing is ever
-- changed here. overlay is JSON and stands in place of the one before it.
CREATE TABLE process_setting (
  kind    TEXT COLLATE "C" NOT NULL,
  number  BIGINT NOT NULL CHECK (number > 0),
  day     TEXT COLLATE "C" NOT NULL,
  overlay TEXT COLLATE "C" NOT NULL,
  reason  TEXT COLLATE "C" NOT NULL,
  at      BIGINT NOT NULL,
  actor   UUID NOT NULL,
  PRIMARY KEY (kind, number)
);

-- Under which definition and setting a step was taken, '' before they were kept.
ALTER TABLE process_event ADD COLUMN under TEXT COLLATE "C" NOT NULL DEFAULT '';
