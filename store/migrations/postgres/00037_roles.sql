-- +goose Up
-- Roles that a system administrator has asked for and that the security
-- administrator has not confirmed yet: a list in JSON.
ALTER TABLE account ADD COLUMN asked TEXT NOT NULL DEFAULT '[]';
