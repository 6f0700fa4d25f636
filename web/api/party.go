package api

import (
	"context"
	"net/http"
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

func (a *API) parties() {
	add(a, operation{id: "list-parties", method: http.MethodGet, path: "/parties", tag: "parties", do: account.SeeOffice},
		func(ctx context.Context, c caller, in *Paging) (*listed[Party], error) {
			page, err := in.page("parties", nil)
			if err != nil {
				return nil, err
			}
			ps, leaf, _, err := a.Shelf.Parties(ctx, c.who, shelf.PartyFilter{}, page)
			if err != nil {
				return nil, err
			}
			var next shelf.Page
			if leaf.After {
				next = leaf.Last
				next.Limit = page.Limit
			}
			items := make([]Party, 0, len(ps))
			for _, p := range ps {
				items = append(items, partyOf(p))
			}
			return pageOf("parties", nil, items, next, map[string][]string{})
		})
	add(a, operation{id: "get-party", method: http.MethodGet, path: "/parties/{code}", tag: "parties", do: account.SeeOffice},
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
}
