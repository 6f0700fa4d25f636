package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/web/ui"

	"github.com/google/uuid"
)

const (
	pageSize   = 24
	bulkSize   = 200
	sortSize   = 50  // things a page whose theme or discipline is guessed
	facetShown = 8   // values of a facet before the fold
	facetMost  = 60  // values of a facet behind it
	valueMost  = 300 // bytes of a value in an address
)

// listing is what the address of a list of results or needs asks for.
type listing struct {
	path   string
	kind   match.Kind
	q      string
	chosen []matchmaker.Facet // in the order of the facets, values in the order of the address's vocabulary
	sort   string             // "" is newest
	from   *match.Start       // where nothing is searched for
	skip   int                // where something is
	paged  bool               // not the first page
	stale  bool               // the address continued another list
	ticked bool
	acts   bool // the viewer may act upon what is listed
}

// orders are the ways to sort a list, by their names in addresses.
var orders = []struct {
	name  string
	order match.Order
}{{"newest", match.ByTime}, {"title", match.ByKey}, {"maturity", match.ByLevel}}

func (l *listing) orders() []string {
	var out []string
	for _, o := range orders {
		if l.kind == match.KindResult || o.order != match.ByLevel {
			out = append(out, o.name)
		}
	}
	return out
}

func (l *listing) order() match.Order {
	for _, o := range orders {
		if o.name == l.sort {
			return o.order
		}
	}
	return match.ByTime
}

// vocabulary are the values that a facet may have in an address, nil for a
// facet of free text.
func vocabulary(kind match.Kind, facet string) []string {
	switch facet {
	case "theme":
		return stateNames(catalog.Themes())
	case "trl":
		return []string{"9", "8", "7", "6", "5", "4", "3", "2", "1"}
	case "kind":
		return []string{string(catalog.KindResult), string(catalog.KindPatent)}
	case "right":
		return stateNames(catalog.RightKinds())
	case "way":
		return stateNames(catalog.Ways())
	case "lack":
		return []string{matchmaker.LackTheme, matchmaker.LackDiscipline}
	case "price":
		return []string{"known", "negotiable", "unknown"}
	case "state":
		if kind == match.KindNeed {
			return stateNames(catalog.NeedStates())
		}
		return stateNames(catalog.ResultStates())
	}
	return nil
}

// shelving is the permission to put things of a kind on the shelf and to take
// them off it.
func shelving(kind match.Kind) account.Permission {
	if kind == match.KindNeed {
		return account.OpenNeeds
	}
	return account.ListResults
}

// readList understands the query of a list. What it does not know it refuses:
// a filter that silently does nothing would mislead.
func readList(c *visit, path string, kind match.Kind) (listing, error) {
	q := c.r.URL.Query()
	l := listing{path: path, kind: kind, q: catalog.Clean(q.Get("q")), sort: q.Get("sort"), ticked: q.Get("tick") == "all",
		acts: c.v.Who.May(shelving(kind))}
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	allowed := matchmaker.FacetNames(c.v.Who, kind)
	for _, name := range allowed {
		f, ok := readFacet(kind, name, q[name])
		if !ok {
			return l, bad
		}
		if len(f.Values) > 0 {
			l.chosen = append(l.chosen, f)
		}
	}
	for _, name := range []string{"state", "price", "lack"} { // of the office: not passed over in silence
		if q.Get(name) != "" && !slices.Contains(allowed, name) {
			return l, bad
		}
	}
	if l.sort != "" && !slices.Contains(l.orders(), l.sort) {
		return l, bad
	}
	if rs := []rune(l.q); len(rs) > askMost {
		l.q = string(rs[:askMost])
	}
	return l, l.readPage(q)
}

// readFacet are the values of one facet, each once, in a stable order.
func readFacet(kind match.Kind, name string, in []string) (matchmaker.Facet, bool) {
	f := matchmaker.Facet{Name: name}
	known := vocabulary(kind, name)
	for _, v := range in {
		if v == "" || slices.Contains(f.Values, v) {
			continue
		}
		if known != nil && !slices.Contains(known, v) || known == nil && (len(v) > valueMost || catalog.Clean(v) != v) {
			return f, false
		}
		f.Values = append(f.Values, v)
	}
	if known != nil {
		slices.SortFunc(f.Values, func(a, b string) int { return cmp.Compare(slices.Index(known, a), slices.Index(known, b)) })
	} else {
		slices.Sort(f.Values)
	}
	return f, len(f.Values) <= facetMost
}

// A page's mark in an address is a hash of the list that it continues, and
// where it goes on: the id and the sort key of a row, or how many of the best
// come before. A mark of another list begins that list anew.

