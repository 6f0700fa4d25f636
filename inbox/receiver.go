package inbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// ReceiverKind is what a receiver of events is.
type ReceiverKind string

// Kinds of receivers.
const (
	Webhook  ReceiverKind = "webhook"
	WeCom    ReceiverKind = "wecom"    // robot of a group chat of 企业微信
	DingTalk ReceiverKind = "dingtalk" // of 钉钉
	Feishu   ReceiverKind = "feishu"   // of 飞书
)

// ReceiverKinds lists them in the order people meet them.
func ReceiverKinds() []ReceiverKind { return []ReceiverKind{WeCom, DingTalk, Feishu, Webhook} }

// Receiver is somebody else's address to which events go.
type Receiver struct {
	ID        uuid.UUID
	Kind      ReceiverKind
	Name      string
	Version   int64
	Disabled  bool
	Events    []string
	CreatedAt int64
	Target    Target // encrypted at rest
}

// Target is where a receiver is and what proves that it is us who call.
type Target struct {
	URL    string `json:"url"`
	Secret string `json:"secret,omitempty"`
	// Old is the secret before the last rotation, which signs too until OldUntil
	// (unix ms).
	Old      string `json:"old,omitempty"`
	OldUntil int64  `json:"old_until,omitempty"`
}

// Lane is the lane of the receiver's messages.
func (r Receiver) Lane() string { return string(r.Kind) + ":" + r.ID.String() }

