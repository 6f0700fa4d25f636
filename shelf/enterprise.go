package shelf

import (
	"context"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/rules"
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
	AddConsent(ctx context.Context, c account.Consent) error
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
	// NeedsNamed are needs of no known party whose owner is called like one of
	// the names, as catalog.Fold compares them, by title.
	NeedsNamed(ctx context.Context, names []string, limit int) ([]catalog.Need, error)
	Needs(ctx context.Context, ids []uuid.UUID) ([]catalog.Need, error)
	PartyByCode(ctx context.Context, code string) (catalog.Party, error) // NotFound
	AddNeed(ctx context.Context, n catalog.Need) error
	SaveNeed(ctx context.Context, n catalog.Need) error
	EnqueueMessage(ctx context.Context, m journal.Message) error
	Append(ctx context.Context, e journal.Entry) error
}

// Enterprises lets enterprises in and lets them handle their own needs.
type Enterprises struct {
	db   work.Unit[EnterpriseTx]
	now  func() time.Time
	rand io.Reader
	read Reader
	book func(context.Context) (*rules.Book, error)
}

// NewEnterprises makes a service on db, as NewProxy.
func NewEnterprises(db work.Unit[EnterpriseTx], now func() time.Time, rand io.Reader, read Reader, book func(context.Context) (*rules.Book, error)) *Enterprises {
	return &Enterprises{db: db, now: now, rand: rand, read: read, book: book}
}

// AnswerBy is within which term, and until when, whoever signs up now is answered.
func (s *Enterprises) AnswerBy(ctx context.Context) (term rules.Value, by rules.Deadline, err error) {
	book, err := s.book(ctx)
	if err != nil {
		return term, by, err
	}
	now := s.now()
	set, err := book.At(rules.DayOf(now))
	if err != nil {
		return term, by, err
	}
	r, err := set.Rule(ruleSignUp)
	if err != nil {
		return term, by, err
	}
	by, err = set.Deadline(now, ruleSignUp)
	return r.Value, by, err
}

const ruleSignUp = "signup-answer"

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
	case !catalog.IsPhone(r.Phone):
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
	agreed, err := account.NewConsent(s.rand, s.now(), -1, account.Consent{Thing: id, Purpose: account.ConsentSignUp, Words: r.Consent, How: account.ConsentOnPage})
	if err != nil {
		return SignUp{}, err
	}
	_, by, err := s.AnswerBy(ctx)
	if err != nil {
		return SignUp{}, err
	}
	told, err := newMessage(s.rand, at, journal.Notice{Template: "signup_asked", Role: string(account.Officer), Vars: map[string]string{"name": u.Name}, Path: "/enterprises/sign-ups", Deadline: by.At.UnixMilli()})
	if err != nil {
		return SignUp{}, err
	}
	return u, s.db.Write(ctx, func(tx EnterpriseTx) error {
		if err := tx.AddSignUp(ctx, u); err != nil {
			return err
		}
		if err := tx.AddConsent(ctx, agreed); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
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

// newMessage is a notice for the outbox, made before the transaction.
func newMessage(rand io.Reader, at int64, n journal.Notice) (journal.Message, error) {
	id, err := uuid.NewV7FromReader(rand)
	if err != nil {
		return journal.Message{}, err
	}
	return n.Message(id, at)
}
