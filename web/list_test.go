package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/intake"
)

var (
	resultLink = regexp.MustCompile(`href="/results/(R-\w+)"`)
	nextLink   = regexp.MustCompile(`rel="next" href="([^"]+)"`)
	prevLink   = regexp.MustCompile(`rel="prev" href="([^"]+)"`)
)

// codes are the results of a page, in its order.
func (a answer) codes() []string {
	var out []string
	for _, m := range resultLink.FindAllStringSubmatch(a.body, -1) {
		out = append(out, m[1])
	}
	return out
}

func (a answer) link(of *regexp.Regexp) string {
	m := of.FindStringSubmatch(a.body)
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// many puts n public results on the shelf.
func (s *site) many(n int) {
	s.t.Helper()
	var rows []intake.Row
	for i := range n {
		r := concrete()
		r.GivenID, r.Title = fmt.Sprint("p", i), fmt.Sprintf("成果第 %d 项", i)
		r.Maturity.Level = 1 + i%9
		if r.Organization = "城建学部"; i%2 == 1 {
			r.Organization, r.Abstract, r.Keywords = "材料学院", "给涂料厂：水性环氧底漆，盐雾一千小时不起泡。", []string{"底漆", "盐雾"}
		}
		rows = append(rows, intake.Row{Title: r.Title, Result: &r})
	}
	need := stoppage()
	s.put(intake.Results, rows...)
	s.put(intake.Needs, intake.Row{Title: need.Title, Need: &need})
	s.publish()
}

func TestPagesGoForthAndBack(t *testing.T) {
	s := newSite(t)
	s.many(60)
	for query, want := range map[string]struct{ results, pages int }{"sort=title": {60, 3}, "sort=newest": {60, 3},
		"sort=maturity&theme=city": {60, 3}, "q=" + url.QueryEscape("防冻剂"): {30, 2}} {
		var pages [][]string
		seen := map[string]bool{}
		a := s.visitor().get("/results?" + query).want(http.StatusOK)
		for {
			pages = append(pages, a.codes())
			for _, code := range a.codes() {
				if seen[code] {
					t.Errorf("%s: %s stands on two pages", query, code)
				}
				seen[code] = true
			}
			next := a.link(nextLink)
			if next == "" || len(pages) == 10 {
				break
			}
			a = s.visitor().get(next).want(http.StatusOK)
		}
		if len(seen) != want.results || len(pages) != want.pages {
			t.Errorf("%s: %d results on %d pages, want %d on %d", query, len(seen), len(pages), want.results, want.pages)
		}
		for i := len(pages) - 2; i >= 0; i-- {
			a = s.visitor().get(a.link(prevLink)).want(http.StatusOK)
			if !slices.Equal(a.codes(), pages[i]) {
				t.Errorf("%s: back on page %d: %v, want %v", query, i+1, a.codes(), pages[i])
			}
		}
		if a.link(prevLink) != "" {
			t.Errorf("%s: there is something before the first page", query)
		}
	}
}

func TestAPageOfAnotherListBeginsAnew(t *testing.T) {
	s := newSite(t)
	s.many(60)
	next := s.visitor().get("/results?sort=title").link(nextLink)
	first := s.visitor().get("/results?sort=title&theme=city").codes()
	a := s.visitor().get(next + "&theme=city").want(http.StatusOK).has("从第一页看起")
	if !slices.Equal(a.codes(), first) {
		t.Errorf("%v, want the first page %v", a.codes(), first)
	}
	s.visitor().get(next).hasNot("从第一页看起")
}

// count is the number that the page shows beside a choice of a facet.
func (a answer) count(label string) string {
	m := regexp.MustCompile(`<span[^>]*>` + regexp.QuoteMeta(label) + `</span>\s*<span class="n">([^<]*)</span>`).FindStringSubmatch(a.body)
	if m == nil {
		return ""
	}
	return m[1]
}

func TestFacetsCountWhatTheyBring(t *testing.T) {
	s := newSite(t)
	s.many(18)
	s.stock()
	v := s.visitor()
	a := v.get("/results").has("共 20 项")
	for label, want := range map[string]string{"城建学部": "10", "材料学院": "9", "机械学院": "1", "高端装备": "1", "城市建设": "19", "TRL 7": "3"} {
		if got := a.count(label); got != want {
			t.Errorf("%s: %q, want %s", label, got, want)
		}
	}
	a.hasNot("未写明", "尚未公开", `?state=`, `?price=`)
	// Several values of a facet add up; the facet itself still counts what each would bring.
	a = v.get("/results?unit=" + url.QueryEscape("材料学院") + "&unit=" + url.QueryEscape("机械学院")).has("共 10 项")
	if a.count("城建学部") != "10" || a.count("材料学院") != "9" || a.count("城市建设") != "9" {
		t.Errorf("units %q %q, theme %q", a.count("城建学部"), a.count("材料学院"), a.count("城市建设"))
	}
	// Each choice brings what it says.
	for _, query := range []string{"unit=" + url.QueryEscape("材料学院"), "trl=7&trl=6", "theme=city&trl=1", "q=" + url.QueryEscape("防冻剂") + "&trl=6"} {
		a := v.get("/results?" + query)
		for _, m := range regexp.MustCompile(`(?s)<a href="(/results[^"]*)" rel="nofollow"[^>]*>\s*<span[^>]*>[^<]*</span>\s*<span class="n">(\d+)</span>`).FindAllStringSubmatch(a.body, -1) {
			if strings.Contains(m[0], "aria-current") {
				continue
			}
			path := strings.ReplaceAll(m[1], "&amp;", "&")
			at, _ := url.Parse(path)
			facet := ""
			for name, values := range at.Query() {
				if was, _ := url.ParseQuery(query); len(values) > len(was[name]) {
					facet = name
				}
			}
			was, _ := url.ParseQuery(query)
			if len(was[facet]) > 0 {
				continue // it adds to what is chosen of its own facet
			}
			if got := fmt.Sprint(len(v.get(path).codes())); got != m[2] {
				t.Errorf("%s: %s says %s and brings %s", query, path, m[2], got)
			}
		}
	}
}

func TestFiltersOfTheOfficeAreTheOffices(t *testing.T) {
	s := newSite(t)
	s.stock()
	for _, path := range []string{"/results?price=known", "/results?state=listed", "/needs?price=known"} {
		s.visitor().get(path).want(http.StatusBadRequest)
		s.as(account.System).get(path).want(http.StatusBadRequest)
		s.as(account.Officer).get(path).want(http.StatusOK)
	}
	officer := s.as(account.Officer)
	officer.get("/results?price=known").has("共 1 项", "轴承").hasNot("混凝土配合比")
	officer.get("/results?state=review&state=listed").has("共 3 项").hasNot(`name="ref"`)
	officer.get("/results?state=review").has("共 1 项", `name="ref"`).hasNot(`name="confirm"`)
}

func TestChosenFiltersCanBeTakenAway(t *testing.T) {
	s := newSite(t)
	s.stock()
	a := s.visitor().get("/results?theme=city&theme=ai&q=" + url.QueryEscape("混凝土"))
	q := url.QueryEscape("混凝土")
	a.has(`href="/results?q=`+q+`&amp;theme=ai"`, `href="/results?q=`+q+`&amp;theme=city"`, `href="/results?theme=ai&amp;theme=city"`, "清除筛选",
		`<input type="hidden" form="search" name="theme" value="city">`)
	s.visitor().get("/results?theme=health").has("没有符合条件的成果", "清除筛选", `href="/"`)
	a = s.visitor().part("/results?theme=city").want(http.StatusOK).has("共 1 项").hasNot("<html", `id="search"`)
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("a part of a page is kept")
	}
}
