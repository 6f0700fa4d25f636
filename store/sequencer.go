package store

import (
	"context"
	"errors"
	"time"

	"datai/account"
)

const (
	// gather is how long the sequencer lets work pile up before it numbers it.
	gather = 200 * time.Millisecond
	// look is how often it looks without having been woken: another node may
	// have ended between its commit and the numbering.
	look = time.Second
	// numberTogether bounds the rows of one transaction, so that a large
	// import does not keep others from writing.
	numberTogether = 2000
	// sweepEvery is how often what has lapsed is deleted.
	sweepEvery = 10 * time.Minute
	// linksKept is how long a link that nobody can use any more is kept.
	linksKept = 24 * time.Hour
)

// nudge tells the sequencer that something waits for it. It never blocks.
func (db *DB) nudge() {
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// sequence numbers what waits until ctx ends.
func (db *DB) sequence(ctx context.Context) {
	for {
		wait, cancel := context.WithTimeout(ctx, look)
		select {
		case <-db.wake:
			_ = pause(ctx, gather) // an end is seen below
		case <-wait.Done():
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err := db.Sequence(ctx); err != nil && ctx.Err() == nil {
			db.log.Warn("numbering of entries and changes is late", "err", err)
		}
	}
}

// Sequence numbers every entry and change that is committed and has no number
// yet, without a gap, in the order of time and id within what it finds, and takes
// what is numbered into the tree. The sequencer calls it; call it to have
// everything numbered now. A tree that somebody damaged is logged and keeps
// nothing from being numbered.
func (db *DB) Sequence(ctx context.Context) error {
	if err := db.number(ctx); err != nil {
		return err
	}
	err := db.grow(ctx, false)
	if errors.Is(err, errTree) {
		if text := err.Error(); db.damage.Swap(&text) == nil {
			db.log.Error("the journal is sealed no more", "err", err)
		}
		return nil
	}
	if err == nil {
		db.damage.Store(nil)
	}
	return err
}

// number gives numbers to what has none.
func (db *DB) number(ctx context.Context) error {
	waits := false // a look is cheaper than a transaction that writes nothing
	err := db.Read(ctx, func(tx *Tx) error {
		_, err := tx.one(ctx, []any{&waits}, `SELECT CASE WHEN EXISTS (SELECT 1 FROM entry WHERE seq = 0)
			OR EXISTS (SELECT 1 FROM change WHERE seq = 0) THEN 1 ELSE 0 END`)
		return err
	})
	for waits && err == nil {
		if err = ctx.Err(); err != nil {
			break
		}
		err = db.Write(ctx, func(tx *Tx) error {
			if err := db.driver.lockSequence(ctx, tx); err != nil {
				return err
			}
			entries, _, err := tx.number(ctx, "entry")
			if err != nil {
				return err
			}
			changes, last, err := tx.number(ctx, "change")
			if err != nil {
				return err
			}
			waits = entries == numberTogether || changes == numberTogether
			if changes == 0 {
				return nil
			}
			return db.driver.notify(ctx, tx, last)
		})
	}
	return err
}

// number gives the next numbers to the first unnumbered rows of a table and
// returns how many it gave and the last one. The caller holds the lock of the
// sequence, so nobody else numbers between the two statements.
func (tx *Tx) number(ctx context.Context, table string) (given, last int64, err error) {
	if _, err := tx.one(ctx, []any{&last}, lastNumber(table)); err != nil {
		return 0, 0, err
	}
	given, err = tx.exec(ctx, "UPDATE "+table+" SET seq = n.seq FROM (SELECT id, ? + row_number() OVER (ORDER BY at, id) AS seq FROM "+
		table+" WHERE seq = 0 ORDER BY at, id LIMIT ?) AS n WHERE "+table+".id = n.id", last, numberTogether)
	return given, last + given, err
}

// sweep deletes expired sessions and links until ctx ends.
func (db *DB) sweep(ctx context.Context) {
	for pause(ctx, sweepEvery) == nil {
		if err := db.Sweep(ctx); err != nil && ctx.Err() == nil {
			db.log.Warn("expired sessions are not deleted", "err", err)
		}
	}
}

// Sweep deletes sessions, sign-ins and one-time links that have expired.
func (db *DB) Sweep(ctx context.Context) error {
	return db.Write(ctx, func(tx *Tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM session WHERE expires_at <= ?`, tx.at); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM sign_in WHERE created_at <= ?`, tx.at-account.SignInLife.Milliseconds()); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM link WHERE expires_at <= ?`, tx.at-linksKept.Milliseconds())
		return err
	})
}
