package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"datai/catalog"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/web/api"
	"datai/web/ui"
	"datai/wording"
)

type rulesCmd struct {
	Show  rulesShowCmd  `cmd:"" help:"Print the rules in force on a day in a region, with values, clauses and versions."`
	Check rulesCheckCmd `cmd:"" help:"Check rules, own decisions and calendar. Exit 0: nothing wrong; 1: something is."`
}

type rulesShowCmd struct {
	place
	Date   string `placeholder:"YYYY-MM-DD" help:"The day (default: today in Shanghai)."`
	Region string `placeholder:"CODE" help:"The region, like CN-BJ; CN for the whole country (default: the university's)."`
	Format string `enum:"text,json" default:"text" help:"Format: text or json."`
}

func (c *rulesShowCmd) where() place { return c.place }

func (c *rulesShowCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	book, err := a.rules.Book(ctx)
	if err != nil {
		return err
	}
	on := a.rules.Today()
	if c.Date != "" {
		if on, err = rules.ParseDay(c.Date); err != nil {
			return catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
		}
	}
	set, err := book.At(on)
	if c.Region != "" {
		set, err = book.In(c.Region, on)
	}
	if err != nil {
		return rulebook.Refused(err)
	}
	if c.Format == "json" {
		return printJSON(e.stdout, api.RuleSetOf(set, book))
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, r := range set.Rules() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s %s\t%s\n", r.Key, r.Number, ui.RuleValue(l, book, r.Value), r.Name.In(string(l)), r.Source.Name.In(string(l)), r.Article, r.Version)
	}
	fmt.Fprintln(w, book.Calendar().Version())
	return w.Flush()
}

type rulesCheckCmd struct{ place }

func (c *rulesCheckCmd) where() place { return c.place }

func (c *rulesCheckCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	book, err := a.rules.Book(ctx)
	if err != nil {
		return err
	}
	found, err := book.Check(rules.DayOf(time.Now()))
	if err != nil {
		return rulebook.Refused(err)
	}
	faults := 0
	for _, f := range found {
		if f.Fault {
			faults++
		}
		pairs := []string{"key", f.Key, "day", f.Day.String(), "number", f.Rule.Number}
		switch f.Code {
		case "ignored":
			pairs = append(pairs, "value", ui.RuleValue(l, book, f.Value), "rule", ui.RuleValue(l, book, f.Rule.Value))
		case "unverified":
			pairs = append(pairs, "source", f.Rule.Source.Name.In(string(l)))
		case "next":
			pairs = append(pairs, "year", strconv.Itoa(f.Day.Year()))
		}
		fmt.Fprintln(e.stdout, l.Say("rules.check."+f.Code, pairs...))
	}
	settings, err := a.processes.Check(ctx)
	if err != nil {
		return err
	}
	for _, f := range settings {
		faults++
		fmt.Fprintln(e.stdout, l.Say("rules.check.process", "name", ui.ProcessWord(l, f.Process, "title", ""), "why", processFault(l, f)))
	}
	if faults > 0 {
		fmt.Fprintln(e.stdout, l.Say("rules.check.bad", "n", strconv.Itoa(faults)))
		return stop{exitFailed}
	}
	years := book.Calendar().Years()
	fmt.Fprintln(e.stdout, l.Say("rules.check.fine", "rules", strconv.Itoa(len(book.Keys())), "regions", strconv.Itoa(len(book.Regions())),
		"first", strconv.Itoa(years[0].Year), "last", strconv.Itoa(years[len(years)-1].Year)))
	return nil
}

// processFault is why a setting is not in force.
func processFault(l wording.Lang, f rulebook.Fault) string {
	if refused, ok := errors.AsType[*process.Refusal](f.Why); ok {
		return ui.ProcessProblem(l, f.Process, refused)
	}
	return f.Why.Error()
}
