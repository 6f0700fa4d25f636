package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"datai/catalog"
	"datai/intake"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDates(t *testing.T) {
	for written, want := range map[string]string{
		"2020-01-01": "2020-01-01", "2020-01-01 00:00:00": "2020-01-01", "2020-01-01T08:30:00Z": "2020-01-01",
		"2023.4": "2023-04", "2022年3月": "2022-03", "2022年3月5日": "2022-03-05", "2019/4/4": "2019-04-04", "２０１９．４．４": "2019-04-04",
		"20150110": "2015-01-10", "201501": "2015-01", "2015": "2015", "2015年": "2015", "44504": "2021-11-04", "44504.5": "2021-11-04",
		"2023-02-29": "", "2023-13": "", "20231301": "", "2023-00-01": "", "近期": "", "4/4/2019": "", "1": "", "99999": "", "2020-2022": "", "0000": "", "": "",
	} {
		d, ok := parseDate(written, false)
		if d.String() != want || ok != (want != "") {
			t.Errorf("parseDate(%q) = %q, %v; want %q", written, d, ok, want)
		}
	}
	if d, _ := parseDate("43042", true); d.String() != "2021-11-04" {
		t.Errorf("counted from 1904: %v", d)
	}
}

// Every day counts as Excel counts it, and every way to write it is the day.
func TestDatesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(serialFrom, serialTo).Draw(t, "serial")
		day := time.Unix(0, 0).UTC().AddDate(0, 0, n-25569) // Excel's number of 1 January 1970
		want := catalog.Date{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
		for _, s := range []string{fmt.Sprint(n), day.Format("2006-1-2"), day.Format("2006/01/02"), day.Format("2006年1月2日"), day.Format("20060102"), day.Format("2006.1.2")} {
			if d, ok := parseDate(s, false); !ok || d != want {
				t.Fatalf("%s: %v, want %v", s, d, want)
			}
		}
	})
}

func TestPrices(t *testing.T) {
	const wan = 1_000_000
	for _, c := range []struct {
		written  string
		header   priceUnit
		min, max catalog.Fen
		assumed  bool
		talk     bool
		ok       bool
	}{
		{"50", 0, 50 * wan, 50 * wan, true, false, true},
		{"50", tenThou, 50 * wan, 50 * wan, false, false, true},
		{"5000", yuan, 5000_00, 5000_00, false, false, true},
		{"100-200", 0, 100 * wan, 200 * wan, true, false, true},
		{"100–200", tenThou, 100 * wan, 200 * wan, false, false, true},
		{"100～200万元", yuan, 100 * wan, 200 * wan, false, false, true},
		{"100万至2亿", 0, 100 * wan, 20000 * wan, false, false, true},
		{"30万元", 0, 30 * wan, 30 * wan, false, false, true},
		{"1,200", tenThou, 1200 * wan, 1200 * wan, false, false, true},
		{"１，２００．５万元", 0, 120050 * wan / 100, 120050 * wan / 100, false, false, true},
		{"80000元", tenThou, 80000_00, 80000_00, false, false, true},
		{"¥3,500,000元", 0, 3500000_00, 3500000_00, false, false, true},
		{"人民币50万元整", 0, 50 * wan, 50 * wan, false, false, true},
		{"40万元以内", 0, 0, 40 * wan, false, false, true},
		{"不超过40万", 0, 0, 40 * wan, false, false, true},
		{"0.29", tenThou, 2900_00, 2900_00, false, false, true},
		{"面议", 0, 0, 0, false, true, true},
		{"50万元,可议", 0, 50 * wan, 50 * wan, false, true, true},
		{"200-100", 0, 0, 0, false, false, false},
		{"50万元以上", 0, 0, 0, false, false, false},
		{"10万元/年", 0, 0, 0, false, false, false},
		{"-5", 0, 0, 0, false, false, false},
		{"0", 0, 0, 0, false, false, false},
		{"999999999999亿", 0, 0, 0, false, false, false},
		{"5万美元", 0, 0, 0, false, false, false},
		{"5", headerUnit("合作价格(万美元)"), 0, 0, false, false, false},
		{"200000亿", 0, 0, 0, false, false, false},
		{"1,20", 0, 0, 0, false, false, false},
	} {
		p, assumed, ok := parsePrice(c.written, c.header)
		if p.Min != c.min || p.Max != c.max || assumed != c.assumed || p.Negotiable != c.talk || ok != c.ok || p.Written != c.written {
			t.Errorf("parsePrice(%q, %d) = %+v assumed %v ok %v", c.written, c.header, p, assumed, ok)
		}
	}
}

