package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"datai/catalog"

	"github.com/google/uuid"
)

// Purpose is what somebody agrees to.
type Purpose string

// Purposes.
const (
	ConsentAsk     Purpose = "ask"     // that the office keeps who asks for a result, to answer them
	ConsentPass    Purpose = "pass"    // that the professor of one case gets the name and number of whoever asks
	ConsentShare   Purpose = "share"   // that one enterprise gets somebody's name, unit and telephone, for one case
	ConsentPublish Purpose = "publish" // that what somebody else wrote for one is published, and who said so is kept
	ConsentSignUp  Purpose = "signup"  // that the office keeps who signs an enterprise up
)

// Purposes lists them in a stable order.
func Purposes() []Purpose {
	return []Purpose{ConsentAsk, ConsentPass, ConsentShare, ConsentPublish, ConsentSignUp}
}

// How somebody agreed.
const (
	ConsentOnPage = "page" // by a tick that nobody had made for them
	ConsentByLink = "link" // the same, on the page of a link that only they have
	ConsentByCall = "call" // by telephone, which somebody noted
)

// Consent is that somebody agreed to something, and until when.
type Consent struct {
	ID        uuid.UUID
	AccountID uuid.UUID // whose it is, zero for somebody without an account
	Thing     uuid.UUID // the case, need or sign-up that it is about
	Purpose   Purpose
	PartyID   uuid.UUID // the enterprise that gets something, zero if the office alone does or it is not known
	Party     string    // its name as it was shown, "" for the office
	Words     string    // that were shown, with "{party}" where the enterprise was named
	Version   string    // of the words: the same words are the same version
	How       string
	By        uuid.UUID // who noted it, zero where whoever agreed did so themselves
	Guardian  bool      // a parent or guardian agreed for a child
	GivenAt   int64     // unix ms
	EndedAt   int64     // unix ms: when it was withdrawn, 0 = it holds
}

// ChildAge is below how many years nobody agrees for themselves: their parents
// or guardians do (R38: Personal Information Protection Law, article 31).
const ChildAge = 14

// ConsentTx is what a capability needs of the store to keep consents in its
// transactions.
type ConsentTx interface {
	AddConsent(ctx context.Context, c Consent) error
	// ConsentsOn lists those about a thing, and ConsentsOf those of an account and
	// of the sign-up that it came of, the newest first.
	ConsentsOn(ctx context.Context, thing uuid.UUID) ([]Consent, error)
	ConsentsOf(ctx context.Context, accountID uuid.UUID) ([]Consent, error)
	// EndConsent withdraws one; false if it is not there or was withdrawn already.
	EndConsent(ctx context.Context, id uuid.UUID, at int64) (bool, error)
}

// NewConsent completes a consent that was given now, before the transaction that
// keeps it; age as in Given.
func NewConsent(rand io.Reader, now time.Time, age int, c Consent) (Consent, error) {
	c, err := c.Given(age)
	if err != nil {
		return Consent{}, err
	}
	c.GivenAt, c.EndedAt = now.UnixMilli(), 0
	c.ID, err = uuid.NewV7FromReader(rand)
	return c, err
}

// Given is the consent with the version of its words, if it is one: age is how
// old whoever agrees is, -1 for a grown-up whose age nobody asks. Nothing that was
// not agreed to by the right one becomes a consent.
func (c Consent) Given(age int) (Consent, error) {
	switch {
	case strings.TrimSpace(c.Words) == "":
		return Consent{}, catalog.Refuse(catalog.Invalid, "consents.none")
	case age >= 0 && age < ChildAge && !c.Guardian:
		return Consent{}, catalog.Refuse(catalog.Invalid, "consents.guardian")
	}
	if c.Party != "" {
		c.Words = strings.ReplaceAll(c.Words, c.Party, "{party}")
	}
	c.Version = WordsVersion(c.Words)
	return c, nil
}

// WordsVersion names the words of a consent: equal words are one version.
func WordsVersion(words string) string {
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:4])
}

// Holds reports whether a consent is one to the purpose for the enterprise that
// was not withdrawn.
func (c Consent) Holds(to Purpose, party uuid.UUID) bool {
	return c.EndedAt == 0 && c.Purpose == to && c.PartyID == party
}

// Said is what was agreed to, as it was shown.
func (c Consent) Said() string { return strings.ReplaceAll(c.Words, "{party}", c.Party) }

// Consents lists those of p's own account, the newest first.
func (s *Service) Consents(ctx context.Context, p Principal) (list []Consent, err error) {
	if !p.May(OwnAccount) {
		return nil, ErrForbidden
	}
	if p.ID == uuid.Nil { // at the command line, which has no account; what strangers agreed to is not its own
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		list, err = tx.ConsentsOf(ctx, p.ID)
		return err
	})
	return list, err
}

// Consent is one of p's own.
func (s *Service) Consent(ctx context.Context, p Principal, id uuid.UUID) (Consent, error) {
	list, err := s.Consents(ctx, p)
	if err != nil {
		return Consent{}, err
	}
	for _, c := range list {
		if c.ID == id {
			return c, nil
		}
	}
	return Consent{}, catalog.Refuse(catalog.NotFound, "consents.not_found")
}

// WithdrawConsent withdraws one of p's own: from then on nobody gets what it
// allowed, and the person in a sign-up is erased. What was agreed to about a case
// contact.Service.WithdrawOwn withdraws, which erases what the case has of it.
func (s *Service) WithdrawConsent(ctx context.Context, p Principal, id uuid.UUID) error {
	c, err := s.Consent(ctx, p, id)
	if err != nil {
		return err
	}
	now := s.now()
	entry, err := s.entry(p, now, "consent.withdraw")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		ended, err := tx.EndConsent(ctx, id, now.UnixMilli())
		if err != nil || !ended {
			return err
		}
		if c.Purpose == ConsentSignUp {
			if err := tx.ForgetSignUp(ctx, c.Thing); err != nil {
				return err
			}
		}
		e := entry
		e.Subject, e.Body = p.ID, map[string]string{"consent": string(c.Purpose), "version": c.Version, "thing": c.Thing.String()}
		return tx.Append(ctx, e)
	})
}
