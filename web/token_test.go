package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
)

var secretShown = regexp.MustCompile(`dt_[A-Za-z0-9_-]{43}`)

func tokenForm(name string) url.Values {
	return url.Values{"name": {name}, "role": {"officer"}, "scope": {"read"}, "days": {"30"}}
}

func TestATokenIsShownOnceAndRevoked(t *testing.T) {
	s := newSite(t)
	s.stock()
	hidden := s.result("涂层")
	b := s.as(account.Officer)
	b.get("/me").has(`href="/me/tokens"`)
	b.get("/me/tokens").want(http.StatusOK).has("还没有令牌")
	secret := secretShown.FindString(b.post("/me/tokens", tokenForm("科技处月报")).want(http.StatusOK).has("只显示这一次").body)
	if secret == "" {
		t.Fatal("no secret is shown")
	}
	list := b.get("/me/tokens").want(http.StatusOK).has("科技处月报", "尚未使用").hasNot(secret)
	b.post("/me/tokens", tokenForm("科技处月报")).want(http.StatusConflict).has("已有名为", `value="科技处月报"`)
	b.post("/me/tokens", tokenForm(" ")).want(http.StatusBadRequest).has("请填写用途")
	b.post("/me/tokens", url.Values{"name": {"x"}, "role": {"officer"}, "days": {"9999"}}).want(http.StatusBadRequest)
	b.post("/me/tokens", url.Values{"name": {"x"}, "role": {"console"}, "days": {"30"}}).want(http.StatusBadRequest).has("没有这个身份")

	program := s.visitor()
	program.header.Set("Authorization", "Bearer "+secret)
	program.get("/api/v1/results/" + hidden.Code).want(http.StatusOK)
	program.get("/me/tokens").want(http.StatusForbidden) // a token opens no page
	program.get("/import").want(http.StatusForbidden)
	b.get("/me/tokens").has("最近使用：2023年4月7日")
	action := regexp.MustCompile(`/me/tokens/[0-9a-f-]{36}/revoke`).FindString(list.body)
	if action == "" {
		t.Fatal("nothing to revoke with")
	}
	b.post(action, nil).want(http.StatusSeeOther)
	program.get("/api/v1/results/" + hidden.Code).want(http.StatusUnauthorized)
	b.get("/me/tokens").has("已停用").hasNot(action)
	if strings.Contains(s.log.String(), secret) {
		t.Error("the log holds the secret")
	}
	if _, err := s.account.TokensOf(context.Background(), console, "李老师"); err != nil {
		t.Error(err)
	}
}