func TestWords(t *testing.T) {
	for written, want := range map[string][]string{
		"甲;乙； 丙,丁，戊、己|庚":         {"甲", "乙", "丙", "丁", "戊", "己", "庚"},
		"甲 乙 丙":                  {"甲", "乙", "丙"},
		"deep learning":          {"deep learning"},
		"CCD 图像处理;deep learning": {"CCD 图像处理", "deep learning"},
		"甲_乙_丙":                  {"甲", "乙", "丙"},
		"；;甲;甲;":                 {"甲"},
		"":                       nil,
	} {
		got, _ := splitWords(written, wordMarks{space: true, underscore: true})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", written, diff)
		}
	}
	if got, more := splitWords(strings.Repeat("一;", 3)+"1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20", wordMarks{}); len(got) != 20 || !more {
		t.Errorf("%d words, more %v", len(got), more)
	}
}

func TestRights(t *testing.T) {
	date := func(y, m, d int) catalog.Date { return catalog.Date{Year: y, Month: m, Day: d} }
	for written, want := range map[string][]catalog.Right{
		"发明专利":        {{Kind: catalog.RightInvention}},
		"发明专利、软件著作权":  {{Kind: catalog.RightInvention}, {Kind: catalog.RightSoftware}},
		"技术秘密":        {{Kind: catalog.RightSecret}},
		"无":           nil,
		"专利 3 件,已授权2": {{Kind: catalog.RightOther}},
		"发明专利申请(CN202310240832.X 实审中)":                  {{Kind: catalog.RightInvention, Number: "202310240832.X", Status: "实审中"}},
		"ZL202010209156.6,授权公告日2023年1月3日,有效期至2040.6.11": {{Kind: catalog.RightInvention, Number: "202010209156.6", Status: "授权", InForce: true, GrantedOn: date(2023, 1, 3), ExpiresOn: date(2040, 6, 11)}},
		"ZL202010209156.6(2023-01-03 授权)、ZL202110217075.5(已失效)": {
			{Kind: catalog.RightInvention, Number: "202010209156.6", Status: "授权", InForce: true, GrantedOn: date(2023, 1, 3)},
			{Kind: catalog.RightInvention, Number: "202110217075.5", Status: "失效"}},
		"ZL202010209156.6 授权,未缴年费终止":        {{Kind: catalog.RightInvention, Number: "202010209156.6", Status: "授权"}},
		"软著登记号2023SR0123456":                {{Kind: catalog.RightSoftware, Number: "2023SR0123456", Status: "登记", InForce: true}},
		"ZL202010209156.6,公告号 CN111000000B": {{Kind: catalog.RightInvention, Number: "202010209156.6", Published: "CN111000000B"}},
	} {
		got, wrong := rightsIn(written)
		if diff := cmp.Diff(want, got); diff != "" || wrong != nil {
			t.Errorf("%q: wrong %v\n%s", written, wrong, diff)
		}
	}
	got, wrong := rightsIn("发明专利 ZL202010209156.7")
	if len(got) != 1 || got[0].Kind != catalog.RightInvention || len(wrong) != 1 {
		t.Errorf("wrong check digit: %+v, %v", got, wrong)
	}
}

func TestHeaders(t *testing.T) {
	h, err := headersOf("patents")
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]field{
		"公开（公告）号": fPublished, "公开(公告)号": fPublished, "标题 (中文)": fTitle, "标题": fTitle, "发明（设计）人": fInventors,
		"[标]当前申请(专利权)人": fOwners, "法律状态/事件": fStatus, "IPC主分类": fIPCMain, "申请（专利权）人": fApplicants, "* 名称": fTitle, "2.申请号": fNumber,
		"保密级别": fSecrecy, "合享价值度": "",
	} {
		if f, _ := h.find(header); f != want {
			t.Errorf("%q = %q, want %q", header, f, want)
		}
	}
	h, err = headersOf("results")
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]field{
		"合作价格(万元)": fPrice, "合作价格【单位：元】": fPrice, "合作价格 万元": fPrice, "成果名称\n(必填,不超过100字)": fTitle, "成果完成时间（yyyy-MM-dd）": fCompleted,
		"成 果 名 称 ＊": fTitle, "拟交易价格": fPrice, "评价或获奖": fAwards, "成果": "",
	} {
		if f, _ := h.find(header); f != want {
			t.Errorf("%q = %q, want %q", header, f, want)
		}
	}
	if _, err := headersOf("songs"); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("unknown kind: %v", err)
	}
}

