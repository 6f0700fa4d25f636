-- +goose Up
-- What the university decided on rules and days, in order; nothing is ever
-- changed here. key is a rule, or '' for a run of days, which ends with until.
-- value is JSON, '' where a decision is taken back, or the kind of the days.
CREATE TABLE rule_decision (
  number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
  key    TEXT NOT NULL,
  day    TEXT NOT NULL,
  until  TEXT NOT NULL,
  value  TEXT NOT NULL,
  reason TEXT NOT NULL,
  at     INTEGER NOT NULL,
  actor  BLOB NOT NULL CHECK (length(actor) = 16)
) STRICT;
