package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"datai/catalog"
	"datai/inbox"
	"datai/journal"
)

// Queue is the outbox.
type Queue interface {
	DueKinds(ctx context.Context, now int64) ([]string, error)
	LeaseMessages(ctx context.Context, kind string, now int64, limit int) ([]journal.Message, error)
	RetryMessage(ctx context.Context, m journal.Message, due int64) error
}

// Config is what a Worker works with.
type Config struct {
	Queue   Queue
	Inbox   *inbox.Service
	Senders map[string]Sender // by lane, or by what stands before the colon in it
	Now     func() time.Time
	Logger  *slog.Logger
	// Every is how often the outbox is looked at; 0 means once a second.
	Every time.Duration
	// Limit is how long one attempt may take; 0 means 15 seconds, the least that
	// Standard Webhooks 1.0.0 recommends ("Request timeouts"). It is far below
	// the minute of a lease, so no message is sent twice at a time.
	Limit time.Duration
	// Next is when a message is tried again; nil means Schedule.
	Next func(made int) (time.Duration, bool)
}

// Worker drains the outbox.
type Worker struct {
	Config
	mu    sync.Mutex
	lanes map[string]*lane
	busy  sync.WaitGroup
	again chan struct{}
}

// lane is the state of one lane: how many work on it and whether its breaker is
// open. It is not the guard of a sign-in source (package signin), which refuses a
// person who waits: messages lose nothing by waiting, so a worker keeps its place
// over many of them, one failure leaves it alone, pauses grow, and a carrier may ask for one.
type lane struct {
	running  int
	failures int // in a row
	shut     time.Time
}

// Bounds of a lane.
const (
	sideBySide = 2 // workers on mail and on short messages; on others one
	breakAfter = 5 // failures in a row, after which the lane pauses
	shortBreak = 30 * time.Second
	longBreak  = 30 * time.Minute
)

// NewWorker makes a worker of c.
func NewWorker(c Config) *Worker {
	if c.Every == 0 {
		c.Every = time.Second
	}
	if c.Limit == 0 {
		c.Limit = 15 * time.Second
	}
	if c.Next == nil {
		c.Next = Schedule
	}
	return &Worker{Config: c, lanes: map[string]*lane{}, again: make(chan struct{}, 1)}
}

// Run works until ctx ends, and returns when what was under way has been put
// back.
func (w *Worker) Run(ctx context.Context) {
	defer w.busy.Wait()
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		if err := w.pass(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Error("the outbox is not looked at", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.again: // a lane has made work for another
		}
	}
}

// pass makes messages of what has happened and sets workers on every lane that
// has something due.
func (w *Worker) pass(ctx context.Context) error {
	now := w.Now()
	if _, err := w.Inbox.Feed(ctx); err != nil {
		return err
	}
	kinds, err := w.Queue.DueKinds(ctx, now.UnixMilli())
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		for w.enter(kind, now) {
			w.busy.Go(func() {
				defer w.leave(kind)
				w.drain(ctx, kind)
			})
		}
	}
	return nil
}

// enter takes a place on a lane, if it has one.
func (w *Worker) enter(kind string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lanes[kind]
	if l == nil {
		l = &lane{}
		w.lanes[kind] = l
	}
	most := 1
	if (kind == inbox.MailLane || kind == inbox.SMSLane) && l.failures == 0 {
		most = sideBySide
	}
	if l.running >= most || now.Before(l.shut) {
		return false
	}
	l.running++
	return true
}

func (w *Worker) leave(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lanes[kind].running--
}

// open reports whether a lane's breaker lets messages through.
func (w *Worker) open(kind string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.Now().Before(w.lanes[kind].shut)
}

// heard counts how a lane fares. After some failures in a row it pauses, longer
// each time; what comes after the pause is a trial.
func (w *Worker) heard(kind string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lanes[kind]
	if ok {
		l.failures, l.shut = 0, time.Time{}
		return
	}
	l.failures++
	if over := l.failures - breakAfter; over >= 0 {
		l.shut = w.Now().Add(min(shortBreak<<min(over, 10), longBreak))
	}
}

// rest pauses a lane for a while without counting a failure.
func (w *Worker) rest(kind string, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lanes[kind].shut = w.Now().Add(d)
}

