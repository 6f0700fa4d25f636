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
	"datai/process"
	"datai/rules"
	"datai/work"

	"github.com/google/uuid"
)

// Service keeps cases.
type Service struct {
	db      work.Unit[Tx]
	now     func() time.Time
	rand    io.Reader
	book    func(context.Context) (*rules.Book, error)
	process func(context.Context) (*process.Definition, error)
}

// NewService makes a service on db with a clock, whose zone is that of the
// office, a source of randomness, and the rules and the process of a case that
// are in force now.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader, book func(context.Context) (*rules.Book, error),
	process func(context.Context) (*process.Definition, error)) *Service {
	return &Service{db: db, now: now, rand: rand, book: book, process: process}
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
	due, err := s.answerBy(ctx, now)
	if err != nil {
		return Case{}, "", err
	}
	agreed, err := account.NewConsent(s.rand, now, -1, account.Consent{AccountID: p.ID, Thing: id, Purpose: account.ConsentAsk, Words: r.Consent, How: account.ConsentOnPage})
	if err != nil {
		return Case{}, "", err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		c, err = s.begin(ctx, tx, p, code, r, now, due)
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
		if err := tx.AddConsent(ctx, agreed); err != nil {
			return err
		}
		if err := tx.SetAlarm(ctx, Definition.Kind, c.alarm()); err != nil {
			return err
		}
		if err := tx.SetTasks(ctx, c.ID, c.tasks()); err != nil {
			return err
		}
		e := entry
		e.Subject = c.ID
		e.Body = map[string]string{"code": c.Code, "result": c.ResultCode, "source": string(c.Source), "rules": c.Rules, "consent": agreed.Version}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
		told := c.notice("case_opened")
		told.Deadline, told.Urgent = c.DueAt, true
		return tell(ctx, tx, told, notice, now)
	})
	return c, secret, err
}

// answerBy is when the first answer to what is asked now is due.
func (s *Service) answerBy(ctx context.Context, now time.Time) (rules.Deadline, error) {
	book, err := s.book(ctx)
	if err != nil {
		return rules.Deadline{}, err
	}
	set, err := book.At(rules.DayOf(now))
	if err != nil {
		return rules.Deadline{}, err
	}
	return set.Deadline(now, "contact-answer")
}

// alarm is the timer that says when something falls due.
func (c Case) alarm() process.Alarm { return process.Alarm{Case: c.ID, Timer: "due", At: c.DueAt} }

// tasks are what is asked on the case: the next step of whoever handles it.
func (c Case) tasks() []process.Task {
	if !Open(c.State) {
		return nil
	}
	t := process.Task{Kind: Definition.Kind, Case: c.ID, Code: c.Code, Title: c.Title, Path: "/contacts/" + c.Code, State: c.State, What: "follow",
		Account: c.Officer, Do: string(account.HandleContacts), DueAt: c.DueAt, From: c.By}
	switch c.State {
	case Waiting:
		t.What = "answer"
	case Paused:
		t.What = "resume"
	default:
	}
	if c.Officer == uuid.Nil {
		t.Role = string(account.Officer)
	}
	return []process.Task{t}
}

