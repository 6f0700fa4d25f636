package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/process"
	"datai/web/limit"
	"datai/web/ui"

	"github.com/google/uuid"
)

// How many requests to be brought together come through. A hall is one
// address; who sends no cookie of a device back is no browser of a person.
const (
	hallPerMinute, hallBurst     = 60, 120
	devicePerMinute, deviceBurst = 1, 6
	barePerMinute, bareBurst     = 2, 20
)

// connects holds back whoever asks too often.
type connects struct{ hall, device, bare *limit.Limiter }

func newConnects(now func() time.Time) connects {
	return connects{limit.New(now, hallPerMinute, hallBurst), limit.New(now, devicePerMinute, deviceBurst), limit.New(now, barePerMinute, bareBurst)}
}

// take counts a request; it returns how long to wait if that is too many.
func (l connects) take(r *http.Request) time.Duration {
	if wait := l.hall.Take(comesFrom(r)); wait > 0 {
		return wait
	}
	if d := device(r); d != "" {
		return l.device.Take(d)
	}
	return l.bare.Take(comesFrom(r))
}

// connectForm is 「我要对接」 on a public result.
func (p *Pages) connectForm(c *visit) error {
	r, err := p.connectable(c)
	if err != nil {
		return err
	}
	p.markDevice(c)
	q := c.r.URL.Query()
	f := ui.ConnectForm{Result: r, Request: contact.Request{Source: contact.FromListing, Need: q.Get("need")}}
	if q.Get("via") == string(contact.FromMatch) {
		f.Request.Source = contact.FromMatch
	}
	return p.showConnect(c, http.StatusOK, f)
}

func (p *Pages) connectable(c *visit) (catalog.Result, error) {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return catalog.Result{}, err
	}
	r, err := p.Shelf.Result(c.ctx(), c.v.Who, code)
	if err == nil && !r.Public(c.v.Now.UnixMilli()) {
		err = catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return r, err
}

func (p *Pages) showConnect(c *visit, status int, f ui.ConnectForm) error {
	c.v.Nav, c.v.Path = "results", "/results/"+f.Result.Code+"/connect"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("cases.ask"), Quiet: true}, ui.ConnectPage(c.v, f)))
}

// connect takes the request. What does not fit comes back in the form.
func (p *Pages) connect(c *visit) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, 64<<10)
	if err := c.r.ParseForm(); err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	r, err := p.connectable(c)
	if err != nil {
		return err
	}
	form := c.r.PostForm
	f := ui.ConnectForm{Result: r, Request: contact.Request{Name: form.Get("name"), Organisation: form.Get("organisation"), Reach: form.Get("reach"),
		Purpose: form.Get("purpose"), Mode: catalog.Way(form.Get("mode")), Source: contact.Source(form.Get("source")), Need: form.Get("need")}}
	if form.Get("consent") == "1" {
		f.Request.Consent = c.v.T("cases.consent")
	}
	if wait := p.connects.take(c.r); wait > 0 {
		minutes := strconv.Itoa(int(math.Ceil(wait.Minutes())))
		c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		f.Problem = c.v.T("cases.too_many", "minutes", minutes)
		return p.showConnect(c, http.StatusTooManyRequests, f)
	}
	if form.Get("website") != "" { // a field that people do not see
		f.Problem = c.v.T("cases.robot")
		return p.showConnect(c, http.StatusBadRequest, f)
	}
	_, secret, err := p.Contact.Ask(context.WithoutCancel(c.ctx()), c.v.Who, r.Code, f.Request)
	if catalog.CodeOf(err) == catalog.Invalid {
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showConnect(c, pr.status, f)
	}
	if err != nil {
		return err
	}
	return c.redirect("/contact/" + secret)
}

// ownCase is the page of whoever asked, at an address that nobody guesses.
func (p *Pages) ownCase(c *visit) error {
	own, err := p.Contact.Own(c.ctx(), c.r.PathValue("secret"))
	if err != nil {
		return err
	}
	d, err := p.Contact.Process(c.ctx())
	if err != nil {
		return err
	}
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	return c.render(http.StatusOK, ui.Page(c.v, ui.Head{Title: own.Code, Quiet: true}, ui.OwnCasePage(c.v, d, own, c.r.PathValue("secret"))))
}

func (p *Pages) withdrawCase(c *visit) error {
	secret := c.r.PathValue("secret")
	if err := p.Contact.Withdraw(context.WithoutCancel(c.ctx()), secret); err != nil {
		return err
	}
	return c.redirect("/contact/" + secret)
}

