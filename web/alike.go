package web

import (
	"strconv"
	"strings"

	"datai/catalog"
	"datai/intake"
	"datai/web/ui"
)

const pairsPage = 20 // pairs on one page

// alike shows rows beside what they may be about.
func (p *Pages) alike(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	after, err := afterRow(c)
	if err != nil {
		return err
	}
	pairs, err := p.Intake.Pairs(c.ctx(), c.v.Who, b.ID, after, pairsPage)
	if err != nil {
		return err
	}
	shown := ui.Pairs{Batch: b, Pairs: pairs}
	at := "/import/" + b.ID.String() + "/alike"
	if n := len(pairs); n >= pairsPage {
		shown.After = at + "?after=" + strconv.Itoa(pairs[n-1].Row.N)
	}
	if after > 0 {
		shown.First = at
	}
	shown.Moved, _ = strconv.Atoi(c.r.URL.Query().Get("moved"))
	c.v.Nav = "import"
	return c.show(ui.Head{Title: c.v.T("alike.title"), Quiet: true}, ui.AlikePage(c.v, shown))
}

// decide takes what somebody said of the pairs of a page.
func (p *Pages) decide(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	if err := c.readForm(formMax); err != nil {
		return err
	}
	var ds []intake.Decision
	for name, values := range c.r.PostForm {
		row, ok := strings.CutPrefix(name, "row.")
		if !ok || values[0] == "" {
			continue
		}
		pos, err := strconv.ParseInt(row, 10, 64)
		version, verr := strconv.ParseInt(c.r.PostForm.Get("version."+row), 10, 64)
		if err != nil || verr != nil {
			return catalog.Refuse(catalog.Invalid, "error.form")
		}
		ds = append(ds, intake.Decision{Pos: pos, Version: version, Verdict: intake.Verdict(values[0])})
	}
	if len(ds) == 0 {
		return catalog.Refuse(catalog.Invalid, "alike.none_chosen")
	}
	b, moved, err := p.Intake.Decide(c.ctx(), c.v.Who, b.ID, ds)
	if err != nil {
		return err
	}
	at := "/import/" + b.ID.String()
	if moved > 0 {
		return c.redirect(at + "/alike?moved=" + strconv.Itoa(moved))
	}
	if open, err := p.Intake.Pairs(c.ctx(), c.v.Who, b.ID, 0, 1); err != nil || len(open) > 0 {
		left := false
		for _, o := range open {
			left = left || !o.Row.Later
		}
		if err != nil {
			return err
		}
		if left {
			return c.redirect(at + "/alike")
		}
	}
	return c.redirect(at)
}
