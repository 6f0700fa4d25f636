package intake

import (
	"context"
	"io"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/work"

	"github.com/google/uuid"
)

// chunk is how many rows are written in one transaction: small enough that a
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

// Drop reads the batches of the files that were brought together, in the order
// in which they came.
func (s *Service) Drop(ctx context.Context, p account.Principal, drop uuid.UUID) (bs []Batch, err error) {
	if err := allow(p); err != nil {
		return nil, err
	}
	if drop == uuid.Nil {
		return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		bs, err = tx.BatchesOfDrop(ctx, drop)
		return err
	})
	if err == nil && len(bs) == 0 {
		err = catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return bs, err
}

// Asking lists the newest batches with rows that wait for a decision.
func (s *Service) Asking(ctx context.Context, p account.Principal) (bs []Batch, err error) {
	if err := allow(p); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		bs, err = tx.BatchesAsking(ctx, 50)
		return err
	})
	return bs, err
}

// EachRefused calls fn with every refused row of a batch, in row order.
func (s *Service) EachRefused(ctx context.Context, p account.Principal, id uuid.UUID, fn func(StagedRow) error) error {
	if err := allow(p); err != nil {
		return err
	}
	return s.db.Read(ctx, func(tx Tx) error { return tx.EachRefused(ctx, id, fn) })
}
