package account_test

import (
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"

	"github.com/google/uuid"
)

// conflicts are those that are open.
func conflicts(t *testing.T, a *apptest.App) []account.Sides {
	t.Helper()
	list, total, err := a.Account.Conflicts(t.Context(), guard())
	if err != nil || total != len(list) {
		t.Fatal(total, err)
	}
	return list
}

// session is somebody who has just come in to an account of that name.
func session(t *testing.T, a *apptest.App, name string) (account.Principal, account.SignIn) {
	t.Helper()
	x, err := a.Account.AccountCalled(t.Context(), console, name)
	if err != nil {
		t.Fatal(err)
	}
	p, in, err := a.Account.Enter(t.Context(), x.ID, account.Entrance{Via: account.ByCAS, Strong: true})
	if err != nil {
		t.Fatal(err)
	}
	return p, in
}

// TestWhatMayBeOnePersonIsFound by a source, a list and an owner's own code, once
// each, masked, with counts and no more.
func TestWhatMayBeOnePersonIsFound(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	take(t, a, console, account.RosterOptions{}, account.Listed{Number: "T1", Name: "沈若川", Phone: "13800000001"}, account.Listed{Number: "S1", Name: "沈若川", Category: account.Students},
		account.Listed{Number: "T3", Name: "罗静姝", Email: "luo@example.edu.cn"})
	kinds := func() (out []account.ConflictKind) {
		for _, c := range conflicts(t, a) {
			out = append(out, c.Kind)
		}
		slices.Sort(out)
		return out
	}
	if got := kinds(); !slices.Equal(got, []account.ConflictKind{account.ConflictName}) {
		t.Fatalf("two of one name: %v", got)
	}
	// The list gives one the telephone of another, twice.
	for range 2 {
		take(t, a, console, account.RosterOptions{}, account.Listed{Number: "T3", Name: "罗静姝", Email: "luo@example.edu.cn", Phone: "13800000001"})
	}
	// A source says that the numbers of two accounts are one person's.
	src := setUp(t, a, campus())
	if _, _, err := a.Account.Federate(ctx, src, said("T1", "student", "S1"), account.Entrance{}); key(err) != "federation.two_accounts" {
		t.Fatal(err)
	}
	// Somebody shows by a code that they hold the address of another account.
	who := withPassword(t, a, "王老师")
	told(t, a)
	id, digits := asked(t, a, who, account.ByEmail, "luo@example.edu.cn")
	if err := a.Passwords.AddAddress(ctx, who, id, account.ByEmail, "luo@example.edu.cn", digits); key(err) != "addresses.taken" {
		t.Fatal(err)
	}
	if got := kinds(); !slices.Equal(got, []account.ConflictKind{account.ConflictEmail, account.ConflictName, account.ConflictNumber, account.ConflictPhone}) {
		t.Fatalf("found %v", got)
	}
	for _, c := range conflicts(t, a) {
		for _, k := range slices.Concat(c.Left.Known, c.Right.Known) {
			if k.Value == "13800000001" || k.Value == "luo@example.edu.cn" {
				t.Errorf("%s is shown in full", k.Provider)
			}
		}
	}
	// Two people stay two: what was decided is not asked again.
	for _, c := range conflicts(t, a) {
		if c.Kind != account.ConflictName {
			continue
		}
		if err := a.Account.Apart(ctx, boss(t, a), c.ID); err != account.ErrForbidden {
			t.Errorf("a system administrator: %v", err)
		}
		if err := a.Account.Apart(ctx, guard(), c.ID); err != nil {
			t.Error(err)
		}
		if err := a.Account.Apart(ctx, guard(), c.ID); key(err) != "conflicts.gone" {
			t.Errorf("twice: %v", err)
		}
	}
	if got := kinds(); slices.Contains(got, account.ConflictName) || len(got) != 3 {
		t.Errorf("left %v", got)
	}
}

