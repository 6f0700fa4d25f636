package api

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/shelf"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// SigningUp is what an enterprise that wants an account fills in.
type SigningUp struct {
	Name       string `json:"name" minLength:"1" maxLength:"80"`
	CreditCode string `json:"creditCode" minLength:"1" maxLength:"40"`
	Contact    string `json:"contact" minLength:"1" maxLength:"40"`
	Phone      string `json:"phone" minLength:"1" maxLength:"30"`
	Consent    bool   `json:"consent"`
}

// SignUp is an enterprise that waits to be let in, without the person.
type SignUp struct {
	ID         string    `json:"id" format:"uuid"`
	Version    int64     `json:"version"`
	Name       string    `json:"name"`
	CreditCode string    `json:"creditCode"`
	CreatedAt  time.Time `json:"createdAt"`
	Known      string    `json:"known,omitempty"` // code of the party with that credit code
	Named      []string  `json:"named"`           // codes of parties of that name without a credit code
	Needs      []OwnNeed `json:"needs"`           // that bear that name and are nobody's yet
	MoreNeeds  bool      `json:"moreNeeds"`
}

// OwnNeed is a need in a list of an enterprise's own.
type OwnNeed struct {
	ID        string    `json:"id" format:"uuid"`
	Code      string    `json:"code"`
	Version   int64     `json:"version"`
	Title     string    `json:"title"`
	State     needState `json:"state"`
	Owner     string    `json:"owner"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// NeedRef names a need as it was seen.
type NeedRef struct {
	ID      string `json:"id" format:"uuid"`
	Version int64  `json:"version" minimum:"1"`
}

// Reviewed is the outcome of a review. EnterURL is the one-time way in, which is
// told this once; Text is for a chat with the enterprise.
type Reviewed struct {
	EnterURL  string     `json:"enterUrl,omitempty" format:"uri"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
	Needs     int        `json:"needs"`
	Told      bool       `json:"told"`
	Text      string     `json:"text"`
}

// SignUpID names a sign-up.
type SignUpID struct {
	ID string `path:"id" format:"uuid"`
}

func (s SignUpID) at(v Versioned) (id uuid.UUID, version int64, err error) {
	if id, err = uuid.Parse(s.ID); err != nil {
		return id, 0, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	version, err = v.version()
	return id, version, err
}

type acceptSignUp struct {
	SignUpID
	Versioned
	Body struct {
		Party string    `json:"party,omitempty" maxLength:"64"`
		Needs []NeedRef `json:"needs,omitempty" maxItems:"50"`
	} `nameHint:"Acceptance"`
}

type refuseSignUp struct {
	SignUpID
	Versioned
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	} `nameHint:"Refusal"`
}

type linkNeeds struct {
	Coded
	Body struct {
		Needs []NeedRef `json:"needs" minItems:"1" maxItems:"50"`
	} `nameHint:"LinkedNeeds"`
}

// PostedNeed is a need that an enterprise enters itself.
type PostedNeed struct {
	Title      string `json:"title" minLength:"1" maxLength:"200"`
	Text       string `json:"text" minLength:"1" maxLength:"20000"`
	Indicators string `json:"indicators,omitempty" maxLength:"20000"`
	Budget     string `json:"budget,omitempty" maxLength:"200"`
	Until      string `json:"until,omitempty" format:"date"`
	Contact    string `json:"contact,omitempty" maxLength:"40"`
	Phone      string `json:"phone,omitempty" maxLength:"30"`
	ShowOwner  bool   `json:"showOwner,omitempty"`
	Public     bool   `json:"public"`
}

type takeBackNeed struct {
	Coded
	Versioned
}

