package account_test

import (
	"iter"
	"testing"
	"time"

	"datai/account"
	"datai/internal/apptest"
)

// rows numbers rows from 2, as below a header.
func rows(list ...account.Listed) iter.Seq2[account.Listed, error] {
	return func(yield func(account.Listed, error) bool) {
		for i, l := range list {
			l.Row, l.Says = i+2, account.Says{Unit: true, Email: true, Phone: true, Ends: true}
			if l.Category == "" {
				l.Category = account.Staff
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

func take(t *testing.T, a *apptest.App, p account.Principal, o account.RosterOptions, list ...account.Listed) account.Outcome {
	t.Helper()
	out, err := a.Account.Roster(t.Context(), p, rows(list...), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAListNeverShutsTheOfficeOut(t *testing.T) {
	a := apptest.New(t)
	me := boss(t, a)
	if err := write(t.Context(), a, func(tx account.Tx) error {
		return tx.AddIdentity(t.Context(), account.Identity{ID: me.ID, AccountID: me.ID, Provider: account.ByNumber, Value: "T0001"})
	}); err != nil {
		t.Fatal(err)
	}
	gone := account.Listed{Number: "T0001", Name: "系统管理员", Left: true}
	out := take(t, a, me, account.RosterOptions{}, gone)
	if len(out.Refused) != 1 || out.Refused[0].Refusal.Key != "accounts.own" {
		t.Errorf("the own account: %+v", out)
	}
	out = take(t, a, console, account.RosterOptions{}, gone)
	if len(out.Refused) != 1 || out.Refused[0].Refusal.Key != "accounts.last" {
		t.Errorf("the last administrator: %+v", out)
	}
	// Here, then missing from a full list: still the last one.
	gone.Left = false
	take(t, a, console, account.RosterOptions{}, gone)
	out = take(t, a, console, account.RosterOptions{Full: true, Disable: true}, account.Listed{Number: "T0002", Name: "罗静姝"})
	if len(out.Leavers) != 1 || out.Disabled != 0 {
		t.Errorf("missing: %+v", out)
	}
	if x, err := a.Account.AccountCalled(t.Context(), console, "系统管理员"); err != nil || x.Disabled {
		t.Errorf("%+v, %v", x, err)
	}
}

func TestWhatBelongsToAnotherIsRefused(t *testing.T) {
	a := apptest.New(t)
	take(t, a, console, account.RosterOptions{}, account.Listed{Number: "T1", Name: "沈若川", Email: "shen@example.edu.cn", Phone: "13800000001"})
	for _, bad := range []account.Listed{
		{Number: "T2", Name: "罗静姝", Email: "SHEN@example.edu.cn"}, {Number: "T2", Name: "罗静姝", Phone: "+86 138 0000 0001"},
		{Number: "T2", Name: "罗静姝", Other: "T9"}, {Number: "T2", Name: " "}, {Name: "罗静姝"}, {Number: "T2", Name: "罗静姝", Email: "x"},
	} {
		if out := take(t, a, console, account.RosterOptions{}, bad); out.Fates[account.FateRefused] != 1 {
			t.Errorf("%+v: %+v", bad, out)
		}
	}
	if list, _, n, err := a.Account.Accounts(t.Context(), console, account.Filter{}, account.Page{}); err != nil || n != 1 || list[0].Name != "沈若川" {
		t.Errorf("%+v, %v", list, err)
	}
	// The list gives the phone to somebody else: it goes with the number it came with.
	take(t, a, console, account.RosterOptions{}, account.Listed{Number: "T1", Name: "沈若川", Email: "shen@example.edu.cn", Phone: "13800000002"},
		account.Listed{Number: "T3", Name: "孟小满", Phone: "13800000001"})
	who, ok, err := a.Account.Known(t.Context(), account.ByPhone, "13800000001")
	if err != nil || !ok || who.Name != "孟小满" {
		t.Errorf("%+v, %v, %v", who, ok, err)
	}
}

// Who is signed in and has left by the list is out with the next request; who
// was disabled by hand stays so when a list has them.
func TestALeaverIsOut(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	shen := account.Listed{Number: "T1", Name: "沈若川"}
	take(t, a, console, account.RosterOptions{}, shen)
	x, err := a.Account.AccountCalled(ctx, console, "沈若川")
	if err != nil {
		t.Fatal(err)
	}
	_, in, err := a.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByCAS})
	if err != nil {
		t.Fatal(err)
	}
	out := take(t, a, console, account.RosterOptions{Full: true, Disable: true, DryRun: true}, account.Listed{Number: "T2", Name: "罗静姝"})
	if len(out.Leavers) != 1 || out.Disabled != 0 {
		t.Errorf("dry: %+v", out)
	}
	if p, _, err := a.Account.Present(ctx, in.ID); err != nil || !p.SignedIn() {
		t.Error("a dry run signs out", err)
	}
	broken := account.Listed{Number: "T2", Name: ""}
	if _, err := a.Account.Roster(ctx, console, rows(broken), account.RosterOptions{Full: true, Disable: true}); err == nil {
		t.Error("somebody is disabled by a list with refused rows")
	}
	if out = take(t, a, console, account.RosterOptions{Full: true, Disable: true}, account.Listed{Number: "T2", Name: "罗静姝"}); out.Disabled != 1 {
		t.Errorf("%+v", out)
	}
	if p, _, err := a.Account.Present(ctx, in.ID); err != nil || p.SignedIn() {
		t.Error("a leaver is in", err)
	}
	if out = take(t, a, console, account.RosterOptions{}, shen); out.Fates[account.FateChanged] != 1 {
		t.Errorf("back: %+v", out)
	}
	x, err = a.Account.AccountCalled(ctx, console, "沈若川")
	if err != nil || x.Disabled {
		t.Fatal("who is back is not let in", err)
	}
	if err := a.Account.Disable(ctx, console, x.ID, x.Version); err != nil {
		t.Fatal(err)
	}
	shen.Unit, shen.EndsAt = "机械学院", a.Clock.Now().Add(time.Hour).UnixMilli()
	take(t, a, console, account.RosterOptions{}, shen)
	if x, err = a.Account.AccountCalled(ctx, console, "沈若川"); err != nil || !x.Disabled || x.Unit != "机械学院" {
		t.Errorf("a list enables whom somebody disabled: %+v, %v", x, err)
	}
}

func TestOnlyWhoManagesAccountsTakesAList(t *testing.T) {
	a := apptest.New(t)
	for _, role := range account.Roles() {
		p := account.Principal{Acting: role}
		_, err := a.Account.Roster(t.Context(), p, rows(), account.RosterOptions{})
		if (err == nil) != p.May(account.ManageAccounts) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// Two people of one name, in one list and even in one unit, are two: their
// numbers tell them apart whatever the order of the list, and who of them leaves
// takes nothing from the other.
func TestTwoPeopleOfOneNameAreTwo(t *testing.T) {
	a := apptest.New(t)
	first := account.Listed{Number: "T1", Name: "沈若川", Unit: "机械学院", Email: "one@example.edu.cn", Phone: "13800000001"}
	second := account.Listed{Number: "T2", Name: "沈若川", Unit: "机械学院", Email: "two@example.edu.cn", Phone: "13800000002"}
	if out := take(t, a, console, account.RosterOptions{}, first, second); out.Fates[account.FateNew] != 2 {
		t.Fatalf("%+v", out)
	}
	of := func(number string) account.Account {
		t.Helper()
		x, ok, err := a.Account.Known(t.Context(), account.ByNumber, number)
		if err != nil || !ok {
			t.Fatalf("%s: %v, %v", number, ok, err)
		}
		return x
	}
	one, two := of("T1"), of("T2")
	if one.ID == two.ID || one.Name != "沈若川" || two.Name != "沈若川（T2）" {
		t.Fatalf("%+v, %+v", one, two)
	}
	if out := take(t, a, console, account.RosterOptions{}, second, first); out.Fates[account.FateUnchanged] != 2 {
		t.Errorf("in another order: %+v", out)
	}
	gone := first
	gone.Left = true
	take(t, a, console, account.RosterOptions{}, gone, second)
	if _, ok, err := a.Account.Known(t.Context(), account.ByNumber, "T1"); err != nil || ok {
		t.Errorf("who left comes in: %v", err)
	}
	if x, ok, err := a.Account.Known(t.Context(), account.ByPhone, "13800000002"); err != nil || !ok || x.ID != two.ID {
		t.Errorf("the other is %+v, %v, %v", x, ok, err)
	}
}
