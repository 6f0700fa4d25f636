package storetest

import (
	"slices"
	"testing"

	"datai/inbox"
	"datai/process"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// Tasks are set in place of those before, and seen by the account for which
// they wait, or by who acts in the role, if the permission is there; pages hold
// each once, what is due first.
func caseTasks(t *testing.T, db *store.DB) {
	ctx := t.Context()
	me, other, begun := newID(t), newID(t), newID(t)
	task := func(due int64) process.Task {
		return process.Task{Kind: "contact", Case: newID(t), Code: "2026-DJ-0001", Title: "标题", Path: "/contacts/2026-DJ-0001", State: "waiting", What: "answer",
			Do: "contact.handle", DueAt: due, From: begun}
	}
	set := func(c uuid.UUID, ts ...process.Task) {
		t.Helper()
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SetTasks(ctx, c, ts) })
	}
	own, role, never, theirs, hidden := task(30), task(20), task(process.NeverDue), task(10), task(5)
	own.Account, theirs.Account, hidden.Account = me, other, me
	role.Role, never.Role = "officer", "officer"
	hidden.Do = "gate.decide"
	second := own
	second.What, second.Role, second.Account = "help", "officer", uuid.Nil
	set(own.Case, theirs) // is replaced
	set(own.Case, own, second)
	for _, x := range []process.Task{role, never, theirs, hidden} {
		set(x.Case, x)
	}
	who := inbox.Waiter{Account: me, Role: "officer", May: []string{"contact.handle"}}
	see := func(who inbox.Waiter, limit int) (got []process.Task) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			for p := (inbox.TaskPage{Limit: limit}); p.Limit > 0; {
				found, next, err := tx.TasksFor(ctx, who, p)
				if err != nil {
					return err
				}
				got, p = append(got, found...), next
			}
			return nil
		})
		return got
	}
	want := []process.Task{role, own, second, never}
	for limit := 1; limit < 6; limit++ {
		if diff := cmp.Diff(want, see(who, limit)); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	if got := see(inbox.Waiter{Account: me, Role: "audit"}, 9); len(got) != 0 {
		t.Errorf("without the permission: %v", got)
	}
	if got := see(inbox.Waiter{Account: me, Role: "manager", May: who.May}, 9); !slices.Equal(got, []process.Task{own}) {
		t.Errorf("in another role: %v", got)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		c, err := tx.CountTasks(ctx, who, 25, 31)
		if want := (inbox.TaskCounts{All: 4, Own: 1, Due: 2, Overdue: 1}); c != want {
			t.Errorf("%+v, want %+v", c, want)
		}
		if none, err := tx.CountTasks(ctx, inbox.Waiter{Account: newID(t), Role: "student"}, 25, 31); err != nil || none != (inbox.TaskCounts{}) {
			t.Errorf("%+v, %v", none, err)
		}
		return err
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		n, by, err := tx.TasksElsewhere(ctx, begun)
		if n != 5 || len(by) != 3 || by[0] != (inbox.Elsewhere{Role: "officer"}) {
			t.Errorf("%d cases wait for %+v", n, by)
		}
		return err
	})
	set(own.Case)
	if diff := cmp.Diff([]process.Task{role, never}, see(who, 9)); diff != "" {
		t.Errorf("after nothing is asked (-want +got):\n%s", diff)
	}
}
