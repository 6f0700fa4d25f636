package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"datai/account"
	"datai/catalog"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Enterprises that want an account, and what they do with it.

// signUpForm asks for what the office needs to know.
func (p *Pages) signUpForm(c *visit) error {
	return p.showSignUp(c, http.StatusOK, ui.SignUpForm{})
}

func (p *Pages) showSignUp(c *visit, status int, f ui.SignUpForm) error {
	c.v.Path = "/enterprises/sign-up"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("enterprise.title"), Quiet: true}, ui.SignUpPage(c.v, f)))
}

func (p *Pages) signUp(c *visit) error {
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	in := form{c.r.PostForm}
	f := ui.SignUpForm{Request: shelf.SignUpRequest{Name: in.typed("name"), CreditCode: in.typed("credit_code"), Contact: in.typed("contact"), Phone: in.typed("phone")}}
	if wait := p.connects.take(c.r); wait > 0 {
		minutes := strconv.Itoa(int(math.Ceil(wait.Minutes())))
		c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		f.Problem = c.v.T("cases.too_many", "minutes", minutes)
		return p.showSignUp(c, http.StatusTooManyRequests, f)
	}
	if in.values.Get("website") != "" { // a field that people do not see
		f.Problem = c.v.T("cases.robot")
		return p.showSignUp(c, http.StatusBadRequest, f)
	}
	if in.values.Get("consent") == "1" {
		f.Request.Consent = c.v.T("enterprise.consent", "office", c.v.OfficeName())
	}
	_, err := p.Enterprises.Ask(c.ctx(), c.v.Who, f.Request)
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Code == catalog.Invalid {
		f.Problem = c.v.Lang.SayArgs(e.Key, e.Args)
		return p.showSignUp(c, http.StatusBadRequest, f)
	}
	if err != nil {
		return err
	}
	return c.redirect("/enterprises/sign-up/done")
}

func (p *Pages) signedUp(c *visit) error {
	term, by, err := p.Enterprises.AnswerBy(c.ctx())
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("enterprise.asked"), Quiet: true}, ui.SignedUpPage(c.v, term, by))
}

// signUps is the list that the office reviews.
func (p *Pages) signUps(c *visit) error { return p.showSignUps(c, http.StatusOK, ui.SignUps{}) }

func (p *Pages) showSignUps(c *visit, status int, list ui.SignUps) error {
	var err error
	if list.Waiting, err = p.Enterprises.Waiting(c.ctx(), c.v.Who); err != nil {
		return err
	}
	c.v.Path = "/enterprises/sign-ups"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("enterprise.review"), Quiet: true}, ui.SignUpsPage(c.v, list)))
}

// signUpOf reads a form about a sign-up: its id and the version that was seen.
func signUpOf(c *visit) (id uuid.UUID, version int64, err error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, wordsMax)
	if id, err = uuid.Parse(c.r.PathValue("id")); err != nil {
		return id, 0, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	if err = c.r.ParseForm(); err == nil {
		version, err = strconv.ParseInt(c.r.PostForm.Get("version"), 10, 64)
	}
	if err != nil {
		err = catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return id, version, err
}

// callSignUp shows the list with the telephone of one sign-up in full; the
// journal says who asked for it.
func (p *Pages) callSignUp(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	phone, err := p.Enterprises.SignUpPhone(c.ctx(), c.v.Who, id)
	if err != nil {
		return err
	}
	return p.showSignUps(c, http.StatusOK, ui.SignUps{Called: id, Phone: phone})
}

func (p *Pages) acceptSignUp(c *visit) error {
	id, version, err := signUpOf(c)
	if err != nil {
		return err
	}
	refs, err := parseRefs(c.r.PostForm["ref"])
	if err != nil {
		return err
	}
	done, err := p.Enterprises.Accept(c.ctx(), c.v.Who, id, version, shelf.Acceptance{Like: c.r.PostForm.Get("party"), Needs: refs})
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Code == catalog.Conflict {
		return p.showSignUps(c, statuses[e.Code], ui.SignUps{Problem: c.v.Lang.SayArgs(e.Key, e.Args)})
	}
	if err != nil {
		return err
	}
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	c.v.Path = "/enterprises/sign-ups"
	return c.show(ui.Head{Title: c.v.T("enterprise.accepted"), Quiet: true}, ui.AcceptedPage(c.v, done, p.absolute("/enter/"+done.Token)))
}

func (p *Pages) refuseSignUp(c *visit) error {
	id, version, err := signUpOf(c)
	if err != nil {
		return err
	}
	done, err := p.Enterprises.Refuse(c.ctx(), c.v.Who, id, version, c.r.PostForm.Get("reason"))
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Conflict || e.Code == catalog.Invalid) {
		return p.showSignUps(c, statuses[e.Code], ui.SignUps{Problem: c.v.Lang.SayArgs(e.Key, e.Args)})
	}
	if err != nil {
		return err
	}
	c.v.Path = "/enterprises/sign-ups"
	return c.show(ui.Head{Title: c.v.T("enterprise.refused"), Quiet: true}, ui.RefusedPage(c.v, done, p.absolute("/enterprises/sign-up")))
}