// TestAPersonMakesTwoAccountsOne: signed in to each, with the code of the one typed
// in the other. Privileged roles wait, sessions end, everybody is told.
func TestAPersonMakesTwoAccountsOne(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	keep := add(t, a, "沈若川", account.Professor)
	gone := add(t, a, "沈若川(成果办)", account.Officer, account.Student)
	p, in := session(t, a, keep.Name)
	q, in2 := session(t, a, gone.Name)
	identify(t, a, p, account.ByPhone, "13800000001")
	identify(t, a, q, account.ByEmail, "shen@example.edu.cn")
	identify(t, a, q, account.ByNumber, "T1")
	told(t, a)
	code, err := a.Account.BeginJoin(ctx, p, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Account.TakeJoin(ctx, p, in, code); key(err) != "joins.code" {
		t.Errorf("in the account that made it: %v", err)
	}
	if err := a.Account.TakeJoin(ctx, q, in2, "AAAA-AAAA-AAAA-AAAA"); key(err) != "joins.code" {
		t.Errorf("a code that is guessed: %v", err)
	}
	if err := a.Account.TakeJoin(ctx, q, in2, code); err != nil {
		t.Fatal(err)
	}
	third, in3 := session(t, a, add(t, a, "旁人", account.Professor).Name)
	if err := a.Account.TakeJoin(ctx, third, in3, code); key(err) != "joins.code" {
		t.Errorf("the code a second time: %v", err)
	}
	list, err := a.Account.Joins(ctx, q)
	if err != nil || len(list) != 1 || !list[0].Chooses || !slices.Equal(list[0].Asked, []account.Role{account.Officer}) {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := a.Account.AgreeJoin(ctx, third, in3, list[0].ID, uuid.Nil); key(err) != "joins.not_found" {
		t.Errorf("somebody else agrees: %v", err)
	}
	late := in2
	late.CreatedAt -= (account.Fresh + time.Second).Milliseconds()
	if _, err := a.Account.AgreeJoin(ctx, q, late, list[0].ID, keep.ID); key(err) != "personal.sign_in_again" {
		t.Errorf("a sign-in of before: %v", err)
	}
	done, err := a.Account.AgreeJoin(ctx, q, in2, list[0].ID, keep.ID)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	heard := map[string]bool{}
	for _, n := range told(t, a) {
		if n.Template == "accounts_joined" {
			heard[n.Phone+n.Email] = true
		}
		heard[n.Template] = true
	}
	for _, to := range []string{"13800000001", "shen@example.edu.cn", "", "roles_asked"} {
		if !heard[to] {
			t.Errorf("%q hears nothing: %v", to, heard)
		}
	}
	got, known, err := a.Account.Account(ctx, guard(), keep.ID)
	if err != nil || !slices.Equal(got.Roles, []account.Role{account.Professor, account.Student}) || !slices.Equal(got.Asked, []account.Role{account.Officer}) || len(known) != 3 {
		t.Errorf("%+v, known as %d, %v", got, len(known), err)
	}
	old, known, err := a.Account.Account(ctx, guard(), gone.ID)
	if err != nil || !account.Closed(old.Name) || old.JoinedTo != keep.ID || len(known) != 0 {
		t.Errorf("%+v, known as %d, %v", old, len(known), err)
	}
	for _, id := range []uuid.UUID{in.ID, in2.ID} {
		if who, _, err := a.Account.Present(ctx, id); err != nil || who.SignedIn() {
			t.Errorf("still signed in: %+v, %v", who, err)
		}
	}
}

// TestAnAdministratorProposesAndTheOwnersSay so, each in their own account; where
// nobody was ever in by one, what it is known by waits.
func TestAnAdministratorProposesAndTheOwnersSay(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	one, other := add(t, a, "沈若川", account.Professor), add(t, a, "沈若川2", account.Student)
	if _, err := a.Account.ProposeJoin(ctx, boss(t, a), one.ID, other.ID); err != account.ErrForbidden {
		t.Errorf("a system administrator: %v", err)
	}
	if _, err := a.Account.ProposeJoin(ctx, guard(), one.ID, one.ID); key(err) != "joins.same" {
		t.Errorf("one account: %v", err)
	}
	if _, err := a.Account.ProposeJoin(ctx, guard(), one.ID, other.ID); key(err) != "joins.nobody_in" {
		t.Errorf("nobody was in: %v", err)
	}
	p, in := session(t, a, one.Name)
	q, in2 := session(t, a, other.Name)
	identify(t, a, q, account.ByPhone, "13800000001")
	j, err := a.Account.ProposeJoin(ctx, guard(), one.ID, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, err := a.Account.Joins(ctx, p)
	if err != nil || len(list) != 1 || list[0].There.LastIn != 0 || list[0].There.Has != nil || list[0].Chooses {
		t.Errorf("before its owner has said so: %+v, %v", list, err)
	}
	if done, err := a.Account.AgreeJoin(ctx, p, in, j.ID, other.ID); err != nil || done {
		t.Fatalf("one owner alone: %v, %v", done, err)
	}
	if done, err := a.Account.AgreeJoin(ctx, p, in, j.ID, uuid.Nil); err != nil || done {
		t.Fatalf("one owner twice: %v, %v", done, err)
	}
	if err := a.Account.RefuseJoin(ctx, q, j.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Account.AgreeJoin(ctx, q, in2, j.ID, uuid.Nil); key(err) != "joins.not_found" {
		t.Errorf("after a no: %v", err)
	}
	if j, err = a.Account.ProposeJoin(ctx, guard(), one.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(account.JoinLife)
	p, in = session(t, a, one.Name)
	if _, err := a.Account.AgreeJoin(ctx, p, in, j.ID, uuid.Nil); key(err) != "joins.not_found" {
		t.Errorf("after a week: %v", err)
	}

	// An account that a list made and nobody ever used.
	take(t, a, console, account.RosterOptions{}, account.Listed{Number: "S9", Name: "沈若川", Category: account.Students, Phone: "13900000009"})
	listed, err := a.Account.AccountCalled(ctx, console, "沈若川（S9）")
	if err != nil {
		t.Fatal(err)
	}
	if j, err = a.Account.ProposeJoin(ctx, guard(), listed.ID, one.ID); err != nil || j.Keep != one.ID {
		t.Fatalf("whoever was in stays: %+v, %v", j, err)
	}
	if done, err := a.Account.AgreeJoin(ctx, p, in, j.ID, uuid.Nil); err != nil || !done {
		t.Fatal(done, err)
	}
	for _, i := range []struct {
		p     account.Provider
		value string
	}{{account.ByNumber, "S9"}, {account.ByPhone, "13900000009"}} {
		if _, ok, err := a.Account.Known(ctx, i.p, i.value); err != nil || ok {
			t.Errorf("%s lets in: %v, %v", i.p, ok, err)
		}
	}
	if len(conflicts(t, a)) != 0 {
		t.Error("the conflict is open still")
	}
}

// TestTheLastAdministratorIsNotJoinedAway and two administrators do not become one
// person with both roles.
func TestTheLastAdministratorIsNotJoinedAway(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	last := boss(t, a)
	add(t, a, "审计员", account.Audit)
	p, in := session(t, a, "审计员")
	_, in2 := session(t, a, last.Name)
	j, err := a.Account.ProposeJoin(ctx, guard(), p.ID, last.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Account.AgreeJoin(ctx, p, in, j.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Account.AgreeJoin(ctx, last, in2, j.ID, uuid.Nil); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("the last one: %v", err)
	}
	second := add(t, a, "系统管理员二", account.System)
	if _, err := a.Account.AgreeJoin(ctx, last, in2, j.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	got, _, err := a.Account.Account(ctx, guard(), p.ID)
	if err != nil || !slices.Equal(got.Roles, []account.Role{account.Audit}) || slices.Contains(got.Asked, account.System) || second.ID == uuid.Nil {
		t.Errorf("%+v, %v", got, err)
	}
}
