// Package storetest is the conformance suite of the store: Run is called once
// for each database and says what both must do alike. It also opens databases
// for the tests of others.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/catalog"
	"datai/intake"
	"datai/internal/pgtest"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

// Open opens an empty database that ends with the test.
type Open func(t testing.TB) *store.DB

// SQLiteConfig names a new file in a folder of the test.
func SQLiteConfig(t testing.TB) store.Config {
	c := config(t)
	c.Path = filepath.Join(t.TempDir(), "资料 库?.db") // a path that needs escaping
	return c
}

// PostgresConfig names a new database on the server of the tests.
func PostgresConfig(t testing.TB) store.Config {
	c := config(t)
	c.URL = pgtest.URL(t)
	return c
}

func config(t testing.TB) store.Config {
	c := store.Config{Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for i := range c.Key {
		c.Key[i] = byte(i + 1)
	}
	return c
}

// Start opens the database of c until the test ends.
func Start(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Run runs the suite; open is called for each test.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, db *store.DB)
	}{
		{"every field of a result comes back", resultRoundTrip},
		{"every field of a need comes back", needRoundTrip},
		{"every field of a party comes back", partyRoundTrip},
		{"every field of a person comes back", personRoundTrip},
		{"people are found by the numbers that they have now", peopleByKey},
		{"things are found by id, code and key", finding},
		{"long keys stay apart", longKeys},
		{"text that one database refuses is refused", refusedText},

		{"of writers over one version one wins", oneWinner},
		{"no update is lost", noLostUpdate},
		{"a link lets one in", oneLink},
		{"an account's name is its own", accountNames},
		{"accounts are listed by name, page by page, and saved over the version that was read", accountPages},
		{"the last administrator stays", lastAdministrator},
		{"the journal is read from its end, page by page", journalPages},
		{"tokens are found by hash and end when revoked", tokens},
		{"an identity belongs to one account and is found by its value", identities},
		{"drafts of proxy entries are one's own and versioned", proxyDrafts},
		{"the owner of a need is asked once a link", confirmations},
		{"a passkey belongs to one account and is written over the version that was read", passkeys},
		{"an authenticator is written over the version that was read, a recovery code is used once", factors},
		{"an enterprise is one party and has its own needs", enterprises},
		{"a draft of a step is one an account, case and step", stepDrafts},
		{"a document is its owner's until the step is taken, and the case's from then on", documents},
		{"a content stays as long as a document has it", sharedContent},
		{"closing an account leaves nobody's name", closing},
		{"consents are kept with their words and end once", consents},
		{"sign-ins are listed, found from outside and end once", signIns},
		{"a password is kept over the version that was read", passwords},
		{"a code is right once, on its device, for a while", codes},
		{"an account knows its devices", devices},
		{"sources keep their secret, and what was spent stays so", sources},
		{"a list of people is taken by one, and says who has its numbers", presences},
		{"a reader sees one snapshot and cannot write", snapshot},
		{"hooks run after commit and before Write returns", hooks},
		{"no hook after a rollback", noHookAfterRollback},
		{"a swallowed error commits nothing", swallowedError},
		{"a panic commits nothing", panicking},
		{"a caller that goes away leaves all or nothing", cancelled},

		{"an import goes from staging to the catalogue", importing},
		{"the rows of parties that will stand in the catalogue are read whole", partyRows},
		{"fields changed on a page are remembered until they are forgotten", pageEdits},
		{"rows are read by fate and page", rowPages},
		{"an import of a moved catalogue changes nothing", movedVersion},
		{"an import of a taken key changes nothing", takenKey},
		{"an import of other rows than shown changes nothing", otherRows},
		{"a batch is saved over the version that was read", batchVersions},
		{"thousands of rows are applied at once", manyRows},
		{"the import service runs on this store", service},
		{"everything of a staged row comes back", wholeRows},
		{"rows that resemble something wait for a decision", alikes},
		{"an import of a moved catalogue can be mended", movedMended},
		{"what columns mean is remembered", mappings},

		{"pages hold every row once, in order", paging},
		{"a list shows what is public", publicOnly},
		{"a list is narrowed by what people choose", filters},
		{"titles are sorted by pinyin", pinyinOrder},
		{"what lapses is found", lapsing},
		{"feedback is replaced and taken back", feedback},
		{"people and organisations are found by their names", peopleNamed},
		{"a task is done once and opened again", tasks},
		{"of a term the last word stands", terms},
		{"a check names the versions that were seen", checks},
		{"a directory is paged forth and back", directoryPages},
		{"a directory shows whom the reader may see", directoryFilters},
		{"needs are found by their owner", needsOfAParty},

		{"a case comes back, and is erased", cases},
		{"no two cases get one number", caseNumbers},
		{"lists of cases show what they say, in order, page by page", caseLists},
		{"a link of a case answers once and in time", caseLinks},
		{"of many who use a link of a case at once one does", caseLinkAtOnce},
		{"an answer after the deadline is refused and changes nothing", answeredLate},
		{"who acts on a case follows a dated setting", whoActs},
		{"what the gate knows of a result comes back, with its look-alikes", gateCases},
		{"links to professors and their answers come back", gateLinks},
		{"outside reviews come back with their sealed scores", gateRounds},
		{"pages of cases hold each once, what is due first", casePages},
		{"events and timers of cases", caseEvents},
		{"tasks wait for an account or a role, what is due first", caseTasks},

		{"numbers have no gap", gapless},
		{"an entry comes back", entries},
		{"entries lose their bodies and stay proven", erasing},
		{"what a pack of evidence is made of is found", packs},
		{"a checkpoint is sent once", mailed},
		{"a session lives until it expires", sessions},
		{"a message is leased once", outbox},
		{"an inbox holds what its account was told", notices},
		{"who waits for a digest has one", digests},
		{"short messages are counted by person and month", smsCounts},
		{"receivers come back with their secrets", receivers},
		{"decisions on rules keep their order", ruleDecisions},
		{"settings of a process are kept whole", processSettings},
		{"a clock that is set back fires nothing twice", setBack},
		{"the place in the journal moves once", eventCursor},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// failer is what a helper needs of *testing.T or *rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newID(t failer) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func write(ctx context.Context, t failer, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(ctx, fn); err != nil {
		t.Fatalf("write: %v", err)
	}
}

