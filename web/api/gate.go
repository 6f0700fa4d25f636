package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/process"
	"datai/shelf"
	"datai/wording"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type (
	gateState    string
	gateStep     string
	gateReason   string
	gateQuestion string
	gateFilter   string
)

func (gateState) Schema(huma.Registry) *huma.Schema    { return words(gate.States()...) }
func (gateStep) Schema(huma.Registry) *huma.Schema     { return words(gate.Actions()...) }
func (gateQuestion) Schema(huma.Registry) *huma.Schema { return words(gate.Codes()...) }
func (gateFilter) Schema(huma.Registry) *huma.Schema {
	return words(append([]gate.Code{gate.AskNothing}, gate.Codes()...)...)
}

// Schema is no list: a university adds reasons of its own.
func (gateReason) Schema(huma.Registry) *huma.Schema { return reasonSchema() }

// reasonSchema is that of a reason of a step, on which the service decides.
func reasonSchema() *huma.Schema {
	most := 30
	return &huma.Schema{Type: huma.TypeString, MaxLength: &most, Pattern: "^[a-z][a-z0-9_]*$", Description: "A reason of the step under the process definition in force, as get-process names them"}
}

// OpenQuestion is what a result leaves open, in the caller's language.
type OpenQuestion struct {
	Code  gateQuestion `json:"code"`
	Holds bool         `json:"holds"`
	Text  string       `json:"text"`
}

// Waiting is a result before the shelf. Ref names it in the versions that were
// read.
type Waiting struct {
	Ref       string         `json:"ref"`
	Code      string         `json:"code"`
	Title     string         `json:"title"`
	Unit      string         `json:"unit,omitempty"`
	State     gateState      `json:"state"`
	Held      bool           `json:"held"`
	Questions []OpenQuestion `json:"questions"`
}

// WaitingList is a part of the list with the counts over all of it; Refs are
// those of the part, ready to be listed.
type WaitingList struct {
	Total      int            `json:"total"`
	Free       int            `json:"free"`
	Held       int            `json:"held"`
	Professors int            `json:"professors"`
	ByQuestion map[string]int `json:"byQuestion"`
	Refs       []string       `json:"refs"`
	Items      []Waiting      `json:"items"`
}

