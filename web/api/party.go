package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/shelf"

	"github.com/danielgtaylor/huma/v2"
)

type partyKind string

func (partyKind) Schema(huma.Registry) *huma.Schema {
	return words(catalog.PartyEnterprise, catalog.PartyUniversity, catalog.PartyUnit, catalog.PartyAgency, catalog.PartyOther)
}

// Party is an organisation, without how to reach it.
type Party struct {
	Code       string    `json:"code"`
	Version    int64     `json:"version"`
	Kind       partyKind `json:"kind"`
	Name       string    `json:"name"`
	CreditCode string    `json:"creditCode,omitempty"`
	Nature     string    `json:"nature,omitempty"`
	Industry   string    `json:"industry,omitempty"`
	Region     string    `json:"region,omitempty"`
	Intro      string    `json:"intro,omitempty"`
	Jobs       string    `json:"jobs,omitempty"`
	From       string    `json:"from,omitempty"`
	Until      string    `json:"until,omitempty"`
	UpdatedAt  time.Time `json:"updatedAt"`
}

// Person is somebody of the university or of a party.
type Person struct {
	Code      string    `json:"code"`
	Version   int64     `json:"version"`
	Name      string    `json:"name"`
	StaffNo   string    `json:"staffNo,omitempty"`
	ORCID     string    `json:"orcid,omitempty"`
	Unit      string    `json:"unit,omitempty"`
	Title     string    `json:"title,omitempty"`
	Interests []string  `json:"interests,omitempty"`
	UpdatedAt time.Time `json:"updatedAt"`
}

func partyOf(p catalog.Party) Party {
	return Party{Code: p.Code, Version: p.Version, Kind: partyKind(p.Kind), Name: p.Name, CreditCode: p.CreditCode, Nature: p.Nature, Industry: p.Industry,
		Region: p.Region, Intro: p.Intro, Jobs: p.Jobs, From: p.From.String(), Until: p.Until.String(), UpdatedAt: moment(p.UpdatedAt)}
}

func personOf(p catalog.Person) Person {
	return Person{Code: p.Code, Version: p.Version, Name: p.Name, StaffNo: p.StaffNo, ORCID: p.ORCID, Unit: p.Unit, Title: p.Title,
		Interests: p.Interests, UpdatedAt: moment(p.UpdatedAt)}
}

type listParties struct {
	Paging
	Kind []partyKind `query:"kind"`
	Q    string      `query:"q" maxLength:"100"`
}

type listPeople struct {
	Paging
	Unit []string `query:"unit" maxItems:"20"`
	Q    string   `query:"q" maxLength:"100"`
}

// following is the page after the one that a leaf stands for.
func following(l shelf.Leaf, limit int) shelf.Page {
	if !l.After {
		return shelf.Page{}
	}
	next := l.Last
	next.Limit = limit
	return next
}

func directoryQuery(q, name string, values []string) url.Values {
	out := url.Values{}
	if q != "" {
		out.Set("q", q)
	}
	if len(values) > 0 {
		out.Set(name, strings.Join(values, ","))
	}
	return out
}

// parties are operations that everybody may ask; who is not of the office sees
// the units of the university and who stands behind public results.
func (a *API) parties() {
	add(a, operation{id: "list-parties", method: http.MethodGet, path: "/parties", tag: "parties", do: account.SeePublic},
		func(ctx context.Context, c caller, in *listParties) (*listed[Party], error) {
			f := shelf.PartyFilter{Kinds: converted[catalog.PartyKind](in.Kind), Q: catalog.Clean(in.Q)}
			page, err := in.page("parties", f)
			if err != nil {
				return nil, err
			}
			ps, leaf, _, err := a.Shelf.Parties(ctx, c.who, f, page)
			if err != nil {
				return nil, err
			}
			items := make([]Party, 0, len(ps))
			for _, p := range ps {
				items = append(items, partyOf(p))
			}
			return pageOf("parties", f, items, following(leaf, page.Limit), directoryQuery(f.Q, "kind", converted[string](in.Kind)))
		})
	add(a, operation{id: "get-party", method: http.MethodGet, path: "/parties/{code}", tag: "parties", do: account.SeePublic},
		func(ctx context.Context, c caller, in *Coded) (*tagged[Party], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			p, err := a.Shelf.Party(ctx, c.who, in.Code)
			if err != nil {
				return nil, err
			}
			return tag(p.Version, partyOf(p.Party))
		})
	add(a, operation{id: "list-people", method: http.MethodGet, path: "/people", tag: "parties", do: account.SeePublic},
		func(ctx context.Context, c caller, in *listPeople) (*listed[Person], error) {
			f := shelf.PersonFilter{Units: in.Unit, Q: catalog.Clean(in.Q)}
			page, err := in.page("people", f)
			if err != nil {
				return nil, err
			}
			ps, leaf, _, err := a.Shelf.People(ctx, c.who, f, page)
			if err != nil {
				return nil, err
			}
			items := make([]Person, 0, len(ps))
			for _, p := range ps {
				items = append(items, personOf(p))
			}
			return pageOf("people", f, items, following(leaf, page.Limit), directoryQuery(f.Q, "unit", in.Unit))
		})
	add(a, operation{id: "get-person", method: http.MethodGet, path: "/people/{code}", tag: "parties", do: account.SeePublic},
		func(ctx context.Context, c caller, in *Coded) (*tagged[Person], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			p, err := a.Shelf.Person(ctx, c.who, in.Code)
			if err != nil {
				return nil, err
			}
			return tag(p.Version, personOf(p.Person))
		})
}
