package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/shelf"
)

// Coded names a thing by its public code.
type Coded struct {
	Code string `path:"code" maxLength:"64"`
}

// fit refuses what cannot be a code before a database sees it.
func (c Coded) fit() error {
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
		func(ctx context.Context, c caller, in *Coded) (*tagged[Result], error) {
			return a.getResult(ctx, c, *in)
		})
	add(a, operation{id: "publish-result", method: http.MethodPost, path: "/results/{code}/publish", tag: "results", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *publish) (*tagged[Result], error) {
			ref, err := a.resultRef(ctx, c, in.Coded, in.Versioned)
			if err != nil {
				return nil, err
			}
			if !in.Body.Confirm {
				return nil, catalog.Refuse(catalog.Invalid, "bulk.confirm_required")
			}
			v, err := a.Gate.View(ctx, c.who, in.Code)
			if err != nil {
				return nil, err
			}
			out, err := a.Gate.List(ctx, c.who, []gate.Ref{{ID: ref.ID, Version: ref.Version, Case: v.Case.Version}}, c.lang.Say("bulk.confirm.results"))
			if err := only(leftAt(c, out), err); err != nil {
				return nil, err
			}
			return a.getResult(ctx, c, in.Coded)
		})
	add(a, operation{id: "withdraw-result", method: http.MethodPost, path: "/results/{code}/withdraw", tag: "results", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *withdraw) (*tagged[Result], error) {
			ref, err := a.resultRef(ctx, c, in.Coded, in.Versioned)
			if err != nil {
				return nil, err
			}
			if err := only(a.Shelf.WithdrawResults(ctx, c.who, []shelf.Ref{ref}, in.Body.Reason)); err != nil {
				return nil, err
			}
			return a.getResult(ctx, c, in.Coded)
		})
}

// publish is the confirmation that a thing may be public (可公开确认).
type publish struct {
	Coded
	Versioned
	Body struct {
		Confirm bool `json:"confirm"`
	} `nameHint:"Confirmation"`
}

// withdraw says why a thing is taken off the shelf.
type withdraw struct {
	Coded
	Versioned
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	} `nameHint:"Withdrawal"`
}

// resultRef is the result that a write names, in the version that was read.
func (a *API) resultRef(ctx context.Context, c caller, code Coded, v Versioned) (shelf.Ref, error) {
	version, err := v.version()
	if err != nil {
		return shelf.Ref{}, err
	}
	r, err := a.result(ctx, c, code)
	return shelf.Ref{ID: r.ID, Version: version}, err
}

// only is the outcome of an action on one thing as an error.
func only(out shelf.Outcome, err error) error {
	switch {
	case err != nil:
		return err
	case len(out.Left) == 0:
		return nil
	case out.Left[0].Err.Key == errStale.err.Key:
		return errStale
	}
	return out.Left[0].Err
}

func (a *API) getResult(ctx context.Context, c caller, code Coded) (*tagged[Result], error) {
	r, err := a.result(ctx, c, code)
	if err != nil {
		return nil, err
	}
	return tag(r.Version, a.ResultOf(r, c.office()))
}

func (a *API) result(ctx context.Context, c caller, in Coded) (catalog.Result, error) {
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
