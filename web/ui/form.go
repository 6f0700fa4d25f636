package ui

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"datai/document"
	"datai/process"

	"github.com/a-h/templ"
)

// Steps are the forms by which a case of any process moves on: one a step that
// one of As may take from State. A page fills this in and draws StepForms; what
// comes back is read by readStep in package web.
type Steps struct {
	Process *process.Definition
	State   process.State
	As      []process.Actor
	Post    string            // address that takes a step
	Version int64             // of the case that is seen
	Begun   map[string]string // values in forms that nobody has touched, by field
	Filled  process.Move      // what stands in the form of the step that it names
	Refused *process.Refusal  // why that came back

	Bare        bool   // only what has to be filled in is asked: a telephone without an account
	Draft       string // address that keeps what was typed, "" = nothing is kept
	Forms       document.Forms
	MaxDocument int64 // bytes
}

// forms are those forms. In each stands what came back, else the draft of it, else
// what it begins with; one that was touched is unfolded, or the only one there is.
func (s Steps) forms() []StepForm {
	var out []StepForm
	open := s.Process.Open(s.State, s.As)
	for _, x := range open {
		if s.Bare {
			x.Fields = slices.DeleteFunc(slices.Clone(x.Fields), func(f process.Field) bool { return f.Need == "" })
		}
		f := StepForm{Steps: s, Step: x, Open: len(open) == 1, Filled: process.Move{Values: s.Begun}}
		if d, ok := s.draft(x.Action); ok {
			f.Filled, f.Saved, f.Open = d.Move, d.SavedAt, true
		}
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

func (s Steps) draft(action process.Action) (document.Draft, bool) {
	i := slices.IndexFunc(s.Forms.Drafts, func(d document.Draft) bool { return d.Move.Action == action })
	if i < 0 {
		return document.Draft{}, false
	}
	return s.Forms.Drafts[i], true
}

// left are the drafts of steps that cannot be taken any more: somebody else was
// first. What was typed is still there to be copied.
func (s Steps) left() []document.Draft {
	open := s.Process.Open(s.State, s.As)
	return slices.DeleteFunc(slices.Clone(s.Forms.Drafts), func(d document.Draft) bool {
		return slices.ContainsFunc(open, func(x process.Step) bool { return x.Action == d.Move.Action })
	})
}

// typed is what stands in a draft, as lines of label and value.
func (s Steps) typed(v View, d document.Draft) string {
	f := StepForm{Steps: s}
	var lines []string
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, v.T("process.form.typed", "field", f.label(v, name), "value", value))
		}
	}
	if d.Move.Reason != "" {
		add("reason", s.reason(v, d.Move.Reason))
	}
	add("text", d.Move.Text)
	for _, name := range slices.Sorted(maps.Keys(d.Move.Values)) {
		add(name, d.Move.Values[name])
	}
	return strings.Join(lines, "\n")
}

// reason is the word for a reason of any step.
func (s Steps) reason(v View, code string) string {
	for _, x := range s.Process.Steps {
		for _, r := range x.Reasons {
			if r.Code == code {
				return ReasonWord(v.Lang, s.Process, r)
			}
		}
	}
	return code
}

// StepForm is the form of one step.
type StepForm struct {
	Steps
	Step   process.Step
	Filled process.Move
	Faults []process.Fault // what has to be mended
	Open   bool            // unfolded
	Saved  int64           // unix ms: when what stands in it was saved as a draft, 0 = it is none
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

// in are the documents that stand in a field.
func (f StepForm) in(x process.Field) []document.Document {
	return f.Forms.InForm(f.Step.Action, x.Name)
}

// accept are the endings of the files that a field takes.
func accept() string { return "." + strings.Join(document.Types(), ",.") }

// size is how large a file is, as people say it.
func size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64) + " MB"
	case bytes >= 1<<10:
		return strconv.FormatInt(bytes>>10, 10) + " KB"
	}
	return strconv.FormatInt(bytes, 10) + " B"
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

// hint helps to fill in a field, or a step of that name as a whole; "" if there is
// nothing to say.
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
