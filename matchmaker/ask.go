package matchmaker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/match"

	"github.com/google/uuid"
)

// Question is a problem in somebody's own words.
type Question struct {
	Text              string
	Kinds             []match.Kind // none = results
	Terms             []string     // technical terms that a person accepted
	Struck            []string     // terms that are not to be suggested again
	Useful, NotUseful []string     // results marked, by public code or by the id that a file gave
	Themes            []catalog.Theme
	K                 int  // 0 = 10
	Experts           int  // so many people, units and enterprises beside the hits
	Chips             bool // suggest terms
	Count             bool // say how many fit
	EveryState        bool // the office: drafts, withdrawn and expired ones too
}

// Match is one answer: exactly one of Result, Need, Party and Person is set,
// as the asker may see it.
type Match struct {
	Hit    match.Hit
	Result *catalog.Result
	Need   *catalog.Need
	Party  *catalog.Party
	Person *catalog.Person
	Said   *Feedback // what stands on this match of this need
	Marked Verdict   // what was said of it, by this question or on this need
	Check  *Check    // of a match of a need
	Stale  bool      // need or result has changed since the check
}

// spoken is what people have said of the matches of a need.
type spoken struct {
	said    []Feedback
	checks  []Check
	struck  []string // terms that are not to be suggested again
	version int64    // of the need
}

// Answer is what fits, best first. Total counts all that fits; 0 if that was
// not asked for.
type Answer struct {
	Matches []Match
	Total   int
	Experts Experts // where they were asked for
	Chips   []Chip  // likewise
}

// current are the states of things that still lead somewhere; taken results
// stay in, because that they are taken is an answer too.
var current = []string{
	stateTag + string(catalog.ResultReview), stateTag + string(catalog.ResultListed), stateTag + string(catalog.ResultTalks),
	stateTag + string(catalog.ResultLicensed), stateTag + string(catalog.ResultExclusive),
	stateTag + string(catalog.NeedOpen), stateTag + string(catalog.NeedHold),
}

// Ask answers a free text.
func (s *Service) Ask(ctx context.Context, p account.Principal, q Question) (Answer, error) {
	kinds := q.Kinds
	if len(kinds) == 0 {
		kinds = []match.Kind{match.KindResult}
	}
	query := match.Query{Text: q.Text, Terms: q.Terms, K: q.K, Explain: true, Uncounted: !q.Count,
		Filter: match.Filter{Kinds: kinds, Viewer: viewer(p)}}
	if !q.EveryState {
		query.Filter.Any = append(query.Filter.Any, current)
	}
	if len(q.Themes) > 0 {
		query.Filter.Any = append(query.Filter.Any, themeTags(q.Themes))
	}
	if len(q.Useful)+len(q.NotUseful) > 0 { // most questions carry no marks and need no look at the database here
		err := s.db.Read(ctx, func(tx Tx) (err error) {
			if query.Useful, err = resolve(ctx, tx, q.Useful); err != nil {
				return err
			}
			query.NotUseful, err = resolve(ctx, tx, q.NotUseful)
			return err
		})
		if err != nil {
			return Answer{}, err
		}
	}
	if q.Chips {
		query.Suggest = chipsMost + len(q.Struck)
	}
	return s.answer(ctx, p, query, q.Experts, spoken{struck: q.Struck})
}

// answer searches and loads what was found. Where experts are wanted it looks
// further down than query.K, to where people are known by several results; those
// that are not worth saying speak for nobody and are not loaded.
func (s *Service) answer(ctx context.Context, p account.Principal, query match.Query, experts int, by spoken) (Answer, error) {
	if s.Answered != nil {
		defer func(began time.Time) { s.Answered(s.now().Sub(began)) }(s.now())
	}
	marks := marksOf(query)
	for _, f := range by.said {
		marks[f.Result.String()] = f.Verdict
	}
	k, rank := cmp.Or(query.K, hitsDefault), 0
	if experts > 0 {
		query.Further = max(0, expertLeast-k, expertEach*experts-k)
	}
	found := s.index.Search(query)
	found.Hits = slices.DeleteFunc(found.Hits, func(h match.Hit) bool {
		rank++
		return rank > k && h.Label == match.LabelNone && marks[h.ID] == ""
	})
	if len(by.said) > 0 {
		found = withMarked(found, marks)
	}
	a, err := s.load(ctx, p, found, marks, by)
	if err != nil {
		return Answer{}, err
	}
	if query.Suggest > 0 {
		a.Chips = s.chips(query, found.Suggestions, by.struck)
	}
	if experts == 0 {
		return a, nil
	}
	if a.Experts, err = s.experts(ctx, p, query, a.Matches, experts); err != nil {
		return Answer{}, err
	}
	shown := 0
	a.Matches = slices.DeleteFunc(a.Matches, func(m Match) bool {
		shown++
		return shown > k && m.Marked == ""
	})
	return a, nil
}

const hitsDefault = 10

