// Package contact brings together who asks for a result and who answers for
// it: the case (对接单), from the first word to the signature.
package contact

import (
	"context"
	"strconv"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// Source is what led somebody to the result.
type Source string

// Sources. Whoever asks on a page came by a match or by a list; an officer who
// enters a case says what it was.
const (
	FromMatch     Source = "match"     // 匹配
	FromListing   Source = "listing"   // the page of a thing
	FromChallenge Source = "challenge" // 榜单
	FromRoadshow  Source = "roadshow"  // 路演
	FromBooth     Source = "booth"     // 展位
	FromProxy     Source = "proxy"     // 代录: told by telephone, in a message, in person
)

// Sources lists them in the order people meet them.
func Sources() []Source {
	return []Source{FromMatch, FromListing, FromChallenge, FromRoadshow, FromBooth, FromProxy}
}

// Case is one request to be brought together: about a result, about a need for
// which no result is chosen yet, or about a person.
type Case struct {
	ID         uuid.UUID
	Code       string // of the year, such as 2026-DJ-0007
	Version    int64
	State      State
	Source     Source
	Result     uuid.UUID // zero while none is chosen
	ResultCode string
	Title      string    // of the result, else of the need, else a person's name, as it was then
	Unit       string    // whose the result is (学院), as it was then
	Need       string    // code of the need that it is for, "" if there is none
	NeedTitle  string    // as it was then
	Person     string    // code of the person who is asked for, "" if nobody is
	Party      uuid.UUID // of exactly that name, zero if it is not known
	Mode       catalog.Way
	Consent    string // the words that were agreed to; "" while whoever asked has agreed to nothing
	ConsentAt  int64  // unix ms
	ConsentHow How    // "" on the page on which it was asked
	ConfirmBy  int64  // unix ms: until when whoever asked may agree by the link, 0 if that is not waited for
	DueAt      int64  // unix ms: when the next thing is due, NeverDue if nothing is
	Due        string // DueProvisional, or ""
	Definition int    // version of the process under which it began
	Rules      string // versions of the rules by which the first answer is due
	Officer    uuid.UUID
	By         uuid.UUID // the account that opened it, zero if it was somebody without
	Entered    bool      // by somebody of the office for whoever asks; it stays so for ever
	Reason     string    // of a dropped case
	ErasedAt   int64     // unix ms: when the private part was erased, 0 = it is there
	CreatedAt  int64
	UpdatedAt  int64

	Pass      Consent // of whoever asked: that the professor gets name and number
	Professor Invitee
	Calls     Call // what an answer to a question after the progress asks of the office, "" for nothing

	Link    [32]byte `json:"-"` // SHA-256 of the secret in the address of its page
	Private Private  `json:"-"` // encrypted at rest
}

// How somebody agreed.
type How string

// Ways to agree.
const (
	ByPage    How = ""        // in the form in which it was asked
	ByLink    How = "link"    // at an address that was sent
	ByAccount How = "account" // signed in
	WithNeed  How = "need"    // with the need, whose owner confirmed it
)

// Consent is what somebody agreed to.
type Consent struct {
	Text    string // the words
	Version string // of the words: the beginning of their SHA-256
	At      int64  // unix ms
	How     How
	EndedAt int64 // unix ms: when it was taken back, 0 = it stands
}

// Stands reports whether it was given and not taken back.
func (c Consent) Stands() bool { return c.At > 0 && c.EndedAt == 0 }

// Invitee is the completer of the result, or another person of the university,
// who is asked about a case. Name and number are in Private.
type Invitee struct {
	Person     uuid.UUID // zero while only a name is known
	Account    uuid.UUID // zero if there is none
	State      Answer
	Reason     string
	AskedAt    int64 // unix ms, 0 = nobody was asked
	ExpiresAt  int64 // unix ms: until when the answer is waited for
	AnsweredAt int64 // unix ms
	Consent    Consent
}

// Answer is what a professor said.
type Answer string

// Answers.
const (
	Unasked   Answer = ""
	Asked     Answer = "asked"     // and has not answered
	Willing   Answer = "willing"   // and whoever asked may know name and number
	Declined  Answer = "declined"  // with a reason
	Retracted Answer = "retracted" // was willing, and has taken the consent back
)

// Call is what somebody's answer asks of the office.
type Call string

// Calls.
const (
	Coordinate Call = "coordinate" // 需协调
	Ended      Call = "ended"      // 已终止
)

// Private is what nobody but the office may read.
type Private struct {
	Contact   catalog.Contact // PartyName is the organisation
	Purpose   string          // what it is for (诉求)
	Next      string          // the next step, in the officer's words
	Text      string          // beside the reason
	Professor catalog.Contact // PartyName is the unit
	Answer    string          // beside a professor's reason
	Call      string          // beside Calls
}

// NeverDue is the DueAt of a case on which nothing is due.
const NeverDue = process.NeverDue

// DueProvisional says that a due time was reckoned over days whose public
// holidays are not published yet.
const DueProvisional = "provisional"

// Overdue reports whether something should have happened before now (unix ms).
func (c Case) Overdue(now int64) bool { return Open(c.State) && c.DueAt < now }

// Agreed reports whether whoever asked has agreed that the office keeps name and
// number. Until then nothing is done with them but asking.
func (c Case) Agreed() bool { return c.ConsentAt > 0 }

// Known reports whether whoever asked may know the professor's name and number:
// by the professor's consent, and for as long as the case is not given up.
func (c Case) Known() bool {
	return c.Professor.State == Willing && c.Professor.Consent.Stands() && (Open(c.State) || c.State == Signed)
}

// ruleClose says when the day of a reminder ends.
const ruleClose = "deadline-close"

// Link is an address by which somebody without an account answers once. Of the
// secret in it only the SHA-256 is kept.
type Link struct {
	Hash      [32]byte
	Case      uuid.UUID
	Kind      LinkKind
	Side      process.Actor // Asker or Professor
	MadeAt    int64         // unix ms
	ExpiresAt int64         // unix ms
	UsedAt    int64         // unix ms, 0 = not yet
	Answer    string        // what was answered
}

// LinkKind is what a link is for.
type LinkKind string

// Kinds of links.
const (
	Invitation LinkKind = "invitation" // whether a professor is willing
	Progress   LinkKind = "progress"   // how it goes
)

// facts are what a guard is told of an answer by the link at the time now.
func (l Link) facts(now int64) process.Facts {
	return process.Facts{"until": strconv.FormatInt(l.ExpiresAt, 10), "now": strconv.FormatInt(now, 10)}
}

// Live reports whether it can be answered at the time now (unix ms).
func (l Link) Live(now int64) bool { return l.UsedAt == 0 && now < l.ExpiresAt }

// Filter says which cases a list shows.
type Filter struct {
	States  []State   // none = the open ones
	Officer uuid.UUID // zero = anybody's
	Unit    string    // of the result, "" = any
	Find    string    // a part of a code, a title or a unit
	Due     int64     // only those due before (unix ms), 0 = all
	Stuck   int64     // only those that are not paused and had no step since (unix ms), 0 = all
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
	PersonByCode(ctx context.Context, code string) (catalog.Person, error)
	People(ctx context.Context, ids []uuid.UUID) ([]catalog.Person, error)
	PartiesNamed(ctx context.Context, names []string) ([]catalog.Party, error)
	// NextCase counts the cases of a year; no two get one number.
	NextCase(ctx context.Context, year int) (int, error)
	AddCase(ctx context.Context, c Case) error
	// SaveCase writes c if its stored version is c.Version and adds one to it;
	// Conflict otherwise.
	SaveCase(ctx context.Context, c Case) error
	CaseByCode(ctx context.Context, code string) (Case, error) // NotFound
	CaseByLink(ctx context.Context, link [32]byte) (Case, error)
	CaseByID(ctx context.Context, id uuid.UUID) (Case, error)
	Results(ctx context.Context, ids []uuid.UUID) ([]catalog.Result, error)
	// LockCase is the case with that id; nobody saves it before the transaction
	// ends. NotFound.
	LockCase(ctx context.Context, id uuid.UUID) (Case, error)
	// AddCaseLink keeps a link, and CaseLinkByHash finds it; NotFound if there is none.
	AddCaseLink(ctx context.Context, l Link) error
	CaseLinkByHash(ctx context.Context, hash [32]byte) (Link, error)
	// UseCaseLink notes the answer by a link that nobody has used and that works at
	// the time at (unix ms); false if there is no such.
	UseCaseLink(ctx context.Context, hash [32]byte, at int64, answer string) (bool, error)
	// LastCaseLink is the newest link of a case of that kind to that side; ok is false
	// if there is none.
	LastCaseLink(ctx context.Context, caseID uuid.UUID, kind LinkKind, side process.Actor) (l Link, ok bool, err error)
	// EndCaseLinks lets the unused links of a case of that kind expire at the time at,
	// all kinds if it is "".
	EndCaseLinks(ctx context.Context, caseID uuid.UUID, kind LinkKind, at int64) error
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
	// CasesTaskedOtherwise lists cases of a kind with tasks that were not set under
	// that stamp of its process, in the order of their ids and after one of them.
	CasesTaskedOtherwise(ctx context.Context, kind, under string, after uuid.UUID, limit int) ([]uuid.UUID, error)
	// TakeAlarm takes a timer away; Conflict if it is no longer set for that time.
	TakeAlarm(ctx context.Context, a process.Alarm) error
	// DueAlarms lists the timers of a kind that are due at a time, the first first.
	DueAlarms(ctx context.Context, kind string, at int64, limit int) ([]process.Alarm, error)
	// Cases returns one page, what is due first, and the Page after it (Limit
	// 0: no more).
	Cases(ctx context.Context, f Filter, p Page) ([]Case, Page, error)
	// CountCases counts by state, of an officer or, zero, of everybody.
	CountCases(ctx context.Context, officer uuid.UUID) (map[State]int, error)
	// CaseUnits lists the units of the results of cases, of an officer or, zero, of
	// everybody.
	CaseUnits(ctx context.Context, officer uuid.UUID) ([]string, error)
	// AccountsWith lists the accounts that have one of the roles and are not
	// disabled, by name.
	AccountsWith(ctx context.Context, roles ...account.Role) ([]account.Account, error)
	Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error)
	AccountOf(ctx context.Context, p account.Provider, value string) (account.Account, bool, error)
	Append(ctx context.Context, e journal.Entry) error
	EnqueueMessage(ctx context.Context, m journal.Message) error
}
