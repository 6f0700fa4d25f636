package api

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/process"

	"github.com/google/uuid"
)

// What the person whose token it is does with one case, as on its page: the inner
// review of a result, decisions on answers, contacts in full, timelines.

type checkGate struct {
	Coded
	Body struct {
		Ref     string         `json:"ref" maxLength:"80"`
		Clear   []gateQuestion `json:"clear,omitempty" maxItems:"20"`
		Confirm bool           `json:"confirm"`
	} `nameHint:"GateChecked"`
}

type decideAnswer struct {
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Accept bool `json:"accept"`
	} `nameHint:"AnswerDecision"`
}

// CaseContact is who asked, in full. The journal keeps who looked.
type CaseContact struct {
	Name         string `json:"name"`
	Organisation string `json:"organisation"`
	Phone        string `json:"phone,omitempty"`
	Landline     string `json:"landline,omitempty"`
	Email        string `json:"email,omitempty"`
	Purpose      string `json:"purpose"`
}

// CaseEvent is a step that was taken, without what was written in it. By is the
// name of the account, which the clock and whoever has none lack.
type CaseEvent struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"`
	Do     string    `json:"do"`
	From   string    `json:"from,omitempty"`
	To     string    `json:"to"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	Actor  string    `json:"actor"`
}

func eventsOf(es []process.Event, names map[uuid.UUID]string) list[CaseEvent] {
	items := make([]CaseEvent, 0, len(es))
	for _, e := range es {
		items = append(items, CaseEvent{N: e.N, At: moment(e.At), Do: string(e.Taken.Action), From: string(e.Taken.From), To: string(e.Taken.To), Reason: e.Taken.Reason, By: names[e.Who], Actor: string(e.Taken.By)})
	}
	return list[CaseEvent]{Items: items}
}

func (a *API) persons() {
	add(a, operation{id: "check-gate", method: http.MethodPost, path: "/gate/{code}/list", tag: "gate", do: account.ListResults, write: true},
		func(ctx context.Context, c caller, in *checkGate) (*struct{ Body Standing }, error) {
			ref, err := readRef(in.Body.Ref)
			if err != nil {
				return nil, err
			}
			says := ""
			if in.Body.Confirm {
				says = c.lang.Say("gate.confirm")
			}
			if err := a.Gate.Check(context.WithoutCancel(ctx), c.who, in.Code, ref.Version, ref.Case, converted[gate.Code](in.Body.Clear), says); err != nil {
				return nil, err
			}
			return a.standing(ctx, c, in.Coded)
		})
	add(a, operation{id: "decide-gate-answer", method: http.MethodPost, path: "/gate/answers/{id}/decide", tag: "gate", do: account.ListResults, write: true, adjust: noContent},
		func(ctx context.Context, c caller, in *decideAnswer) (*nothing, error) {
			id, err := uuid.Parse(in.ID)
			if err != nil {
				return nil, catalog.Refuse(catalog.Invalid, "error.form")
			}
			return nil, a.Gate.Decide(context.WithoutCancel(ctx), c.who, id, in.Body.Accept)
		})
	add(a, operation{id: "get-gate-timeline", method: http.MethodGet, path: "/gate/{code}/timeline", tag: "gate", do: account.ListResults},
		func(ctx context.Context, c caller, in *Coded) (*tagged[list[CaseEvent]], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			v, err := a.Gate.View(ctx, c.who, in.Code)
			if err != nil || v.Case.Version == 0 {
				return &tagged[list[CaseEvent]]{Body: eventsOf(nil, nil)}, err
			}
			es, names, err := a.Gate.Timeline(ctx, c.who, v.Case.ID)
			if err != nil {
				return nil, err
			}
			return tag(v.Case.Version, eventsOf(es, names))
		})
	add(a, operation{id: "get-contact-timeline", method: http.MethodGet, path: "/contacts/{code}/timeline", tag: "contacts", do: account.HandleContacts},
		func(ctx context.Context, c caller, in *Coded) (*tagged[list[CaseEvent]], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			es, names, err := a.Contact.Timeline(ctx, c.who, in.Code)
			if err != nil {
				return nil, err
			}
			return tag(0, eventsOf(es, names))
		})
	add(a, operation{id: "disclose-contact", method: http.MethodPost, path: "/contacts/{code}/disclose", tag: "contacts", do: account.HandleContacts, write: true},
		func(ctx context.Context, c caller, in *Coded) (*struct{ Body CaseContact }, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			x, err := a.Contact.Disclose(context.WithoutCancel(ctx), c.who, in.Code)
			if err != nil {
				return nil, err
			}
			p := x.Private
			return &struct{ Body CaseContact }{CaseContact{Name: p.Contact.Name, Organisation: p.Contact.PartyName, Phone: p.Contact.Phone, Landline: p.Contact.Landline, Email: p.Contact.Email, Purpose: p.Purpose}}, nil
		})
}
