package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/process"

	"github.com/google/uuid"
)

// AddEvent adds the next event of a case, whose row this transaction holds, so
// that no two get one number.
func (tx *Tx) AddEvent(ctx context.Context, id uuid.UUID, e process.Event) error {
	facts, err := json.Marshal(e.Taken.Facts)
	if err != nil {
		return fmt.Errorf("store: event: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO process_event (case_id, n, at, who_id, role, action, actor, from_state, to_state, reason, facts, under)
		SELECT ?, COALESCE(MAX(n), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM process_event WHERE case_id = ?`,
		id, e.At, e.Who, e.Role, string(e.Taken.Action), string(e.Taken.By), string(e.Taken.From), string(e.Taken.To), e.Taken.Reason, string(facts), e.Taken.Under, id)
	return err
}

// Events are the events of a case, the first first.
func (tx *Tx) Events(ctx context.Context, id uuid.UUID) ([]process.Event, error) {
	var out []process.Event
	err := tx.each(ctx, func(s scanner) error {
		var e process.Event
		var facts string
		if err := s.Scan(&e.N, &e.At, &e.Who, &e.Role, &e.Taken.Action, &e.Taken.By, &e.Taken.From, &e.Taken.To, &e.Taken.Reason, &facts, &e.Taken.Under); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(facts), &e.Taken.Facts); err != nil {
			return fmt.Errorf("store: event %d of %s: %w", e.N, id, err)
		}
		out = append(out, e)
		return nil
	}, `SELECT n, at, who_id, role, action, actor, from_state, to_state, reason, facts, under FROM process_event WHERE case_id = ? ORDER BY n`, id)
	return out, err
}

// SetAlarm sets a timer of a case of that kind, or takes it away.
func (tx *Tx) SetAlarm(ctx context.Context, kind string, a process.Alarm) error {
	if a.At == process.NeverDue {
		_, err := tx.exec(ctx, "DELETE FROM process_timer WHERE case_id = ? AND name = ?", a.Case, a.Timer)
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO process_timer (case_id, name, kind, due_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (case_id, name) DO UPDATE SET due_at = excluded.due_at`, a.Case, a.Timer, kind, a.At)
	return err
}

// TakeAlarm takes a timer away; Conflict if it is no longer set for that time.
func (tx *Tx) TakeAlarm(ctx context.Context, a process.Alarm) error {
	n, err := tx.exec(ctx, "DELETE FROM process_timer WHERE case_id = ? AND name = ? AND due_at = ?", a.Case, a.Timer, a.At)
	if err == nil && n == 0 {
		return conflict()
	}
	return err
}

// DueAlarms lists the timers of a kind that are due at a time, the first first.
func (tx *Tx) DueAlarms(ctx context.Context, kind string, at int64, limit int) ([]process.Alarm, error) {
	var out []process.Alarm
	err := tx.each(ctx, func(s scanner) error {
		var a process.Alarm
		if err := s.Scan(&a.Case, &a.Timer, &a.At); err != nil {
			return err
		}
		out = append(out, a)
		return nil
	}, "SELECT case_id, name, due_at FROM process_timer WHERE kind = ? AND due_at <= ? ORDER BY due_at, case_id LIMIT ?", kind, at, limit)
	return out, err
}
