package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.CtxStore = (*DB)(nil)

// tokenHash is how a session's token is kept: who reads the database cannot
// take over a session.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// FindCtx returns the data of a session that has not expired.
func (db *DB) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	now := db.now().UnixMilli()
	err = db.Read(ctx, func(tx *Tx) (err error) {
		found, err = tx.one(ctx, []any{&data}, `SELECT data FROM session WHERE token = ? AND expires_at > ?`, tokenHash(token), now)
		return err
	})
	return data, found, err
}

// CommitCtx adds a session or replaces its data and expiry.
func (db *DB) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO session (token, data, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			tokenHash(token), data, expiry.UnixMilli())
		return err
	})
}

// DeleteCtx removes a session; it is no error if there is none.
func (db *DB) DeleteCtx(ctx context.Context, token string) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM session WHERE token = ?`, tokenHash(token))
		return err
	})
}

// Find is FindCtx for a caller without a context.
func (db *DB) Find(token string) ([]byte, bool, error) {
	return db.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for a caller without a context.
func (db *DB) Commit(token string, data []byte, expiry time.Time) error {
	return db.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for a caller without a context.
func (db *DB) Delete(token string) error { return db.DeleteCtx(context.Background(), token) }
