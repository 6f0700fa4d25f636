package store

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"datai/account"
	"datai/contact"

	"github.com/google/uuid"
)

// ofAccount are the columns that say whose a row is; closing an account deletes
// the row. When the account becomes one with another, the row goes over to that
// one unless it says why it is deleted all the same; key are the columns beside
// the account of which there may be one row, where the row of the account that
// stays is kept.
var ofAccount = []struct{ table, column, drop, key string }{
	{table: "account_conflict", column: "one", drop: "the conflict is settled"},
	{table: "account_conflict", column: "other", drop: "the conflict is settled"},
	{table: "account_join", column: "gone", drop: "it is done"},
	{table: "account_join", column: "keep", drop: "it would join something else"},
	{table: "account_party", column: "account_id", key: "account_id"},
	{table: "authenticator", column: "id", drop: "whoever signs in uses that of the account that stays"},
	{table: "code", column: "account_id", drop: "it was sent for another account"},
	{table: "device", column: "account_id", drop: "it is known to another account"},
	{table: "enrolment", column: "account_id"},
	{table: "identity", column: "account_id"},
	{table: "link", column: "account_id", drop: "it was made for another account"},
	{table: "notice", column: "account_id"},
	{table: "notice_setting", column: "account_id", drop: "that of the account that stays counts"},
	{table: "passkey", column: "account_id", drop: "a passkey names its account, on the device"},
	{table: "password", column: "id", drop: "that of the account that stays counts"},
	{table: "process_task", column: "account_id"},
	{table: "proxy_draft", column: "account_id"},
	{table: "recovery_code", column: "account_id", drop: "whoever signs in uses those of the account that stays"},
	{table: "sign_in", column: "account_id", drop: "it is over"},
	{table: "step_draft", column: "account_id", key: "case_id, action"},
	{table: "token", column: "account_id", drop: "a program was given one account, with its roles"},
}

// byAccount are the columns that go on to say which account did something, and
// why they may: they lead to a row that names nobody. When the account becomes
// one with another they say that one, unless stays says why not.
var byAccount = []struct{ table, column, why, stays, key string }{
	{table: "account", column: "joined_into", why: "what became of another account of theirs"},
	{table: "account_join", column: "by_id", why: "who proposed it, for a week"},
	{table: "consent", column: "account_id", why: "that somebody agreed is the ground on which something was kept; closing withdraws it"},
	{table: "consent", column: "by_id", why: "who noted that somebody agreed answers for it"},
	{table: "contact_case", column: "officer_id", why: "who handled a case is part of the case"},
	{table: "document", column: "account_id", why: "who brought a document of a step is part of the case; those in forms are deleted"},
	{table: "enterprise_sign_up", column: "account_id", why: "whose the accepted sign-up was; the person in it is erased"},
	{table: "enterprise_sign_up", column: "decided_by", why: "who reviewed answers for it"},
	{table: "entry", column: "actor", why: "the journal may not change", stays: "the journal may not change"},
	{table: "entry", column: "subject", why: "the journal may not change", stays: "the journal may not change"},
	{table: "feedback", column: "done_by", why: "a task stays done"},
	{table: "feedback", column: "said_by", why: "a judgement of a match stays one", key: "need_id, result_id"},
	{table: "match_check", column: "checked_by", why: "a check stays one"},
	{table: "need_confirmation", column: "made_by", why: "who asked an owner is part of the proof"},
	{table: "process_event", column: "who_id", why: "what happened to a case is replayed"},
	{table: "process_task", column: "from_id", why: "who began a case is part of the case"},
	{table: "process_setting", column: "actor", why: "who settled answers for it; nothing there is ever changed", stays: "nothing there is ever changed"},
	{table: "rule_decision", column: "actor", why: "who decided answers for it; nothing there is ever changed", stays: "nothing there is ever changed"},
	{table: "term", column: "said_by", why: "a term stays judged"},
	{table: "gate_answer", column: "decided_by", why: "who decided on an answer answers for it"},
	{table: "gate_link", column: "made_by", why: "who asked a professor is part of the proof"},
	{table: "gate_round", column: "made_by", why: "who sent a result to outside review answers for it"},
	{table: "gate_seat", column: "account_id", why: "who scored a result is part of the decision on it", key: "round_id"},
}

