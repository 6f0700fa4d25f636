package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/inbox"
	"datai/internal/apptest"
	"datai/journal"
	"datai/notify"

	"github.com/google/uuid"
)

// The vector is that of the reference libraries of Standard Webhooks
// (libraries/go/webhook_test.go, TestWebhookSign).
func TestSignAsTheSpecificationSays(t *testing.T) {
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for _, secret := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} {
		got, err := notify.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
		if err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if _, err := notify.Sign("whsec_no base64", "1", clock(), nil); err == nil {
		t.Error("a secret that is none")
	}
}

var admin = account.Principal{Name: "admin", Roles: []account.Role{account.System}, Acting: account.System}

// call is one request that a receiver got.
type call struct {
	header http.Header
	query  url.Values
	body   string
}

// receiver is a server that answers as a test wants.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []call
	answer func(w http.ResponseWriter, r *http.Request)
}

func receives(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	s := &receiver{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.calls = append(s.calls, call{r.Header, r.URL.Query(), string(body)})
		s.mu.Unlock()
		if s.answer != nil {
			s.answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *receiver) got() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

var loopback = notify.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

func base(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse("https://kjcg.example.edu.cn")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func add(t *testing.T, a *apptest.App, n inbox.NewReceiver) inbox.Receiver {
	t.Helper()
	if n.Events == nil {
		n.Events = inbox.Events()
	}
	r, err := a.Inbox.AddReceiver(t.Context(), admin, n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// message is an event for a receiver.
func message(t *testing.T, r inbox.Receiver, o inbox.Occurrence) journal.Message {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return journal.Message{ID: uuid.Must(uuid.NewV7()), Kind: r.Lane(), Payload: text}
}

func TestAWebhookGetsAnEvent(t *testing.T) {
	a := apptest.New(t)
	s := receives(t, nil)
	r := add(t, a, inbox.NewReceiver{Kind: inbox.Webhook, Name: "other", URL: s.URL + "/hook?key=1"})
	w := notify.Webhooks{Inbox: a.Inbox, Client: loopback.Client(), Base: base(t), Now: clock}
	m := message(t, r, inbox.Occurrence{Type: inbox.ResultListed, At: clock().UnixMilli(), Code: "R-2222222222", N: 1})
	verify := func(c call, secrets ...string) {
		t.Helper()
		var want []string
		for _, secret := range secrets {
			sign, err := notify.Sign(secret, c.header.Get("webhook-id"), clock(), []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, sign)
		}
		if got := c.header.Get("webhook-signature"); got != strings.Join(want, " ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for range 2 {
		if err := w.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := s.got()
	if len(got) != 2 || got[0].body != `{"type":"result.listed","timestamp":"2026-04-07T01:00:00Z","data":{"code":"R-2222222222","url":"https://kjcg.example.edu.cn/results/R-2222222222"}}` {
		t.Fatalf("%+v", got)
	}
	if id := got[0].header.Get("webhook-id"); strings.Contains(id, ".") || id == "" || got[1].header.Get("webhook-id") != id || got[0].header.Get("webhook-timestamp") != "1775523600" {
		t.Errorf("%v", got[0].header)
	}
	verify(got[0], r.Target.Secret)
	// a new secret signs with the old one for a day
	next, err := a.Inbox.Rotate(t.Context(), admin, r.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Inbox.Rotate(t.Context(), admin, r.ID, 1); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("rotated twice: %v", err)
	}
	if err := w.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	verify(s.got()[2], next, r.Target.Secret)
	w.Now = func() time.Time { return clock().Add(25 * time.Hour) }
	if err := w.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	last := s.got()[3]
	if sign, _ := notify.Sign(next, last.header.Get("webhook-id"), w.Now(), []byte(last.body)); last.header.Get("webhook-signature") != sign {
		t.Errorf("a day later: %q", last.header.Get("webhook-signature"))
	}
	// paused and gone
	if err := a.Inbox.Pause(t.Context(), admin, r.ID, 2, true); err != nil {
		t.Fatal(err)
	}
	if cause, final := notify.CauseOf(w.Send(t.Context(), m)); cause != "paused" || !final {
		t.Error(cause, final)
	}
}

func TestAWebhookThatAnswersBadly(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		cause  string
		final  bool
	}{
		"not now":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "status_503", false},
		"not found":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, "status_404", false},
		"wrong secret": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "status_401", false},
		"gone":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, "status_410", true},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusTemporaryRedirect)
		}, "status_307", false},
		"hangs":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout", false},
		"resets": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "reset", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := apptest.New(t)
			s := receives(t, c.answer)
			r := add(t, a, inbox.NewReceiver{Kind: inbox.Webhook, Name: "other", URL: s.URL})
			w := notify.Webhooks{Inbox: a.Inbox, Client: loopback.Client(), Base: base(t), Now: clock}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := w.Send(ctx, message(t, r, inbox.Occurrence{Type: inbox.NeedPublished, N: 1}))
			if cause, final := notify.CauseOf(err); cause != c.cause || final != c.final || strings.Contains(err.Error(), s.URL) {
				t.Errorf("%q, %v: %v", cause, final, err)
			}
			if _, live, err := a.Inbox.Receiver(t.Context(), r.ID); err != nil || live == (name == "gone") {
				t.Errorf("is called again: %v, %v", live, err)
			}
		})
	}
}

