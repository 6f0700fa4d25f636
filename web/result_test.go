package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/intake"
	"datai/process"
	"datai/rulebook"
	"datai/store"
)

func TestVisitorsSeeNothingOfTheOffice(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	secrets := []string{"13800000001", "罗静姝", "80万元", "80 万元", "内部备注", "13900000002", "某水泥厂", "50–80 万元", "尚未公开的耐磨涂层"}
	pages := []string{"/", "/results", "/results?sort=title", "/results?q=" + url.QueryEscape("轴承 涂层"), "/results/" + r.Code, "/results/" + r.Code + ".json",
		"/needs", "/needs/" + n.Code, "/needs/" + n.Code + ".json", "/ask?q=" + url.QueryEscape("耐磨涂层、轴承故障")}
	for _, who := range []*browser{s.visitor(), s.as(account.System)} {
		for _, path := range pages {
			who.get(path).want(http.StatusOK).hasNot(secrets...)
		}
	}
	officer := s.as(account.Officer)
	officer.get("/results/"+r.Code).hasNot("13800000001").has("138****01", "80 万元", "800,000 元", "内部备注", "仅成果办可见")
	officer.get("/needs/"+n.Code).has("某水泥厂", "50–80 万元")
	officer.get("/results").has("尚未公开的耐磨涂层")
	officer.post("/results/"+r.Code+"/contact", nil).want(http.StatusOK).has("13800000001")
	officer.post("/needs/"+n.Code+"/contact", nil).want(http.StatusOK).has("13900000002")
	for _, who := range []*browser{s.visitor(), s.as(account.System)} {
		who.post("/results/"+r.Code+"/contact", nil).want(http.StatusForbidden).hasNot(secrets...)
		who.post("/needs/"+n.Code+"/contact", nil).want(http.StatusForbidden).hasNot(secrets...)
	}
	officer.get("/results/"+r.Code+".json").hasNot("13800000001", "内部备注", "80万元")
}

func TestTitlesAreText(t *testing.T) {
	s := newSite(t)
	evil := `<script>alert(1)</script>"><img src=x onerror=alert(2)></script>`
	r, n := bearing(), stoppage()
	r.Title, r.Abstract, r.Owners = evil+"轴承故障识别", evil+"给风机用户", []string{evil}
	r.Rights = []catalog.Right{{Kind: catalog.RightInvention, Number: evil, Status: evil, Holders: []string{evil, "b"}}}
	r.Maturity.Written, r.Extra = evil, map[string]string{evil: evil}
	n.Title = evil + "轴承故障"
	s.put(intake.Results, intake.Row{Title: r.Title, Result: &r})
	s.put(intake.Needs, intake.Row{Title: n.Title, Need: &n})
	s.publish()
	code, need := s.result("轴承").Code, s.need().Code
	for _, who := range []*browser{s.visitor(), s.as(account.Officer)} {
		for _, path := range []string{"/", "/results", "/results/" + code, "/needs", "/needs/" + need, "/results?state=listed", "/ask?q=" + url.QueryEscape("轴承故障"+evil), "/results?q=" + url.QueryEscape(evil+"轴承")} {
			who.get(path).hasNot("<script>alert", "<img src=x", "</script>\"")
		}
	}
}

func TestLinkedData(t *testing.T) {
	s := newSite(t)
	s.stock()
	find := regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`)
	r := s.result("轴承")
	page := s.visitor().get("/results/" + r.Code).has(`<link rel="canonical" href="https://tt.example.edu.cn/results/` + r.Code)
	found := find.FindStringSubmatch(page.body)
	if found == nil {
		t.Fatal("the page has no linked data")
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(found[1]), &doc); err != nil {
		t.Fatal(err)
	}
	if doc["@context"] != "https://schema.org" || doc["name"] != r.Title || doc["identifier"] != r.Code {
		t.Errorf("linked data: %v", doc)
	}
	// An officer sees what is not public, but no program is told of it.
	hidden := s.as(account.Officer).get("/results/" + s.result("涂层").Code).want(http.StatusOK)
	hidden.has(`content="noindex"`).hasNot("application/ld+json", `rel="canonical"`)
}

func TestResultAsData(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	a := s.visitor().get("/results/" + r.Code + ".json").want(http.StatusOK)
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		t.Errorf("content type %q", got)
	}
	var doc struct {
		Code, URL, Title string
		Maturity         struct{ Level int }
		Owners           []string
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Code != r.Code || doc.Title != r.Title || doc.Maturity.Level != 7 || len(doc.Owners) != 2 || doc.URL != "https://tt.example.edu.cn/results/"+r.Code {
		t.Errorf("%+v", doc)
	}
}

func TestClaimsAreShownAsClaims(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.visitor().get("/results/"+s.result("轴承").Code).has("自报 TRL 7，暂无用户现场试用报告", "共同所有，转让或独占许可须各方同意")
	s.visitor().get("/results/" + s.result("混凝土").Code).has("原文写「中试」，按 TRL 6 理解")
}

