package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

// Password is what is kept of an account's password; ok is false if it has none.
func (tx *Tx) Password(ctx context.Context, accountID uuid.UUID) (p account.Password, ok bool, err error) {
	var kept []byte
	ok, err = tx.one(ctx, []any{&kept, &p.Version, &p.SetAt}, `SELECT kept, version, set_at FROM password WHERE id = ?`, accountID)
	if err != nil || !ok {
		return account.Password{}, false, err
	}
	text, err := tx.db.seal.open(kept, accountID)
	p.AccountID, p.Kept = accountID, string(text)
	return p, err == nil, err
}

// SavePassword adds the password of an account, if its version is 0, or writes
// it over the one of that version; Conflict if another is there, NotFound if
// there is no such account.
func (tx *Tx) SavePassword(ctx context.Context, p account.Password) error {
	kept := tx.db.seal.close([]byte(p.Kept), p.AccountID)
	if p.Version == 0 {
		return tx.insert(ctx, "password (id, kept, version, set_at)", 4, []any{p.AccountID, kept, 1, p.SetAt})
	}
	return only(tx.exec(ctx, `UPDATE password SET kept = ?, set_at = ?, version = version + 1 WHERE id = ? AND version = ?`, kept, p.SetAt, p.AccountID, p.Version))
}
