package web

import (
	"cmp"
	"slices"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/shelf"
	"datai/web/ui"
)

const (
	exampleMax  = 18 // characters of a need that serves as an example
	exampleMost = 3
)

// home counts and shows what anyone may see, whoever looks: the figures are
// the same for all.
func (p *Pages) home(c *visit) error {
	c.v.Nav = "home"
	c.canonical("/")
	anyone := account.Nobody()
	counts, err := p.Shelf.Counts(c.ctx(), anyone)
	if err != nil {
		return err
	}
	newest, err := p.newestOfThemes(c)
	if err != nil {
		return err
	}
	needs, _, err := p.Shelf.Needs(c.ctx(), anyone, shelf.Filter{Order: shelf.ByNewest}, shelf.Page{Limit: 20})
	if err != nil {
		return err
	}
	h := ui.Home{Results: sum(counts.Results), Needs: sum(counts.Needs), Newest: newest, Examples: c.examples(needs)}
	byTheme := p.Match.Facets(anyone, match.KindResult)
	for _, t := range catalog.Themes() {
		h.Themes = append(h.Themes, ui.ThemeCount{Theme: t, N: facet(byTheme, "theme:", string(t))})
	}
	return c.show(ui.Head{}, ui.HomePage(c.v, h))
}

// newestOfThemes is the newest public result of each theme, newest first: after
// an import the newest of all would be of one kind.
func (p *Pages) newestOfThemes(c *visit) ([]catalog.Result, error) {
	var out []catalog.Result
	for _, t := range catalog.Themes() {
		f := shelf.Filter{Themes: []catalog.Theme{t}, Order: shelf.ByNewest}
		rs, _, err := p.Shelf.Results(c.ctx(), account.Nobody(), f, shelf.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(rs) > 0 && !slices.ContainsFunc(out, func(r catalog.Result) bool { return r.ID == rs[0].ID }) {
			out = append(out, rs[0])
		}
	}
	slices.SortStableFunc(out, func(a, b catalog.Result) int { return cmp.Compare(b.ListedAt, a.ListedAt) })
	return out, nil
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

// facet is the count of a value of a facet.
func facet(counts map[string]map[string]int, prefix, value string) int {
	return counts[prefix][prefix+value]
}
