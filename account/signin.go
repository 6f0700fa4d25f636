package account

import (
	"context"
	"slices"
	"strconv"
	"time"

	"datai/catalog"

	"github.com/google/uuid"
)

// SignIn is one time that somebody came in, and lasts until it is ended: by
// the person, by an administrator, or by the identity provider from behind.
type SignIn struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Entrance
	CreatedAt int64 // unix ms
	SeenAt    int64 // unix ms, at most seenEvery behind
	EndedAt   int64 // unix ms, 0 = it lasts
}

// Entrance is how somebody came in.
type Entrance struct {
	Via     Provider // what proved who it is; ByLink, ByPassword or ByPasskey too
	Outside string   // what the provider calls this sign-in (ticket, sid), "" if nothing; only a keyed hash is kept
	Strong  bool     // a second factor was asked, here or by the provider
	Address string   // of the network, shortened by who calls
	Agent   string   // browser and system in a few words
}

// Ways of coming in that are not names.
const (
	ByLink     Provider = "link"
	ByPassword Provider = "password"
	ByPasskey  Provider = "passkey"
)

// A sign-in is over when nobody was seen for SignInIdle (design, defaults), and
// after SignInLife in any case.
const (
	SignInIdle = 30 * time.Minute
	SignInLife = 12 * time.Hour
)

// Lasts reports whether a sign-in is not over at the time now (unix ms).
func (in SignIn) Lasts(now int64) bool {
	return in.EndedAt == 0 && now-in.CreatedAt < SignInLife.Milliseconds() && now-in.SeenAt < (SignInIdle+seenEvery).Milliseconds()
}

// seenEvery is how precisely it is kept when somebody was last seen: a write
// for every page would be too many.
const seenEvery = 5 * time.Minute

// Enter lets the account in. It is the end of every way of signing in: whoever
// calls it has proof.
func (s *Service) Enter(ctx context.Context, accountID uuid.UUID, by Entrance) (Principal, SignIn, error) {
	return s.enter(ctx, &by, func(Tx, int64) (uuid.UUID, error) { return accountID, nil })
}

// enter lets in whom prove names, which may run again and may say how strong by is.
func (s *Service) enter(ctx context.Context, by *Entrance, prove func(tx Tx, now int64) (uuid.UUID, error)) (Principal, SignIn, error) {
	now := s.now()
	entry, err := s.entry(Nobody(), now, "account.enter")
	if err != nil {
		return Nobody(), SignIn{}, err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Nobody(), SignIn{}, err
	}
	in := SignIn{ID: id, CreatedAt: now.UnixMilli(), SeenAt: now.UnixMilli()}
	var p Principal
	err = s.db.Write(ctx, func(tx Tx) error {
		who, err := prove(tx, now.UnixMilli())
		if err != nil {
			return err
		}
		a, ok, err := tx.Account(ctx, who)
		if err != nil {
			return err
		}
		if !ok || a.Out(now.UnixMilli()) {
			return ErrLink
		}
		if a.EnteredAt == 0 {
			if err := tx.EnterAccount(ctx, a.ID, now.UnixMilli()); err != nil {
				return err
			}
		}
		in.Entrance, in.AccountID = *by, a.ID
		if err := tx.AddSignIn(ctx, in); err != nil {
			return err
		}
		if p, err = as(ctx, tx, a, in); err != nil {
			return err
		}
		e := entry
		e.Actor, e.Subject, e.Body = a.ID, a.ID, map[string]string{"via": string(by.Via)}
		return tx.Append(ctx, e)
	})
	if err != nil {
		return Nobody(), SignIn{}, err
	}
	return p, in, nil
}

