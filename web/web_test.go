package web_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/web"
)

func TestWhoMayDoWhat(t *testing.T) {
	s := newSite(t)
	s.stock()
	result, need, hidden := s.result("轴承"), s.need(), s.result("涂层")
	nobody := "/import/00000000-0000-7000-8000-000000000000"
	feedback := url.Values{"result": {result.Code}, "verdict": {"useful"}}
	for _, c := range []struct {
		method, path             string
		form                     url.Values
		visitor, system, officer int
	}{
		{"GET", "/", nil, 200, 200, 200},
		{"GET", "/ask", nil, 200, 200, 200},
		{"GET", "/ask?q=轴承坏了", nil, 200, 200, 200},
		{"GET", "/results", nil, 200, 200, 200},
		{"GET", "/results?state=review", nil, 400, 400, 200},
		{"GET", "/results/" + result.Code, nil, 200, 200, 200},
		{"GET", "/results/" + result.Code + ".json", nil, 200, 200, 200},
		{"GET", "/results/" + hidden.Code, nil, 404, 404, 200},
		{"GET", "/results/" + hidden.Code + ".json", nil, 404, 404, 200},
		{"GET", "/results/R-2222222222", nil, 404, 404, 404},
		{"GET", "/needs", nil, 200, 200, 200},
		{"GET", "/needs?state=review", nil, 400, 400, 200},
		{"GET", "/needs/" + need.Code, nil, 200, 200, 200},
		{"GET", "/needs/" + need.Code + ".json", nil, 200, 200, 200},
		{"POST", "/needs/" + need.Code + "/feedback", feedback, 403, 403, 303},
		{"POST", "/needs/" + need.Code + "/terms", url.Values{"term": {"振动"}, "say": {"accepted"}}, 403, 403, 303},
		{"POST", "/needs/" + need.Code + "/check", checkOf(need, result), 403, 403, 303},
		{"GET", "/needs/" + need.Code + "/compare", nil, 403, 403, 400},
		{"GET", "/needs/" + need.Code + "/text", nil, 403, 403, 200},
		{"GET", "/needs/" + need.Code + "/print", nil, 403, 403, 200},
		{"GET", "/batch", nil, 403, 403, 200},
		{"POST", "/batch", url.Values{}, 403, 403, 400},
		{"GET", "/batch/00000000-0000-4000-8000-000000000000", nil, 403, 403, 404},
		{"POST", "/batch/00000000-0000-4000-8000-000000000000/cancel", nil, 403, 403, 404},
		{"GET", "/tasks", nil, 403, 403, 200},
		{"POST", "/tasks/00000000-0000-7000-8000-000000000000", url.Values{"do": {"done"}}, 403, 403, 404},
		{"POST", "/results/withdraw", url.Values{}, 403, 403, 400},
		{"POST", "/needs/publish", url.Values{}, 403, 403, 400},
		{"POST", "/needs/withdraw", url.Values{}, 403, 403, 400},
		{"GET", "/import", nil, 403, 403, 200},
		{"POST", "/import", url.Values{}, 403, 403, 400},
		{"GET", nobody, nil, 403, 403, 404},
		{"POST", nobody + "/apply", url.Values{}, 403, 403, 404},
		{"POST", nobody + "/cancel", url.Values{}, 403, 403, 404},
		{"GET", "/sign-in", nil, 200, 200, 200},
		{"GET", "/me", nil, 403, 200, 200},
		{"POST", "/me/role", url.Values{"role": {"console"}}, 403, 403, 403},
		{"GET", "/results/" + result.Code + "/connect", nil, 200, 200, 200},
		{"POST", "/results/" + result.Code + "/connect", url.Values{}, 400, 400, 400},
		{"GET", "/results/" + hidden.Code + "/connect", nil, 404, 404, 404},
		{"GET", "/contact/none", nil, 404, 404, 404},
		{"POST", "/contact/none", url.Values{}, 404, 404, 404},
		{"GET", "/contacts", nil, 403, 403, 200},
		{"GET", "/contacts?state=x", nil, 403, 403, 400},
		{"GET", "/contacts.csv", nil, 403, 403, 200},
		{"GET", "/contacts/2023-DJ-0404", nil, 403, 403, 404},
		{"POST", "/contacts/2023-DJ-0404", url.Values{}, 403, 403, 404},
		{"POST", "/contacts/2023-DJ-0404/assign", url.Values{}, 403, 403, 400},
		{"POST", "/contacts/2023-DJ-0404/move", url.Values{"version": {"1"}}, 403, 403, 404},
		{"GET", "/me/tokens", nil, 403, 200, 200},
		{"POST", "/me/tokens", url.Values{}, 403, 400, 400},
		{"POST", "/me/tokens/" + strings.TrimPrefix(nobody, "/import/") + "/revoke", nil, 403, 404, 404},
		{"GET", "/inbox", nil, 403, 200, 200},
		{"GET", "/inbox?before=x", nil, 403, 400, 400},
		{"POST", "/inbox/read", url.Values{"until": {"1"}}, 403, 303, 303},
		{"POST", "/inbox/read", url.Values{}, 403, 400, 400},
		{"POST", "/inbox/" + strings.TrimPrefix(nobody, "/import/"), nil, 403, 404, 404},
		{"GET", "/me/notices", nil, 403, 200, 200},
		{"POST", "/me/notices", url.Values{"mail": {"off"}, "lang": {"en"}}, 403, 303, 303},
		{"POST", "/me/notices", url.Values{"mail": {"fax"}, "lang": {"en"}}, 403, 400, 400},
		{"GET", "/api", nil, 200, 200, 200},
		{"GET", "/enter/abc", nil, 200, 200, 200},
		{"POST", "/enter/abc", url.Values{}, 403, 403, 403},
		{"GET", "/nowhere", nil, 404, 404, 404},
		{"POST", "/results", url.Values{}, 404, 404, 404},
		{"GET", "/assets/none.js", nil, 404, 404, 404},
	} {
		for role, want := range map[account.Role]int{account.Visitor: c.visitor, account.System: c.system, account.Officer: c.officer} {
			b := s.as(role)
			var a answer
			if c.method == "GET" {
				a = b.get(c.path)
			} else {
				a = b.post(c.path, c.form)
			}
			if a.status != want {
				t.Errorf("%s %s as %s: %d, want %d", c.method, c.path, role, a.status, want)
			}
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/nowhere", "/assets/none.css", "/ask?q=x", "/import"} {
		h := s.visitor().get(path).header
		policy := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %s", path, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy %q is unsafe", path, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		if h.Get("X-Request-Id") == "" || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s lacks a request id or a permissions policy", path)
		}
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.post("/sign-out", nil).want(http.StatusForbidden).has("别的网站")
	b.header.Del("Sec-Fetch-Site")
	b.get("/me").want(http.StatusOK)
}

func TestLanguageSwitchStaysHere(t *testing.T) {
	s := newSite(t)
	for back, want := range map[string]string{
		"/results?theme=ai": "/results?theme=ai", "//evil.example/": "/", "https://evil.example/": "/", "/\\evil.example": "/",
		"/\t/evil.example": "/", "": "/", "evil.example": "/", "javascript:alert(1)": "/",
	} {
		a := s.visitor().get("/language/en?back=" + url.QueryEscape(back)).want(http.StatusSeeOther)
		if got := a.header.Get("Location"); got != want {
			t.Errorf("back to %q goes to %q, want %q", back, got, want)
		}
	}
	b := s.visitor()
	b.get("/").has(`lang="zh-CN"`, "说出您的难题")
	b.get("/language/en?back=/").want(http.StatusSeeOther)
	b.get("/").has(`<html lang="en">`, "Tell us your problem").hasNot("说出您的难题")
	b.get("/language/fr").want(http.StatusNotFound)
	english := s.visitor()
	english.header.Set("Accept-Language", "en-GB,en;q=0.9")
	english.get("/").has(`<html lang="en">`)
}

func TestHostileQueriesAreAnswered(t *testing.T) {
	s := newSite(t)
	s.stock()
	for name, q := range map[string]string{
		"empty": "", "long": strings.Repeat("轴承", 50_000), "nul": "轴承\x00坏了", "only nul": "\x00\x00", "punctuation": "，。！？…——《》",
		"invalid UTF-8": "\xff\xfe轴承", "markup": "<script>alert(1)</script>", "one letter": "a", "emoji": "👷🔧", "direction": "\u202e轴承",
		"line ends": "轴\r\n承\r\nX-Injected: 1",
	} {
		for _, path := range []string{"/ask", "/results", "/needs"} {
			a := s.visitor().get(path + "?q=" + url.QueryEscape(q))
			if a.status != http.StatusOK {
				t.Errorf("%s with %s: status %d", path, name, a.status)
			}
			a.hasNot("<script>alert", "\x00")
			if a.header.Get("X-Injected") != "" {
				t.Errorf("%s with %s: a header was injected", path, name)
			}
		}
	}
	s.visitor().get("/ask?q=" + url.QueryEscape(strings.Repeat("轴承", 50_000))).has("4000")
	s.visitor().get("/ask?q=" + url.QueryEscape("，。！")).has("再多写几个字")
	for _, path := range []string{"/results?theme=x", "/results?trl=10", "/results?trl=x", "/results?kind=x", "/results?sort=x", "/results?after=x",
		"/results?after=00000000-0000-7000-8000-000000000000.AAAA", "/needs?state=x", "/results?after=%00"} {
		s.visitor().get(path).want(http.StatusBadRequest).has("筛选条件")
	}
	for _, path := range []string{"/results/%00", "/results/" + strings.Repeat("x", 5000), "/needs/%ff%fe", "/results/..%2f..%2fetc"} {
		s.visitor().get(path).want(http.StatusNotFound)
	}
	marks := strings.Repeat("&useful=R-2222222222&not=%00x", 300)
	s.visitor().get("/ask?q=" + url.QueryEscape("轴承故障") + marks).want(http.StatusOK)
}

func TestTheLogKeepsNoWordsAndNoLinks(t *testing.T) {
	s := newSite(t)
	token := s.link()
	b := s.visitor()
	b.get("/ask?q=" + url.QueryEscape("不可告人的难题"))
	b.get("/enter/" + token)
	b.post("/enter/"+token, nil)
	log := s.log.String()
	for _, secret := range []string{"不可告人", url.QueryEscape("不可告人"), token} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(log, "GET /ask") || !strings.Contains(log, "status=200") {
		t.Errorf("the log does not tell of the requests:\n%s", log)
	}
}

func TestFailuresAreShown(t *testing.T) {
	for _, c := range []struct {
		name   string
		fail   func() error
		status int
		text   string
	}{
		{"database", func() error { return errors.New("disk on fire") }, http.StatusServiceUnavailable, "暂时无法使用"},
		{"panic", func() error { panic("disk on fire") }, http.StatusInternalServerError, "系统出错"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, func(cfg *web.Config) { cfg.Sessions = brokenSessions{c.fail} })
			b := s.visitor()
			r := b.request("GET", "/", nil)
			r.AddCookie(&http.Cookie{Name: "datai", Value: "x"})
			a := b.do(r).want(c.status).has(c.text, "请求编号").hasNot("disk on fire")
			if id := a.header.Get("X-Request-Id"); !strings.Contains(a.body, id) || !strings.Contains(s.log.String(), id) {
				t.Errorf("request %s is not named on the page and in the log", id)
			}
			if !strings.Contains(s.log.String(), "disk on fire") {
				t.Error("the log does not hold the cause")
			}
		})
	}
}

