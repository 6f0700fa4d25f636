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
	var raw [8]byte
	if _, err := io.ReadFull(s.rand, raw[:]); err != nil {
		return uuid.Nil, err
	}
	digits := fmt.Sprintf("%0*d", CodeDigits, binary.BigEndian.Uint64(raw[:])%1_000_000)
	now := s.now()
	if id, err = uuid.NewRandomFromReader(s.rand); err != nil {
		return uuid.Nil, err
	}
	c := Code{ID: id, Phone: phone, Device: from.Device, Digits: digits, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(CodeLife).UnixMilli()}
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return uuid.Nil, err
	}
	message, err := journal.Notice{Template: "sign_in_code", Phone: phone, Vars: map[string]string{"code": digits, "minutes": fmt.Sprint(int(CodeLife.Minutes()))},
		Deadline: c.ExpiresAt, Urgent: true, Lang: lang}.Message(mid, now.UnixMilli())
	if err != nil {
		return uuid.Nil, err
	}
	if !s.guard.code(phone, from) {
		return uuid.Nil, catalog.Refuse(catalog.Unavailable, "code.too_many")
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		last, err := tx.LastCode(ctx, phone)
		if err != nil {
			return err
		}
		if wait := last + CodeAgain.Milliseconds() - now.UnixMilli(); last > 0 && wait > 0 {
			return catalog.Refuse(catalog.Conflict, "code.wait", "seconds", fmt.Sprint((wait+999)/1000))
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
