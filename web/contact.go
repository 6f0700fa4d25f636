package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/web/limit"
	"datai/web/ui"
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

// connectForm is 「我要对接」 on something that anybody may see.
func (p *Pages) connectForm(subject string) handler {
	return func(c *visit) error {
		f, err := p.connectable(c, subject)
		if err != nil {
			return err
		}
		p.markDevice(c)
		q := c.r.URL.Query()
		f.Request.Source = contact.FromListing
		if subject == "results" {
			f.Request.Need = q.Get("need")
		}
		if q.Get("via") == string(contact.FromMatch) {
			f.Request.Source = contact.FromMatch
		}
		return p.showConnect(c, http.StatusOK, f)
	}
}

// connectable is what the path names, if anybody may see it.
func (p *Pages) connectable(c *visit, subject string) (f ui.ConnectForm, err error) {
	code, public := c.r.PathValue("code"), false
	if err := fitCode(code); err != nil {
		return f, err
	}
	now := c.v.Now.UnixMilli()
	switch subject {
	case "results":
		var r catalog.Result
		if r, err = p.Shelf.Result(c.ctx(), c.v.Who, code); err == nil {
			f.Title, f.Request.Result, public = r.Title, r.Code, r.Public(now)
		}
	case "needs":
		var n catalog.Need
		if n, err = p.Shelf.Need(c.ctx(), c.v.Who, code); err == nil {
			f.Title, f.Request.Need, public = n.Title, n.Code, n.Public(now)
		}
	case "people":
		v, lookErr := p.Shelf.Person(c.ctx(), c.v.Who, code)
		if err = lookErr; err == nil {
			f.Title, f.Request.Person, public = v.Name, v.Code, v.Public
			for _, r := range v.Results {
				if r.Public(now) {
					f.Results = append(f.Results, r)
				}
			}
		}
	}
	if err == nil && !public {
		err = catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	f.Back = "/" + subject + "/" + code
	f.Path = f.Back + "/connect"
	return f, err
}

func (p *Pages) showConnect(c *visit, status int, f ui.ConnectForm) error {
	c.v.Nav, c.v.Path = "results", f.Path
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("cases.ask"), Quiet: true}, ui.ConnectPage(c.v, f)))
}

// connect takes the request. What does not fit comes back in the form.
func (p *Pages) connect(subject string) handler {
	return func(c *visit) error {
		if err := c.readForm(wordsMax); err != nil {
			return err
		}
		f, err := p.connectable(c, subject)
		if err != nil {
			return err
		}
		form, r := c.r.PostForm, &f.Request
		r.Name, r.Organisation, r.Reach, r.Purpose = form.Get("name"), form.Get("organisation"), form.Get("reach"), form.Get("purpose")
		r.Mode, r.Source = catalog.Way(form.Get("mode")), contact.Source(form.Get("source"))
		switch subject {
		case "results":
			r.Need = form.Get("need")
		case "people":
			r.Result = form.Get("result")
		}
		p.consents(c, r)
		if problem, wait := p.tooOften(c); problem != "" {
			f.Problem = problem
			return p.showConnect(c, wait, f)
		}
		_, secret, err := p.Contact.Ask(context.WithoutCancel(c.ctx()), c.v.Who, r.Result, *r)
		if catalog.CodeOf(err) == catalog.Invalid {
			pr := c.problem(err)
			f.Problem = pr.text
			return p.showConnect(c, pr.status, f)
		}
		if err != nil {
			return err
		}
		return c.redirect(contact.PagePath(secret))
	}
}

// consents reads what was ticked: each box stands for the words beside it.
func (p *Pages) consents(c *visit, r *contact.Request) {
	if c.r.PostForm.Get("consent") == "1" {
		r.Consent = c.v.T("cases.consent")
	}
	if c.r.PostForm.Get("pass") == "1" {
		r.Pass = c.v.T("cases.pass")
	}
}

// tooOften holds back whoever asks too often, and programs: what to say and with
// which status, "" if nothing is in the way.
func (p *Pages) tooOften(c *visit) (problem string, status int) {
	if wait := p.connects.take(c.r); wait > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return c.v.T("cases.too_many", "minutes", strconv.Itoa(int(math.Ceil(wait.Minutes())))), http.StatusTooManyRequests
	}
	if c.r.PostForm.Get("website") != "" { // a field that people do not see
		return c.v.T("cases.robot"), http.StatusBadRequest
	}
	return "", 0
}

// ownCase is the page of whoever asked, at an address that nobody guesses.
func (p *Pages) ownCase(c *visit) error { return p.showOwn(c, stepped{status: http.StatusOK}) }

// stepOwn is a step that the university lets whoever asked take.
func (p *Pages) stepOwn(c *visit) error {
	secret := c.r.PathValue("secret")
	s, err := c.sideStep(func(ctx context.Context, m contact.Move) error { return p.Contact.MoveOwn(ctx, secret, m) })
	if err != nil {
		return err
	}
	if s.status != 0 {
		return p.showOwn(c, s)
	}
	return c.redirect(contact.PagePath(secret))
}

func (p *Pages) showOwn(c *visit, s stepped) error {
	secret := c.r.PathValue("secret")
	own, err := p.Contact.Own(c.ctx(), secret)
	if err != nil {
		return err
	}
	d, err := p.Contact.Process(c.ctx())
	if err != nil {
		return err
	}
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	c.v.Path, c.unkept = contact.PagePath(secret), true
	return c.render(s.status, ui.Page(c.v, ui.Head{Title: own.Code, Quiet: true}, ui.OwnCasePage(c.v, ui.OwnCase{Own: own, D: d, Secret: secret,
		Problem: s.problem, Filled: s.filled, Refused: s.refused})))
}

// confirmCase is the yes to a case that the office entered.
func (p *Pages) confirmCase(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	var r contact.Request
	p.consents(c, &r)
	return p.ownActed(c, p.Contact.Confirm(context.WithoutCancel(c.ctx()), c.r.PathValue("secret"), r.Consent, r.Pass))
}

func (p *Pages) withdrawCase(c *visit) error {
	return p.ownActed(c, p.Contact.Withdraw(context.WithoutCancel(c.ctx()), c.r.PathValue("secret")))
}

// hideCase takes back that the professor gets name and number.
func (p *Pages) hideCase(c *visit) error {
	return p.ownActed(c, p.Contact.Hide(context.WithoutCancel(c.ctx()), c.r.PathValue("secret")))
}

// ownActed shows the page again; what was wrong stands above it.
func (p *Pages) ownActed(c *visit, err error) error {
	var e *catalog.Error
	if errors.As(err, &e) && (e.Code == catalog.Invalid || e.Key == "cases.confirm_late") {
		pr := c.problem(err)
		return p.showOwn(c, stepped{status: pr.status, problem: pr.text})
	}
	if err != nil {
		return err
	}
	return c.redirect(contact.PagePath(c.r.PathValue("secret")))
}
