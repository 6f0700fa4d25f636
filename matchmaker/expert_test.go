package matchmaker_test

import (
	"slices"
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/internal/apptest"
	"datai/match"
	"datai/matchmaker"
	"datai/wording"
)

func by(r intake.Row, unit string, names ...string) intake.Row {
	r.Result.Organization = unit
	for _, n := range names {
		r.Result.Completers = append(r.Result.Completers, catalog.Completer{Name: n})
	}
	return r
}

func staffed(t *testing.T) *apptest.App {
	t.Helper()
	a := apptest.New(t)
	a.Import(t, apptest.File(intake.Results,
		by(result("滚动轴承早期故障的在线识别", "给风机和减速机用户:装一枚振动探头,提前指出轴承哪里坏了,误报率3.8%。"), "机械学院", "沈若川", "温以宁"),
		by(result("风机轴承故障的声学诊断", "给风机用户:听声音就知道轴承哪里坏了,提前预报,误报率4%。"), "机械学院", "沈若川"),
		by(result("低温混凝土配合比", "给构件厂:零下10℃施工不开裂的混凝土。"), "城建学院", "陆听澜"),
		by(result("奶牛发情监测项圈", "给牧场:监测奶牛活动量,提示发情。"), "动物学院", "沈若川")))
	person := func(no, name, unit string, interests ...string) intake.Row {
		return intake.Row{Title: name, Person: &catalog.Person{StaffNo: no, Name: name, Unit: unit, Title: "教授", Interests: interests}}
	}
	a.Import(t, apptest.File(intake.People,
		person("T001", "沈若川", "机械学院", "转子动力学"),
		person("T002", "乔知微", "机械学院", "风机轴承故障诊断", "振动"),
		person("T003", "陆听澜", "城建学院", "混凝土"), person("T004", "陆听澜", "城建学院", "隧道")))
	party := func(kind catalog.PartyKind, name, intro string) intake.Row {
		return intake.Row{Title: name, Party: &catalog.Party{Kind: kind, Name: name, Intro: intro, Contact: catalog.Contact{Phone: "13900000003"}}}
	}
	a.Import(t, apptest.File(intake.Parties,
		party(catalog.PartyUnit, "机械学院", "机械"), party(catalog.PartyEnterprise, "示例风机厂", "制造风机,关心风机轴承故障")))
	return a
}

func named(xs []matchmaker.Expert) []string {
	var out []string
	for _, x := range xs {
		out = append(out, x.Name+"/"+x.Unit)
	}
	return out
}

func TestWhoStandsBehindWhatFits(t *testing.T) {
	a := staffed(t)
	got, err := a.Match.Ask(t.Context(), apptest.Officer(), matchmaker.Question{Text: problem, K: 1, Experts: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Matches) != 1 {
		t.Errorf("%d matches, want the one that was asked for", len(got.Matches))
	}
	people := got.Experts.People
	if names := named(people); len(names) < 3 || names[0] != "沈若川/机械学院" || !slices.Contains(names, "温以宁/机械学院") ||
		!slices.Contains(names, "乔知微/机械学院") || slices.Contains(names, "陆听澜/城建学院") {
		t.Fatalf("people: %q", names)
	}
	best := people[0]
	if len(best.Results) != 2 || best.Person == nil || best.Person.StaffNo != "T001" || best.Label < match.LabelWeak {
		t.Errorf("the first one: %+v", best)
	}
	for _, x := range people {
		if x.Name == "乔知微" && (len(x.Own) == 0 || len(x.Results) > 0) {
			t.Errorf("known by interests alone: %+v", x)
		}
		if x.Name == "温以宁" && x.Person != nil {
			t.Errorf("a record of somebody who has none: %+v", x.Person)
		}
	}
	if units := got.Experts.Units; len(units) == 0 || units[0].Name != "机械学院" || units[0].Party == nil || units[0].Party.Contact != (catalog.Contact{}) {
		t.Errorf("units: %+v", units)
	}
	if e := got.Experts.Enterprises; len(e) != 1 || e[0].Name != "示例风机厂" || e[0].Party.Contact != (catalog.Contact{}) {
		t.Errorf("enterprises: %+v", e)
	}
	if why := strings.Join(matchmaker.WhyExpert(wording.Chinese, best), "\n"); !strings.Contains(why, "滚动轴承早期故障的在线识别") || !strings.Contains(why, "风机") {
		t.Errorf("reasons: %s", why)
	}
}

// Two people of one name are never taken for one: of the two called 陆听澜 in
// one unit neither record is shown for the name on the result.
func TestPeopleOfOneNameStayTwo(t *testing.T) {
	a := staffed(t)
	got, err := a.Match.Ask(t.Context(), apptest.Officer(), matchmaker.Question{Text: "零下施工混凝土不开裂", Experts: 5})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got.Experts.People, func(x matchmaker.Expert) bool { return len(x.Results) > 0 })
	if i < 0 || got.Experts.People[i].Name != "陆听澜" || got.Experts.People[i].Person != nil {
		t.Errorf("people: %+v", got.Experts.People)
	}
}

func TestVisitorsMeetOnlyWhoStandsBehindPublicResults(t *testing.T) {
	a := staffed(t)
	ask := func() matchmaker.Experts {
		got, err := a.Match.Ask(t.Context(), account.Nobody(), matchmaker.Question{Text: problem, Experts: 5})
		if err != nil {
			t.Fatal(err)
		}
		return got.Experts
	}
	if x := ask(); len(x.People)+len(x.Units)+len(x.Enterprises) > 0 {
		t.Errorf("a visitor learns of what is in review: %+v", x)
	}
	a.PublishResults(t)
	x := ask()
	if names := named(x.People); !slices.Equal(names, []string{"沈若川/机械学院", "温以宁/机械学院"}) {
		t.Errorf("people: %q", names)
	}
	if len(x.Enterprises) > 0 || x.People[0].Person != nil || x.Units[0].Party != nil {
		t.Errorf("records are shown to a visitor: %+v", x)
	}
}

func TestNeedsThatAResultMayAnswer(t *testing.T) {
	a := staffed(t)
	need := needOf(t, a)
	r := a.AllResults(t)[slices.IndexFunc(a.AllResults(t), func(r catalog.Result) bool { return strings.HasPrefix(r.Title, "滚动轴承") })]
	got, err := a.Match.NeedsFor(t.Context(), apptest.Officer(), r, 5)
	if err != nil || len(got.Matches) != 1 || got.Matches[0].Need.ID != need.ID || len(got.Matches[0].Hit.Why.Rows) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := a.Match.NeedsFor(t.Context(), account.Nobody(), r, 5); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a visitor sees the matches of needs: %v", err)
	}
}

// What somebody marked as not useful speaks for nobody.
func TestNotUsefulSpeaksForNobody(t *testing.T) {
	a := staffed(t)
	need := needOf(t, a)
	for _, r := range a.AllResults(t) {
		if strings.Contains(r.Title, "轴承") {
			if err := a.Match.Say(t.Context(), apptest.Officer(), need, r.Code, matchmaker.NotUseful, "", ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := a.Match.ForNeed(t.Context(), apptest.Officer(), need, 5, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range got.Experts.People {
		if len(x.Results) > 0 && x.Name == "沈若川" {
			t.Errorf("%s stands behind %+v", x.Name, x.Results)
		}
	}
}
