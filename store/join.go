package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

// LastEntered is when somebody last came in by an account (unix ms), 0 = never.
func (tx *Tx) LastEntered(ctx context.Context, accountID uuid.UUID) (at int64, err error) {
	_, err = tx.one(ctx, []any{&at}, `SELECT coalesce(max(at), 0) FROM entry WHERE subject = ? AND verb = 'account.enter'`, accountID)
	return at, err
}

// holdings are what people look at before they join two accounts.
var holdings = []struct{ what, query string }{
	{"cases", `SELECT count(*) FROM contact_case WHERE officer_id = ?`},
	{"confirmations", `SELECT count(*) FROM need_confirmation WHERE made_by = ?`},
	{"drafts", `SELECT count(*) FROM proxy_draft WHERE account_id = ?`},
	{"checks", `SELECT count(*) FROM match_check WHERE checked_by = ?`},
	{"judgements", `SELECT count(*) FROM feedback WHERE said_by = ?`},
	{"consents", `SELECT count(*) FROM consent WHERE account_id = ?`},
	{"enterprises", `SELECT count(*) FROM account_party WHERE account_id = ?`},
	{"notices", `SELECT count(*) FROM notice WHERE account_id = ?`},
	{"passkeys", `SELECT count(*) FROM passkey WHERE account_id = ?`},
	{"tokens", `SELECT count(*) FROM token WHERE account_id = ? AND revoked_at = 0`},
}

// Holdings is how much an account has, of what it has any.
func (tx *Tx) Holdings(ctx context.Context, accountID uuid.UUID) (out []account.Holding, err error) {
	for _, h := range holdings {
		var n int
		if _, err := tx.one(ctx, []any{&n}, h.query, accountID); err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, account.Holding{What: h.what, N: n})
		}
	}
	return out, nil
}

// AddConflict keeps one, or that it was seen again; fresh if it was not there.
func (tx *Tx) AddConflict(ctx context.Context, c account.Conflict) (fresh bool, err error) {
	var id uuid.UUID
	_, err = tx.one(ctx, []any{&id}, `INSERT INTO account_conflict (id, one, other, kind, source, at, closed_at) VALUES (?, ?, ?, ?, ?, ?, 0)
		ON CONFLICT (one, other, kind) DO UPDATE SET at = excluded.at RETURNING id`, c.ID, c.One, c.Other, string(c.Kind), c.Source, c.At)
	return id == c.ID, err
}

const conflictColumns = "id, one, other, kind, source, at, closed_at"

func conflictInto(c *account.Conflict) []any {
	return []any{&c.ID, &c.One, &c.Other, &c.Kind, &c.Source, &c.At, &c.ClosedAt}
}

// Conflicts lists those that are open, the newest first, and counts them.
func (tx *Tx) Conflicts(ctx context.Context, limit int) (out []account.Conflict, total int, err error) {
	if _, err := tx.one(ctx, []any{&total}, `SELECT count(*) FROM account_conflict WHERE closed_at = 0`); err != nil {
		return nil, 0, err
	}
	err = tx.each(ctx, func(s scanner) error {
		var c account.Conflict
		err := s.Scan(conflictInto(&c)...)
		out = append(out, c)
		return err
	}, "SELECT "+conflictColumns+" FROM account_conflict WHERE closed_at = 0 ORDER BY at DESC, id DESC LIMIT ?", limit)
	return out, total, err
}

// CloseConflict closes an open one; false if there is none.
func (tx *Tx) CloseConflict(ctx context.Context, id uuid.UUID, at int64) (c account.Conflict, ok bool, err error) {
	ok, err = tx.one(ctx, conflictInto(&c), "UPDATE account_conflict SET closed_at = ? WHERE id = ? AND closed_at = 0 RETURNING "+conflictColumns, at, id)
	return c, ok, err
}

// AddJoin adds a join; those that have expired go.
func (tx *Tx) AddJoin(ctx context.Context, j account.Join) error {
	if _, err := tx.exec(ctx, `DELETE FROM account_join WHERE expires_at <= ?`, j.At); err != nil {
		return err
	}
	return tx.insert(ctx, "account_join (id, keep, gone, by_id, hash, at, expires_at, keep_at, gone_at)", 9,
		[]any{j.ID, j.Keep, j.Gone, j.By, j.Hash[:], j.At, j.ExpiresAt, j.KeepAt, j.GoneAt})
}

