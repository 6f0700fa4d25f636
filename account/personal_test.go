package account_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/internal/apptest"
	"datai/store"

	"github.com/google/uuid"
)

func TestDataIsTakenOutInFullByItsOwnerWhoHasJustSignedIn(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x, y := add(t, a, "王教授", account.Professor), add(t, a, "李教授", account.Professor)
	if err := store.For[account.Tx](a.DB).Write(ctx, func(tx account.Tx) error {
		return tx.AddIdentity(ctx, account.Identity{ID: uuid.New(), AccountID: x.ID, Provider: account.ByPhone, Value: "13900000007"})
	}); err != nil {
		t.Fatal(err)
	}
	p, in := weak(t, a, x)
	other, _ := weak(t, a, y)
	d, err := a.Account.OwnData(ctx, p, in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"王教授", "13900000007", account.DataFormat, "account.enter"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if _, err := a.Account.OwnData(ctx, other, in); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("by the sign-in of somebody else: %v", err)
	}
	if _, err := a.Account.DataOf(ctx, boss(t, a), x.ID); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("by a system administrator: %v", err)
	}
	if _, err := a.Account.DataOf(ctx, console, x.ID); err != nil {
		t.Errorf("by the operator: %v", err)
	}
	a.Clock.Advance(account.Fresh + time.Second)
	_, err = a.Account.OwnData(ctx, p, in)
	refusedWith(t, "later", err, "personal.sign_in_again")
	refusedWith(t, "closing later", a.Account.CloseOwn(ctx, p, in), "personal.sign_in_again")
}

func TestAClosedAccountStaysClosedAndItsOwnerComesBackAsSomebodyNew(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	src, claim := setUp(t, a, campus()), said("T2010033")
	p, in, err := a.Account.Federate(ctx, src, claim, account.Entrance{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Account.CloseOwn(ctx, p, in); err != nil {
		t.Fatal(err)
	}
	if now, _, err := a.Account.Present(ctx, in.ID); err != nil || now.SignedIn() {
		t.Errorf("still here as %v, %v", now, err)
	}
	x, known, err := a.Account.Account(ctx, console, p.ID)
	if err != nil || !account.Closed(x.Name) || len(known) > 0 || len(x.Roles) > 0 {
		t.Errorf("left is %+v, %v, %v", x, known, err)
	}
	refusedWith(t, "enabled", a.Account.Enable(ctx, console, p.ID, x.Version), "accounts.closed")
	refusedWith(t, "given a role", a.Account.SetRoles(ctx, console, p.ID, x.Version, []account.Role{account.Officer}), "accounts.closed")
	refusedWith(t, "closed again", a.Account.Close(ctx, console, p.ID), "accounts.closed")
	_, err = a.Account.Add(ctx, console, account.ClosedName, nil)
	refusedWith(t, "named like one", err, "accounts.name")
	claim = said("T2010033")
	again, _, err := a.Account.Federate(ctx, src, claim, account.Entrance{})
	if err != nil || again.ID == p.ID {
		t.Errorf("came back as %v, %v", again, err)
	}
}

func TestTheLastAdministratorCannotCloseTheirAccount(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	me := boss(t, a)
	in := account.Entrance{Via: account.ByPassword, Strong: true}
	_, here, err := a.Account.Enter(ctx, me.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	refusedWith(t, "the last", a.Account.CloseOwn(ctx, me, here), "personal.last")
	if now, _, err := a.Account.Present(ctx, here.ID); err != nil || now.Acting != account.System {
		t.Errorf("what was refused changed something: %v, %v", now, err)
	}
	second := add(t, a, "另一位", account.System)
	if err := a.Account.CloseOwn(ctx, me, here); err != nil {
		t.Error(err)
	}
	refusedWith(t, "by the operator", a.Account.Close(ctx, console, second.ID), "personal.last")
}
