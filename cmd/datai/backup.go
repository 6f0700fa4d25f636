package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/ops"
	"datai/store"
	"datai/wording"
)

type backupCmd struct {
	place
	To             string `arg:"" name:"FILE" help:"File to write; in a folder, the file gets a name with the time."`
	WithKey        bool   `help:"Put the secret key in, encrypted with the passphrase. Without it, keep a copy of the key file elsewhere."`
	PassphraseFile string `help:"File whose first line is the passphrase." placeholder:"FILE"`
	Verify         bool   `help:"Read the file back and compare every row with the manifest."`
	JSON           bool   `name:"json" help:"Print the outcome as one line of JSON."`
}

func (c *backupCmd) where() place { return c.place }

// installation is what backups are taken of.
func (a *app) installation() ops.Installation {
	return ops.Installation{DB: a.db, Key: a.key, Version: version(), Now: time.Now, Rand: rand.Reader}
}

func (c *backupCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	phrase := ""
	if c.WithKey != (c.PassphraseFile != "") {
		return catalog.Refuse(catalog.Invalid, "backup.phrase_needed")
	}
	if c.WithKey {
		var err error
		if phrase, err = readPassphrase(e.path(c.PassphraseFile)); err != nil {
			return err
		}
	}
	s, err := a.installation().Backup(ctx, e.path(c.To), phrase)
	if err != nil {
		return err
	}
	if c.Verify {
		if err := checkBackup(ctx, s.File, &a.key); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(s)
	}
	fmt.Fprintln(e.stdout, l.Say("backup.done", "file", s.File, "rows", strconv.FormatInt(s.Rows, 10), "bytes", strconv.FormatInt(s.Bytes, 10)))
	if !c.WithKey {
		fmt.Fprintln(e.stderr, l.Say("backup.keep_key"))
	}
	return nil
}

// readPassphrase is the first line of a file; eight characters at least, as
// whoever has the backup can try as many as they like.
func readPassphrase(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", catalog.Refuse(catalog.Invalid, "backup.phrase_needed").Because(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); len([]rune(line)) < 8 {
		return "", catalog.Refuse(catalog.Invalid, "backup.phrase_short")
	}
	return line, nil
}

// checkBackup reads a whole backup; with the key also whether somebody altered
// it.
func checkBackup(ctx context.Context, file string, key *[32]byte) error {
	b, err := ops.Open(file)
	if err != nil {
		return err
	}
	defer b.Close()
	if key != nil {
		if err := b.Authentic(*key); err != nil {
			return err
		}
	}
	return b.Check(ctx)
}

type restoreCmd struct {
	place
	From           string `arg:"" name:"FILE" help:"Backup to restore."`
	Key            string `help:"Key file that belongs to the backup; it is copied into the data folder. Default: the one that is there." placeholder:"FILE"`
	PassphraseFile string `help:"File whose first line is the passphrase of the key in the backup." placeholder:"FILE"`
}

func (c *restoreCmd) runAlone(ctx context.Context, e env, l wording.Lang) error {
	b, err := ops.Open(e.path(c.From))
	if err != nil {
		return err
	}
	defer b.Close()
	key, err := c.key(b, e)
	if err != nil {
		return err
	}
	if err := b.Authentic(key); err != nil {
		return err
	}
	lock, err := lockFolder(e.path(c.Data))
	if errors.Is(err, errHeld) {
		return catalog.Refuse(catalog.Conflict, "restore.held").Because(err)
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := keepKey(c.keyFile(e), key); err != nil {
		return err
	}
	config := store.Config{URL: c.Database, Path: filepath.Join(e.path(c.Data), "datai.db"), Key: key, Now: time.Now, Rand: rand.Reader, Logger: e.log}
	if err := b.Restore(ctx, config, time.Now()); err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, l.Say("restore.done", "rows", strconv.FormatInt(b.Manifest.Rows(), 10),
		"taken", b.Manifest.Taken.Local().Format("2006-01-02 15:04:05")))
	return nil
}

