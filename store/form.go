package store

import (
	"context"

	"datai/document"
	"datai/process"

	"github.com/google/uuid"
)

// SaveForm keeps a draft in place of the one of that account, case and step; when
// somebody began to type stays.
func (tx *Tx) SaveForm(ctx context.Context, d document.Draft) error {
	sealed, err := tx.sealed(d.Move, d.ID)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO step_draft (id, account_id, case_id, action, seen, begun_at, saved_at, form) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, case_id, action) DO UPDATE SET id = excluded.id, seen = excluded.seen, saved_at = excluded.saved_at, form = excluded.form`,
		d.ID, d.Account, d.Case, string(d.Move.Action), d.Version, d.BegunAt, d.SavedAt, sealed)
	return err
}

// FormsOf are the drafts of an account for a case, the last saved first.
func (tx *Tx) FormsOf(ctx context.Context, account, caseID uuid.UUID) ([]document.Draft, error) {
	var out []document.Draft
	err := tx.each(ctx, func(s scanner) error {
		d := document.Draft{Account: account, Case: caseID}
		var sealed []byte
		if err := s.Scan(&d.ID, &d.Version, &d.BegunAt, &d.SavedAt, &sealed); err != nil {
			return err
		}
		if err := tx.unsealed(sealed, d.ID, &d.Move); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	}, "SELECT id, seen, begun_at, saved_at, form FROM step_draft WHERE account_id = ? AND case_id = ? ORDER BY saved_at DESC, id DESC", account, caseID)
	return out, err
}

// DropForm forgets a draft and the documents that were in it.
func (tx *Tx) DropForm(ctx context.Context, account, caseID uuid.UUID, action process.Action) error {
	if _, err := tx.exec(ctx, "DELETE FROM step_draft WHERE account_id = ? AND case_id = ? AND action = ?", account, caseID, string(action)); err != nil {
		return err
	}
	return tx.dropDocuments(ctx, "account_id = ? AND case_id = ? AND action = ?", account, caseID, string(action))
}

// DropFormsBefore forgets the drafts that were saved before a time (unix ms) and
// the documents that were put into forms before it and never sent.
func (tx *Tx) DropFormsBefore(ctx context.Context, before int64) error {
	if _, err := tx.exec(ctx, "DELETE FROM step_draft WHERE saved_at < ?", before); err != nil {
		return err
	}
	return tx.dropDocuments(ctx, "added_at < ?", before)
}

// FormDocuments are the documents in the form of an account for a step of a
// case that this transaction holds.
func (tx *Tx) FormDocuments(ctx context.Context, account, caseID uuid.UUID, action process.Action) (process.Attached, error) {
	out := process.Attached{}
	err := tx.each(ctx, func(s scanner) error {
		var field string
		var hash []byte
		err := s.Scan(&field, &hash)
		out[field] = append(out[field], hashOf(hash))
		return err
	}, "SELECT field, hash FROM document WHERE event = 0 AND account_id = ? AND case_id = ? AND action = ? ORDER BY added_at, id", account, caseID, string(action))
	return out, err
}

// DropSent forgets the documents that came with the steps of a case that this
// transaction holds, with their contents, and returns which they were.
func (tx *Tx) DropSent(ctx context.Context, caseID uuid.UUID) (process.Attached, error) {
	sent, err := tx.documents(ctx, "WHERE case_id = ? AND event > 0 ORDER BY added_at, id", caseID)
	if err != nil || len(sent) == 0 {
		return nil, err
	}
	if _, err := tx.exec(ctx, "DELETE FROM document WHERE case_id = ? AND event > 0", caseID); err != nil {
		return nil, err
	}
	out := process.Attached{}
	for _, d := range sent {
		out[d.Field] = append(out[d.Field], d.Hash)
		if err := tx.dropParts(ctx, d.Hash); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EndForm ends a form whose step was taken as the last event of the case, which this
// transaction holds. The documents in its form belong to it from now on, and the
// draft is gone; with over, the forms of everybody for that case are. Conflict if
// there are not so many documents: one came or went since they were counted.
func (tx *Tx) EndForm(ctx context.Context, account, caseID uuid.UUID, action process.Action, documents int, over bool) error {
	n, err := tx.exec(ctx, `UPDATE document SET event = (SELECT COALESCE(MAX(n), 0) FROM process_event WHERE case_id = ?)
		WHERE event = 0 AND account_id = ? AND case_id = ? AND action = ?`, caseID, account, caseID, string(action))
	switch {
	case err != nil:
		return err
	case n != int64(documents):
		return conflict()
	case !over:
		_, err := tx.exec(ctx, "DELETE FROM step_draft WHERE account_id = ? AND case_id = ? AND action = ?", account, caseID, string(action))
		return err
	}
	if _, err := tx.exec(ctx, "DELETE FROM step_draft WHERE case_id = ?", caseID); err != nil {
		return err
	}
	return tx.dropDocuments(ctx, "case_id = ?", caseID)
}
