package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/process"
	"datai/web/ui"

	"github.com/google/uuid"
)

// caseQuery reads which cases are asked for.
func (p *Pages) caseQuery(c *visit) (q contact.Query, page contact.Page, err error) {
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	in := c.r.URL.Query()
	switch s := contact.State(in.Get("state")); {
	case s == "":
	case s == "any":
		q.States = contact.States()
	case slices.Contains(contact.States(), s):
		q.States = []contact.State{s}
	default:
		return q, page, bad
	}
	if in.Get("mine") == "1" {
		q.Officer = c.v.Who.ID
	}
	q.OnlyDue, q.OnlyStuck = in.Get("due") == "1", in.Get("stuck") == "1"
	q.Unit, q.Find = cutAt(in.Get("unit"), lineMost), cutAt(in.Get("q"), lineMost)
	if after := in.Get("after"); after != "" {
		due, id, _ := strings.Cut(after, ".")
		var derr error
		page.DueAt, derr = strconv.ParseInt(due, 10, 64)
		if page.ID, err = uuid.Parse(id); err != nil || derr != nil {
			return q, page, bad
		}
	}
	page.Limit = casePage
	return q, page, nil
}

const casePage = 50

// caseNames are the parts of the address of a list that narrow it.
var caseNames = []string{"state", "mine", "due", "stuck", "unit", "q"}

func (p *Pages) cases(c *visit) error {
	q, page, err := p.caseQuery(c)
	if err != nil {
		return err
	}
	l := ui.Cases{Paged: page.ID != uuid.Nil, Query: url.Values{}}
	for _, name := range caseNames {
		if v := c.r.URL.Query().Get(name); v != "" {
			l.Query.Set(name, v)
		}
	}
	var next contact.Page
	if l.List, next, err = p.Contact.Cases(c.ctx(), c.v.Who, q, page); err != nil {
		return err
	}
	if l.Counts, err = p.Contact.Counts(c.ctx(), c.v.Who); err != nil {
		return err
	}
	if l.Units, err = p.Contact.Units(c.ctx(), c.v.Who); err != nil {
		return err
	}
	if l.Officers, err = p.officers(c); err != nil {
		return err
	}
	if next.Limit > 0 {
		l.Next = fmt.Sprintf("%d.%s", next.DueAt, next.ID)
	}
	c.v.Nav = "contacts"
	return c.show(ui.Head{Title: c.v.T("cases.title"), Quiet: true}, ui.CasesPage(c.v, l))
}

// officers are the names of those who may have a case.
func (p *Pages) officers(c *visit) (map[uuid.UUID]string, error) {
	as, err := p.Contact.Officers(c.ctx(), c.v.Who)
	names := map[uuid.UUID]string{}
	for _, a := range as {
		names[a.ID] = a.Name
	}
	return names, err
}

// casesFile is the list as the table of intents, numbers masked.
func (p *Pages) casesFile(format string) handler {
	return func(c *visit) error { return p.intents(c, format, "") }
}

