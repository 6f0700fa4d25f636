package intake_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/store"
	"datai/work"

	"github.com/google/go-cmp/cmp"
)

// sheetOf is an older sheet: one result as an office holds it.
func sheetOf(abstract, awards string) intake.File {
	r := catalog.Result{Title: "隧道渗水监测", Kind: catalog.KindResult, GivenID: "CG-1", Abstract: abstract, Awards: awards, Keywords: []string{"隧道"}, Contact: catalog.Contact{Phone: "13800000001"}}
	f := apptest.File(intake.Results, apptest.ResultRow(r))
	f.Columns = []intake.Column{{Header: "成果简介", Field: "abstract"}, {Header: "获奖情况", Field: "awards"}}
	return f
}

// onPage changes the abstract as an officer does on the page.
func onPage(t *testing.T, a *apptest.App, text string) {
	t.Helper()
	r := a.AllResults(t)[0]
	officer := apptest.Officer()
	officer.Name = "李老师"
	if _, err := a.Shelf.EditResult(t.Context(), officer, r.Code, r.Version, func(r *catalog.Result) { r.Abstract = text }); err != nil {
		t.Fatal(err)
	}
}

func stageOf(t *testing.T, a *apptest.App, f intake.File) (intake.Batch, intake.StagedRow) {
	t.Helper()
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b, rowOf(t, a, b)
}

func rowOf(t *testing.T, a *apptest.App, b intake.Batch) intake.StagedRow {
	t.Helper()
	rows, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, "", 0, 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	return rows[0]
}

func TestAnOlderSheetDoesNotWriteOverThePage(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, sheetOf("旧的简介", ""))
	a.PublishResults(t)
	a.Clock.Advance(time.Hour)
	onPage(t, a, "页面上改好的简介")

	b, row := stageOf(t, a, sheetOf("旧的简介", ""))
	want := []intake.Issue{{Column: "成果简介", Key: "import.note.edited",
		Args: catalog.Args{"field": "Abstract", "at": "2026-04-07", "by": "李老师", "page": "页面上改好的简介", "file": "旧的简介"}}}
	if diff := cmp.Diff(want, row.Issues); diff != "" || row.Fate != intake.Unchanged || b.Edited != 1 {
		t.Errorf("%s, %d edited: %s", row.Fate, b.Edited, diff)
	}
	// What the page did not touch still comes from the file, and the contact with it.
	b, row = stageOf(t, a, sheetOf("旧的简介", "一等奖"))
	if row.Fate != intake.Changed || b.Edited != 1 {
		t.Errorf("%s, %d edited", row.Fate, b.Edited)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); err != nil {
		t.Fatal(err)
	}
	if r := a.AllResults(t)[0]; r.Abstract != "页面上改好的简介" || r.Awards != "一等奖" || r.Contact.Phone != "138****01" {
		t.Errorf("%+v", r)
	}
	// The choice can be made both ways before anything is written.
	b, _ = stageOf(t, a, sheetOf("旧的简介", "一等奖"))
	for _, file := range []bool{true, false, true} {
		var err error
		if b, err = a.Intake.Prefer(t.Context(), apptest.Officer(), b.ID, file); err != nil {
			t.Fatal(err)
		}
		row, fate, key := rowOf(t, a, b), intake.Unchanged, "import.note.edited"
		if file {
			fate, key = intake.Changed, "import.note.edited_over"
		}
		if row.Fate != fate || !slices.ContainsFunc(row.Issues, func(i intake.Issue) bool { return i.Key == key }) || b.Edited != 1 || b.Counts.Changed+b.Counts.Unchanged != 1 || b.FileWins != file {
			t.Errorf("file %v: %+v, %+v", file, row, b)
		}
	}
	if _, err := a.Intake.Prefer(t.Context(), account.Nobody(), b.ID, true); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("anybody may say what counts: %v", err)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); err != nil {
		t.Fatal(err)
	}
	if r := a.AllResults(t)[0]; r.Abstract != "旧的简介" || r.PublicConfirmed {
		t.Errorf("%+v", r)
	}
	// The page's change is gone: the next file is as any other.
	if b, row = stageOf(t, a, sheetOf("新的简介", "")); b.Edited != 0 || row.Fate != intake.Changed {
		t.Errorf("%+v, %d edited", row, b.Edited)
	}
	if _, err := a.Intake.Prefer(t.Context(), apptest.Officer(), a.Import(t, sheetOf("再新的简介", "")).ID, true); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("an applied batch: %v", err)
	}
}

