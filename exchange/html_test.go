package exchange

import (
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Systems save web pages as .xls; their tables are sheets.
func TestWebPages(t *testing.T) {
	page := `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv=Content-Type content="text/html; charset=gb2312"><style>td{}</style><script>document.write("<table><tr><td>成果名称</td></tr></table>")</script></head><body>
<div>导航</div><table border=1><tr><td colspan=4>示范大学成果汇总表</td></tr>
<tr><th>成果名称</th><th>成果
 简介</th><th>所属学院</th><th>登记号</th><th>手机号码</th></tr>
<tr><td>耐高温<br>密封材料</td><td>甲&amp;乙&nbsp;丙<table><tr><td>里面的表</td></tr></table></td><td rowspan=2>材料学院</td><td x:num="20230100000012345">2.0231E+16<td>13800000001
<tr style="display: none"><td>隐藏的</td><td colspan=1></td><td>X-1</td></tr>
<tr><td>第三项</td></tr>
</table><table><tr><td>别的</td><td>表</td></tr></table></body></html>`
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(page)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"UTF-8": page, "GBK": gbk, "GBK that says UTF-8": strings.Replace(gbk, "gb2312", "utf-8", 1), "with a mark": "\ufeff" + page} {
		got := mustRead(t, textFile(t, "x.xls", text), intake.Results)
		if len(got.rows) != 3 {
			t.Fatalf("%s: rows = %+v", name, got.rows)
		}
		r := got.rows[0]
		wantKeys(t, r, true, "import.refused.ruined_number") // 17 digits: Excel keeps 15
		if r.N != 3 || r.Cells[0] != "耐高温\n密封材料" || r.Cells[1] != "甲&乙 丙里面的表" || r.Cells[2] != "材料学院" {
			t.Errorf("%s: %+v", name, r)
		}
		if r := got.rows[1]; r.Result == nil || r.Title != "隐藏的" || r.Result.Organization != "材料学院" || r.Result.GivenID != "X-1" {
			t.Errorf("%s: %+v", name, r)
		}
		wantKeys(t, got.rows[1], false, "import.note.merged", "import.note.hidden_row")
		if r := got.rows[2]; r.Title != "第三项" || r.Result.Organization != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	f, err := Open(textFile(t, "x.xls", page), "x.xls", intake.Results, Options{})
	if err != nil || f.Format != FormatHTML || Extension(f.Format) != ".xlsx" {
		t.Errorf("%+v, %v", f, err)
	}
	defer f.Close()
	_, err = read(t, textFile(t, "x.xls", "<table><tr><td>成果名称</td><td>密级</td></tr><tr><td>甲</td><td>"+strings.Repeat("x", 2*maxPiece)), intake.Results, Limits{})
	if catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a text without end: %v", err)
	}
}