func TestNothingIsPublishedWithoutConfirmation(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.put(intake.Results, intake.Row{Title: "尚未公开的防锈漆", Result: answered("尚未公开的防锈漆")})
	hidden := s.result("防锈漆")
	officer := s.as(account.Officer)
	officer.get("/results?state=review").has(hidden.Title, `href="/gate"`, `href="/gate/`+hidden.Code).hasNot(`name="confirm"`, "/results/publish")
	list := officer.get("/gate").has(hidden.Title, `name="confirm"`, "可公开")
	if regexp.MustCompile(`name="confirm"[^>]*checked`).MatchString(list.body) {
		t.Error("the confirmation is ticked for the officer")
	}
	ref := regexp.MustCompile(`name="ref" value="(` + hidden.ID.String() + `[^"]+)"`).FindStringSubmatch(list.body)
	if ref == nil {
		t.Fatal("no box to tick")
	}
	officer.get("/gate?tick=all").has("checked")
	form := url.Values{"ref": {ref[1]}}
	officer.post("/gate/list", form).want(http.StatusBadRequest).has("请先勾选「可公开」确认")
	s.visitor().get("/results/" + hidden.Code).want(http.StatusNotFound)
	officer.post("/gate/list", url.Values{"confirm": {"1"}}).want(http.StatusBadRequest).has("没有勾选")
	officer.post("/gate/list", url.Values{"ref": {"x.1.0"}, "confirm": {"1"}}).want(http.StatusBadRequest)
	form.Set("confirm", "1")
	officer.post("/gate/list", form).want(http.StatusOK).has("已公开 1 项")
	s.visitor().get("/results/" + hidden.Code).want(http.StatusOK)
	// The same boxes again: somebody has changed it since, so it is left.
	officer.post("/gate/list", form).want(http.StatusOK).has("有 1 项保持原状", hidden.Title, "请重新核对")

	now := s.result("防锈漆")
	form = url.Values{"ref": {fmt.Sprintf("%s.%d", now.ID, now.Version)}}
	officer.post("/results/withdraw", form).want(http.StatusBadRequest).has("写明原因")
	form.Set("reason", "权属不清")
	officer.post("/results/withdraw", form).want(http.StatusOK).has("已撤回 1 项")
	s.visitor().get("/results/" + hidden.Code).want(http.StatusNotFound)
}

func TestUnfiledIsLeft(t *testing.T) {
	s := newSite(t)
	r := concrete()
	r.Unfiled = true
	s.put(intake.Results, intake.Row{Title: r.Title, Result: &r})
	kept := s.result("混凝土")
	s.as(account.Officer).post("/gate/list", url.Values{"confirm": {"1"}, "ref": {fmt.Sprintf("%s.%d.0", kept.ID, kept.Version)}}).
		has("已公开 0 项", "尚未申请专利")
	s.visitor().get("/results/" + kept.Code).want(http.StatusNotFound)
}

// answered is a result that leaves nothing open.
func answered(title string) *catalog.Result {
	r := concrete()
	r.GivenID, r.Title, r.RightsAs, r.Completers = title, title, "发明专利", []catalog.Completer{{Name: "穆若澜"}}
	return &r
}

// What is in review is one thing: home counts what the gate holds, and the
// catalogue lists the same; a result whose licence goes on while its words changed
// is one of them, and is still licensed when it is back on the shelf.
func TestInReviewIsWhatTheGateHolds(t *testing.T) {
	s := newSite(t)
	s.stock()
	s.put(intake.Results, intake.Row{Title: "纤维混凝土", Result: answered("纤维混凝土")}, intake.Row{Title: "磷石膏板", Result: answered("磷石膏板")})
	draft, lic := s.result("纤维"), s.result("磷石膏板")
	draft.State, lic.State = catalog.ResultDraft, catalog.ResultLicensed
	if err := store.For[gate.Tx](s.db).Write(t.Context(), func(tx gate.Tx) error {
		return errors.Join(tx.SaveResult(t.Context(), draft), tx.SaveResult(t.Context(), lic))
	}); err != nil {
		t.Fatal(err)
	}
	officer := s.as(account.Officer)
	l, err := s.gate.Before(t.Context(), console, gate.Filter{})
	if err != nil || l.Total != 3 {
		t.Fatalf("%+v, %v", l, err)
	}
	at := officer.get("/gate").first(`href="(/results\?state=[^"]+)"`)
	list := officer.get(strings.ReplaceAll(at, "&amp;", "&")).has("共 3 项")
	for _, x := range l.Items {
		list.has(x.Code)
	}
	officer.get("/").has(`href="/gate" class=""><b>3</b><span>待审成果`)
	officer.get("/gate?find="+url.QueryEscape("磷石膏")).has(lic.Code, `value="磷石膏"`).hasNot(draft.Code)
	officer.get("/gate?find=" + url.QueryEscape("没有这样的成果")).has("没有").hasNot(lic.Code)
	officer.get("/gate/" + lic.Code).has("送外审")
	if err := s.processes.Decide(t.Context(), account.Principal{Roles: []account.Role{account.Officer}, Acting: account.Officer}, rulebook.ProcessProposal{Kind: gate.Definition.Kind, From: s.processes.Today(), Reason: "不设外审",
		Overlay: process.Overlay{Steps: []process.Settled{{Action: gate.Choose, Off: true}}}}); err != nil {
		t.Fatal(err)
	}
	officer.get("/gate/" + lic.Code).hasNot(`/review"`)
	officer.get("/results?state=licensed").hasNot(lic.Code)
	lic = s.result("磷石膏板")
	officer.post("/gate/list", url.Values{"confirm": {"1"}, "ref": {fmt.Sprintf("%s.%d.0", lic.ID, lic.Version)}}).has("已公开 1 项")
	if lic = s.result("磷石膏板"); lic.State != catalog.ResultLicensed || !lic.PublicConfirmed {
		t.Errorf("%s, %v", lic.State, lic.PublicConfirmed)
	}
	officer.get("/results?state=licensed").has(lic.Code)
	officer.get("/gate").hasNot(lic.Code)
}
