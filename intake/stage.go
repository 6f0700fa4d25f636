package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
)

// Await begins the batch of a file that waits for its turn. name is "" if the
// name itself may not be kept.
func (s *Service) Await(ctx context.Context, p account.Principal, drop uuid.UUID, kind Kind, name string) (Batch, error) {
	if err := allow(p); err != nil {
		return Batch{}, err
	}
	b, err := s.begin(p, File{Name: name, Kind: kind})
	if err != nil {
		return Batch{}, err
	}
	b.State, b.Drop = Waiting, drop
	if err := s.db.Write(ctx, func(tx Tx) error { return tx.AddBatch(ctx, b) }); err != nil {
		return Batch{}, fmt.Errorf("intake: await: %w", err)
	}
	return b, nil
}

// Abandon ends a batch that waits or is being read: its file turned out to be
// unusable. It returns cause.
func (s *Service) Abandon(ctx context.Context, p account.Principal, id uuid.UUID, cause error) (Batch, error) {
	b, err := s.Batch(ctx, p, id)
	if err != nil {
		return b, err
	}
	if b.State != Waiting && b.State != Staging {
		return b, catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	return s.abandon(ctx, b, cause)
}

func (s *Service) begin(p account.Principal, f File) (Batch, error) {
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return Batch{}, fmt.Errorf("intake: stage: %w", err)
	}
	at := s.now().UnixMilli()
	b := Batch{ID: id, Version: 1, State: Staging, By: p.ID, ByName: p.Name, CreatedAt: at, UpdatedAt: at, StartedAt: at}
	b.take(f)
	return b, nil
}

// take makes the batch one of the file.
func (b *Batch) take(f File) {
	b.Kind, b.File, b.Columns = f.Kind, f.Name, f.Columns
	b.Format, b.Preset, b.Layout = f.Format, f.Preset, f.Layout
}

// Stage reads a file to its end and stages every row with its fate: the dry
// run. progress, which may be nil, is called after each chunk. If the file
// turns out to be unusable or ctx is cancelled, the batch ends so and its rows
// are forgotten; the catalogue does not change in any case.
//
// A file of which an earlier staging was interrupted goes on after the last
// row that was staged then: it is known by its digest, and reads the same.
// ctx cancelled with the cause ErrInterrupted leaves such a staging behind.
func (s *Service) Stage(ctx context.Context, p account.Principal, f File, progress func(Batch)) (Batch, error) {
	if err := allow(p); err != nil {
		return Batch{}, err
	}
	b, err := s.open(ctx, p, f)
	if err != nil {
		return Batch{}, fmt.Errorf("intake: stage: %w", err)
	}
	if progress != nil {
		progress(b)
	}
	if err := s.stageRows(ctx, &b, f, progress); err != nil {
		if errors.Is(err, context.Canceled) {
			err = context.Cause(ctx)
		}
		return s.abandon(context.WithoutCancel(ctx), b, err)
	}
	return b, nil
}

// ErrInterrupted is the cause with which a process that ends cancels what it
// is reading.
var ErrInterrupted = errors.New("intake: interrupted")

// open finds the batch of a file: one that was interrupted, the one that
// waits, or a new one.
func (s *Service) open(ctx context.Context, p account.Principal, f File) (Batch, error) {
	fresh, err := s.begin(p, f)
	if err != nil {
		return Batch{}, err
	}
	if f.Digest != nil {
		fresh.Digest = f.Digest()
	}
	var b Batch
	err = s.db.Write(ctx, func(tx Tx) error {
		waiting := fresh
		if f.Batch != uuid.Nil {
			var err error
			if waiting, err = tx.Batch(ctx, f.Batch); err != nil {
				return err
			}
			if waiting.State != Waiting {
				return catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(waiting.State))
			}
		}
		left, ok, err := interrupted(ctx, tx, fresh, p)
		if err != nil {
			return err
		}
		if ok {
			if f.Batch != uuid.Nil {
				left.Drop, left.CreatedAt = waiting.Drop, waiting.CreatedAt
				waiting.State, waiting.Drop, waiting.Next = Cancelled, uuid.Nil, left.ID
				if err := tx.SaveBatch(ctx, waiting); err != nil {
					return err
				}
			}
			b = left
		} else {
			b = waiting
			b.take(f)
			b.Digest = fresh.Digest
		}
		b.State, b.StartedAt, b.UpdatedAt = Staging, fresh.StartedAt, fresh.UpdatedAt
		if f.Batch == uuid.Nil && !ok {
			return tx.AddBatch(ctx, b)
		}
		if err := tx.SaveBatch(ctx, b); err != nil {
			return err
		}
		b.Version++
		return nil
	})
	return b, err
}

