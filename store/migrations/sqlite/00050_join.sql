-- +goose Up
-- The account into which one was joined, zero if it was not.
ALTER TABLE account ADD COLUMN joined_into BLOB NOT NULL DEFAULT x'00000000000000000000000000000000' CHECK (length(joined_into) = 16);

-- Two accounts of which something says that they may be one person's; one is the
-- smaller id. closed_at is 0 until somebody said that they are two people.
CREATE TABLE account_conflict (
  id        BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  one       BLOB NOT NULL REFERENCES account (id),
  other     BLOB NOT NULL REFERENCES account (id),
  kind      TEXT NOT NULL,
  source    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  UNIQUE (one, other, kind)
) STRICT;
CREATE INDEX account_conflict_open ON account_conflict (at, id) WHERE closed_at = 0;
CREATE INDEX account_conflict_other ON account_conflict (other);

-- That two accounts become one: keep stays. gone is zero until the code was typed
-- whose hash is kept; keep_at and gone_at are when each owner said so.
CREATE TABLE account_join (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  keep       BLOB NOT NULL CHECK (length(keep) = 16),
  gone       BLOB NOT NULL CHECK (length(gone) = 16),
  by_id      BLOB NOT NULL CHECK (length(by_id) = 16),
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  at         INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  keep_at    INTEGER NOT NULL,
  gone_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX account_join_keep ON account_join (keep);
CREATE INDEX account_join_gone ON account_join (gone);
