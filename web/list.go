package web

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
)

const (
	pageSize   = 24
	bulkSize   = 200
	searchHits = 50
)

// listing is what the address of a list asks for.
type listing struct {
	path   string
	q      string
	theme  catalog.Theme
	kind   catalog.ResultKind
	minTRL int
	state  string
	order  shelf.Order
	page   shelf.Page
	ticked bool
}

// readList understands the query of a list. What it does not know it refuses:
// a filter that silently does nothing would mislead.
func readList(c *visit, path string, states []string) (listing, error) {
	q := c.r.URL.Query()
	l := listing{path: path, q: catalog.Clean(q.Get("q")), kind: catalog.ResultKind(q.Get("kind")), state: q.Get("state"),
		order: shelf.Order(q.Get("sort")), ticked: q.Get("tick") == "all"}
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	if t := q.Get("theme"); t != "" {
		themes := themesOf([]string{t})
		if len(themes) == 0 {
			return l, bad
		}
		l.theme = themes[0]
	}
	if t := q.Get("trl"); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 1 || n > 9 {
			return l, bad
		}
		l.minTRL = n
	}
	if l.kind != "" && l.kind != catalog.KindResult && l.kind != catalog.KindPatent {
		return l, bad
	}
	if l.order != "" && l.order != shelf.ByTitle && l.order != shelf.ByNewest {
		return l, bad
	}
	if l.state != "" && (!c.v.Office() || !slices.Contains(states, l.state)) {
		return l, bad
	}
	if rs := []rune(l.q); len(rs) > askMost {
		l.q = string(rs[:askMost])
	}
	var err error
	l.page, err = readPage(q.Get("after"))
	return l, err
}

// A page's mark in an address is the id and the sort key of the last row.

func readPage(after string) (shelf.Page, error) {
	if after == "" {
		return shelf.Page{}, nil
	}
	id, key, _ := strings.Cut(after, ".")
	u, err := uuid.Parse(id)
	raw, kerr := base64.RawURLEncoding.DecodeString(key)
	if err != nil || kerr != nil || catalog.Clean(string(raw)) != strings.TrimSpace(string(raw)) {
		return shelf.Page{}, catalog.Refuse(catalog.Invalid, "error.filter")
	}
	return shelf.Page{ID: u, SortKey: string(raw)}, nil
}

func writePage(p shelf.Page) string {
	return p.ID.String() + "." + base64.RawURLEncoding.EncodeToString([]byte(p.SortKey))
}

func (l listing) filter() shelf.Filter {
	f := shelf.Filter{Kind: l.kind, MinTRL: l.minTRL, Order: l.order}
	if f.Order == "" {
		f.Order = shelf.ByNewest
	}
	if l.theme != "" {
		f.Themes = []catalog.Theme{l.theme}
	}
	if l.state != "" {
		f.States = []string{l.state}
	}
	return f
}

// values are the filters as a query, without the page.
func (l listing) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"q": l.q, "theme": string(l.theme), "kind": string(l.kind), "state": l.state, "sort": string(l.order)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if l.minTRL > 0 {
		v.Set("trl", strconv.Itoa(l.minTRL))
	}
	return v
}

// with is the address of the list with one filter set otherwise, on its first
// page; "" takes the filter away.
func (l listing) with(name, value string) string {
	v := l.values()
	v.Del(name)
	if value != "" {
		v.Set(name, value)
	}
	if len(v) == 0 {
		return l.path
	}
	return l.path + "?" + v.Encode()
}

