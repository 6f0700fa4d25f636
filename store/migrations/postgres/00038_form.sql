-- +goose Up
-- What an account has typed into the form of a step of a case and not sent yet;
-- form, which is encrypted, is the step and its fields.
CREATE TABLE step_draft (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL,
  case_id    UUID NOT NULL,
  action     TEXT COLLATE "C" NOT NULL,
  seen       BIGINT NOT NULL,
  begun_at   BIGINT NOT NULL,
  saved_at   BIGINT NOT NULL,
  form       BYTEA NOT NULL,
  UNIQUE (account_id, case_id, action)
);
CREATE INDEX step_draft_case ON step_draft (case_id);
CREATE INDEX step_draft_saved ON step_draft (saved_at);
