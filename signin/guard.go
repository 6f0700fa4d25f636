package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"datai/catalog"

	"github.com/google/uuid"
)

// Bounds of what providers may cost.
const (
	answerMost  = 256 << 10        // bytes of one answer
	togetherAt  = 64               // requests to one provider at a time
	breakAfter  = 5                // failures in a row, after which it is left alone
	breakFor    = 20 * time.Second // and how long
	connectTime = 4 * time.Second
)

// errElsewhere says that a provider answers with another place to ask.
var errElsewhere = errors.New("the provider sends to another address, which is not followed")

// newHTTP makes the one client by which providers are asked. It follows no
// redirect: the addresses are the administrator's word, and an answer must not
// turn them into others, inside our net or elsewhere.
func newHTTP(limit time.Duration, most int64, trust http.RoundTripper) *http.Client {
	if trust == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout, t.TLSHandshakeTimeout = limit, connectTime
		t.MaxResponseHeaderBytes, t.MaxConnsPerHost = 64<<10, togetherAt
		trust = t
	}
	return &http.Client{Transport: bounded{trust, most}, Timeout: limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errElsewhere }}
}

// bounded is a transport whose answers have a largest size, whoever reads them.
type bounded struct {
	http.RoundTripper
	most int64
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = &short{ReadCloser: res.Body, left: b.most, most: b.most}
	}
	return res, err
}

// short is a body that breaks off with an error when it is too long.
type short struct {
	io.ReadCloser
	left, most int64
}

func (s *short) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, fmt.Errorf("the answer has more than %d KiB", s.most>>10)
	}
	n, err := s.ReadCloser.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	return n, err
}

// get asks a provider and returns an answer of status 200.
func (c *Client) get(ctx context.Context, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, silent(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, silent(fmt.Errorf("status %d", res.StatusCode))
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, silent(err)
	}
	return body, nil
}

// silent says that a provider did not answer as one. Addresses hold tickets, so
// the cause for the log is without them.
func silent(err error) error {
	return catalog.Refuse(catalog.Unavailable, "federation.silent").Because(errors.New(cut(withoutAddress(err).Error())))
}

// withoutAddress is an error of the client without the address that it names.
func withoutAddress(err error) error {
	if named, ok := errors.AsType[*url.Error](err); ok {
		return named.Err
	}
	return err
}

// cut shortens what the log holds: an error of a library may quote an answer.
func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), 300)], "") }

// guards keep a provider that fails from holding people up: after some failures
// in a row it is not asked for a while. It is not the breaker of a lane of
// messages (package notify): here a person waits, so who finds no place is refused
// at once, each question has a place of its own, and the pause is short and always
// the same; there a worker keeps its place over many messages that lose nothing by
// waiting, a single failure leaves it alone, the pause grows, and a carrier may ask for one.
type guards struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[uuid.UUID]*guard
}

type guard struct {
	running  int
	failures int
	shut     time.Time
}

// run asks a provider by way of its guard. Only that it does not answer counts
// as a failure; what it refuses it has answered.
func (g *guards) run(ctx context.Context, id uuid.UUID, ask func() error) error {
	if !g.enter(id) {
		return catalog.Refuse(catalog.Unavailable, "federation.silent").Because(errors.New("left alone after failures, or too many ask at once"))
	}
	err := ask()
	g.leave(id, catalog.CodeOf(err) == catalog.Unavailable && ctx.Err() == nil)
	return err
}

func (g *guards) enter(id uuid.UUID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil {
		g.of = map[uuid.UUID]*guard{}
	}
	of := g.of[id]
	if of == nil {
		of = &guard{}
		g.of[id] = of
	}
	most := togetherAt
	if of.failures >= breakAfter { // the pause is over: one asks on trial
		most = 1
	}
	if g.now().Before(of.shut) || of.running >= most {
		return false
	}
	of.running++
	return true
}

func (g *guards) leave(id uuid.UUID, failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := g.of[id]
	of.running--
	if !failed {
		of.failures, of.shut = 0, time.Time{}
		return
	}
	if of.failures++; of.failures >= breakAfter {
		of.shut = g.now().Add(breakFor)
	}
}
