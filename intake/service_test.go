package intake_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func result(title, abstract string) intake.Row {
	return apptest.ResultRow(catalog.Result{Title: title, Abstract: abstract, Owners: []string{"示范大学"},
		Contact: catalog.Contact{Phone: "13800000001"}})
}

func refusedRow(title string) intake.Row {
	return intake.Row{Title: title, Issues: []intake.Issue{{Refusal: true, Column: "成果名称", Key: "import.row.empty"}}}
}

func titles(a *apptest.App, t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range a.AllResults(t) {
		out[r.Title] = r.Abstract
	}
	return out
}

func TestImportTwiceChangesNothing(t *testing.T) {
	a := apptest.New(t)
	file := apptest.File(intake.Results, result("甲", "一"), refusedRow("坏"), result("乙", "二"))
	first := a.Import(t, file)
	if diff := cmp.Diff(intake.Counts{Rows: 3, New: 2, Refused: 1}, first.Counts); diff != "" {
		t.Error(diff)
	}
	before := a.AllResults(t)
	second := a.Import(t, file)
	if diff := cmp.Diff(intake.Counts{Rows: 3, Unchanged: 2, Refused: 1}, second.Counts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, a.AllResults(t)); diff != "" {
		t.Errorf("the second import changed something: %s", diff)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	a := apptest.New(t)
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results, result("甲", "一")), nil)
	if err != nil || b.State != intake.Staged || b.Counts.New != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	if got := titles(a, t); len(got) != 0 {
		t.Errorf("a dry run wrote %v", got)
	}
	if _, err := a.Intake.Cancel(t.Context(), apptest.Officer(), b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a cancelled batch was applied: %v", err)
	}
	if rows, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, "", 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("a cancelled batch keeps %d rows, %v", len(rows), err)
	}
}

func TestOfRepeatedRowsTheLastCounts(t *testing.T) {
	a := apptest.New(t)
	file := apptest.File(intake.Results, result("甲", "旧"), result("乙", "二"), result("甲", "新"))
	b := a.Import(t, file)
	if diff := cmp.Diff(intake.Counts{Rows: 3, New: 2, Repeated: 1}, b.Counts); diff != "" {
		t.Error(diff)
	}
	if got := titles(a, t); got["甲"] != "新" {
		t.Errorf("catalogue: %v", got)
	}
	again := a.Import(t, file)
	if diff := cmp.Diff(intake.Counts{Rows: 3, Unchanged: 2, Repeated: 1}, again.Counts); diff != "" {
		t.Error(diff)
	}
}

func TestBlankCellsEmptyNothing(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲", "一")))
	b := a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "甲", Owners: []string{"示范大学"}, Funding: "校级"})))
	if b.Counts.Changed != 1 {
		t.Errorf("%+v", b.Counts)
	}
	r := a.AllResults(t)[0]
	contact, err := a.Shelf.ResultContact(t.Context(), apptest.Officer(), r.Code)
	if err != nil || r.Abstract != "一" || r.Funding != "校级" || contact.Phone != "13800000001" {
		t.Errorf("%+v, %+v, %v", r, contact, err)
	}
}

func TestChangedWordsLeaveTheShelf(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲", "一"), result("乙", "二")))
	a.PublishResults(t)
	a.Clock.Advance(time.Hour) // or the time of the change itself would look like no change
	// 乙 gets another phone only: nothing public changes.
	other := result("乙", "二")
	other.Result.Contact.Phone = "13800000002"
	a.Import(t, apptest.File(intake.Results, result("甲", "改"), other))
	public, _, err := a.Shelf.Results(t.Context(), account.Nobody(), shelf.Filter{}, shelf.Page{Limit: 10})
	if err != nil || len(public) != 1 || public[0].Title != "乙" {
		t.Errorf("on the shelf: %v, %v", public, err)
	}
}

