package exchange

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"datai/catalog"
	"datai/intake"

	"github.com/google/go-cmp/cmp"
)

// reading is a file as it was read.
type reading struct {
	rows  []intake.Row
	notes []intake.Issue
	cols  map[string]string // header to field
}

func read(t *testing.T, path string, kind intake.Kind, lim Limits) (reading, error) {
	t.Helper()
	f, err := Open(path, filepath.Base(path), kind, Options{Limits: lim})
	if err != nil {
		return reading{}, err
	}
	defer f.Close()
	out := reading{cols: map[string]string{}}
	for _, c := range f.Columns {
		out.cols[c.Header] = c.Field
	}
	for r, err := range f.Rows {
		if err != nil {
			return out, err
		}
		out.rows = append(out.rows, r)
	}
	out.notes = f.Notes()
	return out, nil
}

func mustRead(t *testing.T, path string, kind intake.Kind) reading {
	t.Helper()
	r, err := read(t, path, kind, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// row is the row of that number, of that sheet.
func (r reading) row(t *testing.T, sheet string, n int) intake.Row {
	t.Helper()
	for _, row := range r.rows {
		if row.N == n && row.Sheet == sheet {
			return row
		}
	}
	t.Fatalf("no row %d of sheet %q", n, sheet)
	return intake.Row{}
}

func keysOf(issues []intake.Issue, refusals bool) []string {
	var out []string
	for _, i := range issues {
		if i.Refusal == refusals {
			out = append(out, i.Key)
		}
	}
	return out
}

func wantKeys(t *testing.T, row intake.Row, refusals bool, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, keysOf(row.Issues, refusals)); diff != "" {
		t.Errorf("row %d: issues (-want +got):\n%s", row.N, diff)
	}
}

func wantUnusable(t *testing.T, err error, key string) {
	t.Helper()
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok || e.Code != catalog.Invalid || e.Key != key {
		t.Errorf("error = %v, want %s", err, key)
	}
}

func TestWorkbookOfResults(t *testing.T) {
	got := mustRead(t, "testdata/results-openpyxl.xlsx", intake.Results)
	const s = "工学部"

	first := got.row(t, s, 5)
	r := first.Result
	if r == nil || r.Title != "耐高温密封材料" || r.Abstract != "供泵阀厂使用。" || r.Organization != "材料学院" {
		t.Fatalf("row 5 = %+v", first)
	}
	if diff := cmp.Diff([]string{"密封", "耐高温", "氟橡胶"}, r.Keywords); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"示范大学", "示范研究院"}, r.Owners); diff != "" {
		t.Error(diff)
	}
	if r.CompletedOn != (catalog.Date{Year: 2020, Month: 1, Day: 1}) {
		t.Errorf("CompletedOn = %v", r.CompletedOn)
	}
	if r.Price.Min != 50_0000_00 || r.Price.Max != 50_0000_00 {
		t.Errorf("Price = %+v", r.Price)
	}
	if r.Contact.Phone != "13800000001" || r.Contact.OwnerTel != "010-00000001" {
		t.Errorf("Contact = %+v", r.Contact)
	}
	wantRights := []catalog.Right{
		{Kind: catalog.RightInvention, Number: "202010209156.6", Status: "授权", InForce: true, ExpiresOn: catalog.Date{Year: 2040, Month: 6, Day: 11}},
		{Kind: catalog.RightSoftware, Status: "已登记", InForce: true},
	}
	if diff := cmp.Diff(wantRights, r.Rights); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"推荐专家": "丙"}, r.Extra); diff != "" {
		t.Error(diff)
	}
	if len(r.Indicators) != 1 || r.Indicators[0].Value != 200 || r.Indicators[0].Cmp != catalog.Ge {
		t.Errorf("Indicators = %+v", r.Indicators)
	}
	wantKeys(t, first, true)
	wantKeys(t, first, false)

	second := got.row(t, s, 6)
	if second.Result.Organization != "材料学院" || second.Result.Maturity.Level != 6 {
		t.Errorf("row 6 = %+v", second.Result)
	}
	wantKeys(t, second, false, "import.note.merged")

	third := got.row(t, s, 7)
	if third.Title != "<script>alert(1)</script>" || third.Result.Abstract != `=HYPERLINK("http://example.com","x")` {
		t.Errorf("row 7 = %+v", third.Result)
	}
	if third.Result.CompletedOn.String() != "2021-11-04" || !third.Result.Price.Negotiable {
		t.Errorf("row 7 = %+v", third.Result)
	}

	wantKeys(t, got.row(t, s, 10), true, "import.refused.no_title")
	wantKeys(t, got.row(t, s, 11), false, "import.note.hidden_row")
	wantKeys(t, got.row(t, s, 13), false, "import.note.wrong_number")
	if len(got.rows) != 8 {
		t.Errorf("%d rows, want 8: blank and merely numbered rows are none", len(got.rows))
	}

	other := got.row(t, "理学部", 2)
	if diff := cmp.Diff(map[string]string{"E": "无表头的值"}, other.Result.Extra); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"import.note.personal_dropped", "import.note.personal_dropped", "import.note.sheet_skipped", "import.note.row_skipped"}, keysOf(got.notes, false)); diff != "" {
		t.Error(diff)
	}
	if got.cols["成果应用 领域"] != "application" || got.cols["*成果名称（必填）"] != "title" || got.cols["密 级"] != "secrecy" {
		t.Errorf("columns = %v", got.cols)
	}
}