// key finds the secret key of the backup.
func (c *restoreCmd) key(b *ops.Archive, e env) (key [32]byte, err error) {
	var text []byte
	switch {
	case c.Key != "":
		text, err = os.ReadFile(e.path(c.Key))
	case c.PassphraseFile != "":
		var phrase string
		if phrase, err = readPassphrase(e.path(c.PassphraseFile)); err != nil {
			return key, err
		}
		if text, err = b.SecretKey(phrase); err != nil {
			return key, err
		}
	default:
		text, err = os.ReadFile(c.keyFile(e))
	}
	if err != nil {
		return key, catalog.Refuse(catalog.Invalid, "restore.key_needed").Because(err)
	}
	key, ok := ops.ParseKey(text)
	if !ok {
		return key, catalog.Refuse(catalog.Invalid, "restore.key_needed")
	}
	return key, nil
}

// keepKey puts the key where the server looks for it. Another key that is
// there belongs to other data and stays.
func keepKey(file string, key [32]byte) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return writeSecretKey(file, key)
	}
	if err != nil {
		return fmt.Errorf("secret key: %w", err)
	}
	if there, ok := ops.ParseKey(text); !ok || there != key {
		return catalog.Refuse(catalog.Invalid, "restore.other_key_there", "file", file)
	}
	return nil
}

type verifyCmd struct {
	place
	File string `arg:"" optional:"" name:"FILE" help:"Backup to check; without it the database is checked."`
	JSON bool   `name:"json" help:"Print the outcome as one line of JSON."`
}

func (c *verifyCmd) where() place { return c.place }

// verified is the line that --json prints.
type verified struct {
	OK     bool          `json:"ok"`
	Tally  *store.Tally  `json:"tally,omitempty"`
	Backup *ops.Manifest `json:"backup,omitempty"`
	Faults []store.Fault `json:"faults"`
}

func (c *verifyCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	if err := a.buildIndex(ctx); err != nil {
		return err
	}
	t, err := a.db.Verify(ctx)
	if err != nil {
		return err
	}
	documents, missing, extra, err := a.match.Check(ctx)
	if err != nil {
		return err
	}
	if missing != 0 || extra != 0 {
		t.Faults = append(t.Faults, store.Fault{Check: "index", Text: fmt.Sprintf("of %d documents the index lacks %d, and it holds %d others", documents, missing, extra)})
	}
	out := verified{OK: len(t.Faults) == 0, Tally: &t, Faults: append([]store.Fault{}, t.Faults...)}
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(out); err != nil {
			return err
		}
	} else {
		for _, f := range t.Faults {
			fmt.Fprintln(e.stderr, l.Say("verify.fault", "check", f.Check, "text", f.Text))
		}
		n := func(v int64) string { return strconv.FormatInt(v, 10) }
		fmt.Fprintln(e.stdout, l.Say("verify.database", "rows", n(t.Rows), "bodies", n(t.Bodies), "sealed", n(t.Sealed),
			"entries", n(t.Entries), "changes", n(t.Changes), "documents", strconv.Itoa(documents), "faults", strconv.Itoa(len(t.Faults))))
	}
	if !out.OK {
		return stop{exitFailed}
	}
	return nil
}

// backup checks a file; whether somebody altered it can be told with the key
// alone.
func (c *verifyCmd) backup(ctx context.Context, e env, l wording.Lang) error {
	b, err := ops.Open(e.path(c.File))
	if err != nil {
		return err
	}
	defer b.Close()
	key, known := [32]byte{}, false
	if text, err := os.ReadFile(c.keyFile(e)); err == nil {
		key, known = ops.ParseKey(text)
	}
	if known {
		if err := b.Authentic(key); err != nil {
			return err
		}
	}
	if err := b.Check(ctx); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(verified{OK: true, Backup: &b.Manifest, Faults: []store.Fault{}})
	}
	fmt.Fprintln(e.stdout, l.Say("verify.backup", "rows", strconv.FormatInt(b.Manifest.Rows(), 10),
		"taken", b.Manifest.Taken.Local().Format("2006-01-02 15:04:05"), "schema", strconv.FormatInt(b.Manifest.Schema, 10)))
	if !known {
		fmt.Fprintln(e.stderr, l.Say("verify.no_key"))
	}
	return nil
}

// version is that of the source that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return v
}
