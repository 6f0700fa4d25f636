package account

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Code is a number that was sent to a telephone and lets its owner in once.
// Only keyed hashes of digits, telephone and device are kept.
type Code struct {
	ID        uuid.UUID
	AccountID uuid.UUID // zero if nobody has the telephone: then no digits are right
	Phone     string    // canonical
	Device    string
	Digits    string
	CreatedAt int64 // unix ms
	ExpiresAt int64 // unix ms
}

// Of a code.
const (
	CodeLife   = 5 * time.Minute
	CodeAgain  = time.Minute // until another is sent to the telephone
	CodeTries  = 5
	CodeDigits = 6
)

// SendCode sends a code to a telephone by which an account is known, as a short
// message in the language, and returns the id by which EnterByCode knows it
// again. The answer is the same whatever the number is.
func (s *Passwords) SendCode(ctx context.Context, phone, lang string, from From) (id uuid.UUID, err error) {
	phone, err = Canonical(ByPhone, phone)
	if err != nil {
		return uuid.Nil, err
	}
	if from.Device == "" {
		return uuid.Nil, catalog.Refuse(catalog.Invalid, "code.no_device")
	}
	digits, err := s.digits()
	if err != nil {
		return uuid.Nil, err
	}
	now := s.now()
	if id, err = uuid.NewRandomFromReader(s.rand); err != nil {
		return uuid.Nil, err
	}
	c := Code{ID: id, Phone: phone, Device: from.Device, Digits: digits, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(CodeLife).UnixMilli()}
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return uuid.Nil, err
	}
	message, err := codeNotice("sign_in_code", ByPhone, phone, digits, lang, c.ExpiresAt).Message(mid, now.UnixMilli())
	if err != nil {
		return uuid.Nil, err
	}
	if !s.guard.code(phone, from) {
		return uuid.Nil, catalog.Refuse(catalog.Unavailable, "code.too_many")
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := codeAgain(ctx, tx, phone, now.UnixMilli()); err != nil {
			return err
		}
		next := c
		a, ok, err := lets(ctx, tx, ByPhone, phone)
		if err != nil {
			return err
		}
		if ok = ok && !a.Out(now.UnixMilli()); ok {
			if ok, err = PasswordAllowed(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		if ok {
			next.AccountID = a.ID
			if err := tx.EnqueueMessage(ctx, message); err != nil {
				return err
			}
		}
		return tx.AddCode(ctx, next)
	})
	return id, err
}

// digits draws those of a code.
func (s *Passwords) digits() (string, error) {
	var raw [8]byte
	_, err := io.ReadFull(s.rand, raw[:])
	return fmt.Sprintf("%0*d", CodeDigits, binary.BigEndian.Uint64(raw[:])%1_000_000), err
}

// noticeAt is an urgent notice that goes to one address and nowhere else.
func noticeAt(template string, kind Provider, value string) journal.Notice {
	n := journal.Notice{Template: template, Email: value, Urgent: true}
	if kind == ByPhone {
		n.Email, n.Phone = "", value
	}
	return n
}

// codeNotice takes the digits of a code, which lasts until then (unix ms), to an
// address.
func codeNotice(template string, kind Provider, value, digits, lang string, until int64) journal.Notice {
	n := noticeAt(template, kind, value)
	n.Vars, n.Deadline, n.Lang = map[string]string{"code": digits, "minutes": fmt.Sprint(int(CodeLife.Minutes()))}, until, lang
	return n
}

// codeAgain refuses a code to an address that was sent one just now.
func codeAgain(ctx context.Context, tx Tx, value string, now int64) error {
	last, err := tx.LastCode(ctx, value)
	if wait := last + CodeAgain.Milliseconds() - now; err == nil && last > 0 && wait > 0 {
		return catalog.Refuse(catalog.Conflict, "code.wait", "seconds", fmt.Sprint((wait+999)/1000))
	}
	return err
}

// EnterByCode lets in who types the digits that were sent, on the device that
// asked for them: one of those who do at the same time. Whatever is wrong with
// a code, it is said in the same words.
func (s *Passwords) EnterByCode(ctx context.Context, id uuid.UUID, digits string, from From, by Entrance) (Principal, SignIn, error) {
	wrong := catalog.Refuse(catalog.Forbidden, "code.wrong")
	if len(digits) != CodeDigits || from.Device == "" {
		return Nobody(), SignIn{}, wrong
	}
	now := s.now().UnixMilli()
	var who uuid.UUID
	var right bool
	// A wrong try must stay counted, so it is a unit of work of its own.
	err := s.db.Write(ctx, func(tx Tx) (err error) {
		who, right, err = tx.UseCode(ctx, id, from.Device, digits, now)
		return err
	})
	if err != nil {
		return Nobody(), SignIn{}, err
	}
	if !right {
		return Nobody(), SignIn{}, wrong
	}
	by.Via = ByPhone
	p, in, err := s.enter(ctx, &by, func(tx Tx, now int64) (uuid.UUID, error) {
		a, ok, err := tx.Account(ctx, who)
		if err == nil && ok && !a.Out(now) {
			if ok, err = PasswordAllowed(ctx, tx, who); ok {
				err = tx.KnowDevice(ctx, who, from.Device, now)
			}
		}
		if err == nil && (!ok || a.Out(now)) {
			err = wrong
		}
		return who, err
	})
	return p, in, err
}
