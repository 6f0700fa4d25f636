package web

import (
	"slices"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
	"rsc.io/qr"
)

// A brochure is a list made to be printed: a cover, then one page for each
// thing. It holds what anybody may see, whoever prints it, and of a need
// never its owner.

const brochureMost = 100 // things in one brochure

func (p *Pages) resultBrochure(c *visit) error {
	return p.brochure(c, "/results", "results", match.KindResult)
}

func (p *Pages) needBrochure(c *visit) error {
	return p.brochure(c, "/needs", "needs", match.KindNeed)
}

// brochure prints a list with its filters.
func (p *Pages) brochure(c *visit, path, noun string, kind match.Kind) error {
	c.v.Nav = noun
	l, err := readList(c, path, kind)
	if err != nil {
		return err
	}
	var keep []matchmaker.Facet
	for _, f := range l.chosen { // everybody's filters; the others would only hide what is public
		if slices.Contains(matchmaker.FacetNames(account.Nobody(), kind), f.Name) {
			keep = append(keep, f)
		}
	}
	found, err := p.Match.Browse(c.ctx(), account.Nobody(), matchmaker.Browsing{Kind: kind, Q: l.q, Filter: keep, Order: l.order(), K: brochureMost})
	if err != nil {
		return err
	}
	return p.showBrochure(c, noun, found.Results, found.Needs, found.Total)
}

func (p *Pages) tickedResults(c *visit) error { return p.tickedBrochure(c, "results") }

func (p *Pages) tickedNeeds(c *visit) error { return p.tickedBrochure(c, "needs") }

// tickedBrochure prints what an officer has ticked.
func (p *Pages) tickedBrochure(c *visit, noun string) error {
	c.v.Nav = noun
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	rs, ns, err := p.Shelf.PublicThings(c.ctx(), noun, ids(refs[:min(len(refs), brochureMost)]))
	if err != nil {
		return err
	}
	return p.showBrochure(c, noun, rs, ns, len(refs))
}

func ids(refs []shelf.Ref) []uuid.UUID {
	out := make([]uuid.UUID, len(refs))
	for i, r := range refs {
		out[i] = r.ID
	}
	return out
}

func (p *Pages) showBrochure(c *visit, noun string, rs []catalog.Result, ns []catalog.Need, total int) error {
	b := ui.Brochure{Noun: noun, Total: total, Back: "/" + noun}
	themes := map[catalog.Theme]int{}
	count := func(ts []catalog.Theme) {
		for _, t := range ts {
			themes[t]++
		}
	}
	for _, r := range rs {
		count(r.Themes)
		b.Results = append(b.Results, r)
		b.Links = append(b.Links, p.shortLink(r.Code))
	}
	for _, n := range ns {
		count(n.Themes)
		b.Needs = append(b.Needs, n)
		b.Links = append(b.Links, p.shortLink(n.Code))
	}
	for _, t := range catalog.Themes() {
		if themes[t] > 0 {
			b.Themes = append(b.Themes, ui.ThemeCount{Theme: t, N: themes[t]})
		}
	}
	return c.show(ui.Head{Title: c.v.T("brochure.title." + noun), Quiet: true}, ui.BrochurePage(c.v, b))
}

// shortLink is the address to be typed from paper, with its QR code.
func (p *Pages) shortLink(code string) ui.Link {
	url := p.absolute("/s/" + code)
	l := ui.Link{URL: url}
	if drawn, err := qr.Encode(url, qr.M); err == nil { // it fails for what is too long, and then the address alone must do
		l.QR, l.Size = modules(drawn), drawn.Size
	}
	return l
}

// modules are the black squares of a QR code as an SVG path, one unit each.
func modules(c *qr.Code) string {
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				line(&b, from, y, x-from)
			}
		}
	}
	return b.String()
}

func line(b *strings.Builder, x, y, n int) {
	for _, part := range []string{"M", strconv.Itoa(x), " ", strconv.Itoa(y), "h", strconv.Itoa(n), "v1h-", strconv.Itoa(n), "z"} {
		b.WriteString(part)
	}
}

// short sends who typed the short address of a thing to its page.
func (p *Pages) short(c *visit) error {
	code := strings.ToUpper(c.r.PathValue("code"))
	if !catalog.IsShortCode(code) {
		return catalog.Refuse(catalog.NotFound, "error.no_page")
	}
	for prefix, path := range map[string]string{"R": "/results/", "N": "/needs/", "P": "/parties/", "H": "/people/"} {
		if code[:1] == prefix {
			return c.redirect(path + code)
		}
	}
	return catalog.Refuse(catalog.NotFound, "error.no_page")
}
