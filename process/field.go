package process

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"datai/rules"
)

// Kind is what a field holds.
type Kind string

// Kinds of fields, and what a value of each is. "" is no answer, of every kind.
const (
	Line     Kind = "line"     // one line of text
	Text     Kind = "text"     // lines of text
	Day      Kind = "day"      // 2006-01-02
	Number   Kind = "number"   // digits, with a minus sign and a decimal point where the field allows them
	Choice   Kind = "choice"   // one of Options
	YesNo    Kind = "yes_no"   // Yes or No; never answered in advance
	Document Kind = "document" // no value: how many there are stands in Move.Documents
)

// Answers to a question that is answered by yes or no.
const (
	Yes = "yes"
	No  = "no"
)

// Needed is the usual message of a field that may not be empty.
const Needed = "process.fit.needed"

// Field is something that a step asks for. Its label is the message
// "<texts>field.<name>", what helps to fill it in "<texts>hint.<name>", if there
// is one, and an option's "<texts>option.<name>.<option>", where <texts> is
// Definition.Texts.
type Field struct {
	Name    string // none of "do", "reason", "text" and "version", which every form has
	Kind    Kind
	Need    string   // the message that says it is missing, "" if it may be
	Most    int      // characters of a line or text, 0 = any; files of a document field, 0 = one
	Options []string // of a choice, in the order in which people meet them
	// Low and High are the least and the greatest number, both 0 = any of at
	// most 15 digits; Places are the decimal places that it may have.
	Low, High int64
	Places    int
	// Label and Hint stand in place of the messages where the university has words
	// of its own.
	Label, Hint rules.Text
}

// Files is how many files a document field may have.
func (f Field) Files() int { return max(f.Most, 1) }

// Fault is what has to be mended in a field of a form. Text is the key of a
// message, Args its variables in pairs.
type Fault struct {
	Field string // "reason" and "text" are the reason and the words beside it; "" is none
	Text  string
	Args  []string
}

// mostReason is how long the text beside a reason may be, in characters.
const mostReason = 500

