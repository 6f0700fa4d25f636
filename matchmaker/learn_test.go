package matchmaker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/matchmaker"
	"datai/shelf"
)

// themed are n results of each of two themes, by what a file says of them.
func themed(n int, from int) []intake.Row {
	var out []intake.Row
	for i := from; i < from+n; i++ {
		for theme, words := range map[catalog.Theme][]string{
			catalog.City:   {"钢筋混凝土框架抗震", "桥梁桩基承载力", "隧道盾构管片渗水", "剪力墙延性试验", "预应力梁裂缝", "软土地基沉降"},
			catalog.Health: {"肿瘤靶向药物递送", "糖尿病血糖监测", "骨科植入物表面", "心电信号筛查房颤", "抗菌敷料伤口", "核酸快速诊断"},
		} {
			out = append(out, apptest.ResultRow(catalog.Result{Title: fmt.Sprint(words[i%len(words)], "之", i), Abstract: words[(i+1)%len(words)] + words[(i+2)%len(words)],
				Owners: []string{"示范大学"}, Themes: []catalog.Theme{theme}}))
		}
	}
	return out
}

// probe is an entry that lacks a theme.
func probe(text string) catalog.Result { return catalog.Result{Title: text, Abstract: text} }

func learn(t *testing.T, a *apptest.App, want int) {
	t.Helper()
	if n, err := a.Match.LearnThemes(t.Context()); err != nil || n != want {
		t.Fatalf("learned from %d, %v; want %d", n, err, want)
	}
}

func TestThemesAreLearned(t *testing.T) {
	a := apptest.New(t)
	officer := apptest.Officer()
	guess := func(text string) *matchmaker.Guess { return a.Match.GuessResult(officer, probe(text)).Theme }
	learn(t, a, 0)
	if g := guess("桥梁桩基承载力"); g != nil {
		t.Fatalf("an empty catalogue taught %+v", g)
	}
	// One theme short of an example: nothing is learned.
	rows := themed(matchmaker.ThemeExamples-1, 0)
	a.Import(t, apptest.File(intake.Results, append(rows, themed(1, 900)[:1]...)...))
	a.Import(t, apptest.File(intake.Needs, apptest.NeedRow(catalog.Need{Title: "无关", Text: "无关", OwnerName: "示例企业"}))) // has no theme
	learn(t, a, 0)
	if g := guess("桥梁桩基承载力"); g != nil {
		t.Fatalf("too few examples taught %+v", g)
	}
	a.Import(t, apptest.File(intake.Results, themed(30, 100)...))
	learn(t, a, 2*(matchmaker.ThemeExamples-1+30)+1)
	for text, want := range map[string]catalog.Theme{"盾构管片渗水与桩基承载力": catalog.City, "糖尿病血糖监测，抗菌敷料伤口": catalog.Health} {
		g := guess(text)
		if g == nil || g.Value != string(want) || g.Sure != matchmaker.SureMuch {
			t.Errorf("%s: %+v, want %s", text, g, want)
		}
	}
	// What has a theme needs no guess, and nobody but an officer sees one.
	r := probe("桥梁桩基承载力")
	r.Themes = []catalog.Theme{catalog.AI}
	if g := a.Match.GuessResult(officer, r).Theme; g != nil {
		t.Errorf("a declared theme is guessed: %+v", g)
	}
	for _, role := range []account.Role{account.Visitor, account.System, account.Console} {
		if g := a.Match.GuessResult(account.Principal{Acting: role}, probe("桥梁桩基承载力")); g != (matchmaker.Guesses{}) {
			t.Errorf("%s is told %+v", role, g)
		}
	}
	// A few changes are no reason to learn again; many are.
	a.Import(t, apptest.File(intake.Results, themed(10, 200)...))
	learn(t, a, 0)
	a.Import(t, apptest.File(intake.Results, themed(20, 300)...))
	learn(t, a, 2*(matchmaker.ThemeExamples-1+60)+1)
}

// TestAThemeOfFewIsNotTakenForAnother: what resembles entries of a theme that
// is not learned is not guessed.
func TestAThemeOfFewIsNotTakenForAnother(t *testing.T) {
	a := apptest.New(t)
	rows := themed(30, 0)
	for i := range matchmaker.ThemeExamples - 1 {
		rows = append(rows, apptest.ResultRow(catalog.Result{Title: fmt.Sprint("深度学习图像识别模型之", i), Abstract: "神经网络训练与推理加速", Owners: []string{"示范大学"}, Themes: []catalog.Theme{catalog.AI}}))
	}
	a.Import(t, apptest.File(intake.Results, rows...))
	learn(t, a, 60+matchmaker.ThemeExamples-1)
	if g := a.Match.GuessResult(apptest.Officer(), probe("神经网络图像识别")).Theme; g != nil {
		t.Errorf("taken for %+v", g)
	}
	if g := a.Match.GuessResult(apptest.Officer(), probe("桥梁桩基承载力")).Theme; g == nil || g.Value != string(catalog.City) {
		t.Errorf("%+v", g)
	}
}

// TestLearningEndsWithItsContext: what was learned stays in use, and the next
// call learns.
func TestLearningEndsWithItsContext(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, themed(30, 0)...))
	learn(t, a, 60)
	a.Import(t, apptest.File(intake.Results, themed(30, 100)...))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := a.Match.LearnThemes(ctx); n != 0 || !errors.Is(err, context.Canceled) {
		t.Fatalf("%d, %v", n, err)
	}
	if g := a.Match.GuessResult(apptest.Officer(), probe("桥梁桩基承载力")).Theme; g == nil {
		t.Error("what was learned is lost")
	}
	learn(t, a, 120)
}

// TestAnOfficersWordTeaches: what an officer classifies is found in lists and
// learned from like what a file says.
func TestAnOfficersWordTeaches(t *testing.T) {
	a := apptest.New(t)
	var rows []intake.Row
	for _, r := range themed(30, 0) {
		r.Result.Themes = nil
		rows = append(rows, r)
	}
	a.Import(t, apptest.File(intake.Results, rows...))
	learn(t, a, 0)
	var labels []shelf.Label
	for i, r := range a.AllResults(t) {
		theme := []catalog.Theme{catalog.City, catalog.Health}[i%2]
		labels = append(labels, shelf.Label{Ref: shelf.Ref{ID: r.ID, Version: r.Version}, Theme: theme})
	}
	out, err := a.Shelf.ClassifyResults(t.Context(), apptest.Officer(), labels, false)
	if err != nil || out.Done != 60 {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := browse(t, a, apptest.Officer(), matchmaker.Browsing{Filter: []matchmaker.Facet{{Name: "theme", Values: []string{"city"}}}}); got.Total != 30 || got.Facets["lack"]["theme"] != 0 || got.Facets["lack"]["discipline"] != 30 {
		t.Errorf("%d, %v", got.Total, got.Facets["lack"])
	}
	learn(t, a, 60)
}
