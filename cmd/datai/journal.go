package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/exchange"
	"datai/journal"
	"datai/store"
	"datai/wording"

	"github.com/google/uuid"
)

type journalCmd struct {
	Verify     journalVerifyCmd     `cmd:"" help:"Recompute the whole journal and name what is not as it was written. Exit 0: nothing; 1: something."`
	Export     journalExportCmd     `cmd:"" help:"Write every numbered entry as JSON Lines, with what its leaf is made of."`
	Prove      journalProveCmd      `cmd:"" help:"Write the proof that an entry is under the last checkpoint, as JSON; published tools check it."`
	Pack       journalPackCmd       `cmd:"" help:"Write all that the journal holds about a thing, with proofs, into a zip file."`
	Checkpoint journalCheckpointCmd `cmd:"" help:"Print the last checkpoint; keep it where nobody of the operators writes."`
	Key        journalKeyCmd        `cmd:"" help:"Print the public keys by which checkpoints are opened, the oldest first."`
}

type journalVerifyCmd struct {
	place
	Checkpoint string `placeholder:"FILE" help:"A checkpoint that was kept elsewhere, such as one from a mail: the journal must continue it."`
	JSON       bool   `name:"json" help:"Print the outcome as one line of JSON."`
}

func (c *journalVerifyCmd) where() place { return c.place }

// mostCheckpoint bounds a file that somebody hands in, in bytes.
const mostCheckpoint = 64 << 10

func (c *journalVerifyCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	old := ""
	if c.Checkpoint != "" {
		text, err := readCheckpoint(e.path(c.Checkpoint))
		if err != nil {
			return catalog.Refuse(catalog.Invalid, "journal.verify.no_file", "file", c.Checkpoint).Because(err)
		}
		old = text
	}
	r, err := a.db.VerifyJournal(ctx, old)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(e.stdout).Encode(r)
	} else {
		tellJournal(e.stdout, e.stderr, l, r)
	}
	if err == nil && len(r.Faults) > 0 {
		return stop{exitFailed}
	}
	return err
}

// readCheckpoint reads a checkpoint out of a file, which may be a whole mail.
func readCheckpoint(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostCheckpoint))
	if err != nil {
		return "", err
	}
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\uFEFF")), []byte("\r\n"), []byte("\n"))
	return journal.FindCheckpoint(string(text)), nil
}

func tellJournal(out, problems io.Writer, l wording.Lang, r journal.Report) {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	for _, f := range r.Faults {
		fmt.Fprintln(problems, l.Say("verify.fault", "check", f.Check, "text", f.Text))
	}
	if r.More > 0 {
		fmt.Fprintln(problems, l.Say("journal.verify.more", "n", n(r.More)))
	}
	fmt.Fprintln(out, l.Say("journal.verify.done", "entries", n(r.Entries), "erased", n(r.Erased), "tiles", n(r.Tiles),
		"checkpoints", n(r.Checkpoints), "sealed", n(r.Sealed), "faults", n(int64(len(r.Faults))+r.More)))
	if r.Documents > 0 {
		fmt.Fprintln(out, l.Say("journal.verify.documents", "n", n(r.Documents)))
	}
	if r.Old != nil {
		fmt.Fprintln(out, l.Say("journal.verify.old", "n", n(r.Old.Size), "at", time.UnixMilli(r.Old.At).Format("2006-01-02 15:04:05")))
	}
	if r.Pending > 0 {
		fmt.Fprintln(out, l.Say("journal.verify.pending", "n", n(r.Pending), "first", strings.Join(r.Waiting, " ")))
	}
}

type journalExportCmd struct {
	place
	After int64 `placeholder:"N" help:"Only entries after the one with this number."`
}

func (c *journalExportCmd) where() place { return c.place }

// exported is a line of the export. Record is what the leaf is the hash of;
// salt and digest are hexadecimal.
type exported struct {
	Number int64           `json:"number"`
	ID     uuid.UUID       `json:"id"`
	At     string          `json:"at"`
	Actor  uuid.UUID       `json:"actor"`
	Role   string          `json:"role"`
	Verb   string          `json:"verb"`
	Kind   string          `json:"kind"`
	Of     uuid.UUID       `json:"subject"`
	Body   json.RawMessage `json:"body"`
	Salt   string          `json:"salt,omitempty"`
	Digest string          `json:"digest,omitempty"` // of an erased entry
	Leaf   string          `json:"leaf"`
}

