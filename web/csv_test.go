package web_test

import (
	"encoding/csv"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/intake"
)

// table reads an answer as CSV: its columns by their headers.
func (a answer) table() map[string][]string {
	a.t.Helper()
	text, ok := strings.CutPrefix(a.body, "\ufeff")
	if !ok {
		a.t.Error("no byte order mark, by which Excel knows UTF-8")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		a.t.Fatal(rows, err)
	}
	out := map[string][]string{}
	for i, h := range rows[0] {
		out[h] = []string{}
		for _, row := range rows[1:] {
			out[h] = append(out[h], row[i])
		}
	}
	return out
}

func TestAListIsAFile(t *testing.T) {
	s := newSite(t)
	s.many(7)
	evil := concrete()
	evil.GivenID, evil.Title = "e", `=HYPERLINK("http://evil.example")`
	s.put(intake.Results, intake.Row{Title: evil.Title, Result: &evil})
	s.publish()
	s.stock()
	s.college()
	visitor, officer := s.visitor(), s.as(account.Officer)
	a := visitor.get("/results.csv").want(http.StatusOK)
	if got := a.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	titles := a.table()["成果名称"]
	if len(titles) != 10 || slices.Contains(titles, "尚未公开的耐磨涂层") {
		t.Errorf("a visitor gets %q", titles)
	}
	for _, text := range titles {
		if strings.HasPrefix(text, "=") {
			t.Errorf("%s would be run", text)
		}
	}
	a.hasNot("13800000001", "80万", "内部备注", "罗静姝")
	if got := visitor.get("/results.csv?unit=" + url.QueryEscape("材料学院") + "&sort=title").table()["成果名称"]; !slices.Equal(got, []string{"成果第 1 项", "成果第 3 项", "成果第 5 项"}) {
		t.Errorf("filtered: %q", got)
	}
	if got := visitor.get("/results.csv?q=" + url.QueryEscape("轴承")).table()["成果名称"]; len(got) != 1 {
		t.Errorf("searched: %q", got)
	}
	visitor.get("/results.csv?price=known").want(http.StatusBadRequest)
	officer.get("/results.csv?price=known").has("80万元").hasNot("13800000001")
	officer.get("/results.csv?state=review").has("尚未公开的耐磨涂层")
	visitor.get("/needs.csv").has("轴承故障").hasNot("水泥厂,", "50-80", "13900000002")
	officer.get("/needs.csv").has("某水泥厂").hasNot("13900000002")
	visitor.get("/parties.csv").has("机械学院", "机械系").hasNot("某水泥厂", "13800000009")
	officer.get("/parties.csv?kind=enterprise").has("某水泥厂").hasNot("机械学院")
	visitor.get("/people.csv").hasNot("沈若川")
	officer.get("/people.csv").has("沈若川", "10010")
}

func TestTheSitemapNamesWhatIsPublic(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.college()
	hidden, r, n := s.result("涂层"), s.result("轴承"), s.need()
	for _, b := range []*browser{s.visitor(), s.as(account.Officer)} { // the same for whoever asks
		b.get("/robots.txt").has("Sitemap: https://tt.example.edu.cn/sitemap.xml", "Disallow: /ask")
		b.get("/sitemap.xml").has("https://tt.example.edu.cn/sitemap/results-1.xml", "https://tt.example.edu.cn/sitemap/needs-1.xml").hasNot("results-2")
		results := b.get("/sitemap/results-1.xml").want(http.StatusOK).has("/results/"+r.Code+"<", "<lastmod>2023-04-07T04:00:00Z</lastmod>").hasNot(hidden.Code)
		var doc struct {
			URLs []struct {
				Loc string `xml:"loc"`
			} `xml:"url"`
		}
		if err := xml.Unmarshal([]byte(results.body), &doc); err != nil || len(doc.URLs) != 2 {
			t.Errorf("%+v, %v", doc, err)
		}
		b.get("/sitemap/needs-1.xml").has(n.Code)
		b.get("/sitemap/pages-1.xml").has("https://tt.example.edu.cn/<", "/parties/P-").hasNot("/people/H-", s.as(account.Officer).get("/parties?kind=enterprise").link(partyLink))
		for _, path := range []string{"/sitemap/results-2.xml", "/sitemap/results-0.xml", "/sitemap/x-1.xml", "/sitemap/results-1", "/sitemap/results.xml"} {
			b.get(path).want(http.StatusNotFound)
		}
	}
}
