package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/account"

	"github.com/google/uuid"
)

var _ account.Tx = (*Tx)(nil)

// AddAccount adds an account; Conflict if its name is taken.
func (tx *Tx) AddAccount(ctx context.Context, a account.Account) error {
	roles, err := json.Marshal(a.Roles)
	if err != nil {
		return fmt.Errorf("store: account: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO account (id, name, version, roles, disabled, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		a.ID, a.Name, a.Version, string(roles), a.Disabled, a.CreatedAt)
	return err
}

// AccountNamed finds an account by its name, as written.
func (tx *Tx) AccountNamed(ctx context.Context, name string) (account.Account, bool, error) {
	return tx.account(ctx, "name = ?", name)
}

// Account finds an account by its id.
func (tx *Tx) Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error) {
	return tx.account(ctx, "id = ?", id)
}

func (tx *Tx) account(ctx context.Context, which string, args ...any) (account.Account, bool, error) {
	return first(tx.accounts(ctx, which, args...))
}

// accounts are the accounts for which the rest of a query holds.
func (tx *Tx) accounts(ctx context.Context, rest string, args ...any) ([]account.Account, error) {
	var out []account.Account
	err := tx.each(ctx, func(s scanner) error {
		var a account.Account
		var roles string
		if err := s.Scan(&a.ID, &a.Name, &a.Version, &roles, &a.Disabled, &a.CreatedAt); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(roles), &a.Roles); err != nil {
			return fmt.Errorf("store: account %s: %w", a.ID, err)
		}
		out = append(out, a)
		return nil
	}, "SELECT id, name, version, roles, disabled, created_at FROM account WHERE "+rest, args...)
	return out, err
}

// AddLink adds a one-time link for an account; NotFound if there is none.
func (tx *Tx) AddLink(ctx context.Context, l account.Link) error {
	_, err := tx.exec(ctx, `INSERT INTO link (hash, account_id, expires_at, used_at) VALUES (?, ?, ?, ?)`,
		l.Hash[:], l.AccountID, l.ExpiresAt, l.UsedAt)
	return err
}

// UseLink marks an unused, unexpired link used at the time now and returns its
// account. The condition is part of the statement that marks it, so of several
// users one gets it, whatever they read before.
func (tx *Tx) UseLink(ctx context.Context, hash [32]byte, now int64) (accountID uuid.UUID, ok bool, err error) {
	ok, err = tx.one(ctx, []any{&accountID},
		`UPDATE link SET used_at = ? WHERE hash = ? AND used_at = 0 AND expires_at > ? RETURNING account_id`, now, hash[:], now)
	return accountID, ok, err
}
