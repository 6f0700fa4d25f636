package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/store"

	"github.com/google/uuid"
)

// somebody is an officer and administrator who is signed in.
func somebody(t *testing.T, a *apptest.App, name string) account.Principal {
	t.Helper()
	link, err := a.Account.IssueLink(t.Context(), console, name)
	if err != nil {
		t.Fatal(err)
	}
	who, _, err := a.Account.Redeem(t.Context(), link, account.Entrance{})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func issue(t *testing.T, a *apptest.App, who account.Principal, n account.NewToken) (string, account.Token) {
	t.Helper()
	secret, tok, err := a.Account.IssueToken(t.Context(), who, n)
	if err != nil {
		t.Fatal(err)
	}
	return secret, tok
}

func refused(t *testing.T, a *apptest.App, secret string) {
	t.Helper()
	if p, _, err := a.Account.Bearer(t.Context(), secret); catalog.CodeOf(err) != catalog.Forbidden || p.SignedIn() {
		t.Errorf("Bearer(%.8q…) = %+v, %v", secret, p, err)
	}
}

func TestATokenActsInItsRoleUntilItEnds(t *testing.T) {
	a := apptest.New(t)
	who := somebody(t, a, "李老师")
	secret, tok := issue(t, a, who, account.NewToken{Name: "月报", Role: account.System, Days: 30})
	if !strings.HasPrefix(secret, "dt_") || len(secret) != 46 {
		t.Fatalf("the secret is %q", secret)
	}
	p, got, err := a.Account.Bearer(t.Context(), secret)
	if err != nil || p.ID != who.ID || p.Acting != account.System || len(p.Roles) != 1 || got.Write || got.ID != tok.ID {
		t.Fatalf("%+v, %+v, %v", p, got, err)
	}
	list, err := a.Account.Tokens(t.Context(), who)
	if err != nil || len(list) != 1 || list[0].UsedOn != time.Date(2026, 4, 7, 0, 0, 0, 0, a.Clock.Now().Location()).UnixMilli() {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{"", "dt_", secret[:45], secret + "A", "dx_" + secret[3:], secret[3:], strings.Repeat("A", 46), "dt_" + strings.Repeat("A", 43), "令牌"} {
		refused(t, a, bad)
	}
	a.Clock.Advance(30*24*time.Hour - time.Second)
	if _, _, err := a.Account.Bearer(t.Context(), secret); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	a.Clock.Advance(time.Second)
	refused(t, a, secret)
}

func TestARevokedTokenIsNoMore(t *testing.T) {
	a := apptest.New(t)
	li, wang := somebody(t, a, "李老师"), somebody(t, a, "王老师")
	secret, tok := issue(t, a, li, account.NewToken{Name: "月报", Role: account.Officer, Write: true, Days: 1})
	wang.Acting = account.Officer
	if err := a.Account.RevokeToken(t.Context(), wang, tok.ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("somebody else's token: %v", err)
	}
	if err := a.Account.RevokeToken(t.Context(), account.Nobody(), tok.ID); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("a visitor: %v", err)
	}
	for range 2 {
		if err := a.Account.RevokeToken(t.Context(), li, tok.ID); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, a, secret)
	second, tok2 := issue(t, a, li, account.NewToken{Name: "月报", Role: account.Officer, Days: 1})
	if err := a.Account.RevokeToken(t.Context(), console, tok2.ID); err != nil {
		t.Fatal(err)
	}
	refused(t, a, second)
}

// altered is a store in which accounts have changed.
type altered struct {
	db     store.Adapter[account.Tx]
	change func(*account.Account)
}

type alteredTx struct {
	account.Tx
	change func(*account.Account)
}

func (tx alteredTx) Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error) {
	a, ok, err := tx.Tx.Account(ctx, id)
	tx.change(&a)
	return a, ok, err
}

func (u altered) Write(ctx context.Context, fn func(account.Tx) error) error {
	return u.db.Write(ctx, func(tx account.Tx) error { return fn(alteredTx{tx, u.change}) })
}

func (u altered) Read(ctx context.Context, fn func(account.Tx) error) error {
	return u.db.Read(ctx, func(tx account.Tx) error { return fn(alteredTx{tx, u.change}) })
}

// What an account loses, its tokens lose.
func TestATokenDiesWithItsAccountAndItsRole(t *testing.T) {
	a := apptest.New(t)
	secret, _ := issue(t, a, somebody(t, a, "李老师"), account.NewToken{Name: "月报", Role: account.Officer, Days: 1})
	for what, change := range map[string]func(*account.Account){
		"disabled": func(a *account.Account) { a.Disabled = true }, "another role": func(a *account.Account) { a.Roles = []account.Role{account.System} },
	} {
		s := account.NewService(altered{store.For[account.Tx](a.DB), change}, a.Clock.Now, rand.Reader)
		if p, _, err := s.Bearer(t.Context(), secret); catalog.CodeOf(err) != catalog.Forbidden || p.SignedIn() {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
	}
}

func TestWhoMayHaveTokens(t *testing.T) {
	a := apptest.New(t)
	who := somebody(t, a, "李老师")
	good := account.NewToken{Name: "月报", Role: account.Officer, Days: 365}
	for _, role := range account.Roles() {
		p := who
		p.Acting = role
		_, _, err := a.Account.IssueToken(t.Context(), p, account.NewToken{Name: "月报" + string(role), Role: account.Officer, Days: 1})
		if allowed := err == nil; allowed != p.May(account.OwnTokens) {
			t.Errorf("%s: %v", role, err)
		}
		_, _, err = a.Account.IssueTokenFor(t.Context(), p, "李老师", account.NewToken{Name: "代办" + string(role), Role: account.Officer, Days: 1})
		if allowed := err == nil; allowed != (role == account.Console) {
			t.Errorf("%s issues a token for somebody: %v", role, err)
		}
		_, err = a.Account.TokensOf(t.Context(), p, "李老师")
		if allowed := err == nil; allowed != p.May(account.ManageAccounts) {
			t.Errorf("%s lists somebody's tokens: %v", role, err)
		}
	}
	for what, n := range map[string]account.NewToken{
		"no name": {Role: account.Officer, Days: 1}, "a long name": {Name: strings.Repeat("名", 61), Role: account.Officer, Days: 1},
		"no days": {Name: "x", Role: account.Officer}, "too many days": {Name: "x", Role: account.Officer, Days: 366},
		"another's role": {Name: "x", Role: account.Console, Days: 1}, "no role": {Name: "x", Days: 1},
	} {
		if _, _, err := a.Account.IssueToken(t.Context(), who, n); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	issue(t, a, who, good)
	if _, _, err := a.Account.IssueToken(t.Context(), who, good); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("two of one name: %v", err)
	}
	if _, _, err := a.Account.IssueTokenFor(context.Background(), console, "无此人", good); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("nobody's: %v", err)
	}
}
