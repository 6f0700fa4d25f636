package matchmaker

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"datai/catalog"
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

// how many phrases and translations people are shown of a match
const (
	shownCommon     = 6
	shownTranslated = 3
)

// Shared are the phrases that both sides use, and the words of the asker with
// those by which the thing says the same: a few of each, and only what really
// stands in it. A hit may rest on a part of a phrase alone; to quote the whole
// would be untrue.
func Shared(m Match) (common []string, translated []match.Term) {
	text := catalog.Fold(m.text())
	stands := func(phrase string) bool { return strings.Contains(text, catalog.Fold(phrase)) }
	for _, t := range m.Hit.Why.Terms {
		switch {
		case t.Source == match.FromUseful || t.Text == "":
		case t.Via != "" && t.Via != t.Text:
			if len(translated) < shownTranslated && stands(t.Via) {
				translated = append(translated, t)
			}
		case utf8.RuneCountInString(t.Text) > 1 && len(common) < shownCommon && stands(t.Text) && !slices.Contains(common, t.Text):
			common = append(common, t.Text)
		}
	}
	return common, translated
}

// text is everything of a match's thing that may be quoted.
func (m Match) text() string {
	switch {
	case m.Result != nil:
		r := m.Result
		return strings.Join([]string{r.Title, r.Summary, r.Abstract, r.IndicatorsAs, r.Market, r.Claims, strings.Join(r.Keywords, " ")}, " ")
	case m.Party != nil:
		return strings.Join([]string{m.Party.Name, m.Party.Industry, m.Party.Intro}, " ")
	case m.Person != nil:
		return strings.Join([]string{m.Person.Name, m.Person.Unit, m.Person.Title, strings.Join(m.Person.Interests, " ")}, " ")
	}
	n := m.Need
	return strings.Join([]string{n.Title, n.Text, n.IndicatorsAs, strings.Join(n.Keywords, " ")}, " ")
}

// SayTranslated words that the asker's word stands in the thing as another.
func SayTranslated(l wording.Lang, t match.Term) string {
	return l.Say("match.translated", "said", t.Text, "written", t.Via)
}

// Why words why a match fits, a line each: first the indicators, then what
// both texts speak of.
func Why(l wording.Lang, m Match) []string {
	var out []string
	for _, r := range m.Hit.Why.Rows {
		out = append(out, sayRow(l, r))
	}
	common, translated := Shared(m)
	if len(common) > 0 {
		out = append(out, l.Say("match.both", "terms", strings.Join(common, l.Say("list.comma"))))
	}
	for _, t := range translated {
		out = append(out, SayTranslated(l, t))
	}
	return out
}

// WhyExpert words what speaks for a person or an organisation, a line each.
func WhyExpert(l wording.Lang, x Expert) []string {
	var out []string
	for _, m := range x.Results {
		key := "match.expert.result"
		common, _ := Shared(m)
		if len(common) == 0 {
			key = "match.expert.result_plain"
		}
		out = append(out, l.Say(key, "title", m.Result.Title, "terms", strings.Join(common, l.Say("list.comma"))))
	}
	if x.More > 0 {
		out = append(out, l.Say("match.expert.more", "n", l.Count(x.More)))
	}
	if len(x.Own) > 0 {
		out = append(out, l.Say("match.expert.own", "terms", strings.Join(x.Own, l.Say("list.comma"))))
	}
	return out
}

// signs are how comparisons are written.
var signs = map[match.Cmp]string{match.CmpEqual: "", match.CmpAtLeast: "≥", match.CmpAtMost: "≤", match.CmpMore: ">", match.CmpLess: "<"}

// SayIndicator writes the value of an indicator with what the text says around
// it: "≥3000 次", "100–200 ℃", "提高 12%".
func SayIndicator(l wording.Lang, i match.Indicator) string {
	value := signs[i.Cmp] + number(i.Value)
	if i.Cmp == match.CmpRange {
		value = number(i.Value) + "–" + number(i.High)
		if i.Value == -i.High {
			value = "±" + number(i.High)
		}
	}
	switch i.Unit {
	case "":
	case "%", "‰", "°":
		value += i.Unit
	default:
		value += " " + i.Unit
	}
	switch i.Change {
	case match.Raised:
		value = l.Say("indicator.raised", "value", value)
	case match.Lowered:
		value = l.Say("indicator.lowered", "value", value)
	}
	if i.Approx {
		value = l.Say("indicator.approx", "value", value)
	}
	return value
}

// number writes at most six significant digits and no exponent.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', 6, 64)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}

// SayVerdict words the conclusion of a row; a gap between percentages is in
// percentage points.
func SayVerdict(l wording.Lang, r match.Row) string {
	switch {
	case r.Verdict == match.Meets:
		return l.Say("match.verdict.meets")
	case r.Verdict == match.NotComparable:
		return l.Say("match.verdict.not_comparable")
	case r.Verdict == match.Unstated:
		return l.Say("match.verdict.unstated")
	case r.Gap == 0:
		return l.Say("match.short")
	case r.Unit == "%":
		return l.Say("match.short_points", "gap", number(r.Gap))
	}
	return l.Say("match.verdict.short", "gap", SayIndicator(l, match.Indicator{Value: r.Gap, Unit: r.Unit}))
}

// SayCheck words who has checked a match and when, that nobody has, or that it
// has changed since.
func SayCheck(l wording.Lang, m Match, zone *time.Location) string {
	switch {
	case m.Check == nil:
		return l.Say("check.none")
	case m.Stale:
		return l.Say("check.stale", "name", m.Check.Name, "date", l.Date(time.UnixMilli(m.Check.At).In(zone)))
	}
	return l.Say("check.done", "name", m.Check.Name, "date", l.Date(time.UnixMilli(m.Check.At).In(zone)))
}

// Line is a line of the indicator table as people read it.
type Line struct{ Name, Want, Have, Verdict string }

// Lines words an indicator table, a line for each row.
func Lines(l wording.Lang, rows []match.Row) []Line {
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = Line{Name: cmp.Or(r.Name, l.Say("match.unnamed")), Want: SayIndicator(l, r.Want), Have: l.Say("match.unstated"), Verdict: SayVerdict(l, r)}
		if r.Verdict == match.Unstated {
			continue
		}
		if out[i].Have = SayIndicator(l, r.Have); r.Have.Method != "" {
			out[i].Have = l.Say("match.have_method", "value", out[i].Have, "method", r.Have.Method)
		}
	}
	return out
}

// sayRow words a row of the indicator table in one line.
func sayRow(l wording.Lang, r match.Row) string {
	key := "match.row"
	if r.Verdict == match.Unstated {
		key = "match.row.unstated"
	}
	name := r.Name
	if name == "" {
		name = l.Say("match.unnamed")
	}
	return l.Say(key, "name", name, "want", SayIndicator(l, r.Want), "have", SayIndicator(l, r.Have), "verdict", SayVerdict(l, r))
}
