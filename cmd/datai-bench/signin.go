package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/signin"
	"datai/store"

	"github.com/google/uuid"
)

// signInCmd guesses passwords of people who sign in meanwhile, at the service
// with a database and hashes at their real cost: who gets in, and how long the
// honest wait. The guesses are made at the very accounts of the honest, each
// with a device of its own, as fast as they are answered.
type signInCmd struct {
	Honest   int  `default:"500" help:"People who sign in once, half of them on a device on which they did before."`
	Guesses  int  `default:"5000" help:"Guesses that are made meanwhile."`
	Together int  `default:"64" help:"Guesses under way at once."`
	JSON     bool `name:"json" help:"Print a line of JSON for each attack instead of a table."`
}

// signInRow is one attack.
type signInRow struct {
	Attack     string  `json:"attack"`
	Honest     int     `json:"honest"`
	ByPassword int     `json:"honest_in_by_password"`
	ByCode     int     `json:"honest_in_by_code"`
	Guesses    int     `json:"guesses"`
	Hashed     int     `json:"guesses_hashed"`
	Attackers  int     `json:"attackers_in"`
	P50        float64 `json:"p50_ms"` // of an honest one, from the first try to being in
	P95        float64 `json:"p95_ms"`
	Peak       float64 `json:"peak_mib"` // what the process had from the system at the most
	Seconds    float64 `json:"seconds"`
}

// Run runs the attacks.
func (c *signInCmd) Run(ctx context.Context, out io.Writer) error {
	if !c.JSON {
		fmt.Fprintf(out, "%-30s %12s %12s %8s %12s %8s %8s %7s %7s %9s %6s\n", "guesses from", "honest in", "by password", "by code", "attackers in", "guesses", "hashed", "p50 ms", "p95 ms", "peak MiB", "s")
	}
	for _, a := range []struct {
		name      string
		addresses int
		hall      bool
	}{{"nobody", 0, true}, {"one address, a trusted hall", 1, true}, {"one address", 1, false}, {"1000 addresses", 1000, false}} {
		r, err := c.attack(ctx, a.name, a.addresses, a.hall)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		if c.JSON {
			err = json.NewEncoder(out).Encode(r)
		} else {
			_, err = fmt.Fprintf(out, "%-30s %12s %12d %8d %12d %8d %8d %7.0f %7.0f %9.0f %6.1f\n", r.Attack, fmt.Sprintf("%d of %d", r.ByPassword+r.ByCode, r.Honest),
				r.ByPassword, r.ByCode, r.Attackers, r.Guesses, r.Hashed, r.P50, r.P95, r.Peak, r.Seconds)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hallAddress is where the honest are, and who guesses from one address.
const hallAddress = "192.0.2.7"

func (c *signInCmd) attack(ctx context.Context, name string, addresses int, hall bool) (row signInRow, err error) {
	dir, err := os.MkdirTemp("", "datai-bench-")
	if err != nil {
		return row, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "datai.db"), Key: [32]byte{1}, Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var hashed atomic.Int64
	h := signin.NewHasher(signin.DefaultCost)
	s := account.NewPasswords(account.NewService(store.For[account.Tx](db), time.Now, rand.Reader), account.Hashing{Hash: h.Hash, Common: signin.Common,
		Check: func(ctx context.Context, kept, password string) (bool, bool, error) {
			if password == guessed {
				hashed.Add(1)
			}
			return h.Check(ctx, kept, password)
		}})
	people, err := c.people(ctx, db, h)
	if err != nil {
		return row, err
	}
	row = signInRow{Attack: name, Honest: len(people), Guesses: c.Guesses}
	if addresses == 0 {
		row.Guesses = 0
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	phones := &phones{codes: map[string]chan string{}}
	beside.Go(func() { phones.read(ctx, db) })
	var peak atomic.Uint64
	beside.Go(func() {
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.Sys-m.HeapReleased))
			wait(ctx, 20*time.Millisecond)
		}
	})

	began := time.Now()
	var work sync.WaitGroup
	var next, attackers, byPassword, byCode, person atomic.Int64
	for range c.Together * min(addresses, 1) {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(c.Guesses); i = next.Add(1) - 1 {
				from := account.From{Device: rand.Text(), Address: hallAddress, Hall: hall}
				if addresses > 1 {
					from.Address = fmt.Sprintf("198.18.%d.%d", i%int64(addresses)/250, i%int64(addresses)%250)
				}
				if who, _, err := s.SignIn(ctx, people[i%int64(len(people))].name, guessed, from, account.Entrance{}); err == nil && who.SignedIn() {
					attackers.Add(1)
				}
			}
		})
	}
	took := make([]time.Duration, len(people))
	for range 16 {
		work.Go(func() {
			for i := person.Add(1) - 1; i < int64(len(people)); i = person.Add(1) - 1 {
				start := time.Now()
				from := account.From{Device: people[i].device, Address: hallAddress, Hall: hall}
				_, _, err := s.SignIn(ctx, people[i].name, phrase, from, account.Entrance{})
				if err == nil {
					byPassword.Add(1)
				} else if catalog.CodeOf(err) == catalog.Forbidden && phones.enter(ctx, s, people[i].phone, from) == nil {
					byCode.Add(1)
				}
				took[i] = time.Since(start)
			}
		})
	}
	work.Wait()
	row.Seconds = time.Since(began).Seconds()
	slices.Sort(took)
	row.P50, row.P95 = float64(took[len(took)/2].Microseconds())/1000, float64(took[len(took)*95/100].Microseconds())/1000
	row.ByPassword, row.ByCode, row.Attackers, row.Hashed = int(byPassword.Load()), int(byCode.Load()), int(attackers.Load()), int(hashed.Load())
	row.Peak = float64(peak.Load()) / (1 << 20)
	return row, nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

