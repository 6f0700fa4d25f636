package web

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/web/limit"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Passkeys makes and checks what passes between a page and a device that holds
// passkeys: see package signin. Without AskToEnter there are none here.
type Passkeys struct {
	AskToAdd   func(who account.Principal, have []account.Passkey) (question []byte, cookie string, err error)
	Add        func(who account.Principal, cookie, answer string) (handle, record []byte, once string, err error)
	AskToEnter func() (question []byte, cookie string, err error)
	Enter      func(ctx context.Context, cookie, answer string, of func(context.Context, uuid.UUID) ([]account.Passkey, error)) (k account.Passkey, once string, err error)
}

const (
	passkeyCookie     = "datai-passkey"
	passkeyCookieLife = 5 * time.Minute // a device answers within it, or is asked again
	passkeyForm       = 64 << 10        // bytes
)

// How often passkeys are asked for and answered from an address: a hall is one.
const passkeysPerMinute, passkeysBurst = 900, 1500

func newPasskeyLimit(now func() time.Time) *limit.Limiter {
	return limit.New(now, passkeysPerMinute, passkeysBurst)
}

func (p *Pages) keepPasskeyCookie(c *visit, path, value string) {
	age := -1
	if value != "" {
		age = int(passkeyCookieLife / time.Second)
	}
	http.SetCookie(c.w, &http.Cookie{Name: passkeyCookie, Value: value, Path: path, MaxAge: age, HttpOnly: true, Secure: p.Secure, SameSite: http.SameSiteStrictMode})
}

// passkeyVisit refuses where there are no passkeys, and too many questions.
func (p *Pages) passkeyVisit(c *visit) error {
	if p.Passkeys.AskToEnter == nil {
		return catalog.Refuse(catalog.NotFound, "passkeys.none_here")
	}
	if p.passkeys.Take(comesFrom(c.r)) > 0 {
		return catalog.Refuse(catalog.Unavailable, "passkeys.busy")
	}
	return nil
}

// passkeyAnswer reads what a device answered, and the cookie with the question,
// which is then gone.
func (p *Pages) passkeyAnswer(c *visit, path string) (cookie, answer string, err error) {
	if err := c.readForm(passkeyForm); err != nil {
		return "", "", err
	}
	if kept, err := c.r.Cookie(passkeyCookie); err == nil {
		cookie = kept.Value
	}
	p.keepPasskeyCookie(c, path, "")
	return cookie, c.r.PostForm.Get("answer"), nil
}

func (c *visit) question(question []byte) error {
	c.unkept = true
	return c.send(http.StatusOK, "application/json", question)
}

const (
	enterByPasskeyPath = "/sign-in/passkey"
	ownPasskeysPath    = "/me/passkeys"
)

func (p *Pages) askToEnter(c *visit) error {
	if err := p.passkeyVisit(c); err != nil {
		return err
	}
	question, cookie, err := p.Passkeys.AskToEnter()
	if err != nil {
		return err
	}
	p.keepPasskeyCookie(c, enterByPasskeyPath, cookie)
	return c.question(question)
}

func (p *Pages) enterByPasskey(c *visit) error {
	err := p.passkeyVisit(c)
	if err != nil {
		return err
	}
	cookie, answer, err := p.passkeyAnswer(c, enterByPasskeyPath)
	if err != nil {
		return err
	}
	k, once, err := p.Passkeys.Enter(c.ctx(), cookie, answer, p.Account.PasskeysOf)
	if err != nil {
		return p.notByPasskey(c, err)
	}
	who, in, err := p.Account.EnterByPasskey(context.WithoutCancel(c.ctx()), k, once, c.entrance())
	if err != nil {
		return p.notByPasskey(c, err)
	}
	return p.letIn(c, who, in, local(c.r.PostForm.Get("back")))
}

// notByPasskey says that nobody was let in, and the way on.
func (p *Pages) notByPasskey(c *visit, err error) error {
	if catalog.CodeOf(err) != catalog.Forbidden {
		return err
	}
	pr := c.problem(err)
	p.Logger.InfoContext(c.ctx(), "nobody was let in by a passkey", "request", c.v.RequestID, "err", err)
	pr.title = c.v.T("passkeys.refused_title")
	pr.steps = []ui.Step{{Text: c.v.T("federation.again"), Href: "/sign-in"}, {Text: c.v.T("problem.home"), Href: "/"}}
	c.draw(pr)
	return nil
}

func (p *Pages) ownPasskeys(c *visit) error {
	return p.showPasskeys(c, http.StatusOK, ui.Passkeys{Name: agent(c.r.UserAgent())})
}

func (p *Pages) showPasskeys(c *visit, status int, k ui.Passkeys) error {
	c.v.Path = ownPasskeysPath
	k.Here = p.Passkeys.AskToEnter != nil
	f, err := p.Account.Factors(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	k.Elsewhere = f.NoPasskeys
	if k.List, err = p.Account.Passkeys(c.ctx(), c.v.Who); err != nil {
		return err
	}
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("passkeys.title"), Quiet: true, Script: p.assets.url("passkey.js")}, ui.PasskeysPage(c.v, k)))
}

func (p *Pages) askToAddPasskey(c *visit) error {
	if err := p.passkeyVisit(c); err != nil {
		return err
	}
	have, err := p.Account.Passkeys(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	question, cookie, err := p.Passkeys.AskToAdd(c.v.Who, have)
	if err != nil {
		return err
	}
	p.keepPasskeyCookie(c, ownPasskeysPath, cookie)
	return c.question(question)
}

// addPasskey keeps a passkey that a device has made. What does not fit comes
// back in the form.
func (p *Pages) addPasskey(c *visit) error {
	if err := p.passkeyVisit(c); err != nil {
		return err
	}
	cookie, answer, err := p.passkeyAnswer(c, ownPasskeysPath)
	if err != nil {
		return err
	}
	name := c.r.PostForm.Get("name")
	handle, record, once, err := p.Passkeys.Add(c.v.Who, cookie, answer)
	if err == nil {
		err = p.Account.AddPasskey(context.WithoutCancel(c.ctx()), c.v.Who, name, handle, record, once)
	}
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict || code == catalog.Forbidden {
		p.Logger.InfoContext(c.ctx(), "a passkey was not added", "request", c.v.RequestID, "err", err)
		pr := c.problem(err)
		return p.showPasskeys(c, pr.status, ui.Passkeys{Name: name, Problem: pr.text})
	}
	if err != nil {
		return err
	}
	if c.v.Who.Acting == account.Unproven { // and shows it at once
		return c.redirect(factorPath)
	}
	return c.redirect(ownPasskeysPath)
}

func (p *Pages) removePasskey(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "passkeys.not_found")
	}
	if err := p.Account.RemovePasskey(context.WithoutCancel(c.ctx()), c.v.Who, id); err != nil {
		return err
	}
	return c.redirect(ownPasskeysPath)
}