// Never-rule 1: of a classified row only its number and the refusal remain.
func TestClassifiedLeavesNothing(t *testing.T) {
	row := mustRead(t, "testdata/results-openpyxl.xlsx", intake.Results).row(t, "工学部", 9)
	want := intake.Row{N: 9, Sheet: "工学部", Issues: []intake.Issue{
		{Refusal: true, Column: "密 级", Key: "import.refused.classified", Args: catalog.Args{"value": "内部"}}}}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}

	_, err := read(t, "testdata/classified-title.xlsx", intake.Results, Limits{})
	wantUnusable(t, err, "import.classified")
	if strings.Contains(err.Error(), "不应留下") || strings.Contains(err.Error(), "示范大学") {
		t.Errorf("the error quotes the file: %v", err)
	}

	for _, line := range []string{
		`{"title":"甲","密级":"不应留下的正文写错了列"}`,
		`{"title":"甲","密级":"秘密","abstract":"不应留下"}`,
		`{"title":"【机密】不应留下","abstract":"乙"}`,
	} {
		got := mustRead(t, textFile(t, "x.jsonl", "{\"title\":\"公开的\"}\n"+line), intake.Results)
		bad := got.rows[1]
		if bad.Result != nil || bad.Title != "" || len(bad.Issues) != 1 || !bad.Issues[0].Refusal {
			t.Errorf("%s: %+v", line, bad)
		}
		for _, v := range bad.Issues[0].Args {
			if strings.Contains(v, "不应留下") {
				t.Errorf("%s: the issue quotes the row: %v", line, bad.Issues)
			}
		}
	}

	got := mustRead(t, textFile(t, "x.csv", "成果名称,密级及期限,等级,备注\n甲,公开,,\n乙,秘密 10 年,,\n丙,,内部,\n丁,,,机密\n戊,,,内部联系单\n"), intake.Results)
	for i, refused := range []bool{false, true, true, true, false} {
		if r := got.rows[i]; (r.Result == nil && r.Title == "") != refused {
			t.Errorf("row %d = %+v", r.N, r)
		}
	}
	_, err = read(t, textFile(t, "x.csv", "没有表头的,不应留下\n甲,内部\n"), intake.Results, Limits{})
	wantUnusable(t, err, "import.classified")
	_, err = Open(textFile(t, "x.csv", "成果名称,简介\n甲,乙\n"), "涉密成果清单.csv", intake.Results, Options{})
	wantUnusable(t, err, "import.classified")
}

// The column 密级 counts wherever it stands.
func TestSecrecyBeyondTheColumns(t *testing.T) {
	head, data := "成果名称"+strings.Repeat(",c", 2000)+",密级", "甲"+strings.Repeat(",x", 2000)+",绝密"
	got := mustRead(t, textFile(t, "x.csv", head+"\n"+data+"\n乙"+strings.Repeat(",", 2001)+"公开\n"), intake.Results)
	wantKeys(t, got.rows[0], true, "import.refused.classified")
	if got.rows[0].Title != "" || got.rows[1].Title != "乙" {
		t.Errorf("rows = %+v", got.rows)
	}
}

