package storetest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"

	"datai/account"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

func journalPages(t *testing.T, db *store.DB) {
	ctx := t.Context()
	shen := addAccount(t, db, "沈若川")
	var want []string
	for i := range 9 {
		actor, role, verb := shen.ID, "officer", "result.list"
		if i%3 == 0 {
			actor, role, verb = uuid.Nil, "visitor", "contact.ask"
		}
		e, err := journal.New(rand.Reader, int64(1000+i/2), actor, role, verb, "result") // pairs at the same time
		if err != nil {
			t.Fatal(err)
		}
		e.Subject, e.Body = newID(t), map[string]string{"code": "R-1"}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.Append(ctx, e) })
		want = append(want, fmt.Sprintf("%d %s %s", e.At, e.ID, e.Verb))
	}
	slices.Sort(want)
	slices.Reverse(want)
	if err := db.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	walk := func(f account.RecordFilter, limit int) (seen []string) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			for from := (account.RecordPage{Limit: limit}); from.Limit > 0; {
				list, next, err := tx.Records(ctx, f, from)
				if err != nil {
					return err
				}
				for _, r := range list {
					seen = append(seen, fmt.Sprintf("%d %s %s", r.At, r.ID, r.Verb))
					if r.Seq == 0 || r.Kind != "result" || (r.Name == "沈若川") != (r.Role == account.Officer) {
						t.Errorf("%+v", r)
					}
				}
				from = next
			}
			return nil
		})
		return seen
	}
	for _, limit := range []int{1, 2, 4, 100} {
		if got := walk(account.RecordFilter{}, limit); !slices.Equal(got, want) {
			t.Errorf("pages of %d:\n%q, want\n%q", limit, got, want)
		}
	}
	for _, c := range []struct {
		f    account.RecordFilter
		want int
	}{
		{account.RecordFilter{Name: "沈若川"}, 6}, {account.RecordFilter{Name: "沈"}, 0}, {account.RecordFilter{Role: account.Visitor}, 3},
		{account.RecordFilter{Verb: "contact.ask"}, 3}, {account.RecordFilter{From: 1001, Till: 1003}, 4}, {account.RecordFilter{Name: "沈若川", Verb: "contact.ask"}, 0},
	} {
		if got := walk(c.f, 2); len(got) != c.want {
			t.Errorf("%+v: %d, want %d", c.f, len(got), c.want)
		}
	}
}
