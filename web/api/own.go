package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type addressKind string

func (addressKind) Schema(huma.Registry) *huma.Schema { return words(account.ByPhone, account.ByEmail) }

// Consent is something that one agreed to.
type Consent struct {
	ID        string     `json:"id" format:"uuid"`
	Purpose   string     `json:"purpose"`
	Party     string     `json:"party,omitempty"`
	Text      string     `json:"text"`
	Words     string     `json:"words"` // their version
	How       string     `json:"how"`
	Guardian  bool       `json:"guardian"`
	Given     time.Time  `json:"given"`
	Withdrawn *time.Time `json:"withdrawn,omitempty"`
}

// Address is one of one's own, masked.
type Address struct {
	ID    string      `json:"id" format:"uuid"`
	Kind  addressKind `json:"kind"`
	Value string      `json:"value"`
	Waits bool        `json:"waits"` // a list brought it; ask for a code to confirm it
}

type askAddress struct {
	Body struct {
		Kind  addressKind `json:"kind"`
		Value string      `json:"value" minLength:"3" maxLength:"255"`
	} `nameHint:"NewAddress"`
}

// AskedAddress is an address to which a code was sent.
type AskedAddress struct {
	Code  string      `json:"code" format:"uuid"`
	Kind  addressKind `json:"kind"`
	Value string      `json:"value"`
}

type addAddress struct {
	Body struct {
		Code   string      `json:"code" format:"uuid"`
		Kind   addressKind `json:"kind"`
		Value  string      `json:"value" minLength:"3" maxLength:"255"`
		Digits string      `json:"digits" minLength:"6" maxLength:"6"`
	} `nameHint:"ConfirmedAddress"`
}

type closeAccount struct {
	Dry bool `query:"dry" default:"true"`
}

// Closing is what waits for one, and whether the account is closed now.
type Closing struct {
	Cases         int  `json:"cases"`
	Confirmations int  `json:"confirmations"`
	Drafts        int  `json:"drafts"`
	Closed        bool `json:"closed"`
}

// own are the operations on what one agreed to, one's addresses, and the end of
// one's account.
func (a *API) own() {
	empty := func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }
	add(a, operation{id: "list-consents", method: http.MethodGet, path: "/me/consents", tag: "me", do: account.OwnAccount},
		func(ctx context.Context, c caller, _ *struct{}) (*struct{ Body list[Consent] }, error) {
			given, err := a.Account.Consents(ctx, c.who)
			if err != nil {
				return nil, err
			}
			out := list[Consent]{Items: []Consent{}}
			for _, g := range given {
				out.Items = append(out.Items, Consent{ID: g.ID.String(), Purpose: string(g.Purpose), Party: g.Party, Text: g.Said(), Words: g.Version, How: g.How, Guardian: g.Guardian,
					Given: moment(g.GivenAt), Withdrawn: maybe(g.EndedAt)})
			}
			return &struct{ Body list[Consent] }{out}, nil
		})
	add(a, operation{id: "withdraw-consent", method: http.MethodPost, path: "/me/consents/{id}/withdraw", tag: "me", do: account.OwnAccount, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *ConflictID) (*struct{}, error) {
			id, err := uuid.Parse(in.ID)
			if err != nil {
				return nil, catalog.Refuse(catalog.NotFound, "consents.not_found")
			}
			given, err := a.Account.Consent(ctx, c.who, id)
			if err != nil {
				return nil, err
			}
			if slices.Contains([]account.Purpose{account.ConsentAsk, account.ConsentPass, account.ConsentShare}, given.Purpose) {
				err := a.Contact.WithdrawOwn(ctx, c.who, given)
				if given.Purpose == account.ConsentAsk || catalog.CodeOf(err) != catalog.NotFound { // else it is about no case
					return nil, err
				}
			}
			return nil, a.Account.WithdrawConsent(ctx, c.who, id)
		})
	add(a, operation{id: "list-addresses", method: http.MethodGet, path: "/me/addresses", tag: "me", do: account.OwnAccount},
		func(ctx context.Context, c caller, _ *struct{}) (*struct{ Body list[Address] }, error) {
			have, err := a.Account.Addresses(ctx, c.who)
			if err != nil {
				return nil, err
			}
			out := list[Address]{Items: []Address{}}
			for _, i := range have {
				out.Items = append(out.Items, Address{ID: i.ID.String(), Kind: addressKind(i.Provider), Value: i.Value, Waits: i.Trust == account.Doubtful})
			}
			return &struct{ Body list[Address] }{out}, nil
		})
	add(a, operation{id: "ask-address", method: http.MethodPost, path: "/me/addresses", tag: "me", do: account.OwnAccount, write: true},
		func(ctx context.Context, c caller, in *askAddress) (*struct{ Body AskedAddress }, error) {
			kind := account.Provider(in.Body.Kind)
			if !slices.Contains(a.Ways(), kind) {
				return nil, catalog.Refuse(catalog.Conflict, "addresses.no_way")
			}
			id, value, err := a.Passwords.AskAddress(ctx, c.who, kind, in.Body.Value, string(c.lang), c.address)
			if err != nil {
				return nil, err
			}
			return &struct{ Body AskedAddress }{AskedAddress{Code: id.String(), Kind: in.Body.Kind, Value: value}}, nil
		})
	add(a, operation{id: "add-address", method: http.MethodPost, path: "/me/addresses/confirm", tag: "me", do: account.OwnAccount, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *addAddress) (*struct{}, error) {
			id, err := uuid.Parse(in.Body.Code)
			if err != nil {
				return nil, catalog.Refuse(catalog.Invalid, "addresses.wrong")
			}
			return nil, a.Passwords.AddAddress(ctx, c.who, id, account.Provider(in.Body.Kind), in.Body.Value, in.Body.Digits)
		})
	add(a, operation{id: "remove-address", method: http.MethodPost, path: "/me/addresses/{id}/remove", tag: "me", do: account.OwnAccount, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *ConflictID) (*struct{}, error) {
			id, err := uuid.Parse(in.ID)
			if err != nil {
				return nil, catalog.Refuse(catalog.NotFound, "addresses.not_found")
			}
			return nil, a.Account.RemoveAddress(ctx, c.who, id, a.Ways()...)
		})
	// Closing takes a session that is minutes old: no token closes an account.
	add(a, operation{id: "close-account", method: http.MethodPost, path: "/me/close", tag: "me", do: account.OwnAccount, write: true},
		func(ctx context.Context, c caller, in *closeAccount) (*struct{ Body Closing }, error) {
			d, err := a.Account.DutiesOf(ctx, c.who, c.who.ID)
			if err == nil && !in.Dry {
				err = a.Account.CloseOwn(context.WithoutCancel(ctx), c.who, c.in)
			}
			if err != nil {
				return nil, err
			}
			return &struct{ Body Closing }{Closing{Cases: d.Cases, Confirmations: d.Confirmations, Drafts: d.Drafts, Closed: !in.Dry}}, nil
		})
}
