package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/pgtest"
	"datai/journal"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func openBoth(t *testing.T, test func(t *testing.T, db *DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, openOne(t, Config{Path: filepath.Join(t.TempDir(), "datai.db")})) })
	t.Run("postgres", func(t *testing.T) { test(t, openOne(t, Config{URL: pgtest.URL(t)})) })
}

func openOne(t *testing.T, c Config) *DB {
	t.Helper()
	c.Key, c.Now, c.Rand, c.Logger = [32]byte{1}, time.Now, rand.Reader, slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newAccount(t *testing.T, name string) account.Account {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return account.Account{ID: id, Name: name, Version: 1}
}

func accounts(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *Tx) error {
		_, err := tx.one(t.Context(), []any{&n}, `SELECT count(*) FROM account`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFunctionRunsAgain loses the race at every place where it can be lost; a
// lost run leaves no trace, neither a row nor a change told.
func TestFunctionRunsAgain(t *testing.T) {
	openBoth(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		told := 0
		db.OnCommit(func(_ context.Context, c []journal.Change) { told += len(c) })
		runs := 0
		a := newAccount(t, "a")
		write := func(lose int) error {
			runs = 0
			return db.Write(ctx, func(tx *Tx) error {
				if runs++; runs <= lose {
					if err := tx.AddAccount(ctx, a); err != nil {
						return err
					}
					if err := tx.changed(ctx, "person", a.ID); err != nil {
						return err
					}
					return tx.fail("lose", errSerialise)
				}
				if err := tx.changed(ctx, "person", a.ID); err != nil {
					return err
				}
				return tx.AddAccount(ctx, a)
			})
		}
		err := write(attempts)
		if catalog.CodeOf(err) != catalog.Unavailable || runs != attempts || told != 0 || accounts(t, db) != 0 {
			t.Errorf("always losing: error %v after %d runs, %d changes told, %d accounts; want it given up after %d", err, runs, told, accounts(t, db), attempts)
		}
		if err := write(2); err != nil || runs != 3 || told != 1 || accounts(t, db) != 1 {
			t.Errorf("losing twice: error %v after %d runs, %d changes told, %d accounts; want the third to stand", err, runs, told, accounts(t, db))
		}
		refusal := catalog.Refuse(catalog.Invalid, "no")
		runs = 0
		if err := db.Write(ctx, func(*Tx) error { runs++; return refusal }); !errors.Is(err, refusal) || runs != 1 {
			t.Errorf("a refusal: error %v after %d runs, want it after one", err, runs)
		}
	})
}

// TestServerDropsIdleConnections ends every connection of the pool; the next
// read and the next write use new ones.
func TestServerDropsIdleConnections(t *testing.T) {
	url := pgtest.URL(t)
	db := openOne(t, Config{URL: url})
	operator, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	ctx := t.Context()
	for name, use := range map[string]func() error{
		"write": func() error {
			return db.Write(ctx, func(tx *Tx) error { return tx.AddAccount(ctx, newAccount(t, rand.Text())) })
		},
		"read": func() error { return db.Read(ctx, func(*Tx) error { return nil }) },
	} {
		var ended int
		if err := operator.QueryRowContext(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&ended); err != nil || ended == 0 {
			t.Fatalf("ended %d connections, %v", ended, err)
		}
		if err := use(); err != nil {
			t.Errorf("%s after the connections were dropped: %v", name, err)
		}
	}
}

// TestNothingAfterTheTransactionIsGone: SQLite itself rolls back when the disk
// is full, for one, and takes later statements each for itself.
func TestNothingAfterTheTransactionIsGone(t *testing.T) {
	openBoth(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		full := errors.New("disk full")
		err := db.Write(ctx, func(tx *Tx) error {
			if err := tx.AddAccount(ctx, newAccount(t, "before")); err != nil {
				return err
			}
			if _, err := tx.sql.ExecContext(ctx, "ROLLBACK"); err != nil {
				return err
			}
			_ = tx.fail("write", full)
			_ = tx.AddAccount(ctx, newAccount(t, "after"))
			return nil
		})
		if !errors.Is(err, full) || accounts(t, db) != 0 {
			t.Errorf("error %v, %d accounts; want the disk's and none", err, accounts(t, db))
		}
	})
}

// TestNodeWaitsForSchema holds the lock of the schema, as a node does that
// migrates.
func TestNodeWaitsForSchema(t *testing.T) {
	ctx, url := t.Context(), pgtest.URL(t)
	other, err := openPostgres(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	unlock, err := postgresDriver{}.lockSchema(ctx, other)
	if err != nil {
		t.Fatal(err)
	}
	watch, stop := context.WithCancel(ctx)
	waited := make(chan bool, 1)
	go func() {
		waited <- somebodyWaits(watch, other)
		unlock()
	}()
	openOne(t, Config{URL: url})
	stop()
	if !<-waited {
		t.Error("a node did not wait")
	}
}

// somebodyWaits reports, until ctx ends, that somebody waits for an advisory
// lock of the database.
func somebodyWaits(ctx context.Context, db *sql.DB) (waits bool) {
	for !waits && pause(ctx, 10*time.Millisecond) == nil {
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits)
		if err != nil {
			return false
		}
	}
	return waits
}

// TestBusyFile shows that a writer waits for another program and then says
// that the database is busy.
func TestBusyFile(t *testing.T) {
	db := openOne(t, Config{Path: filepath.Join(t.TempDir(), "datai.db")})
	ctx := t.Context()
	var file string
	if err := db.writer.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	other, err := openPool(file, 1, "busy_timeout(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held, err := other.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	if _, err := db.writer.ExecContext(ctx, `PRAGMA busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = db.Write(ctx, func(*Tx) error { runs++; return nil })
	if catalog.CodeOf(err) != catalog.Unavailable || !errors.Is(err, errBusy) || runs != 0 {
		t.Errorf("error %v after %d runs, want that the database is busy", err, runs)
	}
}

func TestSQLitePragmas(t *testing.T) {
	db := openOne(t, Config{Path: filepath.Join(t.TempDir(), "datai.db")})
	get := func(pragma string, writer bool) (value string) {
		t.Helper()
		pool := db.reader
		if writer {
			pool = db.writer
		}
		if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	for _, c := range []struct {
		pragma string
		writer bool
		want   string
	}{
		{"journal_mode", true, "wal"}, {"journal_mode", false, "wal"}, {"synchronous", true, "2"}, // FULL
		{"foreign_keys", true, "1"}, {"busy_timeout", true, "5000"}, {"busy_timeout", false, "5000"},
		{"query_only", true, "0"}, {"query_only", false, "1"},
	} {
		if got := get(c.pragma, c.writer); got != c.want {
			t.Errorf("%s of the writer %v is %s, want %s", c.pragma, c.writer, got, c.want)
		}
	}
}

func TestRebind(t *testing.T) {
	if got := (postgresDriver{}).rebind("a = ? AND b IN (?, ?)"); got != "a = $1 AND b IN ($2, $3)" {
		t.Error(got)
	}
}

func TestBoundKey(t *testing.T) {
	if boundKey("id:7") != "id:7" {
		t.Error("a short key changed")
	}
	rapid.Check(t, func(t *rapid.T) {
		a := strings.Repeat(rapid.StringN(1, 3, -1).Draw(t, "a"), rapid.IntRange(1, 400).Draw(t, "times"))
		b := a + rapid.SampledFrom([]string{"", "x", "文"}).Draw(t, "tail")
		if len(boundKey(a)) > maxKey || (boundKey(a) == boundKey(b)) != (a == b) {
			t.Fatalf("keys of %q and %q: %q and %q", a, b, boundKey(a), boundKey(b))
		}
		if s := sortKey(a); len(s) > maxSortKey || strings.ToValidUTF8(s, "") != s {
			t.Fatalf("sort key of %q: %q", a, s)
		}
	})
}

func TestSeal(t *testing.T) {
	s, err := newSeal([32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	sealed := s.close([]byte("13912345678"), id)
	if text, err := s.open(sealed, id); err != nil || string(text) != "13912345678" {
		t.Errorf("opened %q, %v", text, err)
	}
	if bytes.Equal(sealed, s.close([]byte("13912345678"), id)) {
		t.Error("sealed alike twice")
	}
	if _, err := s.open(sealed, uuid.New()); err == nil {
		t.Error("opened for another row")
	}
	for i := range sealed { // one flipped bit anywhere, one byte cut off anywhere
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := s.open(bad, id); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		if _, err := s.open(sealed[:i], id); err == nil {
			t.Errorf("opened with %d bytes", i)
		}
	}
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		if err := pause(ctx, time.Hour); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("paused %v, %v; want an hour", time.Since(begin), err)
		}
		cancel()
		if err := pause(ctx, time.Hour); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Hour {
			t.Errorf("paused %v, %v; want to end at once", time.Since(begin), err)
		}
	})
}

// TestAnnouncedWaitsForHooks that were under way, and keeps nobody from writing.
func TestAnnouncedWaitsForHooks(t *testing.T) {
	openBoth(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		entered, release, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		db.OnCommit(func(context.Context, []journal.Change) {
			if first.CompareAndSwap(false, true) {
				close(entered)
				<-release
			}
		})
		add := func(name string) error {
			a := newAccount(t, name)
			return db.Write(ctx, func(tx *Tx) error { return tx.changed(ctx, "person", a.ID) })
		}
		go func() { defer close(left); _ = add("a") }()
		<-entered
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := db.Announced(gone); err == nil {
			t.Error("a hook is still under way")
		}
		announced := make(chan error)
		go func() { announced <- db.Announced(ctx) }()
		if err := add("b"); err != nil { // does not wait for the hook of the other
			t.Fatal(err)
		}
		select {
		case err := <-announced:
			t.Fatalf("Announced did not wait for the hook, after an earlier caller had asked: %v", err)
		default:
		}
		close(release)
		<-left
		if err := <-announced; err != nil {
			t.Error(err)
		}
	})
}
