package ops_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datai/ops"
)

// states are the items by name.
func states(items []ops.Item) map[string]ops.State {
	out := map[string]ops.State{}
	for _, i := range items {
		out[i.Name] = i.State
	}
	return out
}

func TestDoctorOnAFolder(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "secret.key")
	look := func(when string, want map[string]ops.State) {
		t.Helper()
		got := states(ops.Folder(dir, key))
		for name, state := range want {
			if got[name] != state {
				t.Errorf("%s: %s is %s, want %s", when, name, got[name], state)
			}
		}
		if left, err := filepath.Glob(filepath.Join(dir, ".doctor*")); err != nil || len(left) > 0 {
			t.Errorf("%s: the doctor left %v", when, left)
		}
	}
	chmod := func(path string, mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	chmod(dir, 0o700)
	look("without a key", map[string]ops.State{"folder": ops.Fine, "key": ops.Broken, "sync": ops.Fine})
	if err := os.WriteFile(key, []byte(strings.Repeat("0f", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	look("as it should be", map[string]ops.State{"folder": ops.Fine, "key": ops.Fine, "sync": ops.Fine})
	chmod(key, 0o640)
	chmod(dir, 0o755)
	look("open to others", map[string]ops.State{"folder": ops.Broken, "key": ops.Broken})
	chmod(key, 0o600)
	if err := os.WriteFile(key, []byte("0f"), 0o600); err != nil {
		t.Fatal(err)
	}
	look("with a key that is none", map[string]ops.State{"key": ops.Broken})
	dir = filepath.Join(dir, "gone")
	look("gone", map[string]ops.State{"folder": ops.Broken, "disk": ops.Broken, "sync": ops.Broken})
}

func TestDoctorOnADatabase(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := kinds[kind](t)
		db := open(t, c)
		now := time.Now()
		got := states(ops.Database(t.Context(), db, now))
		durable := ops.Fine
		if kind == "postgres" { // that of the tests is not, on purpose
			durable = ops.Broken
		}
		for name, want := range map[string]ops.State{"database": ops.Fine, "encoding": ops.Fine, "durability": durable, "schema": ops.Fine,
			"database_clock": ops.Fine, "numbering": ops.Fine, "backup": ops.Warn} {
			if got[name] != want {
				t.Errorf("%s is %q, want %q", name, got[name], want)
			}
		}
		backup(t, db, c)
		if s := states(ops.Database(t.Context(), db, now))["backup"]; s != ops.Fine {
			t.Errorf("after a backup it is %q", s)
		}
		if s := states(ops.Database(t.Context(), db, now.AddDate(0, 0, 3))); s["backup"] != ops.Warn || s["database_clock"] != ops.Warn {
			t.Errorf("three days later: %v", s)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if s := states(ops.Database(t.Context(), db, now))["database"]; s != ops.Broken {
			t.Errorf("a closed one is %q", s)
		}
	})
}

func TestDoctorOnCertificates(t *testing.T) {
	now := time.Now()
	for left, want := range map[time.Duration]ops.State{-time.Hour: ops.Broken, time.Hour: ops.Warn, 60 * 24 * time.Hour: ops.Fine} {
		if got := ops.Certificate(now.Add(left), now).State; got != want {
			t.Errorf("with %v left it is %q, want %q", left, got, want)
		}
	}
	if !ops.Whole([]ops.Item{{State: ops.Fine}, {State: ops.Warn}}) || ops.Whole([]ops.Item{{State: ops.Broken}}) {
		t.Error("a warning is no breakage, a breakage is one")
	}
}

func TestDoctorOnTheMachine(t *testing.T) {
	if got := states(ops.Machine(time.Now())); got["clock"] != ops.Fine {
		t.Errorf("the clock is %q", got["clock"])
	}
	if got := states(ops.Machine(time.Unix(0, 0))); got["clock"] != ops.Broken {
		t.Errorf("a clock that has lost its battery is %q", got["clock"])
	}
}
