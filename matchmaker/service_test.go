package matchmaker_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"
	"datai/store"
)

func result(title, abstract string) intake.Row {
	return apptest.ResultRow(catalog.Result{Title: title, Abstract: abstract, Owners: []string{"示范大学"}, Themes: []catalog.Theme{catalog.Equipment}})
}

var bearings = []intake.Row{
	result("滚动轴承早期故障的在线识别", "给风机和减速机用户:装一枚振动探头,提前指出轴承哪里坏了,误报率3.8%。"),
	result("轴承润滑脂的寿命试验", "给轴承厂:润滑脂寿命加速试验方法。"),
	result("低温混凝土配合比", "给构件厂:零下10℃施工不开裂的混凝土。"),
	result("奶牛发情监测项圈", "给牧场:监测奶牛活动量,提示发情。"),
}

const problem = "风机轴承经常坏,想提前知道哪里坏了,误报低于5%"

func ask(t *testing.T, a *apptest.App, p account.Principal, q matchmaker.Question) []string {
	t.Helper()
	got, err := a.Match.Ask(t.Context(), p, q)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, m := range got.Matches {
		titles = append(titles, m.Result.Title)
	}
	return titles
}

func TestAskSeesWhatTheAskerMaySee(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	if got := ask(t, a, apptest.Officer(), matchmaker.Question{Text: problem}); len(got) == 0 || got[0] != "滚动轴承早期故障的在线识别" {
		t.Fatalf("the office finds %q", got)
	}
	visitor, err := a.Match.Ask(t.Context(), account.Nobody(), matchmaker.Question{Text: problem, Count: true})
	if err != nil || len(visitor.Matches) != 0 || visitor.Total != 0 {
		t.Errorf("a visitor learns of what is in review: %+v, %v", visitor, err)
	}
	if f := browse(t, a, account.Nobody(), matchmaker.Browsing{}).Facets; len(f["theme"])+len(f["state"]) != 0 {
		t.Errorf("counts tell a visitor: %v", f)
	}
	a.PublishResults(t)
	if got := ask(t, a, account.Nobody(), matchmaker.Question{Text: problem}); len(got) == 0 || got[0] != "滚动轴承早期故障的在线识别" {
		t.Errorf("after listing a visitor finds %q", got)
	}
}

func TestAChangeIsFoundAtOnce(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings[2:]...))
	before := ask(t, a, apptest.Officer(), matchmaker.Question{Text: problem})
	if slices.Contains(before, "滚动轴承早期故障的在线识别") {
		t.Fatal("found before it was there")
	}
	a.Import(t, apptest.File(intake.Results, bearings[0]))
	if got := ask(t, a, apptest.Officer(), matchmaker.Question{Text: problem}); len(got) == 0 || got[0] != "滚动轴承早期故障的在线识别" {
		t.Errorf("not found right after the import: %q", got)
	}
	a.PublishResults(t)
	out, err := a.Shelf.WithdrawResults(t.Context(), apptest.Officer(), refsOf(a.AllResults(t)), "重复")
	if err != nil || out.Done != 3 {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := ask(t, a, apptest.Officer(), matchmaker.Question{Text: problem}); len(got) != 0 {
		t.Errorf("found after it was withdrawn: %q", got)
	}
	if got := ask(t, a, apptest.Officer(), matchmaker.Question{Text: problem, EveryState: true}); len(got) == 0 {
		t.Error("the office does not find withdrawn results when it asks for every state")
	}
}

func refsOf(rs []catalog.Result) []shelf.Ref {
	var out []shelf.Ref
	for _, r := range rs {
		out = append(out, shelf.Ref{ID: r.ID, Version: r.Version})
	}
	return out
}

// TestSimilarFollowsEveryChange asks each time twice: the second answer is remembered.
func TestSimilarFollowsEveryChange(t *testing.T) {
	a := apptest.New(t)
	like := func(p account.Principal) (titles []string) {
		all := a.AllResults(t)
		own := all[slices.IndexFunc(all, func(r catalog.Result) bool { return r.Title == "滚动轴承早期故障的在线识别" })]
		for range 2 {
			titles = nil
			got, err := a.Match.Similar(t.Context(), p, own, 5)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range got.Matches {
				titles = append(titles, m.Result.Title)
			}
		}
		return titles
	}
	a.Import(t, apptest.File(intake.Results, bearings[0]))
	if got := like(apptest.Officer()); len(got) != 0 {
		t.Fatalf("alone it is like %q", got)
	}
	a.Import(t, apptest.File(intake.Results, bearings[1:]...))
	if got := like(account.Nobody()); len(got) != 0 {
		t.Errorf("a visitor sees %q", got)
	}
	all := like(apptest.Officer())
	if len(all) == 0 {
		t.Fatal("nothing is like it")
	}
	if _, err := a.Shelf.WithdrawResults(t.Context(), apptest.Officer(), refsOf(a.AllResults(t)), "重复"); err != nil {
		t.Fatal(err)
	}
	if got := like(apptest.Officer()); len(got) != 0 {
		t.Errorf("after all were taken back: %q", got)
	}
}

func TestSweepHidesWhatHasLapsed(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	a.PublishResults(t)
	a.Clock.Advance(366 * 24 * time.Hour)
	if got := ask(t, a, account.Nobody(), matchmaker.Question{Text: problem}); len(got) != 0 {
		t.Errorf("a visitor is shown what has lapsed: %q", got)
	}
	if err := a.Match.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := browse(t, a, account.Nobody(), matchmaker.Browsing{}).Facets; len(f["theme"]) != 0 {
		t.Errorf("counts of what has lapsed: %v", f)
	}
}

