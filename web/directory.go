package web

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Parties and people: lists in the order of names, and a page of each.

const (
	nameMost     = 60 // characters of a name that is looked for
	behindShown  = 12 // results on the page of a party or a person
	behindFacets = 24 // units that a list of people offers
)

// directory is what the address of a list of parties or people asks for.
type directory struct {
	path, facet string
	q           string
	chosen      []string // values of the one facet
	from        shelf.Page
	stale       bool
}

func readDirectory(c *visit, path, facet string) (directory, error) {
	q := c.r.URL.Query()
	d := directory{path: path, facet: facet, q: catalog.Clean(q.Get("q")), from: shelf.Page{Limit: pageSize}}
	if rs := []rune(d.q); len(rs) > nameMost {
		d.q = string(rs[:nameMost])
	}
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	for _, v := range q[facet] {
		if len(v) > valueMost || catalog.Clean(v) != v || len(d.chosen) == facetMost {
			return d, bad
		}
		if v != "" && !slices.Contains(d.chosen, v) {
			d.chosen = append(d.chosen, v)
		}
	}
	slices.Sort(d.chosen)
	mark := cmp.Or(q.Get("after"), q.Get("before"))
	if mark == "" {
		return d, nil
	}
	hash, rest, _ := strings.Cut(mark, ".")
	id, key, _ := strings.Cut(rest, ".")
	u, err := uuid.Parse(id)
	raw, kerr := base64.RawURLEncoding.DecodeString(key)
	if err != nil || kerr != nil || !utf8.Valid(raw) || strings.ContainsRune(string(raw), 0) {
		return d, bad
	}
	if hash != d.hash() {
		d.stale = true
		return d, nil
	}
	d.from.ID, d.from.SortKey, d.from.Back = u, string(raw), q.Get("after") == ""
	return d, nil
}

func (d *directory) values() url.Values {
	v := url.Values{}
	if len(d.chosen) > 0 {
		v[d.facet] = d.chosen
	}
	if d.q != "" {
		v.Set("q", d.q)
	}
	return v
}

func (d *directory) hash() string { return hashOf(address(d.path, d.values())) }

func (d *directory) at(name string, p shelf.Page) string {
	v := d.values()
	v.Set(name, d.hash()+"."+p.ID.String()+"."+base64.RawURLEncoding.EncodeToString([]byte(p.SortKey)))
	return address(d.path, v)
}

// draw makes the frame of the list around its rows. say names a value of the
// facet, whose values are offered in the order of values.
func (d *directory) draw(c *visit, title string, rows []ui.Row, leaf shelf.Leaf, counts map[string]int, values []string, say func(string) string) ui.Directory {
	out := ui.Directory{Path: d.path, Q: d.q, Rows: rows, Stale: d.stale, CSV: address(d.path+".csv", d.values())}
	f := ui.Facet{Title: title}
	for _, v := range values {
		on := slices.Contains(d.chosen, v)
		if counts[v] == 0 && !on {
			continue
		}
		ch := ui.Choice{Text: say(v), N: counts[v], On: on, Href: toggled(d.path, d.values(), d.facet, v)}
		f.Choices = append(f.Choices, ch)
		if on {
			out.Hidden = append(out.Hidden, ui.Field{Name: d.facet, Value: v})
			out.Chips = append(out.Chips, ui.Choice{Text: say(v), Href: ch.Href})
		}
		if on || len(d.chosen) == 0 {
			out.Total += counts[v]
		}
	}
	if f.Shown = len(f.Choices); f.Shown > facetShown+2 {
		f.Shown = facetShown
	}
	if len(f.Choices) > 1 || len(d.chosen) > 0 {
		out.Facets = []ui.Facet{f}
	}
	if d.q != "" {
		v := d.values()
		v.Del("q")
		out.Chips = append(out.Chips, ui.Choice{Text: c.v.T("list.quoted", "q", d.q), Href: address(d.path, v)})
	}
	if len(out.Chips) > 0 {
		out.Cleared = d.path
	}
	if leaf.Before {
		out.Prev = d.at("before", leaf.First)
	}
	if leaf.After {
		out.Next = d.at("after", leaf.Last)
	}
	return out
}

