package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"datai/account"
	"datai/inbox"
	"datai/journal"
	"datai/notify"
	"datai/store"

	"github.com/google/uuid"
)

// notifyCmd measures the pages of the real program while every receiver of mail,
// short messages and events hangs, refuses or resets, kills it in the middle,
// and counts what of the queue arrives once they are well again.
type notifyCmd struct {
	Listings int    `default:"2000" help:"Results on the shelf."`
	Rate     int    `default:"40" help:"Requests a second."`
	Seconds  int    `default:"15" help:"How long pages are asked for, without and with receivers that hang."`
	Messages int    `default:"200" help:"Mails, and as many short messages; a tenth as many events for each receiver."`
	Program  string `placeholder:"FILE" help:"The datai program (default: beside this one)."`
	JSON     bool   `name:"json" help:"Print one JSON object instead of a table."`
}

type notifyReport struct {
	Machine  string    `json:"machine"`
	Rate     int       `json:"rate"`
	Quiet    []pageRow `json:"quiet"`
	Hanging  []pageRow `json:"hanging"`
	Messages int       `json:"messages"`
	Attempts int64     `json:"attempts_that_failed"`
	Repeated int       `json:"repeated"`
	Lost     int       `json:"lost"`
}

// ill is how receivers behave before they are well again.
type ill struct {
	well  atomic.Bool
	tries atomic.Int64
	mu    sync.Mutex
	got   map[string]int // by receiver and id
}

func (s *ill) took(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[key]++
}

func (s *ill) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	if !s.well.Load() {
		s.tries.Add(1)
		switch r.URL.Path {
		case "/refuse":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/reset":
			panic(http.ErrAbortHandler)
		default:
			<-r.Context().Done()
		}
		return
	}
	id := r.Header.Get("webhook-id")
	if id == "" {
		var m notify.ShortMessage
		_ = json.Unmarshal(body, &m)
		id = m.ID
	}
	s.took(r.URL.Path + " " + id)
}

// silence takes connections and never says a word.
func (s *ill) silence(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		s.tries.Add(1)
		go func() { _, _ = io.Copy(io.Discard, c) }()
	}
}

// Send takes a mail in place of a server.
func (s *ill) Send(_ context.Context, m journal.Message) error {
	s.took("mail " + m.ID.String())
	return nil
}

func (c *notifyCmd) Run(ctx context.Context, out io.Writer) (err error) {
	if c.Listings < 1 || c.Rate < 1 || c.Seconds < 1 || c.Messages < 10 {
		return errors.New("--listings, --rate and --seconds need at least one, --messages ten")
	}
	if c.Program == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c.Program = filepath.Join(filepath.Dir(self), "datai")
	}
	dir, err := os.MkdirTemp("", "datai-notify-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	source, _, err := sentences(nil, 1)
	if err != nil {
		return err
	}
	web := &webCmd{Listings: c.Listings, Rate: c.Rate, Seconds: c.Seconds, Seed: 1, Program: c.Program}
	codes, err := web.fill(ctx, dir, source, &webReport{})
	if err != nil {
		return err
	}
	s := &ill{got: map[string]int{}}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // lives as long as the run
	if err != nil {
		return err
	}
	mailLn, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // likewise
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(srv.Close(), mailLn.Close()) }()
	go func() { _ = srv.Serve(ln) }()
	go s.silence(mailLn)
	rep := notifyReport{Machine: machine(), Rate: c.Rate}
	if rep.Quiet, err = c.pages(ctx, web, dir, source, codes, false); err != nil {
		return err
	}
	if rep.Messages, err = c.fillQueue(ctx, dir, "http://"+ln.Addr().String()); err != nil {
		return err
	}
	mail := mailLn.Addr().(*net.TCPAddr)
	if rep.Hanging, err = c.pages(ctx, web, dir, source, codes, true, "--smtp-host", "127.0.0.1", "--smtp-port", fmt.Sprint(mail.Port), "--smtp-tls", "none",
		"--mail-from", "bench@example.org", "--sms-url", "http://"+ln.Addr().String()+"/sms", "--webhook-allow", "127.0.0.0/8"); err != nil {
		return err
	}
	rep.Attempts = s.tries.Load()
	s.well.Store(true)
	if err := c.drain(ctx, dir, s, "http://"+ln.Addr().String()+"/sms"); err != nil {
		return err
	}
	for _, n := range s.got {
		rep.Repeated += n - 1
	}
	rep.Lost = rep.Messages - len(s.got)
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

