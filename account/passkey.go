package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"datai/catalog"

	"github.com/google/uuid"
)

// Passkey is a key pair by which somebody signs in (W3C Web Authentication). The
// private key is on their device and never here.
type Passkey struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Name      string // what its owner calls it
	Handle    []byte // what the device calls it; only a keyed hash is kept, and none two have the same
	Record    []byte // public key and counter, as package signin writes them; encrypted at rest
	CreatedAt int64  // unix ms
	UsedAt    int64  // unix ms, 0 = never
	Version   int64
}

// Bounds of passkeys.
const (
	passkeysMost    = 20 // of one account
	passkeyNameMost = 60 // characters
)

// ErrPasskey is one error for a passkey that is unknown, removed, of an account
// that lets nobody in, or whose answer is wrong, late or used: nobody learns which.
var ErrPasskey = catalog.Refuse(catalog.Forbidden, "passkeys.refused")

// Passkeys lists p's own, in the order in which they were added.
func (s *Service) Passkeys(ctx context.Context, p Principal) (list []Passkey, err error) {
	if !p.May(OwnFactors) {
		return nil, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		list, err = tx.Passkeys(ctx, p.ID)
		return err
	})
	return list, err
}

// PasskeysOf are those of an account that lets people in. It is for those who
// check an answer, before it is known who somebody is.
func (s *Service) PasskeysOf(ctx context.Context, accountID uuid.UUID) (list []Passkey, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		a, ok, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		if !ok || a.Out(s.now().UnixMilli()) {
			return ErrPasskey
		}
		list, err = tx.Passkeys(ctx, accountID)
		return err
	})
	return list, err
}

// AddPasskey adds one to p's own account. Handle and Record are those of an
// answer that was checked; once is what it answered, which serves one time.
func (s *Service) AddPasskey(ctx context.Context, p Principal, name string, handle, record []byte, once string) error {
	if !p.May(OwnFactors) {
		return ErrForbidden
	}
	name = catalog.CleanLine(name)
	if name == "" || utf8.RuneCountInString(name) > passkeyNameMost {
		return catalog.Refuse(catalog.Invalid, "passkeys.name", "most", fmt.Sprint(passkeyNameMost))
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	now := s.now()
	entry, err := s.entry(p, now, "passkey.add")
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "passkey_added", now)
	if err != nil {
		return err
	}
	k := Passkey{ID: id, AccountID: p.ID, Name: name, Handle: handle, Record: record, CreatedAt: now.UnixMilli(), Version: 1}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := mayAdd(ctx, tx, p); err != nil {
			return err
		}
		if ok, err := PasswordAllowed(ctx, tx, p.ID); err != nil || !ok {
			return cmp.Or(err, error(catalog.Refuse(catalog.Conflict, "passkeys.elsewhere")))
		}
		have, err := tx.Passkeys(ctx, p.ID)
		if err != nil {
			return err
		}
		if len(have) >= passkeysMost {
			return catalog.Refuse(catalog.Conflict, "passkeys.many", "most", fmt.Sprint(passkeysMost))
		}
		if slices.ContainsFunc(have, func(h Passkey) bool { return h.Name == name }) {
			return catalog.Refuse(catalog.Conflict, "passkeys.taken", "name", name)
		}
		if fresh, err := tx.Spend(ctx, ByPasskey, once, now.Add(OnceLife).UnixMilli()); err != nil || !fresh {
			return orRefuse(err)
		}
		if err := tx.AddPasskey(ctx, k); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = p.ID, map[string]string{"passkey": id.String()}
		return tx.Append(ctx, e)
	})
	return err
}

func orRefuse(err error) error {
	if err == nil {
		err = ErrPasskey
	}
	return err
}

// RemovePasskey takes one from p's own account: nobody signs in by it any more.
func (s *Service) RemovePasskey(ctx context.Context, p Principal, id uuid.UUID) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	now := s.now()
	entry, err := s.entry(p, now, "passkey.remove")
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "passkey_removed", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		removed, err := tx.RemovePasskey(ctx, p.ID, id)
		if err != nil {
			return err
		}
		if !removed {
			return catalog.Refuse(catalog.NotFound, "passkeys.not_found")
		}
		if err := forgetCodes(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = p.ID, map[string]string{"passkey": id.String()}
		return tx.Append(ctx, e)
	})
}

// EnterByPasskey lets in whose passkey gave an answer that was checked: k is the
// passkey as it was read, with the Record that follows; once is what it answered.
// An answer that was used, or a passkey that changed or went meanwhile, lets
// nobody in.
func (s *Service) EnterByPasskey(ctx context.Context, k Passkey, once string, by Entrance) (Principal, SignIn, error) {
	by.Via, by.Strong = ByPasskey, true
	until := s.now().Add(OnceLife).UnixMilli()
	who, in, err := s.enter(ctx, &by, func(tx Tx, now int64) (uuid.UUID, error) {
		if fresh, err := tx.Spend(ctx, ByPasskey, once, until); err != nil || !fresh {
			return uuid.Nil, orRefuse(err)
		}
		// No way around the university: what holds for passwords holds here.
		if ok, err := PasswordAllowed(ctx, tx, k.AccountID); err != nil || !ok {
			return uuid.Nil, orRefuse(err)
		}
		k := k
		k.UsedAt = now
		return k.AccountID, tx.SavePasskey(ctx, k)
	})
	if errors.Is(err, ErrLink) || catalog.CodeOf(err) == catalog.Conflict {
		err = ErrPasskey
	}
	return who, in, err
}
