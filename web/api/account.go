package api

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type (
	roleName     string
	accountState string
	relation     string
)

func (roleName) Schema(huma.Registry) *huma.Schema { return words(account.Assignable()...) }
func (accountState) Schema(huma.Registry) *huma.Schema {
	return words(account.Active, account.Disabled)
}
func (relation) Schema(huma.Registry) *huma.Schema {
	return words(account.Any, account.Assigned, account.Own, account.Held)
}

// Account is an account without what its owner is known as elsewhere.
type Account struct {
	ID        string       `json:"id" format:"uuid"`
	Name      string       `json:"name"`
	Version   int64        `json:"version"`
	Roles     []roleName   `json:"roles"`
	State     accountState `json:"state"`
	Unit      string       `json:"unit,omitempty"`
	EndsAt    *time.Time   `json:"endsAt,omitempty"`
	CreatedAt time.Time    `json:"createdAt"`
	EnteredAt *time.Time   `json:"enteredAt,omitempty"`
}

// Invitation is the address by which the owner of an account comes in, once.
type Invitation struct {
	URL     string    `json:"url" format:"uri"`
	Expires time.Time `json:"expires"`
}

// Permitted is what a role may do, with what, over which of them, and the
// routes that ask for it.
type Permitted struct {
	Role       string   `json:"role"`
	Permission string   `json:"permission"`
	Kind       string   `json:"kind"`
	Over       relation `json:"over"`
	Routes     []string `json:"routes"`
}

type listAccounts struct {
	Paging
	Q     string       `query:"q" maxLength:"60"`
	Role  roleName     `query:"role"`
	State accountState `query:"state"`
}

// AccountID names an account.
type AccountID struct {
	ID string `path:"id" format:"uuid"`
}

func (a AccountID) id() (uuid.UUID, error) {
	id, err := uuid.Parse(a.ID)
	if err != nil {
		return id, catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	return id, nil
}

type addAccount struct {
	Body struct {
		Name  string     `json:"name" minLength:"1" maxLength:"60"`
		Roles []roleName `json:"roles"`
	} `nameHint:"NewAccount"`
}

type setRoles struct {
	AccountID
	Versioned
	Body struct {
		Roles []roleName `json:"roles"`
	} `nameHint:"Roles"`
}

type changeAccount struct {
	AccountID
	Versioned
}

func (a *API) accounts() {
	add(a, operation{id: "list-accounts", method: http.MethodGet, path: "/accounts", tag: "accounts", do: account.SeeAccounts}, a.listAccounts)
	add(a, operation{id: "get-account", method: http.MethodGet, path: "/accounts/{id}", tag: "accounts", do: account.SeeAccounts},
		func(ctx context.Context, c caller, in *AccountID) (*tagged[Account], error) {
			return a.getAccount(ctx, c, *in)
		})
	add(a, operation{id: "add-account", method: http.MethodPost, path: "/accounts", tag: "accounts", do: account.ManageAccounts, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }},
		func(ctx context.Context, c caller, in *addAccount) (*tagged[Account], error) {
			made, err := a.Account.Add(ctx, c.who, in.Body.Name, converted[account.Role](in.Body.Roles))
			if err != nil {
				return nil, err
			}
			return tag(made.Version, a.accountOf(made))
		})
	add(a, operation{id: "set-roles", method: http.MethodPut, path: "/accounts/{id}/roles", tag: "accounts", do: account.ManageAccounts, write: true},
		func(ctx context.Context, c caller, in *setRoles) (*tagged[Account], error) {
			return a.manage(ctx, c, changeAccount{in.AccountID, in.Versioned}, func(ctx context.Context, p account.Principal, id uuid.UUID, version int64) error {
				return a.Account.SetRoles(ctx, p, id, version, converted[account.Role](in.Body.Roles))
			})
		})
	add(a, operation{id: "disable-account", method: http.MethodPost, path: "/accounts/{id}/disable", tag: "accounts", do: account.ManageAccounts, write: true},
		func(ctx context.Context, c caller, in *changeAccount) (*tagged[Account], error) {
			return a.manage(ctx, c, *in, a.Account.Disable)
		})
	add(a, operation{id: "enable-account", method: http.MethodPost, path: "/accounts/{id}/enable", tag: "accounts", do: account.ManageAccounts, write: true},
		func(ctx context.Context, c caller, in *changeAccount) (*tagged[Account], error) {
			return a.manage(ctx, c, *in, a.Account.Enable)
		})
	add(a, operation{id: "invite-account", method: http.MethodPost, path: "/accounts/{id}/invite", tag: "accounts", do: account.ManageAccounts, write: true},
		func(ctx context.Context, c caller, in *AccountID) (*struct{ Body Invitation }, error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			token, err := a.Account.Invite(ctx, c.who, id)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Invitation }{Invitation{URL: a.BaseURL.JoinPath("enter", token).String(), Expires: a.Now().Add(account.InviteLife).UTC()}}, nil
		})
	add(a, operation{id: "list-permissions", method: http.MethodGet, path: "/permissions", tag: "accounts", do: account.SeePermissions},
		func(context.Context, caller, *struct{}) (*struct{ Body list[Permitted] }, error) {
			out := list[Permitted]{Items: []Permitted{}}
			for _, g := range account.Table(a.Every()) {
				routes := g.Routes
				if routes == nil {
					routes = []string{}
				}
				out.Items = append(out.Items, Permitted{Role: string(g.Role), Permission: string(g.Do), Kind: string(g.Kind), Over: relation(g.Over), Routes: routes})
			}
			return &struct{ Body list[Permitted] }{out}, nil
		})
}

func (a *API) listAccounts(ctx context.Context, c caller, in *listAccounts) (*listed[Account], error) {
	f := account.Filter{Q: in.Q, Role: account.Role(in.Role), State: string(in.State)}
	from, err := in.page("accounts", f)
	if err != nil {
		return nil, err
	}
	found, next, _, err := a.Account.Accounts(ctx, c.who, f, account.Page{SortKey: from.SortKey, ID: from.ID, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	items := make([]Account, 0, len(found))
	for _, x := range found {
		items = append(items, a.accountOf(x))
	}
	query := map[string][]string{}
	for name, value := range map[string]string{"q": in.Q, "role": string(in.Role), "state": string(in.State)} {
		if value != "" {
			query[name] = []string{value}
		}
	}
	after := from
	after.SortKey, after.ID, after.Limit = next.SortKey, next.ID, next.Limit
	return pageOf("accounts", f, items, after, query)
}

func (a *API) getAccount(ctx context.Context, c caller, in AccountID) (*tagged[Account], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	x, _, err := a.Account.Account(ctx, c.who, id)
	if err != nil {
		return nil, err
	}
	return tag(x.Version, a.accountOf(x))
}

func (a *API) manage(ctx context.Context, c caller, in changeAccount, change func(context.Context, account.Principal, uuid.UUID, int64) error) (*tagged[Account], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := stale(change(ctx, c.who, id, version)); err != nil {
		return nil, err
	}
	return a.getAccount(ctx, c, in.AccountID)
}

func (a *API) accountOf(x account.Account) Account {
	out := Account{ID: x.ID.String(), Name: x.Name, Version: x.Version, Roles: append([]roleName{}, converted[roleName](x.Roles)...), State: account.Active, Unit: x.Unit,
		EndsAt: maybe(x.EndsAt), CreatedAt: moment(x.CreatedAt), EnteredAt: maybe(x.EnteredAt)}
	if x.Out(a.Now().UnixMilli()) {
		out.State = account.Disabled
	}
	return out
}
