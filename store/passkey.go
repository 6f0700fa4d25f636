package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

// AddPasskey adds a passkey; Conflict if one with its handle is there, NotFound
// if there is no such account.
func (tx *Tx) AddPasskey(ctx context.Context, k account.Passkey) error {
	return tx.insert(ctx, "passkey (id, account_id, name, key, record, created_at, used_at, version)", 8, []any{k.ID, k.AccountID, k.Name,
		tx.db.seal.index("passkey", string(k.Handle)), tx.db.seal.close(k.Record, k.ID), k.CreatedAt, k.UsedAt, k.Version})
}

// Passkeys lists those of an account in the order in which they were added,
// without their handles.
func (tx *Tx) Passkeys(ctx context.Context, accountID uuid.UUID) ([]account.Passkey, error) {
	var out []account.Passkey
	err := tx.each(ctx, func(s scanner) error {
		k := account.Passkey{AccountID: accountID}
		var sealed []byte
		if err := s.Scan(&k.ID, &k.Name, &sealed, &k.CreatedAt, &k.UsedAt, &k.Version); err != nil {
			return err
		}
		var err error
		k.Record, err = tx.db.seal.open(sealed, k.ID)
		out = append(out, k)
		return err
	}, `SELECT id, name, record, created_at, used_at, version FROM passkey WHERE account_id = ? ORDER BY created_at, id`, accountID)
	return out, err
}

// SavePasskey writes record and time of use if the stored version is k.Version
// and adds one to it; Conflict otherwise.
func (tx *Tx) SavePasskey(ctx context.Context, k account.Passkey) error {
	n, err := tx.exec(ctx, `UPDATE passkey SET record = ?, used_at = ?, version = version + 1 WHERE id = ? AND version = ?`,
		tx.db.seal.close(k.Record, k.ID), k.UsedAt, k.ID, k.Version)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// RemovePasskey takes one from its account; false if there is none.
func (tx *Tx) RemovePasskey(ctx context.Context, accountID, id uuid.UUID) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM passkey WHERE account_id = ? AND id = ?`, accountID, id)
	return n == 1, err
}
