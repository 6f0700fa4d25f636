package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func importing(t *testing.T, db *store.DB) {
	ctx := t.Context()
	old := []catalog.Result{newResult(t, "旧的"), newResult(t, "不变的")}
	put(ctx, t, db, old...)

	changed, first, last, alone := old[0], newResult(t, "重复的一"), newResult(t, "重复的二"), newResult(t, "新的")
	changed.Title = "改过的"
	last.GivenID = first.GivenID // the same thing again further down
	rows := rowsOf(changed, first, old[1], last, alone)
	rows[2].Fate = intake.Unchanged
	rows = append(rows, intake.StagedRow{N: 7, Title: "拒绝的", Fate: intake.Refused,
		Issues: []intake.Issue{{Refusal: true, Column: "标题", Key: "import.row.empty", Args: catalog.Args{"a": "b"}}}})
	b := stage(ctx, t, db, rows)
	b.Columns = []intake.Column{{Header: "标题", Field: "title"}, {Header: "别的"}}

	for _, want := range []intake.Counts{{Rows: 1, New: 1}, {}} { // a second time there is nothing left to turn
		var turned intake.Counts
		write(ctx, t, db, func(tx *store.Tx) (err error) {
			turned, err = tx.MarkRepeated(ctx, b.ID)
			return err
		})
		if turned != want {
			t.Fatalf("turned %+v, want %+v", turned, want)
		}
	}
	b.Counts.New--
	b.Counts.Repeated++

	before := len(feed(ctx, t, db))
	write(ctx, t, db, func(tx *store.Tx) (err error) {
		if err = tx.ApplyBatch(ctx, b, 9); err != nil {
			return err
		}
		if err := tx.SaveBatch(ctx, b); err != nil {
			return err
		}
		return tx.StripRows(ctx, b.ID)
	})
	var ids []uuid.UUID
	for _, c := range feed(ctx, t, db)[before:] {
		ids = append(ids, c.Of)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	if want := []uuid.UUID{changed.ID, last.ID, alone.ID}; !slices.Equal(ids, want) {
		t.Errorf("applied %v, want %v", ids, want)
	}
	changed.Version, last.Version, alone.Version = 2, 1, 1
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Results(ctx, []uuid.UUID{changed.ID, first.ID, old[1].ID, last.ID, alone.ID})
		if err != nil {
			return err
		}
		if diff := cmp.Diff([]catalog.Result{changed, old[1], last, alone}, got); diff != "" {
			t.Errorf("the catalogue after the import (-want +got):\n%s", diff)
		}
		stripped, err := tx.Rows(ctx, b.ID, "", 0, 100)
		if err != nil {
			return err
		}
		rows[1].Fate = intake.Repeated
		for i := range rows {
			rows[i].Result, rows[i].Pos = nil, int64(i+1)
		}
		if diff := cmp.Diff(rows, stripped); diff != "" {
			t.Errorf("rows of an applied batch (-want +got):\n%s", diff)
		}
		again, err := tx.Batch(ctx, b.ID)
		b.Version = 2
		if diff := cmp.Diff(b, again); diff != "" {
			t.Errorf("the batch (-want +got):\n%s", diff)
		}
		return err
	})
	changes := feed(ctx, t, db)
	if len(changes) != 5 || changes[len(changes)-1].At == 0 {
		t.Errorf("%d changes %v, want one for each of the five things written", len(changes), changes)
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.DropRows(ctx, b.ID) })
	read(ctx, t, db, func(tx *store.Tx) error {
		rest, err := tx.Rows(ctx, b.ID, "", 0, 100)
		if len(rest) != 0 {
			t.Errorf("%d rows left after they were dropped", len(rest))
		}
		return err
	})
}

// rowPages has two sheets that number alike and several fates.
func rowPages(t *testing.T, db *store.DB) {
	ctx := t.Context()
	var rows []intake.StagedRow
	for i := range 40 {
		r := rowsOf(newResult(t, fmt.Sprint("第", i)))[0]
		r.N, r.Sheet = i%20+1, []string{"一", "二"}[i/20]
		if i%3 == 0 {
			r.Fate, r.Result = intake.Refused, nil
		}
		rows = append(rows, r)
	}
	b := stage(ctx, t, db, rows)
	for i := range rows {
		rows[i].Pos = int64(i + 1)
	}
	for _, fate := range []intake.Fate{"", intake.New, intake.Refused, intake.Changed} {
		var want []intake.StagedRow
		for n := 1; n <= 20; n++ {
			for _, r := range rows {
				if r.N == n && (fate == "" || r.Fate == fate) {
					want = append(want, r)
				}
			}
		}
		for _, limit := range []int{1, 3, 7, 100} {
			var got []intake.StagedRow
			for after := 0; ; {
				var page []intake.StagedRow
				read(ctx, t, db, func(tx *store.Tx) (err error) {
					page, err = tx.Rows(ctx, b.ID, fate, after, limit)
					return err
				})
				if len(page) == 0 {
					break
				}
				if len(page) > limit+1 {
					t.Fatalf("a page of %d rows, want at most %d and one of the same number", len(page), limit)
				}
				got = append(got, page...)
				after = page[len(page)-1].N
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fate %q by %d (-want +got):\n%s", fate, limit, diff)
			}
		}
	}
}

