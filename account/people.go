package account

import (
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

// nameMost is the longest name of an account in characters.
const nameMost = 60

// Filter says which accounts a list shows.
type Filter struct {
	Q     string // a part of the name, or of its pinyin
	Role  Role   // "" = any
	State string // Active, Disabled or Waiting, "" = any
}

// States of an account in a filter.
const (
	Active   = "active"
	Disabled = "disabled"
	Waiting  = "waiting" // has roles that wait to be confirmed
)

// Page is where a list of accounts goes on; the zero Page is the beginning.
type Page struct {
	SortKey string
	ID      uuid.UUID
	Limit   int
}

// Accounts is one page of accounts in the order of their names, the Page after
// it (Limit 0: no more), and how many there are.
func (s *Service) Accounts(ctx context.Context, p Principal, f Filter, from Page) (list []Account, next Page, total int, err error) {
	if !p.May(SeeAccounts) {
		return nil, Page{}, 0, ErrForbidden
	}
	f.Q = catalog.Clean(f.Q)
	err = s.db.Read(ctx, func(tx Tx) error {
		if list, next, err = tx.Accounts(ctx, f, from); err != nil {
			return err
		}
		total, err = tx.CountAccounts(ctx, f)
		return err
	})
	return list, next, total, err
}

// Account is one account, with what it is known as elsewhere masked.
func (s *Service) Account(ctx context.Context, p Principal, id uuid.UUID) (a Account, known []Identity, err error) {
	if !p.May(SeeAccounts) {
		return Account{}, nil, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		if a, err = mustHave(tx.Account(ctx, id)); err != nil {
			return err
		}
		known, err = tx.Identities(ctx, id)
		return err
	})
	for i := range known {
		known[i].Value = known[i].Masked()
	}
	return a, known, err
}

// AccountCalled is the account of exactly that name.
func (s *Service) AccountCalled(ctx context.Context, p Principal, name string) (a Account, err error) {
	if !p.May(SeeAccounts) {
		return Account{}, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		a, err = mustHave(tx.AccountNamed(ctx, name))
		return err
	})
	return a, err
}

func mustHave(a Account, ok bool, err error) (Account, error) {
	if err == nil && !ok {
		err = catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	return a, err
}

// fitRoles puts roles in the order of the table and says what is wrong with them.
func fitRoles(roles []Role) ([]Role, error) {
	for _, r := range roles {
		if !slices.Contains(Assignable(), r) {
			return nil, catalog.Refuse(catalog.Invalid, "accounts.no_role", "role", string(r))
		}
	}
	has := func(r Role) bool { return slices.Contains(roles, r) }
	admins := slices.DeleteFunc(Administrators(), func(r Role) bool { return !has(r) })
	if len(admins) > 1 {
		return nil, catalog.Refuse(catalog.Invalid, "accounts.one_administrator")
	}
	return slices.DeleteFunc(Assignable(), func(r Role) bool { return !has(r) }), nil
}

// mayGive parts roles into those that p gives and those that p asks for: what
// sees the office's data or administers takes a second administrator, who has
// it in Asked. Whoever makes accounts could come in by one of them otherwise.
func mayGive(p Principal, roles []Role) (given, asked []Role) {
	for _, r := range roles {
		if r.Privileged() && !p.May(ConfirmRoles) {
			asked = append(asked, r)
		} else {
			given = append(given, r)
		}
	}
	return given, asked
}

// Add makes an account of a name that nobody has, with these roles, or with some
// of them to be confirmed. Who it is for comes in by Invite.
func (s *Service) Add(ctx context.Context, p Principal, name string, roles []Role) (a Account, err error) {
	if !p.May(ManageAccounts) {
		return Account{}, ErrForbidden
	}
	if name, err = fitName(name); err != nil {
		return Account{}, err
	}
	if roles, err = fitRoles(roles); err != nil {
		return Account{}, err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Account{}, err
	}
	now := s.now()
	a = Account{ID: id, Name: name, CreatedAt: now.UnixMilli(), Version: 1}
	a.Roles, a.Asked = mayGive(p, roles)
	entry, err := s.entry(p, now, "account.add")
	if err != nil {
		return Account{}, err
	}
	told, err := s.tellAsked(a.ID, now)
	if err != nil {
		return Account{}, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if _, ok, err := tx.AccountNamed(ctx, name); err != nil || ok {
			return errors.Join(err, catalog.Refuse(catalog.Conflict, "accounts.taken", "name", name))
		}
		if err := tx.AddAccount(ctx, a); err != nil {
			return err
		}
		if len(a.Asked) > 0 {
			if err := tx.EnqueueMessage(ctx, told); err != nil {
				return err
			}
		}
		e := entry
		e.Subject, e.Body = a.ID, map[string]string{"roles": join(a.Roles), "asked": join(a.Asked)}
		return tx.Append(ctx, e)
	})
	return a, err
}

