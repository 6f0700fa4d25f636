-- +goose Up
-- A case may be about a need or a person before a result is chosen. unit is
-- whose the result is; find is what a search looks in, without marks.
ALTER TABLE contact_case ALTER COLUMN result_id DROP NOT NULL;
ALTER TABLE contact_case ADD COLUMN unit TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE contact_case ADD COLUMN find TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE contact_case AS c SET unit = coalesce(r.body::json ->> 'Organization', ''),
  find = lower(replace(c.code, '-', '') || '|' || coalesce(c.body::json ->> 'Title', '') || '|' || coalesce(r.body::json ->> 'Organization', '')),
  body = jsonb_set(c.body::jsonb, '{Unit}', to_jsonb(coalesce(r.body::json ->> 'Organization', '')))::text
  FROM result AS r WHERE r.id = c.result_id;
ALTER TABLE contact_case ALTER COLUMN unit DROP DEFAULT;
ALTER TABLE contact_case ALTER COLUMN find DROP DEFAULT;
CREATE INDEX contact_case_unit ON contact_case (unit);

-- An address by which somebody without an account answers once; hash is the
-- SHA-256 of the secret in it. n numbers the links of a case, whatever the clock
-- says; used_at is 0 until somebody answers.
CREATE TABLE contact_link (
  hash       BYTEA NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  case_id    UUID NOT NULL REFERENCES contact_case (id),
  n          BIGINT NOT NULL CHECK (n > 0),
  kind       TEXT COLLATE "C" NOT NULL,
  side       TEXT COLLATE "C" NOT NULL,
  made_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  answer     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX contact_link_case ON contact_link (case_id, kind, side, n);

-- Cases that run are asked how they go, from a quarter after their last step.
INSERT INTO process_timer (case_id, name, kind, due_at)
  SELECT id, 'progress', 'contact', updated_at + 7862400000 FROM contact_case
  WHERE state IN ('waiting', 'met', 'talking', 'secrecy', 'offer', 'contract', 'paused');
