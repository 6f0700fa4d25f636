package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"
)

// discovered is what a provider says of itself (OpenID Connect Discovery 1.0).
type discovered struct {
	*oidc.Provider
	address string
	end     string // end_session_endpoint, of OpenID Connect RP-Initiated Logout 1.0
	at      time.Time
}

// discoveredFor is how long it is believed; keys are asked for anew whenever a
// token names one that is not known.
const discoveredFor = time.Hour

// directory remembers what providers say of themselves.
type directory struct {
	mu sync.Mutex
	of map[uuid.UUID]*discovered
}

func (d *directory) get(src account.Source) *discovered {
	d.mu.Lock()
	defer d.mu.Unlock()
	if found := d.of[src.ID]; found != nil && found.address == src.Address {
		return found
	}
	return nil
}

func (d *directory) put(id uuid.UUID, found *discovered) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[uuid.UUID]*discovered{}
	}
	d.of[id] = found
}

// discover asks a provider what it is at the first use, and once in a while;
// while it does not answer, what it said before counts.
func (c *Client) discover(ctx context.Context, src account.Source) (*discovered, error) {
	known := c.directory.get(src)
	if known != nil && c.Now().Sub(known.at) < discoveredFor {
		return known, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, c.http), src.Address)
	if err != nil && known != nil {
		return known, nil
	}
	if _, other := errors.AsType[*oidc.IssuerMismatchError](err); other {
		return nil, catalog.Refuse(catalog.Forbidden, "federation.issuer").Because(err)
	}
	if err != nil {
		return nil, silent(err)
	}
	found := &discovered{Provider: p, address: src.Address, at: c.Now()}
	if err := found.read(); err != nil {
		return nil, err
	}
	c.directory.put(src.ID, found)
	return found, nil
}

// read takes from the document what the library does not, and refuses addresses
// that we would ask and that are not on the host of the issuer: its word may be
// a lie that leads into our net.
func (d *discovered) read() error {
	var more struct {
		End  string `json:"end_session_endpoint"`
		Keys string `json:"jwks_uri"`
	}
	if err := d.Claims(&more); err != nil {
		return catalog.Refuse(catalog.Unavailable, "federation.unclear").Because(err)
	}
	issuer, err := url.Parse(d.address)
	if err != nil {
		return err
	}
	for name, address := range map[string]string{"token_endpoint": d.Endpoint().TokenURL, "jwks_uri": more.Keys, "userinfo_endpoint": d.UserInfoEndpoint()} {
		if address == "" && name == "userinfo_endpoint" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != issuer.Scheme || u.Host != issuer.Host || u.User != nil {
			return catalog.Refuse(catalog.Forbidden, "federation.elsewhere").Because(fmt.Errorf("%s is %q, not of the issuer %q", name, address, d.address))
		}
	}
	if opens(more.End, issuer.Scheme) {
		d.end = more.End
	}
	if !opens(d.Endpoint().AuthURL, issuer.Scheme) {
		return catalog.Refuse(catalog.Forbidden, "federation.elsewhere").Because(errors.New("the authorization_endpoint is no page"))
	}
	return nil
}

// opens reports whether a browser may be sent to an address: over TLS like us,
// or as plainly as the issuer itself.
func opens(address, scheme string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == scheme)
}

// oauth is the client of a source.
func (c *Client) oauth(src account.Source, p *discovered) oauth2.Config {
	scopes := src.Scopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email", "phone"} // OpenID Connect Core 1.0, 5.4
	}
	return oauth2.Config{ClientID: src.Client, ClientSecret: src.Secret, Endpoint: p.Endpoint(), RedirectURL: c.service(src),
		Scopes: append([]string{oidc.ScopeOpenID}, slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == oidc.ScopeOpenID })...)}
}

// oidcLogin begins the authorization code flow (OpenID Connect Core 1.0, 3.1)
// with PKCE (RFC 7636), state and nonce, which are the browser's alone.
func (c *Client) oidcLogin(ctx context.Context, src account.Source, m *memory) (string, error) {
	p, err := c.discover(ctx, src)
	if err != nil {
		return "", err
	}
	m.State, m.Nonce, m.Proof = rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	o := c.oauth(src, p)
	return o.AuthCodeURL(m.State, oidc.Nonce(m.Nonce), oauth2.S256ChallengeOption(m.Proof)), nil
}

// same compares secrets.
func same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// codeMost is the longest code in bytes that is passed on.
const codeMost = 4 << 10

