package account

import (
	"context"
	"slices"
	"strconv"
	"time"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// InviteLife is how long an invitation works by which somebody comes in for the
// first time.
const InviteLife = 72 * time.Hour

// Invite makes a one-time token for an account by which nobody has come in yet;
// it works for InviteLife. Whoever makes it could use it: for an account that is
// in use only the operator at the machine makes one, and for one whose roles see
// the office's data or administer not who asked for them but who confirmed them.
func (s *Service) Invite(ctx context.Context, p Principal, id uuid.UUID) (token string, err error) {
	link, token, err := NewLink(s.rand, id, s.now().Add(InviteLife))
	if err != nil {
		return "", err
	}
	return token, s.invite(ctx, p, id, func(tx Tx, _ Account) (map[string]string, error) {
		return nil, tx.AddLink(ctx, link)
	})
}

// SendInvitation invites the owner of an account by the first of the ways by
// which it is known: by e-mail with a one-time link to set a password, by short
// message with the word that a code to that telephone lets in. It answers by
// which one, masked. The same rules hold as for Invite, and nobody but the owner
// gets the link.
func (s *Service) SendInvitation(ctx context.Context, p Principal, id uuid.UUID, ways ...Provider) (to Identity, err error) {
	now := s.now()
	link, token, err := NewLink(s.rand, id, now.Add(InviteLife))
	if err != nil {
		return Identity{}, err
	}
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Identity{}, err
	}
	err = s.invite(ctx, p, id, func(tx Tx, a Account) (map[string]string, error) {
		known, err := tx.Identities(ctx, id)
		if err != nil {
			return nil, err
		}
		known = counting(a, known)
		byCode, err := PasswordAllowed(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		at := -1
		for _, way := range ways {
			if way == ByPhone && !byCode {
				continue // no code would let them in
			}
			if at = slices.IndexFunc(known, func(i Identity) bool { return i.Provider == way }); at >= 0 {
				break
			}
		}
		if at < 0 {
			return nil, catalog.Refuse(catalog.Conflict, "accounts.no_way")
		}
		to = known[at]
		n := journal.Notice{Urgent: true, Vars: map[string]string{"hours": strconv.Itoa(int(InviteLife.Hours()))}}
		if to.Provider == ByEmail {
			n.Template, n.Email, n.Path, n.Deadline = "invitation", to.Value, ResetPath(token), link.ExpiresAt
			if err := tx.AddLink(ctx, link); err != nil {
				return nil, err
			}
		} else {
			n.Template, n.Phone, n.Path = "invitation_phone", to.Value, "/sign-in/code"
		}
		m, err := n.Message(mid, now.UnixMilli())
		if err != nil {
			return nil, err
		}
		return map[string]string{"by": string(to.Provider)}, tx.EnqueueMessage(ctx, m)
	})
	to.Value = to.Masked()
	return to, err
}

// invite lets do invite the owner of an account, with an entry of what it
// returns.
func (s *Service) invite(ctx context.Context, p Principal, id uuid.UUID, do func(Tx, Account) (map[string]string, error)) error {
	switch {
	case !p.May(InviteAccounts):
		return ErrForbidden
	case p.ID == id:
		return catalog.Refuse(catalog.Forbidden, "accounts.own")
	}
	now := s.now()
	entry, err := s.entry(p, now, "account.invite")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		a, err := mustHave(tx.Account(ctx, id))
		if err != nil {
			return err
		}
		if a.Out(now.UnixMilli()) {
			return catalog.Refuse(catalog.Conflict, "accounts.disabled_first")
		}
		if a.EnteredAt > 0 && !p.May(IssueAdminLinks) {
			return catalog.Refuse(catalog.Conflict, "accounts.in_use")
		}
		if len(a.Asked) > 0 {
			return catalog.Refuse(catalog.Conflict, "accounts.confirm_first")
		}
		if a.Privileged() != p.May(ConfirmRoles) && !p.May(IssueAdminLinks) {
			return catalog.Refuse(catalog.Conflict, "accounts.invite_other")
		}
		body, err := do(tx, a)
		if err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = id, body
		return tx.Append(ctx, e)
	})
}
