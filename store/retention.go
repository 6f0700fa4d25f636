package store

import (
	"context"
	"fmt"
	"time"

	"datai/account"
	"datai/contact"
	"datai/retention"
	"datai/shelf"

	"github.com/google/uuid"
)

var _ retention.Tx = (*Tx)(nil)

// erasedSignUp is longer than what is left of a sign-up whose person was erased,
// encrypted, and shorter than any other.
const erasedSignUp = 60

// expiring is where each kind stands: a table, what beside the time finds the rows
// that are past their term, and what is done with one; nil deletes it.
var expiring = map[retention.Kind]struct {
	table, where string
	args         []any
	erase        func(ctx context.Context, tx *Tx, id uuid.UUID, at int64) error
}{
	retention.Notices:    {table: "notice", where: "at < ?"},
	retention.Deliveries: {table: "delivery", where: "at < ?"},
	retention.Cases: {"contact_case", "updated_at < ? AND state = ? AND contact IS NOT NULL", []any{string(contact.Dropped)},
		func(ctx context.Context, tx *Tx, id uuid.UUID, at int64) error { return tx.eraseCase(ctx, id, at) }},
	retention.SignUps: {"enterprise_sign_up", "decided_at < ? AND state = ? AND length(private) > ?", []any{string(shelf.SignUpRefused), erasedSignUp},
		func(ctx context.Context, tx *Tx, id uuid.UUID, at int64) error {
			if err := tx.endConsentsOn(ctx, id, account.ConsentSignUp, at); err != nil {
				return err
			}
			return tx.ForgetSignUp(ctx, id)
		}},
	retention.Imports: {table: "import_batch", where: "updated_at < ? AND kept = 1"},
	retention.Drafts:  {table: "proxy_draft", where: "updated_at < ?"},
	retention.Feedback: {table: "feedback", where: "at < ?", erase: func(ctx context.Context, tx *Tx, id uuid.UUID, _ int64) error {
		var need uuid.UUID
		if _, err := tx.one(ctx, []any{&need}, `DELETE FROM feedback WHERE id = ? RETURNING need_id`, id); err != nil {
			return err
		}
		return tx.changed(ctx, "feedback", need)
	}},
	retention.Consents: {table: "consent", where: "ended_at < ? AND ended_at > 0"},
}

// Expired counts what of a kind is older than before (unix ms).
func (tx *Tx) Expired(ctx context.Context, k retention.Kind, before int64) (n int, err error) {
	x, ok := expiring[k]
	if !ok {
		return 0, fmt.Errorf("store: nothing is known of %s that is kept for a while", k)
	}
	_, err = tx.one(ctx, []any{&n}, "SELECT count(*) FROM "+x.table+" WHERE "+x.where, append([]any{before}, x.args...)...)
	return n, err
}

// EraseExpired erases at most limit of it at the time at, the oldest ids first,
// and counts them.
func (tx *Tx) EraseExpired(ctx context.Context, k retention.Kind, before int64, limit int, at int64) (int, error) {
	x, ok := expiring[k]
	if !ok {
		return 0, fmt.Errorf("store: nothing is known of %s that is kept for a while", k)
	}
	ids, err := tx.ids(ctx, "SELECT id FROM "+x.table+" WHERE "+x.where+" ORDER BY id LIMIT ?", append(append([]any{before}, x.args...), limit)...)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		var err error
		if x.erase != nil {
			err = x.erase(ctx, tx, id, at)
		} else {
			_, err = tx.exec(ctx, "DELETE FROM "+x.table+" WHERE id = ?", id)
		}
		if err != nil {
			return 0, err
		}
	}
	if k == retention.Deliveries { // how many short messages somebody got in a month goes with them
		month := time.UnixMilli(before).UTC()
		if _, err := tx.exec(ctx, `DELETE FROM sms_count WHERE month < ?`, month.Year()*100+int(month.Month())); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// eraseCase erases the private part of a case and ends the consent that let it be
// kept; the case itself stays.
func (tx *Tx) eraseCase(ctx context.Context, id uuid.UUID, at int64) error {
	c, err := tx.LockCase(ctx, id)
	if err != nil {
		return err
	}
	c.Private, c.ErasedAt = contact.Private{}, at
	if err := tx.SaveCase(ctx, c); err != nil {
		return err
	}
	return tx.endConsentsOn(ctx, id, account.ConsentAsk, at)
}

func (tx *Tx) endConsentsOn(ctx context.Context, thing uuid.UUID, to account.Purpose, at int64) error {
	_, err := tx.exec(ctx, `UPDATE consent SET ended_at = ? WHERE thing_id = ? AND purpose = ? AND ended_at = 0`, at, thing, string(to))
	return err
}
