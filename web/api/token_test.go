package api_test

import (
	"strings"
	"testing"
	"time"

	"datai/account"

	"github.com/google/uuid"
)

var console = account.Principal{Name: "console", Roles: []account.Role{account.Console}, Acting: account.Console}

// token makes a token of an account that has every role of people.
func (s *server) token(role account.Role, write bool) string {
	s.t.Helper()
	if _, err := s.Account.IssueLink(s.t.Context(), console, "admin"); err != nil {
		s.t.Fatal(err)
	}
	return s.tokenOf("admin", role, write)
}

// tokenOf is a token of the account of that name.
func (s *server) tokenOf(name string, role account.Role, write bool) string {
	s.t.Helper()
	secret, _, err := s.Account.IssueTokenFor(s.t.Context(), console, name, account.NewToken{Name: uuid.NewString(), Role: role, Write: write, Days: 30})
	if err != nil {
		s.t.Fatal(err)
	}
	return "Bearer " + secret
}

func TestTokensLetProgramsIn(t *testing.T) {
	s := newServer(t)
	_, hidden, _, _ := s.stock()
	read, write, system := s.token(account.Officer, false), s.token(account.Officer, true), s.token(account.System, true)
	at := "/results/" + hidden.Code
	nobody := account.Nobody()
	confirm := map[string]bool{"confirm": true}
	s.call(nobody, "GET", at, nil).problem(404, "not_found")
	tag := s.call(nobody, "GET", at, nil, "Authorization", read).want(200).header.Get("ETag")
	s.call(nobody, "GET", at, nil, "Authorization", system).problem(404, "not_found")

	no := s.call(nobody, "POST", at+"/publish", confirm, "If-Match", tag)
	no.problem(401, "unauthorized")
	if got := no.header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate without a token: %q", got)
	}
	no = s.call(nobody, "POST", at+"/publish", confirm, "If-Match", tag, "Authorization", read)
	no.problem(403, "forbidden")
	if got := no.header.Get("WWW-Authenticate"); !strings.Contains(got, "insufficient_scope") {
		t.Errorf("WWW-Authenticate with a reading token: %q", got)
	}
	s.call(nobody, "POST", at+"/publish", confirm, "If-Match", tag, "Authorization", system).problem(403, "forbidden")
	s.call(nobody, "POST", at+"/publish", confirm, "If-Match", tag, "Authorization", write).want(200)

	for _, bad := range []string{"Bearer", "Bearer ", "Bearer dt_x", read[:len(read)-1], read + "A", "Basic " + read[7:], "dt_", strings.Replace(read, "dt_", "DT_", 1)} {
		no := s.call(as(account.Officer), "GET", at, nil, "Authorization", bad) // a session does not mend a token
		no.problem(401, "unauthorized")
		if got := no.header.Get("WWW-Authenticate"); !strings.Contains(got, "invalid_token") {
			t.Errorf("WWW-Authenticate with %.9q…: %q", bad, got)
		}
	}
	s.call(nobody, "GET", at, nil, "Authorization", "bearer  "+read[7:]).want(200)
	s.Clock.Advance(31 * 24 * time.Hour)
	s.call(nobody, "GET", at, nil, "Authorization", read).problem(401, "unauthorized")
}

func TestWhoAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	s := newServer(t)
	one, other := s.token(account.Officer, false), s.token(account.Officer, false)
	held := 0
	for range 310 {
		res := s.call(account.Nobody(), "GET", "/results?limit=1", nil, "Authorization", one)
		if res.status == 429 {
			res.problem(429, "too_many")
			if res.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After: %q", res.header.Get("Retry-After"))
			}
			held++
		}
	}
	if held != 10 {
		t.Errorf("of 310 requests of one token %d were held back, want 10", held)
	}
	s.call(account.Nobody(), "GET", "/results?limit=1", nil, "Authorization", other).want(200)
	held = 0
	for range 1200 {
		if s.call(account.Nobody(), "GET", "/needs?limit=1", nil).status == 429 {
			held++
		}
	}
	if held != 311 {
		t.Errorf("of 1,511 requests of one address %d were held back, want 311", held)
	}
	s.Clock.Advance(time.Minute)
	s.call(account.Nobody(), "GET", "/needs", nil).want(200)
}
