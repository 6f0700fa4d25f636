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

// Conflict is two accounts of which something says that they may be one
// person's.
type Conflict struct {
	ID       string    `json:"id" format:"uuid"`
	Kind     string    `json:"kind"`
	Source   string    `json:"source"`
	At       time.Time `json:"at"`
	Proposed bool      `json:"proposed"`
	Accounts []Side    `json:"accounts"`
}

// Side is one account of two: what it is known as is masked, and of what it has
// there are numbers alone.
type Side struct {
	Account Account        `json:"account"`
	Known   []KnownAs      `json:"known"`
	LastIn  *time.Time     `json:"lastIn,omitempty"`
	Has     map[string]int `json:"has"`
}

// KnownAs is a name of an account elsewhere, masked.
type KnownAs struct {
	ID    string `json:"id" format:"uuid"`
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Waits bool   `json:"waits"` // for its owner or the security administrator; it lets nobody in
}

// ConflictID names a conflict.
type ConflictID struct {
	ID string `path:"id" format:"uuid"`
}

// Join is that two accounts are to become one.
type Join struct {
	ID      string    `json:"id" format:"uuid"`
	Keep    string    `json:"keep" format:"uuid"`
	Gone    string    `json:"gone" format:"uuid"`
	Expires time.Time `json:"expires"`
}

type proposeJoin struct {
	Body struct {
		Keep string `json:"keep" format:"uuid"`
		Gone string `json:"gone" format:"uuid"`
	} `nameHint:"ProposedJoin"`
}

// SentInvitation is where an invitation went, masked.
type SentInvitation struct {
	To   string `json:"to"`
	Kind string `json:"kind"`
}

func (a *API) conflicts() {
	empty := func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }
	add(a, operation{id: "list-conflicts", method: http.MethodGet, path: "/account-conflicts", tag: "accounts", do: account.SeeAccounts},
		func(ctx context.Context, c caller, _ *struct{}) (*struct{ Body list[Conflict] }, error) {
			found, _, err := a.Account.Conflicts(ctx, c.who)
			if err != nil {
				return nil, err
			}
			out := list[Conflict]{Items: []Conflict{}}
			for _, x := range found {
				out.Items = append(out.Items, Conflict{ID: x.ID.String(), Kind: string(x.Kind), Source: x.Source, At: moment(x.At), Proposed: x.Proposed, Accounts: []Side{a.sideOf(x.Left), a.sideOf(x.Right)}})
			}
			return &struct{ Body list[Conflict] }{out}, nil
		})
	add(a, operation{id: "part-accounts", method: http.MethodPost, path: "/account-conflicts/{id}/apart", tag: "accounts", do: account.JoinAccounts, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *ConflictID) (*struct{}, error) {
			id, err := uuid.Parse(in.ID)
			if err != nil {
				return nil, catalog.Refuse(catalog.NotFound, "accounts.not_found")
			}
			return nil, a.Account.Apart(ctx, c.who, id)
		})
	add(a, operation{id: "propose-join", method: http.MethodPost, path: "/account-joins", tag: "accounts", do: account.JoinAccounts, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }},
		func(ctx context.Context, c caller, in *proposeJoin) (*struct{ Body Join }, error) {
			keep, err := AccountID{in.Body.Keep}.id()
			if err != nil {
				return nil, err
			}
			gone, err := AccountID{in.Body.Gone}.id()
			if err != nil {
				return nil, err
			}
			j, err := a.Account.ProposeJoin(ctx, c.who, keep, gone)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Join }{Join{ID: j.ID.String(), Keep: j.Keep.String(), Gone: j.Gone.String(), Expires: moment(j.ExpiresAt)}}, nil
		})
	add(a, operation{id: "send-invitation", method: http.MethodPost, path: "/accounts/{id}/send-invitation", tag: "accounts", do: account.InviteAccounts, write: true},
		func(ctx context.Context, c caller, in *AccountID) (*struct{ Body SentInvitation }, error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			to, err := a.Account.SendInvitation(ctx, c.who, id, a.Ways()...)
			if err != nil {
				return nil, err
			}
			return &struct{ Body SentInvitation }{SentInvitation{To: to.Value, Kind: string(to.Provider)}}, nil
		})
}

func (a *API) sideOf(s account.Side) Side {
	out := Side{Account: a.accountOf(s.Account), Known: []KnownAs{}, LastIn: maybe(s.LastIn), Has: map[string]int{}}
	for _, k := range s.Known {
		out.Known = append(out.Known, KnownAs{ID: k.ID.String(), Kind: string(k.Provider), Value: k.Value, Waits: !k.Counts(s.Account)})
	}
	for _, h := range s.Has {
		out.Has[h.What] = h.N
	}
	return out
}
