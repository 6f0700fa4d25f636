package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/web/limit"
	"datai/web/ui"
)

// Outside speaks with the identity providers by which people sign in: see
// package signin.
type Outside struct {
	// Begin is where a browser is sent, and the cookie with which it comes back.
	Begin func(ctx context.Context, src account.Source, back string, try bool) (to, cookie string, err error)
	// Return checks what it brings back; back and try are those of Begin.
	Return func(ctx context.Context, src account.Source, cookie string, query url.Values) (a account.Assertion, back string, try bool, err error)
	// Ended is what a provider says has ended.
	Ended func(ctx context.Context, src account.Source, form url.Values) (account.Ending, error)
	// Leave is where one signs out at the provider itself.
	Leave func(src account.Source) string
}

// How many set out for a provider and come back from an address: a hall is one.
const outsidePerMinute, outsideBurst = 900, 1500

// outsideCookie lasts as long as people may take at the provider.
const (
	outsideCookie = "datai-away"
	outsidePath   = "/sign-in/with/"
	outsideLife   = 10 * time.Minute
	backMost      = 1000 // bytes of the address to go to afterwards: a cookie has 4 KiB
)

func newOutsideLimit(now func() time.Time) *limit.Limiter {
	return limit.New(now, outsidePerMinute, outsideBurst)
}

// outsideSource is the source of the address, if it is one that can be used.
func (p *Pages) outsideSource(c *visit) (account.Source, error) {
	src, err := p.Account.Source(c.ctx(), c.r.PathValue("source"))
	if err == nil && src.Disabled {
		err = catalog.Refuse(catalog.NotFound, "sources.not_found")
	}
	if err == nil && p.outside.Take(comesFrom(c.r)) > 0 {
		err = catalog.Refuse(catalog.Unavailable, "federation.many")
	}
	return src, err
}

// setOut sends a browser to a source. A page of somebody else cannot make it
// set out: that would be half of signing it in as them.
func (p *Pages) setOut(c *visit) error {
	if c.r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return c.redirect("/sign-in")
	}
	src, err := p.outsideSource(c)
	if err != nil {
		return p.notFederated(c, err)
	}
	back := c.r.FormValue("back")
	if len(back) > backMost {
		back = "/"
	}
	return p.setOutFor(c, src, back, false)
}

func (p *Pages) setOutFor(c *visit, src account.Source, back string, try bool) error {
	to, cookie, err := p.Outside.Begin(c.ctx(), src, back, try)
	if err != nil {
		return p.notFederated(c, err)
	}
	p.keepOutside(c, cookie, outsideLife)
	c.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
	return nil
}

func (p *Pages) keepOutside(c *visit, value string, life time.Duration) {
	age := int(life / time.Second)
	http.SetCookie(c.w, &http.Cookie{Name: outsideCookie, Value: value, Path: outsidePath, MaxAge: cmp.Or(age, -1), HttpOnly: true,
		Secure: p.Secure, SameSite: http.SameSiteLaxMode})
}

// comeBack is where a source sends people back to. What they bring serves once.
func (p *Pages) comeBack(c *visit) error {
	src, err := p.Account.Source(c.ctx(), c.r.PathValue("source"))
	if err == nil && p.outside.Take(comesFrom(c.r)) > 0 {
		err = catalog.Refuse(catalog.Unavailable, "federation.many")
	}
	if err != nil {
		return p.notFederated(c, err)
	}
	cookie := ""
	if kept, err := c.r.Cookie(outsideCookie); err == nil {
		cookie = kept.Value
	}
	p.keepOutside(c, "", 0)
	a, back, try, err := p.Outside.Return(c.ctx(), src, cookie, c.r.URL.Query())
	if try {
		return p.tried(c, src, a, err)
	}
	if err != nil {
		return p.notFederated(c, err)
	}
	who, in, err := p.Account.Federate(context.WithoutCancel(c.ctx()), src, a, c.entrance())
	if err != nil {
		return p.notFederated(c, err)
	}
	return p.letIn(c, who, in, local(back))
}

// notFederated says why nobody was let in by a source, and the ways on.
func (p *Pages) notFederated(c *visit, err error) error {
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok || !strings.HasPrefix(e.Key, "federation.") {
		return err
	}
	pr := c.problem(err)
	p.Logger.InfoContext(c.ctx(), "nobody was let in", "request", c.v.RequestID, "source", c.r.PathValue("source"), "err", err)
	pr.title = c.v.T("federation.title")
	pr.steps = []ui.Step{{Text: c.v.T("federation.again"), Href: "/sign-in"}, {Text: c.v.T("problem.home"), Href: "/"}}
	c.draw(pr)
	return nil
}

// endOutside takes the word of a source that a sign-in has ended. It answers
// with success also where there is none any more: the source need not know.
func (p *Pages) endOutside(c *visit) error {
	src, err := p.outsideSource(c)
	if err != nil {
		return err
	}
	if err := c.readForm(formMax); err != nil {
		return err
	}
	ending, err := p.Outside.Ended(c.ctx(), src, c.r.PostForm)
	if err != nil {
		return err
	}
	n, err := p.Account.EndFederated(context.WithoutCancel(c.ctx()), src, ending)
	if err != nil {
		return err
	}
	p.Logger.InfoContext(c.ctx(), "a source has ended sign-ins", "request", c.v.RequestID, "source", src.Name, "ended", n)
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// left is the source through which a sign-in came, for who may want to sign out
// there as well: the name of it goes into the address of the next page.
func left(in account.SignIn) string {
	kind, name, ok := strings.Cut(string(in.Via), ":")
	if !ok || !slices.Contains(account.SourceKinds(), account.SourceKind(kind)) {
		return "/"
	}
	return "/sign-in?left=" + url.QueryEscape(name)
}

// leaving is the source that the address of the page of sign-in names.
func (p *Pages) leaving(c *visit) (ui.Left, error) {
	name := c.r.FormValue("left")
	if name == "" || c.v.Who.SignedIn() {
		return ui.Left{}, nil
	}
	src, err := p.Account.Source(c.ctx(), name)
	if err != nil {
		if catalog.CodeOf(err) == catalog.NotFound {
			err = nil
		}
		return ui.Left{}, err
	}
	return ui.Left{Source: src, Href: p.Outside.Leave(src)}, nil
}
