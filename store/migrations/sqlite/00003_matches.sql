-- +goose Up
-- What people make of matches: the words beside a verdict, tasks that are done,
-- terms that translate a need, and checks by a manager, which hold for the
-- versions of need and result that the manager saw.

ALTER TABLE feedback ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE feedback ADD COLUMN done_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feedback ADD COLUMN done_by BLOB;
CREATE INDEX feedback_task ON feedback (at, id) WHERE verdict = 'task';

CREATE TABLE term (
  need_id BLOB NOT NULL REFERENCES need (id),
  folded  TEXT NOT NULL,
  text    TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'struck')),
  said_by BLOB NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (need_id, folded)
) STRICT;

CREATE TABLE match_check (
  need_id BLOB NOT NULL REFERENCES need (id),
  result_id BLOB NOT NULL REFERENCES result (id),
  need_version   INTEGER NOT NULL,
  result_version INTEGER NOT NULL,
  note           TEXT NOT NULL,
  checked_by BLOB NOT NULL,
  name           TEXT NOT NULL,
  at             INTEGER NOT NULL,
  PRIMARY KEY (need_id, result_id)
) STRICT;
CREATE INDEX match_check_result ON match_check (result_id);