func fitName(name string) (string, error) {
	name = catalog.CleanLine(name)
	if name == "" || Closed(name) || utf8.RuneCountInString(name) > nameMost {
		return "", catalog.Refuse(catalog.Invalid, "accounts.name", "most", fmt.Sprint(nameMost))
	}
	return name, nil
}

func join(roles []Role) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return strings.Join(out, " ")
}

// tellAsked is the notice to the security administrators that roles wait.
func (s *Service) tellAsked(id uuid.UUID, now time.Time) (journal.Message, error) {
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return journal.Message{}, err
	}
	return askedNotice(id).Message(mid, now.UnixMilli())
}

func askedNotice(id uuid.UUID) journal.Notice {
	return journal.Notice{Template: "roles_asked", Role: string(Security), Path: "/accounts/" + id.String(), Urgent: true}
}

// SetRoles gives an account, in the version that was seen, these roles and no
// others, some of them when they are confirmed. What is taken is gone at once.
func (s *Service) SetRoles(ctx context.Context, p Principal, id uuid.UUID, version int64, roles []Role) error {
	roles, err := fitRoles(roles)
	if err != nil {
		return err
	}
	return s.manage(ctx, p, id, version, "account.roles", func(a *Account) map[string]string {
		waited := a.Asked
		fresh := slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return slices.Contains(a.Roles, r) })
		_, a.Asked = mayGive(p, fresh)
		roles := slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return slices.Contains(a.Asked, r) })
		given := slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return slices.Contains(a.Roles, r) })
		taken := slices.DeleteFunc(slices.Clone(a.Roles), func(r Role) bool { return slices.Contains(roles, r) })
		if len(given)+len(taken) == 0 && slices.Equal(waited, a.Asked) {
			return nil
		}
		a.Roles = roles
		return map[string]string{"given": join(given), "taken": join(taken), "asked": join(a.Asked)}
	})
}

// ConfirmAsked gives an account, in the version that was seen, the roles that
// were asked for, or refuses them.
func (s *Service) ConfirmAsked(ctx context.Context, p Principal, id uuid.UUID, version int64, yes bool) error {
	switch {
	case !p.May(ConfirmRoles):
		return ErrForbidden
	case p.ID == id:
		return catalog.Refuse(catalog.Forbidden, "accounts.own")
	}
	now := s.now()
	verb := "account.confirm_roles"
	if !yes {
		verb = "account.refuse_roles"
	}
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		a, err := mustHave(tx.Account(ctx, id))
		if err != nil {
			return err
		}
		if a.Version != version || len(a.Asked) == 0 {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		e := entry
		e.Subject, e.Body = id, map[string]string{"roles": join(a.Asked)}
		if yes {
			if a.Roles, err = fitRoles(slices.Concat(a.Roles, a.Asked)); err != nil {
				return err
			}
		}
		a.Asked = nil
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		if yes { // whoever asked for the roles may hold a link from before, or be in
			if err := errors.Join(tx.DropWays(ctx, id), endAll(ctx, tx, id, now.UnixMilli())); err != nil {
				return err
			}
		}
		return tx.Append(ctx, e)
	})
}

// Vouch says that an identity that a list brought is that of the account's
// owner, or that it is not: then it goes. Not by who brings lists: see
// Identity.Counts.
func (s *Service) Vouch(ctx context.Context, p Principal, id, identity uuid.UUID, yes bool) error {
	switch {
	case !p.May(ConfirmRoles):
		return ErrForbidden
	case p.ID == id:
		return catalog.Refuse(catalog.Forbidden, "accounts.own")
	}
	now := s.now()
	verb := "account.vouch"
	if !yes {
		verb = "account.refuse_address"
	}
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return err
	}
	told, err := s.tell(id, "address_added", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		if _, err := mustHave(tx.Account(ctx, id)); err != nil {
			return err
		}
		known, err := tx.Identities(ctx, id)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(known, func(i Identity) bool { return i.ID == identity && i.Trust != Proven })
		if at < 0 {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		if yes {
			err = errors.Join(tx.TrustIdentity(ctx, identity, Proven), tx.EnqueueMessage(ctx, told))
		} else {
			_, err = tx.RemoveIdentity(ctx, identity)
		}
		if err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = id, map[string]string{"kind": string(known[at].Provider)}
		return tx.Append(ctx, e)
	})
}