func TestWorkbookOfNeeds(t *testing.T) {
	got := mustRead(t, "testdata/needs-libreoffice.xlsx", intake.Needs)
	if len(got.rows) != 2 {
		t.Fatalf("%d rows, want 2", len(got.rows))
	}
	n := got.rows[0].Need
	want := &catalog.Need{
		Title: "验布总有漏检", Text: "断了根线就放过去了。\n希望当场喊停。", OwnerName: "示范织造厂", Until: catalog.Date{Year: 2030, Month: 12, Day: 31},
		Budget:  catalog.Price{Written: "80", Min: 80_0000_00, Max: 80_0000_00},
		Contact: catalog.Contact{Name: "甲", Phone: "13800000002", Email: "a@example.com"},
	}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[0], false, "import.note.price_unit")
	if n := got.rows[1]; n.N != 4 || n.Need.Budget.Max != 40_0000_00 || !n.Need.Until.IsZero() {
		t.Errorf("row 4 = %+v", n.Need)
	}
	// 1, 2 counts the rows: it may not become a key.
	if got.cols["编号"] != "ordinal" {
		t.Errorf("编号 = %q", got.cols["编号"])
	}
}

func TestTextEncodings(t *testing.T) {
	for _, file := range []string{"results-gb18030.csv", "results-utf16be.csv", "results-utf8.tsv"} {
		t.Run(file, func(t *testing.T) {
			got := mustRead(t, "testdata/"+file, intake.Results)
			var ns []int
			for _, r := range got.rows {
				ns = append(ns, r.N)
			}
			if diff := cmp.Diff([]int{2, 4, 5, 6}, ns); diff != "" {
				t.Fatal(diff)
			}
			r := got.rows[0].Result
			if r.Title != "耐高温密封材料" || r.Abstract != "第一行\n第二行,带逗号" || r.CompletedOn.String() != "2023-04" || r.Price.Max != 30_0000_00 {
				t.Errorf("row 2 = %+v", r)
			}
			r = got.rows[1].Result
			if diff := cmp.Diff([]string{`检测"仪"`}, r.Keywords); diff != "" {
				t.Error(diff)
			}
			if r.Price.Max != 1200_0000_00 || r.Abstract != `他说"好"` || r.CompletedOn.String() != "2015-01-10" {
				t.Errorf("row 4 = %+v", r)
			}
			if r = got.rows[2].Result; r.Title != `没有补全的"引号"` || r.Abstract != `从"双元"视角` {
				t.Errorf("row 5 = %+v", r)
			}
		})
	}
}

// The first page does not tell how a file is written: the header does.
func TestDamagedAndUnmarkedEncodings(t *testing.T) {
	text := "成果名称,成果简介\n甲,乙\n丙,丁\n"
	wide := func(order binary.AppendByteOrder) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	for name, bytes := range map[string]string{
		"UTF-8 with a bad byte": strings.Replace(text, "乙", "乙\xff", 1),
		"UTF-16 LE, no mark":    wide(binary.LittleEndian),
		"UTF-16 BE, no mark":    wide(binary.BigEndian),
	} {
		got := mustRead(t, textFile(t, "x.csv", bytes), intake.Results)
		if len(got.rows) != 2 || got.rows[1].Title != "丙" || !strings.HasPrefix(got.rows[0].Result.Abstract, "乙") {
			t.Errorf("%s: %+v", name, got.rows)
		}
		if strings.Contains(bytes, "\xff") {
			wantKeys(t, got.rows[0], false, "import.note.damaged_text")
		}
	}
}

func TestSeparators(t *testing.T) {
	for _, sep := range []string{",", ";", "\t", "|"} {
		text := "\ufeff" + strings.Join([]string{"成果名称", "成果简介", "关键词"}, sep) + "\r\n" + strings.Join([]string{"甲", "乙，丙；丁", "戊"}, sep)
		got := mustRead(t, textFile(t, "x.csv", text), intake.Results)
		if r := got.rows[0].Result; r.Title != "甲" || r.Abstract != "乙，丙；丁" || r.Keywords[0] != "戊" {
			t.Errorf("%q: %+v", sep, r)
		}
	}
}

