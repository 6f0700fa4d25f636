package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/store"

	"github.com/google/uuid"
)

// boss is a system administrator who has an account.
func boss(t *testing.T, a *apptest.App) account.Principal {
	t.Helper()
	x, err := a.Account.Add(t.Context(), console, "系统管理员", []account.Role{account.System})
	if err != nil {
		t.Fatal(err)
	}
	return account.Principal{ID: x.ID, Name: x.Name, Roles: x.Roles, Acting: account.System}
}

func add(t *testing.T, a *apptest.App, name string, roles ...account.Role) account.Account {
	t.Helper()
	x, err := a.Account.Add(t.Context(), console, name, roles)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func refusedWith(t *testing.T, what string, err error, key string) {
	t.Helper()
	if e, ok := errors.AsType[*catalog.Error](err); !ok || e.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

func TestNobodyIsTwoAdministrators(t *testing.T) {
	a := apptest.New(t)
	for _, one := range account.Administrators() {
		for _, other := range account.Administrators() {
			_, err := a.Account.Add(t.Context(), console, uuid.NewString(), []account.Role{one, other, account.Officer})
			if one == other {
				if err != nil {
					t.Errorf("%s: %v", one, err)
				}
				continue
			}
			refusedWith(t, string(one)+" and "+string(other), err, "accounts.one_administrator")
			x := add(t, a, uuid.NewString(), one)
			refusedWith(t, "given later", a.Account.SetRoles(t.Context(), console, x.ID, 1, []account.Role{one, other}), "accounts.one_administrator")
		}
	}
	for _, r := range []account.Role{account.Visitor, account.Console, "", "king"} {
		_, err := a.Account.Add(t.Context(), console, uuid.NewString(), []account.Role{r})
		refusedWith(t, string(r), err, "accounts.no_role")
	}
}

func TestNobodyChangesTheOwnAccount(t *testing.T) {
	a := apptest.New(t)
	me := boss(t, a)
	ctx := t.Context()
	_, inviteErr := a.Account.Invite(ctx, me, me.ID)
	for what, err := range map[string]error{"roles": a.Account.SetRoles(ctx, me, me.ID, 1, []account.Role{account.System, account.Officer}),
		"disable": a.Account.Disable(ctx, me, me.ID, 1), "invite": inviteErr} {
		refusedWith(t, what, err, "accounts.own")
	}
}

func TestOnlyTheSystemAdministratorManagesAccounts(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "罗静姝")
	for _, role := range account.Roles() {
		p := account.Principal{ID: uuid.New(), Acting: role}
		_, _, _, listErr := a.Account.Accounts(ctx, p, account.Filter{}, account.Page{})
		_, _, oneErr := a.Account.Account(ctx, p, x.ID)
		_, calledErr := a.Account.AccountCalled(ctx, p, x.Name)
		for i, err := range []error{listErr, oneErr, calledErr} {
			if (err == nil) != p.May(account.SeeAccounts) {
				t.Errorf("%s sees accounts, number %d: %v", role, i, err)
			}
		}
		_, addErr := a.Account.Add(ctx, p, "新人"+string(role), nil)
		_, inviteErr := a.Account.Invite(ctx, p, x.ID)
		for i, err := range []error{addErr, a.Account.SetRoles(ctx, p, x.ID, 1, nil), a.Account.Enable(ctx, p, x.ID, 1)} {
			if errors.Is(err, account.ErrForbidden) == p.May(account.ManageAccounts) {
				t.Errorf("%s manages accounts, number %d: %v", role, i, err)
			}
		}
		if errors.Is(inviteErr, account.ErrForbidden) == slices.Contains([]account.Role{account.System, account.Security, account.Console}, role) {
			t.Errorf("%s invites: %v", role, inviteErr)
		}
		if err := a.Account.ConfirmAsked(ctx, p, x.ID, 1, true); errors.Is(err, account.ErrForbidden) == slices.Contains([]account.Role{account.Security, account.Console}, role) {
			t.Errorf("%s confirms: %v", role, err)
		}
	}
}

// A disabled account is out with the next request, and what was open by it
// stays over when it is enabled again.
func TestADisabledAccountIsOutAtOnce(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	me := boss(t, a)
	x := add(t, a, "罗静姝", account.Officer)
	_, in, err := a.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByLink})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := a.Account.IssueTokenFor(ctx, console, x.Name, account.NewToken{Name: "月报", Role: account.Officer, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	inside := func() bool {
		p, _, err := a.Account.Present(ctx, in.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, _, tokenErr := a.Account.Bearer(ctx, secret)
		if p.SignedIn() != (tokenErr == nil) && p.SignedIn() {
			t.Errorf("the token: %v", tokenErr)
		}
		return p.SignedIn()
	}
	if !inside() {
		t.Fatal("nobody is in")
	}
	if err := a.Account.Disable(ctx, me, x.ID, 1); err != nil {
		t.Fatal(err)
	}
	if inside() {
		t.Error("a disabled account is in")
	}
	if _, _, err := a.Account.Bearer(ctx, secret); err == nil {
		t.Error("a token of a disabled account works")
	}
	refusedWith(t, "an older version", a.Account.Enable(ctx, me, x.ID, 1), "shelf.left.changed")
	if err := a.Account.Enable(ctx, me, x.ID, 2); err != nil {
		t.Fatal(err)
	}
	if inside() {
		t.Error("what was open before is open again")
	}
	// The day on which it ends does the same.
	if err := write(ctx, a, func(tx account.Tx) error {
		x, _, err := tx.Account(ctx, x.ID)
		x.EndsAt = a.Clock.Now().Add(time.Minute).UnixMilli()
		if err != nil {
			return err
		}
		return tx.SaveAccount(ctx, x)
	}); err != nil {
		t.Fatal(err)
	}
	if _, in, err = a.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByLink}); err != nil || !inside() {
		t.Fatal("not let in", err)
	}
	a.Clock.Advance(time.Minute)
	if inside() {
		t.Error("an account that has ended is in")
	}
	if _, _, err := a.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByLink}); !errors.Is(err, account.ErrLink) {
		t.Errorf("an account that has ended lets in: %v", err)
	}
}

