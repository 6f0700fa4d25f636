package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/journal"
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
	err = db.Read(ctx, func(tx *Tx) error {
		return tx.each(ctx, func(s scanner) error {
			var e journal.Entry
			var body string
			var salt []byte
			if err := s.Scan(&e.ID, &e.Seq, &e.At, &e.Actor, &e.Role, &e.Verb, &e.Kind, &e.Subject, &body, &salt); err != nil {
				return err
			}
			copy(e.Salt[:], salt)
			if err := json.Unmarshal([]byte(body), &e.Body); err != nil {
				return fmt.Errorf("store: entry %s: %w", e.ID, err)
			}
			out = append(out, e)
			return nil
		}, `SELECT id, seq, at, actor, role, verb, kind, subject, body, salt FROM entry WHERE seq > 0 AND seq > ? ORDER BY seq LIMIT ?`, after, limit)
	})
	return out, err
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
