package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"datai/catalog"
	"datai/shelf"

	"github.com/google/uuid"
)

var _ shelf.ProxyTx = (*Tx)(nil)

// AddNeed adds a need and records the change; Conflict if its key or code is
// taken.
func (tx *Tx) AddNeed(ctx context.Context, n catalog.Need) error {
	if err := add(ctx, tx, needs, &n); err != nil {
		return err
	}
	return tx.ownedBy(ctx, &n)
}

// add writes a thing that is not there yet, in version 1.
func add[T any](ctx context.Context, tx *Tx, n noun[T], thing *T) error {
	h := n.head(thing)
	body, sealed, err := encode(tx.db.seal, n, thing)
	if err != nil {
		return err
	}
	columns := append(append([]string{}, n.columns...), n.made...)
	args := make([]any, 0, len(columns)+4)
	for _, c := range columns {
		args = append(args, h.value(c))
	}
	args = append(args, h.id, int64(1), body, sealed)
	if err := tx.insert(ctx, n.table+" ("+strings.Join(columns, ", ")+", id, version, body, contact)", len(args), args); err != nil {
		return err
	}
	return tx.changed(ctx, n.table, h.id)
}

// AddDraft keeps a draft; what was typed is encrypted.
func (tx *Tx) AddDraft(ctx context.Context, d shelf.Draft) error {
	sealed, err := tx.sealed(d.Form, d.ID)
	if err != nil {
		return err
	}
	return tx.insert(ctx, "proxy_draft (id, version, account_id, created_at, updated_at, need_code, form)", 7,
		[]any{d.ID, d.Version, d.Account, d.CreatedAt, d.UpdatedAt, d.Need, sealed})
}

// sealed is a value as encrypted JSON for the row id.
func (tx *Tx) sealed(value any, id uuid.UUID) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("store: seal %s: %w", id, err)
	}
	return tx.db.seal.close(text, id), nil
}

// unsealed is the reverse of sealed.
func (tx *Tx) unsealed(sealed []byte, id uuid.UUID, value any) error {
	text, err := tx.db.seal.open(sealed, id)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("store: unseal %s: %w", id, err)
	}
	return nil
}

