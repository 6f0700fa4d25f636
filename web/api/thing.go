package api

import (
	"time"

	"datai/catalog"

	"github.com/danielgtaylor/huma/v2"
)

// The words of lists that the document names.
type (
	theme       string
	kind        string
	resultState string
	needState   string
	way         string
	cmpWord     string
	rightKind   string
	order       string
)

func words[S ~string](all ...S) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, w := range all {
		s.Enum = append(s.Enum, string(w))
	}
	return s
}

func (theme) Schema(huma.Registry) *huma.Schema       { return words(catalog.Themes()...) }
func (kind) Schema(huma.Registry) *huma.Schema        { return words(catalog.KindResult, catalog.KindPatent) }
func (resultState) Schema(huma.Registry) *huma.Schema { return words(catalog.ResultStates()...) }
func (needState) Schema(huma.Registry) *huma.Schema   { return words(catalog.NeedStates()...) }
func (way) Schema(huma.Registry) *huma.Schema         { return words(catalog.Ways()...) }
func (order) Schema(huma.Registry) *huma.Schema       { return words("newest", "title") }
func (cmpWord) Schema(huma.Registry) *huma.Schema {
	return words(catalog.Eq, catalog.Ge, catalog.Gt, catalog.Le, catalog.Lt, catalog.Range)
}

func (rightKind) Schema(huma.Registry) *huma.Schema {
	return words(catalog.RightInvention, catalog.RightUtility, catalog.RightDesign, catalog.RightSoftware, catalog.RightSecret,
		catalog.RightLayout, catalog.RightVariety, catalog.RightOther)
}

// Result is a result or a patent as a caller may see it. What they may not see
// is not there; contacts are not there for anybody.
type Result struct {
	Code         string      `json:"code"`
	URL          string      `json:"url" format:"uri"`
	Version      int64       `json:"version"`
	Kind         kind        `json:"kind"`
	State        resultState `json:"state"`
	Title        string      `json:"title"`
	Summary      string      `json:"summary,omitempty"`
	Abstract     string      `json:"abstract,omitempty"`
	Keywords     []string    `json:"keywords,omitempty"`
	Themes       []theme     `json:"themes,omitempty"`
	Disciplines  []string    `json:"disciplines,omitempty"`
	Application  string      `json:"application,omitempty"`
	Organization string      `json:"organization,omitempty"`
	Owners       []string    `json:"owners,omitempty"`
	People       []string    `json:"people,omitempty"`
	Indicators   []Indicator `json:"indicators,omitempty"`
	IndicatorsAs string      `json:"indicatorsAsWritten,omitempty"`
	Maturity     *Maturity   `json:"maturity,omitempty"`
	Rights       []Right     `json:"rights,omitempty"`
	RightsAs     string      `json:"rightsAsWritten,omitempty"`
	Ways         []way       `json:"ways,omitempty"`
	CompletedOn  string      `json:"completedOn,omitempty"`
	ListedAt     *time.Time  `json:"listedAt,omitempty"`
	ExpiresAt    *time.Time  `json:"expiresAt,omitempty"`
	UpdatedAt    time.Time   `json:"updatedAt"`
	Office       *OfficeOnly `json:"office,omitempty"`
}

// OfficeOnly are the fields that only the office sees.
type OfficeOnly struct {
	GivenID         string `json:"givenId,omitempty"`
	PublicConfirmed bool   `json:"publicConfirmed"`
	Unfiled         bool   `json:"unfiled,omitempty"`
	Price           *Price `json:"price,omitempty"`
	Remarks         string `json:"remarks,omitempty"`
	Owner           string `json:"owner,omitempty"`
	WishParty       string `json:"wishParty,omitempty"`
	WishExpert      string `json:"wishExpert,omitempty"`
	// Entry says of a proxy entry how it came about.
	Entry *EntryState `json:"entry,omitempty"`
}

// Price is a wish as written and in fen where it could be read as money.
type Price struct {
	Written    string `json:"written"`
	Min        int64  `json:"minFen,omitempty"`
	Max        int64  `json:"maxFen,omitempty"`
	Negotiable bool   `json:"negotiable,omitempty"`
}

// Indicator is one measurable demand or claim.
type Indicator struct {
	Name   string  `json:"name"`
	Cmp    cmpWord `json:"cmp"`
	Value  float64 `json:"value"`
	High   float64 `json:"high,omitempty"`
	Unit   string  `json:"unit,omitempty"`
	Method string  `json:"method,omitempty"`
}

