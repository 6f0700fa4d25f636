package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/internal/pgtest"
	"datai/store"
)

// A blank database has the schema and is nobody's: who opens it first gives it
// its id and key. Copying one saves each test the migrations, which take longer
// than most tests.

// SQLite opens an empty SQLite database in a folder of the test.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	c := SQLiteConfig(t)
	Blank(t, c.Path)
	return Start(t, c)
}

// Blank writes a blank SQLite database to a file.
func Blank(t testing.TB, path string) {
	t.Helper()
	content, err := blankSQLite()
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var blankSQLite = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "datai-blank-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "blank.db")
	c := store.Config{Path: path, Key: [32]byte{1}, Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)}
	if err := leaveBlank(context.Background(), c, "sqlite", "file:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Postgres makes a blank database on the server of the tests, which ends with t,
// and opens copies of it.
func Postgres(t testing.TB) Open {
	t.Helper()
	c := PostgresConfig(t)
	if err := leaveBlank(t.Context(), c, "pgx", c.URL); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB) *store.DB {
		t.Helper()
		own := config(t)
		own.URL = pgtest.Copy(t, strings.TrimPrefix(u.Path, "/"))
		return Start(t, own)
	}
}

// leaveBlank makes the database of c and closes it.
func leaveBlank(ctx context.Context, c store.Config, driver, dsn string) error {
	db, err := store.Open(ctx, c)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	_, err = raw.ExecContext(ctx, `DELETE FROM meta`)
	return errors.Join(err, raw.Close())
}
