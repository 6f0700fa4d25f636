package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Hashing turns passwords into what may be kept of them: see package signin.
type Hashing struct {
	Hash func(ctx context.Context, password string) (kept string, err error)
	// Check reports whether kept came of the password, and whether Hash would now
	// do better; "" comes of none and takes as long.
	Check func(ctx context.Context, kept, password string) (same, stale bool, err error)
	// Common reports whether a password is among those that are tried first.
	Common func(password string) bool
}

// Password is what is kept of an account's password. Kept is encrypted at rest.
type Password struct {
	AccountID uuid.UUID
	Kept      string
	Version   int64 // 0 = there is none yet
	SetAt     int64 // unix ms
}

// Lengths of a password in characters. Nothing is asked of what they are.
const (
	PasswordLeast = 8
	PasswordMost  = 64
)

// ResetLife is how long a link works by which somebody who has forgotten the
// password comes in.
const ResetLife = 30 * time.Minute

// freshLink is how long after coming in by a one-time link one may set a
// password without the old one.
const freshLink = 30 * time.Minute

// Passwords lets people in by name and password.
type Passwords struct {
	*Service
	hash  Hashing
	guard *guard
}

// NewPasswords makes a service that keeps passwords with what s works on.
func NewPasswords(s *Service, h Hashing) *Passwords {
	return &Passwords{Service: s, hash: h, guard: newGuard(s.now)}
}

// named finds the account that somebody means who writes a name to sign in: an
// e-mail address, a telephone number, a staff or student number, or the name of
// the account.
func named(ctx context.Context, tx Tx, name string) (Account, bool, error) {
	for _, p := range []Provider{ByEmail, ByPhone, ByNumber} {
		value, err := Canonical(p, name)
		if err != nil {
			continue // it is none of that kind
		}
		if a, ok, err := lets(ctx, tx, p, value); err != nil || ok {
			return a, ok, err
		}
	}
	value, err := fitName(name)
	if err != nil {
		return Account{}, false, nil //nolint:nilerr // nobody has a name that is none
	}
	return tx.AccountNamed(ctx, value)
}

// SignIn lets in who knows the password of the account that name means. Whoever
// has none, may have none, is disabled or does not exist is refused in the same
// words after the same work. What the guard suspects is refused without, and is
// told to come by a code or a link.
func (s *Passwords) SignIn(ctx context.Context, name, password string, from From, by Entrance) (Principal, SignIn, error) {
	name = catalog.Clean(name)
	if name == "" || len(name) > identityMost || len(password) > 4*PasswordMost || !utf8.ValidString(password) {
		return Nobody(), SignIn{}, catalog.Refuse(catalog.Invalid, "password.form")
	}
	var a Account
	var have Password
	known := ""
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		known = ""
		a, have, err = usable(ctx, tx, s.now().UnixMilli(), func() (Account, bool, error) { return named(ctx, tx, name) })
		if err != nil || from.Device == "" {
			return err
		}
		// Asked for a stranger, too, whose id is zero.
		if ok, err := tx.KnowsDevice(ctx, a.ID, from.Device); err != nil || !ok {
			return err
		}
		known = a.ID.String()
		return nil
	})
	if err != nil {
		return Nobody(), SignIn{}, err
	}
	try, ok := s.guard.let(name, known, from)
	if !ok {
		return Nobody(), SignIn{}, errSuspect()
	}
	same, stale, err := s.hash.Check(ctx, have.Kept, password)
	if err != nil {
		try.right() // nobody looked at it
		return Nobody(), SignIn{}, err
	}
	if !same {
		try.wrong()
		return Nobody(), SignIn{}, errPassword(try.left)
	}
	try.right()
	if stale {
		if err := s.renew(ctx, have, password); err != nil {
			return Nobody(), SignIn{}, err
		}
	}
	by.Via = ByPassword
	who, in, err := s.enter(ctx, &by, func(tx Tx, now int64) (uuid.UUID, error) {
		// It may have been set anew meanwhile; renewed it is another version of the same.
		_, still, err := usable(ctx, tx, now, func() (Account, bool, error) { return tx.Account(ctx, a.ID) })
		if err == nil && still.SetAt != have.SetAt {
			err = errPassword(try.left)
		}
		if err == nil && from.Device != "" {
			err = tx.KnowDevice(ctx, a.ID, from.Device, now)
		}
		return a.ID, err
	})
	if errors.Is(err, ErrLink) { // it went meanwhile
		err = errPassword(try.left)
	}
	return who, in, err
}

