package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"datai/catalog"

	"github.com/google/uuid"
)

// sealed are the encrypted columns, each with the column whose id it is bound
// to.
var sealed = []struct{ table, column, id string }{
	{"authenticator", "secret", "id"},
	{"contact_case", "contact", "id"},
	{"document", "name", "id"},
	{"document_part", "content", "id"},
	{"enterprise_sign_up", "private", "id"},
	{"gate_answer", "said", "id"},
	{"gate_link", "who", "id"},
	{"gate_seat", "said", "id"},
	{"identity", "value", "id"},
	{"import_row", "cells", "batch_id"},
	{"import_row", "contact", "id"},
	{"import_row", "issues", "batch_id"},
	{"import_row", "said", "batch_id"},
	{"journal_key", "secret", "id"},
	{"need", "contact", "id"},
	{"need_confirmation", "said", "id"},
	{"notice", "body", "id"},
	{"outbox", "payload", "id"},
	{"party", "contact", "id"},
	{"passkey", "record", "id"},
	{"password", "kept", "id"},
	{"person", "contact", "id"},
	{"proxy_draft", "form", "id"},
	{"receiver", "target", "id"},
	{"result", "contact", "id"},
	{"source", "secret", "id"},
	{"step_draft", "form", "id"},
}

// plainBytes are the columns of bytes in a backup that are neither ids nor
// encrypted.
var plainBytes = []string{"contact_case.link_hash", "contact_link.hash", "document.hash", "document_part.hash", "entry.digest", "entry.salt", "gate_link.hash", "identity.key", "need_confirmation.hash", "passkey.key", "recovery_code.key",
	"sms_count.person", "tile.hashes", "token.hash"}

// Fault is something that must not be in a database.
type Fault struct {
	// Check names what was checked: file, parents, bodies, sealed, ledgers, journal.
	Check string
	// Text says what and where, for operators, without the content.
	Text string
}

// Tally is what a verification looked at.
type Tally struct {
	Rows, Bodies, Sealed int64
	Entries, Changes     int64 // numbered
	Things               int64 // of the catalogue
	Faults               []Fault
}

// most is how many faults of one check are named.
const most = 10

func (t *Tally) fault(check, format string, args ...any) {
	n := 0
	for _, f := range t.Faults {
		if f.Check == check {
			n++
		}
	}
	if n < most {
		t.Faults = append(t.Faults, Fault{check, fmt.Sprintf(format, args...)})
	}
}

// Verify checks everything that can be checked in one snapshot of the database:
// the file, parents of rows, JSON bodies, encrypted columns, the numbers of the
// ledgers, and the tree of the journal. What is wrong is in the tally; an error means that it could not look.
func (db *DB) Verify(ctx context.Context) (t Tally, err error) {
	if err := db.Sequence(ctx); err != nil {
		return t, err
	}
	err = db.Read(ctx, func(tx *Tx) error {
		if err := db.driver.integrity(ctx, tx, &t); err != nil {
			return err
		}
		tables, err := tx.Tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := tx.verifyTable(ctx, table, &t); err != nil {
				return err
			}
		}
		if err := tx.verifyThings(ctx, &t); err != nil {
			return err
		}
		if t.Entries, err = tx.verifyNumbers(ctx, "entry", &t); err != nil {
			return err
		}
		t.Changes, err = tx.verifyNumbers(ctx, "change", &t)
		return err
	})
	if err != nil {
		return t, err
	}
	r, err := db.VerifyJournal(ctx, "")
	for _, f := range r.Faults {
		t.fault("journal", "%s: %s", f.Check, f.Text)
	}
	return t, err
}

// verifyTable looks at every JSON body and every encrypted value of a table.
func (tx *Tx) verifyTable(ctx context.Context, table Table, t *Tally) error {
	var look []Column
	ids := map[string]int{} // an encrypted column to the place of its id
	for _, c := range table.Columns {
		name := table.Name + "." + c.Name
		if c.Name == "body" || c.Name == "id" || c.Name == "batch_id" || slices.ContainsFunc(sealed, c.in(table)) {
			look = append(look, c)
		} else if c.kept && !slices.Contains(plainBytes, name) {
			t.fault("sealed", "%s holds bytes of which nothing is known", name)
		}
	}
	if len(look) == 0 {
		return nil
	}
	for _, s := range sealed {
		if s.table == table.Name {
			ids[s.column] = slices.IndexFunc(look, func(c Column) bool { return c.Name == s.id })
		}
	}
	n := int64(0)
	err := tx.Dump(ctx, Table{Name: table.Name, Columns: look, order: table.order}, func(row []any) error {
		n++
		for i, c := range look {
			at, encrypted := ids[c.Name]
			switch v := row[i].(type) {
			case string:
				if c.Name == "body" {
					if v == "" && table.Name == "import_row" { // a row that becomes nothing
						continue
					}
					t.Bodies++
					if !json.Valid([]byte(v)) {
						t.fault("bodies", "%s row %d: the body is no JSON", table.Name, n)
					}
				}
			case []byte:
				if !encrypted {
					continue
				}
				t.Sealed++
				if id, err := uuid.FromBytes(asBytes(row[at])); err != nil {
					t.fault("sealed", "%s row %d: %s: no id to open it with", table.Name, n, c.Name)
				} else if _, err := tx.db.seal.open(v, id); err != nil {
					t.fault("sealed", "%s %s: %s does not open with this key", table.Name, id, c.Name)
				}
			}
		}
		return nil
	})
	t.Rows += n
	return err
}

