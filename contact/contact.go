// Package contact brings together who asks for a result and who answers for
// it: the case (对接单), from the first word to the appointment. This is its
// minimal record; the whole process follows.
package contact

import (
	"context"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// State is where a case stands.
type State string

// States of a case.
const (
	Waiting   State = "waiting"   // 待响应
	Met       State = "met"       // 已约见
	Paused    State = "paused"    // 暂缓, with a day on which it is taken up again
	Dropped   State = "dropped"   // 放弃, with a reason
	Withdrawn State = "withdrawn" // 已撤回, by whoever asked
)

// States lists every state in the order people meet them.
func States() []State { return []State{Waiting, Met, Paused, Dropped, Withdrawn} }

// Open reports whether the office still has something to do.
func (s State) Open() bool { return s == Waiting || s == Met || s == Paused }

// Source is what led somebody to the result.
type Source string

// Sources.
const (
	FromMatch   Source = "match"
	FromListing Source = "listing"
)

// Reason is why a case is dropped.
type Reason struct {
	Code string // message "cases.reason.<code>"
	Asks int    // characters of text that it demands at least, 0 = none
	// Office keeps the reason with the office: whoever asked reads that it
	// does not go on.
	Office bool
}

// reasons are those for which an enterprise declines a result (design, list of
// reasons): an officer notes which it was.
var reasons = []Reason{
	{Code: "spec_gap", Asks: 1}, {Code: "scene", Asks: 1}, {Code: "maturity"}, {Code: "evidence", Asks: 1}, {Code: "cost"}, {Code: "ip_terms"},
	{Code: "timeline"}, {Code: "delivery"}, {Code: "have_other"}, {Code: "self_solved"}, {Code: "budget"}, {Code: "plan_changed"},
	{Code: "compliance"}, {Code: "known"}, {Code: "no_reply", Office: true}, {Code: "conduct", Office: true}, {Code: "other", Asks: 10},
}

// Reasons lists the reasons in the order people meet them.
func Reasons() []Reason { return slices.Clone(reasons) }

// Case is one request to be brought together.
type Case struct {
	ID         uuid.UUID
	Code       string // of the year, such as 2026-DJ-0007
	Version    int64
	State      State
	Source     Source
	Result     uuid.UUID
	ResultCode string
	Title      string    // of the result, as it was then
	Need       string    // code of the need whose match it was, "" if it was none
	Party      uuid.UUID // of exactly that name, zero if it is not known
	Mode       catalog.Way
	Consent    string // the words that were agreed to
	ConsentAt  int64  // unix ms
	DueAt      int64  // unix ms: when the next thing is due, NeverDue if nothing is
	Due        string // how DueAt was reckoned: DueProvisional, or "" for a day that somebody set
	Officer    uuid.UUID
	Reason     string // of a dropped case
	ErasedAt   int64  // unix ms: when the private part was erased, 0 = it is there
	CreatedAt  int64
	UpdatedAt  int64

	Link    [32]byte `json:"-"` // SHA-256 of the secret in the address of its page
	Private Private  `json:"-"` // encrypted at rest
}

// Private is what nobody but the office may read.
type Private struct {
	Contact catalog.Contact // PartyName is the organisation
	Purpose string          // what it is for (诉求)
	Next    string          // the next step, in the officer's words
	Text    string          // beside the reason
}

// NeverDue is the DueAt of a case on which nothing is due; it sorts last.
const NeverDue = int64(1) << 60

// DueProvisional says that a due time was reckoned with weekends only: public
// holidays are not known yet.
const DueProvisional = "weekends"

// Overdue reports whether something should have happened before now (unix ms).
func (c Case) Overdue(now int64) bool { return c.State.Open() && c.DueAt < now }

// deadlines end at 17:00 of the office; the first answer has three working
// days, the day itself not counted (design, defaults).
const (
	dueHour     = 17
	dueWorkdays = 3
)

// workdays is 17:00 of the n-th working day after the day of from, in from's zone.
func workdays(from time.Time, n int) time.Time {
	y, m, d := from.Date()
	day := time.Date(y, m, d, dueHour, 0, 0, 0, from.Location())
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			n--
		}
	}
	return day
}

// Filter says which cases a list shows.
type Filter struct {
	States  []State   // none = the open ones
	Officer uuid.UUID // zero = anybody's
}

// Page is where a list goes on; the zero Page is the beginning.
type Page struct {
	DueAt int64
	ID    uuid.UUID
	Limit int
}

// Tx is what contact needs of the store inside one transaction.
type Tx interface {
	ResultByCode(ctx context.Context, code string) (catalog.Result, error) // NotFound
	NeedByCode(ctx context.Context, code string) (catalog.Need, error)
	PartiesNamed(ctx context.Context, names []string) ([]catalog.Party, error)
	// NextCase counts the cases of a year; no two get one number.
	NextCase(ctx context.Context, year int) (int, error)
	AddCase(ctx context.Context, c Case) error
	// SaveCase writes c if its stored version is c.Version and adds one to it;
	// Conflict otherwise.
	SaveCase(ctx context.Context, c Case) error
	CaseByCode(ctx context.Context, code string) (Case, error) // NotFound
	CaseByLink(ctx context.Context, link [32]byte) (Case, error)
	// Cases returns one page, what is due first, and the Page after it (Limit
	// 0: no more).
	Cases(ctx context.Context, f Filter, p Page) ([]Case, Page, error)
	// CountCases counts by state, of an officer or, zero, of everybody.
	CountCases(ctx context.Context, officer uuid.UUID) (map[State]int, error)
	// AccountsWith lists the accounts that have one of the roles and are not
	// disabled, by name.
	AccountsWith(ctx context.Context, roles ...account.Role) ([]account.Account, error)
	Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error)
	Append(ctx context.Context, e journal.Entry) error
	EnqueueMessage(ctx context.Context, m journal.Message) error
}
