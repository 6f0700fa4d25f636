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
	"datai/shelf"
)

// nobodysCode has a right check digit and a registration office that does not
// exist.
func nobodysCode() (code string) {
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if c, ok := catalog.CreditCode("91999999MA0000002" + string(last)); ok {
			code = c
		}
	}
	return code
}

func TestAnEnterpriseSignsUpAndPostsANeed(t *testing.T) {
	s := newSite(t)
	code := nobodysCode()
	phone := s.visitor()
	phone.get("/sign-in").has(`href="/enterprises/sign-up"`)
	page := phone.get("/enterprises/sign-up").want(http.StatusOK).has("统一社会信用代码", "不注册也可以")
	if strings.Contains(page.body, "checked") {
		t.Error("something is ticked already")
	}
	form := url.Values{"name": {"江州示例泵业有限公司"}, "credit_code": {code}, "contact": {"张三丰"}, "phone": {"13800000001"}, "consent": {"1"}}
	phone.post("/enterprises/sign-up", with(form, "credit_code", "91999999MA00000021")).want(http.StatusBadRequest).has("校验位不符", "江州示例泵业有限公司")
	phone.post("/enterprises/sign-up", with(form, "website", "x")).want(http.StatusBadRequest)
	phone.post("/enterprises/sign-up", form).want(http.StatusSeeOther)
	phone.get("/enterprises/sign-up/done").has("已送审核")
	phone.get("/enterprises/sign-ups").want(http.StatusForbidden)

	s.put(intake.Needs, intake.Row{Title: "泵漏", Need: &catalog.Need{Title: "泵漏", Text: "漏", OwnerName: "江州示例泵业有限公司"}},
		intake.Row{Title: "阀卡", Need: &catalog.Need{Title: "阀卡", Text: "卡", OwnerName: "江州示例泵业有限公司"}})
	li := s.as(account.Officer)
	list := li.get("/enterprises/sign-ups").want(http.StatusOK).has("江州示例泵业有限公司", code, "138****01").hasNot("13800000001")
	accept := list.first(`action="(/enterprises/sign-ups/[0-9a-f-]{36}/accept)"`)
	if strings.Contains(list.body, "checked") {
		t.Error("a need is ticked already")
	}
	call := list.first(`action="(/enterprises/sign-ups/[0-9a-f-]{36}/contact)"`)
	phone.post(call, nil).want(http.StatusForbidden)
	li.post(call, nil).want(http.StatusOK).has("13800000001")
	ref := list.has("尚未归属的需求：2 条", "泵漏", "阀卡").first(`name="ref" value="([0-9a-f-]{36}\.\d+)"`)
	li.post(accept, url.Values{"version": {"1"}, "ref": {ref + "9"}}).want(http.StatusConflict).has("没有改动", "江州示例泵业有限公司")
	li.post(accept, url.Values{"version": {"1"}, "ref": {"x"}}).want(http.StatusBadRequest)
	enter := li.post(accept, url.Values{"version": {"1"}, "ref": {ref}}).want(http.StatusOK).has("1 条需求已归到这家企业", "短信已排队").first(`(/enter/[A-Za-z0-9_-]{43})`)
	li.post(accept, url.Values{"version": {"1"}}).want(http.StatusConflict)
	li.get("/enterprises/sign-ups").has("没有等待审核的企业")

	own := s.visitor()
	own.post(enter, nil).want(http.StatusSeeOther)
	own.get("/me/needs").want(http.StatusOK).has("江州示例泵业有限公司", "泵漏").hasNot("阀卡")
	ps, _, _, err := s.shelf.Parties(t.Context(), console, shelf.PartyFilter{Q: "江州"}, shelf.Page{Limit: 2})
	if err != nil || len(ps) != 1 {
		t.Fatal(ps, err)
	}
	later := "/parties/" + ps[0].Code + "/needs"
	li.get("/parties/" + ps[0].Code).has(later)
	ref = li.get(later).want(http.StatusOK).has("阀卡").hasNot("泵漏").first(`name="ref" value="([0-9a-f-]{36}\.\d+)"`)
	own.get(later).want(http.StatusForbidden)
	li.post(later, nil).want(http.StatusBadRequest).has("阀卡")
	li.post(later, url.Values{"ref": {ref}}).want(http.StatusSeeOther)
	li.get(later).has("没有写着这家名称")
	own.get("/me/needs").has("阀卡", "泵漏")
	need := url.Values{"title": {"阀门冬天卡死"}, "text": {"零下二十度打不开"}, "budget": {"30万"}, "contact": {"张三丰"}, "phone": {"13800000001"}, "public": {"1"}}
	own.post("/me/needs", with(need, "public", "")).want(http.StatusBadRequest).has("阀门冬天卡死")
	own.post("/me/needs", with(need, "text", "机密")).want(http.StatusBadRequest).has("未保存")
	own.post("/me/needs", need).want(http.StatusSeeOther)
	own.post("/me/needs", need).want(http.StatusConflict).has("已有同名需求")
	mine := own.get("/me/needs").has("阀门冬天卡死", "待审")
	at := mine.first(`href="(/needs/N-[0-9A-Z]{10})"`)
	own.get(at).want(http.StatusOK).has("技术经理人核对过的匹配成果").hasNot("13800000001")
	phone.get(at).want(http.StatusNotFound)
	n, err := s.shelf.Need(t.Context(), console, strings.TrimPrefix(at, "/needs/"))
	if err != nil {
		t.Fatal(err)
	}
	ref = fmt.Sprintf("%s.%d", n.ID, n.Version)
	li.post("/needs/publish", url.Values{"ref": {ref}, "confirm": {"1"}}).want(http.StatusOK)
	phone.get(at).want(http.StatusOK).hasNot("江州示例泵业", "30万", "代录")
	version := own.get("/me/needs").first(`name="version" value="(\d+)"`)
	own.post("/me"+at+"/withdraw", url.Values{"version": {version}}).want(http.StatusSeeOther)
	phone.get(at).want(http.StatusNotFound)
}

func TestARefusedEnterpriseIsToldWhy(t *testing.T) {
	s := newSite(t)
	if _, err := s.enterprises.Ask(t.Context(), account.Nobody(), shelf.SignUpRequest{Name: "示例阀门", CreditCode: nobodysCode(), Contact: "张三丰", Phone: "13800000001", Consent: "同意"}); err != nil {
		t.Fatal(err)
	}
	li := s.as(account.Officer)
	refuse := li.get("/enterprises/sign-ups").first(`action="(/enterprises/sign-ups/[0-9a-f-]{36}/refuse)"`)
	li.post(refuse, url.Values{"version": {"1"}, "reason": {" "}}).want(http.StatusBadRequest).has("示例阀门")
	li.post(refuse, url.Values{"version": {"1"}, "reason": {"与营业执照不符"}}).want(http.StatusOK).has("与营业执照不符", "/enterprises/sign-up", "短信已排队")
	li.get("/enterprises/sign-ups").has("没有等待审核的企业")
}
