package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"

	"github.com/google/uuid"
)

// Content is what a backup holds.
type Content struct {
	Schema int64 // the number of the last migration where it was taken
	Epoch  int64 // that the restored database gets: another than any copy of it had
	Tables []Table
	// Rows calls fn for every row of a table, with values as Tx.Dump gives
	// them. An error ends the restore, and nothing of it stands.
	Rows func(ctx context.Context, t Table, fn func(row []any) error) error
}

// Restore fills the empty database that c names, all of it or nothing, and
// brings its schema up to date. Invalid if the database is not empty or the
// content has a newer schema than this program knows.
//
// An SQLite database is made beside its place and renamed. In PostgreSQL the
// rows come in one transaction; what an interrupted restore may leave are empty
// tables, and the next restore takes them for what they are.
func Restore(ctx context.Context, c Config, from Content) error {
	file := c.file()
	if file == "" {
		return restoreInto(ctx, c, from)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if _, err := os.Lstat(name); err == nil {
			return catalog.Refuse(catalog.Invalid, "restore.not_empty", "place", name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("store: restore: %w", err)
		}
	}
	beside := file + ".restoring"
	if err := removeSQLite(beside); err != nil { // what a killed restore left
		return err
	}
	c.URL, c.Path = "", beside
	if err := restoreInto(ctx, c, from); err != nil {
		return errors.Join(err, removeSQLite(beside))
	}
	if err := errors.Join(syncPath(beside), os.Rename(beside, file), syncPath(filepath.Dir(file))); err != nil {
		return errors.Join(fmt.Errorf("store: restore: %w", err), removeSQLite(beside))
	}
	return nil
}

// file is the path of an SQLite database, "" for another one.
func (c Config) file() string {
	if rest, ok := strings.CutPrefix(c.URL, "sqlite:"); ok {
		return rest
	}
	if c.URL == "" {
		return c.Path
	}
	return ""
}

func removeSQLite(file string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("store: restore: %w", err)
		}
	}
	return nil
}

// syncPath writes a file or the names in a folder to the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func restoreInto(ctx context.Context, c Config, from Content) (err error) {
	db := &DB{now: c.Now, rand: &lockedReader{from: c.Rand}, log: c.Logger, wake: make(chan struct{}, 1)}
	if db.seal, err = newSeal(c.Key); err != nil {
		return err
	}
	if err := db.connect(ctx, c); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.closePools()) }()
	unlock, err := db.driver.lockSchema(ctx, db.writer)
	if err != nil {
		return db.explain("lock the schema", err)
	}
	defer unlock()
	if err := db.vacant(ctx); err != nil {
		return err
	}
	if err := db.migrateTo(ctx, from.Schema); err != nil {
		return err
	}
	if err := db.load(ctx, from); err != nil {
		return err
	}
	return db.migrateTo(ctx, newest)
}

// vacant refuses a database with tables, unless they are ours and belong to no
// catalogue yet.
func (db *DB) vacant(ctx context.Context) error {
	return db.Read(ctx, func(tx *Tx) error {
		tables, err := tx.tables(ctx)
		tables = slices.DeleteFunc(tables, func(t Table) bool { return t.Name == "goose_db_version" })
		if err != nil || len(tables) == 0 {
			return err
		}
		known := 1
		if slices.ContainsFunc(tables, func(t Table) bool { return t.Name == "meta" }) {
			if _, err := tx.one(ctx, []any{&known}, `SELECT count(*) FROM meta`); err != nil {
				return err
			}
		}
		if known > 0 {
			return catalog.Refuse(catalog.Invalid, "restore.not_empty", "place", db.driver.name())
		}
		return nil
	})
}

