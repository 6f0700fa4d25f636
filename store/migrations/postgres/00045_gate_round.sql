-- +goose Up
-- An outside review of a result, and who scores it. said, which is encrypted,
-- holds scores, comment and the words of a refusal: nobody reads it before the
-- round is closed.
CREATE TABLE gate_round (
  id         UUID NOT NULL PRIMARY KEY,
  result_id  UUID NOT NULL REFERENCES result (id),
  version    BIGINT NOT NULL CHECK (version > 0),
  state      TEXT COLLATE "C" NOT NULL,
  made_by    UUID NOT NULL,
  made_at    BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL
);
CREATE INDEX gate_round_result ON gate_round (result_id, made_at);

CREATE TABLE gate_seat (
  id         UUID NOT NULL PRIMARY KEY,
  round_id   UUID NOT NULL REFERENCES gate_round (id),
  account_id UUID NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  at         BIGINT NOT NULL,
  tie        TEXT COLLATE "C" NOT NULL,
  tie_with   TEXT COLLATE "C" NOT NULL,
  said       BYTEA NOT NULL,
  UNIQUE (round_id, account_id)
);
CREATE INDEX gate_seat_account ON gate_seat (account_id, state);
