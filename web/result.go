package web

import (
	"encoding/json"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/match"
	"datai/matchmaker"
	"datai/web/ui"
)

const (
	similarHits = 3
	resultNeeds = 5
)

func (p *Pages) results(c *visit) error { return p.browse(c, "/results", "results", match.KindResult) }

func stateNames[S ~string](states []S) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

func (p *Pages) result(c *visit) error {
	c.v.Nav = "results"
	code, asJSON := strings.CutSuffix(c.r.PathValue("code"), ".json")
	if err := fitCode(code); err != nil {
		return err
	}
	r, err := p.Shelf.Result(c.ctx(), c.v.Who, code)
	if err != nil {
		return err
	}
	if asJSON {
		return c.json(p.resultJSON(r))
	}
	return p.showResult(c, r, false, nil)
}

// resultContact shows a result with the contact in full; the journal says who
// asked for it.
func (p *Pages) resultContact(c *visit) error {
	c.v.Nav = "results"
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	r, err := p.Shelf.Result(c.ctx(), c.v.Who, code)
	if err != nil {
		return err
	}
	if r.Contact, err = p.Shelf.ResultContact(c.ctx(), c.v.Who, code); err != nil {
		return err
	}
	return p.showResult(c, r, true, nil)
}

// showResult shows a result. refusal says why its label was not saved.
func (p *Pages) showResult(c *visit, r catalog.Result, contact bool, refusal *catalog.Error) error {
	similar, err := p.Match.Similar(c.ctx(), c.v.Who, r, similarHits)
	if err != nil {
		return err
	}
	needs, err := p.needsFor(c, r)
	if err != nil {
		return err
	}
	head, message := ui.Head{Title: r.Title}, ""
	if r.Public(c.v.Now.UnixMilli()) {
		c.canonical("/results/" + r.Code)
		head.Gist, message = ui.Gist(r), ui.ResultMessage(r.For(catalog.Public), p.absolute("/s/"+r.Code))
		if head.Data, err = p.linkedResult(r.For(catalog.Public)); err != nil {
			return err
		}
	}
	people, err := p.Shelf.PeopleBehind(c.ctx(), c.v.Who, r)
	if err != nil {
		return err
	}
	class := ui.ClassifiedResult(r, p.Match.GuessResult(c.v.Who, r))
	var v gate.View
	if c.v.Who.May(account.ListResults) {
		if v, err = p.Gate.View(c.ctx(), c.v.Who, r.Code); err != nil {
			return err
		}
	}
	status, problem := c.refusedOn(refusal)
	class.Problem = problem
	return c.render(status, ui.Page(c.v, head, ui.ResultPage(c.v, ui.Result{Result: r, People: people, Similar: similar.Matches, Needs: needs, Contact: contact,
		Message: message, Standing: string(v.Case.State), Open: len(v.Open), Class: class})))
}

// needsFor are the needs that a result may answer, none for those whom they do
// not concern (never-rule 9).
func (p *Pages) needsFor(c *visit, r catalog.Result) ([]matchmaker.Match, error) {
	if !c.v.Who.May(account.SeeOffice) {
		return nil, nil
	}
	found, err := p.Match.NeedsFor(c.ctx(), c.v.Who, r, resultNeeds)
	return matchmaker.Worth(found.Matches, match.LabelPossible), err
}

