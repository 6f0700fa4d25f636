package account_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/journal"

	"github.com/google/uuid"
)

var phone = account.From{Device: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Address: "192.0.2.7"}

// texts are the codes that were sent since it was last asked.
func texts(t *testing.T, a *apptest.App) (sent []journal.Notice) {
	t.Helper()
	messages, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, a.Clock.Now().UnixMilli(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		var n journal.Notice
		if err := json.Unmarshal(m.Payload, &n); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, n)
	}
	return sent
}

// sendCode has a code sent to the number and returns it.
func sendCode(t *testing.T, a *apptest.App, number string) (uuid.UUID, string) {
	t.Helper()
	id, err := a.Passwords.SendCode(t.Context(), number, "zh-CN", phone)
	if err != nil {
		t.Fatal(err)
	}
	sent := texts(t, a)
	if len(sent) == 0 {
		t.Fatal("no message")
	}
	return id, sent[len(sent)-1].Vars["code"] // one that nobody ended is leased again
}

// other are six digits that are not these.
func other(digits string) string {
	if digits == "000000" {
		return "000001"
	}
	return "000000"
}

func TestACodeLetsInOnceOnItsDevice(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	who, _ := enter(t, a, "王老师")
	identify(t, a, who, account.ByPhone, "13800138000")
	id, err := a.Passwords.SendCode(ctx, "+86 138-0013-8000", "en", phone)
	if err != nil {
		t.Fatal(err)
	}
	n := texts(t, a)[0]
	if n.Phone != "13800138000" || n.Template != "sign_in_code" || !n.Urgent || n.Lang != "en" || len(n.Vars["code"]) != 6 || n.Deadline != a.Clock.Now().Add(5*time.Minute).UnixMilli() {
		t.Errorf("%+v", n)
	}
	digits := n.Vars["code"]
	thief := account.From{Device: "ZYXWVUTSRQPONMLKJIHGFEDCBA"}
	for name, bad := range map[string]func() error{
		"another device": func() error {
			_, _, err := a.Passwords.EnterByCode(ctx, id, digits, thief, account.Entrance{})
			return err
		},
		"no device": func() error {
			_, _, err := a.Passwords.EnterByCode(ctx, id, digits, account.From{}, account.Entrance{})
			return err
		},
		"a guess": func() error {
			_, _, err := a.Passwords.EnterByCode(ctx, id, other(digits), phone, account.Entrance{})
			return err
		},
		"too long": func() error {
			_, _, err := a.Passwords.EnterByCode(ctx, id, digits+digits, phone, account.Entrance{})
			return err
		},
		"another id": func() error {
			_, _, err := a.Passwords.EnterByCode(ctx, uuid.New(), digits, phone, account.Entrance{})
			return err
		},
	} {
		if err := bad(); key(err) != "code.wrong" {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, in, err := a.Passwords.EnterByCode(ctx, id, digits, phone, account.Entrance{})
	if err != nil || p.ID != who.ID || in.Via != account.ByPhone {
		t.Fatal(p, in, err)
	}
	if _, _, err := a.Passwords.EnterByCode(ctx, id, digits, phone, account.Entrance{}); key(err) != "code.wrong" {
		t.Errorf("used twice: %v", err)
	}
	if _, err := a.Passwords.SendCode(ctx, "13800138000", "en", phone); key(err) != "code.wait" {
		t.Errorf("at once again: %v", err)
	}
	a.Clock.Advance(time.Minute)
	id, digits = sendCode(t, a, "13800138000")
	a.Clock.Advance(5 * time.Minute)
	if _, _, err := a.Passwords.EnterByCode(ctx, id, digits, phone, account.Entrance{}); key(err) != "code.wrong" {
		t.Errorf("late: %v", err)
	}
}

func TestACodeIsGuessedFiveTimes(t *testing.T) {
	a := apptest.New(t)
	who, _ := enter(t, a, "王老师")
	identify(t, a, who, account.ByPhone, "13800138000")
	id, digits := sendCode(t, a, "13800138000")
	for range 5 {
		if _, _, err := a.Passwords.EnterByCode(t.Context(), id, other(digits), phone, account.Entrance{}); key(err) != "code.wrong" {
			t.Fatal(err)
		}
	}
	if p, _, err := a.Passwords.EnterByCode(t.Context(), id, digits, phone, account.Entrance{}); key(err) != "code.wrong" || p.SignedIn() {
		t.Errorf("after five guesses: %v", err)
	}
}

func TestTwoWhoUseOneCodeAtOnce(t *testing.T) {
	a := apptest.New(t)
	who, _ := enter(t, a, "王老师")
	identify(t, a, who, account.ByPhone, "13800138000")
	id, digits := sendCode(t, a, "13800138000")
	var wg sync.WaitGroup
	var in atomic.Int32
	for range 4 {
		wg.Go(func() {
			if _, _, err := a.Passwords.EnterByCode(context.Background(), id, digits, phone, account.Entrance{}); err == nil {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if n := in.Load(); n != 1 {
		t.Errorf("%d came in", n)
	}
}

// Nobody learns whether a number is somebody's, and nobody is sent many codes.
func TestCodesForNumbersOfNobody(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	id, err := a.Passwords.SendCode(ctx, "13900139000", "en", phone)
	if err != nil || id == uuid.Nil || len(texts(t, a)) != 0 {
		t.Fatal(id, err)
	}
	if _, _, err := a.Passwords.EnterByCode(ctx, id, "000000", phone, account.Entrance{}); key(err) != "code.wrong" {
		t.Error(err)
	}
	if _, err := a.Passwords.SendCode(ctx, "13900139000", "en", phone); key(err) != "code.wait" {
		t.Errorf("at once again: %v", err)
	}
	if _, err := a.Passwords.SendCode(ctx, "不是号码", "en", phone); key(err) != "identities.phone" {
		t.Error(err)
	}
	if _, err := a.Passwords.SendCode(ctx, "13900139000", "en", account.From{}); key(err) != "code.no_device" {
		t.Error(err)
	}
	many := 0
	for i := range 10 {
		if _, err := a.Passwords.SendCode(ctx, fmt.Sprintf("1390013901%d", i), "en", phone); catalog.CodeOf(err) == catalog.Unavailable {
			many++
		}
	}
	if many != 7 { // of five from one device two were used
		t.Errorf("%d of ten were refused", many)
	}
	// A telephone gets ten in a day, whoever asks.
	a.Clock.Advance(time.Hour)
	sent := 0
	for i := range 20 {
		a.Clock.Advance(time.Minute)
		if _, err := a.Passwords.SendCode(ctx, "13700137000", "en", account.From{Device: fmt.Sprint("device ", i), Address: fmt.Sprint(i)}); err == nil {
			sent++
		}
	}
	if sent != 10 {
		t.Errorf("%d were sent", sent)
	}
}

// Somebody guesses at an account and from an address; who has come in by the
// own device is not kept out, and everybody else may still come by a code.
func TestSuspicionAsksForACode(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	who := withPassword(t, a, "王老师")
	withPassword(t, a, "李老师")
	identify(t, a, who, account.ByPhone, "13800138000")
	in := func(name, password string, from account.From) string {
		_, _, err := a.Passwords.SignIn(ctx, name, password, from, account.Entrance{})
		return key(err)
	}
	if why := in("王老师", phrase, phone); why != "" {
		t.Fatal(why)
	}
	for i := range 60 {
		in("王老师", "错的错的错的错的", account.From{Device: fmt.Sprint("thief ", i), Address: "192.0.2.7"})
	}
	stranger := account.From{Device: "a new one", Address: "198.51.100.1"}
	if why := in("王老师", phrase, stranger); why != "password.suspect" {
		t.Errorf("a new device for an account that is guessed at: %q", why)
	}
	if why := in(" 138 0013-8000", phrase, stranger); why != "" {
		t.Errorf("by another name: %q", why) // five for each name
	}
	if why := in("王老师", phrase, phone); why != "" {
		t.Errorf("the own device at the address of the thief: %q", why)
	}
	// The address of those who guess is held back, one of a hall is not.
	for i := range 50 {
		in(fmt.Sprint("某人", i), "错的错的错的错的", account.From{Device: fmt.Sprint("thief ", i), Address: "203.0.113.9"})
		in(fmt.Sprint("某人", 100+i), "错的错的错的错的", account.From{Device: fmt.Sprint("thief ", 100+i), Address: "203.0.113.10", Hall: true})
	}
	if why := in("李老师", phrase, account.From{Device: "new", Address: "203.0.113.9"}); why != "password.suspect" {
		t.Errorf("at a suspicious address: %q", why)
	}
	if why := in("李老师", phrase, account.From{Device: "new", Address: "203.0.113.10", Hall: true}); why != "" {
		t.Errorf("in the hall: %q", why)
	}
	// A device that tries name after name, and browsers that keep none.
	for i := range 10 {
		in(fmt.Sprint("别人", i), "错的错的错的错的", account.From{Device: "one", Address: fmt.Sprint(i)})
	}
	if why := in("李老师", phrase, account.From{Device: "one", Address: "x"}); why != "password.suspect" {
		t.Errorf("the device of a thief: %q", why)
	}
	for i := range 20 {
		in(fmt.Sprint("他人", i), "错的错的错的错的", account.From{Address: "y"})
	}
	if why := in("李老师", phrase, account.From{Address: "y"}); why != "password.suspect" {
		t.Errorf("without a device: %q", why)
	}
	// And who is suspected comes in by a code, from the very address.
	id, digits := sendCode(t, a, "13800138000")
	if _, _, err := a.Passwords.EnterByCode(ctx, id, digits, phone, account.Entrance{}); err != nil {
		t.Error(err)
	}
}

func TestSpellingsOfANameAreOne(t *testing.T) {
	a := apptest.New(t)
	spellings := []string{"13800138000", "138 0013 8000", "+86 138-0013-8000", "8613800138000", "008613800138000", "(138)00138000"}
	for i, name := range spellings {
		_, _, err := a.Passwords.SignIn(t.Context(), name, phrase, account.From{Device: fmt.Sprint(i)}, account.Entrance{})
		if want := map[bool]string{true: "password.suspect", false: "password.wrong"}[i == 5]; key(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}
