package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/work"

	"github.com/google/uuid"
)

// chunk is how many rows are staged in one transaction: small enough that a
// write of somebody else waits only milliseconds, large enough to be quick.
const chunk = 500

// Service runs imports.
type Service struct {
	db   work.Unit[Tx]
	now  func() time.Time
	rand io.Reader
	// Applied, if it is set before the service is used, learns the counts of
	// every batch that was applied.
	Applied func(Counts)
}

// NewService makes a service on db with a clock and a source of randomness.
func NewService(db work.Unit[Tx], now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, now: now, rand: rand}
}

func allow(p account.Principal) error {
	if !p.May(account.ImportFiles) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return nil
}

// Stage reads a file to its end and stages every row with its fate: the dry
// run. progress, which may be nil, is called after each chunk. If the file
// turns out to be unusable or ctx is cancelled, the batch ends so and its rows
// are forgotten; the catalogue does not change in any case.
func (s *Service) Stage(ctx context.Context, p account.Principal, f File, progress func(Batch)) (Batch, error) {
	if err := allow(p); err != nil {
		return Batch{}, err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Batch{}, fmt.Errorf("intake: stage: %w", err)
	}
	at := s.now().UnixMilli()
	b := Batch{ID: id, Version: 1, Kind: f.Kind, File: f.Name, State: Staging, Columns: f.Columns,
		By: p.ID, ByName: p.Name, CreatedAt: at, UpdatedAt: at}
	if err := s.db.Write(ctx, func(tx Tx) error { return tx.AddBatch(ctx, b) }); err != nil {
		return Batch{}, fmt.Errorf("intake: stage: %w", err)
	}
	if progress != nil {
		progress(b)
	}
	if err := s.stageRows(ctx, &b, f, progress); err != nil {
		return s.abandon(context.WithoutCancel(ctx), b, err)
	}
	return b, nil
}

