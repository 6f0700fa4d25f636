package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/internal/castest"
	"datai/internal/oidctest"
	"datai/signin"
	"datai/web"
)

const campusReturn = "https://tt.example.edu.cn/sign-in/with/campus/return"

// campus is a site on which people sign in by a CAS server.
func campus(t *testing.T, people ...castest.Person) (*site, *castest.Server) {
	t.Helper()
	cas := castest.Start(t, people...)
	s := newSite(t, func(c *web.Config) {
		client := signin.New(signin.Config{Base: c.BaseURL, Key: [32]byte{1}, Now: c.Now, Limit: time.Minute})
		c.Outside = web.Outside{Begin: client.Begin, Return: client.Return, Ended: client.Ended, Leave: client.Leave}
	})
	s.addSource(cas.URL)
	return s, cas
}

func (s *site) addSource(address string) {
	s.t.Helper()
	if _, err := s.account.SaveSource(context.Background(), console, account.Source{Name: "campus", SourceSetup: account.SourceSetup{Kind: account.CAS,
		Title: "统一身份认证", TitleEn: "Campus sign-in", Address: address, NoPassword: true,
		Map: account.AttributeMap{Numbers: []string{"user", "student"}, Name: "cn", Kind: "type", Staff: []string{"staff"}, Student: []string{"student"}}}}); err != nil {
		s.t.Fatal(err)
	}
}

func shen() castest.Person {
	return castest.Person{User: "T2010033", Attributes: [][2]string{{"cn", "沈若川"}, {"type", "staff"}}}
}

// away sets out for the source and returns where it is sent.
func (b *browser) away(path string) string {
	b.s.t.Helper()
	a := b.get(path).want(http.StatusSeeOther)
	return a.header.Get("Location")
}

