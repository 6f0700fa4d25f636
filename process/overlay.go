package process

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/rules"
)

// Overlay is what a university settled about a process, on top of its
// definition: states, steps and guards stay as they are in the code. The zero
// Overlay settles nothing.
type Overlay struct {
	Steps []Settled `json:"steps,omitempty"`
}

// Settled is what is settled about the steps of an action.
type Settled struct {
	Action  Action          `json:"action"`
	Off     bool            `json:"off,omitempty"`     // only of optional steps
	By      []Actor         `json:"by,omitempty"`      // who takes it; none = as the definition has it
	Reasons []SettledReason `json:"reasons,omitempty"` // in their order; those not named follow in the definition's
	Fields  []SettledField  `json:"fields,omitempty"`
}

// SettledReason is a reason that was added, or what is settled about one.
type SettledReason struct {
	Code   string     `json:"code"`
	Label  rules.Text `json:"label,omitzero"`   // zero: as delivered
	Hidden bool       `json:"hidden,omitempty"` // chosen no more; cases that used it go on to show it
	Added  bool       `json:"added,omitempty"`
	Asks   int        `json:"asks,omitempty"`   // characters of text; of an added one
	Office bool       `json:"office,omitempty"` // the other side does not read it; of an added one
}

// SettledField is what is settled about a field.
type SettledField struct {
	Name     string     `json:"name"`
	Required bool       `json:"required,omitempty"` // besides those that the definition requires
	Label    rules.Text `json:"label,omitzero"`     // zero: as delivered
	Hint     rules.Text `json:"hint,omitzero"`
}

// Bounds of what is settled, in characters and numbers.
const (
	MostLabel   = 40
	MostHint    = 200
	MostReasons = 60 // of a step
	mostAsks    = 100
)

var reasonCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,29}$`)

// unfit is why an overlay is not accepted. Args name states, steps, reasons and
// fields by their codes.
func unfit(text string, args ...string) error {
	return &Refusal{Why: Unfit, Text: "process.overlay." + text, Args: args}
}

// With is the definition together with what a university settled. It errs with
// a *Refusal where that may not be: a step that is not optional is switched off,
// a state would be reached or left no more, nobody would take a step, no reason
// would be left, or less would be asked for than the definition asks. What With
// returns passes Check, and d itself replays every case that moved under it.
func (d *Definition) With(o Overlay) (*Definition, error) {
	out := *d
	out.States, out.Steps = slices.Clone(d.States), nil
	for i, s := range o.Steps {
		known := slices.ContainsFunc(d.Steps, func(x Step) bool { return x.Action == s.Action })
		if !known || slices.ContainsFunc(o.Steps[:i], func(x Settled) bool { return x.Action == s.Action }) {
			return nil, unfit("step", "step", string(s.Action))
		}
	}
	var off []Action
	for _, x := range d.Steps {
		i := slices.IndexFunc(o.Steps, func(s Settled) bool { return s.Action == x.Action })
		if i < 0 {
			out.Steps = append(out.Steps, x)
			continue
		}
		settled, err := x.settle(o.Steps[i])
		switch {
		case err != nil:
			return nil, err
		case !o.Steps[i].Off:
			out.Steps = append(out.Steps, settled)
		case !x.Optional || slices.Contains(x.By, Clock):
			return nil, unfit("not_optional", "step", string(x.Action))
		default:
			off = append(off, x.Action)
		}
	}
	out.skip()
	if s, reached := out.lost(); s != "" {
		text := "unreached"
		if reached {
			text = "dead_end"
		}
		names := make([]string, len(off))
		for i, a := range off {
			names[i] = string(a)
		}
		return nil, unfit(text, "state", string(s), "steps", strings.Join(names, " "))
	}
	return &out, out.Check()
}

// skip marks the optional states to which nothing leads any more: cases that
// stand there go on, no other case comes there.
func (d *Definition) skip() {
	reached := d.reached()
	for i, s := range d.States {
		d.States[i].Skipped = s.Optional && !reached[s.Name]
	}
}

// Choices are those among whom a university says who takes the step. The clock
// is nobody's choice.
func (x Step) Choices() []Actor {
	var out []Actor
	for _, a := range append(slices.Clone(x.By), x.Among...) {
		if a != Clock && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (x Step) settle(s Settled) (Step, error) {
	if len(s.By) > 0 {
		for i, a := range s.By {
			if !slices.Contains(x.Choices(), a) || slices.Contains(s.By[:i], a) {
				return x, unfit("actor", "step", string(x.Action), "actor", string(a))
			}
		}
		by := slices.Clone(s.By)
		if slices.Contains(x.By, Clock) {
			by = append(by, Clock)
		}
		x.Among, x.By = x.Choices(), by
	}
	if len(s.Reasons) > 0 {
		reasons, err := x.settleReasons(s.Reasons)
		if err != nil {
			return x, err
		}
		x.Reasons = reasons
	}
	x.Fields = slices.Clone(x.Fields)
	for i, f := range s.Fields {
		at := slices.IndexFunc(x.Fields, func(y Field) bool { return y.Name == f.Name })
		if at < 0 || slices.ContainsFunc(s.Fields[:i], func(y SettledField) bool { return y.Name == f.Name }) {
			return x, unfit("field", "step", string(x.Action), "field", f.Name)
		}
		if !fits(f.Label, MostLabel) || !fits(f.Hint, MostHint) {
			return x, unfit("field_text", "step", string(x.Action), "field", f.Name, "label", strconv.Itoa(MostLabel), "hint", strconv.Itoa(MostHint))
		}
		x.Fields[at].Label, x.Fields[at].Hint = f.Label, f.Hint
		if f.Required && x.Fields[at].Need == "" {
			x.Fields[at].Need = Needed
		}
	}
	return x, nil
}

// fits reports whether a text is there in both languages or in none.
func fits(t rules.Text, most int) bool {
	return (t.Chinese == "") == (t.English == "") && utf8.RuneCountInString(t.Chinese) <= most && utf8.RuneCountInString(t.English) <= 2*most
}

func (x Step) settleReasons(settled []SettledReason) ([]Reason, error) {
	bad := func(text string, r SettledReason, args ...string) ([]Reason, error) {
		return nil, unfit(text, append([]string{"step", string(x.Action), "reason", r.Code}, args...)...)
	}
	if len(x.Reasons) == 0 {
		return bad("no_reasons", settled[0])
	}
	var out []Reason
	for _, s := range settled {
		i := slices.IndexFunc(x.Reasons, func(r Reason) bool { return r.Code == s.Code })
		if slices.ContainsFunc(out, func(r Reason) bool { return r.Code == s.Code }) {
			return bad("reason_twice", s)
		}
		if !fits(s.Label, MostLabel) {
			return bad("reason_text", s, "most", strconv.Itoa(MostLabel))
		}
		switch {
		case s.Added && i >= 0, !s.Added && i < 0:
			return bad("reason", s)
		case !s.Added:
			r := x.Reasons[i]
			r.Label, r.Hidden = s.Label, s.Hidden
			out = append(out, r)
		case !reasonCode.MatchString(s.Code):
			return bad("reason_code", s)
		case s.Label == (rules.Text{}):
			return bad("reason_text", s, "most", strconv.Itoa(MostLabel))
		case s.Asks < 0 || s.Asks > mostAsks:
			return bad("reason_asks", s, "most", strconv.Itoa(mostAsks))
		default:
			out = append(out, Reason{Code: s.Code, Asks: s.Asks, Office: s.Office, Label: s.Label, Hidden: s.Hidden, Added: true})
		}
	}
	for _, r := range x.Reasons {
		if !slices.ContainsFunc(out, func(have Reason) bool { return have.Code == r.Code }) {
			out = append(out, r)
		}
	}
	if !slices.ContainsFunc(out, func(r Reason) bool { return !r.Hidden }) {
		return bad("reasons_hidden", settled[0])
	}
	if len(out) > MostReasons {
		return bad("reasons_many", settled[0], "most", strconv.Itoa(MostReasons))
	}
	return out, nil
}

// Settled is what o says about an action; the zero Settled with its name if
// nothing.
func (o Overlay) Settled(a Action) Settled {
	for _, s := range o.Steps {
		if s.Action == a {
			return s
		}
	}
	return Settled{Action: a}
}

// Keep adds to o, hidden, the reasons that former overlays added and that o does
// not name: a case may have used them.
func (o Overlay) Keep(former Overlay) Overlay {
	out := Overlay{Steps: slices.Clone(o.Steps)}
	for _, f := range former.Steps {
		for _, r := range f.Reasons {
			if !r.Added {
				continue
			}
			i := slices.IndexFunc(out.Steps, func(s Settled) bool { return s.Action == f.Action })
			if i < 0 {
				out.Steps = append(out.Steps, Settled{Action: f.Action})
				i = len(out.Steps) - 1
			}
			if !slices.ContainsFunc(out.Steps[i].Reasons, func(s SettledReason) bool { return s.Code == r.Code }) {
				r.Hidden = true
				out.Steps[i].Reasons = append(slices.Clip(out.Steps[i].Reasons), r)
			}
		}
	}
	return out
}

// Reason is the reason with that code of whichever step, also one that is no
// longer offered.
func (d *Definition) Reason(code string) (Reason, bool) {
	for _, x := range d.Steps {
		for _, r := range x.Reasons {
			if r.Code == code {
				return r, true
			}
		}
	}
	return Reason{}, false
}

// Offered are the reasons that may be given for the step, in their order.
func (x Step) Offered() []Reason {
	return slices.DeleteFunc(slices.Clone(x.Reasons), func(r Reason) bool { return r.Hidden })
}
