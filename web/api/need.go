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
		func(ctx context.Context, c caller, in *Coded) (*tagged[Need], error) {
			return a.getNeed(ctx, c, *in)
		})
	add(a, operation{id: "open-need", method: http.MethodPost, path: "/needs/{code}/publish", tag: "needs", do: account.OpenNeeds, write: true},
		func(ctx context.Context, c caller, in *publish) (*tagged[Need], error) {
			ref, err := a.needRef(ctx, c, in.Coded, in.Versioned)
			if err != nil {
				return nil, err
			}
			if !in.Body.Confirm {
				return nil, catalog.Refuse(catalog.Invalid, "bulk.confirm_required")
			}
			if err := only(a.Shelf.PublishNeeds(ctx, c.who, []shelf.Ref{ref})); err != nil {
				return nil, err
			}
			return a.getNeed(ctx, c, in.Coded)
		})
	add(a, operation{id: "withdraw-need", method: http.MethodPost, path: "/needs/{code}/withdraw", tag: "needs", do: account.OpenNeeds, write: true},
		func(ctx context.Context, c caller, in *withdraw) (*tagged[Need], error) {
			ref, err := a.needRef(ctx, c, in.Coded, in.Versioned)
			if err != nil {
				return nil, err
			}
			if err := only(a.Shelf.WithdrawNeeds(ctx, c.who, []shelf.Ref{ref}, in.Body.Reason)); err != nil {
				return nil, err
			}
			return a.getNeed(ctx, c, in.Coded)
		})
}

func (a *API) needRef(ctx context.Context, c caller, code Coded, v Versioned) (shelf.Ref, error) {
	version, err := v.version()
	if err != nil {
		return shelf.Ref{}, err
	}
	n, err := a.need(ctx, c, code)
	return shelf.Ref{ID: n.ID, Version: version}, err
}

func (a *API) getNeed(ctx context.Context, c caller, code Coded) (*tagged[Need], error) {
	n, err := a.need(ctx, c, code)
	if err != nil {
		return nil, err
	}
	return tag(n.Version, a.NeedOf(n, c.office()))
}

func (a *API) need(ctx context.Context, c caller, in Coded) (catalog.Need, error) {
	if err := in.fit(); err != nil {
		return catalog.Need{}, err
	}
	return a.Shelf.Need(ctx, c.who, in.Code)
}
