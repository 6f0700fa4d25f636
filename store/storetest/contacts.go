package storetest

import (
	"fmt"
	"slices"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/gate"
	"datai/process"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func newCase(t *testing.T, result uuid.UUID, n int) contact.Case {
	t.Helper()
	return contact.Case{ID: newID(t), Code: fmt.Sprintf("2026-DJ-%04d", n), Version: 1, State: contact.Waiting, Source: contact.FromMatch,
		Result: result, ResultCode: "R-1", Title: "标题", Need: "N-1", Party: newID(t), Mode: catalog.WayLicence, Consent: "同意", ConsentAt: 1,
		DueAt: int64(100 - n), Due: contact.DueProvisional, CreatedAt: 2, UpdatedAt: 3, Link: [32]byte{1, byte(n)},
		Private: contact.Private{Contact: catalog.Contact{Name: "罗静姝", Phone: "13800000001", PartyName: "示例轴承"}, Purpose: "试用", Next: "打电话", Text: "缺数据"}}
}

func cases(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "标题")}
	put(ctx, t, db, things...)
	c := newCase(t, things[0].ID, 1)
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddCase(ctx, c) })
	read(ctx, t, db, func(tx *store.Tx) error {
		takers, err := tx.Takers(ctx, c.Result)
		if err != nil || len(takers) != 1 || takers[0] != (gate.Taker{Case: c.Code, Name: c.Private.Contact.Name, Unit: c.Private.Contact.PartyName}) {
			t.Errorf("takers: %+v, %v", takers, err)
		}
		return err
	})
	add := func(c contact.Case) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.AddCase(ctx, c) })
	}
	other := newCase(t, things[0].ID, 1)
	other.Link[2] = 9
	mustBe(t, add(other), catalog.Conflict, "")
	other.Code, other.Result = "2026-DJ-9999", newID(t)
	mustBe(t, add(other), catalog.NotFound, "")

	load := func() (got contact.Case) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			if got, err = tx.CaseByCode(ctx, c.Code); err != nil {
				return err
			}
			same, err := tx.CaseByLink(ctx, c.Link)
			if same != got {
				t.Errorf("by its link %+v, by its code %+v", same, got)
			}
			return err
		})
		return got
	}
	if diff := cmp.Diff(c, load()); diff != "" {
		t.Errorf("case (-want +got):\n%s", diff)
	}
	stale := c
	c.State, c.DueAt, c.Officer, c.Private, c.ErasedAt = contact.Withdrawn, contact.NeverDue, newID(t), contact.Private{}, 7
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveCase(ctx, c) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SaveCase(ctx, stale) }), catalog.Conflict, "error.conflict")
	c.Version = 2
	if diff := cmp.Diff(c, load()); diff != "" {
		t.Errorf("after erasing (-want +got):\n%s", diff)
	}
	for _, err := range []error{
		db.Read(ctx, func(tx *store.Tx) error { _, err := tx.CaseByCode(ctx, "2026-DJ-0404"); return err }),
		db.Read(ctx, func(tx *store.Tx) error { _, err := tx.CaseByLink(ctx, [32]byte{9}); return err }),
	} {
		mustBe(t, err, catalog.NotFound, "")
	}
}

