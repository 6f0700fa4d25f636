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

// readable narrows notices to those of an account and of these templates.
func (tx *Tx) readable(of uuid.UUID, templates []string) *where {
	w := &where{}
	w.add("account_id = ?", of)
	w.add("template "+tx.db.driver.anyText(), templates)
	return w
}

// Notices returns one page of an account's notices, newest first; the id
// decides between equal times.
func (tx *Tx) Notices(ctx context.Context, of uuid.UUID, templates []string, p inbox.Page) ([]inbox.Notice, inbox.Page, error) {
	w := tx.readable(of, templates)
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
func (tx *Tx) NoticeOf(ctx context.Context, of uuid.UUID, templates []string, id uuid.UUID) (inbox.Notice, bool, error) {
	w := tx.readable(of, templates)
	w.add("id = ?", id)
	return first(tx.notices(ctx, w.String(), w.args...))
}

// CountUnread counts what an account has not read.
func (tx *Tx) CountUnread(ctx context.Context, of uuid.UUID, templates []string) (n int, err error) {
	w := tx.readable(of, templates)
	w.add("read_at = 0")
	_, err = tx.one(ctx, []any{&n}, "SELECT count(*) FROM notice"+w.String(), w.args...)
	return n, err
}

// ReadNotices marks an account's notices that are not newer than until as read:
// the one with the id, or all if it is zero.
func (tx *Tx) ReadNotices(ctx context.Context, of uuid.UUID, templates []string, id uuid.UUID, until, at int64) (int, error) {
	w := tx.readable(of, templates)
	w.add("read_at = 0")
	w.add("at <= ?", until)
	if id != uuid.Nil {
		w.add("id = ?", id)
	}
	n, err := tx.exec(ctx, "UPDATE notice SET read_at = ?"+w.String(), append([]any{at}, w.args...)...)
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

// Setting is how an account wants to be told.
func (tx *Tx) Setting(ctx context.Context, of uuid.UUID) (s inbox.Setting, ok bool, err error) {
	ok, err = tx.one(ctx, []any{&s.Mail, &s.SMS, &s.Lang, &s.DigestAt}, `SELECT mail, sms, language, digest_at FROM notice_setting WHERE account_id = ?`, of)
	return s, ok, err
}

// SaveSetting keeps how an account wants to be told.
func (tx *Tx) SaveSetting(ctx context.Context, of uuid.UUID, s inbox.Setting) error {
	_, err := tx.exec(ctx, `INSERT INTO notice_setting (account_id, mail, sms, language, digest_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (account_id) DO UPDATE SET mail = excluded.mail, sms = excluded.sms, language = excluded.language, digest_at = excluded.digest_at`,
		of, s.Mail, s.SMS, s.Lang, s.DigestAt)
	return err
}

// Unmailed returns the notices of an account that wait for the digest and are
// not newer than until.
func (tx *Tx) Unmailed(ctx context.Context, of uuid.UUID, until int64) ([]inbox.Notice, error) {
	return tx.notices(ctx, "WHERE account_id = ? AND mailed_at = 0 AND at <= ? ORDER BY at, id", of, until)
}

// MarkMailed says that they wait no more.
func (tx *Tx) MarkMailed(ctx context.Context, of uuid.UUID, until, at int64) error {
	_, err := tx.exec(ctx, `UPDATE notice SET mailed_at = ? WHERE account_id = ? AND mailed_at = 0 AND at <= ?`, at, of, until)
	return err
}

// DueDigests returns accounts that have notices which wait for the digest and
// whose last one was before due.
func (tx *Tx) DueDigests(ctx context.Context, due int64, limit int) ([]uuid.UUID, error) {
	return tx.ids(ctx, `SELECT DISTINCT n.account_id FROM notice AS n LEFT JOIN notice_setting AS s ON s.account_id = n.account_id
		WHERE n.mailed_at = 0 AND n.at <= ? AND coalesce(s.digest_at, 0) < ? ORDER BY n.account_id LIMIT ?`, due, due, limit)
}
