package gate

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
	"datai/rules"

	"github.com/google/uuid"
)

// The outside review (外审, SM2b): three to five reviewers score a result by
// four criteria, each alone. It is only for what is chosen for a roadshow or for
// promotion.

// Numbers of a review (wording, four criteria).
const (
	MostScore    = 5
	mostComment  = 1000
	remindBefore = 48 * time.Hour // (E)
	maxSeats     = 20
)

// Limits are what the dated rules say of an outside review; a round keeps those
// under which it began.
type Limits struct {
	Least, Most int    // reviewers
	Pass, Hold  int    // points of the four criteria together
	Years       int    // for how long what people did together ties them, 0 = for ever
	Rules       string // versions
}

// Limits are those in force now.
func (s *Service) Limits(ctx context.Context) (l Limits, err error) {
	set, err := s.set(ctx, s.now())
	if err != nil {
		return l, err
	}
	var versions []string
	for _, x := range []struct {
		key string
		to  *int
	}{{"review-least", &l.Least}, {"review-most", &l.Most}, {"gate-publish", &l.Pass}, {"gate-hold", &l.Hold}, {"review-years", &l.Years}} {
		r, err := set.Rule(x.key)
		if err != nil {
			return l, err
		}
		*x.to = int(r.Value.Amount)
		versions = append(versions, r.Version)
	}
	l.Rules = strings.Join(versions, " ")
	return l, nil
}

// verdictOf is what the scores of the reviewers say (SM2b): the median of their
// totals decides, from Pass on it passes, from Hold on it is held, below it is
// rejected; any 0 by anybody holds what would pass. points is twice the median,
// so that halves stay whole.
func (l Limits) verdictOf(sheets []Sheet) (verdict string, points int) {
	var totals []int
	zero := false
	for _, s := range sheets {
		totals = append(totals, s.Total())
		zero = zero || slices.Contains(s.Scores, 0)
	}
	slices.Sort(totals)
	if n := len(totals); n > 0 {
		points = totals[n/2] + totals[(n-1)/2]
	}
	switch {
	case points < 2*l.Hold:
		return "reject", points
	case points < 2*l.Pass || zero:
		return "hold", points
	}
	return "pass", points
}

// Criteria are the four of the outside review, in their order; their texts are
// the messages "gate.criterion.<name>", the anchors "gate.anchor.<score>".
func Criteria() []string { return []string{"value", "difference", "evidence", "terms"} }

// Purposes for which a result is chosen.
func Purposes() []string { return []string{"roadshow", "promotion"} }

// RoundState is where an outside review stands.
type RoundState string

// States of a round.
const (
	RoundOpen    RoundState = "open"
	RoundClosed  RoundState = "closed"
	RoundStopped RoundState = "stopped"
)

// SeatState is what became of one reviewer's part.
type SeatState string

// States of a seat.
const (
	SeatAsked    SeatState = "asked"
	SeatScored   SeatState = "scored"
	SeatRefused  SeatState = "refused"  // with a reason
	SeatExcluded SeatState = "excluded" // by a tie
	SeatMissed   SeatState = "missed"   // the deadline passed; it is no consent to anything
)

// Round is an outside review of a result.
type Round struct {
	ID       uuid.UUID
	Version  int64
	Result   uuid.UUID
	State    RoundState
	Purpose  string
	MadeBy   uuid.UUID
	MadeAt   int64 // unix ms
	DueAt    int64
	ClosedAt int64 // unix ms, 0 = not yet
	Verdict  string
	Points   int // twice the median of the totals: halves are whole
	Limits   Limits
	Seats    []Seat `json:"-"`
}

// Seat is one reviewer's part in a round.
type Seat struct {
	ID      uuid.UUID
	Account uuid.UUID
	Name    string // of the account as it is now; not kept
	State   SeatState
	At      int64
	Tie     Tie
	Sheet   Sheet // encrypted; empty for whoever may not read it yet
}

// Sheet is what a reviewer said.
type Sheet struct {
	Scores  []int // one a criterion, 0 to MostScore
	Comment string
	Reason  string // of a refusal
	Text    string // beside it
	// Of scores that came after the deadline: they are kept for whoever gave them
	// and count for nothing. Unix ms, 0 = they were in time.
	LateAt, BegunAt int64
}

