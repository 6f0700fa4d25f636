package inbox

import (
	"context"
	"slices"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Events that receivers can have. They name codes and states, nothing else:
// whoever may see more asks /api/v1.
const (
	ResultListed  = "result.listed"
	NeedPublished = "need.published"
	ContactOpened = "contact.opened"
	ContactMoved  = "contact.moved"
	TrialEvent    = "receiver.trial" // for a test, to whoever is tried
)

// Events lists those that can be chosen in the order people meet them.
func Events() []string { return []string{ResultListed, NeedPublished, ContactOpened, ContactMoved} }

// verbs are the entries of the journal that are events. It is read instead of
// every service naming them once more: what has an entry has happened, once.
var verbs = map[string]string{
	"result.list": ResultListed, "need.open": NeedPublished,
	"contact.ask": ContactOpened, "contact.open": ContactOpened, "contact.move": ContactMoved, "contact.withdraw": ContactMoved,
}

// Occurrence is the payload of a message to a receiver.
type Occurrence struct {
	Type  string `json:"type"`
	At    int64  `json:"at"` // unix ms
	Code  string `json:"code,omitempty"`
	State string `json:"state,omitempty"` // of a case
	N     int    `json:"n"`               // how many there are, of which Code is the first
}

// feedStep is how many entries are read at once.
const feedStep = 500

// Feed makes messages of what has happened since it was called last, and returns
// how many. A webhook gets each event, a robot one message for all of a kind
// that came together. Of two servers one does it.
func (s *Service) Feed(ctx context.Context) (made int, err error) {
	for {
		n, more, err := s.feed(ctx)
		made += n
		if err != nil || !more {
			return made, err
		}
	}
}

func (s *Service) feed(ctx context.Context) (made int, more bool, err error) {
	var at int64
	var known bool
	var es []journal.Entry
	var rs []Receiver
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if at, known, err = tx.EventCursor(ctx); err != nil {
			return err
		}
		if !known { // what happened before anybody listened is no news
			at, err = tx.LastEntry(ctx)
			return err
		}
		if es, err = tx.EntriesAfter(ctx, at, feedStep); err != nil || len(es) == 0 {
			return err
		}
		rs, err = tx.Receivers(ctx)
		return err
	})
	if err != nil || (known && len(es) == 0) {
		return 0, false, err
	}
	to := at
	if len(es) > 0 {
		to = es[len(es)-1].Seq
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		made = 0
		if err := tx.SetEventCursor(ctx, at, to, !known); err != nil {
			return err
		}
		for _, r := range rs {
			n, err := feedReceiver(ctx, tx, r, es)
			if err != nil {
				return err
			}
			made += n
		}
		return nil
	})
	if catalog.CodeOf(err) == catalog.Conflict { // another server was first
		return 0, false, nil
	}
	return made, len(es) == feedStep, err
}

// feedReceiver makes the messages of one receiver. Their ids follow from the
// receiver's and the entry's.
func feedReceiver(ctx context.Context, tx Tx, r Receiver, es []journal.Entry) (made int, err error) {
	if r.Disabled {
		return 0, nil
	}
	together := map[string]*Occurrence{}
	var order []string
	ids := map[string]uuid.UUID{}
	for _, e := range es {
		kind := verbs[e.Verb]
		if kind == "" || !slices.Contains(r.Events, kind) {
			continue
		}
		o := Occurrence{Type: kind, At: e.At, Code: e.Body["code"], N: 1}
		if kind == ContactMoved {
			if o.State = e.Body["to"]; o.State == "" {
				o.State = e.Body["state"]
			}
		}
		id := uuid.NewSHA1(r.ID, e.ID[:])
		if r.Kind == Webhook {
			if err := occur(ctx, tx, r, id, o); err != nil {
				return made, err
			}
			made++
			continue
		}
		if have := together[kind]; have != nil {
			have.N++
			continue
		}
		together[kind], ids[kind] = &o, id
		order = append(order, kind)
	}
	for _, kind := range order {
		if err := occur(ctx, tx, r, ids[kind], *together[kind]); err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}
