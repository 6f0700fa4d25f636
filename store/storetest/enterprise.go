package storetest

import (
	"testing"

	"datai/catalog"
	"datai/shelf"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func enterprises(t *testing.T, db *store.DB) {
	ctx := t.Context()
	party := catalog.Party{ID: newID(t), Kind: catalog.PartyEnterprise, Name: "示例泵业", CreditCode: "91999999MA0000002X", Contact: catalog.Contact{Phone: "13800000001"}}
	party.Code = catalog.ShortCode("P", party.ID)
	same := party
	same.ID, same.Code = newID(t), "P-2"
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddParty(ctx, party) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddParty(ctx, same) }), catalog.Conflict, "")
	party.Version = 1
	stale := party
	party.Region = "江州"
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveParty(ctx, party) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SaveParty(ctx, stale) }), catalog.Conflict, "")

	who := addAccount(t, db, "示例泵业")
	mine := catalog.Need{ID: newID(t), State: catalog.NeedReview, Title: "泵漏", OwnerID: party.ID, OwnerName: party.Name, UpdatedAt: 1}
	other := catalog.Need{ID: newID(t), State: catalog.NeedReview, Title: "阀漏", OwnerName: "别家", UpdatedAt: 2}
	mine.Code, other.Code = catalog.ShortCode("N", mine.ID), catalog.ShortCode("N", other.ID)
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.JoinParty(ctx, who.ID, party.ID); err != nil {
			return err
		}
		if err := tx.AddNeed(ctx, mine); err != nil {
			return err
		}
		return tx.AddNeed(ctx, other)
	})
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.JoinParty(ctx, who.ID, party.ID) }), catalog.Conflict, "")
	mine.Version, other.Version = 1, 1
	owned := func(want ...string) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			if of, err := tx.PartyOf(ctx, who.ID); err != nil || of != party.ID {
				t.Errorf("party %v, %v", of, err)
			}
			if of, err := tx.PartyOf(ctx, newID(t)); err != nil || of != uuid.Nil {
				t.Errorf("party of nobody %v, %v", of, err)
			}
			ns, err := tx.NeedsOf(ctx, party.ID, 10)
			var got []string
			for _, n := range ns {
				got = append(got, n.Title)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
			return err
		})
	}
	owned("泵漏")
	other.OwnerID = party.ID
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveNeed(ctx, other) })
	owned("阀漏", "泵漏")
	mine.OwnerID = uuid.Nil
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveNeed(ctx, mine) })
	owned("阀漏")
	mine.Version++
	mine.OwnerName = "示例（泵业）"
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveNeed(ctx, mine) })
	for name, want := range map[string]int{"示例(泵业)": 1, " 示例泵业": 1, "别家": 0, "示例": 0, "": 0, "、": 0} {
		read(ctx, t, db, func(tx *store.Tx) error {
			ns, err := tx.NeedsNamed(ctx, []string{name, "谁也不是"}, 10)
			if len(ns) != want || (want > 0 && ns[0].ID != mine.ID) {
				t.Errorf("needs of %q: %+v", name, ns)
			}
			if ns, _ := tx.NeedsNamed(ctx, []string{name}, 0); len(ns) != 0 {
				t.Error("more than asked for")
			}
			return err
		})
	}

	u := shelf.SignUp{ID: newID(t), Version: 1, State: shelf.SignUpWaiting, Name: "示例泵业", CreditCode: party.CreditCode, CreatedAt: 5,
		Private: shelf.SignUpPrivate{Contact: "张三丰", Phone: "13800000001", Consent: "同意"}}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddSignUp(ctx, u) })
	old := u
	u.State, u.DecidedAt, u.DecidedBy, u.Party, u.Account, u.Private.Decider = shelf.SignUpAccepted, 9, newID(t), party.ID, who.ID, "李老师"
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.SignUps(ctx, shelf.SignUpWaiting, 10)
		if diff := cmp.Diff([]shelf.SignUp{old}, got); diff != "" {
			t.Errorf("sign-ups (-want +got):\n%s", diff)
		}
		return err
	})
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveSignUp(ctx, u) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SaveSignUp(ctx, old) }), catalog.Conflict, "")
	u.Version = 2
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.SignUp(ctx, u.ID)
		if diff := cmp.Diff(u, got); diff != "" {
			t.Errorf("a decided sign-up (-want +got):\n%s", diff)
		}
		return err
	})
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.SignUp(ctx, newID(t)); return err }), catalog.NotFound, "")
}
