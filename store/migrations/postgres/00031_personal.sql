-- +goose Up
-- When an account was closed for good (unix ms), 0 = it was not.
ALTER TABLE account ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0;
