// Package matchmaker keeps the live index over the catalogue and answers who
// fits whom, and why. The database is the truth; the index is a copy that the
// writing node brings up to date before it acknowledges.
package matchmaker

import (
	"context"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Verdict is what somebody thinks of a match.
type Verdict string

// Verdicts.
const (
	Useful    Verdict = "useful"
	NotUseful Verdict = "not_useful"
	Task      Verdict = "task" // not useful for a reason that is work for the office, never training
)

// Reason is why, from the list of reasons; it belongs to one verdict.
type Reason struct {
	Code    string // message "feedback.<code>"
	Verdict Verdict
	Asks    bool // wants words: which one, what other (message "feedback.asks.<code>")
}

// reasons are the lists of reasons a person chooses from. Those of Task become
// work for the office and never train the ranking.
var reasons = []Reason{
	{"exact", Useful, false}, {"talk", Useful, false}, {"keep", Useful, false}, {"known", Useful, false},
	{"words_only", NotUseful, false}, {"other_object", NotUseful, true}, {"other_field", NotUseful, false}, {"theory_only", NotUseful, false},
	{"too_early", Task, false}, {"outdated", Task, false}, {"taken", Task, false}, {"unreachable", Task, false}, {"terms", Task, false}, {"repeated", Task, false},
}

// Reasons lists the reasons of a verdict in the order people meet them.
func Reasons(v Verdict) []Reason {
	var out []Reason
	for _, r := range reasons {
		if r.Verdict == v {
			out = append(out, r)
		}
	}
	return out
}

// Feedback is one person's word on one match of one need. A later word of the
// same person on the same match replaces the earlier one; the journal has both.
type Feedback struct {
	ID      uuid.UUID
	Need    uuid.UUID
	Result  uuid.UUID
	Verdict Verdict
	Reason  string // "" or a code
	Text    string // what the reason asks for, in the person's words
	By      uuid.UUID
	At      int64     // unix ms
	DoneAt  int64     // of a task, unix ms; 0 while it is open
	DoneBy  uuid.UUID // of a task that is done
}

// Term is a technical term that somebody put to a need or struck from what was
// suggested. A later word on the same term replaces the earlier one.
type Term struct {
	Need    uuid.UUID
	Text    string
	Verdict TermVerdict
	By      uuid.UUID
	At      int64 // unix ms
}

// TermVerdict is what becomes of a term.
type TermVerdict string

// What becomes of terms: accepted ones are searched for with the need, struck
// ones are not suggested again.
const (
	TermAccepted TermVerdict = "accepted"
	TermStruck   TermVerdict = "struck"
)

// Tx is what the matchmaker needs of the store inside one transaction.
type Tx interface {
	// Results loads the results with these ids in this order; ids that are
	// not there are left out. Needs, Parties and People do the same.
	Results(ctx context.Context, ids []uuid.UUID) ([]catalog.Result, error)
	Needs(ctx context.Context, ids []uuid.UUID) ([]catalog.Need, error)
	Parties(ctx context.Context, ids []uuid.UUID) ([]catalog.Party, error)
	People(ctx context.Context, ids []uuid.UUID) ([]catalog.Person, error)
	// PeopleNamed and PartiesNamed find who is called exactly so, in the order
	// of ids; several may be called alike.
	PeopleNamed(ctx context.Context, names []string) ([]catalog.Person, error)
	PartiesNamed(ctx context.Context, names []string) ([]catalog.Party, error)
	// PartyOf is the party of an account, zero if it has none.
	PartyOf(ctx context.Context, accountID uuid.UUID) (uuid.UUID, error)
	// EachResult calls fn for every result in the order of ids, streaming.
	EachResult(ctx context.Context, fn func(*catalog.Result) error) error
	EachNeed(ctx context.Context, fn func(*catalog.Need) error) error
	EachParty(ctx context.Context, fn func(*catalog.Party) error) error
	EachPerson(ctx context.Context, fn func(*catalog.Person) error) error
	// SortKeys are the places of results and needs in the pinyin order, of all
	// of them for nil.
	SortKeys(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error)
	// Lapsed returns changes-like references to results and needs whose
	// ExpiresAt lies in (from, to], unix ms.
	Lapsed(ctx context.Context, from, to int64) ([]journal.Change, error)
	// FeedbackOn returns the standing feedback on a need, oldest first.
	FeedbackOn(ctx context.Context, need uuid.UUID) ([]Feedback, error)
	// SaveFeedback replaces what the same person said on the same match.
	// A verdict of "" takes it back.
	SaveFeedback(ctx context.Context, f Feedback) error
	// Tasks returns feedback of the verdict Task, open ones or done ones, the
	// latest first.
	Tasks(ctx context.Context, done bool, limit int) ([]Feedback, error)
	// FinishTask closes an open task, or opens it again with at = 0; Conflict
	// if somebody was faster, NotFound if there is none.
	FinishTask(ctx context.Context, id, by uuid.UUID, at int64) error
	// TermsOn returns the terms of a need, oldest first.
	TermsOn(ctx context.Context, need uuid.UUID) ([]Term, error)
	// SaveTerm replaces what was said of the term. A verdict of "" forgets it.
	SaveTerm(ctx context.Context, t Term) error
	// ChecksOn returns the checks of the matches of a need, oldest first.
	ChecksOn(ctx context.Context, need uuid.UUID) ([]Check, error)
	// SaveCheck replaces the check of a match; Conflict unless need and result
	// are there in the versions that it names.
	SaveCheck(ctx context.Context, c Check) error
	// DropCheck takes a check away; NotFound if there is none.
	DropCheck(ctx context.Context, need, result uuid.UUID) error
	// Account is the account with this id, false if there is none.
	Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error)
	// ResultByCode and ResultsByKey find the results that a person marked.
	ResultByCode(ctx context.Context, code string) (catalog.Result, error)
	ResultsByKey(ctx context.Context, keys []string) (map[string]*catalog.Result, error)
	Append(ctx context.Context, e journal.Entry) error
}
