package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// wrongCode is a code that was not taken, and why; it is a refusal.
func wrongCode(left int) error {
	return catalog.Refuse(catalog.Invalid, "factor.wrong", "n", fmt.Sprint(left))
}

// late reports how many minutes off a clock is, at least one.
func late(steps int64) string {
	return fmt.Sprint(max(1, int((time.Duration(steps) * totpStep).Round(time.Minute).Minutes())))
}

// take is the step of a code that an authenticator may show at the time now, or
// why not. Of a clock that is fast nothing is said unless first is set: whoever
// guesses would learn a code that is taken in some minutes.
func (a Authenticator) take(code string, now time.Time, first bool, left int) (int64, error) {
	at := stepAt(now)
	step, ok := stepOf(a.Secret, code, at, totpFar)
	switch {
	case !ok:
		return 0, wrongCode(left)
	case step < at-totpNear:
		return 0, catalog.Refuse(catalog.Invalid, "factor.slow", "minutes", late(at-step))
	case step > at+totpNear && first:
		return 0, catalog.Refuse(catalog.Invalid, "factor.fast", "minutes", late(step-at))
	case step > at+totpNear:
		return 0, wrongCode(left)
	case step <= a.Step:
		return 0, catalog.Refuse(catalog.Invalid, "factor.used")
	}
	return step, nil
}

// tried counts a code of an account before it is looked at.
func (s *Passwords) tried(kind string, id uuid.UUID) (left int, right func(), err error) {
	key := kind + " " + id.String()
	left, ok := s.guard.quarter.take(key, provesMost)
	if ok {
		if _, ok = s.guard.day.take(key, provesOfDay); !ok {
			s.guard.quarter.giveBack(key)
		}
	}
	if !ok {
		return 0, nil, catalog.Refuse(catalog.Unavailable, "factor.many", "minutes", fmt.Sprint(int(window.Minutes())))
	}
	return left, func() { s.guard.quarter.giveBack(key); s.guard.day.giveBack(key) }, nil
}

// ConfirmAuthenticator takes the first code of p's authenticator program, in the
// sign-in with the id, which is strong from then on. It returns the recovery
// codes, which are told this once.
func (s *Passwords) ConfirmAuthenticator(ctx context.Context, p Principal, in uuid.UUID, code string) (codes []string, err error) {
	if !p.May(OwnFactors) {
		return nil, ErrForbidden
	}
	if codes, err = s.drawCodes(); err != nil {
		return nil, err
	}
	now := s.now()
	entry, err := s.entry(p, now, "second_factor.set")
	if err != nil {
		return nil, err
	}
	told, err := s.tell(p.ID, "factor_set", now)
	if err != nil {
		return nil, err
	}
	left, right, err := s.tried("confirm", p.ID)
	if err != nil {
		return nil, err
	}
	code = plainCode(code)
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := mayAdd(ctx, tx, p); err != nil {
			return err
		}
		a, err := begun(ctx, tx, p.ID, now.UnixMilli())
		if err != nil {
			return err
		}
		if a.Step, err = a.take(code, now, true, left); err != nil {
			return err
		}
		a.ConfirmedAt = now.UnixMilli()
		if err := tx.SaveAuthenticator(ctx, a); err != nil {
			return err
		}
		if err := tx.SetRecoveryCodes(ctx, p.ID, codes); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject = p.ID
		return strengthen(ctx, tx, p, in, e)
	})
	if err != nil {
		return nil, err
	}
	right()
	return codes, nil
}

// strengthen makes p's own sign-in strong, with an entry.
func strengthen(ctx context.Context, tx Tx, p Principal, in uuid.UUID, e journal.Entry) error {
	ok, err := tx.StrengthenSignIn(ctx, p.ID, in)
	if err == nil && !ok {
		err = ErrForbidden
	}
	if err != nil {
		return err
	}
	return tx.Append(ctx, e)
}

// Prove takes a code of p's authenticator program, or a recovery code, and makes
// the sign-in with the id strong. A code is taken once.
func (s *Passwords) Prove(ctx context.Context, p Principal, in uuid.UUID, text string) error {
	if !p.May(ProveFactor) {
		return ErrForbidden
	}
	code, kind := readCode(text), "recovery"
	if len(code) != recoveryLength {
		code, kind = plainCode(text), "factor"
	}
	now := s.now()
	verb := "second_factor.prove"
	if kind == "recovery" {
		verb = "second_factor.recovery"
	}
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "recovery_used", now)
	if err != nil {
		return err
	}
	left, right, err := s.tried(kind, p.ID)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		e := entry
		e.Subject = p.ID
		if kind == "recovery" {
			ok, err := tx.UseRecoveryCode(ctx, p.ID, code, now.UnixMilli())
			if err == nil && !ok {
				err = catalog.Refuse(catalog.Invalid, "factor.wrong_recovery", "n", fmt.Sprint(left))
			}
			if err == nil {
				err = tx.EnqueueMessage(ctx, told)
			}
			if err != nil {
				return err
			}
			return strengthen(ctx, tx, p, in, e)
		}
		a, ok, err := tx.Authenticator(ctx, p.ID)
		if err != nil {
			return err
		}
		if !ok || a.ConfirmedAt == 0 {
			return wrongCode(left)
		}
		if a.Step, err = a.take(code, now, false, left); err != nil {
			return err
		}
		// Of two who bring one code at once one finds the version that was read.
		if err := tx.SaveAuthenticator(ctx, a); err != nil {
			return err
		}
		return strengthen(ctx, tx, p, in, e)
	})
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Code == catalog.Conflict {
		err = catalog.Refuse(catalog.Invalid, "factor.used")
	}
	if err == nil {
		right()
	}
	return err
}
