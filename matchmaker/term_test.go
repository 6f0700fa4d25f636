package matchmaker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/matchmaker"
)

func keyed(r intake.Row, keywords ...string) intake.Row {
	r.Result.Keywords = keywords
	return r
}

// everyday has a need in everyday words and the result that answers it in
// technical ones, among results that share the everyday words.
func everyday(t *testing.T) (*apptest.App, catalog.Need) {
	t.Helper()
	a := apptest.New(t)
	rows := []intake.Row{
		keyed(result("宽频弹性波层析成像", "给桥梁养护单位:由弹性波走时反演结构内部密实程度。"), "层析成像", "走时反演"),
		keyed(result("大桥里头照明的灯", "给桥梁管理单位:箱梁里头看不见的地方照明。"), "照明", "走时反演"),
	}
	for i := range 20 {
		rows = append(rows, keyed(result(fmt.Sprint("桥梁管理第", i, "项"), "给管理单位:大桥里头的事。"), "管理"))
	}
	a.Import(t, apptest.File(intake.Results, rows...))
	a.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "大桥里头空没空看不见", Text: "大桥里头空没空,看不见,想知道。"})))
	return a, theNeed(t, a)
}

func (x chips) with(v matchmaker.TermVerdict) []string {
	var out []string
	for _, c := range x {
		if c.Verdict == v {
			out = append(out, c.Text)
		}
	}
	return out
}

type chips []matchmaker.Chip

func chipped(t *testing.T, a *apptest.App, need catalog.Need) (chips, []string) {
	t.Helper()
	got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 5, 5)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, m := range got.Matches {
		titles = append(titles, m.Result.Title)
	}
	return got.Chips, titles
}

func TestATermTranslatesANeedAndStaysWithIt(t *testing.T) {
	a, need := everyday(t)
	suggestions, before := chipped(t, a, need)
	if slices.Contains(before[:1], "宽频弹性波层析成像") || !slices.Contains(suggestions.with(""), "走时反演") {
		t.Fatalf("before: %q, suggested %+v", before, suggestions)
	}
	say := func(term string, v matchmaker.TermVerdict) {
		t.Helper()
		if err := a.Match.SayTerm(t.Context(), apptest.Officer(), need, term, v); err != nil {
			t.Fatal(err)
		}
	}
	say(" 层析  成像 ", matchmaker.TermAccepted)
	say("照明", matchmaker.TermStruck)
	now, after := chipped(t, a, need)
	if after[0] != "宽频弹性波层析成像" {
		t.Errorf("with the term: %q", after)
	}
	if got := now.with(matchmaker.TermAccepted); !slices.Equal(got, []string{"层析 成像"}) {
		t.Errorf("accepted: %q", got)
	}
	if now[0].Count != 1 {
		t.Errorf("the accepted term would bring %d, want 1", now[0].Count)
	}
	if got := now.with(""); slices.Contains(got, "照明") || slices.Contains(got, "层析成像") {
		t.Errorf("suggested again: %q", got)
	}
	if got := now.with(matchmaker.TermStruck); !slices.Equal(got, []string{"照明"}) {
		t.Errorf("struck: %q", got)
	}
	say("层析成像", "")
	say("照明", "")
	if again, titles := chipped(t, a, need); len(again.with(matchmaker.TermAccepted))+len(again.with(matchmaker.TermStruck)) > 0 || !slices.Equal(titles, before) {
		t.Errorf("forgotten: %+v, %q", again, titles)
	}
}

func TestTermsAreTheOfficesAndFewAndShort(t *testing.T) {
	a, need := everyday(t)
	if err := a.Match.SayTerm(t.Context(), account.Nobody(), need, "层析成像", matchmaker.TermAccepted); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
	for _, term := range []string{"", " ", "a", "——", strings.Repeat("长", 41)} {
		if err := a.Match.SayTerm(t.Context(), apptest.Officer(), need, term, matchmaker.TermAccepted); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%q: %v", term, err)
		}
	}
	if err := a.Match.SayTerm(t.Context(), apptest.Officer(), need, "层析成像", "loved"); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("an unknown verdict: %v", err)
	}
	for i := range 50 {
		if err := a.Match.SayTerm(t.Context(), apptest.Officer(), need, fmt.Sprint("术语", i), matchmaker.TermStruck); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Match.SayTerm(t.Context(), apptest.Officer(), need, "还有一个", matchmaker.TermStruck); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a term too many: %v", err)
	}
	if err := a.Match.SayTerm(t.Context(), apptest.Officer(), need, "术语7", matchmaker.TermAccepted); err != nil {
		t.Errorf("another word on a term that is there: %v", err)
	}
}

