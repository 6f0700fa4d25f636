package storetest

import (
	"testing"

	"datai/catalog"
	"datai/shelf"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func proxyDrafts(t *testing.T, db *store.DB) {
	ctx := t.Context()
	who := newID(t)
	d := shelf.Draft{ID: newID(t), Version: 1, Account: who, CreatedAt: 1, UpdatedAt: 5, Form: shelf.Form{Owner: "示例泵业", Phone: "13800000001",
		Until: catalog.Date{Year: 2026, Month: 9, Day: 30}, Themes: catalog.Themes()[:1], Read: []string{"owner"}, Parts: []shelf.Part{{Title: "漏"}}}}
	later := shelf.Draft{ID: newID(t), Version: 1, Account: who, CreatedAt: 2, UpdatedAt: 9}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddDraft(ctx, d); err != nil {
			return err
		}
		return tx.AddDraft(ctx, later)
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Drafts(ctx, who)
		if diff := cmp.Diff([]shelf.Draft{later, d}, got); diff != "" {
			t.Errorf("drafts (-want +got):\n%s", diff)
		}
		return err
	})
	stale := d
	d.Need, d.Form, d.UpdatedAt = "N-1", shelf.Form{}, 7
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveDraft(ctx, d) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SaveDraft(ctx, stale) }), catalog.Conflict, "")
	d.Version = 2
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Draft(ctx, d.ID)
		if diff := cmp.Diff(d, got); diff != "" {
			t.Errorf("a draft that became a need (-want +got):\n%s", diff)
		}
		if n, err := tx.CountDrafts(ctx, who); err != nil || n != 1 {
			t.Errorf("%d drafts, %v", n, err)
		}
		return err
	})
	write(ctx, t, db, func(tx *store.Tx) error {
		return tx.DropDraft(ctx, later.ID)
	})
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.Draft(ctx, later.ID); return err }), catalog.NotFound, "")
}

func newConfirmation(t *testing.T, need uuid.UUID, n byte) shelf.Confirmation {
	t.Helper()
	return shelf.Confirmation{ID: newID(t), Need: need, Hash: [32]byte{7, n}, How: catalog.ByLink, MadeBy: newID(t), MadeAt: int64(n), ExpiresAt: 100,
		Said: shelf.Said{Maker: "李老师", On: catalog.Date{Year: 2026, Month: 4, Day: 7}}}
}

func confirmations(t *testing.T, db *store.DB) {
	ctx := t.Context()
	n := catalog.Need{ID: newID(t), State: catalog.NeedDraft, Title: "泵漏", Text: "漏", OwnerName: "示例泵业", Contact: catalog.Contact{Phone: "13800000001"},
		Entered: catalog.Entered{By: catalog.By{ID: newID(t), Name: "李老师", At: 3}, Role: "officer", Behalf: true}}
	n.Code = catalog.ShortCode("N", n.ID)
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddNeed(ctx, n) })
	n.Version = 1
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.NeedByCode(ctx, n.Code)
		if diff := cmp.Diff(n, got); diff != "" {
			t.Errorf("need (-want +got):\n%s", diff)
		}
		return err
	})
	same := n
	same.ID, same.Code = newID(t), "N-2"
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddNeed(ctx, same) }), catalog.Conflict, "")

	c, other := newConfirmation(t, n.ID, 1), newConfirmation(t, n.ID, 2)
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddConfirmation(ctx, other); err != nil {
			return err
		}
		return tx.AddConfirmation(ctx, c)
	})
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddConfirmation(ctx, newConfirmation(t, newID(t), 3)) }), catalog.NotFound, "")
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Confirmations(ctx, n.ID)
		if diff := cmp.Diff([]shelf.Confirmation{c, other}, got); diff != "" {
			t.Errorf("confirmations (-want +got):\n%s", diff)
		}
		return err
	})
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.ConfirmationByHash(ctx, [32]byte{9}); return err }), catalog.NotFound, "")

	use := func(c shelf.Confirmation, now int64) (ok bool) {
		write(ctx, t, db, func(tx *store.Tx) (err error) {
			ok, err = tx.UseConfirmation(ctx, c, now)
			return err
		})
		return ok
	}
	if use(c, 100) {
		t.Error("an expired link is used")
	}
	won := 0
	used := make([]bool, writers)
	for _, err := range together(writers, func(i int) error {
		return db.Write(ctx, func(tx *store.Tx) (err error) {
			mine := c
			mine.Outcome, mine.Said.Who = catalog.AnswerConfirmed, "张"
			used[i], err = tx.UseConfirmation(ctx, mine, 99)
			return err
		})
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range used {
		if u {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d use one link", won)
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.EndConfirmations(ctx, n.ID, 50) })
	if use(other, 50) {
		t.Error("an ended link is used")
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.ConfirmationByHash(ctx, c.Hash)
		if got.UsedAt != 99 || got.Outcome != catalog.AnswerConfirmed || got.Said.Who != "张" || got.ExpiresAt != 100 {
			t.Errorf("a used one: %+v", got)
		}
		return err
	})
}