// Maturity is how near to use a result is, by its own claim.
type Maturity struct {
	Scale    string   `json:"scale"`
	Level    int      `json:"level"`
	Written  string   `json:"written,omitempty"`
	Inferred bool     `json:"inferred,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
}

// Right is one intellectual property right.
type Right struct {
	Kind      rightKind `json:"kind"`
	Number    string    `json:"number,omitempty"`
	Published string    `json:"published,omitempty"`
	Status    string    `json:"status,omitempty"`
	InForce   bool      `json:"inForce"`
	FiledOn   string    `json:"filedOn,omitempty"`
	GrantedOn string    `json:"grantedOn,omitempty"`
	ExpiresOn string    `json:"expiresOn,omitempty"`
	Holders   []string  `json:"holders,omitempty"`
}

// Need is what an enterprise cannot solve, as a caller may see it.
type Need struct {
	Code         string      `json:"code"`
	URL          string      `json:"url" format:"uri"`
	Version      int64       `json:"version"`
	State        needState   `json:"state"`
	Title        string      `json:"title"`
	Text         string      `json:"text,omitempty"`
	Keywords     []string    `json:"keywords,omitempty"`
	Themes       []theme     `json:"themes,omitempty"`
	Disciplines  []string    `json:"disciplines,omitempty"`
	Field        string      `json:"field,omitempty"`
	Indicators   []Indicator `json:"indicators,omitempty"`
	IndicatorsAs string      `json:"indicatorsAsWritten,omitempty"`
	Ways         []way       `json:"ways,omitempty"`
	Until        string      `json:"until,omitempty"`
	ExpiresAt    *time.Time  `json:"expiresAt,omitempty"`
	UpdatedAt    time.Time   `json:"updatedAt"`
	Behalf       bool        `json:"enteredOnBehalf,omitempty"`
	Owner        string      `json:"owner,omitempty"` // where it wants to be named
	Office       *OfficeOnly `json:"office,omitempty"`
}

func converted[T, S ~string](in []S) []T {
	var out []T
	for _, s := range in {
		out = append(out, T(s))
	}
	return out
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func maybe(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := moment(ms)
	return &t
}

func priceOf(p catalog.Price) *Price {
	if p == (catalog.Price{}) {
		return nil
	}
	return &Price{p.Written, int64(p.Min), int64(p.Max), p.Negotiable}
}

// ResultOf is r, which is redacted already, as JSON carries it. office says
// that the caller belongs to the office.
func (a *API) ResultOf(r catalog.Result, office bool) Result {
	out := Result{Code: r.Code, URL: a.BaseURL.JoinPath("results", r.Code).String(), Version: r.Version, Kind: kind(r.Kind), State: resultState(r.State),
		Title: r.Title, Summary: r.Summary, Abstract: r.Abstract, Keywords: r.Keywords, Themes: converted[theme](r.Themes), Disciplines: r.Disciplines,
		Application: r.Application, Organization: r.Organization, Owners: r.Owners, Indicators: indicatorsOf(r.Indicators),
		IndicatorsAs: r.IndicatorsAs, RightsAs: r.RightsAs, Ways: converted[way](r.Ways), CompletedOn: r.CompletedOn.String(),
		ListedAt: maybe(r.ListedAt), ExpiresAt: maybe(r.ExpiresAt), UpdatedAt: moment(r.UpdatedAt)}
	for _, person := range r.Completers {
		out.People = append(out.People, person.Name)
	}
	if m := r.Maturity; m.Level > 0 || m.Written != "" {
		out.Maturity = &Maturity{m.Scale, m.Level, m.Written, m.Inferred, m.Evidence}
	}
	for _, x := range r.Rights {
		out.Rights = append(out.Rights, Right{Kind: rightKind(x.Kind), Number: x.Number, Published: x.Published, Status: x.Status, InForce: x.InForce,
			FiledOn: x.FiledOn.String(), GrantedOn: x.GrantedOn.String(), ExpiresOn: x.ExpiresOn.String(), Holders: x.Holders})
	}
	if office {
		out.Office = &OfficeOnly{GivenID: r.GivenID, PublicConfirmed: r.PublicConfirmed, Unfiled: r.Unfiled, Price: priceOf(r.Price), Remarks: r.Remarks}
	}
	return out
}

// NeedOf is n, which is redacted already, as JSON carries it.
func (a *API) NeedOf(n catalog.Need, office bool) Need {
	out := Need{Code: n.Code, URL: a.BaseURL.JoinPath("needs", n.Code).String(), Version: n.Version, State: needState(n.State), Title: n.Title, Text: n.Text,
		Keywords: n.Keywords, Themes: converted[theme](n.Themes), Disciplines: n.Disciplines, Field: n.Field, Indicators: indicatorsOf(n.Indicators),
		IndicatorsAs: n.IndicatorsAs, Ways: converted[way](n.Ways), Until: n.Until.String(), ExpiresAt: maybe(n.ExpiresAt), UpdatedAt: moment(n.UpdatedAt),
		Behalf: n.Entered.Behalf}
	if n.ShowOwner {
		out.Owner = n.OwnerName
	}
	if office {
		out.Office = &OfficeOnly{GivenID: n.GivenID, PublicConfirmed: n.PublicConfirmed, Price: priceOf(n.Budget), Owner: n.OwnerName,
			WishParty: n.WishParty, WishExpert: n.WishExpert, Entry: entryOf(n)}
	}
	return out
}

func indicatorsOf(in []catalog.Indicator) []Indicator {
	var out []Indicator
	for _, i := range in {
		out = append(out, Indicator{i.Name, cmpWord(i.Cmp), i.Value, i.High, i.Unit, i.Method})
	}
	return out
}