func errPassword(left int) error {
	return catalog.Refuse(catalog.Forbidden, "password.wrong", "n", fmt.Sprint(left))
}

func errSuspect() error {
	return catalog.Refuse(catalog.Forbidden, "password.suspect", "minutes", fmt.Sprint(int(window.Minutes())))
}

// usable is the account that find finds and its password, empty where nobody
// comes in by one.
func usable(ctx context.Context, tx Tx, now int64, find func() (Account, bool, error)) (Account, Password, error) {
	a, ok, err := find()
	if err != nil || !ok || a.Out(now) {
		return a, Password{}, err
	}
	have, ok, err := tx.Password(ctx, a.ID)
	if err != nil || !ok {
		return a, Password{}, err
	}
	if ok, err = PasswordAllowed(ctx, tx, a.ID); err != nil || !ok {
		return a, Password{}, err
	}
	return a, have, nil
}

// renew keeps the same password at today's cost. If somebody else sets another
// one meanwhile, that stands.
func (s *Passwords) renew(ctx context.Context, have Password, password string) error {
	kept, err := s.hash.Hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		next := have
		next.Kept = kept
		return tx.SavePassword(ctx, next)
	})
	if catalog.CodeOf(err) == catalog.Conflict {
		return nil
	}
	return err
}

// PasswordState is what somebody may do with the own password.
type PasswordState struct {
	Allowed bool  // else one signs in by the identity provider alone
	SetAt   int64 // unix ms, 0 = there is none
	AskOld  bool  // the old one is asked for before another is set
}

// State is p's own, in the sign-in with the id.
func (s *Passwords) State(ctx context.Context, p Principal, in uuid.UUID) (st PasswordState, err error) {
	if !p.May(OwnAccount) {
		return st, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		st, _, err = s.state(ctx, tx, p, in)
		return err
	})
	return st, err
}

func (s *Passwords) state(ctx context.Context, tx Tx, p Principal, in uuid.UUID) (st PasswordState, have Password, err error) {
	if st.Allowed, err = PasswordAllowed(ctx, tx, p.ID); err != nil {
		return st, have, err
	}
	if have, _, err = tx.Password(ctx, p.ID); err != nil {
		return st, have, err
	}
	st.SetAt = have.SetAt
	by, ok, err := tx.SignIn(ctx, in)
	now := s.now().UnixMilli()
	if err == nil && (!ok || by.AccountID != p.ID || !by.Lasts(now)) {
		err = ErrForbidden
	}
	st.AskOld = have.Version > 0 && (by.Via != ByLink || now-by.CreatedAt >= freshLink.Milliseconds())
	return st, have, err
}

// fitPassword refuses a password that is not to be kept.
func (s *Passwords) fitPassword(password string, names ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || n < PasswordLeast || n > PasswordMost:
		return catalog.Refuse(catalog.Invalid, "password.length", "least", fmt.Sprint(PasswordLeast), "most", fmt.Sprint(PasswordMost))
	case s.hash.Common(password), slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, password) }):
		return catalog.Refuse(catalog.Invalid, "password.common")
	}
	return nil
}

