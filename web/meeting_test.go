package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
)

func checkOf(need catalog.Need, r catalog.Result) url.Values {
	return url.Values{"result": {r.Code}, "do": {"set"}, "need_version": {fmt.Sprint(need.Version)}, "result_version": {fmt.Sprint(r.Version)}, "note": {"已电话问过"}}
}

func TestCheckOfAMatch(t *testing.T) {
	s := newSite(t)
	s.stock()
	r, n := s.result("轴承"), s.need()
	at := "/needs/" + n.Code
	officer := s.as(account.Officer)
	officer.get(at).has("以上由系统比对公开文字得出，未经人工核实").hasNot("已由技术经理人 李老师 核对（")
	officer.post(at+"/check", checkOf(n, r)).want(http.StatusSeeOther)
	officer.get(at).has("已由技术经理人 李老师 核对（2023年4月7日）", "已电话问过", "除注明已核对的外", "撤销核对")
	officer.get(at+"/print").has("已由技术经理人 李老师 核对（2023年4月7日）").hasNot("已电话问过", "某水泥厂", "50–80", "13900000002")
	stale := checkOf(n, r)
	stale.Set("result_version", "99")
	officer.post(at+"/check", stale).want(http.StatusConflict).has("刚刚有改动")
	stale.Set("result_version", "x")
	officer.post(at+"/check", stale).want(http.StatusBadRequest)
	officer.post(at+"/check", url.Values{"result": {r.Code}, "do": {"lift"}}).want(http.StatusSeeOther)
	officer.get(at).hasNot("撤销核对")
}

// To an enterprise goes only what is public and checked, and nothing of the
// office's goes along.
func TestTextToSendOn(t *testing.T) {
	s := newSite(t)
	s.stock()
	owner := catalog.Party{Name: "某水泥厂", Nature: "市属国企", Kind: catalog.PartyEnterprise}
	s.put(intake.Parties, intake.Row{Title: owner.Name, Party: &owner})
	r, n := s.result("轴承"), s.need()
	at := "/needs/" + n.Code + "/text"
	officer := s.as(account.Officer)
	office := []string{"某水泥厂", "13900000002", "13800000001", "罗静姝", "内部备注"}
	page := officer.get(at).want(http.StatusOK).has("【技术难题】"+n.Title+"（某市属国企）", "https://tt.example.edu.cn/needs/"+n.Code, "校内老师点这里").hasNot(office...)
	if strings.Contains(page.body, "50–80") {
		t.Error("the budget is sent on unasked")
	}
	officer.get(at + "?budget=1").has("预算：50–80 万元")
	officer.get(at+"?result="+r.Code).want(http.StatusOK).has("核对").hasNot("<textarea", "【校内成果】")
	officer.post("/needs/"+n.Code+"/check", checkOf(n, r)).want(http.StatusSeeOther)
	officer.get(at+"?result="+r.Code).has("【校内成果】"+r.Title, "https://tt.example.edu.cn/results/"+r.Code, "已由技术经理人 李老师 核对").hasNot(append(office, "已电话问过", "80 万")...)
	hidden := s.result("涂层")
	if page := officer.get(at + "?result=" + hidden.Code); strings.Contains(page.body, "【校内成果】") {
		t.Error("a result that is not public is sent on")
	}
	officer.get(at + "?result=R-2222222222").want(http.StatusNotFound)
}

func TestCandidatesSideBySide(t *testing.T) {
	s := newSite(t)
	s.stock()
	more := bearing()
	more.GivenID, more.Title, more.Owners = "a9", "风机轴承的声学诊断", nil
	s.put(intake.Results, intake.Row{Title: more.Title, Result: &more})
	one, two, n := s.result("变转速"), s.result("声学"), s.need()
	officer := s.as(account.Officer)
	at := "/needs/" + n.Code + "/compare"
	officer.get(at+"?result="+one.Code+"&result="+two.Code).want(http.StatusOK).has(one.Title, two.Title, "误报率", "自报 TRL 7", "示例轴承研究所", "未经人工核实", "沈若川").
		hasNot("80 万", "13800000001", "内部备注", "某水泥厂")
	officer.get(at + "?result=" + one.Code).want(http.StatusBadRequest).has("2 到 5 项")
	officer.get(at + "?result=" + one.Code + "&result=R-2222222222").want(http.StatusNotFound)
	officer.get(at + "?result=" + one.Code + "&result=" + one.Code).want(http.StatusBadRequest)
}

func TestARoundOfMatching(t *testing.T) {
	s := newSite(t)
	s.stock()
	officer := s.as(account.Officer)
	officer.get("/batch").want(http.StatusOK).has("还没有批量匹配过")
	for _, form := range []url.Values{{"k": {"0"}, "for": {"office"}}, {"k": {"x"}, "for": {"office"}}, {"k": {"5"}, "for": {"press"}}} {
		officer.post("/batch", form).want(http.StatusBadRequest)
	}
	a := officer.post("/batch", url.Values{"k": {"5"}, "for": {"office"}, "needs": {"open"}}).want(http.StatusSeeOther)
	at := a.header.Get("Location")
	for strings.Contains(officer.part(at).body, "hx-trigger") { // each answer takes the time that it takes
	}
	officer.get(at).has("1 条需求，其中 0 条", s.need().Title, s.result("轴承").Title)
	officer.get(at+"/print").want(http.StatusOK).has(s.result("轴承").Title, "误报率", "未经人工核实").hasNot("某水泥厂", "50–80", "13900000002", "13800000001")
	file := officer.get(at + "/xlsx").want(http.StatusOK)
	if !strings.HasPrefix(file.body, "PK") || !strings.Contains(file.header.Get("Content-Disposition"), "datai-batch-20230407-1200.xlsx") {
		t.Errorf("the workbook: %q, %q", file.body[:min(20, len(file.body))], file.header.Get("Content-Disposition"))
	}
	officer.get(at + "/print?from=x").want(http.StatusBadRequest)
	officer.get("/batch").has("1 条需求")
	s.visitor().get(at + "/xlsx").want(http.StatusForbidden)
	s.visitor().get(at).want(http.StatusForbidden).hasNot(s.result("轴承").Title)
	officer.get("/batch/00000000-0000-4000-8000-000000000000").want(http.StatusNotFound).has("只保留最近 4 次")
	officer.get("/batch/x").want(http.StatusNotFound)
}