func TestSigningInByCAS(t *testing.T) {
	s, cas := campus(t, shen())
	b := s.visitor()
	b.get("/sign-in").want(http.StatusOK).has("统一身份认证", `href="/sign-in/with/campus"`)
	if to := b.away("/sign-in/with/campus?back=/needs"); to != cas.URL+"/login?service="+url.QueryEscape(campusReturn) {
		t.Errorf("sent to %s", to)
	}
	ticket := cas.Ticket("T2010033", campusReturn)
	if to := b.away("/sign-in/with/campus/return?ticket=" + ticket); to != "/needs" {
		t.Errorf("sent back to %s", to)
	}
	b.get("/me").want(http.StatusOK).has("沈若川", "教师").hasNot("/sign-in-sources")
	b.get("/import").want(http.StatusForbidden)
	// Once more with the same ticket, here and in another browser.
	b.get("/sign-in/with/campus/return?ticket="+ticket).want(http.StatusBadRequest).has("没有登录成功", "登录超时")
	thief := s.visitor()
	thief.get("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn)).want(http.StatusBadRequest)
	thief.away("/sign-in/with/campus")
	thief.get("/sign-in/with/campus/return?ticket=" + ticket).want(http.StatusForbidden).has("登录凭据无效")
	thief.get("/me").want(http.StatusForbidden)
	// The server says that the sign-in is over.
	cas.Answer = nil
	behind := s.visitor()
	behind.post("/sign-in/with/campus/return", url.Values{"logoutRequest": {castest.LogoutRequest("ST-none")}}).want(http.StatusOK)
	b.get("/me").want(http.StatusOK)
	behind.post("/sign-in/with/campus/return", url.Values{"logoutRequest": {castest.LogoutRequest(ticket)}}).want(http.StatusOK)
	b.get("/me").want(http.StatusForbidden)
	behind.post("/sign-in/with/campus/return", url.Values{"logoutRequest": {"<x>"}}).want(http.StatusBadRequest)
	behind.post("/sign-in/with/nowhere/return", nil).want(http.StatusNotFound)
	if strings.Contains(s.log.String(), ticket) {
		t.Error("the log holds a ticket")
	}
}

func TestSigningInByOIDC(t *testing.T) {
	op := oidctest.Start(t, []string{campusReturn}, oidctest.Person{Subject: "u-1", AMR: []string{"mfa"},
		Claims: map[string]any{"display": "沈若川", "number": "T2010033", "kind": "staff", "sid": "sid-1", "email": "shen@example.edu.cn", "email_verified": true}})
	at := time.Now() // tokens are made by the clock of the machine
	s := newSite(t, func(c *web.Config) {
		client := signin.New(signin.Config{Base: c.BaseURL, Key: [32]byte{1}, Now: func() time.Time { return at }, Limit: time.Minute})
		c.Outside = web.Outside{Begin: client.Begin, Return: client.Return, Ended: client.Ended, Leave: client.Leave}
	})
	g, _ := s.member(account.Security)
	g.post("/sign-in-sources", sourceForm("kind", "oidc", "address", op.URL, "client", "")).want(http.StatusBadRequest).has("client id")
	g.post("/sign-in-sources", sourceForm("kind", "oidc", "address", op.URL, "client", oidctest.ClientID, "secret", oidctest.Secret, "scopes", "profile email", "map_numbers", "number",
		"map_name", "display", "map_kind", "kind", "map_strong", "amr", "map_strong_is", "mfa")).want(http.StatusSeeOther)
	g.get("/sign-in-sources/campus").want(http.StatusOK).has("已保存一个").hasNot(oidctest.Secret)

	in := func() *browser {
		b := s.visitor()
		back := op.Login(t, b.away("/sign-in/with/campus?back=/needs"), "u-1")
		if to := b.away("/sign-in/with/campus/return?" + back.RawQuery); to != "/needs" {
			t.Fatalf("sent back to %s", to)
		}
		b.get("/me").want(http.StatusOK).has("沈若川")
		return b
	}
	a, b := in(), in()
	who, known, err := s.account.Known(context.Background(), account.ByNumber, "T2010033")
	if err != nil || !known {
		t.Fatal(known, err)
	}
	ins, err := s.account.SignIns(context.Background(), account.Principal{ID: who.ID, Acting: account.Professor})
	if err != nil || len(ins) != 2 || !ins[0].Strong || ins[0].Via != "oidc:campus" {
		t.Errorf("%+v, %v", ins, err)
	}
	behind := s.visitor()
	end := func(token string) answer {
		return behind.post("/sign-in/with/campus/return", url.Values{"logout_token": {token}})
	}
	end(op.Forge(t, op.Ending(at, map[string]any{"sid": "sid-1"}))).want(http.StatusBadRequest)
	a.get("/me").want(http.StatusOK)
	if to := a.post("/sign-out", nil).header.Get("Location"); to != "/sign-in?left=campus" {
		t.Errorf("sent to %s", to)
	}
	a.get("/sign-in?left=campus").has("/end_session?client_id=datai")
	token := op.Sign(t, op.Ending(at, map[string]any{"sub": "u-1"}))
	if h := end(token).want(http.StatusOK).header.Get("Cache-Control"); h != "no-store" {
		t.Errorf("the answer may be kept: %q", h)
	}
	b.get("/me").want(http.StatusForbidden)
	end(token).want(http.StatusBadRequest) // once
	c := in()
	end(op.Sign(t, op.Ending(at, map[string]any{"sid": "sid-1"}))).want(http.StatusOK)
	c.get("/me").want(http.StatusForbidden)
}

func TestSigningOutNamesTheSource(t *testing.T) {
	s, cas := campus(t, shen())
	b := s.visitor()
	b.away("/sign-in/with/campus")
	b.away("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn))
	if to := b.post("/sign-out", nil).want(http.StatusSeeOther).header.Get("Location"); to != "/sign-in?left=campus" {
		t.Errorf("sent to %s", to)
	}
	b.get("/sign-in?left=campus").has("可能仍登录着统一身份认证", `href="`+cas.URL+`/logout"`)
	b.get("/sign-in?left=nowhere").want(http.StatusOK).hasNot("可能仍登录着")
	if to := s.as(account.Officer).post("/sign-out", nil).header.Get("Location"); to != "/" {
		t.Errorf("who came by a link is sent to %s", to)
	}
}

// Nobody is sent to another site, and nobody else's page begins a sign-in.
func TestNobodyIsSentElsewhere(t *testing.T) {
	s, cas := campus(t, shen())
	for _, back := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "/" + strings.Repeat("x", 2000)} {
		b := s.visitor()
		b.away("/sign-in/with/campus?back=" + url.QueryEscape(back))
		if to := b.away("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn)); to != "/" {
			t.Errorf("%q leads to %s", back, to)
		}
	}
	b := s.visitor()
	b.header.Set("Sec-Fetch-Site", "cross-site")
	if a := b.get("/sign-in/with/campus").want(http.StatusSeeOther); a.header.Get("Location") != "/sign-in" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("a page elsewhere set somebody out for %s", a.header.Get("Location"))
	}
}

