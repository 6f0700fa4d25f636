-- +goose Up
-- digest is SHA-256 of salt and body of an entry that has lost both; body is
-- then '{}' and salt is empty.
ALTER TABLE entry ADD COLUMN digest BYTEA;
CREATE INDEX entry_subject ON entry (subject, at);

-- The tree over the numbered entries, in tiles: up to 256 hashes of 32 bytes,
-- each over 256 to the power of level entries, the first of them number 256 * n.
CREATE TABLE tile (
  level  BIGINT NOT NULL,
  n      BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, n)
);

-- Signed notes that say which root the tree had at that size.
CREATE TABLE checkpoint (
  size BIGINT NOT NULL PRIMARY KEY,
  note TEXT COLLATE "C" NOT NULL
);

-- The keys that sign; the newest id signs now. secret is encrypted.
CREATE TABLE journal_key (
  id     UUID NOT NULL PRIMARY KEY,
  public TEXT COLLATE "C" NOT NULL,
  secret BYTEA NOT NULL
);
