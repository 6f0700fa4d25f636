-- +goose Up
-- A proxy entry that is not yet a need. form, which is encrypted, is NULL once
-- it has become one.
CREATE TABLE proxy_draft (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  version    INTEGER NOT NULL CHECK (version > 0),
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  need_code  TEXT NOT NULL,
  form       BLOB
) STRICT;
CREATE INDEX proxy_draft_account ON proxy_draft (account_id, updated_at, id);
CREATE INDEX proxy_draft_updated ON proxy_draft (updated_at);

-- One time that the owner of a need was asked to confirm it. hash is the
-- SHA-256 of the secret of the link; said, which is encrypted, is who answered
-- and why not.
CREATE TABLE need_confirmation (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  need_id    BLOB NOT NULL REFERENCES need (id),
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  how        TEXT NOT NULL,
  made_by    BLOB NOT NULL CHECK (length(made_by) = 16),
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL,
  outcome    TEXT NOT NULL,
  said       BLOB NOT NULL
) STRICT;
CREATE INDEX need_confirmation_need ON need_confirmation (need_id, made_at, id);
