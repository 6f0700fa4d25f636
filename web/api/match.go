package api

import (
	"context"
	"net/http"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"

	"github.com/danielgtaylor/huma/v2"
)

// The words of matches that the document names.
type (
	label       string
	rowVerdict  string
	said        string
	termVerdict string
	askKind     string
)

var (
	labelNames   = map[match.Label]label{match.LabelStrong: "strong", match.LabelPossible: "possible", match.LabelWeak: "weak", match.LabelNone: "none"}
	verdictNames = map[match.Verdict]rowVerdict{match.Meets: "meets", match.Short: "short", match.NotComparable: "not_comparable", match.Unstated: "unstated"}
	kindsAsked   = map[askKind]match.Kind{"result": match.KindResult, "need": match.KindNeed, "party": match.KindParty, "person": match.KindPerson}
)

func (label) Schema(huma.Registry) *huma.Schema { return words("strong", "possible", "weak", "none") }
func (rowVerdict) Schema(huma.Registry) *huma.Schema {
	return words("meets", "short", "not_comparable", "unstated")
}
func (said) Schema(huma.Registry) *huma.Schema {
	return words(matchmaker.Useful, matchmaker.NotUseful, matchmaker.Task)
}
func (termVerdict) Schema(huma.Registry) *huma.Schema {
	return words(matchmaker.TermAccepted, matchmaker.TermStruck)
}
func (askKind) Schema(huma.Registry) *huma.Schema { return words("result", "need", "party", "person") }

// Question is a problem in somebody's own words, and what they have marked so
// far. Nothing of it is kept.
type Question struct {
	Text      string   `json:"text" minLength:"2" maxLength:"4000"`
	Kind      askKind  `json:"kind,omitempty" default:"result"`
	Themes    []theme  `json:"themes,omitempty"`
	Terms     []string `json:"terms,omitempty" maxItems:"50"`
	Struck    []string `json:"struck,omitempty" maxItems:"50"`
	Useful    []string `json:"useful,omitempty" maxItems:"50"`
	NotUseful []string `json:"notUseful,omitempty" maxItems:"50"`
	Limit     int      `json:"limit,omitempty" minimum:"1" maximum:"50" default:"10"`
	Experts   int      `json:"experts,omitempty" minimum:"0" maximum:"20"`
	Suggest   bool     `json:"suggest,omitempty"`
}

// Answer is what fits, best first. What cannot be recommended is not in it.
type Answer struct {
	Matches     []Match  `json:"matches"`
	Total       int      `json:"total"`
	People      []Expert `json:"people,omitempty"`
	Units       []Expert `json:"units,omitempty"`
	Enterprises []Expert `json:"enterprises,omitempty"`
	Terms       []Term   `json:"terms,omitempty"`
}

// Match is one thing that fits: exactly one of Result, Need, Party and Person.
type Match struct {
	Label   label    `json:"label"`
	Result  *Result  `json:"result,omitempty"`
	Need    *Need    `json:"need,omitempty"`
	Party   *Party   `json:"party,omitempty"`
	Person  *Person  `json:"person,omitempty"`
	Reasons []string `json:"reasons"`
	Rows    []Row    `json:"rows,omitempty"`
	Said    said     `json:"said,omitempty"`
	Reason  string   `json:"reason,omitempty"`
}

// Row is a line of the indicator table.
type Row struct {
	Name    string     `json:"name"`
	Want    string     `json:"want"`
	Have    string     `json:"have,omitempty"`
	Verdict rowVerdict `json:"verdict"`
	Text    string     `json:"text"`
	Quote   string     `json:"quote,omitempty"`
}

// Expert is a person or an organisation behind results that fit.
type Expert struct {
	Name    string   `json:"name"`
	Unit    string   `json:"unit,omitempty"`
	Label   label    `json:"label"`
	Reasons []string `json:"reasons"`
	Results []string `json:"results,omitempty"`
}

// Term is a technical term that narrows a question, with how many results hold
// it.
type Term struct {
	Text    string      `json:"text"`
	Results int         `json:"results"`
	Verdict termVerdict `json:"verdict,omitempty"`
}

type ask struct{ Body Question }

type limited struct {
	Coded
	Limit int `query:"limit" minimum:"1" maximum:"50" default:"10"`
}

type expertly struct {
	Coded
	Limit   int `query:"limit" minimum:"1" maximum:"50" default:"10"`
	Experts int `query:"experts" minimum:"0" maximum:"20" default:"0"`
}

