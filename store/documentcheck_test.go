package store_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"datai/document"
	"datai/journal"
	"datai/process"
	"datai/store"

	"github.com/google/uuid"
)

// withDocument is a ledger with one more entry, which names a document of two
// parts.
func withDocument(t *testing.T, config store.Config) (l *ledger, hash [32]byte) {
	l = newLedger(t, config)
	whole := []byte(strings.Repeat("保密协议", document.PartSize/8))
	hash = sha256.Sum256(whole)
	of, who := id(t), id(t)
	for n := 0; n*document.PartSize < len(whole); n++ {
		part, row := whole[n*document.PartSize:min((n+1)*document.PartSize, len(whole))], id(t)
		if err := l.db.Write(t.Context(), func(tx *store.Tx) error { return tx.SavePart(t.Context(), hash, n, row, 1, part) }); err != nil {
			t.Fatal(err)
		}
	}
	d := document.Document{ID: id(t), Kind: "contact", Case: of, Code: "2026-DJ-0001", Action: "secure", Field: "agreement", Account: who, Name: "协议.pdf", Type: "pdf",
		Size: int64(len(whole)), Hash: hash, AddedAt: 1}
	e := l.entry(t)
	e.Subject, e.Verb, e.Body = of, "contact.move", map[string]string{journal.Documents: process.Attached{"agreement": {hash}}.String()}
	if err := l.db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddDocument(t.Context(), d); err != nil {
			return err
		}
		if err := tx.AddEvent(t.Context(), of, process.Event{At: 1, Who: who, Taken: process.Taken{Action: "secure"}}); err != nil {
			return err
		}
		if err := tx.EndForm(t.Context(), who, of, "secure", 1, false); err != nil {
			return err
		}
		return tx.Append(t.Context(), e)
	}); err != nil {
		t.Fatal(err)
	}
	l.add(t, 0)
	return l, hash
}

// TestAnAlteredDocumentIsNamed spoils a document in every way: the verification
// of the journal names it by its hash and its entry.
func TestAnAlteredDocumentIsNamed(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		l, hash := withDocument(t, config)
		if r := l.verify(t, ""); len(r.Faults) > 0 || r.Documents != 1 {
			t.Fatalf("%+v", r)
		}
		if tally, err := l.db.Verify(t.Context()); err != nil || len(tally.Faults) > 0 {
			t.Fatalf("%+v, %v", tally.Faults, err)
		}
		named := fmt.Sprintf("the document with SHA-256 %x of entry 312", hash)
		rows := l.rows(t, `SELECT hash, n, id, at, content FROM document_part ORDER BY n`)
		files := l.rows(t, `SELECT id, kind, case_id, code, action, field, event, account_id, type, size, hash, added_at, name FROM document`)
		flipped := func(v any, at int) []byte {
			b := slices.Clone(v.([]byte))
			b[at] ^= 1
			return b
		}
		for name, spoil := range map[string]func(){
			"a byte in the middle": func() { l.exec(t, `UPDATE document_part SET content = ? WHERE n = 1`, flipped(rows[1][4], 1000)) },
			"the last byte": func() {
				l.exec(t, `UPDATE document_part SET content = ? WHERE n = 1`, flipped(rows[1][4], len(rows[1][4].([]byte))-1))
			},
			"the hash of a part":    func() { l.exec(t, `UPDATE document_part SET hash = ? WHERE n = 0`, flipped(rows[0][0], 0)) },
			"the hash of it":        func() { l.exec(t, `UPDATE document SET hash = ?`, flipped(hash[:], 31)) },
			"a part that is gone":   func() { l.exec(t, `DELETE FROM document_part WHERE n = 0`) },
			"the last part is gone": func() { l.exec(t, `DELETE FROM document_part WHERE n = 1`) },
			"all parts are gone":    func() { l.exec(t, `DELETE FROM document_part`) },
			"it is gone":            func() { l.exec(t, `DELETE FROM document`) },
			"it was never sent":     func() { l.exec(t, `UPDATE document SET event = 0`) },
		} {
			spoil()
			r := l.verify(t, "")
			if !slices.ContainsFunc(r.Faults, func(f journal.Fault) bool { return f.Check == "document" && strings.HasPrefix(f.Text, named) }) {
				t.Errorf("%s: not named: %+v", name, r.Faults)
			}
			l.exec(t, `DELETE FROM document_part`)
			l.exec(t, `DELETE FROM document`)
			for _, row := range rows {
				l.exec(t, `INSERT INTO document_part (hash, n, id, at, content) VALUES (?, ?, ?, ?, ?)`, row...)
			}
			for _, row := range files {
				l.exec(t, `INSERT INTO document (id, kind, case_id, code, action, field, event, account_id, type, size, hash, added_at, name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, row...)
			}
		}
		if r := l.verify(t, ""); len(r.Faults) > 0 {
			t.Fatalf("what was restored is not as it was: %+v", r)
		}
	})
}

// TestADocumentThatNoEntryNamesIsFound: a file that was laid into a case beside
// the journal.
func TestADocumentThatNoEntryNamesIsFound(t *testing.T) {
	databases(t, func(t *testing.T, config store.Config) {
		db, err := store.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		d := document.Document{ID: id(t), Kind: "contact", Case: uuid.New(), Action: "secure", Event: 1, Account: id(t), Name: "x.pdf", Type: "pdf", Size: 1, Hash: [32]byte{1}}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.AddDocument(t.Context(), d) }); err != nil {
			t.Fatal(err)
		}
		r, err := db.VerifyJournal(t.Context(), "")
		if err != nil || len(r.Faults) != 1 || r.Faults[0].Check != "document" || !strings.Contains(r.Faults[0].Text, d.ID.String()) {
			t.Errorf("%+v, %v", r.Faults, err)
		}
	})
}
