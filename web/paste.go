package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Proxy entry (代录): what an enterprise sent becomes a draft, the draft a need
// that its owner confirms.

// pasteForm is the empty page with one's drafts, or the draft that is asked
// for.
func (p *Pages) pasteForm(c *visit) error {
	if c.r.URL.Query().Has("draft") {
		d, err := p.draftAsked(c, c.r.URL.Query().Get("draft"))
		if err != nil {
			return err
		}
		if d.Need != "" {
			return c.redirect("/needs/" + d.Need)
		}
		return p.showDraft(c, http.StatusOK, d, "")
	}
	return p.showPaste(c, http.StatusOK, "", "")
}

func (p *Pages) draftAsked(c *visit, id string) (shelf.Draft, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return shelf.Draft{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return p.Proxy.Draft(c.ctx(), c.v.Who, key)
}

func (p *Pages) showPaste(c *visit, status int, text, problem string) error {
	drafts, err := p.Proxy.Drafts(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	c.v.Nav, c.v.Path = "paste", "/needs/paste"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("behalf.title"), Quiet: true}, ui.PastePage(c.v, ui.Paste{Text: text, Problem: problem, Drafts: drafts})))
}

func (p *Pages) showDraft(c *visit, status int, d shelf.Draft, problem string) error {
	f := ui.DraftForm{Draft: d, Problem: problem, Budget: p.Read.Price(d.Form.Budget)}
	if asked := shelf.Questions(d.Form, p.Read.Indicators(d.Form.Indicators)); len(asked) > 0 {
		f.Question, f.Left = &asked[0], len(asked)-1
	}
	c.v.Nav, c.v.Path = "paste", "/needs/paste?draft="+d.ID.String()
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("behalf.title"), Quiet: true}, ui.DraftPage(c.v, f)))
}

// paste takes a message, or what was done with a draft.
func (p *Pages) paste(c *visit) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	if err := c.r.ParseForm(); err != nil {
		return catalog.Refuse(catalog.Invalid, "behalf.fit.long", "most", strconv.Itoa(shelf.MostMessage)).Because(err)
	}
	if c.r.PostForm.Has("draft") {
		return p.actOnDraft(c)
	}
	text := c.r.PostForm.Get("message")
	d, err := p.Proxy.Paste(c.ctx(), c.v.Who, text)
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Code == catalog.Invalid {
		if e.Key == "behalf.fit.secret" || e.Key == "behalf.fit.long" {
			text = "" // it is not given back either
		}
		return p.showPaste(c, statuses[e.Code], text, c.v.Lang.SayArgs(e.Key, e.Args))
	}
	if err != nil {
		return err
	}
	return c.redirect("/needs/paste?draft=" + d.ID.String())
}

// typed is the form of a draft as it was sent. A proposal that somebody changed
// is no longer one of the program.
func (p *Pages) typed(c *visit, was shelf.Form) (shelf.Form, error) {
	in := form{c.r.PostForm}
	f := was
	f.Read = slices.Clone(was.Read)
	seen := func(name string, changed bool) {
		if changed {
			f.Read = slices.DeleteFunc(f.Read, func(n string) bool { return n == name })
		}
	}
	for _, x := range []struct {
		name string
		to   *string
	}{{shelf.FieldOwner, &f.Owner}, {shelf.FieldContact, &f.Contact}, {shelf.FieldPhone, &f.Phone}, {shelf.FieldLandline, &f.Landline},
		{shelf.FieldEmail, &f.Email}, {shelf.FieldTitle, &f.Title}, {shelf.FieldBudget, &f.Budget}} {
		seen(x.name, in.line(x.name, x.to))
	}
	seen(shelf.FieldText, in.text(shelf.FieldText, &f.Text))
	seen(shelf.FieldIndicators, in.text(shelf.FieldIndicators, &f.Indicators))
	themes := slices.Clone(f.Themes)
	ticked(in, shelf.FieldThemes, catalog.Themes(), &f.Themes)
	seen(shelf.FieldThemes, !slices.Equal(themes, f.Themes))
	until, ok := in.date(shelf.FieldUntil)
	if !ok {
		return f, catalog.Refuse(catalog.Invalid, "shelf.edit.date")
	}
	seen(shelf.FieldUntil, until != f.Until)
	f.Until = until
	return f, nil
}

