package matchmaker

import (
	"cmp"
	"context"
	"slices"

	"datai/account"
	"datai/catalog"
	"datai/match"
)

// Expert is a person or an organisation with what speaks for it: the results
// that it stands behind, and words of its own record that the question has too.
type Expert struct {
	Name    string
	Unit    string          // of a person
	Person  *catalog.Person // the record, for the office, where there is exactly one of that name and unit
	Party   *catalog.Party  // likewise
	Results []Match         // best first, at most shownResults
	More    int             // results beside these
	Own     []string        // words of the own record
	Score   float64         // comparable between experts of one question
	Label   match.Label     // of the best of what speaks for it
}

// Experts are who may help with a question, best first.
type Experts struct {
	People      []Expert
	Units       []Expert // schools and laboratories
	Enterprises []Expert // whose own record speaks of the matter
}

const (
	// So many results are looked at for who stands behind them: at least, and
	// for each expert that is wanted.
	expertLeast, expertEach = 20, 5

	shownResults = 3
	ownHits      = 20
	// Each further result counts half of the one before: one that fits well
	// says more than many that fit a little.
	nextResult = 0.5
	// What somebody says of themselves counts less than a result.
	ownWords = 0.3
)

// group collects what speaks for one person or unit.
type group struct {
	Expert
	share float64 // what the next result counts
}

// groups are in the order in which they were first met.
type groups struct {
	byKey map[string]*group
	order []*group
}

func (g *groups) at(key, name, unit string) *group {
	if x, ok := g.byKey[key]; ok {
		return x
	}
	x := &group{Expert: Expert{Name: name, Unit: unit}, share: 1}
	g.byKey[key] = x
	g.order = append(g.order, x)
	return x
}

func (x *group) result(m Match) {
	x.Score += x.share * m.Hit.Score
	x.share *= nextResult
	x.Label = max(x.Label, m.Hit.Label)
	if len(x.Results) < shownResults {
		x.Results = append(x.Results, m)
	} else {
		x.More++
	}
}

func (x *group) own(m Match) {
	common, translated := Shared(m)
	for _, t := range translated {
		common = append(common, t.Via)
	}
	if len(common) == 0 || m.Hit.Label == match.LabelNone {
		return
	}
	x.Own = common
	x.Score += ownWords * m.Hit.Score
	x.Label = max(x.Label, m.Hit.Label)
}

func (g *groups) best(n int) []Expert {
	slices.SortStableFunc(g.order, func(a, b *group) int { return cmp.Compare(b.Score, a.Score) })
	var out []Expert
	for _, x := range g.order {
		if len(out) < n && x.Score > 0 {
			out = append(out, x.Expert)
		}
	}
	return out
}

func newGroups() *groups { return &groups{byKey: map[string]*group{}} }

// nameKey tells people and units apart. Two people of one name in different
// units, or of a name alone, are two.
func nameKey(name, unit string) string { return catalog.Fold(name) + "|" + catalog.Fold(unit) }

// experts finds who stands behind results that were found, and for the office
// whose own record speaks of the matter. Results that are not worth saying and
// those marked as not useful speak for nobody.
func (s *Service) experts(ctx context.Context, p account.Principal, query match.Query, found []Match, n int) (Experts, error) {
	people, units, enterprises := newGroups(), newGroups(), newGroups()
	for _, m := range found {
		if m.Result == nil || m.Hit.Label == match.LabelNone || m.Marked == NotUseful {
			continue
		}
		for _, c := range m.Result.Completers {
			unit := cmp.Or(c.Unit, m.Result.Organization)
			key := nameKey(c.Name, unit)
			if unit == "" {
				key += m.Hit.ID
			}
			if c.Name != "" {
				people.at(key, c.Name, unit).result(m)
			}
		}
		if unit := m.Result.Organization; unit != "" {
			units.at(nameKey(unit, ""), unit, "").result(m)
		}
	}
	if p.May(account.SeeOffice) {
		if err := s.records(ctx, p, query, people, units, enterprises); err != nil {
			return Experts{}, err
		}
	}
	return Experts{people.best(n), units.best(n), enterprises.best(n)}, nil
}

// records adds the records of people and organisations: those whose words fit,
// and those that belong to whom the results have brought.
func (s *Service) records(ctx context.Context, p account.Principal, query match.Query, people, units, enterprises *groups) error {
	query.K, query.Further, query.Suggest, query.Uncounted, query.Useful, query.NotUseful = ownHits, 0, 0, true, nil, nil
	query.Filter = match.Filter{Kinds: []match.Kind{match.KindPerson, match.KindParty}, Viewer: viewer(p)}
	own, err := s.load(ctx, p, s.index.Search(query), nil, spoken{})
	if err != nil {
		return err
	}
	var named []catalog.Person
	var parties []catalog.Party
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if named, err = tx.PeopleNamed(ctx, people.names(own.Matches)); err != nil {
			return err
		}
		parties, err = tx.PartiesNamed(ctx, units.names(nil))
		return err
	})
	if err != nil {
		return err
	}
	known := map[string][]*catalog.Person{}
	for i := range named {
		key := nameKey(named[i].Name, named[i].Unit)
		known[key] = append(known[key], &named[i])
	}
	for key, x := range people.byKey {
		if same := known[key]; len(same) == 1 {
			x.Person = same[0]
		}
	}
	for i := range parties {
		if x := units.byKey[nameKey(parties[i].Name, "")]; x != nil {
			x.Party = &parties[i]
			x.Party.Contact = catalog.Contact{}
		}
	}
	for _, m := range own.Matches {
		switch {
		case m.Person != nil:
			key := nameKey(m.Person.Name, m.Person.Unit)
			if len(known[key]) > 1 {
				key += m.Hit.ID
			}
			x := people.at(key, m.Person.Name, m.Person.Unit)
			x.Person = m.Person
			x.own(m)
		case m.Party.Kind == catalog.PartyEnterprise:
			x := enterprises.at(m.Hit.ID, m.Party.Name, "")
			x.Party = m.Party
			x.own(m)
		default:
			x := units.at(nameKey(m.Party.Name, ""), m.Party.Name, "")
			x.Party = m.Party
			x.own(m)
		}
	}
	return nil
}

// names are what groups and the people among further matches are called.
func (g *groups) names(also []Match) []string {
	var out []string
	for _, x := range g.order {
		out = append(out, x.Name)
	}
	for _, m := range also {
		if m.Person != nil {
			out = append(out, m.Person.Name)
		}
	}
	return out
}
