package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"
	"datai/work"

	"github.com/google/uuid"
)

// Service keeps drafts and documents of the cases of some processes.
type Service struct {
	// Look says whether a content is what the name of its file says; an Invalid
	// *catalog.Error says what to do about it.
	Look func(content Content, kind string) error
	// Secret reports whether what somebody typed says that it is classified or
	// internal: that is not kept, not even as a draft.
	Secret func(text string) bool

	db    work.Unit[Tx]
	now   func() time.Time
	rand  io.Reader
	kinds map[string]Find
}

// NewService makes a service on db with a clock, a source of randomness, Look,
// Secret, and the kinds of cases that have forms, by name.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader, look func(Content, string) error, secret func(string) bool, kinds map[string]Find) *Service {
	return &Service{Look: look, Secret: secret, db: db, now: now, rand: rand, kinds: kinds}
}

// find is the case of a kind with that code, if p may see it.
func (s *Service) find(ctx context.Context, p account.Principal, kind, code string) (process.Seen, error) {
	find, ok := s.kinds[kind]
	if !ok {
		return process.Seen{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	if p.ID == uuid.Nil {
		return process.Seen{}, account.ErrForbidden // what is somebody's own needs somebody
	}
	return find(ctx, p, code)
}

// Forms are what belongs to the forms of a case for somebody: their drafts, the
// documents of the case, and those that they have put into forms.
type Forms struct {
	Drafts    []Draft
	Documents []Document
	Version   int64 // of the case
}

// Sent are the documents that came with the step of that number.
func (f Forms) Sent(event int) []Document {
	return slices.DeleteFunc(slices.Clone(f.Documents), func(d Document) bool { return d.Event != event || event == 0 })
}

// InForm are the documents that stand in a field of the form of a step.
func (f Forms) InForm(action process.Action, field string) []Document {
	return slices.DeleteFunc(slices.Clone(f.Documents), func(d Document) bool { return d.Event != 0 || d.Action != action || d.Field != field })
}

// Forms are those of the case of a kind with that code.
func (s *Service) Forms(ctx context.Context, p account.Principal, kind, code string) (f Forms, err error) {
	seen, err := s.find(ctx, p, kind, code)
	if err != nil {
		return f, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		if f.Drafts, err = tx.FormsOf(ctx, p.ID, seen.ID); err != nil {
			return err
		}
		f.Documents, err = tx.DocumentsOf(ctx, seen.ID)
		return err
	})
	f.Version = seen.Version
	f.Documents = slices.DeleteFunc(f.Documents, func(d Document) bool { return d.Event == 0 && d.Account != p.ID })
	return f, err
}

// Other is a step that was taken since somebody saw a case.
type Other struct {
	Event process.Event
	Name  string // of who took it, "" if they have no account
}

// Save keeps what somebody typed into the form of a step. changed says that
// the case is no longer in the version that they saw.
func (s *Service) Save(ctx context.Context, p account.Principal, kind, code string, d Draft) (saved Draft, changed bool, err error) {
	seen, err := s.find(ctx, p, kind, code)
	if err != nil {
		return d, false, err
	}
	if !seen.Process.Asks(d.Move.Action, seen.As) {
		return d, false, catalog.Refuse(catalog.Invalid, "error.form")
	}
	if s.Secret(d.Move.Text) || slices.ContainsFunc(slices.Collect(maps.Values(d.Move.Values)), s.Secret) {
		return d, false, catalog.Refuse(catalog.Invalid, "behalf.fit.secret")
	}
	if d.ID, err = uuid.NewV7FromReader(s.rand); err != nil {
		return d, false, fmt.Errorf("document: draft: %w", err)
	}
	now := s.now().UnixMilli()
	d.Account, d.Case, d.SavedAt, d.Move.As, d.Move.Documents = p.ID, seen.ID, now, nil, nil
	if d.BegunAt <= 0 || d.BegunAt > now {
		d.BegunAt = now
	}
	err = s.db.Write(ctx, func(tx Tx) error { return tx.SaveForm(ctx, d) })
	return d, d.Version != seen.Version, err
}

// Discard forgets a draft and the documents in it.
func (s *Service) Discard(ctx context.Context, p account.Principal, kind, code string, action process.Action) error {
	seen, err := s.find(ctx, p, kind, code)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error { return tx.DropForm(ctx, p.ID, seen.ID, action) })
}

