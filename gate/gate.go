package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// Case is what the gate knows of a result: there is none before its first step.
type Case struct {
	ID         uuid.UUID // that of the result, of which there is one case
	Version    int64     // 0 = not kept yet
	Result     uuid.UUID
	State      State
	Definition int          // version of the process under which it began
	Registered catalog.Date // the day from which the clock of R10 runs, none = not known
	IdleAt     int64        // unix ms: when that clock has run down, NeverDue = it does not run
	Rules      string       // versions of the rules by which it runs and the listing ends
	Entered    Who          // who of the office disclosed it for its completers
	Cleared    []Clearance  // questions that an officer looked at
	Said       Yes          // 可公开确认 of a completer, by link
	Listed     Yes          // and of the officer who listed it
	Reason     string       // why it was sent back or taken off
	Text       string       // beside the reason
	Round      uuid.UUID    // the last outside review
	Verdict    string       // of that one
	UpdatedAt  int64
}

// Who is an account in a role: the command line has no account, and counts as
// one person.
type Who struct {
	ID   uuid.UUID
	Role account.Role
}

// Is reports whether it was p.
func (w Who) Is(p account.Principal) bool {
	return w.Role != "" && w.ID == p.ID && (p.ID != uuid.Nil || w.Role == p.Acting)
}

// Clearance says that an officer let a question be, for the words that stood
// there.
type Clearance struct {
	Code Code
	By   uuid.UUID
	At   int64
	Of   string // Words of the result then
}

// Yes is a 可公开确认: of which words, when, and what was agreed to.
type Yes struct {
	At   int64 // unix ms, 0 = not given
	Of   string
	Says string
}

// Words is the SHA-256, in hexadecimal, of what the public would read of a
// result: what was confirmed of other words counts no longer.
func Words(r *catalog.Result) string {
	p := r.For(catalog.Public)
	p.Version, p.State, p.PublicConfirmed, p.ListedAt, p.ExpiresAt, p.UpdatedAt = 0, "", false, 0, 0, 0
	text, err := json.Marshal(p)
	if err != nil { // a number that JSON cannot write: no words are confirmed
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// mayClear are the questions that an officer may let be. What is forbidden to be
// public, and what nobody can judge, has to be mended.
func (c Code) mayClear() bool {
	return !slices.Contains([]Code{AskPhone, AskPersonal, AskUnfiled, AskBenefit}, c)
}

// MayClear reports whether an officer may let the question be.
func (q Question) MayClear() bool { return q.Code.mayClear() }

// open are the questions that hold a result and that nobody has let be.
func (c Case) open(r *catalog.Result, qs []Question) []Question {
	of := ""
	if len(c.Cleared) > 0 {
		of = Words(r)
	}
	return slices.DeleteFunc(slices.Clone(qs), func(q Question) bool {
		return !q.Holds || slices.ContainsFunc(c.Cleared, func(x Clearance) bool { return x.Code == q.Code && x.Of == of && q.MayClear() })
	})
}

// Ref names a result as somebody saw it, with its case.
type Ref struct {
	ID      uuid.UUID
	Version int64
	Case    int64 // version of the case, 0 = there was none
}

// Seen is both versions as one number: each only rises, so the sum is the same
// only while both are.
func (r Ref) Seen() int64 { return r.Version + r.Case }

// Left is a result that a step for many left as it was, and why.
type Left struct {
	ID    uuid.UUID
	Title string
	Err   *catalog.Error
}

// Outcome is what a step for many did.
type Outcome struct {
	Done int
	Left []Left
}

// Row is a result of the catalogue in review, with its case if it has
// one.
type Row struct {
	ID        uuid.UUID
	Version   int64
	State     catalog.ResultState
	Confirmed bool // that it may be public
	Case      Case // Version 0 if there is none
}

// Tx is what the gate needs of the store inside one transaction.
type Tx interface {
	LinkTx
	ReviewTx
	ResultByCode(ctx context.Context, code string) (catalog.Result, error) // NotFound
	Results(ctx context.Context, ids []uuid.UUID) ([]catalog.Result, error)
	// SaveResult writes r if its stored version is r.Version and adds one to it;
	// Conflict otherwise. It records the change for the index.
	SaveResult(ctx context.Context, r catalog.Result) error
	MarkEdited(ctx context.Context, id uuid.UUID, fields []string, by string, at int64) error
	// Lookalikes of results: for each at most one of the same title and one of the
	// same right, but those that an import was told are others.
	ResultTwins(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]Twin, error)
	// BeforeShelf lists the results that are in review (catalog.Result.InReview).
	BeforeShelf(ctx context.Context) ([]Row, error)
	// BatchResults are the results that an import brought, as long as its rows are
	// kept.
	BatchResults(ctx context.Context, batch uuid.UUID) ([]uuid.UUID, error)

	// GateCases are the cases of results, by result.
	GateCases(ctx context.Context, results []uuid.UUID) (map[uuid.UUID]Case, error)
	// GateCase is the case with that id; nobody saves it before the transaction
	// ends. NotFound.
	LockGateCase(ctx context.Context, id uuid.UUID) (Case, error)
	// SaveGateCase adds c if its version is 0, else writes it if its stored version
	// is c.Version; the stored one is one more then. Conflict otherwise.
	SaveGateCase(ctx context.Context, c Case) error
	// Unwound are cases with a day of registration whose clock does not run.
	Unwound(ctx context.Context, limit int) ([]Case, error)
	// IdleCases are cases whose clock runs down at a time or before, the first
	// first.
	IdleCases(ctx context.Context, at int64, limit int) ([]Case, error)

	// FormDocuments, EndForm and DropSent are of the forms of a case, as contact has
	// them; DropSent forgets the documents that came with its steps and returns which
	// they were.
	FormDocuments(ctx context.Context, account, id uuid.UUID, do process.Action) (process.Attached, error)
	EndForm(ctx context.Context, account, id uuid.UUID, do process.Action, documents int, over bool) error
	DropSent(ctx context.Context, id uuid.UUID) (process.Attached, error)

	AddEvent(ctx context.Context, id uuid.UUID, e process.Event) error
	Events(ctx context.Context, id uuid.UUID) ([]process.Event, error)
	SetAlarm(ctx context.Context, kind string, a process.Alarm) error
	TakeAlarm(ctx context.Context, a process.Alarm) error
	DueAlarms(ctx context.Context, kind string, at int64, limit int) ([]process.Alarm, error)
	Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error)
	AccountsWith(ctx context.Context, roles ...account.Role) ([]account.Account, error)
	Append(ctx context.Context, e journal.Entry) error
	EnqueueMessage(ctx context.Context, m journal.Message) error
}