func (s *Service) stageRows(ctx context.Context, b *Batch, f File, progress func(Batch)) error {
	rows := make([]Row, 0, chunk)
	met := people{}
	flush := func() error {
		if err := s.stageChunk(ctx, b, rows, met); err != nil {
			return err
		}
		rows = rows[:0]
		if progress != nil {
			progress(*b)
		}
		return nil
	}
	for row, err := range f.Rows {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if rows = append(rows, row); len(rows) == chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if b.Counts.Rows == 0 {
		return catalog.Refuse(catalog.Invalid, "import.unusable.no_rows")
	}
	if f.Digest != nil {
		b.Digest = f.Digest()
	}
	if f.Notes != nil {
		b.Notes = f.Notes()
	}
	return s.save(ctx, b, func(tx Tx, next *Batch) error {
		turned, err := tx.MarkRepeated(ctx, next.ID)
		if err != nil {
			return err
		}
		next.State = Staged
		next.Counts.New -= turned.New
		next.Counts.Changed -= turned.Changed
		next.Counts.Unchanged -= turned.Unchanged
		next.Counts.Repeated += turned.New + turned.Changed + turned.Unchanged
		return nil
	})
}

// save runs fn and writes the batch that it leaves in next; b becomes next
// only once that has been committed.
func (s *Service) save(ctx context.Context, b *Batch, fn func(tx Tx, next *Batch) error) error {
	at := s.now().UnixMilli()
	var next Batch
	err := s.db.Write(ctx, func(tx Tx) error {
		next = *b
		next.UpdatedAt = at
		if err := fn(tx, &next); err != nil {
			return err
		}
		return tx.SaveBatch(ctx, next)
	})
	if err != nil {
		return err
	}
	next.Version++
	*b = next
	return nil
}

// abandon ends a batch that will not be applied. cause decides how it ends.
func (s *Service) abandon(ctx context.Context, b Batch, cause error) (Batch, error) {
	state := Failed
	if errors.Is(cause, context.Canceled) {
		state = Cancelled
		cause = catalog.Refuse(catalog.Conflict, "import.cancelled").Because(cause)
	}
	err := s.save(ctx, &b, func(tx Tx, next *Batch) error {
		next.State = state
		return tx.DropRows(ctx, next.ID)
	})
	return b, errors.Join(cause, err)
}

func (s *Service) stageChunk(ctx context.Context, b *Batch, rows []Row, met people) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range ids {
		id, err := uuid.NewV7FromReader(s.rand)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	return s.save(ctx, b, func(tx Tx, next *Batch) error {
		known, err := lookUp(ctx, tx, rows)
		if err != nil {
			return err
		}
		staged := make([]StagedRow, len(rows))
		for i := range rows {
			staged[i] = decide(rows[i], known, ids[i], next.UpdatedAt)
			met.meet(&staged[i])
			next.Counts.add(staged[i].Fate)
		}
		return tx.AddRows(ctx, next.ID, staged)
	})
}

// known is what the catalogue already has under the keys of a chunk.
type known struct {
	results map[string]*catalog.Result
	needs   map[string]*catalog.Need
	parties map[string]*catalog.Party
	people  map[string]*catalog.Person // by every key asked for
}

func lookUp(ctx context.Context, tx Tx, rows []Row) (known, error) {
	var results, needs, parties, people []string
	for i := range rows {
		switch r := &rows[i]; {
		case r.refused():
		case r.Result != nil:
			results = append(results, r.Result.Key())
		case r.Need != nil:
			needs = append(needs, r.Need.Key())
		case r.Party != nil:
			parties = append(parties, r.Party.Key())
			if r.Predecessor != "" {
				parties = append(parties, nameKey(r.Predecessor))
			}
		case r.Person != nil:
			people = append(people, r.Person.Keys()...)
		}
	}
	var k known
	var err error
	if len(results) > 0 {
		if k.results, err = tx.ResultsByKey(ctx, results); err != nil {
			return k, err
		}
		if err := meetCodes(ctx, results, k.results, tx.ResultByCode); err != nil {
			return k, err
		}
	}
	if len(needs) > 0 {
		if k.needs, err = tx.NeedsByKey(ctx, needs); err != nil {
			return k, err
		}
		if err := meetCodes(ctx, needs, k.needs, tx.NeedByCode); err != nil {
			return k, err
		}
	}
	if len(parties) > 0 {
		if k.parties, err = tx.PartiesByKey(ctx, parties); err != nil {
			return k, err
		}
	}
	if len(people) > 0 {
		k.people, err = tx.PeopleByKey(ctx, people)
	}
	return k, err
}

// meetCodes lets a given id that is the public code of a thing of this
// catalogue mean that thing: an export names things so, and whoever edits it
// and brings it back means what stands there.
func meetCodes[T any](ctx context.Context, keys []string, found map[string]*T, byCode func(context.Context, string) (T, error)) error {
	for _, key := range keys {
		code, given := strings.CutPrefix(key, "id:")
		if !given || found[key] != nil || !catalog.IsShortCode(code) {
			continue
		}
		thing, err := byCode(ctx, code)
		switch {
		case err == nil:
			found[key] = &thing
		case catalog.CodeOf(err) != catalog.NotFound:
			return err
		}
	}
	return nil
}

// Apply writes the new and changed rows of a staged batch into the catalogue,
// in one transaction with the batch's state and the journal entry. If the
// catalogue moved since the dry run nothing is written and the batch stays
// staged.
func (s *Service) Apply(ctx context.Context, p account.Principal, id uuid.UUID) (Batch, error) {
	if err := allow(p); err != nil {
		return Batch{}, err
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "import.apply", "import")
	if err != nil {
		return Batch{}, err
	}
	var done Batch
	err = s.db.Write(ctx, func(tx Tx) error {
		b, err := tx.Batch(ctx, id)
		if err != nil {
			return err
		}
		if b.State != Staged {
			return catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
		}
		if _, err := tx.ApplyBatch(ctx, b, at); err != nil {
			return err
		}
		b.State, b.UpdatedAt = Applied, at
		if err := tx.SaveBatch(ctx, b); err != nil {
			return err
		}
		if err := tx.StripRows(ctx, b.ID); err != nil {
			return err
		}
		e := entry
		e.Subject = b.ID
		e.Body = map[string]string{"kind": string(b.Kind), "digest": b.Digest,
			"new": strconv.Itoa(b.Counts.New), "changed": strconv.Itoa(b.Counts.Changed),
			"unchanged": strconv.Itoa(b.Counts.Unchanged), "repeated": strconv.Itoa(b.Counts.Repeated),
			"refused": strconv.Itoa(b.Counts.Refused)}
		b.Version++
		done = b
		return tx.Append(ctx, e)
	})
	if err != nil {
		return Batch{}, fmt.Errorf("intake: apply: %w", err)
	}
	if s.Applied != nil {
		s.Applied(done.Counts)
	}
	return done, nil
}

// Cancel ends a batch that has not been applied and forgets its rows.
func (s *Service) Cancel(ctx context.Context, p account.Principal, id uuid.UUID) (Batch, error) {
	if err := allow(p); err != nil {
		return Batch{}, err
	}
	b, err := s.Batch(ctx, p, id)
	if err != nil {
		return Batch{}, err
	}
	if b.State != Staged && b.State != Staging {
		return b, catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	err = s.save(ctx, &b, func(tx Tx, next *Batch) error {
		next.State = Cancelled
		return tx.DropRows(ctx, next.ID)
	})
	return b, err
}

// Recover ends the batches that a process left behind in the middle of
// staging: those in which nothing has moved for idle, which is 0 for a process
// that holds the database alone. Staged batches stay: they can still be
// applied.
func (s *Service) Recover(ctx context.Context, idle time.Duration) error {
	before := s.now().Add(-idle).UnixMilli()
	var batches []Batch
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		batches, err = tx.Batches(ctx, 1000)
		return err
	})
	if err != nil {
		return fmt.Errorf("intake: recover: %w", err)
	}
	for _, b := range batches {
		if b.State != Staging || b.UpdatedAt > before {
			continue
		}
		if _, err := s.abandon(ctx, b, nil); err != nil && catalog.CodeOf(err) != catalog.Conflict {
			return fmt.Errorf("intake: recover: %w", err)
		}
	}
	return nil
}

// Batch reads one batch.
func (s *Service) Batch(ctx context.Context, p account.Principal, id uuid.UUID) (b Batch, err error) {
	if err := allow(p); err != nil {
		return Batch{}, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		b, err = tx.Batch(ctx, id)
		return err
	})
	return b, err
}

// Batches lists the newest batches.
func (s *Service) Batches(ctx context.Context, p account.Principal) (bs []Batch, err error) {
	if err := allow(p); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		bs, err = tx.Batches(ctx, 20)
		return err
	})
	return bs, err
}

// Rows reads the rows of a batch after row number after, at most limit, of one
// fate or of all ("").
func (s *Service) Rows(ctx context.Context, p account.Principal, id uuid.UUID, fate Fate, after, limit int) (rows []StagedRow, err error) {
	if err := allow(p); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		rows, err = tx.Rows(ctx, id, fate, after, limit)
		return err
	})
	return rows, err
}