// Last is the last step of a case, by whom it was taken; ok is false if there
// is none.
func (s *Service) Last(ctx context.Context, p account.Principal, kind, code string) (o Other, ok bool, err error) {
	seen, err := s.find(ctx, p, kind, code)
	if err != nil {
		return o, false, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		events, err := tx.Events(ctx, seen.ID)
		events = slices.DeleteFunc(events, func(e process.Event) bool { return e.Taken.By == process.Clock })
		if err != nil || len(events) == 0 {
			return err
		}
		o.Event, ok = events[len(events)-1], true
		if o.Event.Who == uuid.Nil {
			return nil
		}
		a, _, err := tx.Account(ctx, o.Event.Who)
		o.Name = a.Name
		return err
	})
	return o, ok, err
}

// Add puts a file into a field of the form of a step of a case.
func (s *Service) Add(ctx context.Context, p account.Principal, kind, code string, action process.Action, field, name string, content Content) (d Document, err error) {
	seen, err := s.find(ctx, p, kind, code)
	if err != nil {
		return d, err
	}
	f, err := place(seen, action, field)
	if err != nil {
		return d, err
	}
	d = Document{Kind: kind, Case: seen.ID, Code: code, Action: action, Field: field, Account: p.ID, Name: FitName(name), Size: content.Size(), AddedAt: s.now().UnixMilli()}
	switch d.Type = TypeOf(d.Name); {
	case d.Type == "":
		return d, catalog.Refuse(catalog.Invalid, "document.type", "name", d.Name)
	case d.Size == 0:
		return d, catalog.Refuse(catalog.Invalid, "document.empty", "name", d.Name)
	}
	if err := s.Look(content, d.Type); err != nil {
		return d, err
	}
	if err := s.room(ctx, p, seen.ID, action, f); err != nil {
		return d, err
	}
	if d.ID, err = uuid.NewV7FromReader(s.rand); err != nil {
		return d, fmt.Errorf("document: %w", err)
	}
	parts, err := s.keep(ctx, &d, content)
	if err != nil {
		return d, err
	}
	e, err := s.entry(p, d, "document.add")
	if err != nil {
		return d, err
	}
	return d, s.db.Write(ctx, func(tx Tx) error {
		there, err := tx.HoldParts(ctx, d.Hash)
		if err != nil {
			return err
		}
		if there != parts { // somebody else let go of the same content meanwhile
			return catalog.Refuse(catalog.Unavailable, "error.busy")
		}
		if err := full(ctx, tx, p, seen.ID, action, f); err != nil {
			return err
		}
		if err := tx.AddDocument(ctx, d); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
}

// place is the field of the form by which one of the actors may take a step now.
func place(seen process.Seen, action process.Action, field string) (process.Field, error) {
	for _, x := range seen.Process.Open(seen.State, seen.As) {
		if x.Action != action {
			continue
		}
		for _, f := range x.Fields {
			if f.Name == field && f.Kind == process.Document {
				return f, nil
			}
		}
	}
	return process.Field{}, catalog.Refuse(catalog.Conflict, "document.no_place")
}

// room looks whether a field takes one more file, before a file is kept.
func (s *Service) room(ctx context.Context, p account.Principal, caseID uuid.UUID, action process.Action, f process.Field) error {
	return s.db.Read(ctx, func(tx Tx) error { return full(ctx, tx, p, caseID, action, f) })
}

func full(ctx context.Context, tx Tx, p account.Principal, caseID uuid.UUID, action process.Action, f process.Field) error {
	ds, err := tx.DocumentsOf(ctx, caseID)
	if err != nil {
		return err
	}
	n := 0
	for _, d := range ds {
		if d.Event == 0 && d.Account == p.ID && d.Action == action && d.Field == f.Name {
			n++
		}
	}
	if n >= f.Files() {
		return catalog.Refuse(catalog.Invalid, "process.fit.files", "most", strconv.Itoa(f.Files()))
	}
	return nil
}

// keep writes a content part by part, each in a transaction of its own: others
// write in between, and what was begun and not ended is swept away. It sets the
// hash of d and returns how many parts there are.
func (s *Service) keep(ctx context.Context, d *Document, content Content) (parts int, err error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(content, 0, d.Size)); err != nil {
		return 0, fmt.Errorf("document: %w", err)
	}
	sum.Sum(d.Hash[:0])
	part := make([]byte, PartSize)
	for at := int64(0); at < d.Size; at += PartSize {
		piece := part[:min(PartSize, d.Size-at)]
		if _, err := content.ReadAt(piece, at); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("document: %w", err)
		}
		id, err := uuid.NewV7FromReader(s.rand)
		if err != nil {
			return 0, fmt.Errorf("document: %w", err)
		}
		n := parts
		if err := s.db.Write(ctx, func(tx Tx) error { return tx.SavePart(ctx, d.Hash, n, id, d.AddedAt, piece) }); err != nil {
			return 0, err
		}
		parts++
	}
	return parts, nil
}

