package store

import (
	"slices"
	"strings"
	"testing"
)

// notAccounts are the columns of bytes that lead to something else than an
// account, or hold no id at all.
var notAccounts = []string{"case_id", "batch_id", "change_id", "contact", "contact_case.link_hash", "data", "digest", "drop_id", "need_id", "party_id", "person_id", "result_id",
	"source_id", "thing_id", "link_id", "round_id", "gate_link.who", "twin", "key", "hash", "hashes", "salt", "secret", "private", "said", "content", "document.name", "cells", "issues", "body", "value", "record", "kept", "form", "target",
	"payload", "outside", "phone", "email", "digits", "device", "token", "person", "id"}

// TestEveryRowOfAnAccountIsErasedOrKeptForAReason goes through every column of
// the schema that could say whose or by whom a row is.
func TestEveryRowOfAnAccountIsErasedOrKeptForAReason(t *testing.T) {
	openBoth(t, func(t *testing.T, db *DB) {
		var tables []Table
		if err := db.Read(t.Context(), func(tx *Tx) (err error) {
			tables, err = tx.tables(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, o := range ofAccount {
			named[o.table+"."+o.column] = true
		}
		for _, b := range byAccount {
			if b.why == "" || named[b.table+"."+b.column] {
				t.Errorf("%s.%s is kept without a reason, or erased as well", b.table, b.column)
			}
			named[b.table+"."+b.column] = true
		}
		have := map[string]bool{}
		for _, table := range tables {
			for _, col := range table.Columns {
				name := table.Name + "." + col.Name
				have[name] = true
				if col.Kind != BytesColumn || named[name] || slices.Contains(notAccounts, name) || slices.Contains(notAccounts, col.Name) {
					continue
				}
				t.Errorf("%s may say whose a row is: name it in ofAccount, which closing an account erases, or in byAccount with a reason", name)
			}
		}
		for name := range named {
			if !have[name] {
				t.Errorf("%s is named and does not exist", name)
			}
		}
		// An id that is the account's own stands under a name that says nothing.
		own := `SELECT m.name || '.' || f."from" FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND f."table" = 'account'`
		if db.Kind() == "postgres" {
			own = `SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
					WHERE c.contype = 'f' AND c.confrelid = 'account'::regclass`
		}
		n := 0
		if err := db.Read(t.Context(), func(tx *Tx) error {
			return tx.each(t.Context(), func(s scanner) error {
				var name string
				if err := s.Scan(&name); err != nil {
					return err
				}
				if n++; !named[name[strings.LastIndex(name, " ")+1:]] {
					t.Errorf("%s refers to an account", name)
				}
				return nil
			}, own)
		}); err != nil || n < 10 {
			t.Errorf("%d references to accounts, %v", n, err)
		}
	})
}