// Fit checks the form of a move and names all that has to be mended in it, in
// the order of the form; nil if nothing has.
func (x Step) Fit(m Move) *Refusal {
	faults := x.reasonFaults(m)
	for name := range m.Values {
		if !slices.ContainsFunc(x.Fields, func(f Field) bool { return f.Name == name && f.Kind != Document }) {
			return &Refusal{Why: Unfit, Text: "error.form"}
		}
	}
	for name := range m.Documents {
		if !slices.ContainsFunc(x.Fields, func(f Field) bool { return f.Name == name && f.Kind == Document }) {
			return &Refusal{Why: Unfit, Text: "error.form"}
		}
	}
	for _, f := range x.Fields {
		text, args := f.fit(m.Values[f.Name], m.Documents[f.Name])
		if text != "" {
			faults = append(faults, Fault{f.Name, text, args})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &Refusal{Why: Unfit, Text: faults[0].Text, Args: faults[0].Args, Faults: faults}
}

func (x Step) reasonFaults(m Move) []Fault {
	if len(x.Reasons) == 0 {
		if m.Reason != "" {
			return []Fault{{Text: "error.form"}}
		}
		return nil
	}
	i := slices.IndexFunc(x.Reasons, func(r Reason) bool { return r.Code == m.Reason && !r.Hidden })
	if i < 0 {
		return []Fault{{Field: "reason", Text: "process.fit.reason"}}
	}
	switch n := utf8.RuneCountInString(m.Text); {
	case n < x.Reasons[i].Asks:
		return []Fault{{"text", "process.fit.reason_text", []string{"least", strconv.Itoa(x.Reasons[i].Asks)}}}
	case n > mostReason:
		return []Fault{{"text", "process.fit.long", []string{"most", strconv.Itoa(mostReason)}}}
	}
	return nil
}

// fit says what has to be mended in a value, "" if nothing has.
func (f Field) fit(v string, documents int) (text string, args []string) {
	if f.Kind == Document {
		switch {
		case documents == 0:
			return f.Need, nil
		case documents > f.Files():
			return "process.fit.files", []string{"most", strconv.Itoa(f.Files())}
		}
		return "", nil
	}
	if v == "" {
		return f.Need, nil
	}
	switch f.Kind {
	case Line, Text:
		if f.Kind == Line && strings.ContainsAny(v, "\r\n") {
			return "process.fit.line", nil
		}
		if f.Most > 0 && utf8.RuneCountInString(v) > f.Most {
			return "process.fit.long", []string{"most", strconv.Itoa(f.Most)}
		}
	case Day:
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "process.fit.day", nil
		}
	case Number:
		return f.fitNumber(v)
	case Choice:
		if !slices.Contains(f.Options, v) {
			return "process.fit.choice", nil
		}
	case YesNo:
		if v != Yes && v != No {
			return "process.fit.choice", nil
		}
	case Document:
	}
	return "", nil
}

// mostDigits is how many digits a number may have, so that every one fits an
// int64 when its decimal places are counted in.
const mostDigits = 15

func (f Field) fitNumber(v string) (text string, args []string) {
	n, ok := f.Scaled(v)
	if !ok {
		if f.Places > 0 {
			return "process.fit.decimal", []string{"places", strconv.Itoa(f.Places)}
		}
		return "process.fit.number", nil
	}
	if unit := f.unit(); (f.Low != 0 || f.High != 0) && (n < f.Low*unit || n > f.High*unit) {
		return "process.fit.range", []string{"low", strconv.FormatInt(f.Low, 10), "high", strconv.FormatInt(f.High, 10)}
	}
	return "", nil
}

// unit is 10 to the power of Places.
func (f Field) unit() int64 {
	unit := int64(1)
	for range f.Places {
		unit *= 10
	}
	return unit
}

// Scaled reads a number of the field as so many of its smallest decimal place:
// "1.5" with two places is 150. It is not ok for anything else than plain
// digits with a sign and a point where they belong.
func (f Field) Scaled(v string) (n int64, ok bool) {
	digits := strings.TrimPrefix(v, "-")
	whole, part, point := strings.Cut(digits, ".")
	if whole == "" || point && part == "" || len(part) > f.Places || len(whole)+f.Places > mostDigits {
		return 0, false
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	for range f.Places - len(part) {
		n *= 10
	}
	if digits != v {
		n = -n
	}
	return n, true
}

// reserved are the names that every form has besides its fields.
var reserved = []string{"do", "reason", "text", "version"}

// check says what is wrong with the fields of a step.
func (x Step) check(kind string) error {
	for i, f := range x.Fields {
		bad := ""
		switch {
		case f.Name == "" || slices.Contains(reserved, f.Name):
			bad = "has a name that is not its own"
		case slices.ContainsFunc(x.Fields[:i], func(o Field) bool { return o.Name == f.Name }):
			bad = "is there twice"
		case !slices.Contains([]Kind{Line, Text, Day, Number, Choice, YesNo, Document}, f.Kind):
			bad = "is of no kind"
		case (f.Kind == Choice) != (len(f.Options) > 0):
			bad = "has options and is no choice, or the other way round"
		case f.Kind != Number && (f.Low != 0 || f.High != 0 || f.Places != 0):
			bad = "has bounds and is no number"
		case f.Low > f.High || f.Places < 0 || f.Places > mostDigits/2 || max(-f.Low, f.High) > 1_000_000_000_000/f.unit():
			bad = "has bounds that no number keeps"
		}
		if bad != "" {
			return fmt.Errorf("process: %s: step %q: field %q %s", kind, x.Action, f.Name, bad)
		}
	}
	return nil
}

// Attached are the SHA-256 of the documents that stand in a form, by field, in
// the order in which they came.
type Attached map[string][][32]byte

// Counts is how many documents each field has, as Move.Documents asks.
func (a Attached) Counts() map[string]int {
	out := map[string]int{}
	for field, hashes := range a {
		out[field] = len(hashes)
	}
	return out
}

// String names them for the journal entry of the step: in hexadecimal, separated
// by spaces, in the order of the fields; "" if there are none.
func (a Attached) String() string {
	var out []string
	for _, field := range slices.Sorted(maps.Keys(a)) {
		for _, hash := range a[field] {
			out = append(out, hex.EncodeToString(hash[:]))
		}
	}
	return strings.Join(out, " ")
}

// Asks reports whether one of the actors may take a step of that name, in
// whatever state, by a form.
func (d *Definition) Asks(action Action, as []Actor) bool {
	return slices.ContainsFunc(d.Steps, func(x Step) bool { return x.Action == action && !x.Quiet && x.actor(as) != "" })
}
