package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/shelf"
)

// coded names a thing by its public code.
type coded struct {
	Code string `path:"code" maxLength:"64"`
}

// fit refuses what cannot be a code before a database sees it.
func (c coded) fit() error {
	if c.Code == "" || catalog.Clean(c.Code) != c.Code {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return nil
}

type listResults struct {
	Paging
	Theme  []theme       `query:"theme"`
	Kind   kind          `query:"kind"`
	MinTRL int           `query:"trl" minimum:"1" maximum:"9"`
	State  []resultState `query:"state"`
	Sort   order         `query:"sort" default:"newest"`
}

func (a *API) results() {
	add(a, operation{id: "list-results", method: http.MethodGet, path: "/results", tag: "results", do: account.SeePublic},
		func(ctx context.Context, c caller, in *listResults) (*listed[Result], error) {
			f := shelf.Filter{Kind: catalog.ResultKind(in.Kind), MinTRL: in.MinTRL, Order: shelf.Order(in.Sort),
				Themes: converted[catalog.Theme](in.Theme), States: converted[string](in.State)}
			if err := mayFilterByState(c, f.States); err != nil {
				return nil, err
			}
			page, err := in.page("results", f)
			if err != nil {
				return nil, err
			}
			rs, next, err := a.Shelf.Results(ctx, c.who, f, page)
			if err != nil {
				return nil, err
			}
			items := make([]Result, 0, len(rs))
			for _, r := range rs {
				items = append(items, a.ResultOf(r, c.office()))
			}
			return pageOf("results", f, items, next, filterQuery(f))
		})
	add(a, operation{id: "get-result", method: http.MethodGet, path: "/results/{code}", tag: "results", do: account.SeePublic},
		func(ctx context.Context, c caller, in *coded) (*tagged[Result], error) {
			r, err := a.result(ctx, c, *in)
			if err != nil {
				return nil, err
			}
			return tag(r.Version, a.ResultOf(r, c.office()))
		})
}

func (a *API) result(ctx context.Context, c caller, in coded) (catalog.Result, error) {
	if err := in.fit(); err != nil {
		return catalog.Result{}, err
	}
	return a.Shelf.Result(ctx, c.who, in.Code)
}

// office reports whether the caller belongs to the office.
func (c caller) office() bool { return c.who.May(account.SeeOffice) }

// mayFilterByState lets only the office ask for states: to others every thing
// that they see is public.
func mayFilterByState(c caller, states []string) error {
	if len(states) > 0 && !c.office() {
		return catalog.Refuse(catalog.Invalid, "api.state_office")
	}
	return nil
}

// filterQuery is a filter as the query of an address.
func filterQuery(f shelf.Filter) url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("theme", strings.Join(converted[string](f.Themes), ","))
	set("state", strings.Join(f.States, ","))
	set("kind", string(f.Kind))
	set("sort", string(f.Order))
	if f.MinTRL > 0 {
		q.Set("trl", strconv.Itoa(f.MinTRL))
	}
	return q
}
