package api

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/inbox"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type (
	receiverKind string
	eventName    string
)

func (receiverKind) Schema(huma.Registry) *huma.Schema { return words(inbox.ReceiverKinds()...) }
func (eventName) Schema(huma.Registry) *huma.Schema    { return words(inbox.Events()...) }

// Receiver is a robot of a group chat or a webhook, without its secrets.
type Receiver struct {
	ID        string       `json:"id" format:"uuid"`
	Kind      receiverKind `json:"kind"`
	Name      string       `json:"name"`
	Version   int64        `json:"version"`
	Paused    bool         `json:"paused"`
	Host      string       `json:"host"`
	Events    []eventName  `json:"events"`
	Sent      int          `json:"sent"`
	Waiting   int          `json:"waiting"`
	Failed    int          `json:"failed"`
	Cause     string       `json:"cause,omitempty"` // of the last message, if it was given up
	CreatedAt time.Time    `json:"createdAt"`
	Secret    string       `json:"secret,omitempty"` // of a webhook, in the answer that makes it and in no other
}

// ReceiverID is the id of a receiver in a path.
type ReceiverID struct {
	ID string `path:"id" format:"uuid"`
}

func (r ReceiverID) id() (uuid.UUID, error) {
	id, err := uuid.Parse(r.ID)
	if err != nil {
		return id, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return id, nil
}

type addReceiver struct {
	Body struct {
		Kind   receiverKind `json:"kind"`
		Name   string       `json:"name" minLength:"1" maxLength:"40"`
		URL    string       `json:"url" format:"uri" maxLength:"500"`
		Secret string       `json:"secret,omitempty" maxLength:"200"`
		Events []eventName  `json:"events" minItems:"1"`
	}
}

type pauseReceiver struct {
	ReceiverID
	Versioned
	Body struct {
		Paused bool `json:"paused"`
	}
}

type rotateReceiver struct {
	ReceiverID
	Versioned
}

func (a *API) receivers() {
	add(a, operation{id: "list-receivers", method: http.MethodGet, path: "/receivers", tag: "receivers", do: account.ManageReceivers},
		func(ctx context.Context, c caller, _ *struct{}) (*struct{ Body list[Receiver] }, error) {
			all, err := a.receiversOf(ctx, c)
			return &struct{ Body list[Receiver] }{list[Receiver]{Items: all}}, err
		})
	add(a, operation{id: "add-receiver", method: http.MethodPost, path: "/receivers", tag: "receivers", do: account.ManageReceivers, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }},
		func(ctx context.Context, c caller, in *addReceiver) (*tagged[Receiver], error) {
			r, err := a.Inbox.AddReceiver(ctx, c.who, inbox.NewReceiver{Kind: inbox.ReceiverKind(in.Body.Kind), Name: in.Body.Name, URL: in.Body.URL,
				Secret: in.Body.Secret, Events: converted[string](in.Body.Events)})
			if err != nil {
				return nil, err
			}
			out := receiverOf(r, inbox.LaneState{})
			if r.Kind == inbox.Webhook {
				out.Secret = r.Target.Secret
			}
			return tag(r.Version, out)
		})
	add(a, operation{id: "pause-receiver", method: http.MethodPost, path: "/receivers/{id}/pause", tag: "receivers", do: account.ManageReceivers, write: true},
		func(ctx context.Context, c caller, in *pauseReceiver) (*tagged[Receiver], error) {
			id, version, err := in.at(in.Versioned)
			if err != nil {
				return nil, err
			}
			if err := stale(a.Inbox.Pause(ctx, c.who, id, version, in.Body.Paused)); err != nil {
				return nil, err
			}
			return a.receiver(ctx, c, id, "")
		})
	add(a, operation{id: "rotate-receiver", method: http.MethodPost, path: "/receivers/{id}/rotate", tag: "receivers", do: account.ManageReceivers, write: true},
		func(ctx context.Context, c caller, in *rotateReceiver) (*tagged[Receiver], error) {
			id, version, err := in.at(in.Versioned)
			if err != nil {
				return nil, err
			}
			secret, err := a.Inbox.Rotate(ctx, c.who, id, version)
			if err := stale(err); err != nil {
				return nil, err
			}
			return a.receiver(ctx, c, id, secret)
		})
	for name, do := range map[string]func(context.Context, account.Principal, uuid.UUID) error{"try": a.Inbox.Try, "remove": a.Inbox.Remove} {
		add(a, operation{id: name + "-receiver", method: http.MethodPost, path: "/receivers/{id}/" + name, tag: "receivers", do: account.ManageReceivers, write: true,
			adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }},
			func(ctx context.Context, c caller, in *ReceiverID) (*struct{}, error) {
				id, err := in.id()
				if err != nil {
					return nil, err
				}
				return nil, do(ctx, c.who, id)
			})
	}
}

func (r ReceiverID) at(v Versioned) (id uuid.UUID, version int64, err error) {
	if id, err = r.id(); err != nil {
		return id, 0, err
	}
	version, err = v.version()
	return id, version, err
}

func (a *API) receiversOf(ctx context.Context, c caller) ([]Receiver, error) {
	rs, states, err := a.Inbox.Receivers(ctx, c.who)
	out := []Receiver{}
	for _, r := range rs {
		out = append(out, receiverOf(r, states[r.ID]))
	}
	return out, err
}

// receiver is one of them, with the secret that was just made.
func (a *API) receiver(ctx context.Context, c caller, id uuid.UUID, secret string) (*tagged[Receiver], error) {
	all, err := a.receiversOf(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.ID == id.String() {
			r.Secret = secret
			return tag(r.Version, r)
		}
	}
	return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
}

func receiverOf(r inbox.Receiver, s inbox.LaneState) Receiver {
	return Receiver{ID: r.ID.String(), Kind: receiverKind(r.Kind), Name: r.Name, Version: r.Version, Paused: r.Disabled, Host: r.Host(),
		Events: append([]eventName{}, converted[eventName](r.Events)...), Sent: s.Sent, Waiting: s.Waiting, Failed: s.Failed, Cause: s.Cause, CreatedAt: time.UnixMilli(r.CreatedAt).UTC()}
}
