package web

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"
)

// The sitemap names what anybody may see, whoever asks, as sitemaps.org says:
// an index and parts of at most 50,000 addresses. Both languages have one
// address, so there is nothing to say of languages.

const (
	sitemapMost = 50_000
	sitemapNS   = "http://www.sitemaps.org/schemas/sitemap/0.9"
)

func (p *Pages) robots(c *visit) error {
	text := "User-agent: *\nDisallow: /ask\nDisallow: /import\nDisallow: /me\nDisallow: /enter/\nDisallow: /language/\nDisallow: /*?\n\nSitemap: " +
		p.absolute("/sitemap.xml") + "\n"
	return c.send(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

// sitemapKinds are the kinds of pages that a sitemap has parts of.
var sitemapKinds = []struct {
	name string
	kind match.Kind
}{{"results", match.KindResult}, {"needs", match.KindNeed}}

// sitemap is the index of the parts.
func (p *Pages) sitemap(c *visit) error {
	var b strings.Builder
	b.WriteString(xml.Header + `<sitemapindex xmlns="` + sitemapNS + `">` + "\n")
	part := func(name string, n int) {
		fmt.Fprintf(&b, "<sitemap><loc>%s</loc></sitemap>\n", escaped(p.absolute("/sitemap/"+name+"-"+strconv.Itoa(n)+".xml")))
	}
	part("pages", 1)
	for _, k := range sitemapKinds {
		found, err := p.Match.Browse(c.ctx(), account.Nobody(), matchmaker.Browsing{Kind: k.kind})
		if err != nil {
			return err
		}
		for n := 1; (n-1)*sitemapMost < found.Total; n++ {
			part(k.name, n)
		}
	}
	b.WriteString("</sitemapindex>\n")
	return c.send(http.StatusOK, "application/xml; charset=utf-8", []byte(b.String()))
}

// sitemapPart is one part: "results-2.xml" holds the 50,001st to 100,000th
// public result in the order in which they came.
func (p *Pages) sitemapPart(c *visit) error {
	none := catalog.Refuse(catalog.NotFound, "error.no_page")
	name, number, _ := strings.Cut(strings.TrimSuffix(c.r.PathValue("part"), ".xml"), "-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || !strings.HasSuffix(c.r.PathValue("part"), ".xml") {
		return none
	}
	if name == "pages" && n == 1 {
		return p.stream(c, func(w *urls) error { return p.sitemapPages(c, w) })
	}
	for _, k := range sitemapKinds {
		if k.name == name {
			return p.stream(c, func(w *urls) error { return p.sitemapThings(c, w, k.name, (n-1)*sitemapMost) })
		}
	}
	return none
}

// stream sends a part as it is made.
func (p *Pages) stream(c *visit, fill func(*urls) error) error {
	out := &begun{w: c.w, begin: func() {
		c.w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		c.w.Header().Set("Cache-Control", "private, no-cache")
	}}
	w := &urls{b: bufio.NewWriterSize(out, 64<<10), at: p.absolute}
	w.text(xml.Header + `<urlset xmlns="` + sitemapNS + `">` + "\n")
	err := fill(w)
	if err == nil && w.n == 0 {
		err = catalog.Refuse(catalog.NotFound, "error.no_page")
	}
	if err == nil {
		w.text("</urlset>\n")
		err = errors.Join(w.err, w.b.Flush())
	}
	if err != nil && out.yes {
		panic(http.ErrAbortHandler)
	}
	return err
}

// urls writes addresses.
type urls struct {
	b   *bufio.Writer
	at  func(path string) string
	n   int
	err error
}

func (u *urls) text(s string) {
	if u.err == nil {
		_, u.err = io.WriteString(u.b, s)
	}
}

// add writes an address with the time of its last change, unix ms; 0 = unknown.
func (u *urls) add(path string, changed int64) {
	u.n++
	u.text("<url><loc>" + escaped(u.at(path)) + "</loc>")
	if changed > 0 {
		u.text("<lastmod>" + time.UnixMilli(changed).UTC().Format(time.RFC3339) + "</lastmod>")
	}
	u.text("</url>\n")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// sitemapThings writes the results or needs behind the first skip ones.
func (p *Pages) sitemapThings(c *visit, w *urls, noun string, skip int) error {
	return p.Shelf.EachAddress(c.ctx(), noun, skip, sitemapMost, func(code string, changed int64) error {
		w.add("/"+noun+"/"+code, changed)
		return w.err
	})
}

// sitemapPages writes the pages that are no listing: lists, units, people.
func (p *Pages) sitemapPages(c *visit, w *urls) error {
	for _, path := range []string{"/", "/results", "/needs", "/parties", "/people"} {
		w.add(path, 0)
	}
	for from := (shelf.Page{Limit: fileChunk}); ; {
		ps, leaf, _, err := p.Shelf.Parties(c.ctx(), account.Nobody(), shelf.PartyFilter{}, from)
		if err != nil {
			return err
		}
		for _, party := range ps {
			w.add("/parties/"+party.Code, party.UpdatedAt)
		}
		if !leaf.After || w.n > sitemapMost/2 {
			break
		}
		from = leaf.Last
		from.Limit = fileChunk
	}
	for from := (shelf.Page{Limit: fileChunk}); ; {
		ps, leaf, _, err := p.Shelf.People(c.ctx(), account.Nobody(), shelf.PersonFilter{}, from)
		if err != nil {
			return err
		}
		for _, person := range ps {
			w.add("/people/"+person.Code, person.UpdatedAt)
		}
		if !leaf.After || w.n > sitemapMost-fileChunk {
			return nil
		}
		from = leaf.Last
		from.Limit = fileChunk
	}
}
