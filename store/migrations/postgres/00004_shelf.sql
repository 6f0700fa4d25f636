-- +goose Up
-- owner is the name of a need's owner as written, for the page of that party;
-- it is the office's, as the body says it too. unit is a person's, as written.
ALTER TABLE need ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE need SET owner = substr(coalesce(body::json ->> 'OwnerName', ''), 1, 90);
CREATE INDEX need_owner ON need (owner, id);

ALTER TABLE person ADD COLUMN unit TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE person SET unit = substr(coalesce(body::json ->> 'Unit', ''), 1, 90);
CREATE INDEX person_unit ON person (unit, sort_key, id);

-- people are the names of a result's completers: a name alone is nobody, so it
-- only finds what somebody of the office may look at.
ALTER TABLE result ADD COLUMN people TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE result SET people = substr(coalesce((SELECT '|' || string_agg(c ->> 'Name', '|') || '|'
  FROM json_array_elements(CASE json_typeof(body::json -> 'Completers') WHEN 'array' THEN body::json -> 'Completers' ELSE '[]' END) AS c), ''), 1, 225);
CREATE INDEX result_people ON result (people, id) WHERE people <> '';

CREATE INDEX party_kind ON party (kind, sort_key, id);

ALTER TABLE import_row ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE import_row ADD COLUMN unit TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE import_row ADD COLUMN people TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Who of the people in the catalogue stands behind a result: somebody of the
-- office has said so. It follows what a result's body says when the result is
-- saved.
CREATE TABLE result_person (
  person_id UUID NOT NULL REFERENCES person (id),
  result_id UUID NOT NULL REFERENCES result (id),
  PRIMARY KEY (person_id, result_id)
);
CREATE INDEX result_person_result ON result_person (result_id);
