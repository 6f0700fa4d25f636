-- +goose Up
-- Codes that were sent to telephones. phone, device and digits are HMACs;
-- account_id is zero where nobody has the number. tries counts up to 5 wrong
-- ones; 6 says that it was right.
CREATE TABLE code (
  id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  account_id BLOB NOT NULL,
  phone      BLOB NOT NULL,
  device     BLOB NOT NULL,
  digits     BLOB NOT NULL,
  tries      INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX code_phone ON code (phone, created_at);
CREATE INDEX code_expires ON code (expires_at);

-- Devices by which somebody came in; key is an HMAC of what the browser keeps.
CREATE TABLE device (
  account_id BLOB NOT NULL REFERENCES account (id),
  key        BLOB NOT NULL CHECK (length(key) = 32),
  seen_at    INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) STRICT;
