package storetest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func accountPages(t *testing.T, db *store.DB) {
	ctx := t.Context()
	names := []string{"沈若川", "沈若川（T0002）", "罗静姝", "Admin", "an officer", "周顾问", "\x7fÜber"}
	want := map[string]account.Account{}
	for i, name := range names {
		a := account.Account{ID: newID(t), Name: name, Roles: []account.Role{account.Officer}, CreatedAt: int64(i), Unit: "机械学院", EndsAt: int64(i), Version: 1}
		if i%2 == 1 {
			a.Roles, a.Disabled = []account.Role{account.Manager, account.System}, true
		}
		if i%3 == 1 {
			a.Asked = []account.Role{account.Security}
		}
		want[name] = a
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddAccount(ctx, a) })
	}
	walk := func(f account.Filter, limit int) (seen []string) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			for from := (account.Page{Limit: limit}); from.Limit > 0; {
				list, next, err := tx.Accounts(ctx, f, from)
				if err != nil {
					return err
				}
				for _, a := range list {
					seen = append(seen, a.Name)
					if diff := cmp.Diff(want[a.Name], a); diff != "" {
						t.Errorf("account (-want +got):\n%s", diff)
					}
				}
				from = next
			}
			n, err := tx.CountAccounts(ctx, f)
			if n != len(seen) {
				t.Errorf("%+v: counted %d, listed %d", f, n, len(seen))
			}
			return err
		})
		return seen
	}
	all := walk(account.Filter{}, 100)
	if len(all) != len(names) {
		t.Errorf("listed %q", all)
	}
	for limit := 1; limit <= 4; limit++ {
		if got := walk(account.Filter{}, limit); !slices.Equal(got, all) {
			t.Errorf("pages of %d: %q, want %q", limit, got, all)
		}
	}
	for _, c := range []struct {
		f    account.Filter
		want int
	}{
		{account.Filter{Q: "若川"}, 2}, {account.Filter{Q: "shenruo"}, 2}, {account.Filter{Q: "T0002"}, 1}, {account.Filter{Q: "%"}, 0}, {account.Filter{Q: "_"}, 0},
		{account.Filter{Role: account.Manager}, 3}, {account.Filter{Role: "man"}, 0}, {account.Filter{State: account.Disabled}, 3},
		{account.Filter{State: account.Active, Role: account.Officer}, 4}, {account.Filter{State: account.Waiting}, 2}, {account.Filter{Role: account.Security}, 0},
	} {
		if got := walk(c.f, 2); len(got) != c.want {
			t.Errorf("%+v: %q, want %d", c.f, got, c.want)
		}
	}

	a := want["罗静姝"]
	a.Roles, a.Asked, a.Unit, a.Disabled = nil, []account.Role{account.Audit}, "城建学部", true
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveAccount(ctx, a) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SaveAccount(ctx, a) }), catalog.Conflict, "error.conflict")
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.EnterAccount(ctx, a.ID, 7); err != nil {
			return err
		}
		return tx.EnterAccount(ctx, a.ID, 9)
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		got, _, err := tx.Account(ctx, a.ID)
		a.Version, a.EnteredAt = 2, 7
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("saved (-want +got):\n%s", diff)
		}
		return err
	})
}

// Two system administrators who disable each other at once: one stays.
func lastAdministrator(t *testing.T, db *store.DB) {
	ctx := t.Context()
	s := account.NewService(store.For[account.Tx](db), time.Now, rand.Reader)
	for round := range 10 {
		var two [2]account.Account
		for i := range two {
			two[i] = account.Account{ID: newID(t), Name: fmt.Sprintf("管理员%d-%d", round, i), Roles: []account.Role{account.System}, Version: 1}
			write(ctx, t, db, func(tx *store.Tx) error { return tx.AddAccount(ctx, two[i]) })
		}
		errs := together(2, func(i int) error {
			p := account.Principal{ID: two[i].ID, Roles: two[i].Roles, Acting: account.System}
			return s.Disable(ctx, p, two[1-i].ID, 1)
		})
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
				continue
			}
			mustBe(t, err, catalog.Conflict, "accounts.last")
		}
		if done != 1 {
			t.Fatalf("round %d: %d were disabled, want 1", round, done)
		}
		for i := range two { // the one that stays makes room for the next round
			write(ctx, t, db, func(tx *store.Tx) error {
				a, _, err := tx.Account(ctx, two[i].ID)
				if err != nil || a.Disabled {
					return err
				}
				a.Disabled = true
				return tx.SaveAccount(ctx, a)
			})
		}
	}
}
