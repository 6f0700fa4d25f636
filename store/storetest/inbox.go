package storetest

import (
	"slices"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/inbox"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func newOfficer(t *testing.T, db *store.DB, name string) uuid.UUID {
	t.Helper()
	id := newID(t)
	write(t.Context(), t, db, func(tx *store.Tx) error {
		return tx.AddAccount(t.Context(), account.Account{ID: id, Name: name, Roles: []account.Role{account.Officer}, Version: 1})
	})
	return id
}

func notices(t *testing.T, db *store.DB) {
	ctx := t.Context()
	li, wang := newOfficer(t, db, "li"), newOfficer(t, db, "wang")
	of := func(who uuid.UUID, template string, at int64) inbox.Notice {
		return inbox.Notice{ID: newID(t), Account: who, Template: template, At: at, Urgent: at%2 == 0,
			Body: inbox.Body{Vars: map[string]string{"title": "轴承"}, Path: "/contacts/1", Deadline: 7}}
	}
	var want []inbox.Notice // newest first
	for at := int64(10); at > 0; at-- {
		want = append(want, of(li, "a", at/2))
	}
	slices.SortFunc(want, func(a, b inbox.Notice) int {
		if a.At != b.At {
			return int(b.At - a.At)
		}
		return -slices.Compare(a.ID[:], b.ID[:])
	})
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, n := range append(slices.Clone(want), of(wang, "a", 3), of(li, "b", 4)) {
			if err := tx.AddNotice(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.AddNotice(ctx, of(newID(t), "a", 1)) }), catalog.NotFound, "")
	var got []inbox.Notice
	for page := (inbox.Page{Limit: 3}); page.Limit > 0; {
		read(ctx, t, db, func(tx *store.Tx) error {
			list, next, err := tx.Notices(ctx, li, []string{"a", "c"}, page)
			got, page = append(got, list...), next
			return err
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	counts := func(templates ...string) (n int) {
		read(ctx, t, db, func(tx *store.Tx) (err error) { n, err = tx.CountUnread(ctx, li, templates); return err })
		return n
	}
	if counts("a") != 10 || counts("a", "b") != 11 || counts() != 0 {
		t.Errorf("%d, %d, %d unread", counts("a"), counts("a", "b"), counts())
	}
	mark := func(id uuid.UUID, until int64) (n int) {
		write(ctx, t, db, func(tx *store.Tx) (err error) {
			n, err = tx.ReadNotices(ctx, li, []string{"a"}, id, until, 99)
			return err
		})
		return n
	}
	if n := mark(want[9].ID, 0); n != 1 || counts("a") != 9 {
		t.Errorf("%d marked, %d unread", n, counts("a"))
	}
	if n := mark(uuid.Nil, 2); n != 4 || counts("a") != 5 || counts("b") != 1 {
		t.Errorf("%d marked, %d unread", n, counts("a"))
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		if n, ok, err := tx.NoticeOf(ctx, li, []string{"a"}, want[9].ID); err != nil || !ok || n.ReadAt != 99 {
			t.Errorf("%+v, %v, %v", n, ok, err)
		}
		if _, ok, err := tx.NoticeOf(ctx, wang, []string{"a"}, want[9].ID); err != nil || ok {
			t.Errorf("somebody else's: %v, %v", ok, err)
		}
		_, ok, err := tx.NoticeOf(ctx, li, []string{"b"}, want[9].ID)
		if ok {
			t.Error("of another template")
		}
		return err
	})
}

func digests(t *testing.T, db *store.DB) {
	ctx := t.Context()
	li, wang := newOfficer(t, db, "li"), newOfficer(t, db, "wang")
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, n := range []inbox.Notice{{Account: li, At: 5}, {Account: li, At: 6}, {Account: li, At: 4, MailedAt: 4}, {Account: wang, At: 20}} {
			n.ID, n.Template = newID(t), "a"
			if err := tx.AddNotice(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	due := func(at int64) (ids []uuid.UUID) {
		read(ctx, t, db, func(tx *store.Tx) (err error) { ids, err = tx.DueDigests(ctx, at, 10); return err })
		return ids
	}
	if got := due(4); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := due(10); !slices.Equal(got, []uuid.UUID{li}) {
		t.Errorf("%v, want %v", got, li)
	}
	set := inbox.Setting{Mail: "once", SMS: true, Lang: "en", DigestAt: 10}
	write(ctx, t, db, func(tx *store.Tx) error {
		if _, ok, err := tx.Setting(ctx, li); ok || err != nil {
			t.Errorf("a setting that nobody made: %v, %v", ok, err)
		}
		if err := tx.SaveSetting(ctx, li, inbox.Setting{Mail: "off", Lang: "zh-CN"}); err != nil {
			return err
		}
		return tx.SaveSetting(ctx, li, set)
	})
	if got := due(10); len(got) != 0 {
		t.Errorf("had its digest, and is due: %v", got)
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		got, ok, err := tx.Setting(ctx, li)
		if !ok || got != set || err != nil {
			t.Errorf("%+v, %v, %v", got, ok, err)
		}
		waiting, err := tx.Unmailed(ctx, li, 5)
		if err != nil || len(waiting) != 1 || waiting[0].At != 5 {
			t.Errorf("%+v, %v", waiting, err)
		}
		return tx.MarkMailed(ctx, li, 5, 11)
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		waiting, err := tx.Unmailed(ctx, li, 100)
		if len(waiting) != 1 || waiting[0].At != 6 {
			t.Errorf("%+v", waiting)
		}
		return err
	})
}

func smsCounts(t *testing.T, db *store.DB) {
	ctx := t.Context()
	got := map[int]int{}
	counts := make(chan int, writers)
	for _, err := range together(writers, func(int) error {
		var n int
		err := db.Write(ctx, func(tx *store.Tx) (err error) { n, err = tx.CountSMS(ctx, "13800000001", 202604); return err })
		counts <- n
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range writers {
		got[<-counts]++
	}
	for n := 1; n <= writers; n++ {
		if got[n] != 1 {
			t.Errorf("%d was counted %d times", n, got[n])
		}
	}
	for person, month := range map[string]int{"13800000002": 202604, "13800000001": 202605} {
		write(ctx, t, db, func(tx *store.Tx) error {
			if n, err := tx.CountSMS(ctx, person, month); n != 1 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			return nil
		})
	}
}
