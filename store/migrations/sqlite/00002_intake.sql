-- +goose Up
-- Fingerprints by which things that may be the same are found, 0 is none.
-- things of before get theirs when the program starts.
ALTER TABLE result ADD COLUMN alike INTEGER NOT NULL DEFAULT 0;
ALTER TABLE result ADD COLUMN alike_head INTEGER NOT NULL DEFAULT 0;
ALTER TABLE result ADD COLUMN alike_tail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE result ADD COLUMN right_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE need ADD COLUMN alike INTEGER NOT NULL DEFAULT 0;
ALTER TABLE need ADD COLUMN alike_head INTEGER NOT NULL DEFAULT 0;
ALTER TABLE need ADD COLUMN alike_tail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE party ADD COLUMN alike INTEGER NOT NULL DEFAULT 0;
ALTER TABLE party ADD COLUMN alike_head INTEGER NOT NULL DEFAULT 0;
ALTER TABLE party ADD COLUMN alike_tail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_row ADD COLUMN alike INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_row ADD COLUMN alike_head INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_row ADD COLUMN alike_tail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_row ADD COLUMN right_no INTEGER NOT NULL DEFAULT 0;
CREATE INDEX result_alike ON result (alike, code) WHERE alike <> 0;
CREATE INDEX result_alike_head ON result (alike_head, code) WHERE alike_head <> 0;
CREATE INDEX result_alike_tail ON result (alike_tail, code) WHERE alike_tail <> 0;
CREATE INDEX result_right_no ON result (right_no, code) WHERE right_no <> 0;
CREATE INDEX need_alike ON need (alike, code) WHERE alike <> 0;
CREATE INDEX need_alike_head ON need (alike_head, code) WHERE alike_head <> 0;
CREATE INDEX need_alike_tail ON need (alike_tail, code) WHERE alike_tail <> 0;
CREATE INDEX party_alike ON party (alike, code) WHERE alike <> 0;
CREATE INDEX party_alike_head ON party (alike_head, code) WHERE alike_head <> 0;
CREATE INDEX party_alike_tail ON party (alike_tail, code) WHERE alike_tail <> 0;

-- A staged row: the thing that it may be about (twin), in what way they are
-- alike and whether that is left for later; what the row itself says where body
-- is that and what the catalogue knew (said), and the cells of a refused row.
-- said and cells are encrypted.
ALTER TABLE import_row ADD COLUMN twin BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
ALTER TABLE import_row ADD COLUMN likeness TEXT NOT NULL DEFAULT '';
ALTER TABLE import_row ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_row ADD COLUMN said BLOB;
ALTER TABLE import_row ADD COLUMN cells BLOB;

-- Files that were brought together have one drop. kept is 0 once the rows have
-- been forgotten, asked is how many rows wait for somebody's decision.
ALTER TABLE import_batch ADD COLUMN drop_id BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
ALTER TABLE import_batch ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE import_batch ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_batch ADD COLUMN kept INTEGER NOT NULL DEFAULT 1;
ALTER TABLE import_batch ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX import_batch_drop ON import_batch (drop_id, created_at, id);
CREATE INDEX import_batch_digest ON import_batch (digest, created_at);
CREATE INDEX import_batch_asked ON import_batch (created_at, id) WHERE asked > 0;
CREATE INDEX import_batch_kept ON import_batch (updated_at) WHERE kept = 1;

-- A key under which a thing is known beside its own: somebody said that they
-- are the same.
CREATE TABLE import_alias (
  thing    TEXT NOT NULL,
  key      TEXT NOT NULL,
  thing_id BLOB NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (thing, key)
) STRICT;

-- Two keys of which somebody said that they are not the same, both ways round.
CREATE TABLE import_apart (
  thing TEXT NOT NULL,
  key   TEXT NOT NULL,
  other TEXT NOT NULL,
  at    INTEGER NOT NULL,
  PRIMARY KEY (thing, key, other)
) STRICT;

-- How the office reads the columns of a layout, which is a digest of headers.
CREATE TABLE import_mapping (
  kind       TEXT NOT NULL,
  layout     TEXT NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  updated_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (kind, layout)
) STRICT;