func (l *listing) readPage(q url.Values) error {
	mark, back := q.Get("after"), false
	if mark == "" {
		if mark, back = q.Get("before"), true; mark == "" {
			return nil
		}
	}
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	hash, rest, _ := strings.Cut(mark, ".")
	if hash != l.hash() {
		if _, err := hex.DecodeString(hash); err != nil || len(hash) != 2*hashBytes {
			return bad
		}
		l.stale = true
		return nil
	}
	l.paged = true
	if l.searched() {
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 {
			return bad
		}
		l.skip = n
		return nil
	}
	id, key, _ := strings.Cut(rest, ".")
	u, err := uuid.Parse(id)
	raw, kerr := base64.RawURLEncoding.DecodeString(key)
	if err != nil || kerr != nil || !utf8.Valid(raw) {
		return bad
	}
	l.from = &match.Start{Mark: match.Mark{ID: u.String()}, Back: back}
	switch l.order() {
	case match.ByKey:
		l.from.Key = string(raw)
		return nil
	case match.ByLevel:
		level, at, _ := strings.Cut(string(raw), " ")
		n, err := strconv.ParseUint(level, 10, 8)
		if err != nil {
			return bad
		}
		l.from.Level, raw = uint8(n), []byte(at)
	}
	if l.from.Time, err = strconv.ParseInt(string(raw), 10, 64); err != nil {
		return bad
	}
	return nil
}

func (l *listing) mark(m match.Mark) string {
	key := strconv.FormatInt(m.Time, 10)
	switch l.order() {
	case match.ByKey:
		key = m.Key
	case match.ByLevel:
		key = strconv.Itoa(int(m.Level)) + " " + key
	}
	return l.hash() + "." + m.ID + "." + base64.RawURLEncoding.EncodeToString([]byte(key))
}

const hashBytes = 4

// hash tells this list from others: its filters, words and order.
func (l *listing) hash() string { return hashOf(address(l.path, l.values())) }

func hashOf(list string) string {
	sum := sha256.Sum256([]byte(list))
	return hex.EncodeToString(sum[:hashBytes])
}

// searched reports whether the list is in the order of how well things fit the
// words in q.
func (l *listing) searched() bool { return catalog.Fold(l.q) != "" }

func (l *listing) of(facet string) []string {
	for _, f := range l.chosen {
		if f.Name == facet {
			return f.Values
		}
	}
	return nil
}

// state is the one state that is listed, "" where there are none or several.
func (l *listing) state() string {
	if s := l.of("state"); len(s) == 1 {
		return s[0]
	}
	return ""
}

// bulk reports whether the list is one to act upon.
func (l *listing) bulk() bool { return l.acts && l.state() != "" && !l.searched() && !l.sorting() }

// sorting reports whether the list is one to say themes and disciplines in.
func (l *listing) sorting() bool { return len(l.of("lack")) > 0 && !l.searched() }

// values are the filters as a query, without the page.
func (l *listing) values() url.Values {
	v := url.Values{}
	for _, f := range l.chosen {
		v[f.Name] = f.Values
	}
	if l.q != "" {
		v.Set("q", l.q)
	}
	if l.sort != "" {
		v.Set("sort", l.sort)
	}
	return v
}

