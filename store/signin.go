package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

const signInColumns = "id, account_id, via, strong, address, agent, created_at, seen_at, ended_at"

// AddSignIn adds a sign-in; NotFound if there is no such account.
func (tx *Tx) AddSignIn(ctx context.Context, in account.SignIn) error {
	return tx.insert(ctx, "sign_in ("+signInColumns+", outside)", 10, []any{in.ID, in.AccountID, string(in.Via), in.Strong, in.Address, in.Agent,
		in.CreatedAt, in.SeenAt, in.EndedAt, tx.outside(in.Via, in.Outside)})
}

// outside is how what a provider calls a sign-in is kept.
func (tx *Tx) outside(via account.Provider, name string) []byte {
	if name == "" {
		return []byte{}
	}
	return tx.db.seal.index(string(via), name)
}

// SignIn finds a sign-in, ended or not, without what the provider calls it.
func (tx *Tx) SignIn(ctx context.Context, id uuid.UUID) (account.SignIn, bool, error) {
	return first(tx.signIns(ctx, "id = ?", id))
}

// SignIns lists those of an account that were not ended, newest first.
func (tx *Tx) SignIns(ctx context.Context, accountID uuid.UUID) ([]account.SignIn, error) {
	return tx.signIns(ctx, "account_id = ? AND ended_at = 0 ORDER BY created_at DESC, id DESC", accountID)
}

// SignInsOutside lists those that were not ended and that a provider calls so.
func (tx *Tx) SignInsOutside(ctx context.Context, via account.Provider, name string) ([]account.SignIn, error) {
	if name == "" {
		return nil, nil
	}
	return tx.signIns(ctx, "via = ? AND outside = ? AND length(outside) > 0 AND ended_at = 0 ORDER BY created_at DESC, id DESC", string(via), tx.outside(via, name))
}

func (tx *Tx) signIns(ctx context.Context, which string, args ...any) ([]account.SignIn, error) {
	var out []account.SignIn
	err := tx.each(ctx, func(s scanner) error {
		var in account.SignIn
		if err := s.Scan(&in.ID, &in.AccountID, &in.Via, &in.Strong, &in.Address, &in.Agent, &in.CreatedAt, &in.SeenAt, &in.EndedAt); err != nil {
			return err
		}
		out = append(out, in)
		return nil
	}, "SELECT "+signInColumns+" FROM sign_in WHERE "+which, args...)
	return out, err
}

// SeeSignIn keeps when somebody was last seen, unless a later time is known.
func (tx *Tx) SeeSignIn(ctx context.Context, id uuid.UUID, at int64) error {
	_, err := tx.exec(ctx, `UPDATE sign_in SET seen_at = ? WHERE id = ? AND seen_at < ?`, at, id, at)
	return err
}

// EndSignIn ends a sign-in; false if it had ended already.
func (tx *Tx) EndSignIn(ctx context.Context, id uuid.UUID, at int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE sign_in SET ended_at = ? WHERE id = ? AND ended_at = 0`, at, id)
	return n == 1, err
}
