package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestADraftOverAConflict: two officers write about one case. What the first typed
// is saved by itself and comes back; the second is quicker; the first hears it while
// typing and again on sending, and keeps every word. Then a document goes with a step.
func TestADraftOverAConflict(t *testing.T) {
	s := site.desk
	s.asked(t, s.first(t, `href="(/results/R-[^".]+)"`, "/results"))
	first, second := s.member(t, "钟经办", "officer"), s.member(t, "林经办", "officer")
	at := s.first(t, `href="(/contacts/[0-9]{4}-DJ-[0-9]+)"`, "/contacts?state=waiting", first)
	file := filepath.Join(t.TempDir(), "保密协议.pdf")
	if err := os.WriteFile(file, []byte("%PDF-1.7\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	p, q := s.open(t, look{"zh-CN", "light", 360}, first), s.open(t, plain, second)
	p.visit(at)
	p.click("#step-meet summary")
	p.do(chromedp.SendKeys(chromedp.CSS("#meet-next"), "周四带两台样机来", chromedp.NodeVisible))
	saved := `document.querySelector("#step-meet [data-saved]").textContent.includes("存为草稿")`
	p.until("the draft is saved by itself", saved)
	p.visit(at)
	if js[string](p, `document.querySelector("#meet-next").value`) != "周四带两台样机来" || !js[bool](p, `document.querySelector("#step-meet").open`) {
		t.Error("the draft does not come back")
	}

	q.visit(at)
	if js[string](q, `document.querySelector("#meet-next").value`) != "" {
		t.Error("another officer reads the draft")
	}
	q.click("#step-meet summary")
	q.leave("#step-meet form button:not([name])")
	q.wants("已约见")

	p.do(chromedp.SendKeys(chromedp.CSS("#meet-next"), "，下午两点", chromedp.NodeVisible))
	p.until("who was first is said while one types", `document.querySelector("#step-meet [data-saved]").textContent.includes("林经办已于")`)
	p.leave("#step-meet form button:not([name])")
	p.wants("林经办已于")
	p.wants("办结此步，您的意见已留存为草稿")
	kept := func() string { return js[string](p, `document.querySelector("#left-meet")?.value ?? ""`) }
	if got := kept(); !strings.Contains(got, "周四带两台样机来") || !strings.Contains(got, "，下午两点") {
		t.Errorf("of what was typed is left %q", got)
	}
	p.visit(at)
	if got := kept(); !strings.Contains(got, "周四带两台样机来") || !strings.Contains(got, "，下午两点") {
		t.Errorf("of what was typed is left %q", got)
	}
	p.leave("main form button[name=discard]")
	if got := kept(); got != "" {
		t.Errorf("what was discarded is still there: %q", got)
	}

	p.click("#step-secure summary")
	p.do(chromedp.SendKeys(chromedp.CSS("#secure-next"), "等对方盖章", chromedp.NodeVisible))
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#secure-agreement"), []string{file}))
	p.until("the file is sent as soon as it is chosen", `document.querySelector("#step-secure .file")?.textContent.includes("保密协议.pdf")`)
	if js[string](p, `document.querySelector("#secure-next").value`) != "等对方盖章" {
		t.Error("sending a file loses what was typed")
	}
	p.leave("#step-secure form button:not([name])")
	p.wants("进入保密协议")
	if n := js[int](p, `document.querySelectorAll(".timeline .files a[href^='/documents/']").length`); n != 1 {
		t.Errorf("%d documents stand at their step", n)
	}
}
