package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Signing in by a code that is sent to a telephone, and the device that it is
// sent for.

// deviceCookie keeps what makes a browser the same device again, as long as
// browsers keep cookies at most: for sign-in, and for the limits of what a visitor
// may ask.
const (
	deviceCookie = "datai-device"
	deviceLife   = 400 * 24 * 3600 // s
)

// device is the mark of the browser that asks, "" if it has none.
func device(r *http.Request) string {
	if kept, err := r.Cookie(deviceCookie); err == nil && len(kept.Value) == len(rand.Text()) {
		return kept.Value
	}
	return ""
}

// markDevice gives a browser without a mark one.
func (p *Pages) markDevice(c *visit) {
	if device(c.r) == "" {
		http.SetCookie(c.w, &http.Cookie{Name: deviceCookie, Value: rand.Text(), Path: "/", MaxAge: deviceLife, HttpOnly: true, Secure: p.Secure, SameSite: http.SameSiteLaxMode})
	}
}

// from is where an attempt to sign in comes from. A browser without the mark of
// a device gets one.
func (p *Pages) from(c *visit) account.From {
	f := account.From{Address: comesFrom(c.r)}
	if at, err := netip.ParseAddrPort(c.r.RemoteAddr); err == nil {
		f.Hall = slices.ContainsFunc(p.TrustedEgress, func(r netip.Prefix) bool { return r.Contains(at.Addr().Unmap()) })
	}
	p.markDevice(c)
	f.Device = device(c.r)
	return f
}

func (p *Pages) codeForm(c *visit) error {
	p.from(c)
	return p.showCode(c, http.StatusOK, ui.CodeForm{ID: c.r.URL.Query().Get("c")})
}

func (p *Pages) showCode(c *visit, status int, f ui.CodeForm) error {
	f.SMS = p.Inbox.Channels.SMS
	if _, err := uuid.Parse(f.ID); err != nil {
		f.ID = ""
	}
	c.v.Path = "/sign-in/code"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("code.title"), Quiet: true}, ui.CodePage(c.v, f)))
}

// sendCode sends a code and asks for it; it answers alike whatever the number is.
func (p *Pages) sendCode(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := ui.CodeForm{Phone: strings.TrimSpace(c.r.PostForm.Get("phone"))}
	id, err := p.Passwords.SendCode(context.WithoutCancel(c.ctx()), f.Phone, string(c.v.Lang), p.from(c))
	switch code := catalog.CodeOf(err); {
	case err == nil:
		return c.redirect("/sign-in/code?c=" + id.String())
	case code == catalog.Invalid, code == catalog.Conflict, code == catalog.Unavailable:
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showCode(c, pr.status, f)
	}
	return err
}

// onlyDigits is a code without what people write between its digits.
func onlyDigits(code string) string { return strings.NewReplacer(" ", "", "-", "").Replace(code) }

func (p *Pages) enterByCode(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	f := ui.CodeForm{ID: c.r.PostForm.Get("c")}
	id, err := uuid.Parse(f.ID)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	who, in, err := p.Passwords.EnterByCode(context.WithoutCancel(c.ctx()), id, onlyDigits(c.r.PostForm.Get("code")), p.from(c), c.entrance())
	if catalog.CodeOf(err) == catalog.Forbidden {
		pr := c.problem(err)
		f.Problem = pr.text
		return p.showCode(c, http.StatusBadRequest, f)
	}
	if err != nil {
		return err
	}
	return p.letIn(c, who, in, "/")
}

// signIns lists where one is signed in.
func (p *Pages) signIns(c *visit) error {
	list, err := p.Account.SignIns(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("signins.title"), Quiet: true}, ui.SignInsPage(c.v, list, c.in.ID))
}

func (p *Pages) endSignIn(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "signins.not_found")
	}
	if err := p.Account.EndSignIn(c.ctx(), c.v.Who, id); err != nil {
		return err
	}
	return c.redirect("/me/sessions")
}

func (p *Pages) endOtherSignIns(c *visit) error {
	if err := p.Account.EndSignIns(c.ctx(), c.v.Who, c.in.ID); err != nil {
		return err
	}
	return c.redirect("/me/sessions")
}