func TestANeedStaysOpenWhenOnlyItsContactChanges(t *testing.T) {
	a := apptest.New(t)
	need := func(text, phone string) intake.Row {
		return apptest.NeedRow(catalog.Need{Title: "裂缝", Text: text, OwnerName: "示例企业", Contact: catalog.Contact{Phone: phone}})
	}
	open := func() int {
		ns, _, err := a.Shelf.Needs(t.Context(), account.Nobody(), shelf.Filter{}, shelf.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(ns)
	}
	a.Import(t, apptest.File(intake.Needs, need("楼板裂了", "13800000001")))
	ns, _, err := a.Shelf.Needs(t.Context(), apptest.Officer(), shelf.Filter{}, shelf.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Shelf.PublishNeeds(t.Context(), apptest.Officer(), []shelf.Ref{{ID: ns[0].ID, Version: ns[0].Version}}); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(time.Hour)
	a.Import(t, apptest.File(intake.Needs, need("楼板裂了", "13800000002")))
	if open() != 1 {
		t.Error("another phone closed the need")
	}
	a.Import(t, apptest.File(intake.Needs, need("墙裂了", "13800000002")))
	if open() != 0 {
		t.Error("words nobody confirmed are public")
	}
}

func TestUnusableFileLeavesNothing(t *testing.T) {
	a := apptest.New(t)
	broken := errors.New("broken")
	f := apptest.File(intake.Results)
	f.Rows = func(yield func(intake.Row, error) bool) {
		for range 1200 {
			if !yield(result("甲", "一"), nil) {
				return
			}
		}
		yield(intake.Row{}, broken)
	}
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), f, nil)
	if !errors.Is(err, broken) || b.State != intake.Failed {
		t.Errorf("%s, %v", b.State, err)
	}
	if rows, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, "", 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("%d rows are left, %v", len(rows), err)
	}
	if _, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results), nil); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a file without rows: %v", err)
	}
}

func TestCancelledStagingLeavesNothing(t *testing.T) {
	a := apptest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	f := apptest.File(intake.Results)
	f.Rows = func(yield func(intake.Row, error) bool) {
		for n := range 2000 {
			if n == 700 {
				cancel()
			}
			if !yield(result("甲", "一"), nil) {
				return
			}
		}
	}
	b, err := a.Intake.Stage(ctx, apptest.Officer(), f, nil)
	if catalog.CodeOf(err) != catalog.Conflict || b.State != intake.Cancelled {
		t.Errorf("%s, %v", b.State, err)
	}
	if got := titles(a, t); len(got) != 0 {
		t.Error(got)
	}
}

func TestWhatMovedSinceTheDryRunIsNotOverwritten(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲", "一"), result("丙", "三")))
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(),
		apptest.File(intake.Results, result("甲", "二"), result("乙", "二")), nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Import(t, apptest.File(intake.Results, result("甲", "别人的")))
	if _, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID); catalog.CodeOf(err) != catalog.Conflict {
		t.Fatalf("apply: %v", err)
	}
	want := map[string]string{"甲": "别人的", "丙": "三"}
	if diff := cmp.Diff(want, titles(a, t)); diff != "" {
		t.Error(diff)
	}
	if got, err := a.Intake.Batch(t.Context(), apptest.Officer(), b.ID); err != nil || got.State != intake.Staged {
		t.Errorf("the batch is %s, %v", got.State, err)
	}
}

func TestTwoImportsOfOneFileAtOnce(t *testing.T) {
	a := apptest.New(t)
	file := apptest.File(intake.Results, result("甲", "一"), result("乙", "二"))
	errs := make(chan error)
	var batches [2]intake.Batch
	for i := range batches {
		var err error
		if batches[i], err = a.Intake.Stage(t.Context(), apptest.Officer(), file, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range batches {
		go func() {
			_, err := a.Intake.Apply(t.Context(), apptest.Officer(), b.ID)
			errs <- err
		}()
	}
	won := 0
	for range batches {
		if err := <-errs; err == nil {
			won++
		} else if catalog.CodeOf(err) != catalog.Conflict {
			t.Error(err)
		}
	}
	if won != 1 || len(a.AllResults(t)) != 2 {
		t.Errorf("%d imports won, %d results", won, len(a.AllResults(t)))
	}
}

func TestOnlyWhoMayImports(t *testing.T) {
	a := apptest.New(t)
	file := apptest.File(intake.Results, result("甲", "一"))
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range account.Roles() {
		p := account.Principal{Acting: role}
		if p.May(account.ImportFiles) {
			continue
		}
		_, staged := a.Intake.Stage(t.Context(), p, file, nil)
		_, applied := a.Intake.Apply(t.Context(), p, b.ID)
		_, cancelled := a.Intake.Cancel(t.Context(), p, b.ID)
		_, read := a.Intake.Rows(t.Context(), p, b.ID, "", 0, 10)
		for what, err := range map[string]error{"stage": staged, "apply": applied, "cancel": cancelled, "read": read} {
			if catalog.CodeOf(err) != catalog.Forbidden {
				t.Errorf("%s may %s: %v", role, what, err)
			}
		}
	}
}

func TestAnExportedCodeMeansItsThing(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲", "一")))
	code := a.AllResults(t)[0].Code
	b := a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{GivenID: code, Title: "甲", Abstract: "改过"})))
	if b.Counts.Changed != 1 || len(a.AllResults(t)) != 1 || a.AllResults(t)[0].Abstract != "改过" {
		t.Errorf("%+v, %+v", b.Counts, a.AllResults(t))
	}
}

