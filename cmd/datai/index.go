package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"datai/journal"
	"datai/match"
	"datai/matchmaker"
)

// What the index keeps in the data folder, both mode 0600: a snapshot of
// itself, so that a restart need not read the whole catalogue, and files of
// texts. The latter have no name any more once they are open and go with the
// process; one that a killed process left is removed at the next start, as is
// a snapshot that was not finished.
const (
	snapshotName = "index.snapshot"
	textsPattern = "index-texts-*.tmp"
	freshPattern = "index-snapshot-*.tmp"
)

// saveEvery is how often the index is saved when something has changed, and
// saveShare the least ratio of the time between two saves to the time that one
// takes.
const (
	saveEvery = 5 * time.Minute
	saveShare = 50
)

// snapshotState is what is known of the snapshot in the data folder.
type snapshotState struct {
	sync.Mutex           // held while one is written
	number     int64     // the number up to which it has all changes, -1 if there is none
	next       time.Time // before which it is not worth while to save again
}

// newTexts makes a file that has no name.
func newTexts(dir string) func() (match.File, error) {
	return func() (match.File, error) {
		f, err := os.CreateTemp(dir, textsPattern)
		if err != nil {
			return nil, err
		}
		if err := os.Remove(f.Name()); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}

// buildIndex brings the catalogue into the index, from the snapshot where
// there is one that fits, and keeps it up to date.
func (a *app) buildIndex(ctx context.Context) error {
	if a.indexed {
		return nil
	}
	for _, pattern := range []string{textsPattern, freshPattern} {
		left, err := filepath.Glob(filepath.Join(a.dir, pattern))
		if err != nil {
			return fmt.Errorf("index: %w", err)
		}
		for _, name := range left {
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("index: %w", err)
			}
		}
	}
	// What a killed process left unnumbered would come by for nobody.
	if err := a.db.Sequence(ctx); err != nil {
		return err
	}
	// Read first: what is numbered while the index is built comes by once more.
	last, err := a.db.LastChange(ctx)
	if err != nil {
		return err
	}
	a.kept.number = -1
	if err := a.loadSnapshot(ctx, last); err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			a.log.Info("the index is built anew", "because", err)
		}
		if err := a.match.Rebuild(ctx); err != nil {
			return err
		}
		a.followed.Store(last)
	} else if err := a.takeInAll(ctx); err != nil {
		return err
	}
	a.db.OnCommit(func(ctx context.Context, changes []journal.Change) {
		if err := a.match.Changed(ctx, changes); err != nil {
			a.behind.Store(true)
			a.log.Error("index is behind the database; it is rebuilt within a minute", "err", err)
		}
	})
	a.indexed = true
	return nil
}

// loadSnapshot fills the index from a snapshot that knows no change after last.
// After an error the index is empty.
func (a *app) loadSnapshot(ctx context.Context, last int64) error {
	f, err := os.Open(filepath.Join(a.dir, snapshotName))
	if err != nil {
		return err
	}
	// On success the index reads from the file as long as it lives.
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	of, err := a.copyOf(ctx)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	at, err := a.match.Load(f, info.Size(), of, last)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	a.followed.Store(at)
	a.kept.number = at
	return nil
}

// takeInAll brings in what has changed and lapsed since the snapshot.
func (a *app) takeInAll(ctx context.Context) error {
	for {
		n, err := a.takeIn(ctx)
		if err != nil {
			return err
		}
		if n < followTogether {
			return a.match.Sweep(ctx)
		}
	}
}

// copyOf says what a snapshot that this process makes is a copy of.
func (a *app) copyOf(ctx context.Context) (c matchmaker.Copy, err error) {
	id, epoch, err := a.db.Identity(ctx)
	if err != nil {
		return c, err
	}
	program, err := programSum()
	return matchmaker.Copy{Database: id.String(), Epoch: epoch, Program: program}, err
}

// programSum is the hash of the running program. Another build may put
// something else into the index, so it makes its own.
var programSum = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("index: %w", err)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("index: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("index: %w", err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
})

// saveSnapshot writes the index into the data folder if something has changed
// since it was last written.
func (a *app) saveSnapshot(ctx context.Context, follows bool) error {
	a.kept.Lock()
	defer a.kept.Unlock()
	started := time.Now()
	at, err := a.fed(ctx, follows)
	if err != nil || at == a.kept.number {
		return err
	}
	of, err := a.copyOf(ctx)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(a.dir, freshPattern) // mode 0600
	if err != nil {
		return err
	}
	if err := errors.Join(a.match.Save(f, of, at), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if a.behind.Load() || a.match.Damaged() { // what stands in the folder is older, and true
		return os.Remove(f.Name())
	}
	if err := os.Rename(f.Name(), filepath.Join(a.dir, snapshotName)); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	a.kept.number = at
	took := time.Since(started)
	a.kept.next = started.Add(max(saveEvery, saveShare*took))
	a.log.Debug("index saved", "change", at, "after", took.Round(time.Millisecond))
	return syncFolder(a.dir)
}

// fed is the number up to which all changes are in the index.
func (a *app) fed(ctx context.Context, follows bool) (int64, error) {
	if follows {
		return a.followed.Load(), nil
	}
	// All changes are this process's own. Those with a number are committed;
	// they are in the index when their hooks have returned.
	last, err := a.db.LastChange(ctx)
	if err != nil {
		return 0, err
	}
	return last, a.db.Announced(ctx)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// keepSnapshot saves the index now and then until ctx ends.
func (a *app) keepSnapshot(ctx context.Context, follows bool) {
	a.kept.Lock()
	a.kept.next = time.Now().Add(saveEvery)
	a.kept.Unlock()
	tick := time.NewTicker(saveEvery / 5)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			a.kept.Lock()
			due := !now.Before(a.kept.next)
			a.kept.Unlock()
			if !due {
				continue
			}
			if err := a.saveSnapshot(ctx, follows); err != nil && ctx.Err() == nil {
				a.log.Warn("the index is not saved; the next start will take longer", "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// followTogether is how many changes of the feed are taken in at once.
const followTogether = 2000

// takeIn brings the next changes of the feed into the index and returns how
// many they were; fewer than followTogether are the last ones.
func (a *app) takeIn(ctx context.Context) (int, error) {
	changes, err := a.db.Changes(ctx, a.followed.Load(), followTogether)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	if err := a.match.Changed(ctx, changes); err != nil {
		return 0, err
	}
	a.followed.Store(changes[len(changes)-1].Seq)
	return len(changes), nil
}

// follow brings what other servers on the same database changed into this
// server's index, within a second of its being numbered, until ctx ends. What
// this server changed comes by once more and changes nothing.
func (a *app) follow(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		n, err := a.takeIn(ctx)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("changes of other servers are late", "err", err)
		}
		if n == followTogether {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
