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

const feedbackColumns = "id, need_id, result_id, verdict, reason, text, said_by, at, done_at, done_by"

// FeedbackOn returns the standing feedback on a need, oldest first.
func (tx *Tx) FeedbackOn(ctx context.Context, need uuid.UUID) ([]matchmaker.Feedback, error) {
	return tx.feedback(ctx, `SELECT `+feedbackColumns+` FROM feedback WHERE need_id = ? ORDER BY at, id`, need)
}

// Tasks returns feedback of the verdict task, open ones or done ones, the
// latest first.
func (tx *Tx) Tasks(ctx context.Context, done bool, limit int) ([]matchmaker.Feedback, error) {
	standing := `done_at = 0`
	if done {
		standing = `done_at > 0`
	}
	return tx.feedback(ctx, `SELECT `+feedbackColumns+` FROM feedback WHERE verdict = 'task' AND `+standing+` ORDER BY at DESC, id DESC LIMIT ?`, limit)
}

func (tx *Tx) feedback(ctx context.Context, query string, args ...any) ([]matchmaker.Feedback, error) {
	var out []matchmaker.Feedback
	err := tx.each(ctx, func(s scanner) error {
		var f matchmaker.Feedback
		var doneBy uuid.NullUUID
		if err := s.Scan(&f.ID, &f.Need, &f.Result, &f.Verdict, &f.Reason, &f.Text, &f.By, &f.At, &f.DoneAt, &doneBy); err != nil {
			return err
		}
		f.DoneBy = doneBy.UUID
		out = append(out, f)
		return nil
	}, query, args...)
	return out, err
}

// SaveFeedback replaces what the same person said on the same match; a task is
// open then. A verdict of "" takes it back. NotFound if there is no such need
// or result.
func (tx *Tx) SaveFeedback(ctx context.Context, f matchmaker.Feedback) error {
	var touched int64
	var err error
	if f.Verdict == "" {
		touched, err = tx.exec(ctx, `DELETE FROM feedback WHERE need_id = ? AND result_id = ? AND said_by = ?`, f.Need, f.Result, f.By)
	} else {
		touched, err = tx.exec(ctx, `INSERT INTO feedback (id, need_id, result_id, said_by, verdict, reason, text, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (need_id, result_id, said_by) DO UPDATE
			SET id = excluded.id, verdict = excluded.verdict, reason = excluded.reason, text = excluded.text, at = excluded.at, done_at = 0, done_by = NULL`,
			f.ID, f.Need, f.Result, f.By, string(f.Verdict), f.Reason, f.Text, f.At)
	}
	if err != nil || touched == 0 {
		return err
	}
	return tx.changed(ctx, "feedback", f.Need)
}

// FinishTask closes an open task at a time, unix ms, or opens it again with 0.
// Conflict if it stands so already, NotFound if there is none.
func (tx *Tx) FinishTask(ctx context.Context, id, by uuid.UUID, at int64) error {
	query, args := `UPDATE feedback SET done_at = ?, done_by = ? WHERE id = ? AND verdict = 'task' AND done_at = 0`, []any{at, by, id}
	if at == 0 {
		query, args = `UPDATE feedback SET done_at = 0, done_by = NULL WHERE id = ? AND verdict = 'task' AND done_at > 0`, []any{id}
	}
	touched, err := tx.exec(ctx, query, args...)
	if err != nil || touched > 0 {
		return err
	}
	var need uuid.UUID
	there, err := tx.one(ctx, []any{&need}, `SELECT need_id FROM feedback WHERE id = ? AND verdict = 'task'`, id)
	switch {
	case err != nil:
		return err
	case !there:
		return notFound()
	}
	return conflict()
}

// TermsOn returns the terms of a need, oldest first.
func (tx *Tx) TermsOn(ctx context.Context, need uuid.UUID) ([]matchmaker.Term, error) {
	var out []matchmaker.Term
	err := tx.each(ctx, func(s scanner) error {
		var t matchmaker.Term
		if err := s.Scan(&t.Need, &t.Text, &t.Verdict, &t.By, &t.At); err != nil {
			return err
		}
		out = append(out, t)
		return nil
	}, `SELECT need_id, text, verdict, said_by, at FROM term WHERE need_id = ? ORDER BY at, folded`, need)
	return out, err
}

// SaveTerm replaces what was said of a term of a need. A verdict of "" forgets
// the term. NotFound if there is no such need.
func (tx *Tx) SaveTerm(ctx context.Context, t matchmaker.Term) error {
	var touched int64
	var err error
	if t.Verdict == "" {
		touched, err = tx.exec(ctx, `DELETE FROM term WHERE need_id = ? AND folded = ?`, t.Need, boundKey(catalog.Fold(t.Text)))
	} else {
		touched, err = tx.exec(ctx, `INSERT INTO term (need_id, folded, text, verdict, said_by, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (need_id, folded) DO UPDATE
			SET text = excluded.text, verdict = excluded.verdict, said_by = excluded.said_by, at = excluded.at`,
			t.Need, boundKey(catalog.Fold(t.Text)), t.Text, string(t.Verdict), t.By, t.At)
	}
	if err != nil || touched == 0 {
		return err
	}
	return tx.changed(ctx, "term", t.Need)
}
