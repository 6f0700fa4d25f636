package storetest

import (
	"crypto/rand"
	"testing"

	"datai/catalog"
	"datai/evidence"
	"datai/inbox"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

// packs: what a pack is made of is found by kind and code.
func packs(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r, n := newResult(t, "轴承"), newNeed(t, "水泥")
	results, needs := []catalog.Result{r}, []catalog.Need{n}
	put(ctx, t, db, results...)
	put(ctx, t, db, needs...)
	c := newCase(t, r.ID, 7)
	shen := addAccount(t, db, "沈若川")
	var entries []journal.Entry
	for i := range 3 {
		e, err := journal.New(rand.Reader, int64(10-i), shen.ID, "officer", "contact.move", "case")
		if err != nil {
			t.Fatal(err)
		}
		e.Subject, e.Body = c.ID, map[string]string{"code": c.Code}
		entries = append(entries, e)
	}
	notice := func(path string) inbox.Notice {
		return inbox.Notice{ID: newID(t), Account: shen.ID, Template: "case_opened", At: 20, ReadAt: 21, Body: inbox.Body{Path: path}}
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, c); err != nil {
			return err
		}
		for _, n := range []inbox.Notice{notice("/contacts/" + c.Code), notice("/contacts/" + c.Code + "1"), notice("")} {
			if err := tx.AddNotice(ctx, n); err != nil {
				return err
			}
		}
		for _, e := range entries[:2] {
			if err := tx.Append(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		for _, want := range []evidence.Subject{{Kind: "contact", Code: c.Code, ID: c.ID, Title: "轴承", State: "waiting"},
			{Kind: "result", Code: r.Code, ID: r.ID, Title: "轴承", State: "review"}, {Kind: "need", Code: n.Code, ID: n.ID, Title: "水泥", State: "review"}} {
			got, err := tx.SubjectByCode(ctx, want.Kind, want.Code)
			if err != nil {
				return err
			}
			if got.Version < 1 || got.CreatedAt == 0 || got.UpdatedAt == 0 {
				t.Errorf("%+v", got)
			}
			if got.Version, got.CreatedAt, got.UpdatedAt = 0, 0, 0; got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
		for _, none := range [][2]string{{"contact", r.Code}, {"party", "x"}, {"", ""}} {
			_, err := tx.SubjectByCode(ctx, none[0], none[1])
			mustBe(t, err, catalog.NotFound, "")
		}
		events, err := tx.EventsAbout(ctx, c.ID)
		if err != nil {
			return err
		}
		if len(events) != 2 || events[0].Entry.ID != entries[1].ID || events[0].Entry.Seq != 1 || events[1].Entry.Seq != 2 || events[1].Name != "沈若川" ||
			events[0].Entry.Body != `{"code":"2026-DJ-0007"}` {
			t.Errorf("%+v", events)
		}
		notices, err := tx.NoticesAbout(ctx, c.Code)
		if len(notices) != 1 || notices[0] != (evidence.Notice{To: "沈若川", Template: "case_opened", At: 20, ReadAt: 21}) {
			t.Errorf("%+v", notices)
		}
		return err
	})
	write(ctx, t, db, func(tx *store.Tx) error { // one that has no number
		if err := tx.Append(ctx, entries[2]); err != nil {
			return err
		}
		events, err := tx.EventsAbout(ctx, c.ID)
		if len(events) != 3 || events[2].Entry.Seq != 0 || events[2].Entry.ID != entries[2].ID {
			t.Errorf("%+v", events)
		}
		if _, err := tx.Prove(ctx, 0, entries[2].ID); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("what has no number is proven: %v", err)
		}
		return err
	})
}

// mailed: of two servers one sends the checkpoint of a day.
func mailed(t *testing.T, db *store.DB) {
	ctx := t.Context()
	at := func() (n int64) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			n, err = tx.LastMailed(ctx)
			return err
		})
		return n
	}
	if n := at(); n != 0 {
		t.Errorf("it was sent at %d", n)
	}
	for _, step := range [][2]int64{{0, 5}, {5, 9}} {
		move := func() error {
			return db.Write(ctx, func(tx *store.Tx) error { return tx.SetLastMailed(ctx, step[0], step[1]) })
		}
		if err := move(); err != nil || at() != step[1] {
			t.Errorf("%v: %v, %d", step, err, at())
		}
		mustBe(t, move(), catalog.Conflict, "")
	}
}

// erasing takes bodies away once, and says so once.
func erasing(t *testing.T, db *store.DB) {
	ctx := t.Context()
	of := newID(t)
	entry := func(subject uuid.UUID) journal.Entry {
		e, err := journal.New(rand.Reader, 5, uuid.Nil, "console", "account.add", "account")
		if err != nil {
			t.Fatal(err)
		}
		e.Subject, e.Body = subject, map[string]string{"name": "沈若川"}
		return e
	}
	erase := func() (n int) {
		by := entry(of)
		write(ctx, t, db, func(tx *store.Tx) (err error) {
			n, err = tx.EraseEntries(ctx, by, of)
			return err
		})
		return n
	}
	if n := erase(); n != 0 {
		t.Errorf("%d erased of none", n)
	}
	numbered, fresh, other := entry(of), entry(of), entry(newID(t))
	write(ctx, t, db, func(tx *store.Tx) error { return tx.Append(ctx, numbered) })
	if err := db.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.Append(ctx, other); err != nil {
			return err
		}
		return tx.Append(ctx, fresh)
	})
	if n, again := erase(), erase(); n != 2 || again != 0 {
		t.Errorf("%d erased, then %d; want 2 and none", n, again)
	}
	r, err := db.VerifyJournal(ctx, "")
	if err != nil || len(r.Faults) > 0 || r.Entries != 4 || r.Erased != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	list, err := db.Entries(ctx, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if gone := len(e.Body) == 0; gone != (e.ID == numbered.ID || e.ID == fresh.ID) {
			t.Errorf("%+v", e)
		}
	}
}