// Of a free question nothing is kept: its terms come with it.
func TestTermsOfAQuestion(t *testing.T) {
	a, _ := everyday(t)
	got, err := a.Match.Ask(t.Context(), apptest.Officer(), matchmaker.Question{Text: "大桥里头空没空看不见", Terms: []string{"层析成像"},
		Struck: []string{"照明"}, Chips: true})
	if err != nil || got.Matches[0].Result.Title != "宽频弹性波层析成像" {
		t.Fatalf("%+v, %v", got, err)
	}
	if c := chips(got.Chips); !slices.Equal(c.with(matchmaker.TermAccepted), []string{"层析成像"}) || slices.Contains(c.with(""), "照明") {
		t.Errorf("chips: %+v", c)
	}
}

func TestAReasonThatAsksForWordsGetsThem(t *testing.T) {
	a, need := everyday(t)
	code := a.AllResults(t)[0].Code
	for _, text := range []string{"", "  ", strings.Repeat("长", 201)} {
		err := a.Match.Say(t.Context(), apptest.Officer(), need, code, matchmaker.NotUseful, "other_object", text)
		if catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, code, matchmaker.NotUseful, "other_object", " 要的是陶瓷 "); err != nil {
		t.Fatal(err)
	}
	got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	if last := got.Matches[len(got.Matches)-1]; last.Said == nil || last.Said.Text != "要的是陶瓷" {
		t.Errorf("kept: %+v", last.Said)
	}
	// Words that no reason asked for are not kept.
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, code, matchmaker.Useful, "exact", "13900000001"); err != nil {
		t.Fatal(err)
	}
	if got, err = a.Match.ForNeed(t.Context(), apptest.Officer(), need, 5, 0); err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Matches {
		if m.Said != nil && m.Said.Text != "" {
			t.Errorf("kept: %+v", m.Said)
		}
	}
}

func TestTasksAreListedDoneAndOpenedAgain(t *testing.T) {
	a, need := everyday(t)
	r := a.AllResults(t)[0]
	if err := a.Match.Say(t.Context(), apptest.Officer(), need, r.Code, matchmaker.NotUseful, "unreachable", ""); err != nil {
		t.Fatal(err)
	}
	list := func(done bool, want int) []matchmaker.Todo {
		t.Helper()
		got, err := a.Match.Tasks(t.Context(), apptest.Officer(), done)
		if err != nil || len(got) != want {
			t.Fatalf("done %v: %+v, %v; want %d", done, got, err, want)
		}
		return got
	}
	open := list(false, 1)[0]
	if open.Reason != "unreachable" || open.Title != need.Title || open.Result.Title != r.Title {
		t.Errorf("%+v", open)
	}
	if err := a.Match.FinishTask(t.Context(), account.Nobody(), open.ID, true); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
	if _, err := a.Match.Tasks(t.Context(), account.Nobody(), false); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
	if err := a.Match.FinishTask(t.Context(), apptest.Officer(), open.ID, true); err != nil {
		t.Fatal(err)
	}
	list(false, 0)
	if done := list(true, 1)[0]; done.DoneAt != a.Clock.Now().UnixMilli() {
		t.Errorf("%+v", done)
	}
	if err := a.Match.FinishTask(t.Context(), apptest.Officer(), open.ID, true); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("done twice: %v", err)
	}
	if err := a.Match.FinishTask(t.Context(), apptest.Officer(), open.ID, false); err != nil {
		t.Fatal(err)
	}
	list(false, 1)
}