// draw makes the frame of the list: everything but its rows.
func (l listing) draw(c *visit, facets []ui.Facet) ui.List {
	out := ui.List{Path: l.path, Q: l.q, Facets: facets, State: l.state, Bulk: l.state != "" && l.q == "", Ticked: l.ticked}
	values := l.values()
	for _, name := range slices.Sorted(keys(values)) {
		if name != "q" && name != "sort" {
			out.Hidden = append(out.Hidden, ui.Field{Name: name, Value: values.Get(name)})
		}
	}
	if len(out.Hidden) > 0 || l.q != "" {
		out.Cleared = l.path
	}
	if l.q == "" {
		by := l.filter().Order
		out.Orders = []ui.Choice{
			{Text: c.v.T("list.by_newest"), Href: l.with("sort", string(shelf.ByNewest)), On: by == shelf.ByNewest},
			{Text: c.v.T("list.by_title"), Href: l.with("sort", string(shelf.ByTitle)), On: by == shelf.ByTitle},
		}
	}
	if l.page.ID != uuid.Nil {
		out.First = l.with("after", "")
	}
	out.TickHref = l.with("tick", "all")
	return out
}

func keys(v url.Values) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range v {
			if !yield(name) {
				return
			}
		}
	}
}

func (l listing) limit() int {
	if l.state != "" {
		return bulkSize
	}
	return pageSize
}

// facets are the filters that a list offers, with how much each would bring.
func (l listing) facets(c *visit, kind match.Kind, states []string) []ui.Facet {
	counts := c.p.Match.Facets(c.v.Who, kind)
	pick := func(title, name, now string, values []string, prefix, label string) ui.Facet {
		f := ui.Facet{Title: c.v.T(title)}
		for _, value := range values {
			ch := ui.Choice{Text: c.v.T(label + value), N: facet(counts, prefix, value), On: value == now, Href: l.with(name, value)}
			if ch.On {
				ch.Href = l.with(name, "")
			}
			if ch.N > 0 || ch.On || name == "theme" {
				f.Choices = append(f.Choices, ch)
			}
		}
		return f
	}
	var themes []string
	for _, t := range catalog.Themes() {
		themes = append(themes, string(t))
	}
	out := []ui.Facet{pick("list.theme", "theme", string(l.theme), themes, "theme:", "theme.")}
	if kind == match.KindResult {
		out = append(out, l.maturities(c, counts))
	}
	if c.v.Office() {
		label := "result.state."
		if kind == match.KindNeed {
			label = "need.state."
		}
		if f := pick("list.state", "state", l.state, states, "state:", label); len(f.Choices) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// maturities offers "at least this near to use" in three steps.
func (l listing) maturities(c *visit, counts map[string]map[string]int) ui.Facet {
	f := ui.Facet{Title: c.v.T("list.maturity")}
	for _, least := range []int{4, 6, 8} {
		n := 0
		for level := least; level <= 9; level++ {
			n += facet(counts, "trl:", strconv.Itoa(level))
		}
		ch := ui.Choice{Text: c.v.T("list.trl_from", "level", strconv.Itoa(least)), N: n, On: l.minTRL == least, Href: l.with("trl", strconv.Itoa(least))}
		if ch.On {
			ch.Href = l.with("trl", "")
		}
		f.Choices = append(f.Choices, ch)
	}
	return f
}

// search is the list in the order of how well things fit the words in q.
func (p *Pages) search(c *visit, l listing, kind match.Kind) ([]matchmaker.Match, error) {
	if len([]rune(catalog.Fold(l.q))) < 1 {
		return nil, nil
	}
	found, err := p.Match.Ask(c.ctx(), c.v.Who, matchmaker.Question{Text: l.q, Kinds: []match.Kind{kind},
		Themes: l.filter().Themes, K: searchHits, EveryState: l.state != ""})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(worthSaying(found.Matches, match.LabelWeak), func(m matchmaker.Match) bool { return !l.keeps(m) }), nil
}

// keeps reports whether a match passes the filters that the index does not
// know.
func (l listing) keeps(m matchmaker.Match) bool {
	if m.Need != nil {
		return l.state == "" || string(m.Need.State) == l.state
	}
	r := m.Result
	return (l.state == "" || string(r.State) == l.state) && (l.kind == "" || r.Kind == l.kind) && r.Maturity.Level >= l.minTRL
}