// SealedTexts are the notices and the drafts of an account as JSON.
func (tx *Tx) SealedTexts(ctx context.Context, accountID uuid.UUID) (notices, drafts []json.RawMessage, err error) {
	texts := func(query string) ([]json.RawMessage, error) {
		out := []json.RawMessage{}
		err := tx.each(ctx, func(s scanner) error {
			var id uuid.UUID
			var sealed []byte
			if err := s.Scan(&id, &sealed); err != nil || len(sealed) == 0 {
				return err
			}
			plain, err := tx.db.seal.open(sealed, id)
			out = append(out, plain)
			return err
		}, query, accountID)
		return out, err
	}
	if notices, err = texts(`SELECT id, body FROM notice WHERE account_id = ? ORDER BY at, id`); err != nil {
		return nil, nil, err
	}
	if drafts, err = texts(`SELECT id, form FROM proxy_draft WHERE account_id = ? ORDER BY created_at, id`); err != nil {
		return nil, nil, err
	}
	typed, err := texts(`SELECT id, form FROM step_draft WHERE account_id = ? ORDER BY saved_at, id`)
	return notices, append(drafts, typed...), err
}

// Duties are what waits for an account at the time now (unix ms).
func (tx *Tx) Duties(ctx context.Context, accountID uuid.UUID, now int64) (d account.Duties, err error) {
	for _, s := range contact.States() {
		if !contact.Open(s) {
			continue
		}
		var n int
		if _, err = tx.one(ctx, []any{&n}, `SELECT count(*) FROM contact_case WHERE officer_id = ? AND state = ?`, accountID, string(s)); err != nil {
			return d, err
		}
		d.Cases += n
	}
	if _, err = tx.one(ctx, []any{&d.Confirmations}, `SELECT count(*) FROM need_confirmation WHERE made_by = ? AND used_at = 0 AND expires_at > ?`, accountID, now); err != nil {
		return d, err
	}
	d.Drafts, err = tx.CountDrafts(ctx, accountID)
	return d, err
}

// CloseAccount erases what is an account's own, puts account.ClosedName in place
// of its name in what is kept, and leaves a row that lets nobody in.
func (tx *Tx) CloseAccount(ctx context.Context, a account.Account, at int64) error {
	closed := a
	closed.Name, closed.Unit, closed.Roles, closed.Asked, closed.Disabled, closed.EndsAt = account.ClosedAs(a.ID), "", []account.Role{}, []account.Role{}, true, 0
	if err := tx.SaveAccount(ctx, closed); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE account SET closed_at = ? WHERE id = ?`, at, a.ID); err != nil {
		return err
	}
	for _, o := range ofAccount {
		if _, err := tx.exec(ctx, "DELETE FROM "+o.table+" WHERE "+o.column+" = ?", a.ID); err != nil {
			return err
		}
	}
	if err := tx.dropDocuments(ctx, "account_id = ?", a.ID); err != nil {
		return err
	}
	// Who asks for a result withdraws on the page of the case, which erases what it let be kept.
	if _, err := tx.exec(ctx, `UPDATE consent SET ended_at = ? WHERE ended_at = 0 AND (account_id = ? AND purpose <> ? OR thing_id IN (SELECT id FROM enterprise_sign_up WHERE account_id = ?))`,
		at, a.ID, string(account.ConsentAsk), a.ID); err != nil {
		return err
	}
	if err := tx.rename(ctx, a, a.ID, account.ClosedName); err != nil {
		return err
	}
	return tx.forgetSealed(ctx, "enterprise_sign_up", "private", "account_id", a.ID, "", "")
}

// rename puts another name in place of that of an account in what is kept, and
// another id in place of its own in the JSON of it.
func (tx *Tx) rename(ctx context.Context, a account.Account, id uuid.UUID, name string) error {
	if _, err := tx.exec(ctx, `UPDATE match_check SET name = ? WHERE checked_by = ?`, name, a.ID); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE page_edit SET by_name = ? WHERE by_name = ?`, name, a.Name); err != nil {
		return err
	}
	if err := tx.renameInBodies(ctx, a, id, name); err != nil {
		return err
	}
	if err := tx.forgetSealed(ctx, "need_confirmation", "said", "made_by", a.ID, "Maker", name); err != nil {
		return err
	}
	return tx.forgetSealed(ctx, "enterprise_sign_up", "private", "decided_by", a.ID, "Decider", name)
}

