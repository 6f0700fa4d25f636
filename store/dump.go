package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// What a backup needs: every table as it is, row by row, in a form that is the
// same for both databases.

// ColumnKind is what a column holds: text, 64-bit integers or bytes, among them
// the 16 of an id. Any of them may be NULL.
type ColumnKind string

// The kinds of columns that both databases have.
const (
	TextColumn  ColumnKind = "text"
	IntColumn   ColumnKind = "int"
	BytesColumn ColumnKind = "bytes"
)

// Column is a column of a table.
type Column struct {
	Name string     `json:"name"`
	Kind ColumnKind `json:"kind"`
	id   bool       // PostgreSQL keeps ids in a type of their own
	kept bool       // and other bytes in another; SQLite does not tell
}

// Table is a table with its columns in the order of their names.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	order   []string // columns of the primary key
}

// Names of the columns, separated by commas.
func (t Table) names() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// leftOut are the tables that no backup holds: who was signed in then is not
// signed in after a restore, and goose numbers the schema of each database.
var leftOut = []string{"account_join", "code", "device", "goose_db_version", "link", "session", "sign_in", "spent"}

// Tables describes every table that a backup holds, in the order of names.
func (tx *Tx) Tables(ctx context.Context) ([]Table, error) {
	tables, err := tx.tables(ctx)
	if err != nil {
		return nil, err
	}
	tables = slices.DeleteFunc(tables, func(t Table) bool { return slices.Contains(leftOut, t.Name) })
	for _, t := range tables {
		if len(t.order) == 0 {
			return nil, fmt.Errorf("store: %s has no primary key: a backup could not put its rows in an order", t.Name)
		}
	}
	return tables, nil
}

// tables describes every table.
func (tx *Tx) tables(ctx context.Context) ([]Table, error) {
	byName := map[string]*Table{}
	var names []string
	err := tx.each(ctx, func(s scanner) error {
		var table, column, kind string
		var key int
		if err := s.Scan(&table, &column, &kind, &key); err != nil {
			return err
		}
		t := byName[table]
		if t == nil {
			t = &Table{Name: table}
			byName[table] = t
			names = append(names, table)
		}
		for len(t.order) < key {
			t.order = append(t.order, "")
		}
		if key > 0 {
			t.order[key-1] = column
		}
		c := Column{Name: column, id: strings.EqualFold(kind, "uuid"), kept: strings.EqualFold(kind, "bytea")}
		switch strings.ToLower(kind) {
		case "text":
			c.Kind = TextColumn
		case "integer", "bigint":
			c.Kind = IntColumn
		case "blob", "bytea", "uuid":
			c.Kind = BytesColumn
		default:
			if !slices.Contains(leftOut, table) {
				return fmt.Errorf("store: %s.%s is %s: no backup knows this type; use text, integers or bytes", table, column, kind)
			}
		}
		t.Columns = append(t.Columns, c)
		return nil
	}, tx.db.driver.columns())
	if err != nil {
		return nil, err
	}
	tables := make([]Table, len(names))
	for i, name := range names {
		tables[i] = *byName[name]
	}
	return tables, nil
}

// Dump calls fn for every row of a table in the order of its primary key,
// streaming. The values are string, int64, []byte or nil, one a column. fn may
// keep them but may not use the Tx.
func (tx *Tx) Dump(ctx context.Context, t Table, fn func(row []any) error) error {
	columns := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns {
		columns = append(columns, c.Name)
	}
	for _, c := range t.Columns { // the driver of SQLite reads no bytes and NULL alike
		if c.Kind == BytesColumn && !c.id {
			columns = append(columns, "CASE WHEN "+c.Name+" IS NULL THEN 1 ELSE 0 END")
		}
	}
	return tx.each(ctx, func(s scanner) error {
		dest, absent := make([]any, len(t.Columns)), make([]any, 0, len(t.Columns))
		for i, c := range t.Columns {
			switch {
			case c.Kind == TextColumn:
				dest[i] = new(sql.NullString)
			case c.Kind == IntColumn:
				dest[i] = new(sql.NullInt64)
			case c.id:
				dest[i] = new(uuid.NullUUID)
			default:
				dest[i] = new([]byte)
				absent = append(absent, new(bool))
			}
		}
		if err := s.Scan(append(dest, absent...)...); err != nil {
			return err
		}
		row := make([]any, len(t.Columns))
		for i, d := range dest {
			switch v := d.(type) {
			case *sql.NullString:
				if v.Valid && !utf8.ValidString(v.String) {
					return fmt.Errorf("store: %s.%s holds text that is not UTF-8", t.Name, t.Columns[i].Name)
				}
				if v.Valid {
					row[i] = v.String
				}
			case *sql.NullInt64:
				if v.Valid {
					row[i] = v.Int64
				}
			case *uuid.NullUUID:
				if v.Valid {
					row[i] = v.UUID[:]
				}
			case *[]byte:
				if null := *absent[0].(*bool); !null {
					row[i] = append([]byte{}, *v...)
				}
				absent = absent[1:]
			}
		}
		return fn(row)
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.Name+" ORDER BY "+strings.Join(t.order, ", "))
}

// Schema is the number of the last migration of the database.
func (tx *Tx) Schema(ctx context.Context) (version int64, err error) {
	_, err = tx.one(ctx, []any{&version}, `SELECT max(version_id) FROM goose_db_version`)
	return version, err
}

// Feed is the number of the last numbered change, 0 if there is none.
func (tx *Tx) Feed(ctx context.Context) (seq int64, err error) {
	_, err = tx.one(ctx, []any{&seq}, lastNumber("change"))
	return seq, err
}

// KeyProof is the encrypted known text that OpensWith checks a key against.
func (tx *Tx) KeyProof(ctx context.Context) (proof string, err error) {
	_, err = tx.one(ctx, []any{&proof}, `SELECT value FROM meta WHERE name = ?`, metaKey)
	return proof, err
}

// OpensWith reports whether key is the one of the database id with that proof.
func OpensWith(key [32]byte, id uuid.UUID, proof string) bool {
	s, err := newSeal(key)
	if err != nil {
		return false
	}
	var sealed []byte
	if _, err := fmt.Sscanf(proof, "%x", &sealed); err != nil {
		return false
	}
	_, err = s.open(sealed, id)
	return err == nil
}

// BackedUp notes that a backup was taken at that time (unix ms).
func (tx *Tx) BackedUp(ctx context.Context, at int64) error {
	_, err := tx.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
		metaBackup, strconv.FormatInt(at, 10))
	return err
}

// LastBackup is when the last backup was taken (unix ms), 0 if there was none.
func (db *DB) LastBackup(ctx context.Context) (at int64, err error) {
	var text string
	ok := false
	err = db.Read(ctx, func(tx *Tx) error {
		ok, err = tx.one(ctx, []any{&text}, `SELECT value FROM meta WHERE name = ?`, metaBackup)
		return err
	})
	if err != nil || !ok {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// Kind is the kind of database: sqlite or postgres.
func (db *DB) Kind() string { return db.driver.name() }
