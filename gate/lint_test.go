package gate_test

import (
	"slices"
	"strings"
	"testing"

	"datai/catalog"
	"datai/gate"

	"pgregory.net/rapid"
)

// sound is a result that leaves nothing open.
func sound() catalog.Result {
	return catalog.Result{Kind: catalog.KindResult, Title: "轴承早期故障的在线监测", Summary: "给风电场，提前两周发现轴承故障，误报低于 2%", Organization: "机械学院",
		Abstract:   "用振动信号监测轴承，在三个风电场运行 14 个月，检出率 96%，误报率 1.8%，由第三方检测机构测试。",
		Completers: []catalog.Completer{{Name: "沈若川"}}, RightsAs: "发明专利", Owners: []string{"某大学"},
		Maturity:   catalog.Maturity{Scale: catalog.TRL9, Level: 7, Evidence: []string{"trial"}},
		Indicators: []catalog.Indicator{{Name: "检出率", Cmp: catalog.Ge, Value: 96, Unit: "%"}}}
}

func TestQuestions(t *testing.T) {
	none := []catalog.Indicator(nil)
	for _, c := range []struct {
		name   string
		change func(*catalog.Result)
		twins  []gate.Twin
		want   string // codes; a ! says that it holds
	}{
		{"sound", func(*catalog.Result) {}, nil, ""},
		{"no text", func(r *catalog.Result) { r.Summary, r.Abstract = "", "" }, nil, "benefit!"},
		{"no sentence", func(r *catalog.Result) { r.Summary = "" }, nil, "summary"},
		{"nobody", func(r *catalog.Result) { r.Completers = []catalog.Completer{{}} }, nil, "people!"},
		{"the contact of a sheet answers", func(r *catalog.Result) { r.Completers, r.Contact.Name = nil, "沈若川" }, nil, ""},
		{"of nobody", func(r *catalog.Result) { r.Organization, r.Owners = "", nil }, nil, "unit!"},
		{"owner stands for the unit", func(r *catalog.Result) { r.Organization = "" }, nil, ""},
		{"mobile", func(r *catalog.Result) { r.Abstract += "联系 13900000001" }, nil, "phone!"},
		{"line in the market", func(r *catalog.Result) { r.Market = "电话：010-00000000" }, nil, "phone!"},
		{"patent number is no phone", func(r *catalog.Result) { r.RightsAs = "201910100148.5" }, nil, ""},
		{"e-mail", func(r *catalog.Result) { r.Abstract += "来信 fibre@example.edu.cn" }, nil, "personal!"},
		{"chat", func(r *catalog.Result) { r.Abstract += "微信：shen_rc01" }, nil, "personal!"},
		{"identity number", func(r *catalog.Result) { r.Abstract += "，11010519491231002X" }, nil, "personal!"},
		{"not an identity number", func(r *catalog.Result) { r.Abstract += "，110105194912310021" }, nil, ""},
		{"limits", func(r *catalog.Result) { r.Funding = "国防预研基金" }, nil, "restricted!"},
		{"a theory is no weapon", func(r *catalog.Result) { r.Abstract += "提供了理论武器。" }, nil, ""},
		{"not filed", func(r *catalog.Result) { r.Unfiled = true }, nil, "unfiled!"},
		{"unknown whether filed", func(r *catalog.Result) { r.RightsAs = "" }, nil, "rights!"},
		{"patents are filed", func(r *catalog.Result) { r.RightsAs, r.Kind = "", catalog.KindPatent }, nil, ""},
		{"two owners", func(r *catalog.Result) { r.Owners = []string{"某大学", "某公司"} }, nil, "owners!"},
		{"one owner twice", func(r *catalog.Result) { r.Owners = []string{"某大学", " 某 大学"} }, nil, ""},
		{"two owners of what is published", func(r *catalog.Result) {
			r.Rights = []catalog.Right{{Kind: catalog.RightInvention, Published: "CN110000000A", Holders: []string{"某大学", "某公司"}}}
		}, nil, "owners"},
		{"praise", func(r *catalog.Result) { r.Indicators, r.Abstract = none, "性能先进。误报率低于 2%。" }, nil, "vague!"},
		{"praise beside a number", func(r *catalog.Result) { r.Indicators, r.Abstract = none, "性能先进，误报率低于 2%。" }, nil, ""},
		{"praise beside a number in words", func(r *catalog.Result) { r.Indicators, r.Abstract = none, "性能先进，寿命提高三倍。" }, nil, ""},
		{"praise beside a year", func(r *catalog.Result) {
			r.Indicators, r.Abstract = none, "2019 年达到先进水平。误报率 2%。"
		}, nil, "vague!"},
		{"praise in a name", func(r *catalog.Result) { r.Indicators, r.Abstract = none, "用于先进制造。误报率 2%。" }, nil, ""},
		{"praise with indicators", func(r *catalog.Result) { r.Abstract = "性能先进。" }, nil, ""},
		{"praise in the title, measured below", func(r *catalog.Result) { r.Indicators, r.Title = none, "高性能轴承" }, nil, ""},
		{"rank", func(r *catalog.Result) { r.Abstract = "国内首创，误报率 2%。" }, nil, "boast!"},
		{"rank that somebody gave", func(r *catalog.Result) { r.Abstract = "经鉴定达到国际领先水平，误报率 2%。" }, nil, ""},
		{"no measure", func(r *catalog.Result) {
			r.Indicators, r.Summary, r.Abstract = none, "监测轴承", "用 5G 网络，在 COVID-19 期间、2020年、第2代系统上监测轴承[3]。"
		}, nil, "measure"},
		{"full-width measure", func(r *catalog.Result) { r.Indicators, r.Summary, r.Abstract = none, "监测轴承", "误报率２％" }, nil, ""},
		{"level without evidence", func(r *catalog.Result) { r.Maturity.Evidence = []string{"pilot"} }, nil, "evidence"},
		{"no level", func(r *catalog.Result) { r.Maturity = catalog.Maturity{} }, nil, ""},
		{"twin", func(*catalog.Result) {}, []gate.Twin{{"R-2", "轴承早期故障在线监测"}}, "twin!"},
		{"what holds comes first", func(r *catalog.Result) {
			r.Summary, r.Indicators, r.RightsAs, r.Abstract = "", none, "", "监测轴承，电话 13900000001。"
		}, nil, "phone! rights! measure summary"},
	} {
		r := sound()
		c.change(&r)
		var got []string
		for _, q := range gate.Questions(&r, c.twins) {
			s := string(q.Code)
			if q.Holds {
				s += "!"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: asked %q, want %q", c.name, s, c.want)
		}
	}
}

// Whatever a result says, no question is asked twice but for several twins, all
// are known, and adding a number of a telephone always holds it back.
func TestQuestionsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("先进高性能国际领先。智化；2%年 第型[3]GD-a１２"))).Draw(t, "text")
		r := catalog.Result{Title: text, Abstract: rapid.SampledFrom([]string{"", text}).Draw(t, "abstract"), RightsAs: text}
		qs := gate.Questions(&r, nil)
		seen := map[gate.Code]bool{}
		for _, q := range qs {
			if seen[q.Code] || !q.Code.Known() {
				t.Fatalf("%v of %q", qs, text)
			}
			seen[q.Code] = true
		}
		r.Abstract = "。电话 13900000001。"
		if qs := gate.Questions(&r, nil); !gate.Holding(qs) || !slices.ContainsFunc(qs, func(q gate.Question) bool { return q.Code == gate.AskPhone }) {
			t.Fatalf("%v", qs)
		}
	})
}
