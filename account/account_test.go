package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/internal/apptest"
)

var console = account.Principal{Name: "console", Acting: account.Console}

func TestALinkLetsInOnceAndNotForLong(t *testing.T) {
	a := apptest.New(t)
	token, err := a.Account.IssueLink(t.Context(), console, "admin")
	if err != nil {
		t.Fatal(err)
	}
	who, in, err := a.Account.Redeem(t.Context(), token, account.Entrance{})
	if err != nil || who.Name != "admin" || who.Acting != account.Officer {
		t.Fatalf("%+v, %v", who, err)
	}
	if again, _, err := a.Account.Redeem(t.Context(), token, account.Entrance{}); !errors.Is(err, account.ErrLink) || again.SignedIn() {
		t.Errorf("the link let in twice: %+v, %v", again, err)
	}
	late, err := a.Account.IssueLink(t.Context(), console, "admin")
	if err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(account.LinkLife + time.Second)
	for _, bad := range []string{late, token[1:] + "A", "", "不是链接", "AAAA"} {
		if p, _, err := a.Account.Redeem(t.Context(), bad, account.Entrance{}); !errors.Is(err, account.ErrLink) || p.SignedIn() {
			t.Errorf("Redeem(%q) = %+v, %v", bad, p, err)
		}
	}
	now, _, err := a.Account.Present(t.Context(), in.ID)
	if err != nil || now.ID != who.ID {
		t.Errorf("%+v, %v", now, err)
	}
}

// Every permission of the table exists, is of some use and stands with what it
// is about.
func TestTheTableNamesWhatExists(t *testing.T) {
	for _, do := range account.Permissions() {
		if account.KindOf(do) == "" {
			t.Errorf("%s is about nothing", do)
		}
		if len(account.With(do)) == 0 {
			t.Errorf("nobody has %s", do)
		}
	}
	nobody := account.Principal{Acting: "no such role"}
	if nobody.May(account.SeePublic) || account.Nobody().MayWith(account.HandleContacts, account.Assigned, account.Any) {
		t.Error("a role that does not exist may do something")
	}
	manager := account.Principal{Acting: account.Manager}
	if manager.MayWith(account.HandleContacts) || manager.MayWith(account.HandleContacts, account.Own) || !manager.MayWith(account.HandleContacts, account.Assigned) {
		t.Error("a manager's reach")
	}
}

// Only the console makes links, and no administrator reads business data.
func TestPermissions(t *testing.T) {
	a := apptest.New(t)
	for _, role := range account.Roles() {
		p := account.Principal{Acting: role}
		_, err := a.Account.IssueLink(t.Context(), p, "x")
		if allowed := err == nil; allowed != (role == account.Console) {
			t.Errorf("%s issues links: %v", role, err)
		}
		reads := p.May(account.SeeOffice)
		if slices.Contains(account.Administrators(), role) && (reads || p.May(account.SeeContacts) || p.May(account.HandleContacts) || p.May(account.ExportFiles)) {
			t.Errorf("%s reads business data", role)
		}
		if reads != slices.Contains([]account.Role{account.Officer, account.Discipline, account.Console}, role) {
			t.Errorf("%s reads the office's data: %v", role, reads)
		}
	}
	if account.Nobody().SignedIn() || (account.Principal{}).May(account.ImportFiles) {
		t.Error("nobody is somebody")
	}
}
