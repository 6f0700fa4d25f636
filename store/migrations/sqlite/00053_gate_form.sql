-- +goose Up
-- A result has one case at the gate, and it has the id of the result: a form is
-- filled in and gets files before the first step makes the case.
UPDATE process_event SET case_id = (SELECT g.result_id FROM gate_case AS g WHERE g.id = process_event.case_id)
  WHERE case_id IN (SELECT id FROM gate_case);
UPDATE process_timer SET case_id = (SELECT g.result_id FROM gate_case AS g WHERE g.id = process_timer.case_id)
  WHERE case_id IN (SELECT id FROM gate_case);
UPDATE gate_case SET id = result_id WHERE id <> result_id;