// exportCases is the table with the numbers whole, for whoever says why.
func (p *Pages) exportCases(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	format, why := c.r.PostForm.Get("format"), catalog.CleanLine(c.r.PostForm.Get("why"))
	if format != "xlsx" && format != "csv" {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	if why == "" {
		return catalog.Refuse(catalog.Invalid, "cases.fit.why")
	}
	return p.intents(c, format, why)
}

func (p *Pages) intents(c *visit, format, why string) error {
	q, _, err := p.caseQuery(c)
	if err != nil {
		return err
	}
	if len(q.States) == 0 { // the table is of all, unless a state was chosen
		q.States = contact.States()
	}
	things := func(yield func(*contact.Intent, error) bool) {
		on := true
		err := p.Contact.Intents(c.ctx(), c.v.Who, q, why, func(x *contact.Intent) error {
			if on = yield(x, nil); !on {
				return errHeld
			}
			return nil
		})
		if err != nil && on {
			yield(nil, err)
		}
	}
	return c.fileOf("contacts", format, func(out io.Writer) error {
		return p.Write.Intents(out, format, c.v.Now.Location(), iter.Seq2[*contact.Intent, error](things))
	})
}

func (p *Pages) officeCase(c *visit) error { return p.showCase(c, http.StatusOK, ui.OfficeCase{}) }

// discloseCase shows a case with the contact in full; the journal says who
// asked for it.
func (p *Pages) discloseCase(c *visit) error {
	return p.showCase(c, http.StatusOK, ui.OfficeCase{Whole: true})
}

// showCase shows the case on the page o, of which it fills in the rest.
func (p *Pages) showCase(c *visit, status int, o ui.OfficeCase) (err error) {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	load := p.Contact.Case
	if o.Whole {
		load = p.Contact.Disclose
	}
	if o.Case, err = load(c.ctx(), c.v.Who, code); err != nil {
		return err
	}
	if o.D, err = p.Contact.Process(c.ctx()); err != nil {
		return err
	}
	if o.Officers, err = p.Contact.Officers(c.ctx(), c.v.Who); err != nil {
		return err
	}
	if o.Events, o.Names, err = p.Contact.Timeline(c.ctx(), c.v.Who, code); err != nil {
		return err
	}
	if o.Forms, err = p.Document.Forms(c.ctx(), c.v.Who, contact.Definition.Kind, code); err != nil && c.v.Who.ID != uuid.Nil {
		return err
	}
	o.MaxDocument = p.MaxDocument
	if contact.Open(o.Case.State) {
		if o.Candidates, err = p.Contact.Candidates(c.ctx(), c.v.Who, code); err != nil {
			return err
		}
	}
	o.As = contact.As(c.v.Who)
	c.v.Nav, c.v.Path = "contacts", "/contacts/"+o.Case.Code
	return c.render(status, ui.Page(c.v, ui.Head{Title: o.Case.Code, Quiet: true}, ui.CasePage(c.v, o)))
}

// caseForm reads a form about a case: the version that was seen.
func (p *Pages) caseForm(c *visit) (version int64, err error) {
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return 0, err
	}
	if err := c.readForm(wordsMax); err != nil {
		return 0, err
	}
	if version, err = strconv.ParseInt(c.r.PostForm.Get("version"), 10, 64); err != nil {
		return 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return version, nil
}

// acted shows the case after a form about it; what was wrong stands above it.
func (p *Pages) acted(c *visit, err error) error {
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		return p.showCase(c, pr.status, ui.OfficeCase{Problem: pr.text})
	}
	if err != nil {
		return err
	}
	return c.redirect("/contacts/" + c.r.PathValue("code"))
}

func (p *Pages) assignCase(c *visit) error {
	version, err := p.caseForm(c)
	if err != nil {
		return err
	}
	officer, err := uuid.Parse(c.r.PostForm.Get("officer"))
	if err != nil {
		return p.acted(c, catalog.Refuse(catalog.Invalid, "cases.no_officer"))
	}
	return p.acted(c, p.Contact.Assign(c.ctx(), c.v.Who, c.r.PathValue("code"), version, officer))
}

// moveBy takes the step of a form.
func (p *Pages) moveBy(c *visit, code string, f *stepForm) error {
	m, err := f.caseMove()
	if err != nil {
		return err
	}
	return p.Contact.Move(c.ctx(), c.v.Who, code, f.version, m)
}

// caseMove is what a form does with a case.
func (f *stepForm) caseMove() (contact.Move, error) {
	m := contact.Move{Do: f.move.Action, Next: f.move.Values["next"], Reason: f.move.Reason, Text: f.move.Text}
	if day := f.move.Values["remind"]; day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return m, unfit(process.Refuse("process.fit.day").About("remind"))
		}
		m.Remind = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	}
	return m, nil
}

// sideStep takes a step of one of the two sides by their form, and says what came
// of it: done, or what to show in the form that comes back.
func (c *visit) sideStep(take func(context.Context, contact.Move) error) (s stepped, err error) {
	f, err := c.readStep(contact.Definition)
	if err != nil {
		return s, err
	}
	defer f.close()
	m, err := f.caseMove()
	if err == nil {
		err = take(context.WithoutCancel(c.ctx()), m)
	}
	if err == nil {
		return s, nil
	}
	if code := catalog.CodeOf(err); code != catalog.Invalid && code != catalog.Conflict {
		return s, err
	}
	pr := c.problem(err)
	s = stepped{status: pr.status, problem: pr.text, filled: f.move}
	if r, ok := errors.AsType[*process.Refusal](err); ok && len(r.Faults) > 0 {
		s.problem, s.refused = "", r
	}
	return s, nil
}

func (p *Pages) caseMoved(c *visit) error { return c.redirect("/contacts/" + c.r.PathValue("code")) }

// showStepped shows the case with a form that came back.
func (p *Pages) showStepped(c *visit, s stepped) error {
	return p.showCase(c, s.status, ui.OfficeCase{Problem: s.problem, Filled: s.filled, Refused: s.refused})
}

// openForm is the form in which an officer opens a case for somebody.
func (p *Pages) openForm(c *visit) error {
	q := c.r.URL.Query()
	f := ui.OpenForm{Request: contact.Request{Need: cutAt(q.Get("need"), lineMost), Result: cutAt(q.Get("result"), lineMost), Source: contact.FromProxy}}
	if f.Request.Need != "" && f.Request.Result != "" {
		f.Request.Source = contact.FromMatch
	}
	return p.showOpen(c, http.StatusOK, f)
}

