// Package oidctest runs an OpenID Provider for tests: the certified library of
// zitadel with the storage of its example, to which it adds claims of one's own,
// keys that rotate, and tokens that end sign-ins from behind.
package oidctest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The client that the provider knows, and the password of everybody.
const (
	ClientID = "datai"
	Secret   = "a secret of tests"
	Password = "a password of tests"
)

// Person is somebody the provider knows. Claims stand in the ID token and in
// the answer of the UserInfo endpoint; they may replace those of the protocol.
type Person struct {
	Subject string
	Claims  map[string]any
	AMR     []string
}

// Server is a running provider.
type Server struct {
	URL string // the issuer
	// Before, which may be nil, sees each request and reports whether it has
	// answered it.
	Before func(w http.ResponseWriter, r *http.Request) bool

	mu     sync.Mutex
	people map[string]Person
	keys   []*key // the last one signs
}

// Start starts a provider that ends with the test. It sends people back to the
// addresses only.
func Start(t testing.TB, back []string, people ...Person) *Server {
	t.Helper()
	s := &Server{people: map[string]Person{}}
	for _, p := range people {
		s.people[p.Subject] = p
	}
	s.Rotate(t)
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := s.Before; before == nil || !before(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	client := storage.WebClient(ClientID, Secret, back...)
	kept := &kept{storage.NewStorageWithClients(users{s}, map[string]*storage.Client{ClientID: client}), s}
	handler = exampleop.SetupServer(s.URL, kept, nil, false)
	return s
}

// Set changes what the provider says of somebody.
func (s *Server) Set(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[p.Subject] = p
}

func (s *Server) person(subject string) (Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.people[subject]
	return p, ok
}

// Rotate makes the provider sign with a new key. The old ones are withdrawn.
func (s *Server) Rotate(t testing.TB) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = []*key{{id: rand.Text(), private: k}}
}

func (s *Server) signs() *key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[len(s.keys)-1]
}

// Sign makes a token of the claims, signed by the provider.
func (s *Server) Sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	return sign(t, s.signs(), claims)
}

func sign(t testing.TB, k *key, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, (&jose.SignerOptions{}).WithType("logout+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Forge makes a token of the claims that a stranger has signed, under the name
// of the provider's key.
func (s *Server) Forge(t testing.TB, claims map[string]any) string {
	t.Helper()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, &key{id: s.signs().id, private: other}, claims)
}

// Ending are the claims of a logout token (OpenID Connect Back-Channel Logout
// 1.0, section 2.4) with what is changed, nil taking a claim away.
func (s *Server) Ending(now time.Time, change map[string]any) map[string]any {
	claims := map[string]any{"iss": s.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	for name, v := range change {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	return claims
}

// Login signs somebody in by the form of the provider, which the address
// leads to, and returns where the browser is sent back to.
func (s *Server) Login(t testing.TB, address, subject string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back *url.URL
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.URL+"/") {
			return nil
		}
		back = r.URL
		return http.ErrUseLastResponse
	}}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if back != nil { // refused at once
		return back
	}
	form := url.Values{"id": {res.Request.URL.Query().Get("authRequestID")}, "username": {subject}, "password": {Password}}
	if res, err = client.PostForm(s.URL+"/login/username", form); err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if back == nil {
		t.Fatalf("the provider sent nobody back: %s\n%s", res.Status, page)
	}
	return back
}

// key signs.
type key struct {
	id      string
	private *ecdsa.PrivateKey
}

func (k *key) ID() string                                  { return k.id }
func (k *key) Key() any                                    { return k.private }
func (k *key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }

// public is what everybody may know of a key.
type public struct{ *key }

func (public) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (public) Use() string                        { return "sig" }
func (p public) Key() any                         { return &p.private.PublicKey }

// users are the people as the storage wants them.
type users struct{ *Server }

func (u users) GetUserByID(id string) *storage.User {
	if _, ok := u.person(id); !ok {
		return nil
	}
	return &storage.User{ID: id, Username: id, Password: Password}
}
func (u users) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }
func (users) ExampleClientID() string                       { return "service" }

// kept is the storage of the example with our people and keys.
type kept struct {
	*storage.Storage
	s *Server
}

func (k *kept) SigningKey(context.Context) (op.SigningKey, error) { return k.s.signs(), nil }

func (*kept) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

func (k *kept) KeySet(context.Context) ([]op.Key, error) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	var out []op.Key
	for _, key := range k.s.keys {
		out = append(out, public{key})
	}
	return out, nil
}

func (k *kept) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	if err := k.Storage.SetUserinfoFromRequest(ctx, info, request, scopes); err != nil {
		return err
	}
	return k.claims(info, request.GetSubject())
}

func (k *kept) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	if err := k.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin); err != nil {
		return err
	}
	return k.claims(info, subject)
}

func (k *kept) claims(info *oidc.UserInfo, subject string) error {
	p, _ := k.s.person(subject)
	for name, v := range p.Claims {
		info.AppendClaims(name, v)
	}
	return nil
}

// asked is a request of somebody who signed in as strongly as it says.
type asked struct {
	op.AuthRequest
	amr []string
}

func (a asked) GetAMR() []string { return a.amr }

func (k *kept) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	r, err := k.Storage.AuthRequestByCode(ctx, code)
	if err != nil {
		return nil, err
	}
	if p, _ := k.s.person(r.GetSubject()); len(p.AMR) > 0 {
		return asked{r, slices.Clone(p.AMR)}, nil
	}
	return r, nil
}
