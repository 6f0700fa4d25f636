package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"datai/catalog"

	"github.com/google/uuid"
)

// ClosedName is what kept records say in place of the name of whoever closed
// their account (design, closing an account).
const ClosedName = "已注销用户"

// ClosedAs is the name of a closed account in the list of accounts, where each
// has one of its own.
func ClosedAs(id uuid.UUID) string {
	text := id.String()
	return ClosedName + " " + text[len(text)-12:]
}

// Closed reports whether a name stands for somebody who closed their account.
func Closed(name string) bool {
	rest, ok := strings.CutPrefix(name, ClosedName)
	return ok && (rest == "" || len(rest) == 13 && rest[0] == ' ')
}

// Fresh is how long ago somebody may have signed in at the most who takes their
// data out or closes their account.
const Fresh = 15 * time.Minute

// PersonalKind is a kind of what is kept about somebody: the messages that say
// what it is, for what and on which ground it is kept, and how long; Erased
// says that closing the account takes it, and Term is the rule that says how long
// it is kept at the most, "" if none does.
type PersonalKind struct {
	What, Why, Long string
	Erased          bool
	Term            string
}

// PersonalKinds is the table of what is kept about whoever has an account.
func PersonalKinds() []PersonalKind {
	return []PersonalKind{
		{"personal.what.profile", "personal.why.profile", "personal.long.closing", true, ""},
		{"personal.what.known", "personal.why.known", "personal.long.closing", true, ""},
		{"personal.what.secrets", "personal.why.secrets", "personal.long.closing", true, ""},
		{"personal.what.signins", "personal.why.signins", "personal.long.signins", true, ""},
		{"personal.what.notices", "personal.why.notices", "personal.long.notices", true, "keep-notices"},
		{"personal.what.drafts", "personal.why.drafts", "personal.long.drafts", true, "keep-drafts"},
		{"personal.what.sent", "personal.why.sent", "personal.long.term", false, "keep-deliveries"},
		{"personal.what.cases", "personal.why.cases", "personal.long.cases", false, "keep-case-contacts"},
		{"personal.what.feedback", "personal.why.feedback", "personal.long.term", false, "keep-feedback"},
		{"personal.what.consents", "personal.why.consents", "personal.long.consents", false, "keep-withdrawn-consents"},
		{"personal.what.work", "personal.why.work", "personal.long.work", false, ""},
		{"personal.what.journal", "personal.why.journal", "personal.long.journal", false, ""},
	}
}

// Duties are what still waits for somebody, or for an answer to them.
type Duties struct {
	Cases         int // open contact cases that they handle
	Confirmations int // links to owners of needs that are not answered and still work
	Drafts        int // of needs of others, which closing deletes
}

// Any reports whether there are some.
func (d Duties) Any() bool { return d != Duties{} }

// DataFormat begins what is taken out, so that another form can follow.
const DataFormat = "datai personal data 1"

// Data is what is kept about somebody, in full. Times are RFC 3339, UTC.
type Data struct {
	Format        string            `json:"format"`
	MadeAt        time.Time         `json:"made_at"`
	ID            uuid.UUID         `json:"id"`
	Name          string            `json:"name"`
	Unit          string            `json:"unit,omitempty"`
	Roles         []Role            `json:"roles"`
	CreatedAt     time.Time         `json:"created_at"`
	Identities    []DataIdentity    `json:"identities"`
	Enrolments    []DataEnrolment   `json:"enrolments"`
	PasswordAt    *time.Time        `json:"password_set_at,omitempty"`
	Authenticator *time.Time        `json:"authenticator_since,omitempty"`
	Passkeys      []DataNamed       `json:"passkeys"`
	Tokens        []DataNamed       `json:"tokens"`
	SignIns       []DataSignIn      `json:"sign_ins"`
	Notices       []json.RawMessage `json:"notices"`
	Drafts        []json.RawMessage `json:"drafts"`
	Consents      []DataConsent     `json:"consents"`
	Acts          []DataAct         `json:"acts"` // from the journal
}