func asBytes(v any) []byte {
	b, _ := v.([]byte)
	return b
}

// in reports whether an encrypted column is c of the table.
func (c Column) in(table Table) func(s struct{ table, column, id string }) bool {
	return func(s struct{ table, column, id string }) bool { return s.table == table.Name && s.column == c.Name }
}

// verifyThings decodes everything in the catalogue as the program does.
func (tx *Tx) verifyThings(ctx context.Context, t *Tally) error {
	if err := verifyNoun(ctx, tx, results, t); err != nil {
		return err
	}
	if err := verifyNoun(ctx, tx, needs, t); err != nil {
		return err
	}
	if err := verifyNoun(ctx, tx, parties, t); err != nil {
		return err
	}
	return verifyNoun(ctx, tx, people, t)
}

func verifyNoun[T any](ctx context.Context, tx *Tx, n noun[T], t *Tally) error {
	err := all(ctx, tx, n, func(thing *T) error {
		t.Things++
		if h := n.head(thing); h.id == uuid.Nil || h.version < 1 || h.title == "" {
			t.fault("bodies", "%s %s: the body lacks id, version or title", n.table, h.id)
		}
		return nil
	})
	if code := catalog.CodeOf(err); err != nil && code == "" && ctx.Err() == nil {
		t.fault("bodies", "%s: %v", n.table, err)
		return nil
	}
	return err
}

// verifyNumbers checks that the numbers of a ledger begin at 1 and have no gap,
// and returns how many there are.
func (tx *Tx) verifyNumbers(ctx context.Context, table string, t *Tally) (count int64, err error) {
	var first, last int64
	_, err = tx.one(ctx, []any{&count, &first, &last},
		"SELECT count(*), coalesce(min(seq), 1), coalesce(max(seq), 0) FROM "+table+" WHERE seq > 0")
	if err == nil && (first != 1 || last != count) {
		t.fault("ledgers", "%s: %d rows have the numbers %d to %d", table, count, first, last)
	}
	return count, err
}

// integrity has SQLite check its file and its foreign keys.
func (sqliteDriver) integrity(ctx context.Context, tx *Tx, t *Tally) error {
	err := tx.each(ctx, func(s scanner) error {
		var text string
		if err := s.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			t.fault("file", "%s", text)
		}
		return nil
	}, `PRAGMA integrity_check(`+strconv.Itoa(most)+`)`)
	if err != nil {
		return err
	}
	return tx.each(ctx, func(s scanner) error {
		var table, parent string
		var row, key any
		if err := s.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		t.fault("parents", "%s row %v has no parent in %s", table, row, parent)
		return nil
	}, `PRAGMA foreign_key_check`)
}

// integrity has PostgreSQL look for rows without a parent.
func (postgresDriver) integrity(ctx context.Context, tx *Tx, t *Tally) error {
	type key struct{ name, query string }
	var keys []key
	err := tx.each(ctx, func(s scanner) error {
		var k key
		err := s.Scan(&k.name, &k.query)
		keys = append(keys, k)
		return err
	}, `SELECT c.conname, format('SELECT count(*) FROM %s AS c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s)', c.conrelid::regclass,
			string_agg(format('c.%I IS NOT NULL', a.attname), ' AND '), c.confrelid::regclass,
			string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND '))
		FROM pg_constraint AS c
		CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (here, there)
		JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.here
		JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = k.there
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace
		GROUP BY c.oid, c.conname, c.conrelid, c.confrelid ORDER BY c.conname`)
	if err != nil {
		return err
	}
	for _, k := range keys {
		var n int64
		if _, err := tx.one(ctx, []any{&n}, k.query); err != nil {
			return err
		}
		if n > 0 {
			t.fault("parents", "%s: %d rows have no parent", k.name, n)
		}
	}
	return nil
}