func TestAnInvitationIsForWhoHasNotComeInYet(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	me := guard()
	x := add(t, a, "罗静姝", account.Officer)
	_, err := a.Account.Invite(ctx, boss(t, a), x.ID)
	refusedWith(t, "whoever could have asked for the role", err, "accounts.invite_other")
	token, err := a.Account.Invite(ctx, me, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(account.InviteLife - time.Minute)
	who, _, err := a.Account.Redeem(ctx, token, account.Entrance{})
	if err != nil || who.ID != x.ID || who.Acting != account.Unproven { // an invitation shows no second factor
		t.Fatalf("%+v, %v", who, err)
	}
	if _, _, err := a.Account.Redeem(ctx, token, account.Entrance{}); !errors.Is(err, account.ErrLink) {
		t.Errorf("twice: %v", err)
	}
	// An administrator who could would lend themselves an officer's eyes.
	_, err = a.Account.Invite(ctx, me, x.ID)
	refusedWith(t, "an account in use", err, "accounts.in_use")
	if _, err := a.Account.Invite(ctx, console, x.ID); err != nil {
		t.Errorf("the operator of the machine: %v", err)
	}
}

// Of what sees the office's data or administers, whoever makes accounts only
// asks: otherwise they could make one, let themselves in and read.
func TestPrivilegedRolesTakeASecondAdministrator(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	me := boss(t, a)
	see := func(id uuid.UUID) account.Account {
		t.Helper()
		x, _, err := a.Account.Account(ctx, console, id)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, role := range account.Assignable() {
		x, err := a.Account.Add(ctx, me, "新"+string(role), []account.Role{role})
		if err != nil {
			t.Fatal(err)
		}
		may := slices.Contains([]account.Role{account.Officer, account.Discipline, account.System, account.Security, account.Audit}, role)
		if x = see(x.ID); slices.Contains(x.Roles, role) == may || slices.Contains(x.Asked, role) != may {
			t.Errorf("%s: has %v, waits for %v", role, x.Roles, x.Asked)
		}
		if _, err := a.Account.Invite(ctx, me, x.ID); may != (key(err) == "accounts.confirm_first") {
			t.Errorf("%s: an invitation: %v", role, err)
		}
	}
	asked := func() (n int) {
		for _, m := range texts(t, a) {
			if m.Template == "roles_asked" && m.Role == string(account.Security) {
				n++
			}
		}
		return n
	}
	if n := asked(); n != 5 {
		t.Errorf("the security administrators were told %d times", n)
	}
	// An account in use that is made an officer's acts as before until then.
	x, err := a.Account.Add(ctx, me, "自己人", []account.Role{account.Professor})
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Account.Invite(ctx, me, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, in, err := a.Account.Redeem(ctx, token, account.Entrance{})
	if err != nil {
		t.Fatal(err)
	}
	both := []account.Role{account.Officer, account.Professor}
	if err := a.Account.SetRoles(ctx, me, x.ID, 1, both); err != nil {
		t.Fatal(err)
	}
	if p, _, err := a.Account.Present(ctx, in.ID); err != nil || p.Acting != account.Professor || slices.Contains(p.Roles, account.Officer) {
		t.Errorf("%+v, %v", p, err)
	}
	if n := asked(); n != 1 {
		t.Errorf("told %d times more", n)
	}
	if err := a.Account.SetRoles(ctx, me, x.ID, 2, both); err != nil || see(x.ID).Version != 2 {
		t.Errorf("the same again: %v, version %d", err, see(x.ID).Version)
	}
	refusedWith(t, "an old version", a.Account.ConfirmAsked(ctx, guard(), x.ID, 1, true), "shelf.left.changed")
	if err := a.Account.ConfirmAsked(ctx, guard(), x.ID, 2, false); err != nil {
		t.Fatal(err)
	}
	if got := see(x.ID); len(got.Asked) != 0 || slices.Contains(got.Roles, account.Officer) {
		t.Errorf("refused, but %+v", got)
	}
	if err := a.Account.SetRoles(ctx, me, x.ID, 3, both); err != nil {
		t.Fatal(err)
	}
	if list, _, n, err := a.Account.Accounts(ctx, guard(), account.Filter{State: account.Waiting}, account.Page{}); err != nil || n != 6 || len(list) != 6 {
		t.Errorf("%d wait, %v", n, err)
	}
	if err := a.Account.ConfirmAsked(ctx, guard(), x.ID, 4, true); err != nil {
		t.Fatal(err)
	}
	if got := see(x.ID); len(got.Asked) != 0 || !slices.Equal(got.Roles, both) {
		t.Errorf("confirmed, but %+v", got)
	}
	// Whoever asked for the roles may have been in by then: everybody signs in anew.
	if p, _, err := a.Account.Present(ctx, in.ID); err != nil || p.SignedIn() {
		t.Errorf("a sign-in from before the roles: %+v, %v", p, err)
	}
	if p, _, err := a.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByPassword}); err != nil || p.Acting != account.Unproven {
		t.Errorf("and now a second factor: %+v, %v", p, err)
	}
	refusedWith(t, "nothing waits", a.Account.ConfirmAsked(ctx, guard(), x.ID, 5, true), "shelf.left.changed")
	if err := a.Account.SetRoles(ctx, me, x.ID, 5, nil); err != nil || len(see(x.ID).Roles) != 0 {
		t.Errorf("taking waits for nobody: %v, %v", err, see(x.ID).Roles)
	}
	// Nobody confirms for themselves.
	g := add(t, a, "安守门", account.Security)
	if err := a.Account.SetRoles(ctx, me, g.ID, 1, []account.Role{account.Security, account.Officer}); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, "the own roles", a.Account.ConfirmAsked(ctx, account.Principal{ID: g.ID, Acting: account.Security}, g.ID, 2, true), "accounts.own")
}

func TestGivingAndTakingRolesStandsInTheJournal(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	me := boss(t, a)
	x := add(t, a, "罗静姝", account.Officer, account.Professor)
	if err := a.Account.SetRoles(ctx, me, x.ID, 1, []account.Role{account.Legal, account.Professor}); err != nil {
		t.Fatal(err)
	}
	if err := a.Account.SetRoles(ctx, me, x.ID, 2, []account.Role{account.Professor, account.Legal}); err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := a.DB.Entries(ctx, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, e := range entries {
		if e.Verb == "account.roles" {
			seen = append(seen, e.Body["given"]+" | "+e.Body["taken"])
			if e.Actor != me.ID || e.Role != string(account.System) || e.Subject != x.ID {
				t.Errorf("%+v", e)
			}
		}
		for _, v := range e.Body {
			if strings.Contains(v, "罗静姝") {
				t.Errorf("an entry holds a name: %+v", e)
			}
		}
	}
	if !slices.Equal(seen, []string{"legal | officer"}) {
		t.Errorf("entries %q", seen)
	}
}

func write(ctx context.Context, a *apptest.App, fn func(account.Tx) error) error {
	return store.For[account.Tx](a.DB).Write(ctx, fn)
}
