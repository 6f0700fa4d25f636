package signin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/internal/oidctest"
	"datai/signin"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// newOIDC is a client and a source at a provider who knows a teacher.
func newOIDC(t *testing.T, limit time.Duration) (*signin.Client, *clock, *oidctest.Server, account.Source) {
	t.Helper()
	op := oidctest.Start(t, []string{ours}, teacher())
	c, at := newClient(t, limit)
	at.at = time.Now() // tokens are made by the clock of the machine
	return c, at, op, account.Source{ID: uuid.New(), Name: "campus", Secrets: account.Secrets{Secret: oidctest.Secret},
		SourceSetup: account.SourceSetup{Kind: account.OIDC, Address: op.URL, Client: oidctest.ClientID}}
}

func teacher() oidctest.Person {
	return oidctest.Person{Subject: "u-1", AMR: []string{"pwd", "mfa"}, Claims: map[string]any{"display": "沈若川", "numbers": []string{"T2010033", "S2003007"}, "sid": "sid-1", "deep": map[string]any{"x": 1}}}
}

// come sets out, signs in and returns what the browser brings back.
func come(t *testing.T, c *signin.Client, op *oidctest.Server, src account.Source) (cookie string, query url.Values) {
	t.Helper()
	to, cookie, err := c.Begin(t.Context(), src, "/needs", false)
	if err != nil {
		t.Fatal(err)
	}
	back := op.Login(t, to, "u-1")
	if got, _, _ := strings.Cut(back.String(), "?"); got != ours {
		t.Fatalf("sent back to %s", back)
	}
	return cookie, back.Query()
}