func movedVersion(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "甲"), newResult(t, "乙")}
	put(ctx, t, db, things...)
	changed, also := things[0], things[1]
	changed.Title, also.Title = "甲改", "乙改"
	b := stage(ctx, t, db, rowsOf(newResult(t, "新的"), changed, also))
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveResult(ctx, things[1]) })
	unapplied(ctx, t, db, b)
}

func takenKey(t *testing.T, db *store.DB) {
	ctx := t.Context()
	mine, theirs := newNeed(t, "同一个"), newNeed(t, "同一个")
	mine.GivenID = theirs.GivenID
	b := stage(ctx, t, db, rowsOf(newNeed(t, "别的"), mine))
	put(ctx, t, db, theirs)
	unapplied(ctx, t, db, b)

	again := newNeed(t, "公开码相同")
	again.Code = theirs.Code
	unapplied(ctx, t, db, stage(ctx, t, db, rowsOf(again)))
}

func otherRows(t *testing.T, db *store.DB) {
	ctx := t.Context()
	b := stage(ctx, t, db, rowsOf(newResult(t, "一"), newResult(t, "二")))
	b.Counts.New = 3
	unapplied(ctx, t, db, b)
}

// unapplied fails unless applying b is a conflict that changes nothing.
func unapplied(ctx context.Context, t *testing.T, db *store.DB, b intake.Batch) {
	t.Helper()
	before := state(ctx, t, db)
	err := apply(ctx, db, b, 9)
	mustBe(t, err, catalog.Conflict, "import.moved")
	if after := state(ctx, t, db); after != before {
		t.Errorf("something changed; before:\n%s\nafter:\n%s", before, after)
	}
}

func batchVersions(t *testing.T, db *store.DB) {
	ctx := t.Context()
	b := stage(ctx, t, db, nil)
	errs := together(writers, func(int) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveBatch(ctx, b) })
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		mustBe(t, err, catalog.Conflict, "error.conflict")
	}
	if won != 1 {
		t.Errorf("%d of %d saved over one version, want 1", won, writers)
	}
	var created []int64
	for range 3 {
		stage(ctx, t, db, nil)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		batches, err := tx.Batches(ctx, 2)
		for _, b := range batches {
			created = append(created, b.CreatedAt)
		}
		return err
	})
	if len(created) != 2 {
		t.Errorf("%d batches, want the newest two", len(created))
	}
	err := db.Write(ctx, func(tx *store.Tx) error { return tx.AddRows(ctx, newID(t), rowsOf(newResult(t, "无批次"))) })
	mustBe(t, err, catalog.NotFound, "error.not_found")
}

func manyRows(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const n = 1200 // more than the sequencer numbers at once, with their changes
	things := make([]catalog.Result, n)
	for i := range things {
		things[i] = newResult(t, fmt.Sprint("成果", i))
	}
	put(ctx, t, db, things...)
	for i := range things {
		things[i].Title += "改"
	}
	put(ctx, t, db, things...)
	count := 0
	read(ctx, t, db, func(tx *store.Tx) error {
		found, err := tx.Results(ctx, idsOf(things))
		if diff := cmp.Diff(things, found); diff != "" {
			t.Errorf("after two imports (-want +got):\n%s", diff)
		}
		if err != nil {
			return err
		}
		return tx.EachResult(ctx, func(*catalog.Result) error { count++; return nil })
	})
	if changes := feed(ctx, t, db); count != n || len(changes) != 2*n {
		t.Errorf("%d results and %d changes, want %d and %d", count, len(changes), n, 2*n)
	}
}

func idsOf(things []catalog.Result) []uuid.UUID {
	ids := make([]uuid.UUID, len(things))
	for i := range things {
		ids[i] = things[i].ID
	}
	return ids
}

