package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"datai/catalog"

	"github.com/chromedp/chromedp"
)

// TestAnEnterpriseSignsUpAndSeesWhatWasKnownByItsName goes the whole way: an
// enterprise signs up on a phone, an officer gives it the need that so far bore
// its name alone, and it sees and posts its own needs.
func TestAnEnterpriseSignsUpAndSeesWhatWasKnownByItsName(t *testing.T) {
	s := site.desk
	axe, err := os.ReadFile(filepath.Join("..", "web", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not there; `make assets` installs it: %v", err)
	}
	// check looks at the page as it stands in every width and theme.
	check := func(p *page, name, lang string) {
		t.Helper()
		noKeyShows(t, p)
		js[chromedp.Void](p, string(axe))
		for _, l := range looks(lang) {
			p.see(l)
			noViolation(t, p, l)
			noOverflow(t, p, l)
			picture(t, p, name, l)
		}
	}
	// both checks a page in both languages, beside the tab that goes on with it.
	both := func(p *page, name, path string) {
		t.Helper()
		check(p, name, "zh-CN")
		p.visit("/language/en?back=" + url.QueryEscape(path))
		p.visit(path)
		check(p, name, "en")
		p.visit("/language/zh-CN?back=" + url.QueryEscape(path))
		p.visit(path)
	}
	code := ""
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" { // of no registration office that there is
		if c, ok := catalog.CreditCode("91999999MA0000003" + string(last)); ok {
			code = c
		}
	}
	o := s.open(t, look{"zh-CN", "light", 1440}, s.officer(t))
	o.visit("/needs/paste")
	o.do(chromedp.SendKeys(chromedp.CSS("#message"), "我是江州样例风机有限公司的王总 138 0000 0005\n风机叶片结冰，停机损失大\n要求除冰时间≤30min", chromedp.NodeVisible))
	o.leave("main form button")
	both(o, "enterprise-draft", o.path())
	o.leave(`button[value="enter"]`)

	p := s.open(t, look{"zh-CN", "light", 360})
	p.visit("/enterprises/sign-up")
	if js[bool](p, `[...document.querySelectorAll("[type=checkbox]")].some(x => x.checked)`) {
		t.Error("something is ticked already")
	}
	both(p, "enterprise-sign-up", "/enterprises/sign-up")
	fill := func(p *page, id, text string) {
		t.Helper()
		p.do(chromedp.SendKeys(chromedp.CSS("#"+id), text, chromedp.NodeVisible))
	}
	fill(p, "name", "江州样例风机有限公司")
	fill(p, "credit_code", "91999999MA0000003?")
	fill(p, "contact", "王五")
	fill(p, "phone", "13800000005")
	p.click("[name=consent]")
	p.leave("main form button")
	p.wants("校验位不符")
	check(p, "enterprise-sign-up-wrong", "zh-CN")
	js[chromedp.Void](p, `document.querySelector("#credit_code").value = ""`)
	fill(p, "credit_code", code)
	p.click("[name=consent]")
	p.leave("main form button")
	p.wants("已送审核")
	both(p, "enterprise-asked", "/enterprises/sign-up/done")

	o.visit("/enterprises/sign-ups")
	o.wants("江州样例风机有限公司")
	if js[bool](o, `[...document.querySelectorAll("[type=checkbox]")].some(x => x.checked)`) || o.has("13800000005") {
		t.Error("a need is ticked already, or the number is shown")
	}
	both(o, "enterprise-review", "/enterprises/sign-ups")
	o.leave(`form[action$="/contact"] button`)
	o.wants("13800000005")
	o.click("main [name=ref]")
	o.leave(`form[action$="/accept"] button`)
	o.wants("1 条需求已归到这家企业")
	check(o, "enterprise-accepted", "zh-CN")
	link := js[string](o, `document.querySelector("#enter-text").value.match(/\/enter\/[A-Za-z0-9_-]{43}/)[0]`)

	e := s.open(t, look{"zh-CN", "light", 360})
	e.visit(link)
	e.leave("main form button")
	e.visit("/me/needs")
	e.wants("结冰")
	if e.has("13800000005") {
		t.Error("a number is shown in full")
	}
	both(e, "enterprise-own", "/me/needs")
	e.visit("/me/needs/new")
	both(e, "enterprise-post", "/me/needs/new")
	fill(e, "title", "轮毂裂纹难发现")
	fill(e, "text", "巡检要停机，裂纹靠眼看")
	e.click("[name=public]")
	e.leave("main form button")
	e.wants("轮毂裂纹难发现")
	e.leave("main ul.rows a")
	both(e, "enterprise-need", e.path())
	e.visit("/")
	check(e, "enterprise-home", "zh-CN")
}
