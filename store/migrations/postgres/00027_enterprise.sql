-- +goose Up
-- An enterprise that wants an account. private, which is encrypted, is who asks
-- and why not; party_id and account_id are zero until it is accepted.
CREATE TABLE enterprise_sign_up (
  id          UUID NOT NULL PRIMARY KEY,
  version     BIGINT NOT NULL CHECK (version > 0),
  state       TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL,
  credit_code TEXT COLLATE "C" NOT NULL,
  created_at  BIGINT NOT NULL,
  decided_at  BIGINT NOT NULL,
  decided_by  UUID NOT NULL,
  party_id    UUID NOT NULL,
  account_id  UUID NOT NULL,
  private     BYTEA NOT NULL
);
CREATE INDEX enterprise_sign_up_state ON enterprise_sign_up (state, created_at, id);

-- Which party an account is of.
CREATE TABLE account_party (
  account_id UUID NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  party_id   UUID NOT NULL REFERENCES party (id)
);
CREATE INDEX account_party_party ON account_party (party_id);

-- Which party has a need, where it is known as more than a name.
CREATE TABLE party_need (
  need_id  UUID NOT NULL PRIMARY KEY REFERENCES need (id),
  party_id UUID NOT NULL REFERENCES party (id)
);
CREATE INDEX party_need_party ON party_need (party_id, need_id);
