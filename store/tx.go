package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"datai/journal"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
)

// driver is what differs between the two databases.
type driver interface {
	name() string
	dialect() goose.Dialect
	// lockSchema keeps other nodes from migrating until the returned function
	// is called.
	lockSchema(ctx context.Context, db *sql.DB) (unlock func(), err error)
	rebind(query string) string
	// bind turns an argument into what the driver takes.
	bind(arg any) (any, error)
	// sentinel is what the driver's error means, nil if nothing in particular.
	sentinel(err error) error
	readOptions() *sql.TxOptions
	// anyText and anyID are "is one of", for an argument []string and
	// []uuid.UUID.
	anyText() string
	anyID() string
	// skipLocked makes a SELECT lock its rows and pass by those that are.
	skipLocked() string
	lockSequence(ctx context.Context, tx *Tx) error
	notify(ctx context.Context, tx *Tx, seq int64) error
	// columns is a query for table, column, type and place in the primary key
	// (0: none) of all columns, sorted by the bytes of table and column.
	columns() string
	about(ctx context.Context, tx *Tx, a *About) error
	// integrity adds to a tally what is wrong with the file and with parents.
	integrity(ctx context.Context, tx *Tx, t *Tally) error
	// deferForeignKeys leaves them unchecked until check is called or the
	// transaction ends.
	deferForeignKeys(ctx context.Context, tx *Tx) (check func() error, err error)
}

// How a unit of work is bounded. The limit is for a database that hangs; the
// largest import takes a small part of it.
const (
	writeLimit = 15 * time.Minute
	attempts   = 5
	backoff    = 20 * time.Millisecond // longer with each attempt
)

// Tx is one transaction. It implements the Tx of every capability. It is for
// one goroutine and ends with the function it was handed to.
type Tx struct {
	db      *DB
	sql     *sql.Tx
	own     context.Context // of the unit of work, nil when only reading
	at      int64           // unix ms, equal in every attempt
	begun   time.Time       // when its turn came
	changes []journal.Change
	waiting bool  // left something for the sequencer
	failed  error // the first statement that failed: nothing is committed after it
}

// Write runs fn as one unit of work: all of it stands when Write returns nil,
// nothing of it when Write returns an error, except that the outcome is open
// when the connection broke during the commit (code unavailable). fn may run
// again after a lost race, so it must not act on anything but its Tx and must
// set what it leaves behind anew each time.
//
// A caller that goes away while it waits for its turn changes nothing; once
// begun, the unit of work runs to its end under a limit of its own.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer db.begun()()
	began := time.Now()
	at := db.now().UnixMilli()
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	for n := 1; ; n++ {
		tx := &Tx{db: db, own: own, at: at}
		err := db.attempt(ctx, tx, fn)
		if err == nil {
			if tx.waiting {
				db.nudge()
			}
			if db.told != nil {
				db.told(tx.begun.Sub(began), time.Since(began))
			}
			db.announce(context.WithoutCancel(ctx), tx.changes)
			return nil
		}
		if n == attempts || !transient(tx.failed) {
			return err
		}
		if waitErr := pause(ctx, time.Duration(n)*backoff); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
}

// attempt runs fn once in a transaction and commits it.
func (db *DB) attempt(ctx context.Context, tx *Tx, fn func(*Tx) error) error {
	conn, err := db.writer.Conn(ctx) // the queue for the writer, where a caller may still leave
	if err != nil {
		return tx.fail("connect", err)
	}
	defer conn.Close()
	tx.sql, err = conn.BeginTx(tx.own, nil)
	if err != nil {
		return tx.fail("begin", db.notBegun(err))
	}
	defer tx.sql.Rollback()
	tx.begun = time.Now()
	if err := fn(tx); err != nil {
		return err
	}
	if tx.failed != nil { // fn went on after a failed statement
		return tx.failed
	}
	if err := tx.sql.Commit(); err != nil {
		return tx.fail("commit", err)
	}
	return nil
}

// notBegun marks an error of a connection that broke while it was idle as one
// after which another may be tried: nothing was done yet.
func (db *DB) notBegun(err error) error {
	if errors.Is(err, sqldriver.ErrBadConn) || errors.Is(db.driver.sentinel(err), errUnreachable) {
		return fmt.Errorf("%w: %w", errBusy, err)
	}
	return err
}

// Read runs fn on one snapshot of the database, in which nothing can be
// written. fn runs once.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	for n := 1; ; n++ {
		t, err := db.reader.BeginTx(ctx, db.driver.readOptions())
		if err == nil {
			defer t.Rollback()
			return fn(&Tx{db: db, sql: t})
		}
		err = db.explain("begin", db.notBegun(err))
		if n == attempts || !transient(err) {
			return err
		}
		if waitErr := pause(ctx, time.Duration(n)*backoff); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Adapter gives a capability the store as its own Tx.
type Adapter[T any] struct{ db *DB }

