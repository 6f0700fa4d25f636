-- +goose Up
-- A source is an identity provider by which people sign in. secret is
-- AES-256-GCM with the id as associated data.
CREATE TABLE source (
  id         UUID NOT NULL PRIMARY KEY,
  name       TEXT COLLATE "C" NOT NULL UNIQUE,
  version    BIGINT NOT NULL CHECK (version > 0),
  disabled   BIGINT NOT NULL CHECK (disabled IN (0, 1)),
  created_at BIGINT NOT NULL,
  body       TEXT COLLATE "C" NOT NULL,
  secret     BYTEA NOT NULL
);

-- What a provider gave that may be used once, and was: key is an HMAC of it.
CREATE TABLE spent (
  provider TEXT COLLATE "C" NOT NULL,
  key      BYTEA NOT NULL CHECK (length(key) = 32),
  until    BIGINT NOT NULL,
  PRIMARY KEY (provider, key)
);
CREATE INDEX spent_until ON spent (until);

-- What became of the last list of people that a source gave, and when the next
-- is due. allowed is how many an administrator lets it take out once.
CREATE TABLE presence (
  source_id UUID NOT NULL PRIMARY KEY REFERENCES source (id),
  due       BIGINT NOT NULL,
  read_at   BIGINT NOT NULL,
  state     TEXT COLLATE "C" NOT NULL,
  listed    BIGINT NOT NULL,
  total     BIGINT NOT NULL,
  gone      BIGINT NOT NULL,
  allowed   BIGINT NOT NULL
);
