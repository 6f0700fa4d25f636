-- +goose Up
-- What somebody is asked to do on a case of some process: an account, or,
-- where account_id is zero, whoever acts in a role. permission is what takes to
-- see it, empty if nothing does; from_id began the case, zero if that was
-- somebody without an account.
CREATE TABLE process_task (
  case_id    BLOB NOT NULL CHECK (length(case_id) = 16),
  n          INTEGER NOT NULL CHECK (n > 0),
  kind       TEXT NOT NULL,
  code       TEXT NOT NULL,
  title      TEXT NOT NULL,
  path       TEXT NOT NULL,
  state      TEXT NOT NULL,
  what       TEXT NOT NULL,
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  role       TEXT NOT NULL,
  permission TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  from_id    BLOB NOT NULL CHECK (length(from_id) = 16),
  PRIMARY KEY (case_id, n)
) STRICT;
CREATE INDEX process_task_account ON process_task (account_id, role, due_at, case_id, n);
CREATE INDEX process_task_from ON process_task (from_id);
INSERT INTO process_task (case_id, n, kind, code, title, path, state, what, account_id, role, permission, due_at, from_id)
  SELECT id, 1, 'contact', code, coalesce(json_extract(body, '$.Title'), ''), '/contacts/' || code, state,
    CASE state WHEN 'waiting' THEN 'answer' WHEN 'paused' THEN 'resume' ELSE 'follow' END,
    officer_id, CASE officer_id WHEN zeroblob(16) THEN 'officer' ELSE '' END, 'contact.handle', due_at, zeroblob(16)
  FROM contact_case WHERE state IN ('waiting', 'met', 'talking', 'secrecy', 'offer', 'contract', 'paused');
