package ops_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/ops"
	"datai/store"
	"datai/store/storetest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// kinds are the two databases, each with a new empty one a call.
var kinds = map[string]func(testing.TB) store.Config{"sqlite": storetest.SQLiteConfig, "postgres": storetest.PostgresConfig}

func other(kind string) string {
	if kind == "sqlite" {
		return "postgres"
	}
	return "sqlite"
}

// eachKind runs a test on both databases.
func eachKind(t *testing.T, test func(t *testing.T, kind string)) {
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) { test(t, kind) })
	}
}

// open opens a database until it is closed or the test ends.
func open(t testing.TB, c store.Config) *store.DB { return storetest.Start(t, c) }

func installation(db *store.DB, c store.Config) ops.Installation {
	return ops.Installation{DB: db, Key: c.Key, Version: "test", Now: time.Now, Rand: rand.Reader}
}

// raw is a connection beside the store's.
func raw(t testing.TB, c store.Config) *sql.DB {
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

// fill writes every kind of value that a column can hold: an account with its
// entry, a sealed message, staged rows with the ends of every range.
func fill(t testing.TB, c store.Config, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	batch := uuid.Must(uuid.NewV7())
	e, err := journal.New(rand.Reader, 1, batch, "console", "account.add", "account")
	if err != nil {
		t.Fatal(err)
	}
	e.Body = map[string]string{"name": "<张三> & \u2028"}
	err = db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.AddAccount(ctx, account.Account{ID: uuid.Must(uuid.NewV7()), Name: "👩‍🔬 \"O'Brien\" \\ %", Version: 1, CreatedAt: math.MaxInt64}); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, journal.Message{ID: uuid.Must(uuid.NewV7()), Kind: "mail", Payload: []byte("13900001111"), Due: math.MinInt64}); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	q := raw(t, c)
	id := func(u uuid.UUID) any {
		if c.URL == "" {
			return u[:]
		}
		return u.String()
	}
	put := func(query string, args ...any) {
		t.Helper()
		if c.URL != "" {
			for n := 1; strings.Contains(query, "?"); n++ {
				query = strings.Replace(query, "?", fmt.Sprint("$", n), 1)
			}
		}
		if _, err := q.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	put(`INSERT INTO import_batch (id, version, state, created_at, body) VALUES (?, 1, 'staged', 0, '{}')`, id(batch))
	for i, text := range []string{"", "先进\n材料\t", `{"a":"\u0000"}`, "<script>\u2028\u2029</script>", strings.Repeat("长", 70_000), "🧪𠮷\u200d\ufeff\ufffd"} {
		n := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1<<53 + 1}[i]
		put(`INSERT INTO import_row (batch_id, pos, n, sheet, label, fate, mark, change_id, thing, id, code, key, version, title, sort_key, kind, state,
			confirmed, unfiled, themes, trl, expires_at, staff_no, orcid, created_at, updated_at, issues, body, contact)
			VALUES (?, ?, ?, '', ?, '', '', ?, '', ?, '', '', 1, ?, '', '', '', 0, 0, '', 0, ?, '', '', 0, 0, NULL, ?, NULL)`,
			id(batch), i, n, text, id(uuid.Nil), id(uuid.Max), text, n, "")
	}
	put(`UPDATE import_row SET issues = ? WHERE pos = 1`, []byte{})
	put(`UPDATE import_row SET contact = ? WHERE pos = 2`, []byte{0, 1, 255})
}

// backup writes a backup of db into a folder of the test.
func backup(t testing.TB, db *store.DB, c store.Config) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "b.zip")
	if _, err := installation(db, c).Backup(t.Context(), file, ""); err != nil {
		t.Fatal(err)
	}
	return file
}

