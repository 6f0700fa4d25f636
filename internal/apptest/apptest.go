// Package apptest opens the whole application without its edges, for tests of
// the services: a database of its own, every service, the live index, and a
// clock that the test turns.
package apptest

import (
	"context"
	"crypto/rand"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/document"
	"datai/evidence"
	"datai/exchange"
	"datai/gate"
	"datai/inbox"
	"datai/intake"
	"datai/internal/pgtest"
	"datai/journal"
	"datai/match"
	"datai/matchmaker"
	"datai/retention"
	"datai/rulebook"
	"datai/rules"
	"datai/shelf"
	"datai/signin"
	"datai/store"
	"datai/store/storetest"
)

// App is an open application.
type App struct {
	DB          *store.DB
	Intake      *intake.Service
	Shelf       *shelf.Service
	Match       *matchmaker.Service
	Account     *account.Service
	Contact     *contact.Service
	Gate        *gate.Service
	Document    *document.Service
	Proxy       *shelf.Proxy
	Enterprises *shelf.Enterprises
	Inbox       *inbox.Service
	Evidence    *evidence.Service
	Rules       *rulebook.Service
	Retention   *retention.Service
	Processes   *rulebook.Processes
	Clock       *Clock

	Passwords *account.Passwords
}

// Clock is a clock that stands still until it is turned.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance turns the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Officer is a technology-transfer officer.
func Officer() account.Principal {
	return account.Principal{Name: "officer", Roles: []account.Role{account.Officer}, Acting: account.Officer}
}

// New opens an application on an SQLite database of its own, or on a PostgreSQL
// one where DATAI_TEST_ON is "postgres": build/postgres.sh has a server.
func New(t testing.TB) *App {
	t.Helper()
	clock := &Clock{at: time.Date(2026, 4, 7, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))}
	c := store.Config{Path: filepath.Join(t.TempDir(), "datai.db"), Key: [32]byte{7}, Now: clock.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)}
	if os.Getenv("DATAI_TEST_ON") == "postgres" {
		c.Path, c.URL = "", pgtest.URL(t)
	} else {
		storetest.Blank(t, c.Path)
	}
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	base, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	book := rulebook.NewService(store.For[rulebook.Tx](db), base, clock.Now, rand.Reader)
	processes := rulebook.NewProcesses(store.For[rulebook.ProcessTx](db), clock.Now, rand.Reader, gate.Definition, contact.Definition)
	a := &App{DB: db, Clock: clock,
		Intake:      intake.NewService(store.For[intake.Tx](db), clock.Now, rand.Reader),
		Shelf:       shelf.NewService(store.For[shelf.Tx](db), clock.Now, rand.Reader, book.Book),
		Match:       matchmaker.NewService(store.For[matchmaker.Tx](db), clock.Now, rand.Reader, match.Options{}),
		Account:     account.NewService(store.For[account.Tx](db), clock.Now, rand.Reader),
		Contact:     contact.NewService(store.For[contact.Tx](db), clock.Now, rand.Reader, book.Book, processes.Of(contact.Definition.Kind)),
		Proxy:       shelf.NewProxy(store.For[shelf.ProxyTx](db), clock.Now, rand.Reader, exchange.MessageReader(), book.Book),
		Enterprises: shelf.NewEnterprises(store.For[shelf.EnterpriseTx](db), clock.Now, rand.Reader, exchange.MessageReader(), book.Book),
		Inbox:       inbox.NewService(store.For[inbox.Tx](db), clock.Now, rand.Reader),
		Evidence:    evidence.NewService(store.For[evidence.Tx](db), clock.Now, rand.Reader),
		Rules:       book,
		Processes:   processes,
	}
	a.Gate = gate.NewService(store.For[gate.Tx](db), clock.Now, rand.Reader, book.Book, processes.Of(gate.Definition.Kind), gate.Reader{Indicators: exchange.ReadIndicators, Secret: exchange.MessageReader().Secret})
	a.Retention = retention.NewService(store.For[retention.Tx](db), clock.Now, rand.Reader, book.Book, map[retention.Kind]retention.Forget{retention.Imports: a.Intake.Forget})
	a.Document = document.NewService(store.For[document.Tx](db), clock.Now, rand.Reader, exchange.LookDocument, exchange.MessageReader().Secret, map[string]document.Find{
		contact.Definition.Kind: a.Contact.Seen,
		gate.Definition.Kind:    a.Gate.Seen,
	})
	hasher := signin.NewHasher(signin.Cost{Memory: 64, Time: 1, Lanes: 1}) // a thousand tests must not wait for it
	a.Passwords = account.NewPasswords(a.Account, account.Hashing{Hash: hasher.Hash, Check: hasher.Check, Common: signin.Common})
	a.Inbox.Channels = inbox.Channels{Mail: true, SMS: true}
	if err := a.Match.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.OnCommit(func(ctx context.Context, changes []journal.Change) {
		if err := a.Match.Changed(ctx, changes); err != nil {
			t.Error(err)
		}
	})
	return a
}

