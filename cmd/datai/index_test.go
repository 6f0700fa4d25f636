package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/internal/pgtest"
	"datai/matchmaker"
)

// server is the application on a data folder, ready to answer.
func server(t *testing.T, dir, database string) *app {
	t.Helper()
	e := env{stdout: os.Stdout, stderr: os.Stderr, getenv: func(string) string { return "" }, dir: dir, log: slog.New(slog.DiscardHandler)}
	a, err := openApp(t.Context(), e, place{Data: "data", Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	if err := a.buildIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// bring imports results with these titles.
func bring(t *testing.T, a *app, titles ...string) {
	t.Helper()
	var rows []intake.Row
	for _, title := range titles {
		rows = append(rows, apptest.ResultRow(catalog.Result{Title: title, Abstract: title + "的研究。"}))
	}
	b, err := a.intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results, rows...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.intake.Apply(t.Context(), apptest.Officer(), b.ID); err != nil {
		t.Fatal(err)
	}
}

func finds(t *testing.T, a *app, text string) string {
	t.Helper()
	got, err := a.match.Ask(t.Context(), apptest.Officer(), matchmaker.Question{Text: text, EveryState: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Matches) == 0 {
		return ""
	}
	return got.Matches[0].Result.Title
}

func want(t *testing.T, a *app, titles ...string) {
	t.Helper()
	for _, title := range titles {
		if got := finds(t, a, title); got != title {
			t.Errorf("%s finds %q", title, got)
		}
	}
	if a.match.Len() != len(titles) {
		t.Errorf("%d documents, want %d", a.match.Len(), len(titles))
	}
}

func save(t *testing.T, a *app, follows bool) {
	t.Helper()
	if err := a.db.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if follows {
		if err := a.takeInAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.saveSnapshot(t.Context(), follows); err != nil {
		t.Fatal(err)
	}
}

func TestRestartFromSnapshot(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "data", snapshotName)
	a := server(t, dir, "")
	bring(t, a, "离心泵叶轮", "轴流风机")
	save(t, a, false)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("snapshot %v, %v", info, err)
	}
	bring(t, a, "激光焊接") // after the snapshot, and never numbered before the end
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"index-texts-1.tmp", "index-snapshot-1.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, "data", left), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	a = server(t, dir, "")
	if a.kept.number < 0 {
		t.Error("the snapshot was not used")
	}
	want(t, a, "离心泵叶轮", "轴流风机", "激光焊接")
	if left, err := filepath.Glob(filepath.Join(dir, "data", "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("left from before: %v, %v", left, err)
	}
	save(t, a, false)
	first, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	save(t, a, false)
	if again, err := os.Stat(file); err != nil || !os.SameFile(first, again) {
		t.Errorf("a snapshot is written again when nothing has changed: %v", err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}

	for name, spoil := range map[string]func(b []byte) []byte{
		"a bit turned":   func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"cut":            func(b []byte) []byte { return b[:len(b)-1] },
		"something else": func([]byte) []byte { return []byte("no snapshot") },
	} {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, spoil(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		a = server(t, dir, "")
		if a.kept.number >= 0 {
			t.Errorf("%s: the snapshot was used", name)
		}
		want(t, a, "离心泵叶轮", "轴流风机", "激光焊接")
		save(t, a, false)
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoServersFollowEachOther on one database, one of them away in between.
func TestTwoServersFollowEachOther(t *testing.T) {
	url := pgtest.URL(t)
	here, there := t.TempDir(), t.TempDir()
	key := filepath.Join("data", "secret.key")
	a := server(t, here, url)
	secret, err := os.ReadFile(filepath.Join(here, key))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(there, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(there, key), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	b := server(t, there, url)
	bring(t, a, "离心泵叶轮")
	want(t, a, "离心泵叶轮")
	save(t, b, true) // catches up first
	want(t, b, "离心泵叶轮")
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	bring(t, a, "轴流风机")
	b = server(t, there, url)
	if b.kept.number < 0 {
		t.Error("the snapshot was not used")
	}
	want(t, b, "离心泵叶轮", "轴流风机")
	bring(t, b, "激光焊接")
	save(t, a, true)
	want(t, a, "离心泵叶轮", "轴流风机", "激光焊接")
}