func TestTwoAccountsOfOnePersonAreLeftToTheAdministrator(t *testing.T) {
	s, cas := campus(t, shen(), castest.Person{User: "S2003007", Attributes: [][2]string{{"cn", "沈若川"}, {"type", "student"}}})
	for _, user := range []string{"T2010033", "S2003007"} {
		b := s.visitor()
		b.away("/sign-in/with/campus")
		b.away("/sign-in/with/campus/return?ticket=" + cas.Ticket(user, campusReturn))
	}
	cas.Set(castest.Person{User: "N9", Attributes: [][2]string{{"cn", "沈若川"}, {"type", "staff"}, {"student", "T2010033"}, {"student", "S2003007"}}})
	b := s.visitor()
	b.away("/sign-in/with/campus")
	b.get("/sign-in/with/campus/return?ticket="+cas.Ticket("N9", campusReturn)).want(http.StatusConflict).
		has("没有登录成功", "分属两个账号", `href="/sign-in"`).hasNot("T2010033", "S2003007")
	b.get("/me").want(http.StatusForbidden)
	cas.Set(castest.Person{User: "T2010033", Attributes: [][2]string{{"cn", "别人"}, {"type", "staff"}, {"student", "S2003007"}}})
	b.away("/sign-in/with/campus")
	b.get("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn)).want(http.StatusConflict).has("不是同一个人")
}

func TestAProviderThatIsSilentStopsNothingElse(t *testing.T) {
	s, cas := campus(t, shen())
	b := s.visitor()
	b.away("/sign-in/with/campus")
	cas.Answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	b.get("/sign-in/with/campus/return?ticket="+cas.Ticket("T2010033", campusReturn)).want(http.StatusServiceUnavailable).has("暂时没有应答", `href="/sign-in"`)
	b.get("/").want(http.StatusOK)
	b.get("/sign-in").want(http.StatusOK)
}

// sourceForm is the form of a source as a browser sends it.
func sourceForm(change ...string) url.Values {
	f := url.Values{"version": {"0"}, "kind": {"cas"}, "name": {"campus"}, "title": {"统一身份认证"}, "title_en": {"Campus"}, "address": {"https://cas.example.edu.cn/cas"},
		"map_numbers": {"user， student"}, "map_name": {"cn"}, "map_kind": {"type"}, "map_staff": {"staff、教职工"}, "map_student": {"student"}, "otherwise": {""}, "admit": {"all"}}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f
}

func TestSourcesAreSetUpAndTriedOnAPage(t *testing.T) {
	cas := castest.Start(t, shen())
	s := newSite(t, func(c *web.Config) {
		client := signin.New(signin.Config{Base: c.BaseURL, Key: [32]byte{1}, Now: c.Now, Limit: time.Minute})
		c.Outside = web.Outside{Begin: client.Begin, Return: client.Return, Ended: client.Ended, Leave: client.Leave}
	})
	g, _ := s.member(account.Security)
	g.get("/me").has(`href="/sign-in-sources"`)
	g.get("/sign-in-sources").want(http.StatusOK).has("还没有登录来源")
	g.get("/sign-in-sources/new").want(http.StatusOK).has(`action="/sign-in-sources"`)
	g.post("/sign-in-sources", sourceForm("address", "http://10.1.2.3/")).want(http.StatusBadRequest).has("https://", `value="统一身份认证"`)
	g.post("/sign-in-sources", sourceForm("address", cas.URL, "map_name", "displayName")).want(http.StatusSeeOther)
	g.post("/sign-in-sources", sourceForm()).want(http.StatusConflict).has("已有标识为 campus")
	g.get("/sign-in-sources").has("统一身份认证", cas.URL)
	g.get("/sign-in-sources/campus?saved=1").has("已保存", campusReturn, `value="user, student"`, `value="staff, 教职工"`)

	try := func(b *browser) answer {
		b.away("/sign-in-sources/campus/try")
		return b.get("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn))
	}
	try(g).want(http.StatusOK).has("没有给出可用的姓名", "<dt>cn</dt>", "沈若川").hasNot("在本站会是")
	g.post("/sign-in-sources/campus", sourceForm("version", "1", "address", cas.URL)).want(http.StatusSeeOther)
	try(g).want(http.StatusOK).has("在本站会是", "T2010033", "教师").hasNot("没有登录成功")
	g.get("/me").has("某security") // still who one was
	if _, known, err := s.account.Known(context.Background(), account.ByNumber, "T2010033"); err != nil || known {
		t.Errorf("the trial made an account: %v, %v", known, err)
	}
	// A trial shows nothing to who may not try, and nobody else may begin one.
	g.away("/sign-in-sources/campus/try")
	g.post("/sign-out", nil)
	g.get("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn)).want(http.StatusForbidden).hasNot("T2010033")
	s.as(account.System).get("/sign-in-sources/campus/try").want(http.StatusForbidden)

	g, _ = s.member(account.Security)
	g.post("/sign-in-sources/campus", sourceForm("version", "1")).want(http.StatusConflict)
	g.post("/sign-in-sources/campus", sourceForm("version", "2", "disabled", "1")).want(http.StatusSeeOther)
	s.visitor().get("/sign-in").want(http.StatusOK).hasNot("统一身份认证")
	s.visitor().get("/sign-in/with/campus").want(http.StatusNotFound)
}

func TestAListThatWasStoppedIsAskedAbout(t *testing.T) {
	s, cas := campus(t, shen())
	b := s.visitor()
	b.away("/sign-in/with/campus")
	b.away("/sign-in/with/campus/return?ticket=" + cas.Ticket("T2010033", campusReturn))
	g, _ := s.member(account.Security)
	g.post("/sign-in-sources/campus", sourceForm("version", "1", "address", cas.URL, "presence_address", "https://hr.example.edu.cn/list", "presence_minutes", "x", "presence_part", "10")).
		want(http.StatusBadRequest).has("5 到 10080 分钟")
	g.post("/sign-in-sources/campus", sourceForm("version", "1", "address", cas.URL, "presence_address", "https://hr.example.edu.cn/list", "presence_key", "k3y", "presence_minutes", "60", "presence_part", "10")).
		want(http.StatusSeeOther)
	g.get("/sign-in-sources/campus").want(http.StatusOK).has("还没有读取过", "已保存一个").hasNot("k3y")
	src, err := s.account.Source(context.Background(), "campus")
	if err != nil || src.PresenceKey != "k3y" {
		t.Fatal(src, err)
	}
	if _, err := s.account.ApplyPresence(context.Background(), src, nil, false); err != nil {
		t.Fatal(err)
	}
	g.get("/sign-in-sources/campus").has("涉及本站 1 个账号，其中 1 个将被停用", `name="count" value="1"`)
	g.post("/sign-in-sources/campus/leavers", url.Values{"count": {"2"}}).want(http.StatusConflict)
	s.as(account.System).post("/sign-in-sources/campus/leavers", url.Values{"count": {"1"}}).want(http.StatusForbidden)
	b.get("/me").want(http.StatusOK)
	g.post("/sign-in-sources/campus/leavers", url.Values{"count": {"1"}}).want(http.StatusSeeOther)
	g.get("/sign-in-sources/campus").has("一分钟内执行").hasNot(`name="count"`)
	if _, err := s.account.ApplyPresence(context.Background(), src, []account.Member{{Number: "T2010033", Left: true}}, false); err != nil {
		t.Fatal(err)
	}
	b.get("/me").want(http.StatusForbidden)
	g.get("/sign-in-sources/campus").has("停用 1 个")
}

func TestManyComeBackAtOnce(t *testing.T) {
	s, cas := campus(t, shen())
	b := s.visitor()
	for range 1500 {
		b.get("/sign-in/with/campus/return?ticket=ST-1").want(http.StatusBadRequest)
	}
	b.get("/sign-in/with/campus/return?ticket=ST-1").want(http.StatusServiceUnavailable).has("太多")
	if n := cas.Asked(); n != 0 {
		t.Errorf("the provider was asked %d times for browsers that never set out", n)
	}
	b.get("/").want(http.StatusOK)
}
