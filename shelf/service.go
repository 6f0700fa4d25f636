package shelf

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/rules"
	"datai/work"

	"github.com/google/uuid"
)

// maxBulk is how many things one confirmation may cover.
const maxBulk = 2000

// Service is the catalogue as people use it.
type Service struct {
	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
	book func(context.Context) (*rules.Book, error)
}

// NewService makes a service on db with a clock, a source of randomness and the
// rules that are in force now.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader, book func(context.Context) (*rules.Book, error)) *Service {
	return &Service{db: db, now: now, rand: rand, book: book}
}

// classOf is the visibility class that a principal sees.
func classOf(p account.Principal) catalog.Class {
	switch {
	case p.May(account.SeeOffice):
		return catalog.Office
	case p.SignedIn():
		return catalog.SignedIn
	}
	return catalog.Public
}

// Result is the result with that code as p may see it. What p may not see is
// not found: nobody learns that it exists.
func (s *Service) Result(ctx context.Context, p account.Principal, code string) (catalog.Result, error) {
	var r catalog.Result
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		r, err = tx.ResultByCode(ctx, code)
		return err
	})
	if err != nil {
		return catalog.Result{}, err
	}
	if !p.May(account.SeeOffice) && !r.Public(s.now().UnixMilli()) {
		return catalog.Result{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	r.Contact = r.Contact.Masked()
	return r.For(classOf(p)), nil
}

// Need is the need with that code as p may see it.
func (s *Service) Need(ctx context.Context, p account.Principal, code string) (catalog.Need, error) {
	var n catalog.Need
	class := classOf(p)
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		if n, err = tx.NeedByCode(ctx, code); err != nil || n.OwnerID == uuid.Nil || !p.MayWith(account.OwnNeeds, account.Own) {
			return err
		}
		party, err := tx.PartyOf(ctx, p.ID)
		if party == n.OwnerID {
			class = max(class, catalog.Concerned)
		}
		return err
	})
	if err != nil {
		return catalog.Need{}, err
	}
	if n.Entered.Behalf && handlesEntry(p, n) {
		class = max(class, catalog.Concerned) // who typed it may look at it
	}
	if class < catalog.Concerned && !n.Public(s.now().UnixMilli()) {
		return catalog.Need{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	n.Contact = n.Contact.Masked()
	return n.For(class), nil
}

// ResultContact is how to reach whoever answers for a result, in full. That p
// asked for it stands in the journal.
func (s *Service) ResultContact(ctx context.Context, p account.Principal, code string) (catalog.Contact, error) {
	return contactOf(ctx, s, p, "result", func(tx Tx) (uuid.UUID, catalog.Contact, error) {
		r, err := tx.ResultByCode(ctx, code)
		return r.ID, r.Contact, err
	})
}

// NeedContact is how to reach the owner of a need, as ResultContact.
func (s *Service) NeedContact(ctx context.Context, p account.Principal, code string) (catalog.Contact, error) {
	return contactOf(ctx, s, p, "need", func(tx Tx) (uuid.UUID, catalog.Contact, error) {
		n, err := tx.NeedByCode(ctx, code)
		return n.ID, n.Contact, err
	})
}

func contactOf(ctx context.Context, s *Service, p account.Principal, kind string,
	load func(Tx) (uuid.UUID, catalog.Contact, error)) (catalog.Contact, error) {
	if !p.May(account.SeeContacts) {
		return catalog.Contact{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	entry, err := journal.New(s.rand, s.now().UnixMilli(), p.ID, string(p.Acting), "disclose.contact", kind)
	if err != nil {
		return catalog.Contact{}, err
	}
	var c catalog.Contact
	err = s.db.Write(ctx, func(tx Tx) (err error) {
		e := entry
		if e.Subject, c, err = load(tx); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
	if err != nil {
		return catalog.Contact{}, err
	}
	return c, nil
}

// narrow makes a filter fit for p: everybody but the office sees only what is
// public now, whatever states they ask for.
func (s *Service) narrow(p account.Principal, f Filter) Filter {
	if !p.May(account.SeeOffice) {
		f.PublicAt, f.States = s.now().UnixMilli(), nil
	}
	return f
}

// Results is one page of results as p may see them, and the page after it.
func (s *Service) Results(ctx context.Context, p account.Principal, f Filter, page Page) ([]catalog.Result, Page, error) {
	var rs []catalog.Result
	var next Page
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		rs, next, err = tx.ListResults(ctx, s.narrow(p, f), page)
		return err
	})
	for i := range rs {
		rs[i].Contact = rs[i].Contact.Masked()
		rs[i] = rs[i].For(classOf(p))
	}
	return rs, next, err
}

// Needs is one page of needs as p may see them, and the page after it.
func (s *Service) Needs(ctx context.Context, p account.Principal, f Filter, page Page) ([]catalog.Need, Page, error) {
	var ns []catalog.Need
	var next Page
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		ns, next, err = tx.ListNeeds(ctx, s.narrow(p, f), page)
		return err
	})
	for i := range ns {
		ns[i].Contact = ns[i].Contact.Masked()
		ns[i] = ns[i].For(classOf(p))
	}
	return ns, next, err
}

// EachResult calls fn for every result of every state, for an export: without
// contacts, which leave the office only by the consent of whom they are of.
func (s *Service) EachResult(ctx context.Context, p account.Principal, fn func(*catalog.Result) error) error {
	if !p.May(account.ExportFiles) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return s.db.Read(ctx, func(tx Tx) error {
		return tx.EachResult(ctx, func(r *catalog.Result) error {
			r.Contact = catalog.Contact{}
			return fn(r)
		})
	})
}

// EachNeed calls fn for every need of every state, without contacts.
func (s *Service) EachNeed(ctx context.Context, p account.Principal, fn func(*catalog.Need) error) error {
	if !p.May(account.ExportFiles) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return s.db.Read(ctx, func(tx Tx) error {
		return tx.EachNeed(ctx, func(n *catalog.Need) error {
			n.Contact = catalog.Contact{}
			return fn(n)
		})
	})
}

// EachParty calls fn for every party, without contacts.
func (s *Service) EachParty(ctx context.Context, p account.Principal, fn func(*catalog.Party) error) error {
	if !p.May(account.ExportFiles) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return s.db.Read(ctx, func(tx Tx) error {
		return tx.EachParty(ctx, func(p *catalog.Party) error {
			p.Contact = catalog.Contact{}
			return fn(p)
		})
	})
}

// EachPerson calls fn for every person.
func (s *Service) EachPerson(ctx context.Context, p account.Principal, fn func(*catalog.Person) error) error {
	if !p.May(account.ExportFiles) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return s.db.Read(ctx, func(tx Tx) error { return tx.EachPerson(ctx, fn) })
}

// PublicThings are those of the "results" or "needs" with these ids that
// anybody may see now, in this order and as anybody sees them.
func (s *Service) PublicThings(ctx context.Context, noun string, ids []uuid.UUID) (rs []catalog.Result, ns []catalog.Need, err error) {
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if noun == "needs" {
			ns, err = tx.Needs(ctx, ids)
			return err
		}
		rs, err = tx.Results(ctx, ids)
		return err
	})
	rs = slices.DeleteFunc(rs, func(r catalog.Result) bool { return !r.Public(now) })
	ns = slices.DeleteFunc(ns, func(n catalog.Need) bool { return !n.Public(now) })
	for i := range rs {
		rs[i] = rs[i].For(catalog.Public)
	}
	for i := range ns {
		ns[i] = ns[i].For(catalog.Public)
	}
	return rs, ns, err
}

