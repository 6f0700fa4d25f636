-- +goose Up
-- What happened to a case of some process, numbered from 1: who took which step
-- under which role, and the facts on which it was decided. who_id is zero for
-- the clock and for somebody without an account.
CREATE TABLE process_event (
  case_id    BLOB NOT NULL CHECK (length(case_id) = 16),
  n          INTEGER NOT NULL CHECK (n > 0),
  at         INTEGER NOT NULL,
  who_id     BLOB NOT NULL CHECK (length(who_id) = 16),
  role       TEXT NOT NULL,
  action     TEXT NOT NULL,
  actor      TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state   TEXT NOT NULL,
  reason     TEXT NOT NULL,
  facts      TEXT NOT NULL,
  PRIMARY KEY (case_id, n)
) STRICT;

-- What falls due on a case. Whoever takes a timer away does what it is for in
-- the same transaction, so that it is done once.
CREATE TABLE process_timer (
  case_id BLOB NOT NULL CHECK (length(case_id) = 16),
  name    TEXT NOT NULL,
  kind    TEXT NOT NULL,
  due_at  INTEGER NOT NULL,
  PRIMARY KEY (case_id, name)
) STRICT;
CREATE INDEX process_timer_due ON process_timer (kind, due_at);
INSERT INTO process_timer (case_id, name, kind, due_at)
  SELECT id, 'due', 'contact', due_at FROM contact_case WHERE state IN ('waiting', 'met', 'paused') AND due_at < 1152921504606846976;