func read(ctx context.Context, t failer, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Read(ctx, fn); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// newResult is a result in review that nobody else is like.
func newResult(t failer, title string) catalog.Result {
	t.Helper()
	id := newID(t)
	return catalog.Result{ID: id, Code: catalog.ShortCode("R", id), GivenID: id.String(), Kind: catalog.KindResult,
		State: catalog.ResultReview, Title: title, CreatedAt: 1000, UpdatedAt: 1000}
}

func newNeed(t failer, title string) catalog.Need {
	t.Helper()
	id := newID(t)
	return catalog.Need{ID: id, Code: catalog.ShortCode("N", id), GivenID: id.String(), State: catalog.NeedReview,
		Title: title, CreatedAt: 1000, UpdatedAt: 1000}
}

// rowsOf are rows that stage things: new ones with version 0, others changed.
func rowsOf[T any](things ...T) []intake.StagedRow {
	rows := make([]intake.StagedRow, len(things))
	for i := range things {
		r := intake.StagedRow{N: i + 2, Fate: intake.New}
		var version int64
		switch v := any(&things[i]).(type) {
		case *catalog.Result:
			r.Result, r.Title, version = v, v.Title, v.Version
		case *catalog.Need:
			r.Need, r.Title, version = v, v.Title, v.Version
		case *catalog.Party:
			r.Party, r.Title, version = v, v.Name, v.Version
		case *catalog.Person:
			r.Person, r.Title, version = v, v.Name, v.Version
		}
		if version > 0 {
			r.Fate = intake.Changed
		}
		rows[i] = r
	}
	return rows
}

// stage makes a staged batch of rows.
func stage(ctx context.Context, t failer, db *store.DB, rows []intake.StagedRow) intake.Batch {
	t.Helper()
	b := intake.Batch{ID: newID(t), Version: 1, Kind: intake.Results, File: "样表.xlsx", State: intake.Staged, CreatedAt: 2000}
	for i := range rows {
		b.Counts.Rows++
		switch rows[i].Fate {
		case intake.New:
			b.Counts.New++
		case intake.Changed:
			b.Counts.Changed++
		case intake.Unchanged:
			b.Counts.Unchanged++
		case intake.Refused:
			b.Counts.Refused++
		}
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddBatch(ctx, b); err != nil {
			return err
		}
		return tx.AddRows(ctx, b.ID, rows)
	})
	return b
}

