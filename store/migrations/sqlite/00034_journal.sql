-- +goose Up
-- digest is SHA-256 of salt and body of an entry that has lost both; body is
-- then '{}' and salt is empty.
ALTER TABLE entry ADD COLUMN digest BLOB;
CREATE INDEX entry_subject ON entry (subject, at);

-- The tree over the numbered entries, in tiles: up to 256 hashes of 32 bytes,
-- each over 256 to the power of level entries, the first of them number 256 * n.
CREATE TABLE tile (
  level  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;

-- Signed notes that say which root the tree had at that size.
CREATE TABLE checkpoint (
  size INTEGER NOT NULL PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;

-- The keys that sign; the newest id signs now. secret is encrypted.
CREATE TABLE journal_key (
  id     BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  public TEXT NOT NULL,
  secret BLOB NOT NULL
) STRICT;