// EachAddress calls fn with the code and the last change (unix ms) of what
// anybody may see now of noun, "results" or "needs": of at most limit behind
// the first skip ones, in the order in which they came.
func (s *Service) EachAddress(ctx context.Context, noun string, skip, limit int, fn func(code string, changed int64) error) error {
	return s.db.Read(ctx, func(tx Tx) error { return tx.EachAddress(ctx, noun, s.now().UnixMilli(), skip, limit, fn) })
}

// Counts are how many things there are by state.
type Counts struct {
	Results, Needs map[string]int
}

// Counts counts what p may see.
func (s *Service) Counts(ctx context.Context, p account.Principal) (c Counts, err error) {
	f := s.narrow(p, Filter{})
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if c.Results, err = tx.CountResults(ctx, f); err != nil {
			return err
		}
		c.Needs, err = tx.CountNeeds(ctx, f)
		return err
	})
	return c, err
}

// Ref names a thing as somebody saw it: if it has changed since, what they
// decided does not apply to it.
type Ref struct {
	ID      uuid.UUID
	Version int64
}

// Left is a thing that a bulk action left as it was, and why.
type Left struct {
	ID    uuid.UUID
	Title string
	Err   *catalog.Error
}

// Outcome is what a bulk action did.
type Outcome struct {
	Done int
	Left []Left
}

