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
	one := account.Source{ID: newID(t), Name: "campus", Version: 1, CreatedAt: 10, Secret: "s3cret", SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一身份认证", TitleEn: "Campus",
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
