package web

import (
	"net/http"
	"slices"
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
	return p.showNeed(c, n, false)
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
	return p.showNeed(c, n, true)
}

func (p *Pages) showNeed(c *visit, n catalog.Need, contact bool) error {
	found, err := p.needMatches(c, n)
	if err != nil {
		return err
	}
	if n.Public(c.v.Now.UnixMilli()) {
		c.canonical("/needs/" + n.Code)
	}
	title := n.Title
	if title == "" {
		title = n.Code
	}
	return c.show(ui.Head{Title: title}, ui.NeedPage(c.v, n, found, contact))
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
	found.Matches = forManager(found.Matches)
	return &found, nil
}

// needDoubtful is how many results a technology manager is shown even when
// none of them can be recommended: one of them marked as useful finds more.
const needDoubtful = 5

func forManager(ms []matchmaker.Match) []matchmaker.Match {
	if worth := worthSaying(ms, match.LabelWeak); len(worth) >= needDoubtful {
		return worth
	}
	shown := 0
	return slices.DeleteFunc(slices.Clone(ms), func(m matchmaker.Match) bool {
		shown++
		return shown > needDoubtful && m.Marked == ""
	})
}

// needJSON is the need without its owner, budget and contact, whoever asks.
func (p *Pages) needJSON(n catalog.Need) thing {
	return thing{Type: "need", Code: n.Code, URL: p.absolute("/needs/" + n.Code), State: string(n.State), Title: n.Title, Text: n.Text,
		Keywords: n.Keywords, Themes: n.Themes, Application: n.Field, Indicators: indicatorsJSON(n.Indicators),
		IndicatorsAs: n.IndicatorsAs, Ways: n.Ways, Until: n.Until.String(), ExpiresAt: n.ExpiresAt}
}

// feedback keeps a word on a match of a need. The form sends verdict alone, or
// verdict and reason as one choice "say".
func (p *Pages) feedback(c *visit) error {
	if !c.v.Who.May(account.GiveFeedback) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	if err := c.r.ParseForm(); err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	n, err := p.needCoded(c, c.r.PathValue("code"))
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
	if err := p.Match.Say(c.ctx(), c.v.Who, n, result, matchmaker.Verdict(verdict), reason); err != nil {
		return err
	}
	if !c.partial() {
		return c.redirect("/needs/" + n.Code + "#" + result)
	}
	found, err := p.needMatches(c, n)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, ui.NeedMatches(c.v, n, *found))
}

func (p *Pages) publishNeeds(c *visit) error {
	refs, err := readRefs(c, account.OpenNeeds)
	if err != nil {
		return err
	}
	if err := confirmed(c); err != nil {
		return err
	}
	out, err := p.Shelf.PublishNeeds(c.ctx(), c.v.Who, refs)
	return c.outcome(out, err, "/needs", true)
}

func (p *Pages) withdrawNeeds(c *visit) error {
	refs, err := readRefs(c, account.OpenNeeds)
	if err != nil {
		return err
	}
	out, err := p.Shelf.WithdrawNeeds(c.ctx(), c.v.Who, refs, c.r.PostFormValue("reason"))
	return c.outcome(out, err, "/needs", false)
}