// DataIdentity is a name under which somebody is known.
type DataIdentity struct {
	Kind    Provider  `json:"kind"`
	Value   string    `json:"value"`
	AddedAt time.Time `json:"added_at"`
}

// DataEnrolment is what a list of staff or students says.
type DataEnrolment struct {
	Category string `json:"category"`
	Unit     string `json:"unit"`
}

// DataNamed is a passkey or a token.
type DataNamed struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// DataSignIn is a sign-in that lasts.
type DataSignIn struct {
	Via       Provider  `json:"via"`
	Address   string    `json:"network"`
	Agent     string    `json:"browser"`
	CreatedAt time.Time `json:"created_at"`
}

// DataConsent is what somebody agreed to.
type DataConsent struct {
	Purpose Purpose    `json:"purpose"`
	Party   string     `json:"party,omitempty"`
	Words   string     `json:"words"`
	Version string     `json:"version"`
	How     string     `json:"how"`
	GivenAt time.Time  `json:"given_at"`
	EndedAt *time.Time `json:"withdrawn_at,omitempty"`
}

// DataAct is an entry of the journal.
type DataAct struct {
	At      time.Time `json:"at"`
	Role    Role      `json:"role"`
	Verb    string    `json:"verb"`
	Kind    string    `json:"kind"`
	Subject uuid.UUID `json:"subject"`
}

// fresh refuses a sign-in that is not of this account or not recent.
func (s *Service) fresh(p Principal, in SignIn) error {
	if !p.May(OwnAccount) || in.ID == uuid.Nil || in.AccountID != p.ID {
		return ErrForbidden
	}
	if s.now().UnixMilli()-in.CreatedAt > Fresh.Milliseconds() {
		return catalog.Refuse(catalog.Forbidden, "personal.sign_in_again", "minutes", fmt.Sprint(int(Fresh.Minutes())))
	}
	return nil
}

// OwnData is what is kept about p, who has come in by the sign-in not long ago.
func (s *Service) OwnData(ctx context.Context, p Principal, in SignIn) (Data, error) {
	if err := s.fresh(p, in); err != nil {
		return Data{}, err
	}
	return s.data(ctx, p, p.ID)
}

// DataOf is what is kept about somebody who has asked for it.
func (s *Service) DataOf(ctx context.Context, p Principal, id uuid.UUID) (Data, error) {
	if !p.May(AnswerPeople) {
		return Data{}, ErrForbidden
	}
	return s.data(ctx, p, id)
}

func (s *Service) data(ctx context.Context, p Principal, id uuid.UUID) (d Data, err error) {
	now := s.now()
	entry, err := s.entry(p, now, "account.data")
	if err != nil {
		return d, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		a, err := mustHave(tx.Account(ctx, id))
		if err != nil {
			return err
		}
		if d, err = collect(ctx, tx, a); err != nil {
			return err
		}
		e := entry
		e.Subject = id
		return tx.Append(ctx, e)
	})
	d.MadeAt = now.UTC()
	return d, err
}

