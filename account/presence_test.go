package account_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/journal"
)

// withPresence is a source whose list is read each hour.
func withPresence(t *testing.T, a *apptest.App) account.Source {
	t.Helper()
	src := campus()
	src.Presence = account.PresenceSetup{Address: "https://hr.example.edu.cn/list", Minutes: 60, Part: 10}
	return setUp(t, a, src)
}

// enrolled are people who came in by the source, by their numbers; those of one
// person are joined by a plus sign.
func enrolled(t *testing.T, a *apptest.App, src account.Source, people ...string) map[string]account.SignIn {
	t.Helper()
	out := map[string]account.SignIn{}
	for _, p := range people {
		as := said(p)
		if user, student, both := cut(p); both {
			as = said(user, "student", student)
		}
		_, in, err := a.Account.Federate(t.Context(), src, as, account.Entrance{})
		if err != nil {
			t.Fatal(err)
		}
		out[p] = in
	}
	return out
}

func cut(p string) (user, student string, both bool) {
	i := slices.Index([]byte(p), '+')
	if i < 0 {
		return p, "", false
	}
	return p[:i], p[i+1:], true
}

func listed(numbers ...string) (out []account.Member) {
	for _, n := range numbers {
		m := account.Member{Number: n}
		if n[0] == '-' {
			m = account.Member{Number: n[1:], Left: true}
		}
		out = append(out, m)
	}
	return out
}

func TestWhoLeftIsOut(t *testing.T) {
	a := apptest.New(t)
	src := withPresence(t, a)
	ins := enrolled(t, a, src, "T1", "T2", "T3", "T4+S4", "T5+S5")
	who := somebody(t, a, "不在名单的人") // has no number: the list is not about them
	apply := func(dry bool, list []account.Member) account.Presence {
		t.Helper()
		r, err := a.Account.ApplyPresence(t.Context(), src, list, dry)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	list := listed("T1", "-T2", " S4 ", "-T4", "T1", "-S5", "-T5", "T9") // T3 is missing; T4 has become a student
	if r := apply(true, list); r.State != account.PresenceDone || r.Gone != 3 || r.Total != 5 || r.Listed != 7 || !present(t, a, ins["T2"]) {
		t.Errorf("dry: %+v", r)
	}
	apply(false, list)
	for p, want := range map[string]bool{"T1": true, "T2": false, "T3": false, "T4+S4": true, "T5+S5": false} {
		if got := present(t, a, ins[p]); got != want {
			t.Errorf("%s is in: %v", p, got)
		}
		user, _, _ := cut(p)
		_, _, err := a.Account.Federate(t.Context(), src, said(user), account.Entrance{})
		if (err == nil) != want {
			t.Errorf("%s comes in again: %v", p, err)
		}
		if !want {
			wantKey(t, err, "federation.left")
		}
	}
	if _, ok, err := a.Account.Known(t.Context(), account.ByNumber, "T2"); err != nil || ok {
		t.Errorf("who left is known: %v, %v", ok, err)
	}
	if again := apply(false, list); again.Gone != 0 || again.Total != 2 {
		t.Errorf("once more: %+v", again)
	}
	r, err := a.Account.PresenceOf(t.Context(), guard(), "campus")
	if err != nil || r.State != account.PresenceDone || r.ReadAt == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := a.Account.SetRoles(t.Context(), console, who.ID, 1, []account.Role{account.Officer, account.System}); err != nil {
		t.Error(err)
	}
}

func TestAListThatMissesTooManyStops(t *testing.T) {
	a := apptest.New(t)
	src := withPresence(t, a)
	var all []string
	for n := range 40 {
		all = append(all, fmt.Sprintf("T%d", 100+n))
	}
	ins := enrolled(t, a, src, all...)
	count := func() (n int) {
		for _, in := range ins {
			if present(t, a, in) {
				n++
			}
		}
		return n
	}
	apply := func(list []account.Member) account.Presence {
		t.Helper()
		r, err := a.Account.ApplyPresence(t.Context(), src, list, false)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	notices := func() int {
		t.Helper()
		ms, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, a.Clock.Now().UnixMilli(), 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(ms)
	}
	for range 2 {
		if r := apply(listed(all[:34]...)); r.State != account.PresenceStopped || r.Gone != 6 || r.Total != 40 || count() != 40 {
			t.Errorf("6 of 40 are missing: %+v, %d are in", r, count())
		}
	}
	if n := notices(); n != 1 {
		t.Errorf("the administrators were told %d times", n)
	}
	if r := apply(nil); r.State != account.PresenceStopped || count() != 40 {
		t.Errorf("an empty list: %+v", r)
	}
	if r := apply(listed(all[:35]...)); r.State != account.PresenceDone || r.Gone != 5 || count() != 35 {
		t.Errorf("5 of 40 are missing: %+v, %d are in", r, count())
	}
	// The administrator says that the next one is right, for as many as were seen.
	apply(listed(all[:20]...))
	if err := a.Account.AllowLeavers(t.Context(), guard(), "campus", 14); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("another number than was shown: %v", err)
	}
	if err := a.Account.AllowLeavers(t.Context(), apptest.Officer(), "campus", 15); err == nil {
		t.Error("an officer may let people be put out")
	}
	if err := a.Account.AllowLeavers(t.Context(), guard(), "campus", 15); err != nil {
		t.Fatal(err)
	}
	if due, ok, err := a.Account.DuePresence(t.Context()); err != nil || !ok || due.Name != "campus" {
		t.Errorf("it is not due at once: %v, %v", ok, err)
	}
	if r := apply(listed(all[:19]...)); r.State != account.PresenceStopped || count() != 35 {
		t.Errorf("one more than was allowed: %+v", r)
	}
	if r := apply(listed(all[:20]...)); r.State != account.PresenceDone || count() != 20 {
		t.Errorf("as many as were allowed: %+v, %d are in", r, count())
	}
	if r := apply(listed(all[:10]...)); r.State != account.PresenceStopped {
		t.Errorf("the word counts twice: %+v", r)
	}
}

func TestListsAreReadWhenTheyAreDue(t *testing.T) {
	a := apptest.New(t)
	due := func(want bool) {
		t.Helper()
		if _, ok, err := a.Account.DuePresence(t.Context()); err != nil || ok != want {
			t.Errorf("due: %v, %v, want %v", ok, err, want)
		}
	}
	due(false)
	src := withPresence(t, a)
	due(true)
	due(false)
	a.Clock.Advance(59 * time.Minute)
	due(false)
	a.Clock.Advance(time.Minute)
	due(true)
	if err := a.Account.FailPresence(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if r, err := a.Account.PresenceOf(t.Context(), guard(), "campus"); err != nil || r.State != account.PresenceFailed {
		t.Errorf("%+v, %v", r, err)
	}
	due(false)
	a.Clock.Advance(time.Hour)
	src.Disabled = true
	setUp(t, a, src)
	due(false)
}

func TestTheLastAdministratorStays(t *testing.T) {
	a := apptest.New(t)
	src := withPresence(t, a)
	ins := enrolled(t, a, src, "T1")
	who, _, err := a.Account.Known(t.Context(), account.ByNumber, "T1")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Account.SetRoles(t.Context(), console, who.ID, who.Version, []account.Role{account.System}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Account.ApplyPresence(t.Context(), src, listed("-T1", "T2"), false); err != nil || !present(t, a, ins["T1"]) {
		t.Errorf("the last administrator is out: %v", err)
	}
}
