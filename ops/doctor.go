package ops

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"datai/store"
)

// State is how well something is.
type State string

// The states, better ones first: seen to be fine; made so, which tests of the
// program show; to be asked of people; to be looked at; and broken.
const (
	Fine   State = "ok"
	Made   State = "made"
	Ask    State = "ask"
	Warn   State = "warn"
	Broken State = "fail"
)

// Worse is the worse of two states.
func Worse(a, b State) State {
	order := []State{Fine, Made, Ask, Warn, Broken}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

// Item is one thing that the doctor looked at. What to do about it is the
// message "doctor.mend.<name>".
type Item struct {
	Name   string `json:"item"`
	State  State  `json:"state"`
	Proof  string `json:"proof"`            // what was seen: paths, numbers, versions, an error
	Clause string `json:"clause,omitempty"` // of a standard that asks for it
}

func item(name string, state State, proof string) Item {
	return Item{Name: name, State: state, Proof: proof}
}

// Bounds of the doctor.
const (
	diskBroken, diskWarn = 100 << 20, 1 << 30 // bytes free
	memoryWarn           = 256 << 20
	backupWarn           = 48 * time.Hour // since the last one
	clockWarn            = 2 * time.Second
	certificateWarn      = 14 * 24 * time.Hour // until it ends
)

// judge is broken or warned where that holds, else fine.
func judge(broken, warn bool) State {
	switch {
	case broken:
		return Broken
	case warn:
		return Warn
	}
	return Fine
}

// Folder looks at the data folder and the file of the secret key.
func Folder(dir, keyFile string) []Item {
	items := []Item{mode("folder", dir, 0o077), mode("key", keyFile, 0o077)}
	if text, err := os.ReadFile(keyFile); err == nil {
		if _, ok := ParseKey(text); !ok {
			items[1] = item("key", Broken, keyFile+": not 64 hexadecimal digits")
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		items = append(items, item("disk", Broken, err.Error()))
	} else {
		free := int64(disk.Bavail) * disk.Bsize
		items = append(items, item("disk", judge(free < diskBroken, free < diskWarn), size(free)+" free"))
	}
	return append(items, syncs(dir))
}

// mode checks that nobody else may do what the bits in others say.
func mode(name, path string, others fs.FileMode) Item {
	info, err := os.Stat(path)
	if err != nil {
		return item(name, Broken, err.Error())
	}
	bits := info.Mode().Perm()
	return item(name, judge(bits&others != 0, false), fmt.Sprintf("%s %04o", path, bits))
}

// syncs writes a file and has the system put it on the disk.
func syncs(dir string) Item {
	began := time.Now()
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return item("sync", Broken, err.Error())
	}
	_, err = f.WriteString("datai doctor\n")
	err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()), syncFolder(dir))
	if err != nil {
		return item("sync", Broken, err.Error())
	}
	return item("sync", Fine, "fsync in "+time.Since(began).Round(100*time.Microsecond).String())
}

// Machine looks at memory and at the clock.
func Machine(now time.Time) []Item {
	zone, offset := now.Zone()
	items := []Item{item("clock", judge(now.Year() < 2020, false),
		fmt.Sprintf("%s, zone %s (UTC%+d min)", now.Format("2006-01-02 15:04:05"), zone, offset/60))}
	if free, ok := memory("/proc/meminfo"); ok {
		items = append(items, item("memory", judge(false, free < memoryWarn), size(free)+" available"))
	}
	return items
}

// memory is what programs may still take, as Linux estimates it.
func memory(file string) (bytes int64, ok bool) {
	f, err := os.Open(file)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, is := strings.CutPrefix(lines.Text(), "MemAvailable:"); is {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}

// Database looks at the open database.
func Database(ctx context.Context, db *store.DB, now time.Time) []Item {
	about, err := db.About(ctx)
	if err != nil {
		return []Item{item("database", Broken, err.Error())}
	}
	drift := now.Sub(time.UnixMilli(about.Clock)).Abs()
	items := []Item{
		item("database", Fine, about.Version),
		item("encoding", judge(!strings.EqualFold(strings.ReplaceAll(about.Encoding, "-", ""), "utf8"), false), about.Encoding+", "+about.Collation),
		item("durability", judge(!about.Durable, false), about.Durability),
		item("schema", judge(about.Schema != about.Known, false), fmt.Sprintf("%d of %d", about.Schema, about.Known)),
		item("database_clock", judge(false, drift > clockWarn), "differs by "+drift.Round(time.Millisecond).String()),
		item("numbering", judge(false, about.Unnumbered > 10_000), fmt.Sprintf("%d wait for a number", about.Unnumbered)),
	}
	return append(items, lastBackup(ctx, db, now))
}

func lastBackup(ctx context.Context, db *store.DB, now time.Time) Item {
	at, err := db.LastBackup(ctx)
	switch {
	case err != nil:
		return item("backup", Broken, err.Error())
	case at == 0:
		return item("backup", Warn, "never")
	}
	age := now.Sub(time.UnixMilli(at))
	return item("backup", judge(false, age > backupWarn), age.Round(time.Minute).String()+" ago")
}

// Certificate looks at how long a certificate is still valid.
func Certificate(until, now time.Time) Item {
	left := until.Sub(now)
	return item("certificate", judge(left <= 0, left < certificateWarn), "until "+until.Format("2006-01-02 15:04"))
}

// Whole reports whether nothing is broken.
func Whole(items []Item) bool {
	for _, i := range items {
		if i.State == Broken {
			return false
		}
	}
	return true
}

func size(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }

// Lock says who has the data folder.
func Lock(dir, by string) Item {
	return item("lock", Fine, filepath.Join(dir, "datai.lock")+": "+by)
}
