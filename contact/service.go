package contact

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/work"

	"github.com/google/uuid"
)

// Service keeps cases.
type Service struct {
	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
}

// NewService makes a service on db with a clock, whose zone is that of the
// office, and a source of randomness.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, now: now, rand: rand}
}

// Request is what somebody fills in.
type Request struct {
	Name         string
	Organisation string
	Reach        string // a telephone number or an e-mail address
	Purpose      string
	Mode         catalog.Way // "" = open
	Source       Source
	Need         string // code of the need whose match it is
	Consent      string // the words that were shown and agreed to; "" = not agreed
}

// Most is how long each field may be, in characters.
const (
	MostName         = 40
	MostOrganisation = 80
	MostReach        = 100
	MostPurpose      = 1000
	mostNote         = 500
)

// Fit cleans the request and says what has to be mended.
func (r *Request) Fit() error {
	r.Name, r.Organisation, r.Reach, r.Purpose = catalog.CleanLine(r.Name), catalog.CleanLine(r.Organisation), catalog.CleanLine(r.Reach), catalog.Clean(r.Purpose)
	switch {
	case !within(r.Name, MostName):
		return catalog.Refuse(catalog.Invalid, "cases.fit.name", "most", strconv.Itoa(MostName))
	case !within(r.Organisation, MostOrganisation):
		return catalog.Refuse(catalog.Invalid, "cases.fit.organisation", "most", strconv.Itoa(MostOrganisation))
	case !within(r.Reach, MostReach) || (!catalog.IsPhone(r.Reach) && !catalog.IsEmail(r.Reach)):
		return catalog.Refuse(catalog.Invalid, "cases.fit.reach")
	case !within(r.Purpose, MostPurpose):
		return catalog.Refuse(catalog.Invalid, "cases.fit.purpose", "most", strconv.Itoa(MostPurpose))
	case r.Mode != "" && !slices.Contains(catalog.Ways(), r.Mode):
		return catalog.Refuse(catalog.Invalid, "error.form")
	case r.Source != FromMatch && r.Source != FromListing:
		return catalog.Refuse(catalog.Invalid, "error.form")
	case r.Consent == "":
		return catalog.Refuse(catalog.Invalid, "cases.fit.consent")
	}
	return nil
}

func within(s string, most int) bool { return s != "" && utf8.RuneCountInString(s) <= most }

func (r Request) private() Private {
	c := catalog.Contact{Name: r.Name, PartyName: r.Organisation}
	if strings.Contains(r.Reach, "@") {
		c.Email = r.Reach
	} else {
		c.Phone = r.Reach
	}
	return Private{Contact: c, Purpose: r.Purpose}
}

// Ask opens a case on the public result with that code. secret, 32 random
// bytes in base64url, is the way to its page: only its SHA-256 is kept.
func (s *Service) Ask(ctx context.Context, p account.Principal, code string, r Request) (c Case, secret string, err error) {
	if !p.May(account.AskContact) {
		return Case{}, "", catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if err := r.Fit(); err != nil {
		return Case{}, "", err
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return Case{}, "", err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Case{}, "", err
	}
	secret = base64.RawURLEncoding.EncodeToString(raw)
	now := s.now()
	entry, err := s.entry(p, now, "contact.ask")
	if err != nil {
		return Case{}, "", err
	}
	notice, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Case{}, "", err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		c, err = s.begin(ctx, tx, p, code, r, now)
		if err != nil {
			return err
		}
		c.ID, c.Link = id, sha256.Sum256([]byte(secret))
		n, err := tx.NextCase(ctx, now.Year())
		if err != nil {
			return err
		}
		c.Code = fmt.Sprintf("%d-DJ-%04d", now.Year(), n)
		if err := tx.AddCase(ctx, c); err != nil {
			return err
		}
		e := entry
		e.Subject = c.ID
		e.Body = map[string]string{"code": c.Code, "result": c.ResultCode, "source": string(c.Source)}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
		told := c.notice("case_opened")
		told.Deadline, told.Urgent = c.DueAt, true
		return tell(ctx, tx, told, notice, now)
	})
	return c, secret, err
}

