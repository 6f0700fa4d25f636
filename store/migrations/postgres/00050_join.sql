-- +goose Up
-- The account into which one was joined, zero if it was not.
ALTER TABLE account ADD COLUMN joined_into UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

-- Two accounts of which something says that they may be one person's; one is the
-- smaller id. closed_at is 0 until somebody said that they are two people.
CREATE TABLE account_conflict (
  id        UUID NOT NULL PRIMARY KEY,
  one       UUID NOT NULL REFERENCES account (id),
  other     UUID NOT NULL REFERENCES account (id),
  kind      TEXT COLLATE "C" NOT NULL,
  source    TEXT COLLATE "C" NOT NULL,
  at        BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  UNIQUE (one, other, kind)
);
CREATE INDEX account_conflict_open ON account_conflict (at, id) WHERE closed_at = 0;
CREATE INDEX account_conflict_other ON account_conflict (other);

-- That two accounts become one: keep stays. gone is zero until the code was typed
-- whose hash is kept; keep_at and gone_at are when each owner said so.
CREATE TABLE account_join (
  id         UUID NOT NULL PRIMARY KEY,
  keep       UUID NOT NULL,
  gone       UUID NOT NULL,
  by_id      UUID NOT NULL,
  hash       BYTEA NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  at         BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  keep_at    BIGINT NOT NULL,
  gone_at    BIGINT NOT NULL
);
CREATE INDEX account_join_keep ON account_join (keep);
CREATE INDEX account_join_gone ON account_join (gone);