// interrupted finds a staging of the same file, read in the same way, that did
// not come to its end. Lists of people begin anew: which rows had met whom is
// known only while they are read.
func interrupted(ctx context.Context, tx Tx, b Batch, p account.Principal) (Batch, bool, error) {
	if b.Digest == "" || b.Kind == People {
		return b, false, nil
	}
	same, err := tx.BatchesOfDigest(ctx, b.Digest, 20)
	if err != nil {
		return b, false, err
	}
	for _, o := range same {
		if o.State == Interrupted && o.Kind == b.Kind && o.By == p.ID && o.Preset == b.Preset && slices.Equal(o.Columns, b.Columns) {
			return o, true, nil
		}
	}
	return b, false, nil
}

func (s *Service) stageRows(ctx context.Context, b *Batch, f File, progress func(Batch)) error {
	rows := make([]Row, 0, chunk)
	met := people{}
	flush := func() error {
		if f.Progress != nil {
			b.Read, b.Size = f.Progress()
		}
		if err := s.stageChunk(ctx, b, rows, met); err != nil {
			return err
		}
		rows = rows[:0]
		if progress != nil {
			progress(*b)
		}
		return nil
	}
	staged := b.Counts.Rows // before an interruption
	for row, err := range f.Rows {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if staged > 0 {
			staged--
			continue
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
	return s.conclude(ctx, b, f)
}

// conclude looks at the rows of a batch together: which stand twice, and which
// may be about things that are there already.
func (s *Service) conclude(ctx context.Context, b *Batch, f File) error {
	err := s.save(ctx, b, func(tx Tx, next *Batch) error {
		if f.Digest != nil {
			next.Digest = f.Digest()
		}
		if f.Notes != nil {
			next.Notes = f.Notes()
		}
		return markRepeated(ctx, tx, next)
	})
	if err != nil {
		return err
	}
	if err := s.markAlike(ctx, b); err != nil {
		return err
	}
	if err := s.linkPredecessors(ctx, b); err != nil {
		return err
	}
	return s.save(ctx, b, func(_ Tx, next *Batch) error {
		next.State, next.Read = Staged, next.Size
		return nil
	})
}

func markRepeated(ctx context.Context, tx Tx, b *Batch) error {
	turned, err := tx.MarkRepeated(ctx, b.ID)
	if err != nil {
		return err
	}
	b.Counts.New -= turned.New
	b.Counts.Changed -= turned.Changed
	b.Counts.Unchanged -= turned.Unchanged
	b.Counts.Alike -= turned.Alike
	b.Counts.Repeated += turned.New + turned.Changed + turned.Unchanged + turned.Alike
	return nil
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
	zone := s.now().Location()
	return s.save(ctx, b, func(tx Tx, next *Batch) error {
		next.Lacks = cloneLacks(b.Lacks)
		known, err := lookUp(ctx, tx, next, zone, rows)
		if err != nil {
			return err
		}
		staged := make([]StagedRow, len(rows))
		for i := range rows {
			staged[i] = decide(rows[i], known, ids[i], next.UpdatedAt)
			met.meet(&staged[i])
			next.Counts.add(staged[i].Fate)
			next.weigh(&staged[i], 1)
			if staged[i].Fate != Refused {
				continue
			}
			next.lack(&staged[i])
			if rows[i].classified() {
				next.Secret = true
			} else {
				staged[i].Cells = rows[i].Cells
			}
		}
		return tx.AddRows(ctx, next.ID, staged)
	})
}

// abandon ends a batch that will not be applied. cause decides how it ends.
func (s *Service) abandon(ctx context.Context, b Batch, cause error) (Batch, error) {
	switch {
	case errors.Is(cause, ErrInterrupted) && b.State == Staging:
		b, err := s.end(ctx, b, Interrupted, nil)
		return b, errors.Join(catalog.Refuse(catalog.Unavailable, "import.interrupted").Because(cause), err)
	case errors.Is(cause, context.Canceled):
		b, err := s.end(ctx, b, Cancelled, nil)
		return b, errors.Join(catalog.Refuse(catalog.Conflict, "import.cancelled").Because(cause), err)
	}
	problem := &Issue{Refusal: true, Key: "import.broken"}
	if e, ok := errors.AsType[*catalog.Error](cause); ok {
		problem.Key, problem.Args = e.Key, e.Args
	}
	b, err := s.end(ctx, b, Failed, problem)
	return b, errors.Join(cause, err)
}

// end ends a batch that has not been applied and forgets its rows, unless it
// can go on.
func (s *Service) end(ctx context.Context, b Batch, state State, problem *Issue) (Batch, error) {
	err := s.save(ctx, &b, func(tx Tx, next *Batch) error {
		next.State, next.Problem = state, problem
		if state == Interrupted {
			return nil
		}
		return tx.DropRows(ctx, next.ID)
	})
	return b, err
}

// Replace ends a batch that has not been applied in favour of next, which
// reads its file in another way.
func (s *Service) Replace(ctx context.Context, p account.Principal, id, next uuid.UUID) error {
	b, err := s.Batch(ctx, p, id)
	if err != nil {
		return err
	}
	if b.State != Staged && b.State != Failed {
		return catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	return s.save(ctx, &b, func(tx Tx, old *Batch) error {
		old.State, old.Drop, old.Next = Cancelled, uuid.Nil, next
		old.Counts.Alike = 0
		return tx.DropRows(ctx, old.ID)
	})
}

// Cancel ends a batch that has not been applied and forgets its rows. Of one
// that has been applied only the rows that were left for later are forgotten.
func (s *Service) Cancel(ctx context.Context, p account.Principal, id uuid.UUID) (Batch, error) {
	b, err := s.Batch(ctx, p, id)
	if err != nil {
		return b, err
	}
	written := b.Done.New+b.Done.Changed > 0 || b.State == Applied
	open := slices.Contains([]State{Waiting, Staging, Interrupted, Staged}, b.State) || (b.State == Applied && b.Counts.Alike > 0)
	if !open {
		return b, catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	err = s.save(ctx, &b, func(tx Tx, next *Batch) error {
		if !written {
			next.State = Cancelled
			return tx.DropRows(ctx, next.ID)
		}
		next.State = Applied
		next.Counts.New, next.Counts.Changed = next.Done.New, next.Done.Changed
		next.Counts.Alike = 0
		return tx.DropUnwritten(ctx, next.ID)
	})
	return b, err
}

// Recover ends what a process left behind in the middle of staging: batches in
// which nothing has moved for idle, which is 0 for a process that holds the
// database alone. What was being read is interrupted and can go on; what
// waited has to be brought again. Staged batches stay.
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
		if (b.State != Staging && b.State != Waiting) || b.UpdatedAt > before {
			continue
		}
		state, problem := Interrupted, (*Issue)(nil)
		if b.State == Waiting {
			state, problem = Failed, &Issue{Refusal: true, Key: "import.broken"}
		}
		if _, err := s.end(ctx, b, state, problem); err != nil && catalog.CodeOf(err) != catalog.Conflict {
			return fmt.Errorf("intake: recover: %w", err)
		}
	}
	return nil
}

// Forget forgets the rows of batches in which nothing has moved for keep, and
// with them the refused rows and the decisions that nobody made. What was
// never applied ends.
func (s *Service) Forget(ctx context.Context, keep time.Duration) error {
	const together = 100
	before := s.now().Add(-keep).UnixMilli()
	for {
		var batches []Batch
		err := s.db.Read(ctx, func(tx Tx) (err error) {
			batches, err = tx.BatchesKept(ctx, before, together)
			return err
		})
		if err != nil {
			return fmt.Errorf("intake: forget: %w", err)
		}
		for _, b := range batches {
			err := s.save(ctx, &b, func(tx Tx, next *Batch) error {
				if next.State != Applied && next.State != Cancelled && next.State != Failed {
					next.State = Cancelled
					if next.Done != (Counts{}) {
						next.State = Applied
					}
				}
				next.Counts.Alike = 0
				return tx.ForgetRows(ctx, next.ID)
			})
			if err != nil && catalog.CodeOf(err) != catalog.Conflict {
				return fmt.Errorf("intake: forget: %w", err)
			}
		}
		if len(batches) < together {
			return nil
		}
	}
}

func cloneLacks(ls []Lack) []Lack {
	out := slices.Clone(ls)
	for i := range out {
		out[i].Where = slices.Clone(out[i].Where)
	}
	return out
}