// Disable lets nobody in by the account, in the version that was seen, any
// more: what is open by it is over at once.
func (s *Service) Disable(ctx context.Context, p Principal, id uuid.UUID, version int64) error {
	return s.manage(ctx, p, id, version, "account.disable", func(a *Account) map[string]string {
		if a.Disabled {
			return nil
		}
		a.Disabled = true
		return map[string]string{}
	})
}

// Enable lets an account in again.
func (s *Service) Enable(ctx context.Context, p Principal, id uuid.UUID, version int64) error {
	return s.manage(ctx, p, id, version, "account.enable", func(a *Account) map[string]string {
		if !a.Disabled {
			return nil
		}
		a.Disabled = false
		return map[string]string{}
	})
}

// manage changes an account of somebody else with an entry, and tells the
// security administrators what waits for them since; change returns nil
// where nothing is to be changed. One account at least stays that lets a system
// administrator in.
func (s *Service) manage(ctx context.Context, p Principal, id uuid.UUID, version int64, verb string, change func(*Account) map[string]string) error {
	switch {
	case !p.May(ManageAccounts):
		return ErrForbidden
	case p.ID == id:
		return catalog.Refuse(catalog.Forbidden, "accounts.own")
	}
	now := s.now()
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return err
	}
	told, err := s.tellAsked(id, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		a, err := mustHave(tx.Account(ctx, id))
		if err != nil {
			return err
		}
		if a.ClosedAt > 0 {
			return errClosed()
		}
		if a.Version != version {
			return catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		was, waited := a.administers(), len(a.Asked)
		body := change(&a)
		if body == nil {
			return nil
		}
		if was && !a.administers() {
			if err := keepOne(ctx, tx, id, now.UnixMilli()); err != nil {
				return err
			}
		}
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		if a.Disabled {
			if err := endAll(ctx, tx, id, now.UnixMilli()); err != nil {
				return err
			}
		}
		if len(a.Asked) > waited {
			if err := tx.EnqueueMessage(ctx, told); err != nil {
				return err
			}
		}
		e := entry
		e.Subject, e.Body = id, body
		return tx.Append(ctx, e)
	})
}

// Privileged reports whether one of the roles is.
func (a Account) Privileged() bool { return slices.ContainsFunc(a.Roles, Role.Privileged) }

func (a Account) administers() bool { return !a.Disabled && slices.Contains(a.Roles, System) }

// keepOne refuses if nobody but id is a system administrator. Two who disable
// each other wait for one another.
func keepOne(ctx context.Context, tx Tx, id uuid.UUID, now int64) error {
	if err := tx.LockAccounts(ctx, System); err != nil {
		return err
	}
	all, err := tx.AccountsWith(ctx, System)
	if err == nil && !slices.ContainsFunc(all, func(a Account) bool { return a.ID != id && !a.Out(now) }) {
		err = catalog.Refuse(catalog.Conflict, "accounts.last")
	}
	return err
}

// mayGo reports whether an account may be put out by a list: the last system
// administrator stays.
func mayGo(ctx context.Context, tx Tx, a Account, now int64) (bool, error) {
	if !a.administers() {
		return true, nil
	}
	err := keepOne(ctx, tx, a.ID, now)
	if catalog.CodeOf(err) == catalog.Conflict {
		return false, nil
	}
	return err == nil, err
}

func endAll(ctx context.Context, tx Tx, id uuid.UUID, at int64) error {
	list, err := tx.SignIns(ctx, id)
	if err != nil {
		return err
	}
	for _, in := range list {
		if _, err := tx.EndSignIn(ctx, in.ID, at); err != nil {
			return err
		}
	}
	return nil
}

// Masked is the value as it is shown to others than its owner.
func (i Identity) Masked() string {
	switch i.Provider {
	case ByPhone:
		return catalog.Contact{Phone: i.Value}.Masked().Phone
	case ByEmail:
		return catalog.Contact{Email: i.Value}.Masked().Email
	}
	return i.Value
}