func TestACodeSaysWhoItIs(t *testing.T) {
	c, _, op, src := newOIDC(t, time.Minute)
	to, _, err := c.Begin(t.Context(), src, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	if q := at.Query(); q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 ||
		q.Get("response_type") != "code" || q.Get("redirect_uri") != ours || q.Get("scope") != "openid profile email phone" {
		t.Errorf("asks for %v", q)
	}
	cookie, query := come(t, c, op, src)
	a, back, _, err := c.Return(t.Context(), src, cookie, query)
	if err != nil {
		t.Fatal(err)
	}
	if a.Subject != "u-1" || a.Session != "sid-1" || len(a.Once) < 20 || back != "/needs" {
		t.Errorf("%+v back to %s", a, back)
	}
	for name, want := range map[string][]string{"sub": {"u-1"}, "display": {"沈若川"}, "numbers": {"T2010033", "S2003007"}, "amr": {"pwd", "mfa"}, "preferred_username": {"u-1"}, "deep": nil} {
		if diff := cmp.Diff(want, a.Attributes[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, _, _, err = c.Return(t.Context(), src, cookie, query)
	refusal(t, err, "federation.ticket") // the provider takes a code once
	if to := c.Leave(src); to != op.URL+"/end_session?client_id=datai" {
		t.Errorf("one leaves at %s", to)
	}
}

// State, nonce and the proof of PKCE belong to one browser.
func TestACodeTakesTheBrowserThatSetOut(t *testing.T) {
	c, at, op, src := newOIDC(t, time.Minute)
	mine, query := come(t, c, op, src)
	_, other, err := c.Begin(t.Context(), src, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change ...string) url.Values {
		q := url.Values{}
		for name, v := range query {
			q[name] = v
		}
		for i := 0; i+1 < len(change); i += 2 {
			q.Set(change[i], change[i+1])
		}
		return q
	}
	for name, try := range map[string]struct {
		cookie string
		query  url.Values
		key    string
	}{
		"the cookie of another browser": {other, query, "federation.lost"},
		"no cookie":                     {"", query, "federation.lost"},
		"another state":                 {mine, with("state", "x"), "federation.lost"},
		"no state":                      {mine, url.Values{"code": query["code"]}, "federation.lost"},
		"two states":                    {mine, url.Values{"code": query["code"], "state": {query.Get("state"), query.Get("state")}}, "federation.lost"},
		"no code":                       {mine, with("code", ""), "federation.no_ticket"},
		"a code of nobody":              {mine, with("code", "x"), "federation.ticket"},
		"a very long code":              {mine, with("code", strings.Repeat("x", 5000)), "federation.no_ticket"},
		"another issuer":                {mine, with("iss", "https://evil.example"), "federation.issuer"},
		"refused there":                 {mine, with("error", "access_denied"), "federation.denied"},
	} {
		_, _, _, err := c.Return(t.Context(), src, try.cookie, try.query)
		t.Log(name)
		refusal(t, err, try.key)
	}
	// The code is still good; in the hands of who lacks the proof it is not.
	state := query.Get("state")
	otherTo, thief, err := c.Begin(t.Context(), src, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(otherTo)
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = c.Return(t.Context(), src, thief, with("state", u.Query().Get("state")))
	refusal(t, err, "federation.ticket")
	mine, query = come(t, c, op, src)
	if state == query.Get("state") {
		t.Error("a state came twice")
	}
	at.at = at.at.Add(11 * time.Minute)
	_, _, _, err = c.Return(t.Context(), src, mine, query)
	refusal(t, err, "federation.lost")
}

func TestKeysRotate(t *testing.T) {
	c, _, op, src := newOIDC(t, time.Minute)
	for range 3 {
		cookie, query := come(t, c, op, src)
		if _, _, _, err := c.Return(t.Context(), src, cookie, query); err != nil {
			t.Error(err)
		}
		op.Rotate(t)
	}
}

// A provider that lies: another secret, another issuer, another subject, tokens
// of others, documents that lead elsewhere.
func TestProvidersThatLie(t *testing.T) {
	c, _, op, src := newOIDC(t, time.Minute)
	wrong := src
	wrong.ID, wrong.Secret = uuid.New(), "another"
	cookie, query := come(t, c, op, src)
	_, _, _, err := c.Return(t.Context(), wrong, cookie, query)
	refusal(t, err, "federation.service")

	replace := func(path, from, to string) {
		op.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path {
				return false
			}
			op.Before = nil
			rec := httptest.NewRecorder()
			res, err := http.Get(op.URL + path)
			if err != nil {
				t.Error(err)
				return false
			}
			defer res.Body.Close()
			if _, err := rec.Body.ReadFrom(res.Body); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, strings.ReplaceAll(rec.Body.String(), from, to))
			return true
		}
	}
	const known = "/.well-known/openid-configuration"
	for _, x := range []struct{ from, to, key string }{
		{`"issuer":"` + op.URL, `"issuer":"https://evil.example`, "federation.issuer"},
		{op.URL + "/oauth/token", "http://169.254.169.254/token", "federation.elsewhere"},
		{op.URL + "/keys", "http://127.0.0.1:1/keys", "federation.elsewhere"},
		{op.URL + "/userinfo", "file:///etc/passwd", "federation.elsewhere"},
		{op.URL + "/auth", "javascript:alert(1)", "federation.elsewhere"},
		{op.URL + "/auth", "", "federation.elsewhere"},
		{"{", "", "federation.silent"},
	} {
		replace(known, x.from, x.to)
		fresh, at := newClient(t, time.Minute)
		at.at = time.Now()
		_, _, err := fresh.Begin(t.Context(), src, "/", false)
		t.Log(x.to)
		refusal(t, err, x.key)
	}

	cookie, query = come(t, c, op, src)
	op.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/userinfo" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"sub":"u-2","numbers":["T9999999"]}`)
		return true
	}
	_, _, _, err = c.Return(t.Context(), src, cookie, query)
	refusal(t, err, "federation.other_subject")

	now := time.Now()
	claims := func(change map[string]any) map[string]any {
		c := map[string]any{"iss": op.URL, "aud": oidctest.ClientID, "sub": "u-1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": "planted"}
		for name, v := range change {
			c[name] = v
		}
		return c
	}
	for name, token := range map[string]string{
		"no token":              "",
		"no JWT":                "x.y.z",
		"another nonce":         op.Sign(t, claims(nil)),
		"signed by a stranger":  op.Forge(t, claims(nil)),
		"for another client":    op.Sign(t, claims(map[string]any{"aud": "other"})),
		"of another issuer":     op.Sign(t, claims(map[string]any{"iss": "https://evil.example"})),
		"expired":               op.Sign(t, claims(map[string]any{"exp": now.Add(-time.Hour).Unix()})),
		"signed by nobody":      "eyJhbGciOiJub25lIn0." + "eyJzdWIiOiJ1LTEifQ.",
		"authorised to another": op.Sign(t, claims(map[string]any{"azp": "other"})),
	} {
		cookie, query := come(t, c, op, src)
		op.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/oauth/token" {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"a","token_type":"Bearer","id_token":%q}`, token)
			return true
		}
		_, _, _, err := c.Return(t.Context(), src, cookie, query)
		op.Before = nil
		t.Log(name)
		refusal(t, err, "federation.ticket")
	}
}

// A provider that hangs delays who signs in by it, and soon not even them.
func TestAProviderThatHangs(t *testing.T) {
	c, at, op, src := newOIDC(t, 300*time.Millisecond)
	hang, leave := context.WithCancel(context.Background())
	defer leave()
	asked := make(chan struct{}, 100)
	op.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		asked <- struct{}{}
		select {
		case <-hang.Done():
		case <-r.Context().Done():
		}
		return true
	}
	for range 8 {
		_, _, err := c.Begin(t.Context(), src, "/", false)
		refusal(t, err, "federation.silent")
	}
	if n := len(asked); n != 5 {
		t.Errorf("asked %d times, want 5", n)
	}
	if to := c.Leave(src); to != "" {
		t.Errorf("one leaves a provider that has said nothing at %s", to)
	}
	op.Before = nil
	at.at = at.at.Add(time.Minute)
	if _, _, err := c.Begin(t.Context(), src, "/", false); err != nil {
		t.Errorf("it answers again, but: %v", err)
	}
	// What it said of itself is believed while it is silent again.
	op.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	at.at = at.at.Add(2 * time.Hour)
	if _, _, err := c.Begin(t.Context(), src, "/", false); err != nil {
		t.Error(err)
	}
}

