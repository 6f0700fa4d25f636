package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

const phrase = "滚动 轴承 早上好"

// key is what an error says, "" if there is none.
func key(err error) string {
	if e, ok := errors.AsType[*catalog.Error](err); ok {
		return e.Key
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// withPassword is somebody who has the phrase as password, an e-mail address
// and a number.
func withPassword(t *testing.T, a *apptest.App, name string) account.Principal {
	t.Helper()
	who, ins := enter(t, a, name, account.Entrance{Via: account.ByCAS})
	identify(t, a, who, account.ByEmail, strings.ToLower(uuid.NewString())+"@example.edu.cn")
	if err := a.Passwords.Set(t.Context(), who, ins[0].ID, "", phrase); err != nil {
		t.Fatal(err)
	}
	return who
}

func identify(t *testing.T, a *apptest.App, who account.Principal, p account.Provider, value string) {
	t.Helper()
	if err := a.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddIdentity(t.Context(), account.Identity{ID: uuid.New(), AccountID: who.ID, Provider: p, Value: value})
	}); err != nil {
		t.Fatal(err)
	}
}

func TestPasswordsLetInByEveryName(t *testing.T) {
	a := apptest.New(t)
	who := withPassword(t, a, "王老师")
	identify(t, a, who, account.ByEmail, "wang@example.edu.cn")
	identify(t, a, who, account.ByNumber, "T2010033")
	identify(t, a, who, account.ByPhone, "13800138000")
	for _, name := range []string{"王老师", " 王老师 ", "Wang@Example.edu.cn", "T2010033", "138 0013 8000", "+86 13800138000"} {
		p, in, err := a.Passwords.SignIn(t.Context(), name, phrase, account.From{}, account.Entrance{Agent: "Edge"})
		if err != nil || p.ID != who.ID || in.Via != account.ByPassword || in.Agent != "Edge" || !present(t, a, in) {
			t.Errorf("%q: %+v, %v", name, p, err)
		}
	}
}

