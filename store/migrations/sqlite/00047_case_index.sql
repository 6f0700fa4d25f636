-- +goose Up
-- Lists and counts of cases are read from an index alone: rows are wide.
CREATE INDEX contact_case_state ON contact_case (state, due_at, id);
CREATE INDEX contact_case_officer ON contact_case (officer_id, state, due_at, id);
-- What waits for somebody is counted and put in order without reading rows.
CREATE INDEX process_task_waits ON process_task (account_id, role, permission, due_at, case_id, n);
