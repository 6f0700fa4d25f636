package ui

import (
	"slices"
	"strconv"

	"datai/process"

	"github.com/a-h/templ"
)

// Steps are the forms by which a case of any process moves on: one a step that
// one of As may take from State. A page fills this in and draws StepForms; what
// comes back is read by stepForm in package web.
type Steps struct {
	Process *process.Definition
	State   process.State
	As      []process.Actor
	Post    string            // address that takes a step
	Version int64             // of the case that is seen
	Begun   map[string]string // values in forms that nobody has touched, by field
	Filled  process.Move      // what stands in the form of the step that it names
	Refused *process.Refusal  // why that came back
}

// forms are those forms; the one that was filled in is unfolded, or the only one
// there is.
func (s Steps) forms() []StepForm {
	var out []StepForm
	open := s.Process.Open(s.State, s.As)
	for _, x := range open {
		f := StepForm{Process: s.Process, Step: x, Post: s.Post, Version: s.Version, Open: len(open) == 1, Filled: process.Move{Values: s.Begun}}
		if x.Action == s.Filled.Action {
			f.Filled, f.Open = s.Filled, true
			if s.Refused != nil {
				f.Faults = s.Refused.Faults
			}
		}
		out = append(out, f)
	}
	return out
}

// StepForm is the form of one step.
type StepForm struct {
	Process *process.Definition
	Step    process.Step
	Post    string
	Version int64
	Filled  process.Move
	Faults  []process.Fault // what has to be mended
	Open    bool            // unfolded
}

// id is the id of a field on a page with several forms.
func (f StepForm) id(name string) string { return string(f.Step.Action) + "-" + name }

// fault is what has to be mended in a field, if something has.
func (f StepForm) fault(name string) (process.Fault, bool) {
	i := slices.IndexFunc(f.Faults, func(x process.Fault) bool { return x.Field == name })
	if i < 0 {
		return process.Fault{}, false
	}
	return f.Faults[i], true
}

// describes are the ids of what is said about a field, "" if nothing is.
func (f StepForm) describes(v View, name string) string {
	out := ""
	if f.hint(v, name) != "" {
		out = f.id(name) + "-hint"
	}
	if _, bad := f.fault(name); bad {
		out = f.id(name) + "-fault " + out
	}
	return out
}

// uploads reports whether files come with the form.
func (f StepForm) uploads() bool {
	return slices.ContainsFunc(f.Step.Fields, func(x process.Field) bool { return x.Kind == process.Document })
}

// label is what a field is called: the process says, or else every process.
func (f StepForm) label(v View, name string) string {
	for _, x := range f.Step.Fields {
		if x.Name == name {
			return FieldWord(v.Lang, f.Process, x)
		}
	}
	if key := f.Process.Texts + "field." + name; v.Lang.Has(key) {
		return v.T(key)
	}
	return v.T("process.field." + name)
}

// hint helps to fill in a field, "" if there is nothing to say.
func (f StepForm) hint(v View, name string) string {
	for _, x := range f.Step.Fields {
		if own := v.ruleText(x.Hint); x.Name == name && own != "" {
			return own
		}
	}
	if key := f.Process.Texts + "hint." + name; v.Lang.Has(key) {
		return v.T(key)
	}
	return ""
}

func (f StepForm) option(v View, field process.Field, value string) string {
	if field.Kind == process.YesNo {
		return v.T(value)
	}
	return v.T(f.Process.Texts + "option." + field.Name + "." + value)
}

func options(field process.Field) []string {
	if field.Kind == process.YesNo {
		return []string{process.Yes, process.No}
	}
	return field.Options
}

// reasonText is a reason with what it asks for and who reads it.
func (f StepForm) reasonText(v View, r process.Reason) string {
	text := ReasonWord(v.Lang, f.Process, r)
	switch {
	case r.Asks > 1:
		text = v.T("process.form.reason_least", "reason", text, "least", strconv.Itoa(r.Asks))
	case r.Asks == 1:
		text = v.T("process.form.reason_asks", "reason", text)
	}
	if r.Office {
		text += v.T("process.form.reason_office")
	}
	return text
}

// most is how many characters a field takes, "" for any number.
func most(f process.Field) string {
	if f.Kind == process.Number {
		return "16" // 15 digits and a sign or point
	}
	if f.Most == 0 {
		return ""
	}
	return strconv.Itoa(f.Most)
}

// inputKind is the type of the input of a field.
func inputKind(f process.Field) string {
	if f.Kind == process.Day {
		return "date"
	}
	return "text"
}

// keyboard is what a phone shows for a field.
func keyboard(f process.Field) string {
	switch {
	case f.Kind != process.Number:
		return ""
	case f.Places > 0 || f.Low < 0 || f.Low == 0 && f.High == 0:
		return "decimal"
	}
	return "numeric"
}

// stepProblem is what is wrong with a form as a whole.
func (f StepForm) stepProblem(v View) string {
	n := len(f.Faults)
	if n == 0 {
		return ""
	}
	first := f.Faults[0]
	text := v.T(first.Text, first.Args...)
	if first.Field != "" {
		text = v.T("process.form.fault", "field", f.label(v, first.Field), "text", text)
	}
	if n > 1 {
		text += v.T("process.form.more", "n", strconv.Itoa(n-1))
	}
	return text
}

// about ties a field to what is said about it.
func (f StepForm) about(v View, name string) templ.Attributes {
	out := templ.Attributes{}
	if ids := f.describes(v, name); ids != "" {
		out["aria-describedby"] = ids
	}
	if _, bad := f.fault(name); bad {
		out["aria-invalid"] = "true"
	}
	return out
}

// bounds are what a browser may check and help with while somebody types.
func (f StepForm) bounds(x process.Field) templ.Attributes {
	out := templ.Attributes{}
	if most := most(x); most != "" {
		out["maxlength"] = most
	}
	if keys := keyboard(x); keys != "" {
		out["inputmode"] = keys
	}
	return out
}
