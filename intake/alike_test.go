package intake_test

import (
	"fmt"
	"testing"

	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func newID(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// of is a result of an owner.
func of(owner, title, abstract string) intake.Row {
	return apptest.ResultRow(catalog.Result{Title: title, Abstract: abstract, Owners: []string{owner}})
}

func stage(t *testing.T, a *apptest.App, rows ...intake.Row) intake.Batch {
	t.Helper()
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results, rows...), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pairs(t *testing.T, a *apptest.App, b intake.Batch) []intake.Pair {
	t.Helper()
	ps, err := a.Intake.Pairs(t.Context(), apptest.Officer(), b.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// settle decides on the pairs of a batch, in their order.
func settle(t *testing.T, a *apptest.App, b intake.Batch, verdicts ...intake.Verdict) intake.Batch {
	t.Helper()
	var ds []intake.Decision
	for i, p := range pairs(t, a, b) {
		d := intake.Decision{Pos: p.Row.Pos, Verdict: verdicts[i]}
		if p.Thing != nil && p.Thing.Result != nil {
			d.Version = p.Thing.Result.Version
		}
		ds = append(ds, d)
	}
	b, moved, err := a.Intake.Decide(t.Context(), apptest.Officer(), b.ID, ds)
	if err != nil || moved != 0 {
		t.Fatalf("%d moved, %v", moved, err)
	}
	return b
}

func apply(t *testing.T, a *apptest.App, b intake.Batch) intake.Batch {
	t.Helper()
	b, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAlikeRowsAreLeftOutUntilSomebodyDecides(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, of("甲大学", "隧道渗水分布式监测", "一"), of("甲大学", "低温电池电解液制备", "二")))
	rows := []intake.Row{
		of("乙学院", "隧道渗水的分布式监测技术", "三"), // the same title by another owner
		of("乙学院", "低温电池电解掖制备", "四"),    // a slip of the pen
		of("乙学院", "完全不同的东西叫什么", "五"),
		of("丙学院", "完全不同的东西叫什么", "六"), // the title of the row before
	}
	b := stage(t, a, rows...)
	if diff := cmp.Diff(intake.Counts{Rows: 4, New: 1, Alike: 3}, b.Counts); diff != "" {
		t.Fatal(diff)
	}
	ps := pairs(t, a, b)
	if len(ps) != 3 || ps[0].Thing.Title != "隧道渗水分布式监测" || ps[0].Row.Likeness != catalog.SameTitle ||
		ps[1].Row.Likeness != catalog.NearTitle || ps[2].Other == nil || ps[2].Other.N != 4 {
		t.Fatalf("%+v", ps)
	}
	asking := func() int {
		bs, err := a.Intake.Asking(t.Context(), apptest.Officer())
		if err != nil {
			t.Fatal(err)
		}
		return len(bs)
	}
	if asking() != 1 {
		t.Error("the batch is not among those that ask")
	}

	// Undecided rows stay behind and can be decided later.
	b = apply(t, a, b)
	if n := len(titles(a, t)); n != 3 || b.State != intake.Applied || b.Counts.Alike != 3 {
		t.Fatalf("%d results, %+v", n, b)
	}
	b = settle(t, a, b, intake.Same, intake.Apart, intake.Later)
	if diff := cmp.Diff(intake.Counts{Rows: 4, New: 2, Changed: 1, Alike: 1}, b.Counts); diff != "" || b.State != intake.Staged || b.Pending() != 2 {
		t.Fatalf("%s, %d pending: %s", b.State, b.Pending(), diff)
	}
	if ps := pairs(t, a, b); len(ps) != 1 || !ps[0].Row.Later {
		t.Errorf("put off: %+v", ps)
	}
	b = apply(t, a, b)
	want := map[string]string{"隧道渗水的分布式监测技术": "三", "低温电池电解液制备": "二", "低温电池电解掖制备": "四", "完全不同的东西叫什么": "五"}
	if diff := cmp.Diff(want, titles(a, t)); diff != "" {
		t.Error(diff)
	}

	// The same rows again: what was decided is not asked again.
	again := stage(t, a, rows...)
	if diff := cmp.Diff(intake.Counts{Rows: 4, Unchanged: 3, Alike: 1}, again.Counts); diff != "" {
		t.Error(diff)
	}

	// What nobody decided on is forgotten with the batch, and nothing else.
	if b, err := a.Intake.Cancel(t.Context(), apptest.Officer(), b.ID); err != nil || b.State != intake.Applied || b.Counts.Alike != 0 {
		t.Errorf("%+v, %v", b, err)
	}
	if len(titles(a, t)) != 4 {
		t.Error("cancelling the rest of a batch took something out of the catalogue")
	}
}

func TestApartIsRememberedWithoutAnApply(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, of("甲大学", "隧道渗水分布式监测", "一")))
	b := settle(t, a, stage(t, a, of("乙学院", "隧道渗水分布式监测", "三")), intake.Apart)
	if _, err := a.Intake.Cancel(t.Context(), apptest.Officer(), b.ID); err != nil {
		t.Fatal(err)
	}
	if b := stage(t, a, of("乙学院", "隧道渗水分布式监测", "三")); b.Counts.New != 1 {
		t.Errorf("asked again: %+v", b.Counts)
	}
}

func TestRowsOfOneFileThatAreTheSameBecomeOne(t *testing.T) {
	a := apptest.New(t)
	b := stage(t, a, of("甲大学", "隧道渗水分布式监测", "一"), of("乙学院", "隧道渗水分布式监测", "二"))
	b = apply(t, a, settle(t, a, b, intake.Same))
	if diff := cmp.Diff(intake.Counts{Rows: 2, New: 1, Repeated: 1}, b.Counts); diff != "" {
		t.Error(diff)
	}
	rs := a.AllResults(t)
	if len(rs) != 1 || rs[0].Abstract != "二" || rs[0].Owners[0] != "乙学院" {
		t.Errorf("%+v", rs)
	}
	// Both keys mean it from now on.
	if b := stage(t, a, of("甲大学", "隧道渗水分布式监测", "二")); b.Counts.Changed != 1 {
		t.Errorf("%+v", b.Counts)
	}
	if b := stage(t, a, of("乙学院", "隧道渗水分布式监测", "二")); b.Counts.Unchanged != 1 {
		t.Errorf("%+v", b.Counts)
	}
}

func TestTheSameRightUnderAnotherKey(t *testing.T) {
	a := apptest.New(t)
	patent := func(id, number, title string) intake.Row {
		return apptest.ResultRow(catalog.Result{GivenID: id, Kind: catalog.KindPatent, Title: title, Rights: []catalog.Right{{Number: number}}})
	}
	a.Import(t, apptest.File(intake.Patents, patent("P1", "202310000001.2", "一种隧道渗水监测方法")))
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Patents,
		patent("", "202310000001.2", "改了名字的同一件"), patent("", "202320000002.3", "一种隧道渗水监测方法")), nil)
	if err != nil {
		t.Fatal(err)
	}
	// A patent with a number of its own is one of its own, whatever its title.
	if ps := pairs(t, a, b); len(ps) != 1 || ps[0].Row.Likeness != catalog.SameRight || b.Counts.New != 1 {
		t.Errorf("%+v, %+v", b.Counts, ps)
	}
}

