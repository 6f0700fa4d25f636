package exchange

import (
	"bytes"
	"slices"
	"testing"

	"datai/catalog"
	"datai/intake"

	"github.com/google/go-cmp/cmp"
)

// TestWhatSomebodyClassifiedComesBack: themes that no field of use speaks of
// and disciplines by name leave in columns of their own and are understood.
func TestWhatSomebodyClassifiedComesBack(t *testing.T) {
	for _, format := range []string{"jsonl", "csv", "xlsx"} {
		for _, want := range []struct {
			themes      []catalog.Theme
			disciplines []string
			application string
		}{
			{[]catalog.Theme{catalog.City, catalog.Health}, []string{"图书馆、情报与档案管理"}, ""},
			{[]catalog.Theme{catalog.City}, []string{"图书馆、情报与档案管理", "化学/化学工程与技术"}, "先进材料"},
			{[]catalog.Theme{catalog.Materials}, []string{"430", "材料科学与工程"}, "先进材料"},
			{nil, nil, "其他"},
		} {
			var b bytes.Buffer
			r := &catalog.Result{GivenID: "1", Kind: catalog.KindResult, Title: "甲", Abstract: "乙", Owners: []string{"丙"},
				Themes: want.themes, Disciplines: want.disciplines, Application: want.application}
			if err := WriteResults(&b, format, "", one(r)); err != nil {
				t.Fatal(err)
			}
			got := mustRead(t, textFile(t, "r."+format, b.String()), intake.Results).rows[0].Result
			if !slices.Equal(got.Themes, want.themes) || !slices.Equal(got.Disciplines, want.disciplines) || len(got.Extra) != 0 {
				t.Errorf("%s: %v %v %v, want %+v", format, got.Themes, got.Disciplines, got.Extra, want)
			}
			b.Reset()
			n := &catalog.Need{GivenID: "1", Title: "甲", Text: "乙", Themes: want.themes, Disciplines: want.disciplines, Field: want.application}
			if err := WriteNeeds(&b, format, "", one(n)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(n, mustRead(t, textFile(t, "n."+format, b.String()), intake.Needs).rows[0].Need); diff != "" {
				t.Errorf("%s: %s", format, diff)
			}
		}
	}
}

// TestClassesOfSheets: codes, names and what is neither.
func TestClassesOfSheets(t *testing.T) {
	for cell, want := range map[string][]string{"430": {"430"}, "430.20": nil, "43010 560": {"43010", "560"}, "土木工程": {"土木工程"}, "土木工程、力学": {"土木工程", "力学"},
		"图书馆、情报与档案管理;力学": {"图书馆、情报与档案管理", "力学"}, "炼金术": nil, "土木工程;炼金术": nil} {
		r := mustRead(t, textFile(t, "r.csv", "成果名称,权利人,所属学科,主题,应用领域\n甲,乙,"+cell+",城市建设;ai,先进材料\n丙,丁,,别的主题,先进材料\n"), intake.Results)
		if got := r.rows[0].Result; !slices.Equal(got.Disciplines, want) || !slices.Equal(got.Themes, []catalog.Theme{catalog.City, catalog.AI}) {
			t.Errorf("%s: %v %v", cell, got.Disciplines, got.Themes)
		} else if (want == nil) != (got.Extra["所属学科"] == cell) {
			t.Errorf("%s: kept are %v", cell, got.Extra)
		}
		if got := r.rows[1].Result; !slices.Equal(got.Themes, []catalog.Theme{catalog.Materials}) || got.Extra["主题"] != "别的主题" {
			t.Errorf("%v %v", got.Themes, got.Extra)
		}
	}
}
