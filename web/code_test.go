package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"datai/account"
	"datai/journal"
	"datai/store"
	"datai/web"

	"github.com/google/uuid"
)

func (s *site) identify(who account.Principal, p account.Provider, value string) {
	s.t.Helper()
	ctx := context.Background()
	if err := store.For[account.Tx](s.db).Write(ctx, func(tx account.Tx) error {
		return tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: who.ID, Provider: p, Value: value})
	}); err != nil {
		s.t.Fatal(err)
	}
}

// texted is the code that was sent last.
func (s *site) texted() string {
	s.t.Helper()
	messages, err := s.db.LeaseMessages(context.Background(), journal.NoticeKind, noon.UnixMilli(), 10)
	if err != nil || len(messages) == 0 {
		s.t.Fatal(messages, err)
	}
	var n journal.Notice
	if err := json.Unmarshal(messages[len(messages)-1].Payload, &n); err != nil {
		s.t.Fatal(err)
	}
	return n.Vars["code"]
}

func TestSigningInByACode(t *testing.T) {
	s := newSite(t)
	_, who := s.member(account.Manager)
	s.identify(who, account.ByPhone, "13800138000")
	b := s.visitor()
	a := b.get("/sign-in/code").want(http.StatusOK).has(`action="/sign-in/code"`, `autocomplete="tel"`)
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 || cookies[0].Name != "datai-device" || !cookies[0].HttpOnly || cookies[0].Path != "/" || len(cookies[0].Value) != 26 {
		t.Errorf("%v", cookies)
	}
	b.get("/sign-in").want(http.StatusOK).has(`href="/sign-in/code"`)
	b.post("/sign-in/code", url.Values{"phone": {"12345"}}).want(http.StatusBadRequest).has(`role="alert"`, `value="12345"`)
	at := b.post("/sign-in/code", url.Values{"phone": {"138 0013 8000"}}).want(http.StatusSeeOther).header.Get("Location")
	id := strings.TrimPrefix(at, "/sign-in/code?c=")
	digits := s.texted()
	known := b.get(at).want(http.StatusOK).has(`autocomplete="one-time-code"`, `value="`+id+`"`).hasNot("13800138000", digits)
	unknown := s.visitor()
	unknown.get("/sign-in/code")
	at2 := unknown.post("/sign-in/code", url.Values{"phone": {"13900139000"}}).want(http.StatusSeeOther).header.Get("Location")
	if strings.ReplaceAll(unknown.get(at2).body, strings.TrimPrefix(at2, "/sign-in/code?c="), id) != known.body {
		t.Error("the page for a number of nobody differs")
	}
	b.post("/sign-in/code", url.Values{"phone": {"13800138000"}}).want(http.StatusConflict).has("60 秒后")
	unknown.post("/sign-in/code/enter", url.Values{"c": {id}, "code": {digits}}).want(http.StatusBadRequest).has("验证码不正确") // another device
	b.post("/sign-in/code/enter", url.Values{"c": {id}, "code": {strings.Repeat("1", 7000)}}).want(http.StatusBadRequest)
	b.post("/sign-in/code/enter", url.Values{"c": {"x"}, "code": {digits}}).want(http.StatusBadRequest)
	b.post("/sign-in/code/enter", url.Values{"c": {id}, "code": {digits[:3] + " " + digits[3:]}}).want(http.StatusSeeOther)
	b.get("/me").want(http.StatusOK).has("某manager")
	b.get("/me/sessions").want(http.StatusOK).has("短信验证码", "本机")
	b.post("/sign-in/code/enter", url.Values{"c": {id}, "code": {digits}}).want(http.StatusBadRequest)
	if log := s.log.String(); strings.Contains(log, digits) || strings.Contains(log, "13800138000") {
		t.Error("the log holds a code or a number")
	}
	silent := newSite(t, func(c *web.Config) { c.Inbox.Channels.SMS = false })
	silent.visitor().get("/sign-in/code").want(http.StatusOK).has("还不能发短信").hasNot(`name="phone"`)
	silent.visitor().get("/sign-in").hasNot("/sign-in/code")
}

var endOne = regexp.MustCompile(`action="(/me/sessions/[0-9a-f-]{36}/end)"`)

func TestSignInsAreListedAndEnded(t *testing.T) {
	s := newSite(t)
	one, who := s.member(account.Manager)
	two, _ := s.member(account.Manager)
	three, _ := s.member(account.Manager)
	stranger, _ := s.member(account.Professor)
	two.header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/120 Edg/120")
	two.post("/enter/"+s.linkFor(who.Name), nil).want(http.StatusSeeOther)
	one.get("/me/security").has(`href="/me/sessions"`)
	page := one.get("/me/sessions").want(http.StatusOK).has("Edge · Windows", "一次性链接", "127.0.0.0/24", "本机", `action="/me/sessions/others"`)
	ends := endOne.FindAllStringSubmatch(page.body, -1)
	if len(ends) < 2 {
		t.Fatalf("%d can be ended", len(ends))
	}
	stranger.post(ends[0][1], nil).want(http.StatusNotFound)
	two.get("/me").want(http.StatusOK)
	one.post(ends[0][1], nil).want(http.StatusSeeOther) // the newest is the one with Edge
	two.get("/me").want(http.StatusForbidden)
	three.get("/me").want(http.StatusOK)
	one.post("/me/sessions/x/end", nil).want(http.StatusNotFound)
	one.post("/me/sessions/others", nil).want(http.StatusSeeOther)
	three.get("/me").want(http.StatusForbidden)
	stranger.get("/me").want(http.StatusOK)
	one.get("/me/sessions").want(http.StatusOK).hasNot("/end\"", "/me/sessions/others")
}

// Behind a trusted address many may be wrong before anybody is suspected.
func TestTrustedEgress(t *testing.T) {
	for hall, want := range map[bool]int{false: http.StatusForbidden, true: http.StatusSeeOther} {
		s := newSite(t, func(c *web.Config) {
			if hall {
				c.TrustedEgress = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
		})
		b, _ := s.member(account.Manager)
		b.post("/me/security", url.Values{"password": {phrase}, "again": {phrase}}).want(http.StatusSeeOther)
		for i := range 60 {
			guess := s.visitor()
			guess.get("/sign-in")
			guess.post("/sign-in", signInForm("某人"+string(rune('一'+i)), "错的错的错的错的"))
		}
		honest := s.visitor()
		honest.get("/sign-in")
		honest.post("/sign-in", signInForm("某manager", phrase)).want(want)
	}
}
