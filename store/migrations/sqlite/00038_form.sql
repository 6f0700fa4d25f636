-- +goose Up
-- What an account has typed into the form of a step of a case and not sent yet;
-- form, which is encrypted, is the step and its fields.
CREATE TABLE step_draft (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  case_id    BLOB NOT NULL CHECK (length(case_id) = 16),
  action     TEXT NOT NULL,
  seen       INTEGER NOT NULL,
  begun_at   INTEGER NOT NULL,
  saved_at   INTEGER NOT NULL,
  form       BLOB NOT NULL,
  UNIQUE (account_id, case_id, action)
) STRICT;
CREATE INDEX step_draft_case ON step_draft (case_id);
CREATE INDEX step_draft_saved ON step_draft (saved_at);
