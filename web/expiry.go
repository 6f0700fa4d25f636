package web

import (
	"datai/catalog"
	"datai/shelf"
	"datai/web/ui"
)

// What comes to its end, for the office: one list of results, one of needs.

func (p *Pages) expiring(c *visit) error {
	c.v.Nav = "expiring"
	q := c.r.URL.Query()
	out := ui.Expiring{Noun: "results", Due: shelf.DueWeek, Ticked: q.Get("tick") == "all"}
	if what := q.Get("what"); what != "" {
		if what != "results" && what != "needs" {
			return catalog.Refuse(catalog.Invalid, "error.filter")
		}
		out.Noun = what
	}
	results, needs, err := p.Shelf.DueCounts(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	counts := map[string]map[shelf.Due]int{"results": results, "needs": needs}
	if due := shelf.Due(q.Get("due")); due != "" {
		out.Due = due
	} else {
		for _, d := range shelf.Dues() { // the first that holds something
			if counts[out.Noun][d] > 0 {
				out.Due = d
				break
			}
		}
	}
	if out.Terms, err = p.Shelf.Terms(c.ctx()); err != nil {
		return err
	}
	known := false
	for _, noun := range []string{"results", "needs"} {
		for _, d := range shelf.Dues() {
			known = known || d == out.Due
			out.Tabs = append(out.Tabs, ui.ExpiringTab{Noun: noun, Due: d, N: counts[noun][d], On: noun == out.Noun && d == out.Due})
		}
	}
	if !known {
		return catalog.Refuse(catalog.Invalid, "error.filter")
	}
	if out.Noun == "needs" {
		out.Needs, err = p.Shelf.DueNeeds(c.ctx(), c.v.Who, out.Due, bulkSize)
	} else {
		out.Results, err = p.Shelf.DueResults(c.ctx(), c.v.Who, out.Due, bulkSize)
	}
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("expiring.title"), Quiet: true}, ui.ExpiringPage(c.v, out))
}

func (p *Pages) renewResults(c *visit) error {
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	out, err := p.Shelf.RenewResults(c.ctx(), c.v.Who, refs)
	return c.outcome(out, err, "/expiring", "renewed")
}

func (p *Pages) renewNeeds(c *visit) error {
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	out, err := p.Shelf.RenewNeeds(c.ctx(), c.v.Who, refs)
	return c.outcome(out, err, "/expiring?what=needs", "renewed")
}
