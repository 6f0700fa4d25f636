package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"datai/account"
	"datai/shelf"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// consents are kept with their words, of which equal ones are one version, are
// found by whose they are and by what they are about, and end once.
func consents(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, clerk := addAccount(t, db, "王老师"), addAccount(t, db, "代录员")
	thing, party, signed := newID(t), newID(t), newID(t)
	agree := func(at int64, c account.Consent) account.Consent {
		c, err := account.NewConsent(rand.Reader, time.UnixMilli(at), -1, c)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	share := func(at int64, name string) account.Consent {
		return agree(at, account.Consent{AccountID: a.ID, Thing: thing, Purpose: account.ConsentShare, PartyID: party, Party: name,
			Words: "同意将我的姓名、单位、电话提供给 " + name + "，可随时撤回", How: account.ConsentOnPage})
	}
	first, second := share(1, "示例轴承"), share(2, "示例泵业")
	called := agree(3, account.Consent{Thing: newID(t), Purpose: account.ConsentPublish, Words: "可以公开", How: account.ConsentByCall, By: clerk.ID, Guardian: true})
	signUp := agree(4, account.Consent{Thing: signed, Purpose: account.ConsentSignUp, Words: "同意保存", How: account.ConsentOnPage})
	if first.Version != second.Version || first.Version == called.Version || first.Said() != "同意将我的姓名、单位、电话提供给 示例轴承，可随时撤回" {
		t.Errorf("versions %s, %s, %s; %s", first.Version, second.Version, called.Version, first.Said())
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddSignUp(ctx, shelf.SignUp{ID: signed, Version: 1, Name: "示例泵业", CreditCode: "91999999MA0000002X", State: shelf.SignUpAccepted, Account: a.ID,
			Private: shelf.SignUpPrivate{Contact: "罗静姝", Phone: "13800000001"}}); err != nil {
			return err
		}
		for _, c := range []account.Consent{first, second, called, signUp} {
			if err := tx.AddConsent(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	list := func(of func(tx *store.Tx) ([]account.Consent, error)) (out []account.Consent) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			out, err = of(tx)
			return err
		})
		return out
	}
	own := func(tx *store.Tx) ([]account.Consent, error) { return tx.ConsentsOf(ctx, a.ID) }
	if diff := cmp.Diff([]account.Consent{signUp, second, first}, list(own)); diff != "" {
		t.Errorf("of an account (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]account.Consent{called}, list(func(tx *store.Tx) ([]account.Consent, error) { return tx.ConsentsOn(ctx, called.Thing) })); diff != "" {
		t.Errorf("about a thing (-want +got):\n%s", diff)
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, x := range []struct {
			id   uuid.UUID
			want bool
		}{{first.ID, true}, {first.ID, false}, {newID(t), false}} {
			if ended, err := tx.EndConsent(ctx, x.id, 9); err != nil || ended != x.want {
				t.Errorf("ended %v, want %v, %v", ended, x.want, err)
			}
		}
		return tx.ForgetSignUp(ctx, signed)
	})
	for _, c := range list(own) {
		if holds := c.Holds(account.ConsentShare, party); holds != (c.ID == second.ID) {
			t.Errorf("%s of %s holds: %v", c.Purpose, c.Party, holds)
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		u, err := tx.SignUp(ctx, signed)
		if err == nil && u.Private != (shelf.SignUpPrivate{}) {
			t.Errorf("the sign-up still has %+v", u.Private)
		}
		return err
	})
	write(ctx, t, db, func(tx *store.Tx) error { return tx.CloseAccount(ctx, a, 60) })
	for _, c := range list(own) {
		if c.EndedAt == 0 {
			t.Errorf("%s holds after the account was closed", c.Purpose)
		}
	}
}
