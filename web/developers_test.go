package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"datai/account"
	"datai/web"
)

func TestTheInterfaceKnowsTheSessionsOfPages(t *testing.T) {
	s := newSite(t)
	s.stock()
	hidden := s.result("涂层")
	s.visitor().get("/api/v1/results/" + hidden.Code).want(http.StatusNotFound).has(`"code":"not_found"`)
	s.as(account.Officer).get("/api/v1/results/" + hidden.Code).want(http.StatusOK).has(hidden.Title)
	if log := s.log.String(); !strings.Contains(log, `route="GET /api/v1/results/{code}"`) || strings.Contains(log, "/api/v1/results/"+hidden.Code) {
		t.Errorf("the log does not name the operation, or names the path:\n%s", log)
	}
}

func TestErrorsAroundTheInterfaceAreProblems(t *testing.T) {
	s := newSite(t)
	a := s.visitor().get("/api/v1/nothing").want(http.StatusNotFound)
	var p struct{ Code, RequestID string }
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Code != "not_found" || p.RequestID != a.header.Get("X-Request-Id") {
		t.Errorf("%v: %s", err, a.body)
	}
	b := s.as(account.Officer)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.post("/api/v1/results", nil).want(http.StatusForbidden).has(`"code":"forbidden"`, "别的网站")

	s = newSite(t, func(c *web.Config) { c.Sessions = brokenSessions{func() error { panic("disk on fire") }} })
	v := s.visitor()
	r := v.request("GET", "/api/v1/results", nil)
	r.AddCookie(&http.Cookie{Name: "datai", Value: "x"})
	v.do(r).want(http.StatusInternalServerError).has(`"code":"internal"`).hasNot("disk on fire", "<html")
}

func TestTheInterfaceIsExplainedOnAPage(t *testing.T) {
	s := newSite(t)
	zh := s.visitor().get("/api").want(http.StatusOK).has("程序接口", "成果列表", `id="shape-Result"`, `id="problem-not_found"`, "/api/v1/openapi.json").hasNot("api.op.", "api.param.", "api.tag.")
	b := s.visitor()
	b.header.Set("Accept-Language", "en")
	b.get("/api").want(http.StatusOK).has("Interface for programs", "A page of results", "No token needed")
	for _, foreign := range []string{"//unpkg", "//cdn", "<script src"} {
		zh.hasNot(foreign)
	}
}
