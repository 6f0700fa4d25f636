package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/store"
	"datai/web"

	"github.com/google/uuid"
)

const phrase = "滚动 轴承 早上好"

func signInForm(name, password string) url.Values {
	return url.Values{"name": {name}, "password": {password}}
}

func TestAPasswordFromTheInvitationToTheNextDay(t *testing.T) {
	s := newSite(t)
	b, _ := s.member(account.Manager)
	b.get("/me").has(`href="/me/security"`)
	b.get("/me/security").want(http.StatusOK).has("还没有密码", `autocomplete="new-password"`).hasNot(`name="old"`)
	b.post("/me/security", url.Values{"password": {phrase}, "again": {"别的"}}).want(http.StatusBadRequest).has("不一样").hasNot(phrase)
	b.post("/me/security", url.Values{"password": {"12345678"}, "again": {"12345678"}}).want(http.StatusBadRequest).has("太常见")
	b.post("/me/security", url.Values{"password": {phrase}, "again": {phrase}}).want(http.StatusSeeOther)
	b.get("/me/security?saved=1").want(http.StatusOK).has("密码已设好", "2023年4月7日")

	c := s.visitor()
	c.get("/sign-in").want(http.StatusOK).has(`action="/sign-in"`, `autocomplete="current-password"`, `autocomplete="username"`, "datai admin link", `href="/sign-in/forgot"`)
	a := c.post("/sign-in", signInForm("某manager", "错的错的错的错的")).want(http.StatusForbidden).has("账号或密码不正确", "还可尝试 4 次", `value="某manager"`).hasNot("错的错的")
	if unknown := s.visitor().post("/sign-in", signInForm("查无此人", phrase)).want(http.StatusForbidden); strings.ReplaceAll(unknown.body, "查无此人", "某manager") != a.body {
		t.Error("the page for an unknown account differs")
	}
	c.get("/me").want(http.StatusForbidden)
	if to := c.post("/sign-in", url.Values{"name": {"某manager"}, "password": {phrase}, "back": {"//evil.example"}}).want(http.StatusSeeOther).header.Get("Location"); to != "/" {
		t.Errorf("sent to %s", to)
	}
	c.get("/me").want(http.StatusOK).has("某manager")
	c.get("/me/security").has(`name="old"`)
	c.post("/me/security", url.Values{"old": {"错的错的错的错的"}, "password": {"另外 一句 话语"}, "again": {"另外 一句 话语"}}).want(http.StatusBadRequest).has("原密码不正确")
	c.post("/me/security", url.Values{"old": {phrase}, "password": {"另外 一句 话语"}, "again": {"另外 一句 话语"}}).want(http.StatusSeeOther)
	b.get("/me").want(http.StatusForbidden) // signed out elsewhere
	c.get("/me").want(http.StatusOK)
	if strings.Contains(s.log.String(), "轴承") {
		t.Error("the log holds a password")
	}
}

// What is said names only what there is.
func TestAWrongPasswordNamesNoShortMessageWhereNoneIsSent(t *testing.T) {
	s := newSite(t)
	for _, sms := range []bool{true, false} {
		s.inbox.Channels.SMS = sms
		b := s.visitor()
		for i := range 6 {
			a := b.post("/sign-in", signInForm("某人", "错的错的错的错的")).want(http.StatusForbidden)
			if got := strings.Contains(a.body, "短信验证码或一次性链接"); got != sms {
				t.Errorf("with short messages %v, try %d: names them: %v", sms, i, got)
			}
			a.has("一次性链接")
		}
	}
}

// A session that somebody planted is not the one that is signed in.
func TestSigningInByPasswordTakesNoPlantedSession(t *testing.T) {
	s := newSite(t)
	b, _ := s.member(account.Manager)
	b.post("/me/security", url.Values{"password": {phrase}, "again": {phrase}}).want(http.StatusSeeOther)
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	token := func() string { return b.client.Jar.Cookies(u)[0].Value }
	planted := token()
	b.post("/sign-in", signInForm("某manager", phrase)).want(http.StatusSeeOther)
	if token() == planted {
		t.Error("the token stayed the same")
	}
	thief := s.visitor()
	thief.header.Set("Cookie", "datai="+planted)
	thief.get("/me").want(http.StatusForbidden)
}

func TestHostileSignInForms(t *testing.T) {
	s := newSite(t)
	b := s.visitor()
	for name, f := range map[string]url.Values{"empty": {}, "long name": signInForm(strings.Repeat("王", 200), phrase), "long password": signInForm("某", strings.Repeat("x", 300)),
		"nul": signInForm("\x00", phrase), "no UTF-8": signInForm("某", "\xff\xfe")} {
		if a := b.post("/sign-in", f); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	b.post("/sign-in", signInForm(strings.Repeat("x", 9000), phrase)).want(http.StatusBadRequest)
	b.post("/sign-in", signInForm(`"><script>alert(1)</script>`, phrase)).want(http.StatusForbidden).hasNot("<script>alert")
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.post("/sign-in", signInForm("某", phrase)).want(http.StatusForbidden).has("别的网站")
}

func TestAForgottenPasswordOnThePages(t *testing.T) {
	s := newSite(t)
	_, who := s.member(account.Manager)
	ctx := context.Background()
	if err := store.For[account.Tx](s.db).Write(ctx, func(tx account.Tx) error {
		return tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: who.ID, Provider: account.ByEmail, Value: "zhou@example.edu.cn"})
	}); err != nil {
		t.Fatal(err)
	}
	b := s.visitor()
	b.get("/sign-in/forgot").want(http.StatusOK).has(`action="/sign-in/forgot"`)
	b.post("/sign-in/forgot", url.Values{"email": {"不是地址"}}).want(http.StatusBadRequest).has(`role="alert"`)
	known := b.post("/sign-in/forgot", url.Values{"email": {"zhou@example.edu.cn"}}).want(http.StatusOK)
	if unknown := b.post("/sign-in/forgot", url.Values{"email": {"nobody@example.edu.cn"}}).want(http.StatusOK); unknown.body != known.body {
		t.Error("the page says whether somebody has the address")
	}
	at := account.ResetPath(s.linkFor(who.Name))
	b.get(at).want(http.StatusOK).has(`action="` + at + `"`)
	if to := b.post(at, nil).want(http.StatusSeeOther).header.Get("Location"); to != "/me/security" {
		t.Errorf("sent to %s", to)
	}
	b.get("/me/security").want(http.StatusOK)
	for range 130 {
		b.post("/sign-in/forgot", url.Values{"email": {"nobody@example.edu.cn"}})
	}
	b.post("/sign-in/forgot", url.Values{"email": {"nobody@example.edu.cn"}}).want(http.StatusServiceUnavailable)

	silent := newSite(t, func(c *web.Config) { c.Inbox.Channels.Mail = false })
	silent.visitor().get("/sign-in/forgot").want(http.StatusOK).has("还不能发邮件").hasNot("<input id=\"email\"")
	silent.visitor().get("/sign-in").hasNot("/sign-in/forgot")
}