func (a *API) enterprises() {
	created := func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }
	empty := func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }
	add(a, operation{id: "sign-up-enterprise", method: http.MethodPost, path: "/enterprises/sign-ups", tag: "enterprises", do: account.SignUpEnterprise, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted }},
		func(ctx context.Context, c caller, in *struct{ Body SigningUp }) (*struct{}, error) {
			if wait := a.asked.Take(c.address); wait > 0 {
				return nil, tooMany(wait)
			}
			b := in.Body
			r := shelf.SignUpRequest{Name: b.Name, CreditCode: b.CreditCode, Contact: b.Contact, Phone: b.Phone}
			if b.Consent {
				r.Consent = c.lang.Say("enterprise.api_consent")
			}
			_, err := a.Enterprises.Ask(ctx, c.who, r)
			return nil, err
		})
	add(a, operation{id: "list-sign-ups", method: http.MethodGet, path: "/enterprises/sign-ups", tag: "enterprises", do: account.ReviewSignUps},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[list[SignUp]], error) {
			waiting, err := a.Enterprises.Waiting(ctx, c.who)
			if err != nil {
				return nil, err
			}
			out := list[SignUp]{Items: []SignUp{}}
			for _, u := range waiting {
				x := SignUp{ID: u.ID.String(), Version: u.Version, Name: u.Name, CreditCode: u.CreditCode, CreatedAt: moment(u.CreatedAt), Named: []string{}, Needs: ownNeeds(u.Needs), MoreNeeds: u.More}
				if u.Known != nil {
					x.Known = u.Known.Code
				}
				for _, p := range u.Named {
					x.Named = append(x.Named, p.Code)
				}
				out.Items = append(out.Items, x)
			}
			return tag(0, out)
		})
	add(a, operation{id: "accept-sign-up", method: http.MethodPost, path: "/enterprises/sign-ups/{id}/accept", tag: "enterprises", do: account.ReviewSignUps, write: true},
		func(ctx context.Context, c caller, in *acceptSignUp) (*struct{ Body Reviewed }, error) {
			id, version, err := in.at(in.Versioned)
			if err != nil {
				return nil, err
			}
			done, err := a.Enterprises.Accept(ctx, c.who, id, version, shelf.Acceptance{Like: in.Body.Party, Needs: needRefs(in.Body.Needs)})
			if err != nil {
				return nil, err
			}
			link := a.BaseURL.JoinPath("enter", done.Token).String()
			return &struct{ Body Reviewed }{Reviewed{EnterURL: link, ExpiresAt: maybe(done.Until), Needs: done.Needs, Told: done.Told,
				Text: c.lang.Say("enterprise.api_accepted", "name", done.SignUp.Name, "link", link)}}, nil
		})
	add(a, operation{id: "refuse-sign-up", method: http.MethodPost, path: "/enterprises/sign-ups/{id}/refuse", tag: "enterprises", do: account.ReviewSignUps, write: true},
		func(ctx context.Context, c caller, in *refuseSignUp) (*struct{ Body Reviewed }, error) {
			id, version, err := in.at(in.Versioned)
			if err != nil {
				return nil, err
			}
			done, err := a.Enterprises.Refuse(ctx, c.who, id, version, in.Body.Reason)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Reviewed }{Reviewed{Told: done.Told, Text: c.lang.Say("enterprise.api_refused", "name", done.SignUp.Name, "reason", done.SignUp.Private.Reason,
				"link", a.BaseURL.JoinPath("enterprises", "sign-up").String())}}, nil
		})
	add(a, operation{id: "list-unlinked-needs", method: http.MethodGet, path: "/parties/{code}/unlinked-needs", tag: "enterprises", do: account.ReviewSignUps},
		func(ctx context.Context, c caller, in *Coded) (*tagged[list[OwnNeed]], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			_, ns, _, err := a.Enterprises.Unlinked(ctx, c.who, in.Code)
			if err != nil {
				return nil, err
			}
			return tag(0, list[OwnNeed]{Items: ownNeeds(ns)})
		})
	add(a, operation{id: "link-needs", method: http.MethodPost, path: "/parties/{code}/unlinked-needs", tag: "enterprises", do: account.ReviewSignUps, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *linkNeeds) (*struct{}, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			return nil, a.Enterprises.LinkNeeds(ctx, c.who, in.Code, needRefs(in.Body.Needs))
		})
	add(a, operation{id: "list-own-needs", method: http.MethodGet, path: "/me/needs", tag: "enterprises", do: account.OwnNeeds},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[list[OwnNeed]], error) {
			_, ns, err := a.Enterprises.Own(ctx, c.who)
			if err != nil {
				return nil, err
			}
			return tag(0, list[OwnNeed]{Items: ownNeeds(ns)})
		})
	add(a, operation{id: "post-need", method: http.MethodPost, path: "/me/needs", tag: "enterprises", do: account.OwnNeeds, write: true, adjust: created},
		func(ctx context.Context, c caller, in *struct{ Body PostedNeed }) (*tagged[OwnNeed], error) {
			b := in.Body
			r := shelf.Reply{Title: b.Title, Text: b.Text, Indicators: b.Indicators, Budget: b.Budget, ShowOwner: b.ShowOwner, Public: b.Public}
			if b.Public {
				r.Consent = c.lang.Say("behalf.public_words")
			}
			var err error
			if r.Until, err = dateOf(b.Until); err != nil {
				return nil, err
			}
			n, err := a.Enterprises.Post(ctx, c.who, r, shelf.Form{Contact: b.Contact, Phone: b.Phone})
			if err != nil {
				return nil, err
			}
			n.Version = 1
			return tag(n.Version, ownNeeds([]catalog.Need{n})[0])
		})
	add(a, operation{id: "take-back-need", method: http.MethodPost, path: "/me/needs/{code}/withdraw", tag: "enterprises", do: account.OwnNeeds, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *takeBackNeed) (*struct{}, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			return nil, stale(a.Enterprises.TakeBack(ctx, c.who, in.Code, version))
		})
}

func ownNeeds(ns []catalog.Need) []OwnNeed {
	out := make([]OwnNeed, 0, len(ns))
	for _, n := range ns {
		out = append(out, OwnNeed{ID: n.ID.String(), Code: n.Code, Version: n.Version, Title: n.Title, State: needState(n.State), Owner: n.OwnerName, UpdatedAt: moment(n.UpdatedAt)})
	}
	return out
}

func needRefs(in []NeedRef) []shelf.Ref {
	var out []shelf.Ref
	for _, r := range in {
		out = append(out, shelf.Ref{ID: uuid.MustParse(r.ID), Version: r.Version}) // the format has been checked
	}
	return out
}
