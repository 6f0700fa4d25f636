// Package signin speaks with the identity providers of a university: CAS
// Protocol 3 (统一身份认证) and OpenID Connect. It proves who somebody is; who they are here, package
// account decides. A provider that hangs, lies or sends elsewhere costs nobody
// but those who sign in by it: each request has a time limit, an answer a
// largest size, and a provider that fails often is left alone for a while.
package signin

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"datai/account"
	"datai/catalog"
)

// Config is what a Client works with.
type Config struct {
	Base *url.URL // of our own pages, as browsers and providers reach them
	Key  [32]byte // the secret key; what is sealed with it is known by every server that has it
	Now  func() time.Time
	// Limit is how long a provider may take for one answer; 0 means 8 seconds.
	Limit time.Duration
	// Trust, which may be nil, reaches providers instead of the usual transport.
	Trust http.RoundTripper
}

// Client speaks with the providers.
type Client struct {
	Config
	http      *http.Client
	lists     *http.Client // for lists of people, which are longer
	aead      cipher.AEAD
	guards    guards
	directory directory
}

// New makes a client of c.
func New(c Config) *Client {
	if c.Limit == 0 {
		c.Limit = 8 * time.Second
	}
	mac := hmac.New(sha256.New, c.Key[:])
	mac.Write([]byte("datai signin 1"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // a block of AES
	}
	return &Client{Config: c, aead: aead, http: newHTTP(c.Limit, answerMost, c.Trust), lists: newHTTP(presenceLimit, presenceMost, c.Trust), guards: guards{now: c.Now}}
}

// memory is what a browser that is away at a provider brings back. It is kept
// in a cookie that only we can read and make, so that however many set out, none
// of it is kept here; and a callback without it proves nothing.
type memory struct {
	Source string `json:"s"`
	Back   string `json:"b,omitempty"` // the page of ours to go to afterwards
	Try    bool   `json:"t,omitempty"` // only to see what comes back
	State  string `json:"st,omitempty"`
	Nonce  string `json:"n,omitempty"`
	Proof  string `json:"p,omitempty"` // the verifier of PKCE
	At     int64  `json:"at"`          // unix ms
}

// memoryLife is how long somebody may take at the provider.
const memoryLife = 10 * time.Minute

// seal makes the cookie.
func (c *Client) seal(m memory) (string, error) {
	m.At = c.Now().UnixMilli()
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nil, nil, text, []byte(m.Source))), nil //nolint:gosec // the nonce is drawn inside
}

// open reads the cookie of a browser that has set out for the source.
func (c *Client) open(source, cookie string) (m memory, err error) {
	lost := catalog.Refuse(catalog.Invalid, "federation.lost")
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(raw) == 0 {
		return m, lost
	}
	text, err := c.aead.Open(nil, nil, raw, []byte(source))
	if err != nil || json.Unmarshal(text, &m) != nil || m.Source != source {
		return memory{}, lost
	}
	if age := c.Now().UnixMilli() - m.At; age < 0 || age > memoryLife.Milliseconds() {
		return memory{}, lost
	}
	return m, nil
}

// service is the address of ours that a source sends people back to.
func (c *Client) service(src account.Source) string {
	return c.Base.JoinPath("sign-in", "with", src.Name, "return").String()
}

// Begin is where a browser is sent to sign in, and the cookie that it brings
// back. back is a page of ours.
func (c *Client) Begin(ctx context.Context, src account.Source, back string, try bool) (to, cookie string, err error) {
	m := memory{Source: src.Name, Back: back, Try: try}
	if src.Kind == account.OIDC {
		err = c.guards.run(ctx, src.ID, func() error {
			to, err = c.oidcLogin(ctx, src, &m)
			return err
		})
	} else {
		to = c.casLogin(src)
	}
	if err != nil {
		return "", "", err
	}
	cookie, err = c.seal(m)
	return to, cookie, err
}

// Return checks what a browser brings back from a source: its cookie and the
// query. Nobody is let in by it yet. back and try are those of Begin.
func (c *Client) Return(ctx context.Context, src account.Source, cookie string, query url.Values) (a account.Assertion, back string, try bool, err error) {
	m, err := c.open(src.Name, cookie)
	if err != nil {
		return a, "", false, err
	}
	err = c.guards.run(ctx, src.ID, func() error {
		if src.Kind == account.OIDC {
			a, err = c.oidcReturn(ctx, src, m, query)
		} else {
			a, err = c.casReturn(ctx, src, query)
		}
		return err
	})
	return a, m.Back, m.Try, err
}

// Ended is what a source says from behind has ended.
func (c *Client) Ended(ctx context.Context, src account.Source, form url.Values) (e account.Ending, err error) {
	if src.Kind != account.OIDC {
		return casEnded(form.Get("logoutRequest"))
	}
	err = c.guards.run(ctx, src.ID, func() error {
		e, err = c.oidcEnded(ctx, src, form.Get("logout_token"))
		return err
	})
	return e, err
}

// Leave is where people end their sign-in at the source itself, "" if that is
// not known.
func (c *Client) Leave(src account.Source) string {
	if src.Kind == account.OIDC {
		return c.oidcLeave(src)
	}
	return join(src.Address, "logout")
}
