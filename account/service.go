package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"

	"datai/journal"
	"datai/work"

	"github.com/google/uuid"
)

// ErrLink says that a one-time link is unknown, used or expired: one error for
// all three, so that nobody learns which.
var ErrLink = errors.New("account: link is not valid")

// ErrForbidden says that the principal may not do it.
var ErrForbidden = errors.New("account: not allowed")

// LinkLife is how long a one-time link works.
const LinkLife = 15 * time.Minute

// Tx is what sign-in needs of the store inside one transaction.
type Tx interface {
	ConsentTx
	AddAccount(ctx context.Context, a Account) error
	// AccountNamed finds an account by its name; ok is false if there is none.
	AccountNamed(ctx context.Context, name string) (a Account, ok bool, err error)
	Account(ctx context.Context, id uuid.UUID) (a Account, ok bool, err error)
	// Accounts returns one page in the order of names, and the Page after it
	// (Limit 0: no more); CountAccounts counts what f lets through.
	Accounts(ctx context.Context, f Filter, from Page) ([]Account, Page, error)
	CountAccounts(ctx context.Context, f Filter) (int, error)
	// AccountsWith lists the accounts that have one of the roles and are not
	// disabled, by name.
	AccountsWith(ctx context.Context, roles ...Role) ([]Account, error)
	// LockAccounts makes whoever else changes accounts that have the role, or
	// locks them, wait until this transaction has ended.
	LockAccounts(ctx context.Context, r Role) error
	// SaveAccount writes a if its stored version is a.Version and adds one to it;
	// Conflict otherwise.
	SaveAccount(ctx context.Context, a Account) error
	// EnterAccount keeps when somebody first came in by the account; a later time
	// changes nothing.
	EnterAccount(ctx context.Context, id uuid.UUID, at int64) error
	// Enrolments lists those of an account; SaveEnrolment adds one or replaces it.
	Enrolments(ctx context.Context, accountID uuid.UUID) ([]Enrolment, error)
	SaveEnrolment(ctx context.Context, e Enrolment) error
	// EachEnrolled calls fn for every enrolment with whose it is, by name.
	EachEnrolled(ctx context.Context, fn func(Leaver) error) error
	// Records returns one page of the journal, the newest first, and the
	// RecordPage after it (Limit 0: no more).
	Records(ctx context.Context, f RecordFilter, from RecordPage) ([]Record, RecordPage, error)
	AddLink(ctx context.Context, l Link) error
	// UseLink marks an unused, unexpired link used at the time now and returns it;
	// ok is false if there is no such link. Two users of one link cannot both get it.
	UseLink(ctx context.Context, hash [32]byte, now int64) (l Link, ok bool, err error)
	// DropWays ends the one-time links and the codes of an account that were not
	// used.
	DropWays(ctx context.Context, accountID uuid.UUID) error
	// AddIdentity adds an identity; Conflict if somebody has it.
	AddIdentity(ctx context.Context, i Identity) error
	// Identity finds one by its canonical value, and AccountOf the account that has
	// it, whether it lets anybody in or not.
	Identity(ctx context.Context, p Provider, value string) (i Identity, ok bool, err error)
	AccountOf(ctx context.Context, p Provider, value string) (a Account, ok bool, err error)
	// Identities lists those of an account, in the order in which they were added.
	Identities(ctx context.Context, accountID uuid.UUID) ([]Identity, error)
	// TrustIdentity keeps how well it is known whose an identity is.
	TrustIdentity(ctx context.Context, id uuid.UUID, t Trust) error
	// RemoveIdentity takes one from its account; false if there is none.
	RemoveIdentity(ctx context.Context, id uuid.UUID) (bool, error)
	AddSignIn(ctx context.Context, in SignIn) error
	// SignIn finds a sign-in, ended or not, without what the provider calls it.
	SignIn(ctx context.Context, id uuid.UUID) (in SignIn, ok bool, err error)
	// SignIns lists those of an account that were not ended, newest first.
	SignIns(ctx context.Context, accountID uuid.UUID) ([]SignIn, error)
	// SignInsOutside lists those that were not ended and that a provider calls so.
	SignInsOutside(ctx context.Context, via Provider, outside string) ([]SignIn, error)
	// SeeSignIn keeps when somebody was last seen; an earlier time changes nothing.
	SeeSignIn(ctx context.Context, id uuid.UUID, at int64) error
	// EndSignIn ends a sign-in; false if it had ended already.
	EndSignIn(ctx context.Context, id uuid.UUID, at int64) (bool, error)
	// Sources lists the sources of sign-in in the order in which they were made.
	Sources(ctx context.Context) ([]Source, error)
	// AddSource adds a source; Conflict if its name is taken.
	AddSource(ctx context.Context, s Source) error
	// SetSource changes a source whose version is one less; Conflict if it is not.
	SetSource(ctx context.Context, s Source) error
	// Presence is what became of the last list of people of a source; the zero one
	// if there was none. SetPresence keeps it.
	Presence(ctx context.Context, sourceID uuid.UUID) (Presence, error)
	SetPresence(ctx context.Context, r Presence) error
	// TakePresence makes the next list of a source due at next (unix ms), if one is
	// due at now; false if somebody else was first.
	TakePresence(ctx context.Context, sourceID uuid.UUID, now, next int64) (bool, error)
	// Holders lists who has numbers and is not disabled, in the order of their
	// ids, with which of the numbers are theirs.
	Holders(ctx context.Context, via Provider, numbers []string) ([]Holder, error)
	// Spend notes until when (unix ms) something of a provider that may be used
	// once is remembered; false if it was used already.
	Spend(ctx context.Context, p Provider, once string, until int64) (bool, error)
	// Password is what is kept of an account's password; ok is false if it has none.
	Password(ctx context.Context, accountID uuid.UUID) (p Password, ok bool, err error)
	// SavePassword adds the password of an account, if its version is 0, or writes
	// it over the one of that version; Conflict if another is there.
	SavePassword(ctx context.Context, p Password) error
	// AddCode adds a code; those that have expired go.
	AddCode(ctx context.Context, c Code) error
	// LastCode is when the last code was made for a telephone (unix ms), 0 if
	// none is known.
	LastCode(ctx context.Context, phone string) (at int64, err error)
	// UseCode counts a try of a code that was sent for a device and has not
	// expired, at the time now (unix ms), and ends it if the digits are right; of
	// several who try at once one gets it.
	UseCode(ctx context.Context, id uuid.UUID, device, digits string, now int64) (accountID uuid.UUID, ok bool, err error)
	// KnowDevice keeps that somebody came in to an account by a device; KnowsDevice
	// reports it.
	KnowDevice(ctx context.Context, accountID uuid.UUID, device string, at int64) error
	KnowsDevice(ctx context.Context, accountID uuid.UUID, device string) (bool, error)
	EnqueueMessage(ctx context.Context, m journal.Message) error
	// Authenticator is the program of an account that makes codes; ok is false if
	// it has none. SaveAuthenticator adds it, if its version is 0, or writes it over
	// the one of that version; Conflict if another is there. RemoveAuthenticator
	// takes it; false if there is none.
	Authenticator(ctx context.Context, accountID uuid.UUID) (a Authenticator, ok bool, err error)
	SaveAuthenticator(ctx context.Context, a Authenticator) error
	RemoveAuthenticator(ctx context.Context, accountID uuid.UUID) (bool, error)
	// SetRecoveryCodes puts these in place of those of an account; RecoveryCodes
	// counts those that are not used. UseRecoveryCode uses one; false if there is
	// none such, or it was used.
	SetRecoveryCodes(ctx context.Context, accountID uuid.UUID, codes []string) error
	RecoveryCodes(ctx context.Context, accountID uuid.UUID) (int, error)
	UseRecoveryCode(ctx context.Context, accountID uuid.UUID, code string, now int64) (bool, error)
	// StrengthenSignIn makes a sign-in of an account strong; false if the account
	// has none such that has not ended.
	StrengthenSignIn(ctx context.Context, accountID, id uuid.UUID) (bool, error)
	// FactorRule is the rule for second factors, the default if nobody has set one;
	// SetFactorRule writes it over the version that r has; Conflict if another is
	// there.
	FactorRule(ctx context.Context) (FactorRule, error)
	SetFactorRule(ctx context.Context, r FactorRule) error
	// AddPasskey adds a passkey; Conflict if one with its handle is there.
	AddPasskey(ctx context.Context, k Passkey) error
	// Passkeys lists those of an account in the order in which they were added,
	// without their handles.
	Passkeys(ctx context.Context, accountID uuid.UUID) ([]Passkey, error)
	// SavePasskey writes record and time of use if the stored version is
	// k.Version and adds one to it; Conflict otherwise.
	SavePasskey(ctx context.Context, k Passkey) error
	// RemovePasskey takes one from its account; false if there is none.
	RemovePasskey(ctx context.Context, accountID, id uuid.UUID) (bool, error)
	AddToken(ctx context.Context, t Token) error
	Token(ctx context.Context, id uuid.UUID) (t Token, ok bool, err error)
	TokenHashed(ctx context.Context, hash [32]byte) (t Token, ok bool, err error)
	// Tokens lists the tokens of an account, newest first.
	Tokens(ctx context.Context, accountID uuid.UUID) ([]Token, error)
	// UseToken keeps the day on which a token was used; an earlier one than is
	// known changes nothing.
	UseToken(ctx context.Context, id uuid.UUID, day int64) error
	// RevokeToken ends a token; false if it had been revoked already.
	RevokeToken(ctx context.Context, id uuid.UUID, at int64) (bool, error)
	// ForgetSignUp erases the person in a sign-up.
	ForgetSignUp(ctx context.Context, id uuid.UUID) error
	// SealedTexts are the notices and the drafts of an account as JSON.
	SealedTexts(ctx context.Context, accountID uuid.UUID) (notices, drafts []json.RawMessage, err error)
	// LastEntered is when somebody last came in by an account (unix ms), 0 = never;
	// Holdings is how much it has of what people look at before they join two.
	LastEntered(ctx context.Context, accountID uuid.UUID) (int64, error)
	Holdings(ctx context.Context, accountID uuid.UUID) ([]Holding, error)
	// AddConflict keeps one, or that it was seen again; fresh if it was not there.
	// Conflicts lists those that are open, the newest first, and counts them.
	// CloseConflict closes an open one; false if there is none.
	AddConflict(ctx context.Context, c Conflict) (fresh bool, err error)
	Conflicts(ctx context.Context, limit int) ([]Conflict, int, error)
	CloseConflict(ctx context.Context, id uuid.UUID, at int64) (c Conflict, ok bool, err error)
	// AddJoin adds a join; those that have expired go. JoinsOf lists those of an
	// account that wait at the time now, the newest first. TakeJoin makes an account
	// the second of the one that waits for the code and says that its owner said so;
	// false if there is none, or the account is the first.
	AddJoin(ctx context.Context, j Join) error
	JoinsOf(ctx context.Context, accountID uuid.UUID, now int64) ([]Join, error)
	TakeJoin(ctx context.Context, hash [32]byte, gone uuid.UUID, now int64) (bool, error)
	SaveJoin(ctx context.Context, j Join) error
	DropJoin(ctx context.Context, id uuid.UUID) error
	// JoinAccount makes what names gone name keep, erases what cannot go over, and
	// leaves a row that lets nobody in.
	JoinAccount(ctx context.Context, keep, gone Account, at int64) error
	// Duties are what waits for an account at the time now (unix ms).
	Duties(ctx context.Context, accountID uuid.UUID, now int64) (Duties, error)
	// CloseAccount erases what is an account's own, puts ClosedName in place of its
	// name in what is kept, and leaves a row that lets nobody in; Conflict if its
	// version is another.
	CloseAccount(ctx context.Context, a Account, at int64) error
	Append(ctx context.Context, e journal.Entry) error
}

