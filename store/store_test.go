package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/catalog"
	"datai/intake"
	"datai/journal"
	"datai/store"
	"datai/store/storetest"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(writerEnv); file != "" {
		os.Exit(writer(file))
	}
	goleak.VerifyTestMain(m)
}

func TestSQLite(t *testing.T)   { storetest.Run(t, storetest.SQLite) }
func TestPostgres(t *testing.T) { storetest.Run(t, storetest.Postgres(t)) }

func databases(t *testing.T, test func(t *testing.T, c store.Config)) {
	t.Run("sqlite", func(t *testing.T) { test(t, storetest.SQLiteConfig(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.PostgresConfig(t)) })
}

func id(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestTwoNodesNumberInOneOrder(t *testing.T) {
	c := storetest.PostgresConfig(t)
	storetest.Gapless(t, storetest.Start(t, c), storetest.Start(t, c))
}

func TestNodesMayStartAtOnce(t *testing.T) {
	c := storetest.PostgresConfig(t)
	var all sync.WaitGroup
	dbs := make([]*store.DB, 4)
	errs := make([]error, len(dbs))
	for i := range dbs {
		all.Go(func() { dbs[i], errs[i] = store.Open(t.Context(), c) })
	}
	all.Wait()
	var first uuid.UUID
	for i, db := range dbs {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		got, _, err := db.Identity(t.Context())
		if i == 0 {
			first = got
		}
		if err != nil || got != first {
			t.Errorf("node %d says that the database is %s, %v; the first says %s", i, got, err, first)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestReopening(t *testing.T) {
	databases(t, func(t *testing.T, c store.Config) {
		ctx := t.Context()
		db, err := store.Open(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		first, epoch, err := db.Identity(ctx)
		if err != nil || first == uuid.Nil || epoch != 1 {
			t.Fatalf("a new database is %s in epoch %d, %v", first, epoch, err)
		}
		if err := db.Ping(ctx); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Ping(ctx); err == nil {
			t.Error("a closed database answers")
		}
		if db, err = store.Open(ctx, c); err != nil {
			t.Fatal(err)
		}
		again, epoch, err := db.Identity(ctx)
		if err != nil || again != first || epoch != 1 {
			t.Errorf("reopened it is %s in epoch %d, %v; want %s in 1", again, epoch, err, first)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		other := c
		other.Key[0]++
		if _, err := store.Open(ctx, other); err == nil || !strings.Contains(err.Error(), "key") {
			t.Errorf("with another key: %v, want an error that names the key", err)
		}
	})
}

func TestConfigMistakes(t *testing.T) {
	for name, breakIt := range map[string]func(*store.Config){
		"Key is empty": func(c *store.Config) { c.Key = [32]byte{} },
		"Now, Rand":    func(c *store.Config) { c.Rand = nil },
		"begins with":  func(c *store.Config) { c.URL = "mysql://root:geheim@localhost/db" },
		"path":         func(c *store.Config) { c.Path = "" },
		"PostgreSQL":   func(c *store.Config) { c.URL = "postgres://datai:geheim@127.0.0.1:1/none?connect_timeout=5" },
	} {
		c := storetest.SQLiteConfig(t)
		breakIt(&c)
		_, err := store.Open(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("error %v, want one that says %q and no password", err, name)
		}
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	databases(t, func(t *testing.T, c store.Config) {
		db, err := store.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := raw(t, c).Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("error %v, want one that says to use the newer program", err)
		}
	})
}

// raw is the database without the store.
func raw(t *testing.T, c store.Config) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", c.URL
	if c.URL == "" {
		driver, dsn = "sqlite", (&url.URL{Scheme: "file", Path: c.Path}).String()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// secrets are parts of contacts that must stand nowhere in clear.
var secrets = []string{"13912345678", "010-62345678", "zhang.san@example.edu.cn", "13700001111", "110101199003070000", "13611112222", "13500009999"}

// fillSecrets writes them by every way that there is.
func fillSecrets(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	contact := catalog.Contact{Name: "张三", Phone: secrets[0], Landline: secrets[1], Email: secrets[2], OwnerTel: secrets[3]}
	r := catalog.Result{ID: id(t), Code: "R-1", GivenID: "1", Title: "成果", Contact: contact, Extra: map[string]string{"身份证号": secrets[4]}}
	n := catalog.Need{ID: id(t), Code: "N-1", GivenID: "1", Title: "需求", Contact: contact}
	p := catalog.Party{ID: id(t), Code: "P-1", Name: "单位", Contact: contact}
	refused := intake.StagedRow{N: 4, Fate: intake.Refused, Issues: []intake.Issue{{Refusal: true, Key: "k", Args: catalog.Args{"value": secrets[5]}}}}
	apply := func(counts intake.Counts, rows ...intake.StagedRow) {
		t.Helper()
		b := intake.Batch{ID: id(t), Version: 1, Counts: counts}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.AddBatch(ctx, b); err != nil {
				return err
			}
			if err := tx.AddRows(ctx, b.ID, rows); err != nil {
				return err
			}
			err := tx.ApplyBatch(ctx, b, 1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	apply(intake.Counts{New: 3}, intake.StagedRow{N: 1, Fate: intake.New, Result: &r}, intake.StagedRow{N: 2, Fate: intake.New, Need: &n},
		intake.StagedRow{N: 3, Fate: intake.New, Party: &p}, refused)
	r.Version, n.Version, p.Version = 1, 1, 1
	apply(intake.Counts{Changed: 1}, intake.StagedRow{N: 1, Fate: intake.Changed, Party: &p})
	if err := db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SaveResult(ctx, r); err != nil {
			return err
		}
		if err := tx.SaveNeed(ctx, n); err != nil {
			return err
		}
		return tx.EnqueueMessage(ctx, journal.Message{ID: id(t), Kind: "sms", Payload: []byte(`{"to":"` + secrets[6] + `"}`)})
	}); err != nil {
		t.Fatal(err)
	}
	var got []catalog.Result
	if err := db.Read(ctx, func(tx *store.Tx) (err error) {
		got, err = tx.Results(ctx, []uuid.UUID{r.ID})
		return err
	}); err != nil || got[0].Contact != contact || got[0].Extra["身份证号"] != secrets[4] {
		t.Fatalf("contact %+v, %v; want %+v", got, err, contact)
	}
}

func TestNoSecretInSQLiteFiles(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := storetest.Start(t, c)
	fillSecrets(t, db)
	search := func(when string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(filepath.Dir(c.Path), "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files, %v", err)
		}
		seen := 0
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			seen += bytes.Count(content, []byte("需求")) // the search would find what stands there
			for _, s := range secrets {
				if bytes.Contains(content, []byte(s)) {
					t.Errorf("%s: %s holds %s in clear", when, filepath.Base(f), s)
				}
			}
			if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, %v; want one that others cannot read", filepath.Base(f), info.Mode(), err)
			}
		}
		if seen == 0 {
			t.Errorf("%s: not even a title was found", when)
		}
	}
	search("while it is open")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	search("closed")
}

func TestNoSecretInPostgres(t *testing.T) {
	c := storetest.PostgresConfig(t)
	fillSecrets(t, storetest.Start(t, c))
	db := raw(t, c)
	var tables []string
	rows, err := db.Query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil || len(tables) < 14 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	for _, table := range tables {
		var text sql.NullString
		if err := db.QueryRow(`SELECT string_agg(t::text, ' ') FROM "` + table + `" AS t`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		if table == "result" && !strings.Contains(text.String, "成果") {
			t.Error("not even a title was found")
		}
		for _, s := range secrets {
			if strings.Contains(text.String, s) || strings.Contains(text.String, hex.EncodeToString([]byte(s))) {
				t.Errorf("table %s holds %s in clear", table, s)
			}
		}
	}
}

func TestSealedContactBelongsToItsRow(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := storetest.Start(t, c)
	fillSecrets(t, db)
	if _, err := raw(t, c).Exec(`UPDATE need SET contact = (SELECT contact FROM result)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.NeedByCode(t.Context(), "N-1"); return err }); err == nil {
		t.Error("the contact of another row was opened")
	}
}

func TestSessionTokenIsNotKept(t *testing.T) {
	databases(t, func(t *testing.T, c store.Config) {
		const token = "a-token-that-lets-somebody-in"
		db := storetest.Start(t, c)
		if err := db.Commit(token, []byte("data"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		var kept []byte
		if err := raw(t, c).QueryRow(`SELECT token FROM session`).Scan(&kept); err != nil {
			t.Fatal(err)
		}
		if len(kept) != 32 || bytes.Contains(kept, []byte(token[:8])) {
			t.Errorf("the token is kept as %q, want its hash", kept)
		}
	})
}

// TestDeadlock lets two units of work take the same two rows in opposite order
// in PostgreSQL. The server ends one of them; it runs again, and both stand,
// each with its changes told once.
func TestDeadlock(t *testing.T) {
	ctx := t.Context()
	db := storetest.Start(t, storetest.PostgresConfig(t))
	fillSecrets(t, db)
	// A link has no version, so in what order two take it is the locks' business alone.
	a, b := account(t, db, "a"), account(t, db, "b")
	heard := 0
	var mu sync.Mutex
	db.OnCommit(func(_ context.Context, changes []journal.Change) {
		mu.Lock()
		defer mu.Unlock()
		heard += len(changes)
	})
	var met sync.WaitGroup
	met.Add(2)
	runs := make([]int, 2)
	errs := make([]error, 2)
	var all sync.WaitGroup
	for i, order := range [][2][32]byte{{a, b}, {b, a}} {
		all.Go(func() {
			errs[i] = db.Write(ctx, func(tx *store.Tx) error {
				runs[i]++
				if _, _, err := tx.UseLink(ctx, order[0], 1); err != nil {
					return err
				}
				if runs[i] == 1 {
					met.Done()
					met.Wait()
				}
				if _, _, err := tx.UseLink(ctx, order[1], 1); err != nil {
					return err
				}
				r, err := tx.ResultByCode(ctx, "R-1")
				if err != nil {
					return err
				}
				return tx.SaveResult(ctx, r)
			})
		})
	}
	all.Wait()
	// Who lost may lose once more while the other is not done.
	if errs[0] != nil || errs[1] != nil || runs[0]+runs[1] < 3 {
		t.Errorf("errors %v, runs %v; want both to stand after one ran again", errs, runs)
	}
	if heard != 2 {
		t.Errorf("hooks heard %d changes, want 2", heard)
	}
}
