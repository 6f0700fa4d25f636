package process_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"datai/process"

	"pgregory.net/rapid"
)

// loan is a process that nobody has, with everything that one can have.
func loan() *process.Definition {
	const (
		office process.Actor = "office"
		reader process.Actor = "reader"
	)
	return &process.Definition{
		Kind: "loan", Version: 1, Start: "asked",
		States: []process.Stand{
			{Name: "asked", Waits: office}, {Name: "lent", Waits: reader}, {Name: "back", Final: true}, {Name: "refused", Final: true, Side: true},
		},
		Steps: []process.Step{
			{Action: "lend", From: []process.State{"asked"}, To: "lent", By: []process.Actor{office}, Fields: []process.Field{{Name: "until", Kind: process.Day, Need: "loan.until"}},
				Guards: []process.Guard{{Name: "few", Clause: "§ 3", Check: func(f process.Facts) *process.Refusal {
					if n := f.Int("lent"); n >= 3 {
						return process.Refuse("loan.many", "n", strconv.FormatInt(n, 10))
					}
					return nil
				}}}},
			{Action: "refuse", From: []process.State{"asked"}, To: "refused", By: []process.Actor{office}, Reasons: []process.Reason{{Code: "gone"}, {Code: "other", Asks: 3}}},
			{Action: "return", From: []process.State{"lent"}, To: "back", By: []process.Actor{office, reader}},
			{Action: "remind", From: []process.State{"lent"}, By: []process.Actor{process.Clock}, Quiet: true},
			{Action: "note", From: []process.State{"asked", "lent", "back"}, By: []process.Actor{office}, Fields: []process.Field{{Name: "note", Kind: process.Line, Most: 5}}},
		},
		Timers: []process.Timer{{Name: "late", In: []process.State{"lent"}, Action: "remind"}},
	}
}

func TestAStepIsTakenOrRefusedWithAReason(t *testing.T) {
	day := map[string]string{"until": "2027-01-02"}
	office := []process.Actor{"office"}
	for _, x := range []struct {
		name  string
		from  process.State
		move  process.Move
		facts process.Facts
		to    process.State
		why   process.Why
		text  string
	}{
		{name: "lent", from: "asked", move: process.Move{Action: "lend", As: office, Values: day}, to: "lent"},
		{name: "no day", from: "asked", move: process.Move{Action: "lend", As: office}, why: process.Unfit, text: "loan.until"},
		{name: "a field too many", from: "asked", move: process.Move{Action: "lend", As: office, Values: map[string]string{"until": "2027-01-02", "x": "1"}}, why: process.Unfit, text: "error.form"},
		{name: "a guard", from: "asked", move: process.Move{Action: "lend", As: office, Values: day}, facts: process.Facts{"lent": "3"}, why: process.Guarded, text: "loan.many"},
		{name: "nobody's", from: "asked", move: process.Move{Action: "lend", Values: day}, why: process.NotYours, text: "error.forbidden"},
		{name: "another's", from: "asked", move: process.Move{Action: "lend", As: []process.Actor{"reader"}, Values: day}, why: process.NotYours, text: "error.forbidden"},
		{name: "the second of two roles", from: "lent", move: process.Move{Action: "return", As: []process.Actor{"guest", "reader"}}, to: "back"},
		{name: "no reason", from: "asked", move: process.Move{Action: "refuse", As: office}, why: process.Unfit, text: "process.fit.reason"},
		{name: "a reason with too few words", from: "asked", move: process.Move{Action: "refuse", As: office, Reason: "other", Text: "二字"}, why: process.Unfit, text: "process.fit.reason_text"},
		{name: "a reason with many words", from: "asked", move: process.Move{Action: "refuse", As: office, Reason: "other", Text: strings.Repeat("字", 501)}, why: process.Unfit, text: "process.fit.long"},
		{name: "a reason", from: "asked", move: process.Move{Action: "refuse", As: office, Reason: "other", Text: "三个字"}, to: "refused"},
		{name: "a reason where none is asked", from: "lent", move: process.Move{Action: "return", As: office, Reason: "gone"}, why: process.Unfit, text: "error.form"},
		{name: "two lines in one", from: "asked", move: process.Move{Action: "note", As: office, Values: map[string]string{"note": "a\nb"}}, why: process.Unfit, text: "process.fit.line"},
		{name: "a long line", from: "asked", move: process.Move{Action: "note", As: office, Values: map[string]string{"note": "六个字太长了"}}, why: process.Unfit, text: "process.fit.long"},
		{name: "stays", from: "lent", move: process.Move{Action: "note", As: office, Values: map[string]string{"note": "好"}}, to: "lent"},
		{name: "out of turn", from: "asked", move: process.Move{Action: "return", As: office}, why: process.WrongState, text: "process.no_way"},
		{name: "over", from: "back", move: process.Move{Action: "return", As: office}, why: process.WrongState, text: "process.closed"},
		{name: "unknown", from: "asked", move: process.Move{Action: "burn", As: office}, why: process.Unfit, text: "error.form"},
	} {
		t.Run(x.name, func(t *testing.T) {
			taken, r := loan().Take(x.from, x.move, x.facts)
			if r == nil {
				r = &process.Refusal{}
			}
			if taken.To != x.to || r.Why != x.why || r.Text != x.text {
				t.Fatalf("to %q, refused %q with %q; want %q, %q with %q", taken.To, r.Why, r.Text, x.to, x.why, x.text)
			}
			if x.why == process.Guarded && (r.Guard != "few" || r.Clause != "§ 3") {
				t.Errorf("the refusal names guard %q and clause %q", r.Guard, r.Clause)
			}
		})
	}
}