// renameInBodies puts another name in place of one that stands beside the id of
// its account in the JSON of what is kept, whatever the account was called then,
// and another id in place of that id. Who has read the former version writes
// nothing over it.
func (tx *Tx) renameInBodies(ctx context.Context, a account.Account, id uuid.UUID, name string) error {
	was, err := json.Marshal(a.Name)
	if err != nil {
		return fmt.Errorf("store: rename account: %w", err)
	}
	is, err := json.Marshal(name)
	if err != nil {
		return fmt.Errorf("store: rename account: %w", err)
	}
	const text = `"(?:[^"\\]|\\.)*"`
	beside := regexp.MustCompile(`("(?:ID|By)":"` + a.ID.String() + `","(?:By)?Name":)` + text)
	for _, table := range []string{"result", "need", "import_batch"} {
		type found struct {
			id   uuid.UUID
			body string
		}
		var list []found
		if err := tx.each(ctx, func(s scanner) error {
			var f found
			err := s.Scan(&f.id, &f.body)
			list = append(list, f)
			return err
		}, "SELECT id, body FROM "+table+" WHERE body LIKE ? ORDER BY id", "%"+a.ID.String()+"%"); err != nil {
			return err
		}
		for _, f := range list {
			body := beside.ReplaceAllStringFunc(f.body, func(found string) string { return beside.FindStringSubmatch(found)[1] + string(is) })
			body = strings.ReplaceAll(body, `"`+a.ID.String()+`"`, `"`+id.String()+`"`)
			if body == f.body {
				continue
			}
			if _, err := tx.exec(ctx, "UPDATE "+table+" SET body = ?, version = version + 1 WHERE id = ?", body, f.id); err != nil {
				return err
			}
			if table == "import_batch" {
				continue
			}
			// What was checked is still what stands there.
			if _, err := tx.exec(ctx, "UPDATE match_check SET "+table+"_version = "+table+"_version + 1 WHERE "+table+"_id = ? AND "+
				table+"_version + 1 = (SELECT version FROM "+table+" WHERE id = ?)", f.id, f.id); err != nil {
				return err
			}
			if err := tx.changed(ctx, table, f.id); err != nil {
				return err
			}
		}
	}
	// A mapping knows the name alone, which no other account has had.
	_, err = tx.exec(ctx, `UPDATE import_mapping SET body = replace(body, ?, ?), version = version + 1 WHERE body LIKE ?`,
		`"ByName":`+string(was), `"ByName":`+string(is), `%"ByName":`+string(was)+`%`)
	return err
}

// ForgetSignUp erases the person in a sign-up.
func (tx *Tx) ForgetSignUp(ctx context.Context, id uuid.UUID) error {
	return tx.forgetSealed(ctx, "enterprise_sign_up", "private", "id", id, "", "")
}

// forgetSealed puts a name into a field of an encrypted column where
// another one is the account; without a field nothing of the column stays.
func (tx *Tx) forgetSealed(ctx context.Context, table, column, whose string, accountID uuid.UUID, field, name string) error {
	kept := map[uuid.UUID]map[string]any{}
	if err := tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		var sealed []byte
		if err := s.Scan(&id, &sealed); err != nil {
			return err
		}
		value := map[string]any{}
		if field != "" {
			if err := tx.unsealed(sealed, id, &value); err != nil {
				return err
			}
			value[field] = name
		}
		kept[id] = value
		return nil
	}, "SELECT id, "+column+" FROM "+table+" WHERE "+whose+" = ?", accountID); err != nil {
		return err
	}
	for id, value := range kept {
		sealed, err := tx.sealed(value, id)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "UPDATE "+table+" SET "+column+" = ? WHERE id = ?", sealed, id); err != nil {
			return err
		}
	}
	return nil
}
