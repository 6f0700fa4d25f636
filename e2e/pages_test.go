package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	problem = "地下水管漏了总挖错地方，想一次挖准" // of the demonstration: has answers
	riddle  = "qwrtz zxcvb"       // nothing fits
)

// place is a page that somebody may see.
type place struct {
	name, path string
	at         *server // the shop if it is nil
	office     bool
	as         *http.Cookie // somebody else who is signed in
	missing    bool         // it is right that there is none
}

// places are one of each kind of page, as a visitor and as an officer.
func places(t *testing.T, officer *http.Cookie) []place {
	t.Helper()
	s := site.shop
	result := s.first(t, `href="(/results/R-[^".]+)"`, "/results")
	need := s.first(t, `href="(/needs/N-[^".]+)"`, "/needs")
	own := s.asked(t, result)
	invitedAt, professor := s.professorAsked(t, result, officer)
	admin, audit, manager := s.member(t, "孟系统", "system"), s.member(t, "严审计", "audit"), s.member(t, "周顾问", "manager")
	guard := s.member(t, "安守门", "security")
	twice := s.twice(t, result)
	s.addSource(t, guard, nil)
	s.addSource(t, guard, map[string]string{"kind": "oidc", "name": "partner", "title": "联盟高校登录", "title_en": "Partner sign-in", "address": "https://sso.example.edu.cn",
		"client": "datai", "secret": "s3cret", "presence_address": "https://hr.example.edu.cn/list", "presence_minutes": "60", "presence_part": "10"})
	return []place{
		{name: "home", path: "/"},
		{name: "ask", path: "/ask?q=" + url.QueryEscape(problem)},
		{name: "ask-silent", path: "/ask?q=" + url.QueryEscape(riddle)},
		{name: "results", path: "/results"},
		{name: "results-filtered", path: "/results?theme=city&trl=7&trl=6"},
		{name: "brochure", path: "/results/brochure?theme=city&trl=7"},
		{name: "needs-brochure", path: "/needs/brochure?theme=city"},
		{name: "units", path: "/parties"},
		{name: "checkpoint", path: "/journal/checkpoint"},
		{name: "people", path: "/people"},
		{name: "person", path: s.first(t, `href="(/people/H-[^".]+)"`, "/people")},
		{name: "unit", path: s.first(t, `href="(/parties/P-[^".]+)"`, "/parties")},
		{name: "results-searched", path: "/results?theme=city&q=" + url.QueryEscape("检测")},
		{name: "result", path: result},
		{name: "needs", path: "/needs"},
		{name: "need", path: need},
		{name: "sign-in", path: "/sign-in"},
		{name: "forgot", path: "/sign-in/forgot"},
		{name: "code", path: "/sign-in/code"},
		{name: "code-sent", path: "/sign-in/code?c=00000000-0000-4000-8000-000000000000"},
		{name: "factor-none", path: "/sign-in/factor", as: s.invited(t, "何新来", "officer")},
		{name: "enter", path: strings.TrimPrefix(s.enterLink(t, "来访"), s.url)},
		{name: "developers", path: "/api"},
		{name: "rules", path: "/rules?region=CN-BJ"},
		{name: "processes", path: "/processes"},
		{name: "process", path: "/processes/contact"},
		{name: "connect", path: result + "/connect"},
		{name: "own-case", path: own},
		{name: "not-found", path: "/no-such-page", missing: true},
		{name: "forbidden", path: "/import", missing: true},
		{name: "empty-home", path: "/", at: site.bare},
		{name: "empty-ask", path: "/ask?q=" + url.QueryEscape(problem), at: site.bare},
		{name: "empty-results", path: "/results", at: site.bare},
		{name: "empty-needs", path: "/needs", at: site.bare},
		{name: "office-need", path: need, office: true},
		{name: "office-result", path: result, office: true},
		{name: "office-tasks", path: s.task(t, officer, need), office: true},
		{name: "office-print", path: need + "/print", office: true},
		{name: "office-text", path: need + "/text", office: true},
		{name: "office-compare", path: s.compared(t, officer, need), office: true},
		{name: "office-batch", path: "/batch", office: true},
		{name: "office-round", path: s.round(t, officer), office: true},
		{name: "office-import", path: "/import", office: true},
		{name: "office-dry-run", path: s.dryRun(t, officer), office: true},
		{name: "office-review", path: s.reviewed(t), office: true},
		{name: "office-edited", path: s.edited(t, officer), office: true},
		{name: "office-classify", path: "/results?lack=discipline", office: true},
		{name: "office-classify-needs", path: "/needs?lack=theme&lack=discipline", office: true},
		{name: "office-home", path: "/", office: true},
		{name: "office-parties", path: "/parties", office: true},
		{name: "office-people", path: "/people", office: true},
		{name: "office-party", path: s.first(t, `href="(/parties/P-[^".]+)"`, "/parties", officer), office: true},
		{name: "office-edit", path: result + "/edit", office: true},
		{name: "office-edit-need", path: need + "/edit", office: true},
		{name: "office-expiring", path: "/expiring", office: true},
		{name: "office-me", path: "/me", office: true},
		{name: "office-contacts", path: "/contacts", office: true},
		{name: "office-contact", path: s.first(t, `href="(/contacts/[0-9]{4}-DJ-[0-9]+)"`, "/contacts", officer), office: true},
		{name: "office-inbox", path: "/inbox", office: true},
		{name: "office-notices", path: "/me/notices", office: true},
		{name: "inbox-empty", path: "/inbox", as: audit},
		{name: "receivers", path: "/receivers", as: admin},
		{name: "accounts", path: "/accounts", as: admin},
		{name: "account", path: s.first(t, `href="(/accounts/[0-9a-f-]{36})"[^>]*>周顾问`, "/accounts", admin), as: admin},
		{name: "roster", path: "/accounts/import", as: admin},
		{name: "journal", path: "/journal", as: audit},
		{name: "permissions", path: "/permissions", as: audit},
		{name: "office-contact-new", path: "/contacts/new?need=" + strings.TrimPrefix(need, "/needs/"), office: true},
		{name: "office-contact-invited", path: invitedAt, office: true},
		{name: "professor", path: professor},
		{name: "person-connect", path: s.first(t, `href="(/people/H-[^".]+)"`, "/people") + "/connect"},
		{name: "manager-contacts", path: "/contacts", as: manager},
		{name: "roles", path: "/me", as: s.member(t, "陈多岗", "professor", "dean", "security")},
		{name: "office-sessions", path: "/me/sessions", office: true},
		{name: "office-security", path: "/me/security", office: true},
		{name: "office-addresses", path: "/me/addresses", office: true},
		{name: "sources", path: "/sign-in-sources", as: guard},
		{name: "source-new", path: "/sign-in-sources/new", as: guard},
		{name: "source", path: "/sign-in-sources/partner?saved=1", as: guard},
		{name: "office-tokens", path: "/me/tokens", office: true},
		{name: "office-rules", path: s.decidedRule(t, officer), office: true},
		{name: "office-rule", path: "/rules/notice-price", office: true},
		{name: "office-days", path: "/rules/calendar", office: true},
		{name: "office-process", path: s.settledProcess(t, officer), office: true},
		{name: "office-process-change", path: "/processes/contact/change", office: true},
		{name: "office-data", path: "/me/data", office: true},
		{name: "office-close", path: "/me/close", office: true},
		{name: "account-closed", path: "/account-closed"},
		{name: "conflicts", path: "/account-conflicts", as: guard},
		{name: "conflicts-see", path: "/account-conflicts", as: admin},
		{name: "account-doubtful", path: s.first(t, `href="(/accounts/[0-9a-f-]{36})"[^>]*>顾双册<`, "/account-conflicts", guard), as: guard},
		{name: "me-addresses-doubtful", path: "/me/addresses", as: twice},
		{name: "me-data-consents", path: "/me/data", as: twice},
		{name: "me-join", path: "/me/join", as: twice},
		{name: "accounts-joined", path: "/accounts-joined"},
	}
}