// Host is the part of the address that holds no secret.
func (r Receiver) Host() string {
	u, err := url.Parse(r.Target.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// How long a secret signs beside its successor, and the bounds of receivers.
const (
	rotation      = 24 * time.Hour
	receiversMost = 50
	receiverName  = 40  // characters
	receiverURL   = 500 // bytes
	secretMost    = 200
)

// NewReceiver is what an administrator fills in.
type NewReceiver struct {
	Kind   ReceiverKind
	Name   string
	URL    string
	Secret string // of a robot, "" if it has none; a webhook's is made here
	Events []string
}

func (n *NewReceiver) fit() error {
	n.Name = catalog.Clean(n.Name)
	u, err := url.Parse(n.URL)
	switch {
	case !slices.Contains(ReceiverKinds(), n.Kind):
		return catalog.Refuse(catalog.Invalid, "error.form")
	case n.Name == "" || utf8.RuneCountInString(n.Name) > receiverName:
		return catalog.Refuse(catalog.Invalid, "receivers.fit.name", "most", strconv.Itoa(receiverName))
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(n.URL) > receiverURL:
		return catalog.Refuse(catalog.Invalid, "receivers.fit.url")
	case len(n.Secret) > secretMost:
		return catalog.Refuse(catalog.Invalid, "receivers.fit.secret")
	case len(n.Events) == 0 || slices.ContainsFunc(n.Events, func(e string) bool { return !slices.Contains(Events(), e) }):
		return catalog.Refuse(catalog.Invalid, "receivers.fit.events")
	}
	return nil
}

// SecretPrefix begins the secret of a webhook (Standard Webhooks 1.0.0,
// "Signature scheme"); base64 of 32 random bytes follows.
const SecretPrefix = "whsec_"

func (s *Service) newSecret() (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", err
	}
	return SecretPrefix + base64.StdEncoding.EncodeToString(raw), nil
}

func manages(p account.Principal) error {
	if !p.May(account.ManageReceivers) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return nil
}

// Receivers lists the receivers by name, without secrets; of the address only
// the host is left. States says how each fares.
func (s *Service) Receivers(ctx context.Context, p account.Principal) (rs []Receiver, states map[uuid.UUID]LaneState, err error) {
	if err := manages(p); err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if rs, err = tx.Receivers(ctx); err != nil {
			return err
		}
		states = map[uuid.UUID]LaneState{}
		for _, r := range rs {
			if states[r.ID], err = tx.LaneState(ctx, r.Lane()); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range rs {
		rs[i].Target = Target{URL: (&url.URL{Scheme: "https", Host: rs[i].Host()}).String()}
	}
	return rs, states, err
}

// LaneState says how a lane fares.
type LaneState struct {
	Waiting int
	Sent    int   // that are remembered
	Failed  int   // that were given up
	At      int64 // unix ms of the last one, 0 = none
	Cause   string
}

// AddReceiver adds a receiver and returns it; the secret of a webhook is in it,
// this once.
func (s *Service) AddReceiver(ctx context.Context, p account.Principal, n NewReceiver) (Receiver, error) {
	if err := manages(p); err != nil {
		return Receiver{}, err
	}
	if err := n.fit(); err != nil {
		return Receiver{}, err
	}
	if s.Vet != nil {
		if err := s.Vet(ctx, n.URL); err != nil {
			return Receiver{}, err
		}
	}
	if n.Kind == Webhook {
		secret, err := s.newSecret()
		if err != nil {
			return Receiver{}, err
		}
		n.Secret = secret
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Receiver{}, err
	}
	r := Receiver{ID: id, Kind: n.Kind, Name: n.Name, Version: 1, Events: n.Events, CreatedAt: s.now().UnixMilli(), Target: Target{URL: n.URL, Secret: n.Secret}}
	return r, s.change(ctx, p, "receiver.add", id, func(tx Tx) error {
		have, err := tx.Receivers(ctx)
		if err != nil {
			return err
		}
		if len(have) >= receiversMost {
			return catalog.Refuse(catalog.Conflict, "receivers.many", "most", strconv.Itoa(receiversMost))
		}
		if slices.ContainsFunc(have, func(h Receiver) bool { return h.Name == r.Name }) {
			return catalog.Refuse(catalog.Conflict, "receivers.taken", "name", r.Name)
		}
		return tx.AddReceiver(ctx, r)
	})
}

// change runs fn with its entry in one transaction.
func (s *Service) change(ctx context.Context, p account.Principal, verb string, id uuid.UUID, fn func(Tx) error) error {
	e, err := journal.New(s.rand, s.now().UnixMilli(), p.ID, string(p.Acting), verb, "receiver")
	if err != nil {
		return err
	}
	e.Subject = id
	return s.db.Write(ctx, func(tx Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
}

// Pause stops a receiver or lets it go on, in the version that was seen. What is
// queued waits no longer: a receiver that is paused gets nothing.
func (s *Service) Pause(ctx context.Context, p account.Principal, id uuid.UUID, version int64, paused bool) error {
	return s.alter(ctx, p, "receiver.pause", id, version, func(r *Receiver) { r.Disabled = paused })
}

// Rotate gives a webhook another secret, in the version that was seen, and
// returns it; the one before signs beside it for a day.
func (s *Service) Rotate(ctx context.Context, p account.Principal, id uuid.UUID, version int64) (secret string, err error) {
	if secret, err = s.newSecret(); err != nil {
		return "", err
	}
	until := s.now().Add(rotation).UnixMilli()
	webhook := false
	err = s.alter(ctx, p, "receiver.rotate", id, version, func(r *Receiver) {
		if webhook = r.Kind == Webhook; webhook {
			r.Target.Old, r.Target.OldUntil, r.Target.Secret = r.Target.Secret, until, secret
		}
	})
	if err == nil && !webhook {
		return "", catalog.Refuse(catalog.Invalid, "error.form")
	}
	return secret, err
}

func (s *Service) alter(ctx context.Context, p account.Principal, verb string, id uuid.UUID, version int64, fn func(*Receiver)) error {
	if err := manages(p); err != nil {
		return err
	}
	return s.change(ctx, p, verb, id, func(tx Tx) error {
		r, ok, err := tx.Receiver(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		if r.Version != version {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		fn(&r)
		return tx.SaveReceiver(ctx, r)
	})
}

// Remove forgets a receiver.
func (s *Service) Remove(ctx context.Context, p account.Principal, id uuid.UUID) error {
	if err := manages(p); err != nil {
		return err
	}
	return s.change(ctx, p, "receiver.remove", id, func(tx Tx) error {
		ok, err := tx.RemoveReceiver(ctx, id)
		if err == nil && !ok {
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		return err
	})
}

// Try sends a receiver an event that says nothing but that it is a trial.
func (s *Service) Try(ctx context.Context, p account.Principal, id uuid.UUID) error {
	if err := manages(p); err != nil {
		return err
	}
	message, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	now := s.now().UnixMilli()
	return s.change(ctx, p, "receiver.try", id, func(tx Tx) error {
		r, ok, err := tx.Receiver(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			return catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		return occur(ctx, tx, r, message, Occurrence{Type: TrialEvent, At: now, N: 1})
	})
}

func occur(ctx context.Context, tx Tx, r Receiver, id uuid.UUID, o Occurrence) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("inbox: event: %w", err)
	}
	return tx.EnqueueMessage(ctx, journal.Message{ID: id, Kind: r.Lane(), Payload: text, Due: o.At})
}

// Receiver is the receiver with its secrets, for who sends; ok is false if it is
// paused or gone.
func (s *Service) Receiver(ctx context.Context, id uuid.UUID) (r Receiver, ok bool, err error) {
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		r, ok, err = tx.Receiver(ctx, id)
		return err
	})
	return r, ok && !r.Disabled, err
}

// Gone pauses a receiver that has said that it wants nothing any more.
func (s *Service) Gone(ctx context.Context, id uuid.UUID) error {
	return s.db.Write(ctx, func(tx Tx) error {
		r, ok, err := tx.Receiver(ctx, id)
		if err != nil || !ok {
			return err
		}
		r.Disabled = true
		return tx.SaveReceiver(ctx, r)
	})
}
