package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// answer is a result that the demonstration has for the problem.
const answer = "供水管网噪声相关检漏终端与漏点定位方法"

// TestAnswersComeAsOneTypes: no button, no new page.
func TestAnswersComeAsOneTypes(t *testing.T) {
	p := site.shop.open(t, plain)
	p.visit("/")
	js[chromedp.Void](p, "window.mark = true")
	p.do(chromedp.SendKeys(chromedp.CSS("#q"), problem))
	p.until("an answer", "document.querySelector('#answers .match')")
	p.wants(answer)
	if !js[bool](p, "window.mark === true") {
		t.Error("the page was loaded anew")
	}
	if got := js[string](p, "document.querySelector('#q').value"); got != problem {
		t.Errorf("the box now says %q", got)
	}

	// Each answer says why, and never a percentage of fit.
	if why := p.text("#answers .match .why"); strings.TrimSpace(why) == "" {
		t.Error("an answer without reasons")
	}
	if strings.Contains(p.text("#answers .match header"), "%") {
		t.Error("an answer with a percentage")
	}

	// Another text brings other answers, and one that fits nothing says so.
	js[chromedp.Void](p, "document.querySelector('#q').value = ''")
	p.do(chromedp.SendKeys(chromedp.CSS("#q"), riddle))
	p.until("silence", "document.querySelector('#answers .silence')")
	if !js[bool](p, "window.mark === true") {
		t.Error("the page was loaded anew")
	}
}

