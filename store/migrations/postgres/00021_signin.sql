-- +goose Up
-- An identity is a name under which an account is known somewhere: an address,
-- a number, a subject of an identity provider. value is AES-256-GCM with the id
-- as associated data, key an HMAC of it, by which it is found.
CREATE TABLE identity (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account (id),
  provider   TEXT COLLATE "C" NOT NULL,
  key        BYTEA NOT NULL CHECK (length(key) = 32),
  value      BYTEA NOT NULL,
  added_at   BIGINT NOT NULL,
  UNIQUE (provider, key)
);
CREATE INDEX identity_account ON identity (account_id, added_at, id);

-- A sign-in lasts until ended_at is set. outside is an HMAC of what the identity
-- provider calls it, empty if nothing.
CREATE TABLE sign_in (
  id         UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account (id),
  via        TEXT COLLATE "C" NOT NULL,
  outside    BYTEA NOT NULL,
  strong     BIGINT NOT NULL CHECK (strong IN (0, 1)),
  address    TEXT COLLATE "C" NOT NULL,
  agent      TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL
);
CREATE INDEX sign_in_account ON sign_in (account_id, ended_at, created_at);
CREATE INDEX sign_in_outside ON sign_in (via, outside) WHERE length(outside) > 0;