func TestNobodyIsCalledInside(t *testing.T) {
	s := receives(t, nil)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	a := apptest.New(t)
	for _, address := range []string{s.URL, "http://localhost:" + u.Port()} {
		// The name was vetted, or was not, and leads inside when it is called.
		r := add(t, a, inbox.NewReceiver{Kind: inbox.Webhook, Name: address, URL: address})
		w := notify.Webhooks{Inbox: a.Inbox, Client: notify.Guard{}.Client(), Base: base(t), Now: clock}
		if cause, _ := notify.CauseOf(w.Send(t.Context(), message(t, r, inbox.Occurrence{Type: inbox.NeedPublished, N: 1}))); cause != "inside" {
			t.Errorf("%s: %q", address, cause)
		}
	}
	if len(s.got()) != 0 {
		t.Errorf("%d calls came through", len(s.got()))
	}
	for _, address := range []string{s.URL, "http://localhost", "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1", "http://[::ffff:127.0.0.1]", "http://0.0.0.0"} {
		if err := (notify.Guard{}).Vet(t.Context(), address); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := loopback.Vet(t.Context(), s.URL); err != nil {
		t.Errorf("what is allowed: %v", err)
	}
}

func TestWhereTheInsideIs(t *testing.T) {
	campus := notify.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}}
	for address, want := range map[string]bool{
		"1.1.1.1": true, "202.112.0.1": true, "2400:3200::1": true, "10.20.3.4": true,
		"10.21.0.1": false, "127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.100.100.200": false, "192.0.0.192": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fd00:ec2::254": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false,
		"64:ff9b::a9fe:a9fe": false, "2002:7f00:1::": false, "2001::1": false, "::7f00:1": false, "ff02::1": false, "fec0::1": false,
	} {
		if got := campus.Lets(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// A receiver that was given another secret takes nothing, and nothing is lost:
// with the right one the same message comes again under the same id.
func TestAReceiverWithAnotherSecretTakesNothing(t *testing.T) {
	a := apptest.New(t)
	known := inbox.SecretPrefix + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	var ids []string
	var s *receiver
	s = receives(t, func(w http.ResponseWriter, r *http.Request) {
		calls := s.got()
		ids = append(ids, r.Header.Get("webhook-id"))
		if want, err := notify.Sign(known, r.Header.Get("webhook-id"), clock(), []byte(calls[len(calls)-1].body)); err != nil || r.Header.Get("webhook-signature") != want {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	r := add(t, a, inbox.NewReceiver{Kind: inbox.Webhook, Name: "other", URL: s.URL})
	w := notify.Webhooks{Inbox: a.Inbox, Client: loopback.Client(), Base: base(t), Now: clock}
	m := message(t, r, inbox.Occurrence{Type: inbox.NeedPublished, N: 1})
	err := w.Send(t.Context(), m)
	if cause, final := notify.CauseOf(err); cause != "status_401" || final {
		t.Errorf("%q, %v", cause, final)
	}
	if _, live, err := a.Inbox.Receiver(t.Context(), r.ID); err != nil || !live {
		t.Errorf("it is not called again: %v", err)
	}
	known = r.Target.Secret
	if err := w.Send(t.Context(), m); err != nil {
		t.Error(err)
	}
	if len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("ids %q", ids)
	}
}
