package main

import (
	"bufio"
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
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/rules"
	"datai/shelf"
	"datai/store"
)

// delivered are the rules as they are delivered.
func delivered(context.Context) (*rules.Book, error) { return rules.Load() }

// webCmd measures the pages of the real program over a catalogue of many
// listings: how soon it is ready, how long pages take at a steady rate, how
// many it serves at the most, and what it keeps in memory.
type webCmd struct {
	Listings int      `default:"100000" help:"Results on the shelf; a fiftieth as many needs are open."`
	Rate     int      `default:"50" help:"Requests a second of the steady part."`
	Seconds  int      `default:"20" help:"How long each kind of page is asked for."`
	Together int      `default:"8" help:"Connections of the saturated part."`
	Seed     uint64   `default:"1" help:"Seed of the recombination."`
	Results  []string `sep:"none" placeholder:"FILE" help:"Take the sentences from these results (JSON Lines) instead of the text built in."`
	Program  string   `placeholder:"FILE" help:"The datai program (default: beside this one)."`
	Data     string   `placeholder:"DIR" help:"Keep the catalogue in this folder and use it again (default: a temporary one)."`
	JSON     bool     `name:"json" help:"Print one JSON object instead of a table."`
}

// pageRow is what one kind of page took at a steady rate, in milliseconds from
// the moment at which the request was due to the last byte of its answer.
type pageRow struct {
	Page   string  `json:"page"`
	P50    float64 `json:"p50_ms"`
	P95    float64 `json:"p95_ms"`
	P99    float64 `json:"p99_ms"`
	Most   float64 `json:"max_ms"`
	KB     float64 `json:"kb"` // of a page, not compressed
	Failed int     `json:"failed"`
	Full   float64 `json:"pages_per_second"` // when asked for as fast as it answers
	CPU    float64 `json:"cpu_ms,omitempty"` // of the server for a page, at the steady rate
}

type webReport struct {
	Machine   string    `json:"machine"`
	Data      string    `json:"data"`
	Seed      uint64    `json:"seed"`
	Listings  int       `json:"listings"`
	Rate      int       `json:"rate"`
	ImportSec float64   `json:"import_seconds,omitempty"`
	ImportMB  float64   `json:"import_resident_mb,omitempty"`
	ColdSec   float64   `json:"ready_first_seconds"`
	ReadySec  float64   `json:"ready_again_seconds"`
	IdleMB    float64   `json:"resident_idle_mb"`
	PeakMB    float64   `json:"resident_peak_mb"`
	Pages     []pageRow `json:"pages"`
}

func (c *webCmd) Run(ctx context.Context, out io.Writer) error {
	if c.Listings < 1 || c.Rate < 1 || c.Seconds < 1 || c.Together < 1 {
		return errors.New("--listings, --rate, --seconds and --together need at least one")
	}
	source, name, err := sentences(c.Results, c.Seed)
	if err != nil {
		return err
	}
	if c.Program == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c.Program = filepath.Join(filepath.Dir(self), "datai")
	}
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "datai-web-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	rep := webReport{Machine: machine(), Data: name, Seed: c.Seed, Listings: c.Listings, Rate: c.Rate}
	codes, err := c.fill(ctx, dir, source, &rep)
	if err != nil {
		return err
	}
	if err := c.serve(ctx, dir, source, codes, &rep); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

func (r *webReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s; %s, seed %d; %d listings\n", r.Machine, r.Data, r.Seed, r.Listings)
	if r.ImportSec > 0 {
		fmt.Fprintf(out, "import of JSON Lines: %.1f s, %.0f MB resident\n", r.ImportSec, r.ImportMB)
	}
	fmt.Fprintf(out, "ready: %.1f s without a snapshot, %.1f s from one; resident: %.0f MB idle, %.0f MB at the most\n", r.ColdSec, r.ReadySec, r.IdleMB, r.PeakMB)
	fmt.Fprintf(out, "%d requests a second, ms from due to last byte; then as many as it serves\n", r.Rate)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "page\tp50\tp95\tp99\tmax\tKB\tfailed\tpages/s saturated")
	for _, p := range r.Pages {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t%.0f\n", p.Page, p.P50, p.P95, p.P99, p.Most, p.KB, p.Failed, p.Full)
	}
	return w.Flush()
}

