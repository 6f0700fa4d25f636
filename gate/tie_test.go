package gate

import (
	"fmt"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func made(code string, names ...string) catalog.Result {
	r := catalog.Result{ID: uuid.NewSHA1(uuid.Nil, []byte(code)), Code: code, Kind: catalog.KindResult, Organization: "机械学院", Owners: []string{"示例大学"}}
	for _, n := range names {
		r.Completers = append(r.Completers, catalog.Completer{Name: n})
	}
	return r
}

// What ties a reviewer to a result, and what does not.
func TestWhatTies(t *testing.T) {
	since := Limits{Years: 5}.since(time.Date(2026, 4, 7, 9, 0, 0, 0, time.UTC))
	if since != (catalog.Date{Year: 2021, Month: 4, Day: 7}) {
		t.Fatal(since)
	}
	old, young := catalog.Date{Year: 2021, Month: 4, Day: 6}, catalog.Date{Year: 2021, Month: 4, Day: 7}
	on := func(r catalog.Result, d catalog.Date, funding string) catalog.Result {
		r.CompletedOn, r.Funding = d, funding
		return r
	}
	patent := made("R-P", "沈若川", "方知行")
	patent.Kind, patent.Rights = catalog.KindPatent, []catalog.Right{{FiledOn: old, GrantedOn: young}}
	invented := made("R-I")
	invented.Rights = []catalog.Right{{Inventors: []string{"方知行", "沈若川"}, Holders: []string{"示例大学", "示例轴承公司"}}}
	for name, c := range map[string]struct {
		unit   string
		r      catalog.Result
		others []catalog.Result
		takers []Taker
		want   Tie
	}{
		"nothing":             {"外校", made("R-1", "沈若川"), nil, nil, Tie{}},
		"made it":             {"外校", made("R-1", "沈若川", "方 知行"), nil, nil, Tie{Code: TieCompleter}},
		"invented it":         {"外校", invented, nil, nil, Tie{Code: TieCompleter}},
		"the same school":     {"机械学院", made("R-1", "沈若川"), nil, nil, Tie{TieUnit, "机械学院"}},
		"with the university": {"示例大学机械学院", made("R-1", "沈若川"), nil, nil, Tie{TieUnit, "示例大学机械学院"}},
		"another school":      {"示例大学土木学院", made("R-1", "沈若川"), nil, nil, Tie{}},
		"the owner":           {"示例大学", made("R-1", "沈若川"), nil, nil, Tie{TieOwner, "示例大学"}},
		"a joint owner": {"示例轴承公司", func() catalog.Result {
			r := invented
			r.Rights = []catalog.Right{{Holders: invented.Rights[0].Holders}}
			return r
		}(), nil, nil, Tie{TieOwner, "示例轴承公司"}},
		"together, no day":          {"外校", made("R-1", "沈若川"), []catalog.Result{made("R-2", "沈若川", "方知行")}, nil, Tie{TieResult, "R-2"}},
		"together, within":          {"外校", made("R-1", "沈若川"), []catalog.Result{on(made("R-2", "沈若川", "方知行"), young, "")}, nil, Tie{TieResult, "R-2"}},
		"together, before":          {"外校", made("R-1", "沈若川"), []catalog.Result{on(made("R-2", "沈若川", "方知行"), old, "")}, nil, Tie{}},
		"invented, granted within":  {"外校", made("R-1", "沈若川"), []catalog.Result{patent}, nil, Tie{TieInvention, "R-P"}},
		"the same project":          {"外校", on(made("R-1", "沈若川"), young, "国家重点研发计划（2022yfb1234567）"), []catalog.Result{on(made("R-2", "方知行"), young, "2022YFB1234567 课题二")}, nil, Tie{TieProject, "2022YFB1234567"}},
		"the same programme":        {"外校", on(made("R-1", "沈若川"), young, "国家重点研发计划"), []catalog.Result{on(made("R-2", "方知行"), young, "国家重点研发计划")}, nil, Tie{}},
		"a project that is over":    {"外校", on(made("R-1", "沈若川"), young, "52078024"), []catalog.Result{on(made("R-2", "方知行"), old, "52078024")}, nil, Tie{}},
		"a year is no project":      {"外校", on(made("R-1", "沈若川"), young, "2022-2023 年度，2022-01-05 起，500000元"), []catalog.Result{on(made("R-2", "方知行"), young, "2022-2023、2022-01-05，500000元")}, nil, Tie{}},
		"of whoever takes it":       {"示例泵业", made("R-1", "沈若川"), nil, []Taker{{"2026-DJ-0001", "罗静姝", "示例泵业"}}, Tie{TieTaker, "2026-DJ-0001"}},
		"who takes it":              {"外校", made("R-1", "沈若川"), nil, []Taker{{"2026-DJ-0001", "方知行", ""}}, Tie{TieTaker, "2026-DJ-0001"}},
		"somebody else takes it":    {"", made("R-1", "沈若川"), nil, []Taker{{"2026-DJ-0001", "", ""}}, Tie{}},
		"a name in others' results": {"外校", made("R-1", "沈若川"), []catalog.Result{made("R-2", "沈若川", "柳听泉")}, nil, Tie{}},
	} {
		if got := tieOf(account.Account{Name: "方知行", Unit: c.unit}, &c.r, c.others, c.takers, since); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// What two people did together ties either to what the other made.
func TestWorkTogetherTiesBothWays(t *testing.T) {
	people, units, projects := []string{"甲一", "乙二", "丙三", "丁四"}, []string{"", "机械学院", "示例大学机械学院", "土木学院"}, []string{"", "52078024", "2022YFB1234567、52078024", "国家重点研发计划"}
	rapid.Check(t, func(t *rapid.T) {
		unit := map[string]string{}
		for _, p := range people {
			unit[p] = rapid.SampledFrom(units).Draw(t, "unit")
		}
		var works []catalog.Result
		for i := range rapid.IntRange(0, 5).Draw(t, "works") {
			r := made(fmt.Sprint("R-", i), rapid.SliceOfNDistinct(rapid.SampledFrom(people), 1, 3, rapid.ID[string]).Draw(t, "made by")...)
			r.Kind = rapid.SampledFrom([]catalog.ResultKind{catalog.KindResult, catalog.KindPatent}).Draw(t, "kind")
			r.CompletedOn = catalog.Date{Year: rapid.SampledFrom([]int{0, 2015, 2025}).Draw(t, "year"), Month: 1, Day: 1}
			if r.CompletedOn.Year == 0 {
				r.CompletedOn = catalog.Date{}
			}
			r.Organization, r.Funding = "", rapid.SampledFrom(projects).Draw(t, "project")
			works = append(works, r)
		}
		since := catalog.Date{Year: 2021, Month: 4, Day: 7}
		// ties reports whether reviewer is tied to anything that is the other's alone.
		ties := func(reviewer, other string) bool {
			own := made("R-own", other)
			own.Organization, own.Completers[0].Unit = "", unit[other]
			var mine, all []catalog.Result
			for _, r := range works {
				if makers(&r)[catalog.Fold(reviewer)] {
					mine = append(mine, r)
				}
				if x := makers(&r); len(x) == 1 && x[catalog.Fold(other)] {
					all = append(all, r)
				}
			}
			for _, r := range append(all, own) {
				if tieOf(account.Account{Name: reviewer, Unit: unit[reviewer]}, &r, mine, nil, since).Code != "" {
					return true
				}
			}
			return false
		}
		// A project binds who stands under it in a result: of results by one alone the
		// relation is the same from either side.
		solo := func(p string) bool {
			for _, r := range works {
				if x := makers(&r); len(x) > 1 && x[catalog.Fold(p)] && r.Funding != "" {
					return false
				}
			}
			return true
		}
		a, b := people[0], people[1]
		if solo(a) && solo(b) && ties(a, b) != ties(b, a) {
			t.Fatalf("%s is tied to %s: %v, the other way: %v; %+v, %v", a, b, ties(a, b), ties(b, a), works, unit)
		}
	})
}
