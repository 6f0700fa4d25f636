-- +goose Up
-- Whether an identity lets its account in: '' it does, 'listed' while the account
-- does not see the office's data, 'waiting' once somebody has vouched for it.
-- What a list of people brought so far is listed.
ALTER TABLE identity ADD COLUMN trust TEXT NOT NULL DEFAULT '' CHECK (trust IN ('', 'listed', 'waiting'));
UPDATE identity SET trust = 'listed' WHERE provider IN ('email', 'phone') AND id IN (SELECT email FROM enrolment UNION SELECT phone FROM enrolment);
