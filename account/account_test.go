package account_test

import (
	"errors"
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
		if reads != (role == account.Officer || role == account.Console) {
			t.Errorf("%s reads the office's data: %v", role, reads)
		}
	}
	if account.Nobody().SignedIn() || (account.Principal{}).May(account.ImportFiles) {
		t.Error("nobody is somebody")
	}
}
