package e2e

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datai/internal/castest"
	"datai/internal/oidctest"

	"github.com/chromedp/chromedp"
)

// addSource sets a way to sign in up, by the form of its page.
func (s *server) addSource(t *testing.T, guard *http.Cookie, change map[string]string) {
	t.Helper()
	form := url.Values{"version": {"0"}, "kind": {"cas"}, "name": {"campus"}, "title": {"统一身份认证"}, "title_en": {"Campus sign-in"}, "address": {"https://cas.example.edu.cn/cas"},
		"map_numbers": {"user, student"}, "map_name": {"cn"}, "map_kind": {"type"}, "map_staff": {"staff"}, "map_student": {"student"}, "admit": {"all"}}
	for name, v := range change {
		form.Set(name, v)
	}
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/sign-in-sources", strings.NewReader(form.Encode())))(t)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.AddCookie(guard)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp := must(client.Do(req))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("the source is not taken: %s", resp.Status)
	}
}

// behind posts what a provider says to the server itself.
func (s *server) behind(t *testing.T, path string, form url.Values) {
	t.Helper()
	resp := must(http.PostForm(s.url+path, form))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", path, resp.Status)
	}
}

// byCAS signs somebody in by the CAS server, from the page of sign-in on.
func byCAS(p *page, user string) {
	p.t.Helper()
	p.visit("/sign-in")
	p.leave(`a[href^="/sign-in/with/campus"]`)
	p.do(chromedp.SendKeys(chromedp.CSS("[name=username]"), user, chromedp.NodeVisible))
	p.leave("button")
}

// TestStaffAndStudentsSignInByTheUniversity goes the whole way with a CAS server
// and an OpenID Provider: in, out from behind, and what is refused.
func TestStaffAndStudentsSignInByTheUniversity(t *testing.T) {
	s := site.desk
	person := func(user, name, kind string, more ...[2]string) castest.Person {
		return castest.Person{User: user, Attributes: append([][2]string{{"cn", name}, {"type", kind}}, more...)}
	}
	cas := castest.Start(t, person("T2010033", "沈若川", "staff"), person("S2003007", "沈若川", "student"),
		person("N9", "沈若川", "staff", [2]string{"student", "T2010033"}, [2]string{"student", "S2003007"}))
	op := oidctest.Start(t, []string{s.url + "/sign-in/with/partner/return"}, oidctest.Person{Subject: "u-1", AMR: []string{"mfa"},
		Claims: map[string]any{"display": "柳听泉", "number": "P7", "kind": "staff", "sid": "sid-1"}})
	guard := s.member(t, "安守门", "security")
	s.addSource(t, guard, map[string]string{"address": cas.URL})
	s.addSource(t, guard, map[string]string{"kind": "oidc", "name": "partner", "title": "联盟高校登录", "title_en": "Partner sign-in", "address": op.URL, "client": oidctest.ClientID,
		"secret": oidctest.Secret, "map_numbers": "number", "map_name": "display", "map_kind": "kind", "map_strong": "amr", "map_strong_is": "mfa"})
	axe := string(must(os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js")))(t))
	seen := func(p *page, name, lang string) {
		t.Helper()
		noKeyShows(t, p)
		js[chromedp.Void](p, axe)
		for _, l := range looks(lang) {
			p.see(l)
			noViolation(t, p, l)
			noOverflow(t, p, l)
			picture(t, p, name, l)
		}
	}

	p := s.open(t, plain)
	p.mayAsk(cas.URL, op.URL)
	byCAS(p, "T2010033")
	if at := p.path(); at != "/" {
		t.Errorf("one comes back to %s", at)
	}
	p.visit("/me")
	p.wants("沈若川")
	cas.End(t.Context())
	p.visit("/me")
	p.wants("请先登录")

	p.visit("/sign-in")
	p.leave(`a[href^="/sign-in/with/partner"]`)
	p.do(chromedp.SendKeys(chromedp.CSS("#username"), "u-1", chromedp.NodeVisible), chromedp.SendKeys(chromedp.CSS("#password"), oidctest.Password, chromedp.NodeVisible))
	p.leave("button")
	p.visit("/me")
	p.wants("柳听泉")
	s.behind(t, "/sign-in/with/partner/return", url.Values{"logout_token": {op.Sign(t, op.Ending(time.Now(), map[string]any{"sid": "sid-1"}))}})
	p.visit("/me")
	p.wants("请先登录")

	// A student number that has an account of its own, and a source that says that both are one.
	byCAS(p, "S2003007")
	p.visit("/me")
	p.leave(`form[action="/sign-out"] button`)
	p.wants("可能仍登录着统一身份认证")
	seen(p, "sign-in-left", "zh-CN")
	byCAS(p, "N9")
	p.wants("分属两个账号")
	seen(p, "sign-in-conflict", "zh-CN")
	p.visit("/language/en?back=/sign-in")
	byCAS(p, "N9")
	p.wants("belong to two accounts")
	seen(p, "sign-in-conflict", "en")

	for _, lang := range []string{"zh-CN", "en"} {
		g := s.open(t, look{lang, "light", 1440}, guard)
		g.mayAsk(cas.URL, op.URL)
		g.visit("/sign-in-sources/campus")
		g.leave(`a[href$="/try"]`)
		g.do(chromedp.SendKeys(chromedp.CSS("[name=username]"), "T2010033", chromedp.NodeVisible))
		g.leave("button")
		g.wants("T2010033")
		seen(g, "sources-tried", lang)
		g.visit("/me")
		g.wants("安守门")
	}
}
