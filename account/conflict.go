package account

import (
	"bytes"
	"context"
	"slices"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// ConflictKind is what says that two accounts may be one person's.
type ConflictKind string

// Kinds.
const (
	ConflictNumber ConflictKind = "number" // a source named a number of each, or of the other
	ConflictPhone  ConflictKind = "phone"  // one has the telephone that a list, a source or its owner gave the other
	ConflictEmail  ConflictKind = "email"
	ConflictName   ConflictKind = "name" // a list or a source brought a second person of the name
)

// Conflict is two accounts of which something says that they may be one person's.
type Conflict struct {
	ID         uuid.UUID
	One, Other uuid.UUID
	Kind       ConflictKind
	Source     string // name of the source of sign-in, or FromList or FromOwner
	At         int64  // unix ms: when it was last seen
	ClosedAt   int64  // unix ms: when somebody said that they are two people, 0 = nobody has
}

// Sources of a conflict that are none of sign-in.
const (
	FromList  = "list"
	FromOwner = "owner" // somebody showed by a code that they hold the address
)

// between puts two accounts in their order: of two that meet twice there is one
// conflict of a kind.
func between(id, one, other uuid.UUID, kind ConflictKind, source string, at int64) Conflict {
	if bytes.Compare(one[:], other[:]) > 0 {
		one, other = other, one
	}
	return Conflict{ID: id, One: one, Other: other, Kind: kind, Source: source, At: at}
}

// Side is one account of two, as whoever decides sees it: what it is known as is
// masked, and of what it has there are numbers alone.
type Side struct {
	Account Account
	Known   []Identity
	LastIn  int64 // unix ms, 0 = never
	Has     []Holding
}

// Holding is how much an account has of something: "cases", "drafts".
type Holding struct {
	What string
	N    int
}

// Sides is a conflict with what each account has.
type Sides struct {
	Conflict
	Left, Right Side
	Proposed    bool // that they become one: their owner is asked
}

func side(ctx context.Context, tx Tx, id uuid.UUID) (s Side, err error) {
	if s.Account, err = mustHave(tx.Account(ctx, id)); err != nil {
		return s, err
	}
	if s.Known, err = tx.Identities(ctx, id); err != nil {
		return s, err
	}
	for i := range s.Known {
		s.Known[i].Value = s.Known[i].Masked()
	}
	if s.LastIn, err = tx.LastEntered(ctx, id); err != nil {
		return s, err
	}
	s.Has, err = tx.Holdings(ctx, id)
	return s, err
}

// conflictsShown bounds a list of conflicts.
const conflictsShown = 100

// Conflicts lists those that are open, the newest first, and how many there are.
func (s *Service) Conflicts(ctx context.Context, p Principal) (list []Sides, total int, err error) {
	if !p.May(SeeAccounts) {
		return nil, 0, ErrForbidden
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		open, n, err := tx.Conflicts(ctx, conflictsShown)
		if err != nil {
			return err
		}
		total = n
		for _, c := range open {
			x := Sides{Conflict: c}
			if x.Left, err = side(ctx, tx, c.One); err != nil {
				return err
			}
			if x.Right, err = side(ctx, tx, c.Other); err != nil {
				return err
			}
			joins, err := tx.JoinsOf(ctx, c.One, now)
			if err != nil {
				return err
			}
			x.Proposed = slices.ContainsFunc(joins, func(j Join) bool { return j.Keep == c.Other || j.Gone == c.Other })
			list = append(list, x)
		}
		return nil
	})
	return list, total, err
}

// Apart says that the two accounts of a conflict are two people: it is closed.
func (s *Service) Apart(ctx context.Context, p Principal, id uuid.UUID) error {
	if !p.May(JoinAccounts) {
		return ErrForbidden
	}
	now := s.now()
	entry, err := s.entry(p, now, "account.apart")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, ok, err := tx.CloseConflict(ctx, id, now.UnixMilli())
		if err == nil && !ok {
			err = catalog.Refuse(catalog.Conflict, "conflicts.gone")
		}
		if err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = c.One, map[string]string{"other": c.Other.String(), "kind": string(c.Kind)}
		return tx.Append(ctx, e)
	})
}

// noteTaken keeps that somebody showed by a code that they hold an address of
// another account.
func (s *Service) noteTaken(ctx context.Context, p Principal, kind Provider, value string) error {
	now := s.now()
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	entry, err := s.entry(p, now, "account.conflict")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		i, ok, err := tx.Identity(ctx, kind, value)
		if err != nil || !ok || i.AccountID == p.ID {
			return err
		}
		e := entry
		e.Subject = p.ID
		return foundConflict(ctx, tx, between(id, p.ID, i.AccountID, ConflictKind(kind), FromOwner, now.UnixMilli()), e)
	})
}

// foundConflict keeps a conflict, with an entry the first time.
func foundConflict(ctx context.Context, tx Tx, c Conflict, e journal.Entry) error {
	fresh, err := tx.AddConflict(ctx, c)
	if err != nil || !fresh {
		return err
	}
	e.Verb, e.Body = "account.conflict", map[string]string{"kind": string(c.Kind), "source": c.Source, "other": c.Other.String()}
	e.Subject = c.One
	return tx.Append(ctx, e)
}