// address is the path with a query.
func address(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// with is the address of the list with one part of the query set otherwise, on
// its first page; "" takes it away.
func (l *listing) with(name, value string) string {
	v := l.values()
	v.Del(name)
	if value != "" {
		v.Set(name, value)
	}
	return address(l.path, v)
}

// toggled is the address of the list with one value of a facet chosen or no
// longer chosen.
func (l *listing) toggled(facet, value string) string {
	return toggled(l.path, l.values(), facet, value)
}

func toggled(path string, v url.Values, facet, value string) string {
	now := slices.DeleteFunc(slices.Clone(v[facet]), func(x string) bool { return x == value })
	if len(now) == len(v[facet]) {
		now = append(now, value)
	}
	if v[facet] = now; len(now) == 0 {
		v.Del(facet)
	}
	return address(path, v)
}

// draw makes the frame of the list: everything but its things.
func (l *listing) draw(c *visit, found matchmaker.Listed) ui.List {
	out := ui.List{Path: l.path, Q: l.q, State: l.state(), Bulk: l.bulk(), Ticked: l.ticked, Stale: l.stale, Searched: l.searched(),
		Results: found.Results, Needs: found.Needs, Shown: len(found.Results) + len(found.Needs), Total: found.Total,
		CSV: address(l.path+".csv", l.values()), Brochure: address(l.path+"/brochure", l.values())}
	for _, name := range matchmaker.FacetNames(c.v.Who, l.kind) {
		if f := l.facet(c, name, found.Facets[name]); len(f.Choices) > 1 || len(l.of(name)) > 0 {
			out.Facets = append(out.Facets, f)
		}
	}
	for _, f := range l.chosen {
		for _, value := range f.Values {
			out.Hidden = append(out.Hidden, ui.Field{Name: f.Name, Value: value})
			out.Chips = append(out.Chips, ui.Choice{Text: l.say(c, f.Name, value), Href: l.toggled(f.Name, value)})
		}
	}
	if l.q != "" {
		out.Chips = append(out.Chips, ui.Choice{Text: c.v.T("list.quoted", "q", l.q), Href: l.with("q", "")})
	}
	if len(out.Chips) > 0 {
		out.Cleared = l.path
	}
	if l.sort != "" {
		out.Hidden = append(out.Hidden, ui.Field{Name: "sort", Value: l.sort})
	}
	if !l.searched() {
		now := cmp.Or(l.sort, "newest")
		for _, o := range l.orders() {
			out.Orders = append(out.Orders, ui.Choice{Text: c.v.T("list.by." + o), Href: l.with("sort", o), On: o == now})
		}
	}
	l.pages(&out, found)
	out.TickHref = l.with("tick", "all")
	return out
}

func (l *listing) pages(out *ui.List, found matchmaker.Listed) {
	if l.searched() {
		if found.Before {
			out.Prev = l.with("", "")
			if l.skip > pageSize {
				out.Prev = l.with("after", l.hash()+"."+strconv.Itoa(l.skip-pageSize))
			}
		}
		if found.After {
			out.Next = l.with("after", l.hash()+"."+strconv.Itoa(l.skip+pageSize))
		}
		return
	}
	if found.Before {
		out.Prev = l.with("before", l.mark(found.First))
	}
	if found.After {
		out.Next = l.with("after", l.mark(found.Last))
	}
}

// say names a value of a facet.
func (l *listing) say(c *visit, facet, value string) string {
	switch facet {
	case "trl":
		return "TRL " + value
	case "unit":
		return value
	case "discipline":
		return c.v.Discipline(value)
	case "lack":
		return c.v.T("lack." + value)
	case "price":
		return c.v.T("price." + value)
	case "state":
		if l.kind == match.KindNeed {
			return c.v.T("need.state." + value)
		}
		return c.v.T("result.state." + value)
	}
	return c.v.T(facet + "." + value)
}

// facet offers the values of a facet that would bring something, and those
// that are chosen. A theme is offered in any case: the six are the fair's.
func (l *listing) facet(c *visit, name string, counts map[string]int) ui.Facet {
	f := ui.Facet{Title: c.v.T("list." + name)}
	values, on := vocabulary(l.kind, name), l.of(name)
	if values == nil {
		for v := range counts {
			values = append(values, v)
		}
		for _, v := range on {
			if counts[v] == 0 {
				values = append(values, v)
			}
		}
		slices.SortFunc(values, func(a, b string) int {
			return cmp.Or(order(slices.Contains(on, b), slices.Contains(on, a)), cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
		})
	}
	for _, v := range values {
		ch := ui.Choice{Text: l.say(c, name, v), N: counts[v], On: slices.Contains(on, v), Href: l.toggled(name, v)}
		if (ch.N > 0 || ch.On || name == "theme") && len(f.Choices) < facetMost {
			f.Choices = append(f.Choices, ch)
		}
	}
	f.Shown = len(f.Choices)
	if f.Shown > facetShown+2 {
		f.Shown = facetShown
	}
	return f
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (l *listing) limit() int {
	switch {
	case l.bulk():
		return bulkSize
	case l.sorting():
		return sortSize
	}
	return pageSize
}

// browse answers with a list of results or needs; noun begins its messages.
func (p *Pages) browse(c *visit, path, noun string, kind match.Kind) error {
	c.v.Nav = noun
	l, err := readList(c, path, kind)
	if err != nil {
		return err
	}
	found, err := p.Match.Browse(c.ctx(), c.v.Who, matchmaker.Browsing{Kind: kind, Q: l.q, Filter: l.chosen, Order: l.order(),
		From: l.from, Skip: l.skip, K: l.limit()})
	if err != nil {
		return err
	}
	out := l.draw(c, found)
	if l.sorting() {
		out.Sorting = p.guesses(c, l.of("lack"), found)
	}
	out.Empty = c.v.T("list.empty." + noun)
	if out.Cleared != "" {
		out.Empty = c.v.T("list.none." + noun)
	}
	if c.partial() {
		return c.render(200, ui.ListPart(c.v, out, c.v.T("list.title."+noun)))
	}
	if out.Cleared == "" && !l.paged && !l.stale && l.sort == "" {
		c.canonical(path)
	}
	return c.show(ui.Head{Title: c.v.T("nav." + noun)}, ui.ListPage(c.v, out, c.v.T("list.title."+noun)))
}
