package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

const tokenColumns = "id, hash, account_id, name, role, may_write, created_at, expires_at, used_on, revoked_at" //nolint:gosec // names of columns, no credentials

// AddToken adds a token; Conflict if the account has a live one of that name,
// NotFound if there is no such account.
func (tx *Tx) AddToken(ctx context.Context, t account.Token) error {
	return tx.insert(ctx, "token ("+tokenColumns+")", 10, []any{t.ID, t.Hash[:], t.AccountID, t.Name, string(t.Role), t.Write,
		t.CreatedAt, t.ExpiresAt, t.UsedOn, t.RevokedAt})
}

// Token finds a token by its id.
func (tx *Tx) Token(ctx context.Context, id uuid.UUID) (account.Token, bool, error) {
	return first(tx.tokens(ctx, "id = ?", id))
}

// TokenHashed finds a token by the SHA-256 of its secret.
func (tx *Tx) TokenHashed(ctx context.Context, hash [32]byte) (account.Token, bool, error) {
	return first(tx.tokens(ctx, "hash = ?", hash[:]))
}

// Tokens lists the tokens of an account, newest first.
func (tx *Tx) Tokens(ctx context.Context, accountID uuid.UUID) ([]account.Token, error) {
	return tx.tokens(ctx, "account_id = ? ORDER BY created_at DESC, id DESC", accountID)
}

func (tx *Tx) tokens(ctx context.Context, which string, arg any) ([]account.Token, error) {
	var out []account.Token
	err := tx.each(ctx, func(s scanner) error {
		var t account.Token
		var hash []byte
		if err := s.Scan(&t.ID, &hash, &t.AccountID, &t.Name, &t.Role, &t.Write, &t.CreatedAt, &t.ExpiresAt, &t.UsedOn, &t.RevokedAt); err != nil {
			return err
		}
		copy(t.Hash[:], hash)
		out = append(out, t)
		return nil
	}, "SELECT "+tokenColumns+" FROM token WHERE "+which, arg)
	return out, err
}

func first[T any](list []T, err error) (t T, ok bool, _ error) {
	if err != nil || len(list) == 0 {
		return t, false, err
	}
	return list[0], true, nil
}

// UseToken keeps the day on which a token was used, unless a later one is
// known.
func (tx *Tx) UseToken(ctx context.Context, id uuid.UUID, day int64) error {
	_, err := tx.exec(ctx, `UPDATE token SET used_on = ? WHERE id = ? AND used_on < ?`, day, id, day)
	return err
}

// RevokeToken ends a token; false if there is none that is not revoked.
func (tx *Tx) RevokeToken(ctx context.Context, id uuid.UUID, at int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at = 0`, at, id)
	return n > 0, err
}