// Whoever may not come in is told the same, whatever the reason.
func TestTheSameWordsForWhoeverMayNotComeIn(t *testing.T) {
	a := apptest.New(t)
	withPassword(t, a, "王老师")
	out := withPassword(t, a, "离职者")
	enter(t, a, "无密码者")
	staff := withPassword(t, a, "教工")
	identify(t, a, staff, account.ByNumber, "T1")
	if _, err := a.Account.SaveSource(t.Context(), console, account.Source{Name: "campus", SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一身份认证", TitleEn: "Campus",
		Address: "https://cas.example.edu.cn", NoPassword: true, Map: account.AttributeMap{Numbers: []string{"user"}, Name: "cn", Otherwise: account.Student}}}); err != nil {
		t.Fatal(err)
	}
	x, _, err := a.Account.Account(t.Context(), console, out.ID)
	if err == nil {
		err = a.Account.Disable(t.Context(), console, out.ID, x.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, name := range []string{"王老师", "离职者", "无密码者", "教工", "查无此人", "nobody@example.edu.cn"} {
		password := phrase
		if name == "王老师" {
			password = "错的错的错的错的"
		}
		p, in, err := a.Passwords.SignIn(t.Context(), name, password, account.From{}, account.Entrance{})
		if e, ok := err.(*catalog.Error); !ok || e.Key != "password.wrong" || fmt.Sprint(e.Args) != fmt.Sprint(map[string]string{"n": "4"}) {
			t.Errorf("%s: %v", name, err)
		}
		if p.SignedIn() || in.ID != uuid.Nil {
			t.Errorf("%s came in", name)
		}
		asked++
	}
	for name, c := range map[string]struct{ name, password string }{
		"no name": {"", phrase}, "control": {"\x00", phrase}, "long name": {strings.Repeat("x", 256), phrase},
		"long password": {"王老师", strings.Repeat("x", 257)}, "no UTF-8": {"王老师", "\xff\xfe"},
	} {
		if _, _, err := a.Passwords.SignIn(t.Context(), c.name, c.password, account.From{}, account.Entrance{}); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestANameIsTriedFiveTimesInAWhile(t *testing.T) {
	a := apptest.New(t)
	withPassword(t, a, "王老师")
	for _, name := range []string{"王老师", "查无此人"} {
		for n := 4; n >= 0; n-- {
			_, _, err := a.Passwords.SignIn(t.Context(), name, "错的错的错的错的", account.From{}, account.Entrance{})
			if e, ok := err.(*catalog.Error); !ok || e.Args["n"] != fmt.Sprint(n) {
				t.Errorf("%s, %d left: %v", name, n, err)
			}
		}
		if _, _, err := a.Passwords.SignIn(t.Context(), name, phrase, account.From{}, account.Entrance{}); key(err) != "password.suspect" {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Clock.Advance(15 * time.Minute)
	for range 20 { // what was right counts for nothing
		if _, _, err := a.Passwords.SignIn(t.Context(), "王老师", phrase, account.From{}, account.Entrance{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestManyTriesAtOnceAreNotMore(t *testing.T) {
	a := apptest.New(t)
	withPassword(t, a, "王老师")
	var wg sync.WaitGroup
	var mu sync.Mutex
	said := map[string]int{}
	for range 40 {
		wg.Go(func() {
			_, _, err := a.Passwords.SignIn(context.Background(), "王老师", "错的错的错的错的", account.From{}, account.Entrance{})
			mu.Lock()
			said[key(err)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if said["password.wrong"] != 5 || said["password.suspect"] != 35 {
		t.Errorf("%v", said)
	}
}

func TestAChangedPasswordAsksForTheOldOneAndEndsOtherSignIns(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	who, ins := enter(t, a, "王老师", account.Entrance{Via: account.ByCAS}, account.Entrance{Via: account.ByCAS})
	for password, want := range map[string]string{"短密码": "password.length", strings.Repeat("长", 65): "password.length", "\xff1234567": "password.length",
		"Password": "password.common", "88888888": "password.common"} {
		if err := a.Passwords.Set(ctx, who, ins[0].ID, "", password); key(err) != want {
			t.Errorf("%q: %v", password, err)
		}
	}
	identify(t, a, who, account.ByNumber, "T201003300")
	if err := a.Passwords.Set(ctx, who, ins[0].ID, "", "t201003300"); key(err) != "password.common" {
		t.Errorf("the own number: %v", err)
	}
	if err := a.Passwords.Set(ctx, who, ins[0].ID, "", phrase); err != nil {
		t.Fatal(err)
	}
	if !present(t, a, ins[0]) || present(t, a, ins[1]) {
		t.Error("the other sign-in goes on, or this one ended")
	}
	if st, err := a.Passwords.State(ctx, who, ins[0].ID); err != nil || !st.AskOld || !st.Allowed || st.SetAt == 0 {
		t.Errorf("%+v, %v", st, err)
	}
	a.Clock.Advance(time.Second)
	for n := 4; n >= 0; n-- {
		if err := a.Passwords.Set(ctx, who, ins[0].ID, "错的错的错的错的", "另外 一句 话语"); key(err) != "password.old" {
			t.Errorf("%d left: %v", n, err)
		}
	}
	if err := a.Passwords.Set(ctx, who, ins[0].ID, phrase, "另外 一句 话语"); key(err) != "password.suspect" {
		t.Errorf("the sixth time: %v", err)
	}
	a.Clock.Advance(15 * time.Minute)
	if err := a.Passwords.Set(ctx, who, ins[0].ID, phrase, "另外 一句 话语"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Passwords.SignIn(ctx, "王老师", phrase, account.From{}, account.Entrance{}); key(err) != "password.wrong" {
		t.Errorf("the old one: %v", err)
	}
	// Another account's sign-in, or one that is over, sets nothing.
	other, others := enter(t, a, "李老师", account.Entrance{Via: account.ByCAS})
	if err := a.Passwords.Set(ctx, who, others[0].ID, phrase, "第三句 话语 吧"); key(err) != account.ErrForbidden.Error() {
		t.Errorf("in somebody else's sign-in: %v", err)
	}
	if err := a.Passwords.Set(ctx, other, ins[1].ID, "", "第三句 话语 吧"); key(err) != account.ErrForbidden.Error() {
		t.Errorf("in one that ended: %v", err)
	}
}

func TestAOneTimeLinkNeedsNoOldPassword(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	who := withPassword(t, a, "王老师")
	token, err := a.Account.IssueLink(ctx, console, "王老师")
	if err != nil {
		t.Fatal(err)
	}
	_, in, err := a.Account.Redeem(ctx, token, account.Entrance{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Passwords.Set(ctx, who, in.ID, "", "另外 一句 话语"); err != nil {
		t.Error(err)
	}
	a.Clock.Advance(20 * time.Minute)
	present(t, a, in) // still there
	a.Clock.Advance(11 * time.Minute)
	if err := a.Passwords.Set(ctx, who, in.ID, "", "第三句 话语 吧"); key(err) != "password.old" {
		t.Errorf("half an hour after the link: %v", err)
	}
}

// When the cost changes, who comes in is hashed anew without noticing.
func TestHashesFollowTheCost(t *testing.T) {
	a := apptest.New(t)
	who := withPassword(t, a, "王老师")
	marked := account.NewPasswords(a.Account, account.Hashing{
		Hash:   func(context.Context, string) (string, error) { return "dearer", nil },
		Check:  func(_ context.Context, kept, _ string) (bool, bool, error) { return true, kept != "dearer", nil },
		Common: func(string) bool { return false },
	})
	for range 2 {
		if _, _, err := marked.SignIn(t.Context(), "王老师", "x", account.From{}, account.Entrance{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.DB.Read(t.Context(), func(tx *store.Tx) error {
		p, _, err := tx.Password(t.Context(), who.ID)
		if p.Kept != "dearer" || p.Version != 2 {
			t.Errorf("%+v", p)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A password that is set anew while the old one is checked lets nobody in.
func TestAPasswordThatChangesWhileItIsChecked(t *testing.T) {
	a := apptest.New(t)
	who := withPassword(t, a, "王老师")
	_, in, err := a.Account.Enter(t.Context(), who.ID, account.Entrance{Via: account.ByLink})
	if err != nil {
		t.Fatal(err)
	}
	racing := account.NewPasswords(a.Account, account.Hashing{Check: func(ctx context.Context, _, _ string) (bool, bool, error) {
		a.Clock.Advance(time.Second)
		return true, false, a.Passwords.Set(ctx, who, in.ID, "", "另外 一句 话语")
	}})
	if p, _, err := racing.SignIn(t.Context(), "王老师", phrase, account.From{}, account.Entrance{}); key(err) != "password.wrong" || p.SignedIn() {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestAForgottenPasswordIsResetByALinkToTheAddress(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	who := withPassword(t, a, "王老师")
	identify(t, a, who, account.ByEmail, "wang@example.edu.cn")
	sent := func() (notices []journal.Notice) {
		messages, err := a.DB.LeaseMessages(ctx, journal.NoticeKind, a.Clock.Now().UnixMilli(), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			var n journal.Notice
			if err := json.Unmarshal(m.Payload, &n); err != nil {
				t.Fatal(err)
			}
			notices = append(notices, n)
		}
		return notices
	}
	sent() // that there is a password
	for _, email := range []string{"Wang@example.edu.cn", "wang@example.edu.cn", "nobody@example.edu.cn"} {
		if err := a.Passwords.Forgot(ctx, email, "en"); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	if err := a.Passwords.Forgot(ctx, "王老师", "en"); key(err) != "identities.email" {
		t.Errorf("no address: %v", err)
	}
	notices := sent()
	if len(notices) != 1 {
		t.Fatalf("%d notices", len(notices))
	}
	n := notices[0]
	token := strings.TrimSuffix(strings.TrimPrefix(n.Path, "/enter/"), "?password=1")
	if n.Email != "wang@example.edu.cn" || n.Template != "password_reset" || n.Lang != "en" || n.Vars["minutes"] != "30" || account.ResetPath(token) != n.Path {
		t.Errorf("%+v", n)
	}
	a.Clock.Advance(29 * time.Minute)
	p, in, err := a.Account.Redeem(ctx, token, account.Entrance{})
	if err != nil || p.ID != who.ID {
		t.Fatal(p, err)
	}
	if _, _, err := a.Account.Redeem(ctx, token, account.Entrance{}); key(err) != account.ErrLink.Error() {
		t.Errorf("twice: %v", err)
	}
	if err := a.Passwords.Set(ctx, p, in.ID, "", "另外 一句 话语"); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("before the second factor: %v", err)
	}
	enrol(t, a, p, in)
	if err := a.Passwords.Set(ctx, who, in.ID, "", "另外 一句 话语"); err != nil {
		t.Error(err)
	}
	sent()
	// The next one is too late.
	if err := a.Passwords.Forgot(ctx, "wang@example.edu.cn", "en"); err != nil {
		t.Fatal(err)
	}
	token = strings.TrimSuffix(strings.TrimPrefix(sent()[0].Path, "/enter/"), "?password=1")
	a.Clock.Advance(31 * time.Minute)
	if _, _, err := a.Account.Redeem(ctx, token, account.Entrance{}); key(err) != account.ErrLink.Error() {
		t.Errorf("late: %v", err)
	}
}
