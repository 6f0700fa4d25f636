package process

import "slices"

// Difference is one thing in which a process differs after a setting.
type Difference struct {
	What   What
	Action Action
	Name   string // code of a state, a reason or a field
	By     []Actor
}

// What a difference is.
type What string

// Differences.
const (
	StepOff       What = "step_off"
	StepOn        What = "step_on"
	StateSkipped  What = "state_skipped"
	StateEntered  What = "state_entered"
	ActorsOther   What = "actors"
	ReasonAdded   What = "reason_added"
	ReasonHidden  What = "reason_hidden"
	ReasonShown   What = "reason_shown"
	ReasonOther   What = "reason_other" // label, text that is asked for, who reads it
	ReasonsMoved  What = "reasons_moved"
	FieldRequired What = "field_required"
	FieldFree     What = "field_free"
	FieldOther    What = "field_other" // label or hint
)

// Differences says what is different in after, which is another setting of the
// same definition.
func (d *Definition) Differences(after *Definition) []Difference {
	var out []Difference
	add := func(what What, a Action, name string) {
		out = append(out, Difference{What: what, Action: a, Name: name})
	}
	for _, a := range actions(d, after) {
		old, was := d.byAction(a)
		now, is := after.byAction(a)
		switch {
		case was && !is:
			add(StepOff, a, "")
			continue
		case !was && is:
			add(StepOn, a, "")
			continue
		}
		if !slices.Equal(old.By, now.By) {
			out = append(out, Difference{What: ActorsOther, Action: a, By: now.By})
		}
		for _, r := range now.Reasons {
			i := slices.IndexFunc(old.Reasons, func(x Reason) bool { return x.Code == r.Code })
			switch {
			case i < 0:
				add(ReasonAdded, a, r.Code)
			case r.Hidden && !old.Reasons[i].Hidden:
				add(ReasonHidden, a, r.Code)
			case !r.Hidden && old.Reasons[i].Hidden:
				add(ReasonShown, a, r.Code)
			case r != old.Reasons[i]:
				add(ReasonOther, a, r.Code)
			}
		}
		for _, r := range old.Reasons {
			if !slices.ContainsFunc(now.Reasons, func(x Reason) bool { return x.Code == r.Code }) && !r.Hidden {
				add(ReasonHidden, a, r.Code)
			}
		}
		if moved(old.Reasons, now.Reasons) {
			add(ReasonsMoved, a, "")
		}
		for i, f := range now.Fields {
			before := old.Fields[i]
			if f.Need != "" && before.Need == "" {
				add(FieldRequired, a, f.Name)
			}
			if f.Need == "" && before.Need != "" {
				add(FieldFree, a, f.Name)
			}
			if f.Label != before.Label || f.Hint != before.Hint {
				add(FieldOther, a, f.Name)
			}
		}
	}
	for i, s := range after.States {
		if s.Skipped && !d.States[i].Skipped {
			add(StateSkipped, "", string(s.Name))
		}
		if !s.Skipped && d.States[i].Skipped {
			add(StateEntered, "", string(s.Name))
		}
	}
	return out
}

func actions(ds ...*Definition) []Action {
	var out []Action
	for _, d := range ds {
		for _, x := range d.Steps {
			if !slices.Contains(out, x.Action) {
				out = append(out, x.Action)
			}
		}
	}
	return out
}

// byAction is the first step of an action; what is settled holds for all.
func (d *Definition) byAction(a Action) (Step, bool) {
	i := slices.IndexFunc(d.Steps, func(x Step) bool { return x.Action == a })
	if i < 0 {
		return Step{}, false
	}
	return d.Steps[i], true
}

// moved reports whether the reasons that both have come in another order.
func moved(old, now []Reason) bool {
	order := func(of, in []Reason) (codes []string) {
		for _, r := range of {
			if slices.ContainsFunc(in, func(x Reason) bool { return x.Code == r.Code }) {
				codes = append(codes, r.Code)
			}
		}
		return codes
	}
	return !slices.Equal(order(old, now), order(now, old))
}

// Touched are the states from which a step differs after a setting: cases that
// stand there meet something else.
func (d *Definition) Touched(after *Definition) []State {
	changed := map[Action]bool{}
	for _, x := range d.Differences(after) {
		changed[x.Action] = true
	}
	var out []State
	for _, s := range d.States {
		for _, x := range append(slices.Clone(d.Steps), after.Steps...) {
			if changed[x.Action] && slices.Contains(x.From, s.Name) && !s.Final {
				out = append(out, s.Name)
				break
			}
		}
	}
	return out
}
