package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/pgtest"
	"datai/ops"
	"datai/store"

	"github.com/google/uuid"
)

// killsEnv says how often the server is killed, on each database; `make kill`
// sets it.
const killsEnv = "DATAI_TEST_KILLS"

// TestKilledServer kills the real server again and again at random moments,
// while one client imports sheets, one makes accounts and one takes backups.
// Whatever was acknowledged is there, whole; whatever was not is there whole or
// not at all; `datai verify` finds nothing wrong.
func TestKilledServer(t *testing.T) {
	kills := 12
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			v := &victim{place: place{Data: t.TempDir()}, sheets: t.TempDir(), backups: t.TempDir()}
			if kind == "postgres" {
				v.Database = pgtest.URL(t)
			}
			v.prepare(t)
			for range kills {
				v.neglect(t)
				v.live(t)
			}
			v.check(t)
			t.Logf("%-8s | %5d kills | %5d of them before it was ready | %6d imports of %d rows, %d accounts, %d backups, %d steps of %d cases acknowledged | %d, %d, %d, %d found | %d timers fell due, %d fired once",
				kind, kills, v.early, len(v.imports), sheetRows, len(v.accounts), len(v.copies), v.steps(), len(v.moved), v.foundImports, v.foundAccounts, v.foundCopies, v.foundSteps, len(v.due), v.foundTimers)
		})
	}
}

// sheetRows is how many rows each import has.
const sheetRows = 120

// victim is an installation whose server is killed, and what was acknowledged.
type victim struct {
	place
	sheets, backups string
	runs, early     int

	mu                        sync.Mutex
	imports, accounts, copies []string

	foundImports, foundAccounts, foundCopies int

	caseWork
}

func (v *victim) env(out io.Writer) env {
	return env{stdout: out, stderr: io.Discard, getenv: func(string) string { return "" }, dir: v.sheets, log: slog.New(slog.DiscardHandler)}
}

// live starts a server, gives it work and kills it.
func (v *victim) live(t *testing.T) {
	t.Helper()
	v.runs++
	c := exec.Command("datai", "serve", "--addr", "127.0.0.1:0", "--data", v.Data, "--database", v.Database)
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = c.Process.Kill() } // it may have ended in the same moment
	if rand.IntN(5) == 0 {                  // while it opens, migrates, recovers
		timer := time.AfterFunc(time.Duration(rand.Int64N(int64(200*time.Millisecond))), kill)
		defer timer.Stop()
	}
	// A later life ends soon after none, one or two imports, however fast the machine is.
	ended, imported := make(chan struct{}), make(chan struct{}, 3)
	doom := func() {
		for range rand.IntN(3) {
			select {
			case <-imported:
			case <-ended:
				return
			}
		}
		time.AfterFunc(time.Duration(rand.Int64N(int64(300*time.Millisecond))), kill)
	}
	var text bytes.Buffer
	ready := false
	var work sync.WaitGroup
	lines := bufio.NewScanner(log)
	for lines.Scan() { // to the end, which is the kill
		text.WriteString(lines.Text() + "\n")
		if !ready && strings.Contains(lines.Text(), "msg=ready") {
			ready = true
			v.employ(&work, imported)
			v.handle(&work, addressIn(lines.Text()))
			work.Go(doom)
		}
	}
	close(ended)
	if !ready {
		v.early++
	}
	err = c.Wait()
	work.Wait()
	if c.ProcessState.Exited() {
		t.Fatalf("the server ended by itself: %v\n%s", err, text.String())
	}
	if strings.Contains(text.String(), "level=ERROR") {
		t.Errorf("the server logged an error:\n%s", text.String())
	}
}

// employ gives work over the socket, without an end but the server's, and tells
// of imports.
func (v *victim) employ(work *sync.WaitGroup, imported chan<- struct{}) {
	again := func(acknowledged *[]string, name string, args func(name string) []string) {
		work.Go(func() {
			for n := 0; ; n++ {
				own := fmt.Sprintf("%s-%d-%d", name, v.runs, n)
				if v.send(args(own)...) != nil {
					return
				}
				v.mu.Lock()
				*acknowledged = append(*acknowledged, own)
				v.mu.Unlock()
				if acknowledged == &v.imports {
					select {
					case imported <- struct{}{}:
					default: // nobody waits any more
					}
				}
			}
		})
	}
	again(&v.imports, "sheet", func(name string) []string {
		v.sheet(name)
		return []string{"import", "results", name + ".csv", "--data", v.Data}
	})
	again(&v.accounts, "account", func(name string) []string { return []string{"admin", "link", "--name", name, "--data", v.Data} })
	again(&v.copies, "copy", func(name string) []string {
		return []string{"backup", filepath.Join(v.backups, name), "--data", v.Data}
	})
}

// sheet writes a sheet of results with a name.
func (v *victim) sheet(name string) {
	var sheet strings.Builder
	sheet.WriteString("成果编号,成果名称,成果简介,联系人,手机号码\n")
	for i := range sheetRows {
		fmt.Fprintf(&sheet, "%s-%d,%s,第 %d 行,穆若澜,13900007001\n", name, i, name, i)
	}
	if err := os.WriteFile(filepath.Join(v.sheets, name+".csv"), []byte(sheet.String()), 0o600); err != nil {
		panic(err)
	}
}

