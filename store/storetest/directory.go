package storetest

import (
	"fmt"
	"testing"

	"datai/catalog"
	"datai/shelf"
	"datai/store"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func newPerson(t failer, name, unit string) catalog.Person {
	id := newID(t)
	return catalog.Person{ID: id, Code: catalog.ShortCode("H", id), Name: name, Unit: unit, StaffNo: id.String()}
}

func newParty(t failer, kind catalog.PartyKind, name string) catalog.Party {
	id := newID(t)
	return catalog.Party{ID: id, Code: catalog.ShortCode("P", id), Kind: kind, Name: name}
}

// directoryPages walks forth and back through parties with names that are
// equal and names that differ.
func directoryPages(t *testing.T, db *store.DB) {
	ctx := t.Context()
	var want []catalog.Party
	for i := range 23 {
		p := newParty(t, catalog.PartyUnit, fmt.Sprint("单位", i/4))
		p.CreditCode = fmt.Sprint(i)
		want = append(want, p)
	}
	put(ctx, t, db, want...)
	for _, limit := range []int{1, 4, 22, 23, 24} {
		var forth []catalog.Party
		var firsts []shelf.Page
		from := shelf.Page{Limit: limit}
		for {
			var got []catalog.Party
			var l shelf.Leaf
			read(ctx, t, db, func(tx *store.Tx) (err error) {
				got, l, err = tx.ListParties(ctx, shelf.PartyFilter{}, from)
				return err
			})
			if l.Before != (len(forth) > 0) {
				t.Fatalf("%d a page: before is %v behind %d", limit, l.Before, len(forth))
			}
			forth, firsts = append(forth, got...), append(firsts, l.First)
			if !l.After {
				break
			}
			from = l.Last
			from.Limit = limit
		}
		if diff := gocmp.Diff(want, forth); diff != "" {
			t.Errorf("%d a page (-want +got):\n%s", limit, diff)
		}
		for i := len(firsts) - 1; i > 0; i-- {
			from := firsts[i]
			from.Limit, from.Back = limit, true
			read(ctx, t, db, func(tx *store.Tx) error {
				got, l, err := tx.ListParties(ctx, shelf.PartyFilter{}, from)
				if err != nil {
					return err
				}
				if diff := gocmp.Diff(want[(i-1)*limit:i*limit], got); diff != "" || l.Before != (i > 1) || !l.After {
					t.Errorf("%d a page, back from %d: %+v (-want +got):\n%s", limit, i, l, diff)
				}
				return nil
			})
		}
	}
}

func directoryFilters(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const now = 5000
	school, firm := newParty(t, catalog.PartyUnit, "材料学院"), newParty(t, catalog.PartyEnterprise, "示例材料公司")
	university := newParty(t, catalog.PartyUniversity, "示范大学")
	put(ctx, t, db, school, firm, university)
	a, b, c := newPerson(t, "张三", "材料学院"), newPerson(t, "章四", "材料学院"), newPerson(t, "Zhang Wu", "机械学院")
	put(ctx, t, db, a, b, c)
	shown, hidden := newResult(t, "公开"), newResult(t, "待审")
	shown.State, shown.PublicConfirmed, shown.ExpiresAt = catalog.ResultListed, true, now+1
	both := []catalog.Result{shown, hidden}
	put(ctx, t, db, both...)
	both[0].Completers = []catalog.Completer{{Name: "张三", PersonID: a.ID}, {Name: "张三", PersonID: a.ID}, {Name: "某人", PersonID: newID(t)}}
	both[1].Completers = []catalog.Completer{{Name: "章四", PersonID: b.ID}}
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, r := range both {
			if err := tx.SaveResult(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	names := func(f shelf.PersonFilter) (out []string) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			got, _, err := tx.ListPeople(ctx, f, shelf.Page{})
			for _, p := range got {
				out = append(out, p.Name)
			}
			return err
		})
		return out
	}
	for _, c := range []struct {
		filter shelf.PersonFilter
		want   []string
	}{
		{shelf.PersonFilter{}, []string{"张三", "章四", "Zhang Wu"}},
		{shelf.PersonFilter{Q: "张"}, []string{"张三"}},
		{shelf.PersonFilter{Q: "zhang"}, []string{"张三", "章四", "Zhang Wu"}},
		{shelf.PersonFilter{Q: "ZHANG S"}, []string{"张三", "章四"}},
		{shelf.PersonFilter{Q: "%"}, nil},
		{shelf.PersonFilter{Units: []string{"机械学院", "无此学院"}}, []string{"Zhang Wu"}},
		{shelf.PersonFilter{PublicAt: now}, []string{"张三"}},
		{shelf.PersonFilter{PublicAt: now + 1}, nil},
		{shelf.PersonFilter{PublicAt: now, Units: []string{"机械学院"}}, nil},
	} {
		if diff := gocmp.Diff(c.want, names(c.filter)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.filter, diff)
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		for _, x := range []struct {
			who  uuid.UUID
			at   int64
			want bool
		}{{a.ID, now, true}, {a.ID, now + 1, false}, {b.ID, now, false}, {newID(t), now, false}} {
			if got, err := tx.StandsBehind(ctx, x.who, x.at); err != nil || got != x.want {
				t.Errorf("stands behind at %d: %v, %v; want %v", x.at, got, err, x.want)
			}
		}
		for _, x := range []struct {
			name string
			want int
		}{{"张三", 1}, {"章四", 1}, {"三", 0}, {"", 0}, {"|", 0}} {
			if got, err := tx.ResultsNamed(ctx, x.name, 10); err != nil || len(got) != x.want {
				t.Errorf("%d results of somebody named %q, %v; want %d", len(got), x.name, err, x.want)
			}
		}
		for _, x := range []struct {
			who  uuid.UUID
			at   int64
			want int
		}{{a.ID, now, 1}, {a.ID, now + 1, 0}, {a.ID, 0, 1}, {b.ID, now, 0}, {b.ID, 0, 1}} {
			if got, err := tx.ResultsBehind(ctx, x.who, x.at, 10); err != nil || len(got) != x.want {
				t.Errorf("%d results behind which somebody stands at %d, %v; want %d", len(got), x.at, err, x.want)
			}
		}
		units, err := tx.CountPeople(ctx, shelf.PersonFilter{Units: []string{"机械学院"}})
		if diff := gocmp.Diff(map[string]int{"材料学院": 2, "机械学院": 1}, units); diff != "" || err != nil {
			t.Errorf("units: %v\n%s", err, diff)
		}
		kinds, err := tx.CountParties(ctx, shelf.PartyFilter{Q: "材料", Kinds: []catalog.PartyKind{catalog.PartyUnit}})
		if diff := gocmp.Diff(map[string]int{"unit": 1, "enterprise": 1}, kinds); diff != "" || err != nil {
			t.Errorf("kinds: %v\n%s", err, diff)
		}
		var seen []string
		if err := tx.EachUnit(ctx, func(p *catalog.Party) error { seen = append(seen, p.Name); return nil }); err != nil {
			return err
		}
		if diff := gocmp.Diff([]string{"材料学院", "示范大学"}, seen); diff != "" {
			t.Errorf("units:\n%s", diff)
		}
		one, err := tx.PersonByCode(ctx, c.Code)
		if err != nil || one.Name != "Zhang Wu" {
			t.Errorf("by code: %+v, %v", one, err)
		}
		return nil
	})
	// Who no longer stands behind it is found no more.
	write(ctx, t, db, func(tx *store.Tx) error {
		r, err := tx.ResultByCode(ctx, shown.Code)
		if err != nil {
			return err
		}
		r.Completers = nil
		return tx.SaveResult(ctx, r)
	})
	if got := names(shelf.PersonFilter{PublicAt: now}); len(got) != 0 {
		t.Errorf("still behind it: %v", got)
	}
}

func needsOfAParty(t *testing.T, db *store.DB) {
	ctx := t.Context()
	var mine []catalog.Need
	for i := range 3 {
		n := newNeed(t, fmt.Sprint("需求", i))
		n.OwnerName = "示例公司"
		mine = append(mine, n)
	}
	other, none := newNeed(t, "别家"), newNeed(t, "无主")
	other.OwnerName = "示例公司二"
	put(ctx, t, db, append(mine, other, none)...)
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.NeedsOwnedBy(ctx, "示例公司", 2)
		if err != nil || len(got) != 2 || got[0].ID != mine[2].ID || got[1].ID != mine[1].ID {
			t.Errorf("%v, %v; want the two newest", got, err)
		}
		nobody, err := tx.NeedsOwnedBy(ctx, "", 10)
		if len(nobody) != 0 {
			t.Errorf("nobody owns %v", nobody)
		}
		return err
	})
}
