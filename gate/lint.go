// Package gate is the review gate of results: what is open about a result, who
// may let it onto the shelf, and what its completers and outside reviewers say
// of it.
package gate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"datai/catalog"
)

// Code names a question about a result: message "gate.ask.<code>".
type Code string

// Questions that a result may leave open (wording, questions that make a vague
// text clear).
const (
	AskBenefit    Code = "benefit"    // nothing says what it is for and what it does
	AskSummary    Code = "summary"    // no sentence says so, only a long text
	AskPeople     Code = "people"     // nobody is named who made it
	AskUnit       Code = "unit"       // neither a school nor an owner is named
	AskPhone      Code = "phone"      // a telephone number in what would be public
	AskPersonal   Code = "personal"   // other personal information there
	AskRestricted Code = "restricted" // words of what may be under limits
	AskUnfiled    Code = "unfiled"    // not yet filed as a patent
	AskRights     Code = "rights"     // nothing says whether it is
	AskVague      Code = "vague"      // praise that no number stands beside
	AskBoast      Code = "boast"      // a rank that nobody gave
	AskTwin       Code = "twin"       // much like another result
	AskOwners     Code = "owners"     // there are other owners
	AskMeasure    Code = "measure"    // nothing in it is measured
	AskEvidence   Code = "evidence"   // nothing bears out the level that it claims
)

// Codes lists every question in the order in which it is asked.
func Codes() []Code {
	return []Code{AskRestricted, AskPhone, AskPersonal, AskUnfiled, AskRights, AskBenefit, AskPeople, AskUnit, AskTwin, AskOwners, AskBoast, AskVague,
		AskEvidence, AskMeasure, AskSummary}
}

// Known reports whether there is such a question.
func (c Code) Known() bool { return slices.Contains(Codes(), c) }

// Question is one thing that a result leaves open.
type Question struct {
	Code Code
	// Holds says that the result does not go onto the shelf unasked; the others
	// are worth asking and are shown (design: evidence that is missing is listed,
	// shown grey, never upgraded silently).
	Holds bool
	Args  []string // variables of its message, in pairs
}

// Twin is a result that looks like another one.
type Twin struct{ Code, Title string }

// Questions are what a result leaves open, what holds it back first. twins are
// results that look like it.
func Questions(r *catalog.Result, twins []Twin) []Question {
	var out []Question
	ask := func(code Code, holds bool, args ...string) {
		out = append(out, Question{Code: code, Holds: holds, Args: args})
	}
	said := r.Summary + "\n" + r.Abstract + "\n" + r.IndicatorsAs
	public := strings.Join([]string{r.Title, said, r.Application, r.Market, r.Funding, r.Awards, r.RightsAs, r.Origin, r.Claims, r.Address}, "\n")
	if w := firstOf(public, restricted, civil); w != "" {
		ask(AskRestricted, true, "word", w)
	}
	if ps := catalog.PhonesIn(public); len(ps) > 0 {
		ask(AskPhone, true)
	}
	if what := personal(public); what != "" {
		ask(AskPersonal, true, "what", what)
	}
	switch {
	case r.Unfiled:
		ask(AskUnfiled, true)
	case r.Kind != catalog.KindPatent && r.RightsAs == "" && len(r.Rights) == 0:
		ask(AskRights, true)
	}
	switch {
	case r.Summary == "" && r.Abstract == "":
		ask(AskBenefit, true)
	case r.Summary == "":
		ask(AskSummary, false)
	}
	// The national sheet has no column for completers: its contact answers for it.
	if r.Contact.Name == "" && !slices.ContainsFunc(r.Completers, func(c catalog.Completer) bool { return c.Name != "" }) {
		ask(AskPeople, true)
	}
	if r.Unit() == "" {
		ask(AskUnit, true)
	}
	out = append(out, twinQuestions(twins)...)
	if os := owners(r); len(os) > 1 {
		ask(AskOwners, !published(r), "owners", strings.Join(os, "、"))
	}
	if w := boast(r.Title + "\n" + said); w != "" {
		ask(AskBoast, true, "word", w)
	}
	praised := vague(r.Title, said, len(r.Indicators) > 0)
	if praised != "" {
		ask(AskVague, true, "word", praised)
	}
	if m := r.Maturity; m.Level > 0 && !slices.Contains(m.Evidence, catalog.EvidenceFor(m.Level)) {
		ask(AskEvidence, false, "level", strconv.Itoa(m.Level), "evidence", catalog.EvidenceFor(m.Level))
	}
	if praised == "" && len(r.Indicators) == 0 && (r.Summary != "" || r.Abstract != "") && !measured(said) {
		ask(AskMeasure, false)
	}
	slices.SortStableFunc(out, func(a, b Question) int {
		if a.Holds != b.Holds {
			return map[bool]int{true: -1, false: 1}[a.Holds]
		}
		return slices.Index(Codes(), a.Code) - slices.Index(Codes(), b.Code)
	})
	return out
}

