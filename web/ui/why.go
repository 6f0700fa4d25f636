package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
)

// piece is a part of a text, highlighted or not.
type piece struct {
	text string
	mark bool
}

// pieces cuts a text at its spans, which are in order. Spans that do not lie
// in the text are left out: the text may have changed since it was indexed.
func pieces(text string, spans []match.Span) []piece {
	var out []piece
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End > len(text) || s.Start >= s.End {
			continue
		}
		if s.Start > at {
			out = append(out, piece{text[at:s.Start], false})
		}
		out = append(out, piece{text[s.Start:s.End], true})
		at = s.End
	}
	if at < len(text) {
		out = append(out, piece{text[at:], false})
	}
	return out
}

// titlePieces highlights a title if it is still the one that was indexed.
func titlePieces(m matchmaker.Match) []piece {
	title := m.Result.Title
	for _, s := range m.Hit.Why.Title {
		if s.End > len(title) || strings.ToValidUTF8(title[s.Start:s.End], "") != title[s.Start:s.End] {
			return []piece{{title, false}}
		}
	}
	return pieces(title, m.Hit.Why.Title)
}

// labelClass is the last part of a label's key, for its look.
func labelClass(l match.Label) string {
	key := matchmaker.LabelKey(l)
	return "label-" + key[strings.LastIndexByte(key, '.')+1:]
}

// row is a line of the indicator table with its look.
type row struct {
	matchmaker.Line
	class, quote string
}

var verdictClasses = map[match.Verdict]string{match.Meets: "ok", match.Short: "no"}

func (v View) rows(in []match.Row) []row {
	out := make([]row, len(in))
	for i, line := range matchmaker.Lines(v.Lang, in) {
		class, stated := verdictClasses[in[i].Verdict]
		if !stated {
			class = "ask"
		}
		out[i] = row{line, class, in[i].Quote}
	}
	return out
}

// fromUseful reports whether what was marked useful has brought the hit up.
func fromUseful(ts []match.Term) bool {
	return slices.ContainsFunc(ts, func(t match.Term) bool { return t.Source == match.FromUseful && t.Share > 0.1 })
}

// verify is what has to be asked before anybody relies on the match.
func (v View) verify(m matchmaker.Match) []string {
	var out []string
	r := m.Result
	if text, backed := v.maturity(r.Maturity); !backed {
		out = append(out, text)
	}
	if r.CompletedOn.Year > 0 && v.Now.Year()-r.CompletedOn.Year >= 8 {
		out = append(out, v.T("match.old", "n", strconv.Itoa(v.Now.Year()-r.CompletedOn.Year)))
	}
	if len(r.Rights) == 0 && r.RightsAs == "" {
		out = append(out, v.T("match.no_rights"))
	}
	return out
}

// against is what speaks against the match.
func (v View) against(m matchmaker.Match) []string {
	var out []string
	r := m.Result
	for _, row := range m.Hit.Why.Rows {
		if row.Verdict == match.Short {
			out = append(out, v.T("match.against_short", "name", row.Name, "verdict", matchmaker.SayVerdict(v.Lang, row)))
		}
	}
	switch r.State {
	case catalog.ResultExclusive, catalog.ResultTransferred, catalog.ResultLicensed, catalog.ResultTalks:
		out = append(out, v.T("match.against_state."+string(r.State)))
	}
	if r.Maturity.Level > 0 && r.Maturity.Level <= 4 {
		out = append(out, v.T("match.against_early", "level", strconv.Itoa(r.Maturity.Level)))
	}
	if n := coOwned(r.Rights); n > 0 {
		out = append(out, v.T("rights.co_owned", "n", strconv.Itoa(n)))
	} else if len(r.Owners) > 1 {
		out = append(out, v.T("rights.shared", "owners", v.list(r.Owners)))
	}
	if patents, inForce := patents(r.Rights); patents > 0 && inForce == 0 {
		out = append(out, v.T("match.against_rights"))
	}
	return out
}

// AskForm is what stands in the box of questions.
type AskForm struct {
	Q                 string
	Useful, NotUseful []string // codes that the asker has marked
	Themes            []catalog.Theme
	Terms, Struck     []string // technical terms accepted, and those not to be suggested again
}

// unmarked is the question with nothing said about the answers.
func (f AskForm) unmarked() AskForm {
	f.Useful, f.NotUseful = nil, nil
	return f
}

// url is the address of the question with the marks it has.
func (f AskForm) url() string {
	q := url.Values{}
	for _, x := range f.fields() {
		q.Add(x.Name, x.Value)
	}
	return "/ask?" + q.Encode()
}

// fields are the question with everything that was said about it.
func (f AskForm) fields() []Field {
	out := []Field{{"q", f.Q}}
	add := func(name string, values []string) {
		for _, value := range values {
			out = append(out, Field{name, value})
		}
	}
	add("useful", f.Useful)
	add("not", f.NotUseful)
	add("theme", codes(f.Themes))
	add("term", f.Terms)
	add("no", f.Struck)
	return out
}

// termed is the form with a term accepted, struck, or neither.
func (f AskForm) termed(term string, v matchmaker.TermVerdict) AskForm {
	f.Terms, f.Struck = without(f.Terms, term), without(f.Struck, term)
	switch v {
	case matchmaker.TermAccepted:
		f.Terms = append(f.Terms, term)
	case matchmaker.TermStruck:
		f.Struck = append(f.Struck, term)
	}
	return f
}

func without(in []string, out string) []string {
	return slices.DeleteFunc(slices.Clone(in), func(s string) bool { return s == out })
}

// marked is the form after a click on useful or not useful at code: a second
// click takes the mark away, the other click moves it.
func (f AskForm) marked(code string, useful bool) AskForm {
	was := f.isUseful(code)
	if !useful {
		was = f.isNot(code)
	}
	out := f
	out.Useful, out.NotUseful = without(f.Useful, code), without(f.NotUseful, code)
	switch {
	case was:
	case useful:
		out.Useful = append(out.Useful, code)
	default:
		out.NotUseful = append(out.NotUseful, code)
	}
	return out
}

func (f AskForm) isUseful(code string) bool { return slices.Contains(f.Useful, code) }
func (f AskForm) isNot(code string) bool    { return slices.Contains(f.NotUseful, code) }

// check words who has checked a match.
func (v View) check(m matchmaker.Match) string {
	return matchmaker.SayCheck(v.Lang, m, v.Now.Location())
}

// said is the standing word on a match.
func (v View) said(f matchmaker.Feedback) string {
	text := v.T("feedback.said." + string(f.Verdict))
	if f.Reason != "" {
		text = v.T("feedback.said_reason", "verdict", text, "reason", v.T("feedback."+f.Reason))
	}
	if f.Text != "" {
		text = v.T("feedback.said_text", "said", text, "text", f.Text)
	}
	return text
}
