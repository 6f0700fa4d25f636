package gate

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// Item is a line of the list of the gate.
type Item struct {
	Ref
	Code, Title, Unit string
	State             State
	Questions         []Question // open ones that hold it first, then those worth asking
	Held              bool       // one of them holds it
	Professor         Professor  // who can answer

	words string // Words, for what was cleared
	found string // what Find looks in, folded
}

// Professor is who answers for results: one person by name, school and address,
// as names alone are not told apart.
type Professor struct {
	Name, Unit string
	Key        string // equal for results of one professor, "" if nobody is known
	Mobile     bool   // there is one mobile number
	Mail       bool   // there is an e-mail address
}

// professorOf is who answers for a result: the contact of the sheet, else the
// first completer.
func professorOf(r *catalog.Result) Professor {
	p := Professor{Name: r.Contact.Name, Unit: r.Unit(), Mobile: mobileOf(r.Contact) != "", Mail: catalog.IsEmail(r.Contact.Email)}
	i := slices.IndexFunc(r.Completers, func(c catalog.Completer) bool { return c.Name != "" })
	if p.Name == "" && i >= 0 {
		p.Name = r.Completers[i].Name
	}
	if p.Name == "" {
		return Professor{}
	}
	p.Key = catalog.Fold(p.Name) + "|" + catalog.Fold(p.Unit) + "|" + mobileOf(r.Contact) + "|" + catalog.Fold(r.Contact.Email)
	return p
}

// mobileOf is the one mobile number of a contact, "" if there is none or more
// than one.
func mobileOf(c catalog.Contact) string {
	phones := catalog.PhonesIn(c.Phone)
	if len(phones) != 1 || !phones[0].Mobile {
		return ""
	}
	return phones[0].Number
}

// AskNothing is, in a filter, results that nothing holds.
const AskNothing Code = "none"

// Filter says which results the list of the gate shows.
type Filter struct {
	Question Code    // "" = any
	States   []State // none = any
	Unit     string
	Find     string    // in the code, the title, the school or the name of who answers
	Batch    uuid.UUID // of an import, zero = any
	Skip     int
	Limit    int // 0 = all
}

// Listing is a part of the list, and the counts over all that the other filters
// let through.
type Listing struct {
	Items      []Item
	Total      int
	Free, Held int // that nothing holds, and that something does
	ByQuestion map[Code]int
	ByState    map[State]int
	ByUnit     map[string]int
	Professors int // who can answer for those that something holds
}

// Before is the list of what stands before the shelf, for the office.
func (s *Service) Before(ctx context.Context, p account.Principal, f Filter) (l Listing, err error) {
	if err := may(p, account.SeeOffice); err != nil {
		return l, err
	}
	l = Listing{ByQuestion: map[Code]int{}, ByState: map[State]int{}, ByUnit: map[string]int{}}
	var items []Item
	var only []uuid.UUID
	if err := s.db.Read(ctx, func(tx Tx) (err error) {
		if f.Batch != uuid.Nil {
			if only, err = tx.BatchResults(ctx, f.Batch); err != nil {
				return err
			}
		}
		items, err = s.items(ctx, tx)
		return err
	}); err != nil {
		return l, err
	}
	professors, find := map[string]bool{}, catalog.Fold(f.Find)
	inBatch := make(map[uuid.UUID]bool, len(only))
	for _, id := range only {
		inBatch[id] = true
	}
	for _, x := range items {
		if f.Batch != uuid.Nil && !inBatch[x.ID] || !strings.Contains(x.found, find) {
			continue
		}
		asked := asks(x, f.Question)
		unit, state := f.Unit == "" || f.Unit == x.Unit, len(f.States) == 0 || slices.Contains(f.States, x.State)
		if asked && state {
			l.ByUnit[x.Unit]++
		}
		if asked && unit {
			l.ByState[x.State]++
		}
		if unit && state {
			var codes []Code
			for _, q := range x.Questions {
				if !slices.Contains(codes, q.Code) {
					codes = append(codes, q.Code)
					l.ByQuestion[q.Code]++
				}
			}
			if x.Held {
				l.Held++
				if x.Professor.Key != "" {
					professors[x.Professor.Key] = true
				}
			} else {
				l.Free++
				l.ByQuestion[AskNothing]++
			}
		}
		if asked && unit && state {
			l.Total++
			if l.Total > f.Skip && (f.Limit == 0 || len(l.Items) < f.Limit) {
				l.Items = append(l.Items, x)
			}
		}
	}
	l.Professors = len(professors)
	return l, nil
}

func asks(x Item, q Code) bool {
	switch q {
	case "":
		return true
	case AskNothing:
		return !x.Held
	}
	return slices.ContainsFunc(x.Questions, func(y Question) bool { return y.Code == q })
}

// readStep is how many results are read at once.
const readStep = 500

// items are all that stand before the shelf. What was found of a result is kept
// in memory by its version: reading them all costs once.
func (s *Service) items(ctx context.Context, tx Tx) ([]Item, error) {
	rows, err := tx.BeforeShelf(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	known := make(map[uuid.UUID]Item, len(rows))
	var unread []uuid.UUID
	for _, row := range rows {
		if x, ok := s.seen[row.ID]; ok && x.Version == row.Version {
			known[row.ID] = x
		} else {
			unread = append(unread, row.ID)
		}
	}
	s.mu.Unlock()
	for part := range slices.Chunk(unread, readStep) {
		rs, err := tx.Results(ctx, part)
		if err != nil {
			return nil, err
		}
		for i := range rs {
			r := &rs[i]
			x := Item{Ref: Ref{ID: r.ID, Version: r.Version}, Code: r.Code, Title: r.Title, Unit: r.Unit(), Questions: Questions(r, nil),
				Professor: professorOf(r), words: Words(r)}
			x.found = catalog.Fold(x.Code + x.Title + x.Unit + x.Professor.Name)
			known[r.ID] = x
		}
	}
	s.mu.Lock()
	s.seen = known // what is on the shelf by now is forgotten
	s.mu.Unlock()
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	twins, err := tx.ResultTwins(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Item, 0, len(rows))
	for _, row := range rows {
		x, ok := known[row.ID]
		if !ok {
			continue
		}
		x.Case, x.State = row.Case.Version, standing(row.Case.State, &catalog.Result{State: row.State, PublicConfirmed: row.Confirmed})
		x.Questions = append(twinQuestions(twins[row.ID]), x.Questions...)
		x.Questions = slices.DeleteFunc(x.Questions, func(q Question) bool {
			return slices.ContainsFunc(row.Case.Cleared, func(c Clearance) bool { return c.Code == q.Code && c.Of == x.words && q.MayClear() })
		})
		x.Held = Holding(x.Questions)
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Title, b.Title), cmp.Compare(a.Code, b.Code))
	})
	return out, nil
}
