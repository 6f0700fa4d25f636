package notify_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"datai/inbox"
	"datai/internal/apptest"
	"datai/journal"
	"datai/notify"
	"datai/store"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// works runs a worker until the returned function is called.
func works(t *testing.T, a *apptest.App, senders map[string]notify.Sender, limit time.Duration) (stop func()) {
	t.Helper()
	w := notify.NewWorker(notify.Config{Queue: a.DB, Inbox: a.Inbox, Senders: senders, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Every: 5 * time.Millisecond, Limit: limit, Next: func(int) (time.Duration, bool) { return time.Millisecond, true }})
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { w.Run(ctx) })
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); ended.Wait() }) }
	t.Cleanup(stop)
	return stop
}

// queue puts n letters or texts into the outbox and returns their ids.
func queue(t *testing.T, a *apptest.App, lane string, n int) map[uuid.UUID]bool {
	t.Helper()
	ids := map[uuid.UUID]bool{}
	err := a.DB.Write(t.Context(), func(tx *store.Tx) error {
		for range n {
			m := journal.Message{ID: uuid.Must(uuid.NewV7()), Kind: lane, Payload: []byte("{}")}
			ids[m.ID] = true
			if err := tx.EnqueueMessage(t.Context(), m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// sender is a Sender that a test makes of a function.
type sender func(ctx context.Context, m journal.Message) error

func (s sender) Send(ctx context.Context, m journal.Message) error { return s(ctx, m) }

// A lane that hangs holds up nothing on another, and what hung is sent once the
// other side wakes up, under the same id.
func TestALaneThatHangsDelaysNoOther(t *testing.T) {
	a := apptest.New(t)
	taken := make(chan uuid.UUID, 100)
	asleep := true
	var mu sync.Mutex
	var hung []uuid.UUID
	hanging := sender(func(ctx context.Context, m journal.Message) error {
		mu.Lock()
		sleeps := asleep
		hung = append(hung, m.ID)
		mu.Unlock()
		if sleeps {
			<-ctx.Done()
			return ctx.Err()
		}
		taken <- m.ID
		return nil
	})
	mails, texts := queue(t, a, inbox.MailLane, 2), queue(t, a, inbox.SMSLane, 30)
	works(t, a, map[string]notify.Sender{inbox.MailLane: hanging, inbox.SMSLane: sender(func(_ context.Context, m journal.Message) error { taken <- m.ID; return nil })}, 50*time.Millisecond)
	for range 30 {
		if id := <-taken; !texts[id] {
			t.Fatalf("%s is none of those that could go", id)
		}
	}
	mu.Lock()
	asleep = false
	mu.Unlock()
	for range 2 {
		if id := <-taken; !mails[id] {
			t.Errorf("%s", id)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, id := range hung {
		if !mails[id] {
			t.Errorf("an attempt under another id: %s", id)
		}
	}
}

// A worker that is stopped over and over, in the middle of whatever it does,
// loses nothing.
func TestNothingIsLostOverRestarts(t *testing.T) {
	a := apptest.New(t)
	ids := queue(t, a, inbox.SMSLane, 60)
	var mu sync.Mutex
	got := map[uuid.UUID]int{}
	some := make(chan bool, 1000)
	moody := sender(func(ctx context.Context, m journal.Message) error {
		mu.Lock()
		mood := rand.IntN(4)
		if mood == 0 {
			got[m.ID]++
		}
		mu.Unlock()
		some <- true
		switch mood {
		case 0:
			return nil
		case 1:
			<-ctx.Done() // hangs
			return ctx.Err()
		}
		return net.ErrClosed
	})
	for round := 0; ; round++ {
		stop := works(t, a, map[string]notify.Sender{inbox.SMSLane: moody}, 5*time.Millisecond)
		<-some
		stop()
		if n, err := a.DB.Waiting(t.Context()); err != nil || round > 3000 {
			t.Fatalf("%d wait after %d rounds, %v", n, round, err)
		} else if n == 0 {
			break
		}
	drain:
		for {
			select {
			case <-some:
			default:
				break drain
			}
		}
	}
	for id := range ids {
		if got[id] == 0 {
			t.Errorf("%s was never sent", id)
		}
	}
	if len(got) != len(ids) {
		t.Errorf("%d ids of %d", len(got), len(ids))
	}
}

func TestTheGatewayIsAskedInItsWords(t *testing.T) {
	var got []notify.ShortMessage
	status := http.StatusNoContent
	hang := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m notify.ShortMessage
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		got = append(got, m)
		if r.Header.Get("Datai-Timestamp") != "1775523600" || len(r.Header.Get("Datai-Signature")) != 64 {
			t.Errorf("%v", r.Header)
		}
		switch status {
		case 0:
			<-hang
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "90")
		case http.StatusFound:
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(max(status, 200))
	}))
	defer srv.Close()
	defer close(hang)
	to, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := notify.NewGatewayClient()
	defer client.CloseIdleConnections()
	g := notify.HTTPGateway{URL: to, Secret: "geheim", Templates: map[string]string{"sign_in_code": "SMS_1"}, Now: clock, Client: client}
	for _, c := range []struct {
		status int
		cause  string
		final  bool
	}{{204, "", false}, {200, "", false}, {400, "status_400", true}, {429, "status_429", false}, {500, "status_500", false}, {302, "status_302", true}, {0, "timeout", false}} {
		status = c.status
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		cause, final := notify.CauseOf(g.Take(ctx, notify.ShortMessage{ID: "1", To: "13800000001", Template: "sign_in_code"}))
		cancel()
		if cause != c.cause || final != c.final {
			t.Errorf("%d: %q, %v", c.status, cause, final)
		}
	}
	if len(got) != 7 || got[0].Template != "SMS_1" || got[0].To != "13800000001" || got[0].ID != "1" {
		t.Errorf("%+v", got)
	}
}
