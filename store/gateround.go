package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/contact"
	"datai/gate"

	"github.com/google/uuid"
)

// AddGateRound adds a round with its seats.
func (tx *Tx) AddGateRound(ctx context.Context, r gate.Round) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("store: round: %w", err)
	}
	if _, err := tx.exec(ctx, `INSERT INTO gate_round (id, result_id, version, state, made_by, made_at, body) VALUES (?, ?, 1, ?, ?, ?, ?)`,
		r.ID, r.Result, string(r.State), r.MadeBy, r.MadeAt, string(body)); err != nil {
		return err
	}
	for _, s := range r.Seats {
		said, err := tx.sealed(s.Sheet, s.ID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO gate_seat (id, round_id, account_id, state, at, tie, tie_with, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, r.ID, s.Account, string(s.State), s.At, s.Tie.Code, s.Tie.With, said); err != nil {
			return err
		}
	}
	return nil
}

// GateRound is the round with its seats.
func (tx *Tx) GateRound(ctx context.Context, id uuid.UUID) (gate.Round, error) {
	r, ok, err := first(tx.gateRounds(ctx, "WHERE r.id = ?", id))
	if err == nil && !ok {
		err = notFound()
	}
	return r, err
}

// GateRoundsOf are the rounds in which an account has a seat from which it is not
// excluded, the latest first.
func (tx *Tx) GateRoundsOf(ctx context.Context, accountID uuid.UUID, limit int) ([]gate.Round, error) {
	return tx.gateRounds(ctx, "WHERE r.id IN (SELECT round_id FROM gate_seat WHERE account_id = ? AND state <> 'excluded') ORDER BY r.made_at DESC, r.id LIMIT ?", accountID, limit)
}

func (tx *Tx) gateRounds(ctx context.Context, which string, args ...any) ([]gate.Round, error) {
	var out []gate.Round
	at := map[uuid.UUID]int{}
	if err := tx.each(ctx, func(s scanner) error {
		var r gate.Round
		var version int64
		var body string
		if err := s.Scan(&r.ID, &version, &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return fmt.Errorf("store: round %s: %w", r.ID, err)
		}
		r.Version = version
		at[r.ID] = len(out)
		out = append(out, r)
		return nil
	}, `SELECT r.id, r.version, r.body FROM gate_round AS r `+which, args...); err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(out))
	for i, r := range out {
		ids[i] = r.ID
	}
	return out, tx.each(ctx, func(s scanner) error {
		var seat gate.Seat
		var round uuid.UUID
		var said []byte
		if err := s.Scan(&seat.ID, &round, &seat.Account, &seat.State, &seat.At, &seat.Tie.Code, &seat.Tie.With, &said); err != nil {
			return err
		}
		err := tx.unsealed(said, seat.ID, &seat.Sheet)
		out[at[round]].Seats = append(out[at[round]].Seats, seat)
		return err
	}, `SELECT id, round_id, account_id, state, at, tie, tie_with, said FROM gate_seat WHERE round_id `+tx.db.driver.anyID()+` ORDER BY id`, ids)
}

// SaveGateRound writes r and its seats if its stored version is r.Version and
// adds one to it.
func (tx *Tx) SaveGateRound(ctx context.Context, r gate.Round) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("store: round: %w", err)
	}
	if err := only(tx.exec(ctx, `UPDATE gate_round SET state = ?, body = ?, version = version + 1 WHERE id = ? AND version = ?`,
		string(r.State), string(body), r.ID, r.Version)); err != nil {
		return err
	}
	for _, s := range r.Seats {
		said, err := tx.sealed(s.Sheet, s.ID)
		if err != nil {
			return err
		}
		if err := only(tx.exec(ctx, `UPDATE gate_seat SET state = ?, at = ?, tie = ?, tie_with = ?, said = ? WHERE id = ? AND round_id = ?`,
			string(s.State), s.At, s.Tie.Code, s.Tie.With, said, s.ID, r.ID)); err != nil {
			return err
		}
	}
	return nil
}

// Takers are those to whom a result goes, as ReviewTx says.
func (tx *Tx) Takers(ctx context.Context, result uuid.UUID) ([]gate.Taker, error) {
	var states []string
	for _, s := range contact.States() {
		if contact.Open(s) || s == contact.Signed {
			states = append(states, string(s))
		}
	}
	cases, err := tx.cases(ctx, "WHERE result_id = ? AND state "+tx.db.driver.anyText()+" ORDER BY id", result, states)
	var out []gate.Taker
	for _, c := range cases {
		out = append(out, gate.Taker{Case: c.Code, Name: c.Private.Contact.Name, Unit: c.Private.Contact.PartyName})
	}
	return out, err
}
