package exchange

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"datai/catalog"
	"datai/intake"
)

// readBytes reads data as a file and checks what must hold of every reading.
func readBytes(t *testing.T, data []byte, kind intake.Kind) {
	t.Helper()
	h, err := headersOf(kind)
	if err != nil {
		t.Fatal(err)
	}
	lim := Limits{FileBytes: 1 << 20, UnpackedBytes: 1 << 20, CellBytes: 4000, Rows: 1000, Columns: 50, Sheets: 3}
	r := &reader{kind: kind, headers: h, lim: lim}
	if err := r.open(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))); err != nil {
		mustBeTold(t, err)
		return
	}
	last := map[string]int{}
	n := 0
	for row, err := range r.rows {
		if err != nil {
			mustBeTold(t, err)
			return
		}
		if n++; n > 1000 {
			t.Fatal("more rows than the limit")
		}
		if len(r.tables) <= 1 && row.N <= last[row.Sheet] {
			t.Fatalf("row %d after row %d", row.N, last[row.Sheet])
		}
		last[row.Sheet] = row.N
		checkRow(t, row)
	}
}

func mustBeTold(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*catalog.Error](err)
	if !ok || !(strings.HasPrefix(e.Key, "import.unusable.") || e.Key == "import.classified") {
		t.Fatalf("error that tells nobody what to do: %v", err)
	}
}

func checkRow(t *testing.T, row intake.Row) {
	t.Helper()
	set := 0
	var title string
	if row.Result != nil {
		set, title = set+1, row.Result.Title
	}
	if row.Need != nil {
		set, title = set+1, row.Need.Title
	}
	if row.Party != nil {
		set, title = set+1, row.Party.Name
	}
	if row.Person != nil {
		set, title = set+1, row.Person.Name
	}
	refused := len(keysOf(row.Issues, true)) > 0
	switch {
	case refused && set != 0, !refused && set != 1:
		t.Fatalf("refused %v, %d things set", refused, set)
	case !refused && (title == "" || utf8.RuneCountInString(title) > titleMax):
		t.Fatalf("title %q", title)
	case !utf8.ValidString(title+row.Title) || strings.ContainsAny(title+row.Title, "\x00\u202e\n"):
		t.Fatalf("unclean title %q", title)
	}
}

var kinds = intake.Kinds()

func FuzzCSV(f *testing.F) {
	for _, name := range []string{"results-gb18030.csv", "results-utf16be.csv", "results-utf8.tsv"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, byte(0))
	}
	f.Add([]byte("技术需求名称;需求详情;合作价格\r\"甲\"\"\";\"乙\n丙\";-1"), byte(1))
	f.Add([]byte("标题|申请号|申请日\n甲|CN202010209156.6|1\n乙|2.0231E+12|20000\n"), byte(2))
	f.Add([]byte("sep=;\n企业名称;统一社会信用代码;密级\n甲;91310000MA22774808;内部\n"), byte(3))
	f.Add([]byte("成果名称\n\"没有关上"), byte(0))
	f.Add([]byte("工号,ORCID,姓名,研究方向\n1,0000-0002-1825-0097,甲,丙、丁\n,,乙,\n"), byte(4))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) { readBytes(t, data, kinds[int(kind)%len(kinds)]) })
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"id":"1","title":"甲","abstract":"乙","keywords":["丙"],"organization":""}`+"\n"+`{"title":`), byte(0))
	f.Add([]byte(`{"text":"我厂的问题","field":"热管理","until":44504}`), byte(1))
	f.Add([]byte(`{"text":"!"}`), byte(1))
	f.Add([]byte(`{"title":"甲","密级":["秘密"]}`+"\n"+`{"title":{"a":[1,null,true]}}`+"\n[[[["), byte(2))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		readBytes(t, append([]byte("{"), data...), kinds[int(kind)%len(kinds)])
		readBytes(t, data, kinds[int(kind)%len(kinds)])
	})
}

// FuzzXLSX fuzzes the parts inside of the archive: of the archive itself
// archive/zip takes care.
func FuzzXLSX(f *testing.F) {
	sheet := cells("成果名称", "简介") + `<row r="4" hidden="1"><c r="A4" t="s"><v>0</v></c><c r="B4"><f>1+1</f><v>2</v></c></row></sheetData><mergeCells><mergeCell ref="A4:A5"/></mergeCells>`
	f.Add([]byte(sheet), []byte(`<sst><si><t>甲</t></si><si><r><t>乙</t></r><rPh><t>x</t></rPh></si></sst>`), byte(0))
	f.Add([]byte(`<row><c r="XFD1048576" t="e"><v>#N/A</v></c></row><![CDATA[x]]]>`), []byte(`<?xml version="1.0" encoding="gbk"?><sst>`), byte(1))
	f.Add([]byte(`<!-- -- -->`+cells("企业名称", "密级")+cells("甲", "机密")), []byte(`<sst/>`), byte(3))
	f.Fuzz(func(t *testing.T, sheet, shared []byte, kind byte) {
		readBytes(t, book(t, []part{{"S", string(sheet)}, {"T", cells("成果名称") + string(sheet)}}, part{"xl/sharedStrings.xml", string(shared)}), kinds[int(kind)%len(kinds)])
	})
}

