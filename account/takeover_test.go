package account_test

import (
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
)

// inUse is somebody with a number, a telephone and an address of their own, who
// was in, or is an officer.
func inUse(t *testing.T, a *apptest.App, officer bool) account.Account {
	t.Helper()
	ctx := t.Context()
	take(t, a, console, account.RosterOptions{}, account.Listed{Number: "T1", Name: "沈若川", Email: "shen@example.edu.cn", Phone: "13800000001"})
	x, err := a.Account.AccountCalled(ctx, console, "沈若川")
	if err != nil {
		t.Fatal(err)
	}
	if officer {
		if err := a.Account.SetRoles(ctx, console, x.ID, x.Version, []account.Role{account.Officer, account.Professor}); err != nil {
			t.Fatal(err)
		}
	} else if _, _, err := a.Account.Enter(ctx, x.ID, account.Entrance{Via: account.ByLink}); err != nil {
		t.Fatal(err)
	}
	told(t, a)
	return x
}

// letsIn reports whether somebody comes in by a code to the telephone, or by a
// link to the address.
func letsIn(t *testing.T, a *apptest.App, phone, email string) (byCode, byLink bool) {
	t.Helper()
	ctx := t.Context()
	a.Clock.Advance(2 * time.Minute) // until the next code and the next link
	told(t, a)
	if _, err := a.Passwords.SendCode(ctx, phone, "zh-CN", account.From{Device: "d"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Passwords.Forgot(ctx, email, "zh-CN"); err != nil {
		t.Fatal(err)
	}
	for _, n := range told(t, a) {
		byCode = byCode || n.Template == "sign_in_code" && n.Phone == phone
		byLink = byLink || n.Template == "password_reset" && n.Email == email
	}
	return byCode, byLink
}

// TestAListTakesNoAccountOver: a system administrator writes an own telephone, an
// own address and an own number beside the number of somebody else. None of them
// lets anybody in until the owner or the security administrator says so, and the
// owner is told where they were told before.
func TestAListTakesNoAccountOver(t *testing.T) {
	for name, officer := range map[string]bool{"an officer": true, "somebody who was in": false} {
		t.Run(name, func(t *testing.T) {
			a := apptest.New(t)
			ctx := t.Context()
			x := inUse(t, a, officer)
			out := take(t, a, boss(t, a), account.RosterOptions{}, account.Listed{Number: "T1", Name: "沈若川", Email: "boss@example.edu.cn", Phone: "13900000009"},
				account.Listed{Number: "T9", Other: "T1", Name: "沈若川"})
			if out.Fates[account.FateChanged] != 2 || out.Waiting != 3 {
				t.Errorf("%+v", out)
			}
			heard := false
			for _, n := range told(t, a) {
				heard = heard || n.Template == "address_listed" && n.Account == x.ID
			}
			if !heard {
				t.Error("the owner hears nothing")
			}
			if code, link := letsIn(t, a, "13900000009", "boss@example.edu.cn"); code || link {
				t.Errorf("the list's telephone lets in: %v, its address: %v", code, link)
			}
			both := campus()
			both.NoPassword = false
			src := setUp(t, a, both)
			if _, _, err := a.Account.Federate(ctx, src, said("T9"), account.Entrance{}); key(err) != "federation.waiting_number" {
				t.Errorf("the list's number: %v", err)
			}
			if to, err := a.Account.SendInvitation(ctx, console, x.ID, account.ByEmail, account.ByPhone); err == nil && officer {
				t.Errorf("an invitation goes to %s", to.Value)
			}
			// What they came in by before still does, unless it only came with a list, too.
			if code, link := letsIn(t, a, "13800000001", "shen@example.edu.cn"); code == officer || link == officer {
				t.Errorf("the old telephone lets in: %v, the old address: %v", code, link)
			}
			// The same list again brings nothing new, and another one takes its place.
			again := account.Listed{Number: "T1", Name: "沈若川", Email: "boss@example.edu.cn", Phone: "13900000009"}
			if out := take(t, a, console, account.RosterOptions{}, again); out.Fates[account.FateUnchanged] != 1 || out.Waiting != 0 {
				t.Errorf("again: %+v", out)
			}
			// The owner's code, or a source that names both numbers, is a word for it.
			me := account.Principal{ID: x.ID, Name: x.Name, Roles: []account.Role{account.Professor}, Acting: account.Professor}
			id, digits := asked(t, a, me, account.ByPhone, "13900000009")
			if err := a.Passwords.AddAddress(ctx, me, id, account.ByPhone, "13900000009", digits); err != nil {
				t.Fatal(err)
			}
			if _, _, err := a.Account.Federate(ctx, src, said("T1", "student", "T9"), account.Entrance{}); err != nil {
				t.Errorf("both numbers: %v", err)
			}
			if code, link := letsIn(t, a, "13900000009", "boss@example.edu.cn"); !code || link {
				t.Errorf("confirmed by its owner, the telephone lets in: %v; the address: %v", code, link)
			}
		})
	}
}

// TestASecurityAdministratorVouches for what a list brought; whoever brings lists
// does not.
func TestASecurityAdministratorVouches(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := inUse(t, a, true)
	system := boss(t, a)
	guard, err := a.Account.Add(ctx, console, "安全管理员", []account.Role{account.Security})
	if err != nil {
		t.Fatal(err)
	}
	security := account.Principal{ID: guard.ID, Name: guard.Name, Roles: guard.Roles, Acting: account.Security}
	_, known, err := a.Account.Account(ctx, security, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range known {
		if i.Provider == account.ByNumber {
			continue
		}
		if err := a.Account.Vouch(ctx, system, x.ID, i.ID, true); err != account.ErrForbidden {
			t.Errorf("a system administrator: %v", err)
		}
		if err := a.Account.Vouch(ctx, security, x.ID, i.ID, i.Provider == account.ByPhone); err != nil {
			t.Error(err)
		}
		if err := a.Account.Vouch(ctx, security, x.ID, i.ID, true); catalog.CodeOf(err) != catalog.Conflict {
			t.Errorf("twice: %v", err)
		}
	}
	if code, link := letsIn(t, a, "13800000001", "shen@example.edu.cn"); !code || link {
		t.Errorf("the telephone lets in: %v; the address that was refused: %v", code, link)
	}
}

// TestWaysFromBeforeEnd: a link or a code that is on its way when things change
// lets nobody in: an invitation that whoever asked for roles kept, a link to an
// address that went, one from before a new password.
func TestWaysFromBeforeEnd(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	system := boss(t, a)
	x, err := a.Account.Add(ctx, system, "沈若川", []account.Role{account.Professor})
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Account.Invite(ctx, system, x.ID) // and does not use it
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Account.SetRoles(ctx, system, x.ID, x.Version, []account.Role{account.Professor, account.Officer}); err != nil {
		t.Fatal(err)
	}
	if x, err = a.Account.AccountCalled(ctx, console, "沈若川"); err != nil {
		t.Fatal(err)
	}
	if err := a.Account.ConfirmAsked(ctx, console, x.ID, x.Version, true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Account.Redeem(ctx, token, account.Entrance{}); err != account.ErrLink {
		t.Errorf("an invitation from before the roles: %v", err)
	}

	who := withPassword(t, a, "王老师")
	mail := func() string {
		t.Helper()
		a.Clock.Advance(2 * time.Minute)
		told(t, a)
		if err := a.Passwords.Forgot(ctx, "wang@example.edu.cn", "zh-CN"); err != nil {
			t.Fatal(err)
		}
		for _, n := range told(t, a) {
			if n.Template == "password_reset" {
				return strings.TrimSuffix(strings.TrimPrefix(n.Path, "/enter/"), "?password=1")
			}
		}
		t.Fatal("no link was sent")
		return ""
	}
	id, digits := asked(t, a, who, account.ByEmail, "wang@example.edu.cn")
	if err := a.Passwords.AddAddress(ctx, who, id, account.ByEmail, "wang@example.edu.cn", digits); err != nil {
		t.Fatal(err)
	}
	sent := mail()
	_, in, err := a.Account.Enter(ctx, who.ID, account.Entrance{Via: account.ByLink})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Passwords.Set(ctx, who, in.ID, "", "另一个很长的密码 2026"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Account.Redeem(ctx, sent, account.Entrance{}); err != account.ErrLink {
		t.Errorf("a link from before the new password: %v", err)
	}
	sent = mail()
	list, err := a.Account.Addresses(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Value == (account.Identity{Provider: account.ByEmail, Value: "wang@example.edu.cn"}).Masked() {
			err = a.Account.RemoveAddress(ctx, who, i.ID, account.ByEmail)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Account.Redeem(ctx, sent, account.Entrance{}); err != account.ErrLink {
		t.Errorf("a link to an address that went: %v", err)
	}
}
