package store

import (
	"context"

	"datai/intake"

	"github.com/google/uuid"
)

// MarkEdited remembers that somebody changed fields of a thing on its page.
func (tx *Tx) MarkEdited(ctx context.Context, id uuid.UUID, fields []string, by string, at int64) error {
	for _, f := range fields {
		_, err := tx.exec(ctx, `INSERT INTO page_edit (thing_id, field, at, by_name) VALUES (?, ?, ?, ?)
			ON CONFLICT (thing_id, field) DO UPDATE SET at = excluded.at, by_name = excluded.by_name`, id, f, at, by)
		if err != nil {
			return err
		}
	}
	return nil
}

// Edits are the fields of these things that were changed on their pages.
func (tx *Tx) Edits(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]intake.Edit, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out := map[uuid.UUID]map[string]intake.Edit{}
	err := tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		var field string
		var e intake.Edit
		if err := s.Scan(&id, &field, &e.At, &e.By); err != nil {
			return err
		}
		if out[id] == nil {
			out[id] = map[string]intake.Edit{}
		}
		out[id][field] = e
		return nil
	}, "SELECT thing_id, field, at, by_name FROM page_edit WHERE thing_id "+tx.db.driver.anyID(), ids)
	return out, err
}

// DropEdits forgets that fields of a thing were changed on its page.
func (tx *Tx) DropEdits(ctx context.Context, id uuid.UUID, fields []string) error {
	for _, f := range fields {
		if _, err := tx.exec(ctx, `DELETE FROM page_edit WHERE thing_id = ? AND field = ?`, id, f); err != nil {
			return err
		}
	}
	return nil
}

// RowsSaid reads rows whole that update a thing of the catalogue or leave it as
// it is, and that say what they said, after place after.
func (tx *Tx) RowsSaid(ctx context.Context, batch uuid.UUID, after int64, limit int) ([]intake.StagedRow, error) {
	return tx.readRows(ctx, batch, true, " WHERE batch_id = ? AND pos > ? AND fate IN (?, ?) AND said IS NOT NULL AND body <> '' ORDER BY pos LIMIT ?",
		batch, after, string(intake.Changed), string(intake.Unchanged), limit)
}
