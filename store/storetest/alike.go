package storetest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

// clerk is an import service on db with somebody who may import.
type clerk struct {
	*intake.Service

	t   *testing.T
	who account.Principal
}

func newClerk(t *testing.T, db *store.DB) clerk {
	return clerk{intake.NewService(store.For[intake.Tx](db), time.Now, rand.Reader), t, account.Principal{ID: newID(t), Name: "李老师", Acting: account.Officer}}
}

// stage stages results of these owners and titles, two by two.
func (c clerk) stage(said ...string) intake.Batch {
	c.t.Helper()
	f := intake.File{Name: "f.csv", Kind: intake.Results, Rows: func(yield func(intake.Row, error) bool) {
		for i := 0; i < len(said); i += 2 {
			r := catalog.Result{Kind: catalog.KindResult, Owners: []string{said[i]}, Title: said[i+1], Abstract: "简介", Contact: catalog.Contact{Phone: "13800000000"}}
			if !yield(intake.Row{N: i/2 + 2, Title: r.Title, Result: &r}, nil) {
				return
			}
		}
	}}
	b, err := c.Stage(c.t.Context(), c.who, f, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func (c clerk) apply(b intake.Batch) intake.Batch {
	c.t.Helper()
	b, err := c.Apply(c.t.Context(), c.who, b.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// wholeRows has rows that carry everything which a row can.
func wholeRows(t *testing.T, db *store.DB) {
	ctx := t.Context()
	thing := newResult(t, "改过的")
	said := thing
	said.Contact, said.Extra = catalog.Contact{Phone: "13800000000"}, map[string]string{"奇怪的列": "x"}
	rows := rowsOf(thing, newResult(t, "像的"))
	rows[0].Said = &intake.Row{Result: &said}
	rows[1].Fate, rows[1].Twin, rows[1].Likeness, rows[1].Later = intake.Alike, newID(t), catalog.NearTitle, true
	rows = append(rows, intake.StagedRow{N: 9, Fate: intake.Refused, Cells: []string{"甲", "", "13800000000"},
		Issues: []intake.Issue{{Refusal: true, Key: "import.row.empty"}}})
	b := stage(ctx, t, db, rows)
	for i := range rows {
		rows[i].Pos = int64(i + 1)
	}
	check := func(want []intake.StagedRow) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.RowsAt(ctx, b.ID, []int64{3, 1, 2})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			var refused []intake.StagedRow
			if err == nil {
				err = tx.EachRefused(ctx, b.ID, func(r intake.StagedRow) error { refused = append(refused, r); return nil })
			}
			if diff := cmp.Diff(want[2:], refused); diff != "" {
				t.Errorf("refused rows (-want +got):\n%s", diff)
			}
			return err
		})
	}
	check(rows)
	rows[1].Fate, rows[1].Later, rows[1].Twin, rows[1].Likeness = intake.New, false, [16]byte{}, ""
	rows[0].Said = nil
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveRows(ctx, b.ID, rows[:2]) })
	check(rows)
	err := db.Write(ctx, func(tx *store.Tx) error { return tx.SaveRows(ctx, b.ID, []intake.StagedRow{{Pos: 4}}) })
	mustBe(t, err, catalog.Conflict, "")
}

