-- +goose Up
-- What people make of matches: the words beside a verdict, tasks that are done,
-- terms that translate a need, and checks by a manager, which hold for the
-- versions of need and result that the manager saw.

ALTER TABLE feedback ADD COLUMN text TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE feedback ADD COLUMN done_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feedback ADD COLUMN done_by UUID;
CREATE INDEX feedback_task ON feedback (at, id) WHERE verdict = 'task';

CREATE TABLE term (
  need_id UUID NOT NULL REFERENCES need (id),
  folded  TEXT COLLATE "C" NOT NULL,
  text    TEXT COLLATE "C" NOT NULL,
  verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('accepted', 'struck')),
  said_by UUID NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (need_id, folded)
);

CREATE TABLE match_check (
  need_id UUID NOT NULL REFERENCES need (id),
  result_id UUID NOT NULL REFERENCES result (id),
  need_version   BIGINT NOT NULL,
  result_version BIGINT NOT NULL,
  note           TEXT COLLATE "C" NOT NULL,
  checked_by UUID NOT NULL,
  name           TEXT COLLATE "C" NOT NULL,
  at             BIGINT NOT NULL,
  PRIMARY KEY (need_id, result_id)
);
CREATE INDEX match_check_result ON match_check (result_id);
