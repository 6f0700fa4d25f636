package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/evidence"
	"datai/process"
	"datai/rulebook"
	"datai/rules"
	"datai/shelf"
	"datai/store"
)

// contactCases are the services by which contact cases move on db, on the clock of
// the test.
func contactCases(t *testing.T, db *store.DB, now func() time.Time) (*rulebook.Service, *rulebook.Processes, *contact.Service) {
	t.Helper()
	base, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	book := rulebook.NewService(store.For[rulebook.Tx](db), base, now, rand.Reader)
	processes := rulebook.NewProcesses(store.For[rulebook.ProcessTx](db), now, rand.Reader, contact.Definition)
	return book, processes, contact.NewService(store.For[contact.Tx](db), now, rand.Reader, book.Book, processes.Of(contact.Definition.Kind))
}

// setBack turns the clock of a server back and forward: what is due is done
// once, not before its time, and terms that were worked out keep.
func setBack(t *testing.T, db *store.DB) {
	ctx := t.Context()
	at := time.Date(2026, 4, 7, 9, 0, 0, 0, rules.Shanghai()) // a Tuesday
	now := func() time.Time { return at }
	book, _, cases := contactCases(t, db, now)
	listings := shelf.NewService(store.For[shelf.Tx](db), now, rand.Reader, book.Book)
	letters := evidence.NewService(store.For[evidence.Tx](db), now, rand.Reader)
	officer := account.Principal{Acting: account.Officer, Roles: []account.Role{account.Officer}}

	r := newResult(t, "热泵")
	r.State, r.PublicConfirmed, r.ExpiresAt = catalog.ResultListed, true, at.AddDate(0, 0, 34).UnixMilli()
	put(ctx, t, db, r)
	ask := func() contact.Case {
		t.Helper()
		c, _, err := cases.Ask(ctx, account.Nobody(), r.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承",
			Reach: "13800000001", Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fired := func(when string, alarms, listed, mails int) {
		t.Helper()
		var err error
		at, err = time.ParseInLocation("01-02 15:04 2006", when+" 2026", rules.Shanghai())
		if err != nil {
			t.Fatal(err)
		}
		a, err := cases.Fire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		l, err := listings.Remind(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m, err := letters.Mail(ctx, []string{"jiwei@example.edu.cn"})
		if err != nil {
			t.Fatal(err)
		}
		if a != alarms || l != listed || m != mails {
			t.Errorf("%s: %d timers, %d reminders and %d letters, want %d, %d and %d", when, a, l, m, alarms, listed, mails)
		}
	}
	first := ask() // due on the 10th at 17:00
	if err := db.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	fired("04-07 09:00", 0, 0, 1)
	fired("04-10 16:59", 0, 0, 1)
	fired("04-10 17:00", 1, 0, 0)
	fired("04-11 17:00", 0, 1, 1) // 30 days before the end of the listing
	fired("04-06 09:00", 0, 0, 0) // set back
	second := ask()               // due on the 9th
	fired("04-08 09:00", 0, 0, 0)
	fired("04-09 17:00", 1, 0, 0) // the first is not told again, the second is
	fired("04-10 18:00", 0, 0, 0)
	fired("04-11 18:00", 0, 0, 0) // the day on which the listing was called to mind
	fired("04-12 09:00", 0, 0, 1)
	fired("04-30 09:00", 0, 0, 1) // set forward

	for _, c := range []struct {
		contact.Case
		due string
	}{{first, "2026-04-10 17:00"}, {second, "2026-04-09 17:00"}} {
		now, err := cases.Case(ctx, officer, c.Code)
		if err != nil || now.DueAt != c.DueAt || time.UnixMilli(now.DueAt).In(rules.Shanghai()).Format("2006-01-02 15:04") != c.due {
			t.Errorf("%s is due at %v, %v; want %s", c.Code, time.UnixMilli(now.DueAt).In(rules.Shanghai()), err, c.due)
		}
		events, _, err := cases.Timeline(ctx, officer, c.Code)
		if err != nil || len(events) != 1 || events[0].Taken.Action != contact.Late || events[0].Taken.By != process.Clock {
			t.Errorf("%s: %+v, %v", c.Code, events, err)
		}
	}
}