// FeedbackOn names one match of a need.
type FeedbackOn struct {
	Coded
	Result string `path:"result" maxLength:"64"`
}

// Feedback is what somebody thinks of a match.
type Feedback struct {
	Verdict said   `json:"verdict"`
	Reason  string `json:"reason,omitempty" maxLength:"40"`
	Text    string `json:"text,omitempty" maxLength:"200"`
}

type giveFeedback struct {
	FeedbackOn
	Body Feedback
}

// Saying is a word on a term of a need.
type Saying struct {
	Term    string      `json:"term" minLength:"1" maxLength:"100"`
	Verdict termVerdict `json:"verdict"`
}

type sayTerm struct {
	Coded
	Body Saying
}

type forgetTerm struct {
	Coded
	Term string `query:"term" required:"true" maxLength:"100"`
}

type nothing struct{}

func (a *API) matches() {
	add(a, operation{id: "match", method: http.MethodPost, path: "/match", tag: "match", do: account.SeePublic},
		func(ctx context.Context, c caller, in *ask) (*struct{ Body Answer }, error) {
			q := in.Body
			if utf8.RuneCountInString(catalog.Fold(q.Text)) < 2 {
				return nil, catalog.Refuse(catalog.Invalid, "api.too_short")
			}
			found, err := a.Match.Ask(ctx, c.who, matchmaker.Question{Count: true, Text: catalog.Clean(q.Text), Kinds: []match.Kind{kindsAsked[q.Kind]},
				Themes: converted[catalog.Theme](q.Themes), Terms: terms(q.Terms), Struck: terms(q.Struck), Useful: codes(q.Useful),
				NotUseful: codes(q.NotUseful), K: q.Limit, Experts: q.Experts, Chips: q.Suggest})
			if err != nil {
				return nil, err
			}
			least := match.LabelWeak
			if q.Kind == "need" {
				least = match.LabelPossible // as on pages
			}
			found.Matches = matchmaker.Worth(found.Matches, least)
			return &struct{ Body Answer }{a.answerOf(c, found)}, nil
		})
	add(a, operation{id: "similar-results", method: http.MethodGet, path: "/results/{code}/similar", tag: "match", do: account.SeePublic},
		func(ctx context.Context, c caller, in *limited) (*tagged[Answer], error) {
			r, err := a.result(ctx, c, in.Coded)
			if err != nil {
				return nil, err
			}
			found, err := a.Match.Similar(ctx, c.who, r, in.Limit)
			if err != nil {
				return nil, err
			}
			return tag(0, a.answerOf(c, found))
		})
	add(a, operation{id: "needs-for-result", method: http.MethodGet, path: "/results/{code}/needs", tag: "match", do: account.SeeOffice},
		func(ctx context.Context, c caller, in *limited) (*tagged[Answer], error) {
			r, err := a.result(ctx, c, in.Coded)
			if err != nil {
				return nil, err
			}
			found, err := a.Match.NeedsFor(ctx, c.who, r, in.Limit)
			if err != nil {
				return nil, err
			}
			found.Matches = matchmaker.Worth(found.Matches, match.LabelPossible)
			return tag(0, a.answerOf(c, found))
		})
	add(a, operation{id: "match-need", method: http.MethodGet, path: "/needs/{code}/matches", tag: "match", do: account.SeeOffice},
		func(ctx context.Context, c caller, in *expertly) (*tagged[Answer], error) {
			n, err := a.need(ctx, c, in.Coded)
			if err != nil {
				return nil, err
			}
			found, err := a.Match.ForNeed(ctx, c.who, n, in.Limit, in.Experts)
			if err != nil {
				return nil, err
			}
			found.Matches = matchmaker.ForManager(found.Matches)
			return tag(0, a.answerOf(c, found))
		})
	a.sayings()
}

