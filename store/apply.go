package store

import (
	"context"
	"slices"
	"strings"

	"datai/catalog"
	"datai/intake"
	"datai/journal"

	"github.com/google/uuid"
)

// moved says that the catalogue is not what the dry run compared with.
func moved() *catalog.Error { return catalog.Refuse(catalog.Conflict, "import.moved") }

// ApplyBatch writes the new and changed rows of a batch that have not been
// written yet into the catalogue, a few statements whatever their number.
// b.Counts less b.Done say how many rows that must be: if a thing changed since
// it was compared, if its key has been taken or if the rows are others, it is a
// Conflict.
func (tx *Tx) ApplyBatch(ctx context.Context, b intake.Batch, at int64) error {
	var changed, added int64
	for _, t := range []struct {
		table   string
		columns []string
		made    []string
	}{{results.table, results.columns, results.made}, {needs.table, needs.columns, needs.made},
		{parties.table, parties.columns, parties.made}, {people.table, people.columns, people.made}} {
		n, err := tx.applyChanged(ctx, t.table, t.columns, b.ID)
		if err != nil {
			return err
		}
		changed += n
		if n, err = tx.applyNew(ctx, t.table, slices.Concat(t.columns, t.made), b.ID); err != nil {
			return err
		}
		added += n
	}
	if changed != int64(b.Counts.Changed-b.Done.Changed) || added != int64(b.Counts.New-b.Done.New) {
		return moved()
	}
	return tx.applied(ctx, b, at)
}

func (tx *Tx) applyChanged(ctx context.Context, table string, columns []string, batch uuid.UUID) (int64, error) {
	set := make([]string, 0, len(columns)+3)
	for _, c := range append(columns[:len(columns):len(columns)], "body", "contact") {
		set = append(set, c+" = r."+c)
	}
	set = append(set, "version = r.version + 1")
	return tx.exec(ctx, "UPDATE "+table+" SET "+strings.Join(set, ", ")+" FROM import_row AS r WHERE r.batch_id = ? AND r.fate = ? AND r.thing = ? AND r.body <> '' AND "+
		table+".id = r.id AND "+table+".version = r.version", batch, string(intake.Changed), table)
}

func (tx *Tx) applyNew(ctx context.Context, table string, columns []string, batch uuid.UUID) (int64, error) {
	list := strings.Join(columns, ", ") + ", id, body, contact"
	n, err := tx.exec(ctx, "INSERT INTO "+table+" (version, "+list+") SELECT 1, "+list+
		" FROM import_row WHERE batch_id = ? AND fate = ? AND thing = ? AND body <> '' ORDER BY pos", batch, string(intake.New), table)
	if catalog.CodeOf(err) == catalog.Conflict {
		return 0, moved().Because(err)
	}
	return n, err
}

// applied records the changes of a batch. They are handed on only where
// somebody listens: of a million rows the list is large.
func (tx *Tx) applied(ctx context.Context, b intake.Batch, at int64) error {
	const rows = ` FROM import_row WHERE batch_id = ? AND fate IN (?, ?) AND body <> '' ORDER BY pos`
	written := []any{b.ID, string(intake.New), string(intake.Changed)}
	_, err := tx.exec(ctx, `INSERT INTO change (id, at, kind, thing_id) SELECT change_id, ?, thing, id`+rows, append([]any{at}, written...)...)
	if err != nil {
		return err
	}
	tx.waiting = true
	if !tx.db.heard() {
		return nil
	}
	kinds := map[string]string{}
	for _, k := range []string{results.table, needs.table, parties.table, people.table} {
		kinds[k] = k
	}
	return tx.each(ctx, func(s scanner) error {
		c := journal.Change{At: at}
		var kind string
		if err := s.Scan(&c.ID, &kind, &c.Of); err != nil {
			return err
		}
		c.Kind = kinds[kind] // one string for all
		tx.changes = append(tx.changes, c)
		return nil
	}, `SELECT change_id, thing, id`+rows, written...)
}

// DropRows forgets the rows of a batch.
func (tx *Tx) DropRows(ctx context.Context, batch uuid.UUID) error {
	_, err := tx.exec(ctx, `DELETE FROM import_row WHERE batch_id = ?`, batch)
	return err
}

// DropUnwritten forgets the rows of a batch that were to be written and have
// not been.
func (tx *Tx) DropUnwritten(ctx context.Context, batch uuid.UUID) error {
	_, err := tx.exec(ctx, `DELETE FROM import_row WHERE batch_id = ? AND fate IN (?, ?, ?) AND body <> ''`,
		batch, string(intake.New), string(intake.Changed), string(intake.Alike))
	return err
}

// ForgetRows forgets the rows of a batch for good.
func (tx *Tx) ForgetRows(ctx context.Context, batch uuid.UUID) error {
	if _, err := tx.exec(ctx, `UPDATE import_batch SET kept = 0 WHERE id = ?`, batch); err != nil {
		return err
	}
	return tx.DropRows(ctx, batch)
}

// StripRows forgets the things in the written rows of a batch and keeps number,
// title, fate and issues. What is left for later stays whole.
func (tx *Tx) StripRows(ctx context.Context, batch uuid.UUID) error {
	_, err := tx.exec(ctx, `UPDATE import_row SET body = '', contact = NULL, said = NULL, mark = '', key = '', title = '', sort_key = '', staff_no = '', orcid = '', unit = '', owner = '', people = ''
		WHERE batch_id = ? AND fate <> ? AND body <> ''`, batch, string(intake.Alike))
	return err
}
