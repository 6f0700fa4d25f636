package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"
	"datai/wording"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

// visit is one request by one viewer.
type visit struct {
	p *Pages
	w http.ResponseWriter
	r *http.Request
	v ui.View

	in     account.SignIn // by which the viewer is here, zero for who is not signed in
	unkept bool           // the answer is kept nowhere, whoever gets it
}

// handler answers a visit or says why not.
type handler func(*visit) error

// page makes a route a part of the server: it finds out who asks and in which
// language, refuses who may not, and shows the error that the handler returns.
func (p *Pages) page(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r.Context()).route = r.Pattern
		c := p.visit(w, r)
		who, in, err := p.principal(r.Context())
		if err == nil {
			c.v.Who, c.in = who, in
			note(r.Context()).who = who.ID
			if err = allow(who, rt.do); err == nil {
				err = rt.h(c)
			}
		}
		if err != nil {
			c.fail(err)
		}
	})
}

// allow refuses who may not do it, with a word on sessions that end for whoever
// is not signed in.
func allow(who account.Principal, do account.Permission) error {
	switch {
	case who.May(do):
		return nil
	case !who.SignedIn():
		return catalog.Refuse(catalog.Forbidden, "error.signed_out")
	case who.Acting == account.Unproven:
		return catalog.Refuse(catalog.Forbidden, "factor.first")
	}
	return catalog.Refuse(catalog.Forbidden, "error.forbidden")
}

// visit is r by nobody yet.
func (p *Pages) visit(w http.ResponseWriter, r *http.Request) *visit {
	now := p.Now()
	if p.Zone != nil {
		now = now.In(p.Zone)
	}
	c := &visit{p: p, w: w, r: r, v: ui.View{
		Lang: language(r), Site: p.Site, Who: account.Nobody(), Path: r.URL.RequestURI(),
		CSS: p.assets.url("main.css"), JS: p.assets.url("main.js"),
		Now: now, RequestID: note(r.Context()).id,
	}}
	c.v.Unread = sync.OnceValue(func() int { return p.unread(c) })
	return c
}

func (c *visit) ctx() context.Context { return c.r.Context() }

// partial reports whether a part of a page is asked for, by a script.
func (c *visit) partial() bool { return c.r.Header.Get("HX-Request-Type") == "partial" }

// show answers with a whole page.
func (c *visit) show(h ui.Head, body templ.Component) error {
	return c.render(http.StatusOK, ui.Page(c.v, h, body))
}

// wordsMax bounds a form of some words, in bytes.
const wordsMax = 64 << 10

// readForm reads a form of at most so many bytes into PostForm.
func (c *visit) readForm(most int64) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, most)
	if err := c.r.ParseForm(); err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return nil
}

// canonical tells search engines the one address of a public page.
func (c *visit) canonical(path string) { c.v.Canonical = c.p.absolute(path) }

func (p *Pages) absolute(path string) string { return p.BaseURL.JoinPath(path).String() }

// render answers with a component. It is drawn as a whole first: an error
// in the middle still gives a clean page.
func (c *visit) render(status int, body templ.Component) error {
	var b bytes.Buffer
	if err := body.Render(c.ctx(), &b); err != nil {
		return fmt.Errorf("web: render %s: %w", c.r.Pattern, err)
	}
	return c.send(status, "text/html; charset=utf-8", b.Bytes())
}

func (c *visit) json(value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("web: json: %w", err)
	}
	return c.send(http.StatusOK, "application/json; charset=utf-8", b)
}

var gzips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// send writes a body, compressed where the reader takes it and it pays. What
// somebody signed in sees is kept nowhere, nor is a part of a page: a browser
// must not show it as the page.
func (c *visit) send(status int, contentType string, body []byte) error {
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "private, no-cache")
	if c.unkept || c.v.Who.SignedIn() || c.partial() || status != http.StatusOK {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Accept-Encoding, Accept-Language, HX-Request-Type")
	if len(body) < 1024 || !acceptsGzip(c.r) {
		h.Set("Content-Length", fmt.Sprint(len(body)))
		c.w.WriteHeader(status)
		_, _ = c.w.Write(body) // the reader may have left
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	c.w.WriteHeader(status)
	z := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	z.Reset(c.w)
	_, _ = z.Write(body)
	_ = z.Close()
	return nil
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// redirect sends the viewer to another page of ours, which is then got.
func (c *visit) redirect(path string) error {
	c.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

const languageCookie = "lang"

func language(r *http.Request) wording.Lang {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l := wording.Lang(cookie.Value); l == wording.Chinese || l == wording.English {
			return l
		}
	}
	return wording.Choose(r.Header.Get("Accept-Language"))
}

// language switches the language and goes back to the page it was asked on.
func (p *Pages) language(c *visit) error {
	l := wording.Lang(c.r.PathValue("lang"))
	if l != wording.Chinese && l != wording.English {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	http.SetCookie(c.w, &http.Cookie{Name: languageCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: p.Secure, SameSite: http.SameSiteLaxMode})
	return c.redirect(local(c.r.FormValue("back")))
}

// local is path if it is one of ours, else the first page: nobody is sent to
// another host by a link to here. Browsers take a backslash for a slash and
// drop tabs and line ends, so none of them may be in it.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return "/"
	}
	return path
}

// nowhere is every address that is none of ours.
func (p *Pages) nowhere(*visit) error { return catalog.Refuse(catalog.NotFound, "error.no_page") }
