package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/wording"
)

// ProcessWord is the word of a process for a state, a step (do, or did), an
// actor, a field, a guard or a timer; title is that for the process.
func ProcessWord(l wording.Lang, d *process.Definition, what, code string) string {
	key := strings.TrimSuffix(d.Texts+what+"."+code, ".")
	if !l.Has(key) && what == "do" { // a step without a form of its own
		key = d.Texts + "did." + code
	}
	if !l.Has(key) && what == "field" {
		key = "process.field." + code
	}
	return l.Say(key)
}

// ReasonWord is a reason in words: the university's own, where it has some.
func ReasonWord(l wording.Lang, d *process.Definition, r process.Reason) string {
	return ownWord(l, r.Label, func() string { return ProcessWord(l, d, "reason", r.Code) })
}

// CaseReason is a reason by its code: one of the process, or one that the program
// itself gives.
func CaseReason(l wording.Lang, d *process.Definition, code string) string {
	r, known := d.Reason(code)
	switch {
	case known:
		return ReasonWord(l, d, r)
	case l.Has(d.Texts + "reason." + code):
		return ProcessWord(l, d, "reason", code)
	}
	return code
}

// FieldWord is a field in words, likewise.
func FieldWord(l wording.Lang, d *process.Definition, f process.Field) string {
	return ownWord(l, f.Label, func() string { return ProcessWord(l, d, "field", f.Name) })
}

func ownWord(l wording.Lang, own rules.Text, delivered func() string) string {
	if own == (rules.Text{}) {
		return delivered()
	}
	return own.In(string(l))
}

// ActorWord is an actor in words.
func ActorWord(l wording.Lang, d *process.Definition, a process.Actor) string {
	if a == process.Clock {
		return l.Say("process.clock")
	}
	return ProcessWord(l, d, "actor", string(a))
}

// ProcessDrawing is the diagram of a process with where a case stands, "" for
// none.
func ProcessDrawing(l wording.Lang, d *process.Definition, here process.State) string {
	return d.Diagram(here, l.Say("processes.diagram", "name", ProcessWord(l, d, "title", "")),
		func(s process.State) string { return ProcessWord(l, d, "state", string(s)) })
}

func (v View) processWord(d *process.Definition, what, code string) string {
	return ProcessWord(v.Lang, d, what, code)
}

// ProcessPage is a process as it is in force.
type ProcessPage struct {
	D        *process.Definition
	Set      rules.Set // of today, for what timers go by
	Book     *rules.Book
	May      bool // settle it
	Done     bool
	Settings []rulebook.Setting
}

// reasons are those that whoever looks may read: which reasons stay with the
// office is no business of the other side.
func (p ProcessPage) reasons(x process.Step) []process.Reason {
	return slices.DeleteFunc(x.Offered(), func(r process.Reason) bool { return r.Office && !p.May })
}

func (v View) actors(d *process.Definition, as []process.Actor) string {
	out := make([]string, len(as))
	for i, a := range as {
		out[i] = ActorWord(v.Lang, d, a)
	}
	return v.list(out)
}

func (v View) states(d *process.Definition, names []process.State) string {
	out := make([]string, len(names))
	for i, s := range names {
		out[i] = v.processWord(d, "state", string(s))
	}
	return v.list(out)
}

// way is from where to where a step leads.
func (v View) way(d *process.Definition, x process.Step) string {
	if x.To == "" {
		return v.T("processes.stays", "from", v.states(d, x.From))
	}
	return v.T("processes.way", "from", v.states(d, x.From), "to", v.processWord(d, "state", string(x.To)))
}

func (v View) fieldList(d *process.Definition, x process.Step) string {
	var out []string
	for _, f := range x.Fields {
		said := FieldWord(v.Lang, d, f)
		if f.Need != "" {
			said = v.T("processes.required", "field", said)
		}
		out = append(out, said)
	}
	return v.list(out)
}

func (v View) reasonList(d *process.Definition, rs []process.Reason) string {
	var out []string
	for _, r := range rs {
		said := ReasonWord(v.Lang, d, r)
		if r.Office {
			said += v.T("process.form.reason_office")
		}
		out = append(out, said)
	}
	return strings.Join(out, v.T("processes.semicolon"))
}

// Difference is what a difference comes to, in words.
func (v View) Difference(d *process.Definition, x process.Difference) string {
	name := x.Name
	switch x.What {
	case process.StateSkipped, process.StateEntered:
		name = v.processWord(d, "state", x.Name)
	case process.FieldFree, process.FieldRequired, process.FieldOther:
		name = v.settledField(d, x)
	case process.ActorsOther:
		name = v.actors(d, x.By)
	case process.ReasonAdded, process.ReasonHidden, process.ReasonShown, process.ReasonOther:
		if r, known := d.Reason(x.Name); known {
			name = ReasonWord(v.Lang, d, r)
		}
	case process.StepOff, process.StepOn, process.ReasonsMoved:
	}
	step := ""
	if x.Action != "" {
		step = v.processWord(d, "do", string(x.Action))
	}
	return v.T("processes.what."+string(x.What), "step", step, "name", name)
}

