package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteReaders is how many snapshots may be read at once.
const sqliteReaders = 8

// openSQLite opens the file with one connection that writes and several that
// only read. The folder is made if it is not there; the file is for its owner
// alone, and so are the log and the index that SQLite puts beside it.
func openSQLite(ctx context.Context, path string) (writer, reader *sql.DB, err error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, nil, errors.New("store: SQLite needs the path of a file")
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	// The driver runs busy_timeout before the other pragmas whatever their order.
	writer, err = openPool(path, 1, "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"journal_size_limit(67108864)", "cache_size(-65536)")
	if err != nil {
		return nil, nil, err
	}
	if err := writer.PingContext(ctx); err != nil { // the log must be there before somebody reads
		return nil, nil, errors.Join(fmt.Errorf("store: open %s: %w", path, err), writer.Close())
	}
	reader, err = openPool(path, sqliteReaders, "busy_timeout(5000)", "foreign_keys(ON)", "query_only(ON)", "cache_size(-16384)")
	if err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	return writer, reader, nil
}

func openPool(path string, size int, pragmas ...string) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_txlock": {"immediate"}, "_pragma": pragmas}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", path, err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

type sqliteDriver struct{}

func (sqliteDriver) name() string           { return "sqlite" }
func (sqliteDriver) dialect() goose.Dialect { return goose.DialectSQLite3 }

// lockSchema needs no lock: one process has the file, and migrations write
// through its one connection.
func (sqliteDriver) lockSchema(context.Context, *sql.DB) (func(), error) { return func() {}, nil }

func (sqliteDriver) rebind(query string) string { return query }

// lockSequence needs no lock: a transaction that writes has the file alone.
func (sqliteDriver) lockSequence(context.Context, *Tx) error { return nil }

func (sqliteDriver) notify(context.Context, *Tx, int64) error { return nil }

// readOptions: a transaction that only reads begins without a lock and keeps
// the snapshot of its first statement.
func (sqliteDriver) readOptions() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (sqliteDriver) anyText() string { return `IN (SELECT value FROM json_each(?))` }
func (sqliteDriver) anyID() string   { return `IN (SELECT unhex(value) FROM json_each(?))` }
func (sqliteDriver) skipLocked() string {
	return "" // nobody else writes
}

func (sqliteDriver) bind(arg any) (any, error) {
	switch a := arg.(type) {
	case uuid.UUID:
		return a[:], nil
	case []uuid.UUID:
		list := make([]string, len(a))
		for i := range a {
			list[i] = hex.EncodeToString(a[i][:])
		}
		return jsonText(list)
	case []string:
		return jsonText(a)
	}
	return arg, nil
}

func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func (sqliteDriver) sentinel(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errForeignKey
	}
	if e.Code() == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_WRITE { // the latter: a quota, a limit of file sizes
		return errFull
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errBusy
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return errUnreachable
	}
	return nil
}
