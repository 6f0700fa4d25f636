package storetest

import (
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

// processSettings are kept whole and in order, one a number and process, and the
// cases of a process are counted by state.
func processSettings(t *testing.T, db *store.DB) {
	ctx := t.Context()
	who := newID(t)
	day := rules.Date(2026, time.December, 1)
	want := []rulebook.Setting{
		{Kind: "contact", Number: 1, From: day, Reason: "校规", At: 5, By: who, ByName: "方知远", Overlay: process.Overlay{Steps: []process.Settled{
			{Action: "secure", Off: true},
			{Action: "drop", By: []process.Actor{"office"}, Reasons: []process.SettledReason{
				{Code: "own_1", Added: true, Asks: 3, Office: true, Label: rules.Text{Chinese: "校内另有安排", English: "Other plans"}}, {Code: "cost", Hidden: true}},
				Fields: []process.SettledField{{Name: "next", Required: true, Hint: rules.Text{Chinese: "写一句", English: "One sentence"}}}},
		}}},
		{Kind: "contact", Number: 2, From: day, Reason: "恢复", At: 6},
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddAccount(ctx, account.Account{ID: who, Name: "方知远", Roles: []account.Role{account.Officer}, Version: 1}); err != nil {
			return err
		}
		for _, s := range want {
			if err := tx.AddProcessSetting(ctx, s); err != nil {
				return err
			}
		}
		other := want[0]
		other.Kind = "other"
		return tx.AddProcessSetting(ctx, other)
	})
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddProcessSetting(ctx, want[1]) }), catalog.Conflict, "")

	r := newResult(t, "热泵")
	put(ctx, t, db, r)
	write(ctx, t, db, func(tx *store.Tx) error {
		for i, s := range []contact.State{contact.Waiting, contact.Waiting, contact.Signed} {
			c := newCase(t, r.ID, i+1)
			c.State = s
			if err := tx.AddCase(ctx, c); err != nil {
				return err
			}
			if err := tx.AddEvent(ctx, c.ID, process.Event{At: 1, Taken: process.Taken{Action: "note", Under: "contact@1/2"}}); err != nil {
				return err
			}
			if es, err := tx.Events(ctx, c.ID); err != nil || len(es) != 1 || es[0].Taken.Under != "contact@1/2" {
				t.Errorf("events: %+v, %v", es, err)
			}
		}
		return nil
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.ProcessSettings(ctx, "contact")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if err != nil {
			return err
		}
		n, err := tx.CasesByState(ctx, "contact")
		if diff := cmp.Diff(map[process.State]int{contact.Waiting: 2, contact.Signed: 1}, n); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		return err
	})
}