func (v View) settledField(d *process.Definition, x process.Difference) string {
	for _, s := range d.Steps {
		for _, f := range s.Fields {
			if s.Action == x.Action && f.Name == x.Name {
				return FieldWord(v.Lang, d, f)
			}
		}
	}
	return x.Name
}

// ProcessProblem is why a setting is refused, in words.
func ProcessProblem(l wording.Lang, d *process.Definition, r *process.Refusal) string {
	pairs := slices.Clone(r.Args)
	for i := 0; i+1 < len(pairs); i += 2 {
		switch pairs[i] {
		case "state":
			pairs[i+1] = ProcessWord(l, d, "state", pairs[i+1])
		case "step":
			pairs[i+1] = ProcessWord(l, d, "do", pairs[i+1])
		case "field":
			pairs[i+1] = ProcessWord(l, d, "field", pairs[i+1])
		case "actor":
			pairs[i+1] = ActorWord(l, d, process.Actor(pairs[i+1]))
		case "reason":
			if have, known := d.Reason(pairs[i+1]); known {
				pairs[i+1] = ReasonWord(l, d, have)
			}
		case "steps":
			var names []string
			for a := range strings.FieldsSeq(pairs[i+1]) {
				names = append(names, ProcessWord(l, d, "do", a))
			}
			pairs[i+1] = strings.Join(names, l.Say("list.comma"))
		}
	}
	return l.Say(r.Text, pairs...)
}

// ProcessForm is the form of a setting, as it stands, as it came back, or as it
// is previewed.
type ProcessForm struct {
	D       *process.Definition // as delivered
	Now     *process.Definition // in force
	Overlay process.Overlay
	After   int64 // the last setting that the page knows
	From    string
	Reason  string
	Problem string
	Preview *rulebook.ProcessPreview
	Typed   string // the overlay as JSON, for the button that decides
}

func (f ProcessForm) action() string { return "/processes/" + f.D.Kind + "/change" }

// steps are those of which something can be settled, one for each action.
func (f ProcessForm) steps() []process.Step {
	var out []process.Step
	for _, x := range f.D.Steps {
		if !slices.ContainsFunc(out, func(y process.Step) bool { return y.Action == x.Action }) && Settleable(x) {
			out = append(out, x)
		}
	}
	return out
}

// Settleable reports whether something of a step is a university's to settle.
func Settleable(x process.Step) bool {
	return x.Optional || len(x.Choices()) > 1 || len(x.Reasons)+len(x.Fields) > 0
}

func (f ProcessForm) by(x process.Step, a process.Actor) bool {
	by := f.Overlay.Settled(x.Action).By
	if len(by) == 0 {
		by = x.By
	}
	return slices.Contains(by, a)
}

// ReasonRow is a reason in the form.
type ReasonRow struct {
	process.SettledReason
	At    int
	Blank bool // to be filled in
}

// rows are the reasons of a step in the order of the overlay, those that it does
// not name, and two to be filled in.
func (f ProcessForm) rows(x process.Step) []ReasonRow {
	var out []ReasonRow
	for _, r := range f.Overlay.Settled(x.Action).Reasons {
		out = append(out, ReasonRow{SettledReason: r})
	}
	for _, r := range x.Reasons {
		if !slices.ContainsFunc(out, func(have ReasonRow) bool { return have.Code == r.Code }) {
			out = append(out, ReasonRow{SettledReason: process.SettledReason{Code: r.Code}})
		}
	}
	own := 0
	for _, r := range out {
		if n, ok := strings.CutPrefix(r.Code, "own_"); ok {
			k, _ := strconv.Atoi(n)
			own = max(own, k)
		}
	}
	for i := range 2 {
		out = append(out, ReasonRow{SettledReason: process.SettledReason{Code: "own_" + strconv.Itoa(own+i+1), Added: true}, Blank: true})
	}
	for i := range out {
		out[i].At = (i + 1) * 10
	}
	return out
}

// reasonName is what a reason is called in the form: as it was delivered, or
// as the university calls it.
func (f ProcessForm) reasonName(v View, r ReasonRow) string {
	switch {
	case r.Blank:
		return v.T("processes.form.new")
	case r.Added:
		return r.Label.In(string(v.Lang))
	}
	return v.processWord(f.D, "reason", r.Code)
}

// office reports whether a reason stays with the office by its definition.
func (f ProcessForm) office(r ReasonRow) bool {
	have, known := f.D.Reason(r.Code)
	return known && have.Office || r.Office
}

func (f ProcessForm) field(x process.Step, name string) process.SettledField {
	for _, s := range f.Overlay.Settled(x.Action).Fields {
		if s.Name == name {
			return s
		}
	}
	return process.SettledField{Name: name}
}

func (v View) settler(s rulebook.Setting) string {
	return cmp.Or(v.Called(s.ByName), v.T("rules.console"))
}
