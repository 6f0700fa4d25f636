package store

import (
	"context"

	"datai/catalog"
	"datai/document"

	"github.com/google/uuid"
)

var _ document.Tx = (*Tx)(nil)

// hashOf is a SHA-256 as it is kept.
func hashOf(b []byte) (hash [32]byte) {
	copy(hash[:], b)
	return hash
}

// SavePart keeps a part of a content unless it is there.
func (tx *Tx) SavePart(ctx context.Context, hash [32]byte, n int, id uuid.UUID, at int64, part []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO document_part (hash, n, id, at, content) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (hash, n) DO UPDATE SET at = excluded.at`, hash[:], n, id, at, tx.db.seal.close(part, id))
	return err
}

// HoldParts counts the parts of a content; their rows are held until the
// transaction ends.
func (tx *Tx) HoldParts(ctx context.Context, hash [32]byte) (int, error) {
	n, err := tx.exec(ctx, "UPDATE document_part SET at = at WHERE hash = ?", hash[:])
	return int(n), err
}

// Part is a part of a content; NotFound.
func (tx *Tx) Part(ctx context.Context, hash [32]byte, n int) ([]byte, error) {
	var id uuid.UUID
	var sealed []byte
	ok, err := tx.one(ctx, []any{&id, &sealed}, "SELECT id, content FROM document_part WHERE hash = ? AND n = ?", hash[:], n)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFound()
	}
	return tx.db.seal.open(sealed, id)
}

// DropPartsBefore forgets the parts that came before a time (unix ms) and are of
// no document.
func (tx *Tx) DropPartsBefore(ctx context.Context, before int64) error {
	var hashes [][32]byte
	if err := tx.each(ctx, func(s scanner) error {
		var hash []byte
		err := s.Scan(&hash)
		hashes = append(hashes, hashOf(hash))
		return err
	}, "SELECT DISTINCT hash FROM document_part AS p WHERE at < ? AND NOT EXISTS (SELECT 1 FROM document AS d WHERE d.hash = p.hash) ORDER BY hash", before); err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := tx.dropParts(ctx, hash); err != nil {
			return err
		}
	}
	return nil
}

// dropParts forgets a content if no document has it. Its rows are held first:
// whoever gives them to a document at the same time is before or after this, and
// is seen by a statement of its own, or finds that they are gone.
func (tx *Tx) dropParts(ctx context.Context, hash [32]byte) error {
	if _, err := tx.HoldParts(ctx, hash); err != nil {
		return err
	}
	_, err := tx.exec(ctx, "DELETE FROM document_part WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM document WHERE hash = ?)", hash[:], hash[:])
	return err
}

// AddDocument adds a document.
func (tx *Tx) AddDocument(ctx context.Context, d document.Document) error {
	return tx.insert(ctx, "document (id, kind, case_id, code, action, field, event, account_id, type, size, hash, added_at, name)", 13,
		[]any{d.ID, d.Kind, d.Case, d.Code, string(d.Action), d.Field, d.Event, d.Account, d.Type, d.Size, d.Hash[:], d.AddedAt, tx.db.seal.close([]byte(d.Name), d.ID)})
}

// Document is the document with that id; NotFound.
func (tx *Tx) Document(ctx context.Context, id uuid.UUID) (document.Document, error) {
	found, err := tx.documents(ctx, "WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		return document.Document{}, notFound()
	}
	d, _, err := first(found, err)
	return d, err
}

// DocumentsOf are the documents of a case, and those in forms of it, in the
// order in which they came.
func (tx *Tx) DocumentsOf(ctx context.Context, caseID uuid.UUID) ([]document.Document, error) {
	return tx.documents(ctx, "WHERE case_id = ? ORDER BY added_at, id", caseID)
}

func (tx *Tx) documents(ctx context.Context, rest string, args ...any) ([]document.Document, error) {
	var out []document.Document
	err := tx.each(ctx, func(s scanner) error {
		var d document.Document
		var hash, sealed []byte
		if err := s.Scan(&d.ID, &d.Kind, &d.Case, &d.Code, &d.Action, &d.Field, &d.Event, &d.Account, &d.Type, &d.Size, &hash, &d.AddedAt, &sealed); err != nil {
			return err
		}
		copy(d.Hash[:], hash)
		name, err := tx.db.seal.open(sealed, d.ID)
		if err != nil {
			return err
		}
		d.Name = string(name)
		out = append(out, d)
		return nil
	}, "SELECT id, kind, case_id, code, action, field, event, account_id, type, size, hash, added_at, name FROM document "+rest, args...)
	return out, err
}

// DropDocument forgets a document that was not sent, and its content if no other
// document has it; Conflict if it was sent.
func (tx *Tx) DropDocument(ctx context.Context, id uuid.UUID) error {
	d, err := tx.Document(ctx, id)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, "DELETE FROM document WHERE id = ? AND event = 0", id)
	if err != nil {
		return err
	}
	if n == 0 {
		return catalog.Refuse(catalog.Conflict, "document.sent")
	}
	return tx.dropParts(ctx, d.Hash)
}

// dropDocuments forgets those documents in forms that fit the condition, with
// their contents.
func (tx *Tx) dropDocuments(ctx context.Context, which string, args ...any) error {
	var hashes [][32]byte
	if err := tx.each(ctx, func(s scanner) error {
		var hash []byte
		err := s.Scan(&hash)
		hashes = append(hashes, hashOf(hash))
		return err
	}, "SELECT DISTINCT hash FROM document WHERE event = 0 AND "+which+" ORDER BY hash", args...); err != nil || len(hashes) == 0 {
		return err
	}
	if _, err := tx.exec(ctx, "DELETE FROM document WHERE event = 0 AND "+which, args...); err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := tx.dropParts(ctx, hash); err != nil {
			return err
		}
	}
	return nil
}
