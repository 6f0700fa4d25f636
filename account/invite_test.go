package account_test

import (
	"encoding/json"
	"strings"
	"testing"

	"datai/account"
	"datai/internal/apptest"
	"datai/journal"
)

// told are the notices that wait in the outbox; they are gone from it then.
func told(t *testing.T, a *apptest.App) (ns []journal.Notice) {
	t.Helper()
	ms, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, a.Clock.Now().UnixMilli(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		var n journal.Notice
		if err := json.Unmarshal(m.Payload, &n); err != nil {
			t.Fatal(err)
		}
		ns = append(ns, n)
	}
	return ns
}

func TestAnInvitationGoesToItsOwnerAlone(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	me := boss(t, a)
	x := add(t, a, "罗静姝", account.Professor)
	_, err := a.Account.SendInvitation(ctx, me, x.ID, account.ByEmail, account.ByPhone)
	refusedWith(t, "nowhere to send it", err, "accounts.no_way")
	_, err = a.Account.SendInvitation(ctx, account.Principal{ID: x.ID, Acting: account.Professor}, x.ID, account.ByEmail)
	if err != account.ErrForbidden {
		t.Errorf("by a professor: %v", err)
	}
	who := account.Principal{ID: x.ID}
	identify(t, a, who, account.ByPhone, "13800000003")
	to, err := a.Account.SendInvitation(ctx, me, x.ID, account.ByEmail, account.ByPhone)
	if err != nil || to.Value != "138****03" {
		t.Fatalf("%+v, %v", to, err)
	}
	if ns := told(t, a); len(ns) != 1 || ns[0].Template != "invitation_phone" || ns[0].Phone != "13800000003" || ns[0].Path != "/sign-in/code" {
		t.Errorf("by short message: %+v", ns)
	}

	identify(t, a, who, account.ByEmail, "luo@example.edu.cn")
	if to, err = a.Account.SendInvitation(ctx, me, x.ID, account.ByEmail, account.ByPhone); err != nil || strings.Contains(to.Value, "luo@") {
		t.Fatalf("%+v, %v", to, err)
	}
	ns := told(t, a)
	if len(ns) != 1 || ns[0].Template != "invitation" || ns[0].Email != "luo@example.edu.cn" || ns[0].Account != [16]byte{} {
		t.Fatalf("by mail: %+v", ns)
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(ns[0].Path, "/enter/"), "?")
	in, _, err := a.Account.Redeem(ctx, token, account.Entrance{})
	if err != nil || in.ID != x.ID {
		t.Fatalf("%+v, %v", in, err)
	}
	_, err = a.Account.SendInvitation(ctx, me, x.ID, account.ByEmail)
	refusedWith(t, "an account in use", err, "accounts.in_use")
	if ns := told(t, a); len(ns) != 0 {
		t.Errorf("what was refused is sent: %+v", ns)
	}
}

// Whoever may sign in by the identity provider alone is not sent to a code that
// would never come.
func TestNoShortMessageWhereNoCodeLetsIn(t *testing.T) {
	a := apptest.New(t)
	me := boss(t, a)
	x := add(t, a, "教工", account.Professor)
	who := account.Principal{ID: x.ID}
	identify(t, a, who, account.ByPhone, "13800000003")
	identify(t, a, who, account.ByNumber, "T1")
	if _, err := a.Account.SaveSource(t.Context(), console, account.Source{Name: "campus", SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一身份认证", TitleEn: "Campus",
		Address: "https://cas.example.edu.cn", NoPassword: true, Map: account.AttributeMap{Numbers: []string{"user"}, Name: "cn", Otherwise: account.Student}}}); err != nil {
		t.Fatal(err)
	}
	_, err := a.Account.SendInvitation(t.Context(), me, x.ID, account.ByEmail, account.ByPhone)
	refusedWith(t, "a code that never comes", err, "accounts.no_way")
}
