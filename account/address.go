package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// addressesMost is how many e-mail addresses, and how many telephones, somebody
// may have.
const addressesMost = 3

// An address here is an e-mail address or a telephone that somebody is reached
// by and signs in with.
func isAddress(p Provider) bool { return p == ByEmail || p == ByPhone }

// Addresses lists p's own e-mail addresses and telephones, masked: those that
// do not count as Doubtful.
func (s *Service) Addresses(ctx context.Context, p Principal) (list []Identity, err error) {
	if !p.May(OwnAccount) {
		return nil, ErrForbidden
	}
	var a Account
	err = s.db.Read(ctx, func(tx Tx) error {
		if a, err = mustHave(tx.Account(ctx, p.ID)); err != nil {
			return err
		}
		list, err = tx.Identities(ctx, p.ID)
		return err
	})
	list = slices.DeleteFunc(list, func(i Identity) bool { return !isAddress(i.Provider) })
	for i := range list {
		list[i].Value = list[i].Masked()
		if !list[i].Counts(a) {
			list[i].Trust = Doubtful
		}
	}
	return list, err
}

// AskAddress sends a code to an e-mail address or a telephone that p wants to
// have, in the language, and returns the id and the spelling by which AddAddress
// knows it again. Whether somebody else has it is not told before the code has
// shown that p holds it.
func (s *Passwords) AskAddress(ctx context.Context, p Principal, kind Provider, value, lang, network string) (id uuid.UUID, canonical string, err error) {
	if !p.May(OwnAccount) {
		return uuid.Nil, "", ErrForbidden
	}
	if !isAddress(kind) {
		return uuid.Nil, "", catalog.Refuse(catalog.Invalid, "error.form")
	}
	if value, err = Canonical(kind, value); err != nil {
		return uuid.Nil, "", err
	}
	digits, err := s.digits()
	if err != nil {
		return uuid.Nil, "", err
	}
	if id, err = uuid.NewRandomFromReader(s.rand); err != nil {
		return uuid.Nil, "", err
	}
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return uuid.Nil, "", err
	}
	now := s.now()
	c := Code{ID: id, AccountID: p.ID, Phone: value, Device: p.ID.String(), Digits: proves(kind, value, digits), CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(CodeLife).UnixMilli()}
	message, err := codeNotice("address_confirm", kind, value, digits, lang, c.ExpiresAt).Message(mid, now.UnixMilli())
	if err != nil {
		return uuid.Nil, "", err
	}
	if !s.guard.code(value, From{Device: p.ID.String(), Address: network}) {
		return uuid.Nil, "", catalog.Refuse(catalog.Unavailable, "code.too_many")
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := fits(ctx, tx, p.ID, kind, value); err != nil {
			return err
		}
		if err := codeAgain(ctx, tx, value, now.UnixMilli()); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, message); err != nil {
			return err
		}
		return tx.AddCode(ctx, c)
	})
	return id, value, err
}

// proves is what the digits of a code are good for: this address and no other,
// and no sign-in.
func proves(kind Provider, value, digits string) string {
	return string(kind) + " " + value + " " + digits
}

// fits refuses an address that an account has already, and one too many.
func fits(ctx context.Context, tx Tx, id uuid.UUID, kind Provider, value string) error {
	have, err := tx.Identities(ctx, id)
	if err != nil {
		return err
	}
	n := 0
	for _, i := range have {
		if i.Provider != kind {
			continue
		}
		if i.Value == value {
			if i.Trust != Proven {
				return nil // the code says that it is theirs
			}
			return catalog.Refuse(catalog.Conflict, "addresses.have")
		}
		if i.Trust == Proven {
			n++
		}
	}
	if n >= addressesMost {
		return catalog.Refuse(catalog.Conflict, "addresses.many", "most", fmt.Sprint(addressesMost))
	}
	return nil
}

