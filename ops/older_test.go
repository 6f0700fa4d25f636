package ops_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"datai/ops"
	"datai/store"
	"datai/store/storetest"
)

// oldContent is what a program that knew the first migration only would have
// backed up: its tables, with the rows that such a database must have.
func oldContent(t *testing.T, a *ops.Archive) store.Content {
	t.Helper()
	c := storetest.SQLiteConfig(t)
	q := raw(t, c)
	first, err := os.ReadFile("../store/migrations/sqlite/00001_begin.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.ExecContext(t.Context(), string(first)); err != nil {
		t.Fatal(err)
	}
	rows, err := q.QueryContext(t.Context(), `SELECT t.name, c.name, c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT IN ('session', 'link') ORDER BY t.name, c.name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	kinds := map[string]store.ColumnKind{"TEXT": store.TextColumn, "INTEGER": store.IntColumn, "BLOB": store.BytesColumn}
	var tables []store.Table
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		if len(tables) == 0 || tables[len(tables)-1].Name != table {
			tables = append(tables, store.Table{Name: table})
		}
		last := &tables[len(tables)-1]
		last.Columns = append(last.Columns, store.Column{Name: column, Kind: kinds[kind]})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	m := a.Manifest
	return store.Content{Schema: 1, Epoch: 7, Tables: tables, Rows: func(_ context.Context, table store.Table, fn func([]any) error) error {
		switch table.Name {
		case "meta":
			for name, value := range map[string]string{"id": m.Database.String(), "epoch": "1", "key": m.KeyProof} {
				if err := fn([]any{name, value}); err != nil {
					return err
				}
			}
		case "account": // created_at, disabled, id, name, roles, version
			return fn([]any{int64(1), int64(0), m.Database[:], "an old account", "[]", int64(1)})
		}
		return nil
	}}
}

func TestAnOlderBackupIsBroughtUpToDate(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		target := kinds[kind](t)
		if err := store.Restore(t.Context(), target, oldContent(t, archive(t, backup(t, open(t, c), c)))); err != nil {
			t.Fatal(err)
		}
		db := open(t, target)
		about, err := db.About(t.Context())
		if err != nil || about.Schema != about.Known || about.Known < 2 {
			t.Errorf("schema %d of %d, %v", about.Schema, about.Known, err)
		}
		if _, epoch, err := db.Identity(t.Context()); err != nil || epoch != 7 {
			t.Errorf("epoch %d, %v", epoch, err)
		}
		tally, err := db.Verify(t.Context())
		if err != nil || len(tally.Faults) > 0 {
			t.Errorf("verify: %v, %v", tally.Faults, err)
		}
		if err := db.Read(t.Context(), func(tx *store.Tx) error {
			if _, ok, err := tx.AccountNamed(t.Context(), "an old account"); err != nil || !ok {
				return fmt.Errorf("the account is there: %v, %w", ok, err)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}
