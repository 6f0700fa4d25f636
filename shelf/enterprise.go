package shelf

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/work"

	"github.com/google/uuid"
)

// SignUpState is where the sign-up of an enterprise stands.
type SignUpState string

// States of a sign-up.
const (
	SignUpWaiting  SignUpState = "waiting"
	SignUpAccepted SignUpState = "accepted"
	SignUpRefused  SignUpState = "refused"
)

// SignUp is the wish of an enterprise to have an account, which the office
// reviews.
type SignUp struct {
	ID         uuid.UUID
	Version    int64
	State      SignUpState
	Name       string // of the enterprise
	CreditCode string // checked
	CreatedAt  int64  // unix ms
	DecidedAt  int64  // unix ms, 0 = not yet
	DecidedBy  uuid.UUID
	Party      uuid.UUID // of an accepted one
	Account    uuid.UUID
	Private    SignUpPrivate // encrypted
}

// SignUpPrivate is what only the office reads.
type SignUpPrivate struct {
	Contact, Phone string
	Consent        string // the words that were agreed to
	Reason         string // of a refusal
	Decider        string // by name as it was then
}

// EnterpriseTx is what enterprises need of the store inside one transaction.
type EnterpriseTx interface {
	AddSignUp(ctx context.Context, u SignUp) error
	SignUp(ctx context.Context, id uuid.UUID) (SignUp, error) // NotFound
	// SignUps in a state, the one that waits longest first.
	SignUps(ctx context.Context, state SignUpState, limit int) ([]SignUp, error)
	// SaveSignUp writes u if its stored version is u.Version and adds one to it;
	// Conflict otherwise.
	SaveSignUp(ctx context.Context, u SignUp) error

	PartiesByKey(ctx context.Context, keys []string) (map[string]*catalog.Party, error)
	PartiesNamed(ctx context.Context, names []string) ([]catalog.Party, error)
	// AddParty adds a party; Conflict if its key is taken.
	AddParty(ctx context.Context, p catalog.Party) error
	SaveParty(ctx context.Context, p catalog.Party) error
	// AddAlias remembers that a key means a thing.
	AddAlias(ctx context.Context, kind, key string, id uuid.UUID, at int64) error

	AccountNamed(ctx context.Context, name string) (account.Account, bool, error)
	AddAccount(ctx context.Context, a account.Account) error
	AddLink(ctx context.Context, l account.Link) error
	// JoinParty makes an account one of a party.
	JoinParty(ctx context.Context, accountID, party uuid.UUID) error
	// PartyOf is the party of an account, zero if it has none.
	PartyOf(ctx context.Context, accountID uuid.UUID) (uuid.UUID, error)
	Parties(ctx context.Context, ids []uuid.UUID) ([]catalog.Party, error)

	NeedByCode(ctx context.Context, code string) (catalog.Need, error)
	// NeedsOf are the needs of a party, the last changed first.
	NeedsOf(ctx context.Context, party uuid.UUID, limit int) ([]catalog.Need, error)
	AddNeed(ctx context.Context, n catalog.Need) error
	SaveNeed(ctx context.Context, n catalog.Need) error
	Append(ctx context.Context, e journal.Entry) error
}

// Enterprises lets enterprises in and lets them handle their own needs.
type Enterprises struct {
	db   work.Unit[EnterpriseTx]
	now  func() time.Time
	rand io.Reader
	read Reader
}

// NewEnterprises makes a service on db, as NewProxy.
func NewEnterprises(db work.Unit[EnterpriseTx], now func() time.Time, rand io.Reader, read Reader) *Enterprises {
	return &Enterprises{db: db, now: now, rand: rand, read: read}
}

// SignUpRequest is what an enterprise fills in.
type SignUpRequest struct {
	Name, CreditCode, Contact, Phone string
	Consent                          string // the words that were shown and agreed to; "" = not agreed
}