// service imports one file three times with the real service.
func service(t *testing.T, db *store.DB) {
	ctx := t.Context()
	officer := account.Principal{ID: newID(t), Name: "李老师", Acting: account.Officer}
	s := intake.NewService(store.For[intake.Tx](db), time.Now, rand.Reader)
	file := func(titles ...string) intake.File {
		return intake.File{Name: "f.csv", Kind: intake.Results, Rows: iter.Seq2[intake.Row, error](func(yield func(intake.Row, error) bool) {
			for i, title := range titles {
				r := catalog.Result{GivenID: fmt.Sprint(i % 700), Kind: catalog.KindResult, Title: title, Contact: catalog.Contact{Phone: "13800000000"}}
				if !yield(intake.Row{N: i + 2, Title: title, Result: &r}, nil) {
					return
				}
			}
		})}
	}
	titles := make([]string, 701) // the last one repeats the first, two chunks apart
	for i := range titles {
		titles[i] = fmt.Sprint("成果", i)
	}
	for _, c := range []struct {
		file intake.File
		want intake.Counts
	}{
		{file(titles...), intake.Counts{Rows: 701, New: 700, Repeated: 1}},
		{file(titles[1:]...), intake.Counts{Rows: 700, Changed: 700}},
		{file(titles[1:]...), intake.Counts{Rows: 700, Unchanged: 700}},
	} {
		b, err := s.Stage(ctx, officer, c.file, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.Counts != c.want {
			t.Errorf("staged %+v, want %+v", b.Counts, c.want)
		}
		if b, err = s.Apply(ctx, officer, b.ID); err != nil || b.State != intake.Applied {
			t.Fatalf("apply: %s, %v", b.State, err)
		}
	}
}

// partyRows reads rows of parties with what they said, and none that will not
// be written.
func partyRows(t *testing.T, db *store.DB) {
	ctx := t.Context()
	rows := rowsOf(newParty(t, catalog.PartyUnit, "材料学院"), newParty(t, catalog.PartyUnit, "疑似"), newParty(t, catalog.PartyUnit, "重复"), newParty(t, catalog.PartyUnit, "冶金系"))
	rows[0].Issues = []intake.Issue{{Key: "import.note.no_predecessor", Args: catalog.Args{"name": "冶金系"}}}
	rows[0].Said = &intake.Row{Party: rows[0].Party, Predecessor: "冶金系"}
	rows[1].Fate, rows[2].Fate, rows[3].Fate = intake.Alike, intake.Repeated, intake.Unchanged
	b := stage(ctx, t, db, append(rows, intake.StagedRow{N: 9, Fate: intake.Refused}))
	stage(ctx, t, db, rowsOf(newParty(t, catalog.PartyUnit, "别的表")))
	var got []string
	read(ctx, t, db, func(tx *store.Tx) error {
		got = nil
		return tx.EachPartyRow(ctx, b.ID, func(r intake.StagedRow) error {
			said := ""
			if r.Said != nil {
				said = r.Said.Predecessor + r.Issues[0].Args["name"]
			}
			got = append(got, fmt.Sprint(r.Pos, r.Party.Name, r.Fate, said))
			return nil
		})
	})
	if diff := cmp.Diff([]string{"1材料学院new冶金系冶金系", "4冶金系unchanged"}, got); diff != "" {
		t.Error(diff)
	}
}

// pageEdits remembers fields by thing, the last change of each, and reads rows
// that keep what they said.
func pageEdits(t *testing.T, db *store.DB) {
	ctx := t.Context()
	one, other := newID(t), newID(t)
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.MarkEdited(ctx, one, []string{"Title", "Abstract"}, "甲", 5); err != nil {
			return err
		}
		if err := tx.MarkEdited(ctx, other, []string{"Title"}, "丙", 6); err != nil {
			return err
		}
		if err := tx.MarkEdited(ctx, one, []string{"Title", "Awards"}, "乙", 7); err != nil {
			return err
		}
		return tx.DropEdits(ctx, one, []string{"Awards", "Nothing"})
	})
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.Edits(ctx, []uuid.UUID{one, newID(t)})
		want := map[uuid.UUID]map[string]intake.Edit{one: {"Title": {At: 7, By: "乙"}, "Abstract": {At: 5, By: "甲"}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if none, err := tx.Edits(ctx, nil); err != nil || len(none) != 0 {
			t.Errorf("of nothing: %v, %v", none, err)
		}
		return err
	})

	rows := rowsOf(newResult(t, "新"), newResult(t, "变"), newResult(t, "不变"), newResult(t, "没说"))
	rows[1].Fate, rows[2].Fate, rows[3].Fate = intake.Changed, intake.Unchanged, intake.Unchanged
	for i := range 3 {
		rows[i].Said = &intake.Row{Result: rows[i].Result}
	}
	b := stage(ctx, t, db, rows)
	read(ctx, t, db, func(tx *store.Tx) error {
		var got []int64
		for after, more := int64(0), true; more; {
			page, err := tx.RowsSaid(ctx, b.ID, after, 1)
			if err != nil {
				return err
			}
			if more = len(page) > 0; more {
				after = page[0].Pos
				got = append(got, after)
				if page[0].Said == nil {
					t.Errorf("row %d does not say what it said", after)
				}
			}
		}
		if !slices.Equal(got, []int64{2, 3}) {
			t.Errorf("rows %v", got)
		}
		return nil
	})
}
