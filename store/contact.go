package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/contact"

	"github.com/google/uuid"
)

var _ contact.Tx = (*Tx)(nil)

// NextCase counts the cases of a year. The row is locked until the transaction
// ends, so no two get one number.
func (tx *Tx) NextCase(ctx context.Context, year int) (n int, err error) {
	_, err = tx.one(ctx, []any{&n}, `INSERT INTO contact_number (year, last) VALUES (?, 1)
		ON CONFLICT (year) DO UPDATE SET last = contact_number.last + 1 RETURNING last`, year)
	return n, err
}

const caseColumns = "id, version, link_hash, body, contact"

// AddCase adds a case; Conflict if its code is taken, NotFound if there is no
// such result.
func (tx *Tx) AddCase(ctx context.Context, c contact.Case) error {
	body, sealed, err := tx.encodeCase(c)
	if err != nil {
		return err
	}
	return tx.insert(ctx, "contact_case (id, code, version, state, result_id, officer_id, link_hash, due_at, created_at, updated_at, body, contact)", 12,
		[]any{c.ID, c.Code, c.Version, string(c.State), c.Result, c.Officer, c.Link[:], c.DueAt, c.CreatedAt, c.UpdatedAt, body, sealed})
}

// SaveCase writes c if its stored version is c.Version and adds one to it.
func (tx *Tx) SaveCase(ctx context.Context, c contact.Case) error {
	body, sealed, err := tx.encodeCase(c)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE contact_case SET state = ?, officer_id = ?, due_at = ?, updated_at = ?, body = ?, contact = ?, version = version + 1
		WHERE id = ? AND version = ?`, string(c.State), c.Officer, c.DueAt, c.UpdatedAt, body, sealed, c.ID, c.Version)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// encodeCase splits a case into its body and its sealed part, nil if that is
// empty.
func (tx *Tx) encodeCase(c contact.Case) (body string, sealed []byte, err error) {
	private := c.Private
	c.Version = 0
	text, err := json.Marshal(c)
	if err != nil {
		return "", nil, fmt.Errorf("store: case: %w", err)
	}
	if private == (contact.Private{}) {
		return string(text), nil, nil
	}
	plain, err := json.Marshal(private)
	if err != nil {
		return "", nil, fmt.Errorf("store: case: %w", err)
	}
	return string(text), tx.db.seal.close(plain, c.ID), nil
}

// CaseByCode finds the case with a code.
func (tx *Tx) CaseByCode(ctx context.Context, code string) (contact.Case, error) {
	return tx.oneCase(ctx, "code = ?", code)
}

// CaseByLink finds the case by the SHA-256 of the secret of its page.
func (tx *Tx) CaseByLink(ctx context.Context, link [32]byte) (contact.Case, error) {
	return tx.oneCase(ctx, "link_hash = ?", link[:])
}

// LockCase is the case with that id; its row is held until the transaction ends.
func (tx *Tx) LockCase(ctx context.Context, id uuid.UUID) (contact.Case, error) {
	n, err := tx.exec(ctx, "UPDATE contact_case SET version = version WHERE id = ?", id)
	if err == nil && n == 0 {
		err = notFound()
	}
	if err != nil {
		return contact.Case{}, err
	}
	return tx.oneCase(ctx, "id = ?", id)
}

func (tx *Tx) oneCase(ctx context.Context, which string, arg any) (contact.Case, error) {
	found, err := tx.cases(ctx, "WHERE "+which, arg)
	if err == nil && len(found) == 0 {
		return contact.Case{}, notFound()
	}
	c, _, err := first(found, err)
	return c, err
}

func (tx *Tx) cases(ctx context.Context, rest string, args ...any) ([]contact.Case, error) {
	var out []contact.Case
	err := tx.each(ctx, func(s scanner) error {
		var c contact.Case
		var id uuid.UUID
		var version int64
		var link, sealed []byte
		var body string
		if err := s.Scan(&id, &version, &link, &body, &sealed); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			return fmt.Errorf("store: case %s: %w", id, err)
		}
		c.ID, c.Version = id, version
		copy(c.Link[:], link)
		if len(sealed) > 0 {
			plain, err := tx.db.seal.open(sealed, id)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(plain, &c.Private); err != nil {
				return fmt.Errorf("store: case %s: %w", id, err)
			}
		}
		out = append(out, c)
		return nil
	}, "SELECT "+caseColumns+" FROM contact_case "+rest, args...)
	return out, err
}

// Cases returns one page, what is due first; the id decides between equal
// times, so every case is on one page and on one only.
func (tx *Tx) Cases(ctx context.Context, f contact.Filter, p contact.Page) ([]contact.Case, contact.Page, error) {
	w := &where{}
	var states []string
	for _, s := range contact.States() {
		if len(f.States) == 0 && contact.Open(s) {
			states = append(states, string(s))
		}
	}
	for _, s := range f.States {
		states = append(states, string(s))
	}
	w.add("state "+tx.db.driver.anyText(), states)
	if f.Officer != uuid.Nil {
		w.add("officer_id = ?", f.Officer)
	}
	if p.ID != uuid.Nil {
		w.add("(due_at, id) > (?, ?)", p.DueAt, p.ID)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	found, err := tx.cases(ctx, w.String()+" ORDER BY due_at, id LIMIT ?", append(w.args, limit+1)...)
	if err != nil || len(found) <= limit {
		return found, contact.Page{}, err
	}
	found = found[:limit]
	last := found[limit-1]
	return found, contact.Page{DueAt: last.DueAt, ID: last.ID, Limit: limit}, nil
}

// CountCases counts by state, of an officer or, zero, of everybody.
func (tx *Tx) CountCases(ctx context.Context, officer uuid.UUID) (map[contact.State]int, error) {
	w := &where{}
	if officer != uuid.Nil {
		w.add("officer_id = ?", officer)
	}
	byName, err := countBy(ctx, tx, "contact_case", "state", w)
	out := map[contact.State]int{}
	for s, n := range byName {
		out[contact.State(s)] = n
	}
	return out, err
}