const phrase, guessed = "滚动 轴承 早上好", "guess number one"

// honestPerson signs in.
type honestPerson struct{ name, phone, device string }

// people makes the accounts; every second one has come in by the device before.
func (c *signInCmd) people(ctx context.Context, db *store.DB, h *signin.Hasher) ([]honestPerson, error) {
	kept, err := h.Hash(ctx, phrase)
	if err != nil {
		return nil, err
	}
	people := make([]honestPerson, c.Honest)
	return people, store.For[account.Tx](db).Write(ctx, func(tx account.Tx) error {
		for i := range people {
			id := uuid.New()
			people[i] = honestPerson{fmt.Sprintf("测试员%04d", i), fmt.Sprintf("138%08d", i), rand.Text()}
			err := errors.Join(
				tx.AddAccount(ctx, account.Account{ID: id, Name: people[i].name, Roles: []account.Role{account.Professor}, Version: 1}),
				tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: id, Provider: account.ByPhone, Value: people[i].phone}),
				tx.SavePassword(ctx, account.Password{AccountID: id, Kept: kept, SetAt: 1}))
			if err == nil && i%2 == 0 {
				err = tx.KnowDevice(ctx, id, people[i].device, time.Now().UnixMilli())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// phones receive codes.
type phones struct {
	mu    sync.Mutex
	codes map[string]chan string
}

func (p *phones) of(number string) chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.codes[number] == nil {
		p.codes[number] = make(chan string, 4)
	}
	return p.codes[number]
}

// read takes what is sent from the outbox.
func (p *phones) read(ctx context.Context, db *store.DB) {
	for ctx.Err() == nil {
		messages, err := db.LeaseMessages(ctx, journal.NoticeKind, time.Now().UnixMilli(), 50)
		if err != nil || len(messages) == 0 {
			wait(ctx, 20*time.Millisecond)
			continue
		}
		for _, m := range messages {
			var n journal.Notice
			if json.Unmarshal(m.Payload, &n) == nil && n.Phone != "" {
				p.of(n.Phone) <- n.Vars["code"]
			}
			_ = db.FinishMessage(ctx, m)
		}
	}
}

func (p *phones) enter(ctx context.Context, s *account.Passwords, phone string, from account.From) error {
	id, err := s.SendCode(ctx, phone, "zh-CN", from)
	if err != nil {
		return err
	}
	select {
	case digits := <-p.of(phone):
		_, _, err = s.EnterByCode(ctx, id, digits, from, account.Entrance{})
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
