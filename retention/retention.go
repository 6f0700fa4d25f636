// Package retention says how long what is kept for a while is kept, by dated
// rules that an officer changes, and erases what is past its term every day.
// What the law has kept, the journal above all, is never among it.
package retention

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"datai/journal"
	"datai/rules"
	"datai/work"
)

// Kind is a kind of what is kept for a while.
type Kind string

// Kinds. Each has the rule "keep-" and its name.
const (
	Notices    Kind = "notices"            // lines of inboxes
	Deliveries Kind = "deliveries"         // what became of mail and short messages, and how many somebody got
	Cases      Kind = "case-contacts"      // the person, the purpose and the words in a contact case that was given up
	SignUps    Kind = "refused-sign-ups"   // the person in a sign-up that was refused
	Imports    Kind = "imports"            // rows of imports, those that were refused among them
	Drafts     Kind = "drafts"             // proxy entries that nobody finished
	Feedback   Kind = "feedback"           // judgements of matches
	Consents   Kind = "withdrawn-consents" // proofs of consents that were withdrawn
)

// Kinds lists them in the order in which people read them.
func Kinds() []Kind {
	return []Kind{Notices, Deliveries, Cases, SignUps, Imports, Drafts, Feedback, Consents}
}

// Rule is the key of the rule that says how long.
func (k Kind) Rule() string { return "keep-" + string(k) }

// Term is how long a kind is kept, and what is past it.
type Term struct {
	Kind    Kind
	Rule    rules.Rule
	Before  int64 // unix ms: what is older is past its term
	Overdue int
}

// Tx is what retention needs of the store inside one transaction.
type Tx interface {
	// Expired counts what of a kind is older than before (unix ms).
	Expired(ctx context.Context, k Kind, before int64) (int, error)
	// EraseExpired erases at most limit of it at the time at, and counts them.
	EraseExpired(ctx context.Context, k Kind, before int64, limit int, at int64) (int, error)
	Append(ctx context.Context, e journal.Entry) error
}

// Service erases what is past its term.
type Service struct {
	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
	book func(context.Context) (*rules.Book, error)
	kept map[Kind]Forget

	mu    sync.Mutex
	swept rules.Day // the day of the last sweep that went through
}

// Forget erases what is older than keep, with the entries that it takes.
type Forget func(ctx context.Context, keep time.Duration) error

// NewService makes a service on db with a clock, a source of randomness and the
// rules that are in force now. kept is what the services erase that know how.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader, book func(context.Context) (*rules.Book, error), kept map[Kind]Forget) *Service {
	return &Service{db: db, now: now, rand: rand, book: book, kept: kept}
}

// together is how many one transaction erases: others write in between.
const together = 200

// before is the instant that lies a term before another.
func before(now time.Time, v rules.Value) (time.Time, error) {
	n := -int(v.Amount)
	switch v.Unit {
	case rules.Days:
		return now.AddDate(0, 0, n), nil
	case rules.Months:
		return now.AddDate(0, n, 0), nil
	case rules.Years:
		return now.AddDate(n, 0, 0), nil
	}
	return time.Time{}, fmt.Errorf("retention: %v is no term of days, months or years", v)
}

// Terms are how long each kind is kept today; what is past its term by no more
// than grace is not counted.
func (s *Service) Terms(ctx context.Context, grace time.Duration) ([]Term, error) {
	book, err := s.book(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	set, err := book.At(rules.DayOf(now))
	if err != nil {
		return nil, err
	}
	var out []Term
	for _, k := range Kinds() {
		r, err := set.Rule(k.Rule())
		if err != nil {
			return nil, err
		}
		at, err := before(now, r.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, Term{Kind: k, Rule: r, Before: at.Add(-grace).UnixMilli()})
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		for i, t := range out {
			if out[i].Overdue, err = tx.Expired(ctx, t.Kind, t.Before); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Daily sweeps if that has not been done today.
func (s *Service) Daily(ctx context.Context) (map[Kind]int, error) {
	today := rules.DayOf(s.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.swept == today {
		return nil, nil
	}
	erased, err := s.Sweep(ctx)
	if err == nil {
		s.swept = today
	}
	return erased, err
}

// Sweep erases what is past its term, in small transactions with an entry each
// that has counts alone, and counts it. One kind that fails keeps no other.
func (s *Service) Sweep(ctx context.Context) (map[Kind]int, error) {
	terms, err := s.Terms(ctx, 0)
	if err != nil {
		return nil, err
	}
	erased := map[Kind]int{}
	var failed []error
	for _, t := range terms {
		if forget := s.kept[t.Kind]; forget != nil {
			if err := forget(ctx, s.now().Sub(time.UnixMilli(t.Before))); err != nil {
				failed = append(failed, fmt.Errorf("retention: %s: %w", t.Kind, err))
			} else {
				erased[t.Kind] = t.Overdue
			}
			continue
		}
		for {
			n, err := s.erase(ctx, t)
			erased[t.Kind] += n
			if err != nil {
				failed = append(failed, fmt.Errorf("retention: %s: %w", t.Kind, err))
			}
			if err != nil || n < together {
				break
			}
		}
	}
	return erased, errors.Join(failed...)
}

func (s *Service) erase(ctx context.Context, t Term) (n int, err error) {
	now := s.now().UnixMilli()
	entry, err := journal.New(s.rand, now, [16]byte{}, "", "retention.erase", "retention")
	if err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if n, err = tx.EraseExpired(ctx, t.Kind, t.Before, together, now); err != nil || n == 0 {
			return err
		}
		e := entry
		e.Body = map[string]string{"what": string(t.Kind), "count": strconv.Itoa(n), "rule": t.Rule.Version}
		return tx.Append(ctx, e)
	})
	return n, err
}
