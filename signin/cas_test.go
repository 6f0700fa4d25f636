package signin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/castest"
	"datai/signin"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// clock stands still until it is turned.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClient(t *testing.T, limit time.Duration) (*signin.Client, *clock) {
	t.Helper()
	at := &clock{time.Date(2026, 4, 7, 9, 0, 0, 0, time.UTC)}
	return signin.New(signin.Config{Base: &url.URL{Scheme: "https", Host: "tt.example.edu.cn"}, Key: [32]byte{3}, Now: at.now, Limit: limit}), at
}

func casSource(address string) account.Source {
	return account.Source{ID: uuid.New(), Name: "campus", SourceSetup: account.SourceSetup{Kind: account.CAS, Address: address}}
}

const ours = "https://tt.example.edu.cn/sign-in/with/campus/return"

// begin sets out and returns the cookie.
func begin(t *testing.T, c *signin.Client, src account.Source) string {
	t.Helper()
	to, cookie, err := c.Begin(t.Context(), src, "/needs", false)
	if err != nil {
		t.Fatal(err)
	}
	if want := src.Address + "/login?service=" + url.QueryEscape(ours); to != want {
		t.Fatalf("sent to %s, want %s", to, want)
	}
	return cookie
}

// refusal fails unless err is a refusal with the key.
func refusal(t *testing.T, err error, key string) {
	t.Helper()
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok || e.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

func TestATicketSaysWhoItIs(t *testing.T) {
	cas := castest.Start(t, castest.Person{User: "T2010033", Attributes: [][2]string{{"cn", "沈若川"}, {"affiliation", "staff"}, {"affiliation", "faculty"}, {"studentNumber", "S2003007"}}})
	c, _ := newClient(t, time.Minute)
	src := casSource(cas.URL)
	cookie := begin(t, c, src)
	ticket := cas.Ticket("T2010033", ours)
	a, back, try, err := c.Return(t.Context(), src, cookie, url.Values{"ticket": {ticket}})
	if err != nil {
		t.Fatal(err)
	}
	want := account.Assertion{Subject: "T2010033", Session: ticket, Once: ticket, Attributes: map[string][]string{
		"user": {"T2010033"}, "cn": {"沈若川"}, "affiliation": {"staff", "faculty"}, "studentNumber": {"S2003007"}}}
	if diff := cmp.Diff(want, a); diff != "" || back != "/needs" || try {
		t.Errorf("back to %q, try %v, assertion (-want +got):\n%s", back, try, diff)
	}
	_, _, _, err = c.Return(t.Context(), src, cookie, url.Values{"ticket": {ticket}})
	refusal(t, err, "federation.ticket")
	_, _, _, err = c.Return(t.Context(), src, cookie, url.Values{"ticket": {cas.Ticket("T2010033", ours+"?x=1")}})
	refusal(t, err, "federation.service")
}

// Without the cookie of the browser that set out, a ticket is worth nothing, and
// the server is not even asked.
func TestATicketTakesTheBrowserThatSetOut(t *testing.T) {
	cas := castest.Start(t, castest.Person{User: "T1"})
	c, at := newClient(t, time.Minute)
	src, other := casSource(cas.URL), casSource(cas.URL)
	other.Name = "other"
	cookie := begin(t, c, src)
	foreign := signin.New(signin.Config{Base: c.Base, Key: [32]byte{4}, Now: at.now})
	_, planted, err := foreign.Begin(t.Context(), src, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	_, elsewhere, err := c.Begin(t.Context(), other, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", "%%%", planted, elsewhere, cookie[:len(cookie)-2], strings.ToUpper(cookie)} {
		_, _, _, err := c.Return(t.Context(), src, bad, url.Values{"ticket": {cas.Ticket("T1", ours)}})
		refusal(t, err, "federation.lost")
	}
	at.at = at.at.Add(11 * time.Minute)
	_, _, _, err = c.Return(t.Context(), src, cookie, url.Values{"ticket": {cas.Ticket("T1", ours)}})
	refusal(t, err, "federation.lost")
	cookie = begin(t, c, src)
	for _, q := range []url.Values{{}, {"ticket": {""}}, {"ticket": {"PT-1-abcdef"}}, {"ticket": {"ST-1", "ST-2"}}, {"ticket": {"ST-" + strings.Repeat("a", 300)}},
		{"ticket": {"ST-1&renew=true"}}, {"ticket": {"ST-1\n"}}, {"ticket": {"ST-../x"}}} {
		_, _, _, err := c.Return(t.Context(), src, cookie, q)
		refusal(t, err, "federation.no_ticket")
	}
	if n := cas.Asked(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

// The examples of the CAS Protocol 3.0 Specification, version 3.0.3, sections
// 2.5.2, 2.5.7 and 2.6.2, and what else a server may answer that is none.
func TestAnswersOfTheServer(t *testing.T) {
	const begin, end = `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">`, `</cas:serviceResponse>`
	for _, c := range []struct{ name, answer, key, user string }{
		{"2.5.2, success", begin + "\n <cas:authenticationSuccess>\n  <cas:user>username</cas:user>\n  <cas:proxyGrantingTicket>PGTIOU-84678-8a9d...</cas:proxyGrantingTicket>\n </cas:authenticationSuccess>\n" + end, "", "username"},
		{"2.5.2, failure", begin + "\n <cas:authenticationFailure code=\"INVALID_TICKET\">\n    Ticket ST-1856339-aA5Yuvrxzpv8Tau1cYQ7 not recognized\n  </cas:authenticationFailure>\n" + end, "federation.ticket", ""},
		{"2.5.7", begin + `<cas:authenticationSuccess><cas:user>username</cas:user><cas:attributes><cas:firstname>John</cas:firstname><cas:lastname>Doe</cas:lastname>
			<cas:title>Mr.</cas:title><cas:email>jdoe@example.org</cas:email><cas:affiliation>staff</cas:affiliation><cas:affiliation>faculty</cas:affiliation></cas:attributes>
			<cas:proxyGrantingTicket>PGTIOU-84678-8a9d...</cas:proxyGrantingTicket></cas:authenticationSuccess>` + end, "", "username"},
		{"2.6.2, by proxies", begin + `<cas:authenticationSuccess><cas:user>username</cas:user><cas:proxies><cas:proxy>https://proxy2/pgtUrl</cas:proxy></cas:proxies></cas:authenticationSuccess>` + end, "federation.ticket", ""},
		{"another service", castest.Failure("INVALID_SERVICE", "x"), "federation.service", ""},
		{"an unknown code", castest.Failure("UNAUTHORIZED_SERVICE_PROXY", "x"), "federation.service", ""},
		{"the server is not well", castest.Failure("INTERNAL_ERROR", "x"), "federation.silent", ""},
		{"nothing", "", "federation.unclear", ""},
		{"a page", "<!DOCTYPE html><html><body>Log in</body></html>", "federation.unclear", ""},
		{"broken off", begin + "<cas:authenticationSuccess><cas:user>T1", "federation.unclear", ""},
		{"another namespace", strings.ReplaceAll(castest.Success(castest.Person{User: "T1"}), "yale.edu", "example.edu"), "federation.unclear", ""},
		{"no namespace", strings.ReplaceAll(strings.ReplaceAll(castest.Success(castest.Person{User: "T1"}), "cas:", ""), ` xmlns:cas=`, ` x=`), "federation.unclear", ""},
		{"success and failure", begin + `<cas:authenticationSuccess><cas:user>T1</cas:user></cas:authenticationSuccess><cas:authenticationFailure code="INVALID_TICKET"/>` + end, "federation.unclear", ""},
		{"two users", begin + `<cas:authenticationSuccess><cas:user>T1</cas:user><cas:user>T2</cas:user></cas:authenticationSuccess>` + end, "federation.unclear", ""},
		{"no user", begin + `<cas:authenticationSuccess><cas:user> </cas:user></cas:authenticationSuccess>` + end, "federation.unclear", ""},
		{"two responses", castest.Success(castest.Person{User: "T1"}) + castest.Success(castest.Person{User: "T2"}), "federation.unclear", ""},
		{"a user in a comment", begin + `<cas:authenticationSuccess><cas:user>T<!-- -->1</cas:user></cas:authenticationSuccess>` + end, "", "T1"},
		{"entities that grow", `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + begin + `<cas:authenticationSuccess><cas:user>&b;</cas:user></cas:authenticationSuccess>` + end, "federation.unclear", ""},
		{"a file as an entity", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + begin + `<cas:authenticationSuccess><cas:user>&a;</cas:user></cas:authenticationSuccess>` + end, "federation.unclear", ""},
		{"an entity of nobody", begin + `<cas:authenticationSuccess><cas:user>&a;</cas:user></cas:authenticationSuccess>` + end, "federation.unclear", ""},
		{"very deep", strings.Repeat("<a>", 10_000), "federation.unclear", ""},
		{"very many", begin + "<cas:authenticationSuccess><cas:user>T1</cas:user><cas:attributes>" + strings.Repeat("<cas:a/>", 5000), "federation.unclear", ""},
		{"very long", begin + strings.Repeat(" ", 300<<10) + end, "federation.silent", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cas := castest.Start(t, castest.Person{User: "T1"})
			cas.Answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, c.answer) }
			a, err := validated(t, cas.URL)
			if c.key != "" {
				refusal(t, err, c.key)
				return
			}
			if err != nil || a.Subject != c.user {
				t.Errorf("%q, %v", a.Subject, err)
			}
		})
	}
}

// validated brings a ticket back to a server that answers as it likes.
func validated(t *testing.T, address string) (account.Assertion, error) {
	t.Helper()
	c, _ := newClient(t, time.Minute)
	src := casSource(address)
	a, _, _, err := c.Return(t.Context(), src, begin(t, c, src), url.Values{"ticket": {"ST-1856339-aA5Yuvrxzpv8Tau1cYQ7"}})
	return a, err
}

// A server that sends elsewhere is not followed, wherever that is.
func TestNoRedirectIsFollowed(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other address was asked") }))
	defer inside.Close()
	cas := castest.Start(t, castest.Person{User: "T1"})
	for _, to := range []string{inside.URL + "/p3/serviceValidate", cas.URL + "/login", "http://169.254.169.254/", "file:///etc/passwd"} {
		cas.Answer = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
		_, err := validated(t, cas.URL)
		refusal(t, err, "federation.silent")
		if err != nil && strings.Contains(err.Error(), "ST-1856339") {
			t.Errorf("the error names the ticket: %v", err)
		}
	}
}

// A server that hangs costs its time limit, and after some failures nothing: it
// is left alone for a while, and asked again by one.
func TestAServerThatHangsIsLeftAlone(t *testing.T) {
	cas := castest.Start(t, castest.Person{User: "T1"})
	hang, leave := context.WithCancel(context.Background())
	defer leave()
	cas.Answer = func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang.Done():
		case <-r.Context().Done():
		}
	}
	c, at := newClient(t, 300*time.Millisecond)
	src := casSource(cas.URL)
	cookie := begin(t, c, src)
	ask := func() error {
		_, _, _, err := c.Return(t.Context(), src, cookie, url.Values{"ticket": {cas.Ticket("T1", ours)}})
		return err
	}
	for range 9 {
		refusal(t, ask(), "federation.silent")
	}
	if n := cas.Asked(); n != 5 {
		t.Errorf("asked %d times, want 5", n)
	}
	at.at = at.at.Add(21 * time.Second)
	refusal(t, ask(), "federation.silent")
	refusal(t, ask(), "federation.silent")
	if n := cas.Asked(); n != 6 {
		t.Errorf("asked %d times, want one more on trial", n)
	}
	at.at = at.at.Add(21 * time.Second)
	cas.Answer = nil
	for range 2 {
		if err := ask(); err != nil {
			t.Errorf("it answers again, but: %v", err)
		}
	}
	closed := casSource("http://127.0.0.1:1/cas")
	_, _, _, err := c.Return(t.Context(), closed, begin(t, c, closed), url.Values{"ticket": {"ST-1"}})
	refusal(t, err, "federation.silent")
}

func TestLogoutRequests(t *testing.T) {
	c, _ := newClient(t, time.Minute)
	ended := func(text string) (account.Ending, error) {
		return c.Ended(t.Context(), casSource("https://cas.example.edu.cn"), url.Values{"logoutRequest": {text}})
	}
	// Appendix C of the specification, with its places filled.
	got, err := ended(`<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
     ID="LR-1" Version="2.0" IssueInstant="2026-04-07T01:00:00Z">
    <saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
      @NOT_USED@
    </saml:NameID>
    <samlp:SessionIndex>ST-1856339-aA5Yuvrxzpv8Tau1cYQ7</samlp:SessionIndex>
  </samlp:LogoutRequest>`)
	if err != nil || got != (account.Ending{Session: "ST-1856339-aA5Yuvrxzpv8Tau1cYQ7"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "x", castest.LogoutRequest(""), castest.LogoutRequest("x"), strings.ReplaceAll(castest.LogoutRequest("ST-1"), "SAML:2.0:protocol", "SAML:1.0"),
		strings.ReplaceAll(castest.LogoutRequest("ST-1"), "LogoutRequest", "LogoutResponse"), castest.LogoutRequest("ST-1") + "x", `<!DOCTYPE x>` + castest.LogoutRequest("ST-1"),
		castest.LogoutRequest("ST-1") + strings.Repeat(" ", 20<<10)} {
		if got, err := ended(bad); err == nil {
			t.Errorf("%.60q ends %+v", bad, got)
		}
	}
}

func FuzzCASAnswer(f *testing.F) {
	f.Add(castest.Success(castest.Person{User: "T1", Attributes: [][2]string{{"cn", "沈若川"}}}))
	f.Add(castest.Failure("INVALID_TICKET", "x"))
	f.Add(castest.LogoutRequest("ST-1"))
	f.Fuzz(func(t *testing.T, text string) {
		a, err := signin.ReadCAS([]byte(text))
		if err == nil && (a.Subject == "" || len(a.Attributes["user"]) != 1) {
			t.Errorf("nobody: %+v", a)
		}
		_, _ = signin.CASEnded(text)
	})
}
