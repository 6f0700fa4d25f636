package api

import (
	"context"
	"net/http"

	"datai/account"
	"datai/catalog"
	"datai/shelf"
)

type listNeeds struct {
	Paging
	Theme []theme     `query:"theme"`
	State []needState `query:"state"`
	Sort  order       `query:"sort" default:"newest"`
}

func (a *API) needs() {
	add(a, operation{id: "list-needs", method: http.MethodGet, path: "/needs", tag: "needs", do: account.SeePublic},
		func(ctx context.Context, c caller, in *listNeeds) (*listed[Need], error) {
			f := shelf.Filter{Order: shelf.Order(in.Sort), Themes: converted[catalog.Theme](in.Theme), States: converted[string](in.State)}
			if err := mayFilterByState(c, f.States); err != nil {
				return nil, err
			}
			page, err := in.page("needs", f)
			if err != nil {
				return nil, err
			}
			ns, next, err := a.Shelf.Needs(ctx, c.who, f, page)
			if err != nil {
				return nil, err
			}
			items := make([]Need, 0, len(ns))
			for _, n := range ns {
				items = append(items, a.NeedOf(n, c.office()))
			}
			return pageOf("needs", f, items, next, filterQuery(f))
		})
	add(a, operation{id: "get-need", method: http.MethodGet, path: "/needs/{code}", tag: "needs", do: account.SeePublic},
		func(ctx context.Context, c caller, in *coded) (*tagged[Need], error) {
			n, err := a.need(ctx, c, *in)
			if err != nil {
				return nil, err
			}
			return tag(n.Version, a.NeedOf(n, c.office()))
		})
}

func (a *API) need(ctx context.Context, c caller, in coded) (catalog.Need, error) {
	if err := in.fit(); err != nil {
		return catalog.Need{}, err
	}
	return a.Shelf.Need(ctx, c.who, in.Code)
}
