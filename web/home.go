package web

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"
	"datai/web/ui"
)

const (
	exampleMax  = 18 // characters of a need that serves as an example
	exampleMost = 3
)

// front is what the first page shows to anybody: the figures are the same for
// all. It is kept until something changes, or a minute: then what has lapsed
// must go.
type front struct {
	generation uint64
	until      time.Time
	home       ui.Home
	needs      []catalog.Need
}

const frontKept = time.Minute

func (p *Pages) home(c *visit) error {
	c.v.Nav = "home"
	c.canonical("/")
	f := p.front.Load()
	if now := p.Now(); f == nil || f.generation != p.Match.Generation() || now.After(f.until) {
		var err error
		if f, err = p.newFront(c, now); err != nil {
			return err
		}
		p.front.Store(f)
	}
	h := f.home
	h.Examples = c.examples(f.needs)
	var err error
	if h.Waiting, err = p.waiting(c); err != nil {
		return err
	}
	return c.show(ui.Head{}, ui.HomePage(c.v, h))
}

// waiting is what waits for an officer, with the lists that hold it; nil for
// everybody else.
func (p *Pages) waiting(c *visit) ([]ui.Waiting, error) {
	if !c.v.Who.May(account.ListResults) || !c.v.Who.May(account.GiveFeedback) || !c.v.Who.May(account.Classify) {
		return nil, nil
	}
	var out []ui.Waiting
	lacks := []string{matchmaker.LackTheme, matchmaker.LackDiscipline}
	for _, k := range []struct {
		kind match.Kind
		noun string
	}{{match.KindResult, "results"}, {match.KindNeed, "needs"}} {
		found, err := p.Match.Browse(c.ctx(), c.v.Who, matchmaker.Browsing{Kind: k.kind})
		if err != nil {
			return nil, err
		}
		review := ui.Waiting{Text: c.v.T("home.waiting.review." + k.noun), Href: "/" + k.noun + "?state=review", N: found.Facets["state"]["review"]}
		if k.kind == match.KindResult { // what stands before the shelf is what the gate holds
			review.Href, review.N = "/gate", review.N+found.Facets["state"]["draft"]
		}
		out = append(out, review)
		lacking, err := p.Match.Browse(c.ctx(), c.v.Who, matchmaker.Browsing{Kind: k.kind, Filter: []matchmaker.Facet{{Name: "lack", Values: lacks}}})
		if err != nil {
			return nil, err
		}
		out = append(out, ui.Waiting{Text: c.v.T("home.waiting.lack." + k.noun), Href: "/" + k.noun + "?" + url.Values{"lack": lacks}.Encode(), N: lacking.Total})
	}
	results, needs, err := p.Shelf.DueCounts(c.ctx(), c.v.Who)
	if err != nil {
		return nil, err
	}
	terms, err := p.Shelf.Terms(c.ctx())
	if err != nil {
		return nil, err
	}
	for _, due := range shelf.Dues() {
		what := "results"
		if results[due] == 0 && needs[due] > 0 {
			what = "needs"
		}
		out = append(out, ui.Waiting{Text: c.v.Due(terms, due), Href: "/expiring?what=" + what + "&due=" + string(due), N: results[due] + needs[due]})
	}
	tasks, err := p.Match.Tasks(c.ctx(), c.v.Who, false)
	if err != nil {
		return nil, err
	}
	out = append(out, ui.Waiting{Text: c.v.T("nav.tasks"), Href: "/tasks", N: len(tasks)})
	if !c.v.Who.May(account.ImportFiles) {
		return out, nil
	}
	asking, err := p.Intake.Asking(c.ctx(), c.v.Who)
	if err != nil {
		return nil, err
	}
	alike := ui.Waiting{Text: c.v.T("home.waiting.alike"), Href: "/import"}
	for _, b := range asking {
		alike.N += b.Counts.Alike
	}
	if len(asking) == 1 {
		alike.Href = "/import/" + asking[0].ID.String() + "/alike"
	}
	return append(out, alike), nil
}

func (p *Pages) newFront(c *visit, now time.Time) (*front, error) {
	f := &front{generation: p.Match.Generation(), until: now.Add(frontKept)}
	anyone := account.Nobody()
	results, err := p.Match.Browse(c.ctx(), anyone, matchmaker.Browsing{Kind: match.KindResult, Order: match.ByTime})
	if err != nil {
		return nil, err
	}
	needs, err := p.Match.Browse(c.ctx(), anyone, matchmaker.Browsing{Kind: match.KindNeed, Order: match.ByTime, K: 20})
	if err != nil {
		return nil, err
	}
	f.needs = needs.Needs
	f.home = ui.Home{Results: results.Total, Needs: needs.Total}
	for _, t := range catalog.Themes() {
		f.home.Themes = append(f.home.Themes, ui.ThemeCount{Theme: t, N: results.Facets["theme"][string(t)]})
		// The newest of each theme: after an import the newest of all would be of one kind.
		newest, err := p.Match.Browse(c.ctx(), anyone, matchmaker.Browsing{Kind: match.KindResult, Order: match.ByTime, K: 1,
			Filter: []matchmaker.Facet{{Name: "theme", Values: []string{string(t)}}}})
		if err != nil {
			return nil, err
		}
		for _, r := range newest.Results {
			if !slices.ContainsFunc(f.home.Newest, func(x catalog.Result) bool { return x.ID == r.ID }) {
				f.home.Newest = append(f.home.Newest, r)
			}
		}
	}
	slices.SortStableFunc(f.home.Newest, func(a, b catalog.Result) int { return cmp.Compare(b.ListedAt, a.ListedAt) })
	return f, nil
}

// examples are questions that somebody really has: open needs that are short,
// filled up with three of the catalogue of messages.
func (c *visit) examples(needs []catalog.Need) []string {
	var out []string
	for _, n := range needs {
		if title := []rune(n.Title); len(title) > 3 && len(title) <= exampleMax && len(out) < exampleMost {
			out = append(out, n.Title)
		}
	}
	for _, key := range []string{"home.example.1", "home.example.2", "home.example.3"} {
		if len(out) < exampleMost {
			out = append(out, c.v.T(key))
		}
	}
	return out
}

func sum(m map[string]int) int {
	n := 0
	for _, x := range m {
		n += x
	}
	return n
}
