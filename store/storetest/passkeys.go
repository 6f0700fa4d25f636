package storetest

import (
	"sync/atomic"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func passkeys(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	one := account.Passkey{ID: newID(t), AccountID: a.ID, Name: "电脑", Handle: []byte{0, 1}, Record: []byte(`{"n":1}`), CreatedAt: 10, Version: 1}
	two := account.Passkey{ID: newID(t), AccountID: a.ID, Name: "手机", Handle: []byte{0, 2}, Record: []byte(`{"n":2}`), CreatedAt: 11, Version: 1}
	other := account.Passkey{ID: newID(t), AccountID: b.ID, Name: "电脑", Handle: []byte{0, 3}, Record: []byte(`{}`), CreatedAt: 12, Version: 1}
	add := func(k account.Passkey) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.AddPasskey(ctx, k) })
	}
	for _, k := range []account.Passkey{two, one, other} {
		if err := add(k); err != nil {
			t.Fatal(err)
		}
	}
	again := account.Passkey{ID: newID(t), AccountID: b.ID, Name: "别人的", Handle: one.Handle, Record: []byte(`{}`), Version: 1}
	mustBe(t, add(again), catalog.Conflict, "")
	again.AccountID, again.Handle = newID(t), []byte{9}
	mustBe(t, add(again), catalog.NotFound, "")
	of := func(want ...account.Passkey) {
		t.Helper()
		for i := range want {
			want[i].Handle = nil // only a hash of it is kept
		}
		read(ctx, t, db, func(tx *store.Tx) error {
			list, err := tx.Passkeys(ctx, a.ID)
			if diff := cmp.Diff(want, list); diff != "" {
				t.Errorf("passkeys (-want +got):\n%s", diff)
			}
			return err
		})
	}
	of(one, two)
	var used atomic.Int32
	for _, err := range together(writers, func(int) error {
		k := one
		k.Record, k.UsedAt = []byte(`{"n":3}`), 20
		err := db.Write(ctx, func(tx *store.Tx) error { return tx.SavePasskey(ctx, k) })
		if err == nil {
			used.Add(1)
		}
		return err
	}) {
		if err != nil && catalog.CodeOf(err) != catalog.Conflict {
			t.Fatal(err)
		}
	}
	if used.Load() != 1 {
		t.Errorf("one version was written over %d times, want 1", used.Load())
	}
	one.Record, one.UsedAt, one.Version = []byte(`{"n":3}`), 20, 2
	of(one, two)
	for _, c := range []struct {
		k    account.Passkey
		of   account.Account
		want bool
	}{{one, b, false}, {one, a, true}, {one, a, false}} {
		write(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.RemovePasskey(ctx, c.of.ID, c.k.ID)
			if err == nil && got != c.want {
				t.Errorf("removed from %s: %v, want %v", c.of.Name, got, c.want)
			}
			return err
		})
	}
	of(two)
}
