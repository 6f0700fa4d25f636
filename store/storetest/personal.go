package storetest

import (
	"fmt"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/intake"
	"datai/matchmaker"
	"datai/shelf"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

// closing has somebody whose name stands in everything that keeps one, and
// looks through every table for what is left of them afterwards.
func closing(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const name, number, address = `欧阳"修", 100%`, "13900000007", "ouyang@example.edu.cn"
	a, other := addAccount(t, db, name), addAccount(t, db, "李老师")
	by := catalog.By{ID: a.ID, Name: name, At: 3}
	need, result := newNeed(t, "泵漏"), newResult(t, "密封")
	need.Entered, need.ThemesBy = catalog.Entered{By: by, Role: "officer", Answer: catalog.Answer{Noted: by}}, catalog.By{ID: a.ID, Name: "欧阳旧名", At: 2}
	theirs := newNeed(t, "阀漏")
	theirs.Entered.By = catalog.By{ID: other.ID, Name: other.Name, At: 3}
	need.Code, theirs.Code = catalog.ShortCode("N", need.ID), catalog.ShortCode("N", theirs.ID)
	put(ctx, t, db, result)
	ask := newConfirmation(t, need.ID, 1)
	ask.MadeBy, ask.Said.Maker = a.ID, name
	open, done := newCase(t, result.ID, 1), newCase(t, result.ID, 2)
	open.Officer, done.Officer, done.State = a.ID, a.ID, contact.Dropped
	batch := intake.Batch{ID: newID(t), Version: 1, State: intake.Staging, By: a.ID, ByName: name}
	signUp := shelf.SignUp{ID: newID(t), Version: 1, Name: "示例泵业", CreditCode: "91999999MA0000002X", State: shelf.SignUpAccepted, DecidedBy: a.ID, Account: a.ID,
		Private: shelf.SignUpPrivate{Contact: name, Phone: number, Decider: name}}
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, n := range []catalog.Need{need, theirs} {
			if err := tx.AddNeed(ctx, n); err != nil {
				return err
			}
		}
		for _, c := range []contact.Case{open, done} {
			if err := tx.AddCase(ctx, c); err != nil {
				return err
			}
		}
		for _, do := range []error{
			tx.AddConfirmation(ctx, ask),
			tx.MarkEdited(ctx, result.ID, []string{"title"}, name, 4),
			tx.SaveCheck(ctx, matchmaker.Check{Need: need.ID, NeedVersion: 1, Result: result.ID, ResultVersion: 1, By: a.ID, Name: name, At: 4}),
			tx.AddBatch(ctx, batch),
			tx.AddSignUp(ctx, signUp),
			tx.AddIdentity(ctx, account.Identity{ID: newID(t), AccountID: a.ID, Provider: account.ByPhone, Value: number, AddedAt: 1}),
			tx.AddIdentity(ctx, account.Identity{ID: newID(t), AccountID: a.ID, Provider: account.ByEmail, Value: address, AddedAt: 2}),
			tx.SavePassword(ctx, account.Password{AccountID: a.ID, Kept: "$argon2id$", SetAt: 1}),
			tx.AddDraft(ctx, shelf.Draft{ID: newID(t), Version: 1, Account: a.ID}),
			tx.AddSignIn(ctx, account.SignIn{ID: newID(t), AccountID: a.ID, CreatedAt: 1, SeenAt: 1}),
			tx.AddLink(ctx, account.Link{Hash: [32]byte{3}, AccountID: a.ID, ExpiresAt: 9}),
		} {
			if do != nil {
				return do
			}
		}
		return nil
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		d, err := tx.Duties(ctx, a.ID, 50)
		if diff := cmp.Diff(account.Duties{Cases: 1, Confirmations: 1, Drafts: 1}, d); diff != "" {
			t.Errorf("duties (-want +got):\n%s", diff)
		}
		return err
	})
	stale := a
	stale.Version = 7
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.CloseAccount(ctx, stale, 60) }), catalog.Conflict, "")
	write(ctx, t, db, func(tx *store.Tx) error { return tx.CloseAccount(ctx, a, 60) })

	read(ctx, t, db, func(tx *store.Tx) error {
		got, _, err := tx.Account(ctx, a.ID)
		if err != nil {
			return err
		}
		want := account.Account{ID: a.ID, Name: account.ClosedAs(a.ID), Roles: []account.Role{}, Asked: []account.Role{}, CreatedAt: 5, Disabled: true, ClosedAt: 60, Version: 2}
		if diff := cmp.Diff(want, got); diff != "" || !account.Closed(got.Name) {
			t.Errorf("account (-want +got):\n%s", diff)
		}
		n, err := tx.NeedByCode(ctx, need.Code)
		if err != nil {
			return err
		}
		by.Name = account.ClosedName
		if n.Entered.By != by || n.Entered.Answer.Noted != by || n.ThemesBy.Name != account.ClosedName || n.Version != 2 {
			t.Errorf("the need says %+v, %+v, %+v in version %d", n.Entered.By, n.Entered.Answer.Noted, n.ThemesBy, n.Version)
		}
		if n, err = tx.NeedByCode(ctx, theirs.Code); err != nil || n.Entered.By.Name != other.Name || n.Version != 1 {
			t.Errorf("somebody else's need says %+v in version %d, %v", n.Entered.By, n.Version, err)
		}
		checks, err := tx.ChecksOn(ctx, need.ID)
		if err != nil || len(checks) != 1 || checks[0].NeedVersion != 2 || checks[0].ResultVersion != 1 || checks[0].Name != account.ClosedName {
			t.Errorf("the check is %+v, %v", checks, err)
		}
		said, err := tx.Confirmations(ctx, need.ID)
		if err != nil || said[0].Said.Maker != account.ClosedName || said[0].Said.On != ask.Said.On {
			t.Errorf("the confirmation says %+v, %v", said, err)
		}
		tables, err := tx.Tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := tx.Dump(ctx, table, func(row []any) error {
				if text := fmt.Sprintf("%s", row); strings.Contains(text, "欧阳") {
					t.Errorf("%s still names them: %s", table.Name, text)
				}
				return nil
			}); err != nil {
				return err
			}
		}
		if _, ok, err := tx.AccountOf(ctx, account.ByPhone, number); ok || err != nil {
			t.Errorf("the number still leads somewhere, %v", err)
		}
		return nil
	})
	if tally, err := db.Verify(ctx); err != nil || len(tally.Faults) > 0 {
		t.Errorf("after closing: %v, %v", tally.Faults, err)
	}
}
