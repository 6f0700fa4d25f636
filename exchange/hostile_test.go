package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"datai/intake"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func textFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

type part struct{ name, text string }

// book makes a workbook of sheets from the XML inside of their sheetData.
func book(t testing.TB, sheets []part, more ...part) []byte {
	t.Helper()
	var names, rels strings.Builder
	for i, s := range sheets {
		fmt.Fprintf(&names, `<sheet name="%s" sheetId="%d" r:id="r%d"/>`, s.name, i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="r%d" Target="worksheets/s%d.xml"/>`, i+1, i+1)
		more = append(more, part{fmt.Sprintf("xl/worksheets/s%d.xml", i+1), "<worksheet><sheetData>" + s.text + "</sheetData></worksheet>"})
	}
	more = append(more, part{"xl/workbook.xml", `<?xml version="1.0" encoding="UTF-8"?><workbook><sheets>` + names.String() + `</sheets></workbook>`},
		part{"xl/_rels/workbook.xml.rels", `<Relationships>` + rels.String() + `</Relationships>`})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range more {
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cells is a row of inline strings.
func cells(texts ...string) string {
	var b strings.Builder
	b.WriteString("<row>")
	for _, s := range texts {
		b.WriteString(`<c t="inlineStr"><is><t>` + s + `</t></is></c>`)
	}
	return b.String() + "</row>"
}

// numbersTo is a text of ten megabytes or so that packs no better than texts do.
func numbersTo(n int) string {
	var b []byte
	for i := range n {
		b = strconv.AppendInt(b, int64(i), 10)
	}
	return string(b)
}

func bookFile(t testing.TB, sheets []part, more ...part) string {
	t.Helper()
	return textFile(t, "book.xlsx", string(book(t, sheets, more...)))
}

func TestUnusable(t *testing.T) {
	good := book(t, []part{{"S", cells("成果名称") + cells("甲")}})
	archive := func(parts ...part) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, p := range parts {
			w, err := z.Create(p.name)
			if err == nil {
				_, err = w.Write([]byte(p.text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	encrypted := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 65530) + string(utf16le("EncryptedPackage")) + "\x00\x00"
	for name, c := range map[string]struct{ text, key string }{
		"empty":               {"", "import.unusable.empty"},
		"blank":               {" \r\n\r\n", "import.unusable.empty"},
		"byte order mark":     {"\ufeff", "import.unusable.empty"},
		"image":               {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", "import.unusable.image"},
		"pdf":                 {"%PDF-1.7\n", "import.unusable.not_sheet"},
		"binary":              {strings.Repeat("\x01\x02\x00\x07", 100), "import.unusable.not_sheet"},
		"truncated":           {string(good[:len(good)/2]), "import.unusable.truncated"},
		"archive":             {archive(part{"a.txt", "x"}), "import.unusable.not_sheet"},
		"document":            {archive(part{"word/document.xml", "<w/>"}), "import.unusable.not_sheet"},
		"open document":       {archive(part{"content.xml", "<x/>"}), "import.unusable.old_excel"},
		"binary workbook":     {archive(part{"xl/workbook.bin", "x"}), "import.unusable.old_excel"},
		"encrypted":           {encrypted, "import.unusable.encrypted"},
		"web page":            {"<html><p>成果名称</p></html>", "import.unusable.html"},
		"web page of others":  {"<html><table><tr><td>姓名<td>学号</table></html>", "import.unusable.columns"},
		"web page classified": {"<table><tr><td>机密<tr><td>成果名称<tr><td>甲</table>", "import.classified"},
		"XML of Excel 2003":   {`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`, "import.unusable.old_excel"},
		"JSON array":          {`[{"title":"甲"}]`, "import.unusable.json_array"},
		"JSON over lines":     {"{\n \"title\": \"甲\"\n}\n", "import.unusable.json_lines"},
		"other columns":       {"姓名,学号\n甲,1\n", "import.unusable.columns"},
		"other keys":          {`{"name":"甲"}`, "import.unusable.columns"},
		"damaged markup":      {string(book(t, []part{{"S", cells("成果名称") + "<row><c"}})), "import.unusable.truncated"},
		"open comment":        {string(book(t, []part{{"S", cells("成果名称") + cells("甲") + "<!-- "}})), "import.unusable.truncated"},
		"document type":       {string(book(t, nil, part{"xl/sharedStrings.xml", `<!DOCTYPE sst [<!ENTITY a "aaaa">]><sst/>`})), "import.unusable.truncated"},
		"classified sheet":    {string(book(t, []part{{"公开", cells("成果名称")}, {"秘密级", ""}})), "import.classified"},
		"no sheets":           {string(book(t, nil)), "import.unusable.columns"},
		"sheet without cells": {string(book(t, []part{{"S", ""}})), "import.unusable.columns"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, textFile(t, "file.xlsx", c.text), intake.Results, Limits{})
			wantUnusable(t, err, c.key)
		})
	}
	_, err := read(t, "testdata/results-openpyxl.xlsx", intake.Results, Limits{FileBytes: 100})
	wantUnusable(t, err, "import.unusable.too_big")
}

func TestBomb(t *testing.T) {
	zeros := strings.Repeat(" ", 16<<20)
	honest := book(t, []part{{"S", cells("成果名称") + zeros}})
	_, err := read(t, textFile(t, "b.xlsx", string(honest)), intake.Results, Limits{})
	wantUnusable(t, err, "import.unusable.bomb")

	// One whose directory lies: every size in it says a hundred bytes.
	lying := bytes.Clone(honest)
	for at := 0; ; {
		i := bytes.Index(lying[at:], []byte("PK\x01\x02"))
		if i < 0 {
			break
		}
		binary.LittleEndian.PutUint32(lying[at+i+24:], 100)
		at += i + 4
	}
	_, err = read(t, textFile(t, "l.xlsx", string(lying)), intake.Results, Limits{})
	if err == nil {
		t.Error("an archive that lies about its sizes was read")
	}

	// What is really unpacked is counted, too.
	twice := book(t, []part{{"A", cells("成果名称") + strings.Repeat(cells("甲"), 1000)}, {"B", cells("成果名称") + strings.Repeat(cells("乙"), 1000)}})
	w := &workbook{left: 1000}
	z, _ := zip.NewReader(bytes.NewReader(twice), int64(len(twice)))
	w.parts = map[string]*zip.File{"s": z.File[1]}
	if _, err := w.examine("s"); err != errBomb {
		t.Errorf("examine: %v, want errBomb", err)
	}
}

func TestWideAndMany(t *testing.T) {
	names := []string{"成果名称"}
	values := []string{"甲"}
	for i := range maxColumns - 1 {
		names, values = append(names, fmt.Sprint("c", i)), append(values, "x")
	}
	got := mustRead(t, bookFile(t, []part{{"S", cells(names...) + cells(values...)}}), intake.Results)
	if len(got.rows) != 1 || len(got.cols) != 1024 || len(got.notes) != 1 || got.notes[0].Args["n"] != "15360" {
		t.Errorf("%d rows, %d columns, notes %v", len(got.rows), len(got.cols), got.notes)
	}

	var sheets []part
	for i := range 1000 {
		sheets = append(sheets, part{fmt.Sprint("S", i), cells("成果名称") + cells("甲")})
	}
	got = mustRead(t, bookFile(t, sheets), intake.Results)
	if len(got.rows) != 64 || keysOf(got.notes, false)[0] != "import.note.sheets_left_out" {
		t.Errorf("%d rows, notes %v", len(got.rows), got.notes)
	}
}

func TestHostileCells(t *testing.T) {
	sheet := cells("成果名称", "成果简介", "合作价格(元)", "成果完成时间") +
		`<row r="3"><c r="A3" t="inlineStr"><is><t>&#x202E;反向&#x202C;</t></is></c><c r="ZZZZ3"><v>1</v></c><c r="C3"><v>5000</v></c><c r="D3"><v>2023.1</v></c></row>` +
		`<row r="2"><c t="s"><v>99</v></c><c t="inlineStr"><is><t>共享字符串 99 不存在</t></is></c></row>` +
		`<row r="1048576"><c r="A1048576" t="inlineStr"><is><r><t>甲</t></r><r><t>_x000D_乙</t></r><rPh><t>注音</t></rPh></is></c><c r="B1048576" t="e"><v>#REF!</v></c></row>` +
		cells("巨大", numbersTo(1_500_000)) + `<row><c t="s"><v>1</v></c><c t="s"><v> 0 </v></c></row>`
	shared := `<sst><si><t>简</t><rPh sb="0" eb="1"><t>jian</t></rPh></si><si><r><t xml:space="preserve">名 </t></r><r><t>称</t></r></si></sst>`
	got := mustRead(t, bookFile(t, []part{{"S", sheet}}, part{"xl/sharedStrings.xml", shared}), intake.Results)
	r := got.rows[0]
	if r.N != 3 || r.Title != "反向" || r.Result.Price.Max != 5000_00 {
		t.Errorf("row 3 = %+v", r)
	}
	wantKeys(t, r, false, "import.note.date_october")
	wantKeys(t, got.rows[1], true, "import.refused.no_title")
	if got.rows[1].N != 4 {
		t.Errorf("a row that goes back has number %d, want 4", got.rows[1].N)
	}
	if r := got.rows[2]; r.Title != "甲乙" || r.Result.Abstract != "" || r.N != 1048576 {
		t.Errorf("last row = %+v", r)
	}
	wantKeys(t, got.rows[2], false, "import.note.cell_error")
	wantKeys(t, got.rows[3], true, "import.refused.cell_too_long")
	if r := got.rows[4].Result; r.Title != "名 称" || r.Abstract != "简" {
		t.Errorf("shared strings = %+v", r)
	}
}

// Rows that only a merged cell and their number fill are blank.
func TestMergedOverBlankRows(t *testing.T) {
	sheet := cells("序号", "成果名称", "所属学院") + cells("1", "甲", "材料学院") + cells("2") + cells("3", "乙") + cells("4", "丙") +
		`</sheetData><mergeCells><mergeCell ref="C2:C4"/></mergeCells><sheetData>`
	got := mustRead(t, bookFile(t, []part{{"S", sheet}}), intake.Results)
	if len(got.rows) != 3 || got.rows[1].N != 4 || got.rows[1].Result.Organization != "材料学院" || got.rows[2].Result.Organization != "" {
		t.Errorf("rows = %+v", got.rows)
	}
}

func TestSheetPutTogether(t *testing.T) {
	row := func(title, day string) string {
		return `<row><c t="inlineStr"><is><t>` + title + `</t></is></c><c><v>` + day + `</v></c><c><v>` + day + `</v></c></row>`
	}
	got := mustRead(t, bookFile(t, []part{{"S", cells("成果名称", "评审日", "评审分") + row("甲", "44504") + cells("成果名称", "评审日", "评审分") + row("乙", "1")}}), intake.Results)
	if len(got.rows) != 2 || got.rows[0].Result.Extra["评审日"] != "2021-11-04" || got.rows[0].Result.Extra["评审分"] != "44504" || got.rows[1].N != 4 {
		t.Errorf("rows = %+v", got.rows)
	}
}

// A file that breaks off must not pass for a shorter one.
func TestBrokenInTheMiddle(t *testing.T) {
	good := book(t, []part{{"S", cells("成果名称") + strings.Repeat(cells("甲乙丙丁"), 5000)}})
	for i := 1; i < 20; i++ {
		bad := bytes.Clone(good)
		bad[len(bad)*i/40] ^= 0x55
		got, err := read(t, textFile(t, "b.xlsx", string(bad)), intake.Results, Limits{})
		if err == nil && len(got.rows) != 5000 {
			t.Errorf("damage at %d/40: %d rows and no error", i, len(got.rows))
		}
	}
}

// A part that breaks off, in a tag or between two, is no whole part; and no
// workbook has document types, so none has entities of its own.
func TestPartEndsWhereItShould(t *testing.T) {
	for text, whole := range map[string]bool{
		"": true, "<a><b/></a>\n": true, "\ufeff<a/>": true, `<?xml version="1.0" encoding="utf-8"?><a>&lt;&#20013;<![CDATA[x]]></a>`: true,
		"<a><b>": false, "<a><b/>text": false, "<a": false, "</a>": false, "<a><!-- -": false, "<a><![CDATA[x": false,
		"<a>&b;</a>": false, `<a b="&c;"/>`: false, "<!DOCTYPE a>": false, `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`: false,
		`<?xml version="1.0" encoding="GBK"?><a/>`: false, `<?xml version="1.0" encoding="UTF-16"?><a/>`: false,
		string(utf16le("<a/>")): false, "\xff\xfe" + string(utf16le("<a/>")): false, "<a>\xb3\xc9</a>": false,
	} {
		m := newMarkup(strings.NewReader(text))
		var err error
		for err == nil {
			_, err = m.next()
		}
		if (err == io.EOF) != whole {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A piece of markup that must be held in memory whole has an end, whatever it is.
func TestPieceTooLong(t *testing.T) {
	for _, text := range []string{"<t>", `<c r="`, "<!--", "<![CDATA["} {
		m := newMarkup(strings.NewReader(text + strings.Repeat("x", 2*maxPiece)))
		var err error
		for err == nil {
			_, err = m.next()
		}
		if err != errBomb {
			t.Errorf("%q: %v, want errBomb", text, err)
		}
	}
}

// What is left of a long cell must not pass for the whole once its escapes are
// resolved.
func TestEscapesHideNoCut(t *testing.T) {
	runs := "<r><t>" + strings.Repeat("_x0041_", 20) + "</t></r><r><t>乙</t></r>"
	sheet := cells("成果名称", "成果简介") + `<row><c t="inlineStr"><is><t>甲</t></is></c><c t="inlineStr"><is>` + runs + `</is></c></row>` +
		`<row><c t="inlineStr"><is><t>甲</t></is></c><c t="s"><v>0</v></c></row>`
	path := bookFile(t, []part{{"S", sheet}}, part{"xl/sharedStrings.xml", "<sst><si>" + runs + "</si></sst>"})
	got, err := read(t, path, intake.Results, Limits{CellBytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got.rows {
		wantKeys(t, r, true, "import.refused.cell_too_long")
	}
	if len(got.rows) != 2 {
		t.Errorf("%d rows, want 2", len(got.rows))
	}
}

// excelBook lets excelize, which is not of our making, write a workbook.
func excelBook(t *testing.T, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	path := filepath.Join(t.TempDir(), "excelize.xlsx")
	if err := errors.Join(f.SaveAs(path), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// must fails a test whose workbook cannot be made.
func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// A header of two lines with groups, below a title, in traditional writing and
// with marks of direction; merged cells, a hidden row, links, rich texts,
// formulas with and without a value, days since 1904.
func TestSheetOfThirdParty(t *testing.T) {
	path := excelBook(t, func(f *excelize.File) {
		must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"示范大学成果汇总表"}), f.MergeCell("Sheet1", "A1", "I1"),
			f.SetSheetRow("Sheet1", "A2", &[]any{"序號", "成果", nil, nil, "聯繫人", nil, "推荐语", "密級", "\u202b合作價格（萬元）\u202c"}),
			f.SetSheetRow("Sheet1", "B3", &[]any{"名稱", "簡介", "完成時間", "姓名", "手機"}),
			f.MergeCell("Sheet1", "A2", "A3"), f.MergeCell("Sheet1", "B2", "D2"), f.MergeCell("Sheet1", "E2", "F2"), f.MergeCell("Sheet1", "G2", "G3"),
			f.MergeCell("Sheet1", "H2", "H3"), f.MergeCell("Sheet1", "I2", "I3"),
			f.SetSheetRow("Sheet1", "A4", &[]any{1, nil, "供泵阀厂使用", 43042, "甲", "13800000001", "好", "公開", 50}),
			f.SetCellRichText("Sheet1", "B4", []excelize.RichTextRun{{Text: "耐高温"}, {Text: "密封", Font: &excelize.Font{Bold: true}}}),
			f.SetCellHyperLink("Sheet1", "C4", "http://example.com", "External"),
			f.SetSheetRow("Sheet1", "A5", &[]any{2, "坯布检测", nil, nil, nil, nil, nil, nil, "面议"}),
			f.SetCellFormula("Sheet1", "C5", `"甲"&"乙"`), f.MergeCell("Sheet1", "G4", "G5"), f.SetRowVisible("Sheet1", 5, false),
			f.SetSheetRow("Sheet1", "A6", &[]any{3, "不应留下", nil, nil, nil, nil, nil, "機密★10年"}),
			f.SetSheetRow("Sheet1", "A7", &[]any{4, "电话毁了的", nil, nil, "乙", "1.38E+10"}))
		yes := true
		must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
	})
	got := mustRead(t, path, intake.Results)
	want := map[string]string{"序號": "ordinal", "成果/名稱": "title", "成果/簡介": "abstract", "成果/完成時間": "completed", "聯繫人/姓名": "contact", "聯繫人/手機": "phone",
		"推荐语": "", "密級": "secrecy", "合作價格（萬元）": "price"}
	if diff := cmp.Diff(want, got.cols); diff != "" {
		t.Error(diff)
	}
	r := got.rows[0].Result
	if r == nil || r.Title != "耐高温密封" || r.CompletedOn.String() != "2021-11-04" || r.Price.Max != 50_0000_00 || r.Price.Written != "50万元" || r.Contact.Name != "甲" || r.Extra["推荐语"] != "好" {
		t.Errorf("row 4 = %+v", r)
	}
	wantKeys(t, got.rows[1], false, "import.note.merged", "import.note.hidden_row", "import.note.formula")
	wantKeys(t, got.rows[2], true, "import.refused.classified_other")
	if bad := got.rows[2]; bad.Title != "" || bad.Cells != nil {
		t.Errorf("of a classified row there is %+v", bad)
	}
	wantKeys(t, got.rows[3], true, "import.refused.ruined_number")
}

// Whatever the place that says so, a file that is classified is refused.
func TestMarksOfSecrecy(t *testing.T) {
	for _, name := range []string{"成果表-内部.xlsx", "成果(秘密).xlsx", "絕密★長期 清单.xlsx", "密级：内部.csv", "机\u202e密.csv", "涉密成果.xlsx"} {
		_, err := Open(textFile(t, "x.csv", "成果名称\n甲\n"), name, intake.Results, Options{})
		wantUnusable(t, err, "import.classified")
		if _, err := Preview(textFile(t, "x.csv", "成果名称\n甲\n"), name, intake.Results, Options{}, 1); err == nil {
			t.Errorf("%s: a preview was shown", name)
		}
	}
	for _, name := range []string{"技术秘密清单.xlsx", "内部齿轮.xlsx", "不涉密成果.xlsx", "密封件.csv"} {
		if f, err := Open(textFile(t, "x.csv", "成果名称\n甲\n"), name, intake.Results, Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, sheet := range []string{"内部", "機密", "秘密级(2)"} {
		path := excelBook(t, func(f *excelize.File) {
			_, err := f.NewSheet(sheet)
			must(t, err, f.SetSheetRow("Sheet1", "A1", &[]any{"成果名称", "简介"}), f.SetSheetRow("Sheet1", "A2", &[]any{"甲", "乙"}))
		})
		_, err := read(t, path, intake.Results, Limits{})
		wantUnusable(t, err, "import.classified")
	}
	for _, row := range []string{"密级：内部", "内部", "秘密★5年", "成果汇总表【内部】", "（機密）"} {
		_, err := read(t, textFile(t, "x.csv", row+",\n成果名称,简介\n甲,乙\n"), intake.Results, Limits{})
		wantUnusable(t, err, "import.classified")
	}
	for _, value := range []string{"内部", "秘密★5年", "密级:机密", "絕密", "內部"} {
		got := mustRead(t, textFile(t, "x.csv", "成果名称,等级\n甲,公开\n不应留下,"+value+"\n"), intake.Results)
		if r := got.rows[1]; r.Result != nil || r.Title != "" || r.Cells != nil {
			t.Errorf("%s: %+v", value, r)
		}
	}
}

// A file in two encodings is not read halfway.
func TestMixedEncodings(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("乙项成果的名称,一段说明文字\n")
	if err != nil {
		t.Fatal(err)
	}
	head := "成果名称,成果简介\n甲项成果的名称,一段说明文字\n"
	_, err = read(t, textFile(t, "x.csv", head+gbk), intake.Results, Limits{})
	wantUnusable(t, err, "import.unusable.mixed_encoding")
	gbkHead, err := simplifiedchinese.GBK.NewEncoder().String(head)
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(t, textFile(t, "x.csv", gbkHead+"乙项成果的名称,一段说明文字\n"), intake.Results, Limits{})
	wantUnusable(t, err, "import.unusable.mixed_encoding")
}

// A row of data whose values are words of headers is no second line of one.
func TestDataThatLooksLikeAHeader(t *testing.T) {
	got := mustRead(t, textFile(t, "x.csv", "成果名称,知识产权形式,标签\n甲,专利,关键词\n"), intake.Results)
	if len(got.rows) != 1 || got.rows[0].Title != "甲" || got.rows[0].Result.RightsAs != "专利" {
		t.Errorf("%+v", got.rows)
	}
}

// The header in Chinese is the one that counts, wherever it stands.
func TestHeadersInTwoLanguages(t *testing.T) {
	got := mustRead(t, textFile(t, "x.csv", "标题 (英文),摘要(翻译),标题 (中文),摘要 (中文),公开（公告）号,申请号,简单法律状态\nA seal,Abstract,一种密封件,中文摘要,CN1A,202010209156.6,0\n"+
		"B,C,二,三,CN2A,,14\n"), intake.Patents)
	r := got.rows[0].Result
	if r.Title != "一种密封件" || r.Abstract != "中文摘要" || r.Extra["标题 (英文)"] != "A seal" || r.Rights[0].Status != "失效" || r.Rights[0].InForce {
		t.Errorf("%+v", r)
	}
	if s := got.rows[1].Result.Rights[0]; s.Status != "代码14" || s.InForce {
		t.Errorf("%+v", s)
	}
	got = mustRead(t, textFile(t, "x.csv", "标题 (英文),申请号\nA seal,202010209156.6\n"), intake.Patents)
	if r := got.rows[0].Result; r.Title != "A seal" {
		t.Errorf("%+v", r)
	}
}