// Service lets people in.
type Service struct {
	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
}

// NewService makes a service on db with a clock and a source of randomness.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, now: now, rand: rand}
}

// IssueLink makes a one-time token for the account of that name, which it
// creates as officer and system administrator if it is not there yet. The
// token works once, for LinkLife, and asks for no second factor: whoever is at
// the machine may do everything.
func (s *Service) IssueLink(ctx context.Context, p Principal, name string) (token string, err error) {
	if !p.May(IssueAdminLinks) {
		return "", ErrForbidden
	}
	now := s.now()
	made, token, err := NewLink(s.rand, uuid.Nil, now.Add(LinkLife))
	if err != nil {
		return "", err
	}
	fresh, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return "", err
	}
	entry, err := s.entry(p, now, "account.link")
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		a, ok, err := tx.AccountNamed(ctx, name)
		if err != nil {
			return err
		}
		if !ok {
			a = Account{ID: fresh, Name: name, Roles: []Role{Officer, System}, CreatedAt: now.UnixMilli(), Version: 1}
			if err := tx.AddAccount(ctx, a); err != nil {
				return err
			}
		}
		if a.Out(now.UnixMilli()) {
			return ErrForbidden
		}
		link := made
		link.AccountID, link.Strong = a.ID, true
		if err := tx.AddLink(ctx, link); err != nil {
			return err
		}
		e := entry
		e.Subject = a.ID
		return tx.Append(ctx, e)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Redeem exchanges a one-time token for the principal it lets in.
func (s *Service) Redeem(ctx context.Context, token string, by Entrance) (Principal, SignIn, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 32 {
		return Nobody(), SignIn{}, ErrLink
	}
	by.Via = ByLink
	return s.enter(ctx, &by, func(tx Tx, now int64) (uuid.UUID, error) {
		l, ok, err := tx.UseLink(ctx, sha256.Sum256(raw), now)
		if err == nil && !ok {
			err = ErrLink
		}
		by.Strong = l.Strong
		return l.AccountID, err
	})
}

// principal acts in the account's first role until another is chosen.
func (a Account) principal() Principal {
	p := Principal{ID: a.ID, Name: a.Name, Roles: a.Roles, Acting: Visitor}
	if len(a.Roles) > 0 {
		p.Acting = a.Roles[0]
	}
	return p
}

func (s *Service) entry(p Principal, now time.Time, verb string) (journal.Entry, error) {
	return journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), verb, "account")
}
