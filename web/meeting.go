package web

import (
	"slices"
	"strconv"

	"datai/catalog"
	"datai/matchmaker"
	"datai/web/ui"
)

// What an officer makes of the matches of a need: a check, a comparison for a
// meeting, a text to send on.

const (
	compareLeast = 2
	compareMost  = 5
	compareDepth = 50 // hits among which the chosen ones are
)

// check notes that a manager has checked a match, or lifts that.
func (p *Pages) check(c *visit) error {
	n, err := p.matchForm(c)
	if err != nil {
		return err
	}
	result := c.r.PostFormValue("result")
	if err := fitCode(result); err != nil {
		return err
	}
	if c.r.PostFormValue("do") == "lift" {
		return p.rematched(c, n, result, p.Match.UncheckMatch(c.ctx(), c.v.Who, n, result))
	}
	seen, nerr := strconv.ParseInt(c.r.PostFormValue("need_version"), 10, 64)
	version, rerr := strconv.ParseInt(c.r.PostFormValue("result_version"), 10, 64)
	if nerr != nil || rerr != nil {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	was := n
	was.Version = seen
	return p.rematched(c, n, result, p.Match.CheckMatch(c.ctx(), c.v.Who, was, result, version, c.r.PostFormValue("note")))
}

// officeNeed is the need of a page that is the office's alone.
func (p *Pages) officeNeed(c *visit) (catalog.Need, error) {
	c.v.Nav = "needs"
	return p.needCoded(c, c.r.PathValue("code"))
}

// compare shows two to five results of a need side by side.
func (p *Pages) compare(c *visit) error {
	n, err := p.officeNeed(c)
	if err != nil {
		return err
	}
	codes := marks(c.r.URL.Query()["result"])
	if len(codes) < compareLeast || len(codes) > compareMost {
		return catalog.Refuse(catalog.Invalid, "compare.how_many", "least", strconv.Itoa(compareLeast), "most", strconv.Itoa(compareMost))
	}
	found, err := p.Match.ForNeed(c.ctx(), c.v.Who, n, compareDepth, 0)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(found.Matches, func(m matchmaker.Match) bool { return !slices.Contains(codes, m.Result.Code) })
	if len(chosen) < len(codes) {
		return catalog.Refuse(catalog.NotFound, "compare.unknown")
	}
	return c.show(ui.Head{Title: c.v.T("compare.title"), Quiet: true}, ui.MeetingPage(c.v, n, chosen))
}

// shareText is a need, or a match of it, as a text for others. What is not
// public is not sent on, nor is a match before a manager has checked it.
func (p *Pages) shareText(c *visit) error {
	n, err := p.officeNeed(c)
	if err != nil {
		return err
	}
	now := c.v.Now.UnixMilli()
	nature, err := p.Match.Nature(c.ctx(), c.v.Who, n)
	if err != nil {
		return err
	}
	q := c.r.URL.Query()
	s := ui.Share{Need: n, Budget: q.Get("budget") == "1", OfResult: q.Get("result")}
	switch {
	case s.OfResult != "":
		m, err := p.matchOf(c, n, s.OfResult)
		switch {
		case err != nil:
			return err
		case !m.Result.Public(now):
			s.Why = c.v.T("share.result_not_public")
		case !m.Checked():
			s.Why = c.v.T("share.not_checked")
		default:
			s.Text = c.v.MatchText(n, m, nature, p.absolute("/results/"+m.Result.Code))
		}
	case !n.Public(now):
		s.Why = c.v.T("share.need_not_public")
	default:
		s.Text = c.v.NeedText(n, nature, p.absolute("/needs/"+n.Code), s.Budget)
		s.MayAsk = n.Budget.Max > 0 || n.Budget.Negotiable || n.Budget.Written != ""
	}
	return c.show(ui.Head{Title: c.v.T("share.title"), Quiet: true}, ui.SharePage(c.v, s))
}

func (p *Pages) matchOf(c *visit, n catalog.Need, code string) (matchmaker.Match, error) {
	if err := fitCode(code); err != nil {
		return matchmaker.Match{}, err
	}
	found, err := p.Match.ForNeed(c.ctx(), c.v.Who, n, compareDepth, 0)
	if err != nil {
		return matchmaker.Match{}, err
	}
	for _, m := range found.Matches {
		if m.Result.Code == code {
			return m, nil
		}
	}
	return matchmaker.Match{}, catalog.Refuse(catalog.NotFound, "compare.unknown")
}