// byCount are the values with counts, the chosen ones first, then the most
// frequent.
func (d *directory) byCount(counts map[string]int, most int) []string {
	var out []string
	for v := range counts {
		if v != "" {
			out = append(out, v)
		}
	}
	for _, v := range d.chosen {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(order(slices.Contains(d.chosen, b), slices.Contains(d.chosen, a)), cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return out[:min(most, len(out))]
}

func (p *Pages) parties(c *visit) error {
	c.v.Nav = "parties"
	d, err := readDirectory(c, "/parties", "kind")
	if err != nil {
		return err
	}
	ps, leaf, counts, err := p.Shelf.Parties(c.ctx(), c.v.Who, partyFilter(d), d.from)
	if err != nil {
		return err
	}
	rows := make([]ui.Row, len(ps))
	for i, party := range ps {
		rows[i] = ui.Row{Href: "/parties/" + party.Code, Name: party.Name, Chip: c.v.T("party.kind." + string(party.Kind)),
			Text: cmp.Or(party.Intro, party.Industry), Parts: []string{party.Region, party.Nature}}
	}
	out := d.draw(c, c.v.T("list.kind"), rows, leaf, counts, stateNames(shelf.PartyKinds(c.v.Who)),
		func(v string) string { return c.v.T("party.kind." + v) })
	return p.showDirectory(c, out, "parties")
}

func partyFilter(d directory) shelf.PartyFilter {
	f := shelf.PartyFilter{Q: d.q}
	for _, k := range d.chosen {
		f.Kinds = append(f.Kinds, catalog.PartyKind(k))
	}
	return f
}

func (p *Pages) people(c *visit) error {
	c.v.Nav = "parties"
	d, err := readDirectory(c, "/people", "unit")
	if err != nil {
		return err
	}
	ps, leaf, counts, err := p.Shelf.People(c.ctx(), c.v.Who, shelf.PersonFilter{Q: d.q, Units: d.chosen}, d.from)
	if err != nil {
		return err
	}
	rows := make([]ui.Row, len(ps))
	for i, person := range ps {
		rows[i] = ui.Row{Href: "/people/" + person.Code, Name: person.Name, Chip: person.Title,
			Text: c.v.List(person.Interests), Parts: []string{person.Unit}}
	}
	out := d.draw(c, c.v.T("list.unit"), rows, leaf, counts, d.byCount(counts, behindFacets), func(v string) string { return v })
	if len(d.chosen) == 0 {
		out.Total = sum(counts)
	}
	return p.showDirectory(c, out, "people")
}

func (p *Pages) showDirectory(c *visit, out ui.Directory, noun string) error {
	out.Empty = c.v.T("list.empty." + noun)
	if out.Cleared != "" {
		out.Empty = c.v.T("list.none." + noun)
	}
	out.Search = c.v.T("list.search." + noun)
	if c.partial() {
		return c.render(200, ui.DirectoryPart(c.v, out))
	}
	if out.Cleared == "" && out.Prev == "" && !out.Stale {
		c.canonical(out.Path)
	}
	return c.show(ui.Head{Title: c.v.T("nav." + noun)}, ui.DirectoryPage(c.v, out, c.v.T("list.title."+noun)))
}

func (p *Pages) party(c *visit) error {
	v, err := p.partyCoded(c)
	if err != nil {
		return err
	}
	return p.showParty(c, v, false)
}

// partyContact shows a party with its contact in full; the journal says who
// asked for it.
func (p *Pages) partyContact(c *visit) error {
	v, err := p.partyCoded(c)
	if err != nil {
		return err
	}
	if v.Contact, err = p.Shelf.PartyContact(c.ctx(), c.v.Who, v.Code); err != nil {
		return err
	}
	return p.showParty(c, v, true)
}

func (p *Pages) partyCoded(c *visit) (shelf.PartyView, error) {
	c.v.Nav = "parties"
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return shelf.PartyView{}, err
	}
	return p.Shelf.Party(c.ctx(), c.v.Who, code)
}

func (p *Pages) showParty(c *visit, v shelf.PartyView, contact bool) error {
	out, head := ui.Party{PartyView: v, Contact: contact}, ui.Head{Title: v.Name}
	if v.Kind != catalog.PartyEnterprise {
		units := []string{v.Name}
		for _, before := range v.Before {
			units = append(units, before.Name)
		}
		found, err := p.Match.Browse(c.ctx(), c.v.Who, matchmaker.Browsing{Kind: match.KindResult, Order: match.ByTime, K: behindShown, Filter: []matchmaker.Facet{{Name: "unit", Values: units}}})
		if err != nil {
			return err
		}
		out.Results, out.Total = found.Results, found.Total
		out.AllResults = address("/results", url.Values{"unit": units})
		people, _, counts, err := p.Shelf.People(c.ctx(), c.v.Who, shelf.PersonFilter{Units: units}, shelf.Page{Limit: pageSize})
		if err != nil {
			return err
		}
		out.People, out.AllPeople = people, address("/people", url.Values{"unit": units})
		for _, u := range units {
			out.PeopleTotal += counts[u]
		}
		c.canonical("/parties/" + v.Code)
		url := p.absolute("/parties/" + v.Code)
		if head.Data, err = linked(map[string]any{"@type": "CollegeOrUniversity", "@id": url, "url": url, "identifier": v.Code, "name": v.Name,
			"description": v.Intro, "foundingDate": v.From.String(), "dissolutionDate": v.Until.String()}); err != nil {
			return err
		}
		head.Gist = v.Intro
	}
	return c.show(head, ui.PartyPage(c.v, out))
}

func (p *Pages) person(c *visit) error {
	c.v.Nav = "parties"
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	v, err := p.Shelf.Person(c.ctx(), c.v.Who, code)
	if err != nil {
		return err
	}
	head := ui.Head{Title: v.Name}
	if v.Public {
		c.canonical("/people/" + v.Code)
		url := p.absolute("/people/" + v.Code)
		fields := map[string]any{"@type": "Person", "@id": url, "url": url, "identifier": v.Code, "name": v.Name, "jobTitle": v.Title, "affiliation": v.Unit}
		if v.ORCID != "" {
			fields["sameAs"] = "https://orcid.org/" + v.ORCID
		}
		if head.Data, err = linked(fields); err != nil {
			return err
		}
	}
	return c.show(head, ui.PersonPage(c.v, v))
}

// attribute takes the word of the office that a person stands behind results.
func (p *Pages) attribute(c *visit) error {
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	out, err := p.Shelf.Attribute(c.ctx(), c.v.Who, code, refs, c.r.PostFormValue("stands") != "no")
	if err != nil {
		return err
	}
	if len(out.Left) > 0 {
		return c.outcome(out, nil, "/people/"+code, "attributed")
	}
	return c.redirect("/people/" + code)
}
