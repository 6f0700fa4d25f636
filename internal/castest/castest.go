// Package castest is a CAS server for tests. It speaks what tests need of the
// CAS Protocol 3.0 Specification, version 3.0.3, of Apereo: /login, /logout with
// single logout, and /p3/serviceValidate.
package castest

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Person is somebody the server knows.
type Person struct {
	User       string
	Attributes [][2]string // in the order in which they are sent, names may come again
}

// Server is a running CAS server.
type Server struct {
	URL string // the prefix of its addresses
	// Answer, which may be nil, answers validations in place of the server.
	Answer http.HandlerFunc

	mu      sync.Mutex
	people  map[string]Person
	tickets map[string]issued
	asked   int
}

// issued is a ticket: whose, for which service, and whether it was validated.
type issued struct {
	user, service string
	used          bool
}

// Start starts a server that ends with the test.
func Start(t testing.TB, people ...Person) *Server {
	t.Helper()
	s := &Server{people: map[string]Person{}, tickets: map[string]issued{}}
	for _, p := range people {
		s.people[p.User] = p
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cas/login", s.form)
	mux.HandleFunc("POST /cas/login", s.login)
	mux.HandleFunc("GET /cas/logout", s.logout)
	mux.HandleFunc("GET /cas/p3/serviceValidate", s.validate)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.URL = srv.URL + "/cas"
	return s
}

var loginPage = template.Must(template.New("login").Parse(`<!DOCTYPE html><html lang="en"><title>CAS</title>
<form method="post"><label>User <input name="username"></label><input type="hidden" name="service" value="{{.}}"><button>Log in</button></form>`))

func (s *Server) form(w http.ResponseWriter, r *http.Request) {
	_ = loginPage.Execute(w, r.FormValue("service"))
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(r.FormValue("service"))
	ticket := s.Ticket(r.FormValue("username"), r.FormValue("service"))
	if err != nil || ticket == "" {
		http.Error(w, "nobody of that name", http.StatusUnauthorized)
		return
	}
	q := to.Query()
	q.Set("ticket", ticket)
	to.RawQuery = q.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// Ticket signs somebody in for a service and returns the ticket, "" for nobody.
func (s *Server) Ticket(user, service string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.people[user]; !known {
		return ""
	}
	t := fmt.Sprintf("ST-%d-%s", len(s.tickets)+1, rand.Text())
	s.tickets[t] = issued{user: user, service: service}
	return t
}

// Set changes what the server says of somebody.
func (s *Server) Set(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[p.User] = p
}

// Asked is how many validations were asked for.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// escape is a text inside an element.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	answer := s.Answer
	t, known := s.tickets[r.FormValue("ticket")]
	if known {
		used := t
		used.used = true
		s.tickets[r.FormValue("ticket")] = used // one attempt, whatever comes of it (3.1.1)
	}
	p := s.people[t.user]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	switch {
	case answer != nil:
		answer(w, r)
	case !known || t.used:
		_, _ = fmt.Fprint(w, Failure("INVALID_TICKET", "Ticket "+r.FormValue("ticket")+" not recognized"))
	case t.service != r.FormValue("service"):
		_, _ = fmt.Fprint(w, Failure("INVALID_SERVICE", "Ticket is for another service"))
	default:
		_, _ = fmt.Fprint(w, Success(p))
	}
}

// Success is a response to a ticket that is good (2.5.2, 2.5.7).
func Success(p Person) string {
	var b strings.Builder
	b.WriteString(`<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess><cas:user>` + escape(p.User) + `</cas:user><cas:attributes>`)
	for _, a := range p.Attributes {
		fmt.Fprintf(&b, "<cas:%s>%s</cas:%s>", a[0], escape(a[1]), a[0])
	}
	b.WriteString(`</cas:attributes></cas:authenticationSuccess></cas:serviceResponse>`)
	return b.String()
}

// Failure is a response to one that is not (2.5.2, 2.5.3).
func Failure(code, text string) string {
	return `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationFailure code="` + code + `">` + escape(text) + `</cas:authenticationFailure></cas:serviceResponse>`
}

// LogoutRequest is what a service is sent when a sign-in has ended (appendix C).
func LogoutRequest(ticket string) string {
	return `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="` + rand.Text() + `" Version="2.0" IssueInstant="2026-04-07T01:00:00Z">` +
		`<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID><samlp:SessionIndex>` + escape(ticket) + `</samlp:SessionIndex></samlp:LogoutRequest>`
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.End(r.Context())
	_, _ = fmt.Fprintln(w, "logged out")
}

// End ends every sign-in that was used and tells the services (2.3.3).
func (s *Server) End(ctx context.Context) {
	s.mu.Lock()
	told := map[string]string{}
	for t, i := range s.tickets {
		if i.used {
			told[t] = i.service
		}
	}
	s.mu.Unlock()
	for t, service := range told {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, service, strings.NewReader(url.Values{"logoutRequest": {LogoutRequest(t)}}.Encode()))
		if err != nil {
			continue
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if res, err := http.DefaultClient.Do(r); err == nil {
			_ = res.Body.Close()
		}
	}
}
