package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datai/catalog"
	"datai/journal"
	"datai/store"
	"datai/store/storetest"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// ledger is a journal of more than one tile, with two checkpoints, an erased
// entry and entries after the last checkpoint.
type ledger struct {
	db  *store.DB
	raw *sql.DB
	ask func(query string) string // with the placeholders of the database
	now atomic.Int64              // unix ms
	of  uuid.UUID                 // subject of what was erased
}

func newLedger(t *testing.T, config store.Config) *ledger {
	l := &ledger{ask: func(query string) string { return query }}
	l.now.Store(1_800_000_000_000)
	if config.URL != "" {
		l.ask = func(query string) string {
			for n := 1; strings.Contains(query, "?"); n++ {
				query = strings.Replace(query, "?", fmt.Sprint("$", n), 1)
			}
			return query
		}
	}
	config.Now = func() time.Time { return time.UnixMilli(l.now.Load()) }
	l.db = storetest.Start(t, config)
	l.db.Still() // what a test takes away, nobody else makes good
	l.raw = raw(t, config)
	l.of = id(t)
	l.add(t, 150)
	l.add(t, 120)
	l.now.Add(time.Minute.Milliseconds())
	l.add(t, 0) // a second checkpoint
	by := l.entry(t)
	if err := l.db.Write(t.Context(), func(tx *store.Tx) error {
		n, err := tx.EraseEntries(t.Context(), by, l.of)
		if err == nil && n != 2 {
			t.Errorf("%d entries erased, want 2", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	l.add(t, 40)
	return l
}

func (l *ledger) entry(t *testing.T) journal.Entry {
	e, err := journal.New(rand.Reader, l.now.Load(), id(t), "officer", "need.open", "need")
	if err != nil {
		t.Fatal(err)
	}
	e.Subject, e.Body = id(t), map[string]string{"code": "N-12", "why": "asked <by> phone"}
	return e
}

// add writes entries, of which the first is about the subject of l, and has
// them numbered.
func (l *ledger) add(t *testing.T, n int) {
	for i := range n {
		e := l.entry(t)
		if i == 0 {
			e.Subject = l.of
		}
		if err := l.db.Write(t.Context(), func(tx *store.Tx) error { return tx.Append(t.Context(), e) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.db.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (l *ledger) exec(t fataler, query string, args ...any) {
	t.Helper()
	if _, err := l.raw.ExecContext(context.Background(), l.ask(query), args...); err != nil {
		t.Fatal(err)
	}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (l *ledger) verify(t fataler, old string) journal.Report {
	t.Helper()
	r, err := l.db.VerifyJournal(context.Background(), old)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rows reads a table.
func (l *ledger) rows(t fataler, query string) (rows [][]any) {
	t.Helper()
	found, err := l.raw.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		row, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := found.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = bytes.Clone(b)
			}
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// treeTables are the tables of the journal with the columns of their keys
// first.
var treeTables = map[string][]string{
	"entry":       {"id", "seq", "at", "actor", "role", "verb", "kind", "subject", "body", "salt", "digest"},
	"tile":        {"level", "n", "hashes"},
	"checkpoint":  {"size", "note"},
	"journal_key": {"id", "public", "secret"},
}

// flip changes one bit of a value; ok is false where that cannot be stored or
// says the same.
func flip(rt *rapid.T, column string, v any) (any, bool) {
	switch v := v.(type) {
	case int64:
		out := v ^ 1<<rapid.IntRange(0, 20).Draw(rt, "bit")
		return out, column != "seq" || out > 0 // with 0 it waits to be numbered
	case string:
		if id, err := uuid.Parse(v); err == nil { // how PostgreSQL shows one
			id[rapid.IntRange(0, 15).Draw(rt, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
			return id.String(), true
		}
		b := []byte(v)
		b[rapid.IntRange(0, len(b)-1).Draw(rt, "byte")] ^= 1 << rapid.IntRange(0, 6).Draw(rt, "bit")
		out := strings.ToValidUTF8(string(b), "")
		return out, out == string(b) && !strings.Contains(out, "\x00")
	case []byte:
		if len(v) == 0 {
			return v, false
		}
		v = bytes.Clone(v)
		v[rapid.IntRange(0, len(v)-1).Draw(rt, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		return v, true
	}
	return v, false
}

// TestFlippedBitIsNamed flips a bit anywhere in the journal.
func TestFlippedBitIsNamed(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		if r := l.verify(t, ""); len(r.Faults) > 0 || r.Entries != 311 || r.Erased != 2 || r.Checkpoints != 2 || r.Sealed != 270 || r.Pending != 0 || r.Tiles != 3 {
			t.Fatalf("%+v", r)
		}
		rapid.Check(t, func(rt *rapid.T) {
			table := rapid.SampledFrom(slices.Sorted(maps.Keys(treeTables))).Draw(rt, "table")
			columns := treeTables[table]
			rows := l.rows(rt, "SELECT "+strings.Join(columns, ", ")+" FROM "+table+" ORDER BY "+columns[0])
			row := rows[rapid.IntRange(0, len(rows)-1).Draw(rt, "row")]
			at := rapid.IntRange(0, len(columns)-1).Draw(rt, "column")
			value, ok := flip(rt, columns[at], row[at])
			if !ok {
				return
			}
			where := columns[0] + " = ?"
			is, was := []any{row[0]}, []any{row[0]}
			if at == 0 {
				is = []any{value}
			}
			if table == "tile" {
				where += " AND n = ?"
				is, was = append(is, row[1]), append(was, row[1])
				if at == 1 {
					is[1] = value
				}
			}
			if _, err := l.raw.ExecContext(context.Background(), l.ask("UPDATE "+table+" SET "+columns[at]+" = ? WHERE "+where), append([]any{value}, was...)...); err != nil {
				return // there is a row with that key
			}
			r := l.verify(rt, "")
			if table != "entry" { // verifying takes the tree further first, and may make good what was taken away
				l.exec(rt, "DELETE FROM "+table)
				for _, row := range rows {
					l.exec(rt, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")", row...)
				}
			} else {
				l.exec(rt, "UPDATE "+table+" SET "+columns[at]+" = ? WHERE "+where, append([]any{row[at]}, is...)...)
			}
			if len(r.Faults) == 0 {
				rt.Fatalf("%s.%s from %v to %v: nothing is found", table, columns[at], row[at], value)
			}
			named := fmt.Sprintf("entry %d ", row[1])
			if table == "entry" && !slices.ContainsFunc(r.Faults, func(f journal.Fault) bool { return strings.HasPrefix(f.Text, named) }) {
				rt.Fatalf("%s.%s from %v to %v: %sis not named: %v", table, columns[at], row[at], value, named, r.Faults)
			}
		})
		if r := l.verify(t, ""); len(r.Faults) > 0 {
			t.Fatalf("what was restored is not as it was: %+v", r)
		}
	})
}

// TestRewrittenJournalFailsOldCheckpoint: whoever has the database and its
// secret key can write another journal that fits itself; a checkpoint that
// somebody kept tells.
func TestRewrittenJournalFailsOldCheckpoint(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		var kept journal.Signed
		if err := l.db.Read(t.Context(), func(tx *store.Tx) (err error) {
			kept, err = tx.Checkpoint(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if r := l.verify(t, kept.Note); len(r.Faults) > 0 || r.Old == nil || r.Old.Size != 270 {
			t.Fatalf("%+v", r)
		}
		for _, c := range []struct {
			name, entries string
			newKey, fits  bool
			want          string
		}{
			{"all of it is written anew, with a new key", `UPDATE entry SET role = 'admin' WHERE seq = 7`, true, true, "does not continue"},
			{"all of it is written anew", `UPDATE entry SET role = 'audit' WHERE seq = 7`, false, true, "does not continue"},
			{"a new key alone", ``, true, true, "no key of this journal"},
			{"the end is cut off", `DELETE FROM entry WHERE seq > 200`, false, false, "does not continue"},
		} {
			if c.entries != "" {
				l.exec(t, c.entries)
			}
			l.exec(t, `DELETE FROM tile`)
			l.exec(t, `DELETE FROM checkpoint`)
			if c.newKey {
				l.exec(t, `DELETE FROM journal_key`)
			}
			if err := l.db.Sequence(t.Context()); err != nil {
				t.Fatal(err)
			}
			if r := l.verify(t, ""); c.fits != (len(r.Faults) == 0) {
				t.Errorf("%s: without the checkpoint: %+v", c.name, r)
			}
			r := l.verify(t, kept.Note)
			if !slices.ContainsFunc(r.Faults, func(f journal.Fault) bool { return f.Check == "old" && strings.Contains(f.Text, c.want) }) {
				t.Errorf("%s: %+v", c.name, r.Faults)
			}
		}
		for _, text := range []string{"no checkpoint", strings.Replace(kept.Note, "\n270\n", "\n271\n", 1), strings.Replace(kept.Note, "datai/journal/", "datai/other/", 1)} {
			if r := l.verify(t, text); !slices.ContainsFunc(r.Faults, func(f journal.Fault) bool { return f.Check == "old" }) {
				t.Errorf("%q passes", text)
			}
		}
	})
}

// TestRewrittenTreeFailsItsCheckpoints: entries and tiles that fit each other
// are not those that were signed; nor is a checkpoint that another key signed.
func TestRewrittenTreeFailsItsCheckpoints(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		signed := l.rows(t, `SELECT size, note FROM checkpoint ORDER BY size`)
		keys := l.rows(t, `SELECT id, public, secret FROM journal_key`)
		l.exec(t, `UPDATE entry SET role = 'audit' WHERE seq = 260`)
		l.exec(t, `DELETE FROM tile`)
		l.exec(t, `DELETE FROM checkpoint`)
		l.exec(t, `DELETE FROM journal_key`)
		if err := l.db.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		anew := l.rows(t, `SELECT size, note FROM checkpoint ORDER BY size`)
		l.exec(t, `DELETE FROM checkpoint`)
		l.exec(t, `DELETE FROM journal_key`)
		for _, row := range keys {
			l.exec(t, `INSERT INTO journal_key (id, public, secret) VALUES (?, ?, ?)`, row...)
		}
		for _, row := range append(signed, anew...) {
			l.exec(t, `INSERT INTO checkpoint (size, note) VALUES (?, ?)`, row...)
		}
		r := l.verify(t, "")
		if len(r.Faults) != 2 || !strings.Contains(r.Faults[0].Text, fmt.Sprintf("among entries %d to 270 ", signed[0][0].(int64)+1)) ||
			!strings.Contains(r.Faults[1].Text, "no key of this journal signed the checkpoint over 311 ") {
			t.Errorf("%+v", r.Faults)
		}
	})
}

// TestOlderJournalGetsItsTree: entries that were numbered before there was a
// tree are taken into it.
func TestOlderJournalGetsItsTree(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		l.exec(t, `DELETE FROM tile`)
		l.exec(t, `DELETE FROM checkpoint`)
		l.exec(t, `DELETE FROM journal_key`)
		if err := l.db.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := l.verify(t, ""); len(r.Faults) > 0 || r.Sealed != 311 || r.Tiles != 3 {
			t.Errorf("%+v", r)
		}
	})
}

// TestErasureNeedsItsEntry: nobody takes a body away in silence.
func TestErasureNeedsItsEntry(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		bodies := l.rows(t, `SELECT seq, salt, body FROM entry WHERE seq = 9`)
		k := journal.Kept{Salt: bodies[0][1].([]byte), Body: bodies[0][2].(string)}
		sum := k.Sum()
		l.exec(t, `UPDATE entry SET body = '{}', salt = ?, digest = ? WHERE seq = 9`, []byte{}, sum[:])
		r := l.verify(t, "")
		if len(r.Faults) != 1 || r.Faults[0].Check != "erasure" || !strings.HasPrefix(r.Faults[0].Text, "entry 9 ") {
			t.Errorf("%+v", r.Faults)
		}
	})
}

// TestDamagedTreeStopsNothing: what is written goes on being numbered, and no
// checkpoint is signed over what somebody altered.
func TestDamagedTreeStopsNothing(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		l.exec(t, `UPDATE tile SET hashes = ? WHERE level = 0 AND n = 1`, make([]byte, 55*32))
		l.now.Add(time.Hour.Milliseconds())
		l.add(t, 3)
		if rows := l.rows(t, `SELECT count(*) FROM entry WHERE seq = 0`); rows[0][0] != int64(0) {
			t.Errorf("%v entries wait for a number", rows[0][0])
		}
		if rows := l.rows(t, `SELECT max(size) FROM checkpoint`); rows[0][0] != int64(270) {
			t.Errorf("a checkpoint over %v entries was signed", rows[0][0])
		}
		if r := l.verify(t, ""); r.Pending != 3 || len(r.Faults) == 0 {
			t.Errorf("%+v", r)
		}
	})
}

// TestMovedCheckpointStopsNothing: a checkpoint that stands at another size than
// its own is named every time, and nothing is signed beside it.
func TestMovedCheckpointStopsNothing(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		size := l.rows(t, `SELECT min(size) FROM checkpoint`)[0][0]
		l.exec(t, `UPDATE checkpoint SET size = 1000 WHERE size = ?`, size)
		l.now.Add(time.Hour.Milliseconds())
		for range 2 {
			l.add(t, 1)
			if r := l.verify(t, ""); len(r.Faults) == 0 || r.Checkpoints != 2 {
				t.Errorf("%+v", r)
			}
		}
	})
}

// TestNodesGrowOneTree has two nodes write and seal at once.
func TestNodesGrowOneTree(t *testing.T) {
	c := storetest.PostgresConfig(t)
	a, b := storetest.Start(t, c), storetest.Start(t, c)
	storetest.Gapless(t, a, b)
	for _, db := range []*store.DB{a, b} {
		r, err := db.VerifyJournal(t.Context(), "")
		if err != nil || len(r.Faults) > 0 || r.Pending != 0 || r.Checkpoints == 0 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestSealIsAtOnce, unless the tree was damaged.
func TestSealIsAtOnce(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		for range 2 { // the second time there is nothing to seal
			if err := l.db.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if r := l.verify(t, ""); len(r.Faults) > 0 || r.Sealed != 311 || r.Checkpoints != 3 {
				t.Errorf("%+v", r)
			}
		}
		l.add(t, 1)
		l.exec(t, `UPDATE tile SET hashes = ? WHERE level = 0 AND n = 1`, make([]byte, 56*32))
		if err := l.db.Seal(t.Context()); err == nil {
			t.Error("a damaged tree is sealed")
		}
	})
}

// TestSealedEntryIsProven, by number or id, erased or not; one after the last
// checkpoint has to wait.
func TestSealedEntryIsProven(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l := newLedger(t, config)
		prove := func(number int64, id uuid.UUID) (p journal.Proof, err error) {
			err = l.db.Read(t.Context(), func(tx *store.Tx) error {
				p, err = tx.Prove(t.Context(), number, id)
				return err
			})
			return p, err
		}
		for _, n := range []int64{1, 2, 256, 257, 270} {
			p, err := prove(n, uuid.Nil)
			if err != nil || p.Number != n || p.Size != 270 || p.Check() != nil || (p.Body == "") != (n == 1) {
				t.Errorf("%d: %+v, %v", n, p, err)
			}
			again, err := prove(0, uuid.MustParse(strings.Split(p.Record, "\n")[1]))
			if err != nil || again.Number != n {
				t.Errorf("%d by its id: %+v, %v", n, again, err)
			}
		}
		if _, err := prove(271, uuid.Nil); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("after the checkpoint: %v", err)
		}
		if _, err := prove(400, uuid.Nil); catalog.CodeOf(err) != catalog.NotFound {
			t.Errorf("none: %v", err)
		}
	})
}