// File is a file of rows that were understood already; rows are numbered from
// 2, as below a header.
func File(kind intake.Kind, rows ...intake.Row) intake.File {
	return intake.File{Name: "test.csv", Kind: kind, Digest: func() string { return "00" }, Rows: Rows(rows...)}
}

// Rows numbers rows from 2 unless they have numbers.
func Rows(rows ...intake.Row) iter.Seq2[intake.Row, error] {
	return func(yield func(intake.Row, error) bool) {
		for i, r := range rows {
			if r.N == 0 {
				r.N = i + 2
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// ResultRow is a row with a result.
func ResultRow(r catalog.Result) intake.Row { return intake.Row{Title: r.Title, Result: &r} }

// NeedRow is a row with a need.
func NeedRow(n catalog.Need) intake.Row { return intake.Row{Title: n.Title, Need: &n} }

// Import stages and applies a file.
func (a *App) Import(t testing.TB, f intake.File) intake.Batch {
	t.Helper()
	b, err := a.Intake.Stage(t.Context(), Officer(), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err = a.Intake.Apply(t.Context(), Officer(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// AllResults lists every result as the office sees it, by title.
func (a *App) AllResults(t testing.TB) []catalog.Result {
	t.Helper()
	rs, _, err := a.Shelf.Results(t.Context(), Officer(), shelf.Filter{Order: shelf.ByTitle}, shelf.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// PublishResults puts every result that waits for review on the shelf.
func (a *App) PublishResults(t testing.TB) {
	t.Helper()
	var refs []shelf.Ref
	for _, r := range a.AllResults(t) {
		if r.State == catalog.ResultReview {
			refs = append(refs, shelf.Ref{ID: r.ID, Version: r.Version})
		}
	}
	out, err := a.Shelf.PublishResults(t.Context(), Officer(), refs)
	if err != nil || len(out.Left) > 0 {
		t.Fatalf("publish: %v, left %v", err, out.Left)
	}
}

// AllNeeds lists every need as the office sees it, by title.
func (a *App) AllNeeds(t testing.TB) []catalog.Need {
	t.Helper()
	ns, _, err := a.Shelf.Needs(t.Context(), Officer(), shelf.Filter{Order: shelf.ByTitle}, shelf.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// PublishNeeds opens every need that waits for review.
func (a *App) PublishNeeds(t testing.TB) {
	t.Helper()
	var refs []shelf.Ref
	for _, n := range a.AllNeeds(t) {
		if n.State == catalog.NeedReview {
			refs = append(refs, shelf.Ref{ID: n.ID, Version: n.Version})
		}
	}
	out, err := a.Shelf.PublishNeeds(t.Context(), Officer(), refs)
	if err != nil || len(out.Left) > 0 {
		t.Fatalf("publish: %v, left %v", err, out.Left)
	}
}

// Refs names every result as it is now.
func (a *App) Refs(t testing.TB) []shelf.Ref {
	t.Helper()
	var refs []shelf.Ref
	for _, r := range a.AllResults(t) {
		refs = append(refs, shelf.Ref{ID: r.ID, Version: r.Version})
	}
	return refs
}
