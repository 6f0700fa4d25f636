package exchange

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readTexts reads a file from memory.
func readTexts(t rapid.TB, data []byte, kind intake.Kind) []intake.Row {
	t.Helper()
	h, err := headersOf(kind)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{kind: kind, headers: h, lim: DefaultLimits()}
	if err := r.open(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	var out []intake.Row
	for row, err := range r.rows {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

var (
	// nasty are texts that formats, headers and values trip over.
	nasty = []string{"", "=1+1", "'=x", "''", "-5", "+", "@a", "a;b", "甲；乙", "甲、乙", "a,b", "a|b", "\"", "他说\"好\"", "第一行\n第二行", "甲\t乙", "[\"甲;乙\",\"丙\"]", "[1]", "[", "a_b_c", "深度 学习",
		"50", "100-200", "1,200", "30万元", "面议", "不超过40万", "9.9元", "2023.4", "2022年3月", "44504", "20150110", "2020-02-30", "长期", "2.0231E+12", "123456789012345678", "007", "1", "2",
		"许可、转让", "合作研发", "自行投资实施", "其他", "TRL 6", "中试", "很成熟", "沈若川(材料学院)(40%)、林知夏(60%)", "甲(1%)", "甲(乙(丙))", "发明专利(ZL202010209156.6 授权);软件著作权 2 件", "未申请专利",
		"430", "材料科学", "专利", "patent", "成果", "result", "201910100148.5", "US16/123456", "一种方法。其特征在于", "_x0041_", "<b>&amp;", "耐温不低于 200 ℃", "有效", "1", "失效", "H01M10/0525; H01M4/38", "—", "N/A", "true",
		"\ufeff甲", "甲\u202e乙", strings.Repeat("长", 190)}
	strange = []string{"推荐语", "推荐语 (2)", "名称 (2)", "活动id", "themes", "kind", "E", "NO", "合作价格(美元)", "合作价格（元）", "资金[万元]", "题名", "备注2", "学科领域", "公开国别", "链接到incoPat", "=列", "'列", "〔原表〕甲", "〔原表〕",
		"所属学科", "申请号", "公开(公告)号", "条目种类", "一句话简介", "完成人", "权利要求", "不接收原因", "唯一编号", "评审日期", strings.Repeat("长表头", 40)}
	fine = cmp.Comparer(func(a, b catalog.Contact) bool { return true }) // contacts are not exported
)

// headersFor are headers of a file, the required one first.
func headersFor(t *rapid.T, kind intake.Kind) []string {
	own, err := wordsOf(kind)
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, s := range append(slices.Clone(own), commonWords...) {
		if s.field != fSecrecy {
			known = append(known, strings.Fields(s.words)...)
		}
	}
	required, _, _ := strings.Cut(own[0].words, " ")
	more := rapid.SliceOfNDistinct(rapid.OneOf(rapid.SampledFrom(known), rapid.SampledFrom(strange)), 1, 16, rapid.ID).Draw(t, "headers")
	return append([]string{required}, slices.DeleteFunc(more, func(s string) bool { return s == required })...)
}

// madeRows are the rows of a made-up sheet that are taken, one after the other.
func madeRows(t *rapid.T, kind intake.Kind) []intake.Row {
	headers := headersFor(t, kind)
	value := rapid.OneOf(rapid.SampledFrom(nasty), rapid.StringN(0, 12, -1))
	var data [][]string
	for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
		row := []string{fmt.Sprintf("条目%d", i)}
		for range headers[1:] {
			row = append(row, value.Draw(t, "cell"))
		}
		data = append(data, row)
	}
	var b bytes.Buffer
	if rapid.Bool().Draw(t, "objects") {
		out := objectWriter{keys: headers}
		for _, row := range data {
			fmt.Fprint(&b, "{")
			for i, h := range out.keys {
				if i > 0 {
					fmt.Fprint(&b, ",")
				}
				if items, ok := arrayOf(row[i]); ok && len(items) > 0 {
					fmt.Fprintf(&b, "%s:%s", quoted(h), row[i])
				} else {
					fmt.Fprintf(&b, "%s:%s", quoted(h), quoted(row[i]))
				}
			}
			fmt.Fprintln(&b, "}")
		}
	} else {
		w := csv.NewWriter(&b)
		if err := w.WriteAll(append([][]string{headers}, data...)); err != nil {
			t.Fatal(err)
		}
	}
	var out []intake.Row
	for _, r := range readTexts(t, b.Bytes(), kind) {
		if r.Result != nil || r.Need != nil {
			out = append(out, r)
		}
	}
	return out
}

func each[T any](rows []intake.Row, of func(intake.Row) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(of(r), nil) {
				return
			}
		}
	}
}

func resultOf(r intake.Row) *catalog.Result { return r.Result }
func needOf(r intake.Row) *catalog.Need     { return r.Need }

var exports = [][2]string{{FormatJSONL, ""}, {FormatJSONL, "preset"}, {FormatCSV, ""}, {FormatTSV, ""}, {FormatXLSX, ""}}

// What an import took, an export gives and the next import takes again, in
// every format: all of it but contacts, so that it counts as unchanged where it
// came from, and its export is the same to the byte.
func TestExportIsAFixedPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]intake.Kind{intake.Results, intake.Patents, intake.Needs}).Draw(t, "kind")
		rows := madeRows(t, kind)
		for i, r := range rows {
			code := fmt.Sprintf("R-2345678%d", i)
			if r.Result != nil {
				r.Result.Code = code
			} else {
				r.Need.Code = code
			}
		}
		for _, e := range exports {
			write := func(w io.Writer, rows []intake.Row) error {
				preset := e[1]
				if kind == intake.Needs {
					if preset != "" {
						preset = "need-21"
					}
					return WriteNeeds(w, e[0], preset, each(rows, needOf))
				}
				if preset != "" {
					preset = "result-27"
				}
				return WriteResults(w, e[0], preset, each(rows, resultOf))
			}
			var once, twice bytes.Buffer
			if err := write(&once, rows); err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				continue
			}
			as := kind
			if kind == intake.Patents {
				as = intake.Results
			}
			again := readTexts(t, once.Bytes(), as)
			if len(again) != len(rows) {
				t.Fatalf("%s: %d rows came back as %d\n%s", e, len(rows), len(again), once.String())
			}
			for i := range rows {
				var diff string
				if want := rows[i].Result; want != nil {
					w := *want
					w.GivenID, w.Code = idOr(w.GivenID, w.Code), ""
					diff = cmp.Diff(&w, again[i].Result, fine)
				} else {
					w := *rows[i].Need
					w.GivenID, w.Code = idOr(w.GivenID, w.Code), ""
					diff = cmp.Diff(&w, again[i].Need, fine)
				}
				if diff != "" {
					t.Fatalf("%s: %s\n%v\n%s", e, diff, again[i].Issues, once.String())
				}
			}
			if err := write(&twice, again); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(once.Bytes(), twice.Bytes()) {
				t.Fatalf("%s: first\n%s\nthen\n%s", e, once.String(), twice.String())
			}
		}
	})
}