// unlinkedNeeds are the needs that name an enterprise and are nobody's yet.
func (p *Pages) unlinkedNeeds(c *visit) error { return p.showUnlinked(c, http.StatusOK, "") }

func (p *Pages) showUnlinked(c *visit, status int, problem string) error {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	party, ns, more, err := p.Enterprises.Unlinked(c.ctx(), c.v.Who, code)
	if err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "parties", "/parties/"+party.Code+"/needs"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("enterprise.link"), Quiet: true}, ui.UnlinkedPage(c.v, party, ns, more, problem)))
}

func (p *Pages) linkNeeds(c *visit) error {
	refs, err := readRefs(c)
	if err == nil {
		err = p.Enterprises.LinkNeeds(c.ctx(), c.v.Who, c.r.PathValue("code"), refs)
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Conflict || e.Code == catalog.Invalid) {
		return p.showUnlinked(c, statuses[e.Code], c.v.Lang.SayArgs(e.Key, e.Args))
	}
	if err != nil {
		return err
	}
	return c.redirect("/parties/" + c.r.PathValue("code"))
}

// ownNeeds are the needs of one's enterprise, in every state.
func (p *Pages) ownNeeds(c *visit) error {
	party, ns, err := p.Enterprises.Own(c.ctx(), c.v.Who)
	if refused, ok := errors.AsType[*catalog.Error](err); ok && refused.Key == "enterprise.no_party" {
		err = nil // an account of no enterprise has no needs; the page says so
	}
	if err != nil {
		return err
	}
	c.v.Nav = "own"
	return c.show(ui.Head{Title: c.v.T("enterprise.own"), Quiet: true}, ui.OwnNeedsPage(c.v, party, ns))
}

func (p *Pages) postNeedForm(c *visit) error {
	return p.showPost(c, http.StatusOK, ui.PostForm{})
}

func (p *Pages) showPost(c *visit, status int, f ui.PostForm) error {
	c.v.Nav, c.v.Path = "own", "/me/needs/new"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("enterprise.post"), Quiet: true}, ui.PostPage(c.v, f)))
}

// postNeed takes a need of one's own enterprise for review.
func (p *Pages) postNeed(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	in := form{c.r.PostForm}
	f := ui.PostForm{Contact: in.typed("contact"), Phone: in.typed("phone"), Reply: shelf.Reply{Title: in.typed("title"), Text: in.values.Get("text"),
		Indicators: in.values.Get("indicators"), Budget: in.typed("budget"), ShowOwner: in.values.Get("show_owner") == "1", Public: in.values.Get("public") == "1"}}
	if f.Reply.Public {
		f.Reply.Consent = c.v.T("behalf.public_words")
	}
	var ok bool
	var err error
	if f.Reply.Until, ok = in.date("until"); !ok {
		err = catalog.Refuse(catalog.Invalid, "shelf.edit.date")
	} else {
		_, err = p.Enterprises.Post(c.ctx(), c.v.Who, f.Reply, shelf.Form{Contact: f.Contact, Phone: f.Phone})
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Conflict || e.Code == catalog.Invalid) {
		if e.Key == "behalf.fit.secret" {
			f.Reply = shelf.Reply{}
		}
		f.Problem = c.v.Lang.SayArgs(e.Key, e.Args)
		return p.showPost(c, statuses[e.Code], f)
	}
	if err != nil {
		return err
	}
	return c.redirect("/me/needs")
}

func (p *Pages) takeBackNeed(c *visit) error {
	code, version, err := behalfForm(c)
	if err != nil {
		return err
	}
	if err := p.Enterprises.TakeBack(c.ctx(), c.v.Who, code, version); err != nil {
		return err
	}
	return c.redirect("/me/needs")
}

// owned is what the page of a need says to its owner, nil for everybody else.
func (p *Pages) owned(c *visit, n catalog.Need) (*ui.Owned, error) {
	if n.OwnerID == uuid.Nil || c.v.Who.May(account.SeeOffice) || !c.v.Who.May(account.OwnNeeds) {
		return nil, nil
	}
	matches, waiting, err := p.Match.ForOwner(c.ctx(), c.v.Who, n, needHits)
	if catalog.CodeOf(err) == catalog.NotFound {
		return nil, nil
	}
	return &ui.Owned{Matches: matches, Waiting: waiting}, err
}