func (p *Pages) showOpen(c *visit, status int, f ui.OpenForm) error {
	if code := f.Request.Need; code != "" {
		n, err := p.needCoded(c, code)
		if err != nil && catalog.CodeOf(err) != catalog.NotFound {
			return err
		}
		if err == nil {
			f.Need = &n
		}
	}
	c.v.Nav, c.v.Path = "contacts", "/contacts/new"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("cases.open_title"), Quiet: true}, ui.OpenPage(c.v, f)))
}

func (p *Pages) openCase(c *visit) error {
	if err := c.readForm(wordsMax); err != nil {
		return err
	}
	in := c.r.PostForm
	f := ui.OpenForm{Send: in.Get("send") == "1", Request: contact.Request{Name: in.Get("name"), Organisation: in.Get("organisation"), Reach: in.Get("reach"), Purpose: in.Get("purpose"),
		Mode: catalog.Way(in.Get("mode")), Source: contact.Source(in.Get("source")), Need: strings.TrimSpace(in.Get("need")), Result: strings.TrimSpace(in.Get("result"))}}
	for _, code := range []string{f.Request.Need, f.Request.Result} {
		if code != "" && fitCode(code) != nil {
			f.Problem = c.v.T("cases.fit.code")
			return p.showOpen(c, http.StatusBadRequest, f)
		}
	}
	out, err := p.Contact.Open(c.ctx(), c.v.Who, f.Request, f.Send)
	switch catalog.CodeOf(err) {
	case catalog.Invalid:
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showOpen(c, pr.status, f)
	case catalog.NotFound:
		f.Problem = c.v.T("cases.fit.code")
		return p.showOpen(c, http.StatusNotFound, f)
	}
	if err != nil {
		return err
	}
	return p.showOpened(c, out)
}

// showOpened shows the address of the page of whoever asks, this once.
func (p *Pages) showOpened(c *visit, out contact.Opened) error {
	link := p.absolute(contact.PagePath(out.Secret))
	words := "cases.page_words"
	if !out.Case.Agreed() {
		words = "cases.confirm_words"
	}
	return p.showSent(c, ui.SentLink{Code: out.Case.Code, Link: link, Told: out.Told, To: out.Case.Private.Contact, Until: out.Case.ConfirmBy,
		Words: c.v.T(words, "site", c.v.SiteName(), "office", c.v.OfficeName(), "title", out.Case.Title, "code", out.Case.Code, "link", link, "until", c.v.Lang.Moment(time.UnixMilli(out.Case.ConfirmBy).In(c.v.Now.Location())))})
}

func (p *Pages) showSent(c *visit, l ui.SentLink) error {
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	c.v.Nav, c.v.Path, c.unkept = "contacts", "/contacts/"+l.Code, true
	return c.render(http.StatusOK, ui.Page(c.v, ui.Head{Title: l.Code, Quiet: true}, ui.SentPage(c.v, l)))
}

func (p *Pages) renewCase(c *visit) error {
	version, err := p.caseForm(c)
	if err != nil {
		return err
	}
	out, err := p.Contact.Renew(c.ctx(), c.v.Who, c.r.PathValue("code"), version, c.r.PostForm.Get("send") == "1")
	if err != nil {
		return p.acted(c, err)
	}
	return p.showOpened(c, out)
}

func (p *Pages) inviteProfessor(c *visit) error {
	version, err := p.caseForm(c)
	if err != nil {
		return err
	}
	in := form{c.r.PostForm}
	code := c.r.PathValue("code")
	out, err := p.Contact.Invite(c.ctx(), c.v.Who, code, version, contact.Asking{Name: in.typed("name"), Unit: in.typed("unit"), Reach: in.typed("reach"), Send: in.values.Get("send") == "1"})
	if err != nil {
		return p.acted(c, err)
	}
	x, err := p.Contact.Case(c.ctx(), c.v.Who, code)
	if err != nil {
		return err
	}
	link := p.absolute(contact.ProfessorPath(out.Secret))
	return p.showSent(c, ui.SentLink{Code: code, Link: link, Told: out.Told, To: x.Private.Professor, Until: out.ExpiresAt, Inbox: out.Account,
		Words: c.v.T("cases.invite_words", "site", c.v.SiteName(), "office", c.v.OfficeName(), "name", x.Private.Professor.Name, "title", x.Title, "link", link, "until", c.v.Lang.Moment(time.UnixMilli(out.ExpiresAt).In(c.v.Now.Location())))})
}

func (p *Pages) chooseResult(c *visit) error {
	version, err := p.caseForm(c)
	if err != nil {
		return err
	}
	return p.acted(c, p.Contact.Choose(c.ctx(), c.v.Who, c.r.PathValue("code"), version, strings.TrimSpace(c.r.PostForm.Get("result"))))
}