// twice is somebody who is in a list of people twice, was in by one of the
// accounts, has a telephone that a list brought since, has asked for a result, and
// is asked whether both are theirs.
func (s *server) twice(t *testing.T, result string) *http.Cookie {
	t.Helper()
	s.command(t, "user", "import", filepath.Join("testdata", "people.csv"))
	twice := s.enter(t, s.enterLink(t, "顾双册"))
	s.command(t, "user", "import", filepath.Join("testdata", "phones.csv"))
	s.command(t, "user", "merge", "顾双册", "顾双册（T9002）")
	form := url.Values{"name": {"顾双册"}, "organisation": {"示例轴承"}, "reach": {"13800009001"}, "purpose": {"想试用两台"}, "source": {"listing"}, "consent": {"1"}}
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+result+"/connect", strings.NewReader(form.Encode())))(t)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.AddCookie(twice)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp := must(client.Do(req))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("asking for a result: %s", resp.Status)
	}
	return twice
}

func (p place) server() *server {
	if p.at != nil {
		return p.at
	}
	return site.shop
}

// dryRun uploads a sheet with refused rows and returns the page of its dry run.
func (s *server) dryRun(t *testing.T, officer *http.Cookie) string {
	t.Helper()
	return s.upload(t, officer, "refused.csv")
}

