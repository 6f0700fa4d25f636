package process_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"datai/process"
	"datai/rules"

	"pgregory.net/rapid"
)

// wideLoan is the loan with everything that can be settled.
func wideLoan() *process.Definition {
	d := loan()
	d.States = append(d.States, process.Stand{Name: "paused", Waits: "office", Side: true, Optional: true})
	d.Steps = append(d.Steps,
		process.Step{Action: "pause", From: []process.State{"asked"}, To: "paused", By: []process.Actor{"office"}, Optional: true},
		process.Step{Action: "go_on", From: []process.State{"paused"}, To: "asked", By: []process.Actor{"office"}})
	for i := range d.Steps {
		switch x := &d.Steps[i]; x.Action {
		case "return":
			x.Optional, x.Among = true, []process.Actor{"porter"}
		case "lend":
			x.Optional, x.Among = true, []process.Actor{"director"}
		case "note":
			x.Optional = true
		}
	}
	return d
}

func refusedAs(err error) string {
	if r, ok := errors.AsType[*process.Refusal](err); ok {
		return strings.TrimPrefix(r.Text, "process.overlay.")
	}
	return ""
}

func TestWhatMayBeSettled(t *testing.T) {
	both := rules.Text{Chinese: "另有安排", English: "Other plans"}
	step := func(s process.Settled) process.Overlay { return process.Overlay{Steps: []process.Settled{s}} }
	reasons := func(rs ...process.SettledReason) process.Overlay {
		return step(process.Settled{Action: "refuse", Reasons: rs})
	}
	for _, x := range []struct {
		name, why string
		o         process.Overlay
	}{
		{"nothing", "", process.Overlay{}},
		{"an optional step off, with the state to which it alone leads", "", step(process.Settled{Action: "pause", Off: true})},
		{"an optional step off that leaves the case where it is", "", step(process.Settled{Action: "note", Off: true})},
		{"a step off that is not optional", "not_optional", step(process.Settled{Action: "refuse", Off: true})},
		{"a step of the clock off", "not_optional", step(process.Settled{Action: "remind", Off: true})},
		{"a state that nobody reaches", "unreached", step(process.Settled{Action: "lend", Off: true})},
		{"a state that nobody leaves", "dead_end", step(process.Settled{Action: "return", Off: true})},
		{"an unknown step", "step", step(process.Settled{Action: "burn"})},
		{"a step twice", "step", process.Overlay{Steps: []process.Settled{{Action: "note"}, {Action: "note"}}}},
		{"another actor whom the step allows", "", step(process.Settled{Action: "lend", By: []process.Actor{"director"}})},
		{"an actor whom it does not", "actor", step(process.Settled{Action: "refuse", By: []process.Actor{"reader"}})},
		{"an actor twice", "actor", step(process.Settled{Action: "return", By: []process.Actor{"reader", "reader"}})},
		{"nobody", "actor", step(process.Settled{Action: "return", By: []process.Actor{""}})},
		{"the clock", "actor", step(process.Settled{Action: "return", By: []process.Actor{process.Clock}})},
		{"a reason more", "", reasons(process.SettledReason{Code: "own_1", Added: true, Label: both, Asks: 5, Office: true})},
		{"a reason with a code that is there", "reason", reasons(process.SettledReason{Code: "gone", Added: true, Label: both})},
		{"a reason that is not there", "reason", reasons(process.SettledReason{Code: "lost"})},
		{"a reason with a bad code", "reason_code", reasons(process.SettledReason{Code: "Own 1", Added: true, Label: both})},
		{"a reason without words", "reason_text", reasons(process.SettledReason{Code: "own_1", Added: true})},
		{"a reason in one language", "reason_text", reasons(process.SettledReason{Code: "gone", Label: rules.Text{Chinese: "没有了"}})},
		{"a reason with long words", "reason_text", reasons(process.SettledReason{Code: "gone", Label: rules.Text{Chinese: strings.Repeat("长", 41), English: "long"}})},
		{"a reason that asks for a book", "reason_asks", reasons(process.SettledReason{Code: "own_1", Added: true, Label: both, Asks: 101})},
		{"a reason twice", "reason_twice", reasons(process.SettledReason{Code: "gone"}, process.SettledReason{Code: "gone"})},
		{"no reason left", "reasons_hidden", reasons(process.SettledReason{Code: "gone", Hidden: true}, process.SettledReason{Code: "other", Hidden: true})},
		{"a reason where none is asked for", "no_reasons", step(process.Settled{Action: "return", Reasons: []process.SettledReason{{Code: "own_1", Added: true, Label: both}}})},
		{"a field required", "", step(process.Settled{Action: "note", Fields: []process.SettledField{{Name: "note", Required: true, Label: both, Hint: both}}})},
		{"an unknown field", "field", step(process.Settled{Action: "note", Fields: []process.SettledField{{Name: "price"}}})},
		{"a label in one language", "field_text", step(process.Settled{Action: "note", Fields: []process.SettledField{{Name: "note", Hint: rules.Text{English: "x"}}}})},
	} {
		t.Run(x.name, func(t *testing.T) {
			base := wideLoan()
			d, err := base.With(x.o)
			if got := refusedAs(err); got != x.why || (err != nil) != (x.why != "") {
				t.Fatalf("%v, want %q", err, x.why)
			}
			if err == nil && d.Check() != nil {
				t.Errorf("it is accepted and not sound: %v", d.Check())
			}
			if err := wideLoan().Check(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestWhatIsSettledIsAskedFor(t *testing.T) {
	both := rules.Text{Chinese: "另有安排", English: "Other plans"}
	office := []process.Actor{"office"}
	d, err := wideLoan().With(process.Overlay{Steps: []process.Settled{
		{Action: "refuse", Reasons: []process.SettledReason{{Code: "own_1", Added: true, Label: both, Asks: 3, Office: true}, {Code: "gone", Hidden: true}}},
		{Action: "note", Fields: []process.SettledField{{Name: "note", Required: true}}},
		{Action: "lend", By: []process.Actor{"director"}},
		{Action: "pause", Off: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.Setting = 4
	for _, x := range []struct {
		name string
		move process.Move
		text string
	}{
		{"a hidden reason", process.Move{Action: "refuse", As: office, Reason: "gone"}, "process.fit.reason"},
		{"an added one without text", process.Move{Action: "refuse", As: office, Reason: "own_1"}, "process.fit.reason_text"},
		{"an added one", process.Move{Action: "refuse", As: office, Reason: "own_1", Text: "三个字"}, ""},
		{"a required field", process.Move{Action: "note", As: office}, "process.fit.needed"},
		{"whoever acted before", process.Move{Action: "lend", As: office, Values: map[string]string{"until": "2027-01-02"}}, "error.forbidden"},
		{"whoever acts now", process.Move{Action: "lend", As: []process.Actor{"director"}, Values: map[string]string{"until": "2027-01-02"}}, ""},
		{"a step that is off", process.Move{Action: "pause", As: office}, "error.form"},
	} {
		taken, r := d.Take("asked", x.move, nil)
		if r == nil {
			r = &process.Refusal{}
		}
		if r.Text != x.text {
			t.Errorf("%s: %q, want %q", x.name, r.Text, x.text)
		}
		if x.text == "" && taken.Under != "loan@1/4" {
			t.Errorf("%s: taken under %q", x.name, taken.Under)
		}
	}
	if r, known := d.Reason("gone"); !known || !r.Hidden {
		t.Error("a hidden reason is not known any more")
	}
	step, _ := d.Step("refuse", "asked")
	if got := step.Offered(); len(got) != 2 || got[0].Code != "own_1" || got[1].Code != "other" {
		t.Errorf("offered are %+v", got)
	}
	svg := d.Diagram("", "loan", func(s process.State) string { return string(s) })
	if strings.Contains(svg, ">paused<") || !strings.Contains(d.Diagram("paused", "loan", func(s process.State) string { return string(s) }), ">paused<") {
		t.Error("a skipped state is drawn, or not although a case stands there")
	}
	back := process.Overlay{}.Keep(process.Overlay{Steps: []process.Settled{{Action: "refuse", Reasons: []process.SettledReason{{Code: "own_1", Added: true, Label: both}, {Code: "gone", Hidden: true}}}}})
	d, err = wideLoan().With(back)
	if r, known := d.Reason("own_1"); err != nil || !known || !r.Hidden {
		t.Errorf("a reason that was added is gone once the setting is taken back: %+v, %v", r, err)
	}
	if r, _ := d.Reason("gone"); r.Hidden {
		t.Error("a reason stays hidden once the setting is taken back")
	}
}

func overlays() *rapid.Generator[process.Overlay] {
	return rapid.Custom(func(t *rapid.T) process.Overlay {
		var o process.Overlay
		for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom([]process.Action{"lend", "refuse", "return", "remind", "note", "pause", "go_on"}), 0, 5, rapid.ID).Draw(t, "actions") {
			s := process.Settled{Action: a, Off: rapid.Bool().Draw(t, "off"),
				By: rapid.SliceOfN(rapid.SampledFrom([]process.Actor{"office", "reader", "porter", "director", process.Clock}), 0, 2).Draw(t, "by")}
			for _, code := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"gone", "other", "own_1", "own_2"}), 0, 3, rapid.ID).Draw(t, "reasons") {
				r := process.SettledReason{Code: code, Hidden: rapid.Bool().Draw(t, "hidden"), Added: strings.HasPrefix(code, "own")}
				if r.Added {
					r.Label = rules.Text{Chinese: "其他", English: "other"}
				}
				s.Reasons = append(s.Reasons, r)
			}
			if rapid.Bool().Draw(t, "field") {
				s.Fields = []process.SettledField{{Name: rapid.SampledFrom([]string{"note", "until"}).Draw(t, "name"), Required: rapid.Bool().Draw(t, "need")}}
			}
			o.Steps = append(o.Steps, s)
		}
		return o
	})
}

// No overlay that is accepted makes a dead end, a state that is not reached, a
// step without an actor or without a reason to give, and whoever walks under it
// is replayed by the definition itself to the same state.
func TestNoOverlayBreaksAProcess(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		base := wideLoan()
		d, err := base.With(overlays().Draw(t, "overlay"))
		if err != nil {
			if refusedAs(err) == "" {
				t.Fatalf("refused without words: %v", err)
			}
			return
		}
		accepted++
		if err := d.Check(); err != nil {
			t.Fatal(err)
		}
		reached := map[process.State]bool{d.Start: true}
		for range d.States {
			for _, x := range d.Steps {
				for _, s := range x.From {
					reached[x.To] = reached[x.To] || reached[s]
				}
			}
		}
		for _, s := range d.States {
			out := slices.ContainsFunc(d.Steps, func(x process.Step) bool { return x.To != "" && slices.Contains(x.From, s.Name) })
			if !s.Final && !out || !reached[s.Name] && !s.Optional {
				t.Fatalf("%q is left %v and reached %v", s.Name, out, reached[s.Name])
			}
		}
		for _, x := range d.Steps {
			if len(x.By) == 0 || len(x.Reasons) > 0 && len(x.Offered()) == 0 {
				t.Fatalf("%q is for nobody, or without a reason to give", x.Action)
			}
			for _, y := range base.Steps {
				for i, f := range y.Fields {
					if y.Action == x.Action && f.Need != "" && x.Fields[i].Need == "" {
						t.Fatalf("%q asks for less than the definition", x.Action)
					}
				}
			}
		}
		s := d.Start
		var events []process.Event
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			m := process.Move{Action: rapid.SampledFrom(d.Steps).Draw(t, "step").Action, As: []process.Actor{"office", "reader", "porter", "director", process.Clock},
				Reason: rapid.SampledFrom([]string{"", "gone", "own_1"}).Draw(t, "reason"), Values: rapid.SampledFrom([]map[string]string{nil, {"until": "2027-01-02"}, {"note": "好"}}).Draw(t, "values")}
			if taken, r := d.Take(s, m, nil); r == nil {
				events = append(events, process.Event{N: len(events) + 1, Taken: taken})
				s = taken.To
			}
		}
		if got, err := base.Replay(events); err != nil || got != s {
			t.Fatalf("replay gives %q, %v; the case stands in %q", got, err, s)
		}
	})
	if accepted == 0 {
		t.Error("no overlay was accepted")
	}
}

func TestDifferencesNameWhatChanged(t *testing.T) {
	both := rules.Text{Chinese: "另有安排", English: "Other plans"}
	d, err := wideLoan().With(process.Overlay{Steps: []process.Settled{
		{Action: "refuse", Reasons: []process.SettledReason{{Code: "other", Label: both}, {Code: "gone"}, {Code: "own_1", Added: true, Label: both}}},
		{Action: "note", Fields: []process.SettledField{{Name: "note", Required: true, Label: both}}},
		{Action: "lend", By: []process.Actor{"director"}},
		{Action: "pause", Off: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range wideLoan().Differences(d) {
		got = append(got, strings.TrimSpace(string(x.What)+" "+string(x.Action)+" "+x.Name))
	}
	want := []string{"actors lend", "reason_other refuse other", "reason_added refuse own_1", "reasons_moved refuse", "field_required note note", "field_other note note", "step_off pause", "state_skipped  paused"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := wideLoan().Touched(d); !slices.Equal(got, []process.State{"asked", "lent"}) {
		t.Errorf("touched are %v", got)
	}
	if got := wideLoan().Differences(wideLoan()); got != nil {
		t.Errorf("the same differs: %v", got)
	}
	if got := d.Differences(wideLoan()); len(got) != len(want) {
		t.Errorf("taken back: %v", got)
	}
}
