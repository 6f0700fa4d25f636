package web

import (
	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/shelf"
	"datai/web/ui"
)

const (
	newest      = 6  // results on the first page
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
	results, _, err := p.Shelf.Results(c.ctx(), anyone, shelf.Filter{Order: shelf.ByNewest}, shelf.Page{Limit: newest})
	if err != nil {
		return err
	}
	needs, _, err := p.Shelf.Needs(c.ctx(), anyone, shelf.Filter{Order: shelf.ByNewest}, shelf.Page{Limit: 20})
	if err != nil {
		return err
	}
	h := ui.Home{Results: sum(counts.Results), Needs: sum(counts.Needs), Newest: results, Examples: c.examples(needs)}
	byTheme := p.Match.Facets(anyone, match.KindResult)
	for _, t := range catalog.Themes() {
		h.Themes = append(h.Themes, ui.ThemeCount{Theme: t, N: facet(byTheme, "theme:", string(t))})
	}
	return c.show(ui.Head{}, ui.HomePage(c.v, h))
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