func person(staffNo, orcid, name, unit string) intake.Row {
	return intake.Row{Title: name, Person: &catalog.Person{StaffNo: staffNo, ORCID: orcid, Name: name, Unit: unit}}
}

// everybody is who is known by these keys, as unit by key.
func everybody(t *testing.T, a *apptest.App, keys ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := store.For[intake.Tx](a.DB).Read(t.Context(), func(tx intake.Tx) error {
		found, err := tx.PeopleByKey(t.Context(), keys)
		for k, p := range found {
			out[k] = p.Name + " " + p.Unit
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPeopleAreKnownByTheirNumbers(t *testing.T) {
	a := apptest.New(t)
	file := apptest.File(intake.People, person("1", "", "王伟", "材料学院"), person("2", "", "王伟", "机械学院"), person("", "x", "王伟", "化学学院"))
	if diff := cmp.Diff(intake.Counts{Rows: 3, New: 3}, a.Import(t, file).Counts); diff != "" {
		t.Errorf("three people of one name: %s", diff)
	}
	if diff := cmp.Diff(intake.Counts{Rows: 3, Unchanged: 3}, a.Import(t, file).Counts); diff != "" {
		t.Errorf("a second time: %s", diff)
	}
	// One gets an ORCID, one a staff number, and then each is met by either.
	b := a.Import(t, apptest.File(intake.People, person("1", "y", "王伟", ""), person("3", "x", "王伟", "")))
	if b.Counts.Changed != 2 {
		t.Errorf("%+v", b.Counts)
	}
	b = a.Import(t, apptest.File(intake.People, person("", "y", "王伟", "材料学院"), person("3", "", "王伟", "生命学院")))
	if diff := cmp.Diff(intake.Counts{Rows: 2, Changed: 1, Unchanged: 1}, b.Counts); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{"st:1": "王伟 材料学院", "or:y": "王伟 材料学院", "st:2": "王伟 机械学院", "st:3": "王伟 生命学院", "or:x": "王伟 生命学院"}
	if diff := cmp.Diff(want, everybody(t, a, "st:1", "st:2", "st:3", "or:x", "or:y", "or:z")); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersOfTwoPeopleAreRefused(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.People, person("1", "", "甲", "一"), person("2", "x", "乙", "二"), person("", "z", "丙", "三")))
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(),
		apptest.File(intake.People, person("1", "x", "甲", "三"), person("9", "x", "乙", "三"), person("1", "z", "甲", "三"), person("", "", "丁", "三")), nil)
	if err != nil || b.Counts.Refused != 4 {
		t.Fatalf("%+v, %v", b.Counts, err)
	}
	rows, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, intake.Refused, 0, 10)
	if err != nil || len(rows) != 4 || rows[3].Issues[0].Key != "import.refused.no_person_key" || rows[0].Issues[0].Key != "import.refused.two_people" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestNumbersOfTwoRowsAreRefused(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.People, person("5", "", "戊", "五"), person("", "w", "己", "六")))
	b := a.Import(t, apptest.File(intake.People, person("1", "x", "甲", "一"), person("", "x", "甲", "二"), person("2", "x", "乙", "二"),
		person("5", "y", "戊", "五"), person("", "y", "戊", "六"), person("1", "x", "甲", "三"),
		person("", "w", "己", "六"), person("6", "w", "己", "六"))) // one person, whom the catalogue knows
	if diff := cmp.Diff(intake.Counts{Rows: 8, New: 1, Changed: 2, Repeated: 2, Refused: 3}, b.Counts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"or:x": "甲 三", "or:y": "戊 五"}, everybody(t, a, "or:x", "or:y")); diff != "" {
		t.Error(diff)
	}
}