// alikes goes the whole way of rows that resemble something.
func alikes(t *testing.T, db *store.DB) {
	ctx := t.Context()
	c := newClerk(t, db)
	c.apply(c.stage("甲大学", "隧道渗水分布式监测", "甲大学", "低温电池电解液制备", "甲大学", "第三项不相干的"))
	rows := []string{"乙学院", "隧道渗水的分布式监测", "乙学院", "低温电池电解掖制备", "乙学院", "谁也不像的一项", "丙学院", "谁也不像的一项"}
	b := c.stage(rows...)
	if want := (intake.Counts{Rows: 4, New: 1, Alike: 3}); b.Counts != want {
		t.Fatalf("staged %+v, want %+v", b.Counts, want)
	}
	pairs, err := c.Pairs(ctx, c.who, b.ID, 0, 10)
	if err != nil || len(pairs) != 3 || pairs[0].Thing == nil || pairs[2].Other == nil {
		t.Fatalf("%+v, %v", pairs, err)
	}
	var ds []intake.Decision
	for i, v := range []intake.Verdict{intake.Same, intake.Apart, intake.Same} {
		d := intake.Decision{Pos: pairs[i].Row.Pos, Verdict: v}
		if pairs[i].Thing.Result != nil {
			d.Version = pairs[i].Thing.Result.Version
		}
		ds = append(ds, d)
	}
	// Two people decide at once: one of them is first, for every pair.
	errs := together(2, func(int) error {
		_, _, err := c.Decide(ctx, c.who, b.ID, ds)
		return err
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			mustBe(t, err, catalog.Conflict, "")
		}
	}
	if b, err = c.Batch(ctx, c.who, b.ID); err != nil || won == 0 || b.Counts != (intake.Counts{Rows: 4, New: 2, Changed: 1, Repeated: 1}) {
		t.Fatalf("%d decided; %+v, %v", won, b.Counts, err)
	}
	c.apply(b)
	if again := c.stage(rows...); again.Counts.New+again.Counts.Alike > 0 {
		t.Errorf("the same rows again: %+v", again.Counts)
	}
	batches, err := c.Asking(ctx, c.who)
	if err != nil || len(batches) != 0 {
		t.Errorf("%d batches ask, %v", len(batches), err)
	}
}

// movedMended has two imports of the same file: one is applied, the other is
// mended and then changes nothing.
func movedMended(t *testing.T, db *store.DB) {
	ctx := t.Context()
	c := newClerk(t, db)
	var said []string
	for i := range 700 {
		said = append(said, "示范大学", fmt.Sprint("第", i, "项很长的成果名称"))
	}
	batches := []intake.Batch{c.stage(said...), c.stage(said...)}
	errs := together(2, func(i int) error {
		_, err := c.Apply(ctx, c.who, batches[i].ID)
		return err
	})
	lost := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if lost < 0 || errs[1-lost] != nil || !intake.Moved(errs[lost]) {
		t.Fatalf("applied at once: %v", errs)
	}
	before := len(feed(ctx, t, db))
	b, err := c.Recheck(ctx, c.who, batches[lost].ID)
	if want := (intake.Counts{Rows: 700, Unchanged: 700}); err != nil || b.Counts != want {
		t.Fatalf("%+v, %v; want %+v", b.Counts, err, want)
	}
	if b = c.apply(b); b.State != intake.Applied || len(feed(ctx, t, db)) != before {
		t.Errorf("the second import is %s and made %d changes", b.State, len(feed(ctx, t, db))-before)
	}
}

func mappings(t *testing.T, db *store.DB) {
	ctx := t.Context()
	c := newClerk(t, db)
	_, err := c.Mapping(ctx, c.who, intake.Needs, "aa")
	mustBe(t, err, catalog.NotFound, "")
	m := intake.Mapping{Kind: intake.Needs, Layout: "aa", File: "f.csv", Fields: map[string]string{"叫什么": "title", "别的": ""}}
	if _, err := c.SaveMapping(ctx, c.who, m); err != nil {
		t.Fatal(err)
	}
	_, err = c.SaveMapping(ctx, c.who, m) // somebody was first
	mustBe(t, err, catalog.Conflict, "")
	got, err := c.Mapping(ctx, c.who, intake.Needs, "aa")
	if err != nil || got.Version != 1 || got.ByName != "李老师" || got.Fields["叫什么"] != "title" {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = c.Mapping(ctx, c.who, intake.Results, "aa") // another kind reads it in another way
	mustBe(t, err, catalog.NotFound, "")
	errs := together(writers, func(int) error { _, err := c.SaveMapping(ctx, c.who, got); return err })
	if n := len(slices.DeleteFunc(errs, func(err error) bool { return err != nil })); n != 1 {
		t.Errorf("%d of %d saved over one version", n, writers)
	}
	mustBe(t, c.ForgetMapping(ctx, c.who, got), catalog.Conflict, "")
	all, err := c.Mappings(ctx, c.who)
	if err != nil || len(all) != 1 || all[0].Version != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := c.ForgetMapping(ctx, c.who, all[0]); err != nil {
		t.Fatal(err)
	}
	_, err = c.Mapping(ctx, c.who, intake.Needs, "aa")
	mustBe(t, err, catalog.NotFound, "")
	_, err = c.SaveMapping(ctx, c.who, intake.Mapping{Kind: intake.Needs, Layout: "aa"})
	mustBe(t, err, catalog.Invalid, "import.mapping.none")
}