// fitCode refuses what cannot be a code before a database sees it.
func fitCode(code string) error {
	if code == "" || len(code) > 64 || catalog.Clean(code) != code {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return nil
}

// thing is a result or a need in JSON. Fields that the viewer may not see are
// not there.
type thing struct {
	Type         string          `json:"type"`
	Code         string          `json:"code"`
	URL          string          `json:"url"`
	State        string          `json:"state"`
	Title        string          `json:"title"`
	Summary      string          `json:"summary,omitempty"`
	Text         string          `json:"text,omitempty"`
	Keywords     []string        `json:"keywords,omitempty"`
	Themes       []catalog.Theme `json:"themes,omitempty"`
	Disciplines  []string        `json:"disciplines,omitempty"`
	Application  string          `json:"application,omitempty"`
	Organization string          `json:"organization,omitempty"`
	Owners       []string        `json:"owners,omitempty"`
	People       []string        `json:"people,omitempty"`
	Indicators   []indicatorJSON `json:"indicators,omitempty"`
	IndicatorsAs string          `json:"indicatorsAsWritten,omitempty"`
	Maturity     *maturityJSON   `json:"maturity,omitempty"`
	Rights       []rightJSON     `json:"rights,omitempty"`
	RightsAs     string          `json:"rightsAsWritten,omitempty"`
	Ways         []catalog.Way   `json:"ways,omitempty"`
	CompletedOn  string          `json:"completedOn,omitempty"`
	Until        string          `json:"until,omitempty"`
	Behalf       bool            `json:"enteredOnBehalf,omitempty"`
	ListedAt     int64           `json:"listedAt,omitempty"`  // unix milliseconds
	ExpiresAt    int64           `json:"expiresAt,omitempty"` // unix milliseconds
}

type indicatorJSON struct {
	Name   string      `json:"name"`
	Cmp    catalog.Cmp `json:"cmp"`
	Value  float64     `json:"value"`
	High   float64     `json:"high,omitempty"` // upper end of a range
	Unit   string      `json:"unit,omitempty"`
	Method string      `json:"method,omitempty"`
}

type maturityJSON struct {
	Scale    string   `json:"scale"`
	Level    int      `json:"level"`
	Written  string   `json:"written,omitempty"`
	Inferred bool     `json:"inferred,omitempty"` // read from a word, not stated as a number
	Evidence []string `json:"evidence,omitempty"`
}

type rightJSON struct {
	Kind      catalog.RightKind `json:"kind"`
	Number    string            `json:"number,omitempty"`
	Published string            `json:"published,omitempty"`
	Status    string            `json:"status,omitempty"`
	InForce   bool              `json:"inForce"`
	ExpiresOn string            `json:"expiresOn,omitempty"`
	Holders   []string          `json:"holders,omitempty"`
}

func (p *Pages) resultJSON(r catalog.Result) thing {
	t := thing{Type: string(r.Kind), Code: r.Code, URL: p.absolute("/results/" + r.Code), State: string(r.State), Title: r.Title,
		Summary: r.Summary, Text: r.Abstract, Keywords: r.Keywords, Themes: r.Themes, Disciplines: r.Disciplines, Application: r.Application,
		Organization: r.Organization, Owners: r.Owners, Indicators: indicatorsJSON(r.Indicators), IndicatorsAs: r.IndicatorsAs,
		RightsAs: r.RightsAs, Ways: r.Ways, CompletedOn: r.CompletedOn.String(), ListedAt: r.ListedAt, ExpiresAt: r.ExpiresAt}
	for _, person := range r.Completers {
		t.People = append(t.People, person.Name)
	}
	if m := r.Maturity; m.Level > 0 || m.Written != "" {
		t.Maturity = &maturityJSON{m.Scale, m.Level, m.Written, m.Inferred, m.Evidence}
	}
	for _, right := range r.Rights {
		t.Rights = append(t.Rights, rightJSON{right.Kind, right.Number, right.Published, right.Status, right.InForce, right.ExpiresOn.String(), right.Holders})
	}
	return t
}

func indicatorsJSON(in []catalog.Indicator) []indicatorJSON {
	var out []indicatorJSON
	for _, i := range in {
		out = append(out, indicatorJSON{i.Name, i.Cmp, i.Value, i.High, i.Unit, i.Method})
	}
	return out
}

// linkedResult describes a public result in schema.org's words. The text is
// safe inside a script element: encoding/json escapes <, > and &.
func (p *Pages) linkedResult(r catalog.Result) (string, error) {
	type named struct {
		Type string `json:"@type"`
		Name string `json:"name"`
	}
	doc := struct {
		Context     string   `json:"@context"`
		Type        string   `json:"@type"`
		ID          string   `json:"@id"`
		URL         string   `json:"url"`
		Identifier  string   `json:"identifier"`
		Name        string   `json:"name"`
		Abstract    string   `json:"abstract,omitempty"`
		Text        string   `json:"text,omitempty"`
		Keywords    []string `json:"keywords,omitempty"`
		Language    string   `json:"inLanguage"`
		DateCreated string   `json:"dateCreated,omitempty"`
		Creators    []named  `json:"creator,omitempty"`
		Holders     []named  `json:"copyrightHolder,omitempty"`
		Provider    named    `json:"provider"`
	}{Context: "https://schema.org", Type: "CreativeWork", ID: p.absolute("/results/" + r.Code), URL: p.absolute("/results/" + r.Code),
		Identifier: r.Code, Name: r.Title, Abstract: r.Summary, Text: r.Abstract, Keywords: r.Keywords, Language: "zh-CN",
		DateCreated: r.CompletedOn.String(), Provider: named{"CollegeOrUniversity", p.Site.Name}}
	for _, person := range r.Completers {
		doc.Creators = append(doc.Creators, named{"Person", person.Name})
	}
	for _, owner := range r.Owners {
		doc.Holders = append(doc.Holders, named{"Organization", owner})
	}
	b, err := json.Marshal(doc)
	return string(b), err
}

// linked is a thing of schema.org as JSON-LD; empty texts are left out.
func linked(fields map[string]any) (string, error) {
	fields["@context"] = "https://schema.org"
	for name, value := range fields {
		if value == "" {
			delete(fields, name)
		}
	}
	b, err := json.Marshal(fields)
	return string(b), err
}

func (p *Pages) withdrawResults(c *visit) error {
	refs, err := readRefs(c)
	if err != nil {
		return err
	}
	out, err := p.Shelf.WithdrawResults(c.ctx(), c.v.Who, refs, c.r.PostFormValue("reason"))
	return c.outcome(out, err, "/results", "withdrawn")
}
