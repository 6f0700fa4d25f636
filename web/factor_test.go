package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/internal/totptest"
)

var (
	keyShown  = regexp.MustCompile(`<code id="secret">([A-Z2-7]{32})</code>`)
	codeShown = regexp.MustCompile(`<code>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</code>`)
)

// invited is the browser of an officer who has just come in by an invitation.
func invited(s *site, name string, role account.Role) *browser {
	s.t.Helper()
	x, err := s.account.Add(context.Background(), console, name, []account.Role{role})
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.account.Invite(context.Background(), console, x.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.visitor()
	if to := b.post("/enter/"+token+"?password=1", nil).want(http.StatusSeeOther).header.Get("Location"); to != "/sign-in/factor?back=%2Fme%2Fsecurity" {
		s.t.Errorf("sent to %s", to)
	}
	return b
}

// set sets an authenticator up and returns its secret and the recovery codes.
func set(t *testing.T, s *site, b *browser) (secret string, codes []string) {
	t.Helper()
	b.post("/me/authenticator/begin", nil).want(http.StatusSeeOther)
	a := b.get("/me/authenticator").want(http.StatusOK).has("<svg", "otpauth://totp/")
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("the secret is kept by the browser")
	}
	secret = keyShown.FindStringSubmatch(a.body)[1]
	a = b.post("/me/authenticator", url.Values{"code": {totptest.Code(secret, noon)}}).want(http.StatusOK)
	for _, m := range codeShown.FindAllStringSubmatch(a.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("recovery codes: %v", codes)
	}
	return secret, codes
}

func TestAnOfficerIsLedToASecondFactorAndAskedForIt(t *testing.T) {
	s := newSite(t)
	b := invited(s, "沈若川", account.Officer)
	for _, path := range []string{"/me", "/me/security", "/import", "/contacts", "/inbox", "/me/tokens"} {
		b.get(path).want(http.StatusForbidden).has("请先完成两步验证", `href="/sign-in/factor"`)
	}
	r := b.request(http.MethodGet, "/api/v1/results", nil)
	if a := b.do(r); strings.Contains(a.body, "price") {
		t.Error("the interface for programs shows what is the office's")
	}
	b.get("/sign-in/factor").want(http.StatusOK).has("还没有设置", `action="/me/authenticator/begin"`, "待两步验证")
	b.post("/me/authenticator", url.Values{"code": {"123456"}}).want(http.StatusConflict).has("请重新开始设置")
	secret, codes := set(t, s, b)
	b.get("/me/security").want(http.StatusOK).has("还剩 10 个恢复码").hasNot(secret, codes[0])
	b.get("/import").want(http.StatusOK)
	b.post("/me/security", url.Values{"password": {phrase}, "again": {phrase}}).want(http.StatusSeeOther)
	b.post("/sign-out", nil).want(http.StatusSeeOther)

	c := s.visitor()
	to := c.post("/sign-in", url.Values{"name": {"沈若川"}, "password": {phrase}, "back": {"/import"}}).want(http.StatusSeeOther).header.Get("Location")
	if to != "/sign-in/factor?back=%2Fimport" {
		t.Errorf("sent to %s", to)
	}
	planted := c.get(to).want(http.StatusOK).has(`name="back" value="/import"`, "服务器时间").header.Get("Set-Cookie")
	c.post("/sign-in/factor", url.Values{"code": {totptest.Code(secret, noon)}}).want(http.StatusBadRequest).has("已经用过")
	c.post("/sign-in/factor", url.Values{"code": {"000000"}, "back": {"/import"}}).want(http.StatusBadRequest).has("还可尝试 3 次", `value="/import"`)
	c.post("/me/authenticator/begin", nil).want(http.StatusForbidden)
	c.post("/me/authenticator/remove", nil).want(http.StatusForbidden)
	c.get("/import").want(http.StatusForbidden)
	if to := c.post("/sign-in/factor", url.Values{"code": {totptest.Code(secret, noon.Add(30*time.Second))}, "back": {"/import"}}).want(http.StatusSeeOther).header.Get("Location"); to != "/import" {
		t.Errorf("sent to %s", to)
	}
	if now := c.get("/import").want(http.StatusOK).header.Get("Set-Cookie"); planted != "" && now == planted {
		t.Error("the session kept its token")
	}
	if to := c.post("/sign-in/factor", url.Values{"code": {codes[0]}, "back": {"//evil.example"}}).header.Get("Location"); to != "/" {
		t.Errorf("sent to %s", to)
	}
	c.post("/sign-out", nil).want(http.StatusSeeOther)

	d := s.visitor()
	d.post("/sign-in", signInForm("沈若川", phrase)).want(http.StatusSeeOther)
	d.post("/sign-in/factor", url.Values{"code": {codes[0]}}).want(http.StatusBadRequest).has("已用过")
	d.post("/sign-in/factor", url.Values{"code": {strings.ToLower(codes[1])}}).want(http.StatusSeeOther)
	d.get("/me/security").want(http.StatusOK).has("还剩 8 个恢复码")
	fresh := codeShown.FindAllString(d.post("/me/recovery-codes", nil).want(http.StatusOK).body, -1)
	if len(fresh) != 10 {
		t.Errorf("%d new codes", len(fresh))
	}
	d.post("/me/authenticator/remove", nil).want(http.StatusSeeOther)
	d.get("/me/security").want(http.StatusOK).has(`action="/me/authenticator/begin"`).hasNot("恢复码")
	if log := s.log.String(); strings.Contains(log, secret) || strings.Contains(log, codes[1]) {
		t.Error("the log holds a secret")
	}
}

func TestTheSecurityAdministratorHelpsWhoHasLostThePhone(t *testing.T) {
	s := newSite(t)
	b := invited(s, "沈若川", account.Officer)
	set(t, s, b)
	x, err := s.account.AccountCalled(context.Background(), console, "沈若川")
	if err != nil {
		t.Fatal(err)
	}
	path := "/accounts/" + x.ID.String()
	admin, _ := s.member(account.System)
	admin.get(path).want(http.StatusOK).hasNot(path + "/second-factor")
	admin.post(path+"/second-factor", nil).want(http.StatusForbidden)
	guard, _ := s.member(account.Security)
	guard.get(path).want(http.StatusOK).has(path + "/second-factor")
	guard.post(path+"/second-factor", nil).want(http.StatusSeeOther)
	guard.post(path+"/second-factor", nil).want(http.StatusConflict).has("没有设置两步验证")
	b.get("/import").want(http.StatusForbidden).has("请先登录")
	guard.post("/accounts/x/second-factor", nil).want(http.StatusNotFound)
}

func TestWhomASecondFactorIsAskedOfIsSetOnAPage(t *testing.T) {
	s := newSite(t)
	b := invited(s, "沈若川", account.Officer)
	guard, _ := s.member(account.Security)
	guard.get("/sign-in-sources").want(http.StatusOK).has(`action="/second-factor"`, `value="officer" checked`)
	guard.post("/second-factor", url.Values{"version": {"0"}, "role": {"system", "security", "audit"}}).want(http.StatusSeeOther)
	guard.post("/second-factor", url.Values{"version": {"0"}, "role": {"officer"}}).want(http.StatusConflict)
	guard.post("/second-factor", url.Values{"version": {"1"}, "role": {"king"}}).want(http.StatusBadRequest)
	guard.post("/second-factor", url.Values{"role": {"officer"}}).want(http.StatusBadRequest)
	guard.get("/sign-in-sources").has(`value="officer">`, `value="audit" checked`)
	b.get("/import").want(http.StatusOK)
}
