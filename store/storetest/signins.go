package storetest

import (
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func identities(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	staff := account.Identity{ID: newID(t), AccountID: a.ID, Provider: account.ByNumber, Value: "T2010033", AddedAt: 10}
	student := account.Identity{ID: newID(t), AccountID: a.ID, Provider: account.ByNumber, Value: "S2021007", AddedAt: 11}
	mail := account.Identity{ID: newID(t), AccountID: b.ID, Provider: account.ByEmail, Value: "T2010033", AddedAt: 12} // the same words of another kind
	add := func(i account.Identity) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.AddIdentity(ctx, i) })
	}
	for _, i := range []account.Identity{staff, student, mail} {
		if err := add(i); err != nil {
			t.Fatal(err)
		}
	}
	mustBe(t, add(account.Identity{ID: newID(t), AccountID: b.ID, Provider: account.ByNumber, Value: "T2010033"}), catalog.Conflict, "")
	mustBe(t, add(account.Identity{ID: newID(t), AccountID: newID(t), Provider: account.ByNumber, Value: "T1"}), catalog.NotFound, "")
	owner := func(p account.Provider, value string) (a account.Account, ok bool) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			a, ok, err = tx.AccountOf(ctx, p, value)
			return err
		})
		return a, ok
	}
	for _, c := range []struct {
		i    account.Identity
		want account.Account
	}{{staff, a}, {student, a}, {mail, b}} {
		if got, ok := owner(c.i.Provider, c.i.Value); !ok || got.ID != c.want.ID {
			t.Errorf("%s %s is of %q", c.i.Provider, c.i.Value, got.Name)
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		list, err := tx.Identities(ctx, a.ID)
		if diff := cmp.Diff([]account.Identity{staff, student}, list); diff != "" {
			t.Errorf("identities (-want +got):\n%s", diff)
		}
		return err
	})
	for _, want := range []bool{true, false} {
		write(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.RemoveIdentity(ctx, staff.ID)
			if err == nil && got != want {
				t.Errorf("removed: %v, want %v", got, want)
			}
			return err
		})
	}
	if got, ok := owner(account.ByNumber, staff.Value); ok {
		t.Errorf("a removed number is still of %q", got.Name)
	}
}

func signIns(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	one := account.SignIn{ID: newID(t), AccountID: a.ID, Entrance: account.Entrance{Via: account.ByCAS, Outside: "ST-1", Strong: true, Address: "10.1.2.0/24", Agent: "Edge · Windows"}, CreatedAt: 10, SeenAt: 10}
	two := account.SignIn{ID: newID(t), AccountID: a.ID, Entrance: account.Entrance{Via: account.ByPassword}, CreatedAt: 11, SeenAt: 11}
	other := account.SignIn{ID: newID(t), AccountID: b.ID, Entrance: account.Entrance{Via: account.ByOIDC.Named("campus"), Outside: "ST-1"}, CreatedAt: 12, SeenAt: 12}
	for _, in := range []account.SignIn{one, two, other} {
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddSignIn(ctx, in) })
	}
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error {
		return tx.AddSignIn(ctx, account.SignIn{ID: newID(t), AccountID: newID(t)})
	}), catalog.NotFound, "")
	outside := func(via account.Provider, name string) (list []account.SignIn) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			list, err = tx.SignInsOutside(ctx, via, name)
			return err
		})
		return list
	}
	plain := one
	plain.Outside = "" // only a hash of it is kept
	if diff := cmp.Diff([]account.SignIn{plain}, outside(account.ByCAS, "ST-1")); diff != "" {
		t.Errorf("by its ticket (-want +got):\n%s", diff)
	}
	for _, none := range [][2]string{{"cas", "ST-2"}, {"cas", ""}, {"password", ""}, {"oidc:other", "ST-1"}} {
		if list := outside(account.Provider(none[0]), none[1]); len(list) != 0 {
			t.Errorf("%q finds %+v", none, list)
		}
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SeeSignIn(ctx, two.ID, 30) })
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SeeSignIn(ctx, two.ID, 29) })
	two.SeenAt = 30
	mine := func() (list []account.SignIn) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			list, err = tx.SignIns(ctx, a.ID)
			return err
		})
		return list
	}
	if diff := cmp.Diff([]account.SignIn{two, plain}, mine()); diff != "" {
		t.Errorf("of the account (-want +got):\n%s", diff)
	}
	for _, want := range []bool{true, false} {
		write(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.EndSignIn(ctx, one.ID, 40)
			if err == nil && got != want {
				t.Errorf("ended: %v, want %v", got, want)
			}
			return err
		})
	}
	if diff := cmp.Diff([]account.SignIn{two}, mine()); diff != "" {
		t.Errorf("after the end (-want +got):\n%s", diff)
	}
	if list := outside(account.ByCAS, "ST-1"); len(list) != 0 {
		t.Errorf("an ended sign-in is found by its ticket: %+v", list)
	}
}