// Set gives p's own account another password and ends every other sign-in of
// it. in is the sign-in in which that happens. The old one is asked for, unless
// there is none or p came in by a one-time link just now.
func (s *Passwords) Set(ctx context.Context, p Principal, in uuid.UUID, old, password string) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	var have Password
	var st PasswordState
	names := []string{p.Name}
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		if st, have, err = s.state(ctx, tx, p, in); err != nil {
			return err
		}
		known, err := tx.Identities(ctx, p.ID)
		for _, i := range known {
			names = append(names, i.Value)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !st.Allowed {
		return catalog.Refuse(catalog.Conflict, "password.elsewhere")
	}
	if err := s.fitPassword(password, names...); err != nil {
		return err
	}
	if st.AskOld {
		if err := s.proveOld(ctx, p, have, old); err != nil {
			return err
		}
	}
	kept, err := s.hash.Hash(ctx, password)
	if err != nil {
		return err
	}
	now := s.now()
	entry, err := s.entry(p, now, "account.password")
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "password_changed", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		if ok, err := PasswordAllowed(ctx, tx, p.ID); err != nil || !ok {
			return cmp.Or(err, error(catalog.Refuse(catalog.Conflict, "password.elsewhere")))
		}
		if err := tx.SavePassword(ctx, Password{AccountID: p.ID, Kept: kept, Version: have.Version, SetAt: now.UnixMilli()}); err != nil {
			return err
		}
		list, err := tx.SignIns(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := tx.DropWays(ctx, p.ID); err != nil { // what is on its way to somebody who read the old one
			return err
		}
		e := entry
		e.Subject = p.ID
		for _, other := range list {
			if other.ID == in {
				continue
			}
			if _, err := tx.EndSignIn(ctx, other.ID, now.UnixMilli()); err != nil {
				return err
			}
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
}

func (s *Passwords) proveOld(ctx context.Context, p Principal, have Password, old string) error {
	key := "old " + p.ID.String()
	left, ok := s.guard.quarter.take(key, knownMost)
	if !ok {
		return errSuspect()
	}
	if len(old) > 4*PasswordMost {
		return catalog.Refuse(catalog.Invalid, "password.old", "n", fmt.Sprint(left))
	}
	same, _, err := s.hash.Check(ctx, have.Kept, old)
	if err == nil && !same {
		err = catalog.Refuse(catalog.Invalid, "password.old", "n", fmt.Sprint(left))
	}
	if err == nil {
		s.guard.quarter.giveBack(key)
	}
	return err
}

// resetAgain is how long somebody waits before another link is sent to the same
// address.
const resetAgain = time.Minute

// Forgot sends a one-time link to an address by which an account is known, as a
// notice in the language; it works for ResetLife. The answer is the same
// whatever the address is; only one that is none is refused.
func (s *Passwords) Forgot(ctx context.Context, email, lang string) error {
	email, err := Canonical(ByEmail, email)
	if err != nil {
		return err
	}
	now := s.now()
	made, token, err := NewLink(s.rand, uuid.Nil, now.Add(ResetLife))
	if err != nil {
		return err
	}
	entry, err := s.entry(Nobody(), now, "account.forgot")
	if err != nil {
		return err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	message, err := journal.Notice{Template: "password_reset", Email: email, Vars: map[string]string{"minutes": fmt.Sprint(int(ResetLife.Minutes()))},
		Path: ResetPath(token), Deadline: made.ExpiresAt, Urgent: true, Lang: lang}.Message(id, now.UnixMilli())
	if err != nil {
		return err
	}
	once := fmt.Sprintf("%s %d", email, now.UnixMilli()/resetAgain.Milliseconds())
	return s.db.Write(ctx, func(tx Tx) error {
		// A known address costs what an unknown one costs: one write.
		fresh, err := tx.Spend(ctx, "reset", once, now.Add(resetAgain).UnixMilli())
		if err != nil || !fresh {
			return err
		}
		a, ok, err := lets(ctx, tx, ByEmail, email)
		if err != nil || !ok || a.Out(now.UnixMilli()) {
			return err
		}
		if ok, err := PasswordAllowed(ctx, tx, a.ID); err != nil || !ok {
			return err
		}
		link := made
		link.AccountID = a.ID
		if err := tx.AddLink(ctx, link); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, message); err != nil {
			return err
		}
		e := entry
		e.Subject = a.ID
		return tx.Append(ctx, e)
	})
}

// ResetPath is where a one-time link leads whose owner is to set a password.
func ResetPath(token string) string { return "/enter/" + token + "?password=1" }
