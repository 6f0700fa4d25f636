package exchange

import (
	"bytes"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"

	"github.com/google/go-cmp/cmp"
)

// refusedOf reads the file at path and gives its refused rows back in its format.
func refusedOf(t *testing.T, path string, kind intake.Kind) (format string, out []byte) {
	t.Helper()
	f, err := Open(path, filepath.Base(path), kind, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	rows := iter.Seq2[RefusedRow, error](func(yield func(RefusedRow, error) bool) {
		for r, err := range f.Rows {
			if len(keysOf(r.Issues, true)) > 0 && !yield(RefusedRow{r.Cells, "原因,\"一\""}, err) {
				return
			}
		}
	})
	if err := WriteRefused(&b, f.Format, f.Columns, rows); err != nil {
		t.Fatal(err)
	}
	return f.Format, b.Bytes()
}

// What was refused comes back as it was, and again when nobody mended it.
func TestRefusedRowsComeBack(t *testing.T) {
	table := func(sep string) string {
		return "\ufeff" + strings.Join([]string{"成果名称", "成果简介", "成果完成时间", "推荐语", "身份证号"}, sep) + "\n" + strings.Join([]string{"甲", "乙", "2020", "", "1"}, sep) + "\n" +
			strings.Join([]string{"", "\"='丙\n丁\"", "2023.4", "''=戊", "110101199001011234"}, sep) + "\n"
	}
	sheet := cells("成果名称", "成果简介", "成果完成时间", "推荐语", "身份证号") +
		`<row><c t="inlineStr"><is><t> </t></is></c><c t="inlineStr"><is><t>='丙&#10;丁</t></is></c><c><v>45017</v></c><c t="inlineStr"><is><t>'=戊_x005F_x0041_</t></is></c><c><v>1</v></c></row>`
	for format, path := range map[string]string{
		FormatCSV: textFile(t, "a.csv", table(",")), FormatSemicolon: textFile(t, "a.csv", table(";")), FormatTSV: textFile(t, "a.csv", table("\t")), FormatBar: textFile(t, "a.csv", table("|")),
		FormatXLSX:  bookFile(t, []part{{"S", sheet}}),
		FormatJSONL: textFile(t, "a.jsonl", `{"成果名称":"甲"}`+"\n"+`{"成果简介":"='丙\n丁","成果完成时间":"2023.4","推荐语":"'=戊","身份证号":1}`),
	} {
		got, once := refusedOf(t, path, intake.Results)
		if got != format {
			t.Errorf("format %q, want %q", got, format)
		}
		again := textFile(t, "again", string(once))
		r := mustRead(t, again, intake.Results)
		if len(r.rows) != 1 || r.cols[ReasonHeader] != string(fDerived) {
			t.Fatalf("%s: %d rows, columns %v\n%s", format, len(r.rows), r.cols, once)
		}
		wantKeys(t, r.rows[0], true, "import.refused.no_title")
		if c := r.rows[0].Cells; !slices.Contains(c, "='丙\n丁") || !slices.ContainsFunc(c, func(s string) bool { return strings.HasPrefix(s, "'=戊") }) || slices.Contains(c, "110101199001011234") {
			t.Errorf("%s: cells = %q", format, c)
		}
		if _, twice := refusedOf(t, again, intake.Results); format != FormatXLSX && !bytes.Equal(once, twice) {
			t.Errorf("%s: once\n%stwice\n%s", format, once, twice)
		}
	}
}

// Of rows that may not be kept nothing is given back.
func TestRefusedRowsKeepSecrets(t *testing.T) {
	for name, text := range map[string]string{
		"a grade":       "成果名称,密级\n甲,公开\n不应留下,秘密\n",
		"an open quote": "成果名称,成果简介\n甲,一\n乙,\"二\n不应留下,三\n",
		"no object":     `{"title":"甲"}` + "\n" + `{"title":"不应留下`,
	} {
		path := textFile(t, "x", text)
		got := mustRead(t, path, intake.Results)
		if last := got.rows[len(got.rows)-1]; last.Cells != nil || len(keysOf(last.Issues, true)) == 0 {
			t.Errorf("%s: %+v", name, last)
		}
		if _, out := refusedOf(t, path, intake.Results); bytes.Contains(out, []byte("不应留下")) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestPreview(t *testing.T) {
	s, err := Preview("testdata/results-openpyxl.xlsx", "x.xlsx", intake.Results, Options{}, 2)
	if err != nil || !s.Recognised || len(s.Rows) != 2 || s.Format != FormatXLSX {
		t.Fatalf("%+v, %v", s, err)
	}
	text := "2024 年统计,,,\n课题,说明,电话,密级\n甲,一,13800000001,公开\n乙,二,,秘密\n丙,三,,\n"
	path := textFile(t, "x.csv", text)
	s, err = Preview(path, "x.csv", intake.Results, Options{}, 9)
	if err != nil {
		t.Fatal(err)
	}
	want := &Sample{Format: FormatCSV, Layout: s.Layout, Columns: []intake.Column{{Header: "课题"}, {Header: "说明", Field: "remarks"}, {Header: "电话", Field: "phone"}, {Header: "密级", Field: "secrecy"}},
		Rows: [][]string{{"甲", "一", "138****01", "公开"}, {"丙", "三", "", ""}}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Fatal(diff)
	}
	o := Options{Mapping: map[string]string{"课题": "title", "说明": "", "密级": "abstract", "电话": "abstract"}}
	f, err := Open(path, "x.csv", intake.Results, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Layout != s.Layout {
		t.Error("the layout moves with the mapping")
	}
	var rows []intake.Row
	for r, err := range f.Rows {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	r := rows[0].Result
	if len(rows) != 3 || r == nil || r.Title != "甲" || r.Extra["说明"] != "一" || r.Contact.Phone != "13800000001" || r.Abstract != "" || rows[1].Title != "" {
		t.Errorf("rows = %+v", rows)
	}
	if read, size := f.Progress(); read != size || size != int64(len(text)) {
		t.Errorf("progress %d of %d, want %d", read, size, len(text))
	}
	for _, bad := range []Options{{Mapping: map[string]string{"课题": "nonsense"}}, {Preset: "incopat"}} {
		if _, err := Open(path, "x.csv", intake.Results, bad); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestPresetsAreRecognised(t *testing.T) {
	for _, c := range []struct {
		kind          intake.Kind
		headers, want string
	}{
		{intake.Results, ResultColumns, "result-27"}, {intake.Needs, NeedColumns, "need-21"}, {intake.Results, "成果名称 成果简介", ""},
		{intake.Patents, "标题 公开(公告)号 [标]当前申请(专利权)人 简单法律状态", "patsnap"},
		{intake.Patents, "标题（中文） 公开（公告）号 申请号 当前权利人 转让次数 合享价值度 链接到incoPat", "incopat"},
		{intake.Patents, "名称 申请号 申请（专利权）人 发明（设计）人 主分类号 国省代码", "cnipa"},
	} {
		path := textFile(t, "x.csv", strings.ReplaceAll(c.headers, " ", ",")+"\n")
		f, err := Open(path, "x.csv", c.kind, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Preset != c.want {
			t.Errorf("%s: %q, want %q", c.headers, f.Preset, c.want)
		}
	}
}
