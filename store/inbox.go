package store

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/inbox"

	"github.com/google/uuid"
)

var _ inbox.Tx = (*Tx)(nil)

// AddNotice puts a notice into an inbox; NotFound if there is no such account.
func (tx *Tx) AddNotice(ctx context.Context, n inbox.Notice) error {
	text, err := json.Marshal(n.Body)
	if err != nil {
		return fmt.Errorf("store: notice: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO notice (id, account_id, template, urgent, at, read_at, mailed_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.Account, n.Template, n.Urgent, n.At, n.ReadAt, n.MailedAt, tx.db.seal.close(text, n.ID))
	return err
}

func (tx *Tx) notices(ctx context.Context, rest string, args ...any) ([]inbox.Notice, error) {
	var out []inbox.Notice
	err := tx.each(ctx, func(s scanner) error {
		var n inbox.Notice
		var sealed []byte
		if err := s.Scan(&n.ID, &n.Account, &n.Template, &n.Urgent, &n.At, &n.ReadAt, &n.MailedAt, &sealed); err != nil {
			return err
		}
		text, err := tx.db.seal.open(sealed, n.ID)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &n.Body); err != nil {
			return fmt.Errorf("store: notice %s: %w", n.ID, err)
		}
		out = append(out, n)
		return nil
	}, "SELECT id, account_id, template, urgent, at, read_at, mailed_at, body FROM notice "+rest, args...)
	return out, err
}

// Notices returns one page of an account's notices, newest first; the id
// decides between equal times.
func (tx *Tx) Notices(ctx context.Context, of uuid.UUID, p inbox.Page) ([]inbox.Notice, inbox.Page, error) {
	w := &where{}
	w.add("account_id = ?", of)
	if p.ID != uuid.Nil {
		w.add("(at, id) < (?, ?)", p.At, p.ID)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	found, err := tx.notices(ctx, w.String()+" ORDER BY at DESC, id DESC LIMIT ?", append(w.args, limit+1)...)
	if err != nil || len(found) <= limit {
		return found, inbox.Page{}, err
	}
	found = found[:limit]
	last := found[limit-1]
	return found, inbox.Page{At: last.At, ID: last.ID, Limit: limit}, nil
}

// NoticeOf is one notice of an account.
func (tx *Tx) NoticeOf(ctx context.Context, of, id uuid.UUID) (inbox.Notice, bool, error) {
	return first(tx.notices(ctx, "WHERE id = ? AND account_id = ?", id, of))
}

// CountUnread counts what an account has not read.
func (tx *Tx) CountUnread(ctx context.Context, of uuid.UUID) (n int, err error) {
	_, err = tx.one(ctx, []any{&n}, `SELECT count(*) FROM notice WHERE account_id = ? AND read_at = 0`, of)
	return n, err
}

// ReadNotices marks an account's notices that are not newer than until as read:
// the one with the id, or all if it is zero.
func (tx *Tx) ReadNotices(ctx context.Context, of, id uuid.UUID, until, at int64) (int, error) {
	w := &where{}
	w.add("account_id = ?", of)
	w.add("read_at = 0")
	w.add("at <= ?", until)
	if id != uuid.Nil {
		w.add("id = ?", id)
	}
	n, err := tx.exec(ctx, "UPDATE notice SET read_at = ? "+w.String(), append([]any{at}, w.args...)...)
	return int(n), err
}

// AddDelivery records what became of a message; of one that was sent again only
// the last outcome.
func (tx *Tx) AddDelivery(ctx context.Context, d inbox.Delivery) error {
	state := "sent"
	if d.Failed {
		state = "failed"
	}
	_, err := tx.exec(ctx, `INSERT INTO delivery (id, lane, template, at, state, attempts, cause) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at, state = excluded.state, attempts = excluded.attempts, cause = excluded.cause`,
		d.ID, d.Lane, d.Template, d.At, state, d.Attempts, d.Cause)
	return err
}

// CountSMS adds one to the short messages of a person in a month and returns
// how many there are; of the person a keyed hash is kept. The row is locked
// until the transaction ends.
func (tx *Tx) CountSMS(ctx context.Context, person string, month int) (n int, err error) {
	_, err = tx.one(ctx, []any{&n}, `INSERT INTO sms_count (person, month, n) VALUES (?, ?, 1)
		ON CONFLICT (person, month) DO UPDATE SET n = sms_count.n + 1 RETURNING n`, tx.db.seal.index("sms", person), month)
	return n, err
}
