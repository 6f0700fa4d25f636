package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"datai/inbox"
	"datai/journal"

	"github.com/google/uuid"
)

// AddReceiver adds a receiver; Conflict if its name is taken.
func (tx *Tx) AddReceiver(ctx context.Context, r inbox.Receiver) error {
	target, err := json.Marshal(r.Target) //nolint:gosec // what it holds is sealed before it is kept
	if err != nil {
		return fmt.Errorf("store: receiver: %w", err)
	}
	return tx.insert(ctx, "receiver (id, kind, name, version, disabled, events, created_at, target)", 8, []any{r.ID, string(r.Kind), r.Name, r.Version,
		r.Disabled, strings.Join(r.Events, ","), r.CreatedAt, tx.db.seal.close(target, r.ID)})
}

// SaveReceiver writes r if its stored version is r.Version and adds one to it.
func (tx *Tx) SaveReceiver(ctx context.Context, r inbox.Receiver) error {
	target, err := json.Marshal(r.Target) //nolint:gosec // what it holds is sealed before it is kept
	if err != nil {
		return fmt.Errorf("store: receiver: %w", err)
	}
	return only(tx.exec(ctx, `UPDATE receiver SET name = ?, version = version + 1, disabled = ?, events = ?, target = ? WHERE id = ? AND version = ?`,
		r.Name, r.Disabled, strings.Join(r.Events, ","), tx.db.seal.close(target, r.ID), r.ID, r.Version))
}

// RemoveReceiver forgets a receiver; false if there was none.
func (tx *Tx) RemoveReceiver(ctx context.Context, id uuid.UUID) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM receiver WHERE id = ?`, id)
	return n > 0, err
}

// Receivers lists the receivers by name.
func (tx *Tx) Receivers(ctx context.Context) ([]inbox.Receiver, error) {
	return tx.receivers(ctx, "ORDER BY name")
}

// Receiver is one of them.
func (tx *Tx) Receiver(ctx context.Context, id uuid.UUID) (inbox.Receiver, bool, error) {
	return first(tx.receivers(ctx, "WHERE id = ?", id))
}

func (tx *Tx) receivers(ctx context.Context, rest string, args ...any) ([]inbox.Receiver, error) {
	var out []inbox.Receiver
	err := tx.each(ctx, func(s scanner) error {
		var r inbox.Receiver
		var events string
		var sealed []byte
		if err := s.Scan(&r.ID, &r.Kind, &r.Name, &r.Version, &r.Disabled, &events, &r.CreatedAt, &sealed); err != nil {
			return err
		}
		r.Events = strings.Split(events, ",")
		target, err := tx.db.seal.open(sealed, r.ID)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(target, &r.Target); err != nil {
			return fmt.Errorf("store: receiver %s: %w", r.ID, err)
		}
		out = append(out, r)
		return nil
	}, "SELECT id, kind, name, version, disabled, events, created_at, target FROM receiver "+rest, args...)
	return out, err
}

// LaneState says how a lane fares.
func (tx *Tx) LaneState(ctx context.Context, lane string) (l inbox.LaneState, err error) {
	if _, err = tx.one(ctx, []any{&l.Waiting}, `SELECT count(*) FROM outbox WHERE kind = ?`, lane); err != nil {
		return l, err
	}
	if _, err = tx.one(ctx, []any{&l.Sent, &l.Failed}, `SELECT coalesce(sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN state = 'sent' THEN 0 ELSE 1 END), 0) FROM delivery WHERE lane = ?`, lane); err != nil {
		return l, err
	}
	_, err = tx.one(ctx, []any{&l.At, &l.Cause}, `SELECT at, cause FROM delivery WHERE lane = ? ORDER BY at DESC, id DESC LIMIT 1`, lane)
	return l, err
}

// metaEvents names in meta the number of the last entry that was made events of.
const metaEvents = "events"

// EventCursor is that number; ok is false if there is none yet.
func (tx *Tx) EventCursor(ctx context.Context) (seq int64, ok bool, err error) {
	var text string
	if ok, err = tx.one(ctx, []any{&text}, `SELECT value FROM meta WHERE name = ?`, metaEvents); err != nil || !ok {
		return 0, false, err
	}
	seq, err = strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("store: %s: %w", metaEvents, err)
	}
	return seq, true, nil
}

// SetEventCursor moves it from was to to, or makes it; Conflict if it is
// elsewhere.
func (tx *Tx) SetEventCursor(ctx context.Context, was, to int64, first bool) error {
	if first {
		return only(tx.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, metaEvents, strconv.FormatInt(to, 10)))
	}
	return only(tx.exec(ctx, `UPDATE meta SET value = ? WHERE name = ? AND value = ?`, strconv.FormatInt(to, 10), metaEvents, strconv.FormatInt(was, 10)))
}

// LastEntry is the number of the last numbered entry, 0 if there is none.
func (tx *Tx) LastEntry(ctx context.Context) (seq int64, err error) {
	_, err = tx.one(ctx, []any{&seq}, lastNumber("entry"))
	return seq, err
}

// EntriesAfter reads the numbered entries after the number after, in their order.
func (tx *Tx) EntriesAfter(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	var out []journal.Entry
	err := tx.each(ctx, func(s scanner) error {
		var e journal.Entry
		var body string
		var salt []byte
		if err := s.Scan(&e.ID, &e.Seq, &e.At, &e.Actor, &e.Role, &e.Verb, &e.Kind, &e.Subject, &body, &salt); err != nil {
			return err
		}
		copy(e.Salt[:], salt)
		if err := json.Unmarshal([]byte(body), &e.Body); err != nil {
			return fmt.Errorf("store: entry %s: %w", e.ID, err)
		}
		out = append(out, e)
		return nil
	}, `SELECT id, seq, at, actor, role, verb, kind, subject, body, salt FROM entry WHERE seq > 0 AND seq > ? ORDER BY seq LIMIT ?`, after, limit)
	return out, err
}
