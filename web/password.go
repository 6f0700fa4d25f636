package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"datai/catalog"
	"datai/web/limit"
	"datai/web/ui"
)

// Signing in by name and password, and looking after the own password.

// signInMax is the largest form of these pages in bytes.
const signInMax = 8 << 10

// signInPatience is how long somebody waits for the turn of a password.
const signInPatience = 10 * time.Second

// How many links for forgotten passwords are asked for from one address.
const forgotPerMinute, forgotBurst = 60, 120

func newForgotLimit(now func() time.Time) *limit.Limiter {
	return limit.New(now, forgotPerMinute, forgotBurst)
}

func (p *Pages) signIn(c *visit) error {
	p.from(c)
	return p.showSignIn(c, http.StatusOK, ui.SignIn{})
}

func (p *Pages) showSignIn(c *visit, status int, s ui.SignIn) (err error) {
	if s.Sources, err = p.Account.OpenSources(c.ctx()); err != nil {
		return err
	}
	if s.Left, err = p.leaving(c); err != nil {
		return err
	}
	s.Mail, s.SMS = p.Inbox.Channels.Mail, p.Inbox.Channels.SMS
	h := ui.Head{Title: c.v.T("signin.title"), Quiet: true}
	if s.Passkeys = p.Passkeys.AskToEnter != nil; s.Passkeys {
		h.Script = p.assets.url("passkey.js")
	}
	c.v.Path = "/sign-in"
	return c.render(status, ui.Page(c.v, h, ui.SignInPage(c.v, s)))
}

// signInByPassword lets somebody in or shows the form again, with the name and
// why not.
func (p *Pages) signInByPassword(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	s := ui.SignIn{Name: c.r.PostForm.Get("name"), Back: local(c.r.PostForm.Get("back"))}
	ctx, cancel := context.WithTimeout(c.ctx(), signInPatience)
	defer cancel()
	who, in, err := p.Passwords.SignIn(ctx, s.Name, c.r.PostForm.Get("password"), p.from(c), c.entrance())
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Forbidden {
		pr := c.problem(p.byLinkOnly(err))
		s.Problem = pr.text
		return p.showSignIn(c, pr.status, s)
	}
	if err != nil {
		return err
	}
	return p.letIn(c, who, in, s.Back)
}

// byLinkOnly names no code by short message where none can be sent.
func (p *Pages) byLinkOnly(err error) error {
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok || p.Inbox.Channels.SMS {
		return err
	}
	other := *e
	switch e.Key {
	case "password.wrong":
		other.Key = "password.wrong_no_sms"
	case "password.suspect":
		other.Key = "password.suspect_no_sms"
	}
	return &other
}

func (p *Pages) forgotForm(c *visit) error { return p.showForgot(c, http.StatusOK, ui.Forgot{}) }

func (p *Pages) showForgot(c *visit, status int, f ui.Forgot) error {
	f.Mail = p.Inbox.Channels.Mail
	c.v.Path = "/sign-in/forgot"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("forgot.title"), Quiet: true}, ui.ForgotPage(c.v, f)))
}

// forgot answers alike whether anybody has the address or not.
func (p *Pages) forgot(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := ui.Forgot{Email: strings.TrimSpace(c.r.PostForm.Get("email"))}
	if p.forgotten.Take(comesFrom(c.r)) > 0 {
		return catalog.Refuse(catalog.Unavailable, "federation.many")
	}
	err := p.Passwords.Forgot(context.WithoutCancel(c.ctx()), f.Email, string(c.v.Lang))
	if catalog.CodeOf(err) == catalog.Invalid {
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showForgot(c, pr.status, f)
	}
	if err != nil {
		return err
	}
	f.Sent = true
	return p.showForgot(c, http.StatusOK, f)
}

func (p *Pages) security(c *visit) error {
	return p.showSecurity(c, http.StatusOK, ui.Security{Saved: c.r.URL.Query().Get("saved") == "1"})
}

func (p *Pages) showSecurity(c *visit, status int, s ui.Security) (err error) {
	if s.PasswordState, err = p.Passwords.State(c.ctx(), c.v.Who, c.in.ID); err != nil {
		return err
	}
	if s.Factors, err = p.Account.Factors(c.ctx(), c.v.Who); err != nil {
		return err
	}
	c.v.Path = "/me/security"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("security.title"), Quiet: true}, ui.SecurityPage(c.v, s)))
}

func (p *Pages) setPassword(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx()), signInPatience)
	defer cancel()
	var err error
	if c.r.PostForm.Get("password") != c.r.PostForm.Get("again") {
		err = catalog.Refuse(catalog.Invalid, "password.again")
	} else {
		err = p.Passwords.Set(ctx, c.v.Who, c.in.ID, c.r.PostForm.Get("old"), c.r.PostForm.Get("password"))
	}
	switch code := catalog.CodeOf(err); {
	case err == nil:
	case code == catalog.Invalid, code == catalog.Conflict, code == catalog.Forbidden:
		pr := c.problem(err)
		return p.showSecurity(c, pr.status, ui.Security{Problem: pr.text})
	default:
		return err
	}
	// Who had seen the cookie of before has nothing of it.
	if err := p.renewToken(c); err != nil {
		return err
	}
	return c.redirect("/me/security?saved=1")
}
