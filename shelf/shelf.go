// Package shelf is the catalogue as people use it: look at one thing, page
// through many, and put results and needs on the shelf with the officer's
// confirmation that they may be public.
package shelf

import (
	"context"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Order is the order of a list.
type Order string

// Orders.
const (
	ByTitle  Order = "title"  // pinyin
	ByNewest Order = "newest" // last change first
	ByExpiry Order = "expiry" // the nearest end first
)

// Filter says which things a list shows.
type Filter struct {
	PublicAt int64 // unix ms: only what is public at that time; 0 = everything (the office)
	Themes   []catalog.Theme
	States   []string
	Kind     catalog.ResultKind // of results; "" = both
	MinTRL   int                // of results; 0 = any
	Order    Order

	Confirmed              bool  // only what somebody has confirmed as public and may be
	ExpiresFrom, ExpiresTo int64 // unix ms: only what ends in (from, to]; both 0 = whenever
}

// Page is where a list goes on: the sort key and the id of the last row that
// was shown. The zero Page is the beginning.
type Page struct {
	SortKey string
	ID      uuid.UUID
	Limit   int
	Back    bool // of a directory: what stands before, not behind
}

// Tx is what the shelf needs of the store inside one transaction.
type Tx interface {
	ResultByCode(ctx context.Context, code string) (catalog.Result, error) // NotFound
	NeedByCode(ctx context.Context, code string) (catalog.Need, error)
	PartyByCode(ctx context.Context, code string) (catalog.Party, error)
	// PartyOf is the party of an account, zero if it has none.
	PartyOf(ctx context.Context, accountID uuid.UUID) (uuid.UUID, error)
	PersonByCode(ctx context.Context, code string) (catalog.Person, error)
	// ListResults returns one page and the Page after it (Limit 0: no more).
	ListResults(ctx context.Context, f Filter, p Page) ([]catalog.Result, Page, error)
	ListNeeds(ctx context.Context, f Filter, p Page) ([]catalog.Need, Page, error)
	// EachAddress calls fn with the code and the last change (unix ms) of the
	// public "results" or "needs" behind the first skip ones, at most limit, in
	// the order of ids, streaming.
	EachAddress(ctx context.Context, noun string, publicAt int64, skip, limit int, fn func(code string, changed int64) error) error
	// EndingListings returns the public results and needs that end in
	// (from, to], unix ms.
	EndingListings(ctx context.Context, from, to int64) ([]Ending, error)
	// LastReminder is when Remind ran last, unix ms; SetLastReminder moves it
	// from was to now, Conflict if it is elsewhere.
	LastReminder(ctx context.Context) (int64, error)
	SetLastReminder(ctx context.Context, was, now int64) error
	EnqueueMessage(ctx context.Context, m journal.Message) error
	// Directory is the part about parties and people.
	Directory
	// CountResults counts by state, CountNeeds too.
	CountResults(ctx context.Context, f Filter) (map[string]int, error)
	CountNeeds(ctx context.Context, f Filter) (map[string]int, error)
	Results(ctx context.Context, ids []uuid.UUID) ([]catalog.Result, error)
	Needs(ctx context.Context, ids []uuid.UUID) ([]catalog.Need, error)
	// SaveResult writes r if its stored version is r.Version and adds one to
	// it; Conflict otherwise. It records the change for the index.
	SaveResult(ctx context.Context, r catalog.Result) error
	SaveNeed(ctx context.Context, n catalog.Need) error
	// MarkEdited remembers that somebody, by name, changed fields of a thing on
	// its page: an import does not write over them unasked.
	MarkEdited(ctx context.Context, id uuid.UUID, fields []string, by string, at int64) error
	// EachResult calls fn for every result in the order of ids, streaming.
	EachResult(ctx context.Context, fn func(*catalog.Result) error) error
	EachNeed(ctx context.Context, fn func(*catalog.Need) error) error
	EachParty(ctx context.Context, fn func(*catalog.Party) error) error
	EachPerson(ctx context.Context, fn func(*catalog.Person) error) error
	Append(ctx context.Context, e journal.Entry) error
}
