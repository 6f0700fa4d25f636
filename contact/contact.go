// Package contact brings together who asks for a result and who answers for
// it: the case (对接单), from the first word to the signature.
package contact

import (
	"context"
	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// Source is what led somebody to the result.
type Source string

// Sources.
const (
	FromMatch   Source = "match"
	FromListing Source = "listing"
)

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
	Due        string // DueProvisional, or ""
	Definition int    // version of the process under which it began
	Rules      string // versions of the rules by which the first answer is due
	Officer    uuid.UUID
	By         uuid.UUID // the account that opened it, zero if it was somebody without
	Reason     string    // of a dropped case
	ErasedAt   int64     // unix ms: when the private part was erased, 0 = it is there
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

// NeverDue is the DueAt of a case on which nothing is due.
const NeverDue = process.NeverDue

// DueProvisional says that a due time was reckoned over days whose public
// holidays are not published yet.
const DueProvisional = "provisional"

// Overdue reports whether something should have happened before now (unix ms).
func (c Case) Overdue(now int64) bool { return Open(c.State) && c.DueAt < now }

// dueHour is when the day of a reminder ends (design, defaults).
const dueHour = 17

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
	account.ConsentTx
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
	// LockCase is the case with that id; nobody saves it before the transaction
	// ends. NotFound.
	LockCase(ctx context.Context, id uuid.UUID) (Case, error)
	// AddEvent adds the next event of a case that this transaction saved or
	// locked, and numbers it.
	AddEvent(ctx context.Context, id uuid.UUID, e process.Event) error
	Events(ctx context.Context, id uuid.UUID) ([]process.Event, error)
	// FormDocuments are the documents in the form of an account for a step of a
	// case; EndForm gives them to the step that was the last event and forgets the
	// draft, and if the case is over, the forms of everybody. Conflict if there are
	// not so many documents any more.
	FormDocuments(ctx context.Context, account, id uuid.UUID, do process.Action) (process.Attached, error)
	EndForm(ctx context.Context, account, id uuid.UUID, do process.Action, documents int, over bool) error
	// SetAlarm sets a timer of a case of that kind, in place of the one of that
	// name.
	SetAlarm(ctx context.Context, kind string, a process.Alarm) error
	// SetTasks says what is asked on a case from now on, in place of what was
	// asked before.
	SetTasks(ctx context.Context, caseID uuid.UUID, tasks []process.Task) error
	// TakeAlarm takes a timer away; Conflict if it is no longer set for that time.
	TakeAlarm(ctx context.Context, a process.Alarm) error
	// DueAlarms lists the timers of a kind that are due at a time, the first first.
	DueAlarms(ctx context.Context, kind string, at int64, limit int) ([]process.Alarm, error)
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
