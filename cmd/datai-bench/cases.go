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
	mrand "math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/journal"
	"datai/process"
	"datai/rules"
	"datai/shelf"
	"datai/store"

	"github.com/google/uuid"
)

// casesCmd measures the pages of an office that has many contact cases on its
// desk, with the real program. The cases are made by the services, on the days
// of half a year; the database is a new SQLite file, or an empty PostgreSQL
// database.
type casesCmd struct {
	Cases    int    `default:"10000" help:"Contact cases; two in three are still open."`
	Listings int    `default:"2000" help:"Results on the shelf."`
	Officers int    `default:"12" help:"Officers among whom the cases are."`
	Rate     int    `default:"50" help:"Requests a second of the steady part."`
	Seconds  int    `default:"20" help:"How long each kind of page is asked for."`
	Together int    `default:"8" help:"Connections of the saturated part."`
	Seed     uint64 `default:"1" help:"Seed of the cases."`
	Program  string `placeholder:"FILE" help:"The datai program (default: beside this one)."`
	Database string `placeholder:"URL" help:"An empty PostgreSQL database; without it a new SQLite file."`
	JSON     bool   `name:"json" help:"Print one JSON object instead of a table."`
}

type casesReport struct {
	Machine  string    `json:"machine"`
	Database string    `json:"database"`
	Seed     uint64    `json:"seed"`
	Cases    int       `json:"cases"`
	Events   int       `json:"events"`
	Open     int       `json:"open"`
	Overdue  int       `json:"overdue"`
	Listings int       `json:"listings"`
	Rate     int       `json:"rate"`
	FillSec  float64   `json:"fill_seconds"`
	PeakMB   float64   `json:"resident_peak_mb"`
	Pages    []pageRow `json:"pages"`
}

func (c *casesCmd) Run(ctx context.Context, out io.Writer) (err error) {
	if min(c.Cases, c.Listings, c.Officers, c.Rate, c.Seconds, c.Together) < 1 {
		return errors.New("every number needs at least one")
	}
	source, _, err := sentences(nil, c.Seed)
	if err != nil {
		return err
	}
	w := &webCmd{Listings: c.Listings, Rate: c.Rate, Seconds: c.Seconds, Together: c.Together, Seed: c.Seed, Program: c.Program}
	if w.Program == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		w.Program = filepath.Join(filepath.Dir(self), "datai")
	}
	dir, err := os.MkdirTemp("", "datai-cases-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var more []string
	if c.Database != "" {
		more = []string{"--database", c.Database}
	}
	file := filepath.Join(dir, "results.jsonl")
	if err := source.write(file, "results", c.Listings, c.Seed); err != nil {
		return err
	}
	if _, err := w.command(ctx, append([]string{"import", "results", file, "--data", dir}, more...)...); err != nil {
		return err
	}
	rep := casesReport{Machine: machine(), Seed: c.Seed, Cases: c.Cases, Listings: c.Listings, Rate: c.Rate}
	desk, err := c.fill(ctx, dir, &rep)
	if err != nil {
		return err
	}
	s, err := w.start(ctx, dir, more...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := c.ask(ctx, w, s, desk, &rep); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

func (r *casesReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s; %s, seed %d; %d cases (%d open, %d overdue) with %d events, %d listings; made in %.1f s; resident %.0f MB at the most\n", r.Machine, r.Database, r.Seed,
		r.Cases, r.Open, r.Overdue, r.Events, r.Listings, r.FillSec, r.PeakMB)
	fmt.Fprintf(out, "%d requests a second, ms from due to last byte; then as many as it serves\n", r.Rate)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "page\tp50\tp95\tp99\tmax\tCPU ms\tKB\tfailed\tpages/s saturated")
	for _, p := range r.Pages {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t%.0f\n", p.Page, p.P50, p.P95, p.P99, p.Most, p.CPU, p.KB, p.Failed, p.Full)
	}
	return w.Flush()
}

// desk is what pages are asked for.
type desk struct {
	codes []string // of cases
	token string   // lets an officer in
}

// within is a unit of work inside a transaction that is open already, so that
// many cases are made in one. Messages are left out: a sender that hurries after
// half a year's notices is not what is measured.
type within struct{ contact.Tx }

