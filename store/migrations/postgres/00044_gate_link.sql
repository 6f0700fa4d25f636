-- +goose Up
-- One time that a professor was asked about results by a link. hash is the
-- SHA-256 of its secret; who, which is encrypted, is for whom it is.
CREATE TABLE gate_link (
  id         UUID NOT NULL PRIMARY KEY,
  hash       BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
  made_by    UUID NOT NULL,
  made_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL,
  done_at    BIGINT NOT NULL,
  opened_at  BIGINT NOT NULL,
  sent       TEXT COLLATE "C" NOT NULL,
  who        BYTEA NOT NULL
);
CREATE INDEX gate_link_live ON gate_link (expires_at) WHERE ended_at = 0 AND done_at = 0;

CREATE TABLE gate_link_result (
  link_id   UUID NOT NULL REFERENCES gate_link (id),
  result_id UUID NOT NULL REFERENCES result (id),
  PRIMARY KEY (link_id, result_id)
);
CREATE INDEX gate_link_result_of ON gate_link_result (result_id);

-- What a professor answered by a link, and what became of it. said, which is
-- encrypted, holds the words and the name.
CREATE TABLE gate_answer (
  id         UUID NOT NULL PRIMARY KEY,
  link_id    UUID NOT NULL REFERENCES gate_link (id),
  result_id  UUID NOT NULL REFERENCES result (id),
  question   TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  at         BIGINT NOT NULL,
  decided_by UUID NOT NULL,
  decided_at BIGINT NOT NULL,
  said       BYTEA NOT NULL
);
CREATE INDEX gate_answer_result ON gate_answer (result_id, at, id);
CREATE INDEX gate_answer_open ON gate_answer (at, id) WHERE state = 'proposed';