func archive(t testing.TB, file string) *ops.Archive {
	t.Helper()
	a, err := ops.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// sums are the digests of the tables of a backup. What a backup and a restore
// themselves note, in meta and in the journal, is left out.
func sums(a *ops.Archive) map[string]string {
	out := map[string]string{}
	for _, f := range a.Manifest.Tables {
		switch f.Name {
		case "meta", "entry", "tile", "checkpoint", "journal_key": // a backup adds an entry
		default:
			out[f.Name] = f.SHA256
		}
	}
	return out
}

func TestEveryValueComesBackInEitherDatabase(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		db := open(t, c)
		fill(t, c, db)
		file := backup(t, db, c)
		first := archive(t, file)
		if err := first.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		var kept journal.Signed
		if err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
			kept, err = tx.Checkpoint(t.Context())
			return err
		}); err != nil || kept.Size == 0 {
			t.Fatalf("%+v, %v", kept, err)
		}
		for _, into := range []string{kind, other(kind)} {
			target := kinds[into](t)
			now := time.UnixMilli(1_900_000_000_000)
			if err := first.Restore(t.Context(), target, now); err != nil {
				t.Fatalf("into %s: %v", into, err)
			}
			restored := open(t, target)
			id, epoch, err := restored.Identity(t.Context())
			if err != nil || id != first.Manifest.Database || epoch != now.UnixMilli() {
				t.Errorf("into %s: database %s in epoch %d, %v; want %s in %d", into, id, epoch, err, first.Manifest.Database, now.UnixMilli())
			}
			if r, err := restored.VerifyJournal(t.Context(), kept.Note); err != nil || len(r.Faults) > 0 || r.Entries == 0 || r.Old == nil {
				t.Errorf("into %s: the journal: %+v, %v", into, r, err)
			}
			second := archive(t, backup(t, restored, target))
			if diff := cmp.Diff(sums(first), sums(second)); diff != "" {
				t.Errorf("into %s: tables differ (-taken +restored):\n%s", into, diff)
			}
			if second.Manifest.Kind != into {
				t.Errorf("the second backup is said to be from %s", second.Manifest.Kind)
			}
		}
	})
}

func TestRestoringTwiceGivesTwoEpochs(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	a := archive(t, backup(t, open(t, c), c))
	var epochs []int64
	for _, at := range []time.Time{time.UnixMilli(5000), time.UnixMilli(6000), time.UnixMilli(0)} {
		target := storetest.SQLiteConfig(t)
		if err := a.Restore(t.Context(), target, at); err != nil {
			t.Fatal(err)
		}
		_, epoch, err := open(t, target).Identity(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		epochs = append(epochs, epoch)
	}
	if diff := cmp.Diff([]int64{5000, 6000, a.Manifest.Epoch + 1}, epochs); diff != "" {
		t.Error(diff)
	}
}

func TestRestoreLeavesWhatIsThereAlone(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		db := open(t, c)
		file := backup(t, db, c)
		before := sums(archive(t, backup(t, db, c)))
		if err := archive(t, file).Restore(t.Context(), c, time.Now()); key(err) != "restore.not_empty" {
			t.Errorf("over the database itself: %v", err)
		}
		if diff := cmp.Diff(before, sums(archive(t, backup(t, db, c)))); diff != "" {
			t.Error(diff)
		}
		foreign := kinds[kind](t)
		if _, err := raw(t, foreign).ExecContext(t.Context(), `CREATE TABLE somebody (name text)`); err != nil {
			t.Fatal(err)
		}
		if err := archive(t, file).Restore(t.Context(), foreign, time.Now()); key(err) != "restore.not_empty" {
			t.Errorf("beside tables of somebody else: %v", err)
		}
	})
}

// key is the message of an error that is invalid input.
func key(err error) string {
	if catalog.CodeOf(err) != catalog.Invalid {
		return ""
	}
	var e *catalog.Error
	for _, part := range unjoin(err) {
		if c, ok := part.(*catalog.Error); ok {
			e = c
		}
	}
	if e == nil {
		return "wrapped"
	}
	return e.Key
}

func unjoin(err error) []error {
	switch e := err.(type) {
	case *catalog.Error:
		return []error{e}
	case interface{ Unwrap() []error }:
		var all []error
		for _, part := range e.Unwrap() {
			all = append(all, unjoin(part)...)
		}
		return all
	case interface{ Unwrap() error }:
		return unjoin(e.Unwrap())
	}
	return nil
}

// rewrite copies a backup and lets edit change each file; nil leaves it out. If
// seal is not nil, the manifest gets a tag again, as whoever has the key could.
func rewrite(t *testing.T, file string, edit func(name string, text []byte) []byte) string {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if text = edit(f.Name, text); text == nil {
			continue
		}
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, out.Bytes())
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "changed.zip")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// try restores a file and returns the message of the refusal. A refused file
// leaves no database.
func try(t *testing.T, file string, c store.Config) string {
	t.Helper()
	a, err := ops.Open(file)
	if err == nil {
		defer a.Close()
		err = a.Restore(t.Context(), c, time.Now())
	}
	if err == nil {
		return ""
	}
	if c.URL == "" {
		left, globErr := filepath.Glob(filepath.Join(filepath.Dir(c.Path), "*"))
		if globErr != nil || len(left) > 0 {
			t.Errorf("a refused restore left %v", left)
		}
	}
	if k := key(err); k != "" {
		return k
	}
	return err.Error()
}

