package account_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
)

func addPasskey(t *testing.T, a *apptest.App, p account.Principal, name string) account.Passkey {
	t.Helper()
	if err := a.Account.AddPasskey(t.Context(), p, name, []byte(p.Name+name), []byte("{}"), "add "+p.Name+name); err != nil {
		t.Fatal(err)
	}
	list, err := a.Account.PasskeysOf(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return list[len(list)-1]
}

func TestAPasskeyAnswersOnce(t *testing.T) {
	a := apptest.New(t)
	who := somebody(t, a, "王老师")
	k := addPasskey(t, a, who, "电脑")
	p, in, err := a.Account.EnterByPasskey(t.Context(), k, "first", account.Entrance{Agent: "Edge · Windows"})
	if err != nil || p.ID != who.ID || !in.Strong || in.Via != account.ByPasskey {
		t.Fatalf("%+v %+v %v", p, in, err)
	}
	refused := func(what string, k account.Passkey, once string) {
		t.Helper()
		p, _, err := a.Account.EnterByPasskey(t.Context(), k, once, account.Entrance{})
		if p.SignedIn() || catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s: %v, %v", what, p, err)
		}
	}
	list, err := a.Account.Passkeys(t.Context(), who)
	if err != nil || len(list) != 1 || list[0].UsedAt == 0 {
		t.Fatal(list, err)
	}
	refused("the same answer again", list[0], "first")
	refused("a passkey as it was before", k, "second")
	refused("the question by which it was added", list[0], "add 王老师电脑")
	stranger := somebody(t, a, "李老师")
	if err := a.Account.RemovePasskey(t.Context(), stranger, k.ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("a stranger removed it: %v", err)
	}
	if err := a.Account.RemovePasskey(t.Context(), who, k.ID); err != nil {
		t.Fatal(err)
	}
	refused("a passkey that was removed", list[0], "third")
}

func TestADisabledAccountHasNoPasskeys(t *testing.T) {
	a := apptest.New(t)
	who, admin := somebody(t, a, "王老师"), somebody(t, a, "管理员")
	k := addPasskey(t, a, who, "电脑")
	admin.Acting = account.System
	if err := a.Account.Disable(t.Context(), admin, who.ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Account.PasskeysOf(t.Context(), who.ID); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("its passkeys: %v", err)
	}
	if p, _, err := a.Account.EnterByPasskey(t.Context(), k, "first", account.Entrance{}); p.SignedIn() || catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("%v, %v", p, err)
	}
}

func TestPasskeysHaveNamesAndBounds(t *testing.T) {
	a := apptest.New(t)
	who := somebody(t, a, "王老师")
	add := func(name, handle, once string) error {
		return a.Account.AddPasskey(t.Context(), who, name, []byte(handle), []byte("{}"), once)
	}
	for _, name := range []string{"", " \n", strings.Repeat("长", 61)} {
		if err := add(name, "x", "x"); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
	for n := range 20 {
		addPasskey(t, a, who, strconv.Itoa(n))
		if n == 0 {
			if err := add("0", "other", "other"); catalog.CodeOf(err) != catalog.Conflict {
				t.Errorf("a name twice: %v", err)
			}
			if err := add("other", "other", "add 王老师0"); catalog.CodeOf(err) != catalog.Forbidden {
				t.Errorf("an answer twice: %v", err)
			}
		}
	}
	if err := add("one more", "more", "more"); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a twenty-first: %v", err)
	}
	if err := a.Account.AddPasskey(t.Context(), account.Nobody(), "x", []byte("x"), []byte("{}"), "x"); err == nil {
		t.Error("a visitor has a passkey")
	}
}

// Where the university alone lets somebody in, a passkey is no way around it;
// the second factor is an authenticator then.
func TestNoPasskeysWhereTheUniversityLetsIn(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "沈若川", account.Officer)
	p, in := weak(t, a, x)
	k := addPasskey(t, a, p, "电脑")
	if err := a.Account.BeginAuthenticator(ctx, p); key(err) != "factor.first" {
		t.Errorf("beside a passkey that counts: %v", err)
	}
	identify(t, a, p, account.ByNumber, "T2010033")
	if _, err := a.Account.SaveSource(ctx, guard(), account.Source{Name: "campus", SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一身份认证", TitleEn: "Campus",
		Address: "https://cas.example.edu.cn", NoPassword: true, Map: account.AttributeMap{Numbers: []string{"user"}, Name: "cn", Otherwise: account.Student}}}); err != nil {
		t.Fatal(err)
	}
	if who, _, err := a.Account.EnterByPasskey(ctx, k, "answer", account.Entrance{}); !errors.Is(err, account.ErrPasskey) || who.SignedIn() {
		t.Errorf("it let in: %+v, %v", who, err)
	}
	if err := a.Account.AddPasskey(ctx, p, "手机", []byte("other"), []byte("{}"), "add again"); key(err) != "passkeys.elsewhere" {
		t.Errorf("another was added: %v", err)
	}
	f, err := a.Account.Factors(ctx, p)
	if err != nil || f.Any() || !f.NoPasskeys {
		t.Errorf("%+v, %v", f, err)
	}
	enrol(t, a, p, in) // what is left of it keeps nobody out
	if err := a.Account.ResetFactors(ctx, guard(), x.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := a.Account.PasskeysOf(ctx, x.ID); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