func (c *journalExportCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	if err := a.db.Sequence(ctx); err != nil {
		return err
	}
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	return a.db.Read(ctx, func(tx *store.Tx) error {
		return tx.EachEntry(ctx, c.After, func(k *journal.Kept) error {
			if !json.Valid([]byte(k.Body)) {
				return fmt.Errorf("entry %d: the body is no JSON; run datai journal verify", k.Seq)
			}
			leaf := k.Leaf()
			return out.Encode(exported{k.Seq, k.ID, time.UnixMilli(k.At).UTC().Format("2006-01-02T15:04:05.000Z07:00"), k.Actor, k.Role, k.Verb, k.Kind, k.Subject,
				json.RawMessage(k.Body), hex.EncodeToString(k.Salt), hex.EncodeToString(k.Digest), hex.EncodeToString(leaf[:])})
		})
	})
}

type journalProveCmd struct {
	place
	Entry string `arg:"" help:"Number or id of the entry."`
}

func (c *journalProveCmd) where() place { return c.place }

func (c *journalProveCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	number, err := strconv.ParseInt(c.Entry, 10, 64)
	var id uuid.UUID
	if err != nil {
		if id, err = uuid.Parse(c.Entry); err != nil {
			return catalog.Refuse(catalog.Invalid, "journal.no_entry", "entry", c.Entry)
		}
	}
	var p journal.Proof
	if err := a.db.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Prove(ctx, number, id)
		return err
	}); err != nil {
		if catalog.CodeOf(err) == catalog.NotFound {
			return catalog.Refuse(catalog.Invalid, "journal.no_entry", "entry", c.Entry)
		}
		return err
	}
	out := json.NewEncoder(e.stdout)
	out.SetIndent("", " ")
	out.SetEscapeHTML(false)
	return out.Encode(p)
}

type journalCheckpointCmd struct{ place }

func (c *journalCheckpointCmd) where() place { return c.place }

func (c *journalCheckpointCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	var s journal.Signed
	if err := a.db.Read(ctx, func(tx *store.Tx) (err error) {
		s, err = tx.Checkpoint(ctx)
		return err
	}); err != nil {
		return err
	}
	if s.Size == 0 {
		return catalog.Refuse(catalog.NotFound, "journal.no_checkpoint")
	}
	_, err := io.WriteString(e.stdout, s.Note)
	return err
}

type journalKeyCmd struct {
	place
	New bool `help:"Make a new key first, with which checkpoints are signed from now on; the journal says so."`
}

func (c *journalKeyCmd) where() place { return c.place }

func (c *journalKeyCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	if c.New {
		by, err := journal.New(rand.Reader, time.Now().UnixMilli(), uuid.Nil, string(account.Console), journal.KeyVerb, "journal")
		if err != nil {
			return err
		}
		if err := a.db.NewJournalKey(ctx, by); err != nil {
			return err
		}
	}
	return a.db.Read(ctx, func(tx *store.Tx) error {
		keys, err := tx.JournalKeys(ctx)
		for _, k := range keys {
			fmt.Fprintln(e.stdout, k)
		}
		return err
	})
}

type journalPackCmd struct {
	place
	Kind string `arg:"" enum:"contact,gate,need,result" help:"Kind of the thing: contact, gate (a result at the gate), need or result."`
	Code string `arg:"" name:"NUMBER" help:"Its number, such as 2026-DJ-0001."`
	Out  string `placeholder:"FILE" help:"File to write, which must not be there yet (default: NUMBER.zip)."`
}

func (c *journalPackCmd) where() place { return c.place }

func (c *journalPackCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	p, err := a.evidence.Pack(ctx, operator(), c.Kind, c.Code)
	if catalog.CodeOf(err) == catalog.NotFound {
		return catalog.Refuse(catalog.Invalid, "evidence.none", "code", c.Code)
	}
	if err != nil {
		return err
	}
	name := cmp.Or(c.Out, p.Subject.Code+".zip")
	f, err := os.OpenFile(e.path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "evidence.unwritable", "file", name).Because(err)
	}
	if err := errors.Join(exchange.WritePack(f, time.Local, p), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	proofs := 0
	for _, event := range p.Events {
		if event.Proof != nil {
			proofs++
		}
	}
	fmt.Fprintln(e.stdout, l.Say("evidence.done", "file", name, "entries", strconv.Itoa(len(p.Events)), "proofs", strconv.Itoa(proofs)))
	return nil
}
