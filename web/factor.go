package web

import (
	"context"
	"net/http"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
	"rsc.io/qr"
)

// Second factors: showing one after a password, a code or a link, setting an
// authenticator program up, recovery codes, and whom one is asked of.

const (
	factorPath        = "/sign-in/factor"
	authenticatorPath = "/me/authenticator"
)

// factor asks for a second factor, or leads whoever has none to one.
func (p *Pages) factor(c *visit) error {
	return p.showFactor(c, http.StatusOK, ui.Factor{Back: local(c.r.URL.Query().Get("back"))})
}

func (p *Pages) showFactor(c *visit, status int, f ui.Factor) (err error) {
	if f.Factors, err = p.Account.Factors(c.ctx(), c.v.Who); err != nil {
		return err
	}
	f.Here = p.Passkeys.AskToEnter != nil && !f.NoPasskeys
	h := ui.Head{Title: c.v.T("factor.title"), Quiet: true}
	if f.Here {
		h.Script = p.assets.url("passkey.js")
	}
	c.v.Path = factorPath
	return c.render(status, ui.Page(c.v, h, ui.FactorPage(c.v, f)))
}

// proveFactor takes a code and goes on to where somebody wanted to go.
func (p *Pages) proveFactor(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := ui.Factor{Back: local(c.r.PostForm.Get("back"))}
	err := p.Passwords.Prove(context.WithoutCancel(c.ctx()), c.v.Who, c.in.ID, c.r.PostForm.Get("code"))
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Unavailable {
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showFactor(c, pr.status, f)
	}
	if err != nil {
		return err
	}
	if err := p.renewToken(c); err != nil {
		return err
	}
	return c.redirect(f.Back)
}

// renewToken makes the cookie of before worth nothing to whoever had seen it.
func (p *Pages) renewToken(c *visit) error {
	if err := p.sessions.RenewToken(c.ctx()); err != nil {
		return catalog.Refuse(catalog.Unavailable, "error.unavailable").Because(err)
	}
	return nil
}

// beginAuthenticator draws a secret, which the page that follows shows.
func (p *Pages) beginAuthenticator(c *visit) error {
	if err := p.Account.BeginAuthenticator(context.WithoutCancel(c.ctx()), c.v.Who); err != nil {
		return err
	}
	return c.redirect(authenticatorPath)
}

func (p *Pages) authenticator(c *visit) error { return p.showAuthenticator(c, http.StatusOK, "") }

// showAuthenticator shows the secret that was drawn, or how to have one drawn.
func (p *Pages) showAuthenticator(c *visit, status int, problem string) error {
	a := ui.Authenticator{Problem: problem}
	secret, err := p.Account.BegunAuthenticator(c.ctx(), c.v.Who)
	switch {
	case catalog.CodeOf(err) == catalog.Conflict:
	case err != nil:
		return err
	default:
		a.Secret = account.SecretText(secret)
		a.Key = ui.Link{URL: account.KeyURI(c.v.SiteName(), c.v.Who.Name, secret)}
		if drawn, err := qr.Encode(a.Key.URL, qr.M); err == nil { // else the secret is typed
			a.Key.QR, a.Key.Size = modules(drawn), drawn.Size
		}
	}
	c.v.Path = authenticatorPath
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("factor.authenticator"), Quiet: true}, ui.AuthenticatorPage(c.v, a)))
}

// confirmAuthenticator takes the first code and shows the recovery codes, on
// this answer alone.
func (p *Pages) confirmAuthenticator(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	codes, err := p.Passwords.ConfirmAuthenticator(context.WithoutCancel(c.ctx()), c.v.Who, c.in.ID, c.r.PostForm.Get("code"))
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Unavailable || code == catalog.Conflict {
		pr := c.problem(err)
		return p.showAuthenticator(c, pr.status, pr.text)
	}
	if err != nil {
		return err
	}
	if err := p.renewToken(c); err != nil {
		return err
	}
	if c.v.Who, _, err = p.Account.Present(c.ctx(), c.in.ID); err != nil {
		return err
	}
	return p.showCodes(c, codes)
}

func (p *Pages) removeAuthenticator(c *visit) error {
	if err := p.Account.RemoveAuthenticator(context.WithoutCancel(c.ctx()), c.v.Who); err != nil {
		return err
	}
	return c.redirect("/me/security")
}

func (p *Pages) renewCodes(c *visit) error {
	codes, err := p.Account.RenewRecoveryCodes(context.WithoutCancel(c.ctx()), c.v.Who)
	if err != nil {
		return err
	}
	return p.showCodes(c, codes)
}

func (p *Pages) showCodes(c *visit, codes []string) error {
	c.v.Path = "/me/security"
	return c.show(ui.Head{Title: c.v.T("recovery.title"), Quiet: true}, ui.RecoveryPage(c.v, codes))
}

// resetFactors takes the second factors of somebody who has lost them.
func (p *Pages) resetFactors(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	return p.managed(c, p.Account.ResetFactors(context.WithoutCancel(c.ctx()), c.v.Who, id))
}

// setFactorRule changes whom a second factor is asked of.
func (p *Pages) setFactorRule(c *visit) error {
	version, err := versionForm(c)
	if err != nil {
		return err
	}
	if err := p.Account.SetRuleForFactors(c.ctx(), c.v.Who, version, formRoles(c)); err != nil {
		return err
	}
	return c.redirect("/sign-in-sources")
}