func (u within) Write(_ context.Context, fn func(contact.Tx) error) error { return fn(u) }
func (u within) Read(_ context.Context, fn func(contact.Tx) error) error  { return fn(u) }

func (within) EnqueueMessage(context.Context, journal.Message) error { return nil }

// atOnce is how many cases are made in one transaction.
const atOnce = 200

// fill publishes the listings and makes officers and cases.
func (c *casesCmd) fill(ctx context.Context, dir string, rep *casesReport) (d desk, err error) {
	began := time.Now()
	text, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		return d, err
	}
	config := store.Config{URL: c.Database, Path: filepath.Join(dir, "datai.db"), Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)}
	if _, err := hex.Decode(config.Key[:], []byte(strings.TrimSpace(string(text)))); err != nil {
		return d, err
	}
	db, err := store.Open(ctx, config)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rep.Database = db.Kind()
	results, err := c.publish(ctx, db)
	if err != nil {
		return d, err
	}
	officers := make([]account.Account, c.Officers)
	if err := store.For[account.Tx](db).Write(ctx, func(tx account.Tx) error {
		for i := range officers {
			officers[i] = account.Account{ID: uuid.New(), Name: fmt.Sprintf("专员%02d", i), Roles: []account.Role{account.Officer}, Version: 1}
			if err := tx.AddAccount(ctx, officers[i]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return d, err
	}
	rng := mrand.New(mrand.NewPCG(c.Seed, 7))
	for n := 0; n < c.Cases; n += atOnce {
		seed := rng.Uint64()
		var codes []string
		var events int
		if err := store.For[contact.Tx](db).Write(ctx, func(tx contact.Tx) (err error) {
			m := maker{rng: mrand.New(mrand.NewPCG(seed, 8)), tx: within{tx}, results: results, officers: officers, now: time.Now()}
			codes, events, err = m.make(ctx, min(atOnce, c.Cases-n), float64(n)/float64(c.Cases))
			return err
		}); err != nil {
			return d, err
		}
		d.codes = append(d.codes, codes...)
		rep.Events += events
	}
	for fired := 1; fired > 0; { // what fell due meanwhile was told then
		if err := store.For[contact.Tx](db).Write(ctx, func(tx contact.Tx) (err error) {
			fired, err = contact.NewService(within{tx}, time.Now, rand.Reader, delivered, asDelivered).Fire(ctx)
			return err
		}); err != nil {
			return d, err
		}
		rep.Overdue += fired
	}
	if err := db.Seal(ctx); err != nil { // the server begins with nothing to number
		return d, err
	}
	rep.FillSec = time.Since(began).Seconds()
	if err := store.For[contact.Tx](db).Read(ctx, func(tx contact.Tx) error {
		counts, err := tx.CountCases(ctx, uuid.Nil)
		for s, n := range counts {
			if contact.Open(s) {
				rep.Open += n
			}
		}
		return err
	}); err != nil {
		return d, err
	}
	console := account.Principal{Name: "bench", Roles: []account.Role{account.Console}, Acting: account.Console}
	d.token, err = account.NewService(store.For[account.Tx](db), time.Now, rand.Reader).IssueLink(ctx, console, officers[0].Name)
	return d, err
}

func (c *casesCmd) publish(ctx context.Context, db *store.DB) (codes []string, err error) {
	listings := shelf.NewService(store.For[shelf.Tx](db), time.Now, rand.Reader, delivered)
	officer := account.Principal{Name: "bench", Roles: []account.Role{account.Officer}, Acting: account.Officer}
	for {
		rs, _, err := listings.Results(ctx, officer, shelf.Filter{States: []string{string(catalog.ResultReview)}}, shelf.Page{Limit: 1000})
		if err != nil || len(rs) == 0 {
			return codes, err
		}
		var refs []shelf.Ref
		for _, r := range rs {
			codes, refs = append(codes, r.Code), append(refs, shelf.Ref{ID: r.ID, Version: r.Version})
		}
		if o, err := listings.PublishResults(ctx, officer, refs); err != nil || o.Done == 0 {
			return nil, fmt.Errorf("publish: %d done: %w", o.Done, err)
		}
	}
}

// maker makes cases as the services do, on days of the past half-year.
type maker struct {
	rng      *mrand.Rand
	tx       within
	results  []string
	officers []account.Account
	now      time.Time
}

// asDelivered is the process of a case as it is delivered.
func asDelivered(context.Context) (*process.Definition, error) { return contact.Definition, nil }

// make makes n cases that begin at a part of the half-year, 0 to 1, and returns
// their codes and how many steps were taken.
func (m maker) make(ctx context.Context, n int, part float64) (codes []string, events int, err error) {
	day := m.now.In(rules.Shanghai()).AddDate(0, 0, -int(180*(1-part)))
	at := day
	s := contact.NewService(m.tx, func() time.Time { return at }, rand.Reader, delivered, asDelivered)
	way := []process.Action{contact.Meet, contact.Talk, contact.Secure, contact.Quote, contact.Draft, contact.Sign}
	for i := range n {
		at = day.Add(time.Duration(i) * time.Minute)
		c, _, err := s.Ask(ctx, account.Nobody(), m.results[m.rng.IntN(len(m.results))], contact.Request{Name: fmt.Sprintf("来访%05d", m.rng.IntN(99999)),
			Organisation: fmt.Sprintf("示例%03d有限公司", m.rng.IntN(900)), Reach: fmt.Sprintf("139%08d", m.rng.IntN(1e8)), Purpose: "想用在现有产线上，请介绍成熟度、价格和交付周期。",
			Source: contact.FromListing, Consent: "同意"})
		if err != nil {
			return nil, 0, err
		}
		codes = append(codes, c.Code)
		version := int64(1)
		officer := m.officers[m.rng.IntN(len(m.officers))]
		p := account.Principal{ID: officer.ID, Name: officer.Name, Roles: officer.Roles, Acting: account.Officer}
		if m.rng.IntN(10) == 0 { // nobody has looked at it
			continue
		}
		at = at.Add(time.Hour)
		if err := s.Assign(ctx, p, c.Code, version, officer.ID); err != nil {
			return nil, 0, err
		}
		version++
		steps := m.rng.IntN(len(way) + 1)
		for _, do := range way[:steps] {
			at = at.AddDate(0, 0, 3)
			move := contact.Move{Do: do, Next: "约下周二电话，带检测报告"}
			if m.rng.IntN(2) == 0 {
				day := at.AddDate(0, 0, 1+m.rng.IntN(60))
				move.Remind = catalog.Date{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
			}
			if err := s.Move(ctx, p, c.Code, version, move); err != nil {
				return nil, 0, err
			}
			version++
		}
		if steps < len(way) && m.rng.IntN(5) == 0 {
			at = at.AddDate(0, 0, 2)
			if err := s.Move(ctx, p, c.Code, version, contact.Move{Do: contact.Drop, Reason: "maturity"}); err != nil {
				return nil, 0, err
			}
			version++
		}
		events += int(version) - 1
	}
	return codes, events, nil
}

// ask measures the pages.
func (c *casesCmd) ask(ctx context.Context, w *webCmd, s *running, d desk, rep *casesReport) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true}, Timeout: 30 * time.Second}
	enter, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/enter/"+d.token, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(enter)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	states := []string{"waiting", "met", "talking", "offer", "contract", "signed"}
	for _, kind := range []struct {
		name string
		path func(i int) string
	}{
		{"inbox", func(int) string { return "/inbox" }},
		{"cases", func(int) string { return "/contacts" }},
		{"cases, own", func(int) string { return "/contacts?mine=1" }},
		{"cases, by state", func(i int) string { return "/contacts?state=" + states[i%len(states)] }},
		{"case", func(i int) string { return "/contacts/" + d.codes[i*7919%len(d.codes)] }},
		{"processes", func(int) string { return "/processes/contact" }},
	} {
		row := pageRow{Page: kind.name}
		before := s.cpu()
		if err := w.steady(ctx, client, s.url, kind.path, &row); err != nil {
			return err
		}
		row.CPU = (s.cpu() - before).Seconds() * 1000 / float64(c.Rate*c.Seconds)
		if err := w.saturate(ctx, client, s.url, kind.path, &row); err != nil {
			return err
		}
		rep.Pages = append(rep.Pages, row)
	}
	rep.PeakMB = s.memory("VmHWM")
	return nil
}
