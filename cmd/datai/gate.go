package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"datai/catalog"
	"datai/gate"
	"datai/web/api"
	"datai/web/ui"
	"datai/wording"

	"github.com/google/uuid"
)

type gateCmd struct {
	List gateListCmd `cmd:"" help:"List the results before the shelf, with what holds each."`
	Show gateShowCmd `cmd:"" help:"Print where a result stands, its outside review and its timeline. Exit 1: there is no such result."`
}

type gateListCmd struct {
	place
	State    []string `placeholder:"STATE" help:"Only results in these states."`
	Question string   `placeholder:"QUESTION" help:"Only those that leave this open; none: those that nothing holds."`
	Unit     string   `placeholder:"NAME" help:"Only those of this school."`
	Find     string   `placeholder:"TEXT" help:"Only those with this in a code, a title, a school or the name of who answers for them."`
	Limit    int      `default:"50" help:"How many, at most 200."`
	Format   string   `enum:"text,json" default:"text" help:"Format: text or json."`
}

func (c *gateListCmd) where() place { return c.place }

func (c *gateListCmd) filter() (gate.Filter, error) {
	f := gate.Filter{Question: gate.Code(c.Question), Unit: c.Unit, Find: c.Find, Limit: min(max(c.Limit, 1), 200)}
	for _, s := range c.State {
		if !slices.Contains(gate.States(), gate.State(s)) {
			return f, catalog.Refuse(catalog.Invalid, "gate.cli.state", "state", s, "states", all(gate.States()))
		}
		f.States = append(f.States, gate.State(s))
	}
	if known := append([]gate.Code{gate.AskNothing}, gate.Codes()...); f.Question != "" && !slices.Contains(known, f.Question) {
		return f, catalog.Refuse(catalog.Invalid, "gate.cli.question", "question", c.Question, "questions", all(known))
	}
	return f, nil
}

// all are the values that a flag takes, as they are typed.
func all[S ~string](values []S) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

func (c *gateListCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	list, err := a.gate.Before(ctx, operator(), f)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		out := json.NewEncoder(e.stdout)
		out.SetEscapeHTML(false)
		for _, x := range list.Items {
			if err := out.Encode(api.WaitingOf(x, l)); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, x := range list.Items {
		fmt.Fprintln(w, strings.Join([]string{x.Code, l.Say("gate.state." + string(x.State)), holding(l, x.Questions), x.Professor.Name, x.Unit, x.Title}, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if list.Total > len(list.Items) {
		fmt.Fprintln(e.stderr, l.Say("cases.cli.more", "n", fmt.Sprint(len(list.Items))))
	}
	return nil
}

// holding are the questions that hold a result, each once, by their short names.
func holding(l wording.Lang, qs []gate.Question) string {
	var out []string
	for _, q := range qs {
		if text := l.Say("gate.short." + string(q.Code)); q.Holds && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, l.Say("list.comma"))
}

type gateShowCmd struct {
	place
	Code   string `arg:"" help:"The code of the result, such as R-7K2M4Q."`
	Format string `enum:"text,json" default:"text" help:"Format: text or json."`
}

func (c *gateShowCmd) where() place { return c.place }

func (c *gateShowCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	v, err := a.gate.View(ctx, operator(), c.Code)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return printJSON(e.stdout, api.StandingOf(v, l))
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	line := func(key, text string) { printFact(w, l, key, text) }
	day := func(at int64) string { return time.UnixMilli(at).Format(time.DateTime) }
	line("cases.code", v.Result.Code)
	line("cases.state", l.Say("gate.state."+string(v.Case.State)))
	line("cases.result", v.Result.Title)
	line("result.unit", v.Result.Unit())
	line("gate.questions", holding(l, v.Open))
	line("gate.why", ui.CaseReason(l, v.Process, v.Case.Reason))
	line("gate.why_text", v.Case.Text)
	if v.Clock.Runs && !v.Clock.Used {
		line("gate.clock", l.Say("gate.clock.runs", "on", v.Case.Registered.String(), "at", time.UnixMilli(v.Clock.At).Format(time.DateOnly)))
	}
	if v.Case.Round != uuid.Nil {
		round, err := a.gate.Round(ctx, operator(), v.Case.Round)
		if err != nil {
			return err
		}
		line("gate.review.title", l.Say("gate.review.line", "purpose", l.Say("gate.purpose."+round.Purpose), "due", day(round.DueAt))+" "+l.Say("gate.round."+string(round.State)))
		for _, seat := range round.Seats {
			said := l.Say("gate.seat." + string(seat.State))
			if seat.Tie.Code != "" {
				said += " · " + l.Say("gate.tie."+seat.Tie.Code, "with", seat.Tie.With)
			}
			if seat.State == gate.SeatScored && round.State == gate.RoundClosed {
				said += " · " + strconv.Itoa(seat.Sheet.Total())
			}
			fmt.Fprintln(w, seat.Name+"\t"+said)
		}
		if round.State == gate.RoundClosed {
			line("gate.review.verdict", l.Say("gate.verdict."+round.Verdict))
		}
	}
	events, who, err := a.gate.Timeline(ctx, operator(), v.Case.ID)
	if err != nil {
		return err
	}
	printEvents(w, l, "gate.did.", events, who)
	return w.Flush()
}
