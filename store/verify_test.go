package store_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

// TestVerifyFindsWhatIsWrong spoils a database in every way that is looked for.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ check, sqlite, postgres string }{
		{"", `UPDATE result SET trl = trl`, `UPDATE result SET trl = trl`},
		{"bodies", `UPDATE entry SET body = '{"a":'`, `UPDATE entry SET body = '{"a":'`},
		{"bodies", `UPDATE result SET body = '{"TRL":"high","Maturity":7}'`, `UPDATE result SET body = '{"TRL":"high","Maturity":7}'`},
		{"sealed", `UPDATE result SET contact = CAST(x'01' || randomblob(60) AS BLOB)`, `UPDATE result SET contact = '\x01' || sha512(id::text::bytea)`},
		{"sealed", `UPDATE outbox SET payload = x'01'`, `UPDATE outbox SET payload = '\x01'`},
		{"ledgers", `UPDATE entry SET seq = seq + 10 WHERE seq = 2`, `UPDATE entry SET seq = seq + 10 WHERE seq = 2`},
		{"ledgers", `DELETE FROM change WHERE seq = 1`, `DELETE FROM change WHERE seq = 1`},
		{"parents", `DELETE FROM import_batch`, `ALTER TABLE import_row DISABLE TRIGGER ALL; ALTER TABLE import_batch DISABLE TRIGGER ALL; DELETE FROM import_batch`},
		{"file", `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'sort_key, id', 'id, sort_key') WHERE name = 'result_title'`, ``},
	} {
		databases(t, func(t *testing.T, config store.Config) {
			statement := c.sqlite
			if config.URL != "" {
				statement = c.postgres
			}
			if statement == "" {
				return
			}
			db, err := store.Open(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			fillSecrets(t, db)
			for range 3 {
				e, err := journal.New(rand.Reader, 1, uuid.Nil, "officer", "need.open", "need")
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Append(t.Context(), e) }); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Sequence(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil { // a connection keeps the schema that it has read
				t.Fatal(err)
			}
			if _, err := raw(t, config).ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if db, err = store.Open(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			tally, err := db.Verify(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if tally.Rows == 0 || tally.Bodies == 0 || tally.Sealed == 0 || tally.Things < 2 || tally.Entries == 0 || tally.Changes == 0 {
				t.Errorf("something was not looked at: %+v", tally)
			}
			found := slices.ContainsFunc(tally.Faults, func(f store.Fault) bool { return f.Check == c.check })
			if c.check == "" && len(tally.Faults) > 0 || c.check != "" && !found {
				t.Errorf("after %s: found %v, want %q", statement, tally.Faults, c.check)
			}
		})
	}
}