func TestObjects(t *testing.T) {
	path := textFile(t, "x.jsonl", strings.Join([]string{
		`{"id":"P1","title":"甲","abstract":"乙","keywords":["丙;丁","戊"],"organization":"","score":7}`,
		``,
		`{"id":12,"title":"没有结尾"`,
		`{"title":"二","题名":"又一个名称","abstract":null}`,
		`[1]`,
		`{"abstract":"没有名称"}`,
		`{"title":"两个"} {"title":"对象"}`,
	}, "\r\n"))
	got := mustRead(t, path, intake.Results)
	r := got.rows[0].Result
	if r.GivenID != "P1" || r.Abstract != "乙" || r.Extra["score"] != "7" {
		t.Errorf("row 1 = %+v", r)
	}
	if diff := cmp.Diff([]string{"丙;丁", "戊"}, r.Keywords); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[1], true, "import.refused.json")
	if got.rows[1].N != 3 {
		t.Errorf("N = %d, want 3", got.rows[1].N)
	}
	if r := got.rows[2].Result; r.Title != "二" || r.Extra["题名"] != "又一个名称" {
		t.Errorf("row 4 = %+v", r)
	}
	wantKeys(t, got.rows[3], true, "import.refused.json")
	wantKeys(t, got.rows[4], true, "import.refused.no_title")
	wantKeys(t, got.rows[5], true, "import.refused.json")
}

func TestLongLines(t *testing.T) {
	lim := Limits{CellBytes: 100_000}
	lines := []string{`{"title":"甲"}`, `{"title":"乙","market":"` + strings.Repeat("长", 19000) + `","abstract":"` + strings.Repeat("x", 19000) + `"}`,
		`{"title":"` + strings.Repeat("丙", 40_000) + `"}`, `{"title":"丁","x":"` + strings.Repeat("y", linesPerCell*100_000) + `"}`, `{"title":"戊","title":"己"}`}
	got, err := read(t, textFile(t, "x.jsonl", strings.Join(lines, "\n")), intake.Results, lim)
	if err != nil || len(got.rows) != 5 {
		t.Fatalf("%d rows, %v", len(got.rows), err)
	}
	if r := got.rows[1].Result; r == nil || len(r.Abstract) != 19000 {
		t.Errorf("line 2 = %v", keysOf(got.rows[1].Issues, true))
	}
	wantKeys(t, got.rows[2], true, "import.refused.cell_too_long")
	wantKeys(t, got.rows[3], true, "import.refused.line_too_long")
	if r := got.rows[4].Result; r.Title != "戊" || r.Extra["title"] != "己" {
		t.Errorf("line 5 = %+v", r)
	}
}

func TestNeedsWithoutTitle(t *testing.T) {
	got := mustRead(t, textFile(t, "n.jsonl", `{"text":"我厂生产空调室外机和机房排风扇，客户老投诉嗡嗡声大，整机响声比同行高。","field":"人工智能"}`), intake.Needs)
	n := got.rows[0].Need
	if n.Title != "我厂生产空调室外机和机房排风扇，客户老投诉嗡嗡声大" || n.Field != "人工智能" || len(n.Themes) != 1 {
		t.Errorf("need = %+v", n)
	}
	got = mustRead(t, textFile(t, "n.csv", "技术需求名称,需求详情\n,有详情\n"), intake.Needs)
	wantKeys(t, got.rows[0], true, "import.refused.no_title")
}

