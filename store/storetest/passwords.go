package storetest

import (
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"
)

func passwords(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	kept := func(of account.Account) (p account.Password, ok bool) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			p, ok, err = tx.Password(ctx, of.ID)
			return err
		})
		return p, ok
	}
	save := func(p account.Password) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SavePassword(ctx, p) })
	}
	if p, ok := kept(a); ok || p != (account.Password{}) {
		t.Errorf("before one was set: %+v", p)
	}
	first := account.Password{AccountID: a.ID, Kept: "$argon2id$一", SetAt: 10}
	if err := save(first); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(first), catalog.Conflict, "") // two who set the first one
	first.Version = 1
	if p, ok := kept(a); !ok || p != first {
		t.Errorf("kept %+v", p)
	}
	second := account.Password{AccountID: a.ID, Kept: "$argon2id$二", Version: 1, SetAt: 20}
	if err := save(second); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(second), catalog.Conflict, "")
	mustBe(t, save(account.Password{AccountID: b.ID, Kept: "x", Version: 1}), catalog.Conflict, "")
	mustBe(t, save(account.Password{AccountID: newID(t), Kept: "x"}), catalog.NotFound, "")
	second.Version = 2
	if p, ok := kept(a); !ok || p != second {
		t.Errorf("kept %+v", p)
	}
	if _, ok := kept(b); ok {
		t.Error("somebody else has a password")
	}
}
