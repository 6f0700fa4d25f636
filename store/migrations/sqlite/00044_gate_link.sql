-- +goose Up
-- One time that a professor was asked about results by a link. hash is the
-- SHA-256 of its secret; who, which is encrypted, is for whom it is.
CREATE TABLE gate_link (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  made_by    BLOB NOT NULL CHECK (length(made_by) = 16),
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL,
  done_at    INTEGER NOT NULL,
  opened_at  INTEGER NOT NULL,
  sent       TEXT NOT NULL,
  who        BLOB NOT NULL
) STRICT;
CREATE INDEX gate_link_live ON gate_link (expires_at) WHERE ended_at = 0 AND done_at = 0;

CREATE TABLE gate_link_result (
  link_id   BLOB NOT NULL REFERENCES gate_link (id),
  result_id BLOB NOT NULL REFERENCES result (id),
  PRIMARY KEY (link_id, result_id)
) STRICT;
CREATE INDEX gate_link_result_of ON gate_link_result (result_id);

-- What a professor answered by a link, and what became of it. said, which is
-- encrypted, holds the words and the name.
CREATE TABLE gate_answer (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  link_id    BLOB NOT NULL REFERENCES gate_link (id),
  result_id  BLOB NOT NULL REFERENCES result (id),
  question   TEXT NOT NULL,
  state      TEXT NOT NULL,
  at         INTEGER NOT NULL,
  decided_by BLOB NOT NULL CHECK (length(decided_by) = 16),
  decided_at INTEGER NOT NULL,
  said       BLOB NOT NULL
) STRICT;
CREATE INDEX gate_answer_result ON gate_answer (result_id, at, id);
CREATE INDEX gate_answer_open ON gate_answer (at, id) WHERE state = 'proposed';
