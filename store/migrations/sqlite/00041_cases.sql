-- +goose Up
-- A case may be about a need or a person before a result is chosen. unit is
-- whose the result is; find is what a search looks in, without marks.
CREATE TABLE contact_case_new (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  code       TEXT NOT NULL UNIQUE,
  version    INTEGER NOT NULL CHECK (version > 0),
  state      TEXT NOT NULL,
  result_id  BLOB REFERENCES result (id),
  officer_id BLOB NOT NULL CHECK (length(officer_id) = 16),
  link_hash  BLOB NOT NULL UNIQUE CHECK (length(link_hash) = 32),
  due_at     INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  unit       TEXT NOT NULL,
  find       TEXT NOT NULL,
  body       TEXT NOT NULL,
  contact    BLOB
) STRICT;
INSERT INTO contact_case_new (id, code, version, state, result_id, officer_id, link_hash, due_at, created_at, updated_at, unit, find, body, contact)
  SELECT c.id, c.code, c.version, c.state, c.result_id, c.officer_id, c.link_hash, c.due_at, c.created_at, c.updated_at,
    coalesce(json_extract(r.body, '$.Organization'), ''),
    lower(replace(c.code, '-', '') || '|' || coalesce(json_extract(c.body, '$.Title'), '') || '|' || coalesce(json_extract(r.body, '$.Organization'), '')),
    json_set(c.body, '$.Unit', coalesce(json_extract(r.body, '$.Organization'), '')), c.contact
  FROM contact_case AS c JOIN result AS r ON r.id = c.result_id;
DROP TABLE contact_case;
ALTER TABLE contact_case_new RENAME TO contact_case;
CREATE INDEX contact_case_due ON contact_case (due_at, id);
CREATE INDEX contact_case_result ON contact_case (result_id);
CREATE INDEX contact_case_unit ON contact_case (unit);

-- An address by which somebody without an account answers once; hash is the
-- SHA-256 of the secret in it. n numbers the links of a case, whatever the clock
-- says; used_at is 0 until somebody answers.
CREATE TABLE contact_link (
  hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  case_id    BLOB NOT NULL REFERENCES contact_case (id),
  n          INTEGER NOT NULL CHECK (n > 0),
  kind       TEXT NOT NULL,
  side       TEXT NOT NULL,
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL,
  answer     TEXT NOT NULL
) STRICT;
CREATE INDEX contact_link_case ON contact_link (case_id, kind, side, n);

-- Cases that run are asked how they go, from a quarter after their last step.
INSERT INTO process_timer (case_id, name, kind, due_at)
  SELECT id, 'progress', 'contact', updated_at + 7862400000 FROM contact_case
  WHERE state IN ('waiting', 'met', 'talking', 'secrecy', 'offer', 'contract', 'paused');
