-- +goose Up
-- What happened to a case of some process, numbered from 1: who took which step
-- under which role, and the facts on which it was decided. who_id is zero for
-- the clock and for somebody without an account.
CREATE TABLE process_event (
  case_id    UUID NOT NULL,
  n          BIGINT NOT NULL CHECK (n > 0),
  at         BIGINT NOT NULL,
  who_id     UUID NOT NULL,
  role       TEXT COLLATE "C" NOT NULL,
  action     TEXT COLLATE "C" NOT NULL,
  actor      TEXT COLLATE "C" NOT NULL,
  from_state TEXT COLLATE "C" NOT NULL,
  to_state   TEXT COLLATE "C" NOT NULL,
  reason     TEXT COLLATE "C" NOT NULL,
  facts      TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (case_id, n)
);

-- What falls due on a case. Whoever takes a timer away does what it is for in
-- the same transaction, so that it is done once.
CREATE TABLE process_timer (
  case_id UUID NOT NULL,
  name    TEXT COLLATE "C" NOT NULL,
  kind    TEXT COLLATE "C" NOT NULL,
  due_at  BIGINT NOT NULL,
  PRIMARY KEY (case_id, name)
);
CREATE INDEX process_timer_due ON process_timer (kind, due_at);
INSERT INTO process_timer (case_id, name, kind, due_at)
  SELECT id, 'due', 'contact', due_at FROM contact_case WHERE state IN ('waiting', 'met', 'paused') AND due_at < 1152921504606846976;