// apply writes a batch into the catalogue.
func apply(ctx context.Context, db *store.DB, b intake.Batch, at int64) error {
	return db.Write(ctx, func(tx *store.Tx) error { return tx.ApplyBatch(ctx, b, at) })
}

// put brings things into the catalogue by an import and gives each the version
// that it has then.
func put[T any](ctx context.Context, t failer, db *store.DB, things ...T) {
	t.Helper()
	if err := apply(ctx, db, stage(ctx, t, db, rowsOf(things...)), 3000); err != nil {
		t.Fatalf("apply: %v", err)
	}
	for i := range things {
		switch v := any(&things[i]).(type) {
		case *catalog.Result:
			v.Version++
		case *catalog.Need:
			v.Version++
		case *catalog.Party:
			v.Version++
		case *catalog.Person:
			v.Version++
		}
	}
}

// result reads the result with this id.
func result(ctx context.Context, t failer, db *store.DB, id uuid.UUID) catalog.Result {
	t.Helper()
	var found []catalog.Result
	read(ctx, t, db, func(tx *store.Tx) (err error) {
		found, err = tx.Results(ctx, []uuid.UUID{id})
		return err
	})
	if len(found) != 1 {
		t.Fatalf("result %s: found %d, want 1", id, len(found))
	}
	return found[0]
}

// mustBe fails unless err has the code and, if it is not empty, the key.
func mustBe(t failer, err error, code catalog.Code, key string) {
	t.Helper()
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok || e.Code != code || (key != "" && e.Key != key) {
		t.Fatalf("error is %v, want %s %s", err, code, key)
	}
}

// together runs fn n times at once and returns the errors.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			errs[i] = fn(i)
		})
	}
	close(begin)
	all.Wait()
	return errs
}

// feed reads every change that is committed, after numbering it.
func feed(ctx context.Context, t failer, db *store.DB) []journal.Change {
	t.Helper()
	if err := db.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	changes, err := db.Changes(ctx, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// state is the whole catalogue as text, to compare before and after.
func state(ctx context.Context, t failer, db *store.DB) string {
	t.Helper()
	var b strings.Builder
	read(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.EachResult(ctx, func(r *catalog.Result) error { fmt.Fprintf(&b, "%+v\n", *r); return nil }); err != nil {
			return err
		}
		if err := tx.EachNeed(ctx, func(n *catalog.Need) error { fmt.Fprintf(&b, "%+v\n", *n); return nil }); err != nil {
			return err
		}
		if err := tx.EachParty(ctx, func(p *catalog.Party) error { fmt.Fprintf(&b, "%+v\n", *p); return nil }); err != nil {
			return err
		}
		batches, err := tx.Batches(ctx, 1000)
		fmt.Fprintf(&b, "%+v\n", batches)
		return err
	})
	fmt.Fprintf(&b, "%d changes\n", len(feed(ctx, t, db)))
	return b.String()
}
