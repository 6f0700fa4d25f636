package account_test

import (
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/internal/apptest"

	"github.com/google/uuid"
)

// asked is what is sent when somebody asks for a code to an address.
func asked(t *testing.T, a *apptest.App, who account.Principal, kind account.Provider, value string) (id uuid.UUID, digits string) {
	t.Helper()
	id, _, err := a.Passwords.AskAddress(t.Context(), who, kind, value, "zh-CN", "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	ns := told(t, a)
	n := ns[len(ns)-1] // others may have come back by now: nobody sends them
	if n.Template != "address_confirm" || n.Account != uuid.Nil {
		t.Fatalf("%+v", ns)
	}
	return id, n.Vars["code"]
}

func TestAnAddressIsOnesOwnOnceItsCodeWasTyped(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	who := withPassword(t, a, "王老师")
	told(t, a)
	id, digits := asked(t, a, who, account.ByPhone, "138 0000 0001")
	for what, err := range map[string]error{
		"other digits":      a.Passwords.AddAddress(ctx, who, id, account.ByPhone, "13800000001", misread(digits)),
		"another telephone": a.Passwords.AddAddress(ctx, who, id, account.ByPhone, "13800000002", digits),
		"another kind":      a.Passwords.AddAddress(ctx, who, id, account.ByEmail, "a@example.edu.cn", digits),
		"no kind":           a.Passwords.AddAddress(ctx, who, id, account.ByNumber, "13800000001", digits),
		"somebody else":     a.Passwords.AddAddress(ctx, withPassword(t, a, "旁人"), id, account.ByPhone, "13800000001", digits),
	} {
		if key(err) != "addresses.wrong" {
			t.Errorf("%s: %v", what, err)
		}
	}
	told(t, a)
	if _, _, err := a.Passwords.EnterByCode(ctx, id, digits, account.From{Device: who.ID.String()}, account.Entrance{}); key(err) != "code.wrong" {
		t.Errorf("the code of an address lets in: %v", err)
	}
	if err := a.Passwords.AddAddress(ctx, who, id, account.ByPhone, "13800000001", digits); err != nil {
		t.Fatal(err)
	}
	if ns := told(t, a); len(ns) != 1 || ns[0].Template != "address_added" || ns[0].Account != who.ID {
		t.Errorf("who had it before is told: %+v", ns)
	}
	if err := a.Passwords.AddAddress(ctx, who, id, account.ByPhone, "13800000001", digits); key(err) != "addresses.wrong" {
		t.Errorf("twice: %v", err)
	}
	list, err := a.Account.Addresses(ctx, who)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, i := range list {
		if !strings.Contains(i.Value, "*") {
			t.Errorf("an address is shown in full: %s", i.Value)
		}
	}
	if p, _, err := a.Passwords.SignIn(ctx, "13800000001", phrase, account.From{}, account.Entrance{}); err != nil || p.ID != who.ID {
		t.Errorf("sign-in by it: %+v, %v", p, err)
	}
}

// misread is another code of as many digits.
func misread(digits string) string { return string('0'+(digits[0]-'0'+1)%10) + digits[1:] }

func TestACodeOfAnAddressIsNotTriedForEver(t *testing.T) {
	a := apptest.New(t)
	who := withPassword(t, a, "王老师")
	told(t, a)
	id, digits := asked(t, a, who, account.ByPhone, "13800000001")
	for range account.CodeTries {
		if err := a.Passwords.AddAddress(t.Context(), who, id, account.ByPhone, "13800000001", misread(digits)); key(err) != "addresses.wrong" {
			t.Fatal(err)
		}
	}
	if err := a.Passwords.AddAddress(t.Context(), who, id, account.ByPhone, "13800000001", digits); key(err) != "addresses.wrong" {
		t.Errorf("after too many tries: %v", err)
	}
	a.Clock.Advance(account.CodeAgain - time.Second)
	_, _, err := a.Passwords.AskAddress(t.Context(), who, account.ByPhone, "13800000001", "zh-CN", "")
	refusedWith(t, "again at once", err, "code.wait")
	a.Clock.Advance(time.Second)
	id, digits = asked(t, a, who, account.ByPhone, "13800000001")
	a.Clock.Advance(account.CodeLife)
	if err := a.Passwords.AddAddress(t.Context(), who, id, account.ByPhone, "13800000001", digits); key(err) != "addresses.wrong" {
		t.Errorf("too late: %v", err)
	}
	for i := range 4 { // two were sent in the quarter of an hour already
		_, _, err = a.Passwords.AskAddress(t.Context(), who, account.ByPhone, "1380000001"+string(rune('0'+i)), "zh-CN", "")
	}
	refusedWith(t, "many telephones", err, "code.too_many")
}

// Whether somebody else has an address is told only to who holds it.
func TestAnAddressOfSomebodyElseStaysTheirs(t *testing.T) {
	a := apptest.New(t)
	owner, me := withPassword(t, a, "原主"), withPassword(t, a, "王老师")
	identify(t, a, owner, account.ByPhone, "13800000001")
	told(t, a)
	id, digits := asked(t, a, me, account.ByPhone, "13800000001")
	err := a.Passwords.AddAddress(t.Context(), me, id, account.ByPhone, "13800000001", digits)
	refusedWith(t, "proven, of another account", err, "addresses.taken")
	if x, ok, err := a.Account.Known(t.Context(), account.ByPhone, "13800000001"); err != nil || !ok || x.ID != owner.ID {
		t.Errorf("whose it is now: %+v, %v", x, err)
	}
}

func TestTheLastWayInCannotBeRemoved(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "罗静姝", account.Professor)
	me := account.Principal{ID: x.ID, Name: x.Name, Roles: x.Roles, Acting: account.Professor}
	identify(t, a, me, account.ByPhone, "13800000003")
	identify(t, a, me, account.ByEmail, "luo@example.edu.cn")
	list, err := a.Account.Addresses(ctx, me)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	phone, mail := list[0], list[1]
	if phone.Provider != account.ByPhone {
		phone, mail = mail, phone
	}
	refusedWith(t, "what is left cannot be reached", a.Account.RemoveAddress(ctx, me, mail.ID, account.ByEmail), "addresses.last")
	refusedWith(t, "of somebody else", a.Account.RemoveAddress(ctx, account.Principal{ID: uuid.New(), Acting: account.Professor}, mail.ID), "addresses.not_found")
	if err := a.Account.RemoveAddress(ctx, me, mail.ID, account.ByEmail, account.ByPhone); err != nil {
		t.Fatal(err)
	}
	to := map[string]bool{}
	for _, n := range told(t, a) {
		to[n.Template+" "+n.Email+n.Account.String()] = true
	}
	if len(to) != 2 || !to["address_removed luo@example.edu.cn"+uuid.Nil.String()] || !to["address_removed "+me.ID.String()] {
		t.Errorf("who is told: %v", to)
	}
	refusedWith(t, "the last one", a.Account.RemoveAddress(ctx, me, phone.ID, account.ByEmail, account.ByPhone), "addresses.last")
	_, in, err := a.Account.Enter(ctx, me.ID, account.Entrance{Via: account.ByLink})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Passwords.Set(ctx, me, in.ID, "", phrase); err != nil {
		t.Fatal(err)
	}
	if err := a.Account.RemoveAddress(ctx, me, phone.ID, account.ByEmail, account.ByPhone); err != nil {
		t.Errorf("with a password: %v", err)
	}
}
