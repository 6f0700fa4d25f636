package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"datai/catalog"
	"datai/contact"
	"datai/process"

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
	return tx.insert(ctx, "contact_case (id, code, version, state, result_id, officer_id, link_hash, due_at, created_at, updated_at, unit, find, body, contact)", 14,
		[]any{c.ID, c.Code, c.Version, string(c.State), orNull(c.Result), c.Officer, c.Link[:], c.DueAt, c.CreatedAt, c.UpdatedAt, c.Unit, findCase(c), body, sealed})
}

// orNull is an id that leads to another row, NULL if it is zero.
func orNull(id uuid.UUID) any {
	if id == uuid.Nil {
		return nil
	}
	return id
}

// findCase is what a search looks in.
func findCase(c contact.Case) string {
	var parts []string
	for _, s := range []string{c.Code, c.Title, c.ResultCode, c.Need, c.NeedTitle, c.Unit} {
		parts = append(parts, catalog.Fold(s))
	}
	return strings.Join(parts, "|")
}

// SaveCase writes c if its stored version is c.Version and adds one to it.
func (tx *Tx) SaveCase(ctx context.Context, c contact.Case) error {
	body, sealed, err := tx.encodeCase(c)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE contact_case SET state = ?, result_id = ?, officer_id = ?, link_hash = ?, due_at = ?, updated_at = ?, unit = ?, find = ?,
		body = ?, contact = ?, version = version + 1 WHERE id = ? AND version = ?`,
		string(c.State), orNull(c.Result), c.Officer, c.Link[:], c.DueAt, c.UpdatedAt, c.Unit, findCase(c), body, sealed, c.ID, c.Version)
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

// CaseByID finds the case with that id.
func (tx *Tx) CaseByID(ctx context.Context, id uuid.UUID) (contact.Case, error) {
	return tx.oneCase(ctx, "id = ?", id)
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
	if f.Unit != "" {
		w.add("unit = ?", f.Unit)
	}
	if f.Find != "" {
		w.add("replace(find, ?, '') <> find", f.Find)
	}
	if f.Due != 0 {
		w.add("due_at < ?", f.Due)
	}
	if f.Stuck != 0 {
		w.add("updated_at < ? AND state <> ?", f.Stuck, string(contact.Paused))
	}
	if p.ID != uuid.Nil {
		w.add("(due_at, id) > (?, ?)", p.DueAt, p.ID)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	// The page is found in an index alone; only its rows are read.
	found, err := tx.cases(ctx, "WHERE id IN (SELECT id FROM contact_case"+w.String()+" ORDER BY due_at, id LIMIT ?) ORDER BY due_at, id", append(w.args, limit+1)...)
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

// CaseUnits lists the units of the results of cases, of an officer or, zero, of
// everybody.
func (tx *Tx) CaseUnits(ctx context.Context, officer uuid.UUID) ([]string, error) {
	w := &where{}
	w.add("unit <> ''")
	if officer != uuid.Nil {
		w.add("officer_id = ?", officer)
	}
	var out []string
	err := tx.each(ctx, func(s scanner) error {
		var unit string
		err := s.Scan(&unit)
		out = append(out, unit)
		return err
	}, "SELECT DISTINCT unit FROM contact_case"+w.String()+" ORDER BY unit", w.args...)
	return out, err
}

// AddCaseLink keeps a link of a case, whose row this transaction holds or saves.
func (tx *Tx) AddCaseLink(ctx context.Context, l contact.Link) error {
	_, err := tx.exec(ctx, `INSERT INTO contact_link (hash, case_id, n, kind, side, made_at, expires_at, used_at, answer)
		SELECT ?, ?, COALESCE(MAX(n), 0) + 1, ?, ?, ?, ?, ?, ? FROM contact_link WHERE case_id = ?`,
		l.Hash[:], l.Case, string(l.Kind), string(l.Side), l.MadeAt, l.ExpiresAt, l.UsedAt, l.Answer, l.Case)
	return err
}

func (tx *Tx) links(ctx context.Context, rest string, args ...any) ([]contact.Link, error) {
	var out []contact.Link
	err := tx.each(ctx, func(s scanner) error {
		var l contact.Link
		var hash []byte
		err := s.Scan(&hash, &l.Case, &l.Kind, &l.Side, &l.MadeAt, &l.ExpiresAt, &l.UsedAt, &l.Answer)
		copy(l.Hash[:], hash)
		out = append(out, l)
		return err
	}, "SELECT hash, case_id, kind, side, made_at, expires_at, used_at, answer FROM contact_link "+rest, args...)
	return out, err
}

// CaseLinkByHash finds a link by the SHA-256 of its secret.
func (tx *Tx) CaseLinkByHash(ctx context.Context, hash [32]byte) (contact.Link, error) {
	l, ok, err := first(tx.links(ctx, "WHERE hash = ?", hash[:]))
	if err == nil && !ok {
		err = notFound()
	}
	return l, err
}

// LastCaseLink is the newest link of a case of that kind to that side.
func (tx *Tx) LastCaseLink(ctx context.Context, caseID uuid.UUID, kind contact.LinkKind, side process.Actor) (contact.Link, bool, error) {
	return first(tx.links(ctx, "WHERE case_id = ? AND kind = ? AND side = ? ORDER BY n DESC LIMIT 1", caseID, string(kind), string(side)))
}

// UseCaseLink notes the answer by a link that nobody has used and that works at the
// time at; of two who use one at once one does.
func (tx *Tx) UseCaseLink(ctx context.Context, hash [32]byte, at int64, answer string) (bool, error) {
	n, err := tx.exec(ctx, "UPDATE contact_link SET used_at = ?, answer = ? WHERE hash = ? AND used_at = 0 AND expires_at > ?", at, answer, hash[:], at)
	return n == 1, err
}

// EndCaseLinks lets the unused links of a case of that kind expire at the time at,
// all kinds if it is "".
func (tx *Tx) EndCaseLinks(ctx context.Context, caseID uuid.UUID, kind contact.LinkKind, at int64) error {
	_, err := tx.exec(ctx, "UPDATE contact_link SET expires_at = ? WHERE case_id = ? AND (kind = ? OR ? = '') AND used_at = 0 AND expires_at > ?",
		at, caseID, string(kind), string(kind), at)
	return err
}