func TestWhatIsTheSameAndPublicIsConfirmedAgain(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, of("甲大学", "隧道渗水分布式监测", "一")))
	a.PublishResults(t)
	a.Clock.Advance(1e9)
	// Two rows about it: one by its key, one that is decided to be the same.
	b := stage(t, a, of("甲大学", "隧道渗水分布式监测", "一"), of("乙学院", "隧道渗水分布式监测", "换了说法"))
	b = apply(t, a, settle(t, a, b, intake.Same))
	if diff := cmp.Diff(intake.Counts{Rows: 2, Changed: 1, Repeated: 1}, b.Counts); diff != "" {
		t.Error(diff)
	}
	if r := a.AllResults(t)[0]; r.Abstract != "换了说法" || r.PublicConfirmed || r.State != catalog.ResultReview {
		t.Errorf("words that nobody confirmed are public: %+v", r)
	}
}

func TestADecisionOnWhatMovedIsLeftOut(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, of("甲大学", "隧道渗水分布式监测", "一")))
	b := stage(t, a, of("乙学院", "隧道渗水分布式监测", "二"))
	seen := pairs(t, a, b)[0]
	a.Import(t, apptest.File(intake.Results, of("甲大学", "隧道渗水分布式监测", "别人改的")))
	b, moved, err := a.Intake.Decide(t.Context(), apptest.Officer(), b.ID, []intake.Decision{{Pos: seen.Row.Pos, Version: seen.Thing.Result.Version, Verdict: intake.Same}})
	if err != nil || moved != 1 || b.Counts.Alike != 1 {
		t.Fatalf("%d moved, %+v, %v", moved, b.Counts, err)
	}
	b = settle(t, a, b, intake.Same)
	// It moves again, between the decision and the apply.
	a.Import(t, apptest.File(intake.Results, of("甲大学", "隧道渗水分布式监测", "又改")))
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); !intake.Moved(err) {
		t.Fatalf("apply: %v", err)
	}
	if b, err = a.Intake.Recheck(t.Context(), apptest.Officer(), b.ID); err != nil || b.Counts.Changed != 1 {
		t.Fatalf("%+v, %v", b.Counts, err)
	}
	apply(t, a, b)
	if got := titles(a, t); got["隧道渗水分布式监测"] != "二" || len(got) != 1 {
		t.Error(got)
	}
}