func TestUnitsKnowTheirPredecessor(t *testing.T) {
	a := apptest.New(t)
	unit := func(name, before string, kind catalog.PartyKind) intake.Row {
		return intake.Row{Title: name, Predecessor: before, Party: &catalog.Party{Name: name, Kind: kind}}
	}
	file := apptest.File(intake.Parties, unit("冶金系", "", catalog.PartyUnit), unit("材料学院", "冶金 系", catalog.PartyUnit), unit("某公司", "某公司", ""))
	b := a.Import(t, file)
	rows, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, "", 0, 10)
	if err != nil || len(rows) != 3 || len(rows[1].Issues) != 1 || rows[1].Issues[0].Key != "import.note.no_predecessor" || len(rows[2].Issues) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
	if diff := cmp.Diff(intake.Counts{Rows: 3, Changed: 1, Unchanged: 2}, a.Import(t, file).Counts); diff != "" {
		t.Errorf("once the predecessor is known: %s", diff)
	}
	// A list that does not say kinds and predecessors takes none away.
	if b := a.Import(t, apptest.File(intake.Parties, unit("材料学院", "", ""))); b.Counts.Unchanged != 1 {
		t.Errorf("%+v", b.Counts)
	}
	ps, _, _, err := a.Shelf.Parties(t.Context(), apptest.Officer(), shelf.PartyFilter{}, shelf.Page{Limit: 10})
	if err != nil || len(ps) != 3 {
		t.Fatalf("%+v, %v", ps, err)
	}
	by := map[string]catalog.Party{}
	for _, p := range ps {
		by[p.Name] = p
	}
	if p := by["材料学院"]; p.PredecessorID != by["冶金系"].ID || p.Kind != catalog.PartyUnit {
		t.Errorf("%+v", p)
	}
	if p := by["某公司"]; p.PredecessorID != uuid.Nil || p.Kind != catalog.PartyEnterprise {
		t.Errorf("%+v", p)
	}
}

// A file names predecessors that stand in rows of its own, above and below.
func TestPredecessorsOfTheSameFile(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
		a := apptest.New(t)
		a.Import(t, apptest.File(intake.Parties, intake.Row{Title: "机械系", Party: &catalog.Party{Name: "机械系", Kind: catalog.PartyUnit}}))
		all := []intake.Row{}
		for _, u := range [][2]string{{"冶金系", ""}, {"材料学院", "冶金 系"}, {"材料学部", "材料学院"}, {"机械系", "冶金系"}} {
			all = append(all, intake.Row{Title: u[0], Predecessor: u[1], Party: &catalog.Party{Name: u[0], Kind: catalog.PartyUnit}})
		}
		rows := make([]intake.Row, len(order))
		for i, n := range order {
			rows[i] = all[n]
		}
		rows = append(rows, intake.Row{Title: "甲", Predecessor: "甲", Party: &catalog.Party{Name: "甲"}}, intake.Row{Title: "乙", Predecessor: "没有的", Party: &catalog.Party{Name: "乙"}})
		file := apptest.File(intake.Parties, rows...)
		file.Columns = []intake.Column{{Header: "名称", Field: "title"}, {Header: "前身", Field: "predecessor"}}
		b := a.Import(t, file)
		if diff := cmp.Diff(intake.Counts{Rows: 6, New: 5, Changed: 1}, b.Counts); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
		staged, err := a.Intake.Rows(t.Context(), apptest.Officer(), b.ID, "", 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		noted := 0
		for _, r := range staged {
			noted += len(r.Issues)
		}
		if noted != 2 {
			t.Errorf("%d notes, want those of 甲 and 乙: %+v", noted, staged)
		}
		ps, _, _, err := a.Shelf.Parties(t.Context(), apptest.Officer(), shelf.PartyFilter{}, shelf.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]catalog.Party{}
		for _, p := range ps {
			by[p.Name] = p
		}
		if by["材料学院"].PredecessorID != by["冶金系"].ID || by["材料学部"].PredecessorID != by["材料学院"].ID || by["机械系"].PredecessorID != by["冶金系"].ID ||
			by["冶金系"].PredecessorID != uuid.Nil || by["甲"].PredecessorID != uuid.Nil || by["乙"].PredecessorID != uuid.Nil {
			t.Errorf("%v: %+v", order, ps)
		}
		if c := a.Import(t, file).Counts; c.Unchanged != 6 {
			t.Errorf("again: %+v", c)
		}
	}
}
