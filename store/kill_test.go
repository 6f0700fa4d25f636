package store_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	accounts "datai/account"
	"datai/journal"
	"datai/store"
	"datai/store/storetest"

	"github.com/google/uuid"
)

// The test binary runs itself as a writer that is killed or watched.
const (
	writerEnv = "DATAI_TEST_STORE_WRITER" // the database file
	countEnv  = "DATAI_TEST_STORE_COUNT"  // how many rows it writes, all in all
)

// account adds an account with a link and returns the link's hash.
func account(t *testing.T, db *store.DB, name string) [32]byte {
	t.Helper()
	a := accounts.Account{ID: id(t), Name: name, Version: 1}
	l := accounts.Link{Hash: [32]byte{name[0]}, AccountID: a.ID, ExpiresAt: 1 << 40}
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddAccount(t.Context(), a); err != nil {
			return err
		}
		return tx.AddLink(t.Context(), l)
	}); err != nil {
		t.Fatal(err)
	}
	return l.Hash
}

// writer writes accounts, each with an entry in the same unit of work, and
// prints the name of each once it is acknowledged.
func writer(file string) int {
	ctx := context.Background()
	count, err := strconv.Atoi(os.Getenv(countEnv))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	db, err := store.Open(ctx, store.Config{Path: file, Key: [32]byte{1}, Now: time.Now, Rand: rand.Reader,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for range count {
		a := accounts.Account{ID: uuid.Must(uuid.NewV7()), Name: rand.Text(), Version: 1}
		e, err := journal.New(rand.Reader, 1, a.ID, "console", "account.add", "account")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		e.Subject, e.Body = a.ID, map[string]string{"name": a.Name}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.AddAccount(ctx, a); err != nil {
				return err
			}
			return tx.Append(ctx, e)
		}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Printf("ack %s\n", a.Name)
	}
	if err := db.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKilledWriter kills a writer at random moments, again and again on one
// database. Whatever it acknowledged is there, whole.
func TestKilledWriter(t *testing.T) {
	const kills = 15
	file := filepath.Join(t.TempDir(), "datai.db")
	var acknowledged []string
	for range kills {
		acknowledged = append(acknowledged, runAndKill(t, file)...)
	}
	if len(acknowledged) < kills {
		t.Fatalf("only %d rows were acknowledged before %d kills", len(acknowledged), kills)
	}
	c := storetest.SQLiteConfig(t)
	c.Path, c.Key = file, [32]byte{1}
	db := storetest.Start(t, c)
	if err := db.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := db.Entries(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	entered := map[string]uuid.UUID{}
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Errorf("entry %d has number %d", i+1, e.Seq)
		}
		entered[e.Body["name"]] = e.Subject
	}
	if err := db.Read(t.Context(), func(tx *store.Tx) error {
		for _, name := range acknowledged {
			a, ok, err := tx.AccountNamed(t.Context(), name)
			if err != nil {
				return err
			}
			if !ok || entered[name] != a.ID {
				t.Errorf("account %s was acknowledged; it is there: %v, with its entry: %v", name, ok, entered[name] == a.ID)
			}
			delete(entered, name)
		}
		for name := range entered { // written but killed before the acknowledgement
			if _, ok, err := tx.AccountNamed(t.Context(), name); err != nil || !ok {
				t.Errorf("the entry of account %s stands without it, %v", name, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var whole string
	if err := raw(t, c).QueryRow(`PRAGMA integrity_check`).Scan(&whole); err != nil || whole != "ok" {
		t.Errorf("integrity check: %s, %v", whole, err)
	}
	t.Logf("%d rows acknowledged, %d entries after %d kills", len(acknowledged), len(entries), kills)
}

// runAndKill starts a writer, kills it somewhere in the first hundred
// milliseconds after its first acknowledgement, and returns what it
// acknowledged.
func runAndKill(t *testing.T, file string) []string {
	t.Helper()
	c := self(t, file, 1_000_000)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	moment, err := rand.Int(rand.Reader, big.NewInt(int64(100*time.Millisecond)))
	if err != nil {
		t.Fatal(err)
	}
	var acks []string
	var timer *time.Timer
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n') // a line cut short was not acknowledged
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if timer == nil {
			timer = time.AfterFunc(time.Duration(moment.Int64()), func() { _ = c.Process.Kill() })
		}
		acks = append(acks, strings.TrimPrefix(strings.TrimSpace(line), "ack "))
	}
	if err := c.Wait(); err == nil || c.ProcessState.Exited() {
		t.Fatalf("the writer ended by itself: %v\n%s", err, c.Stderr)
	}
	return acks
}

// self is this test binary as a writer.
func self(t *testing.T, file string, count int, before ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(before, exe)
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	c.Env = append(os.Environ(), writerEnv+"="+file, countEnv+"="+strconv.Itoa(count))
	c.Stderr = &bytes.Buffer{}
	return c
}

// TestAcknowledgedIsOnDisk watches the system calls of a writer: a process that
// is killed proves nothing about power loss, as the system keeps what the
// process wrote.
func TestAcknowledgedIsOnDisk(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("this test needs the program strace; install the package strace")
	}
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	const count = 20
	c := self(t, filepath.Join(dir, "datai.db"), count,
		"strace", "-f", "-y", "-s", "64", "-o", trace, "-e", "trace=write,pwrite64,fsync,fdatasync")
	if _, err := c.Output(); err != nil {
		t.Fatalf("%v\n%s", err, c.Stderr)
	}
	log, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	acks, unsafe := checkTrace(string(log))
	if acks != count || unsafe != 0 {
		t.Errorf("%d acknowledgements, %d of them before the log was on disk; want %d and 0", acks, unsafe, count)
	}
}

// A call may be cut in two in the trace, when another thread calls meanwhile;
// then it ended at "<... call resumed>".
var (
	wroteLog  = regexp.MustCompile(`pwrite64\(\d+<[^>]*-wal>`)
	syncsLog  = regexp.MustCompile(`^(\d+) +f(?:data)?sync\(\d+<[^>]*-wal>`)
	syncEnded = regexp.MustCompile(`^(\d+) +<\.\.\. f(?:data)?sync resumed>.*= 0`)
	ackBegins = regexp.MustCompile(`write\(1<[^>]*>, "ack `)
)

// checkTrace counts the acknowledgements of a trace and those that were given
// without a write to the log and a sync of it after the last one.
func checkTrace(trace string) (acks, unsafe int) {
	wrote, synced := false, false
	open := map[string]bool{} // threads in the middle of a sync of the log
	for line := range strings.Lines(trace) {
		switch {
		case ackBegins.MatchString(line):
			acks++
			if !wrote || !synced {
				unsafe++
			}
			wrote, synced = false, false
		case wroteLog.MatchString(line):
			wrote = true
		case syncsLog.MatchString(line):
			thread := syncsLog.FindStringSubmatch(line)[1]
			if strings.Contains(line, "unfinished") {
				open[thread] = wrote
			} else if wrote && strings.HasSuffix(strings.TrimSpace(line), "= 0") {
				synced = true
			}
		case syncEnded.MatchString(line):
			thread := syncEnded.FindStringSubmatch(line)[1]
			synced = synced || open[thread]
			delete(open, thread)
		}
	}
	return acks, unsafe
}

func TestCheckTrace(t *testing.T) {
	const (
		wal   = "12 pwrite64(7</d/datai.db-wal>, \"x\", 4096, 32) = 4096\n"
		sync  = "12 fdatasync(7</d/datai.db-wal>) = 0\n"
		begun = "12 fsync(7</d/datai.db-wal> <unfinished ...>\n"
		ended = "12 <... fsync resumed>) = 0\n"
		ack   = "13 write(1<pipe:[1]>, \"ack X\\n\", 6) = 6\n"
	)
	for _, c := range []struct {
		trace        string
		acks, unsafe int
	}{
		{wal + sync + ack + wal + sync + ack, 2, 0},
		{wal + begun + ended + ack, 1, 0},
		{wal + begun + ack + ended, 1, 1},
		{wal + ack + wal + ack, 2, 2},
		{wal + sync + ack + ack, 2, 1},
		{sync + wal + ack, 1, 1},
		{wal + strings.ReplaceAll(sync, "-wal", "") + ack, 1, 1},
		{wal + strings.ReplaceAll(sync, "= 0", "= -1 EIO") + ack, 1, 1},
	} {
		if acks, unsafe := checkTrace(c.trace); acks != c.acks || unsafe != c.unsafe {
			t.Errorf("%d acknowledgements, %d unsafe; want %d, %d in\n%s", acks, unsafe, c.acks, c.unsafe, c.trace)
		}
	}
}