// PublishResults puts results on the shelf past the gate, to set up a catalogue:
// officers and programs list by gate.Service. p confirms with this call that
// each of them may be public (可公开确认). What cannot go is left, with the
// reason; the others go, all in one transaction.
func (s *Service) PublishResults(ctx context.Context, p account.Principal, refs []Ref) (Outcome, error) {
	if !p.May(account.ListResults) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	span, err := s.span(ctx, now)
	if err != nil {
		return Outcome{}, err
	}
	until := span.result.UnixMilli()
	return s.bulkResults(ctx, p, refs, "result.list", "", func(r *catalog.Result) *catalog.Error {
		switch {
		case r.State != catalog.ResultReview && r.State != catalog.ResultDraft &&
			r.State != catalog.ResultWithdrawn && r.State != catalog.ResultExpired && (r.PublicConfirmed || !r.State.OnShelf()):
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		case r.Unfiled:
			return catalog.Refuse(catalog.Conflict, "shelf.left.unfiled")
		case r.Abstract == "" && r.Summary == "":
			return catalog.Refuse(catalog.Invalid, "shelf.left.no_abstract")
		}
		if !r.State.OnShelf() {
			r.State = catalog.ResultListed
		}
		r.PublicConfirmed, r.ListedAt, r.ExpiresAt, r.UpdatedAt = true, now.UnixMilli(), until, now.UnixMilli()
		return nil
	})
}

// WithdrawResults takes results off the shelf; reason, which is required, goes
// into the journal.
func (s *Service) WithdrawResults(ctx context.Context, p account.Principal, refs []Ref, reason string) (Outcome, error) {
	if !p.May(account.ListResults) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if reason = catalog.Clean(reason); reason == "" {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "shelf.reason_required")
	}
	at := s.now().UnixMilli()
	return s.bulkResults(ctx, p, refs, "result.withdraw", reason, func(r *catalog.Result) *catalog.Error {
		if r.State == catalog.ResultWithdrawn || r.State == catalog.ResultTransferred {
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		}
		r.State, r.PublicConfirmed, r.UpdatedAt = catalog.ResultWithdrawn, false, at
		return nil
	})
}

// PublishNeeds opens needs to the public with p's confirmation.
func (s *Service) PublishNeeds(ctx context.Context, p account.Principal, refs []Ref) (Outcome, error) {
	if !p.May(account.OpenNeeds) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	now := s.now()
	span, err := s.span(ctx, now)
	if err != nil {
		return Outcome{}, err
	}
	return s.bulkNeeds(ctx, p, refs, "need.open", "", func(n *catalog.Need) *catalog.Error {
		until := span.need
		if !n.Until.IsZero() {
			until = n.Until.End(now.Location())
		}
		switch {
		case n.State != catalog.NeedReview && n.State != catalog.NeedDraft && n.State != catalog.NeedHold &&
			n.State != catalog.NeedWithdrawn && n.State != catalog.NeedExpired:
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		case n.Text == "":
			return catalog.Refuse(catalog.Invalid, "shelf.left.no_text")
		case n.Entered.Waits():
			return catalog.Refuse(catalog.Conflict, "behalf.left.unconfirmed")
		case n.Entered.By.Anybody() && n.Entered.By.ID == p.ID:
			return catalog.Refuse(catalog.Conflict, "behalf.left.own")
		case !until.After(now):
			return catalog.Refuse(catalog.Conflict, "shelf.left.past", "until", n.Until.String())
		}
		n.State, n.PublicConfirmed, n.ExpiresAt, n.UpdatedAt = catalog.NeedOpen, true, until.UnixMilli(), now.UnixMilli()
		return nil
	})
}

