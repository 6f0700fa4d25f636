package store

import (
	"context"

	"datai/catalog"
	"datai/journal"
	"datai/matchmaker"

	"github.com/google/uuid"
)

var _ matchmaker.Tx = (*Tx)(nil)

// EachResult calls fn for every result in the order of ids, streaming; fn may
// not use the Tx.
func (tx *Tx) EachResult(ctx context.Context, fn func(*catalog.Result) error) error {
	return all(ctx, tx, results, fn)
}

// EachNeed calls fn for every need as EachResult does.
func (tx *Tx) EachNeed(ctx context.Context, fn func(*catalog.Need) error) error {
	return all(ctx, tx, needs, fn)
}

// EachParty calls fn for every party as EachResult does.
func (tx *Tx) EachParty(ctx context.Context, fn func(*catalog.Party) error) error {
	return all(ctx, tx, parties, fn)
}

// SortKeys are the places of the results and needs with these ids in the pinyin
// order, of all of them for nil.
func (tx *Tx) SortKeys(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	out := make(map[uuid.UUID]string, len(ids))
	for _, table := range []string{results.table, needs.table} {
		query, args := "SELECT id, sort_key FROM "+table, []any(nil)
		if ids != nil {
			query, args = query+" WHERE id "+tx.db.driver.anyID(), []any{ids}
		}
		err := tx.each(ctx, func(s scanner) error {
			var id uuid.UUID
			var key string
			if err := s.Scan(&id, &key); err != nil {
				return err
			}
			out[id] = key
			return nil
		}, query, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Lapsed returns references to the results and needs whose ExpiresAt lies in
// (from, to], unix ms, as changes without number.
func (tx *Tx) Lapsed(ctx context.Context, from, to int64) ([]journal.Change, error) {
	var out []journal.Change
	for _, table := range []string{results.table, needs.table} {
		err := tx.each(ctx, func(s scanner) error {
			c := journal.Change{Kind: table}
			if err := s.Scan(&c.Of, &c.At); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		}, "SELECT id, expires_at FROM "+table+" WHERE expires_at > 0 AND expires_at > ? AND expires_at <= ? ORDER BY expires_at, id", from, to)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FeedbackOn returns the standing feedback on a need, oldest first.
func (tx *Tx) FeedbackOn(ctx context.Context, need uuid.UUID) ([]matchmaker.Feedback, error) {
	var out []matchmaker.Feedback
	err := tx.each(ctx, func(s scanner) error {
		var f matchmaker.Feedback
		if err := s.Scan(&f.ID, &f.Need, &f.Result, &f.Verdict, &f.Reason, &f.By, &f.At); err != nil {
			return err
		}
		out = append(out, f)
		return nil
	}, `SELECT id, need_id, result_id, verdict, reason, said_by, at FROM feedback WHERE need_id = ? ORDER BY at, id`, need)
	return out, err
}

// SaveFeedback replaces what the same person said on the same match. A verdict
// of "" takes it back. NotFound if there is no such need or result.
func (tx *Tx) SaveFeedback(ctx context.Context, f matchmaker.Feedback) error {
	var touched int64
	var err error
	if f.Verdict == "" {
		touched, err = tx.exec(ctx, `DELETE FROM feedback WHERE need_id = ? AND result_id = ? AND said_by = ?`, f.Need, f.Result, f.By)
	} else {
		touched, err = tx.exec(ctx, `INSERT INTO feedback (id, need_id, result_id, said_by, verdict, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (need_id, result_id, said_by) DO UPDATE
			SET id = excluded.id, verdict = excluded.verdict, reason = excluded.reason, at = excluded.at`,
			f.ID, f.Need, f.Result, f.By, string(f.Verdict), f.Reason, f.At)
	}
	if err != nil || touched == 0 {
		return err
	}
	return tx.changed(ctx, "feedback", f.Need)
}
