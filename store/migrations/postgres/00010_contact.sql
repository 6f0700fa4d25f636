-- +goose Up
-- A case brings together who asks for a result and who answers for it. contact
-- is encrypted and NULL once it has been erased; link_hash is the SHA-256 of
-- the secret in the address of its page; officer_id is zero while nobody has it.
CREATE TABLE contact_case (
  id         UUID NOT NULL PRIMARY KEY,
  code       TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  state      TEXT COLLATE "C" NOT NULL,
  result_id  UUID NOT NULL REFERENCES result (id),
  officer_id UUID NOT NULL,
  link_hash  BYTEA NOT NULL UNIQUE CHECK (length(link_hash) = 32),
  due_at     BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL,
  contact    BYTEA
);
CREATE INDEX contact_case_due ON contact_case (due_at, id);
CREATE INDEX contact_case_result ON contact_case (result_id);

CREATE TABLE contact_number (
  year BIGINT NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
);