func TestAnAlteredBackupIsRefused(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := open(t, c)
	fill(t, c, db)
	file := backup(t, db, c)
	same := func(_ string, text []byte) []byte { return text }
	instead := func(name, old, new string) func(string, []byte) []byte {
		return func(n string, text []byte) []byte {
			if n == name {
				return bytes.Replace(text, []byte(old), []byte(new), 1)
			}
			return text
		}
	}
	without := func(name string) func(string, []byte) []byte {
		return func(n string, text []byte) []byte {
			if n == name {
				return nil
			}
			return text
		}
	}
	for name, x := range map[string]struct {
		edit func(string, []byte) []byte
		want string
	}{
		"copied":         {same, ""},
		"a row changed":  {instead("tables/account.jsonl", "O'Brien", "O'Briem"), "backup.damaged"},
		"a row repeated": {func(n string, b []byte) []byte { return bytes.Repeat(b, 1+b2i(n == "tables/account.jsonl")) }, "backup.damaged"},
		"a row without its end": {func(n string, b []byte) []byte {
			if n == "tables/account.jsonl" {
				return b[:len(b)-1]
			}
			return b
		}, "backup.damaged"},
		"a table missing":  {without("tables/account.jsonl"), "backup.damaged"},
		"no manifest":      {without("manifest.json"), "backup.no_backup"},
		"no tag":           {without("manifest.hmac"), "backup.damaged"},
		"an epoch changed": {instead("manifest.json", `"epoch": 1`, `"epoch": 2`), "backup.altered"},
		"a newer form":     {instead("manifest.json", `"format": 1`, `"format": 2`), "backup.format"},
		"an unknown field": {instead("manifest.json", `"format": 1`, `"format": 1, "more": 1`), "backup.damaged"},
		"another database": {instead("manifest.json", `"database": "0`, `"database": "1`), "backup.other_key"},
		"a tag of nobody": {func(name string, b []byte) []byte {
			if name == "manifest.hmac" { // another digit of the sixteen in its first place
				b[0] = "123456789abcdef0"[strings.IndexByte("0123456789abcdef", b[0])]
			}
			return b
		}, "backup.altered"},
	} {
		t.Run(name, func(t *testing.T) {
			target := c
			target.Path = filepath.Join(t.TempDir(), "datai.db")
			if got := try(t, rewrite(t, file, x.edit), target); got != x.want {
				t.Errorf("refused with %q, want %q", got, x.want)
			}
		})
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"nothing": {}, "half": whole[:len(whole)/2], "all but one": whole[:len(whole)-1], "text": []byte("PK but no zip")} {
		target := c
		target.Path = filepath.Join(t.TempDir(), "datai.db")
		if got := try(t, write(t, content), target); got != "backup.no_backup" {
			t.Errorf("%s: refused with %q", name, got)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A byte that is flipped anywhere is found, or stands where nothing is read
// from, such as the time of a file in the archive.
func TestNoFlippedByteChangesWhatIsRestored(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := open(t, c)
	fill(t, c, db)
	file := backup(t, db, c)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := archive(t, file).Manifest
	found := 0
	const flips = 400
	for range flips {
		at, bit := mathrand.IntN(len(whole)), mathrand.IntN(8)
		changed := bytes.Clone(whole)
		changed[at] ^= 1 << bit
		a, err := ops.Open(write(t, changed))
		if err == nil {
			if err = a.Authentic(c.Key); err == nil {
				err = a.Check(t.Context())
			}
			if diff := cmp.Diff(want, a.Manifest, cmp.AllowUnexported(store.Table{}, store.Column{})); err == nil && diff != "" {
				t.Errorf("byte %d bit %d: accepted another manifest:\n%s", at, bit, diff)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		if err != nil {
			found++
			if catalog.CodeOf(err) != catalog.Invalid {
				t.Errorf("byte %d bit %d: %v", at, bit, err)
			}
		}
	}
	if found < flips/2 { // the rest are times and versions in the archive, which nobody reads
		t.Errorf("only %d of %d flipped bits were noticed", found, flips)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		a := archive(t, backup(t, open(t, c), c))
		target := kinds[kind](t)
		from := store.Content{Schema: 99_999, Epoch: 2}
		if err := store.Restore(t.Context(), target, from); key(err) != "restore.newer" {
			t.Errorf("a newer schema: %v", err)
		}
		if err := a.Restore(t.Context(), target, time.Now()); err != nil {
			t.Errorf("after the refusal: %v", err)
		}
	})
}

// What breaks off in the middle leaves an empty place, into which the next
// restore goes.
func TestARestoreThatBreaksOffLeavesNothing(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		db := open(t, c)
		fill(t, c, db)
		file := backup(t, db, c)
		lines := 0
		broken := rewrite(t, file, func(name string, text []byte) []byte {
			if name == "tables/outbox.jsonl" { // after those of accounts and imports
				lines = bytes.Count(text, []byte("\n"))
				return bytes.Replace(text, []byte("mail"), []byte("maim"), 1)
			}
			return text
		})
		if lines == 0 {
			t.Fatal("there is no message to spoil")
		}
		target := kinds[kind](t)
		if got := try(t, broken, target); got != "backup.damaged" {
			t.Fatalf("refused with %q", got)
		}
		if kind == "postgres" {
			var n int
			if err := raw(t, target).QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM meta)`).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows are left, %v", n, err)
			}
		}
		if err := archive(t, file).Restore(t.Context(), target, time.Now()); err != nil {
			t.Errorf("the next restore: %v", err)
		}
	})
}

func TestABackupIsOneSnapshot(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		db := open(t, c)
		ctx := t.Context()
		stop, stopped := make(chan struct{}), make(chan error, 1)
		go func() { // an account and its entry are one unit of work
			for {
				select {
				case <-stop:
					stopped <- nil
					return
				default:
				}
				a := account.Account{ID: uuid.Must(uuid.NewV7()), Name: rand.Text(), Version: 1}
				e, err := journal.New(rand.Reader, 1, a.ID, "console", "account.add", "account")
				if err == nil {
					err = db.Write(ctx, func(tx *store.Tx) error {
						if err := tx.AddAccount(ctx, a); err != nil {
							return err
						}
						return tx.Append(ctx, e)
					})
				}
				if err != nil {
					stopped <- err
					return
				}
			}
		}()
		most := int64(0)
		for range 10 {
			a := archive(t, backup(t, db, c))
			rows := map[string]int64{}
			for _, f := range a.Manifest.Tables {
				rows[f.Name] = f.Rows
			}
			// Every backup adds an entry of its own, which is no account's.
			if entries := rows["entry"] - rows["account"]; entries < 0 || entries > 10 {
				t.Errorf("%d accounts and %d entries", rows["account"], rows["entry"])
			}
			most = max(most, rows["account"])
		}
		close(stop)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if most == 0 {
			t.Error("nothing was written meanwhile")
		}
	})
}

func TestNothingIsOverwritten(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := open(t, c)
	dir := t.TempDir()
	file := filepath.Join(dir, "b.zip")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := installation(db, c).Backup(t.Context(), file, ""); key(err) != "backup.exists" {
		t.Errorf("over a file: %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("the file is %q now, %v", text, err)
	}
	if _, err := installation(db, c).Backup(t.Context(), filepath.Join(dir, "no", "b.zip"), ""); key(err) != "backup.unwritable" {
		t.Errorf("into no folder: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestSessionsAndLinksStayBehind(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := open(t, c)
	if err := db.CommitCtx(t.Context(), "token", []byte("data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, f := range archive(t, backup(t, db, c)).Manifest.Tables {
		if f.Name == "session" || f.Name == "sign_in" || f.Name == "link" || f.Name == "goose_db_version" {
			t.Errorf("%s is in the backup", f.Name)
		}
	}
}

func TestManifestIsReadable(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	a := archive(t, backup(t, open(t, c), c))
	text, err := json.Marshal(a.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"format":1`, `"datai":"test"`, `"schema":`, `"feed":0`, `"taken":"20`, `"kind":"sqlite"`, `"name":"result","columns":[{"name":"alike","kind":"int"}`} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the manifest lacks %s: %s", want, text)
		}
	}
}