// fill makes the catalogue in dir, all of it public, unless it is there from
// an earlier run, and returns the codes of some of its results.
func (c *webCmd) fill(ctx context.Context, dir string, source *material, rep *webReport) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, "datai.db")); errors.Is(err, os.ErrNotExist) {
		start := time.Now()
		for _, kind := range []string{"results", "needs"} {
			file := filepath.Join(dir, kind+".jsonl")
			if err := source.write(file, kind, c.Listings, c.Seed); err != nil {
				return nil, err
			}
			most, err := c.command(ctx, "import", kind, file, "--data", dir)
			if err != nil {
				return nil, err
			}
			rep.ImportMB = max(rep.ImportMB, most)
			if err := os.Remove(file); err != nil {
				return nil, err
			}
		}
		rep.ImportSec = time.Since(start).Seconds()
	}
	return publish(ctx, dir)
}

// command runs the program to its end and returns what it kept in memory at
// the most, in MB.
func (c *webCmd) command(ctx context.Context, args ...string) (float64, error) {
	cmd := exec.CommandContext(ctx, c.Program, args...) //nolint:gosec // the program is the one that whoever runs the benchmark names
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("datai %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return peakMB(cmd.ProcessState), nil
}

// write puts n results, or a fiftieth as many needs, into a file of JSON Lines.
func (m *material) write(path, kind string, n int, seed uint64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	enc := json.NewEncoder(w)
	if kind == "needs" {
		for i, q := range m.questions(max(1, n/50), seed+2) {
			err = errors.Join(err, enc.Encode(map[string]any{"id": fmt.Sprintf("w%07d", i), "title": shorten(q, 20), "text": q}))
		}
	} else {
		rng := mrand.New(mrand.NewPCG(seed, 4))
		for d := range m.each(n, seed) {
			err = errors.Join(err, enc.Encode(map[string]any{"id": d.ID, "title": d.Title + d.ID[1:], "abstract": d.Abstract, "keywords": d.Keywords,
				"application": pick(rng, fieldsOfUse), "maturity": "TRL" + strconv.Itoa(1+rng.IntN(9)), "organization": pick(rng, schools)}))
		}
	}
	return errors.Join(err, w.Flush(), f.Close())
}

var (
	fieldsOfUse = []string{"先进材料", "高端装备", "人工智能", "生命健康", "城市建设", "环境能源"}
	schools     = []string{"材料学院", "机械学院", "信息学院", "生命学院", "建工学院", "环能学院", "化工学院", "数理学院"}
)

// publish confirms everything in the catalogue at dir and returns up to 5,000
// codes of results.
func publish(ctx context.Context, dir string) (codes []string, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		return nil, err
	}
	var key [32]byte
	if _, err := hex.Decode(key[:], []byte(strings.TrimSpace(string(text)))); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "datai.db"), Key: key, Now: time.Now, Rand: rand.Reader,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	desk := shelf.NewService(store.For[shelf.Tx](db), time.Now, rand.Reader, delivered)
	officer := account.Principal{Name: "bench", Roles: []account.Role{account.Officer}, Acting: account.Officer}
	const together = 2000
	for {
		rs, _, err := desk.Results(ctx, officer, shelf.Filter{States: []string{string(catalog.ResultReview)}}, shelf.Page{Limit: together})
		if err != nil {
			return nil, err
		}
		if len(rs) == 0 {
			break
		}
		refs := make([]shelf.Ref, len(rs))
		for i := range rs {
			refs[i] = shelf.Ref{ID: rs[i].ID, Version: rs[i].Version}
		}
		if o, err := desk.PublishResults(ctx, officer, refs); err != nil || o.Done == 0 {
			return nil, fmt.Errorf("publish: %d done: %w", o.Done, err)
		}
	}
	ns, _, err := desk.Needs(ctx, officer, shelf.Filter{States: []string{string(catalog.NeedReview)}}, shelf.Page{Limit: together})
	if err != nil {
		return nil, err
	}
	if len(ns) > 0 {
		refs := make([]shelf.Ref, len(ns))
		for i := range ns {
			refs[i] = shelf.Ref{ID: ns[i].ID, Version: ns[i].Version}
		}
		if _, err := desk.PublishNeeds(ctx, officer, refs); err != nil {
			return nil, err
		}
	}
	rs, _, err := desk.Results(ctx, account.Nobody(), shelf.Filter{}, shelf.Page{Limit: 5000})
	for i := range rs {
		codes = append(codes, rs[i].Code)
	}
	return codes, err
}

// running is a server of the program.
type running struct {
	url   string
	after time.Duration // from its start until it was ready
	cmd   *exec.Cmd
	done  chan struct{}
}

var readyLine = regexp.MustCompile(`msg=ready url=(\S+)`)

