package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/document"
	"datai/gate"
	"datai/process"

	"github.com/google/uuid"
)

// GateList is what stands before the shelf.
type GateList struct {
	gate.Listing
	Filter gate.Filter
	Ticked bool
	Prev   string
	Next   string
}

// query is a filter as the query of an address.
func gateQuery(f gate.Filter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"question": string(f.Question), "unit": f.Unit, "find": f.Find} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, s := range f.States {
		q.Set("state", string(s))
	}
	if f.Batch != uuid.Nil {
		q.Set("batch", f.Batch.String())
	}
	return q
}

// GateHref is the address of the list with a filter.
func GateHref(f gate.Filter) string {
	if q := gateQuery(f); len(q) > 0 {
		return "/gate?" + q.Encode()
	}
	return "/gate"
}

func (l GateList) tickHref() string {
	q := gateQuery(l.Filter)
	q.Set("tick", "all")
	return "/gate?" + q.Encode()
}

// itemHref is the page of a result that knows which list it is of and where in
// it.
func (l GateList) itemHref(x gate.Item, i int) string {
	q := gateQuery(l.Filter)
	q.Set("at", strconv.Itoa(l.Filter.Skip+i))
	return "/gate/" + x.Code + "?" + q.Encode()
}

// gateTabs narrow the list by question.
func (v View) gateTabs(l GateList) []Choice {
	with := func(q gate.Code) gate.Filter {
		f := l.Filter
		f.Question = q
		return f
	}
	out := []Choice{{Text: v.T("gate.all"), Href: GateHref(with("")), N: l.Free + l.Held, On: l.Filter.Question == ""},
		{Text: v.T("gate.free"), Href: GateHref(with(gate.AskNothing)), N: l.Free, On: l.Filter.Question == gate.AskNothing}}
	for _, c := range gate.Codes() {
		if n := l.ByQuestion[c]; n > 0 || l.Filter.Question == c {
			out = append(out, Choice{Text: v.T("gate.short." + string(c)), Href: GateHref(with(c)), N: n, On: l.Filter.Question == c})
		}
	}
	return out
}

// gateFacets narrow it by state and school.
func (v View) gateFacets(l GateList) []Facet {
	states := Facet{Title: v.T("gate.state")}
	for _, s := range gate.States() {
		on := slices.Contains(l.Filter.States, s)
		if n := l.ByState[s]; n > 0 || on {
			f := l.Filter
			if f.States = []gate.State{s}; on {
				f.States = nil
			}
			states.Choices = append(states.Choices, Choice{Text: v.T("gate.state." + string(s)), Href: GateHref(f), N: n, On: on})
		}
	}
	states.Shown = len(states.Choices)
	units := Facet{Title: v.T("gate.unit")}
	for u, n := range l.ByUnit {
		f := l.Filter
		if f.Unit = u; l.Filter.Unit == u {
			f.Unit = ""
		}
		if u != "" {
			units.Choices = append(units.Choices, Choice{Text: u, Href: GateHref(f), N: n, On: l.Filter.Unit == u})
		}
	}
	slices.SortFunc(units.Choices, func(a, b Choice) int { return cmp.Or(order(b.On)-order(a.On), b.N-a.N, cmp.Compare(a.Text, b.Text)) })
	units.Choices = units.Choices[:min(len(units.Choices), 60)]
	units.Shown = min(len(units.Choices), 10)
	return []Facet{states, units}
}

func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

// asked is a question in words.
func (v View) asked(q gate.Question) string {
	args := slices.Clone(q.Args)
	for i := 0; i+1 < len(args); i += 2 {
		switch args[i] {
		case "evidence":
			args[i+1] = v.T("evidence." + args[i+1])
		case "what":
			args[i+1] = v.T("gate.personal." + args[i+1])
		}
	}
	return v.T("gate.ask."+string(q.Code), args...)
}

// GateView is one result at the gate.
type GateView struct {
	gate.View
	List    GateList // of which it is
	At      int
	Events  []process.Event
	Names   map[uuid.UUID]string
	Answers []gate.Proposal
	Round   gate.Round // the last outside review, no state if there was none
	Problem string
	Moved   string // what was done before, and where

	Filled      process.Move     // what stands in the form of the step that it names
	Refused     *process.Refusal // why that came back
	Forms       document.Forms
	MaxDocument int64
}

// steps are the forms by which the office moves the result on.
func (g GateView) steps() Steps {
	return Steps{Process: g.Process, State: g.Case.State, As: g.As, Post: g.action("move"), Version: g.Seen(), Begun: map[string]string{"on": g.Case.Registered.String()},
		Filled: g.Filled, Refused: g.Refused, Draft: g.action("draft"), Forms: g.Forms, MaxDocument: g.MaxDocument}
}

func (g GateView) action(do string) string {
	q := gateQuery(g.List.Filter)
	q.Set("at", strconv.Itoa(g.At))
	return "/gate/" + g.Result.Code + "/" + do + "?" + q.Encode()
}

// doer is who took a step.
func (g GateView) doer(v View, e process.Event) string {
	switch e.Taken.By {
	case process.Clock:
		return v.T("cases.by_clock")
	case gate.Completer:
		return v.T("gate.by_completer")
	case gate.Catalogue:
		return v.T("gate.by_catalogue")
	}
	return v.account(e, g.Names)
}

// clockLine is what the clock of R10 says.
func (v View) clockLine(g GateView) string {
	switch {
	case g.Clock.NotRecorded:
		return v.T("gate.clock.no_rule")
	case g.Clock.Used:
		return v.T("gate.clock.used")
	case g.Case.Registered.IsZero():
		return v.T("gate.clock.no_day")
	case g.Clock.Over:
		return v.T("gate.clock.over", "on", v.day(g.Case.Registered), "at", v.date(g.Clock.At))
	}
	return v.T("gate.clock.runs", "on", v.day(g.Case.Registered), "at", v.date(g.Clock.At))
}

// willRead is the text that the public would read, clipped for the check.
func willRead(r catalog.Result) []string {
	return paragraphs(strings.TrimSpace(r.Abstract))
}

// answered is what a professor said, in words.
func (v View) answered(x gate.Proposal) string {
	if x.Form.Kind != gate.ByChoice || x.Value.Text == "" {
		return x.Value.Text
	}
	choice, more, _ := strings.Cut(x.Value.Text, " ")
	return strings.TrimSpace(v.T("gate.choice."+string(x.Code)+"."+choice) + " " + more)
}

// sends reports whether the result may be sent to outside review: a university
// may do without.
func (g GateView) sends() bool {
	_, ok := g.Process.Step(gate.Choose, g.Case.State)
	return ok
}
