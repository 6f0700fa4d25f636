package account

import (
	"context"
	"strings"

	"datai/catalog"

	"github.com/google/uuid"
)

// Record is an entry of the journal as an auditor reads it: who did what to
// which kind of thing, in which role and when, and nothing of what it says.
type Record struct {
	ID      uuid.UUID
	Seq     int64 // 0 until numbered
	At      int64 // unix ms
	Actor   uuid.UUID
	Name    string // of the account, "" if nobody had signed in, or the machine's operator acted
	Role    Role
	Verb    string
	Kind    string // of the subject
	Subject uuid.UUID
}

// RecordFilter says which entries a list shows; zero fields let everything through.
type RecordFilter struct {
	Name       string // of the account, exactly
	Role       Role
	Verb       string
	From, Till int64 // unix ms, Till not included
}

// RecordPage is where a list goes on; the zero RecordPage is the newest entry.
type RecordPage struct {
	At    int64
	ID    uuid.UUID
	Limit int
}

// Records is one page of the journal, the newest first, and the RecordPage after
// it (Limit 0: no more).
func (s *Service) Records(ctx context.Context, p Principal, f RecordFilter, from RecordPage) (list []Record, next RecordPage, err error) {
	if !p.May(SeeJournal) {
		return nil, RecordPage{}, ErrForbidden
	}
	f.Name = strings.TrimSpace(catalog.Clean(f.Name))
	err = s.db.Read(ctx, func(tx Tx) error {
		list, next, err = tx.Records(ctx, f, from)
		return err
	})
	return list, next, err
}
