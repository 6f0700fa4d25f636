package inbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/inbox"
	"datai/internal/apptest"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

// reachable gives an account an address and a number.
func reachable(t *testing.T, a *apptest.App, p account.Principal, email, phone string) {
	t.Helper()
	err := a.DB.Write(t.Context(), func(tx *store.Tx) error {
		for _, i := range []account.Identity{{Provider: account.ByEmail, Value: email}, {Provider: account.ByPhone, Value: phone}} {
			i.ID, i.AccountID = uuid.Must(uuid.NewV7()), p.ID
			if err := tx.AddIdentity(t.Context(), i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// letters takes what is due by mail.
func letters(t *testing.T, a *apptest.App) (out []inbox.Letter, ids []uuid.UUID) {
	t.Helper()
	for _, m := range lease(t, a, inbox.MailLane) {
		var l inbox.Letter
		if err := json.Unmarshal(m.Payload, &l); err != nil {
			t.Fatal(err)
		}
		out, ids = append(out, l), append(ids, m.ID)
		if err := a.DB.FinishMessage(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return out, ids
}

func texts(t *testing.T, a *apptest.App) int {
	t.Helper()
	ms := lease(t, a, inbox.SMSLane)
	for _, m := range ms {
		if err := a.DB.FinishMessage(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return len(ms)
}

func digest(t *testing.T, a *apptest.App) int {
	t.Helper()
	n, err := a.Inbox.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func set(t *testing.T, a *apptest.App, p account.Principal, to inbox.Setting) {
	t.Helper()
	if err := a.Inbox.Set(t.Context(), p, to); err != nil {
		t.Fatal(err)
	}
}

// The clock stands on Tuesday the 7th of April, nine o'clock.
func TestWhatIsNotUrgentWaitsForMonday(t *testing.T) {
	a := apptest.New(t)
	li := somebody(t, a, "li")
	reachable(t, a, li, "li@example.edu.cn", "13800000001")
	tell := func(urgent bool, code string) {
		enqueue(t, a, journal.Notice{Template: "case_opened", Account: li.ID, Urgent: urgent, Vars: map[string]string{"code": code}})
		deliver(t, a)
	}
	tell(true, "urgent")
	if got, _ := letters(t, a); len(got) != 1 || got[0].To != "li@example.edu.cn" || got[0].Digest || got[0].Items[0].Vars["code"] != "urgent" {
		t.Fatalf("%+v", got)
	}
	tell(false, "one")
	a.Clock.Advance(time.Minute)
	tell(false, "two")
	if got := digest(t, a); got != 0 {
		t.Errorf("%d digests on a Tuesday", got)
	}
	a.Clock.Advance(6*24*time.Hour - 2*time.Minute) // Monday, a minute to nine
	if got := digest(t, a); got != 0 {
		t.Errorf("%d digests before nine", got)
	}
	a.Clock.Advance(time.Minute)
	tell(false, "of that minute")
	if got := digest(t, a); got != 1 {
		t.Fatalf("%d digests, want 1", got)
	}
	got, ids := letters(t, a)
	if len(got) != 1 || !got[0].Digest || len(got[0].Items) != 3 || got[0].Items[0].Vars["code"] != "one" {
		t.Fatalf("%+v", got)
	}
	a.Clock.Advance(time.Minute)
	tell(false, "later")
	if n := digest(t, a); n != 0 {
		t.Errorf("%d digests more in one week", n)
	}
	a.Clock.Advance(7 * 24 * time.Hour)
	if n := digest(t, a); n != 1 {
		t.Errorf("%d digests in the next week", n)
	}
	if got, again := letters(t, a); len(got) != 1 || len(got[0].Items) != 1 || again[0] == ids[0] {
		t.Errorf("%+v", got)
	}
	// what was read meanwhile, or is nobody's any more, makes no digest
	tell(false, "read")
	if _, err := a.Inbox.ReadAll(t.Context(), li, a.Clock.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(7 * 24 * time.Hour)
	if n := digest(t, a); n != 0 {
		t.Errorf("%d digests of what was read", n)
	}
}

func TestPeopleAreToldAsTheyWant(t *testing.T) {
	for name, c := range map[string]struct {
		set         *inbox.Setting
		urgent      bool
		template    string
		mail, texts int
		waits       bool
	}{
		"nothing said":           {nil, false, "need_confirm", 0, 0, true},
		"nothing said, urgent":   {nil, true, "need_confirm", 1, 1, false},
		"no short form":          {nil, true, "case_opened", 1, 0, false},
		"each at once":           {&inbox.Setting{Mail: inbox.MailOnce, SMS: true, Lang: "en"}, false, "need_confirm", 1, 0, false},
		"nothing wanted":         {&inbox.Setting{Mail: inbox.MailOff, Lang: "en"}, false, "need_confirm", 0, 0, false},
		"nothing wanted, urgent": {&inbox.Setting{Mail: inbox.MailOff, Lang: "en"}, true, "need_confirm", 0, 0, false},
		"short messages alone":   {&inbox.Setting{Mail: inbox.MailOff, SMS: true, Lang: "en"}, true, "need_confirm", 0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := apptest.New(t)
			li := somebody(t, a, "li")
			reachable(t, a, li, "li@example.edu.cn", "13800000001")
			if c.set != nil {
				set(t, a, li, *c.set)
			}
			enqueue(t, a, journal.Notice{Template: c.template, Account: li.ID, Urgent: c.urgent, Vars: map[string]string{"code": "1"}})
			deliver(t, a)
			got, _ := letters(t, a)
			if n := texts(t, a); len(got) != c.mail || n != c.texts {
				t.Errorf("%d mails and %d short messages", len(got), n)
			}
			if len(got) > 0 && c.set != nil && got[0].Lang != "en" {
				t.Errorf("in %q", got[0].Lang)
			}
			if in := list(t, a, li); len(in) != 1 || (in[0].MailedAt == 0) != c.waits {
				t.Errorf("in the inbox, always: %+v", in)
			}
		})
	}
}

func TestWhatIsOverThreeStaysInTheInbox(t *testing.T) {
	a := apptest.New(t)
	li := somebody(t, a, "li")
	reachable(t, a, li, "li@example.edu.cn", "13800000001")
	for range 5 {
		enqueue(t, a, journal.Notice{Template: "need_confirm", Account: li.ID, Urgent: true})
	}
	deliver(t, a)
	if n := texts(t, a); n != 3 || len(list(t, a, li)) != 5 {
		t.Errorf("%d short messages, %d in the inbox", n, len(list(t, a, li)))
	}
}

func TestASettingIsOnesOwn(t *testing.T) {
	a := apptest.New(t)
	li := somebody(t, a, "li")
	for _, bad := range []inbox.Setting{{}, {Mail: "fax", Lang: "en"}, {Mail: inbox.MailOff, Lang: "fr"}} {
		if err := a.Inbox.Set(t.Context(), li, bad); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := a.Inbox.Set(t.Context(), account.Nobody(), inbox.Setting{Mail: inbox.MailOff, Lang: "en"}); catalog.CodeOf(err) != catalog.Forbidden {
		t.Error(err)
	}
	r, err := a.Inbox.Reach(t.Context(), li)
	if err != nil || r.Mail != inbox.MailDigest || !r.SMS || r.Email != "" {
		t.Errorf("%+v, %v", r, err)
	}
	reachable(t, a, li, "li.lei@example.edu.cn", "13800000001")
	set(t, a, li, inbox.Setting{Mail: inbox.MailOff, Lang: "en"})
	if r, err = a.Inbox.Reach(t.Context(), li); err != nil || r.Mail != inbox.MailOff || r.SMS || r.Email == "" || r.Email == "li.lei@example.edu.cn" || r.Phone == "13800000001" {
		t.Errorf("%+v, %v", r, err)
	}
}

// An administrator who is an officer too reads nothing of the office as an
// administrator.
func TestARoleReadsItsOwn(t *testing.T) {
	a := apptest.New(t)
	li := somebody(t, a, "li")
	enqueue(t, a, journal.Notice{Template: "case_opened", Account: li.ID})
	enqueue(t, a, journal.Notice{Template: "need_confirm", Account: li.ID})
	deliver(t, a)
	id := list(t, a, li)[1].ID
	if list(t, a, li)[1].Template != "case_opened" {
		id = list(t, a, li)[0].ID
	}
	admin := li
	admin.Acting = account.System
	if got := list(t, a, admin); len(got) != 1 || got[0].Template != "need_confirm" || unread(t, a, admin) != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := a.Inbox.Read(t.Context(), admin, id); catalog.CodeOf(err) != catalog.NotFound {
		t.Error(err)
	}
	if n, err := a.Inbox.ReadAll(t.Context(), admin, 1<<60); err != nil || n != 1 || unread(t, a, li) != 1 {
		t.Error(n, err)
	}
}