// Present is who a sign-in belongs to, as the account is now: nobody once it is
// over or the account disabled, Unproven while a second factor is asked for.
func (s *Service) Present(ctx context.Context, id uuid.UUID) (Principal, SignIn, error) {
	now := s.now().UnixMilli()
	var in SignIn
	p := Nobody()
	err := s.db.Read(ctx, func(tx Tx) error {
		var ok bool
		var err error
		if in, ok, err = tx.SignIn(ctx, id); err != nil || !ok || !in.Lasts(now) {
			in = SignIn{}
			return err
		}
		a, ok, err := tx.Account(ctx, in.AccountID)
		if err != nil || !ok || a.Out(now) {
			in = SignIn{}
			return err
		}
		p, err = as(ctx, tx, a, in)
		return err
	})
	if err != nil || in.ID == uuid.Nil {
		return Nobody(), SignIn{}, err
	}
	if now-in.SeenAt >= seenEvery.Milliseconds() {
		in.SeenAt = now
		if err := s.db.Write(ctx, func(tx Tx) error { return tx.SeeSignIn(ctx, id, now) }); err != nil {
			return Nobody(), SignIn{}, err
		}
	}
	return p, in, nil
}

// SignIns lists the sign-ins of p's own account that last, newest first.
func (s *Service) SignIns(ctx context.Context, p Principal) (list []SignIn, err error) {
	if !p.May(OwnAccount) {
		return nil, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		list, err = tx.SignIns(ctx, p.ID)
		return err
	})
	now := s.now().UnixMilli()
	return slices.DeleteFunc(list, func(in SignIn) bool { return !in.Lasts(now) }), err
}

// EndSignIn ends a sign-in: one of p's own, or anybody's for who manages
// accounts. One that has ended stays so.
func (s *Service) EndSignIn(ctx context.Context, p Principal, id uuid.UUID) error {
	if !p.SignedIn() {
		return ErrForbidden
	}
	return s.end(ctx, p, "account.end", func(tx Tx) ([]SignIn, error) {
		in, ok, err := tx.SignIn(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok || in.AccountID != p.ID && !p.May(ManageAccounts) {
			return nil, catalog.Refuse(catalog.NotFound, "signins.not_found")
		}
		return []SignIn{in}, nil
	})
}

// EndSignIns ends every sign-in of p's own account but the one with the id keep.
func (s *Service) EndSignIns(ctx context.Context, p Principal, keep uuid.UUID) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	return s.end(ctx, p, "account.end", func(tx Tx) ([]SignIn, error) {
		list, err := tx.SignIns(ctx, p.ID)
		return slices.DeleteFunc(list, func(in SignIn) bool { return in.ID == keep }), err
	})
}

// EndOutside ends what an identity provider calls by this name, or everything
// that came in through it for the account if outside is "". It answers how many
// ended; the caller has checked that the provider itself says so.
func (s *Service) EndOutside(ctx context.Context, via Provider, outside string, accountID uuid.UUID) (n int, err error) {
	err = s.end(ctx, Nobody(), "account.end_outside", func(tx Tx) (ends []SignIn, err error) {
		if outside != "" {
			ends, err = tx.SignInsOutside(ctx, via, outside)
		} else if ends, err = tx.SignIns(ctx, accountID); err == nil {
			ends = slices.DeleteFunc(ends, func(in SignIn) bool { return in.Via != via })
		}
		n = len(ends)
		return ends, err
	})
	return n, err
}

// end ends the sign-ins of one account that which names, with one entry.
func (s *Service) end(ctx context.Context, p Principal, verb string, which func(Tx) ([]SignIn, error)) error {
	now := s.now()
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		ends, err := which(tx)
		if err != nil {
			return err
		}
		e, n := entry, 0
		for _, in := range ends {
			ended, err := tx.EndSignIn(ctx, in.ID, now.UnixMilli())
			if err != nil {
				return err
			}
			if ended {
				e.Subject, n = in.AccountID, n+1
			}
		}
		if n == 0 {
			return nil
		}
		e.Body = map[string]string{"count": strconv.Itoa(n)}
		return tx.Append(ctx, e)
	})
}
