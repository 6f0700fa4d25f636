package e2e

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestATermRanksAtOnce: an officer adds a term to a need, and the answers are
// others without a new page and after a new visit; likewise for a question.
func TestATermRanksAtOnce(t *testing.T) {
	officer := site.desk.officer(t)
	p := site.desk.open(t, plain, officer)
	p.visit(needWithMatches(t, officer, 2))
	p.until("chips", "document.querySelector('.chips-box .chip.line')")
	js[chromedp.Void](p, "window.mark = true")
	p.do(chromedp.SendKeys(chromedp.CSS("#own-term"), "电解液添加剂"))
	p.click(".own-term button")
	p.until("the term", "document.querySelector('.chips-box .chip.on')?.innerText.includes('电解液添加剂')")
	if !js[bool](p, "window.mark === true") {
		t.Error("the page was loaded anew")
	}
	order := "[...document.querySelectorAll('#matches .match')].map((m) => m.id).join()"
	with := js[string](p, order)
	p.visit(p.path())
	if js[string](p, order) != with || !js[bool](p, "document.querySelector('.chips-box .chip.on') !== null") {
		t.Error("the term is gone after a new visit")
	}
	p.click(".chips-box .chip.on")
	p.until("no term", "!document.querySelector('.chips-box .chip.on')")
	if js[string](p, order) == with {
		t.Errorf("the term changed nothing: %s", with)
	}

	visitor := site.desk.open(t, plain)
	visitor.visit("/ask?q=" + url.QueryEscape(problem))
	visitor.click(".chips-box .chip.line")
	visitor.until("the term in the address", "location.search.includes('term=') && document.querySelector('.chips-box .chip.on')")
	visitor.visit(visitor.path())
	visitor.until("the term after a new visit", "document.querySelector('.chips-box .chip.on')")
}
