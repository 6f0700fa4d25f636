package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/exchange"
	"datai/web"
	"datai/wording"
)

type userImportCmd struct {
	place
	File           string `arg:"" help:"XLSX, CSV or JSON Lines."`
	DryRun         bool   `help:"Say what would become of every row and change nothing."`
	Full           bool   `help:"The file has everybody of its categories: who is missing is named as having left."`
	DisableLeavers bool   `help:"With --full: disable the accounts of those who are missing."`
	Refused        string `placeholder:"FILE" help:"Write the refused rows here, with their reasons, to be mended and imported."`
	JSON           bool   `name:"json" help:"Print the outcome as one line of JSON, last."`
}

func (c *userImportCmd) where() place { return c.place }

// openRoster opens a list of people for the pages; days end in the zone of the
// machine.
func openRoster(path, name string) (web.RosterFile, error) {
	list, err := exchange.OpenRoster(path, name, time.Local, exchange.Options{})
	if err != nil {
		return web.RosterFile{}, err
	}
	return web.RosterFile{Rows: list.Rows, Format: list.Format, WriteRefused: list.WriteRefused, Close: list.Close}, nil
}

// rosterOutcome is the line that --json prints.
type rosterOutcome struct {
	New       int          `json:"new"`
	Changed   int          `json:"changed"`
	Unchanged int          `json:"unchanged"`
	Left      int          `json:"left"`
	Refused   []refusedRow `json:"refused"`
	Leavers   []leaverLine `json:"leavers,omitempty"`
	Disabled  int          `json:"disabled"`
	Waiting   int          `json:"waiting"`
}

type leaverLine struct {
	Number string `json:"number"`
	Name   string `json:"name"`
}

func (c *userImportCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	path := e.path(c.File)
	list, err := exchange.OpenRoster(path, filepath.Base(path), time.Local, exchange.Options{})
	if err != nil {
		return err
	}
	defer list.Close()
	out, err := a.account.Roster(ctx, operator(), list.Rows, account.RosterOptions{DryRun: c.DryRun, Full: c.Full || c.DisableLeavers, Disable: c.DisableLeavers})
	c.tell(e, l, out)
	if err != nil {
		return err
	}
	if c.Refused != "" && len(out.Refused) > 0 {
		if err := c.giveBack(e, l, list, out.Refused); err != nil {
			return err
		}
	}
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(jsonOf(l, out)); err != nil {
			return err
		}
	}
	if len(out.Refused) > 0 {
		return stop{exitRefused}
	}
	return nil
}

// giveBack writes the refused rows into the file that was named. It holds what
// people are called and reached by, so only its owner reads it.
func (c *userImportCmd) giveBack(e env, l wording.Lang, list *exchange.Roster, rows []account.Listed) (err error) {
	f, err := os.OpenFile(e.path(c.Refused), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "import.refused_unwritable").Because(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return list.WriteRefused(f, rows, func(r account.Listed) string {
		return l.Say("roster.reason", "column", columnOf(l, r), "why", l.SayArgs(r.Refusal.Key, r.Refusal.Args))
	})
}

func jsonOf(l wording.Lang, out account.Outcome) rosterOutcome {
	j := rosterOutcome{New: out.Fates[account.FateNew], Changed: out.Fates[account.FateChanged], Unchanged: out.Fates[account.FateUnchanged],
		Left: out.Fates[account.FateLeft], Refused: []refusedRow{}, Disabled: out.Disabled, Waiting: out.Waiting}
	for _, r := range out.Refused {
		j.Refused = append(j.Refused, refusedRow{Row: r.Row, Column: columnOf(l, r), Reason: l.SayArgs(r.Refusal.Key, r.Refusal.Args)})
	}
	for _, x := range out.Leavers {
		j.Leavers = append(j.Leavers, leaverLine{x.Number, x.Name})
	}
	return j
}

// columnOf is what the file or, where it has no such column, we call it.
func columnOf(l wording.Lang, r account.Listed) string {
	if key := "roster.column." + r.Column; l.Has(key) {
		return l.Say(key)
	}
	return r.Column
}

// tell says what became of the list: the counts, each refused row with its mend,
// and who is missing.
func (c *userImportCmd) tell(e env, l wording.Lang, out account.Outcome) {
	for _, r := range out.Refused {
		fmt.Fprintln(e.stderr, l.Say("roster.row", "row", fmt.Sprint(r.Row), "column", columnOf(l, r), "why", l.SayArgs(r.Refusal.Key, r.Refusal.Args)))
	}
	said := "roster.done"
	if c.DryRun {
		said = "roster.dry"
	}
	n := func(f account.Fate) string { return l.Count(out.Fates[f]) }
	fmt.Fprintln(e.stderr, l.Say(said, "new", n(account.FateNew), "changed", n(account.FateChanged), "unchanged", n(account.FateUnchanged),
		"left", n(account.FateLeft), "refused", n(account.FateRefused)))
	if out.Waiting > 0 {
		fmt.Fprintln(e.stderr, l.Say("roster.waiting", "n", l.Count(out.Waiting)))
	}
	if len(out.Leavers) == 0 {
		return
	}
	fmt.Fprintln(e.stderr, l.Say("roster.leavers", "n", l.Count(len(out.Leavers))))
	for _, x := range out.Leavers {
		fmt.Fprintln(e.stderr, l.Say("roster.leaver", "name", x.Name, "number", x.Number))
	}
	if out.Disabled > 0 {
		fmt.Fprintln(e.stderr, l.Say("roster.leavers_disabled", "n", l.Count(out.Disabled)))
	} else {
		fmt.Fprintln(e.stderr, l.Say("roster.leavers_kept"))
	}
}
