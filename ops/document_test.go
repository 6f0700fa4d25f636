package ops_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"datai/document"
	"datai/journal"
	"datai/process"
	"datai/store"

	"github.com/google/uuid"
)

// TestADocumentComesBackInEitherDatabase: a document of several parts, with the
// entry that names its hash, is whole after a backup and a restore into the same
// and into the other kind of database.
func TestADocumentComesBackInEitherDatabase(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		ctx := t.Context()
		from := kinds[kind](t)
		db := open(t, from)
		whole := make([]byte, 2*document.PartSize+11)
		if _, err := rand.Read(whole); err != nil {
			t.Fatal(err)
		}
		d := document.Document{ID: uuid.Must(uuid.NewV7()), Kind: "contact", Case: uuid.Must(uuid.NewV7()), Code: "2026-DJ-0001", Action: "secure", Field: "agreement",
			Account: uuid.Must(uuid.NewV7()), Name: "保密协议.pdf", Type: "pdf", Size: int64(len(whole)), Hash: sha256.Sum256(whole), AddedAt: 1}
		e, err := journal.New(rand.Reader, 1, d.Account, "officer", "contact.move", "case")
		if err != nil {
			t.Fatal(err)
		}
		e.Subject, e.Body = d.Case, map[string]string{journal.Documents: process.Attached{"agreement": {d.Hash}}.String()}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			for n := 0; n*document.PartSize < len(whole); n++ {
				if err := tx.SavePart(ctx, d.Hash, n, uuid.Must(uuid.NewV7()), 1, whole[n*document.PartSize:min((n+1)*document.PartSize, len(whole))]); err != nil {
					return err
				}
			}
			if err := tx.AddDocument(ctx, d); err != nil {
				return err
			}
			if err := tx.AddEvent(ctx, d.Case, process.Event{At: 1, Who: d.Account, Taken: process.Taken{Action: "secure"}}); err != nil {
				return err
			}
			if err := tx.EndForm(ctx, d.Account, d.Case, "secure", 1, false); err != nil {
				return err
			}
			return tx.Append(ctx, e)
		}); err != nil {
			t.Fatal(err)
		}
		taken := archive(t, backup(t, db, from))
		for _, into := range []string{kind, other(kind)} {
			c := kinds[into](t)
			if err := taken.Restore(ctx, c, time.Now()); err != nil {
				t.Fatalf("into %s: %v", into, err)
			}
			there := open(t, c)
			r, err := there.VerifyJournal(ctx, "")
			if err != nil || len(r.Faults) > 0 || r.Documents != 1 {
				t.Errorf("into %s: %+v, %v", into, r, err)
			}
			if tally, err := there.Verify(ctx); err != nil || len(tally.Faults) > 0 {
				t.Errorf("into %s: %+v, %v", into, tally.Faults, err)
			}
			var got bytes.Buffer
			if err := there.Read(ctx, func(tx *store.Tx) error { return tx.WriteDocument(ctx, d.Hash, d.Size, &got) }); err != nil || !bytes.Equal(got.Bytes(), whole) {
				t.Errorf("into %s: %d bytes of %d, %v", into, got.Len(), len(whole), err)
			}
		}
	})
}
