package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"datai/account"
	"datai/journal"
	"datai/work"

	"github.com/google/uuid"
)

// mostSMS is how many short messages a person gets in a month, codes not
// counted (design, defaults).
const mostSMS = 3

// Channels says what is configured beside the inbox.
type Channels struct{ Mail, SMS bool }

// Service keeps inboxes and decides who is told how.
type Service struct {
	// Set before the service is used: what there is, and Vet, which may be nil and
	// says whether an address may be called at all.
	Channels Channels
	Vet      func(ctx context.Context, address string) error

	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
}

// NewService makes a service on db with a clock, whose zone is that of the
// office, and a source of randomness.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, now: now, rand: rand}
}

// Deliver makes of a leased message of journal.NoticeKind what its receivers
// find in their inboxes and what leaves by mail and short message, and ends it:
// all in one transaction, so that whoever is killed meanwhile delivers it once.
// The ids of what it makes follow from that of m.
func (s *Service) Deliver(ctx context.Context, m journal.Message) error {
	now := s.now()
	var n journal.Notice
	d := Delivery{ID: m.ID, Lane: journal.NoticeKind, At: now.UnixMilli(), Attempts: m.Attempts}
	err := json.Unmarshal(m.Payload, &n)
	t, known := TemplateOf(n.Template)
	switch {
	case err != nil, !known, addressees(n) != 1:
		d.Failed, d.Cause = true, "unreadable"
	case t.Code && n.Deadline > 0 && n.Deadline <= now.UnixMilli():
		d.Template, d.Failed, d.Cause = t.Key, true, "late"
	}
	return s.db.Write(ctx, func(tx Tx) error {
		if err := tx.EndMessage(ctx, m); err != nil {
			return err
		}
		if d.Failed {
			return tx.AddDelivery(ctx, d)
		}
		to := expansion{Service: s, tx: tx, of: m.ID, n: n, t: t, now: now}
		if n.Account == uuid.Nil && n.Role == "" {
			return to.stranger(ctx)
		}
		return to.accounts(ctx)
	})
}

// addressees counts those whom a notice names.
func addressees(n journal.Notice) (count int) {
	for _, named := range []bool{n.Account != uuid.Nil, n.Role != "", n.Phone != "", n.Email != ""} {
		if named {
			count++
		}
	}
	return count
}

// expansion is one notice on its way to its receivers.
type expansion struct {
	*Service
	tx  Tx
	of  uuid.UUID
	n   journal.Notice
	t   Template
	now time.Time
}

func (x expansion) item() Item {
	return Item{Template: x.t.Key, At: x.n.At, Body: Body{Vars: x.n.Vars, Path: x.n.Path, Deadline: x.n.Deadline}}
}

// stranger sends to an address that belongs to no account.
func (x expansion) stranger(ctx context.Context) error {
	if x.n.Email != "" {
		return x.send(ctx, MailLane, x.n.Email, Letter{To: x.n.Email, Lang: x.n.Lang, Items: []Item{x.item()}})
	}
	return x.text(ctx, x.n.Phone, x.n.Phone, x.n.Lang)
}

// accounts puts the notice into inboxes.
func (x expansion) accounts(ctx context.Context) error {
	var to []account.Account
	if x.n.Role != "" {
		all, err := x.tx.AccountsWith(ctx, account.Role(x.n.Role))
		if err != nil {
			return err
		}
		to = all
	} else if a, ok, err := x.tx.Account(ctx, x.n.Account); err != nil {
		return err
	} else if ok && !a.Disabled {
		to = []account.Account{a}
	}
	for _, a := range to {
		if err := x.account(ctx, a.ID); err != nil {
			return err
		}
	}
	return nil
}

// account tells one account, as it wants to be told.
func (x expansion) account(ctx context.Context, id uuid.UUID) error {
	r, err := x.reach(ctx, x.tx, id)
	if err != nil {
		return err
	}
	now := r.email != "" && r.Mail != MailOff && (x.n.Urgent || x.t.Code || r.Mail == MailOnce)
	if !x.t.Code {
		n := Notice{ID: uuid.NewSHA1(x.of, id[:]), Account: id, Template: x.t.Key, Urgent: x.n.Urgent, At: x.n.At, Body: x.item().Body}
		if now || r.email == "" || r.Mail == MailOff {
			n.MailedAt = x.now.UnixMilli()
		}
		if err := x.tx.AddNotice(ctx, n); err != nil {
			return err
		}
	}
	if now {
		if err := x.send(ctx, MailLane, id.String(), Letter{To: r.email, Lang: r.Lang, Items: []Item{x.item()}}); err != nil {
			return err
		}
	}
	if r.phone == "" || !r.SMS || (!x.n.Urgent && !x.t.Code) {
		return nil
	}
	return x.text(ctx, id.String(), r.phone, r.Lang)
}

// reach is how an account can be told; what no channel reaches is empty.
type reach struct {
	Setting
	email, phone string
}

func (s *Service) reach(ctx context.Context, tx Tx, id uuid.UUID) (r reach, err error) {
	set, ok, err := tx.Setting(ctx, id)
	if err != nil {
		return r, err
	}
	if r.Setting = defaultSetting; ok {
		r.Setting = set
	}
	a, _, err := tx.Account(ctx, id)
	if err != nil {
		return r, err
	}
	known, err := tx.Identities(ctx, id)
	for _, i := range known {
		switch {
		case !i.Counts(a): // it may be somebody else's
		case i.Provider == account.ByEmail && r.email == "" && s.Channels.Mail:
			r.email = i.Value
		case i.Provider == account.ByPhone && r.phone == "" && s.Channels.SMS:
			r.phone = i.Value
		}
	}
	return r, err
}

// text sends a short message unless the person has had those of the month.
func (x expansion) text(ctx context.Context, person, phone, lang string) error {
	if !x.t.SMS {
		return nil
	}
	if !x.t.Code {
		n, err := x.tx.CountSMS(ctx, person, x.now.Year()*100+int(x.now.Month()))
		if err != nil {
			return err
		}
		if n > mostSMS { // it stays in the inbox
			return x.tx.AddDelivery(ctx, Delivery{ID: x.derived(SMSLane, person), Lane: SMSLane, Template: x.t.Key, At: x.now.UnixMilli(), Failed: true, Cause: "month_full"})
		}
	}
	return x.send(ctx, SMSLane, person, Text{To: phone, Lang: lang, Item: x.item()})
}

// derived is the id of what leaves by a lane to somebody: the same whenever it
// is made of this notice.
func (x expansion) derived(lane, to string) uuid.UUID {
	return uuid.NewSHA1(x.of, []byte(lane+"\x00"+to))
}

func (x expansion) send(ctx context.Context, lane, to string, payload any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("inbox: %s: %w", lane, err)
	}
	return x.tx.EnqueueMessage(ctx, journal.Message{ID: x.derived(lane, to), Kind: lane, Payload: text, Due: x.now.UnixMilli()})
}

// End records what became of a leased message that left, or was given up, and
// forgets it.
func (s *Service) End(ctx context.Context, m journal.Message, d Delivery) error {
	return s.db.Write(ctx, func(tx Tx) error {
		if err := tx.EndMessage(ctx, m); err != nil {
			return err
		}
		return tx.AddDelivery(ctx, d)
	})
}
