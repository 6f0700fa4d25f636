package storetest

import (
	"sync/atomic"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func factors(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	have := func(of account.Account) (got account.Authenticator) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			got, _, err = tx.Authenticator(ctx, of.ID)
			return err
		})
		return got
	}
	save := func(x account.Authenticator) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveAuthenticator(ctx, x) })
	}
	if got := have(a); got.Version != 0 {
		t.Errorf("before there was one: %+v", got)
	}
	first := account.Authenticator{AccountID: a.ID, Secret: []byte("12345678901234567890"), BegunAt: 10}
	if err := save(first); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(first), catalog.Conflict, "")
	mustBe(t, save(account.Authenticator{AccountID: newID(t), Secret: []byte("x")}), catalog.NotFound, "")
	first.Version = 1
	var taken atomic.Int32
	for _, err := range together(writers, func(int) error { // of those who bring one code at once
		next := first
		next.ConfirmedAt, next.Step = 20, 37037036
		err := save(next)
		if err == nil {
			taken.Add(1)
		}
		return err
	}) {
		if err != nil && catalog.CodeOf(err) != catalog.Conflict {
			t.Fatal(err)
		}
	}
	if taken.Load() != 1 {
		t.Errorf("one version was written over %d times", taken.Load())
	}
	first.Version, first.ConfirmedAt, first.Step = 2, 20, 37037036
	if diff := cmp.Diff(first, have(a)); diff != "" {
		t.Errorf("authenticator (-want +got):\n%s", diff)
	}

	set := func(of account.Account, codes ...string) {
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SetRecoveryCodes(ctx, of.ID, codes) })
	}
	left := func(of account.Account, want int) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			n, err := tx.RecoveryCodes(ctx, of.ID)
			if n != want {
				t.Errorf("%d codes are left, want %d", n, want)
			}
			return err
		})
	}
	set(a, "OLD1", "OLD2")
	set(a, "AAAA", "BBBB")
	set(b, "AAAA")
	var used atomic.Int32
	for _, err := range together(writers, func(int) error {
		return db.Write(ctx, func(tx *store.Tx) error {
			ok, err := tx.UseRecoveryCode(ctx, a.ID, "AAAA", 30)
			if ok && err == nil {
				used.Add(1)
			}
			return err
		})
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if used.Load() != 1 {
		t.Errorf("a code was used %d times", used.Load())
	}
	for _, wrong := range []string{"OLD1", "AAAA", "CCCC", ""} {
		write(ctx, t, db, func(tx *store.Tx) error {
			ok, err := tx.UseRecoveryCode(ctx, a.ID, wrong, 31)
			if ok {
				t.Errorf("%q was taken", wrong)
			}
			return err
		})
	}
	left(a, 1)
	left(b, 1)
	set(a)
	left(a, 0)

	in := account.SignIn{ID: newID(t), AccountID: a.ID, Entrance: account.Entrance{Via: account.ByPassword}, CreatedAt: 1, SeenAt: 1}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddSignIn(ctx, in) })
	for _, c := range []struct {
		of   account.Account
		want bool
	}{{b, false}, {a, true}} {
		write(ctx, t, db, func(tx *store.Tx) error {
			ok, err := tx.StrengthenSignIn(ctx, c.of.ID, in.ID)
			if ok != c.want {
				t.Errorf("strengthened by %s: %v", c.of.Name, ok)
			}
			return err
		})
		read(ctx, t, db, func(tx *store.Tx) error {
			got, _, err := tx.SignIn(ctx, in.ID)
			if got.Strong != c.want {
				t.Errorf("strong: %v", got.Strong)
			}
			return err
		})
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		removed, err := tx.RemoveAuthenticator(ctx, a.ID)
		if !removed {
			t.Error("nothing was removed")
		}
		return err
	})
	if got := have(a); got.Version != 0 {
		t.Errorf("still there: %+v", got)
	}

	rule := func(want account.FactorRule) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.FactorRule(ctx)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rule (-want +got):\n%s", diff)
			}
			return err
		})
	}
	put := func(r account.FactorRule) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SetFactorRule(ctx, r) })
	}
	rule(account.DefaultFactorRule())
	next := account.FactorRule{Roles: []account.Role{account.Officer}}
	if err := put(next); err != nil {
		t.Fatal(err)
	}
	mustBe(t, put(next), catalog.Conflict, "")
	next.Version = 1
	rule(next)
	if err := put(account.FactorRule{Roles: []account.Role{}, Version: 1}); err != nil {
		t.Fatal(err)
	}
	mustBe(t, put(next), catalog.Conflict, "")
	rule(account.FactorRule{Roles: []account.Role{}, Version: 2})
}
