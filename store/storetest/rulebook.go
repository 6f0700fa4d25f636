package storetest

import (
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/rulebook"
	"datai/rules"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func ruleDecisions(t *testing.T, db *store.DB) {
	ctx := t.Context()
	day := rules.Date(2026, time.December, 1)
	who := newID(t)
	want := []rulebook.Decision{
		{Number: 1, At: 5, By: who, ByName: "方知远", Value: &rules.Own{Key: "contact-answer", From: day, Value: &rules.Value{Amount: 2, Unit: rules.Workdays}, Reason: "试行"}},
		{Number: 2, At: 6, By: who, ByName: "方知远", Value: &rules.Own{Key: "count-first", From: day, Value: &rules.Value{Unit: rules.Choice, Choice: "next_workday"}, Reason: "校规"}},
		{Number: 3, At: 7, Days: &rulebook.Days{From: day, To: day + 2, Kind: rulebook.Off, Name: "校庆"}},
		{Number: 4, At: 8, Days: &rulebook.Days{From: day + 2, To: day + 2, Kind: rulebook.Public, Name: "校庆缩短"}},
		{Number: 5, At: 9, By: who, ByName: "方知远", Value: &rules.Own{Key: "contact-answer", From: day + 9, Reason: "恢复"}},
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddAccount(ctx, account.Account{ID: who, Name: "方知远", Roles: []account.Role{account.Officer}, Version: 1}); err != nil {
			return err
		}
		for _, d := range want {
			if err := tx.AddRuleDecision(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
	twin := want[1]
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddRuleDecision(ctx, twin) }), catalog.Conflict, "")
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.RuleDecisions(ctx)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if err != nil {
			return err
		}
		o, err := tx.RuleOverlay(ctx)
		if len(o.Values) != 3 || len(o.Days) != 2 {
			t.Errorf("they come to %+v", o)
		}
		return err
	})
}
