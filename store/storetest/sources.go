package storetest

import (
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func sources(t *testing.T, db *store.DB) {
	ctx := t.Context()
	one := account.Source{ID: newID(t), Name: "campus", Version: 1, CreatedAt: 10, Secrets: account.Secrets{Secret: "s3cret", PresenceKey: "k3y"}, SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一身份认证", TitleEn: "Campus",
		Address: "https://cas.example.edu.cn/cas", Map: account.AttributeMap{Numbers: []string{"user", "xh"}, Name: "cn", Otherwise: account.Student, Strong: "amr", StrongIs: []string{"otp"}}, Known: true, NoPassword: true}}
	two := account.Source{ID: newID(t), Name: "partner", Version: 1, Disabled: true, CreatedAt: 11}
	for _, s := range []account.Source{one, two} {
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddSource(ctx, s) })
	}
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error {
		return tx.AddSource(ctx, account.Source{ID: newID(t), Name: "campus", Version: 1})
	}), catalog.Conflict, "")
	one.Version, one.Secret, one.Title = 2, "another", "统一认证"
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SetSource(ctx, one) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SetSource(ctx, one) }), catalog.Conflict, "")
	read(ctx, t, db, func(tx *store.Tx) error {
		list, err := tx.Sources(ctx)
		if diff := cmp.Diff([]account.Source{one, two}, list); diff != "" {
			t.Errorf("sources (-want +got):\n%s", diff)
		}
		return err
	})
	spend := func(p account.Provider, once string, until int64, want bool) {
		t.Helper()
		write(ctx, t, db, func(tx *store.Tx) error {
			fresh, err := tx.Spend(ctx, p, once, until)
			if err == nil && fresh != want {
				t.Errorf("%s %s: fresh is %v, want %v", p, once, fresh, want)
			}
			return err
		})
	}
	const far = 1 << 60
	spend("cas:campus", "ST-1", far, true)
	spend("cas:campus", "ST-1", far, false)
	spend("cas:partner", "ST-1", far, true)
	spend("cas:campus", "ST-2", 1, true) // need not be remembered any more
	spend("cas:campus", "ST-2", far, true)
	spend("cas:campus", "ST-1", far, false)
}

func presences(t *testing.T, db *store.DB) {
	ctx := t.Context()
	src := account.Source{ID: newID(t), Name: "campus", Version: 1}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddSource(ctx, src) })
	take := func(now, next int64, want bool) {
		t.Helper()
		write(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.TakePresence(ctx, src.ID, now, next)
			if err == nil && got != want {
				t.Errorf("taken at %d: %v, want %v", now, got, want)
			}
			return err
		})
	}
	take(100, 200, true)
	take(100, 200, false)
	take(199, 300, false)
	take(200, 300, true)
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.TakePresence(ctx, newID(t), 1, 2)
		return err
	}), catalog.NotFound, "")
	kept := account.Presence{SourceID: src.ID, Due: 300, ReadAt: 201, State: account.PresenceStopped, Listed: 7, Total: 6, Gone: 5, Allowed: 4}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SetPresence(ctx, kept) })
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Presence(ctx, src.ID)
		if err == nil && got != kept {
			t.Errorf("%+v, want %+v", got, kept)
		}
		if none, err := tx.Presence(ctx, newID(t)); err != nil || none.State != "" || none.Due != 0 {
			t.Errorf("of nobody: %+v, %v", none, err)
		}
		return err
	})

	a, b, c := addAccount(t, db, "王老师"), addAccount(t, db, "李老师"), addAccount(t, db, "赵老师")
	for _, i := range []account.Identity{{AccountID: a.ID, Provider: account.ByNumber, Value: "T1"}, {AccountID: a.ID, Provider: account.ByNumber, Value: "S1"},
		{AccountID: a.ID, Provider: "cas:campus", Value: "T1"}, {AccountID: b.ID, Provider: account.ByNumber, Value: "T2"}, {AccountID: b.ID, Provider: "cas:other", Value: "T2"},
		{AccountID: c.ID, Provider: account.ByEmail, Value: "T3"}} {
		i.ID = newID(t)
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddIdentity(ctx, i) })
	}
	holders := func(numbers ...string) (list []account.Holder) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			list, err = tx.Holders(ctx, "cas:campus", numbers)
			return err
		})
		return list
	}
	want := []account.Holder{{AccountID: a.ID, Linked: true, Listed: []int{1}}, {AccountID: b.ID, Listed: []int{2}}}
	if diff := cmp.Diff(want, holders("T3", "S1", "T2")); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	b.Disabled = true
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveAccount(ctx, b) })
	if diff := cmp.Diff([]account.Holder{{AccountID: a.ID, Linked: true}}, holders()); diff != "" {
		t.Errorf("holders of nothing (-want +got):\n%s", diff)
	}
}