// begin is the case as it begins. What p may not see cannot be asked for.
func (s *Service) begin(ctx context.Context, tx Tx, p account.Principal, code string, r Request, now time.Time, due rules.Deadline) (Case, error) {
	at := now.UnixMilli()
	result, err := tx.ResultByCode(ctx, code)
	if err != nil {
		return Case{}, err
	}
	if !result.Public(at) {
		return Case{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	c := Case{Version: 1, State: Waiting, Source: r.Source, Result: result.ID, ResultCode: result.Code, Title: result.Title, Mode: r.Mode,
		Consent: r.Consent, ConsentAt: at, DueAt: due.At.UnixMilli(), Definition: Definition.Version, Rules: strings.Join(due.Versions, " "),
		By: p.ID, CreatedAt: at, UpdatedAt: at, Private: r.private()}
	if due.Provisional() {
		c.Due = DueProvisional
	}
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

// Process is the process of a case as it is in force now.
func (s *Service) Process(ctx context.Context) (*process.Definition, error) { return s.process(ctx) }

// Own is the case to which a secret leads, for whoever asked: without what
// only the office reads.
func (s *Service) Own(ctx context.Context, secret string) (c Case, err error) {
	link, err := linkOf(secret)
	if err != nil {
		return Case{}, err
	}
	d, err := s.process(ctx)
	if err != nil {
		return Case{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		c, err = tx.CaseByLink(ctx, link)
		return err
	})
	c.Private = Private{}
	if r, known := d.Reason(c.Reason); !known || r.Office { // one that nobody knows is not for the other side either
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
	return s.withdraw(ctx, account.Nobody(), func(ctx context.Context, tx Tx) (Case, error) { return tx.CaseByLink(ctx, link) })
}

// WithdrawOwn is Withdraw by whoever asked under their own account.
func (s *Service) WithdrawOwn(ctx context.Context, p account.Principal, id uuid.UUID) error {
	if !p.May(account.OwnAccount) || p.ID == uuid.Nil {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return s.withdraw(ctx, p, func(ctx context.Context, tx Tx) (Case, error) {
		given, err := tx.ConsentsOn(ctx, id)
		if err == nil && !slices.ContainsFunc(given, func(c account.Consent) bool { return c.Purpose == account.ConsentAsk && c.AccountID == p.ID }) {
			err = catalog.Refuse(catalog.NotFound, "cases.no_link")
		}
		if err != nil {
			return Case{}, err
		}
		return tx.LockCase(ctx, id)
	})
}

func (s *Service) withdraw(ctx context.Context, p account.Principal, which func(context.Context, Tx) (Case, error)) error {
	d, err := s.process(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	notice, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	return s.change(ctx, p, "contact.withdraw", which,
		func(tx Tx, c *Case, at int64) (process.Taken, map[string]string, error) {
			if c.ErasedAt > 0 {
				return process.Taken{}, nil, nil
			}
			do := Erase
			if Open(c.State) {
				do = Withdraw
			}
			taken, err := take(d, *c, process.Move{Action: do, As: []process.Actor{Asker}}, nil)
			if err != nil {
				return taken, nil, err
			}
			if err := tell(ctx, tx, c.notice("case_withdrawn"), notice, now); err != nil {
				return taken, nil, err
			}
			if err := endConsents(ctx, tx, c.ID, at); err != nil {
				return taken, nil, err
			}
			c.State, c.DueAt, c.Private, c.ErasedAt = taken.To, NeverDue, Private{}, at
			return taken, map[string]string{"state": string(c.State)}, nil
		})
}

// endConsents withdraws what whoever asked agreed to.
func endConsents(ctx context.Context, tx Tx, id uuid.UUID, at int64) error {
	given, err := tx.ConsentsOn(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range given {
		if c.Purpose != account.ConsentAsk {
			continue
		}
		if _, err := tx.EndConsent(ctx, c.ID, at); err != nil {
			return err
		}
	}
	return nil
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

// Seen is what the forms of the case with that code need to know of it.
func (s *Service) Seen(ctx context.Context, p account.Principal, code string) (process.Seen, error) {
	d, err := s.process(ctx)
	if err != nil {
		return process.Seen{}, err
	}
	c, err := s.Case(ctx, p, code)
	return process.Seen{ID: c.ID, Process: d, Version: c.Version, State: c.State, As: office}, err
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
	d, err := s.process(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	notice, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	return s.office(ctx, p, account.AssignContacts, "contact.assign", code, version, func(tx Tx, c *Case, _ int64) (process.Taken, map[string]string, error) {
		taken, err := take(d, *c, process.Move{Action: Assign, As: office}, nil)
		if err != nil {
			return taken, nil, err
		}
		a, ok, err := tx.Account(ctx, officer)
		if err != nil {
			return taken, nil, err
		}
		if !ok || a.Disabled || !slices.ContainsFunc(account.With(account.HandleContacts), func(r account.Role) bool { return slices.Contains(a.Roles, r) }) {
			return taken, nil, catalog.Refuse(catalog.Invalid, "cases.no_officer")
		}
		if c.Officer = a.ID; c.Officer != p.ID {
			if err := tell(ctx, tx, c.notice("case_assigned"), notice, now); err != nil {
				return taken, nil, err
			}
		}
		return taken, map[string]string{"officer": a.ID.String()}, nil
	})
}

// Move is what an officer does with a case: the step, what comes next, the day
// on which it is due, and why the case is dropped.
type Move struct {
	Do     process.Action
	Next   string
	Remind catalog.Date
	Reason string
	Text   string
}

// Move moves a case, in the version that was seen.
func (s *Service) Move(ctx context.Context, p account.Principal, code string, version int64, m Move) error {
	d, err := s.process(ctx)
	if err != nil {
		return err
	}
	zone := s.now().Location()
	m.Next, m.Text = catalog.Clean(m.Next), catalog.Clean(m.Text)
	return s.office(ctx, p, account.HandleContacts, "contact.move", code, version, func(tx Tx, c *Case, at int64) (process.Taken, map[string]string, error) {
		documents, err := tx.FormDocuments(ctx, p.ID, c.ID, m.Do)
		if err != nil {
			return process.Taken{}, nil, err
		}
		form := process.Move{Action: m.Do, As: office, Reason: m.Reason, Text: m.Text, Values: map[string]string{"next": m.Next}, Documents: documents.Counts()}
		facts := process.Facts{"now": strconv.FormatInt(at, 10)}
		if !m.Remind.IsZero() && m.Do != Drop {
			if !m.Remind.Valid() || m.Remind.Day == 0 {
				return process.Taken{}, nil, catalog.Refuse(catalog.Invalid, "cases.fit.remind")
			}
			form.Values["remind"] = m.Remind.String()
			facts["remind_at"] = strconv.FormatInt(remindAt(m.Remind, zone), 10)
		}
		taken, err := take(d, *c, form, facts)
		if err != nil {
			return taken, nil, err
		}
		moved := c.State != taken.To
		c.State, c.Private.Next = taken.To, m.Next
		switch {
		case m.Do == Drop:
			c.Reason, c.Private.Text, c.DueAt = m.Reason, m.Text, NeverDue
		case facts["remind_at"] != "":
			c.DueAt, c.Due = facts.Int("remind_at"), ""
		case moved:
			c.DueAt, c.Due = NeverDue, ""
		}
		if !Open(c.State) {
			c.DueAt, c.Due = NeverDue, ""
		}
		body := map[string]string{"do": string(m.Do), "from": string(taken.From), "to": string(taken.To)}
		if m.Reason != "" {
			body["reason"] = m.Reason
		}
		if len(documents) > 0 {
			body[journal.Documents] = documents.String()
		}
		return taken, body, nil
	})
}

func remindAt(d catalog.Date, zone *time.Location) int64 {
	return time.Date(d.Year, time.Month(d.Month), d.Day, dueHour, 0, 0, 0, zone).UnixMilli()
}

// take takes a step of the process, or says as an error why it is not taken.
func take(d *process.Definition, c Case, m process.Move, f process.Facts) (process.Taken, error) {
	taken, r := d.Take(c.State, m, f)
	if r == nil {
		return taken, nil
	}
	code := catalog.Invalid
	switch r.Why {
	case process.WrongState, process.TooLate:
		code = catalog.Conflict
	case process.NotYours:
		code = catalog.Forbidden
	case process.Unfit, process.Guarded:
	}
	return taken, catalog.Refuse(code, r.Text, r.Args...).Because(r)
}

// Timeline is what has happened to a case, the first first, and the names of
// the accounts in it.
func (s *Service) Timeline(ctx context.Context, p account.Principal, code string) (es []process.Event, names map[uuid.UUID]string, err error) {
	if err := may(p, account.HandleContacts); err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		c, err := handled(ctx, tx, p, account.HandleContacts, code)
		if err != nil {
			return err
		}
		if es, err = tx.Events(ctx, c.ID); err != nil {
			return err
		}
		names = map[uuid.UUID]string{}
		for _, e := range es {
			if _, known := names[e.Who]; known || e.Who == uuid.Nil {
				continue
			}
			a, _, err := tx.Account(ctx, e.Who)
			if err != nil {
				return err
			}
			names[e.Who] = a.Name
		}
		return nil
	})
	return es, names, err
}

// fireStep is how many timers are taken at once.
const fireStep = 200

// Fire does what is due: whoever has a case, or the office, is told. It returns
// how many timers it took; of two servers one takes each.
func (s *Service) Fire(ctx context.Context) (fired int, err error) {
	now := s.now()
	d, err := s.process(ctx)
	if err != nil {
		return 0, err
	}
	var due []process.Alarm
	if err := s.db.Read(ctx, func(tx Tx) (err error) {
		due, err = tx.DueAlarms(ctx, Definition.Kind, now.UnixMilli(), fireStep)
		return err
	}); err != nil {
		return 0, err
	}
	for _, t := range due {
		switch err := s.fire(ctx, d, t, now); {
		case err == nil:
			fired++
		case catalog.CodeOf(err) != catalog.Conflict: // another server was first
			return fired, err
		}
	}
	return fired, nil
}

func (s *Service) fire(ctx context.Context, d *process.Definition, t process.Alarm, now time.Time) error {
	entry, err := s.entry(account.Principal{}, now, "contact.late")
	if err != nil {
		return err
	}
	notice, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, err := tx.LockCase(ctx, t.Case)
		if err != nil {
			return err
		}
		if err := tx.TakeAlarm(ctx, t); err != nil {
			return err
		}
		taken, err := take(d, c, process.Move{Action: Late, As: []process.Actor{process.Clock}}, process.Facts{"due_at": strconv.FormatInt(t.At, 10)})
		if err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, c.ID, process.Event{At: now.UnixMilli(), Taken: taken}); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = c.ID, map[string]string{"code": c.Code, "state": string(c.State)}
		if err := tx.Append(ctx, e); err != nil {
			return err
		}
		told := c.notice("case_late")
		told.Deadline, told.Urgent = c.DueAt, true
		return tell(ctx, tx, told, notice, now)
	})
}

// office changes a case in the version that was seen, by who may do it.
func (s *Service) office(ctx context.Context, p account.Principal, do account.Permission, verb, code string, version int64, fn func(tx Tx, c *Case, at int64) (process.Taken, map[string]string, error)) error {
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

// change loads a case, takes a step and writes it with its event, its entry and
// its timer; nothing is written if fn returns no body.
func (s *Service) change(ctx context.Context, p account.Principal, verb string, load func(context.Context, Tx) (Case, error),
	fn func(tx Tx, c *Case, at int64) (process.Taken, map[string]string, error)) error {
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
		dueAt := c.DueAt
		taken, body, err := fn(tx, &c, now.UnixMilli())
		if err != nil || body == nil {
			return err
		}
		c.UpdatedAt = now.UnixMilli()
		if err := tx.SaveCase(ctx, c); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, c.ID, process.Event{At: now.UnixMilli(), Who: p.ID, Role: string(p.Acting), Taken: taken}); err != nil {
			return err
		}
		if err := tx.EndForm(ctx, p.ID, c.ID, taken.Action, len(strings.Fields(body[journal.Documents])), Definition.Final(c.State)); err != nil {
			return err
		}
		if c.DueAt != dueAt {
			if err := tx.SetAlarm(ctx, Definition.Kind, c.alarm()); err != nil {
				return err
			}
		}
		if err := tx.SetTasks(ctx, c.ID, c.tasks()); err != nil {
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