// send has the server run a command; nil when it says that it is done.
func (v *victim) send(args ...string) error {
	return forward(context.Background(), v.env(io.Discard), v.place, args)
}

func (v *victim) check(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	a, err := openApp(ctx, v.env(io.Discard), v.place)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := a.recover(ctx, place{}); err != nil { // nobody else is there, whatever the database
		t.Fatal(err)
	}
	for what, acknowledged := range map[string][]string{"imports": v.imports, "accounts": v.accounts, "backups": v.copies} {
		if len(acknowledged) == 0 {
			t.Errorf("no %s were acknowledged, so nothing is shown", what)
		}
	}
	if err := a.db.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := a.db.Entries(ctx, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]map[uuid.UUID]bool{} // verb to subjects
	for _, e := range entries {
		if told[e.Verb] == nil {
			told[e.Verb] = map[uuid.UUID]bool{}
		}
		told[e.Verb][e.Subject] = true
	}
	v.checkImports(t, a, told["import.apply"])
	v.checkAccounts(t, a, told["account.link"])
	v.checkCopies(t, a)
	v.checkCases(t, a, entries)
	var out bytes.Buffer
	err = (&verifyCmd{place: v.place, JSON: true}).run(ctx, a, v.env(&out), "en")
	var found verified
	if jsonErr := json.Unmarshal(out.Bytes(), &found); err != nil || jsonErr != nil || !found.OK {
		t.Errorf("verify: %v, %v, %s", err, jsonErr, out.String())
	}
}

// checkImports: of each sheet all rows are there or none; a batch is applied if
// and only if its rows are there and its entry is.
func (v *victim) checkImports(t *testing.T, a *app, entered map[uuid.UUID]bool) {
	ctx := t.Context()
	rows, contacts := map[string]int{}, 0
	if err := a.shelf.EachResult(ctx, operator(), func(r *catalog.Result) error {
		rows[r.Title]++
		if r.Contact.Phone != "" {
			contacts++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for title, n := range rows {
		if n != sheetRows {
			t.Errorf("%s: %d of %d rows are there", title, n, sheetRows)
		}
	}
	v.foundImports = len(rows)
	for _, name := range v.imports {
		if rows[name] == 0 {
			t.Errorf("%s was acknowledged and is not there", name)
		}
	}
	applied := 0
	if err := store.For[intake.Tx](a.db).Read(ctx, func(tx intake.Tx) error {
		batches, err := tx.Batches(ctx, 1_000_000)
		for _, b := range batches {
			switch b.State {
			case intake.Applied:
				applied++
				if name := strings.TrimSuffix(b.File, ".csv"); !entered[b.ID] || rows[name] != sheetRows {
					t.Errorf("%s is applied with %d rows; its entry is there: %v", b.File, rows[name], entered[b.ID])
				}
			case intake.Staging:
				t.Errorf("%s is still being read, says the database", b.File)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if applied != len(entered) || applied != len(rows) {
		t.Errorf("%d sheets are there, %d batches are applied, %d entries say so", len(rows), applied, len(entered))
	}
}

// checkAccounts: an account comes with the entry of its link.
func (v *victim) checkAccounts(t *testing.T, a *app, entered map[uuid.UUID]bool) {
	ctx := t.Context()
	if err := store.For[account.Tx](a.db).Read(ctx, func(tx account.Tx) error {
		for _, name := range v.accounts {
			who, ok, err := tx.AccountNamed(ctx, name)
			if err != nil {
				return err
			}
			if !ok || !entered[who.ID] {
				t.Errorf("%s was acknowledged; it is there: %v, with its entry: %v", name, ok, entered[who.ID])
			}
		}
		for id := range entered {
			if _, ok, err := tx.Account(ctx, id); err != nil || !ok {
				t.Errorf("an entry stands without its account, %v", err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	v.foundAccounts = len(entered)
}

// checkCopies: what stands under the name of a backup is a whole one, and the
// last one restores.
func (v *victim) checkCopies(t *testing.T, a *app) {
	ctx := t.Context()
	entries, err := os.ReadDir(v.backups)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // what a kill left, under a name that says so
		}
		there[e.Name()] = true
		if err := checkBackup(ctx, filepath.Join(v.backups, e.Name()), &a.key); err != nil {
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
	for _, name := range v.copies {
		if !there[name] {
			t.Errorf("%s was acknowledged and is not there", name)
		}
	}
	v.foundCopies = len(there)
	if len(v.copies) == 0 {
		return
	}
	last, err := ops.Open(filepath.Join(v.backups, v.copies[len(v.copies)-1]))
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	scratch := store.Config{Path: filepath.Join(t.TempDir(), "datai.db"), Key: a.key, Now: time.Now, Rand: bytes.NewReader(make([]byte, 1<<10)), Logger: slog.New(slog.DiscardHandler)}
	if err := last.Restore(ctx, scratch, time.Now()); err != nil {
		t.Error(err)
	}
}