func TestErrorsOfPartsAreParts(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	b.header.Set("HX-Request-Type", "partial")
	b.get("/results/R-2222222222").want(http.StatusNotFound).has("找不到", "请求编号").hasNot("<html", "<header")
	b.get("/import").want(http.StatusForbidden).has("请先登录").hasNot("<html")
}

func TestPagesAreCompressedAndSmall(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	small, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	const budget = 25 << 10
	if res.Header.Get("Content-Encoding") != "gzip" || len(small) > budget {
		t.Errorf("the home page has %d bytes, encoded %q; the budget is %d", len(small), res.Header.Get("Content-Encoding"), budget)
	}
	z, err := gzip.NewReader(strings.NewReader(string(small)))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(page), "</html>") {
		t.Errorf("the page cannot be read: %v", err)
	}
}

func TestSignedInPagesAreNotKept(t *testing.T) {
	s := newSite(t)
	if got := s.as(account.Officer).get("/").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("an officer's page may be kept: %q", got)
	}
	a := s.visitor().get("/")
	if got := a.header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("a visitor's page: %q", got)
	}
	vary := strings.Join(a.header.Values("Vary"), ", ")
	for _, name := range []string{"Cookie", "Accept-Language", "HX-Request-Type"} {
		if !strings.Contains(vary, name) {
			t.Errorf("pages vary by %q, not by %s", vary, name)
		}
	}
}