// Total is the sum of the scores.
func (s Sheet) Total() int {
	n := 0
	for _, x := range s.Scores {
		n += x
	}
	return n
}

// ReviewTx is what outside reviews need of the store beside Tx.
type ReviewTx interface {
	// ResultsNamed lists results in which a name stands among the completers.
	ResultsNamed(ctx context.Context, name string, limit int) ([]catalog.Result, error)
	// Takers are those to whom a result goes: whoever asked for it in a contact case
	// that is open or signed.
	Takers(ctx context.Context, result uuid.UUID) ([]Taker, error)
	AddGateRound(ctx context.Context, r Round) error
	// GateRound is the round with its seats; NotFound.
	GateRound(ctx context.Context, id uuid.UUID) (Round, error)
	// SaveGateRound writes r and its seats if its stored version is r.Version and
	// adds one to it; Conflict otherwise.
	SaveGateRound(ctx context.Context, r Round) error
	// GateRoundsOf are the rounds in which an account has a seat, the latest
	// first.
	GateRoundsOf(ctx context.Context, accountID uuid.UUID, limit int) ([]Round, error)
	SetTasks(ctx context.Context, caseID uuid.UUID, tasks []process.Task) error
}

// Candidate is somebody who could score a result.
type Candidate struct {
	ID   uuid.UUID
	Name string
	Unit string
	Tie  Tie // "" = none is known
}

// Candidates are the reviewers, with what keeps each from this result.
func (s *Service) Candidates(ctx context.Context, p account.Principal, code string) (out []Candidate, err error) {
	if err := may(p, account.ListResults); err != nil {
		return nil, err
	}
	limits, err := s.Limits(ctx)
	if err != nil {
		return nil, err
	}
	since := limits.since(s.now())
	err = s.db.Read(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, code)
		if err != nil {
			return err
		}
		as, err := tx.AccountsWith(ctx, account.With(account.ReviewResults)...)
		if err != nil {
			return err
		}
		for _, a := range as {
			tie, err := tied(ctx, tx, a, &r, since)
			if err != nil {
				return err
			}
			out = append(out, Candidate{ID: a.ID, Name: a.Name, Unit: a.Unit, Tie: tie})
		}
		return nil
	})
	return out, err
}

// Choice is how a result is sent to outside review.
type Choice struct {
	Purpose   string
	Reviewers []uuid.UUID
	Until     catalog.Date // scores are taken until 17:00 of that day
}

// closing is when the day of a deadline ends (wording, defaults).
const closing = 17

func (c Choice) due(zone *time.Location) time.Time {
	return time.Date(c.Until.Year, time.Month(c.Until.Month), c.Until.Day, closing, 0, 0, 0, zone)
}

