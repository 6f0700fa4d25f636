package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datai/account"
	"datai/web"

	"github.com/google/uuid"
)

// devices are passkeys whose answer is the account's id and a word that serves
// once; the cookie has to be that of the question.
func devices() web.Passkeys {
	return web.Passkeys{
		AskToAdd: func(account.Principal, []account.Passkey) ([]byte, string, error) {
			return []byte(`{"user":{}}`), "adding", nil
		},
		Add: func(_ account.Principal, cookie, answer string) ([]byte, []byte, string, error) {
			if cookie != "adding" {
				return nil, nil, "", account.ErrPasskey
			}
			return []byte(answer), []byte("{}"), answer, nil
		},
		AskToEnter: func() ([]byte, string, error) { return []byte(`{}`), "entering", nil },
		Enter: func(ctx context.Context, cookie, answer string, of func(context.Context, uuid.UUID) ([]account.Passkey, error)) (account.Passkey, string, error) {
			id, once, _ := strings.Cut(answer, " ")
			who, err := uuid.Parse(id)
			if err != nil || cookie != "entering" {
				return account.Passkey{}, "", account.ErrPasskey
			}
			list, err := of(ctx, who)
			if err != nil || len(list) == 0 {
				return account.Passkey{}, "", account.ErrPasskey
			}
			return list[0], once, nil
		},
	}
}

func TestPasskeysAreAddedUsedAndRemoved(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Passkeys = devices() })
	b, who := s.member(account.Professor)
	b.get("/me/passkeys").want(http.StatusOK).has("还没有通行密钥")
	add := url.Values{"name": {"电脑"}, "answer": {"第一"}}
	b.post("/me/passkeys", add).want(http.StatusForbidden).has("没有被接受") // nothing was asked
	b.post("/me/passkeys/ask", nil).want(http.StatusOK)
	b.post("/me/passkeys", add).want(http.StatusSeeOther)
	b.post("/me/passkeys", add).want(http.StatusForbidden) // the question is gone
	b.post("/me/passkeys/ask", nil).want(http.StatusOK)
	b.post("/me/passkeys", url.Values{"name": {"电脑"}, "answer": {"第二"}}).want(http.StatusConflict).has(`value="电脑"`)

	v := s.visitor()
	in := url.Values{"answer": {who.ID.String() + " 一次"}}
	v.post("/sign-in/passkey", in).want(http.StatusForbidden) // nothing was asked
	v.post("/sign-in/passkey/ask", nil).want(http.StatusOK)
	v.post("/sign-in/passkey", in).want(http.StatusSeeOther)
	v.get("/me").want(http.StatusOK).has(who.Name)
	thief := s.visitor() // who has seen the answer
	thief.post("/sign-in/passkey/ask", nil).want(http.StatusOK)
	thief.post("/sign-in/passkey", in).want(http.StatusForbidden).has("通行密钥没有被接受")
	thief.get("/me").want(http.StatusForbidden)

	list, err := s.account.Passkeys(context.Background(), who)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	at := "/me/passkeys/" + list[0].ID.String() + "/remove"
	other, _ := s.member(account.Student)
	other.post(at, nil).want(http.StatusNotFound)
	b.post(at, nil).want(http.StatusSeeOther)
	thief.post("/sign-in/passkey/ask", nil).want(http.StatusOK)
	thief.post("/sign-in/passkey", url.Values{"answer": {who.ID.String() + " 又一次"}}).want(http.StatusForbidden)
}

// A session that was there before, which somebody may have planted, is worth
// nothing after a passkey, and a page elsewhere can neither ask nor answer.
func TestPasskeysFixNoSessionAndObeyNoOtherSite(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Passkeys = devices() })
	b, who := s.member(account.Professor)
	b.post("/me/passkeys/ask", nil).want(http.StatusOK)
	b.post("/me/passkeys", url.Values{"name": {"电脑"}, "answer": {"x"}}).want(http.StatusSeeOther)
	token := func(b *browser) string {
		u, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.client.Jar.Cookies(u) {
			if c.Name == "datai" {
				return c.Value
			}
		}
		return ""
	}
	old := token(b)
	b.post("/sign-in/passkey/ask", nil).want(http.StatusOK)
	b.post("/sign-in/passkey", url.Values{"answer": {who.ID.String() + " 1"}}).want(http.StatusSeeOther)
	if now := token(b); now == old || now == "" {
		t.Error("the token stayed the same")
	}
	thief := s.visitor()
	thief.header.Set("Cookie", "datai="+old)
	thief.get("/me").want(http.StatusForbidden)
	for _, path := range []string{"/sign-in/passkey/ask", "/sign-in/passkey", "/me/passkeys/ask", "/me/passkeys"} {
		r := b.request(http.MethodPost, path, strings.NewReader("answer="+who.ID.String()+"+2"))
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b.do(r).want(http.StatusForbidden).has("别的网站")
	}
}

func TestWithoutAFittingAddressThereAreNoPasskeys(t *testing.T) {
	s := newSite(t)
	b, _ := s.member(account.Professor)
	b.get("/sign-in").want(http.StatusOK).hasNot("pass-key")
	b.get("/me/passkeys").want(http.StatusOK).has("需要域名").hasNot("pass-key")
	b.post("/me/passkeys/ask", nil).want(http.StatusNotFound)
	b.post("/sign-in/passkey", nil).want(http.StatusNotFound)
}
