package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAProfessorAnswersOnAPhone goes the whole way of a list: an officer looks at
// what holds results, makes the links, a professor answers and confirms on a
// phone without an account, and the officer puts the result on the shelf with
// the keyboard alone.
func TestAProfessorAnswersOnAPhone(t *testing.T) {
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
	list := filepath.Join(t.TempDir(), "待审清单.csv")
	rows := []string{"成果权属人,成果名称,成果简介,知识产权形式,技术指标,单位名称,联系人,手机号码",
		"示例大学,谷物水分在线测量,用近红外测谷物水分，误差低于 0.3%。,发明专利,误差≤0.3%,示例粮食学院,岳明朗,13900000091",
		"示例大学,谷仓虫情声学监测,性能先进。用声音发现粮仓里的虫。,,,示例粮食学院,岳明朗,13900000091"}
	if err := os.WriteFile(list, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.command(t, "import", "results", list)
	o := s.open(t, wide)
	o.visit(s.enterLink(t, "办公室")[len(s.url):])
	o.leave("main form button")
	o.visit("/gate?unit=" + "示例粮食学院")
	check(o, "gate-list", narrow, wide, look{"en", "light", 360}, look{"en", "dark", 1440})
	o.leave(`button[value="ask"]`)
	o.wants("只显示这一次")
	check(o, "gate-asked", narrow, wide)
	link := js[string](o, `document.querySelector("textarea").value.match(/\/q\/[A-Za-z0-9_-]{22}/)[0]`)

	for _, l := range []look{{"en", "dark", 360}, {"zh-CN", "light", 360}, {"zh-CN", "dark", 1440}, {"en", "light", 1440}} {
		p := s.open(t, l)
		p.visit(link)
		check(p, "gate-questions", l)
	}
	p := s.open(t, look{"zh-CN", "light", 360})
	p.visit(link)
	p.wants("谷仓虫情声学监测")
	if p.has("13900000091") {
		t.Error("the page shows the number")
	}
	p.click(`input[value="published"]`)
	p.do(chromedp.SendKeys(chromedp.CSS("textarea"), "识别率 ≥92%（第三方测试）", chromedp.NodeVisible))
	p.leave(`button[value="answer"]`)
	p.wants("已收到，谢谢")
	for range 3 { // what is left is skipped
		if !js[bool](p, `!!document.querySelector("button[value=answer]")`) {
			break
		}
		p.leave(`button[value="answer"]`)
	}
	p.wants("未勾选的不会公开")
	if js[bool](p, `[...document.querySelectorAll("[type=checkbox]")].some(x => x.checked)`) {
		t.Error("something is ticked already")
	}
	check(p, "gate-agree", look{"zh-CN", "light", 360}, look{"en", "dark", 360}, wide)
	js[chromedp.Void](p, `document.querySelectorAll("[name=public]").forEach(x => x.click())`)
	p.leave(`button[value="agree"]`)
	p.wants("谢谢")
	p.visit(link)
	p.wants("无需再做什么")

	keepsForms(t, o)

	o.visit("/gate?unit=" + "示例粮食学院")
	o.leave(".rows a")
	check(o, "gate-result", narrow, wide, look{"en", "light", 360}, look{"en", "dark", 1440})
	o.wants("公开内容未变")
	js[chromedp.Void](o, `document.querySelector(".gate-check [name=confirm]").focus()`)
	o.do(chromedp.KeyEvent(" "))
	o.leave(".gate-check button[type=submit]")
	o.wants("上一项已上架")
	for _, name := range []string{"评审甲", "评审乙", "评审丙"} {
		s.member(t, name, "reviewer")
	}
	o.visit(js[string](o, `document.querySelector("a[href$='/review']").getAttribute("href")`))
	check(o, "gate-review-form", narrow, wide)
	o.click(`input[value="roadshow"]`)
	js[chromedp.Void](o, `document.querySelectorAll("[name=reviewer]:not([disabled])").forEach(x => x.click())`)
	o.leave("main form button")
	o.wants("评分在全部交齐或截止前封存")
	check(o, "gate-scoring", narrow, wide)
	r := s.open(t, look{"zh-CN", "light", 360})
	r.visit(s.enterLink(t, "评审甲")[len(s.url):])
	r.leave("main form button")
	r.visit("/reviews")
	check(r, "gate-reviews", look{"zh-CN", "light", 360}, wide)
	r.leave(".rows a")
	check(r, "gate-review", look{"zh-CN", "light", 360}, look{"en", "dark", 360}, wide)
	js[chromedp.Void](r, `document.querySelectorAll("input[type=radio][value='3']").forEach(x => x.click())`)
	r.leave("main form button")
	r.wants("评分已提交")
}

// keepsForms sends the first result of the list back with a file, and takes it in
// again: what was typed and the file that was chosen outlive leaving the page.
func keepsForms(t *testing.T, o *page) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "批注.pdf")
	if err := os.WriteFile(file, []byte("%PDF-1.7\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.visit("/gate?unit=" + "示例粮食学院")
	o.leave(".rows a")
	at := js[string](o, "location.pathname + location.search")
	o.click("#step-return summary")
	js[chromedp.Void](o, `document.querySelector("#return-reason").value = "title"`)
	o.do(chromedp.SendKeys(chromedp.CSS("#return-text"), "请附共有协议", chromedp.NodeVisible))
	o.until("the draft is saved by itself", `document.querySelector("#step-return [data-saved]").textContent.includes("存为草稿")`)
	o.do(chromedp.SetUploadFiles(chromedp.CSS("#return-marked"), []string{file}))
	o.until("the file is sent as soon as it is chosen", `document.querySelector("#step-return .file")?.textContent.includes("批注.pdf")`)
	o.visit(at)
	o.until("what was typed and the file are back", `document.querySelector("#return-text").value === "请附共有协议" && document.querySelector("#step-return").open && document.querySelector("#return-reason").value === "title" && document.querySelectorAll("#step-return .file").length === 1`)
	o.leave("#step-return form button:not([name])")
	o.visit(at[:strings.Index(at, "?")])
	o.wants("退回整改")
	if n := js[int](o, `document.querySelectorAll(".timeline .files a[href^='/documents/']").length`); n != 1 {
		t.Errorf("%d documents stand at their step", n)
	}
	o.click("#step-resubmit summary")
	o.leave("#step-resubmit form button:not([name])")
	o.visit(at[:strings.Index(at, "?")])
	o.wants("重新送审")
}