func FuzzArchive(f *testing.F) {
	for _, name := range []string{"results-openpyxl.xlsx", "needs-libreoffice.xlsx", "old.xls"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) { readBytes(t, data, intake.Results) })
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2020-01-01", "2023.4", "2022年3月", "44504", "20150110", "2020-02-30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := parseDate(s, false)
		if ok != (!d.IsZero() && d.Valid()) {
			t.Fatalf("%q: %+v, %v", s, d, ok)
		}
		if again, ok2 := parseDate(d.String(), false); ok && (!ok2 || again != d) {
			t.Fatalf("%q reads as %v, and that as %v", s, d, again)
		}
	})
}

func FuzzPrice(f *testing.F) {
	for _, s := range []string{"50", "100-200", "1,200", "30万元", "面议", "不超过40万", "0.000001亿"} {
		f.Add(s, int64(0))
	}
	f.Fuzz(func(t *testing.T, s string, unit int64) {
		p, assumed, ok := parsePrice(s, priceUnit(max(0, min(unit, 1e10))))
		switch {
		case p.Min < 0 || p.Max < p.Min || p.Written != s:
			t.Fatalf("%q: %+v", s, p)
		case ok && p.Max == 0 && !p.Negotiable, assumed && !ok:
			t.Fatalf("%q: %+v assumed %v ok %v", s, p, assumed, ok)
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte(`<html><table><tr><th rowspan=2>成果名称<th colspan=2>成果<tr><td>简介<td>密级<tr><td x:num="1.5">甲<br>乙<td>&lt;丙<td>内部</table>`), byte(0))
	f.Add([]byte(`<table><tr><td><table><tr><td>企业名称</table><td></tr><script></table></script><tr hidden><td rowspan=99999 colspan=-1>x`), byte(3))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		readBytes(t, append([]byte("<table>"), data...), kinds[int(kind)%len(kinds)])
	})
}

// FuzzPreview shows the beginning of any file, and reads it by any mapping of
// what was shown.
func FuzzPreview(f *testing.F) {
	f.Add([]byte("课题,说明,电话\n甲,一,13800000001\n乙,二,秘密\n"), byte(0), byte(0))
	f.Add([]byte(`{"课题":"甲","x":["密级"]}`), byte(1), byte(2))
	f.Add([]byte(`{" ":"0","":["000"]}`), byte(1), byte(0))
	f.Add([]byte("<table><tr><td>a<td>b<tr><td>1<td>2</table>"), byte(2), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, kind, pick byte) {
		k := kinds[int(kind)%len(kinds)]
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Preview(path, "x", k, Options{Limits: Limits{Columns: 50}}, 5)
		if err != nil {
			mustBeTold(t, err)
			return
		}
		o := Options{Mapping: map[string]string{}}
		fields := Fields(k)
		for i, c := range s.Columns {
			o.Mapping[c.Header] = fields[(i+int(pick))%len(fields)]
		}
		for _, cells := range s.Rows {
			if len(cells) != len(s.Columns) {
				t.Fatalf("%d cells, %d columns", len(cells), len(s.Columns))
			}
		}
		file, err := Open(path, "x", k, o)
		if err != nil {
			mustBeTold(t, err)
			return
		}
		defer file.Close()
		for row, err := range file.Rows {
			if err != nil {
				mustBeTold(t, err)
				return
			}
			checkRow(t, row)
		}
	})
}
