package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
)

func TestAnEnterpriseSignsUpAndPostsANeed(t *testing.T) {
	s := newSite(t)
	code := ""
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if c, ok := catalog.CreditCode("91999999MA0000002" + string(last)); ok {
			code = c
		}
	}
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

	li := s.as(account.Officer)
	list := li.get("/enterprises/sign-ups").want(http.StatusOK).has("江州示例泵业有限公司", code, "138****01").hasNot("13800000001")
	accept := list.first(`action="(/enterprises/sign-ups/[0-9a-f-]{36}/accept)"`)
	enter := li.post(accept, url.Values{"version": {"1"}}).want(http.StatusOK).first(`(/enter/[A-Za-z0-9_-]{43})`)
	li.post(accept, url.Values{"version": {"1"}}).want(http.StatusConflict)
	li.get("/enterprises/sign-ups").has("没有等待审核的企业")

	own := s.visitor()
	own.post(enter, nil).want(http.StatusSeeOther)
	own.get("/me/needs").want(http.StatusOK).has("江州示例泵业有限公司", "还没有需求")
	need := url.Values{"title": {"阀门冬天卡死"}, "text": {"零下二十度打不开"}, "budget": {"30万"}, "contact": {"张三丰"}, "phone": {"13800000001"}, "public": {"1"}}
	own.post("/me/needs", with(need, "public", "")).want(http.StatusBadRequest).has("阀门冬天卡死")
	own.post("/me/needs", with(need, "text", "机密")).want(http.StatusBadRequest).has("未保存")
	own.post("/me/needs", need).want(http.StatusSeeOther)
	own.post("/me/needs", need).want(http.StatusConflict).has("已有同名需求")
	mine := own.get("/me/needs").has("阀门冬天卡死", "待审")
	at := mine.first(`href="(/needs/N-[0-9A-Z]{10})"`)
	own.get(at).want(http.StatusOK).has("技术经理人核对过的匹配成果").hasNot("13800000001")
	phone.get(at).want(http.StatusNotFound)
	ref := li.get("/needs?state=review").first(`value="([0-9a-f-]{36}\.\d+)"`)
	li.post("/needs/publish", url.Values{"ref": {ref}, "confirm": {"1"}}).want(http.StatusOK)
	phone.get(at).want(http.StatusOK).hasNot("江州示例泵业", "30万", "代录")
	version := own.get("/me/needs").first(`name="version" value="(\d+)"`)
	own.post("/me"+at+"/withdraw", url.Values{"version": {version}}).want(http.StatusSeeOther)
	phone.get(at).want(http.StatusNotFound)
}
