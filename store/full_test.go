package store

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

// TestAFullDiskIsSaidAndChangesNothing lets the database grow by a few pages
// only, which is to it what a full disk is.
func TestAFullDiskIsSaidAndChangesNothing(t *testing.T) {
	ctx := t.Context()
	db := openOne(t, Config{Path: t.TempDir() + "/datai.db"})
	var pages int
	if err := db.writer.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		var got int
		if err := db.writer.QueryRowContext(ctx, `PRAGMA max_page_count = `+strconv.Itoa(n)).Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 20)
	b := intake.Batch{ID: uuid.Must(uuid.NewV7()), Version: 1, State: intake.Staging}
	fill := func() error {
		return db.Write(ctx, func(tx *Tx) error {
			if err := tx.AddBatch(ctx, b); err != nil {
				return err
			}
			rows := make([]intake.StagedRow, 2000)
			for i := range rows {
				rows[i] = intake.StagedRow{N: i + 2, Title: strings.Repeat("长", 100), Fate: intake.Refused}
			}
			return tx.AddRows(ctx, b.ID, rows)
		})
	}
	err := fill()
	if e, ok := errors.AsType[*catalog.Error](err); !ok || e.Code != catalog.Unavailable || e.Key != "error.disk_full" {
		t.Fatalf("a full disk is %v", err)
	}
	if err := db.Read(ctx, func(tx *Tx) error { _, err := tx.Batch(ctx, b.ID); return err }); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("half of it is there: %v", err)
	}
	limit(1 << 30)
	if err := fill(); err != nil {
		t.Errorf("once there is room: %v", err)
	}
}
