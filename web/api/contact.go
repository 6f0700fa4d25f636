package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/process"
	"datai/web/ui"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type (
	caseState  string
	caseSource string
	askSource  string
	caseReason string
	caseStep   string
	caseAnswer string
	caseGoing  string
)

func (caseState) Schema(huma.Registry) *huma.Schema  { return words(contact.States()...) }
func (caseStep) Schema(huma.Registry) *huma.Schema   { return words(contact.Actions()...) }
func (caseSource) Schema(huma.Registry) *huma.Schema { return words(contact.Sources()...) }
func (askSource) Schema(huma.Registry) *huma.Schema {
	return words(contact.FromListing, contact.FromMatch)
}
func (caseAnswer) Schema(huma.Registry) *huma.Schema {
	return words(contact.Asked, contact.Willing, contact.Declined, contact.Retracted)
}
func (caseGoing) Schema(huma.Registry) *huma.Schema { return words(contact.Goings()...) }

// Schema is no list: a university adds reasons of its own, which get-process
// names.
func (caseReason) Schema(huma.Registry) *huma.Schema { return reasonSchema() }

// How many cases an address may open through the interface.
const casesPerMinute, casesBurst = 2, 20

// Contacting is what somebody fills in to be brought together: about a result, a
// need or a person, one of which is named. Pass agrees that the professor gets
// name and number.
type Contacting struct {
	Result       string    `json:"result,omitempty" maxLength:"64"`
	Person       string    `json:"person,omitempty" maxLength:"64"`
	Name         string    `json:"name" minLength:"1" maxLength:"40"`
	Organisation string    `json:"organisation" minLength:"1" maxLength:"80"`
	Reach        string    `json:"reach" minLength:"1" maxLength:"100"`
	Purpose      string    `json:"purpose" minLength:"1" maxLength:"1000"`
	Mode         way       `json:"mode,omitempty"`
	Source       askSource `json:"source,omitempty" default:"listing"`
	Need         string    `json:"need,omitempty" maxLength:"64"`
	Consent      bool      `json:"consent"`
	Pass         bool      `json:"pass,omitempty"`
}

// Opened is the receipt of whoever asked: URL is their page, which nobody
// guesses and which is told this once.
type Opened struct {
	Code        string    `json:"code"`
	URL         string    `json:"url" format:"uri"`
	DueAt       time.Time `json:"dueAt"`
	Provisional bool      `json:"provisional"`
	Text        string    `json:"text"`
}

