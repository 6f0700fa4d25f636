package matchmaker

import (
	"strconv"
	"strings"

	"datai/match"
	"datai/wording"
)

// LabelKey is the message that names a label.
func LabelKey(l match.Label) string {
	switch l {
	case match.LabelStrong:
		return "match.label.strong"
	case match.LabelPossible:
		return "match.label.possible"
	case match.LabelWeak:
		return "match.label.weak"
	}
	return "match.label.none"
}

// Phrases are the phrases that carried a hit, strongest first, as the
// document has them.
func Phrases(why match.Explanation) []string {
	var out []string
	for _, t := range why.Terms {
		switch {
		case t.Via != "" && t.Text != "":
			out = append(out, t.Text+"→"+t.Via)
		case t.Via != "":
			out = append(out, t.Via)
		default:
			out = append(out, t.Text)
		}
	}
	return out
}

// Why words why a hit fits, a line each: first the indicators, then what
// both texts speak of.
func Why(l wording.Lang, why match.Explanation) []string {
	var out []string
	for _, r := range why.Rows {
		out = append(out, SayRow(l, r))
	}
	if p := Phrases(why); len(p) > 0 {
		out = append(out, l.Say("match.both", "terms", strings.Join(p, l.Say("list.comma"))))
	}
	return out
}

// signs are how comparisons are written.
var signs = map[match.Cmp]string{match.CmpEqual: "", match.CmpAtLeast: "≥", match.CmpAtMost: "≤", match.CmpMore: ">", match.CmpLess: "<"}

// SayIndicator writes the value of an indicator: "≥3000 次", "100–200 ℃".
func SayIndicator(i match.Indicator) string {
	value := signs[i.Cmp] + number(i.Value)
	if i.Cmp == match.CmpRange {
		value = number(i.Value) + "–" + number(i.High)
	}
	switch i.Unit {
	case "":
		return value
	case "%", "‰", "°":
		return value + i.Unit
	}
	return value + " " + i.Unit
}

// number writes at most six significant digits and no exponent.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', 6, 64)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}

// VerdictKey is the message of a conclusion.
func VerdictKey(v match.Verdict) string {
	switch v {
	case match.Meets:
		return "match.verdict.meets"
	case match.Short:
		return "match.verdict.short"
	case match.NotComparable:
		return "match.verdict.not_comparable"
	}
	return "match.verdict.unstated"
}

// SayVerdict words the conclusion of a row.
func SayVerdict(l wording.Lang, r match.Row) string {
	gap := SayIndicator(match.Indicator{Value: r.Gap, Unit: r.Unit})
	return l.Say(VerdictKey(r.Verdict), "gap", gap)
}

// SayRow words a row of the indicator table in one line.
func SayRow(l wording.Lang, r match.Row) string {
	key := "match.row"
	if r.Verdict == match.Unstated {
		key = "match.row.unstated"
	}
	return l.Say(key, "name", r.Name, "want", SayIndicator(r.Want), "have", SayIndicator(r.Have), "verdict", SayVerdict(l, r))
}