func (r *notifyReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s; %d requests a second, ms from due to last byte\n", r.Machine, r.Rate)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "page\tp50 quiet\tp95 quiet\tp50 hanging\tp95 hanging\tfailed")
	for i, q := range r.Quiet {
		h := r.Hanging[i]
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%d\n", q.Page, q.P50, q.P95, h.P50, h.P95, q.Failed+h.Failed)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d messages queued, %d attempts failed, the server killed, receivers well again: %d repeated under their id, %d lost\n", r.Messages, r.Attempts, r.Repeated, r.Lost)
	if r.Lost != 0 {
		return fmt.Errorf("%d messages are lost", r.Lost)
	}
	return nil
}

// pages measures pages of a server; kill ends it as a power cut would.
func (c *notifyCmd) pages(ctx context.Context, web *webCmd, dir string, source *material, codes []string, kill bool, args ...string) ([]pageRow, error) {
	s, err := web.start(ctx, dir, args...)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	long := source.questions(500, 6)
	var rows []pageRow
	for _, kind := range []struct {
		name string
		path func(i int) string
	}{
		{"list", func(int) string { return "/results" }},
		{"result", func(i int) string { return "/results/" + codes[i*7%len(codes)] }},
		{"question", func(i int) string { return "/ask?q=" + url.QueryEscape(shorten(long[i%len(long)], 20)) }},
	} {
		row := pageRow{Page: kind.name}
		if err := web.steady(ctx, client, s.url, kind.path, &row); err != nil {
			return nil, errors.Join(err, s.stop())
		}
		rows = append(rows, row)
	}
	if kill {
		err := s.cmd.Process.Kill()
		<-s.done
		_ = s.cmd.Wait() // it was killed
		return rows, err
	}
	return rows, s.stop()
}

// open opens the catalogue that no server holds.
func (c *notifyCmd) open(ctx context.Context, dir string) (*store.DB, error) {
	text, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		return nil, err
	}
	var key [32]byte
	if _, err := hex.Decode(key[:], []byte(strings.TrimSpace(string(text)))); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{Path: filepath.Join(dir, "datai.db"), Key: key, Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
}

// fillQueue makes receivers and messages, and returns how many messages.
func (c *notifyCmd) fillQueue(ctx context.Context, dir, base string) (n int, err error) {
	db, err := c.open(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	in := inbox.NewService(store.For[inbox.Tx](db), time.Now, rand.Reader)
	admin := account.Principal{Name: "bench", Roles: []account.Role{account.System}, Acting: account.System}
	for _, name := range []string{"hang", "refuse", "reset"} {
		r, err := in.AddReceiver(ctx, admin, inbox.NewReceiver{Kind: inbox.Webhook, Name: name, URL: base + "/" + name, Events: inbox.Events()})
		if err != nil {
			return 0, err
		}
		for range c.Messages / 10 {
			if err := in.Try(ctx, admin, r.ID); err != nil {
				return 0, err
			}
			n++
		}
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		for i := range c.Messages {
			for _, notice := range []journal.Notice{{Template: "need_confirm", Email: fmt.Sprintf("u%d@example.org", i)}, {Template: "need_confirm", Phone: fmt.Sprintf("1380000%04d", i)}} {
				notice.Vars, notice.Path = map[string]string{"title": "轴承"}, "/c/x"
				m, err := notice.Message(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, notice.Email, notice.Phone)), time.Now().UnixMilli())
				if err != nil {
					return err
				}
				if err := tx.EnqueueMessage(ctx, m); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return n + 2*c.Messages, err
}

// drain sends what is left, by a clock that stands after every pause.
func (c *notifyCmd) drain(ctx context.Context, dir string, s *ill, sms string) (err error) {
	db, err := c.open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	begin := time.Now()
	later := func() time.Time { return time.Now().Add(80*time.Hour + 100*time.Since(begin)) }
	in := inbox.NewService(store.For[inbox.Tx](db), later, rand.Reader)
	to, err := url.Parse(sms)
	if err != nil {
		return err
	}
	guard := notify.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	base := &url.URL{Scheme: "https", Host: "example.org"}
	w := notify.NewWorker(notify.Config{Queue: db, Inbox: in, Now: later, Logger: slog.New(slog.DiscardHandler), Every: 50 * time.Millisecond,
		Senders: map[string]notify.Sender{
			inbox.MailLane:        s,
			inbox.SMSLane:         notify.SMS{Gateway: notify.HTTPGateway{URL: to, Secret: "bench", Now: later, Client: notify.NewGatewayClient()}, Signature: "示范大学", Base: base, Now: later},
			string(inbox.Webhook): notify.Webhooks{Inbox: in, Client: guard.Client(), Base: base, Now: later},
		}})
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	defer running.Wait()
	defer cancel()
	for {
		n, err := db.Waiting(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d messages still wait: %w", n, ctx.Err())
		}
	}
}
