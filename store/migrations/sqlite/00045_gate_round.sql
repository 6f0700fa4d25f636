-- +goose Up
-- An outside review of a result, and who scores it. said, which is encrypted,
-- holds scores, comment and the words of a refusal: nobody reads it before the
-- round is closed.
CREATE TABLE gate_round (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  result_id  BLOB NOT NULL REFERENCES result (id),
  version    INTEGER NOT NULL CHECK (version > 0),
  state      TEXT NOT NULL,
  made_by    BLOB NOT NULL CHECK (length(made_by) = 16),
  made_at    INTEGER NOT NULL,
  body       TEXT NOT NULL
) STRICT;
CREATE INDEX gate_round_result ON gate_round (result_id, made_at);

CREATE TABLE gate_seat (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  round_id   BLOB NOT NULL REFERENCES gate_round (id),
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  state      TEXT NOT NULL,
  at         INTEGER NOT NULL,
  tie        TEXT NOT NULL,
  tie_with   TEXT NOT NULL,
  said       BLOB NOT NULL,
  UNIQUE (round_id, account_id)
) STRICT;
CREATE INDEX gate_seat_account ON gate_seat (account_id, state);