// A file that says what the page says has caught up: what it changes later
// counts again.
func TestAFileThatCaughtUpCountsAgain(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, sheetOf("旧的简介", ""))
	onPage(t, a, "页面上改好的简介")
	b := a.Import(t, sheetOf("页面上改好的简介", "二等奖"))
	if b.Edited != 0 || b.Agreed != 1 || b.Counts.Changed != 1 {
		t.Errorf("%+v", b)
	}
	a.Import(t, sheetOf("后来又改的简介", ""))
	if r := a.AllResults(t)[0]; !strings.HasPrefix(r.Abstract, "后来") {
		t.Errorf("%+v", r)
	}
}

func TestAnOlderSheetOfNeedsDoesNotWriteOverThePage(t *testing.T) {
	a := apptest.New(t)
	sheet := func(text string) intake.File {
		return apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "找漏", GivenID: "XQ-1", Text: text, OwnerName: "示例水务", Contact: catalog.Contact{Email: "a@example.com"}}))
	}
	a.Import(t, sheet("挖三个坑"))
	n := a.AllNeeds(t)[0]
	if _, err := a.Shelf.EditNeed(t.Context(), apptest.Officer(), n.Code, n.Version, func(n *catalog.Need) { n.Text = "少挖坑" }); err != nil {
		t.Fatal(err)
	}
	// It also holds when the catalogue moves after the dry run.
	b, row := stageOf(t, a, sheet("挖三个坑"))
	if row.Fate != intake.Unchanged || b.Edited != 1 {
		t.Errorf("%+v", row)
	}
	b, _ = stageOf(t, a, sheet("挖四个坑"))
	n = a.AllNeeds(t)[0]
	if _, err := a.Shelf.EditNeed(t.Context(), apptest.Officer(), n.Code, n.Version, func(n *catalog.Need) { n.Category = "检测" }); err != nil {
		t.Fatal(err)
	}
	b, err := a.Intake.Recheck(t.Context(), apptest.Officer(), b.ID)
	if err != nil || b.Edited != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); err != nil {
		t.Fatal(err)
	}
	if n := a.AllNeeds(t)[0]; n.Text != "少挖坑" || n.Category != "检测" || n.Contact.Email != "a***@example.com" {
		t.Errorf("%+v", n)
	}
}

// What is worked out of a text stays with it.
func TestIndicatorsStayWithTheirText(t *testing.T) {
	a := apptest.New(t)
	sheet := func(text, name string) intake.File {
		return apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "漏点定位", Kind: catalog.KindResult, GivenID: "CG-2", IndicatorsAs: text, Indicators: []catalog.Indicator{{Name: name}}}))
	}
	a.Import(t, sheet("误差一米", "误差"))
	r := a.AllResults(t)[0]
	if _, err := a.Shelf.EditResult(t.Context(), apptest.Officer(), r.Code, r.Version, func(r *catalog.Result) { r.IndicatorsAs = "误差 1 m" }); err != nil {
		t.Fatal(err)
	}
	a.Import(t, sheet("误差两米", "偏差"))
	if r := a.AllResults(t)[0]; r.IndicatorsAs != "误差 1 m" || len(r.Indicators) != 1 || r.Indicators[0].Name != "误差" {
		t.Errorf("%q, %+v", r.IndicatorsAs, r.Indicators)
	}
}

// again is a unit of work whose every write is rolled back once and runs again.
type again struct{ work.Unit[intake.Tx] }

var errAgain = errors.New("rolled back")

func (u again) Write(ctx context.Context, fn func(intake.Tx) error) error {
	err := u.Unit.Write(ctx, func(tx intake.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errAgain
	})
	if !errors.Is(err, errAgain) {
		return err
	}
	return u.Unit.Write(ctx, fn)
}

func TestAWriteThatRunsAgainComparesEveryRow(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, sheetOf("旧的简介", ""))
	onPage(t, a, "页面上改好的简介")
	b, _ := stageOf(t, a, sheetOf("旧的简介", "一等奖"))
	s := intake.NewService(again{store.For[intake.Tx](a.DB)}, a.Clock.Now, rand.Reader)
	if _, err := s.Prefer(t.Context(), apptest.Officer(), b.ID, true); err != nil {
		t.Fatal(err)
	}
	if row := rowOf(t, a, b); row.Result.Abstract != "旧的简介" {
		t.Errorf("the file was to win, and %q stays", row.Result.Abstract)
	}
}
