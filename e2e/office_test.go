package e2e

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOfficerBringsASheetToTheShelf goes the whole way in the browser: in by a
// one-time link, a workbook, its dry run, into the catalogue, onto the shelf;
// and a visitor in another browser sees it then and not before.
func TestOfficerBringsASheetToTheShelf(t *testing.T) {
	const title = "隧道渗水点的分布式光纤定位"
	file, err := filepath.Abs(filepath.Join("..", "cmd", "datai", "testdata", "files", "results.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	visitor := site.desk.open(t, plain)
	seen := func() bool {
		visitor.visit("/ask?q=" + url.QueryEscape("隧道渗水点定位"))
		return visitor.has(title)
	}
	p := site.desk.open(t, plain)
	p.visit(strings.TrimPrefix(site.desk.enterLink(t, "周专员"), site.desk.url))
	p.leave("form[action^='/enter/'] button")
	p.wants("周专员")

	// The sheet is read; nothing is written.
	p.leave("nav.main a[href='/import']")
	p.wants("非涉密")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	p.leave("import-file form button[type=submit]")
	p.until("the end of the reading", "document.querySelector('form[action$=\"/apply\"]')")
	p.wants("results.xlsx")
	p.wants("密级") // the refused row says which column
	if p.has("琥珀回廊") {
		t.Error("the title of a classified row is shown")
	}
	p.leave(".tabs .fate-new a")
	p.wants(title)
	if seen() {
		t.Error("a visitor sees what is not even applied")
	}

	// It is written, and waits for review.
	p.leave("form[action$='/apply'] button")
	p.leave("a.btn[href='/gate']")
	p.wants(title)
	if seen() {
		t.Error("a visitor sees what nobody confirmed")
	}

	// Without the confirmation nothing is published.
	tick(p, title)
	p.leave(".bulk fieldset button[type=submit]")
	if seen() {
		t.Error("a visitor sees what was published without confirmation")
	}
	p.visit("/gate")
	p.click("check-all [data-all]")
	if js[int](p, "document.querySelectorAll('input[name=ref]:not(:checked)').length") > 0 {
		t.Error("not every box is ticked")
	}
	if shown := p.text("[data-count]"); !strings.ContainsAny(shown, "123456789") {
		t.Errorf("how many are ticked is told as %q", shown)
	}
	pass(p, title)
	if !seen() {
		t.Error("a visitor does not see what was published")
	}

	// A phone is for the office, and in full only for who asks.
	code := js[string](visitor, "[...document.querySelectorAll('.match h3 a')].find((a) => a.innerText.includes("+quote(title)+")).getAttribute('href')")
	visitor.visit(code)
	visitor.wants(title)
	if visitor.has("13900007001") || visitor.has("穆若澜") || visitor.has("80") && visitor.has("万元") {
		t.Error("a visitor sees contact or price")
	}
	p.visit(code)
	p.wants("139****01")
	if p.has("13900007001") {
		t.Error("a phone stands in full on a page that nobody asked for it")
	}
	p.leave("form[action$='/contact'] button")
	p.wants("13900007001")

	// Signed out, the office's pages are closed.
	p.visit("/me")
	p.leave("form[action='/sign-out'] button")
	p.visit("/import")
	if js[bool](p, "document.querySelector('input[type=file]') !== null") {
		t.Error("the import page is open to who signed out")
	}
}

// tick ticks the box of the thing with this title.
func tick(p *page, title string) {
	p.t.Helper()
	if !js[bool](p, `(() => { for (const l of document.querySelectorAll(".bulk label")) if (l.innerText.includes(`+quote(title)+`)) { l.click(); return true } return false })()`) {
		p.t.Fatalf("no box for %s", title)
	}
}

// pass puts the result with this title of the gate's list on the shelf, its open
// questions looked at.
func pass(p *page, title string) {
	p.t.Helper()
	p.visit(js[string](p, `(() => { for (const li of document.querySelectorAll(".bulk .rows > li")) if (li.innerText.includes(`+quote(title)+`)) return li.querySelector("a[href^='/gate/']").getAttribute("href"); return "/gate/none" })()`))
	p.wants(title)
	js[bool](p, `(() => { for (const x of document.querySelectorAll(".gate-check input[type=checkbox]")) x.click(); return true })()`)
	p.leave(".gate-check button[type=submit]")
}

var needLink = regexp.MustCompile(`href="(/needs/N-[^".]+)"`)

// needWithMatches is a public need of the first list with at least so many matches.
func needWithMatches(t *testing.T, officer *http.Cookie, least int) string {
	t.Helper()
	for _, link := range needLink.FindAllStringSubmatch(site.desk.get(t, "/needs"), -1) {
		if strings.Count(site.desk.get(t, link[1], officer), `class="card match"`) >= least {
			return link[1]
		}
	}
	t.Fatalf("no need of the first list has %d matches", least)
	return ""
}

// TestFeedbackOnANeedRanksAtOnce: an officer says that a match does not help,
// and the list under the need is another one, without a new page.
func TestFeedbackOnANeedRanksAtOnce(t *testing.T) {
	officer := site.desk.officer(t)
	p := site.desk.open(t, plain, officer)
	p.visit(needWithMatches(t, officer, 2))
	p.until("matches", "document.querySelectorAll('#matches .match').length > 1")
	js[chromedp.Void](p, "window.mark = true")
	best := js[string](p, "document.querySelector('#matches .match').id")
	p.click("#matches .match .mark-bad")
	p.until("another order", "document.querySelector('#matches .match')?.id !== "+quote(best))
	if !js[bool](p, "window.mark === true") {
		t.Error("the page was loaded anew")
	}

	// It stands after a new visit, and can be taken back.
	p.visit(p.path())
	if js[string](p, "document.querySelector('#matches .match').id") == best {
		t.Error("the feedback is gone after a new visit")
	}
	p.click("#" + best + " form.said button")
	p.until("the first order", "document.querySelector('#matches .match')?.id === "+quote(best))

	// A reason that is work for the office does not touch the order.
	order := js[string](p, "[...document.querySelectorAll('#matches .match')].map((m) => m.id).join()")
	p.click("#" + best + " details.reasons summary")
	p.click("#" + best + " input[value='task:too_early']")
	p.click("#" + best + " details.reasons button")
	p.until("the feedback", "document.querySelector('#"+best+" form.said')")
	if now := js[string](p, "[...document.querySelectorAll('#matches .match')].map((m) => m.id).join()"); !strings.HasPrefix(now, order) {
		t.Errorf("a task changed the order:\n%s\n%s", order, now)
	}
	p.click("#" + best + " form.said button")
	p.until("the feedback taken back", "!document.querySelector('#"+best+" form.said')")

	// A visitor sees the need and none of its matches.
	visitor := site.desk.open(t, plain)
	visitor.visit(p.path())
	visitor.wants(p.text("main h1"))
	if js[int](visitor, "document.querySelectorAll('.match').length") > 0 {
		t.Error("a visitor sees the matches of a need")
	}
}

// TestTextIsNeverCode: what a sheet holds is shown as it is and runs nowhere.
func TestTextIsNeverCode(t *testing.T) {
	const code = `<img src=x onerror="ran=1"><script>ran=1</script>` + "'\"`${ran=1}{{1}}</textarea></title>"
	file := filepath.Join(t.TempDir(), "code.csv")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	title := "渗透结晶堵漏剂" + code
	w := csv.NewWriter(f)
	rows := [][]string{{"成果名称", "成果简介", "关键词", "单位名称", "技术指标", "成果应用领域", code},
		{title, "渗透结晶堵漏剂的简介" + code, code, code, "耐温≥200 ℃" + code, "新材料", code}}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p := site.desk.open(t, plain, site.desk.officer(t))
	runs := func(where string) {
		t.Helper()
		p.until("a page that is at rest", "document.readyState === 'complete'")
		if js[bool](p, "window.ran !== undefined") {
			t.Errorf("%s: the text ran", where)
		}
		if js[int](p, "document.querySelectorAll('main img, main script').length") > 0 {
			t.Errorf("%s: the text became elements", where)
		}
		p.wants("<script>ran=1</script>")
	}
	p.visit("/import")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	p.leave("import-file form button[type=submit]")
	p.until("the end of the reading", "document.querySelector('form[action$=\"/apply\"]')")
	runs("dry run")
	p.leave("form[action$='/apply'] button")
	p.leave("a.btn[href='/gate']")
	runs("review")
	pass(p, "渗透结晶堵漏剂")
	p.visit("/ask?q=" + url.QueryEscape("渗透结晶堵漏剂"))
	runs("answers")
	p.leave("#answers .match h3 a")
	runs("result")
	p.visit("/results?q=" + url.QueryEscape("渗透结晶堵漏剂"))
	runs("list")
	p.visit("/ask?q=" + url.QueryEscape(code))
	p.until("a page that is at rest", "document.readyState === 'complete'")
	if js[bool](p, "window.ran !== undefined") {
		t.Error("the question ran")
	}
}