func TestRecheckMendsWhatMoved(t *testing.T) {
	a := apptest.New(t)
	full := apptest.ResultRow(catalog.Result{Title: "甲乙丙丁戊己庚", Abstract: "一", Funding: "校级", Owners: []string{"示范大学"}})
	a.Import(t, apptest.File(intake.Results, full))
	b := stage(t, a, of("示范大学", "甲乙丙丁戊己庚", "二"), of("示范大学", "子丑寅卯辰巳午", "二"))
	// Somebody else changes another field of the one and brings the other.
	full.Result.Funding = "部级"
	a.Import(t, apptest.File(intake.Results, full, of("示范大学", "子丑寅卯辰巳午", "先来的")))
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); !intake.Moved(err) {
		t.Fatalf("apply: %v", err)
	}
	b, err := a.Intake.Recheck(t.Context(), apptest.Officer(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(intake.Counts{Rows: 2, Changed: 2}, b.Counts); diff != "" {
		t.Error(diff)
	}
	apply(t, a, b)
	for _, r := range a.AllResults(t) {
		if r.Abstract != "二" || r.Title == "甲乙丙丁戊己庚" && r.Funding != "部级" {
			t.Errorf("%s: %s, %s: what somebody else changed meanwhile is gone", r.Title, r.Abstract, r.Funding)
		}
	}
}

func TestADropIsAppliedFileByFile(t *testing.T) {
	a := apptest.New(t)
	drop := newID(t)
	for i, rows := range [][]intake.Row{
		{of("甲大学", "隧道渗水分布式监测", "一"), of("甲大学", "低温电池电解液制备", "一")},
		{of("甲大学", "低温电池电解液制备", "二"), of("乙学院", "隧道渗水分布式监测", "二"), refusedRow("坏")},
	} {
		w, err := a.Intake.Await(t.Context(), apptest.Officer(), drop, intake.Results, fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		f := apptest.File(intake.Results, rows...)
		f.Batch = w.ID
		if b, err := a.Intake.Stage(t.Context(), apptest.Officer(), f, nil); err != nil || b.ID != w.ID || b.Drop != drop {
			t.Fatalf("%+v, %v", b, err)
		}
	}
	done, err := a.Intake.ApplyDrop(t.Context(), apptest.Officer(), drop)
	if err != nil || len(done) != 2 || done[0].Err != nil || done[1].Err != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	// The second file holds what the first one has just brought.
	if diff := cmp.Diff(intake.Counts{Rows: 3, Changed: 1, Alike: 1, Refused: 1}, done[1].Batch.Counts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"隧道渗水分布式监测": "一", "低温电池电解液制备": "二"}, titles(a, t)); diff != "" {
		t.Error(diff)
	}
	bs, err := a.Intake.Drop(t.Context(), apptest.Officer(), drop)
	if err != nil || len(bs) != 2 || bs[0].File != "test.csv" {
		t.Errorf("%+v, %v", bs, err)
	}
	lacks := intake.LacksOf(bs)
	if len(lacks) != 1 || lacks[0].N != 1 || lacks[0].Files[0].ID != bs[1].ID || lacks[0].Files[0].Lacks[0].Where[0] != (intake.Span{From: 4, To: 4}) {
		t.Errorf("%+v", lacks)
	}
}

// TestManyAlikeRows has every row resemble the same few things: what it costs
// must not grow with the square.
func TestManyAlikeRows(t *testing.T) {
	a := apptest.New(t)
	rows := make([]intake.Row, 3000)
	for i := range rows {
		rows[i] = of(fmt.Sprint("单位", i), "隧道渗水分布式监测", "一")
	}
	b := stage(t, a, rows...)
	if diff := cmp.Diff(intake.Counts{Rows: 3000, New: 1, Alike: 2999}, b.Counts); diff != "" {
		t.Error(diff)
	}
	b, err := a.Intake.AddAlike(t.Context(), apptest.Officer(), b.ID)
	if err != nil || b.Counts.New != 3000 {
		t.Fatalf("%+v, %v", b.Counts, err)
	}
	apply(t, a, b)
}
