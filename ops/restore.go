package ops

import (
	"context"
	"time"

	"datai/store"
)

// Restore fills the empty database of c from the backup, all of it or nothing.
// c.Key must be the secret key of the backup. Invalid if the key is another, the
// backup was altered or damaged, or the database is not empty.
//
// The restored database has the id of the old one and an epoch of its own, so
// that no copy of either is taken for one of the other: it is the time, which is
// later than any epoch before.
func (a *Archive) Restore(ctx context.Context, c store.Config, now time.Time) error {
	if err := a.Authentic(c.Key); err != nil {
		return err
	}
	from := store.Content{Schema: a.Manifest.Schema, Epoch: max(a.Manifest.Epoch+1, now.UnixMilli()), Rows: a.rows}
	for _, f := range a.Manifest.Tables {
		from.Tables = append(from.Tables, f.Table)
	}
	return store.Restore(ctx, c, from)
}
