// Package store keeps everything in SQLite or in PostgreSQL, with one
// behaviour. It implements the Tx of every capability on one type, runs each
// unit of work in one transaction, numbers what happened and tells the process
// what changed. No *sql.Tx leaves it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"datai/journal"

	"github.com/google/uuid"
)

// Config says where the database is and what the store works with.
type Config struct {
	// URL is empty for SQLite in the file Path, "sqlite:FILE" for another
	// file, or postgres://user:password@host:port/database.
	URL  string
	Path string
	// Key encrypts contacts and other personal data (AES-256-GCM). A database
	// opens only with the key with which it was made.
	Key    [32]byte
	Now    func() time.Time
	Rand   io.Reader // cryptographically strong; reads are made one at a time
	Logger *slog.Logger
	// Written, which may be nil, learns of every unit of work how long it
	// waited for its turn and how long it took in all.
	Written func(waited, took time.Duration)
}

// DB is an open database. It is also the store of sign-in sessions
// (scs.CtxStore).
type DB struct {
	driver driver
	writer *sql.DB // SQLite: one connection
	reader *sql.DB // PostgreSQL: the same pool as writer
	seal   *seal
	now    func() time.Time
	rand   io.Reader
	log    *slog.Logger
	told   func(waited, took time.Duration)
	bound  sync.Map // a query as written to the query as the driver wants it

	id    uuid.UUID
	epoch int64

	hooksMu sync.RWMutex
	hooks   []func(context.Context, []journal.Change)

	underwayMu sync.Mutex
	underway   *sync.WaitGroup // units of work that began since Announced was last called

	wake   chan struct{}          // holds one token when something waits for the sequencer
	damage atomic.Pointer[string] // what is wrong with the tree, once it was logged
	stop   context.CancelFunc
	ended  sync.WaitGroup
	once   sync.Once
	close  error
}

// Open opens the database, brings its schema up to date and starts the
// sequencer. Close ends all of it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Key == [32]byte{} {
		return nil, errors.New("store: Config.Key is empty; give 32 random bytes that stay the same for this database")
	}
	if c.Now == nil || c.Rand == nil || c.Logger == nil {
		return nil, errors.New("store: Config needs Now, Rand and Logger")
	}
	db := &DB{now: c.Now, rand: &lockedReader{from: c.Rand}, log: c.Logger, told: c.Written, wake: make(chan struct{}, 1), underway: new(sync.WaitGroup)}
	var err error
	if db.seal, err = newSeal(c.Key); err != nil {
		return nil, err
	}
	if err := db.connect(ctx, c); err != nil {
		return nil, err
	}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.closePools())
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	db.stop = stop
	db.ended.Go(func() { db.sequence(run) })
	db.ended.Go(func() { db.sweep(run) })
	db.nudge() // what a process that was killed left unnumbered
	return db, nil
}

func (db *DB) connect(ctx context.Context, c Config) (err error) {
	scheme, rest, _ := strings.Cut(c.URL, ":")
	switch {
	case c.URL == "":
		db.driver = sqliteDriver{}
		db.writer, db.reader, err = openSQLite(ctx, c.Path)
	case scheme == "sqlite":
		db.driver = sqliteDriver{}
		db.writer, db.reader, err = openSQLite(ctx, rest)
	case scheme == "postgres" || scheme == "postgresql":
		db.driver = postgresDriver{}
		db.writer, err = openPostgres(ctx, c.URL)
		db.reader = db.writer
	default:
		// The URL itself may hold a password and is not repeated.
		err = errors.New("store: a database URL begins with postgres:// or with sqlite: and a file")
	}
	return err
}

// prepare migrates and learns who this database is.
func (db *DB) prepare(ctx context.Context) error {
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if err := db.introduce(ctx); err != nil {
		return err
	}
	return db.fingerprint(ctx)
}

// Close stops the sequencer and closes the database. It may be called again.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.stop()
		db.ended.Wait()
		db.close = db.closePools()
	})
	return db.close
}

// closePools closes the readers first: the last connection of SQLite moves the
// log into the database file, which a reader may not.
func (db *DB) closePools() error {
	var err error
	if db.reader != db.writer {
		err = db.reader.Close()
	}
	return errors.Join(err, db.writer.Close())
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.reader.PingContext(ctx); err != nil {
		return db.explain("ping", err)
	}
	return nil
}

// Identity is the id of the database and its epoch, which a restore raises: a
// copy that names another pair is of no use.
func (db *DB) Identity(context.Context) (id uuid.UUID, epoch int64, err error) {
	return db.id, db.epoch, nil
}

// OnCommit adds a hook that is called with the changes of every unit of work
// that changed something, after its commit and before Write returns. Hooks are
// called from the goroutine of the writer, so several may run at once; each
// sees a database in which its changes stand.
func (db *DB) OnCommit(hook func(ctx context.Context, changes []journal.Change)) {
	db.hooksMu.Lock()
	defer db.hooksMu.Unlock()
	db.hooks = append(db.hooks, hook)
}

// heard reports whether anybody wants to know of changes.
func (db *DB) heard() bool {
	db.hooksMu.RLock()
	defer db.hooksMu.RUnlock()
	return len(db.hooks) > 0
}

func (db *DB) announce(ctx context.Context, changes []journal.Change) {
	if len(changes) == 0 {
		return
	}
	db.hooksMu.RLock()
	hooks := db.hooks[:len(db.hooks):len(db.hooks)]
	db.hooksMu.RUnlock()
	for _, hook := range hooks {
		hook(ctx, changes)
	}
}

// begun counts a unit of work as under way until the returned function is
// called.
func (db *DB) begun() (ended func()) {
	db.underwayMu.Lock()
	defer db.underwayMu.Unlock()
	w := db.underway
	w.Add(1)
	return w.Done
}

// Announced waits until the hooks have returned for everything that this
// process had committed when it was called. Those that write meanwhile do not
// wait for it.
func (db *DB) Announced(ctx context.Context) error {
	db.underwayMu.Lock()
	before, since := db.underway, new(sync.WaitGroup)
	since.Add(1) // whoever asks next waits for these as well, even if this caller leaves
	db.underway = since
	db.underwayMu.Unlock()
	done := make(chan struct{})
	go func() {
		before.Wait()
		since.Done()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newID makes a UUIDv7.
func (db *DB) newID() (uuid.UUID, error) {
	id, err := uuid.NewV7FromReader(db.rand)
	if err != nil {
		return id, fmt.Errorf("store: new id: %w", err)
	}
	return id, nil
}

// lockedReader lets several goroutines read from one source.
type lockedReader struct {
	mu   sync.Mutex
	from io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return io.ReadFull(r.from, p)
}
