package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// page is one tab of one visitor: it shares neither cookies nor cache with the
// tabs of other tests. What no page may ever do is watched: asking another
// host, throwing, or breaking the content policy.
type page struct {
	t   *testing.T
	at  *server
	ctx context.Context

	mu       sync.Mutex
	others   []string // whom it may ask beside the server
	requests []string
	wrongs   []string
	status   map[string]int64             // of documents, by address
	received map[network.ResourceType]int // bytes over the wire, by kind
	kinds    map[network.RequestID]network.ResourceType
}

// look is how a visitor looks at a page.
type look struct {
	lang  string // zh-CN or en
	theme string // light or dark
	width int64  // px
}

func (l look) String() string { return fmt.Sprintf("%s-%s-%d", l.lang, l.theme, l.width) }

var plain = look{"zh-CN", "light", 1440}

// open makes a tab for a visitor of the server with these cookies.
func (s *server) open(t *testing.T, l look, cookies ...*http.Cookie) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(site.browser, chromedp.WithNewBrowserContext())
	p := &page{t: t, at: s, ctx: ctx, status: map[string]int64{}, received: map[network.ResourceType]int{}, kinds: map[network.RequestID]network.ResourceType{}}
	t.Cleanup(func() {
		cancel()
		p.complain()
	})
	p.do(chromedp.Steps()) // makes the tab
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	for _, c := range append(cookies, &http.Cookie{Name: "lang", Value: l.lang}) {
		call(p, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: s.url})
	}
	p.see(l)
	return p
}

// see changes the theme and the width; the language is that of the next page.
func (p *page) see(l look) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	p.do(chromedp.EmulateViewport(l.width, 900))
}

func (p *page) watch(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, ev.Request.URL)
		p.kinds[ev.RequestID] = ev.Type
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument {
			p.status[ev.Response.URL] = ev.Response.Status
		}
	case *network.EventLoadingFinished:
		p.received[p.kinds[ev.RequestID]] += int(ev.EncodedDataLength)
	case *runtime.EventExceptionThrown:
		p.wrongs = append(p.wrongs, "exception: "+ev.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		if ev.Entry.Source != cdplog.EntrySourceNetwork && ev.Entry.Level == cdplog.EntryLevelError {
			p.wrongs = append(p.wrongs, string(ev.Entry.Source)+": "+ev.Entry.Text)
		}
	}
}

// mayAsk lets the tab go to the hosts of other addresses.
func (p *page) mayAsk(addresses ...string) {
	p.t.Helper()
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			p.t.Fatal(err)
		}
		p.others = append(p.others, u.Scheme+"://"+u.Host)
	}
}

// complain reports what no page may do.
func (p *page) complain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.wrongs {
		p.t.Errorf("the page went wrong: %s", w)
	}
	for _, r := range p.requests {
		if !strings.HasPrefix(r, "data:") && !slices.ContainsFunc(append(p.others, p.at.url), func(host string) bool { return strings.HasPrefix(r, host+"/") }) {
			p.t.Errorf("the page asked another host: %s", r)
		}
	}
}

// within is a context that ends after patience; the tab lives on.
func (p *page) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, patience)
}

// do takes steps. The first steps ever make the tab, which would end with the
// time limit of a context, so they have none.
func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := p.ctx, context.CancelFunc(func() {})
	if chromedp.FromContext(p.ctx).Target != nil {
		ctx, cancel = p.within()
	}
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v\n%s", err, p.sight())
	}
}

func call[P, R any](p *page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	got, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", command.Method, err, p.sight())
	}
	return got
}

// js evaluates an expression in the page.
func js[T any](p *page, expression string) T {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// until waits for a condition in JavaScript; what says what is waited for. It
// survives that another page is loaded meanwhile.
func (p *page) until(what, condition string) {
	p.t.Helper()
	ctx, cancel := p.within()
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if ok && err == nil {
			return
		}
		last = err
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("%s: not within %v (%v)\n%s", what, patience, last, p.sight())
		}
	}
}

// sight is where a failed step left the tab, for whoever reads the failure.
func (p *page) sight() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	body, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href+'\\n'+document.body.innerText.slice(0, 2000)"))
	if err != nil {
		return "the page does not answer: " + err.Error()
	}
	return body
}

// visit goes to a path of the site.
func (p *page) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.at.url + path))
}

// click clicks what the selector finds, where people would.
func (p *page) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// leave clicks and waits for the page that this leads to.
func (p *page) leave(selector string) {
	p.t.Helper()
	js[chromedp.Void](p, "window.before = true")
	p.click(selector)
	p.until("another page", "!window.before && document.readyState === 'complete'")
}

// text is what people read in the first element that the selector finds.
func (p *page) text(selector string) string {
	p.t.Helper()
	return js[string](p, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// has reports whether the page shows the text.
func (p *page) has(text string) bool {
	p.t.Helper()
	return strings.Contains(p.text("body"), text)
}

func (p *page) wants(text string) {
	p.t.Helper()
	if !p.has(text) {
		p.t.Errorf("%q is not on the page:\n%s", text, p.text("main"))
	}
}

// path is the path and query of the page.
func (p *page) path() string {
	p.t.Helper()
	u, err := url.Parse(js[string](p, "location.href"))
	if err != nil {
		p.t.Fatal(err)
	}
	return u.RequestURI()
}
