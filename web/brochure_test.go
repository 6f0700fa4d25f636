package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
)

func TestABrochureHoldsWhatIsPublic(t *testing.T) {
	s := newSite(t)
	s.stock()
	hidden, r, n := s.result("涂层"), s.result("轴承"), s.need()
	officer := s.as(account.Officer)
	for _, b := range []*browser{s.visitor(), officer} { // the same for whoever prints it
		a := b.get("/results/brochure").want(http.StatusOK).has(r.Title, "tt.example.edu.cn/s/"+r.Code, `class="qr"`, "机械学院", "成果办").
			hasNot(hidden.Title, "13800000001", "80万", "内部备注")
		if got := strings.Count(a.body, `<article class="sheet"`); got != 2 {
			t.Errorf("%d pages, want 2", got)
		}
		b.get("/results/brochure?theme=city").hasNot(r.Title).has("混凝土配合比")
		b.get("/needs/brochure").has(n.Title).hasNot("某水泥厂", "50-80", "13900000002")
	}
	officer.get("/results/brochure?state=review").hasNot(hidden.Title)
	form := url.Values{"ref": {fmt.Sprintf("%s.%d", r.ID, r.Version), fmt.Sprintf("%s.%d", hidden.ID, hidden.Version)}}
	officer.post("/results/brochure", form).want(http.StatusOK).has(r.Title, "另有 1 项未收入").hasNot(hidden.Title, "80万")
	officer.post("/results/brochure", nil).want(http.StatusBadRequest)
	s.visitor().post("/results/brochure", form).want(http.StatusForbidden)

	for path, want := range map[string]string{"/s/" + r.Code: "/results/" + r.Code, "/s/" + strings.ToLower(n.Code): "/needs/" + n.Code} {
		if got := s.visitor().get(path).want(http.StatusSeeOther).header.Get("Location"); got != want {
			t.Errorf("%s leads to %s", path, got)
		}
	}
	s.visitor().get("/s/x").want(http.StatusNotFound)
}

func TestAPublicPageIsMadeToBePassedOn(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, hidden := s.result("轴承"), s.result("涂层")
	a := s.visitor().get("/results/"+r.Code).has("<copy-text>", "【科技成果】"+r.Title, "https://tt.example.edu.cn/s/"+r.Code,
		`property="og:title" content="`+r.Title, `property="og:url" content="https://tt.example.edu.cn/results/`+r.Code, `"@type":"CreativeWork"`)
	a.hasNot("80万", "13800000001")
	officer := s.as(account.Officer)
	officer.get("/results/" + r.Code).has("【科技成果】").hasNot("og:description\" content=\"80")
	officer.get("/results/"+hidden.Code).hasNot("<copy-text>", "og:title", "ld+json")
	s.visitor().get("/needs/"+s.need().Code).has(`"@type":"Demand"`, "og:description").hasNot("某水泥厂", "50-80")
	ld := officer.get("/needs/" + s.need().Code).body
	if i := strings.Index(ld, "ld+json"); i < 0 || strings.Contains(ld[i:i+strings.Index(ld[i:], "</script>")], "水泥厂") && !strings.Contains(s.need().Text, "水泥厂") {
		t.Error("JSON-LD of a need names its owner")
	}
}