// Paused are the lanes whose breaker is open, with the moment of the next trial.
func (w *Worker) Paused() map[string]time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]time.Time{}
	for kind, l := range w.lanes {
		if w.Now().Before(l.shut) {
			out[kind] = l.shut
		}
	}
	return out
}

// drain sends what is due on a lane, one after the other.
func (w *Worker) drain(ctx context.Context, kind string) {
	for ctx.Err() == nil && w.open(kind) {
		ms, err := w.Queue.LeaseMessages(ctx, kind, w.Now().UnixMilli(), 1)
		if err != nil {
			if ctx.Err() == nil {
				w.Logger.Error("no message can be taken from the outbox", "lane", kind, "err", err)
			}
			return
		}
		if len(ms) == 0 {
			return
		}
		w.handle(ctx, ms[0])
	}
}

func (w *Worker) handle(ctx context.Context, m journal.Message) {
	if m.Kind == journal.NoticeKind {
		if err := w.Inbox.Deliver(ctx, m); err != nil {
			w.report(m, err, "a notice is not delivered yet")
			return
		}
		select {
		case w.again <- struct{}{}:
		default:
		}
		return
	}
	d := inbox.Delivery{ID: m.ID, Lane: m.Kind, Template: templateOf(m), At: w.Now().UnixMilli(), Attempts: m.Attempts}
	err := w.send(ctx, m)
	own := context.WithoutCancel(ctx) // what was sent is sent, also while the server stops
	if err == nil {
		w.heard(m.Kind, true)
		w.report(m, w.Inbox.End(own, m, d), "a message that was sent is not forgotten and will be sent again")
		return
	}
	if ctx.Err() != nil { // stopped in the middle: the next process goes on at once
		w.report(m, w.Queue.RetryMessage(own, m, w.Now().UnixMilli()), "a message is not put back and waits for the end of its lease")
		return
	}
	f := failureOf(err)
	wait, more := w.Next(m.Attempts)
	if f.final || (!more && !f.patient) {
		w.heard(m.Kind, f.final) // the other side answered: it is this message that it does not want
		w.Logger.Warn("a message is given up", "lane", m.Kind, "message", m.ID, "attempts", m.Attempts, "cause", f.cause, "err", f.err)
		d.Failed, d.Cause = true, f.cause
		w.report(m, w.Inbox.End(own, m, d), "a message that was given up is not forgotten")
		return
	}
	if f.patient {
		w.rest(m.Kind, f.after)
	} else {
		w.heard(m.Kind, false)
	}
	w.Logger.Info("a message is tried again later", "lane", m.Kind, "message", m.ID, "attempts", m.Attempts, "cause", f.cause, "err", f.err)
	wait += time.Duration(rand.Int64N(int64(wait)/10 + 1)) //nolint:gosec // spreads retries, is no secret
	w.report(m, w.Queue.RetryMessage(own, m, w.Now().Add(max(wait, f.after)).UnixMilli()), "a message is not put back and waits for the end of its lease")
}

// send makes one attempt.
func (w *Worker) send(ctx context.Context, m journal.Message) error {
	channel, _, _ := strings.Cut(m.Kind, ":")
	sender := w.Senders[channel]
	if sender == nil {
		return finally("no_channel", errors.New("nothing is configured that sends this"))
	}
	ctx, cancel := context.WithTimeout(ctx, w.Limit)
	defer cancel()
	return sender.Send(ctx, m)
}

// report logs what went wrong with the outbox itself; that somebody else has
// the message by now is no fault.
func (w *Worker) report(m journal.Message, err error, what string) {
	if err != nil && catalog.CodeOf(err) != catalog.Conflict {
		w.Logger.Error(what, "lane", m.Kind, "message", m.ID, "err", err)
	}
}

// templateOf is the template or the event of a message that leaves, or "digest".
func templateOf(m journal.Message) string {
	var has struct {
		Template string
		Type     string
		Digest   bool
		Items    []inbox.Item
	}
	if json.Unmarshal(m.Payload, &has) != nil {
		return ""
	}
	switch {
	case has.Digest:
		return "digest"
	case len(has.Items) > 0:
		return has.Items[0].Template
	}
	return cmp.Or(has.Template, has.Type)
}
