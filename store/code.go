package store

import (
	"context"
	"crypto/subtle"
	"time"

	"datai/account"

	"github.com/google/uuid"
)

// digits is how those of a code are kept.
func (tx *Tx) digits(id uuid.UUID, digits string) []byte {
	return tx.db.seal.index("code", id.String()+" "+digits)
}

// AddCode adds a code; those that have expired go.
func (tx *Tx) AddCode(ctx context.Context, c account.Code) error {
	if _, err := tx.exec(ctx, `DELETE FROM code WHERE expires_at < ?`, c.CreatedAt-account.CodeAgain.Milliseconds()); err != nil {
		return err
	}
	return tx.insert(ctx, "code (id, account_id, phone, device, digits, tries, created_at, expires_at)", 8, []any{c.ID, c.AccountID,
		tx.db.seal.index("code phone", c.Phone), tx.db.seal.index("device", c.Device), tx.digits(c.ID, c.Digits), 0, c.CreatedAt, c.ExpiresAt})
}

// LastCode is when the last code was made for a telephone (unix ms), 0 if none
// is known.
func (tx *Tx) LastCode(ctx context.Context, phone string) (at int64, err error) {
	_, err = tx.one(ctx, []any{&at}, `SELECT coalesce(max(created_at), 0) FROM code WHERE phone = ?`, tx.db.seal.index("code phone", phone))
	return at, err
}

// UseCode counts a try of a code by a device at the time now (unix ms). If the
// digits are right it is over, and ok true with its account; of several who try
// at once one gets it. A code that has expired, belongs to another device or was
// tried CodeTries times is not.
func (tx *Tx) UseCode(ctx context.Context, id uuid.UUID, device, digits string, now int64) (accountID uuid.UUID, ok bool, err error) {
	var kept []byte
	ok, err = tx.one(ctx, []any{&accountID, &kept}, `UPDATE code SET tries = tries + 1 WHERE id = ? AND device = ? AND expires_at > ? AND tries < ?
		RETURNING account_id, digits`, id, tx.db.seal.index("device", device), now, account.CodeTries)
	if err != nil || !ok || accountID == uuid.Nil || subtle.ConstantTimeCompare(kept, tx.digits(id, digits)) != 1 {
		return uuid.Nil, false, err
	}
	n, err := tx.exec(ctx, `UPDATE code SET tries = ? WHERE id = ? AND tries <= ?`, account.CodeTries+1, id, account.CodeTries)
	return accountID, err == nil && n == 1, err
}

// deviceLife is how long a device is known after somebody came in by it.
const deviceLife = 400 * 24 * time.Hour

// KnowDevice keeps that somebody came in by a device; those of the account that
// were not seen for long go.
func (tx *Tx) KnowDevice(ctx context.Context, accountID uuid.UUID, device string, at int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM device WHERE account_id = ? AND seen_at < ?`, accountID, at-deviceLife.Milliseconds()); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO device (account_id, key, seen_at) VALUES (?, ?, ?) ON CONFLICT (account_id, key) DO UPDATE SET seen_at = excluded.seen_at`,
		accountID, tx.db.seal.index("device", device), at)
	return err
}

// KnowsDevice reports whether somebody came in to the account by a device.
func (tx *Tx) KnowsDevice(ctx context.Context, accountID uuid.UUID, device string) (bool, error) {
	var at int64
	return tx.one(ctx, []any{&at}, `SELECT seen_at FROM device WHERE account_id = ? AND key = ?`, accountID, tx.db.seal.index("device", device))
}