// actOnDraft keeps what was typed and does what was asked for.
func (p *Pages) actOnDraft(c *visit) error {
	in := c.r.PostForm
	d, err := p.draftAsked(c, in.Get("draft"))
	if err != nil {
		return err
	}
	if d.Need != "" {
		return c.redirect("/needs/" + d.Need)
	}
	version, err := strconv.ParseInt(in.Get("version"), 10, 64)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	if in.Get("act") == "drop" {
		if err := p.Proxy.DropDraft(c.ctx(), c.v.Who, d.ID); err != nil {
			return err
		}
		return c.redirect("/needs/paste")
	}
	f, err := p.typed(c, d.Form)
	if err == nil {
		if act := in.Get("act"); act == "answer" || act == "skip" {
			p.answered(&f, in.Get("question"), in.Get("answer"), act == "answer")
		}
		var kept shelf.Draft
		if kept, err = p.Proxy.SaveDraft(c.ctx(), c.v.Who, d.ID, version, f); err == nil {
			d = kept
		}
	}
	here := "/needs/paste?draft=" + d.ID.String()
	if err == nil {
		switch in.Get("act") {
		case "enter":
			return p.enterDraft(c, d, in.Get("sms") == "1")
		case "split":
			_, err = p.Proxy.Split(c.ctx(), c.v.Who, d.ID, d.Version)
		case "answer", "skip":
			here += "#question"
		}
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		if e.Key == "behalf.fit.secret" { // what was typed is not given back
			f = d.Form
		}
		d.Form = f
		return p.showDraft(c, statuses[e.Code], d, c.v.Lang.SayArgs(e.Key, e.Args))
	}
	if err != nil {
		return err
	}
	return c.redirect(here)
}

// answered writes the answer to a question where it belongs.
func (p *Pages) answered(f *shelf.Form, code, answer string, said bool) {
	answer = catalog.Clean(answer)
	if code != shelf.AskPhone && !slices.Contains(f.Passed, code) {
		f.Passed = append(slices.Clone(f.Passed), code)
	}
	if !said || answer == "" {
		return
	}
	switch code {
	case "success":
		f.Indicators = strings.TrimPrefix(f.Indicators+"\n"+answer, "\n")
	case "budget":
		f.Budget = catalog.CleanLine(answer)
	default:
		f.Text = strings.TrimPrefix(f.Text+"\n"+answer, "\n")
	}
}

// enterDraft makes a need of a draft and shows the link, this once.
func (p *Pages) enterDraft(c *visit, d shelf.Draft, sms bool) error {
	asked, err := p.Proxy.Enter(c.ctx(), c.v.Who, d.Form, shelf.Ref{ID: d.ID, Version: d.Version}, sms)
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		if code := e.Args["code"]; e.Key == "behalf.entered" && code != "" {
			return c.redirect("/needs/" + code)
		}
		return p.showDraft(c, statuses[e.Code], d, c.v.Lang.SayArgs(e.Key, e.Args))
	}
	if err != nil {
		return err
	}
	return p.showAsked(c, asked)
}

// showAsked shows the link for the owner and the words to send it with.
func (p *Pages) showAsked(c *visit, a shelf.Asked) error {
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	c.v.Nav, c.v.Path = "paste", "/needs/"+url.PathEscape(a.Need.Code)
	return c.render(http.StatusOK, ui.Page(c.v, ui.Head{Title: c.v.T("behalf.asked"), Quiet: true},
		ui.AskedPage(c.v, ui.AskedOwner{Asked: a, Link: p.absolute(shelf.ConfirmPath(a.Secret))})))
}

// behalfForm reads a form about the proxy entry of the path: the version that
// was seen.
func behalfForm(c *visit) (code string, version int64, err error) {
	code = c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return "", 0, err
	}
	if err := c.readForm(wordsMax); err != nil {
		return "", 0, err
	}
	if version, err = strconv.ParseInt(c.r.PostForm.Get("version"), 10, 64); err != nil {
		return "", 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return code, version, nil
}

func (p *Pages) askOwner(c *visit) error {
	code, version, err := behalfForm(c)
	if err != nil {
		return err
	}
	a, err := p.Proxy.AskOwner(c.ctx(), c.v.Who, code, version, c.r.PostForm.Get("sms") == "1")
	if err != nil {
		return err
	}
	return p.showAsked(c, a)
}

// ownerCalled notes a confirmation by telephone.
func (p *Pages) ownerCalled(c *visit) error {
	code, version, err := behalfForm(c)
	if err != nil {
		return err
	}
	in := form{c.r.PostForm}
	on, ok := in.date("on")
	if !ok {
		return catalog.Refuse(catalog.Invalid, "behalf.fit.called_on")
	}
	call := shelf.Call{Who: in.typed("who"), On: on, ShowOwner: c.r.PostForm.Get("show_owner") == "1", Public: c.r.PostForm.Get("public") == "1"}
	if call.Public {
		call.Consent = c.v.T("behalf.public_words") + " " + c.v.T("behalf.consent_words", "office", c.v.OfficeName())
	}
	if err := p.Proxy.Called(c.ctx(), c.v.Who, code, version, call); err != nil {
		return err
	}
	return c.redirect("/needs/" + code)
}

// behalf is what the page of a proxy entry says about it to the office, nil for
// everybody else and for other needs.
func (p *Pages) behalf(c *visit, n catalog.Need) (*ui.Behalf, error) {
	if !n.Entered.Behalf || !c.v.Who.May(account.EnterForOthers) && !c.v.Who.May(account.SeeOffice) {
		return nil, nil
	}
	history, err := p.Proxy.Confirmations(c.ctx(), c.v.Who, n.Code)
	if catalog.CodeOf(err) == catalog.Forbidden {
		return nil, nil
	}
	return &ui.Behalf{Need: n, History: history}, err
}
