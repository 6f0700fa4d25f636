package store

import (
	"context"

	"datai/gate"

	"github.com/google/uuid"
)

// AddGateLink adds a link with the results that it is about.
func (tx *Tx) AddGateLink(ctx context.Context, l gate.Link) error {
	who, err := tx.sealed(l.Who, l.ID)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `INSERT INTO gate_link (id, hash, made_by, made_at, expires_at, ended_at, done_at, opened_at, sent, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.ID, l.Hash[:], l.MadeBy, l.MadeAt, l.ExpiresAt, l.EndedAt, l.DoneAt, l.OpenedAt, l.Sent, who); err != nil {
		return err
	}
	var values []any
	for _, r := range l.Results {
		values = append(values, l.ID, r)
	}
	return tx.insert(ctx, "gate_link_result (link_id, result_id)", 2, values)
}

// GateLinkByHash finds the link by the SHA-256 of its secret.
func (tx *Tx) GateLinkByHash(ctx context.Context, hash [32]byte) (gate.Link, error) {
	l, ok, err := first(tx.gateLinks(ctx, "WHERE hash = ?", hash[:]))
	if err == nil && !ok {
		err = notFound()
	}
	return l, err
}

// LiveGateLinks are the links that still work at a time and are not done.
func (tx *Tx) LiveGateLinks(ctx context.Context, at int64) ([]gate.Link, error) {
	return tx.gateLinks(ctx, "WHERE ended_at = 0 AND done_at = 0 AND expires_at > ? ORDER BY made_at, id", at)
}

func (tx *Tx) gateLinks(ctx context.Context, which string, args ...any) ([]gate.Link, error) {
	var out []gate.Link
	if err := tx.each(ctx, func(s scanner) error {
		var l gate.Link
		var hash, who []byte
		if err := s.Scan(&l.ID, &hash, &l.MadeBy, &l.MadeAt, &l.ExpiresAt, &l.EndedAt, &l.DoneAt, &l.OpenedAt, &l.Sent, &who); err != nil {
			return err
		}
		copy(l.Hash[:], hash)
		err := tx.unsealed(who, l.ID, &l.Who)
		out = append(out, l)
		return err
	}, `SELECT id, hash, made_by, made_at, expires_at, ended_at, done_at, opened_at, sent, who FROM gate_link `+which, args...); err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(out))
	at := map[uuid.UUID]int{}
	for i, l := range out {
		ids[i], at[l.ID] = l.ID, i
	}
	return out, tx.each(ctx, func(s scanner) error {
		var link, result uuid.UUID
		err := s.Scan(&link, &result)
		out[at[link]].Results = append(out[at[link]].Results, result)
		return err
	}, `SELECT link_id, result_id FROM gate_link_result WHERE link_id `+tx.db.driver.anyID()+` ORDER BY link_id, result_id`, ids)
}

// EndGateLinks lets the links for results end now that still work.
func (tx *Tx) EndGateLinks(ctx context.Context, results []uuid.UUID, at int64) error {
	_, err := tx.exec(ctx, `UPDATE gate_link SET ended_at = ? WHERE ended_at = 0 AND done_at = 0 AND expires_at > ? AND id IN
		(SELECT link_id FROM gate_link_result WHERE result_id `+tx.db.driver.anyID()+`)`, at, at, results)
	return err
}

// SaveGateLink writes when a link was opened and when it was done.
func (tx *Tx) SaveGateLink(ctx context.Context, l gate.Link) error {
	return only(tx.exec(ctx, `UPDATE gate_link SET opened_at = ?, done_at = ? WHERE id = ?`, l.OpenedAt, l.DoneAt, l.ID))
}

// AddGateAnswer adds an answer.
func (tx *Tx) AddGateAnswer(ctx context.Context, a gate.Answer) error {
	said, err := tx.sealed(a.Value, a.ID)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO gate_answer (id, link_id, result_id, question, state, at, decided_by, decided_at, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Link, a.Result, string(a.Code), string(a.State), a.At, a.By, a.ByAt, said)
	return err
}

func (tx *Tx) gateAnswers(ctx context.Context, which string, args ...any) ([]gate.Answer, error) {
	var out []gate.Answer
	err := tx.each(ctx, func(s scanner) error {
		var a gate.Answer
		var said []byte
		if err := s.Scan(&a.ID, &a.Link, &a.Result, &a.Code, &a.State, &a.At, &a.By, &a.ByAt, &said); err != nil {
			return err
		}
		err := tx.unsealed(said, a.ID, &a.Value)
		out = append(out, a)
		return err
	}, `SELECT id, link_id, result_id, question, state, at, decided_by, decided_at, said FROM gate_answer `+which, args...)
	return out, err
}

// GateAnswers of results, in the order in which they came.
func (tx *Tx) GateAnswers(ctx context.Context, results []uuid.UUID) ([]gate.Answer, error) {
	return tx.gateAnswers(ctx, "WHERE result_id "+tx.db.driver.anyID()+" ORDER BY at, id", results)
}

// GateAnswer finds an answer.
func (tx *Tx) GateAnswer(ctx context.Context, id uuid.UUID) (gate.Answer, error) {
	a, ok, err := first(tx.gateAnswers(ctx, "WHERE id = ?", id))
	if err == nil && !ok {
		err = notFound()
	}
	return a, err
}

// OpenGateAnswers are those that wait for an officer, the first first.
func (tx *Tx) OpenGateAnswers(ctx context.Context, limit int) ([]gate.Answer, error) {
	return tx.gateAnswers(ctx, "WHERE state = 'proposed' ORDER BY at, id LIMIT ?", limit)
}

// DecideGateAnswer writes a decision on a proposed answer; Conflict if it is not
// proposed any more.
func (tx *Tx) DecideGateAnswer(ctx context.Context, a gate.Answer) error {
	return only(tx.exec(ctx, `UPDATE gate_answer SET state = ?, decided_by = ?, decided_at = ? WHERE id = ? AND state = 'proposed'`, string(a.State), a.By, a.ByAt, a.ID))
}
