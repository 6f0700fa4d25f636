package e2e

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	printing "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var mediaBox = regexp.MustCompile(`/MediaBox \[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]`)

// TestPaper prints: A4, across for candidates side by side, no navigation, and
// a page of its own for each need. With -shots it leaves the files.
func TestPaper(t *testing.T) {
	officer := site.shop.officer(t)
	need := site.shop.first(t, `href="(/needs/N-[^".]+)"`, "/needs")
	round := site.shop.round(t, officer)
	for _, sheet := range []struct {
		name, path string
		across     bool
		least      int // pages
	}{
		{"need", need + "/print", false, 1},
		{"compare", site.shop.compared(t, officer, need), true, 1},
		{"round", round + "/print", false, 30},
	} {
		t.Run(sheet.name, func(t *testing.T) {
			paper(t, officer, sheet.name, sheet.path, sheet.across, sheet.least)
		})
	}
}

func paper(t *testing.T, officer *http.Cookie, name, path string, across bool, least int) {
	t.Helper()
	p := site.shop.open(t, look{"zh-CN", "dark", 1440}, officer)
	if name == "round" {
		p.visit(path[:len(path)-len("/print")])
		p.until("the end of the round", "document.querySelector('a[download]')")
	}
	p.visit(path)
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	if shown := js[[]string](p, `[...document.querySelectorAll("header.top, footer.end, nav, .screen-only")].filter((e) => e.getClientRects().length > 0).map((e) => e.outerHTML.slice(0, 80))`); len(shown) > 0 {
		t.Errorf("on paper stand %q", shown)
	}
	if dark := js[string](p, `getComputedStyle(document.body).backgroundColor`); dark != "rgb(255, 255, 255)" {
		t.Errorf("the paper is %s", dark)
	}
	yes := true
	got := call(p, printing.PrintToPDF, printing.PrintToPDFParams{PreferCSSPageSize: &yes, PrintBackground: &yes})
	pdf, err := base64.StdEncoding.DecodeString(string(got.Data))
	if err != nil {
		pdf = got.Data
	}
	boxes := mediaBox.FindAllStringSubmatch(string(pdf), -1)
	if len(boxes) < least {
		t.Errorf("%d pages, want %d or more", len(boxes), least)
	}
	for _, b := range boxes {
		wide := must(strconv.ParseFloat(b[1], 64))(t) > must(strconv.ParseFloat(b[2], 64))(t)
		if wide != across {
			t.Errorf("a page of %s by %s", b[1], b[2])
		}
	}
	if *shots != "" {
		if err := os.WriteFile(filepath.Join(*shots, "paper-"+name+".pdf"), pdf, 0o644); err != nil {
			t.Error(err)
		}
	}
	p.do(chromedp.Steps())
}
