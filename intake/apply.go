package intake

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Apply writes the new and changed rows of a staged batch into the catalogue,
// in one transaction with the batch's state and the journal entry. Alike rows
// are left for later. If the catalogue moved since the dry run nothing is
// written and the batch stays staged: Recheck brings it up to date.
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
	var wrote Counts
	err = s.db.Write(ctx, func(tx Tx) error {
		b, err := tx.Batch(ctx, id)
		if err != nil {
			return err
		}
		if b.State != Staged {
			return catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
		}
		if err := tx.ApplyBatch(ctx, b, at); err != nil {
			return err
		}
		if err := forgetEdits(ctx, tx, b); err != nil {
			return err
		}
		e := entry
		e.Subject = b.ID
		e.Body = map[string]string{"kind": string(b.Kind), "digest": b.Digest,
			"new": strconv.Itoa(b.Counts.New - b.Done.New), "changed": strconv.Itoa(b.Counts.Changed - b.Done.Changed),
			"unchanged": strconv.Itoa(b.Counts.Unchanged), "repeated": strconv.Itoa(b.Counts.Repeated),
			"refused": strconv.Itoa(b.Counts.Refused), "alike": strconv.Itoa(b.Counts.Alike)}
		if b.Edited > 0 {
			e.Body["edited"], e.Body["fileWins"] = strconv.Itoa(b.Edited), strconv.FormatBool(b.FileWins)
		}
		wrote = b.Counts
		wrote.New -= b.Done.New
		wrote.Changed -= b.Done.Changed
		b.State, b.UpdatedAt = Applied, at
		b.Done = Counts{New: b.Counts.New, Changed: b.Counts.Changed}
		if err := tx.SaveBatch(ctx, b); err != nil {
			return err
		}
		if err := tx.StripRows(ctx, b.ID); err != nil {
			return err
		}
		b.Version++
		done = b
		return tx.Append(ctx, e)
	})
	if err != nil {
		return Batch{}, fmt.Errorf("intake: apply: %w", err)
	}
	if s.Applied != nil {
		s.Applied(wrote)
	}
	return done, nil
}

// Outcome is what became of one file of a drop.
type Outcome struct {
	Batch Batch
	Err   error // why it was not written, nil if it was
}

// ApplyDrop applies every staged file of a drop, one after the other, each in a
// transaction of its own. An earlier file may
// hold what a later one holds too: such a later file is checked once more
// first, and rows that turn out to be alike are left for later.
func (s *Service) ApplyDrop(ctx context.Context, p account.Principal, drop uuid.UUID) ([]Outcome, error) {
	batches, err := s.Drop(ctx, p, drop)
	if err != nil {
		return nil, err
	}
	var out []Outcome
	for _, b := range batches {
		if b.State != Staged {
			continue
		}
		if len(out) > 0 {
			if b, err = s.Recheck(ctx, p, b.ID); err != nil {
				out = append(out, Outcome{b, err})
				continue
			}
		}
		done, err := s.Apply(ctx, p, b.ID)
		if err != nil {
			done = b
		}
		out = append(out, Outcome{done, err})
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
	}
	return out, nil
}

// Recheck compares the rows of a staged batch that can no longer be applied,
// as the catalogue moved, with the catalogue as it is now, and looks for alike
// things once more. What other people wrote meanwhile shows in the fates; the
// catalogue does not change.
func (s *Service) Recheck(ctx context.Context, p account.Principal, id uuid.UUID) (Batch, error) {
	b, err := s.Batch(ctx, p, id)
	if err != nil {
		return b, err
	}
	if b.State != Staged {
		return b, catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	err = s.compareAnew(ctx, &b, func(tx Tx, next *Batch, after int64) ([]StagedRow, error) {
		rows, err := tx.RowsMoved(ctx, b.ID, after, chunk)
		if err == nil && len(rows) == 0 {
			err = markRepeated(ctx, tx, next)
		}
		return rows, err
	})
	if err != nil {
		return b, fmt.Errorf("intake: recheck: %w", err)
	}
	if err := s.markAlike(ctx, &b); err != nil {
		return b, fmt.Errorf("intake: recheck: %w", err)
	}
	if err := s.linkPredecessors(ctx, &b); err != nil {
		return b, fmt.Errorf("intake: recheck: %w", err)
	}
	return b, nil
}

// compareAnew decides the rows of a staged batch anew that rows reads after a
// place, a chunk in each write, until there are none.
func (s *Service) compareAnew(ctx context.Context, b *Batch, rows func(tx Tx, next *Batch, after int64) ([]StagedRow, error)) error {
	zone := s.now().Location()
	for after, last := int64(-1), int64(0); after < last; {
		after = last
		err := s.save(ctx, b, func(tx Tx, next *Batch) error {
			last = after // the write may run again
			some, err := rows(tx, next, after)
			if err != nil || len(some) == 0 {
				return err
			}
			last = some[len(some)-1].Pos
			next.Lacks = cloneLacks(b.Lacks)
			return recheck(ctx, tx, next, some, zone)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recheck decides rows anew and counts them under their new fates.
func recheck(ctx context.Context, tx Tx, b *Batch, rows []StagedRow, zone *time.Location) error {
	said := make([]Row, len(rows))
	for i := range rows {
		said[i] = rows[i].said()
	}
	known, err := lookUp(ctx, tx, b, zone, said)
	if err != nil {
		return err
	}
	for i := range rows {
		next := decide(said[i], known, rows[i].thingID(), b.UpdatedAt)
		next.Pos, next.Issues = rows[i].Pos, append(staticIssues(rows[i].Issues), next.Issues...)
		b.Counts.move(rows[i].Fate, -1)
		b.Counts.move(next.Fate, 1)
		b.weigh(&rows[i], -1)
		b.weigh(&next, 1)
		if next.Fate == Refused {
			b.lack(&next)
		}
		rows[i] = next
	}
	return tx.SaveRows(ctx, b.ID, rows)
}

// staticIssues are what the reading of a row found, without what the
// comparison with the catalogue added.
func staticIssues(issues []Issue) []Issue {
	var out []Issue
	for _, i := range issues {
		switch i.Key {
		case noteReconfirm, noteNoPredecessor, noteEdited, noteOver, noteSame:
		default:
			out = append(out, i)
		}
	}
	return out
}

// thingID is the id of the thing of the row.
func (s *StagedRow) thingID() uuid.UUID {
	switch {
	case s.Result != nil:
		return s.Result.ID
	case s.Need != nil:
		return s.Need.ID
	case s.Party != nil:
		return s.Party.ID
	case s.Person != nil:
		return s.Person.ID
	}
	return uuid.Nil
}

// Moved reports whether an apply was refused because the catalogue is not what
// the dry run compared with.
func Moved(err error) bool {
	e, ok := errors.AsType[*catalog.Error](err)
	return ok && e.Key == "import.moved"
}
