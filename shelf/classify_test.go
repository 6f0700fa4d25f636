package shelf_test

import (
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/shelf"
)

// TestASheetKeepsWhatWasClassified: what an officer gave stays when the same
// sheet, or one that says otherwise, comes again.
func TestASheetKeepsWhatWasClassified(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	a.Import(t, apptest.File(intake.Needs, need("乙", catalog.Date{})))
	r := a.AllResults(t)[0]
	ns, _, err := a.Shelf.Needs(t.Context(), apptest.Officer(), shelf.Filter{}, shelf.Page{})
	if err != nil || len(ns) != 1 {
		t.Fatal(ns, err)
	}
	label := shelf.Label{Ref: shelf.Ref{ID: r.ID, Version: r.Version}, Theme: catalog.City, Discipline: "土木工程"}
	for _, role := range []account.Role{account.Visitor, account.System, account.Console} {
		if _, err := a.Shelf.ClassifyResults(t.Context(), account.Principal{Acting: role}, []shelf.Label{label}, true); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s: %v", role, err)
		}
	}
	if out, err := a.Shelf.ClassifyResults(t.Context(), apptest.Officer(), []shelf.Label{label}, false); err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	label = shelf.Label{Ref: shelf.Ref{ID: ns[0].ID, Version: ns[0].Version}, Theme: catalog.Health}
	if out, err := a.Shelf.ClassifyNeeds(t.Context(), apptest.Officer(), []shelf.Label{label}, false); err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if b := a.Import(t, apptest.File(intake.Results, result("甲"))); b.Counts.Unchanged != 1 {
		t.Errorf("the same sheet again: %+v", b.Counts)
	}
	other, wanted := result("甲"), need("乙", catalog.Date{})
	other.Result.Themes, other.Result.Disciplines = []catalog.Theme{catalog.AI}, []string{"430"}
	other.Result.Abstract = "另一段话"
	wanted.Need.Themes, wanted.Need.Disciplines = []catalog.Theme{catalog.AI}, []string{"药学"}
	a.Import(t, apptest.File(intake.Results, other))
	a.Import(t, apptest.File(intake.Needs, wanted))
	r = a.AllResults(t)[0]
	if r.Abstract != "另一段话" || len(r.Themes) != 1 || r.Themes[0] != catalog.City || r.Disciplines[0] != "土木工程" || r.ThemesBy.Name != "officer" || r.ThemesBy.At != a.Clock.Now().UnixMilli() {
		t.Errorf("%+v", r)
	}
	ns, _, err = a.Shelf.Needs(t.Context(), apptest.Officer(), shelf.Filter{}, shelf.Page{})
	if err != nil || ns[0].Themes[0] != catalog.Health || ns[0].Disciplines[0] != "药学" || ns[0].DisciplinesBy.Anybody() {
		t.Errorf("%+v, %v", ns, err)
	}
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := a.DB.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, e := range entries {
		if e.Verb == "classify.result" && e.Subject == r.ID && e.Body["theme"] == "city" && e.Body["discipline"] == "土木工程" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the journal has %d entries of it", said)
	}
}

// TestTwoOfficersClassifyAtOnce: one of them is told.
func TestTwoOfficersClassifyAtOnce(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	a.PublishResults(t)
	r := a.AllResults(t)[0]
	outs := make(chan shelf.Outcome)
	for _, d := range []string{"土木工程", "力学"} {
		go func() {
			out, err := a.Shelf.ClassifyResults(t.Context(), apptest.Officer(), []shelf.Label{{Ref: shelf.Ref{ID: r.ID, Version: r.Version}, Discipline: d}}, true)
			if err != nil {
				t.Error(err)
			}
			outs <- out
		}()
	}
	one, two := <-outs, <-outs
	if one.Done+two.Done != 1 || len(one.Left)+len(two.Left) != 1 {
		t.Errorf("%+v and %+v", one, two)
	}
	if r = a.AllResults(t)[0]; !r.PublicConfirmed || len(r.Disciplines) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestAFileMayCount: if the officer lets a file count against what was
// classified, nobody has given it any more.
func TestAFileMayCount(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, result("甲")))
	r := a.AllResults(t)[0]
	if out, err := a.Shelf.ClassifyResults(t.Context(), apptest.Officer(), []shelf.Label{{Ref: shelf.Ref{ID: r.ID, Version: r.Version}, Theme: catalog.City, Discipline: "力学"}}, false); err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	other := result("甲")
	other.Result.Themes = []catalog.Theme{catalog.AI}
	b, err := a.Intake.Stage(t.Context(), apptest.Officer(), apptest.File(intake.Results, other), nil)
	if err == nil && (b.Edited != 1 || b.Counts.Unchanged != 1) {
		t.Errorf("%+v", b)
	}
	if err == nil {
		b, err = a.Intake.Prefer(t.Context(), apptest.Officer(), b.ID, true)
	}
	if err == nil {
		_, err = a.Intake.Apply(t.Context(), apptest.Officer(), b.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	r = a.AllResults(t)[0]
	if len(r.Themes) != 1 || r.Themes[0] != catalog.AI || r.ThemesBy.Anybody() || r.Disciplines[0] != "力学" || !r.DisciplinesBy.Anybody() {
		t.Errorf("%+v", r)
	}
}
