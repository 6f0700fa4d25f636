package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFiltersActAtOnce: with scripts a filter replaces the list alone, the
// address keeps it, and the way back is there; what is typed narrows as one
// types.
func TestFiltersActAtOnce(t *testing.T) {
	p := site.shop.open(t, plain)
	p.visit("/results")
	js[chromedp.Void](p, "window.mark = true")
	all := p.text("#list [role=status]")
	p.click(".facet-all a[href*='theme=city']")
	p.until("the filtered list", "document.querySelector('.chosen .chip') && location.search.includes('theme=city')")
	some := p.text("#list [role=status]")
	if some == all || !js[bool](p, "window.mark === true") {
		t.Errorf("%q before, %q after; the page was loaded anew: %v", all, some, !js[bool](p, "window.mark === true"))
	}
	p.click(".facet-all a[href*='theme=ai']")
	p.until("two values", "document.querySelectorAll('.chosen .chip').length === 2")
	p.do(chromedp.SendKeys(chromedp.CSS("#q"), "检测"))
	p.until("the search within the filters", "location.search.includes('q=') && location.search.includes('theme=ai') && location.search.includes('theme=city') && document.querySelectorAll('.chosen .chip').length === 3")
	if !js[bool](p, "document.activeElement.id === 'q' && window.mark === true") {
		t.Error("the box lost its place while one typed")
	}
	// The same address without scripts is the same list.
	there := p.path()
	total := p.text("#list [role=status]")
	p.visit(there)
	if got := p.text("#list [role=status]"); got != total {
		t.Errorf("%q with scripts, %q as an address", total, got)
	}
	p.click(".chosen .chip")
	p.until("one filter less", "document.querySelectorAll('.chosen .chip').length === 2")
}

// TestPagesOfAListTurnBothWays by links that need no script.
func TestPagesOfAListTurnBothWays(t *testing.T) {
	first := site.shop.get(t, "/results?sort=title")
	next := strings.ReplaceAll(site.shop.first(t, `rel="next" href="([^"]+)"`, "/results?sort=title"), "&amp;", "&")
	prev := strings.ReplaceAll(site.shop.first(t, `rel="prev" href="([^"]+)"`, next), "&amp;", "&")
	title := func(page string) string {
		_, rest, _ := strings.Cut(page, "<h3>")
		rest, _, _ = strings.Cut(rest, "</h3>")
		return rest
	}
	if got := site.shop.get(t, prev); title(got) != title(first) || title(site.shop.get(t, next)) == title(first) {
		t.Errorf("back on the first page: %s, want %s", title(got), title(first))
	}
}

// TestATextIsCopied at a click; without scripts it can be marked.
func TestATextIsCopied(t *testing.T) {
	p := site.shop.open(t, plain)
	p.visit(site.shop.first(t, `href="(/results/R-[^".]+)"`, "/results"))
	p.click(".share summary")
	p.click("copy-text button")
	p.until("the word that it is copied", "document.querySelector('copy-text [role=status]').textContent !== ''")
	if text := js[string](p, "document.querySelector('copy-text textarea').value"); !strings.Contains(text, "【科技成果】") || !strings.Contains(text, "/s/R-") {
		t.Errorf("the text is %q", text)
	}
}