// JoinsOf lists those of an account that wait at the time now, the newest first.
func (tx *Tx) JoinsOf(ctx context.Context, accountID uuid.UUID, now int64) (out []account.Join, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var j account.Join
		err := s.Scan(&j.ID, &j.Keep, &j.Gone, &j.By, &j.At, &j.ExpiresAt, &j.KeepAt, &j.GoneAt)
		out = append(out, j)
		return err
	}, `SELECT id, keep, gone, by_id, at, expires_at, keep_at, gone_at FROM account_join WHERE (keep = ? OR gone = ?) AND expires_at > ? ORDER BY at DESC, id DESC`,
		accountID, accountID, now)
	return out, err
}

// TakeJoin makes an account the second of the join that waits for the code and
// says that its owner said so. The condition is part of the statement, so of
// several who type the code one gets it.
func (tx *Tx) TakeJoin(ctx context.Context, hash [32]byte, gone uuid.UUID, now int64) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE account_join SET gone = ?, gone_at = ? WHERE hash = ? AND gone = ? AND keep <> ? AND expires_at > ?`,
		gone, now, hash[:], uuid.Nil, gone, now)
	return n == 1, err
}

// SaveJoin keeps who has said so.
func (tx *Tx) SaveJoin(ctx context.Context, j account.Join) error {
	n, err := tx.exec(ctx, `UPDATE account_join SET keep = ?, gone = ?, keep_at = ?, gone_at = ? WHERE id = ?`, j.Keep, j.Gone, j.KeepAt, j.GoneAt, j.ID)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// DropJoin takes a join away.
func (tx *Tx) DropJoin(ctx context.Context, id uuid.UUID) error {
	_, err := tx.exec(ctx, `DELETE FROM account_join WHERE id = ?`, id)
	return err
}

// JoinAccount makes what names gone name keep, erases what cannot go over, and
// leaves a row that lets nobody in; Conflict if gone has another version.
func (tx *Tx) JoinAccount(ctx context.Context, keep, gone account.Account, at int64) error {
	closed := gone
	closed.Name, closed.Unit, closed.Roles, closed.Asked, closed.Disabled, closed.EndsAt = account.ClosedAs(gone.ID), "", []account.Role{}, []account.Role{}, true, 0
	if err := tx.SaveAccount(ctx, closed); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE account SET closed_at = ?, joined_into = ? WHERE id = ?`, at, keep.ID, gone.ID); err != nil {
		return err
	}
	if err := tx.rename(ctx, gone, keep.ID, keep.Name); err != nil {
		return err
	}
	for _, o := range ofAccount {
		if o.drop == "" {
			if err := tx.goOver(ctx, o.table, o.column, o.key, keep.ID, gone.ID); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, "DELETE FROM "+o.table+" WHERE "+o.column+" = ?", gone.ID); err != nil {
			return err
		}
	}
	for _, b := range byAccount {
		if b.stays != "" {
			continue
		}
		if err := tx.goOver(ctx, b.table, b.column, b.key, keep.ID, gone.ID); err != nil {
			return err
		}
		if b.key == "" {
			continue
		}
		if _, err := tx.exec(ctx, "DELETE FROM "+b.table+" WHERE "+b.column+" = ?", gone.ID); err != nil {
			return err
		}
	}
	return nil
}

// goOver makes the rows of one account those of another. Where there may be one
// of a key, that of the other stays.
func (tx *Tx) goOver(ctx context.Context, table, column, key string, keep, gone uuid.UUID) error {
	query := "UPDATE " + table + " SET " + column + " = ? WHERE " + column + " = ?"
	args := []any{keep, gone}
	switch key {
	case "":
	case column:
		query += " AND NOT EXISTS (SELECT 1 FROM " + table + " AS k WHERE k." + column + " = ?)"
		args = append(args, keep)
	default:
		query += " AND (" + key + ") NOT IN (SELECT " + key + " FROM " + table + " AS k WHERE k." + column + " = ?)"
		args = append(args, keep)
	}
	_, err := tx.exec(ctx, query, args...)
	return err
}