func TestPatents(t *testing.T) {
	got := mustRead(t, textFile(t, "p.csv", strings.Join([]string{
		"标题（中文）,申请号,申请日,公开（公告）号,专利类型,申请人,[标]当前申请(专利权)人,发明人,简单法律状态,IPC主分类,IPC,摘要",
		"一种密封件,ZL 2020 1 0209156.6,20200318,CN111000000A,发明授权,旧主;共有人,新主;共有人,甲; 乙,1,F16J15/10,F16J15/10; C08L27/12,摘要。",
		"数错的,CN202010209156.7,,,,,,,,,,",
		"丢失末位的,2.0231E+12,,,,,,,,,,",
		",202110217075.5,,,,,,,,,,没有标题的专利也认得出来，因为申请号在，而摘要的开头说了它是什么。",
		"国外的,US16/123456,,,,,,,,,,",
		",,,,,,,,,,,什么都没有",
	}, "\n")), intake.Patents)
	want := catalog.Right{
		Kind: catalog.RightInvention, Number: "202010209156.6", Published: "CN111000000A", Status: "有效", InForce: true,
		FiledOn: catalog.Date{Year: 2020, Month: 3, Day: 18}, Holders: []string{"新主", "共有人"}, IPC: []string{"F16J15/10", "C08L27/12"}, Inventors: []string{"甲", "乙"},
	}
	if diff := cmp.Diff([]catalog.Right{want}, got.rows[0].Result.Rights); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[1], true, "import.refused.wrong_number")
	wantKeys(t, got.rows[2], true, "import.refused.ruined_number")
	if i := got.rows[2].Issues[0]; i.Column != "申请号" || i.Args["value"] != "2.0231E+12" || got.rows[2].N != 4 {
		t.Errorf("issue = %+v", i)
	}
	if r := got.rows[3].Result; r == nil || r.Title != "没有标题的专利也认得出来，因为申请号在" {
		t.Errorf("row 5 = %+v", got.rows[3])
	}
	if r := got.rows[4].Result; r == nil || r.Rights[0].Number != "US16/123456" {
		t.Errorf("row 6 = %+v", got.rows[4])
	}
	wantKeys(t, got.rows[5], true, "import.refused.no_title")
}

func TestParties(t *testing.T) {
	got := mustRead(t, textFile(t, "e.csv", "企业名称,统一社会信用代码,单位性质,所属行业,所在地,简介,联系人,电话,招聘岗位\n"+
		"示范织锦纺织有限公司,91310000MA22774808,民营企业,智能制造,示范市,做面料。,甲,13800000301,工程师 2人\n"+
		"数错的公司,91310000MA22774809,,,,,,,\n"+
		"被截短的公司,9.1310000E+17,,,,,,,\n"), intake.Parties)
	want := &catalog.Party{Name: "示范织锦纺织有限公司", CreditCode: "91310000MA22774808", Nature: "民营企业",
		Industry: "智能制造", Region: "示范市", Intro: "做面料。", Jobs: "工程师 2人", Contact: catalog.Contact{Name: "甲", Phone: "13800000301"}}
	if diff := cmp.Diff(want, got.rows[0].Party); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[1], true, "import.refused.wrong_credit_code")
	wantKeys(t, got.rows[2], true, "import.refused.ruined_number")
}

func TestUnits(t *testing.T) {
	got := mustRead(t, textFile(t, "u.csv", "单位名称,类型,单位性质,上级或前身,起始日期,终止日期\n"+
		"材料学院,学院,教学,冶金系,2001.9,至今\n"+
		"冶金系,院系,,,1958,2001-08-31\n"+
		"某处,社团,,,开办时,\n"+
		",学院,,冶金系,,\n"), intake.Parties)
	want := []intake.Row{
		{N: 2, Title: "材料学院", Predecessor: "冶金系", Party: &catalog.Party{Kind: catalog.PartyUnit, Name: "材料学院", Nature: "教学", From: catalog.Date{Year: 2001, Month: 9}}},
		{N: 3, Title: "冶金系", Party: &catalog.Party{Kind: catalog.PartyUnit, Name: "冶金系", From: catalog.Date{Year: 1958}, Until: catalog.Date{Year: 2001, Month: 8, Day: 31}}},
	}
	if diff := cmp.Diff(want, got.rows[:2]); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[2], false, "import.note.party_kind_unread", "import.note.date_unread")
	if diff := cmp.Diff(map[string]string{"类型": "社团", "起始日期": "开办时"}, got.rows[2].Party.Extra); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[3], true, "import.refused.no_title")
	if r := got.rows[3]; r.Party != nil || r.Predecessor != "" {
		t.Errorf("a refused row holds %+v, %q", r.Party, r.Predecessor)
	}
}

