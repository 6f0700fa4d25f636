package shelf

import (
	"context"
	"slices"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// PartyFilter says which parties a list shows.
type PartyFilter struct {
	Kinds []catalog.PartyKind // none = all
	Q     string              // a part of the name or of its pinyin
}

// PersonFilter says which people a list shows.
type PersonFilter struct {
	PublicAt int64    // unix ms: only who stands behind a result that is public at that time; 0 = everybody
	Units    []string // as written; none = all
	Q        string   // a part of the name or of its pinyin
}

// Leaf is where a page of a directory stands in its order.
type Leaf struct {
	First, Last   Page // of the rows shown
	Before, After bool // there are rows before and behind
}

// Directory is what the store knows of parties and people, each in the order
// of their names.
type Directory interface {
	// ListParties returns one page behind from, or before it if from.Back.
	ListParties(ctx context.Context, f PartyFilter, from Page) ([]catalog.Party, Leaf, error)
	ListPeople(ctx context.Context, f PersonFilter, from Page) ([]catalog.Person, Leaf, error)
	// CountParties counts by kind, whatever kinds f asks for; CountPeople by
	// unit, whatever units f asks for.
	CountParties(ctx context.Context, f PartyFilter) (map[string]int, error)
	CountPeople(ctx context.Context, f PersonFilter) (map[string]int, error)
	Parties(ctx context.Context, ids []uuid.UUID) ([]catalog.Party, error)
	People(ctx context.Context, ids []uuid.UUID) ([]catalog.Person, error)
	// EachUnit calls fn for the university and its units.
	EachUnit(ctx context.Context, fn func(*catalog.Party) error) error
	// NeedsOwnedBy returns at most limit needs whose owner has this name, the
	// newest first.
	NeedsOwnedBy(ctx context.Context, name string, limit int) ([]catalog.Need, error)
	// ResultsBehind returns at most limit results that the person stands
	// behind, the newest first; of a time other than 0 those that are public
	// then. ResultsNamed returns those with a completer of that name.
	ResultsBehind(ctx context.Context, person uuid.UUID, at int64, limit int) ([]catalog.Result, error)
	ResultsNamed(ctx context.Context, name string, limit int) ([]catalog.Result, error)
	// StandsBehind reports whether the person stands behind a result that is
	// public at that time.
	StandsBehind(ctx context.Context, person uuid.UUID, at int64) (bool, error)
}

// unitKinds are the parties that anybody may see: the university and what it
// consists of. Enterprises are the office's: they own needs.
var unitKinds = []catalog.PartyKind{catalog.PartyUniversity, catalog.PartyUnit}

// PartyKinds are the kinds of parties that p may see.
func PartyKinds(p account.Principal) []catalog.PartyKind {
	if p.May(account.SeeOffice) {
		return []catalog.PartyKind{catalog.PartyUniversity, catalog.PartyUnit, catalog.PartyEnterprise, catalog.PartyAgency, catalog.PartyOther}
	}
	return slices.Clone(unitKinds)
}

// Parties is one page of the parties that p may see, and how many there are of
// each kind.
func (s *Service) Parties(ctx context.Context, p account.Principal, f PartyFilter, from Page) ([]catalog.Party, Leaf, map[string]int, error) {
	allowed := PartyKinds(p)
	for _, k := range f.Kinds {
		if !slices.Contains(allowed, k) {
			return nil, Leaf{}, nil, catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	if len(f.Kinds) == 0 {
		f.Kinds = allowed
	}
	var ps []catalog.Party
	var leaf Leaf
	var counts map[string]int
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		if ps, leaf, err = tx.ListParties(ctx, f, from); err != nil {
			return err
		}
		counts, err = tx.CountParties(ctx, f)
		return err
	})
	for kind := range counts {
		if !slices.Contains(allowed, catalog.PartyKind(kind)) {
			delete(counts, kind)
		}
	}
	for i := range ps {
		ps[i].Contact = ps[i].Contact.Masked()
		ps[i] = ps[i].For(classOf(p))
	}
	return ps, leaf, counts, err
}

// PartyView is a party with what came before and after it and, for the office,
// with its needs.
type PartyView struct {
	catalog.Party
	Before []catalog.Party // predecessors, the latest first
	After  []catalog.Party // direct successors
	Needs  []catalog.Need
}

const (
	mostBefore = 20 // predecessors in a row; a ring of them ends there
	partyNeeds = 50
)

// Party is the party with that code as p may see it.
func (s *Service) Party(ctx context.Context, p account.Principal, code string) (PartyView, error) {
	var v PartyView
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		v = PartyView{}
		if v.Party, err = tx.PartyByCode(ctx, code); err != nil {
			return err
		}
		if !slices.Contains(PartyKinds(p), v.Kind) {
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		for before := v.PredecessorID; before != uuid.Nil && len(v.Before) < mostBefore; before = v.Before[len(v.Before)-1].PredecessorID {
			found, err := tx.Parties(ctx, []uuid.UUID{before})
			if err != nil {
				return err
			}
			if len(found) == 0 || !slices.Contains(PartyKinds(p), found[0].Kind) {
				break
			}
			v.Before = append(v.Before, found[0].For(classOf(p)))
		}
		if slices.Contains(unitKinds, v.Kind) {
			err = tx.EachUnit(ctx, func(u *catalog.Party) error {
				if u.PredecessorID == v.ID {
					v.After = append(v.After, u.For(classOf(p)))
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if p.May(account.SeeOffice) {
			v.Needs, err = tx.NeedsOwnedBy(ctx, v.Name, partyNeeds)
		}
		return err
	})
	if err != nil {
		return PartyView{}, err
	}
	for i := range v.Needs {
		v.Needs[i].Contact = catalog.Contact{}
	}
	v.Contact = v.Contact.Masked()
	v.Party = v.For(classOf(p))
	return v, nil
}

// PartyContact is how to reach a party, as ResultContact.
func (s *Service) PartyContact(ctx context.Context, p account.Principal, code string) (catalog.Contact, error) {
	return contactOf(ctx, s, p, "party", func(tx Tx) (uuid.UUID, catalog.Contact, error) {
		party, err := tx.PartyByCode(ctx, code)
		return party.ID, party.Contact, err
	})
}

// People is one page of the people that p may see, and how many there are of
// each unit. Who is not of the office sees who stands behind a public result.
func (s *Service) People(ctx context.Context, p account.Principal, f PersonFilter, from Page) ([]catalog.Person, Leaf, map[string]int, error) {
	if !p.May(account.SeeOffice) {
		f.PublicAt = s.now().UnixMilli()
	}
	var ps []catalog.Person
	var leaf Leaf
	var counts map[string]int
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		if ps, leaf, err = tx.ListPeople(ctx, f, from); err != nil {
			return err
		}
		counts, err = tx.CountPeople(ctx, f)
		return err
	})
	for i := range ps {
		ps[i] = ps[i].For(classOf(p))
	}
	return ps, leaf, counts, err
}

// PersonView is a person with the results that the person stands behind, the
// newest first.
type PersonView struct {
	catalog.Person
	Public  bool // anybody may see the person
	Results []catalog.Result
	Named   []catalog.Result // that somebody of this name stands behind, nobody has said who; for the office
}

// personResults bounds the results on the page of a person.
const personResults = 200

// Person is the person with that code as p may see it.
func (s *Service) Person(ctx context.Context, p account.Principal, code string) (PersonView, error) {
	var v PersonView
	now, office := s.now().UnixMilli(), p.May(account.SeeOffice)
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		v = PersonView{}
		if v.Person, err = tx.PersonByCode(ctx, code); err != nil {
			return err
		}
		if v.Public, err = tx.StandsBehind(ctx, v.ID, now); err != nil {
			return err
		}
		at := now
		if office {
			at = 0
			if v.Named, err = tx.ResultsNamed(ctx, v.Name, personResults); err != nil {
				return err
			}
		} else if !v.Public {
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		v.Results, err = tx.ResultsBehind(ctx, v.ID, at, personResults)
		return err
	})
	if err != nil {
		return PersonView{}, err
	}
	v.Named = slices.DeleteFunc(v.Named, func(r catalog.Result) bool {
		return !slices.ContainsFunc(r.Completers, func(c catalog.Completer) bool { return c.Name == v.Name && c.PersonID == uuid.Nil })
	})
	for _, rs := range [][]catalog.Result{v.Results, v.Named} {
		for i := range rs {
			rs[i].Contact = catalog.Contact{}
			rs[i] = rs[i].For(classOf(p))
		}
	}
	v.Person = v.For(classOf(p))
	return v, nil
}

// PeopleBehind are the people of the catalogue who stand behind a result, as
// p may see them, by their ids.
func (s *Service) PeopleBehind(ctx context.Context, p account.Principal, r catalog.Result) (map[uuid.UUID]catalog.Person, error) {
	var ids []uuid.UUID
	for _, c := range r.Completers {
		if c.PersonID != uuid.Nil {
			ids = append(ids, c.PersonID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	out := make(map[uuid.UUID]catalog.Person, len(ids))
	err := s.db.Read(ctx, func(tx Tx) error {
		found, err := tx.People(ctx, ids)
		for _, person := range found {
			out[person.ID] = person.For(classOf(p))
		}
		return err
	})
	return out, err
}

// Attribute says that the completer of that person's name in each of the
// results is this person, or with stands false that it is not. A name alone
// never tells: somebody of the office does, and the journal says who. It
// changes no word that the public has read, so nothing leaves the shelf.
func (s *Service) Attribute(ctx context.Context, p account.Principal, code string, refs []Ref, stands bool) (Outcome, error) {
	if !p.May(account.ListResults) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	person, err := s.Person(ctx, p, code)
	if err != nil {
		return Outcome{}, err
	}
	verb := "attribute.result"
	if !stands {
		verb = "attribute.undo"
	}
	at := s.now().UnixMilli()
	return s.bulkResults(ctx, p, refs, verb, person.Code, func(r *catalog.Result) *catalog.Error {
		set, found := 0, 0
		r.Completers = slices.Clone(r.Completers)
		for i := range r.Completers {
			c := &r.Completers[i]
			switch {
			case !stands && c.PersonID == person.ID:
				c.PersonID, set = uuid.Nil, set+1
			case stands && c.Name == person.Name:
				if found++; c.PersonID == uuid.Nil {
					c.PersonID, set = person.ID, set+1
				}
			}
		}
		if set != 1 || found > 1 { // two of one name in one result are told apart by hand
			return catalog.Refuse(catalog.Conflict, "shelf.left.completer")
		}
		r.UpdatedAt = at
		return nil
	})
}
