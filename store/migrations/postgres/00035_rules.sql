-- +goose Up
-- What the university decided on rules and days, in order; nothing is ever
-- changed here. key is a rule, or '' for a run of days, which ends with until.
-- value is JSON, '' where a decision is taken back, or the kind of the days.
CREATE TABLE rule_decision (
  number BIGINT NOT NULL PRIMARY KEY CHECK (number > 0),
  key    TEXT COLLATE "C" NOT NULL,
  day    TEXT COLLATE "C" NOT NULL,
  until  TEXT COLLATE "C" NOT NULL,
  value  TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  at     BIGINT NOT NULL,
  actor  UUID NOT NULL
);