func caseNumbers(t *testing.T, db *store.DB) {
	ctx := t.Context()
	got := make([]int, 3*writers)
	for _, err := range together(len(got), func(i int) error {
		return db.Write(ctx, func(tx *store.Tx) (err error) {
			got[i], err = tx.NextCase(ctx, 2026)
			return err
		})
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(got)
	for i, n := range got {
		if n != i+1 {
			t.Fatalf("numbers %v", got)
		}
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if n, err := tx.NextCase(ctx, 2027); err != nil || n != 1 {
			t.Errorf("the first of another year is %d, %v", n, err)
		}
		return nil
	})
}

func casePages(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "标题")}
	put(ctx, t, db, things...)
	mine := newID(t)
	for n := range 7 {
		c := newCase(t, things[0].ID, n)
		switch {
		case n == 3:
			c.State = contact.Dropped
		case n > 4:
			c.DueAt, c.Officer = 96, mine // two of one time
		}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddCase(ctx, c) })
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		var seen []string
		for page := (contact.Page{Limit: 2}); page.Limit > 0; {
			found, next, err := tx.Cases(ctx, contact.Filter{}, page)
			if err != nil {
				return err
			}
			for _, c := range found {
				seen = append(seen, c.Code[len(c.Code)-1:])
			}
			page = next
		}
		slices.Sort(seen[:3])
		if want := []string{"4", "5", "6", "2", "1", "0"}; !slices.Equal(seen, want) {
			t.Errorf("open cases %v, want %v with the first three in any order", seen, want)
		}
		for _, x := range []struct {
			f    contact.Filter
			want int
		}{{contact.Filter{States: []contact.State{contact.Dropped}}, 1}, {contact.Filter{Officer: mine}, 2}, {contact.Filter{States: contact.States()}, 7}} {
			if found, _, err := tx.Cases(ctx, x.f, contact.Page{}); err != nil || len(found) != x.want {
				t.Errorf("%+v: %d, %v; want %d", x.f, len(found), err, x.want)
			}
		}
		n, err := tx.CountCases(ctx, uuid.Nil)
		if err == nil && (n[contact.Waiting] != 6 || n[contact.Dropped] != 1) {
			t.Errorf("counts %v", n)
		}
		return err
	})
	a := addAccount(t, db, "王老师")
	read(ctx, t, db, func(tx *store.Tx) error {
		found, err := tx.AccountsWith(ctx, account.Officer, account.Manager)
		if err == nil && (len(found) != 1 || found[0].ID != a.ID) {
			t.Errorf("officers %+v", found)
		}
		none, err := tx.AccountsWith(ctx, account.Console)
		if len(none) != 0 {
			t.Errorf("consoles %+v", none)
		}
		return err
	})
}

// Two who add an event to one case at once get two numbers, and of two who take
// one timer away one does.
func caseEvents(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "标题")}
	put(ctx, t, db, things...)
	c := newCase(t, things[0].ID, 1)
	alarm := process.Alarm{Case: c.ID, Timer: "due", At: 5}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, c); err != nil {
			return err
		}
		if err := tx.SetAlarm(ctx, "contact", process.Alarm{Case: c.ID, Timer: "due", At: 3}); err != nil {
			return err
		}
		return tx.SetAlarm(ctx, "contact", alarm)
	})
	event := process.Event{At: 7, Who: newID(t), Role: "officer",
		Taken: process.Taken{Action: "drop", By: "office", From: "waiting", To: "dropped", Reason: "cost", Facts: process.Facts{"now": "7"}}}
	for _, err := range together(writers, func(int) error {
		return db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.LockCase(ctx, c.ID); err != nil {
				return err
			}
			return tx.AddEvent(ctx, c.ID, event)
		})
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	taken := 0
	for _, err := range together(writers, func(int) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.TakeAlarm(ctx, alarm) })
	}) {
		switch catalog.CodeOf(err) {
		case catalog.Conflict:
		default:
			if err != nil {
				t.Fatal(err)
			}
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("one timer was taken %d times", taken)
	}
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { _, err := tx.LockCase(ctx, newID(t)); return err }), catalog.NotFound, "")
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Events(ctx, c.ID)
		if len(got) != writers {
			t.Errorf("%d events, want %d", len(got), writers)
		}
		for i, e := range got {
			want := event
			want.N = i + 1
			if diff := cmp.Diff(want, e); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		}
		return err
	})
	later := process.Alarm{Case: newID(t), Timer: "due", At: 4}
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, a := range []process.Alarm{alarm, later} {
			if err := tx.SetAlarm(ctx, "contact", a); err != nil {
				return err
			}
		}
		return nil
	})
	for at, want := range map[int64][]process.Alarm{3: nil, 4: {later}, 9: {later, alarm}} {
		read(ctx, t, db, func(tx *store.Tx) error {
			due, err := tx.DueAlarms(ctx, "contact", at, 10)
			if !slices.Equal(due, want) {
				t.Errorf("due at %d: %v, want %v", at, due, want)
			}
			return err
		})
	}
	alarm.At = process.NeverDue
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SetAlarm(ctx, "contact", alarm) })
	read(ctx, t, db, func(tx *store.Tx) error {
		due, err := tx.DueAlarms(ctx, "contact", 9, 10)
		if len(due) != 1 {
			t.Errorf("a timer that was taken away is due: %v", due)
		}
		return err
	})
}
