// Package evidence shows others that the journal is what it was: the last
// checkpoint for everybody and for mailboxes out of the operators' reach, and a
// pack of all that the journal holds about one thing, with proofs that a
// stranger can check.
package evidence

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/work"

	"github.com/google/uuid"
)

// Kinds are the kinds of things of which there are packs.
func Kinds() []string { return []string{"contact", "gate", "need", "result"} }

// Subject is a thing as it stands now, without what is encrypted or for the
// office alone.
type Subject struct {
	Kind      string    `json:"kind"` // one of Kinds
	Code      string    `json:"code"`
	ID        uuid.UUID `json:"id"`
	Title     string    `json:"title"`
	State     string    `json:"state"`
	Version   int64     `json:"version"`
	CreatedAt int64     `json:"created_at"` // unix ms
	UpdatedAt int64     `json:"updated_at"`
}

// Event is an entry about the subject.
type Event struct {
	Entry journal.Kept
	Name  string         // of the account that acted, "" if there is none
	Proof *journal.Proof // nil while no checkpoint covers the entry
}

// Notice is what somebody was told about the subject.
type Notice struct {
	To       string `json:"to"` // name of the account
	Template string `json:"template"`
	At       int64  `json:"at"`      // unix ms
	ReadAt   int64  `json:"read_at"` // 0 = not yet
}

// Document is a file that came with a step of a case. Its SHA-256 stands in the
// entry of that step.
type Document struct {
	Name    string // of the file, as it may be shown
	Type    string // the ending of its name, without a dot
	Field   string // of the form that it was put into
	Step    string // action of the step
	Event   int    // number of the step
	Size    int64  // bytes
	Hash    [32]byte
	AddedAt int64 // unix ms
}

// Review is an outside review of a result at the gate, with the rules under which
// it was. It names no reviewer and has no comment: those are the office's.
type Review struct {
	ID       uuid.UUID `json:"id"`
	Purpose  string    `json:"purpose"`
	State    string    `json:"state"`
	BegunAt  int64     `json:"begun_at"`  // unix ms
	DueAt    int64     `json:"due_at"`    // unix ms
	ClosedAt int64     `json:"closed_at"` // unix ms, 0 = not yet
	Verdict  string    `json:"verdict"`
	Points   int       `json:"half_points"` // twice the median of the totals
	Pass     int       `json:"pass"`        // points of the four criteria together
	Hold     int       `json:"hold"`
	Rules    string    `json:"rules"`
	Seats    []Seat    `json:"seats"`
}

// Seat is what became of one reviewer's part. Scores are in the order of the
// criteria; there are none before the review is closed, and none that came late.
type Seat struct {
	State  string `json:"state"`
	At     int64  `json:"at"` // unix ms
	Tie    string `json:"tie"`
	Scores []int  `json:"scores"`
}

// Pack is all that there is about a thing.
type Pack struct {
	Subject    Subject
	At         int64 // unix ms
	Events     []Event
	Notices    []Notice
	Documents  []Document
	Reviews    []Review // of the kind gate
	Checkpoint journal.Signed

	// Content writes the content of one of Documents; an error if it is not the
	// one that its hash names.
	Content func(d Document, w io.Writer) error
}

// Tx is what evidence needs of the store inside one transaction.
type Tx interface {
	// Checkpoint is the last checkpoint, with Size 0 if there is none.
	Checkpoint(ctx context.Context) (journal.Signed, error)
	// LastMailed is when the checkpoint was last sent (unix ms), 0 if never;
	// SetLastMailed moves it and is a Conflict if it is elsewhere.
	LastMailed(ctx context.Context) (int64, error)
	SetLastMailed(ctx context.Context, was, now int64) error
	EnqueueMessage(ctx context.Context, m journal.Message) error
	// SubjectByCode is NotFound if there is none.
	SubjectByCode(ctx context.Context, kind, code string) (Subject, error)
	// EventsAbout are the entries about a thing in their order, without proofs;
	// those that have no number yet come last.
	EventsAbout(ctx context.Context, id uuid.UUID) ([]Event, error)
	NoticesAbout(ctx context.Context, code string) ([]Notice, error)
	// DocumentsAbout are the documents that came with the steps of a case, in
	// their order; WriteDocument writes the content of one.
	DocumentsAbout(ctx context.Context, id uuid.UUID) ([]Document, error)
	WriteDocument(ctx context.Context, hash [32]byte, size int64, w io.Writer) error
	// ReviewsAbout are the outside reviews of a result, the first first.
	ReviewsAbout(ctx context.Context, result uuid.UUID) ([]Review, error)
	Prove(ctx context.Context, number int64, id uuid.UUID) (journal.Proof, error)
	Append(ctx context.Context, e journal.Entry) error
}

// Service makes evidence.
type Service struct {
	// Seal, which may be nil, has everything that is written under a checkpoint
	// before a pack is made; an error leaves what is new without proof.
	Seal func(ctx context.Context) error

	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
}