func collect(ctx context.Context, tx Tx, a Account) (d Data, err error) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	d = Data{Format: DataFormat, ID: a.ID, Name: a.Name, Unit: a.Unit, Roles: a.Roles, CreatedAt: at(a.CreatedAt),
		Identities: []DataIdentity{}, Enrolments: []DataEnrolment{}, Passkeys: []DataNamed{}, Tokens: []DataNamed{}, SignIns: []DataSignIn{}, Consents: []DataConsent{}, Acts: []DataAct{}}
	known, err := tx.Identities(ctx, a.ID)
	if err != nil {
		return d, err
	}
	for _, i := range known {
		d.Identities = append(d.Identities, DataIdentity{i.Provider, i.Value, at(i.AddedAt)})
	}
	enrolled, err := tx.Enrolments(ctx, a.ID)
	if err != nil {
		return d, err
	}
	for _, e := range enrolled {
		d.Enrolments = append(d.Enrolments, DataEnrolment{string(e.Category), e.Unit})
	}
	password, ok, err := tx.Password(ctx, a.ID)
	if err != nil {
		return d, err
	}
	if ok {
		set := at(password.SetAt)
		d.PasswordAt = &set
	}
	program, _, err := tx.Authenticator(ctx, a.ID)
	if err != nil {
		return d, err
	}
	if program.ConfirmedAt > 0 {
		since := at(program.ConfirmedAt)
		d.Authenticator = &since
	}
	keys, err := tx.Passkeys(ctx, a.ID)
	if err != nil {
		return d, err
	}
	for _, k := range keys {
		d.Passkeys = append(d.Passkeys, DataNamed{k.Name, at(k.CreatedAt)})
	}
	tokens, err := tx.Tokens(ctx, a.ID)
	if err != nil {
		return d, err
	}
	for _, t := range tokens {
		d.Tokens = append(d.Tokens, DataNamed{t.Name, at(t.CreatedAt)})
	}
	signed, err := tx.SignIns(ctx, a.ID)
	if err != nil {
		return d, err
	}
	for _, in := range signed {
		d.SignIns = append(d.SignIns, DataSignIn{in.Via, in.Address, in.Agent, at(in.CreatedAt)})
	}
	if d.Notices, d.Drafts, err = tx.SealedTexts(ctx, a.ID); err != nil {
		return d, err
	}
	agreed, err := tx.ConsentsOf(ctx, a.ID)
	if err != nil {
		return d, err
	}
	for _, c := range agreed {
		one := DataConsent{Purpose: c.Purpose, Party: c.Party, Words: c.Said(), Version: c.Version, How: c.How, GivenAt: at(c.GivenAt)}
		if c.EndedAt > 0 {
			ended := at(c.EndedAt)
			one.EndedAt = &ended
		}
		d.Consents = append(d.Consents, one)
	}
	for from := (RecordPage{Limit: 500}); from.Limit > 0; {
		list, next, err := tx.Records(ctx, RecordFilter{Name: a.Name}, from)
		if err != nil {
			return d, err
		}
		for _, r := range list {
			d.Acts = append(d.Acts, DataAct{at(r.At), r.Role, r.Verb, r.Kind, r.Subject})
		}
		from = next
	}
	return d, nil
}

// DutiesOf are p's own.
func (s *Service) DutiesOf(ctx context.Context, p Principal, id uuid.UUID) (d Duties, err error) {
	if p.ID != id && !p.May(AnswerPeople) || !p.May(OwnAccount) {
		return d, ErrForbidden
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		d, err = tx.Duties(ctx, id, now)
		return err
	})
	return d, err
}

// CloseOwn closes p's own account for good; p has come in by the sign-in not
// long ago.
func (s *Service) CloseOwn(ctx context.Context, p Principal, in SignIn) error {
	if err := s.fresh(p, in); err != nil {
		return err
	}
	return s.closeFor(ctx, p, p.ID)
}

// Close closes the account of somebody who has asked for it, for good.
func (s *Service) Close(ctx context.Context, p Principal, id uuid.UUID) error {
	if !p.May(AnswerPeople) {
		return ErrForbidden
	}
	return s.closeFor(ctx, p, id)
}

func (s *Service) closeFor(ctx context.Context, p Principal, id uuid.UUID) error {
	now := s.now()
	entry, err := s.entry(p, now, "account.close")
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
		if a.administers() {
			if err := keepOne(ctx, tx, id, now.UnixMilli()); err != nil {
				if catalog.CodeOf(err) == catalog.Conflict {
					err = errors.Join(catalog.Refuse(catalog.Conflict, "personal.last"), err)
				}
				return err
			}
		}
		if err := tx.CloseAccount(ctx, a, now.UnixMilli()); err != nil {
			return err
		}
		e := entry
		e.Subject = id
		return tx.Append(ctx, e)
	})
}

func errClosed() error { return catalog.Refuse(catalog.Conflict, "accounts.closed") }