// begin is the case as it begins. What p may not see cannot be asked for.
func (s *Service) begin(ctx context.Context, tx Tx, p account.Principal, code string, r Request, now time.Time) (Case, error) {
	at := now.UnixMilli()
	result, err := tx.ResultByCode(ctx, code)
	if err != nil {
		return Case{}, err
	}
	if !result.Public(at) {
		return Case{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	c := Case{Version: 1, State: Waiting, Source: r.Source, Result: result.ID, ResultCode: result.Code, Title: result.Title, Mode: r.Mode,
		Consent: r.Consent, ConsentAt: at, DueAt: workdays(now, dueWorkdays).UnixMilli(), Due: DueProvisional,
		CreatedAt: at, UpdatedAt: at, Private: r.private()}
	if r.Need != "" {
		need, err := tx.NeedByCode(ctx, r.Need)
		if err != nil {
			return Case{}, err
		}
		if !need.Public(at) && !p.May(account.SeeOffice) {
			return Case{}, catalog.Refuse(catalog.NotFound, "error.not_found")
		}
		c.Need = need.Code
	}
	parties, err := tx.PartiesNamed(ctx, []string{r.Organisation})
	if err != nil {
		return Case{}, err
	}
	if len(parties) == 1 {
		c.Party = parties[0].ID
	}
	return c, nil
}

// Own is the case to which a secret leads, for whoever asked: without what
// only the office reads.
func (s *Service) Own(ctx context.Context, secret string) (c Case, err error) {
	link, err := linkOf(secret)
	if err != nil {
		return Case{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		c, err = tx.CaseByLink(ctx, link)
		return err
	})
	c.Private = Private{}
	if slices.ContainsFunc(reasons, func(r Reason) bool { return r.Code == c.Reason && r.Office }) {
		c.Reason = ""
	}
	return c, err
}

func linkOf(secret string) (link [32]byte, err error) {
	if raw, err := base64.RawURLEncoding.DecodeString(secret); err != nil || len(raw) != 32 {
		return link, catalog.Refuse(catalog.NotFound, "cases.no_link")
	}
	return sha256.Sum256([]byte(secret)), nil
}

// Withdraw takes back the consent: the private part is erased, for good. It
// may be asked for in every state.
func (s *Service) Withdraw(ctx context.Context, secret string) error {
	link, err := linkOf(secret)
	if err != nil {
		return err
	}
	now := s.now()
	notice, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	return s.change(ctx, account.Nobody(), "contact.withdraw", func(ctx context.Context, tx Tx) (Case, error) { return tx.CaseByLink(ctx, link) },
		func(tx Tx, c *Case, at int64) (map[string]string, error) {
			if c.ErasedAt > 0 {
				return nil, nil
			}
			if err := tell(ctx, tx, c.notice("case_withdrawn"), notice, now); err != nil {
				return nil, err
			}
			if c.State.Open() {
				c.State, c.DueAt = Withdrawn, NeverDue
			}
			c.Private, c.ErasedAt = Private{}, at
			return map[string]string{"state": string(c.State)}, nil
		})
}

// notice tells about the case whoever has it, or the whole office while nobody
// has it.
func (c Case) notice(template string) journal.Notice {
	n := journal.Notice{Template: template, Account: c.Officer, Vars: map[string]string{"code": c.Code, "title": c.Title}, Path: "/contacts/" + c.Code}
	if c.Officer == uuid.Nil {
		n.Role = string(account.Officer)
	}
	return n
}

func tell(ctx context.Context, tx Tx, n journal.Notice, id uuid.UUID, now time.Time) error {
	m, err := n.Message(id, now.UnixMilli())
	if err != nil {
		return err
	}
	return tx.EnqueueMessage(ctx, m)
}

// Case is the case with that code for the office, its contact masked.
func (s *Service) Case(ctx context.Context, p account.Principal, code string) (c Case, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return Case{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		c, err = handled(ctx, tx, p, account.HandleContacts, code)
		return err
	})
	c.Private.Contact = c.Private.Contact.Masked()
	return c, err
}

// Disclose is the case with its contact in full; that p asked for it stands in
// the journal.
func (s *Service) Disclose(ctx context.Context, p account.Principal, code string) (c Case, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return Case{}, err
	}
	entry, err := s.entry(p, s.now(), "disclose.contact")
	if err != nil {
		return Case{}, err
	}
	err = s.db.Write(ctx, func(tx Tx) (err error) {
		if c, err = handled(ctx, tx, p, account.HandleContacts, code); err != nil {
			return err
		}
		e := entry
		e.Subject = c.ID
		return tx.Append(ctx, e)
	})
	return c, err
}