// SaveDraft writes d if its stored version is d.Version and adds one to it;
// Conflict otherwise. The form of a draft that became a need is forgotten.
func (tx *Tx) SaveDraft(ctx context.Context, d shelf.Draft) error {
	var form []byte
	if d.Need == "" {
		var err error
		if form, err = tx.sealed(d.Form, d.ID); err != nil {
			return err
		}
	}
	n, err := tx.exec(ctx, `UPDATE proxy_draft SET updated_at = ?, need_code = ?, form = ?, version = version + 1 WHERE id = ? AND version = ?`,
		d.UpdatedAt, d.Need, form, d.ID, d.Version)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// Draft is the draft with this id.
func (tx *Tx) Draft(ctx context.Context, id uuid.UUID) (shelf.Draft, error) {
	found, err := tx.drafts(ctx, "WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		return shelf.Draft{}, notFound()
	}
	d, _, err := first(found, err)
	return d, err
}

// Drafts are those of an account, the last touched first.
func (tx *Tx) Drafts(ctx context.Context, account uuid.UUID) ([]shelf.Draft, error) {
	return tx.drafts(ctx, "WHERE account_id = ? ORDER BY updated_at DESC, id DESC", account)
}

func (tx *Tx) drafts(ctx context.Context, rest string, args ...any) ([]shelf.Draft, error) {
	var out []shelf.Draft
	err := tx.each(ctx, func(s scanner) error {
		var d shelf.Draft
		var form []byte
		if err := s.Scan(&d.ID, &d.Version, &d.Account, &d.CreatedAt, &d.UpdatedAt, &d.Need, &form); err != nil {
			return err
		}
		if len(form) > 0 {
			if err := tx.unsealed(form, d.ID, &d.Form); err != nil {
				return err
			}
		}
		out = append(out, d)
		return nil
	}, "SELECT id, version, account_id, created_at, updated_at, need_code, form FROM proxy_draft "+rest, args...)
	return out, err
}

// CountDrafts counts the drafts of an account that became no need.
func (tx *Tx) CountDrafts(ctx context.Context, account uuid.UUID) (n int, err error) {
	_, err = tx.one(ctx, []any{&n}, `SELECT count(*) FROM proxy_draft WHERE account_id = ? AND need_code = ''`, account)
	return n, err
}

// DropDraft forgets a draft.
func (tx *Tx) DropDraft(ctx context.Context, id uuid.UUID) error {
	_, err := tx.exec(ctx, `DELETE FROM proxy_draft WHERE id = ?`, id)
	return err
}

// AddConfirmation keeps one; NotFound if there is no such need.
func (tx *Tx) AddConfirmation(ctx context.Context, c shelf.Confirmation) error {
	said, err := tx.sealed(c.Said, c.ID)
	if err != nil {
		return err
	}
	return tx.insert(ctx, "need_confirmation (id, need_id, hash, how, made_by, made_at, expires_at, used_at, outcome, said)", 10,
		[]any{c.ID, c.Need, c.Hash[:], c.How, c.MadeBy, c.MadeAt, c.ExpiresAt, c.UsedAt, string(c.Outcome), said})
}

// ConfirmationByHash finds one by the SHA-256 of the secret of its link.
func (tx *Tx) ConfirmationByHash(ctx context.Context, hash [32]byte) (shelf.Confirmation, error) {
	found, err := tx.confirmations(ctx, "WHERE hash = ?", hash[:])
	if err == nil && len(found) == 0 {
		return shelf.Confirmation{}, notFound()
	}
	c, _, err := first(found, err)
	return c, err
}

// Confirmations of a need, in the order in which they were made.
func (tx *Tx) Confirmations(ctx context.Context, need uuid.UUID) ([]shelf.Confirmation, error) {
	return tx.confirmations(ctx, "WHERE need_id = ? ORDER BY made_at, id", need)
}

func (tx *Tx) confirmations(ctx context.Context, rest string, args ...any) ([]shelf.Confirmation, error) {
	var out []shelf.Confirmation
	err := tx.each(ctx, func(s scanner) error {
		var c shelf.Confirmation
		var hash, said []byte
		var outcome string
		if err := s.Scan(&c.ID, &c.Need, &hash, &c.How, &c.MadeBy, &c.MadeAt, &c.ExpiresAt, &c.UsedAt, &outcome, &said); err != nil {
			return err
		}
		copy(c.Hash[:], hash)
		c.Outcome = catalog.AnswerState(outcome)
		if err := tx.unsealed(said, c.ID, &c.Said); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	}, "SELECT id, need_id, hash, how, made_by, made_at, expires_at, used_at, outcome, said FROM need_confirmation "+rest, args...)
	return out, err
}

// UseConfirmation marks an unused, unexpired one used at the time now (unix
// ms), with its outcome and what was said; false if there is none.
func (tx *Tx) UseConfirmation(ctx context.Context, c shelf.Confirmation, now int64) (bool, error) {
	said, err := tx.sealed(c.Said, c.ID)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, `UPDATE need_confirmation SET used_at = ?, outcome = ?, said = ? WHERE id = ? AND used_at = 0 AND expires_at > ?`,
		now, string(c.Outcome), said, c.ID, now)
	return n == 1, err
}

// EndConfirmations lets the unused links of a need expire at the time now.
func (tx *Tx) EndConfirmations(ctx context.Context, need uuid.UUID, now int64) error {
	_, err := tx.exec(ctx, `UPDATE need_confirmation SET expires_at = ? WHERE need_id = ? AND used_at = 0 AND expires_at > ?`, now, need, now)
	return err
}
