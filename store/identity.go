package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

// AddIdentity adds an identity; Conflict if somebody has it, NotFound if there
// is no such account.
func (tx *Tx) AddIdentity(ctx context.Context, i account.Identity) error {
	return tx.insert(ctx, "identity (id, account_id, provider, key, value, added_at, trust)", 7, []any{i.ID, i.AccountID, string(i.Provider),
		tx.db.seal.index(string(i.Provider), i.Value), tx.db.seal.close([]byte(i.Value), i.ID), i.AddedAt, string(i.Trust)})
}

// AccountOf finds the account that has an identity, its value canonical.
func (tx *Tx) AccountOf(ctx context.Context, p account.Provider, value string) (account.Account, bool, error) {
	return tx.account(ctx, "id = (SELECT account_id FROM identity WHERE provider = ? AND key = ?)", string(p), tx.db.seal.index(string(p), value))
}

// Identity finds one by its canonical value.
func (tx *Tx) Identity(ctx context.Context, p account.Provider, value string) (i account.Identity, ok bool, err error) {
	i.Provider, i.Value = p, value
	ok, err = tx.one(ctx, []any{&i.ID, &i.AccountID, &i.AddedAt, &i.Trust}, `SELECT id, account_id, added_at, trust FROM identity WHERE provider = ? AND key = ?`,
		string(p), tx.db.seal.index(string(p), value))
	return i, ok, err
}

// TrustIdentity keeps how well it is known whose an identity is.
func (tx *Tx) TrustIdentity(ctx context.Context, id uuid.UUID, t account.Trust) error {
	_, err := tx.exec(ctx, `UPDATE identity SET trust = ? WHERE id = ?`, string(t), id)
	return err
}

// Identities lists those of an account, in the order in which they were added.
func (tx *Tx) Identities(ctx context.Context, accountID uuid.UUID) ([]account.Identity, error) {
	var out []account.Identity
	err := tx.each(ctx, func(s scanner) error {
		i := account.Identity{AccountID: accountID}
		var sealed []byte
		if err := s.Scan(&i.ID, &i.Provider, &sealed, &i.AddedAt, &i.Trust); err != nil {
			return err
		}
		value, err := tx.db.seal.open(sealed, i.ID)
		i.Value = string(value)
		out = append(out, i)
		return err
	}, `SELECT id, provider, value, added_at, trust FROM identity WHERE account_id = ? ORDER BY added_at, id`, accountID)
	return out, err
}

// RemoveIdentity takes one from its account; false if there is none.
func (tx *Tx) RemoveIdentity(ctx context.Context, id uuid.UUID) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM identity WHERE id = ?`, id)
	return n == 1, err
}