// For adapts db to a capability whose Tx is T. It panics if *Tx does not
// implement T, which is a mistake in the wiring.
func For[T any](db *DB) Adapter[T] {
	_ = any((*Tx)(nil)).(T)
	return Adapter[T]{db}
}

// Write is DB.Write.
func (a Adapter[T]) Write(ctx context.Context, fn func(T) error) error {
	return a.db.Write(ctx, func(tx *Tx) error { return fn(any(tx).(T)) })
}

// Read is DB.Read.
func (a Adapter[T]) Read(ctx context.Context, fn func(T) error) error {
	return a.db.Read(ctx, func(tx *Tx) error { return fn(any(tx).(T)) })
}

// fail explains an error and remembers the first one. A failed statement ends
// the transaction in PostgreSQL; in SQLite it may have rolled it back, after
// which later statements would stand alone. So nothing more is done after it.
func (tx *Tx) fail(doing string, err error) error {
	err = tx.db.explain(doing, err)
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// context is under which a statement runs: a unit of work does not end with its
// caller.
func (tx *Tx) context(ctx context.Context) context.Context {
	if tx.own != nil {
		return tx.own
	}
	return ctx
}

func (tx *Tx) ready(query string, args []any) (string, []any, error) {
	if tx.failed != nil {
		return "", nil, tx.failed
	}
	bound := make([]any, len(args))
	for i, a := range args {
		v, err := tx.db.argument(a)
		if err != nil {
			return "", nil, tx.fail(doing(query), err)
		}
		bound[i] = v
	}
	return tx.db.rebound(query), bound, nil
}

// argument refuses text that PostgreSQL would refuse, in both databases.
func (db *DB) argument(a any) (any, error) {
	switch v := a.(type) {
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case string:
		if strings.IndexByte(v, 0) >= 0 || !utf8.ValidString(v) {
			return nil, errText
		}
	}
	return db.driver.bind(a)
}

func (db *DB) rebound(query string) string {
	if q, ok := db.bound.Load(query); ok {
		return q.(string)
	}
	q := db.driver.rebind(query)
	db.bound.Store(query, q)
	return q
}

// doing is the beginning of a query, for the log.
func doing(query string) string {
	words := strings.Fields(query)
	return strings.Join(words[:min(4, len(words))], " ")
}

// exec runs a statement and returns how many rows it touched.
func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	q, bound, err := tx.ready(query, args)
	if err != nil {
		return 0, err
	}
	res, err := tx.sql.ExecContext(tx.context(ctx), q, bound...)
	if err != nil {
		return 0, tx.fail(doing(query), err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, tx.fail(doing(query), err)
	}
	return n, nil
}

// scanner is a row to be read.
type scanner interface{ Scan(dest ...any) error }

// ids are the ids that a query returns, one a row.
func (tx *Tx) ids(ctx context.Context, query string, args ...any) (out []uuid.UUID, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		err := s.Scan(&id)
		out = append(out, id)
		return err
	}, query, args...)
	return out, err
}

// each calls fn for every row of a query, streaming. fn may not use tx: in
// PostgreSQL the connection is busy with the rows.
func (tx *Tx) each(ctx context.Context, fn func(scanner) error, query string, args ...any) error {
	q, bound, err := tx.ready(query, args)
	if err != nil {
		return err
	}
	rows, err := tx.sql.QueryContext(tx.context(ctx), q, bound...)
	if err != nil {
		return tx.fail(doing(query), err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return tx.fail(doing(query), err)
	}
	return nil
}

// one reads at most one row; ok is false if there is none.
func (tx *Tx) one(ctx context.Context, dest []any, query string, args ...any) (ok bool, err error) {
	err = tx.each(ctx, func(s scanner) error {
		ok = true
		return s.Scan(dest...)
	}, query, args...)
	return ok, err
}

// insert writes rows of width values each, many a statement; into is "table (a, b, c)".
func (tx *Tx) insert(ctx context.Context, into string, width int, values []any) error {
	const together = 2000 // parameters; SQLite takes 32,766, PostgreSQL 65,535
	perRow := "(?" + strings.Repeat(", ?", width-1) + ")"
	for step := max(1, together/width) * width; len(values) > 0; {
		part := values[:min(step, len(values))]
		values = values[len(part):]
		query := "INSERT INTO " + into + " VALUES " + perRow + strings.Repeat(", "+perRow, len(part)/width-1)
		if _, err := tx.exec(ctx, query, part...); err != nil {
			return err
		}
	}
	return nil
}

// changed records that a thing changed.
func (tx *Tx) changed(ctx context.Context, kind string, of uuid.UUID) error {
	id, err := tx.db.newID()
	if err != nil {
		return err
	}
	c := journal.Change{ID: id, At: tx.at, Kind: kind, Of: of}
	tx.waiting = true
	tx.changes = append(tx.changes, c)
	_, err = tx.exec(ctx, `INSERT INTO change (id, at, kind, thing_id) VALUES (?, ?, ?, ?)`, c.ID, c.At, c.Kind, c.Of)
	return err
}