// WithdrawNeeds takes needs back; reason is required.
func (s *Service) WithdrawNeeds(ctx context.Context, p account.Principal, refs []Ref, reason string) (Outcome, error) {
	if !p.May(account.OpenNeeds) {
		return Outcome{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if reason = catalog.Clean(reason); reason == "" {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "shelf.reason_required")
	}
	at := s.now().UnixMilli()
	return s.bulkNeeds(ctx, p, refs, "need.withdraw", reason, func(n *catalog.Need) *catalog.Error {
		if n.State == catalog.NeedWithdrawn || n.State == catalog.NeedSolved {
			return catalog.Refuse(catalog.Conflict, "shelf.left.state")
		}
		n.State, n.PublicConfirmed, n.UpdatedAt = catalog.NeedWithdrawn, false, at
		return nil
	})
}

func (s *Service) bulkResults(ctx context.Context, p account.Principal, refs []Ref, verb, reason string,
	change func(*catalog.Result) *catalog.Error) (Outcome, error) {
	return bulk(ctx, s, p, refs, verb, reason, "result", kindOps[catalog.Result]{
		load: Tx.Results, save: Tx.SaveResult, change: change, head: resultHead,
	})
}

func (s *Service) bulkNeeds(ctx context.Context, p account.Principal, refs []Ref, verb, reason string,
	change func(*catalog.Need) *catalog.Error) (Outcome, error) {
	return bulk(ctx, s, p, refs, verb, reason, "need", kindOps[catalog.Need]{
		load: Tx.Needs, save: Tx.SaveNeed, change: change, head: needHead,
	})
}

func resultHead(r *catalog.Result) (id uuid.UUID, version int64, code, title string) {
	return r.ID, r.Version, r.Code, r.Title
}

func needHead(n *catalog.Need) (id uuid.UUID, version int64, code, title string) {
	return n.ID, n.Version, n.Code, n.Title
}

// kindOps is what a bulk action needs to know of a kind of thing.
type kindOps[T any] struct {
	load   func(Tx, context.Context, []uuid.UUID) ([]T, error)
	save   func(Tx, context.Context, T) error
	head   func(*T) (id uuid.UUID, version int64, code, title string)
	change func(*T) *catalog.Error
	note   map[uuid.UUID]map[string]string // what the entry of each thing says beside its code
	edited map[uuid.UUID][]string          // the fields of each thing that an import does not write over unasked
}

// bulk changes the things that refs name, one entry each, in one transaction.
func bulk[T any](ctx context.Context, s *Service, p account.Principal, refs []Ref, verb, reason, kind string, ops kindOps[T]) (Outcome, error) {
	if len(refs) == 0 {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
	}
	if len(refs) > maxBulk {
		return Outcome{}, catalog.Refuse(catalog.Invalid, "shelf.too_many", "max", fmt.Sprint(maxBulk))
	}
	at := s.now().UnixMilli()
	ids := make([]uuid.UUID, len(refs))
	seen := make(map[uuid.UUID]Ref, len(refs))
	entries := make(map[uuid.UUID]journal.Entry, len(refs))
	for i, ref := range refs {
		e, err := journal.New(s.rand, at, p.ID, string(p.Acting), verb, kind)
		if err != nil {
			return Outcome{}, err
		}
		ids[i], seen[ref.ID], entries[ref.ID] = ref.ID, ref, e
	}
	var out Outcome
	err := s.db.Write(ctx, func(tx Tx) error {
		out = Outcome{}
		things, err := ops.load(tx, ctx, ids)
		if err != nil {
			return err
		}
		for i := range things {
			t := &things[i]
			id, version, code, title := ops.head(t)
			if version != seen[id].Version {
				out.Left = append(out.Left, Left{id, title, catalog.Refuse(catalog.Conflict, "shelf.left.changed")})
				continue
			}
			if refusal := ops.change(t); refusal != nil {
				out.Left = append(out.Left, Left{id, title, refusal})
				continue
			}
			if err := ops.save(tx, ctx, *t); err != nil {
				return err
			}
			if err := tx.MarkEdited(ctx, id, ops.edited[id], p.Name, at); err != nil {
				return err
			}
			e := entries[id]
			e.Subject, e.Body = id, map[string]string{"code": code}
			if reason != "" {
				e.Body["reason"] = reason
			}
			maps.Copy(e.Body, ops.note[id])
			if err := tx.Append(ctx, e); err != nil {
				return err
			}
			out.Done++
		}
		return nil
	})
	return out, err
}
