package process_test

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"datai/process"

	"pgregory.net/rapid"
)

func TestWhatFitsAField(t *testing.T) {
	score := process.Field{Name: "f", Kind: process.Number, High: 5}
	price := process.Field{Name: "f", Kind: process.Number, Places: 2, Low: -10, High: 10}
	for _, x := range []struct {
		field process.Field
		value string
		files int
		text  string // of what has to be mended
	}{
		{field: process.Field{Kind: process.Line}},
		{field: process.Field{Kind: process.Line, Need: process.Needed}, text: "process.fit.needed"},
		{field: process.Field{Kind: process.Line, Most: 2}, value: "两字"},
		{field: process.Field{Kind: process.Line, Most: 2}, value: "三个字", text: "process.fit.long"},
		{field: process.Field{Kind: process.Line}, value: "a\nb", text: "process.fit.line"},
		{field: process.Field{Kind: process.Text}, value: "a\nb"},
		{field: process.Field{Kind: process.Day}, value: "2026-02-28"},
		{field: process.Field{Kind: process.Day}, value: "2026-02-29", text: "process.fit.day"},
		{field: process.Field{Kind: process.Day}, value: "2026-2-8", text: "process.fit.day"},
		{field: score, value: "0"}, {field: score, value: "5"}, {field: score, value: "05"},
		{field: score, value: "6", text: "process.fit.range"}, {field: score, value: "-1", text: "process.fit.range"},
		{field: score, value: "4.5", text: "process.fit.number"}, {field: score, value: "1e1", text: "process.fit.number"}, {field: score, value: "五", text: "process.fit.number"},
		{field: score, value: "-", text: "process.fit.number"}, {field: score, value: "1.", text: "process.fit.number"}, {field: score, value: "٥", text: "process.fit.number"},
		{field: price, value: "-9.99"}, {field: price, value: "10.00"}, {field: price, value: "1.234", text: "process.fit.decimal"},
		{field: price, value: "10.01", text: "process.fit.range"}, {field: price, value: "-10.01", text: "process.fit.range"},
		{field: process.Field{Kind: process.Number}, value: strings.Repeat("9", 15)},
		{field: process.Field{Kind: process.Number}, value: strings.Repeat("9", 16), text: "process.fit.number"},
		{field: process.Field{Kind: process.Choice, Options: []string{"a", "b"}}, value: "b"},
		{field: process.Field{Kind: process.Choice, Options: []string{"a", "b"}}, value: "c", text: "process.fit.choice"},
		{field: process.Field{Kind: process.YesNo}, value: process.No},
		{field: process.Field{Kind: process.YesNo}, value: "on", text: "process.fit.choice"},
		{field: process.Field{Kind: process.YesNo, Need: process.Needed}, text: "process.fit.needed"},
		{field: process.Field{Kind: process.Document}},
		{field: process.Field{Kind: process.Document}, files: 1},
		{field: process.Field{Kind: process.Document}, files: 2, text: "process.fit.files"},
		{field: process.Field{Kind: process.Document, Most: 3}, files: 3},
		{field: process.Field{Kind: process.Document, Most: 3, Need: process.Needed}, text: "process.fit.needed"},
		{field: process.Field{Kind: process.Document}, value: "x", text: "error.form"},
	} {
		x.field.Name = "f"
		m := process.Move{}
		if x.value != "" {
			m.Values = map[string]string{"f": x.value}
		}
		if x.files > 0 {
			m.Documents = map[string]int{"f": x.files}
		}
		r := process.Step{Fields: []process.Field{x.field}}.Fit(m)
		if r == nil {
			r = &process.Refusal{}
		}
		if r.Text != x.text {
			t.Errorf("%s %q, %d files: refused with %q, want %q", x.field.Kind, x.value, x.files, r.Text, x.text)
		}
	}
}

// A form is refused with one fault a field that does not fit, in the order of
// the form, and never because of a field that fits by itself.
func TestEveryFaultIsNamedOnce(t *testing.T) {
	kinds := []process.Kind{process.Line, process.Text, process.Day, process.Number, process.Choice, process.YesNo, process.Document}
	values := []string{"", "1", "-3", "12.5", "2026-04-10", "a", "b", process.Yes, "很长很长的一段话", "a\nb"}
	rapid.Check(t, func(t *rapid.T) {
		var step process.Step
		m := process.Move{Values: map[string]string{}, Documents: map[string]int{}}
		for i := range rapid.IntRange(1, 6).Draw(t, "fields") {
			f := process.Field{Name: "f" + strconv.Itoa(i), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Most: rapid.IntRange(0, 4).Draw(t, "most"),
				Need: rapid.SampledFrom([]string{"", process.Needed}).Draw(t, "need")}
			switch f.Kind {
			case process.Choice:
				f.Options = []string{"a", "b"}
			case process.Number:
				f.Low, f.High, f.Places = -5, 20, rapid.IntRange(0, 2).Draw(t, "places")
			}
			if f.Kind == process.Document {
				m.Documents[f.Name] = rapid.IntRange(0, 5).Draw(t, "files")
			} else if v := rapid.SampledFrom(values).Draw(t, "value"); v != "" {
				m.Values[f.Name] = v
			}
			step.Fields = append(step.Fields, f)
		}
		var want []string
		for _, f := range step.Fields {
			one := process.Move{}
			if v, ok := m.Values[f.Name]; ok {
				one.Values = map[string]string{f.Name: v}
			}
			if n, ok := m.Documents[f.Name]; ok {
				one.Documents = map[string]int{f.Name: n}
			}
			if r := (process.Step{Fields: []process.Field{f}}).Fit(one); r != nil {
				want = append(want, f.Name)
			}
		}
		var got []string
		if r := step.Fit(m); r != nil {
			for _, x := range r.Faults {
				got = append(got, x.Field)
			}
			if r.Why != process.Unfit || r.Text != r.Faults[0].Text {
				t.Fatalf("%+v", r)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("faults in %v, want %v", got, want)
		}
	})
}

// A number that is taken is within its bounds when it is read exactly.
func TestNumbersAreReadExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := process.Field{Name: "f", Kind: process.Number, Places: rapid.IntRange(0, 4).Draw(t, "places"), Low: rapid.Int64Range(-100, 0).Draw(t, "low"), High: rapid.Int64Range(1, 100).Draw(t, "high")}
		v := rapid.StringMatching(`-?[0-9]{0,5}(\.[0-9]{0,5})?`).Draw(t, "value")
		if v == "" {
			return
		}
		exact, ok := new(big.Rat).SetString(v)
		fits := (process.Step{Fields: []process.Field{f}}).Fit(process.Move{Values: map[string]string{"f": v}}) == nil
		if !fits {
			return
		}
		if !ok || exact.Cmp(new(big.Rat).SetInt64(f.Low)) < 0 || exact.Cmp(new(big.Rat).SetInt64(f.High)) > 0 {
			t.Fatalf("%q is taken for a number from %d to %d", v, f.Low, f.High)
		}
		n, _ := f.Scaled(v)
		unit := new(big.Rat).SetInt64(1)
		for range f.Places {
			unit.Mul(unit, new(big.Rat).SetInt64(10))
		}
		if exact.Mul(exact, unit).Cmp(new(big.Rat).SetInt64(n)) != 0 {
			t.Fatalf("%q with %d places is %d", v, f.Places, n)
		}
		if utf8.RuneCountInString(v) != len(v) {
			t.Fatalf("%q is taken", v)
		}
	})
}