func TestRebuildGivesTheSameAnswers(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	a.PublishResults(t)
	want := ask(t, a, account.Nobody(), matchmaker.Question{Text: problem})
	if err := a.Match.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, a, account.Nobody(), matchmaker.Question{Text: problem}); !slices.Equal(got, want) {
		t.Errorf("rebuilt: %q, before: %q", got, want)
	}
}

func needOf(t *testing.T, a *apptest.App) catalog.Need {
	t.Helper()
	a.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "轴承突然抱死", Text: problem, OwnerName: "示例水泥"})))
	return theNeed(t, a)
}

func theNeed(t *testing.T, a *apptest.App) catalog.Need {
	t.Helper()
	ns, _, err := a.Shelf.Needs(t.Context(), apptest.Officer(), shelf.Filter{}, shelf.Page{Limit: 1})
	if err != nil || len(ns) != 1 {
		t.Fatalf("%v, %v", ns, err)
	}
	return ns[0]
}

func TestMatchesOfANeedAreTheOfficesAlone(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	need := needOf(t, a)
	for _, role := range []account.Role{account.Visitor, account.System} {
		if _, err := a.Match.ForNeed(t.Context(), account.Principal{Acting: role}, need, 5, 0); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s sees the matches of a need: %v", role, err)
		}
		if err := a.Match.Say(t.Context(), account.Principal{Acting: role}, need, "x", matchmaker.Useful, "", ""); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s gives feedback: %v", role, err)
		}
	}
}

func TestFeedbackReRanksAtOnceAndCanBeTakenBack(t *testing.T) {
	a := apptest.New(t)
	rows := slices.Clone(bearings)
	for n := range 30 {
		rows = append(rows, result(fmt.Sprint("蔬菜大棚管理第", n, "项"), "给菜农:大棚通风、补光与灌溉的管理。"))
	}
	rows = append(rows, result("奶牛饲养管理", "给牧场:项圈监测奶牛活动量与反刍,提示发情和疾病。"))
	a.Import(t, apptest.File(intake.Results, rows...))
	need := needOf(t, a)
	const resembling = "奶牛饲养管理"
	lead := func() float64 { // of what resembles the marked result over the best answer to the words alone, as a part of that
		got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 40, 0)
		if err != nil {
			t.Fatal(err)
		}
		scores := map[string]float64{}
		for _, m := range got.Matches {
			scores[m.Result.Title] = m.Hit.Score
		}
		return scores[resembling]/scores["滚动轴承早期故障的在线识别"] - 1
	}
	var code string
	for _, r := range a.AllResults(t) {
		if r.Title == "奶牛发情监测项圈" {
			code = r.Code
		}
	}
	before := lead()
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, code, matchmaker.Useful, "exact", ""); err != nil {
		t.Fatal(err)
	}
	if after := lead(); after <= before+0.1 {
		t.Errorf("what resembles the useful hit leads by %.2f of it, before the click by %.2f", after, before)
	}
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, code, "", "", ""); err != nil {
		t.Fatal(err)
	}
	if again := lead(); again != before {
		t.Errorf("taken back: %.2f, was %.2f", again, before)
	}
}

func TestAReasonThatIsWorkNeverTrains(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	need := needOf(t, a)
	scores := func() []float64 {
		got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 5, 0)
		if err != nil {
			t.Fatal(err)
		}
		var out []float64
		for _, m := range got.Matches {
			out = append(out, m.Hit.Score)
		}
		return out
	}
	before := scores()
	code := a.AllResults(t)[0].Code
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, code, matchmaker.NotUseful, "too_early", ""); err != nil {
		t.Fatal(err)
	}
	if after := scores(); !slices.Equal(before, after) {
		t.Errorf("太早期 changed the ranking: %v, was %v", after, before)
	}
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, code, matchmaker.Useful, "too_early", ""); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a reason of another verdict passed: %v", err)
	}
}

func TestWhatIsMarkedNotUsefulStandsLastAndStays(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	need := needOf(t, a)
	first := func() matchmaker.Answer {
		got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 1, 0)
		if err != nil || len(got.Matches) == 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got
	}
	best := first().Matches[0].Result
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, best.Code, matchmaker.NotUseful, "words_only", ""); err != nil {
		t.Fatal(err)
	}
	got := first().Matches
	if last := got[len(got)-1]; last.Result.Code != best.Code || last.Said == nil || last.Marked != matchmaker.NotUseful {
		t.Errorf("the marked result stands at %+v", last)
	}
}

func TestCheckCountsWhatTheIndexLacks(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{GivenID: "1", Title: "甲"}), apptest.ResultRow(catalog.Result{GivenID: "2", Title: "乙"})))
	check := func(when string, s *matchmaker.Service, want [3]int) {
		t.Helper()
		documents, missing, extra, err := s.Check(t.Context())
		if got := [3]int{documents, missing, extra}; err != nil || got != want {
			t.Errorf("%s: documents, missing, extra %v, %v; want %v", when, got, err, want)
		}
	}
	check("after an import", a.Match, [3]int{2, 0, 0})
	other := matchmaker.NewService(store.For[matchmaker.Tx](a.DB), a.Clock.Now, rand.Reader, match.Options{})
	check("before it was built", other, [3]int{2, 2, 0})
	if err := other.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("built", other, [3]int{2, 0, 0})
}
