-- +goose Up
-- Codes that were sent to telephones. phone, device and digits are HMACs;
-- account_id is zero where nobody has the number. tries counts up to 5 wrong
-- ones; 6 says that it was right.
CREATE TABLE code (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL,
  phone      BYTEA NOT NULL,
  device     BYTEA NOT NULL,
  digits     BYTEA NOT NULL,
  tries      BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX code_phone ON code (phone, created_at);
CREATE INDEX code_expires ON code (expires_at);

-- Devices by which somebody came in; key is an HMAC of what the browser keeps.
CREATE TABLE device (
  account_id UUID NOT NULL REFERENCES account (id),
  key        BYTEA NOT NULL CHECK (length(key) = 32),
  seen_at    BIGINT NOT NULL,
  PRIMARY KEY (account_id, key)
);
