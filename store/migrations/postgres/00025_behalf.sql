-- +goose Up
-- A proxy entry that is not yet a need. form, which is encrypted, is NULL once
-- it has become one.
CREATE TABLE proxy_draft (
  id         UUID NOT NULL PRIMARY KEY,
  version    BIGINT NOT NULL CHECK (version > 0),
  account_id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  need_code  TEXT COLLATE "C" NOT NULL,
  form       BYTEA
);
CREATE INDEX proxy_draft_account ON proxy_draft (account_id, updated_at, id);
CREATE INDEX proxy_draft_updated ON proxy_draft (updated_at);

-- One time that the owner of a need was asked to confirm it. hash is the
-- SHA-256 of the secret of the link; said, which is encrypted, is who answered
-- and why not.
CREATE TABLE need_confirmation (
  id         UUID NOT NULL PRIMARY KEY,
  need_id    UUID NOT NULL REFERENCES need (id),
  hash       BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
  how        TEXT COLLATE "C" NOT NULL,
  made_by    UUID NOT NULL,
  made_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  outcome    TEXT COLLATE "C" NOT NULL,
  said       BYTEA NOT NULL
);
CREATE INDEX need_confirmation_need ON need_confirmation (need_id, made_at, id);
