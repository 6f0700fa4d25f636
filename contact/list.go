package contact

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/rules"

	"github.com/google/uuid"
)

// The list that an officer works from, and its table.

// Query is what somebody wants to see of the cases.
type Query struct {
	Filter
	OnlyDue   bool // by the end of today, or before
	OnlyStuck bool // no step for as long as the rule contact-stuck says
}

// Cases is one page of cases, overdue ones first, without their private part.
func (s *Service) Cases(ctx context.Context, p account.Principal, q Query, page Page) (cs []Case, next Page, err error) {
	f, err := s.filter(ctx, p, q)
	if err != nil {
		return nil, Page{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		cs, next, err = tx.Cases(ctx, f, page)
		return err
	})
	for i := range cs {
		cs[i].Private = Private{}
	}
	return cs, next, err
}

// Counts counts by state the cases that p handles.
func (s *Service) Counts(ctx context.Context, p account.Principal) (n map[State]int, err error) {
	f, err := narrow(p, Filter{})
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		n, err = tx.CountCases(ctx, f.Officer)
		return err
	})
	return n, err
}

// Units lists the units whose results p handles cases of.
func (s *Service) Units(ctx context.Context, p account.Principal) (units []string, err error) {
	f, err := narrow(p, Filter{})
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		units, err = tx.CaseUnits(ctx, f.Officer)
		return err
	})
	return units, err
}

// Officers are those to whom a case can be given, by name: whoever has a role
// that handles cases. Who may not give cases to others sees only themselves.
func (s *Service) Officers(ctx context.Context, p account.Principal) (as []account.Account, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		as, err = tx.AccountsWith(ctx, account.With(account.HandleContacts)...)
		return err
	})
	if !p.May(account.AssignContacts) {
		as = slices.DeleteFunc(as, func(a account.Account) bool { return a.ID != p.ID })
	}
	return as, err
}

// Intent is a case as a row of the table of intents (校企意向表).
type Intent struct {
	Case               // the contacts masked, or whole
	Kind        string // of the result, as catalog.ResultKind, "" without one
	Disciplines []string
	Handler     string // name of the officer
}

// mostWhy is how long the reason may be for which somebody takes numbers out.
const mostWhy = 200

// step of an export in cases.
const exportStep = 200

// Intents goes through the cases with who asked, numbers masked. Who may see
// numbers gets them whole by saying why: that stands in the journal.
func (s *Service) Intents(ctx context.Context, p account.Principal, q Query, why string, each func(*Intent) error) error {
	f, err := s.filter(ctx, p, q)
	if err != nil {
		return err
	}
	whole := why != ""
	if why = catalog.CleanLine(why); whole {
		switch {
		case !p.May(account.SeeContacts):
			return catalog.Refuse(catalog.Forbidden, "error.forbidden")
		case !within(why, mostWhy) || utf8.RuneCountInString(why) < 4 || catalog.HasPhone(why):
			return catalog.Refuse(catalog.Invalid, "cases.fit.why")
		}
		d, err := s.draft(ctx, p, "disclose.contacts")
		if err != nil {
			return err
		}
		if err := s.db.Write(ctx, func(tx Tx) error {
			e := d.entry
			e.Body = map[string]string{"why": why}
			return tx.Append(ctx, e)
		}); err != nil {
			return err
		}
	}
	names := map[uuid.UUID]string{}
	for page := (Page{Limit: exportStep}); page.Limit > 0; {
		var rows []Intent
		if err := s.db.Read(ctx, func(tx Tx) error {
			cs, next, err := tx.Cases(ctx, f, page)
			if err != nil {
				return err
			}
			page = next
			rows, err = intents(ctx, tx, cs, names)
			return err
		}); err != nil {
			return err
		}
		for i := range rows {
			if !whole {
				rows[i].Case = rows[i].masked()
			}
			if err := each(&rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func intents(ctx context.Context, tx Tx, cs []Case, names map[uuid.UUID]string) ([]Intent, error) {
	var ids []uuid.UUID
	for _, c := range cs {
		if c.Result != uuid.Nil {
			ids = append(ids, c.Result)
		}
	}
	found, err := tx.Results(ctx, ids)
	if err != nil {
		return nil, err
	}
	results := map[uuid.UUID]catalog.Result{}
	for _, r := range found {
		results[r.ID] = r
	}
	out := make([]Intent, 0, len(cs))
	for _, c := range cs {
		x := Intent{Case: c}
		if r, ok := results[c.Result]; ok {
			x.Kind, x.Disciplines = string(r.Kind), r.Disciplines
		}
		if c.Officer != uuid.Nil {
			if _, known := names[c.Officer]; !known {
				a, _, err := tx.Account(ctx, c.Officer)
				if err != nil {
					return nil, err
				}
				names[c.Officer] = a.Name
			}
			x.Handler = names[c.Officer]
		}
		out = append(out, x)
	}
	return out, nil
}

// filter is what a query means now.
func (s *Service) filter(ctx context.Context, p account.Principal, q Query) (Filter, error) {
	f, err := narrow(p, q.Filter)
	if err != nil {
		return f, err
	}
	f.Find, f.Unit = catalog.Fold(strings.TrimSpace(f.Find)), strings.TrimSpace(f.Unit)
	now := s.now()
	if q.OnlyDue {
		y, m, d := now.Date()
		f.Due = time.Date(y, m, d+1, 0, 0, 0, 0, now.Location()).UnixMilli()
	}
	if q.OnlyStuck {
		book, err := s.book(ctx)
		if err != nil {
			return f, err
		}
		set, err := book.At(rules.DayOf(now))
		if err != nil {
			return f, err
		}
		f.Stuck, err = stuckBefore(set, now)
		return f, err
	}
	return f, nil
}

// stuckBefore is the time (unix ms) before which the last step of a case was if
// it has had none for as long as the rule says.
func stuckBefore(set rules.Set, now time.Time) (int64, error) {
	for day := rules.DayOf(now); day.Valid(); day-- {
		end, err := set.Deadline(day.Begin(), "contact-stuck")
		if err != nil {
			return 0, err
		}
		if !end.At.After(now) {
			return (day + 1).Begin().UnixMilli(), nil
		}
	}
	return 0, nil
}

// narrow makes a filter fit for p: who handles only the cases that were given to
// them sees no others, whatever they ask for.
func narrow(p account.Principal, f Filter) (Filter, error) {
	switch p.Reach(account.HandleContacts) {
	case account.Any:
	case account.Assigned:
		f.Officer = p.ID
	default:
		return f, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return f, nil
}
