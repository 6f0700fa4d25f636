-- +goose Up
-- Under which setting of the process it was decided who is asked: from the day of
-- another one it is decided again.
ALTER TABLE process_task ADD COLUMN under TEXT NOT NULL DEFAULT '';
CREATE INDEX process_task_under ON process_task (kind, under, case_id);
