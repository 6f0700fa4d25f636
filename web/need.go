package web

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/web/ui"
)

const (
	needHits    = 10
	needExperts = 5 // people, and as many schools
)

func (p *Pages) needs(c *visit) error { return p.browse(c, "/needs", "needs", match.KindNeed) }

func (p *Pages) need(c *visit) error {
	c.v.Nav = "needs"
	code, asJSON := strings.CutSuffix(c.r.PathValue("code"), ".json")
	n, err := p.needCoded(c, code)
	if err != nil {
		return err
	}
	if asJSON {
		return c.json(p.needJSON(n))
	}
	return p.showNeed(c, n, false, nil)
}

// needContact shows a need with the contact in full; the journal says who
// asked for it.
func (p *Pages) needContact(c *visit) error {
	c.v.Nav = "needs"
	n, err := p.needCoded(c, c.r.PathValue("code"))
	if err != nil {
		return err
	}
	if n.Contact, err = p.Shelf.NeedContact(c.ctx(), c.v.Who, n.Code); err != nil {
		return err
	}
	return p.showNeed(c, n, true, nil)
}

// showNeed shows a need. refusal says why its label was not saved.
func (p *Pages) showNeed(c *visit, n catalog.Need, contact bool, refusal *catalog.Error) error {
	found, err := p.needMatches(c, n)
	if err != nil {
		return err
	}
	head := ui.Head{Title: cmp.Or(n.Title, n.Code)}
	if n.Public(c.v.Now.UnixMilli()) {
		c.canonical("/needs/" + n.Code)
		public := n.For(catalog.Public)
		if head.Data, err = p.linkedNeed(public); err != nil {
			return err
		}
		head.Gist = ui.NeedGist(public)
	}
	owned, err := p.owned(c, n)
	if err != nil {
		return err
	}
	behalf, err := p.behalf(c, n)
	if err != nil {
		return err
	}
	class := ui.ClassifiedNeed(n, p.Match.GuessNeed(c.v.Who, n))
	status, problem := c.refusedOn(refusal)
	class.Problem = problem
	return c.render(status, ui.Page(c.v, head, ui.NeedPage(c.v, ui.Needed{Need: n, Found: found, Contact: contact, Class: class, Behalf: behalf, Owned: owned})))
}

// linkedNeed is the public part of a need as JSON-LD: nobody's name is in it.
func (p *Pages) linkedNeed(n catalog.Need) (string, error) {
	url := p.absolute("/needs/" + n.Code)
	return linked(map[string]any{"@type": "Demand", "@id": url, "url": url, "identifier": n.Code, "name": n.Title, "description": n.Text,
		"availabilityEnds": n.Until.String(), "inLanguage": "zh-CN"})
}

func (p *Pages) needCoded(c *visit, code string) (catalog.Need, error) {
	if err := fitCode(code); err != nil {
		return catalog.Need{}, err
	}
	return p.Shelf.Need(c.ctx(), c.v.Who, code)
}

// needMatches are the results that fit a need, nil for those whom they do not
// concern (never-rule 9).
func (p *Pages) needMatches(c *visit, n catalog.Need) (*matchmaker.Answer, error) {
	if !c.v.Who.May(account.SeeOffice) {
		return nil, nil
	}
	found, err := p.Match.ForNeed(c.ctx(), c.v.Who, n, needHits, needExperts)
	if err != nil {
		return nil, err
	}
	found.Matches = matchmaker.ForManager(found.Matches)
	return &found, nil
}

// needJSON is the need without its owner, budget and contact, whoever asks.
func (p *Pages) needJSON(n catalog.Need) thing {
	return thing{Type: "need", Code: n.Code, URL: p.absolute("/needs/" + n.Code), State: string(n.State), Title: n.Title, Text: n.Text,
		Keywords: n.Keywords, Themes: n.Themes, Disciplines: n.Disciplines, Application: n.Field, Indicators: indicatorsJSON(n.Indicators),
		IndicatorsAs: n.IndicatorsAs, Ways: n.Ways, Behalf: n.Entered.Behalf, Until: n.Until.String(), ExpiresAt: n.ExpiresAt}
}

// matchForm reads a form about a match of a need, or about the need's terms.
func (p *Pages) matchForm(c *visit) (catalog.Need, error) {
	if err := c.readForm(formMax); err != nil {
		return catalog.Need{}, err
	}
	return p.needCoded(c, c.r.PathValue("code"))
}

// rematched answers a form about a need with what fits it now. What was wrong
// with the form stands above it.
func (p *Pages) rematched(c *visit, n catalog.Need, at string, err error) error {
	d, status := ui.Needed{Need: n, Class: ui.ClassifiedNeed(n, p.Match.GuessNeed(c.v.Who, n))}, http.StatusOK
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		d.Notice, status = c.v.Lang.SayArgs(e.Key, e.Args), statuses[e.Code]
	} else if err != nil {
		return err
	} else if !c.partial() {
		return c.redirect("/needs/" + n.Code + "#" + at)
	}
	if d.Found, err = p.needMatches(c, n); err != nil {
		return err
	}
	if c.partial() {
		return c.render(status, ui.NeedMatches(c.v, d))
	}
	c.v.Nav, c.v.Path = "needs", "/needs/"+n.Code
	return c.render(status, ui.Page(c.v, ui.Head{Title: cmp.Or(n.Title, n.Code), Quiet: true}, ui.NeedPage(c.v, d)))
}

// feedback keeps a word on a match of a need. The form sends verdict alone, or
// verdict and reason as one choice "say".
func (p *Pages) feedback(c *visit) error {
	n, err := p.matchForm(c)
	if err != nil {
		return err
	}
	verdict, reason := c.r.PostFormValue("verdict"), ""
	if say := c.r.PostFormValue("say"); say != "" {
		verdict, reason, _ = strings.Cut(say, ":")
	}
	result := c.r.PostFormValue("result")
	if err := fitCode(result); err != nil {
		return err
	}
	err = p.Match.Say(c.ctx(), c.v.Who, n, result, matchmaker.Verdict(verdict), reason, c.r.PostFormValue("text"))
	return p.rematched(c, n, result, err)
}

// term puts a term to a need, strikes it or forgets it.
func (p *Pages) term(c *visit) error {
	n, err := p.matchForm(c)
	if err != nil {
		return err
	}
	err = p.Match.SayTerm(c.ctx(), c.v.Who, n, c.r.PostFormValue("term"), matchmaker.TermVerdict(c.r.PostFormValue("say")))
	return p.rematched(c, n, "matches", err)
}

func (p *Pages) publishNeeds(c *visit) error {
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	if err := confirmed(c); err != nil {
		return err
	}
	out, err := p.Shelf.PublishNeeds(c.ctx(), c.v.Who, refs)
	return c.outcome(out, err, "/needs", "published")
}

func (p *Pages) withdrawNeeds(c *visit) error {
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	out, err := p.Shelf.WithdrawNeeds(c.ctx(), c.v.Who, refs, c.r.PostFormValue("reason"))
	return c.outcome(out, err, "/needs", "withdrawn")
}
