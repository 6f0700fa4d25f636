package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
)

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	first, second := open(t, URL(t)), open(t, URL(t))
	if _, err := first.ExecContext(t.Context(), `CREATE TABLE mine (id int)`); err != nil {
		t.Fatal(err)
	}
	var tables int
	err := second.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_tables WHERE tablename = 'mine'`).Scan(&tables)
	if err != nil || tables != 0 {
		t.Fatalf("the other database has %d tables of that name (error %v), want 0", tables, err)
	}
}

func TestDatabaseIsDroppedWithConnectionsOpen(t *testing.T) {
	var dsn string
	t.Run("user", func(t *testing.T) {
		dsn = URL(t)
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Conn(context.WithoutCancel(t.Context())); err != nil { // never given back
			t.Fatal(err)
		}
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	var left int
	err = open(t, os.Getenv(Env)).QueryRowContext(t.Context(),
		`SELECT count(*) FROM pg_database WHERE datname = $1`, strings.TrimPrefix(u.Path, "/")).Scan(&left)
	if err != nil || left != 0 {
		t.Fatalf("%d databases of that name are left (error %v), want 0", left, err)
	}
}

// failing records the message of Fatalf and ends the goroutine by a panic, as
// the test that it stands for must not go on.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

func TestMissingServerSaysWhatToDo(t *testing.T) {
	for _, c := range []struct{ server, want string }{
		{"", "make test"},
		{"localhost:5432", "postgres://role:password@host:port/database"},
	} {
		t.Setenv(Env, c.server)
		f := &failing{TB: t}
		func() {
			defer func() { _ = recover() }()
			URL(f)
		}()
		if !strings.Contains(f.message, c.want) {
			t.Errorf("%s=%q: the message %q does not say %q", Env, c.server, f.message, c.want)
		}
	}
}