// Withdraw takes a document back out of a form. One that was sent stays: what was
// decided is corrected by a further step only.
func (s *Service) Withdraw(ctx context.Context, p account.Principal, id uuid.UUID) (d Document, err error) {
	if d, err = s.seen(ctx, p, id); err != nil {
		return d, err
	}
	if d.Event != 0 {
		return d, catalog.Refuse(catalog.Conflict, "document.sent")
	}
	e, err := s.entry(p, d, "document.withdraw")
	if err != nil {
		return d, err
	}
	return d, s.db.Write(ctx, func(tx Tx) error {
		if err := tx.DropDocument(ctx, id); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
}

// seen is the document with that id if p may see it: those of cases that p may
// see, and one's own that were not sent yet. Others are not found.
func (s *Service) seen(ctx context.Context, p account.Principal, id uuid.UUID) (d Document, err error) {
	if err := s.db.Read(ctx, func(tx Tx) (err error) {
		d, err = tx.Document(ctx, id)
		return err
	}); err != nil {
		return d, err
	}
	if d.Event == 0 && d.Account != p.ID {
		return d, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	if _, err := s.find(ctx, p, d.Kind, d.Code); err != nil {
		return d, err
	}
	return d, nil
}

// Fetch is the document with that id, to be sent to p by Write; that p asked for
// it stands in the journal, since contracts name people.
func (s *Service) Fetch(ctx context.Context, p account.Principal, id uuid.UUID) (d Document, err error) {
	if d, err = s.seen(ctx, p, id); err != nil {
		return d, err
	}
	e, err := s.entry(p, d, "document.fetch")
	if err != nil {
		return d, err
	}
	return d, s.db.Write(ctx, func(tx Tx) error { return tx.Append(ctx, e) })
}

// ErrAltered says that the content of a document is not the one that was put in.
var ErrAltered = errors.New("document: the content is not what its hash says")

// Write writes the content of a document. The last part goes out only when the
// whole has the hash that the journal knows: what was altered never arrives as a
// whole. A part is read at a time, so a slow reader holds no transaction.
func (s *Service) Write(ctx context.Context, d Document, w io.Writer) error {
	return WriteParts(d.Hash, d.Size, func(n int) (part []byte, err error) {
		err = s.db.Read(ctx, func(tx Tx) error {
			part, err = tx.Part(ctx, d.Hash, n)
			return err
		})
		return part, err
	}, w)
}

// WriteParts writes the parts of a content that has that hash and size.
func WriteParts(hash [32]byte, size int64, part func(n int) ([]byte, error), w io.Writer) error {
	sum := sha256.New()
	var held []byte
	for n := 0; int64(n)*PartSize < size; n++ {
		if _, err := w.Write(held); err != nil {
			return err
		}
		var err error
		if held, err = part(n); err != nil {
			return fmt.Errorf("%w: part %d: %w", ErrAltered, n, err)
		}
		sum.Write(held)
	}
	if !bytes.Equal(sum.Sum(nil), hash[:]) {
		return ErrAltered
	}
	_, err := w.Write(held)
	return err
}

// Sweep forgets drafts that nobody came back to, and contents that belong to no
// document: what was being uploaded when the program ended.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return s.db.Write(ctx, func(tx Tx) error {
		if err := tx.DropFormsBefore(ctx, now.AddDate(0, 0, -KeepDays).UnixMilli()); err != nil {
			return err
		}
		return tx.DropPartsBefore(ctx, now.AddDate(0, 0, -1).UnixMilli())
	})
}

func (s *Service) entry(p account.Principal, d Document, verb string) (journal.Entry, error) {
	e, err := journal.New(s.rand, s.now().UnixMilli(), p.ID, string(p.Acting), verb, "case")
	e.Subject = d.Case
	e.Body = map[string]string{"code": d.Code, "field": d.Field, "sha256": hex.EncodeToString(d.Hash[:])}
	return e, err
}
