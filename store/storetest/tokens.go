package storetest

import (
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func tokens(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	one := account.Token{ID: newID(t), Hash: [32]byte{1}, AccountID: a.ID, Name: "报表", Role: account.Officer, Write: true, CreatedAt: 10, ExpiresAt: 20}
	two := account.Token{ID: newID(t), Hash: [32]byte{2}, AccountID: a.ID, Name: "同步", Role: account.System, CreatedAt: 11, ExpiresAt: 21}
	other := account.Token{ID: newID(t), Hash: [32]byte{3}, AccountID: b.ID, Name: "报表", Role: account.Officer, CreatedAt: 12, ExpiresAt: 22}
	for _, tok := range []account.Token{one, two, other} {
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddToken(ctx, tok) })
	}
	add := func(tok account.Token) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.AddToken(ctx, tok) })
	}
	mustBe(t, add(account.Token{ID: newID(t), Hash: [32]byte{4}, AccountID: a.ID, Name: "报表", Role: account.Officer}), catalog.Conflict, "")
	mustBe(t, add(account.Token{ID: newID(t), Hash: one.Hash, AccountID: a.ID, Name: "别的", Role: account.Officer}), catalog.Conflict, "")
	mustBe(t, add(account.Token{ID: newID(t), Hash: [32]byte{5}, AccountID: newID(t), Name: "别的", Role: account.Officer}), catalog.NotFound, "")

	revoke := func(want bool) {
		t.Helper()
		write(ctx, t, db, func(tx *store.Tx) error {
			done, err := tx.RevokeToken(ctx, one.ID, 15)
			if err == nil && done != want {
				t.Errorf("revoked: %v, want %v", done, want)
			}
			return err
		})
	}
	revoke(true)
	revoke(false)
	one.RevokedAt = 15
	write(ctx, t, db, func(tx *store.Tx) error { return tx.UseToken(ctx, two.ID, 30) })
	write(ctx, t, db, func(tx *store.Tx) error { return tx.UseToken(ctx, two.ID, 29) })
	two.UsedOn = 30
	again := account.Token{ID: newID(t), Hash: [32]byte{6}, AccountID: a.ID, Name: "报表", Role: account.Officer, CreatedAt: 13, ExpiresAt: 23}
	if err := add(again); err != nil {
		t.Fatalf("the name of a revoked token is taken: %v", err)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		list, err := tx.Tokens(ctx, a.ID)
		if err != nil {
			return err
		}
		if diff := cmp.Diff([]account.Token{again, two, one}, list); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
		got, ok, err := tx.TokenHashed(ctx, other.Hash)
		if err != nil || !ok || got != other {
			t.Errorf("by hash: %+v, %v, %v", got, ok, err)
		}
		if got, ok, err = tx.TokenHashed(ctx, [32]byte{9}); err != nil || ok {
			t.Errorf("an unknown hash: %+v, %v, %v", got, ok, err)
		}
		got, ok, err = tx.Token(ctx, two.ID)
		if err == nil && (!ok || got != two) {
			t.Errorf("by id: %+v, %v", got, ok)
		}
		return err
	})
}