// start serves dir, with more flags, and waits until it is ready.
func (c *webCmd) start(ctx context.Context, dir string, more ...string) (*running, error) {
	cmd := exec.CommandContext(ctx, c.Program, append([]string{"serve", "--data", dir, "--addr", "127.0.0.1:0"}, more...)...) //nolint:gosec // as above
	cmd.Env = append(os.Environ(), "DATAI_SMS_SECRET=bench")                                                                  // where short messages are posted
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &running{cmd: cmd, done: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		defer close(r.done)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
				ready <- m[1]
			}
		}
		close(ready)
	}()
	r.url = <-ready
	r.after = time.Since(begin)
	if r.url == "" {
		return nil, fmt.Errorf("the server did not start: %w", cmd.Wait())
	}
	return r, nil
}

func (r *running) stop() error {
	err := r.cmd.Process.Signal(syscall.SIGTERM)
	<-r.done
	return errors.Join(err, r.cmd.Wait())
}

// memory is a line of /proc/PID/status in MB, 0 where there is none.
func (r *running) memory(name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				return 0
			}
			return float64(kb) / 1024
		}
	}
	return 0
}

// cpu is how long the server has computed; 0 where the machine does not say.
func (r *running) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold anything
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, err := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts hundredths
}

func (c *webCmd) serve(ctx context.Context, dir string, source *material, codes []string, rep *webReport) error {
	first, err := c.start(ctx, dir)
	if err != nil {
		return err
	}
	rep.ColdSec = first.after.Seconds()
	if err := first.stop(); err != nil {
		return err
	}
	s, err := c.start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.stop() }()
	rep.ReadySec, rep.IdleMB = s.after.Seconds(), s.memory("VmRSS")
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true}, Timeout: 30 * time.Second}
	long := source.questions(2000, c.Seed+5)
	themes := []string{"", "?theme=materials", "?theme=ai", "?sort=newest", "?theme=health&sort=newest"}
	for _, kind := range []struct {
		name string
		path func(i int) string
	}{
		{"home", func(int) string { return "/" }},
		{"list", func(i int) string { return "/results" + themes[i%len(themes)] }},
		{"list, searched", func(i int) string { return "/results?q=" + url.QueryEscape(shorten(long[i%len(long)], 4)) }},
		{"result", func(i int) string { return "/results/" + codes[i*7%len(codes)] }},
		{"question, 20 characters", func(i int) string { return "/ask?q=" + url.QueryEscape(shorten(long[i%len(long)], 20)) }},
		{"question, 110 characters", func(i int) string { return "/ask?q=" + url.QueryEscape(long[i%len(long)]) }},
	} {
		row := pageRow{Page: kind.name}
		if err := c.steady(ctx, client, s.url, kind.path, &row); err != nil {
			return err
		}
		if err := c.saturate(ctx, client, s.url, kind.path, &row); err != nil {
			return err
		}
		rep.Pages = append(rep.Pages, row)
	}
	rep.PeakMB = s.memory("VmHWM")
	return nil
}

// fetch asks for a page and returns its size.
func fetch(ctx context.Context, client *http.Client, address string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return n, err
}

// steady asks at a fixed rate, whether the server keeps up or not: a late
// answer delays no later question, and its whole delay counts.
func (c *webCmd) steady(ctx context.Context, client *http.Client, base string, path func(int) string, row *pageRow) error {
	n := c.Rate * c.Seconds
	took := make([]time.Duration, n)
	var bytes, failed atomic.Int64
	var all sync.WaitGroup
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(c.Rate))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return ctx.Err()
		}
		all.Go(func() {
			size, err := fetch(ctx, client, base+path(i))
			took[i] = time.Since(due)
			bytes.Add(size)
			if err != nil {
				failed.Add(1)
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	at := func(part float64) float64 { return took[min(n-1, int(float64(n)*part))].Seconds() * 1000 }
	row.P50, row.P95, row.P99, row.Most = at(0.5), at(0.95), at(0.99), at(1)
	row.KB, row.Failed = float64(bytes.Load())/float64(n)/1024, int(failed.Load())
	return nil
}

// saturate asks over a few connections, the next question as soon as the last
// is answered. Every question is another one.
func (c *webCmd) saturate(ctx context.Context, client *http.Client, base string, path func(int) string, row *pageRow) error {
	var next, done, failed atomic.Int64
	var all sync.WaitGroup
	begin := time.Now()
	end := begin.Add(time.Duration(c.Seconds) * time.Second / 2)
	for range c.Together {
		all.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				if _, err := fetch(ctx, client, base+path(int(next.Add(1)))); err != nil {
					failed.Add(1)
					continue
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	row.Full = float64(done.Load()) / time.Since(begin).Seconds()
	row.Failed += int(failed.Load())
	return ctx.Err()
}
