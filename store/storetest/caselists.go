package storetest

import (
	"slices"
	"strings"
	"testing"

	"datai/catalog"
	"datai/contact"
	"datai/store"

	"github.com/google/uuid"
)

// caseLists: every filter shows the cases that it says and no other, alone and
// with others; every list is in the order of what is due, and its pages hold each
// case once, whatever their size.
func caseLists(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := newResult(t, "标题")
	put(ctx, t, db, r)
	li, zhou := newID(t), newID(t)
	states := contact.States()
	var all []contact.Case
	for n := range 40 {
		c := newCase(t, r.ID, n)
		c.State = states[n%len(states)]
		c.DueAt = []int64{50, 60, 60, 70, contact.NeverDue}[n%5] // many at one time
		c.UpdatedAt = int64(100 + n)
		c.Officer = []uuid.UUID{uuid.Nil, li, zhou}[n%3]
		c.Unit = []string{"机械学院", "材料学院", ""}[n/3%3]
		c.Title = []string{"热泵机组", "Bearing 100%_test", "轴承'故障"}[n%3]
		all = append(all, c)
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, c := range all {
			if err := tx.AddCase(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	// fits says in Go what the SQL says.
	fits := func(c contact.Case, f contact.Filter) bool {
		in := contact.Open(c.State)
		if len(f.States) > 0 {
			in = slices.Contains(f.States, c.State)
		}
		find := f.Find == "" || slices.ContainsFunc([]string{c.Code, c.Title, c.ResultCode, c.Need, c.Unit}, func(s string) bool {
			return strings.Contains(catalog.Fold(s), f.Find)
		})
		return in && find && (f.Officer == uuid.Nil || f.Officer == c.Officer) && (f.Unit == "" || f.Unit == c.Unit) &&
			(f.Due == 0 || c.DueAt < f.Due) && (f.Stuck == 0 || c.UpdatedAt < f.Stuck && c.State != contact.Paused)
	}
	filters := map[string]contact.Filter{
		"open": {}, "all": {States: states}, "mine": {Officer: li}, "nobody's is no filter": {Officer: uuid.Nil},
		"due": {Due: 60}, "due, the limit counts": {Due: 61}, "stuck": {Stuck: 120}, "stuck, the limit does not": {Stuck: 121, States: states},
		"school": {Unit: "机械学院"}, "no such school": {Unit: "机械"}, "by code": {Find: catalog.Fold("2026-DJ-0007"), States: states},
		"by title": {Find: catalog.Fold("热泵")}, "in another case": {Find: catalog.Fold("BEARING")}, "signs of SQL": {Find: catalog.Fold("100%_")}, "a sign alone": {Find: "%"},
		"a quote": {Find: catalog.Fold("承'故")}, "by school": {Find: catalog.Fold("材料")}, "not over two fields": {Find: catalog.Fold("标题|n")}, "nothing": {Find: "没有这个"},
		"mine, due, stuck, of a school": {Officer: zhou, Due: 1000, Stuck: 135, Unit: "材料学院", States: states}, "paused": {States: []contact.State{contact.Paused}},
	}
	for _, s := range states {
		filters["state "+string(s)] = contact.Filter{States: []contact.State{s}}
		filters["mine in "+string(s)] = contact.Filter{States: []contact.State{s}, Officer: li}
	}
	for name, f := range filters {
		var want []string
		for _, c := range all {
			if fits(c, f) {
				want = append(want, c.Code)
			}
		}
		if name == "not over two fields" {
			want = nil
		}
		for _, size := range []int{1, 3, 7, 100} {
			var got []contact.Case
			read(ctx, t, db, func(tx *store.Tx) error {
				got = nil
				for page, n := (contact.Page{Limit: size}), 0; page.Limit > 0 && n < 100; n++ {
					found, next, err := tx.Cases(ctx, f, page)
					if err != nil {
						return err
					}
					if next.Limit > 0 && len(found) != size {
						t.Errorf("%s by %d: a page of %d that is not the last", name, size, len(found))
					}
					got, page = append(got, found...), next
				}
				return nil
			})
			if !slices.IsSortedFunc(got, func(a, b contact.Case) int {
				if a.DueAt != b.DueAt {
					return int(max(-1, min(1, a.DueAt-b.DueAt)))
				}
				return slices.Compare(a.ID[:], b.ID[:])
			}) {
				t.Errorf("%s by %d: not in the order of what is due", name, size)
			}
			var codes []string
			for _, c := range got {
				codes = append(codes, c.Code)
			}
			slices.Sort(codes)
			slices.Sort(want)
			if !slices.Equal(codes, want) {
				t.Errorf("%s by %d: %v, want %v", name, size, codes, want)
			}
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		for _, who := range []uuid.UUID{uuid.Nil, li} {
			counts, err := tx.CountCases(ctx, who)
			if err != nil {
				return err
			}
			units, err := tx.CaseUnits(ctx, who)
			if err != nil {
				return err
			}
			if !slices.Equal(units, []string{"机械学院", "材料学院"}) && !slices.Equal(units, []string{"材料学院", "机械学院"}) {
				t.Errorf("schools %v", units)
			}
			for _, s := range states {
				want := 0
				for _, c := range all {
					if c.State == s && (who == uuid.Nil || c.Officer == who) {
						want++
					}
				}
				if counts[s] != want {
					t.Errorf("%d cases in %s, want %d", counts[s], s, want)
				}
			}
		}
		return nil
	})
	// A page goes on where it was, although something was added before it and
	// something moved behind it.
	var first, second []contact.Case
	var next contact.Page
	read(ctx, t, db, func(tx *store.Tx) (err error) {
		first, next, err = tx.Cases(ctx, contact.Filter{}, contact.Page{Limit: 5})
		return err
	})
	early, moved := newCase(t, r.ID, 99), first[0]
	early.DueAt, moved.DueAt = 1, contact.NeverDue
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, early); err != nil {
			return err
		}
		return tx.SaveCase(ctx, moved)
	})
	read(ctx, t, db, func(tx *store.Tx) (err error) {
		second, _, err = tx.Cases(ctx, contact.Filter{}, contact.Page{DueAt: next.DueAt, ID: next.ID, Limit: 5})
		return err
	})
	for _, c := range second {
		if c.ID == early.ID || slices.ContainsFunc(first, func(x contact.Case) bool { return x.ID == c.ID }) {
			t.Errorf("%s is on two pages", c.Code)
		}
	}
}