// Case is a case as the office sees it, without anything of whoever asked:
// that is shown on its page, one by one.
type Case struct {
	Code        string     `json:"code"`
	Version     int64      `json:"version"`
	State       caseState  `json:"state"`
	Source      caseSource `json:"source"`
	Result      string     `json:"result,omitempty"`
	Title       string     `json:"title"`
	Unit        string     `json:"unit,omitempty"`
	Need        string     `json:"need,omitempty"`
	Person      string     `json:"person,omitempty"`
	Entered     bool       `json:"entered"`
	Confirmed   bool       `json:"confirmed"`
	Professor   caseAnswer `json:"professor,omitempty"`
	Calls       string     `json:"calls,omitempty" enum:"coordinate,ended"`
	Mode        way        `json:"mode,omitempty"`
	DueAt       *time.Time `json:"dueAt,omitempty"`
	Provisional bool       `json:"provisional,omitempty"`
	Overdue     bool       `json:"overdue"`
	Officer     string     `json:"officer,omitempty"`
	Reason      caseReason `json:"reason,omitempty"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
	// Steps are those with a form that the caller may take now; lists do not say.
	Steps []caseStep `json:"steps,omitempty"`
}

type listCases struct {
	Paging
	State []caseState `query:"state"`
	Mine  bool        `query:"mine"`
	Due   bool        `query:"due"`
	Stuck bool        `query:"stuck"`
	Unit  string      `query:"unit" maxLength:"100"`
	Find  string      `query:"q" maxLength:"100"`
}

// query is which cases are asked for.
func (in *listCases) query(who account.Principal) contact.Query {
	q := contact.Query{Filter: contact.Filter{States: converted[contact.State](in.State), Unit: in.Unit, Find: in.Find}, OnlyDue: in.Due, OnlyStuck: in.Stuck}
	if in.Mine {
		q.Officer = who.ID
	}
	return q
}

type assignCase struct {
	Coded
	Versioned
	Body struct {
		Officer string `json:"officer" minLength:"1" maxLength:"100"`
	} `nameHint:"Assignment"`
}

// Moving is what an officer does with a case.
type Moving struct {
	Do     caseStep   `json:"do"`
	Next   string     `json:"next,omitempty" maxLength:"500"`
	Remind string     `json:"remind,omitempty" format:"date"`
	Reason caseReason `json:"reason,omitempty"`
	Text   string     `json:"text,omitempty" maxLength:"500"`
}

func (m Moving) move() contact.Move {
	out := contact.Move{Do: process.Action(m.Do), Next: m.Next, Reason: string(m.Reason), Text: m.Text}
	if t, err := time.Parse(time.DateOnly, m.Remind); err == nil {
		out.Remind = catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	}
	return out
}

// openSteps are the steps with a form that somebody may take now.
func (a *API) openSteps(ctx context.Context, s process.State, as []process.Actor) ([]caseStep, error) {
	d, err := a.Contact.Process(ctx)
	if err != nil {
		return nil, err
	}
	var out []caseStep
	for _, x := range d.Open(s, as) {
		out = append(out, caseStep(x.Action))
	}
	return out, nil
}

type moveCase struct {
	Coded
	Versioned
	Body Moving
}

func (a *API) contacts() {
	add(a, operation{id: "ask-contact", method: http.MethodPost, path: "/contacts", tag: "contacts", do: account.AskContact, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }},
		func(ctx context.Context, c caller, in *struct{ Body Contacting }) (*struct{ Body Opened }, error) {
			if wait := a.asked.Take(c.address); wait > 0 {
				return nil, tooMany(wait)
			}
			b := in.Body
			r := contact.Request{Name: b.Name, Organisation: b.Organisation, Reach: b.Reach, Purpose: b.Purpose, Mode: catalog.Way(b.Mode),
				Source: contact.Source(b.Source), Need: b.Need, Person: b.Person}
			if b.Consent {
				r.Consent = c.lang.Say("cases.consent")
			}
			if b.Pass {
				r.Pass = c.lang.Say("cases.pass")
			}
			x, secret, err := a.Contact.Ask(context.WithoutCancel(ctx), c.who, b.Result, r)
			if err != nil {
				return nil, err
			}
			term, err := a.Contact.Promise(ctx, x)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Opened }{Opened{Code: x.Code, URL: a.BaseURL.JoinPath("contact", secret).String(), DueAt: moment(x.DueAt),
				Provisional: x.Due == contact.DueProvisional, Text: ui.View{Lang: c.lang, Now: a.Now()}.SentText(x, term)}}, nil
		})
	add(a, operation{id: "list-contacts", method: http.MethodGet, path: "/contacts", tag: "contacts", do: account.HandleContacts}, a.listCases)
	add(a, operation{id: "get-contact", method: http.MethodGet, path: "/contacts/{code}", tag: "contacts", do: account.HandleContacts},
		func(ctx context.Context, c caller, in *Coded) (*tagged[Case], error) { return a.getCase(ctx, c, *in) })
	add(a, operation{id: "assign-contact", method: http.MethodPost, path: "/contacts/{code}/assign", tag: "contacts", do: account.AssignContacts, write: true},
		func(ctx context.Context, c caller, in *assignCase) (*tagged[Case], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			officers, err := a.Contact.Officers(ctx, c.who)
			if err != nil {
				return nil, err
			}
			var id uuid.UUID // of nobody, which is refused
			for _, o := range officers {
				if o.Name == in.Body.Officer {
					id = o.ID
				}
			}
			if err := stale(a.Contact.Assign(ctx, c.who, in.Code, version, id)); err != nil {
				return nil, err
			}
			return a.getCase(ctx, c, in.Coded)
		})
	add(a, operation{id: "move-contact", method: http.MethodPost, path: "/contacts/{code}/move", tag: "contacts", do: account.HandleContacts, write: true},
		func(ctx context.Context, c caller, in *moveCase) (*tagged[Case], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			if err := stale(a.Contact.Move(ctx, c.who, in.Code, version, in.Body.move())); err != nil {
				return nil, err
			}
			return a.getCase(ctx, c, in.Coded)
		})
	a.openings()
	a.professors()
}

// addressOf is a page that stands behind a secret.
func (a *API) addressOf(path string) string { return a.BaseURL.JoinPath(path).String() }

// stale makes of a conflict of versions the answer to If-Match.
func stale(err error) error {
	if e, ok := err.(*catalog.Error); ok && e.Key == errStale.err.Key { //nolint:errorlint // a refusal comes bare
		return errStale
	}
	return err
}

func (a *API) listCases(ctx context.Context, c caller, in *listCases) (*listed[Case], error) {
	f := in.query(c.who)
	from, err := in.page("contacts", f)
	if err != nil {
		return nil, err
	}
	page := contact.Page{ID: from.ID, Limit: in.Limit}
	if from.SortKey != "" {
		if page.DueAt, err = strconv.ParseInt(from.SortKey, 10, 64); err != nil {
			return nil, errCursor
		}
	}
	found, next, err := a.Contact.Cases(ctx, c.who, f, page)
	if err != nil {
		return nil, err
	}
	officers, err := a.Contact.Officers(ctx, c.who)
	if err != nil {
		return nil, err
	}
	items := make([]Case, 0, len(found))
	for _, x := range found {
		items = append(items, a.caseOf(x, officers))
	}
	query := map[string][]string{}
	if len(in.State) > 0 {
		query["state"] = []string{strings.Join(converted[string](in.State), ",")}
	}
	for name, on := range map[string]bool{"mine": in.Mine, "due": in.Due, "stuck": in.Stuck} {
		if on {
			query[name] = []string{"true"}
		}
	}
	for name, text := range map[string]string{"unit": in.Unit, "q": in.Find} {
		if text != "" {
			query[name] = []string{text}
		}
	}
	after := from
	after.SortKey, after.ID, after.Limit = fmt.Sprint(next.DueAt), next.ID, next.Limit
	return pageOf("contacts", f, items, after, query)
}

func (a *API) getCase(ctx context.Context, c caller, code Coded) (*tagged[Case], error) {
	if err := code.fit(); err != nil {
		return nil, err
	}
	x, err := a.Contact.Case(ctx, c.who, code.Code)
	if err != nil {
		return nil, err
	}
	officers, err := a.Contact.Officers(ctx, c.who)
	if err != nil {
		return nil, err
	}
	out := a.caseOf(x, officers)
	if out.Steps, err = a.openSteps(ctx, x.State, contact.As(c.who)); err != nil {
		return nil, err
	}
	return tag(x.Version, out)
}

func (a *API) caseOf(x contact.Case, officers []account.Account) Case {
	name := ""
	for _, o := range officers {
		if o.ID == x.Officer {
			name = o.Name
		}
	}
	return CaseOf(x, name, a.Now())
}

// CaseOf is a case with the name of who handles it, at a time.
func CaseOf(x contact.Case, officer string, now time.Time) Case {
	out := Case{Officer: officer, Code: x.Code, Version: x.Version, State: caseState(x.State), Source: caseSource(x.Source), Result: x.ResultCode, Title: x.Title,
		Unit: x.Unit, Need: x.Need, Person: x.Person, Entered: x.Entered, Confirmed: x.Agreed(), Professor: caseAnswer(x.Professor.State), Calls: string(x.Calls), Mode: way(x.Mode), Provisional: x.Due == contact.DueProvisional, Overdue: x.Overdue(now.UnixMilli()),
		Reason: caseReason(x.Reason), CreatedAt: moment(x.CreatedAt), UpdatedAt: moment(x.UpdatedAt)}
	if x.DueAt != contact.NeverDue {
		out.DueAt = maybe(x.DueAt)
	}
	return out
}
