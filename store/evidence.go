package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"datai/document"
	"datai/evidence"
	"datai/gate"
	"datai/inbox"

	"github.com/google/uuid"
)

var _ evidence.Tx = (*Tx)(nil)

const metaMailed = "mailed" // when the checkpoint was last sent, unix ms

// LastMailed is when the checkpoint was last sent (unix ms), 0 if never.
func (tx *Tx) LastMailed(ctx context.Context) (at int64, err error) {
	var text string
	ok, err := tx.one(ctx, []any{&text}, `SELECT value FROM meta WHERE name = ?`, metaMailed)
	if err != nil || !ok {
		return 0, err
	}
	if at, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, fmt.Errorf("store: %s: %w", metaMailed, err)
	}
	return at, nil
}

// SetLastMailed moves it from was to now; Conflict if it is elsewhere.
func (tx *Tx) SetLastMailed(ctx context.Context, was, now int64) error {
	if was == 0 {
		return only(tx.exec(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, metaMailed, strconv.FormatInt(now, 10)))
	}
	return only(tx.exec(ctx, `UPDATE meta SET value = ? WHERE name = ? AND value = ?`, strconv.FormatInt(now, 10), metaMailed, strconv.FormatInt(was, 10)))
}

// subjects is where the things stand of which there are packs. The title of a
// contact case is that of its result; what stands at the gate is a result, from its
// first step on.
var subjects = map[string]string{
	"contact": `SELECT c.id, r.title, c.state, c.version, c.created_at, c.updated_at FROM contact_case AS c JOIN result AS r ON r.id = c.result_id WHERE c.code = ?`,
	"gate": `SELECT c.id, r.title, c.state, c.version, COALESCE((SELECT MIN(at) FROM process_event AS e WHERE e.case_id = c.id), c.updated_at), c.updated_at
		FROM gate_case AS c JOIN result AS r ON r.id = c.result_id WHERE r.code = ?`,
	"need":   `SELECT id, title, state, version, created_at, updated_at FROM need WHERE code = ?`,
	"result": `SELECT id, title, state, version, created_at, updated_at FROM result WHERE code = ?`,
}

// SubjectByCode is the thing of that kind with that code; NotFound if there is
// none.
func (tx *Tx) SubjectByCode(ctx context.Context, kind, code string) (evidence.Subject, error) {
	s := evidence.Subject{Kind: kind, Code: code}
	query, ok := subjects[kind]
	if !ok {
		return s, notFound()
	}
	ok, err := tx.one(ctx, []any{&s.ID, &s.Title, &s.State, &s.Version, &s.CreatedAt, &s.UpdatedAt}, query, code)
	if err == nil && !ok {
		err = notFound()
	}
	return s, err
}

// EventsAbout are the entries about a thing in their order; those that have no
// number yet come last.
func (tx *Tx) EventsAbout(ctx context.Context, id uuid.UUID) (events []evidence.Event, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var e evidence.Event
		k := &e.Entry
		err := s.Scan(&k.ID, &k.Seq, &k.At, &k.Actor, &k.Role, &k.Verb, &k.Kind, &k.Subject, &k.Body, &k.Salt, &k.Digest, &e.Name)
		events = append(events, e)
		return err
	}, `SELECT e.id, e.seq, e.at, e.actor, e.role, e.verb, e.kind, e.subject, e.body, e.salt, e.digest, coalesce(a.name, '')
		FROM entry AS e LEFT JOIN account AS a ON a.id = e.actor WHERE e.subject = ? ORDER BY CASE WHEN e.seq = 0 THEN 1 ELSE 0 END, e.seq, e.at, e.id`, id)
	return events, err
}

// DocumentsAbout are the documents that came with the steps of a case, in their
// order.
func (tx *Tx) DocumentsAbout(ctx context.Context, id uuid.UUID) (out []evidence.Document, err error) {
	found, err := tx.documents(ctx, "WHERE case_id = ? AND event > 0 ORDER BY event, added_at, id", id)
	for _, d := range found {
		out = append(out, evidence.Document{Name: d.Name, Type: d.Type, Field: d.Field, Step: string(d.Action), Event: d.Event, Size: d.Size, Hash: d.Hash, AddedAt: d.AddedAt})
	}
	return out, err
}

// WriteDocument writes the content of a document; an error if it is not the one
// of that hash.
func (tx *Tx) WriteDocument(ctx context.Context, hash [32]byte, size int64, w io.Writer) error {
	return document.WriteParts(hash, size, func(n int) ([]byte, error) { return tx.Part(ctx, hash, n) }, w)
}

// ReviewsAbout are the outside reviews of a result, the first first.
func (tx *Tx) ReviewsAbout(ctx context.Context, result uuid.UUID) (out []evidence.Review, err error) {
	rounds, err := tx.gateRounds(ctx, "WHERE r.result_id = ? ORDER BY r.made_at, r.id", result)
	for _, r := range rounds {
		v := evidence.Review{ID: r.ID, Purpose: r.Purpose, State: string(r.State), BegunAt: r.MadeAt, DueAt: r.DueAt, ClosedAt: r.ClosedAt, Verdict: r.Verdict, Points: r.Points,
			Pass: r.Limits.Pass, Hold: r.Limits.Hold, Rules: r.Limits.Rules}
		for _, s := range r.Seats {
			seat := evidence.Seat{State: string(s.State), At: s.At, Tie: s.Tie.Code, Scores: []int{}}
			if r.State == gate.RoundClosed && s.State == gate.SeatScored {
				seat.Scores = s.Sheet.Scores
			}
			v.Seats = append(v.Seats, seat)
		}
		out = append(out, v)
	}
	return out, err
}

// NoticesAbout are the notices whose page is that of the thing with that code,
// in the order of time.
func (tx *Tx) NoticesAbout(ctx context.Context, code string) (notices []evidence.Notice, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var n evidence.Notice
		var id uuid.UUID
		var sealed []byte
		if err := s.Scan(&id, &n.To, &n.Template, &n.At, &n.ReadAt, &sealed); err != nil {
			return err
		}
		text, err := tx.db.seal.open(sealed, id)
		if err != nil {
			return err
		}
		var body inbox.Body
		if err := json.Unmarshal(text, &body); err != nil {
			return fmt.Errorf("store: notice %s: %w", id, err)
		}
		if strings.HasSuffix(body.Path, "/"+code) {
			notices = append(notices, n)
		}
		return nil
	}, `SELECT n.id, a.name, n.template, n.at, n.read_at, n.body FROM notice AS n JOIN account AS a ON a.id = n.account_id ORDER BY n.at, n.id`)
	return notices, err
}