type listGate struct {
	Question gateFilter `query:"question"`
	State    gateState  `query:"state"`
	Unit     string     `query:"unit" maxLength:"300"`
	Batch    string     `query:"batch" maxLength:"36"`
	Skip     int        `query:"skip" minimum:"0" maximum:"1000000"`
	Limit    int        `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// Standing is where one result stands at the gate.
type Standing struct {
	Ref        string         `json:"ref"`
	Code       string         `json:"code"`
	Version    int64          `json:"version"` // that drafts of its steps name
	State      gateState      `json:"state"`
	Questions  []OpenQuestion `json:"questions"`
	Open       []gateQuestion `json:"open"`
	Reason     string         `json:"reason,omitempty"`
	Text       string         `json:"text,omitempty"`
	Confirmed  bool           `json:"confirmedByCompleter"`
	Registered string         `json:"registeredOn,omitempty"`
	IdleAt     *time.Time     `json:"idleAt,omitempty"`
	Verdict    string         `json:"verdict,omitempty"`
}

// Listed is what listing many results did.
type Listed struct {
	Done int         `json:"done"`
	Left []LeftThere `json:"left"`
}

// LeftThere is a result that stayed, and why.
type LeftThere struct {
	Title string `json:"title"`
	Why   string `json:"why"`
}

type publishMany struct {
	Body struct {
		Confirm bool     `json:"confirm"`
		Refs    []string `json:"refs" minItems:"1" maxItems:"1000"`
	} `nameHint:"GateListing"`
}

// GateMove is what an officer does with a result.
type GateMove struct {
	Ref    string     `json:"ref" maxLength:"80"`
	Do     gateStep   `json:"do"`
	On     string     `json:"on,omitempty" format:"date"`
	Reason gateReason `json:"reason,omitempty"`
	Text   string     `json:"text,omitempty" maxLength:"500"`
	Sure   bool       `json:"sure,omitempty"`
}

type moveGate struct {
	Coded
	Body GateMove
}

type askGate struct {
	Body struct {
		Question gateFilter `json:"question,omitempty"`
		Unit     string     `json:"unit,omitempty" maxLength:"300"`
		Batch    string     `json:"batch,omitempty" maxLength:"36"`
		Send     bool       `json:"send"`
	} `nameHint:"Asking"`
}

// AskedProfessor is a link that was made: URL is told this once. For whom it is
// the page of the office says.
type AskedProfessor struct {
	Unit      string    `json:"unit"`
	Results   int       `json:"results"`
	Sent      string    `json:"sent,omitempty" enum:"sms,mail"`
	URL       string    `json:"url" format:"uri"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// AskedProfessors are all of a call; Left is how many results nobody was asked
// about.
type AskedProfessors struct {
	Links []AskedProfessor `json:"links"`
	Left  int              `json:"left"`
}

func refOf(r gate.Ref) string {
	return r.ID.String() + "." + strconv.FormatInt(r.Version, 10) + "." + strconv.FormatInt(r.Case, 10)
}

func readRef(text string) (r gate.Ref, err error) {
	parts := strings.Split(text, ".")
	bad := catalog.Refuse(catalog.Invalid, "error.form")
	if len(parts) != 3 {
		return r, bad
	}
	if r.ID, err = uuid.Parse(parts[0]); err != nil {
		return r, bad
	}
	var verr error
	r.Version, err = strconv.ParseInt(parts[1], 10, 64)
	if r.Case, verr = strconv.ParseInt(parts[2], 10, 64); err != nil || verr != nil {
		return r, bad
	}
	return r, nil
}

func asked(l wording.Lang, qs []gate.Question) []OpenQuestion {
	out := []OpenQuestion{}
	for _, q := range qs {
		out = append(out, OpenQuestion{Code: gateQuestion(q.Code), Holds: q.Holds, Text: l.Say("gate.short." + string(q.Code))})
	}
	return out
}

func filterOf(question gateFilter, state gateState, unit, batch string) (f gate.Filter, err error) {
	f = gate.Filter{Question: gate.Code(question), Unit: unit}
	if state != "" {
		f.States = []gate.State{gate.State(state)}
	}
	if batch != "" {
		if f.Batch, err = uuid.Parse(batch); err != nil {
			return f, catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	return f, nil
}

func (a *API) gates() {
	add(a, operation{id: "list-gate", method: http.MethodGet, path: "/gate", tag: "gate", do: account.ListResults}, a.listGate)
	add(a, operation{id: "get-gate", method: http.MethodGet, path: "/gate/{code}", tag: "gate", do: account.ListResults},
		func(ctx context.Context, c caller, in *Coded) (*struct{ Body Standing }, error) {
			return a.standing(ctx, c, *in)
		})
	add(a, operation{id: "publish-gate", method: http.MethodPost, path: "/gate/list", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *publishMany) (*struct{ Body Listed }, error) {
			if !in.Body.Confirm {
				return nil, catalog.Refuse(catalog.Invalid, "bulk.confirm_required")
			}
			var refs []gate.Ref
			for _, text := range in.Body.Refs {
				r, err := readRef(text)
				if err != nil {
					return nil, err
				}
				refs = append(refs, r)
			}
			out, err := a.Gate.List(ctx, c.who, refs, c.lang.Say("bulk.confirm.results"))
			if err != nil {
				return nil, err
			}
			body := Listed{Done: out.Done, Left: []LeftThere{}}
			for _, l := range leftAt(c, out).Left {
				body.Left = append(body.Left, LeftThere{Title: l.Title, Why: c.lang.SayArgs(l.Err.Key, l.Err.Args)})
			}
			return &struct{ Body Listed }{body}, nil
		})
	add(a, operation{id: "move-gate", method: http.MethodPost, path: "/gate/{code}/move", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *moveGate) (*struct{ Body Standing }, error) {
			ref, err := readRef(in.Body.Ref)
			if err != nil {
				return nil, err
			}
			m := gate.Move{Do: process.Action(in.Body.Do), Reason: string(in.Body.Reason), Text: in.Body.Text, Sure: in.Body.Sure}
			if t, err := time.Parse(time.DateOnly, in.Body.On); err == nil {
				m.On = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
			}
			if err := a.Gate.Move(ctx, c.who, in.Code, ref.Seen(), m); err != nil {
				return nil, err
			}
			return a.standing(ctx, c, in.Coded)
		})
	add(a, operation{id: "ask-professors", method: http.MethodPost, path: "/gate/ask", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *askGate) (*struct{ Body AskedProfessors }, error) {
			f, err := filterOf(in.Body.Question, "", in.Body.Unit, in.Body.Batch)
			if err != nil {
				return nil, err
			}
			sent, left, err := a.Gate.Ask(context.WithoutCancel(ctx), c.who, f, in.Body.Send)
			if err != nil {
				return nil, err
			}
			out := AskedProfessors{Links: []AskedProfessor{}, Left: left}
			for _, s := range sent {
				out.Links = append(out.Links, AskedProfessor{Unit: s.Unit, Results: s.Results, Sent: s.By, URL: a.BaseURL.JoinPath(gate.LinkPath(s.Secret)).String(), ExpiresAt: moment(s.ExpiresAt)})
			}
			return &struct{ Body AskedProfessors }{out}, nil
		})
}

// leftAt is what a step for many did, the questions that hold results by their
// names.
func leftAt(c caller, out gate.Outcome) shelf.Outcome {
	to := shelf.Outcome{Done: out.Done}
	for _, l := range out.Left {
		if q := l.Err.Args["question"]; q != "" {
			l.Err = catalog.Refuse(l.Err.Code, l.Err.Key, "question", c.lang.Say("gate.short."+q))
		}
		to.Left = append(to.Left, shelf.Left{ID: l.ID, Title: l.Title, Err: l.Err})
	}
	return to
}

func (a *API) listGate(ctx context.Context, c caller, in *listGate) (*struct{ Body WaitingList }, error) {
	f, err := filterOf(in.Question, in.State, in.Unit, in.Batch)
	if err != nil {
		return nil, err
	}
	f.Skip, f.Limit = in.Skip, in.Limit
	l, err := a.Gate.Before(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	out := WaitingList{Total: l.Total, Free: l.Free, Held: l.Held, Professors: l.Professors, ByQuestion: map[string]int{}, Refs: []string{}, Items: []Waiting{}}
	for q, n := range l.ByQuestion {
		out.ByQuestion[string(q)] = n
	}
	for _, x := range l.Items {
		out.Refs = append(out.Refs, refOf(x.Ref))
		out.Items = append(out.Items, WaitingOf(x, c.lang))
	}
	return &struct{ Body WaitingList }{out}, nil
}

// WaitingOf is a line of the list of the gate, its questions in a language.
func WaitingOf(x gate.Item, l wording.Lang) Waiting {
	return Waiting{Ref: refOf(x.Ref), Code: x.Code, Title: x.Title, Unit: x.Unit, State: gateState(x.State), Held: x.Held, Questions: asked(l, x.Questions)}
}

// StandingOf is where a result stands, its questions in a language.
func StandingOf(v gate.View, l wording.Lang) Standing {
	out := Standing{Ref: refOf(gate.Ref{ID: v.Result.ID, Version: v.Result.Version, Case: v.Case.Version}), Code: v.Result.Code, Version: v.Seen(), State: gateState(v.Case.State), Questions: asked(l, v.Questions),
		Open: []gateQuestion{}, Reason: v.Case.Reason, Text: v.Case.Text, Confirmed: v.SaidStill, Registered: v.Case.Registered.String(), Verdict: v.Case.Verdict}
	for _, q := range v.Open {
		out.Open = append(out.Open, gateQuestion(q.Code))
	}
	if v.Clock.Runs {
		at := moment(v.Clock.At)
		out.IdleAt = &at
	}
	return out
}

func (a *API) standing(ctx context.Context, c caller, in Coded) (*struct{ Body Standing }, error) {
	if err := in.fit(); err != nil {
		return nil, err
	}
	v, err := a.Gate.View(ctx, c.who, in.Code)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Standing }{StandingOf(v, c.lang)}, nil
}
