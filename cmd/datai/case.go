package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/exchange"
	"datai/process"
	"datai/web/api"
	"datai/wording"

	"github.com/google/uuid"
)

type caseCmd struct {
	List   caseListCmd   `cmd:"" help:"List contact cases (对接单), what is due first."`
	Show   caseShowCmd   `cmd:"" help:"Print a case with its timeline, numbers masked. Exit 1: there is no such case."`
	Export caseExportCmd `cmd:"" help:"Write the table of intents (校企意向表), numbers masked. Exit 2: the reason does not do; nothing was written."`
}

// caseFilter is which cases are meant.
type caseFilter struct {
	State []string `placeholder:"STATE" help:"Only cases in these states (default for list: the open ones, for export: all)."`
	Due   bool     `help:"Only those due today or overdue."`
	Stuck bool     `help:"Only those without a step for as long as the rule contact-stuck says."`
	Unit  string   `placeholder:"NAME" help:"Only those whose result is of this school."`
	Find  string   `placeholder:"TEXT" help:"Only those with this in a code, a title or a school."`
}

func (f caseFilter) query() (contact.Query, error) {
	q := contact.Query{Filter: contact.Filter{Unit: f.Unit, Find: f.Find}, OnlyDue: f.Due, OnlyStuck: f.Stuck}
	for _, s := range f.State {
		if !slices.Contains(contact.States(), contact.State(s)) {
			return q, catalog.Refuse(catalog.Invalid, "cases.cli.state", "state", s)
		}
		q.States = append(q.States, contact.State(s))
	}
	return q, nil
}

type caseListCmd struct {
	place
	caseFilter
	Limit  int    `default:"50" help:"How many, at most 200."`
	Format string `enum:"text,json" default:"text" help:"Format: text or json."`
}

func (c *caseListCmd) where() place { return c.place }

func (c *caseListCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	list, next, err := a.contact.Cases(ctx, operator(), q, contact.Page{Limit: min(max(c.Limit, 1), 200)})
	if err != nil {
		return err
	}
	names, err := a.handlers(ctx)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		out := json.NewEncoder(e.stdout)
		out.SetEscapeHTML(false)
		for _, x := range list {
			if err := out.Encode(api.CaseOf(x, names[x.Officer], time.Now())); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, x := range list {
		due := ""
		if x.DueAt != contact.NeverDue {
			due = time.UnixMilli(x.DueAt).Format(time.DateOnly)
		}
		fmt.Fprintln(w, strings.Join([]string{x.Code, l.Say("cases.state." + string(x.State)), due, names[x.Officer], x.Unit, x.Title}, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if next.Limit > 0 {
		fmt.Fprintln(e.stderr, l.Say("cases.cli.more", "n", fmt.Sprint(len(list))))
	}
	return nil
}

type caseShowCmd struct {
	place
	Code   string `arg:"" help:"The code, such as 2026-DJ-0007."`
	Format string `enum:"text,json" default:"text" help:"Format: text or json."`
}

func (c *caseShowCmd) where() place { return c.place }

func (c *caseShowCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	x, err := a.contact.Case(ctx, operator(), c.Code)
	if err != nil {
		return err
	}
	names, err := a.handlers(ctx)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return printJSON(e.stdout, api.CaseOf(x, names[x.Officer], time.Now()))
	}
	events, who, err := a.contact.Timeline(ctx, operator(), c.Code)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	line := func(key, text string) { printFact(w, l, key, text) }
	line("cases.code", x.Code)
	line("cases.state", l.Say("cases.state."+string(x.State)))
	line("cases.result", strings.TrimSpace(x.ResultCode+" "+x.Title))
	line("cases.need", strings.TrimSpace(x.Need+" "+x.NeedTitle))
	line("cases.source", l.Say("cases.source."+string(x.Source)))
	line("cases.organisation", x.Private.Contact.PartyName)
	line("cases.name", x.Private.Contact.Name)
	line("cases.reach", strings.TrimSpace(x.Private.Contact.Phone+" "+x.Private.Contact.Email))
	line("cases.purpose", x.Private.Purpose)
	line("cases.officer", names[x.Officer])
	if x.Professor.State != contact.Unasked {
		line("cases.pro.head", x.Private.Professor.Name+" "+l.Say("cases.pro.state."+string(x.Professor.State)))
	}
	printEvents(w, l, "cases.did.", events, who)
	return w.Flush()
}

// printJSON prints one value for people and programs alike.
func printJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(value)
}

// printFact prints what is known under the name that the message key has, on one
// line; nothing if nothing is.
func printFact(w io.Writer, l wording.Lang, key, text string) {
	if text != "" {
		fmt.Fprintln(w, l.Say(key)+"\t"+strings.ReplaceAll(text, "\n", " "))
	}
}

// printEvents prints a timeline: did begins the messages of its steps, who are the
// names of accounts.
func printEvents(w io.Writer, l wording.Lang, did string, events []process.Event, who map[uuid.UUID]string) {
	for _, ev := range events {
		by := cmp.Or(who[ev.Who], string(ev.Taken.By))
		fmt.Fprintln(w, time.UnixMilli(ev.At).Format(time.DateTime)+"\t"+l.Say(did+string(ev.Taken.Action))+" · "+by)
	}
}

type caseExportCmd struct {
	place
	caseFilter
	Out string `arg:"" help:"File to write: .csv, .tsv, .xlsx or .jsonl says the format."`
	Why string `placeholder:"REASON" help:"Write numbers whole, and why; the reason stands in the journal."`
}

func (c *caseExportCmd) where() place { return c.place }

func (c *caseExportCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	if len(q.States) == 0 {
		q.States = contact.States()
	}
	n := 0
	things := func(yield func(*contact.Intent, error) bool) {
		on := true
		err := a.contact.Intents(ctx, operator(), q, c.Why, func(x *contact.Intent) error {
			n++
			if on = yield(x, nil); !on {
				return errEnough
			}
			return nil
		})
		if err != nil && on {
			yield(nil, err)
		}
	}
	path := e.path(c.Out)
	f, err := os.CreateTemp(filepath.Dir(path), ".datai-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone once it has its name
	err = exchange.WriteIntents(f, strings.TrimPrefix(filepath.Ext(path), "."), time.Local, iter.Seq2[*contact.Intent, error](things))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("cases.cli.exported", "n", fmt.Sprint(n), "file", c.Out))
	return nil
}

// handlers are the names of those who may have a case.
func (a *app) handlers(ctx context.Context) (map[uuid.UUID]string, error) {
	as, err := a.contact.Officers(ctx, operator())
	names := map[uuid.UUID]string{}
	for _, x := range as {
		names[x.ID] = x.Name
	}
	return names, err
}