// AddAddress gives p's own account the address to which the digits were sent,
// and tells it by the one that it had before. A wrong try is counted.
func (s *Passwords) AddAddress(ctx context.Context, p Principal, id uuid.UUID, kind Provider, value, digits string) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	wrong := catalog.Refuse(catalog.Invalid, "addresses.wrong")
	value, err := Canonical(kind, value)
	if err != nil || !isAddress(kind) || len(digits) != CodeDigits {
		return wrong
	}
	now := s.now()
	fresh, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	entry, err := s.entry(p, now, "account.add_address")
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "address_added", now)
	if err != nil {
		return err
	}
	var right bool
	err = s.db.Write(ctx, func(tx Tx) (err error) { // of its own, so that a wrong try stays counted
		_, right, err = tx.UseCode(ctx, id, p.ID.String(), proves(kind, value, digits), now.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	if !right {
		return wrong
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := fits(ctx, tx, p.ID, kind, value); err != nil {
			return err
		}
		have, held, err := tx.Identity(ctx, kind, value)
		if err != nil {
			return err
		}
		switch own := held && have.AccountID == p.ID; {
		case own:
			err = tx.TrustIdentity(ctx, have.ID, Proven)
		case held && have.Trust != Doubtful:
			return catalog.Refuse(catalog.Conflict, "addresses.taken")
		case held: // a list has it at somebody else, for whom nobody has vouched
			if _, err = tx.RemoveIdentity(ctx, have.ID); err != nil {
				return err
			}
			fallthrough
		default:
			err = tx.AddIdentity(ctx, Identity{ID: fresh, AccountID: p.ID, Provider: kind, Value: value, AddedAt: now.UnixMilli()})
		}
		if err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = p.ID, map[string]string{"kind": string(kind)}
		return tx.Append(ctx, e)
	})
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Key == "addresses.taken" {
		if noted := s.noteTaken(ctx, p, kind, value); noted != nil {
			err = errors.Join(err, noted)
		}
	}
	return err
}

// RemoveAddress takes an address from p's own account and tells it there. ways
// are the kinds by which a code or a link can be sent: what is left has to let p
// in.
func (s *Service) RemoveAddress(ctx context.Context, p Principal, id uuid.UUID, ways ...Provider) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	now := s.now()
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	entry, err := s.entry(p, now, "account.remove_address")
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "address_removed", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		have, err := tx.Identities(ctx, p.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(have, func(i Identity) bool { return i.ID == id && isAddress(i.Provider) })
		if at < 0 {
			return catalog.Refuse(catalog.NotFound, "addresses.not_found")
		}
		gone := have[at]
		a, err := mustHave(tx.Account(ctx, p.ID))
		if err != nil {
			return err
		}
		if ok, err := staysIn(ctx, tx, p.ID, counting(a, slices.Delete(slices.Clone(have), at, at+1)), ways); err != nil {
			return err
		} else if !ok {
			return catalog.Refuse(catalog.Conflict, "addresses.last")
		}
		if err := tx.DropWays(ctx, p.ID); err != nil { // what is on its way there
			return err
		}
		if _, err := tx.RemoveIdentity(ctx, id); err != nil {
			return err
		}
		// The inbox and what is left hear of it as of every change; the one that
		// goes would not.
		last, err := noticeAt("address_removed", gone.Provider, gone.Value).Message(mid, now.UnixMilli())
		if err != nil {
			return err
		}
		messages := []journal.Message{told, last}
		if !gone.Counts(a) {
			messages = messages[:1] // it may be a stranger's
		}
		for _, m := range messages {
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		e := entry
		e.Subject, e.Body = p.ID, map[string]string{"kind": string(gone.Provider)}
		return tx.Append(ctx, e)
	})
}

// staysIn reports whether the owner of an account that is known by these alone
// can still come in: through an identity provider, or, where that is allowed, by
// a password, a passkey, or a code or a link that can be sent.
func staysIn(ctx context.Context, tx Tx, id uuid.UUID, known []Identity, ways []Provider) (bool, error) {
	allowed, err := PasswordAllowed(ctx, tx, id)
	if err != nil || !allowed {
		return !allowed, err // an address lets nobody in who comes by the provider alone
	}
	for _, i := range known {
		kind, _, _ := strings.Cut(string(i.Provider), ":")
		if Provider(kind) == ByCAS || Provider(kind) == ByOIDC || slices.Contains(ways, i.Provider) {
			return true, nil
		}
	}
	if have, ok, err := tx.Password(ctx, id); err != nil || ok && have.Version > 0 {
		return err == nil, err
	}
	keys, err := tx.Passkeys(ctx, id)
	return len(keys) > 0, err
}
