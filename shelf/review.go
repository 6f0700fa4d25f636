package shelf

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Review is a sign-up with what the catalogue has of the enterprise.
type Review struct {
	SignUp
	Known *catalog.Party  // the party with that credit code
	Named []catalog.Party // parties of that name without a code
	// Needs are those that name this enterprise, or the one with its code, as
	// their owner and are nobody's yet: somebody of the office says which are its.
	Needs []catalog.Need
	More  bool // there are more needs than these
}

const mostSignUps = 200

// MostLinked is how many needs of its name are offered with an enterprise.
const MostLinked = 50

// Waiting are the sign-ups that wait for the office, telephones masked.
func (s *Enterprises) Waiting(ctx context.Context, p account.Principal) (out []Review, err error) {
	if !p.May(account.ReviewSignUps) {
		return nil, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	err = s.db.Read(ctx, func(tx EnterpriseTx) error {
		us, err := tx.SignUps(ctx, SignUpWaiting, mostSignUps)
		if err != nil {
			return err
		}
		for _, u := range us {
			r := Review{SignUp: u}
			if r.Known, r.Named, err = partiesOf(ctx, tx, u); err != nil {
				return err
			}
			if r.Needs, r.More, err = unlinked(ctx, tx, calledLike(u, r.Known)); err != nil {
				return err
			}
			r.Private.Phone = catalog.Contact{Phone: u.Private.Phone}.Masked().Phone
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// partiesOf are the party with the code of a sign-up and, if there is none,
// those of its name without a code.
func partiesOf(ctx context.Context, tx EnterpriseTx, u SignUp) (*catalog.Party, []catalog.Party, error) {
	key, name := "cc:"+u.CreditCode, (&catalog.Party{Name: u.Name}).Key()
	byKey, err := tx.PartiesByKey(ctx, []string{key, name})
	if err != nil || byKey[key] != nil {
		return byKey[key], nil, err
	}
	named, err := tx.PartiesNamed(ctx, []string{u.Name})
	if like := byKey[name]; like != nil && !slices.ContainsFunc(named, func(p catalog.Party) bool { return p.ID == like.ID }) {
		named = append(named, *like) // written with other brackets or spaces
	}
	return nil, slices.DeleteFunc(named, func(p catalog.Party) bool { return p.Kind != catalog.PartyEnterprise || p.CreditCode != "" }), err
}

// calledLike are the names under which the needs of a sign-up may stand.
func calledLike(u SignUp, known *catalog.Party) []string {
	names := []string{u.Name}
	if known != nil {
		names = append(names, known.Name)
	}
	return names
}

// unlinked are the needs of these names that are nobody's yet, without their
// contacts, and whether there are more.
func unlinked(ctx context.Context, tx EnterpriseTx, names []string) ([]catalog.Need, bool, error) {
	ns, err := tx.NeedsNamed(ctx, names, MostLinked+1)
	for i := range ns {
		ns[i].Contact, ns[i].Extra = catalog.Contact{}, nil
	}
	if len(ns) > MostLinked {
		return ns[:MostLinked], true, err
	}
	return ns, false, err
}

// SignUpPhone is the telephone of a sign-up in full, so that somebody can call
// before deciding. That p asked stands in the journal.
func (s *Enterprises) SignUpPhone(ctx context.Context, p account.Principal, id uuid.UUID) (phone string, err error) {
	if !p.May(account.ReviewSignUps) || !p.May(account.SeeContacts) {
		return "", catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	entry, err := s.entry(p, s.now().UnixMilli(), "disclose.contact", id)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx EnterpriseTx) error {
		u, err := tx.SignUp(ctx, id)
		if err != nil {
			return err
		}
		phone = u.Private.Phone
		return tx.Append(ctx, entry)
	})
	return phone, err
}

// Accepted is an enterprise that was let in, and the one-time way to enter,
// which is told this once.
type Accepted struct {
	SignUp SignUp
	Token  string
	Until  int64 // unix ms
	Needs  int   // that are its own from now on
	Told   bool  // a short message is on its way
}

// Acceptance is what somebody of the office chose on accepting.
type Acceptance struct {
	Like  string // code of the party that it is, "" for none of those of its name
	Needs []Ref  // that are its own, as they were seen
}

// Accept lets an enterprise in: an account in the role of an enterprise, of the
// party with its credit code; else of the party that was chosen, which has its
// name and no credit code; else of a new one. The needs that were chosen become
// its own; if one of them is not any more what was seen, it is a Conflict and
// nothing changes.
func (s *Enterprises) Accept(ctx context.Context, p account.Principal, id uuid.UUID, version int64, chosen Acceptance) (Accepted, error) {
	if !p.May(account.ReviewSignUps) {
		return Accepted{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	at := now.UnixMilli()
	var ids [2]uuid.UUID
	for i := range ids {
		var err error
		if ids[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return Accepted{}, err
		}
	}
	link, token, err := account.NewLink(s.rand, ids[1], now.Add(account.InviteLife))
	if err != nil {
		return Accepted{}, err
	}
	entry, err := s.entry(p, at, "signup.accept", id)
	if err != nil {
		return Accepted{}, err
	}
	linking, err := s.linking(p, at, chosen.Needs)
	if err != nil {
		return Accepted{}, err
	}
	message, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Accepted{}, err
	}
	var out Accepted
	err = s.db.Write(ctx, func(tx EnterpriseTx) error {
		u, err := reviewed(ctx, tx, id, version)
		if err != nil {
			return err
		}
		party, err := s.partyFor(ctx, tx, u, chosen.Like, ids[0], at)
		if err != nil {
			return err
		}
		u.Party = party.ID
		a := account.Account{ID: ids[1], Roles: []account.Role{account.Enterprise}, CreatedAt: at, Version: 1}
		if a.Name, err = freeName(ctx, tx, u); err != nil {
			return err
		}
		if err := tx.AddAccount(ctx, a); err != nil {
			return err
		}
		if err := tx.JoinParty(ctx, a.ID, u.Party); err != nil {
			return err
		}
		if err := tx.AddLink(ctx, link); err != nil {
			return err
		}
		u.State, u.DecidedAt, u.DecidedBy, u.Account, u.Private.Decider = SignUpAccepted, at, p.ID, a.ID, p.Name
		if err := tx.SaveSignUp(ctx, u); err != nil {
			return err
		}
		if err := take(ctx, tx, party, calledLike(u, &party), linking, at); err != nil {
			return err
		}
		told, err := tellSignUp(ctx, tx, u, "signup_accepted", message, at)
		if err != nil {
			return err
		}
		out = Accepted{SignUp: u, Token: token, Until: link.ExpiresAt, Needs: len(linking), Told: told}
		e := entry
		e.Body = map[string]string{"party": u.Party.String(), "account": a.ID.String(), "needs": strconv.Itoa(len(linking))}
		return tx.Append(ctx, e)
	})
	return out, err
}

// reviewed is the sign-up in the version that was seen, if it still waits.
func reviewed(ctx context.Context, tx EnterpriseTx, id uuid.UUID, version int64) (SignUp, error) {
	u, err := tx.SignUp(ctx, id)
	if err == nil && (u.Version != version || u.State != SignUpWaiting) {
		err = catalog.Refuse(catalog.Conflict, "enterprise.decided")
	}
	return u, err
}

// partyFor is the party of a sign-up, which is made if the catalogue has none.
func (s *Enterprises) partyFor(ctx context.Context, tx EnterpriseTx, u SignUp, like string, fresh uuid.UUID, at int64) (catalog.Party, error) {
	known, named, err := partiesOf(ctx, tx, u)
	if err != nil {
		return catalog.Party{}, err
	}
	if known != nil {
		return *known, nil
	}
	if like == "" {
		party := catalog.Party{ID: fresh, Code: catalog.ShortCode("P", fresh), Kind: catalog.PartyEnterprise, Name: u.Name,
			CreditCode: u.CreditCode, CreatedAt: at, UpdatedAt: at}
		return party, tx.AddParty(ctx, party)
	}
	i := slices.IndexFunc(named, func(p catalog.Party) bool { return p.Code == like })
	if i < 0 {
		return catalog.Party{}, catalog.Refuse(catalog.Conflict, "enterprise.moved")
	}
	party := named[i]
	party.CreditCode, party.UpdatedAt = u.CreditCode, at
	if err := tx.SaveParty(ctx, party); err != nil {
		return catalog.Party{}, err
	}
	return party, tx.AddAlias(ctx, "party", "cc:"+u.CreditCode, party.ID, at)
}

// freeName is a name for the account that nobody has.
func freeName(ctx context.Context, tx EnterpriseTx, u SignUp) (string, error) {
	name := u.Name
	for n := 2; n < 100; n++ {
		if _, taken, err := tx.AccountNamed(ctx, name); err != nil || !taken {
			return name, err
		}
		name = fmt.Sprintf("%s %d", u.Name, n)
	}
	return "", catalog.Refuse(catalog.Conflict, "enterprise.decided")
}

// Refused is an enterprise that was not let in.
type Refused struct {
	SignUp SignUp
	Told   bool // a short message with the reason is on its way
}

// Refuse says no to a sign-up, with a reason, which the enterprise is told.
func (s *Enterprises) Refuse(ctx context.Context, p account.Principal, id uuid.UUID, version int64, reason string) (out Refused, err error) {
	if !p.May(account.ReviewSignUps) {
		return out, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if reason = catalog.Clean(reason); reason == "" || utf8.RuneCountInString(reason) > mostReason {
		return out, catalog.Refuse(catalog.Invalid, "behalf.fit.reason", "most", strconv.Itoa(mostReason))
	}
	at := s.now().UnixMilli()
	entry, err := s.entry(p, at, "signup.refuse", id)
	if err != nil {
		return out, err
	}
	message, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return out, err
	}
	return out, s.db.Write(ctx, func(tx EnterpriseTx) error {
		u, err := reviewed(ctx, tx, id, version)
		if err != nil {
			return err
		}
		u.State, u.DecidedAt, u.DecidedBy, u.Private.Reason, u.Private.Decider = SignUpRefused, at, p.ID, reason, p.Name
		if err := tx.SaveSignUp(ctx, u); err != nil {
			return err
		}
		told, err := tellSignUp(ctx, tx, u, "signup_refused", message, at)
		if err != nil {
			return err
		}
		out = Refused{SignUp: u, Told: told}
		return tx.Append(ctx, entry)
	})
}

// tellSignUp sends who signed up a short message about the review, if they left
// one mobile number.
func tellSignUp(ctx context.Context, tx EnterpriseTx, u SignUp, template string, id uuid.UUID, at int64) (bool, error) {
	phones := catalog.PhonesIn(u.Private.Phone)
	if len(phones) != 1 || !phones[0].Mobile {
		return false, nil
	}
	m, err := journal.Notice{Template: template, Phone: phones[0].Number, Vars: map[string]string{"name": u.Name, "reason": catalog.CleanLine(u.Private.Reason)}, Urgent: true}.Message(id, at)
	if err != nil {
		return false, err
	}
	return true, tx.EnqueueMessage(ctx, m)
}
