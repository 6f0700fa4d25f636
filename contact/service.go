package contact

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

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

// Process is the process of a case as it is in force now.
func (s *Service) Process(ctx context.Context) (*process.Definition, error) { return s.process(ctx) }

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

// take takes a step of the process, or says as an error why it is not taken.
func (d draft) take(c Case, m process.Move, f process.Facts) (process.Taken, error) {
	if c.Agreed() {
		if f == nil {
			f = process.Facts{}
		}
		f["agreed"] = "1"
	}
	taken, r := d.process.Take(c.State, m, f)
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

// draft is what a change of a case is made of before the transaction, which may
// run again: ids, a secret, and the terms that begin now.
type draft struct {
	now      time.Time
	entry    journal.Entry
	notice   [2]uuid.UUID
	page     string // the secret of an address of a case's own page
	pageHash [32]byte
	links    [2]secret
	consents [2]uuid.UUID
	set      rules.Set
	process  *process.Definition
}

// secret is what is in an address, and its SHA-256, which is kept.
type secret struct {
	text string
	hash [32]byte
}

func (s *Service) draft(ctx context.Context, p account.Principal, verb string) (d draft, err error) {
	d.now = s.now()
	if d.entry, err = journal.New(s.rand, d.now.UnixMilli(), p.ID, string(p.Acting), verb, "case"); err != nil {
		return d, err
	}
	for i := range d.notice {
		if d.notice[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return d, err
		}
		if d.consents[i], err = uuid.NewV7FromReader(s.rand); err != nil {
			return d, err
		}
	}
	if d.page, d.pageHash, err = account.NewSecret(s.rand, pageBytes); err != nil {
		return d, err
	}
	for i := range d.links {
		if d.links[i].text, d.links[i].hash, err = account.NewSecret(s.rand, linkBytes); err != nil {
			return d, err
		}
	}
	if d.process, err = s.process(ctx); err != nil {
		return d, err
	}
	book, err := s.book(ctx)
	if err != nil {
		return d, err
	}
	d.set, err = book.At(rules.DayOf(d.now))
	return d, err
}

// at is the time of the change, unix ms.
func (d draft) at() int64 { return d.now.UnixMilli() }

// How long secrets are, in bytes: that of a case's own page, and those that have
// to fit a short message and work for some days.
const (
	pageBytes = 32
	linkBytes = 16
)

// hashOf is the SHA-256 of a secret of so many bytes; nobody learns more of one
// that is none than that there is nothing.
func hashOf(secret string, bytes int) (hash [32]byte, err error) {
	hash, ok := account.HashSecret(secret, bytes)
	if !ok {
		return hash, catalog.Refuse(catalog.NotFound, "cases.no_link")
	}
	return hash, nil
}

// register keeps in the one register of consents that somebody agreed; it is the
// i-th of this change.
func (d draft) register(ctx context.Context, tx Tx, i int, c account.Consent, at int64) error {
	made, err := c.Given(-1)
	if err != nil {
		return err
	}
	made.ID, made.GivenAt = d.consents[i], at
	return tx.AddConsent(ctx, made)
}

// endConsents withdraws there what was agreed to about a case for one of the
// purposes.
func endConsents(ctx context.Context, tx Tx, id uuid.UUID, at int64, purposes ...account.Purpose) error {
	given, err := tx.ConsentsOn(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range given {
		if !slices.Contains(purposes, c.Purpose) {
			continue
		}
		if _, err := tx.EndConsent(ctx, c.ID, at); err != nil {
			return err
		}
	}
	return nil
}

// registered is how the register names a way to agree.
func (h How) registered() string {
	if h == ByLink || h == WithNeed {
		return account.ConsentByLink
	}
	return account.ConsentOnPage
}

// agreed is a consent to these words, given now.
func agreed(words string, at int64, how How) Consent {
	return Consent{Text: words, Version: account.WordsVersion(words), At: at, How: how}
}

// step is what a change of a case leaves: the step that was taken and what its
// entry says; nothing is written where Body is nil.
type step struct {
	taken process.Taken
	body  map[string]string
}

// office changes a case in the version that was seen, by who may do it.
func (s *Service) office(ctx context.Context, p account.Principal, do account.Permission, verb, code string, version int64, fn func(tx Tx, c *Case, d draft) (step, error)) error {
	if err := may(p, do); err != nil {
		return err
	}
	return s.change(ctx, p, verb, func(ctx context.Context, tx Tx, _ draft) (Case, error) {
		c, err := handled(ctx, tx, p, do, code)
		if err == nil && c.Version != version {
			err = catalog.Refuse(catalog.Conflict, "shelf.left.changed")
		}
		return c, err
	}, fn)
}

// change loads a case, takes a step and writes it with its event, its entry, its
// timers and its tasks.
func (s *Service) change(ctx context.Context, p account.Principal, verb string, load func(context.Context, Tx, draft) (Case, error),
	fn func(tx Tx, c *Case, d draft) (step, error)) error {
	d, err := s.draft(ctx, p, verb)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		c, err := load(ctx, tx, d)
		if err != nil {
			return err
		}
		was := c
		done, err := fn(tx, &c, d)
		if err != nil || done.body == nil {
			return err
		}
		c.UpdatedAt = d.at()
		if err := tx.SaveCase(ctx, c); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, c.ID, process.Event{At: d.at(), Who: p.ID, Role: string(p.Acting), Taken: done.taken}); err != nil {
			return err
		}
		if err := tx.EndForm(ctx, p.ID, c.ID, done.taken.Action, len(strings.Fields(done.body[journal.Documents])), Definition.Final(c.State)); err != nil {
			return err
		}
		alarms, err := c.alarms(&was, d)
		if err != nil {
			return err
		}
		if err := d.wait(ctx, tx, c, alarms); err != nil {
			return err
		}
		e := d.entry
		e.Subject, e.Body = c.ID, done.body
		e.Body["code"] = c.Code
		return tx.Append(ctx, e)
	})
}

// wait sets what happens to a case by itself, and what is asked on it.
func (d draft) wait(ctx context.Context, tx Tx, c Case, alarms []process.Alarm) error {
	for _, a := range alarms {
		if err := tx.SetAlarm(ctx, Definition.Kind, a); err != nil {
			return err
		}
	}
	if !Open(c.State) && c.State != Signed {
		if err := tx.EndCaseLinks(ctx, c.ID, "", c.UpdatedAt); err != nil {
			return err
		}
	}
	return setTasks(ctx, tx, c, d.process)
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

func tell(ctx context.Context, tx Tx, n journal.Notice, id uuid.UUID, at int64) error {
	m, err := n.Message(id, at)
	if err != nil {
		return err
	}
	return tx.EnqueueMessage(ctx, m)
}

// send brings a link to somebody without an account: to a mobile telephone, else
// by e-mail; false if there is neither.
func send(ctx context.Context, tx Tx, to catalog.Contact, n journal.Notice, id uuid.UUID, at int64) (bool, error) {
	phones := catalog.PhonesIn(to.Phone)
	switch {
	case len(phones) == 1 && phones[0].Mobile:
		n.Phone = phones[0].Number
	case to.Email != "":
		n.Email = to.Email
	default:
		return false, nil
	}
	return true, tell(ctx, tx, n, id, at)
}