// Cases is one page of cases, overdue ones first, without their private part.
func (s *Service) Cases(ctx context.Context, p account.Principal, f Filter, page Page) (cs []Case, next Page, err error) {
	if f, err = narrow(p, f); err != nil {
		return nil, Page{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		cs, next, err = tx.Cases(ctx, f, page)
		return err
	})
	for i := range cs {
		cs[i].Private = Private{}
	}
	return cs, next, err
}

// Counts counts by state the cases that p handles.
func (s *Service) Counts(ctx context.Context, p account.Principal) (n map[State]int, err error) {
	f, err := narrow(p, Filter{})
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		n, err = tx.CountCases(ctx, f.Officer)
		return err
	})
	return n, err
}

// Officers are those to whom a case can be given, by name: whoever has a role
// that handles cases. Who may not give cases to others sees only themselves.
func (s *Service) Officers(ctx context.Context, p account.Principal) (as []account.Account, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		as, err = tx.AccountsWith(ctx, account.With(account.HandleContacts)...)
		return err
	})
	if !p.May(account.AssignContacts) {
		as = slices.DeleteFunc(as, func(a account.Account) bool { return a.ID != p.ID })
	}
	return as, err
}

// narrow makes a filter fit for p: who handles only the cases that were given to
// them sees no others, whatever they ask for.
func narrow(p account.Principal, f Filter) (Filter, error) {
	switch p.Reach(account.HandleContacts) {
	case account.Any:
	case account.Assigned:
		f.Officer = p.ID
	default:
		return f, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return f, nil
}

// handled is the case with that code if p may do it with this case. One that
// was given to somebody else is not found: nobody learns that it exists.
func handled(ctx context.Context, tx Tx, p account.Principal, do account.Permission, code string) (Case, error) {
	c, err := tx.CaseByCode(ctx, code)
	if err != nil {
		return Case{}, err
	}
	var have []account.Relation
	if c.Officer == p.ID && p.ID != uuid.Nil {
		have = append(have, account.Assigned)
	}
	if !p.MayWith(do, have...) {
		return Case{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return c, nil
}

func may(p account.Principal, do account.Permission) error {
	if !p.May(do) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return nil
}

// Assign gives a case, in the version that was seen, to an officer or to an
// external technology manager (跟进专员).
func (s *Service) Assign(ctx context.Context, p account.Principal, code string, version int64, officer uuid.UUID) error {
	now := s.now()
	notice, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	return s.office(ctx, p, account.AssignContacts, "contact.assign", code, version, func(tx Tx, c *Case, _ int64) (map[string]string, error) {
		if !c.State.Open() {
			return nil, catalog.Refuse(catalog.Conflict, "cases.closed")
		}
		a, ok, err := tx.Account(ctx, officer)
		if err != nil {
			return nil, err
		}
		if !ok || a.Disabled || !slices.ContainsFunc(account.With(account.HandleContacts), func(r account.Role) bool { return slices.Contains(a.Roles, r) }) {
			return nil, catalog.Refuse(catalog.Invalid, "cases.no_officer")
		}
		if c.Officer = a.ID; c.Officer != p.ID {
			if err := tell(ctx, tx, c.notice("case_assigned"), notice, now); err != nil {
				return nil, err
			}
		}
		return map[string]string{"officer": a.ID.String()}, nil
	})
}

// Move is what an officer does with a case: the state that it goes to, the
// next step, the day on which it is due, and why it is dropped.
type Move struct {
	To     State
	Next   string
	Remind catalog.Date
	Reason string
	Text   string
}

// moves says from where a case may go where; to its own state it may always
// go, to note the next step.
var moves = map[State][]State{
	Waiting: {Met, Paused, Dropped}, Met: {Paused, Dropped}, Paused: {Met, Dropped},
}

// Move moves a case, in the version that was seen.
func (s *Service) Move(ctx context.Context, p account.Principal, code string, version int64, m Move) error {
	zone := s.now().Location()
	return s.office(ctx, p, account.HandleContacts, "contact.move", code, version, func(_ Tx, c *Case, at int64) (map[string]string, error) {
		if err := m.fit(*c, at, zone); err != nil {
			return nil, err
		}
		body := map[string]string{"from": string(c.State), "to": string(m.To)}
		moved := c.State != m.To
		c.State, c.Private.Next = m.To, m.Next
		switch {
		case m.To == Dropped:
			c.Reason, c.Private.Text, c.DueAt = m.Reason, m.Text, NeverDue
			body["reason"] = m.Reason
		case !m.Remind.IsZero():
			c.DueAt, c.Due = remindAt(m.Remind, zone), ""
		case moved:
			c.DueAt, c.Due = NeverDue, ""
		}
		return body, nil
	})
}

func remindAt(d catalog.Date, zone *time.Location) int64 {
	return time.Date(d.Year, time.Month(d.Month), d.Day, dueHour, 0, 0, 0, zone).UnixMilli()
}

func (m *Move) fit(c Case, at int64, zone *time.Location) error {
	m.Next, m.Text = catalog.Clean(m.Next), catalog.Clean(m.Text)
	i := slices.IndexFunc(reasons, func(r Reason) bool { return r.Code == m.Reason })
	switch {
	case !c.State.Open():
		return catalog.Refuse(catalog.Conflict, "cases.closed")
	case m.To != c.State && !slices.Contains(moves[c.State], m.To):
		return catalog.Refuse(catalog.Conflict, "cases.no_way")
	case utf8.RuneCountInString(m.Next) > mostNote || utf8.RuneCountInString(m.Text) > mostNote:
		return catalog.Refuse(catalog.Invalid, "cases.fit.note", "most", strconv.Itoa(mostNote))
	case !m.Remind.IsZero() && (!m.Remind.Valid() || m.Remind.Day == 0 || remindAt(m.Remind, zone) < at):
		return catalog.Refuse(catalog.Invalid, "cases.fit.remind")
	case m.To == Paused && m.Remind.IsZero() && c.State != Paused:
		return catalog.Refuse(catalog.Invalid, "cases.fit.remind_required")
	case m.To == Dropped && i < 0:
		return catalog.Refuse(catalog.Invalid, "cases.fit.reason")
	case m.To == Dropped && utf8.RuneCountInString(m.Text) < reasons[i].Asks:
		return catalog.Refuse(catalog.Invalid, "cases.fit.reason_text", "least", strconv.Itoa(reasons[i].Asks))
	}
	return nil
}

// office changes a case in the version that was seen, by who may do it.
func (s *Service) office(ctx context.Context, p account.Principal, do account.Permission, verb, code string, version int64, fn func(tx Tx, c *Case, at int64) (map[string]string, error)) error {
	if err := may(p, do); err != nil {
		return err
	}
	return s.change(ctx, p, verb, func(ctx context.Context, tx Tx) (Case, error) {
		c, err := handled(ctx, tx, p, do, code)
		if err == nil && c.Version != version {
			err = catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		return c, err
	}, fn)
}

// change loads a case, changes it and writes it with its entry; nothing is
// written if fn returns no body.
func (s *Service) change(ctx context.Context, p account.Principal, verb string, load func(context.Context, Tx) (Case, error),
	fn func(tx Tx, c *Case, at int64) (map[string]string, error)) error {
	now := s.now()
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, err := load(ctx, tx)
		if err != nil {
			return err
		}
		body, err := fn(tx, &c, now.UnixMilli())
		if err != nil || body == nil {
			return err
		}
		c.UpdatedAt = now.UnixMilli()
		if err := tx.SaveCase(ctx, c); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = c.ID, body
		e.Body["code"] = c.Code
		return tx.Append(ctx, e)
	})
}

func (s *Service) entry(p account.Principal, now time.Time, verb string) (journal.Entry, error) {
	return journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), verb, "case")
}
