package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"datai/catalog"
	"datai/journal"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// gapless numbers while several write; the sequencer runs beside.
func gapless(t *testing.T, db *store.DB) { Gapless(t, db, db) }

// Gapless writes through several handles of one database at once, numbers
// through all of them, and fails unless every handle reads the same numbers,
// from one, without a gap, each row once.
func Gapless(t *testing.T, handles ...*store.DB) {
	ctx := t.Context()
	things := make([]catalog.Need, writers)
	for i := range things {
		things[i] = newNeed(t, fmt.Sprint("需求", i))
	}
	put(ctx, t, handles[0], things...)
	const rounds = 20
	errs := together(writers, func(i int) error {
		db, mine := handles[i%len(handles)], things[i]
		mine.Version = 1
		for range rounds {
			e, err := journal.New(rand.Reader, 1, uuid.Nil, "officer", "need.open", "need")
			if err != nil {
				return err
			}
			if err := db.Write(ctx, func(tx *store.Tx) error {
				if err := tx.SaveNeed(ctx, mine); err != nil {
					return err
				}
				return tx.Append(ctx, e)
			}); err != nil {
				return err
			}
			mine.Version++
			if err := db.Sequence(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	first := feed(ctx, t, handles[0])
	entries, err := handles[0].Entries(ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != writers+writers*rounds || len(entries) != writers*rounds {
		t.Fatalf("%d changes and %d entries, want %d and %d", len(first), len(entries), writers+writers*rounds, writers*rounds)
	}
	for i := range first {
		if first[i].Seq != int64(i+1) {
			t.Fatalf("change %d has number %d", i+1, first[i].Seq)
		}
	}
	for i := range entries {
		if entries[i].Seq != int64(i+1) {
			t.Fatalf("entry %d has number %d", i+1, entries[i].Seq)
		}
	}
	for _, db := range handles {
		if diff := cmp.Diff(first, feed(ctx, t, db)); diff != "" {
			t.Errorf("another handle reads another order (-first +other):\n%s", diff)
		}
		last, err := db.LastChange(ctx)
		if err != nil || last != int64(len(first)) {
			t.Errorf("last change %d, %v; want %d", last, err, len(first))
		}
	}
	tail, err := handles[0].Changes(ctx, 3, 2)
	if diff := cmp.Diff(first[3:5], tail); diff != "" || err != nil {
		t.Errorf("two after the third: %v (-want +got):\n%s", err, diff)
	}
}

// entries also waits for the sequencer, that nobody calls here.
func entries(t *testing.T, db *store.DB) {
	ctx := t.Context()
	want, err := journal.New(rand.Reader, 42, newID(t), "officer", "result.list", "result")
	if err != nil {
		t.Fatal(err)
	}
	want.Subject, want.Body = newID(t), map[string]string{"code": "R-1", "说明": "👍"}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.Append(ctx, want) })
	want.Seq = 1
	limit, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := db.Entries(ctx, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 0 {
			if diff := cmp.Diff([]journal.Entry{want}, got); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			return
		}
		select {
		case <-tick.C:
		case <-limit.Done():
			t.Fatal("nobody numbered the entry")
		}
	}
}

func sessions(t *testing.T, db *store.DB) {
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Second)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	find := func(token, want string, there bool) {
		t.Helper()
		data, found, err := db.Find(token)
		if err != nil || found != there || string(data) != want {
			t.Errorf("session %s: %q, %v, %v; want %q, %v", token, data, found, err, want, there)
		}
	}
	find("unknown", "", false)
	must(db.Commit("a", []byte("one\x00\xff"), soon))
	must(db.Commit("b", []byte("two"), soon))
	find("a", "one\x00\xff", true)
	must(db.Commit("a", []byte("three"), soon))
	find("a", "three", true)
	must(db.Commit("b", []byte("two"), past))
	find("b", "", false)
	must(db.Sweep(t.Context()))
	find("a", "three", true)
	must(db.Delete("a"))
	find("a", "", false)
	must(db.Delete("a"))
	must(db.Commit("'; --", []byte{}, soon))
	find("'; --", "", true)
}

func outbox(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const n = 40
	var want []journal.Message
	write(ctx, t, db, func(tx *store.Tx) error {
		want = want[:0]
		for i := range n {
			m := journal.Message{ID: newID(t), Kind: "mail", Payload: []byte(fmt.Sprint("给", i)), Due: int64(100 + i%5)}
			want = append(want, m)
			if err := tx.EnqueueMessage(ctx, m); err != nil {
				return err
			}
		}
		if err := tx.EnqueueMessage(ctx, journal.Message{ID: newID(t), Kind: "sms", Due: 99}); err != nil {
			return err
		}
		return tx.EnqueueMessage(ctx, journal.Message{ID: newID(t), Kind: "mail", Due: 1 << 40})
	})
	for at, want := range map[int64][]string{98: nil, 99: {"sms"}, 100: {"mail", "sms"}} {
		if got, err := db.DueKinds(ctx, at); err != nil || !slices.Equal(got, want) {
			t.Errorf("at %d: %v, %v; want %v", at, got, err, want)
		}
	}
	slices.SortFunc(want, func(a, b journal.Message) int {
		if a.Due != b.Due {
			return int(a.Due - b.Due)
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	if early, err := db.LeaseMessages(ctx, "mail", 99, 10); err != nil || len(early) != 0 {
		t.Fatalf("%d messages before they are due, %v", len(early), err)
	}
	one, err := db.LeaseMessages(ctx, "mail", 200, 1)
	want[0].Attempts = 1
	if diff := cmp.Diff(want[:1], one); diff != "" || err != nil {
		t.Fatalf("the one longest due, %v (-want +got):\n%s", err, diff)
	}

	var mu sync.Mutex
	taken := map[uuid.UUID]int{one[0].ID: 1}
	for _, err := range together(writers, func(int) error {
		for {
			got, err := db.LeaseMessages(ctx, "mail", 200, 3)
			if err != nil || len(got) == 0 {
				return err
			}
			mu.Lock()
			for _, m := range got {
				taken[m.ID]++
			}
			mu.Unlock()
		}
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range want {
		if taken[m.ID] != 1 {
			t.Errorf("message due %d was leased %d times, want once", m.Due, taken[m.ID])
		}
	}
	if len(taken) != n {
		t.Errorf("%d messages leased, want %d", len(taken), n)
	}

	// The lease of a worker that died runs out; its late report is refused.
	later := 200 + time.Minute.Milliseconds()
	again, err := db.LeaseMessages(ctx, "mail", later-1, 1)
	if err != nil || len(again) != 0 {
		t.Fatalf("%d messages leased twice, %v", len(again), err)
	}
	again, err = db.LeaseMessages(ctx, "mail", later, 1)
	if err != nil || len(again) != 1 || again[0].Attempts != 2 {
		t.Fatalf("after the lease ran out: %v, %v; want a second attempt", again, err)
	}
	late := again[0]
	late.Attempts = 1
	mustBe(t, db.FinishMessage(ctx, late), catalog.Conflict, "")
	mustBe(t, db.RetryMessage(ctx, late, 1), catalog.Conflict, "")
	if err := db.RetryMessage(ctx, again[0], later+10); err != nil {
		t.Fatal(err)
	}
	rest, err := db.LeaseMessages(ctx, "mail", later, 100)
	if err != nil || len(rest) != n-1 {
		t.Errorf("%d leased, %v; want all whose lease ran out but the one put back", len(rest), err)
	}
	rest, err = db.LeaseMessages(ctx, "mail", later+10, 100)
	if err != nil || len(rest) != 1 || rest[0].Attempts != 3 {
		t.Fatalf("%v, %v; want the one put back", rest, err)
	}
	if err := db.FinishMessage(ctx, rest[0]); err != nil {
		t.Fatal(err)
	}
	mustBe(t, db.FinishMessage(ctx, rest[0]), catalog.Conflict, "")
}
