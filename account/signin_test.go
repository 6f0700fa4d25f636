package account_test

import (
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"

	"github.com/google/uuid"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		p         account.Provider
		in, want  string
		code, why string
	}{
		{account.ByEmail, " Wang.Lei@Example.EDU.cn ", "wang.lei@example.edu.cn", "", ""},
		{account.ByEmail, "王 <w@example.edu.cn>", "", "identities.email", "a display name"},
		{account.ByEmail, "w@example.edu.cn, x@example.edu.cn", "", "identities.email", "two addresses"},
		{account.ByEmail, "w", "", "identities.email", "no domain"},
		{account.ByEmail, "wаng@example.edu.cn", "", "identities.email", "a Cyrillic letter"},
		{account.ByPhone, "138 0013-8000", "13800138000", "", ""},
		{account.ByPhone, "+86 13800138000", "13800138000", "", ""},
		{account.ByPhone, "008613800138000", "13800138000", "", ""},
		{account.ByPhone, "8613800138000", "13800138000", "", ""},
		{account.ByPhone, "+852 5123 4567", "+85251234567", "", ""},
		{account.ByPhone, "12800138000", "", "identities.phone", "no such prefix"},
		{account.ByPhone, "021-6613 2222", "", "identities.phone", "a land line"},
		{account.ByPhone, "1380013800a", "", "identities.phone", "a letter"},
		{account.ByNumber, " T2010033 ", "T2010033", "", ""},
		{account.ByNumber, " ", "", "identities.value", "nothing"},
		{account.ByOIDC.Named("campus"), "a\nb", "", "identities.value", "a line break"},
	} {
		got, err := account.Canonical(c.p, c.in)
		if got != c.want || (err != nil) != (c.code != "") || (err != nil && catalog.CodeOf(err) != catalog.Invalid) {
			t.Errorf("%s %q: %q, %v (%s)", c.p, c.in, got, err, c.why)
		}
	}
}

// enter lets the account of a new officer in, as often as ways are given.
func enter(t *testing.T, a *apptest.App, name string, ways ...account.Entrance) (account.Principal, []account.SignIn) {
	t.Helper()
	who := somebody(t, a, name)
	var ins []account.SignIn
	for _, by := range ways {
		_, in, err := a.Account.Enter(t.Context(), who.ID, by)
		if err != nil {
			t.Fatal(err)
		}
		ins = append(ins, in)
	}
	return who, ins
}

func present(t *testing.T, a *apptest.App, in account.SignIn) bool {
	t.Helper()
	p, _, err := a.Account.Present(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p.SignedIn()
}

func TestASignInLastsUntilItIsEnded(t *testing.T) {
	a := apptest.New(t)
	who, ins := enter(t, a, "王老师", account.Entrance{Via: account.ByPassword, Agent: "Edge · Windows"}, account.Entrance{Via: account.ByCAS, Outside: "ST-1"}, account.Entrance{Via: account.ByCAS, Outside: "ST-2"})
	stranger, _ := enter(t, a, "李老师")
	if list, err := a.Account.SignIns(t.Context(), who); err != nil || len(list) != 4 || list[0].ID != ins[2].ID { // the link that made the account is one too
		t.Fatalf("%+v, %v", list, err)
	}
	stranger.Acting = account.Officer // manages no accounts in this role
	if err := a.Account.EndSignIn(t.Context(), stranger, ins[0].ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("a stranger ended it: %v", err)
	}
	if n, err := a.Account.EndOutside(t.Context(), account.ByCAS, "ST-1", uuid.Nil); n != 1 || err != nil {
		t.Errorf("by its ticket: %d, %v", n, err)
	}
	for i, want := range []bool{true, false, true} {
		if got := present(t, a, ins[i]); got != want {
			t.Errorf("sign-in %d is present: %v", i, got)
		}
	}
	if n, err := a.Account.EndOutside(t.Context(), account.ByCAS, "", who.ID); n != 1 || err != nil {
		t.Errorf("all of the provider: %d, %v", n, err)
	}
	if err := a.Account.EndSignIns(t.Context(), who, ins[0].ID); err != nil {
		t.Fatal(err)
	}
	if list, err := a.Account.SignIns(t.Context(), who); err != nil || len(list) != 1 || list[0].ID != ins[0].ID {
		t.Errorf("all but one ended: %+v, %v", list, err)
	}
	if err := a.Account.EndSignIn(t.Context(), who, ins[0].ID); err != nil || present(t, a, ins[0]) {
		t.Errorf("the own sign-in did not end: %v", err)
	}
}

func TestASignInIsOverWhenNobodyWasSeen(t *testing.T) {
	a := apptest.New(t)
	_, ins := enter(t, a, "王老师", account.Entrance{Via: account.ByPassword}, account.Entrance{Via: account.ByPassword})
	for range 23 { // seen again and again, half an hour apart
		a.Clock.Advance(account.SignInIdle)
		if !present(t, a, ins[0]) {
			t.Fatal("somebody who was seen is no longer present")
		}
	}
	if present(t, a, ins[1]) {
		t.Error("nobody was seen, and yet the sign-in lasts")
	}
	a.Clock.Advance(account.SignInIdle + time.Second)
	if present(t, a, ins[0]) {
		t.Error("a sign-in lasts for longer than its life")
	}
}
