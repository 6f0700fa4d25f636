package shelf

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/rules"

	"github.com/google/uuid"
)

// The dated rules by which listings end and are called to mind.
const (
	ruleResult = "result-valid"
	ruleNeed   = "need-valid"
	ruleFirst  = "expiry-remind-first"
	ruleLast   = "expiry-remind-last"
)

// span is what the rules come to at an instant.
type span struct {
	result, need time.Time    // when what is listed now ends
	remind       [2]time.Time // what ends until then is called to mind, the first reminder first
}

// span works out what the rules in force at now come to.
func (s *Service) span(ctx context.Context, now time.Time) (out span, err error) {
	book, err := s.book(ctx)
	if err != nil {
		return out, err
	}
	set, err := book.At(rules.DayOf(now))
	if err != nil {
		return out, err
	}
	for _, x := range []struct {
		key string
		at  *time.Time
	}{{ruleResult, &out.result}, {ruleNeed, &out.need}, {ruleFirst, &out.remind[0]}, {ruleLast, &out.remind[1]}} {
		if *x.at, err = set.Later(now, x.key); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Terms are the rules by which listings end and are called to mind today.
type Terms struct {
	Book                      *rules.Book
	Result, Need, First, Last rules.Value
}

// Terms are how long listings last and when they are called to mind.
func (s *Service) Terms(ctx context.Context) (t Terms, err error) {
	if t.Book, err = s.book(ctx); err != nil {
		return t, err
	}
	set, err := t.Book.At(rules.DayOf(s.now()))
	if err != nil {
		return t, err
	}
	for _, x := range []struct {
		key string
		v   *rules.Value
	}{{ruleResult, &t.Result}, {ruleNeed, &t.Need}, {ruleFirst, &t.First}, {ruleLast, &t.Last}} {
		r, err := set.Rule(x.key)
		if err != nil {
			return t, err
		}
		*x.v = r.Value
	}
	return t, nil
}

// Due says how near its end a listing is.
type Due string

// What a listing may be due for.
const (
	DueMonth  Due = "month"  // the first reminder is due
	DueWeek   Due = "week"   // the last one is
	DueLapsed Due = "lapsed" // has ended and is off the shelf
)

// Dues lists what a listing may be due for in the order people meet them.
func Dues() []Due { return []Due{DueWeek, DueMonth, DueLapsed} }

// window is from when until when, unix ms, what is due ends: in (from, to].
func (d Due) window(now time.Time, x span) (from, to int64) {
	switch d {
	case DueWeek:
		return now.UnixMilli(), x.remind[1].UnixMilli()
	case DueLapsed:
		return 0, now.UnixMilli()
	}
	return now.UnixMilli(), x.remind[0].UnixMilli()
}

// listed are the states in which a result is on the shelf.
func listed() []string {
	var out []string
	for _, s := range catalog.ResultStates() {
		if s.OnShelf() {
			out = append(out, string(s))
		}
	}
	return out
}

func dueFilter(d Due, now time.Time, x span, states []string) Filter {
	f := Filter{Confirmed: true, States: states, Order: ByExpiry}
	f.ExpiresFrom, f.ExpiresTo = d.window(now, x)
	return f
}

// DueResults are at most limit results that are due, the nearest end first; for
// the office.
func (s *Service) DueResults(ctx context.Context, p account.Principal, d Due, limit int) ([]catalog.Result, error) {
	if !p.May(account.ListResults) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	x, err := s.span(ctx, now)
	if err != nil {
		return nil, err
	}
	rs, _, err := s.Results(ctx, p, dueFilter(d, now, x, listed()), Page{Limit: limit})
	return rs, err
}

// DueNeeds are needs as DueResults are results.
func (s *Service) DueNeeds(ctx context.Context, p account.Principal, d Due, limit int) ([]catalog.Need, error) {
	if !p.May(account.OpenNeeds) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	x, err := s.span(ctx, now)
	if err != nil {
		return nil, err
	}
	ns, _, err := s.Needs(ctx, p, dueFilter(d, now, x, []string{string(catalog.NeedOpen)}), Page{Limit: limit})
	return ns, err
}

// DueCounts are how many results and needs are due, for the office.
func (s *Service) DueCounts(ctx context.Context, p account.Principal) (results, needs map[Due]int, err error) {
	if !p.May(account.ListResults) {
		return nil, nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	x, err := s.span(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		results, needs = map[Due]int{}, map[Due]int{}
		for _, d := range Dues() {
			results[d], needs[d] = 0, 0
			byState, err := tx.CountResults(ctx, dueFilter(d, now, x, listed()))
			if err != nil {
				return err
			}
			for _, n := range byState {
				results[d] += n
			}
			if byState, err = tx.CountNeeds(ctx, dueFilter(d, now, x, []string{string(catalog.NeedOpen)})); err != nil {
				return err
			}
			for _, n := range byState {
				needs[d] += n
			}
		}
		return nil
	})
	return results, needs, err
}

// RenewResults keeps results on the shelf for another term from now, or puts
// them back there: what was confirmed and has not changed since needs no new
// confirmation. Whatever has changed is not confirmed any more and is left.
func (s *Service) RenewResults(ctx context.Context, p account.Principal, refs []Ref) (Outcome, error) {
	if !p.May(account.ListResults) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	x, err := s.span(ctx, now)
	if err != nil {
		return Outcome{}, err
	}
	until := x.result.UnixMilli()
	return s.bulkResults(ctx, p, refs, "renew.result", "", func(r *catalog.Result) *catalog.Error {
		switch {
		case r.Unfiled:
			return catalog.Refuse(catalog.Conflict, "shelf.left.unfiled")
		case !r.PublicConfirmed:
			return catalog.Refuse(catalog.Conflict, "shelf.left.reconfirm")
		case r.State == catalog.ResultExpired:
			r.State = catalog.ResultListed
		case !r.State.OnShelf():
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		}
		r.ExpiresAt, r.UpdatedAt = until, now.UnixMilli()
		return nil
	})
}

// RenewNeeds keeps needs open for another term from now, as RenewResults. The day
// until which an owner's need is valid moves with it.
func (s *Service) RenewNeeds(ctx context.Context, p account.Principal, refs []Ref) (Outcome, error) {
	if !p.May(account.OpenNeeds) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	x, err := s.span(ctx, now)
	if err != nil {
		return Outcome{}, err
	}
	until := x.need
	return s.bulkNeeds(ctx, p, refs, "renew.need", "", func(n *catalog.Need) *catalog.Error {
		switch {
		case !n.PublicConfirmed:
			return catalog.Refuse(catalog.Conflict, "shelf.left.reconfirm")
		case n.State == catalog.NeedExpired:
			n.State = catalog.NeedOpen
		case n.State != catalog.NeedOpen:
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		}
		n.ExpiresAt, n.UpdatedAt = max(n.ExpiresAt, until.UnixMilli()), now.UnixMilli()
		if !n.Until.IsZero() && n.Until.End(now.Location()).UnixMilli() < n.ExpiresAt {
			day := time.UnixMilli(n.ExpiresAt).In(now.Location())
			n.Until = catalog.Date{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
			n.ExpiresAt = n.Until.End(now.Location()).UnixMilli()
		}
		return nil
	})
}

// Ending is a listing and when it ends.
type Ending struct {
	Kind, Code string
	ExpiresAt  int64
}

// Remind tells the office of the listings whose first or last reminder has
// fallen due since the last call: one notice for the results and one for the
// needs of each. It does so once a day, whenever it is called first, and returns
// how many listings there were. Of two servers that call it at once, one does
// it; a clock that is set back does nothing until it is a new day again.
func (s *Service) Remind(ctx context.Context) (int, error) {
	now := s.now()
	x, err := s.span(ctx, now)
	if err != nil {
		return 0, err
	}
	var last int64
	var ending [][]Ending // by reminder
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if last, err = tx.LastReminder(ctx); err != nil || !laterDay(last, now) {
			return err
		}
		ending = make([][]Ending, len(x.remind))
		for i, until := range x.remind {
			ahead := until.Sub(now).Milliseconds()
			if ending[i], err = tx.EndingListings(ctx, max(last+ahead, now.UnixMilli()), now.UnixMilli()+ahead); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || ending == nil {
		return 0, err
	}
	n := 0
	var messages []journal.Message
	for i, until := range x.remind {
		days := int(until.Sub(now).Hours()+23) / 24
		n += len(ending[i])
		for _, kind := range []string{"result", "need"} {
			m, ok, err := s.reminder(kind, days, ending[i], now)
			if err != nil {
				return 0, err
			}
			if ok {
				messages = append(messages, m)
			}
		}
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := tx.SetLastReminder(ctx, last, now.UnixMilli()); err != nil {
			return err
		}
		for m := range slices.Values(messages) {
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if catalog.CodeOf(err) == catalog.Conflict { // another server was first
		return 0, nil
	}
	return n, err
}

// laterDay reports whether now is on a later day than at. While a clock that was
// set back lies before at it is not: what was called to mind then is not again.
func laterDay(at int64, now time.Time) bool {
	return time.UnixMilli(at).In(now.Location()).Format(time.DateOnly) < now.Format(time.DateOnly)
}

// reminder is the notice of the listings of a kind; ok is false if there are
// none.
func (s *Service) reminder(kind string, days int, ending []Ending, now time.Time) (m journal.Message, ok bool, err error) {
	own := slices.DeleteFunc(slices.Clone(ending), func(e Ending) bool { return e.Kind != kind })
	if len(own) == 0 {
		return m, false, nil
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return m, false, fmt.Errorf("shelf: remind: %w", err)
	}
	m, err = journal.Notice{Template: kind + "s_ending", Role: string(account.Officer), Path: "/expiring",
		Vars: map[string]string{"n": strconv.Itoa(len(own)), "days": strconv.Itoa(days), "code": own[0].Code}}.Message(id, now.UnixMilli())
	return m, true, err
}
