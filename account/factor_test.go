package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/internal/totptest"

	"github.com/google/uuid"
)

// weak is a sign-in without a second factor, of somebody with these roles.
func weak(t *testing.T, a *apptest.App, x account.Account) (account.Principal, account.SignIn) {
	t.Helper()
	p, in, err := a.Account.Enter(t.Context(), x.ID, account.Entrance{Via: account.ByPassword})
	if err != nil {
		t.Fatal(err)
	}
	return p, in
}

// enrol sets an authenticator up in a sign-in and returns its secret and the
// recovery codes.
func enrol(t *testing.T, a *apptest.App, p account.Principal, in account.SignIn) (secret string, codes []string) {
	t.Helper()
	if err := a.Account.BeginAuthenticator(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	raw, err := a.Account.BegunAuthenticator(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	secret = account.SecretText(raw)
	codes, err = a.Passwords.ConfirmAuthenticator(t.Context(), p, in.ID, totptest.Code(secret, a.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return secret, codes
}

func acting(t *testing.T, a *apptest.App, in account.SignIn) account.Role {
	t.Helper()
	p, _, err := a.Account.Present(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p.Acting
}

// Whoever is to show a second factor may do nothing else before, however they
// came in, unless that was strong.
func TestASecondFactorIsAskedOf(t *testing.T) {
	a := apptest.New(t)
	for i, c := range []struct {
		roles []account.Role
		by    account.Entrance
		want  account.Role
	}{
		{[]account.Role{account.Officer}, account.Entrance{Via: account.ByPassword}, account.Unproven},
		{[]account.Role{account.Officer}, account.Entrance{Via: account.ByPhone}, account.Unproven},
		{[]account.Role{account.Officer}, account.Entrance{Via: account.ByLink}, account.Unproven},
		{[]account.Role{account.Officer}, account.Entrance{Via: account.ByCAS.Named("campus")}, account.Unproven},
		{[]account.Role{account.Officer}, account.Entrance{Via: account.ByCAS.Named("campus"), Strong: true}, account.Officer},
		{[]account.Role{account.Officer}, account.Entrance{Via: account.ByPasskey, Strong: true}, account.Officer},
		{[]account.Role{account.Professor, account.Audit}, account.Entrance{Via: account.ByPassword}, account.Unproven},
		{[]account.Role{account.System}, account.Entrance{Via: account.ByPassword}, account.Unproven},
		{[]account.Role{account.Security}, account.Entrance{Via: account.ByPassword}, account.Unproven},
		{[]account.Role{account.Professor}, account.Entrance{Via: account.ByPassword}, account.Professor},
		{[]account.Role{account.Enterprise}, account.Entrance{Via: account.ByLink}, account.Enterprise},
	} {
		x := add(t, a, "某"+string(rune('甲'+i)), c.roles...)
		p, in, err := a.Account.Enter(t.Context(), x.ID, c.by)
		if err != nil || p.Acting != c.want || acting(t, a, in) != c.want {
			t.Errorf("%v by %s: acts as %s, then %s, want %s (%v)", c.roles, c.by.Via, p.Acting, acting(t, a, in), c.want, err)
		}
		if c.want == account.Unproven && (p.May(account.OwnAccount) || p.May(account.SeeOffice) || len(p.Roles) != 1) {
			t.Errorf("%v may something before: %+v", c.roles, p)
		}
	}
}

func TestACodeOfAnAuthenticatorIsTakenOnce(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "沈若川", account.Officer)
	p, in := weak(t, a, x)
	secret, codes := enrol(t, a, p, in)
	if acting(t, a, in) != account.Officer {
		t.Error("who has just shown a code is asked again")
	}
	if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 {
		t.Errorf("recovery codes %v", codes)
	}
	try := func(code string) (string, account.SignIn) {
		t.Helper()
		p, in := weak(t, a, x)
		err := a.Passwords.Prove(ctx, p, in.ID, code)
		if got := acting(t, a, in); (got == account.Officer) != (err == nil) {
			t.Errorf("%v, but acts as %s", err, got)
		}
		return key(err), in
	}
	now := func(off time.Duration) string { return totptest.Code(secret, a.Clock.Now().Add(off)) }
	if got, _ := try(now(0)); got != "factor.used" {
		t.Errorf("the code of the enrolment: %q", got)
	}
	if got, _ := try(now(30 * time.Second)); got != "" {
		t.Errorf("the next one, by a clock that is half a minute fast: %q", got)
	}
	if got, _ := try(now(0)); got != "factor.used" {
		t.Errorf("one before the last that was taken: %q", got)
	}
	a.Clock.Advance(10 * time.Minute)
	for off, want := range map[time.Duration]string{-time.Minute: "factor.slow", -10 * time.Minute: "factor.slow", time.Minute: "factor.wrong", 5 * time.Minute: "factor.wrong", time.Hour: "factor.wrong"} {
		a.Clock.Advance(20 * time.Minute) // for what is counted
		if got, _ := try(now(off)); got != want {
			t.Errorf("%v off: %q, want %q", off, got, want)
		}
	}
	a.Clock.Advance(20 * time.Minute)
	spaced := now(-30 * time.Second)
	if got, _ := try(" " + spaced[:3] + " " + spaced[3:]); got != "" {
		t.Errorf("half a minute slow, with blanks: %q", got)
	}
	for _, bad := range []string{"", "12345", "1234567", "abcdef", "１２３４５６", strings.Repeat("9", 10_000)} {
		a.Clock.Advance(20 * time.Minute)
		if got, _ := try(bad); got != "factor.wrong" {
			t.Errorf("%.20q: %q", bad, got)
		}
	}
	// Of those who bring one code at once one has it.
	a.Clock.Advance(20 * time.Minute)
	code := now(0)
	var wg sync.WaitGroup
	var taken atomic.Int32
	for range 4 {
		p, in := weak(t, a, x)
		wg.Go(func() {
			if err := a.Passwords.Prove(context.Background(), p, in.ID, code); err == nil {
				taken.Add(1)
			} else if key(err) != "factor.used" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
	// A sign-in of somebody else, or one that has ended, becomes no stronger.
	a.Clock.Advance(20 * time.Minute)
	other := add(t, a, "柳听泉", account.Officer)
	_, theirs := weak(t, a, other)
	if err := a.Passwords.Prove(ctx, p, theirs.ID, now(0)); !errors.Is(err, account.ErrForbidden) || acting(t, a, theirs) != account.Unproven {
		t.Errorf("the sign-in of somebody else: %v", err)
	}
}

func TestARecoveryCodeWorksOnce(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "沈若川", account.Security)
	p, in := weak(t, a, x)
	_, codes := enrol(t, a, p, in)
	me, _, _ := a.Account.Present(ctx, in.ID)
	try := func(code string) string {
		p, in := weak(t, a, x)
		return key(a.Passwords.Prove(ctx, p, in.ID, code))
	}
	if got := try(strings.ToLower(account.PrintCode(codes[0]))); got != "" {
		t.Errorf("as it is printed, in small letters: %q", got)
	}
	if got := try(codes[0]); got != "factor.wrong_recovery" {
		t.Errorf("twice: %q", got)
	}
	f, err := a.Account.Factors(ctx, me)
	if err != nil || f.Recovery != 9 || f.Authenticator == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	fresh, err := a.Account.RenewRecoveryCodes(ctx, me)
	if err != nil {
		t.Fatal(err)
	}
	if got := try(codes[1]); got != "factor.wrong_recovery" {
		t.Errorf("one of before: %q", got)
	}
	if got := try(fresh[1]); got != "" {
		t.Errorf("a new one: %q", got)
	}
	var told []string
	for _, n := range texts(t, a) {
		if n.Account != x.ID || n.Path != "/me/security" {
			t.Errorf("%+v", n)
		}
		told = append(told, n.Template)
	}
	slices.Sort(told)
	if want := []string{"factor_set", "recovery_renewed", "recovery_used", "recovery_used"}; !slices.Equal(told, want) {
		t.Errorf("the owner is told %v", told)
	}
	// Nothing of it lies about.
	if err := a.Account.RemoveAuthenticator(ctx, me); err != nil {
		t.Fatal(err)
	}
	if got := try(fresh[2]); got != "factor.wrong_recovery" {
		t.Errorf("after the authenticator went: %q", got)
	}
	if err := a.Account.RemoveAuthenticator(ctx, me); key(err) != "factor.none" {
		t.Errorf("a second time: %v", err)
	}
	if _, err := a.Account.RenewRecoveryCodes(ctx, me); key(err) != "factor.none" {
		t.Errorf("codes for nothing: %v", err)
	}
}

// Whoever has the password alone guesses a few times, and adds no factor of
// their own.
func TestAPasswordAloneIsNotEnough(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "沈若川", account.Officer)
	p, in := weak(t, a, x)
	secret, codes := enrol(t, a, p, in)
	a.Clock.Advance(time.Minute)
	thief, there := weak(t, a, x)
	if err := a.Account.BeginAuthenticator(ctx, thief); key(err) != "factor.first" {
		t.Errorf("begins another: %v", err)
	}
	if err := a.Account.AddPasskey(ctx, thief, "我的", []byte{1}, []byte(`{}`), "once"); key(err) != "factor.first" {
		t.Errorf("adds a passkey: %v", err)
	}
	for name, err := range map[string]error{
		"removes":       a.Account.RemoveAuthenticator(ctx, thief),
		"codes":         func() error { _, err := a.Account.RenewRecoveryCodes(ctx, thief); return err }(),
		"password":      a.Passwords.Set(ctx, thief, there.ID, phrase, phrase+phrase),
		"signs out all": a.Account.EndSignIns(ctx, thief, there.ID),
		"passkey":       a.Account.RemovePasskey(ctx, thief, uuid.New()),
		"token": func() error {
			_, _, err := a.Account.IssueToken(ctx, thief, account.NewToken{Name: "x", Days: 1})
			return err
		}(),
	} {
		if !errors.Is(err, account.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 5 {
		if err := a.Passwords.Prove(ctx, thief, there.ID, "000000"); key(err) != "factor.wrong" {
			t.Fatal(err)
		}
	}
	if err := a.Passwords.Prove(ctx, thief, there.ID, totptest.Code(secret, a.Clock.Now())); key(err) != "factor.many" {
		t.Errorf("after five guesses: %v", err)
	}
	if err := a.Passwords.Prove(ctx, thief, there.ID, codes[0]); err != nil {
		t.Errorf("who has a recovery code is not kept out by who guesses: %v", err)
	}
	guesses := 0
	for range 24 * 4 {
		a.Clock.Advance(15 * time.Minute)
		p, in := weak(t, a, x)
		for range 5 {
			if key(a.Passwords.Prove(ctx, p, in.ID, "000000")) == "factor.wrong" {
				guesses++
			}
		}
	}
	if guesses > 80 { // forty in a day, of which this is not quite two by the clock of the count
		t.Errorf("%d guesses in a day", guesses)
	}
}

func TestSettingAnAuthenticatorUp(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "柳听泉", account.Professor) // of whom none is asked
	p, in := weak(t, a, x)
	confirm := func(code string) string {
		_, err := a.Passwords.ConfirmAuthenticator(ctx, p, in.ID, code)
		return key(err)
	}
	if got := confirm("123456"); got != "factor.begin" {
		t.Errorf("before it was begun: %q", got)
	}
	if err := a.Account.BeginAuthenticator(ctx, p); err != nil {
		t.Fatal(err)
	}
	secret := func() string {
		raw, err := a.Account.BegunAuthenticator(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return account.SecretText(raw)
	}
	now := func(off time.Duration) string { return totptest.Code(secret(), a.Clock.Now().Add(off)) }
	for off, want := range map[time.Duration]string{-3 * time.Minute: "factor.slow", 3 * time.Minute: "factor.fast", time.Hour: "factor.wrong"} {
		_, err := a.Passwords.ConfirmAuthenticator(ctx, p, in.ID, now(off))
		if got := key(err); got != want || want != "factor.wrong" && err.(*catalog.Error).Args["minutes"] != "3" {
			t.Errorf("%v off: %+v, want %q", off, err, want)
		}
	}
	if _, another := weak(t, a, x); acting(t, a, another) != account.Professor {
		t.Error("one that is not confirmed is asked for")
	}
	a.Clock.Advance(15 * time.Minute)
	present(t, a, in)
	if got := confirm(now(0)); got != "" {
		t.Fatal(got)
	}
	if _, another := weak(t, a, x); acting(t, a, another) != account.Unproven {
		t.Error("who has set one up is not asked for it")
	}
	if err := a.Account.BeginAuthenticator(ctx, p); key(err) != "factor.have" {
		t.Errorf("a second one: %v", err)
	}
	// One that waited too long is begun anew.
	y := add(t, a, "罗静姝", account.Professor)
	p, in = weak(t, a, y)
	if err := a.Account.BeginAuthenticator(ctx, p); err != nil {
		t.Fatal(err)
	}
	late := now(30 * time.Minute)
	a.Clock.Advance(30 * time.Minute)
	if got := confirm(late); got != "factor.begin" {
		t.Errorf("after half an hour: %q", got)
	}
	p, in = weak(t, a, y)
	if err := a.Account.BeginAuthenticator(ctx, p); err != nil {
		t.Fatal(err)
	}
	if got := confirm(now(0)); got != "" {
		t.Error(got)
	}
}

func TestWhoHasLostTheFactorIsHelpedByTheSecurityAdministrator(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	x := add(t, a, "沈若川", account.Officer)
	p, in := weak(t, a, x)
	enrol(t, a, p, in)
	guardian := add(t, a, "安守门", account.Security)
	security := account.Principal{ID: guardian.ID, Name: guardian.Name, Roles: guardian.Roles, Acting: account.Security}
	for _, role := range account.Roles() {
		who := account.Principal{ID: uuid.New(), Roles: []account.Role{role}, Acting: role}
		if err := a.Account.ResetFactors(ctx, who, uuid.New()); errors.Is(err, account.ErrForbidden) == (role == account.Security || role == account.Console) {
			t.Errorf("%s: %v", role, err)
		}
	}
	refusedWith(t, "the own one", a.Account.ResetFactors(ctx, security, guardian.ID), "accounts.own")
	if err := a.Account.ResetFactors(ctx, security, x.ID); err != nil {
		t.Fatal(err)
	}
	if present(t, a, in) {
		t.Error("what was open by the account still is")
	}
	refusedWith(t, "again", a.Account.ResetFactors(ctx, security, x.ID), "factor.nothing")
	if n := texts(t, a); n[len(n)-1].Template != "factor_reset" {
		t.Errorf("the owner is told %+v", n)
	}
	p, in = weak(t, a, x)
	enrol(t, a, p, in)
}

func TestTheRuleSaysWhoIsAsked(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	officer, manager := add(t, a, "沈若川", account.Officer), add(t, a, "周顾问", account.Manager)
	_, in := weak(t, a, officer)
	_, theirs := weak(t, a, manager)
	r, err := a.Account.RuleForFactors(ctx, guard())
	if err != nil || r.Version != 0 || !r.Asks(officer.Roles) || r.Asks(manager.Roles) {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := a.Account.SetRuleForFactors(ctx, account.Principal{Acting: account.System}, 0, nil); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("the system administrator: %v", err)
	}
	refusedWith(t, "a role that does not exist", a.Account.SetRuleForFactors(ctx, guard(), 0, []account.Role{"king"}), "accounts.no_role")
	if err := a.Account.SetRuleForFactors(ctx, guard(), 0, []account.Role{account.Manager}); err != nil {
		t.Fatal(err)
	}
	if acting(t, a, in) != account.Officer || acting(t, a, theirs) != account.Unproven {
		t.Error("the rule does not count at once")
	}
	if err := a.Account.SetRuleForFactors(ctx, guard(), 0, nil); err == nil {
		t.Error("written over a version that was not seen")
	}
}
