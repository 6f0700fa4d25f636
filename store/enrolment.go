package store

import (
	"context"

	"datai/account"

	"github.com/google/uuid"
)

const enrolmentColumns = "e.id, e.account_id, e.category, e.unit, e.email, e.phone, e.ends_at, e.left_at"

func enrolmentInto(e *account.Enrolment) []any {
	return []any{&e.ID, &e.AccountID, &e.Category, &e.Unit, &e.Email, &e.Phone, &e.EndsAt, &e.LeftAt}
}

// Enrolments lists the enrolments of an account.
func (tx *Tx) Enrolments(ctx context.Context, accountID uuid.UUID) (out []account.Enrolment, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var e account.Enrolment
		if err := s.Scan(enrolmentInto(&e)...); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	}, "SELECT "+enrolmentColumns+" FROM enrolment AS e WHERE e.account_id = ? ORDER BY e.id", accountID)
	return out, err
}

// SaveEnrolment adds an enrolment or replaces it; NotFound if there is no such
// account.
func (tx *Tx) SaveEnrolment(ctx context.Context, e account.Enrolment) error {
	_, err := tx.exec(ctx, `INSERT INTO enrolment (id, account_id, category, unit, email, phone, ends_at, left_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET category = excluded.category, unit = excluded.unit, email = excluded.email, phone = excluded.phone,
		ends_at = excluded.ends_at, left_at = excluded.left_at`, e.ID, e.AccountID, string(e.Category), e.Unit, e.Email, e.Phone, e.EndsAt, e.LeftAt)
	return err
}

// EachEnrolled calls fn for every enrolment with whose it is, by name.
func (tx *Tx) EachEnrolled(ctx context.Context, fn func(account.Leaver) error) error {
	return tx.each(ctx, func(s scanner) error {
		var l account.Leaver
		var sealed []byte
		if err := s.Scan(append(enrolmentInto(&l.Enrolment), &l.Name, &sealed)...); err != nil {
			return err
		}
		number, err := tx.db.seal.open(sealed, l.ID)
		if err != nil {
			return err
		}
		l.Number = string(number)
		return fn(l)
	}, "SELECT "+enrolmentColumns+", a.name, i.value FROM enrolment AS e JOIN account AS a ON a.id = e.account_id JOIN identity AS i ON i.id = e.id ORDER BY a.sort_key, e.id")
}
