package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"datai/account"
	"datai/web"
)

func TestLookingAtALinkDoesNotUseIt(t *testing.T) {
	s := newSite(t)
	at := "/enter/" + s.link()
	for range 3 {
		s.visitor().get(at).want(http.StatusOK).has(`method="post"`)
	}
	first, second := s.visitor(), s.visitor()
	first.post(at, nil).want(http.StatusSeeOther)
	first.get("/import").want(http.StatusOK)
	second.post(at, nil).want(http.StatusForbidden).has("登录链接无效")
	second.get("/import").want(http.StatusForbidden)
}

func TestSessionCookie(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := newSite(t, func(c *web.Config) { c.Secure = secure })
		a := s.visitor().post("/enter/"+s.link(), nil).want(http.StatusSeeOther)
		cookies := (&http.Response{Header: a.header}).Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies, want 1", len(cookies))
		}
		c := cookies[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.MaxAge > 0 {
			t.Errorf("secure %v: cookie %v", secure, c)
		}
		if hsts := a.header.Get("Strict-Transport-Security"); (hsts != "") != secure {
			t.Errorf("secure %v: Strict-Transport-Security is %q", secure, hsts)
		}
	}
}

// Who is signed in already gets another token when signing in again or
// changing the role: one planted or seen before is worth nothing afterwards.
func TestTokenChangesWithWhoOneIs(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	token := func() string {
		u, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		return b.client.Jar.Cookies(u)[0].Value
	}
	old := token()
	b.post("/me/role", url.Values{"role": {"system"}}).want(http.StatusSeeOther)
	if token() == old {
		t.Error("the token stayed the same when the role changed")
	}
	b.get("/import").want(http.StatusForbidden)
	old = token()
	b.post("/enter/"+s.link(), nil).want(http.StatusSeeOther)
	if token() == old {
		t.Error("the token stayed the same at sign-in")
	}
	thief := s.visitor()
	thief.header.Set("Cookie", "datai="+old)
	thief.get("/me").want(http.StatusForbidden)
}

func TestSigningOutEndsTheSession(t *testing.T) {
	s := newSite(t)
	b := s.as(account.Officer)
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	kept := b.client.Jar.Cookies(u)
	b.post("/sign-out", nil).want(http.StatusSeeOther)
	b.get("/import").want(http.StatusForbidden).has("请先登录")
	if b.client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, kept)
	b.get("/import").want(http.StatusForbidden)
}

func TestActingRoleIsShown(t *testing.T) {
	s := newSite(t)
	s.as(account.Officer).get("/").has("李老师", "成果办")
	s.as(account.System).get("/").has("系统管理员").hasNot(`href="/import"`)
	s.visitor().get("/").hasNot(`href="/import"`).has(`href="/sign-in"`)
}