// NewService makes a service on db with a clock, whose zone is that of the
// office, and a source of randomness.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, now: now, rand: rand}
}

// Checkpoint is the last checkpoint, for everybody. NotFound if there is none
// yet.
func (s *Service) Checkpoint(ctx context.Context, p account.Principal) (c journal.Signed, err error) {
	if !p.May(account.SeePublic) {
		return c, account.ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		c, err = tx.Checkpoint(ctx)
		return err
	})
	if err == nil && c.Size == 0 {
		err = catalog.Refuse(catalog.NotFound, "journal.no_checkpoint")
	}
	return c, err
}

// Mail sends the last checkpoint to the addresses, once a day, whenever it is
// called first, and returns how many letters that made. Of two servers that call
// it at once, one does it.
func (s *Service) Mail(ctx context.Context, to []string) (int, error) {
	now := s.now()
	var last int64
	var c journal.Signed
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		if last, err = tx.LastMailed(ctx); err != nil {
			return err
		}
		c, err = tx.Checkpoint(ctx)
		return err
	})
	if err != nil || c.Size == 0 || len(to) == 0 || !laterDay(last, now) {
		return 0, err
	}
	messages := make([]journal.Message, len(to))
	for i, address := range to {
		id, err := uuid.NewV7FromReader(s.rand)
		if err != nil {
			return 0, fmt.Errorf("evidence: mail: %w", err)
		}
		if messages[i], err = (journal.Notice{Template: "checkpoint", Email: address, Path: "/journal/checkpoint",
			Vars: map[string]string{"n": fmt.Sprint(c.Size), "note": c.Note}}).Message(id, now.UnixMilli()); err != nil {
			return 0, err
		}
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := tx.SetLastMailed(ctx, last, now.UnixMilli()); err != nil {
			return err
		}
		for _, m := range messages {
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if catalog.CodeOf(err) == catalog.Conflict { // another server was first
		return 0, nil
	}
	return len(messages), err
}

// laterDay reports whether now is on a later day than at; while a clock that was
// set back lies before at it is not.
func laterDay(at int64, now time.Time) bool {
	return time.UnixMilli(at).In(now.Location()).Format(time.DateOnly) < now.Format(time.DateOnly)
}

// Pack gathers all that there is about the thing with that code; that p took it
// stands in the journal. Invalid for a kind without packs.
func (s *Service) Pack(ctx context.Context, p account.Principal, kind, code string) (pack Pack, err error) {
	if !p.May(account.ExportFiles) {
		return pack, account.ErrForbidden
	}
	if !slices.Contains(Kinds(), kind) {
		return pack, catalog.Refuse(catalog.Invalid, "evidence.kind", "kind", kind)
	}
	if s.Seal != nil {
		_ = s.Seal(ctx) // the pack says which entries have no proof
	}
	now := s.now()
	err = s.db.Read(ctx, func(tx Tx) error {
		pack, err = gather(ctx, tx, kind, code)
		return err
	})
	if err != nil {
		return pack, err
	}
	pack.At = now.UnixMilli()
	pack.Content = func(d Document, w io.Writer) error {
		return s.db.Read(ctx, func(tx Tx) error { return tx.WriteDocument(ctx, d.Hash, d.Size, w) })
	}
	e, err := journal.New(s.rand, pack.At, p.ID, string(p.Acting), "evidence.pack", kind)
	if err != nil {
		return pack, err
	}
	e.Subject, e.Body = pack.Subject.ID, map[string]string{"code": pack.Subject.Code, "entries": fmt.Sprint(len(pack.Events))}
	return pack, s.db.Write(ctx, func(tx Tx) error { return tx.Append(ctx, e) })
}

func gather(ctx context.Context, tx Tx, kind, code string) (pack Pack, err error) {
	if pack.Subject, err = tx.SubjectByCode(ctx, kind, code); err != nil {
		return pack, err
	}
	if pack.Checkpoint, err = tx.Checkpoint(ctx); err != nil {
		return pack, err
	}
	if pack.Events, err = tx.EventsAbout(ctx, pack.Subject.ID); err != nil {
		return pack, err
	}
	for i := range pack.Events {
		e := &pack.Events[i]
		if e.Entry.Seq == 0 || e.Entry.Seq > pack.Checkpoint.Size {
			continue
		}
		proof, err := tx.Prove(ctx, e.Entry.Seq, e.Entry.ID)
		if err != nil {
			return pack, err
		}
		e.Proof = &proof
	}
	if pack.Documents, err = tx.DocumentsAbout(ctx, pack.Subject.ID); err != nil {
		return pack, err
	}
	if kind == "gate" {
		if pack.Reviews, err = tx.ReviewsAbout(ctx, pack.Subject.ID); err != nil {
			return pack, err
		}
	}
	pack.Notices, err = tx.NoticesAbout(ctx, pack.Subject.Code)
	return pack, err
}
