package exchange

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"

	"github.com/google/go-cmp/cmp"
)

func one[T any](v T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(v, nil) }
}

func TestExportKeepsContactsIn(t *testing.T) {
	r := &catalog.Result{
		Code: "R-23456789AB", Title: "甲 <b>", Abstract: "乙\n丙", Price: catalog.Price{Written: "面议"}, Remarks: "备注",
		Contact: catalog.Contact{Name: "联系人", Phone: "13800000001", Email: "a@example.com", OwnerTel: "010-1"}, Extra: map[string]string{"推荐语": "好", "题名": "又一个"},
	}
	var b bytes.Buffer
	if err := WriteResults(&b, "jsonl", "", one(r)); err != nil {
		t.Fatal(err)
	}
	want := `{"id":"R-23456789AB","title":"甲 <b>","abstract":"乙\n丙","keywords":[],"organization":"","price":"面议","remarks":"备注","推荐语":"好","〔原表〕题名":"又一个"}` + "\n"
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
	n := &catalog.Need{Code: "N-2", GivenID: "17", Title: "甲", Text: "乙", OwnerName: "某企业", Contact: r.Contact, Address: "某地", WishParty: "某校"}
	b.Reset()
	if err := WriteNeeds(&b, "jsonl", "", one(n)); err != nil {
		t.Fatal(err)
	}
	if want := `{"id":"17","title":"甲","text":"乙","wishParty":"某校","owner":"某企业","address":"某地"}` + "\n"; b.String() != want {
		t.Errorf("got %s", b.String())
	}
}

// What was exported can be imported and is the same.
func TestExportComesBack(t *testing.T) {
	r := &catalog.Result{
		GivenID: "P;1", Kind: catalog.KindResult, Title: "甲", Abstract: "一\n二", Keywords: []string{"丙;丁", "戊"}, Organization: "材料学院", Claims: "1. 一种…",
		Owners: []string{"甲校", "乙所"}, Completers: []catalog.Completer{{Name: "某人", Share: 333_333}, {Name: "另一人", Share: 666_667}}, Application: "先进材料", Themes: []catalog.Theme{catalog.Materials},
		Maturity: catalog.MaturityFrom("中试"), Ways: []catalog.Way{catalog.WayLicence, catalog.WayEquity}, RightsAs: "发明专利",
		Rights: []catalog.Right{{Kind: catalog.RightInvention}}, CompletedOn: catalog.Date{Year: 2022, Month: 3}, Funding: "自筹", Origin: "自主研发", Awards: "无", Market: "大",
		Summary: "一句话",
	}
	var b bytes.Buffer
	if err := WriteResults(&b, "jsonl", "", one(r)); err != nil {
		t.Fatal(err)
	}
	got := mustRead(t, textFile(t, "r.jsonl", b.String()), intake.Results)
	if diff := cmp.Diff(r, got.rows[0].Result); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[0], false)

	p := &catalog.Result{
		GivenID: "P2", Kind: catalog.KindPatent, Title: "一种方法", Abstract: "本发明公开了一种方法", Owners: []string{"甲校", "乙所"},
		Completers: []catalog.Completer{{Name: "某人"}, {Name: "另一人"}},
		Rights: []catalog.Right{{Kind: catalog.RightUtility, Number: "201910100148.5", Published: "CN110000000A", Status: "授权", InForce: true,
			FiledOn: catalog.Date{Year: 2019, Month: 1, Day: 2}, GrantedOn: catalog.Date{Year: 2021, Month: 3, Day: 4},
			Holders: []string{"甲校", "乙所"}, IPC: []string{"H01M10/0525", "H01M4/38"}, Inventors: []string{"某人", "另一人"}}},
	}
	b.Reset()
	if err := WriteResults(&b, "jsonl", "", one(p)); err != nil {
		t.Fatal(err)
	}
	got = mustRead(t, textFile(t, "p.jsonl", b.String()), intake.Results)
	if diff := cmp.Diff(p, got.rows[0].Result); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, got.rows[0], false)

	n := &catalog.Need{GivenID: "N1", Title: "甲", Text: "乙", Field: "人工智能", Themes: []catalog.Theme{catalog.AI}, Keywords: []string{"丙"}, Category: "攻关",
		WaysAs: "许可;转让", Ways: []catalog.Way{catalog.WayTransfer, catalog.WayLicence}, Until: catalog.Date{Year: 2030, Month: 1, Day: 2}}
	b.Reset()
	if err := WriteNeeds(&b, "jsonl", "", one(n)); err != nil {
		t.Fatal(err)
	}
	got = mustRead(t, textFile(t, "n.jsonl", b.String()), intake.Needs)
	if diff := cmp.Diff(n, got.rows[0].Need); diff != "" {
		t.Error(diff)
	}
}

func TestExportFails(t *testing.T) {
	broken := errors.New("the store is gone")
	err := WriteResults(&bytes.Buffer{}, "jsonl", "", func(yield func(*catalog.Result, error) bool) { yield(nil, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
	if err := WriteNeeds(&bytes.Buffer{}, "xml", "", nil); catalog.CodeOf(err) != catalog.Invalid || !strings.Contains(err.Error(), "export.unknown_format") {
		t.Errorf("error = %v", err)
	}
}