// Choose sends a result, in the versions that were seen, to outside review. Who
// has a tie is kept in the round as excluded, with the reason, and not asked.
func (s *Service) Choose(ctx context.Context, p account.Principal, code string, version, caseVersion int64, ch Choice) error {
	if err := may(p, account.ListResults); err != nil {
		return err
	}
	limits, err := s.Limits(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	due := ch.due(rules.Shanghai())
	switch {
	case !slices.Contains(Purposes(), ch.Purpose):
		return catalog.Refuse(catalog.Invalid, "gate.fit.purpose")
	case ch.Until.Day == 0 || !ch.Until.Valid() || !due.After(now):
		return catalog.Refuse(catalog.Invalid, "gate.fit.until")
	case len(ch.Reviewers) < limits.Least || len(ch.Reviewers) > maxSeats:
		return catalog.Refuse(catalog.Invalid, "gate.fit.reviewers", "least", strconv.Itoa(limits.Least), "most", strconv.Itoa(limits.Most))
	}
	k, err := s.keep(ctx, p, "gate.choose", now)
	if err != nil {
		return err
	}
	ids, err := s.ids(1 + 2*len(ch.Reviewers))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, code)
		if err != nil {
			return err
		}
		qs, c, err := abouts(ctx, tx, &r)
		if err != nil {
			return err
		}
		if r.Version != version || c.Version != caseVersion {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		round := Round{ID: ids[0], Result: r.ID, State: RoundOpen, Purpose: ch.Purpose, MadeBy: p.ID, MadeAt: now.UnixMilli(), DueAt: due.UnixMilli(), Limits: limits}
		able, out := 0, ""
		for i, id := range ch.Reviewers {
			a, ok, err := tx.Account(ctx, id)
			if err != nil {
				return err
			}
			if !ok || a.Disabled || !slices.ContainsFunc(account.With(account.ReviewResults), func(x account.Role) bool { return slices.Contains(a.Roles, x) }) ||
				slices.ContainsFunc(round.Seats, func(x Seat) bool { return x.Account == id }) {
				return catalog.Refuse(catalog.Invalid, "gate.fit.reviewer")
			}
			seat := Seat{ID: ids[1+i], Account: id, Name: a.Name, State: SeatAsked, At: now.UnixMilli()}
			if seat.Tie, err = tied(ctx, tx, a, &r, limits.since(now)); err != nil {
				return err
			}
			if seat.Tie.Code != "" {
				seat.State = SeatExcluded
				out += seat.ID.String() + "=" + seat.Tie.Code + " "
			} else {
				able++
			}
			round.Seats = append(round.Seats, seat)
		}
		if able < limits.Least || able > limits.Most {
			return catalog.Refuse(catalog.Invalid, "gate.fit.able", "able", strconv.Itoa(able), "least", strconv.Itoa(limits.Least), "most", strconv.Itoa(limits.Most))
		}
		if err := tx.AddGateRound(ctx, round); err != nil {
			return err
		}
		for i, seat := range round.Seats {
			if seat.State == SeatAsked {
				if err := tell(ctx, tx, "review_asked", seat.Account, r, round, ids[1+len(ch.Reviewers)+i], now.UnixMilli()); err != nil {
					return err
				}
			}
		}
		round.Version = 1
		if err := tx.SetTasks(ctx, round.ID, tasksOf(round, r)); err != nil {
			return err
		}
		x := &step{tx: tx, p: p, at: now.UnixMilli(), k: k, r: &r, c: &c}
		return x.do(ctx, doing{move: process.Move{Action: Choose, As: office}, apply: func(x *step) bool {
			x.c.Round, x.c.Verdict = round.ID, ""
			x.due[TimerScores], x.due[timerRemind] = round.DueAt, round.DueAt-remindBefore.Milliseconds()
			return false
		}, body: map[string]string{"reviewers": strconv.Itoa(able), "excluded": out, "purpose": ch.Purpose}}, qs)
	})
}

// timerRemind is when reviewers are reminded.
const timerRemind = "remind"

func (s *Service) ids(n int) ([]uuid.UUID, error) {
	out := make([]uuid.UUID, n)
	for i := range out {
		id, err := uuid.NewV7FromReader(s.rand)
		if err != nil {
			return nil, err
		}
		out[i] = id
	}
	return out, nil
}

// ReviewPath is the page of a round for a reviewer.
func ReviewPath(round uuid.UUID) string { return "/reviews/" + round.String() }

func tell(ctx context.Context, tx Tx, template string, to uuid.UUID, r catalog.Result, round Round, id uuid.UUID, at int64) error {
	n := journal.Notice{Template: template, Account: to, Vars: map[string]string{"code": r.Code, "title": r.Title}, Path: ReviewPath(round.ID), Deadline: round.DueAt, Urgent: true}
	m, err := n.Message(id, at)
	if err != nil {
		return err
	}
	return tx.EnqueueMessage(ctx, m)
}

// tasksOf are what reviewers are asked, none once the round is over.
func tasksOf(round Round, r catalog.Result) []process.Task {
	var out []process.Task
	for _, seat := range round.Seats {
		if round.State == RoundOpen && seat.State == SeatAsked {
			out = append(out, process.Task{Kind: Definition.Kind, Case: round.ID, Code: r.Code, Title: r.Title, Path: ReviewPath(round.ID), State: Scoring, What: "score",
				Account: seat.Account, Do: string(account.ReviewResults), DueAt: round.DueAt, From: round.MadeBy})
		}
	}
	return out
}