// upload brings a sheet of results and returns the page of its dry run.
func (s *server) upload(t *testing.T, officer *http.Cookie, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part := must(form.CreateFormField("kind"))(t)
	must(io.WriteString(part, "results"))(t)
	part = must(form.CreateFormFile("file", "待审成果.csv"))(t)
	must(part.Write(text))(t)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/import", &body))(t)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.AddCookie(officer)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp := must(client.Do(req))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("upload: %s", resp.Status)
	}
	return resp.Header.Get("Location")
}

// edited is the dry run of a sheet that comes again after a page was changed.
func (s *server) edited(t *testing.T, officer *http.Cookie) string {
	t.Helper()
	s.command(t, "import", "results", filepath.Join("testdata", "older.csv"))
	at := s.first(t, `href="(/results/R-[^".]+)"[^>]*>井盖异响`, "/results?state=review&q="+url.QueryEscape("井盖异响"), officer)
	version := s.first(t, `name="version" value="(\d+)"`, at+"/edit", officer)
	s.send(t, at+"/edit", url.Values{"version": {version}, "title": {"井盖异响的低功耗巡检贴片"},
		"abstract": {"贴在井盖背面，车轮碾过时听出松动、缺垫和断裂，电池用五年；示范市三个街道试装八百余处。"}, "awards": {"示范市职工创新奖"}}, officer)
	return s.upload(t, officer, "older.csv")
}

// task makes a task of a match of the need and returns the list of tasks.
func (s *server) task(t *testing.T, officer *http.Cookie, need string) string {
	t.Helper()
	result := s.first(t, `<article class="card match" id="(R-[^"]+)"`, need, officer)
	s.send(t, need+"/feedback", url.Values{"result": {result}, "say": {"task:unreachable"}}, officer)
	s.send(t, need+"/terms", url.Values{"term": {"灌浆密实度"}, "say": {"accepted"}}, officer)
	return "/tasks"
}

// compared is the page that compares the matches of the need.
func (s *server) compared(t *testing.T, officer *http.Cookie, need string) string {
	t.Helper()
	q := url.Values{}
	for _, m := range regexp.MustCompile(`<article class="card match" id="(R-[^"]+)"`).FindAllStringSubmatch(s.get(t, need, officer), 4) {
		q.Add("result", m[1])
	}
	return need + "/compare?" + q.Encode()
}

// decidedRule decides a rule and is the page that shows it.
func (s *server) decidedRule(t *testing.T, officer *http.Cookie) string {
	t.Helper()
	form := s.get(t, "/rules/notice-price", officer)
	field := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `"[^>]* value="([^"]+)"`).FindStringSubmatch(form)
		if m == nil {
			t.Fatalf("the form lacks %s", name)
		}
		return m[1]
	}
	return s.send(t, "/rules/notice-price", url.Values{"do": {"decide"}, "after": {field("after")}, "from": {field("from")},
		"amount": {"15"}, "unit": {"workday"}, "reason": {"校长办公会第 3 号"}}, officer)
}

// settledProcess settles a process and is the page that shows it.
func (s *server) settledProcess(t *testing.T, officer *http.Cookie) string {
	t.Helper()
	const at = "/processes/contact/change"
	form := s.get(t, at, officer)
	field := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `"[^>]* value="([^"]+)"`).FindStringSubmatch(form)
		if m == nil {
			t.Fatalf("the form lacks %s", name)
		}
		return m[1]
	}
	return s.send(t, at, url.Values{"do": {"decide"}, "after": {field("after")}, "from": {field("from")}, "reason": {"校长办公会第 4 号"},
		"overlay": {`{"steps":[{"action":"drop","reasons":[{"code":"own_1","added":true,"label":{"zh-CN":"校内另有安排","en":"Other plans here"}}]}]}`}}, officer)
}

// round starts a round of matching all needs.
func (s *server) round(t *testing.T, officer *http.Cookie) string {
	t.Helper()
	return s.send(t, "/batch", url.Values{"k": {"3"}, "for": {"office"}}, officer)
}

// send sends a form that leads to another page.
func (s *server) send(t *testing.T, path string, form url.Values, officer *http.Cookie) string {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode())))(t)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.AddCookie(officer)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp := must(client.Do(req))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", path, resp.Status)
	}
	return resp.Header.Get("Location")
}

