package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"datai/account"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

// journalCmd measures what the journal costs: a write with an entry and one
// without, taken in turn; how fast entries are numbered and taken into the tree;
// how long the verification of all of them takes. The database is a new SQLite
// file, or an empty PostgreSQL database.
type journalCmd struct {
	Database string `placeholder:"URL" help:"An empty PostgreSQL database; without it a new SQLite file."`
	Entries  int    `default:"1000000" help:"Entries that are verified."`
	Writes   int    `default:"2000" help:"Writes of each kind."`
	JSON     bool   `name:"json" help:"Print a line of JSON instead of a table."`
}

// journalRow is what was measured.
type journalRow struct {
	Database    string  `json:"database"`
	CPUs        int     `json:"cpus"`
	PlainP50    float64 `json:"write_without_entry_p50_ms"`
	PlainP95    float64 `json:"write_without_entry_p95_ms"`
	EntryP50    float64 `json:"write_with_entry_p50_ms"`
	EntryP95    float64 `json:"write_with_entry_p95_ms"`
	Added       float64 `json:"entry_adds_ms"` // difference of the means without the slowest twentieth
	Entries     int64   `json:"entries"`
	PerSecond   float64 `json:"sequenced_per_s"`
	VerifyTook  float64 `json:"verify_s"`
	Checkpoints int64   `json:"checkpoints"`
	Faults      int     `json:"faults"`
}

// Run measures.
func (c *journalCmd) Run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "datai-bench-journal-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	config := store.Config{URL: c.Database, Path: filepath.Join(dir, "datai.db"), Key: [32]byte{1}, Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler)}
	db, err := store.Open(ctx, config)
	if err != nil {
		return err
	}
	defer db.Close()
	r := journalRow{Database: db.Kind(), CPUs: runtime.GOMAXPROCS(0)}
	if err := c.append(ctx, db, &r); err != nil {
		return err
	}
	if err := c.fill(ctx, db, &r); err != nil {
		return err
	}
	began := time.Now()
	report, err := db.VerifyJournal(ctx, "")
	if err != nil {
		return err
	}
	r.VerifyTook, r.Entries, r.Checkpoints, r.Faults = time.Since(began).Seconds(), report.Entries, report.Checkpoints, len(report.Faults)
	if c.JSON {
		return json.NewEncoder(out).Encode(r)
	}
	fmt.Fprintf(out, "%-28s %12s %12s\n", r.Database+fmt.Sprintf(", %d processors", r.CPUs), "p50", "p95")
	fmt.Fprintf(out, "%-28s %9.3f ms %9.3f ms\n", "write without an entry", r.PlainP50, r.PlainP95)
	fmt.Fprintf(out, "%-28s %9.3f ms %9.3f ms\n", "write with an entry", r.EntryP50, r.EntryP95)
	fmt.Fprintf(out, "%-28s %9.3f ms\n", "an entry adds", r.Added)
	fmt.Fprintf(out, "%-28s %9.0f entries/s\n", "numbered and in the tree", r.PerSecond)
	fmt.Fprintf(out, "%-28s %9.2f s for %d entries, %d checkpoints, %d faults\n", "verification", r.VerifyTook, r.Entries, r.Checkpoints, r.Faults)
	return nil
}

func (c *journalCmd) entry() (journal.Entry, error) {
	e, err := journal.New(rand.Reader, time.Now().UnixMilli(), uuid.New(), "officer", "result.list", "result")
	e.Subject, e.Body = uuid.New(), map[string]string{"code": "R-7K2M9Q", "from": "review", "to": "listed"}
	return e, err
}

// append takes writes with an entry and without in turn.
func (c *journalCmd) append(ctx context.Context, db *store.DB, r *journalRow) error {
	var took [2][]time.Duration
	for i := range 2 * c.Writes {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		a := account.Account{ID: id, Name: rand.Text(), Version: 1}
		e, err := c.entry()
		if err != nil {
			return err
		}
		began := time.Now()
		if err := db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.AddAccount(ctx, a); err != nil || i%2 == 0 {
				return err
			}
			return tx.Append(ctx, e)
		}); err != nil {
			return err
		}
		took[i%2] = append(took[i%2], time.Since(began))
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	var mean [2]float64
	for i := range took {
		slices.Sort(took[i])
		kept := took[i][:len(took[i])*19/20]
		for _, d := range kept {
			mean[i] += ms(d) / float64(len(kept))
		}
	}
	at := func(list []time.Duration, share float64) float64 { return ms(list[int(share*float64(len(list)-1))]) }
	r.PlainP50, r.PlainP95, r.EntryP50, r.EntryP95 = at(took[0], 0.5), at(took[0], 0.95), at(took[1], 0.5), at(took[1], 0.95)
	r.Added = mean[1] - mean[0]
	return nil
}

// fill writes entries, fifty thousand in a transaction, and has them sequenced
// right after, before the sequencer of the store wakes; the rate is that of
// sequencing alone.
func (c *journalCmd) fill(ctx context.Context, db *store.DB, r *journalRow) error {
	const together = 50_000
	var spent time.Duration
	for done := c.Writes; done < c.Entries; {
		list := make([]journal.Entry, min(together, c.Entries-done))
		for i := range list {
			var err error
			if list[i], err = c.entry(); err != nil {
				return err
			}
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			for _, e := range list {
				if err := tx.Append(ctx, e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		began := time.Now()
		if err := db.Sequence(ctx); err != nil {
			return err
		}
		spent += time.Since(began)
		done += len(list)
	}
	r.PerSecond = float64(c.Entries-c.Writes) / max(spent.Seconds(), 1e-9)
	return nil
}
