package store

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// filler makes rows of any table: a value for each column by its kind, or the one
// that is set for it.
// Rows that a row refers to are made before it.
type filler struct {
	t   *testing.T
	tx  *Tx
	set map[string]any // by "table.column" or column
	n   int64
}

// parents are the tables that the columns of a table refer to.
func (f *filler) parents(table string) map[string]string {
	f.t.Helper()
	query := `SELECT f."from", f."table" FROM pragma_foreign_key_list(?) AS f`
	if f.tx.db.Kind() == "postgres" {
		query = `SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND c.conrelid = ?::regclass`
	}
	out := map[string]string{}
	if err := f.tx.each(f.t.Context(), func(s scanner) error {
		var from, to string
		err := s.Scan(&from, &to)
		out[from] = to[strings.LastIndex(to, ".")+1:]
		return err
	}, query, table); err != nil {
		f.t.Fatal(err)
	}
	return out
}

// table is the one of that name.
func (f *filler) table(name string) Table {
	f.t.Helper()
	tables, err := f.tx.tables(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return tables[slices.IndexFunc(tables, func(x Table) bool { return x.Name == name })]
}

func (f *filler) row(table Table, column string, owner uuid.UUID) {
	f.t.Helper()
	parents := f.parents(table.Name)
	f.n++
	var names []string
	var args []any
	id := uuid.Must(uuid.NewV7())
	for _, c := range table.Columns {
		var v any
		value, ok := f.set[table.Name+"."+c.Name]
		if !ok {
			value, ok = f.set[c.Name]
		}
		switch {
		case c.Name == column:
			v = owner
		case ok:
			v = value
			if form, sealed := value.(map[string]any); sealed {
				b, err := f.tx.sealed(form, id)
				if err != nil {
					f.t.Fatal(err)
				}
				v = b
			}
		case c.Name == "id":
			v = id
		case parents[c.Name] != "" && c.Kind == BytesColumn:
			parent := uuid.Must(uuid.NewV7())
			f.row(f.table(parents[c.Name]), "id", parent)
			v = parent
		case c.Kind == TextColumn:
			v = fmt.Sprintf("x%d", f.n)
		case c.Kind == IntColumn:
			v = int64(0)
		case c.kept || strings.HasSuffix(c.Name, "hash") || c.Name == "key" || c.Name == "token" || c.Name == "device" || c.Name == "phone" && table.Name == "code" || c.Name == "digits":
			b := make([]byte, 32)
			_, _ = rand.Read(b)
			v = b
		default:
			v = uuid.Must(uuid.NewV7())
		}
		names, args = append(names, c.Name), append(args, v)
	}
	query := "INSERT INTO " + table.Name + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")"
	if _, err := f.tx.exec(f.t.Context(), query, args...); err != nil {
		f.t.Fatalf("%s.%s: %v", table.Name, column, err)
	}
}

// TestJoiningLeavesNothingBehind gives an account a row in every column that says
// whose or by whom a row is, one table after the other, and joins it into another:
// what goes over is the other's, what does not is gone, and what stays says why.
func TestJoiningLeavesNothingBehind(t *testing.T) {
	openBoth(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		type place struct {
			table, column string
			over, stays   bool
		}
		var places []place
		for _, o := range ofAccount {
			places = append(places, place{o.table, o.column, o.drop == "", false})
		}
		for _, b := range byAccount {
			if b.table != "account" {
				places = append(places, place{b.table, b.column, b.stays == "", b.stays != ""})
			}
		}
		for i, p := range places {
			keep := account.Account{ID: uuid.Must(uuid.NewV7()), Name: "留 " + p.table + p.column, Roles: []account.Role{account.Professor}, Version: 1}
			gone := account.Account{ID: uuid.Must(uuid.NewV7()), Name: `并 "` + p.table + p.column, Roles: []account.Role{account.Student}, Version: 1}
			need := catalog.Need{ID: uuid.Must(uuid.NewV7()), Version: 1, Title: "泵漏 " + p.table + p.column, State: catalog.NeedDraft}
			need.Code = catalog.ShortCode("N", need.ID)
			need.Entered.By = catalog.By{ID: gone.ID, Name: gone.Name, At: 1}
			result := uuid.Must(uuid.NewV7())
			count := func(tx *Tx, id uuid.UUID) (n int) {
				if _, err := tx.one(ctx, []any{&n}, "SELECT count(*) FROM "+p.table+" WHERE "+p.column+" = ?", id); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if err := db.Write(ctx, func(tx *Tx) error {
				for _, a := range []account.Account{keep, gone} {
					if err := tx.AddAccount(ctx, a); err != nil {
						return err
					}
				}
				if err := tx.AddNeed(ctx, need); err != nil {
					return err
				}
				if err := tx.AddConsent(ctx, account.Consent{ID: uuid.Must(uuid.NewV7()), Version: "v1", Words: "同意"}); err != nil {
					return err
				}
				f := &filler{t: t, tx: tx, n: int64(i) * 1000, set: map[string]any{"need_id": need.ID, "result_id": result, "version": int64(1), "consent.version": "v1", "need_confirmation.said": map[string]any{"Maker": gone.Name},
					"enterprise_sign_up.private": map[string]any{"Decider": gone.Name}, "enterprise_sign_up.state": "accepted", "account_conflict.one": keep.ID, "account_conflict.other": keep.ID,
					"term.verdict": "accepted", "trust": "", "result.body": "{}", "party.body": "{}", "rule_decision.number": int64(i + 1), "process_event.n": int64(1), "process_task.n": int64(1), "document.size": int64(1), "process_setting.number": int64(1)}}
				party := uuid.Must(uuid.NewV7())
				f.set["id"] = result
				f.row(f.table("result"), "", uuid.Nil)
				f.set["id"] = party
				f.row(f.table("party"), "", uuid.Nil)
				delete(f.set, "id")
				f.set["party_id"] = party
				f.row(f.table(p.table), p.column, gone.ID)
				if n := count(tx, gone.ID); n != 1 {
					t.Errorf("%s.%s: the account has %d rows to begin with", p.table, p.column, n)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := db.Write(ctx, func(tx *Tx) error { return tx.JoinAccount(ctx, keep, gone, 60) }); err != nil {
				t.Fatalf("%s.%s: %v", p.table, p.column, err)
			}
			if err := db.Read(ctx, func(tx *Tx) error {
				left, over := count(tx, gone.ID), count(tx, keep.ID)
				if (left == 1) != p.stays || (over == 1) != p.over {
					t.Errorf("%s.%s: %d rows stay, %d went over", p.table, p.column, left, over)
				}
				a, _, err := tx.Account(ctx, gone.ID)
				if err != nil {
					return err
				}
				if !account.Closed(a.Name) || !a.Disabled || len(a.Roles) != 0 || a.JoinedTo != keep.ID || a.ClosedAt != 60 {
					t.Errorf("the account says %+v", a)
				}
				n, err := tx.NeedByCode(ctx, need.Code)
				if err != nil {
					return err
				}
				if n.Entered.By.ID != keep.ID || n.Entered.By.Name != keep.Name {
					t.Errorf("the need says %+v", n.Entered.By)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			stale := keep
			if err := db.Write(ctx, func(tx *Tx) error { return tx.JoinAccount(ctx, stale, gone, 60) }); catalog.CodeOf(err) != catalog.Conflict {
				t.Errorf("an account that changed meanwhile: %v", err)
			}
		}
	})
}
