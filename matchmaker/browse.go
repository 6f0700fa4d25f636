package matchmaker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/match"

	"github.com/google/uuid"
)

// Browsing is what somebody asks of a list of results or of needs.
type Browsing struct {
	Kind   match.Kind
	Q      string       // words to be found, best first; "" lists everything in Order
	Filter []Facet      // what is chosen; of one facet, any of its values will do
	Order  match.Order  // where Q is empty
	From   *match.Start // where the page begins, where Q is empty; nil is the beginning
	Skip   int          // how many of the best come on earlier pages, where Q is not empty
	K      int          // things a page
}

// Facet is one facet with values of it.
type Facet struct {
	Name   string // as FacetNames says
	Values []string
}

// Listed is one page of a list, as the one who asked may see it. Total and
// Facets are of the whole list: Facets by the name of the facet and by value,
// each value as if nothing else of its facet were chosen.
type Listed struct {
	Results       []catalog.Result
	Needs         []catalog.Need
	Total         int
	Facets        map[string]map[string]int
	Before, After bool       // there are pages before and behind
	First, Last   match.Mark // of the page, where Q is empty
}

// listFloor is the part of the attainable from which a thing counts as found
// in a list: answers begin lower, because they are read again and labelled.
const listFloor = 0.12

const (
	// window is how many of the best are ranked together: pages inside one
	// agree on the order.
	window = 96
	// mostFound bounds how far a search can be paged.
	mostFound = 960
)

// FacetNames are the facets of a list that p may use, in the order in which
// they are shown.
func FacetNames(p account.Principal, kind match.Kind) []string {
	names := []string{"theme", "way", "discipline"}
	if kind == match.KindResult {
		names = []string{"theme", "trl", "kind", "right", "way", "unit", "discipline"}
	}
	if p.May(account.SeeOffice) {
		names = append(names, "state", "price")
	}
	if p.May(account.Classify) {
		names = append(names, "lack")
	}
	return names
}

// Browse lists results or needs. Counts hold only what p may see: visibility is
// decided in the index before anything is counted, and once more when the
// things are loaded.
func (s *Service) Browse(ctx context.Context, p account.Principal, b Browsing) (Listed, error) {
	names := FacetNames(p, b.Kind)
	f := match.Filter{Kinds: []match.Kind{b.Kind}, Viewer: viewer(p), Now: s.now().UnixMilli()}
	for _, chosen := range b.Filter {
		if !slices.Contains(names, chosen.Name) {
			return Listed{}, catalog.Refuse(catalog.Invalid, "error.filter")
		}
		tags := make([]string, len(chosen.Values))
		for i, v := range chosen.Values {
			tags[i] = chosen.Name + ":" + v
		}
		f.Any = append(f.Any, tags)
	}
	prefixes := make([]string, len(names))
	for i, name := range names {
		prefixes[i] = name + ":"
	}
	if catalog.Fold(b.Q) != "" {
		return s.find(ctx, p, b, f, prefixes)
	}
	found := s.index.Browse(f, b.Order, b.From, b.K, prefixes)
	out := Listed{Total: found.Total, Facets: values(found.Facets), Before: found.Before, After: found.After}
	ids := make([]string, len(found.Marks))
	for i, m := range found.Marks {
		ids[i] = m.ID
	}
	if n := len(found.Marks); n > 0 {
		out.First, out.Last = found.Marks[0], found.Marks[n-1]
	}
	return out, s.fill(ctx, p, b.Kind, ids, &out)
}

// find is Browse with words.
func (s *Service) find(ctx context.Context, p account.Principal, b Browsing, f match.Filter, prefixes []string) (Listed, error) {
	skip := min(max(b.Skip, 0), mostFound)
	reach := (skip + b.K + window - 1) / window * window
	res := s.index.Search(match.Query{Text: b.Q, Filter: f, K: min(reach, mostFound), Facets: prefixes, Floor: listFloor})
	hits := res.Hits[min(skip, len(res.Hits)):min(skip+b.K, len(res.Hits))]
	out := Listed{Total: res.Total, Facets: values(res.Facets), Before: skip > 0, After: res.Total > skip+b.K && skip+b.K < mostFound}
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return out, s.fill(ctx, p, b.Kind, ids, &out)
}

// values are facets by name and value instead of by prefix and tag.
func values(facets map[string]map[string]int) map[string]map[string]int {
	out := make(map[string]map[string]int, len(facets))
	for prefix, tags := range facets {
		of := make(map[string]int, len(tags))
		for tag, n := range tags {
			of[strings.TrimPrefix(tag, prefix)] = n
		}
		out[strings.TrimSuffix(prefix, ":")] = of
	}
	return out
}

// fill loads the things of a page in their order. The database decides once
// more what may be seen: the index may be a moment behind.
func (s *Service) fill(ctx context.Context, p account.Principal, kind match.Kind, of []string, out *Listed) error {
	ids := make([]uuid.UUID, len(of))
	for i, text := range of {
		id, err := uuid.Parse(text)
		if err != nil {
			return fmt.Errorf("matchmaker: browse: %w", err)
		}
		ids[i] = id
	}
	office, now := p.May(account.SeeOffice), s.now().UnixMilli()
	class := catalog.Public
	if office {
		class = catalog.Office
	}
	return s.db.Read(ctx, func(tx Tx) error {
		out.Results, out.Needs = nil, nil
		if kind == match.KindNeed {
			ns, err := tx.Needs(ctx, ids)
			for i := range ns {
				if office || ns[i].Public(now) {
					ns[i].Contact = catalog.Contact{}
					out.Needs = append(out.Needs, ns[i].For(class))
				}
			}
			return err
		}
		rs, err := tx.Results(ctx, ids)
		for i := range rs {
			if office || rs[i].Public(now) {
				rs[i].Contact = catalog.Contact{}
				out.Results = append(out.Results, rs[i].For(class))
			}
		}
		return err
	})
}
