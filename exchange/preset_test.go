package exchange

import (
	"errors"
	"strings"
	"testing"

	"datai/catalog"
	"datai/intake"
)

// The sheets below follow the exports as tools that read them list their
// headers, not what this package writes.
const (
	incopatSheet = "序号,标题 (中文),标题 (英文),摘要 (中文),申请人,公开（公告）号,公开（公告）日,申请号,申请日,公开类型,专利类型,公开国别,链接到incoPat,首项权利要求,IPC主分类,IPC,标准化当前权利人,发明人,授权公告日,失效日,专利有效性,当前法律状态,被引证次数\n" +
		"1,一种密封件,A seal,用于水下的密封件,示范大学,CN111000001B,2022-05-06,CN202010209156.6,2020-03-20,授权,发明授权,中国,链接,1. 一种密封件,F16J15/00,F16J15/00; F16J15/32,示范大学; 示例密封有限公司,沈若川; 林知夏,2022-05-06,,有效,授权,3\n"
	patsnapSheet = "公开(公告)号,标题,标题(译)(简体中文),摘要,申请号,申请日,公开(公告)日,专利类型,[标]原始申请(专利权)人,[标]当前申请(专利权)人,发明人,简单法律状态,法律状态/事件,IPC主分类号,IPC分类号,简单同族被引用专利总数\n" +
		"CN111000001B,一种密封件,一种密封件,用于水下的密封件,CN202010209156.6,2020-03-20,2022-05-06,授权发明,示范大学,示例密封有限公司,沈若川 | 林知夏,失效,授权 | 权利转移,F16J15/00,F16J15/00 | F16J15/32,7\n"
	cnipaSheet = "申请（专利）号,申请日,公开（公告）号,公开（公告）日,名称,主分类号,分类号,申请（专利权）人,发明（设计）人,优先权,摘要,主权项,专利代理机构,国省代码,分案原申请号\n" +
		"CN202010209156.6,2020.03.20,CN111000001B,2022.05.06,一种密封件,F16J15/00,F16J15/00;F16J15/32,示范大学,沈若川;林知夏,,用于水下的密封件,1. 一种密封件,示例代理所,11,\n"
)

func openPreset(t *testing.T, kind intake.Kind, text, preset string) (*catalog.Result, error) {
	t.Helper()
	f, err := Open(textFile(t, "x.csv", text), "x.csv", kind, Options{Preset: preset})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	want := preset
	if preset == "cnipr" {
		want = "cnipa"
	}
	if f.Preset != want {
		t.Errorf("preset %q, want %q", f.Preset, want)
	}
	for row, err := range f.Rows {
		if err != nil || row.Result == nil {
			t.Fatalf("%+v, %v", row, err)
		}
		return row.Result, nil
	}
	t.Fatal("no rows")
	return nil, nil
}

func TestAPresetSaysWhatColumnsMean(t *testing.T) {
	for preset, c := range map[string]struct{ sheet, owners, status, kept string }{
		"incopat": {incopatSheet, "示范大学 示例密封有限公司", "授权", "被引证次数"},
		"patsnap": {patsnapSheet, "示例密封有限公司", "授权 | 权利转移", "简单同族被引用专利总数"},
		"cnipa":   {cnipaSheet, "示范大学", "", "国省代码"},
		"cnipr":   {cnipaSheet, "示范大学", "", "专利代理机构"},
	} {
		t.Run(preset, func(t *testing.T) {
			r, err := openPreset(t, intake.Patents, c.sheet, preset)
			if err != nil {
				t.Fatal(err)
			}
			right := r.Rights[0]
			if r.Title != "一种密封件" || r.Abstract != "用于水下的密封件" || right.Number != "202010209156.6" || right.Published != "CN111000001B" || right.FiledOn.String() != "2020-03-20" ||
				strings.Join(right.IPC, " ") != "F16J15/00 F16J15/32" || len(r.Completers) != 2 {
				t.Errorf("%+v", r)
			}
			if got := strings.Join(r.Owners, " "); got != c.owners || right.Status != c.status {
				t.Errorf("owners %q, status %q", got, right.Status)
			}
			if r.Extra[c.kept] == "" {
				t.Errorf("%s is not kept: %v", c.kept, r.Extra)
			}
			if right.InForce != (preset == "incopat") {
				t.Errorf("in force: %v", right.InForce)
			}
		})
	}
	// Without the preset the first column on the state is the one that counts.
	f, err := Open(textFile(t, "x.csv", patsnapSheet), "x.csv", intake.Patents, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for row, err := range f.Rows {
		if err != nil {
			t.Fatal(err)
		}
		if got := row.Result.Rights[0].Status; got != "失效" {
			t.Errorf("status %q", got)
		}
	}
}

func TestAFileThatIsNotOfThePresetIsRefused(t *testing.T) {
	template := strings.ReplaceAll(ResultColumns, " ", ",") + "\n"
	for name, c := range map[string]struct {
		kind          intake.Kind
		sheet, preset string
		lacks, found  string
	}{
		"cnipa as incopat":     {intake.Patents, cnipaSheet, "incopat", "标题/标题中文", "申请（专利权）人"},
		"incopat as patsnap":   {intake.Patents, incopatSheet, "patsnap", "Patsnap专利标题", "申请人"},
		"patsnap as cnipa":     {intake.Patents, patsnapSheet, "cnipa", "名称", "公开(公告)号"},
		"too few of template":  {intake.Results, "成果名称,成果简介\n", "result-27", "成果权属人", "成果简介"},
		"no title at all":      {intake.Results, "甲,乙\n", "result-27", "成果名称", "甲"},
		"needs as results":     {intake.Results, strings.ReplaceAll(NeedColumns, " ", ",") + "\n", "result-27", "成果名称", "技术需求名称"},
		"json of other fields": {intake.Results, `{"title":"甲"}`, "result-27", "成果权属人", "title"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := openPreset(t, c.kind, c.sheet, c.preset)
			e, ok := errors.AsType[*catalog.Error](err)
			if !ok || e.Key != "import.unusable.preset" || !strings.Contains(e.Args["lacks"], c.lacks) || !strings.Contains(e.Args["found"], c.found) {
				t.Errorf("%+v", err)
			}
		})
	}
	for _, bad := range []struct {
		kind   intake.Kind
		preset string
	}{{intake.Results, "incopat"}, {intake.Parties, "result-27"}, {intake.Patents, "nonsense"}} {
		if _, err := Open(textFile(t, "x.csv", template), "x.csv", bad.kind, Options{Preset: bad.preset}); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if f, err := Open(textFile(t, "x.csv", template), "x.csv", intake.Results, Options{Preset: "result-27"}); err != nil {
		t.Error(err)
	} else {
		_ = f.Close()
	}
}