// Ask leaves the wish of an enterprise for the office.
func (s *Enterprises) Ask(ctx context.Context, p account.Principal, r SignUpRequest) (SignUp, error) {
	if !p.May(account.SignUpEnterprise) {
		return SignUp{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	r.Name, r.Contact, r.Phone = catalog.CleanLine(r.Name), catalog.CleanLine(r.Contact), catalog.CleanLine(r.Phone)
	code, ok := catalog.CreditCode(r.CreditCode)
	within := func(s string, most int) bool { return s != "" && utf8.RuneCountInString(s) <= most }
	switch {
	case !within(r.Name, MostOwner) || s.read.Secret(r.Name):
		return SignUp{}, catalog.Refuse(catalog.Invalid, "behalf.fit.owner", "most", strconv.Itoa(MostOwner))
	case !ok:
		return SignUp{}, catalog.Refuse(catalog.Invalid, "enterprise.fit.code")
	case !within(r.Contact, MostName):
		return SignUp{}, catalog.Refuse(catalog.Invalid, "behalf.fit.who", "most", strconv.Itoa(MostName))
	case !telephone.MatchString(r.Phone):
		return SignUp{}, catalog.Refuse(catalog.Invalid, "behalf.fit.phone")
	case r.Consent == "":
		return SignUp{}, catalog.Refuse(catalog.Invalid, "enterprise.fit.consent")
	}
	at := s.now().UnixMilli()
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return SignUp{}, err
	}
	entry, err := s.entry(p, at, "signup.ask", id)
	if err != nil {
		return SignUp{}, err
	}
	u := SignUp{ID: id, Version: 1, State: SignUpWaiting, Name: r.Name, CreditCode: code, CreatedAt: at,
		Private: SignUpPrivate{Contact: r.Contact, Phone: r.Phone, Consent: r.Consent}}
	return u, s.db.Write(ctx, func(tx EnterpriseTx) error {
		if err := tx.AddSignUp(ctx, u); err != nil {
			return err
		}
		return tx.Append(ctx, entry)
	})
}

func (s *Enterprises) entry(p account.Principal, at int64, verb string, subject uuid.UUID) (journal.Entry, error) {
	e, err := journal.New(s.rand, at, p.ID, string(p.Acting), verb, "party")
	e.Subject = subject
	return e, err
}

// Review is a sign-up with what the catalogue has of the enterprise.
type Review struct {
	SignUp
	Known *catalog.Party  // the party with that credit code
	Named []catalog.Party // parties of that name without a code
}

const mostSignUps = 200

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
	key := "cc:" + u.CreditCode
	byKey, err := tx.PartiesByKey(ctx, []string{key})
	if err != nil || byKey[key] != nil {
		return byKey[key], nil, err
	}
	named, err := tx.PartiesNamed(ctx, []string{u.Name})
	return nil, slices.DeleteFunc(named, func(p catalog.Party) bool { return p.Kind != catalog.PartyEnterprise || p.CreditCode != "" }), err
}

// Accepted is an enterprise that was let in, and the one-time way to enter,
// which is told this once.
type Accepted struct {
	SignUp SignUp
	Token  string
	Until  int64 // unix ms
	Phone  string
}

// Accept lets an enterprise in: an account in the role of an enterprise, of the
// party with its credit code; else of the party with the code named by like,
// which has its name and no credit code; else of a new one.
func (s *Enterprises) Accept(ctx context.Context, p account.Principal, id uuid.UUID, version int64, like string) (Accepted, error) {
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
	var out Accepted
	err = s.db.Write(ctx, func(tx EnterpriseTx) error {
		u, err := reviewed(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if u.Party, err = s.partyFor(ctx, tx, u, like, ids[0], at); err != nil {
			return err
		}
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
		out = Accepted{SignUp: u, Token: token, Until: link.ExpiresAt}
		e := entry
		e.Body = map[string]string{"party": u.Party.String(), "account": a.ID.String()}
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
func (s *Enterprises) partyFor(ctx context.Context, tx EnterpriseTx, u SignUp, like string, fresh uuid.UUID, at int64) (uuid.UUID, error) {
	known, named, err := partiesOf(ctx, tx, u)
	if err != nil {
		return uuid.Nil, err
	}
	if known != nil {
		return known.ID, nil
	}
	if like == "" {
		return fresh, tx.AddParty(ctx, catalog.Party{ID: fresh, Code: catalog.ShortCode("P", fresh), Kind: catalog.PartyEnterprise, Name: u.Name,
			CreditCode: u.CreditCode, CreatedAt: at, UpdatedAt: at})
	}
	i := slices.IndexFunc(named, func(p catalog.Party) bool { return p.Code == like })
	if i < 0 {
		return uuid.Nil, catalog.Refuse(catalog.Conflict, "enterprise.moved")
	}
	party := named[i]
	party.CreditCode, party.UpdatedAt = u.CreditCode, at
	if err := tx.SaveParty(ctx, party); err != nil {
		return uuid.Nil, err
	}
	return party.ID, tx.AddAlias(ctx, "party", "cc:"+u.CreditCode, party.ID, at)
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

// Refuse says no to a sign-up, with a reason.
func (s *Enterprises) Refuse(ctx context.Context, p account.Principal, id uuid.UUID, version int64, reason string) error {
	if !p.May(account.ReviewSignUps) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if reason = catalog.Clean(reason); reason == "" || utf8.RuneCountInString(reason) > mostReason {
		return catalog.Refuse(catalog.Invalid, "behalf.fit.reason", "most", strconv.Itoa(mostReason))
	}
	at := s.now().UnixMilli()
	entry, err := s.entry(p, at, "signup.refuse", id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx EnterpriseTx) error {
		u, err := reviewed(ctx, tx, id, version)
		if err != nil {
			return err
		}
		u.State, u.DecidedAt, u.DecidedBy, u.Private.Reason, u.Private.Decider = SignUpRefused, at, p.ID, reason, p.Name
		if err := tx.SaveSignUp(ctx, u); err != nil {
			return err
		}
		return tx.Append(ctx, entry)
	})
}