// sayings are the words that people have on matches and terms of a need.
func (a *API) sayings() {
	say := func(ctx context.Context, c caller, on FeedbackOn, f Feedback) (*nothing, error) {
		n, err := a.need(ctx, c, on.Coded)
		if err != nil {
			return nil, err
		}
		if err := (Coded{on.Result}).fit(); err != nil {
			return nil, err
		}
		return nil, a.Match.Say(ctx, c.who, n, on.Result, matchmaker.Verdict(f.Verdict), f.Reason, f.Text)
	}
	sayTermOf := func(ctx context.Context, c caller, code Coded, term string, v termVerdict) (*nothing, error) {
		n, err := a.need(ctx, c, code)
		if err != nil {
			return nil, err
		}
		return nil, a.Match.SayTerm(ctx, c.who, n, term, matchmaker.TermVerdict(v))
	}
	const feedbackPath, termPath = "/needs/{code}/matches/{result}/feedback", "/needs/{code}/terms"
	add(a, operation{id: "give-feedback", method: http.MethodPut, path: feedbackPath, tag: "match", do: account.GiveFeedback, write: true},
		func(ctx context.Context, c caller, in *giveFeedback) (*nothing, error) {
			return say(ctx, c, in.FeedbackOn, in.Body)
		})
	add(a, operation{id: "take-back-feedback", method: http.MethodDelete, path: feedbackPath, tag: "match", do: account.GiveFeedback, write: true},
		func(ctx context.Context, c caller, in *FeedbackOn) (*nothing, error) {
			return say(ctx, c, *in, Feedback{})
		})
	add(a, operation{id: "say-term", method: http.MethodPut, path: termPath, tag: "match", do: account.GiveFeedback, write: true},
		func(ctx context.Context, c caller, in *sayTerm) (*nothing, error) {
			return sayTermOf(ctx, c, in.Coded, in.Body.Term, in.Body.Verdict)
		})
	add(a, operation{id: "forget-term", method: http.MethodDelete, path: termPath, tag: "match", do: account.GiveFeedback, write: true},
		func(ctx context.Context, c caller, in *forgetTerm) (*nothing, error) {
			return sayTermOf(ctx, c, in.Coded, in.Term, "")
		})
}

// terms are the terms that may be such, each cleaned.
func terms(in []string) []string {
	var out []string
	for _, t := range in {
		if t = matchmaker.CleanTerm(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// codes are the codes that may be such.
func codes(in []string) []string {
	var out []string
	for _, t := range in {
		if t = catalog.Clean(t); t != "" && len(t) <= 100 {
			out = append(out, t)
		}
	}
	return out
}

func (a *API) answerOf(c caller, found matchmaker.Answer) Answer {
	out := Answer{Matches: make([]Match, 0, len(found.Matches)), Total: found.Total,
		People: expertsOf(c, found.Experts.People), Units: expertsOf(c, found.Experts.Units), Enterprises: expertsOf(c, found.Experts.Enterprises)}
	for _, m := range found.Matches {
		out.Matches = append(out.Matches, a.matchOf(c, m))
	}
	for _, chip := range found.Chips {
		out.Terms = append(out.Terms, Term{chip.Text, chip.Count, termVerdict(chip.Verdict)})
	}
	return out
}

func (a *API) matchOf(c caller, m matchmaker.Match) Match {
	out := Match{Label: labelNames[m.Hit.Label], Reasons: append([]string{}, matchmaker.Why(c.lang, m)...), Said: said(m.Marked)}
	if m.Said != nil {
		out.Reason = m.Said.Reason
	}
	switch {
	case m.Result != nil:
		r := a.ResultOf(*m.Result, c.office())
		out.Result = &r
	case m.Need != nil:
		n := a.NeedOf(*m.Need, c.office())
		out.Need = &n
	case m.Party != nil:
		p := partyOf(*m.Party)
		out.Party = &p
	case m.Person != nil:
		p := personOf(*m.Person)
		out.Person = &p
	}
	for _, r := range m.Hit.Why.Rows {
		row := Row{Name: r.Name, Want: matchmaker.SayIndicator(c.lang, r.Want), Verdict: verdictNames[r.Verdict], Text: matchmaker.SayVerdict(c.lang, r), Quote: r.Quote}
		if r.Verdict != match.Unstated {
			row.Have = matchmaker.SayIndicator(c.lang, r.Have)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func expertsOf(c caller, in []matchmaker.Expert) []Expert {
	var out []Expert
	for _, x := range in {
		e := Expert{Name: x.Name, Unit: x.Unit, Label: labelNames[x.Label], Reasons: append([]string{}, matchmaker.WhyExpert(c.lang, x)...)}
		for _, m := range x.Results {
			if m.Result != nil {
				e.Results = append(e.Results, m.Result.Code)
			}
		}
		out = append(out, e)
	}
	return out
}
