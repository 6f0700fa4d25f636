package ops_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datai/ops"
	"datai/store/storetest"

	"github.com/google/uuid"
)

// lines tells of each line of a log.
type lines struct {
	mu  sync.Mutex
	got []string
	add chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, string(p))
	select {
	case l.add <- string(p):
	default:
	}
	return len(p), nil
}

func TestScheduledBackupsAreTakenAndPruned(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := open(t, c)
	id, _, err := db.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "made", "by itself")
	log := &lines{add: make(chan string)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	s := ops.Schedule{Dir: dir, Every: time.Millisecond, Keep: 3, Log: slog.New(slog.NewTextHandler(log, nil))}
	go func() {
		defer close(ended)
		s.Run(ctx, installation(db, c))
	}()
	strange := []string{ops.FileName(uuid.Max, time.Unix(0, 0)), "datai.backup.zip", "notes.txt"}
	for n := range 6 {
		if line := <-log.add; !strings.Contains(line, "msg=backup") {
			t.Fatal(line)
		}
		if n == 0 { // the folder is there now; what is not this database's stays in it
			for _, name := range strange {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	cancel()
	<-ended
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ops.FileName(id, time.Time{})[:15]):
			own++
			if err := archive(t, filepath.Join(dir, name)).Authentic(c.Key); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !slices.Contains(strange, name):
			t.Errorf("%s is in the folder", name)
		default:
			strange = slices.DeleteFunc(strange, func(s string) bool { return s == name })
		}
	}
	if own != 3 || len(strange) > 0 {
		t.Errorf("%d backups are kept, want 3; %v are gone", own, strange)
	}
}

// A backup that cannot be written is tried again, not at once and not only when
// the next is due.
func TestAFailedBackupIsTriedAgain(t *testing.T) {
	c := storetest.SQLiteConfig(t)
	db := open(t, c)
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := installation(db, c)
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		ctx, cancel := context.WithCancel(t.Context())
		go ops.Schedule{Dir: blocked, Every: 24 * time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))}.Run(ctx, in)
		time.Sleep(35 * time.Minute) //nolint:forbidigo // the clock of a bubble jumps
		cancel()
		synctest.Wait()
		if n := len(log.got); n != 4 || !strings.Contains(log.got[0], "no backup was taken") {
			t.Errorf("%d tries in 35 minutes, want 4: %v", n, log.got)
		}
	})
}