func twinQuestions(twins []Twin) []Question {
	var out []Question
	for _, t := range twins {
		out = append(out, Question{Code: AskTwin, Holds: true, Args: []string{"code", t.Code, "title", t.Title}})
	}
	return out
}

// Holding reports whether one of the questions holds the result back.
func Holding(qs []Question) bool {
	return slices.ContainsFunc(qs, func(q Question) bool { return q.Holds })
}

// firstOf is the first of words in a text that stands outside all of except.
func firstOf(text string, words, except []string) string {
	for _, e := range except {
		text = strings.ReplaceAll(text, e, "\x00")
	}
	for _, w := range words {
		if strings.Contains(text, w) {
			return w
		}
	}
	return ""
}

func sentences(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。！？!?\n；;", r) })
}

// boast is the first claim of a rank in a sentence that names nobody who ranked.
func boast(text string) string {
	for _, s := range sentences(text) {
		if w := firstOf(s, boasts, nil); w != "" && firstOf(s, ranked, nil) == "" {
			return w
		}
	}
	return ""
}

// vague is the first word of praise in a sentence of a text that measures
// nothing. A title cannot measure; the text does it for it. What has indicators
// is measured.
func vague(title, text string, indicators bool) string {
	if indicators {
		return ""
	}
	for _, s := range sentences(text) {
		if w := firstOf(s, praise, names); w != "" && !slices.Contains(boasts, w) && !measured(s) {
			return w
		}
	}
	if w := firstOf(title, praise, names); w != "" && !slices.Contains(boasts, w) && !measured(text) {
		return w
	}
	return ""
}

var (
	number = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)
	// hanNumber are numbers in words that measure: 提高三倍, 一半, 两个数量级.
	hanNumber = regexp.MustCompile(`[一二两三四五六七八九十百千万几数]+(?:倍|成|个数量级|个百分点)|一半|数量级`)
)

// notMeasures are what makes of a number a date, an ordinal or a part of a name.
var notMeasures = []string{"年", "月", "日", "世纪", "号", "届", "章", "节", "型", "G网", "G通", "G时", "D打", "]", "］", "）"}

// measured reports whether a text has a number that measures something.
func measured(text string) bool {
	for _, p := range slices.Backward(catalog.PhonesIn(text)) {
		text = text[:p.From] + text[p.To:]
	}
	text = strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFEE0
		}
		return r
	}, text)
	if hanNumber.MatchString(text) {
		return true
	}
	for _, m := range number.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:m[0]])
		after := strings.TrimLeft(text[m[1]:], " ")
		next, _ := utf8.DecodeRuneInString(after)
		switch {
		case m[0] > 0 && (before < 0x80 && unicode.IsLetter(before) || before == '-' && glued(text[:m[0]-1]) || before == '第' || before == '_'):
		case slices.ContainsFunc(notMeasures, func(s string) bool { return strings.HasPrefix(after, s) }):
		case before == '[' || next == ')' && before == '(':
		case (next == 'G' || next == 'D') && !letterOrDigit(after[1:]):
		default:
			return true
		}
	}
	return false
}

// glued reports whether a text ends with a letter, as COVID before -19.
func glued(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func letterOrDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

var (
	mail     = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	chat     = regexp.MustCompile(`(?:微信|QQ|qq)(?:号码?)?[:： ]{1,2}[A-Za-z0-9_-]{5,20}`)
	identity = regexp.MustCompile(`[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]`)
)

// personal says which personal information a text holds beside telephone
// numbers: "email", "chat" or "identity", "" if none.
func personal(text string) string {
	switch {
	case slices.ContainsFunc(identity.FindAllString(text, -1), citizen):
		return "identity"
	case mail.MatchString(text):
		return "email"
	case chat.MatchString(text):
		return "chat"
	}
	return ""
}

// citizen reports whether 18 digits end with the check digit of an identity
// number: ISO 7064 MOD 11-2, which GB 11643 names.
func citizen(id string) bool {
	sum := 0
	for _, r := range id[:17] {
		sum = (sum + int(r-'0')) * 2 % 11
	}
	return "10X98765432"[sum] == strings.ToUpper(id)[17]
}

// owners are the right holders as written, each once.
func owners(r *catalog.Result) []string {
	var out, folded []string
	add := func(names []string) {
		for _, n := range names {
			if f := catalog.Fold(n); f != "" && !slices.Contains(folded, f) {
				out, folded = append(out, n), append(folded, f)
			}
		}
	}
	add(r.Owners)
	for _, right := range r.Rights {
		add(right.Holders)
	}
	return out
}

// published reports whether the office has nothing to give away any more: every
// right was published by the patent office.
func published(r *catalog.Result) bool {
	return len(r.Rights) > 0 && !slices.ContainsFunc(r.Rights, func(x catalog.Right) bool { return x.Published == "" })
}