func TestClassifiedWords(t *testing.T) {
	for text, want := range map[string]bool{
		"涉密成果汇总表": true, "成果清单（秘密★5年）": true, "绝 密": true, "内部资料,注意保存": true, "密级:内部": true, "未公开的涉密成果": true,
		"不得外传的机密资料": true, "国家秘密事项一览": true, "非公开、机密": true,
		"科技成果汇总表": false, "技术秘密清单": false, "商业秘密与专利": false, "有机密封材料": false, "计算机密码技术": false, "神秘密码": false,
		"非涉密成果清单": false, "不得填写涉密内容": false, "严禁上传国家秘密、工作秘密和内部资料": false, "本表不涉及国家秘密": false,
	} {
		if classifiedText(text) != want {
			t.Errorf("classifiedText(%q) = %v", text, !want)
		}
	}
	for value, want := range map[string]bool{"": false, "公开": false, " 非密 ": false, "无": false, "否": false, "内部": true, "秘密": true, "？": false, "是": true, "一般": true} {
		if got, _ := classified(value); got != want {
			t.Errorf("classified(%q) = %v", value, got)
		}
	}
}

func TestColumnNames(t *testing.T) {
	for name, want := range map[string]int{"A": 0, "Z": 25, "AA": 26, "AB": 27, "ZZ": 701, "AAA": 702, "XFD": 16383} {
		if got, ok := columnOf(name + "12"); got != want || !ok {
			t.Errorf("columnOf(%s12) = %d, %v", name, got, ok)
		}
		if got := columnName(want); got != name {
			t.Errorf("columnName(%d) = %s, want %s", want, got, name)
		}
	}
	for _, name := range []string{"", "1", "XFE1", "a1", "AAAAAAAAAAAAAAAAAAAA1"} {
		if n, ok := columnOf(name); ok {
			t.Errorf("columnOf(%q) = %d", name, n)
		}
	}
}

func TestWhatIsNotFiledIsMarked(t *testing.T) {
	for written, want := range map[string]bool{
		"未申请": true, "未申请，正在撰写申请文件": true, "软件著作权 1 件(已登记);未申请专利": true, "拟申请发明专利": true,
		"发明专利 1 件(申请中)": false, "技术秘密": false, "": false, "发明专利(ZL201910100148.5 授权)": false,
	} {
		if got := unfiledWords.MatchString(written); got != want {
			t.Errorf("%q: unfiled %v", written, got)
		}
	}
}

func TestSplitPeople(t *testing.T) {
	type people = []catalog.Completer
	for written, want := range map[string]people{
		"":    nil,
		"沈若川": {{Name: "沈若川"}},
		"沈若川（材料学院）；林知夏":              {{Name: "沈若川", Unit: "材料学院"}, {Name: "林知夏"}},
		"沈若川(40%)、林知夏 60%":           {{Name: "沈若川", Share: 400_000}, {Name: "林知夏", Share: 600_000}},
		"沈若川：0.4，林知夏:.6":             {{Name: "沈若川", Share: 400_000}, {Name: "林知夏", Share: 600_000}},
		"沈若川４０％;林知夏（６０％）":            {{Name: "沈若川", Share: 400_000}, {Name: "林知夏", Share: 600_000}},
		"沈若川(材料学院)(40%)、林知夏(机械,60%)": {{Name: "沈若川", Unit: "材料学院", Share: 400_000}, {Name: "林知夏", Unit: "机械", Share: 600_000}},
		"甲(33.3333%)、乙(66.6667%)":    {{Name: "甲", Share: 333_333}, {Name: "乙", Share: 666_667}},
		"甲 100.0%、乙":                 {{Name: "甲", Share: 1_000_000}, {Name: "乙"}},
		"甲:1.0":                      {{Name: "甲", Share: 1_000_000}},
		"成员 1、成员 2":                  {{Name: "成员 1"}, {Name: "成员 2"}}, // numbers, not shares
	} {
		got, ok := peopleIn(splitPeople(written))
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v (-want +got):\n%s", written, ok, diff)
		}
	}
	for _, written := range []string{"甲(40%)、乙(50%)", "甲 60%、乙 60%", "甲(40%)、乙", "甲(0%)、乙", "甲:0.4、乙:0.6000001", "甲:-0.4、乙:1.4",
		"甲(33.33333%)、乙(66.66667%)", "甲(99999999999999999999%)、乙", "甲(140%)、乙(-40%)"} {
		got, ok := peopleIn(splitPeople(written))
		if diff := cmp.Diff(people{{Name: "甲"}, {Name: "乙"}}, got); diff != "" || ok {
			t.Errorf("%s: %v (-want +got):\n%s", written, ok, diff)
		}
	}
	got := mustRead(t, textFile(t, "x.csv", "成果名称,完成人\n甲,沈若川 40%、林知夏 50%\n"), intake.Results)
	wantKeys(t, got.rows[0], false, "import.note.shares")
}