func TestPeople(t *testing.T) {
	got := mustRead(t, textFile(t, "p.csv", "教工号,ORCID,姓名,所在单位,职称,研究方向,手机号,办公电话2,备注,推荐语\n"+
		"２０２３００１,https://orcid.org/0000-0002-1825-0097,沈若川,材料学院,教授,先进材料；催化,13800000001,010-1,一,二\n"+
		",0000000218250097,沈若川,,,,,,,\n"+
		"2023001.0,,林知夏,,,,,,,\n"+
		"1,0000-0002-1825-0098,数错的,,,,,,,\n"+
		"2.0231E+12,,被截短的,,,,,,,\n"+
		",,没有号码的,材料学院,,,,,,\n"+
		"3,,,材料学院,,,,,,\n"), intake.People)
	want := &catalog.Person{StaffNo: "2023001", ORCID: "0000-0002-1825-0097", Name: "沈若川", Unit: "材料学院", Title: "教授",
		Interests: []string{"先进材料", "催化"}, Extra: map[string]string{"备注": "一", "推荐语": "二"}} // no phone
	if diff := cmp.Diff(want, got.rows[0].Person); diff != "" {
		t.Error(diff)
	}
	if got.cols["手机号"] != string(fDropped) || got.cols["办公电话2"] != string(fDropped) {
		t.Errorf("it is not said that phones are not kept: %v", got.cols)
	}
	if p := got.rows[1].Person; p == nil || p.StaffNo != "" || p.ORCID != want.ORCID {
		t.Errorf("by ORCID alone: %+v", p)
	}
	if p := got.rows[2].Person; p == nil || p.StaffNo != "2023001" {
		t.Errorf("by staff number alone: %+v", p)
	}
	wantKeys(t, got.rows[3], true, "import.refused.wrong_orcid")
	wantKeys(t, got.rows[4], true, "import.refused.ruined_number")
	wantKeys(t, got.rows[5], true, "import.refused.no_person_key")
	wantKeys(t, got.rows[6], true, "import.refused.no_title")
	for _, r := range got.rows[3:] {
		if r.Person != nil {
			t.Errorf("a refused row holds %+v", r.Person)
		}
	}
}

func TestColumnsNobodyKnows(t *testing.T) {
	got := mustRead(t, textFile(t, "x.csv", "成果名称,推荐语,推荐语,手机号,备用电话,身份证号码,附注\n甲,一,二,13800000001,010-00000002,110101199001011234,13900000003\n"), intake.Results)
	r := got.rows[0].Result
	if diff := cmp.Diff(map[string]string{"推荐语": "一", "推荐语 (2)": "二"}, r.Extra); diff != "" {
		t.Error(diff)
	}
	if r.Contact.Phone != "13800000001" || r.Contact.Landline != "010-00000002" {
		t.Errorf("contact = %+v", r.Contact)
	}
	wantKeys(t, got.rows[0], false, "import.note.personal_value")
}

func TestLongTextsRefuse(t *testing.T) {
	head := "成果名称,成果简介\n"
	for text, key := range map[string]string{
		strings.Repeat("长", 201) + ",乙":       "import.refused.too_long",
		"甲," + strings.Repeat("长", 20001):     "import.refused.too_long",
		"甲," + strings.Repeat("x", 10<<20):    "import.refused.cell_too_long",
		"甲,\"没有关上的引号\n乙,丙":                    "import.refused.open_quote",
		"甲" + strings.Repeat("\x00", 3) + ",": "",
	} {
		got := mustRead(t, textFile(t, "x.csv", head+text), intake.Results)
		if key == "" {
			wantKeys(t, got.rows[0], true)
		} else {
			wantKeys(t, got.rows[0], true, key)
		}
		if got.rows[0].N != 2 {
			t.Errorf("N = %d", got.rows[0].N)
		}
	}
}

func TestTooManyRows(t *testing.T) {
	_, err := read(t, textFile(t, "x.csv", "成果名称\n甲\n乙\n丙\n"), intake.Results, Limits{Rows: 2})
	wantUnusable(t, err, "import.unusable.too_many_rows")
}