// Walk is a random walk of a definition: whatever is tried, what was taken is
// replayed to the same state, and nobody took a step that is not theirs.
func TestReplayGivesTheSameState(t *testing.T) {
	d := loan()
	rapid.Check(t, func(t *rapid.T) {
		s := d.Start
		var events []process.Event
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			m := process.Move{Action: rapid.SampledFrom([]process.Action{"lend", "refuse", "return", "remind", "note", "burn"}).Draw(t, "action"),
				As:     rapid.SliceOfN(rapid.SampledFrom([]process.Actor{"office", "reader", process.Clock}), 0, 2).Draw(t, "as"),
				Reason: rapid.SampledFrom([]string{"", "gone"}).Draw(t, "reason"), Values: rapid.SampledFrom([]map[string]string{nil, {"until": "2027-01-02"}, {"note": "好"}}).Draw(t, "values")}
			taken, r := d.Take(s, m, nil)
			if r != nil {
				continue
			}
			step, _ := d.Step(m.Action, s)
			if !slices.Contains(step.By, taken.By) || !slices.Contains(m.As, taken.By) {
				t.Fatalf("%q took %q, which is for %v", taken.By, m.Action, step.By)
			}
			if d.Final(s) && taken.To != s {
				t.Fatalf("%q left the final state %q", m.Action, s)
			}
			events = append(events, process.Event{N: len(events) + 1, Taken: taken})
			s = taken.To
		}
		got, err := d.Replay(events)
		if err != nil || got != s {
			t.Fatalf("replay gives %q, %v; the case stands in %q", got, err, s)
		}
		if len(events) > 0 {
			i := rapid.IntRange(0, len(events)-1).Draw(t, "altered")
			altered := slices.Clone(events)
			altered[i].Taken.From = "elsewhere"
			if _, err := d.Replay(altered); err == nil {
				t.Fatalf("an altered event %d was replayed", i+1)
			}
		}
	})
}

func TestAWrongDefinitionIsFound(t *testing.T) {
	if err := loan().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*process.Definition){
		"an unknown start":           func(d *process.Definition) { d.Start = "x" },
		"a state twice":              func(d *process.Definition) { d.States = append(d.States, d.States[0]) },
		"a state nobody reaches":     func(d *process.Definition) { d.States = append(d.States, process.Stand{Name: "lost", Final: true}) },
		"a dead end":                 func(d *process.Definition) { d.Steps[2].To = "lent" },
		"an unknown target":          func(d *process.Definition) { d.Steps[0].To = "x" },
		"an unknown source":          func(d *process.Definition) { d.Steps[0].From = []process.State{"x"} },
		"a step for nobody":          func(d *process.Definition) { d.Steps[0].By = nil },
		"two steps of one name":      func(d *process.Definition) { d.Steps = append(d.Steps, d.Steps[0]) },
		"a way out of the end":       func(d *process.Definition) { d.Steps[2].From = append(d.Steps[2].From, "refused") },
		"a field without a kind":     func(d *process.Definition) { d.Steps[0].Fields[0].Kind = "" },
		"a field of the form itself": func(d *process.Definition) { d.Steps[0].Fields[0].Name = "version" },
		"a field twice":              func(d *process.Definition) { d.Steps[0].Fields = append(d.Steps[0].Fields, d.Steps[0].Fields[0]) },
		"a choice of nothing":        func(d *process.Definition) { d.Steps[0].Fields[0].Kind = process.Choice },
		"bounds the wrong way round": func(d *process.Definition) {
			d.Steps[0].Fields[0] = process.Field{Name: "n", Kind: process.Number, Low: 5}
		},
		"a timer that nobody can act": func(d *process.Definition) { d.Timers[0].In = []process.State{"asked"} },
	} {
		d := loan()
		spoil(d)
		if d.Check() == nil {
			t.Errorf("%s was not found", name)
		}
	}
}

func TestADiagramNamesEveryState(t *testing.T) {
	d := loan()
	svg := d.Diagram("lent", "a <loan>", func(s process.State) string { return "<" + string(s) + ">" })
	for _, s := range d.States {
		if !strings.Contains(svg, fmt.Sprintf("&lt;%s&gt;</text>", s.Name)) {
			t.Errorf("%s is missing or not escaped", s.Name)
		}
	}
	if strings.Count(svg, `"box here"`) != 1 || !strings.Contains(svg, `aria-label="a &lt;loan&gt;"`) {
		t.Error("the state of the case or the title is missing")
	}
}
