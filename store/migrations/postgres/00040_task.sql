-- +goose Up
-- What somebody is asked to do on a case of some process: an account, or,
-- where account_id is zero, whoever acts in a role. permission is what takes to
-- see it, empty if nothing does; from_id began the case, zero if that was
-- somebody without an account.
CREATE TABLE process_task (
  case_id    UUID NOT NULL,
  n          BIGINT NOT NULL CHECK (n > 0),
  kind       TEXT COLLATE "C" NOT NULL,
  code       TEXT COLLATE "C" NOT NULL,
  title      TEXT COLLATE "C" NOT NULL,
  path       TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  what       TEXT COLLATE "C" NOT NULL,
  account_id UUID NOT NULL,
  role       TEXT COLLATE "C" NOT NULL,
  permission TEXT COLLATE "C" NOT NULL,
  due_at     BIGINT NOT NULL,
  from_id    UUID NOT NULL,
  PRIMARY KEY (case_id, n)
);
CREATE INDEX process_task_account ON process_task (account_id, role, due_at, case_id, n);
CREATE INDEX process_task_from ON process_task (from_id);
INSERT INTO process_task (case_id, n, kind, code, title, path, state, what, account_id, role, permission, due_at, from_id)
  SELECT id, 1, 'contact', code, coalesce(body::json ->> 'Title', ''), '/contacts/' || code, state,
    CASE state WHEN 'waiting' THEN 'answer' WHEN 'paused' THEN 'resume' ELSE 'follow' END,
    officer_id, CASE officer_id WHEN '00000000-0000-0000-0000-000000000000' THEN 'officer' ELSE '' END, 'contact.handle', due_at,
    '00000000-0000-0000-0000-000000000000'
  FROM contact_case WHERE state IN ('waiting', 'met', 'talking', 'secrecy', 'offer', 'contract', 'paused');