// reviewed is a list with things that wait for review.
func (s *server) reviewed(t *testing.T) string {
	t.Helper()
	s.command(t, "import", "results", filepath.Join("testdata", "waiting.csv"))
	return "/results?state=review"
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// looks are every way to look at a page in a language.
func looks(lang string) []look {
	var out []look
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1440} {
			out = append(out, look{lang, theme, width})
		}
	}
	return out
}

// TestEveryPage looks at each page in both languages, light and dark, on a
// phone and on a desk: axe finds nothing that keeps people out, nothing stands
// over the edge of the screen, and no text is missing. With -shots it leaves a
// picture of each.
func TestEveryPage(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not there; `make assets` installs it: %v", err)
	}
	officer := site.shop.officer(t)
	for _, at := range places(t, officer) {
		for _, lang := range []string{"zh-CN", "en"} {
			t.Run(at.name+"/"+lang, func(t *testing.T) {
				t.Parallel() // each in a tab of its own, and none changes anything
				var cookies []*http.Cookie
				if at.office {
					cookies = append(cookies, officer)
				}
				if at.as != nil {
					cookies = append(cookies, at.as)
				}
				p := at.server().open(t, look{lang, "light", 1440}, cookies...)
				p.visit(at.path)
				p.until("a page that is at rest", "document.readyState === 'complete' && !document.querySelector('[aria-busy=true]') && !document.querySelector('.batch[hx-trigger]')")
				if ok := p.status[p.at.url+at.path] == http.StatusOK; ok == at.missing {
					t.Errorf("status %d", p.status[p.at.url+at.path])
				}
				if got := js[string](p, "document.documentElement.lang"); got != lang {
					t.Errorf("the page says it is in %q", got)
				}
				noKeyShows(t, p)
				js[chromedp.Void](p, string(axe))
				for _, l := range looks(lang) {
					p.see(l)
					noViolation(t, p, l)
					noOverflow(t, p, l)
					picture(t, p, at.name, l)
				}
			})
		}
	}
}

// noKeyShows finds messages that have no text: they are shown by their keys.
// What stands as code is a name of the interface and may look like one.
func noKeyShows(t *testing.T, p *page) {
	t.Helper()
	if keys := js[[]string](p, `[...new Set((document.body.innerText + " " + document.title + " " +
		[...document.querySelectorAll("[aria-label],[placeholder],[title]")].map((e) => ["aria-label", "placeholder", "title"].map((a) => e.getAttribute(a)).join(" ")).join(" "))
		.match(/\b[a-z_]+(\.[a-z_]+)+(\.[a-z0-9_]+)*\b/g) ?? [])].filter((k) => ![...document.querySelectorAll("code")].some((e) => e.innerText.includes(k)))
		.filter((k) => !/^(www|example)\.|\.(com|cn|edu|org|csv|xlsx|json|zip|txt|tsv|jsonl)$/.test(k))`); len(keys) > 0 {
		t.Errorf("messages without a text: %q", keys)
	}
}

// violation is what axe reports.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		HTML           string
		FailureSummary string
	}
}

func noViolation(t *testing.T, p *page, l look) {
	t.Helper()
	raw := js[string](p, `axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations))`)
	var found []violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		var nodes strings.Builder
		for i, n := range v.Nodes {
			if i == 3 {
				fmt.Fprintf(&nodes, "\n  and %d more", len(v.Nodes)-i)
				break
			}
			fmt.Fprintf(&nodes, "\n  %s\n    %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
		}
		t.Errorf("%v: axe %s: %s%s", l, v.ID, v.Help, nodes.String())
	}
}

func noOverflow(t *testing.T, p *page, l look) {
	t.Helper()
	if over := js[[]string](p, `document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
		[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((e) => e.outerHTML.slice(0, 120)).slice(0, 5).concat("scrollWidth " + document.documentElement.scrollWidth)`); len(over) > 0 {
		t.Errorf("%v: the page scrolls sideways:\n  %s", l, strings.Join(over, "\n  "))
	}
}

// picture writes a picture of the page where -shots says: the whole of it, or what
// a screen shows where the browser finds the whole too large.
func picture(t *testing.T, p *page, name string, l look) {
	t.Helper()
	if *shots == "" {
		return
	}
	ctx, cancel := p.within()
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil && strings.Contains(err.Error(), "Page is too large") {
		png, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
	}
	if err == nil {
		err = os.MkdirAll(*shots, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+"-"+l.String()+".png"), png, 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}
