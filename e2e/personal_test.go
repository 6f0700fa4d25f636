package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAnAccountIsTakenOutAndClosed goes the way of somebody who leaves: what is
// kept, the file, the page that asks, and the end.
func TestAnAccountIsTakenOutAndClosed(t *testing.T) {
	s := site.desk
	const name = "温别离"
	axe := string(must(os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js")))(t))
	s.command(t, "user", "add", name, "--role", "professor")
	me := s.enter(t, s.enterLink(t, name))
	for _, lang := range []string{"en", "zh-CN"} {
		start := plain
		start.lang = lang
		p := s.open(t, start, me)
		seen := func(name string) {
			t.Helper()
			noKeyShows(t, p)
			js[chromedp.Void](p, axe)
			for _, l := range looks(lang) {
				p.see(l)
				noViolation(t, p, l)
				noOverflow(t, p, l)
				picture(t, p, name, l)
			}
			p.see(start)
		}
		p.visit("/me/data")
		seen("personal-data")
		file := js[string](p, `fetch("/me/data", {method: "POST"}).then(a => a.text())`)
		var d struct{ Name string }
		if err := json.Unmarshal([]byte(file), &d); err != nil || d.Name != name {
			t.Errorf("the file says %q, %v", d.Name, err)
		}
		p.leave(`main a[href="/me/close"]`)
		seen("personal-close")
		if lang == "en" {
			continue
		}
		p.click(`input[name="sure"]`)
		p.leave(`form[action="/me/close"] button`)
		p.wants("账号已注销")
		seen("personal-closed")
	}
	if got := s.command(t, "user", "list", "--state", "disabled"); !strings.Contains(got, "已注销用户") || strings.Contains(got, name) {
		t.Errorf("the list of accounts says %s", got)
	}
}
