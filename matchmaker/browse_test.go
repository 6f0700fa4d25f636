package matchmaker_test

import (
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/match"
	"datai/matchmaker"
)

func browse(t *testing.T, a *apptest.App, p account.Principal, b matchmaker.Browsing) matchmaker.Listed {
	t.Helper()
	b.Kind, b.K = match.KindResult, 10
	got, err := a.Match.Browse(t.Context(), p, b)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAListCountsWhatTheReaderMaySee(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	for _, q := range []string{"", "轴承"} {
		if got := browse(t, a, account.Nobody(), matchmaker.Browsing{Q: q}); got.Total != 0 || len(got.Results) != 0 || len(got.Facets["theme"]) != 0 {
			t.Errorf("%q: a visitor learns of what is in review: %+v", q, got)
		}
	}
	if got := browse(t, a, apptest.Officer(), matchmaker.Browsing{}); got.Total != 4 || got.Facets["state"]["review"] != 4 {
		t.Errorf("the office is told %d, %v", got.Total, got.Facets)
	}
	a.PublishResults(t)
	got := browse(t, a, account.Nobody(), matchmaker.Browsing{Q: "轴承"})
	if got.Total != 2 || len(got.Results) != 2 || got.Facets["theme"]["equipment"] != 2 || got.Facets["state"] != nil || got.Facets["price"] != nil {
		t.Errorf("%+v", got)
	}
	for _, facet := range []string{"state", "price", "person"} {
		_, err := a.Match.Browse(t.Context(), account.Nobody(), matchmaker.Browsing{Kind: match.KindResult, K: 1, Filter: []matchmaker.Facet{{Name: facet, Values: []string{"x"}}}})
		if catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("a visitor filters by %s: %v", facet, err)
		}
	}
}

// TestAListForgetsWhatHasLapsed at the very moment, before the index is swept.
func TestAListForgetsWhatHasLapsed(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	a.PublishResults(t)
	a.Clock.Advance(366 * 24 * time.Hour)
	for _, q := range []string{"", "轴承"} {
		if got := browse(t, a, account.Nobody(), matchmaker.Browsing{Q: q}); got.Total != 0 || len(got.Facets["theme"]) != 0 || len(got.Results) != 0 {
			t.Errorf("%q: %+v", q, got)
		}
		if got := browse(t, a, apptest.Officer(), matchmaker.Browsing{Q: q}); got.Total == 0 {
			t.Errorf("%q: the office does not find what has lapsed", q)
		}
	}
}

func TestAListIsInPinyinOrder(t *testing.T) {
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results, bearings...))
	a.PublishResults(t)
	want := []string{"低温混凝土配合比", "滚动轴承早期故障的在线识别", "奶牛发情监测项圈", "轴承润滑脂的寿命试验"}
	check := func(when string) {
		t.Helper()
		got := browse(t, a, account.Nobody(), matchmaker.Browsing{Order: match.ByKey})
		for i, r := range got.Results {
			if r.Title != want[i] {
				t.Errorf("%s: %d is %s, want %s", when, i, r.Title, want[i])
			}
		}
	}
	check("as changed")
	if err := a.Match.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("rebuilt")
}