// caseFilter reads which cases are asked for.
func (p *Pages) caseFilter(c *visit) (f contact.Filter, page contact.Page, err error) {
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	q := c.r.URL.Query()
	if s := contact.State(q.Get("state")); s != "" {
		if !slices.Contains(contact.States(), s) {
			return f, page, bad
		}
		f.States = []contact.State{s}
	}
	if q.Get("mine") == "1" {
		f.Officer = c.v.Who.ID
	}
	if after := q.Get("after"); after != "" {
		due, id, _ := strings.Cut(after, ".")
		var derr error
		page.DueAt, derr = strconv.ParseInt(due, 10, 64)
		if page.ID, err = uuid.Parse(id); err != nil || derr != nil {
			return f, page, bad
		}
	}
	page.Limit = casePage
	return f, page, nil
}

const casePage = 50

func (p *Pages) cases(c *visit) error {
	f, page, err := p.caseFilter(c)
	if err != nil {
		return err
	}
	l := ui.Cases{Mine: f.Officer != uuid.Nil, Paged: page.ID != uuid.Nil}
	if len(f.States) > 0 {
		l.State = f.States[0]
	}
	var next contact.Page
	if l.List, next, err = p.Contact.Cases(c.ctx(), c.v.Who, f, page); err != nil {
		return err
	}
	if l.Counts, err = p.Contact.Counts(c.ctx(), c.v.Who); err != nil {
		return err
	}
	if l.Officers, err = p.officers(c); err != nil {
		return err
	}
	if next.Limit > 0 {
		q := url.Values{"after": {fmt.Sprintf("%d.%s", next.DueAt, next.ID)}}
		for _, name := range []string{"state", "mine"} {
			if v := c.r.URL.Query().Get(name); v != "" {
				q.Set(name, v)
			}
		}
		l.Next = "/contacts?" + q.Encode()
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

// casesFile is the list as a table, without anything of whoever asked.
func (p *Pages) casesFile(c *visit) error {
	f, page, err := p.caseFilter(c)
	if err != nil {
		return err
	}
	officers, err := p.officers(c)
	if err != nil {
		return err
	}
	d, err := p.Contact.Process(c.ctx())
	if err != nil {
		return err
	}
	return c.file("contacts", func(out io.Writer) error {
		if _, err := io.WriteString(out, "\uFEFF"); err != nil {
			return err
		}
		w := csv.NewWriter(out)
		if err := w.Write(ui.CaseColumns(c.v)); err != nil {
			return err
		}
		for page.Limit > 0 {
			list, next, err := p.Contact.Cases(c.ctx(), c.v.Who, f, page)
			if err != nil {
				return err
			}
			for _, x := range list {
				if err := w.Write(ui.CaseCells(c.v, d, x, officers[x.Officer])); err != nil {
					return err
				}
			}
			page = next
		}
		w.Flush()
		return w.Error()
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
	c.v.Nav, c.v.Path = "contacts", "/contacts/"+o.Case.Code
	return c.render(status, ui.Page(c.v, ui.Head{Title: o.Case.Code, Quiet: true}, ui.CasePage(c.v, o)))
}

// caseForm reads a form about a case: the version that was seen.
func (p *Pages) caseForm(c *visit) (version int64, err error) {
	if err := fitCode(c.r.PathValue("code")); err != nil {
		return 0, err
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, 64<<10)
	if err := c.r.ParseForm(); err != nil {
		return 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
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

func (p *Pages) moveCase(c *visit) error {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	f, err := c.readStep(contact.Definition)
	if err != nil {
		return err
	}
	defer f.close()
	if err = p.addFiles(c, contact.Definition.Kind, code, f); err == nil {
		err = p.moveBy(c, code, f)
	}
	if err == nil {
		return c.redirect("/contacts/" + code)
	}
	s, other := p.refusedStep(c, contact.Definition, code, f, err)
	if other != nil {
		return other
	}
	return p.showStepped(c, s)
}

// moveBy takes the step of a form.
func (p *Pages) moveBy(c *visit, code string, f *stepForm) error {
	m := contact.Move{Do: f.move.Action, Next: f.move.Values["next"], Reason: f.move.Reason, Text: f.move.Text}
	if day := f.move.Values["remind"]; day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return unfit(process.Refuse("process.fit.day").About("remind"))
		}
		m.Remind = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	}
	return p.Contact.Move(c.ctx(), c.v.Who, code, f.version, m)
}

// showStepped shows the case with a form that came back.
func (p *Pages) showStepped(c *visit, s stepped) error {
	return p.showCase(c, s.status, ui.OfficeCase{Problem: s.problem, Filled: s.filled, Refused: s.refused})
}
