package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
	asked, err := json.Marshal(a.Asked)
	if err != nil {
		return fmt.Errorf("store: account: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO account (id, name, sort_key, version, roles, asked, disabled, unit, ends_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Name, sortKey(a.Name), a.Version, string(roles), string(asked), a.Disabled, a.Unit, a.EndsAt, a.CreatedAt)
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
		var roles, asked string
		if err := s.Scan(&a.ID, &a.Name, &a.Version, &roles, &asked, &a.Disabled, &a.Unit, &a.EndsAt, &a.EnteredAt, &a.ClosedAt, &a.JoinedTo, &a.CreatedAt); err != nil {
			return err
		}
		if err := errors.Join(json.Unmarshal([]byte(roles), &a.Roles), json.Unmarshal([]byte(asked), &a.Asked)); err != nil {
			return fmt.Errorf("store: account %s: %w", a.ID, err)
		}
		out = append(out, a)
		return nil
	}, "SELECT id, name, version, roles, asked, disabled, unit, ends_at, entered_at, closed_at, joined_into, created_at FROM account WHERE "+rest, args...)
	return out, err
}

// SaveAccount writes a if its stored version is a.Version and adds one to it.
func (tx *Tx) SaveAccount(ctx context.Context, a account.Account) error {
	roles, err := json.Marshal(a.Roles)
	if err != nil {
		return fmt.Errorf("store: account: %w", err)
	}
	asked, err := json.Marshal(a.Asked)
	if err != nil {
		return fmt.Errorf("store: account: %w", err)
	}
	n, err := tx.exec(ctx, `UPDATE account SET name = ?, sort_key = ?, roles = ?, asked = ?, disabled = ?, unit = ?, ends_at = ?, version = version + 1
		WHERE id = ? AND version = ?`, a.Name, sortKey(a.Name), string(roles), string(asked), a.Disabled, a.Unit, a.EndsAt, a.ID, a.Version)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// hasRole keeps the accounts that have one of the roles.
func hasRole(roles ...account.Role) (term string, args []any) {
	var has []string
	for _, r := range roles {
		has = append(has, "replace(roles, ?, '') <> roles")
		args = append(args, `"`+string(r)+`"`)
	}
	return "(" + strings.Join(has, " OR ") + ")", args
}

// AccountsWith lists the accounts that have one of the roles and are not
// disabled, by name.
func (tx *Tx) AccountsWith(ctx context.Context, roles ...account.Role) ([]account.Account, error) {
	if len(roles) == 0 {
		return nil, nil
	}
	term, args := hasRole(roles...)
	return tx.accounts(ctx, "disabled = 0 AND "+term+" ORDER BY sort_key, id", args...)
}

// LockAccounts writes the rows of the accounts with a role as they are, which
// takes their locks in PostgreSQL; in SQLite there is one writer anyway.
func (tx *Tx) LockAccounts(ctx context.Context, r account.Role) error {
	term, args := hasRole(r)
	_, err := tx.exec(ctx, "UPDATE account SET version = version WHERE "+term, args...)
	return err
}

func accountsWhere(f account.Filter) *where {
	w := &where{}
	w.calledBy("name", f.Q)
	if f.Role != "" {
		term, args := hasRole(f.Role)
		w.add(term, args...)
	}
	switch f.State {
	case account.Active:
		w.add("disabled = 0")
	case account.Disabled:
		w.add("disabled = 1")
	case account.Waiting:
		w.add("asked NOT IN ('null', '[]')")
	}
	return w
}

// Accounts returns one page of accounts in the order of their names. The id
// decides between equal ones.
func (tx *Tx) Accounts(ctx context.Context, f account.Filter, from account.Page) ([]account.Account, account.Page, error) {
	w := accountsWhere(f)
	if from.ID != uuid.Nil {
		w.add("(sort_key, id) > (?, ?)", from.SortKey, from.ID)
	}
	limit := from.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	found, err := tx.accounts(ctx, "1 = 1"+strings.Replace(w.String(), " WHERE ", " AND ", 1)+" ORDER BY sort_key, id LIMIT ?", append(w.args, limit+1)...)
	if err != nil || len(found) <= limit {
		return found, account.Page{}, err
	}
	found = found[:limit]
	last := found[limit-1]
	next := account.Page{ID: last.ID, Limit: limit}
	_, err = tx.one(ctx, []any{&next.SortKey}, `SELECT sort_key FROM account WHERE id = ?`, last.ID)
	return found, next, err
}

// CountAccounts counts what f lets through.
func (tx *Tx) CountAccounts(ctx context.Context, f account.Filter) (n int, err error) {
	w := accountsWhere(f)
	_, err = tx.one(ctx, []any{&n}, "SELECT count(*) FROM account"+w.String(), w.args...)
	return n, err
}

// EnterAccount keeps when somebody first came in by the account.
func (tx *Tx) EnterAccount(ctx context.Context, id uuid.UUID, at int64) error {
	_, err := tx.exec(ctx, `UPDATE account SET entered_at = ? WHERE id = ? AND entered_at = 0`, at, id)
	return err
}

// AddLink adds a one-time link for an account; NotFound if there is none.
func (tx *Tx) AddLink(ctx context.Context, l account.Link) error {
	_, err := tx.exec(ctx, `INSERT INTO link (hash, account_id, expires_at, used_at, strong) VALUES (?, ?, ?, ?, ?)`,
		l.Hash[:], l.AccountID, l.ExpiresAt, l.UsedAt, l.Strong)
	return err
}

// DropWays ends the one-time links and the codes of an account that were not
// used.
func (tx *Tx) DropWays(ctx context.Context, accountID uuid.UUID) error {
	if _, err := tx.exec(ctx, `DELETE FROM link WHERE account_id = ? AND used_at = 0`, accountID); err != nil {
		return err
	}
	// They stay for a while, so that another is not sent too soon.
	_, err := tx.exec(ctx, `UPDATE code SET tries = ? WHERE account_id = ?`, account.CodeTries+1, accountID)
	return err
}

// UseLink marks an unused, unexpired link used at the time now and returns it.
// The condition is part of the statement that marks it, so of several
// users one gets it, whatever they read before.
func (tx *Tx) UseLink(ctx context.Context, hash [32]byte, now int64) (l account.Link, ok bool, err error) {
	l = account.Link{Hash: hash, UsedAt: now}
	ok, err = tx.one(ctx, []any{&l.AccountID, &l.ExpiresAt, &l.Strong},
		`UPDATE link SET used_at = ? WHERE hash = ? AND used_at = 0 AND expires_at > ? RETURNING account_id, expires_at, strong`, now, hash[:], now)
	return l, ok, err
}