// marksOf is what a query says of documents, by their id.
func marksOf(q match.Query) map[string]Verdict {
	marks := map[string]Verdict{}
	for _, id := range q.Useful {
		marks[id] = Useful
	}
	for _, id := range q.NotUseful {
		marks[id] = NotUseful
	}
	return marks
}

// resolve turns codes and given ids into ids of the index; what is unknown is
// left out.
func resolve(ctx context.Context, tx Tx, marks []string) ([]string, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	keys := make([]string, len(marks))
	for i, m := range marks {
		keys[i] = "id:" + m
	}
	byKey, err := tx.ResultsByKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, m := range marks {
		if r := byKey[keys[i]]; r != nil {
			out = append(out, r.ID.String())
			continue
		}
		r, err := tx.ResultByCode(ctx, m)
		switch {
		case err == nil:
			out = append(out, r.ID.String())
		case catalog.CodeOf(err) != catalog.NotFound:
			return nil, err
		}
	}
	return out, nil
}

// load brings the things behind the hits. The database decides once more what
// may be seen: the index may be a moment behind. What is marked as not useful
// stands behind everything else, however near its words are.
func (s *Service) load(ctx context.Context, p account.Principal, found match.Result, marks map[string]Verdict, by spoken) (Answer, error) {
	ids := map[match.Kind][]uuid.UUID{}
	for _, h := range found.Hits {
		id, err := uuid.Parse(h.ID)
		if err != nil {
			return Answer{}, fmt.Errorf("matchmaker: hit: %w", err)
		}
		ids[h.Kind] = append(ids[h.Kind], id)
	}
	var there things
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		there, err = loadThings(ctx, tx, ids)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	standing := map[uuid.UUID]*Feedback{}
	for i := range by.said {
		standing[by.said[i].Result] = &by.said[i]
	}
	checked := map[uuid.UUID]*Check{}
	for i := range by.checks {
		checked[by.checks[i].Result] = &by.checks[i]
	}
	office, now := p.May(account.SeeOffice), s.now().UnixMilli()
	class := catalog.Public
	if office {
		class = catalog.Office
	}
	a := Answer{Total: found.Total}
	for _, h := range found.Hits {
		switch r, n := there.results[h.ID], there.needs[h.ID]; {
		case r != nil && (office || r.Public(now)):
			seen := r.For(class)
			seen.Contact = catalog.Contact{} // a match shows nobody's number
			m := Match{Hit: h, Result: &seen, Said: standing[r.ID], Marked: marks[h.ID], Check: checked[r.ID]}
			m.Stale = m.Check != nil && (m.Check.NeedVersion != by.version || m.Check.ResultVersion != r.Version)
			a.Matches = append(a.Matches, m)
		case n != nil && (office || n.Public(now)):
			seen := n.For(class)
			seen.Contact = catalog.Contact{}
			a.Matches = append(a.Matches, Match{Hit: h, Need: &seen})
		case office && there.parties[h.ID] != nil:
			a.Matches = append(a.Matches, Match{Hit: h, Party: there.parties[h.ID]})
		case office && there.people[h.ID] != nil:
			a.Matches = append(a.Matches, Match{Hit: h, Person: there.people[h.ID]})
		default:
			a.Total = max(0, a.Total-1)
		}
	}
	slices.SortStableFunc(a.Matches, func(x, y Match) int {
		return cmp.Compare(behind(x.Marked), behind(y.Marked))
	})
	return a, nil
}

// things are what hits stand for, by the id that the index has.
type things struct {
	results map[string]*catalog.Result
	needs   map[string]*catalog.Need
	parties map[string]*catalog.Party
	people  map[string]*catalog.Person
}

func loadThings(ctx context.Context, tx Tx, ids map[match.Kind][]uuid.UUID) (t things, err error) {
	if t.results, err = byID(ctx, tx.Results, ids[match.KindResult], func(r *catalog.Result) uuid.UUID { return r.ID }); err != nil {
		return t, err
	}
	if t.needs, err = byID(ctx, tx.Needs, ids[match.KindNeed], func(n *catalog.Need) uuid.UUID { return n.ID }); err != nil {
		return t, err
	}
	if t.people, err = byID(ctx, tx.People, ids[match.KindPerson], func(p *catalog.Person) uuid.UUID { return p.ID }); err != nil {
		return t, err
	}
	t.parties, err = byID(ctx, tx.Parties, ids[match.KindParty], func(p *catalog.Party) uuid.UUID { return p.ID })
	for _, p := range t.parties {
		p.Contact = catalog.Contact{} // a match shows nobody's number
	}
	return t, err
}

func byID[T any](ctx context.Context, load func(context.Context, []uuid.UUID) ([]T, error), ids []uuid.UUID, id func(*T) uuid.UUID) (map[string]*T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := load(ctx, ids)
	out := make(map[string]*T, len(list))
	for i := range list {
		out[id(&list[i]).String()] = &list[i]
	}
	return out, err
}

func behind(v Verdict) int {
	if v == NotUseful {
		return 1
	}
	return 0
}
