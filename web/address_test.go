package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"datai/account"
	"datai/inbox"
)

var (
	codeSent   = regexp.MustCompile(`name="c" value="([0-9a-f-]{36})"`)
	removeForm = regexp.MustCompile(`action="(/me/addresses/[0-9a-f-]{36}/remove)"`)
)

func TestTheOwnTelephoneAndMail(t *testing.T) {
	s := newSite(t)
	b, who := s.member(account.Professor)
	b.get("/me").has(`href="/me/addresses"`)
	b.get("/me/addresses").want(http.StatusOK).has("还没有手机或邮箱", `autocomplete="tel"`, `autocomplete="email"`)
	for kind, value := range map[string]string{"phone": "12345", "email": "nobody"} {
		b.post("/me/addresses", url.Values{"kind": {kind}, "value": {value}}).want(http.StatusBadRequest).has(`role="alert"`, `value="`+value+`"`)
	}
	b.post("/me/addresses", url.Values{"kind": {"number"}, "value": {"T1"}}).want(http.StatusBadRequest)
	sent := b.post("/me/addresses", url.Values{"kind": {"phone"}, "value": {"138 0000 0001"}}).want(http.StatusOK).has("验证码已发往 13800000001", `autocomplete="one-time-code"`)
	form := url.Values{"c": {codeSent.FindStringSubmatch(sent.body)[1]}, "kind": {"phone"}, "value": {"13800000001"}, "code": {"00000"}}
	digits := s.texted()
	sent.hasNot(digits)
	b.post("/me/addresses/confirm", form).want(http.StatusBadRequest).has("验证码不正确", `name="value" value="13800000001"`)
	form.Set("code", digits[:3]+" "+digits[3:])
	other, _ := s.member(account.Student)
	other.post("/me/addresses/confirm", form).want(http.StatusBadRequest)
	b.post("/me/addresses/confirm", url.Values{"c": {"x"}}).want(http.StatusBadRequest)
	if to := b.post("/me/addresses/confirm", form).want(http.StatusSeeOther).header.Get("Location"); to != "/me/addresses?saved=1" {
		t.Errorf("sent to %s", to)
	}
	page := b.get("/me/addresses?saved=1").want(http.StatusOK).has("已保存", "138****").hasNot("13800000001")
	remove := removeForm.FindStringSubmatch(page.body)[1]
	b.post(remove, nil).want(http.StatusConflict).has("您将无法登录")
	other.post(remove, nil).want(http.StatusNotFound)
	s.identify(who, account.ByEmail, "wang@example.edu.cn")
	b.post(remove, nil).want(http.StatusSeeOther)
	b.get("/me/addresses").hasNot("138****").has("w***")

	s.inbox.Channels = inbox.Channels{}
	b.get("/me/addresses").has("尚未开通短信和邮件").hasNot(`autocomplete="tel"`)
	b.post("/me/addresses", url.Values{"kind": {"phone"}, "value": {"13800000001"}}).want(http.StatusBadRequest)
	s.visitor().get("/me/addresses").want(http.StatusForbidden)
}
