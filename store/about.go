package store

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// About is what a database says of itself.
type About struct {
	Version    string // of the database program
	Encoding   string // of texts
	Collation  string // of the database; every text that is compared has one of its own
	Durable    bool   // what is acknowledged is on the disk
	Durability string // the settings that this depends on
	Schema     int64  // the last migration
	Known      int64  // the last migration that this program knows
	Clock      int64  // unix ms
	Unnumbered int64  // entries and changes that wait for the sequencer
}

// About asks the database.
func (db *DB) About(ctx context.Context) (a About, err error) {
	names, err := fs.Glob(migrations, "migrations/"+db.driver.name()+"/*.sql")
	if err != nil {
		return a, fmt.Errorf("store: %w", err)
	}
	for _, name := range names {
		number, _, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return a, fmt.Errorf("store: %s: %w", name, err)
		}
		a.Known = max(a.Known, n)
	}
	err = db.Read(ctx, func(tx *Tx) error {
		if err := db.driver.about(ctx, tx, &a); err != nil {
			return err
		}
		if a.Schema, err = tx.Schema(ctx); err != nil {
			return err
		}
		_, err = tx.one(ctx, []any{&a.Unnumbered}, `SELECT (SELECT count(*) FROM entry WHERE seq = 0) + (SELECT count(*) FROM change WHERE seq = 0)`)
		return err
	})
	return a, err
}

// about: what the writer is set to is in its DSN; here stands what the file says.
func (sqliteDriver) about(ctx context.Context, tx *Tx, a *About) error {
	var journal string
	var sync int
	_, err := tx.one(ctx, []any{&a.Version, &a.Encoding, &journal, &a.Clock}, `SELECT 'SQLite ' || sqlite_version(),
		(SELECT encoding FROM pragma_encoding), (SELECT journal_mode FROM pragma_journal_mode),
		CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`)
	if err != nil {
		return err
	}
	if err := tx.db.writer.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(&sync); err != nil {
		return tx.db.explain("pragma synchronous", err)
	}
	const full = 2
	a.Collation, a.Durable = "BINARY", sync >= full && journal == "wal"
	a.Durability = fmt.Sprintf("journal_mode=%s synchronous=%d", journal, sync)
	return nil
}

func (postgresDriver) about(ctx context.Context, tx *Tx, a *About) error {
	var fsync, commit string
	_, err := tx.one(ctx, []any{&a.Version, &a.Encoding, &a.Collation, &fsync, &commit, &a.Clock}, `SELECT 'PostgreSQL ' || current_setting('server_version'),
		current_setting('server_encoding'), (SELECT datcollate FROM pg_database WHERE datname = current_database()),
		current_setting('fsync'), current_setting('synchronous_commit'), (extract(epoch FROM clock_timestamp()) * 1000)::bigint`)
	a.Durable = fsync == "on" && commit != "off"
	a.Durability = fmt.Sprintf("fsync=%s synchronous_commit=%s", fsync, commit)
	return err
}
