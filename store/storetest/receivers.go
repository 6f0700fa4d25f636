package storetest

import (
	"testing"

	"datai/catalog"
	"datai/inbox"
	"datai/journal"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

func receivers(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := inbox.Receiver{ID: newID(t), Kind: inbox.Feishu, Name: "乙群", Version: 1, Events: []string{"result.listed", "need.published"}, CreatedAt: 5,
		Target: inbox.Target{URL: "https://open.feishu.cn/x", Secret: "geheim", Old: "alt", OldUntil: 9}}
	other := inbox.Receiver{ID: newID(t), Kind: inbox.Webhook, Name: "一", Version: 1, Disabled: true, Events: []string{"contact.moved"}}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddReceiver(ctx, r); err != nil {
			return err
		}
		return tx.AddReceiver(ctx, other)
	})
	twin := r
	twin.ID = newID(t)
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddReceiver(ctx, twin) }), catalog.Conflict, "")
	r.Target.Secret, r.Disabled = "neu", true
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveReceiver(ctx, r) })
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.SaveReceiver(ctx, r) }), catalog.Conflict, "")
	r.Version = 2
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Receivers(ctx)
		if diff := cmp.Diff([]inbox.Receiver{other, r}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		return err
	})
	write(ctx, t, db, func(tx *store.Tx) error {
		for i, d := range []inbox.Delivery{{At: 1}, {At: 3, Failed: true, Cause: "timeout"}, {At: 2}} {
			d.ID, d.Lane, d.Attempts = newID(t), r.Lane(), i+1
			if err := tx.AddDelivery(ctx, d); err != nil {
				return err
			}
			d.At = 0 // sent once more: the same row
			if err := tx.AddDelivery(ctx, d); i == 0 && err != nil {
				return err
			} else if i > 0 {
				d.At = int64(4 - i)
				if err := tx.AddDelivery(ctx, d); err != nil {
					return err
				}
			}
		}
		return tx.EnqueueMessage(ctx, journal.Message{ID: newID(t), Kind: r.Lane(), Payload: []byte("{}")})
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.LaneState(ctx, r.Lane())
		if want := (inbox.LaneState{Waiting: 1, Sent: 2, Failed: 1, At: 3, Cause: "timeout"}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if got, err := tx.LaneState(ctx, other.Lane()); err != nil || got != (inbox.LaneState{}) {
			t.Errorf("%+v, %v", got, err)
		}
		return err
	})
	write(ctx, t, db, func(tx *store.Tx) error {
		for i, want := range []bool{true, false} {
			if ok, err := tx.RemoveReceiver(ctx, r.ID); ok != want || err != nil {
				t.Errorf("removed a %dth time: %v, %v", i+1, ok, err)
			}
		}
		_, ok, err := tx.Receiver(ctx, r.ID)
		if ok {
			t.Error("removed, and there")
		}
		return err
	})
}

func eventCursor(t *testing.T, db *store.DB) {
	ctx := t.Context()
	at := func() (seq int64, ok bool) {
		read(ctx, t, db, func(tx *store.Tx) (err error) { seq, ok, err = tx.EventCursor(ctx); return err })
		return seq, ok
	}
	if seq, ok := at(); ok {
		t.Errorf("it stands at %d before anything", seq)
	}
	move := func(was, to int64, first bool) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SetEventCursor(ctx, was, to, first) })
	}
	mustBe(t, move(0, 4, false), catalog.Conflict, "")
	for _, step := range []struct {
		was, to int64
		first   bool
	}{{0, 4, true}, {4, 9, false}} {
		if err := move(step.was, step.to, step.first); err != nil {
			t.Fatal(err)
		}
	}
	mustBe(t, move(0, 1, true), catalog.Conflict, "")
	mustBe(t, move(4, 12, false), catalog.Conflict, "")
	if seq, ok := at(); !ok || seq != 9 {
		t.Errorf("it stands at %d, %v", seq, ok)
	}
}
