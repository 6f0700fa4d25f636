package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"datai/journal"
)

// lease is how long a leased message belongs to who leased it.
const lease = time.Minute

// EnqueueMessage adds a message that is to be sent once the unit of work
// stands. The payload is encrypted: it may hold an address or a number.
func (tx *Tx) EnqueueMessage(ctx context.Context, m journal.Message) error {
	_, err := tx.exec(ctx, `INSERT INTO outbox (id, kind, payload, due, attempts, lease_until) VALUES (?, ?, ?, ?, ?, 0)`,
		m.ID, m.Kind, tx.db.seal.close(m.Payload, m.ID), m.Due, m.Attempts)
	return err
}

// DueKinds are the kinds of messages of which one can be leased at the time now
// (unix ms).
func (db *DB) DueKinds(ctx context.Context, now int64) (kinds []string, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		kinds = kinds[:0]
		return tx.each(ctx, func(s scanner) error {
			var kind string
			err := s.Scan(&kind)
			kinds = append(kinds, kind)
			return err
		}, `SELECT DISTINCT kind FROM outbox WHERE due <= ? AND lease_until <= ? ORDER BY kind`, now, now)
	})
	return kinds, err
}

// LeaseMessages takes at most limit messages of a kind that are due at the time
// now (unix ms), the longest due first. Each belongs to the caller for a minute and
// counts one attempt; nobody else gets it until it is finished, put back or the
// minute is over.
func (db *DB) LeaseMessages(ctx context.Context, kind string, now int64, limit int) (out []journal.Message, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		out = out[:0]
		// The choice stands in a CTE that locks its rows, so that it is made
		// once and what another node has just taken is passed by.
		return tx.each(ctx, func(s scanner) error {
			var m journal.Message
			var sealed []byte
			if err := s.Scan(&m.ID, &m.Kind, &sealed, &m.Due, &m.Attempts); err != nil {
				return err
			}
			if m.Payload, err = db.seal.open(sealed, m.ID); err != nil {
				return err
			}
			out = append(out, m)
			return nil
		}, `WITH chosen AS MATERIALIZED (SELECT id FROM outbox WHERE kind = ? AND due <= ? AND lease_until <= ? ORDER BY due, id LIMIT ? `+
			db.driver.skipLocked()+`)
			UPDATE outbox SET lease_until = ?, attempts = attempts + 1 WHERE id IN (SELECT id FROM chosen)
			RETURNING id, kind, payload, due, attempts`, kind, now, now, limit, now+lease.Milliseconds())
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b journal.Message) int {
		if a.Due != b.Due {
			return int(min(1, max(-1, a.Due-b.Due)))
		}
		return strings.Compare(string(a.ID[:]), string(b.ID[:]))
	})
	return out, nil
}

// FinishMessage forgets a message that was sent or given up. Conflict if the
// lease ran out and somebody else has it now.
func (db *DB) FinishMessage(ctx context.Context, m journal.Message) error {
	return db.Write(ctx, func(tx *Tx) error { return tx.EndMessage(ctx, m) })
}

// EndMessage is FinishMessage within a unit of work.
func (tx *Tx) EndMessage(ctx context.Context, m journal.Message) error {
	return only(tx.exec(ctx, `DELETE FROM outbox WHERE id = ? AND attempts = ?`, m.ID, m.Attempts))
}

// RetryMessage puts a leased message back until due (unix ms). Conflict if the
// lease ran out and somebody else has it now.
func (db *DB) RetryMessage(ctx context.Context, m journal.Message, due int64) error {
	return db.Write(ctx, func(tx *Tx) error {
		return only(tx.exec(ctx, `UPDATE outbox SET due = ?, lease_until = 0 WHERE id = ? AND attempts = ?`, due, m.ID, m.Attempts))
	})
}

// only says Conflict unless a statement touched one row.
func only(touched int64, err error) error {
	if err == nil && touched != 1 {
		return conflict()
	}
	return err
}

// Waiting is how many messages wait to be sent.
func (db *DB) Waiting(ctx context.Context) (n int64, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		_, err := tx.one(ctx, []any{&n}, `SELECT count(*) FROM outbox`)
		return err
	})
	return n, err
}
