package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/account"
)

// Sources lists the sources of sign-in in the order in which they were made.
func (tx *Tx) Sources(ctx context.Context) ([]account.Source, error) {
	var out []account.Source
	err := tx.each(ctx, func(s scanner) error {
		var src account.Source
		var body string
		var sealed []byte
		if err := s.Scan(&src.ID, &src.Name, &src.Version, &src.Disabled, &src.CreatedAt, &body, &sealed); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &src.SourceSetup); err != nil {
			return fmt.Errorf("store: source %s: %w", src.ID, err)
		}
		secret, err := tx.db.seal.open(sealed, src.ID)
		src.Secret = string(secret)
		out = append(out, src)
		return err
	}, `SELECT id, name, version, disabled, created_at, body, secret FROM source ORDER BY created_at, id`)
	return out, err
}

// AddSource adds a source; Conflict if its name is taken.
func (tx *Tx) AddSource(ctx context.Context, src account.Source) error {
	body, err := json.Marshal(src.SourceSetup)
	if err != nil {
		return fmt.Errorf("store: source: %w", err)
	}
	return tx.insert(ctx, "source (id, name, version, disabled, created_at, body, secret)", 7, []any{src.ID, src.Name, src.Version, src.Disabled,
		src.CreatedAt, string(body), tx.db.seal.close([]byte(src.Secret), src.ID)})
}

// SetSource changes a source whose version is one less; Conflict if it is not.
func (tx *Tx) SetSource(ctx context.Context, src account.Source) error {
	body, err := json.Marshal(src.SourceSetup)
	if err != nil {
		return fmt.Errorf("store: source: %w", err)
	}
	n, err := tx.exec(ctx, `UPDATE source SET version = ?, disabled = ?, body = ?, secret = ? WHERE id = ? AND version = ?`, src.Version, src.Disabled,
		string(body), tx.db.seal.close([]byte(src.Secret), src.ID), src.ID, src.Version-1)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// Spend notes until when (unix ms) something of a provider that may be used once
// is remembered; false if it was used already, by whoever came first. What need
// not be remembered any more goes.
func (tx *Tx) Spend(ctx context.Context, p account.Provider, once string, until int64) (bool, error) {
	if _, err := tx.exec(ctx, `DELETE FROM spent WHERE until < ?`, tx.at); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, `INSERT INTO spent (provider, key, until) VALUES (?, ?, ?) ON CONFLICT (provider, key) DO NOTHING`,
		string(p), tx.db.seal.index(string(p)+" once", once), until)
	return n == 1, err
}
