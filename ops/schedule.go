package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Schedule takes backups by itself.
type Schedule struct {
	Dir   string        // is made if it is not there
	Every time.Duration // between two backups
	Keep  int           // how many stay; 0 for all
	Log   *slog.Logger
}

// retryAfter is how soon a backup that failed is tried again, if it is not due
// sooner.
const retryAfter = 10 * time.Minute

// Run takes a backup whenever the last one in the folder is older than Every,
// until ctx ends. What fails is logged and tried again.
func (s Schedule) Run(ctx context.Context, in Installation) {
	failed := false
	for {
		wait := s.due(ctx, in)
		if failed {
			wait = max(wait, min(s.Every, retryAfter))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		sum, err := s.take(ctx, in)
		if failed = err != nil; !failed {
			s.Log.Info("backup", "file", sum.File, "rows", sum.Rows, "bytes", sum.Bytes, "sha256", sum.SHA256)
		} else if ctx.Err() == nil {
			s.Log.Error("no backup was taken; mend the cause", "err", err)
		}
	}
}

// due is how long it is until the next backup.
func (s Schedule) due(ctx context.Context, in Installation) time.Duration {
	names, err := s.names(ctx, in)
	if err != nil || len(names) == 0 {
		return 0
	}
	last, ok := takenAt(names[len(names)-1])
	if !ok {
		return 0
	}
	return last.Add(s.Every).Sub(in.Now())
}

// take takes one backup, reads it back, and then deletes those that are too
// many.
func (s Schedule) take(ctx context.Context, in Installation) (Summary, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return Summary{}, err
	}
	sum, err := in.Backup(ctx, s.Dir, "")
	if err != nil {
		return sum, err
	}
	a, err := Open(sum.File)
	if err != nil {
		return sum, err
	}
	defer a.Close()
	if err := errors.Join(a.Authentic(in.Key), a.Check(ctx)); err != nil {
		return sum, fmt.Errorf("%s: %w", sum.File, err)
	}
	return sum, s.prune(ctx, in)
}

func (s Schedule) prune(ctx context.Context, in Installation) error {
	names, err := s.names(ctx, in)
	if err != nil || s.Keep <= 0 || len(names) <= s.Keep {
		return err
	}
	for _, name := range names[:len(names)-s.Keep] {
		err = errors.Join(err, os.Remove(filepath.Join(s.Dir, name)))
	}
	return err
}

// names are the backups of this database in the folder, oldest first. Nothing
// else in the folder is touched.
func (s Schedule) names(ctx context.Context, in Installation) ([]string, error) {
	id, _, err := in.DB.Identity(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if _, ok := takenAt(e.Name()); ok && e.Type().IsRegular() && strings.HasPrefix(e.Name(), "datai-"+short(id)+"-") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

const backupTime = "20060102T150405.000Z"

var backupName = regexp.MustCompile(`^datai-[0-9a-f]{8}-(\d{8}T\d{6}\.\d{3}Z)\.backup\.zip$`)

// FileName is the name of a backup of a database that was taken at that time.
func FileName(database uuid.UUID, at time.Time) string {
	return "datai-" + short(database) + "-" + at.UTC().Format(backupTime) + ".backup.zip"
}

// short tells databases apart by the random end of their id.
func short(id uuid.UUID) string {
	text := id.String()
	return text[len(text)-8:]
}

// takenAt is the time in the name of a backup.
func takenAt(name string) (time.Time, bool) {
	m := backupName.FindStringSubmatch(name)
	if m == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(backupTime, m[1])
	return at, err == nil
}
