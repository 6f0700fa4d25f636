package exchange_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"datai/catalog"
	"datai/exchange"
	"datai/match"
	"datai/matchmaker"
	"datai/wording"

	"github.com/xuri/excelize/v2"
)

// A report opens in another program's eyes with what it says: words for labels,
// one line for each indicator, and needs without an answer named as such.
func TestReport(t *testing.T) {
	at := time.Date(2026, 4, 3, 10, 0, 0, 0, time.UTC)
	m := matchmaker.Match{Result: &catalog.Result{Code: "R-1", Title: "电解液 <新> & \"稳\" _x000A_", Organization: "化学学院",
		Completers: []catalog.Completer{{Name: "沈若川"}, {Name: "温以宁"}}},
		Hit: match.Hit{Label: match.LabelStrong, Why: match.Explanation{Rows: []match.Row{
			{Name: "循环寿命", Want: match.Indicator{Cmp: match.CmpAtLeast, Value: 3000, Unit: "次"}, Have: match.Indicator{Value: 3500, Unit: "次"}, Verdict: match.Meets},
			{Name: "耐温", Want: match.Indicator{Cmp: match.CmpAtLeast, Value: 200, Unit: "℃"}, Verdict: match.Unstated}}}},
		Check: &matchmaker.Check{Name: "王经理", At: at.UnixMilli()}}
	r := matchmaker.Report{At: at.UnixMilli(), Scope: matchmaker.ForOffice, Needs: []matchmaker.Matched{
		{Need: catalog.Need{Code: "N-1", Title: "=1+1 低温电池"}, Matches: []matchmaker.Match{m}},
		{Need: catalog.Need{Code: "N-2", Text: strings.Repeat("没有标题的需求", 10)}}}}
	for _, l := range []wording.Lang{wording.Chinese, wording.English} {
		var b bytes.Buffer
		place := exchange.ReportPlace{Zone: time.UTC, URL: func(path string) string { return "https://tt.example.edu.cn" + path }}
		if err := exchange.WriteReport(&b, l, place, r); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		sheets := f.GetSheetList()
		if len(sheets) != 3 {
			t.Fatalf("sheets: %q", sheets)
		}
		rows := func(i int) [][]string {
			t.Helper()
			out, err := f.GetRows(sheets[i])
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		overview, table, rest := rows(0), rows(1), rows(2)
		if len(overview) != 4 || len(table) != 4 || len(rest) != 3 {
			t.Fatalf("rows: %d, %d, %d", len(overview), len(table), len(rest))
		}
		first := overview[2]
		if first[1] != "=1+1 低温电池" || first[3] != m.Result.Title || first[4] != l.Say("match.label.strong") || !strings.Contains(first[8], "王经理") ||
			first[10] != "https://tt.example.edu.cn/results/R-1" || !strings.Contains(first[7], "温以宁") {
			t.Errorf("overview: %q", first)
		}
		if overview[3][3] != l.Say("report.none") || rest[2][0] != "N-2" || len([]rune(rest[2][1])) != 30 {
			t.Errorf("without an answer: %q, %q", overview[3], rest[2])
		}
		if got, want := table[2][3:], []string{"循环寿命", "≥3000 次", "3500 次", l.Say("match.verdict.meets")}; !slices.Equal(got, want) {
			t.Errorf("indicators: %q, want %q", got, want)
		}
		if got := table[3]; got[5] != l.Say("match.unstated") || got[6] != l.Say("match.verdict.unstated") {
			t.Errorf("indicators: %q", got)
		}
		for _, sheet := range [][][]string{overview, table, rest} {
			if !strings.Contains(sheet[0][0], l.Moment(at)) {
				t.Errorf("the line above the header: %q", sheet[0])
			}
		}
		if formula, _ := f.GetCellFormula(sheets[0], "B3"); formula != "" {
			t.Errorf("a text became the formula %q", formula)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
