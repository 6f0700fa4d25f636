package e2e

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// asked asks about the result at path without the browser and returns the page
// of whoever asked.
func (s *server) asked(t *testing.T, path string) string {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(s.url+path+"/connect", url.Values{"name": {"柳听泉"}, "organisation": {"示例水务"}, "reach": {"13700009999"},
		"purpose": {"想试用两台"}, "source": {"listing"}, "consent": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	own := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(own, "/contact/") {
		t.Fatalf("asked: %s, %q", resp.Status, own)
	}
	return own
}

// professorAsked has a professor asked about a case on the result at path; it returns
// the page of the case and that of the professor.
func (s *server) professorAsked(t *testing.T, path string, officer *http.Cookie) (office, professor string) {
	t.Helper()
	code := regexp.MustCompile(`\d{4}-DJ-\d+`).FindString(s.get(t, s.asked(t, path)))
	office = "/contacts/" + code
	name := regexp.MustCompile(`<select id="pro-name"[^>]*>\s*<option value="([^"]+)"`).FindStringSubmatch(s.get(t, office, officer))
	form := url.Values{"version": {"1"}, "name": {"沈若川"}, "unit": {"机械学院"}, "reach": {"pro@example.edu.cn"}}
	if name != nil {
		form.Set("name", html.UnescapeString(name[1]))
	}
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+office+"/invite", strings.NewReader(form.Encode())))(t)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.AddCookie(officer)
	resp := must(http.DefaultClient.Do(req))(t)
	defer resp.Body.Close()
	body := must(io.ReadAll(resp.Body))(t)
	professor = regexp.MustCompile(`/p/[A-Za-z0-9_-]{22}`).FindString(string(body))
	if resp.StatusCode != http.StatusOK || professor == "" {
		t.Fatalf("invited: %s: %s", resp.Status, body)
	}
	return office, professor
}

// TestAVisitorAsksOnAPhone goes the whole way by hand: from the page of a
// result to the form, to the office, and back out again.
func TestAVisitorAsksOnAPhone(t *testing.T) {
	s := site.desk
	result := s.first(t, `href="(/results/R-[^".]+)"`, "/results")
	p := s.open(t, look{"zh-CN", "light", 360})
	p.visit(result)
	p.leave(`a[href$="/connect"]`)
	for id, text := range map[string]string{"name": "柳听泉", "organisation": "示例水务", "reach": "13700009999", "purpose": "想试用两台，看看能不能装在老管道上。"} {
		p.do(chromedp.SendKeys(chromedp.CSS("#"+id), text, chromedp.NodeVisible))
	}
	if ticked := js[bool](p, `document.querySelector("[name=consent]").checked`); ticked {
		t.Error("the consent is ticked already")
	}
	if shown := js[bool](p, `document.querySelector("#website").parentElement.getBoundingClientRect().width > 2`); shown {
		t.Error("people see the field that they are to leave empty")
	}
	p.click("[name=consent]")
	p.leave("main form button")
	p.wants("已送成果办，预计 3 个工作日内答复，即 ")
	if path := p.path(); !strings.HasPrefix(path, "/contact/") {
		t.Errorf("after asking one stands at %s", path)
	}
	if p.has("13700009999") || p.has("柳听泉") {
		t.Error("the page shows who asked")
	}
	p.leave("main form button")
	p.wants("已从系统中删除")
}
