package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestANeedIsPastedAndConfirmedOnAPhone goes the whole way: an officer pastes
// what an enterprise sent, the enterprise confirms on a phone without an
// account.
func TestANeedIsPastedAndConfirmedOnAPhone(t *testing.T) {
	s := site.desk
	axe, err := os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not there; `make assets` installs it: %v", err)
	}
	check := func(p *page, name string, looks ...look) {
		t.Helper()
		noKeyShows(t, p)
		js[chromedp.Void](p, string(axe))
		for _, l := range looks {
			p.see(l)
			noViolation(t, p, l)
			noOverflow(t, p, l)
			picture(t, p, name, l)
		}
	}
	wide, narrow := look{"zh-CN", "light", 1440}, look{"zh-CN", "dark", 360}
	o := s.open(t, look{"zh-CN", "light", 1440})
	o.visit(s.enterLink(t, "办公室")[len(s.url):])
	o.leave("main form button")
	o.visit("/needs/paste")
	check(o, "behalf-paste", narrow, wide)
	o.do(chromedp.SendKeys(chromedp.CSS("#message"), "我是江州示例泵业有限公司的张总 138 0000 0001\n化工泵的机械密封老是漏，三个月就得换一次\n要求寿命≥8000小时\n预算50-80万，年底前要", chromedp.NodeVisible))
	o.leave("main form button")
	o.wants("机器读出")
	check(o, "behalf-draft", narrow, wide)
	o.leave(`button[value="enter"]`)
	o.wants("只显示这一次")
	check(o, "behalf-asked", narrow, wide)
	link := js[string](o, `document.querySelector("#ask-text").value.match(/\/c\/[A-Za-z0-9_-]{22}/)[0]`)

	for _, l := range []look{{"en", "dark", 360}, {"zh-CN", "light", 360}, {"zh-CN", "dark", 1440}, {"en", "light", 1440}, {"zh-CN", "light", 360}} {
		p := s.open(t, l)
		p.visit(link)
		check(p, "behalf-confirm", l)
	}
	p := s.open(t, look{"zh-CN", "light", 360})
	p.visit(link)
	if js[bool](p, `[...document.querySelectorAll("[type=checkbox]")].some(x => x.checked)`) {
		t.Error("something is ticked already")
	}
	if p.has("13800000001") {
		t.Error("the page shows the number")
	}
	p.do(chromedp.SendKeys(chromedp.CSS("#c-who"), "张三丰", chromedp.NodeVisible))
	p.click("[name=public]")
	p.click("[name=consent]")
	p.leave(`button[value="confirm"]`)
	p.wants("已确认")
	p.visit(link)
	p.wants("这个链接已失效")
}