// load puts every row in place in one transaction. Parents may come after
// their children: foreign keys are checked at the end.
func (db *DB) load(ctx context.Context, from Content) error {
	t, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return db.explain("restore", err)
	}
	defer t.Rollback()
	tx := &Tx{db: db, sql: t, own: ctx, at: db.now().UnixMilli()}
	check, err := db.driver.deferForeignKeys(ctx, tx)
	if err != nil {
		return err
	}
	all, err := tx.tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range all { // rows that migrations put there stand in the backup as well
		if t.Name == "goose_db_version" {
			continue
		}
		if _, err := tx.exec(ctx, "DELETE FROM "+t.Name); err != nil {
			return err
		}
	}
	ours, err := tx.Tables(ctx)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(ours, from.Tables, Table.alike) {
		return fmt.Errorf("store: restore: the tables of the backup are not those of schema %d", from.Schema)
	}
	for _, t := range ours {
		if err := tx.fill(ctx, t, from.Rows); err != nil {
			return fmt.Errorf("store: restore %s: %w", t.Name, err)
		}
	}
	n, err := tx.exec(ctx, `UPDATE meta SET value = ? WHERE name = ?`, strconv.FormatInt(from.Epoch, 10), metaEpoch)
	if err != nil {
		return err
	}
	if n != 1 {
		return errors.New("store: restore: the backup does not say whose it is")
	}
	if err := check(); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return db.explain("restore", err)
	}
	return nil
}

func (t Table) alike(other Table) bool {
	return t.Name == other.Name && slices.EqualFunc(t.Columns, other.Columns, func(a, b Column) bool {
		return a.Name == b.Name && a.Kind == b.Kind
	})
}

// fill inserts the rows of a table, many at a time.
func (tx *Tx) fill(ctx context.Context, t Table, rows func(context.Context, Table, func([]any) error) error) error {
	const together = 200
	into := t.Name + " (" + t.names() + ")"
	var values []any
	err := rows(ctx, t, func(row []any) error {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("a row has %d values, want %d", len(row), len(t.Columns))
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok && t.Columns[i].id {
				id, err := uuid.FromBytes(b)
				if err != nil {
					return fmt.Errorf("%s: %w", t.Columns[i].Name, err)
				}
				v = id
			}
			values = append(values, v)
		}
		if len(values) < together*len(row) {
			return nil
		}
		err := tx.insert(ctx, into, len(row), values)
		values = values[:0]
		return err
	})
	if err != nil {
		return err
	}
	return tx.insert(ctx, into, len(t.Columns), values)
}

// deferForeignKeys has SQLite check them at the commit.
func (sqliteDriver) deferForeignKeys(ctx context.Context, tx *Tx) (func() error, error) {
	_, err := tx.exec(ctx, `PRAGMA defer_foreign_keys = ON`)
	return func() error { return nil }, err
}

// deferForeignKeys changes the constraints and changes them back, in the
// transaction of tx.
func (postgresDriver) deferForeignKeys(ctx context.Context, tx *Tx) (func() error, error) {
	var keys [][2]string
	err := tx.each(ctx, func(s scanner) error {
		var k [2]string
		keys = append(keys, k)
		return s.Scan(&keys[len(keys)-1][0], &keys[len(keys)-1][1])
	}, `SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	alter := func(how string) error {
		for _, k := range keys {
			if _, err := tx.exec(ctx, "ALTER TABLE "+k[0]+" ALTER CONSTRAINT "+k[1]+" "+how); err != nil {
				return err
			}
		}
		return nil
	}
	return func() error {
		if _, err := tx.exec(ctx, `SET CONSTRAINTS ALL IMMEDIATE`); err != nil {
			return err
		}
		return alter("NOT DEFERRABLE")
	}, alter("DEFERRABLE INITIALLY DEFERRED")
}

// columns selects table, column, type and place in the primary key, 0 for none.
func (sqliteDriver) columns() string {
	return `SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY t.name, c.name`
}

func (postgresDriver) columns() string {
	return `SELECT c.relname, a.attname, format_type(a.atttypid, NULL), coalesce(array_position(k.indkey::int2[], a.attnum) + 1, 0)
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index AS k ON k.indrelid = c.oid AND k.indisprimary
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
		ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"`
}
