package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/account"
	"datai/journal"

	"github.com/google/uuid"
)

// CountEntries counts the entries of the journal.
func (tx *Tx) CountEntries(ctx context.Context) (n int64, err error) {
	_, err = tx.one(ctx, []any{&n}, `SELECT count(*) FROM entry`)
	return n, err
}

// Append adds an entry to the journal; the sequencer numbers it.
func (tx *Tx) Append(ctx context.Context, e journal.Entry) error {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return fmt.Errorf("store: entry: %w", err)
	}
	tx.waiting = true
	_, err = tx.exec(ctx, `INSERT INTO entry (id, at, actor, role, verb, kind, subject, body, salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.At, e.Actor, e.Role, e.Verb, e.Kind, e.Subject, string(body), e.Salt[:])
	return err
}

// Entries reads the numbered entries after the number after, in their order.
func (db *DB) Entries(ctx context.Context, after int64, limit int) (out []journal.Entry, err error) {
	err = db.Read(ctx, func(tx *Tx) (err error) {
		out, err = tx.EntriesAfter(ctx, after, limit)
		return err
	})
	return out, err
}

// Records returns one page of the journal without what the entries hold, the
// newest first; the id decides between equal times.
func (tx *Tx) Records(ctx context.Context, f account.RecordFilter, from account.RecordPage) ([]account.Record, account.RecordPage, error) {
	w := &where{}
	if f.Name != "" {
		w.add("e.actor = (SELECT id FROM account WHERE name = ?)", f.Name)
	}
	if f.Role != "" {
		w.add("e.role = ?", string(f.Role))
	}
	if f.Verb != "" {
		w.add("e.verb = ?", f.Verb)
	}
	if f.From != 0 {
		w.add("e.at >= ?", f.From)
	}
	if f.Till != 0 {
		w.add("e.at < ?", f.Till)
	}
	if from.ID != uuid.Nil {
		w.add("(e.at, e.id) < (?, ?)", from.At, from.ID)
	}
	limit := from.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	var out []account.Record
	err := tx.each(ctx, func(s scanner) error {
		var r account.Record
		if err := s.Scan(&r.ID, &r.Seq, &r.At, &r.Actor, &r.Role, &r.Verb, &r.Kind, &r.Subject, &r.Name); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	}, "SELECT e.id, e.seq, e.at, e.actor, e.role, e.verb, e.kind, e.subject, coalesce(a.name, '') FROM entry AS e LEFT JOIN account AS a ON a.id = e.actor"+
		w.String()+" ORDER BY e.at DESC, e.id DESC LIMIT ?", append(w.args, limit+1)...)
	if err != nil || len(out) <= limit {
		return out, account.RecordPage{}, err
	}
	out = out[:limit]
	last := out[limit-1]
	return out, account.RecordPage{At: last.At, ID: last.ID, Limit: limit}, nil
}

// Changes reads the numbered changes after the number after, in their order.
func (db *DB) Changes(ctx context.Context, after int64, limit int) (out []journal.Change, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		return tx.each(ctx, func(s scanner) error {
			var c journal.Change
			if err := s.Scan(&c.ID, &c.Seq, &c.At, &c.Kind, &c.Of); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		}, `SELECT id, seq, at, kind, thing_id FROM change WHERE seq > 0 AND seq > ? ORDER BY seq LIMIT ?`, after, limit)
	})
	return out, err
}

// LastChange is the number of the last numbered change, 0 if there is none.
func (db *DB) LastChange(ctx context.Context) (seq int64, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		_, err := tx.one(ctx, []any{&seq}, lastNumber("change"))
		return err
	})
	return seq, err
}

// lastNumber selects the last number of a table, 0 if it has none.
func lastNumber(table string) string {
	return "SELECT coalesce(max(seq), 0) FROM " + table + " WHERE seq > 0"
}