// TestMarksChangeTheOrder: a visitor marks an answer as not relevant and the
// list changes in its place.
func TestMarksChangeTheOrder(t *testing.T) {
	p := site.shop.open(t, plain)
	p.visit("/ask?q=" + url.QueryEscape(problem))
	js[chromedp.Void](p, "window.mark = true")
	best := js[string](p, "document.querySelector('#answers .match').id")
	p.click("#answers .match .mark-bad")
	p.until("another order", "document.querySelector('#answers .match')?.id !== "+quote(best))
	if !js[bool](p, "window.mark === true") {
		t.Error("the page was loaded anew")
	}
	if !strings.Contains(p.path(), "not="+best) {
		t.Errorf("the address does not carry the mark: %s", p.path())
	}
	order := js[string](p, "[...document.querySelectorAll('#answers .match')].map((m) => m.id).join()")
	p.visit(p.path())
	if again := js[string](p, "[...document.querySelectorAll('#answers .match')].map((m) => m.id).join()"); again != order {
		t.Errorf("the address gives another order:\n%s\n%s", order, again)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }

// TestWithoutScripts: the same by a plain form.
func TestWithoutScripts(t *testing.T) {
	p := site.shop.open(t, plain)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.visit("/")
	p.do(chromedp.SendKeys(chromedp.CSS("#q"), problem), chromedp.Click(chromedp.CSS(".ask-box button[type=submit]")))
	p.until("an answer", "location.pathname === '/ask' && document.querySelector('#answers .match')")
	p.wants(answer)
	if scripts := p.received[network.ResourceTypeScript]; scripts > 0 {
		t.Logf("scripts were fetched (%d bytes) and did not run", scripts)
	}

	// Marks, results, a result and the other language are links.
	best := js[string](p, "document.querySelector('#answers .match').id")
	p.click("#answers .match .mark-good")
	p.until("the mark in the address", "location.search.includes('useful="+best+"')")
	p.click("#" + best + " h3 a")
	p.until("the page of the result", "location.pathname === '/results/"+best+"'")
	p.click("header .lang")
	p.until("the other language", "document.documentElement.lang === 'en' && location.pathname === '/results/"+best+"'")
}

// TestKeyboardAlone: somebody who has no mouse gets from the address to an
// answer.
func TestKeyboardAlone(t *testing.T) {
	p := site.shop.open(t, plain)
	p.visit("/")
	p.do(chromedp.KeyEvent(kb.Tab))
	if !js[bool](p, "document.activeElement.matches('a.skip')") {
		t.Fatalf("the first stop is %s, not the way past the navigation", js[string](p, "document.activeElement.outerHTML"))
	}
	if js[bool](p, "(() => { const r = document.activeElement.getBoundingClientRect(); return r.bottom <= 0 || r.right <= 0 || r.width < 2 })()") {
		t.Error("the way past the navigation has the focus and cannot be seen")
	}
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until("the focus in the main part", "document.activeElement.id === 'main'")
	p.do(chromedp.KeyEvent(kb.Tab))
	if got := js[string](p, "document.activeElement.id"); got != "q" {
		t.Fatalf("the first stop of the main part is %q, not the box", got)
	}
	p.do(chromedp.KeyEvent(problem), chromedp.KeyEvent(kb.Tab))
	if !js[bool](p, "document.activeElement.matches('.ask-box button[type=submit]')") {
		t.Fatalf("after the box comes %s, not its button", js[string](p, "document.activeElement.outerHTML"))
	}
	if !js[bool](p, "getComputedStyle(document.activeElement).outlineStyle !== 'none' || getComputedStyle(document.activeElement).boxShadow !== 'none'") {
		t.Error("nothing shows which element has the focus")
	}
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until("an answer", "document.querySelector('#answers .match')")
	p.wants(answer)

	// Every stop of the page can be seen, and tabbing ends where it began.
	p.visit("/")
	for i := range 200 {
		p.do(chromedp.KeyEvent(kb.Tab))
		if js[bool](p, "document.activeElement === document.body") {
			if i < 10 {
				t.Errorf("only %d stops on the page", i)
			}
			return
		}
		if bad := js[string](p, `(() => { const e = document.activeElement, r = e.getBoundingClientRect();
			return r.width > 1 && r.height > 1 && r.bottom > 0 && r.top < innerHeight ? '' : e.outerHTML.slice(0, 200) })()`); bad != "" {
			t.Errorf("stop %d has the focus and cannot be seen: %s", i, bad)
		}
	}
	t.Error("tabbing does not leave the page")
}

// TestPhonePlace: on a phone the box stands on the first screen.
func TestPhonePlace(t *testing.T) {
	p := site.shop.open(t, look{"zh-CN", "light", 360})
	p.do(chromedp.EmulateViewport(360, 640, chromedp.EmulateMobile, chromedp.EmulateTouch))
	p.visit("/")
	if bottom := js[float64](p, "document.querySelector('.ask-box button[type=submit]').getBoundingClientRect().bottom"); bottom > 640 {
		t.Errorf("the button of the box ends at %.0f px of a screen of 640 px", bottom)
	}
	if small := js[[]string](p, `[...document.querySelectorAll("nav.main a, .who a, .ask-box button")].filter((e) => { const r = e.getBoundingClientRect(); return r.width < 24 || r.height < 24 }).map((e) => e.outerHTML)`); len(small) > 0 {
		t.Errorf("too small for a finger (WCAG 2.5.8: 24 px): %s", strings.Join(small, "\n"))
	}
}

// kilo is a kilobyte of the budget.
const kilo = 1024

// TestHomeKeepsItsBudget measures what a first visit costs: what goes over the
// wire with its headers, and how the page settles on a slow network. How long
// that takes is told, not judged: it depends on the machine.
func TestHomeKeepsItsBudget(t *testing.T) {
	p := site.shop.open(t, look{"zh-CN", "light", 360})
	// A slow 4G network as browsers' own tools define it: 1.6 Mbit/s down, 750 kbit/s up, 150 ms.
	call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Latency: 150, DownloadThroughput: 1.6e6 / 8, UploadThroughput: 750e3 / 8}}})
	p.visit("/")
	p.until("everything loaded", "document.readyState === 'complete'")
	paint := js[float64](p, `new Promise((done) => { new PerformanceObserver((l) => done(l.getEntries().at(-1).startTime)).observe({type: "largest-contentful-paint", buffered: true}); setTimeout(() => done(-1), 10000) })`)
	shift := js[float64](p, `new Promise((done) => { let sum = 0; const o = new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value });
		o.observe({type: "layout-shift", buffered: true}); requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { for (const e of o.takeRecords()) sum += e.value; done(sum) }))) })`)
	t.Logf("largest contentful paint %.0f ms, layout shift %.4f on slow 4G", paint, shift)
	if shift > 0.02 {
		t.Errorf("the page shifts by %.4f while it loads, more than 0.02", shift)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for kind, most := range map[network.ResourceType]int{network.ResourceTypeDocument: 25 * kilo, network.ResourceTypeStylesheet: 20 * kilo, network.ResourceTypeScript: 35 * kilo} {
		t.Logf("%s: %d bytes of %d", kind, p.received[kind], most)
		if got := p.received[kind]; got == 0 || got > most {
			t.Errorf("%s: %d bytes, the budget is %d", kind, got, most)
		}
	}
	for kind, got := range p.received {
		if kind != network.ResourceTypeDocument && kind != network.ResourceTypeStylesheet && kind != network.ResourceTypeScript && got > 0 {
			t.Errorf("%s: %d bytes that nobody planned", kind, got)
		}
	}
}

// TestBackLeadsBack: from a result one comes back to the answers.
func TestBackLeadsBack(t *testing.T) {
	p := site.shop.open(t, plain)
	p.visit("/ask?q=" + url.QueryEscape(problem))
	p.leave("#answers .match h3 a")
	js[chromedp.Void](p, "history.back()")
	p.until("the answers again", "location.pathname === '/ask' && document.querySelector('#answers .match')")
	p.wants(answer)
}