func TestLogoutTokens(t *testing.T) {
	c, at, op, src := newOIDC(t, time.Minute)
	end := func(token string) (account.Ending, error) {
		return c.Ended(t.Context(), src, url.Values{"logout_token": {token}})
	}
	now := at.at
	for _, x := range []struct {
		change map[string]any
		want   account.Ending
	}{
		{map[string]any{"sid": "sid-1", "jti": "j1"}, account.Ending{Session: "sid-1", Once: "end j1"}},
		{map[string]any{"sub": "u-1", "jti": "j2"}, account.Ending{Subject: "u-1", Once: "end j2"}},
		{map[string]any{"sub": "u-1", "sid": "sid-1", "jti": "j3"}, account.Ending{Session: "sid-1", Subject: "u-1", Once: "end j3"}},
	} {
		if got, err := end(op.Sign(t, op.Ending(now, x.change))); err != nil || got != x.want {
			t.Errorf("%+v, %v, want %+v", got, err, x.want)
		}
	}
	good := map[string]any{"sid": "sid-1"}
	with := func(name string, v any) map[string]any {
		return op.Ending(now, map[string]any{"sid": "sid-1", name: v})
	}
	for name, token := range map[string]string{
		"nothing":                    "",
		"no JWT":                     "x",
		"signed by a stranger":       op.Forge(t, op.Ending(now, good)),
		"neither sub nor sid":        op.Sign(t, op.Ending(now, nil)),
		"with a nonce":               op.Sign(t, with("nonce", "x")),
		"no jti":                     op.Sign(t, with("jti", nil)),
		"no events":                  op.Sign(t, with("events", nil)),
		"another event":              op.Sign(t, with("events", map[string]any{"http://schemas.openid.net/event/x": map[string]any{}})),
		"an event that is no object": op.Sign(t, with("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": "x"})),
		"for another client":         op.Sign(t, with("aud", "other")),
		"of another issuer":          op.Sign(t, with("iss", "https://evil.example")),
		"expired":                    op.Sign(t, with("exp", now.Add(-time.Minute).Unix())),
		"an ID token":                op.Sign(t, map[string]any{"iss": op.URL, "aud": oidctest.ClientID, "sub": "u-1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": "n"}),
		"longer than anybody's":      op.Sign(t, with("x", strings.Repeat("x", 20<<10))),
	} {
		got, err := end(token)
		t.Log(name)
		refusal(t, err, "federation.no_end")
		if got != (account.Ending{}) {
			t.Errorf("ends %+v", got)
		}
	}
	op.Rotate(t)
	if _, err := end(op.Sign(t, op.Ending(now, good))); err != nil {
		t.Errorf("after the keys rotated: %v", err)
	}
}
