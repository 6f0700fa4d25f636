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

// somebody is an officer with an account.
func somebody(t *testing.T, a *apptest.App, name string) account.Principal {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	err := a.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddAccount(t.Context(), account.Account{ID: id, Name: name, Roles: []account.Role{account.Officer}, Version: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	return account.Principal{ID: id, Name: name, Roles: []account.Role{account.Officer}, Acting: account.Officer}
}

func enqueue(t *testing.T, a *apptest.App, n journal.Notice) uuid.UUID {
	t.Helper()
	m, err := n.Message(uuid.Must(uuid.NewV7()), a.Clock.Now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.EnqueueMessage(t.Context(), m) }); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

// lease takes everything that is due on a lane.
func lease(t *testing.T, a *apptest.App, lane string) []journal.Message {
	t.Helper()
	ms, err := a.DB.LeaseMessages(t.Context(), lane, a.Clock.Now().UnixMilli(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func deliver(t *testing.T, a *apptest.App) {
	t.Helper()
	for _, m := range lease(t, a, journal.NoticeKind) {
		if err := a.Inbox.Deliver(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

func list(t *testing.T, a *apptest.App, p account.Principal) []inbox.Notice {
	t.Helper()
	ns, _, err := a.Inbox.List(t.Context(), p, inbox.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func unread(t *testing.T, a *apptest.App, p account.Principal) int {
	t.Helper()
	n, err := a.Inbox.Unread(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestANoticeReachesEveryoneOfTheRole(t *testing.T) {
	a := apptest.New(t)
	li, wang := somebody(t, a, "li"), somebody(t, a, "wang")
	enqueue(t, a, journal.Notice{Template: "case_opened", Role: "officer", Vars: map[string]string{"code": "2026-DJ-0001", "title": "甲"}, Path: "/contacts/2026-DJ-0001", Deadline: 5, Urgent: true})
	a.Clock.Advance(time.Minute)
	enqueue(t, a, journal.Notice{Template: "case_withdrawn", Account: wang.ID, Vars: map[string]string{"code": "2026-DJ-0001", "title": "甲"}})
	deliver(t, a)
	if got := list(t, a, li); len(got) != 1 || got[0].Body.Vars["title"] != "甲" || got[0].Body.Path != "/contacts/2026-DJ-0001" || got[0].Body.Deadline != 5 || !got[0].Urgent {
		t.Errorf("%+v", got)
	}
	got := list(t, a, wang)
	if len(got) != 2 || got[0].Template != "case_withdrawn" || unread(t, a, wang) != 2 {
		t.Fatalf("%+v", got)
	}
	if _, err := a.Inbox.Read(t.Context(), li, got[0].ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("somebody else's notice is read: %v", err)
	}
	if path, err := a.Inbox.Read(t.Context(), wang, got[1].ID); err != nil || path != "/contacts/2026-DJ-0001" || unread(t, a, wang) != 1 {
		t.Errorf("%q, %v, %d unread", path, err, unread(t, a, wang))
	}
	if n, err := a.Inbox.ReadAll(t.Context(), wang, got[1].At); err != nil || n != 0 || unread(t, a, wang) != 1 {
		t.Errorf("what came later is read: %d, %v", n, err)
	}
	if n, err := a.Inbox.ReadAll(t.Context(), wang, got[0].At); err != nil || n != 1 || unread(t, a, wang) != 0 || unread(t, a, li) != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if _, _, err := a.Inbox.List(t.Context(), account.Nobody(), inbox.Page{}); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor has an inbox: %v", err)
	}
}

// Whoever is killed between lease and end delivers again, and everything is
// there once.
func TestADeliveredNoticeIsThereOnce(t *testing.T) {
	a := apptest.New(t)
	li := somebody(t, a, "li")
	enqueue(t, a, journal.Notice{Template: "case_withdrawn", Account: li.ID})
	first := lease(t, a, journal.NoticeKind)
	a.Clock.Advance(2 * time.Minute)
	second := lease(t, a, journal.NoticeKind)
	if len(first) != 1 || len(second) != 1 || first[0].ID != second[0].ID {
		t.Fatal(first, second)
	}
	if err := a.Inbox.Deliver(t.Context(), first[0]); catalog.CodeOf(err) != catalog.Conflict || len(list(t, a, li)) != 0 {
		t.Errorf("with a lease that has run out: %v", err)
	}
	if err := a.Inbox.Deliver(t.Context(), second[0]); err != nil || len(list(t, a, li)) != 1 {
		t.Error(err)
	}
	if err := a.Inbox.Deliver(t.Context(), second[0]); catalog.CodeOf(err) != catalog.Conflict || len(list(t, a, li)) != 1 {
		t.Errorf("delivered twice: %v", err)
	}
}

func TestAThirdShortMessageIsTheLastOfTheMonth(t *testing.T) {
	a := apptest.New(t)
	send := func(template, phone string) {
		enqueue(t, a, journal.Notice{Template: template, Phone: phone, Vars: map[string]string{"title": "甲", "code": "123456", "minutes": "5"}, Path: "/p/x"})
		deliver(t, a)
	}
	for range 5 {
		send("need_confirm", "13800000001")
		send("sign_in_code", "13800000001")
	}
	send("need_confirm", "13800000002")
	send("case_opened", "13800000003") // has no short form
	count := func() map[string]int {
		out := map[string]int{}
		for _, m := range lease(t, a, inbox.SMSLane) {
			var text inbox.Text
			if err := json.Unmarshal(m.Payload, &text); err != nil {
				t.Fatal(err)
			}
			out[text.Template+" "+text.To]++
			if err := a.DB.FinishMessage(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	got := count()
	if len(got) != 3 || got["need_confirm 13800000001"] != 3 || got["sign_in_code 13800000001"] != 5 || got["need_confirm 13800000002"] != 1 {
		t.Errorf("%v", got)
	}
	a.Clock.Advance(30 * 24 * time.Hour)
	send("need_confirm", "13800000001")
	if got := count(); got["need_confirm 13800000001"] != 1 {
		t.Errorf("in the next month: %v", got)
	}
}

func TestANoticeThatCannotBeReadIsGivenUp(t *testing.T) {
	a := apptest.New(t)
	li := somebody(t, a, "li")
	enqueue(t, a, journal.Notice{Template: "no_such", Account: li.ID})
	enqueue(t, a, journal.Notice{Template: "case_opened"})
	enqueue(t, a, journal.Notice{Template: "case_opened", Account: li.ID, Phone: "13800000001"})
	enqueue(t, a, journal.Notice{Template: "sign_in_code", Phone: "13800000001", Deadline: a.Clock.Now().UnixMilli()})
	if err := a.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.EnqueueMessage(t.Context(), journal.Message{ID: uuid.Must(uuid.NewV7()), Kind: journal.NoticeKind, Payload: []byte("{")})
	}); err != nil {
		t.Fatal(err)
	}
	deliver(t, a)
	if n, err := a.DB.Waiting(t.Context()); err != nil || n != 0 || len(list(t, a, li)) != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
}