// oidcReturn redeems the code that a browser brought and checks the ID token.
func (c *Client) oidcReturn(ctx context.Context, src account.Source, m memory, query url.Values) (a account.Assertion, err error) {
	if !same(m.State, query.Get("state")) || len(query["state"]) != 1 {
		return a, catalog.Refuse(catalog.Invalid, "federation.lost")
	}
	if said := query.Get("error"); said != "" {
		return a, catalog.Refuse(catalog.Forbidden, "federation.denied").Because(fmt.Errorf("the provider answers %.100q", said))
	}
	if code := query["code"]; len(code) != 1 || code[0] == "" || len(code[0]) > codeMost {
		return a, catalog.Refuse(catalog.Invalid, "federation.no_ticket")
	}
	p, err := c.discover(ctx, src)
	if err != nil {
		return a, err
	}
	if iss := query.Get("iss"); iss != "" && iss != src.Address { // RFC 9207
		return a, catalog.Refuse(catalog.Forbidden, "federation.issuer")
	}
	ctx = oidc.ClientContext(ctx, c.http)
	o := c.oauth(src, p)
	tokens, err := o.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(m.Proof))
	if err != nil {
		return a, notRedeemed(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: src.Client, Now: c.Now}).Verify(ctx, raw)
	if err != nil {
		return a, notVerified(ctx, err)
	}
	if !same(m.Nonce, id.Nonce) {
		return a, catalog.Refuse(catalog.Forbidden, "federation.ticket").Because(errors.New("the nonce is another"))
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return a, catalog.Refuse(catalog.Unavailable, "federation.unclear").Because(err)
	}
	if azp, ok := claims["azp"].(string); (ok || len(id.Audience) > 1) && azp != src.Client { // 3.1.3.7, 4 and 5
		return a, catalog.Refuse(catalog.Forbidden, "federation.ticket").Because(errors.New("the token is for another client"))
	}
	a = account.Assertion{Subject: id.Subject, Once: m.Nonce, Attributes: map[string][]string{}}
	a.Session, _ = claims["sid"].(string)
	if p.UserInfoEndpoint() != "" {
		more, err := p.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil {
			return a, silent(err)
		}
		if more.Subject != id.Subject { // 5.3.2: else it must not be used
			return a, catalog.Refuse(catalog.Forbidden, "federation.other_subject")
		}
		var said map[string]any
		if err := more.Claims(&said); err != nil {
			return a, catalog.Refuse(catalog.Unavailable, "federation.unclear").Because(err)
		}
		flatten(a.Attributes, said)
	}
	flatten(a.Attributes, claims) // what is signed wins
	return a, nil
}

// attributesMost is how many attributes of a token are looked at.
const attributesMost = 200

// flatten makes attributes of claims: texts, numbers, truth values and lists of
// them. What has a structure is nothing that a map could name.
func flatten(into map[string][]string, claims map[string]any) {
	for name, v := range claims {
		if len(into) >= attributesMost && into[name] == nil {
			continue
		}
		list, many := v.([]any)
		if !many {
			list = []any{v}
		}
		var out []string
		for _, v := range list {
			switch v := v.(type) {
			case string:
				out = append(out, v)
			case bool:
				out = append(out, strconv.FormatBool(v))
			case float64:
				out = append(out, strconv.FormatFloat(v, 'f', -1, 64))
			}
		}
		if len(out) > 0 {
			into[name] = out
		}
	}
}

// notRedeemed says what became of a code: the provider refused it, or us, or
// did not answer. Its answer stays out of the log: it may repeat the code.
func notRedeemed(err error) error {
	said, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !answered || said.Response != nil && said.Response.StatusCode >= 500:
		return silent(errors.New("no token for the code"))
	case said.ErrorCode == "invalid_client" || said.ErrorCode == "unauthorized_client": // RFC 6749, 5.2
		return catalog.Refuse(catalog.Forbidden, "federation.service").Because(errors.New(said.ErrorCode))
	}
	return catalog.Refuse(catalog.Forbidden, "federation.ticket").Because(fmt.Errorf("the code is refused: %.40q", said.ErrorCode))
}

// notVerified says why a token does not count: keys that cannot be had are the
// provider's silence, all else is a token that proves nothing.
func notVerified(ctx context.Context, err error) error {
	if ctx.Err() != nil || strings.Contains(err.Error(), "fetching keys") { // the library wraps it without a type
		return silent(withoutAddress(err))
	}
	return catalog.Refuse(catalog.Forbidden, "federation.ticket").Because(err)
}

// oidcEnded reads a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6);
// whoever keeps what is spent refuses one that comes again.
func (c *Client) oidcEnded(ctx context.Context, src account.Source, token string) (e account.Ending, err error) {
	if token == "" || len(token) > 16<<10 {
		return e, catalog.Refuse(catalog.Invalid, "federation.no_end")
	}
	p, err := c.discover(ctx, src)
	if err != nil {
		return e, err
	}
	ended, err := p.Verifier(&oidc.Config{ClientID: src.Client, Now: c.Now}).VerifyLogout(oidc.ClientContext(ctx, c.http), token)
	if err != nil {
		if err = notVerified(ctx, err); catalog.CodeOf(err) != catalog.Unavailable {
			err = catalog.Refuse(catalog.Invalid, "federation.no_end").Because(err)
		}
		return e, err
	}
	var event struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := ended.Claims(&event); err != nil || !strings.HasPrefix(strings.TrimSpace(string(event.Events["http://schemas.openid.net/event/backchannel-logout"])), "{") {
		return e, catalog.Refuse(catalog.Invalid, "federation.no_end")
	}
	return account.Ending{Session: ended.SessionID, Subject: ended.Subject, Once: "end " + ended.TokenID}, nil
}

// oidcLeave is the page of the provider on which one signs out there, "" while
// it is not known: nobody waits for a provider in order to leave.
func (c *Client) oidcLeave(src account.Source) string {
	p := c.directory.get(src)
	if p == nil || p.end == "" {
		return ""
	}
	u, err := url.Parse(p.end)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", src.Client)
	u.RawQuery = q.Encode()
	return u.String()
}
