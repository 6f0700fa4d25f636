package store

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"datai/account"
	"datai/contact"

	"github.com/google/uuid"
)

// ofAccount are the columns that say whose a row is; closing an account deletes
// the row.
var ofAccount = []struct{ table, column string }{
	{"account_party", "account_id"},
	{"authenticator", "id"},
	{"code", "account_id"},
	{"device", "account_id"},
	{"enrolment", "account_id"},
	{"identity", "account_id"},
	{"link", "account_id"},
	{"notice", "account_id"},
	{"notice_setting", "account_id"},
	{"passkey", "account_id"},
	{"password", "id"},
	{"process_task", "account_id"},
	{"proxy_draft", "account_id"},
	{"recovery_code", "account_id"},
	{"sign_in", "account_id"},
	{"token", "account_id"},
}

// byAccount are the columns that go on to say which account did something, and
// why they may: they lead to a row that names nobody.
var byAccount = []struct{ table, column, why string }{
	{"contact_case", "officer_id", "who handled a case is part of the case"},
	{"enterprise_sign_up", "account_id", "whose the accepted sign-up was; the person in it is erased"},
	{"enterprise_sign_up", "decided_by", "who reviewed answers for it"},
	{"entry", "actor", "the journal may not change"},
	{"entry", "subject", "the journal may not change"},
	{"feedback", "done_by", "a task stays done"},
	{"feedback", "said_by", "a judgement of a match stays one"},
	{"gate_answer", "decided_by", "who decided on an answer answers for it"},
	{"gate_link", "made_by", "who asked a professor is part of the proof"},
	{"match_check", "checked_by", "a check stays one"},
	{"need_confirmation", "made_by", "who asked an owner is part of the proof"},
	{"process_event", "who_id", "what happened to a case is replayed"},
	{"process_task", "from_id", "who began a case is part of the case"},
	{"process_setting", "actor", "who settled answers for it; nothing there is ever changed"},
	{"rule_decision", "actor", "who decided answers for it; nothing there is ever changed"},
	{"term", "said_by", "a term stays judged"},
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
	drafts, err = texts(`SELECT id, form FROM proxy_draft WHERE account_id = ? ORDER BY created_at, id`)
	return notices, drafts, err
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
	if _, err := tx.exec(ctx, `UPDATE match_check SET name = ? WHERE checked_by = ?`, account.ClosedName, a.ID); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE page_edit SET by_name = ? WHERE by_name = ?`, account.ClosedName, a.Name); err != nil {
		return err
	}
	if err := tx.forgetInBodies(ctx, a); err != nil {
		return err
	}
	if err := tx.forgetSealed(ctx, "need_confirmation", "said", "made_by", a.ID, "Maker"); err != nil {
		return err
	}
	if err := tx.forgetSealed(ctx, "enterprise_sign_up", "private", "decided_by", a.ID, "Decider"); err != nil {
		return err
	}
	return tx.forgetSealed(ctx, "enterprise_sign_up", "private", "account_id", a.ID, "")
}

// forgetInBodies puts account.ClosedName in place of a name that stands beside
// the id of its account in the JSON of what is kept, whatever the account was
// called then. Who has read the former version writes nothing over it.
func (tx *Tx) forgetInBodies(ctx context.Context, a account.Account) error {
	name, err := json.Marshal(a.Name)
	if err != nil {
		return fmt.Errorf("store: close account: %w", err)
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
			body := beside.ReplaceAllString(f.body, `${1}"`+account.ClosedName+`"`)
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
		`"ByName":`+string(name), `"ByName":"`+account.ClosedName+`"`, `%"ByName":`+string(name)+`%`)
	return err
}

// forgetSealed puts account.ClosedName into a field of an encrypted column where
// another one is the account; without a field nothing of the column stays.
func (tx *Tx) forgetSealed(ctx context.Context, table, column, whose string, accountID uuid.UUID, field string) error {
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
			value[field] = account.ClosedName
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
