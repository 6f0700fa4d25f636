package match

import (
	"slices"
	"testing"
)

// verdictOf compares what a need asks in words with what a result states in words, by its first row.
func verdictOf(t *testing.T, need, result string) Row {
	t.Helper()
	x := New(Options{})
	x.Put(Doc{ID: "r", Kind: KindResult, Title: "研究", Abstract: result, Audience: AudPublic})
	wanted := wants(nil, need)
	rows := compareAll(wanted, haves(x.visible("r", AudPublic), wanted))
	if len(rows) == 0 {
		t.Fatalf("nothing was asked in %q", need)
	}
	return rows[0]
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		need, result string
		want         Verdict
		gap          float64
	}{
		{"循环寿命≥3000次", "循环寿命达到3500次", Meets, 0},
		{"循环寿命不低于3000次", "电池循环寿命为2600次", Short, 400},
		{"循环寿命不低于3000圈", "循环寿命超过3000次", Meets, 0},
		{"循环寿命超过3000次", "循环寿命为3000次", NotComparable, 0},
		{"循环寿命不低于3000次", "循环寿命3000次以上", Meets, 0},
		{"循环寿命不低于3500次", "循环寿命3000次以上", NotComparable, 0},
		{"热点温差控制在5℃以内", "热点温差为3.2℃", Meets, 0},
		{"热点温差控制在5℃以内", "热点温差为8℃", Short, 3},
		{"涂层厚度不超过0.1mm", "涂层厚度为80μm", Meets, 0},
		{"检出限低于1μg/L", "检出限为0.0005mg/L", Meets, 0},
		{"抗压强度不低于40MPa", "抗压强度达52N/mm²", Meets, 0},
		{"单价不超过80元/件", "单价控制在每件75元以内", Meets, 0},
		{"投资不超过50万元", "投资为600000元", Short, 10},
		{"使用寿命8年以上", "使用寿命为120个月", Meets, 0},
		{"盐雾试验1000小时以上", "耐盐雾时间为50天", Meets, 0},
		{"准确率达到95%以上", "准确率为96.2%", Meets, 0},
		{"要求测温误差±0.5℃", "测温误差为±0.3℃", Meets, 0},
		{"产品合格率提高10%以上", "产品合格率提高了12%", Meets, 0},
		{"泄漏量不超过70mL", "泄漏量由85mL降至62mL", Meets, 0},
		{"误报低于 6%", "误报率 3.9%(省站检测)", Meets, 0},
		{"误报低于 3%", "误报率 3.9%(省站检测)", Short, 0.9},
		{"乱报低于 6%", "钢索检测误报率 3.9%", Meets, 0},
		{"位置误差 10 cm 以内", "断点位置误差 ±55 mm", Meets, 0},
		{"单套终端 3000 元以内", "单套终端约 2,100 元", Meets, 0},
		{"含油不超过 20 mg/L", "出水含油≤15 mg/L", Meets, 0},
		{"总氮浓度不超过 12 mg/L", "总氮≤8 mg/L", Meets, 0},
		{"-20 ℃容量保持率≥70%", "-20 ℃容量保持率≥75%", Meets, 0},
		// Doubt is never a claim.
		{"误报低于 6%", "误报 ≤2 次/10 km", Unstated, 0},
		{"误报不超过 3 次", "误报 2 次/年", NotComparable, 0},
		{"误报低于 6%", "漏报率 3.9%", Unstated, 0},
		{"含油不超过 20 mg/L", "进水含油≤15 mg/L", Unstated, 0},
		{"含油不超过 20 mg/L", "含油≤2%", Unstated, 0},
		{"-30 ℃容量保持率≥70%", "容量保持率≥75%", NotComparable, 0},
		{"-30 ℃容量保持率≥70%", "-20 ℃容量保持率≥75%", NotComparable, 0},
		{"查出率不低于 90%", "砖缝检出率 93%", NotComparable, 0},
		{"位置误差 10 cm 以内", "误差 5 cm", NotComparable, 0},
		{"重复定位误差 3 mm 以内", "测温误差 ±1 mm", NotComparable, 0},
		{"循环寿命≥3000次（0.5C，25℃）", "循环寿命达到3500次", NotComparable, 0},
		{"循环寿命≥3000次（0.5C，25℃）", "循环寿命达到3500次（1C，25℃）", NotComparable, 0},
		{"循环寿命≥3000次（0.5C，25℃）", "循环寿命达到3500次（0.5C，25℃）", Meets, 0},
		{"抗压强度不低于40MPa", "抗拉强度达52MPa", Unstated, 0},
		{"充电时间不超过10min", "响应时间为2min", Unstated, 0},
		{"识别精度不低于0.5mm", "定位精度为0.6mm", NotComparable, 0},
		{"准确率达到95%以上", "准确率提高了96%", NotComparable, 0},
		{"准确率达到95%以上", "准确率最高可达96%", NotComparable, 0},
		{"准确率达到95%以上", "传统方法准确率为96%", Unstated, 0},
		{"准确率达到95%以上", "国外产品的准确率达97%，准确率为90%", Short, 5},
		{"准确率达到95%以上", "实验一准确率为96%，实验二准确率为91%", NotComparable, 0},
		{"准确率达到95%以上", "准确率约95%", NotComparable, 0},
		{"涂层厚度不超过2mm", "涂层厚度为3g", NotComparable, 0},
		{"噪声不超过60分贝", "噪声为58dB(A)", NotComparable, 0},
		{"误差15%以内", "误差为7%", NotComparable, 0},
		{"误差15%以内", "局部相似解的误差不超过5%", NotComparable, 0},
		{"识别率98%以上", "日志识别率可以达到100%", NotComparable, 0},
		{"准确率80%以上", "取得了最高鉴别正确率84%", NotComparable, 0},
		{"识别率98%以上", "在两个库上分别取得了91%和99%识别率", Unstated, 0},
		{"移栽成活率90%以上", "移栽成活率54.3%95.6%", Unstated, 0},
		{"耐温不低于200℃", "在300℃下烧结2小时，耐磨性好", Unstated, 0},
		{"工作温度范围-20~60℃", "工作温度范围-40~85℃", Meets, 0},
		{"工作温度范围-40~85℃", "工作温度范围-20~60℃", NotComparable, 0},
	} {
		row := verdictOf(t, c.need, c.result)
		if row.Verdict != c.want || !nearly(row.Gap, c.gap) {
			t.Errorf("%s | %s: verdict %d gap %g, want %d gap %g (%+v)", c.need, c.result, row.Verdict, row.Gap, c.want, c.gap, row)
		}
	}
}

func TestComplaintsAreNoWishes(t *testing.T) {
	for _, text := range []string{"壳温常超过85℃", "拉稀率超过20%", "出苗率不到六成", "平均利用率不到20%", "车间有大量100到200度的废气", "寿命3年", "目前准确率只有80%"} {
		if got := wants(nil, text); len(got) != 0 {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestDeclaredIndicatorsCompare(t *testing.T) {
	x := New(Options{})
	x.Put(Doc{
		ID: "r", Kind: KindResult, Title: "高导热膜", Abstract: "一种膜。", Audience: AudPublic,
		Indicators: []Indicator{{Name: "热导率", Cmp: CmpAtLeast, Value: 12, Unit: "W/(m·K)"}},
	})
	res := x.Search(Query{
		Text: "导热膜", Explain: true, Filter: Filter{Viewer: AudPublic},
		Wants: []Indicator{{Name: "导热系数", Cmp: CmpAtLeast, Value: 10, Unit: "W/m·K"}, {Name: "厚度", Cmp: CmpAtMost, Value: 0.1, Unit: "mm"}},
	})
	rows := res.Hits[0].Why.Rows
	if len(rows) != 2 || rows[0].Verdict != Meets || rows[1].Verdict != Unstated {
		t.Fatalf("rows %+v", rows)
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		a, b   string
		factor float64 // a in b; 0 when they cannot be compared
	}{
		{"kg", "g", 1000}, {"毫米", "μm", 1000}, {"MPa", "N/mm²", 1}, {"kWh", "J", 3.6e6}, {"mg/L", "g/m3", 1}, {"万元", "元", 1e4},
		{"L/min", "m³/h", 0.06}, {"rpm", "r/min", 1}, {"年", "个月", 12}, {"d", "小时", 24}, {"分贝", "dB", 1}, {"W/(m·K)", "W/m/K", 1}, {"‰", "%", 0.1},
		{"℃", "K", 0}, {"dB(A)", "dB", 0}, {"mm", "mm2", 0}, {"%", "个百分点", 0}, {"月", "天", 0}, {"", "%", 0},
	} {
		x, okx := unitMeasure(c.a)
		y, oky := unitMeasure(c.b)
		if !okx || !oky {
			t.Errorf("%q or %q is not known", c.a, c.b)
			continue
		}
		got := 0.0
		if x.dims == y.dims {
			got = x.factor / y.factor
		}
		if !nearly(got, c.factor) {
			t.Errorf("%s in %s: %g, want %g (%q, %q)", c.a, c.b, got, c.factor, x.dims, y.dims)
		}
	}
}

func TestDoubtfulHitsClaimNothing(t *testing.T) {
	for _, c := range []struct {
		least [3]float64 // of the labels
		want  Verdict
	}{{[3]float64{0, 0, 0}, Meets}, {[3]float64{0, 0, 9}, Meets}, {[3]float64{0, 9, 9}, NotComparable}, {[3]float64{9, 9, 9}, NotComparable}} {
		p := DefaultParams()
		p.Labels = c.least
		x := New(Options{Params: &p})
		x.Put(Doc{ID: "r", Title: "跌倒检测手环", Abstract: "检测准确率为97%。", Audience: AudPublic})
		hits := x.Search(Query{Text: "跌倒检测，检测准确率95%以上", Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits
		if len(hits) != 1 || len(hits[0].Why.Rows) != 1 || hits[0].Why.Rows[0].Verdict != c.want {
			t.Errorf("least %v: %+v", c.least, hits)
		}
	}
}

func TestRowsThatClaimComeFirst(t *testing.T) {
	x := New(Options{})
	x.Put(Doc{ID: "r", Title: "误报率低的检测", Abstract: "误报率 3%；断点位置误差 ±5 mm；噪声为58dB(A)", Audience: AudPublic})
	for _, c := range []struct {
		need string
		want []Verdict
	}{
		{"响应时间小于 1 s；噪声不超过60分贝；单套费用 9 元以内；车速不低于 30 km/h；使用寿命 5 年以上；误报低于 5%", []Verdict{Meets, NotComparable, Unstated, Unstated}},
		{"响应时间小于 1 s；位置误差 2 mm 以内；误报低于 5%", []Verdict{Meets, NotComparable, Unstated}},
		{"货损不超过 1%", []Verdict{Unstated}},
	} {
		wanted := wants(nil, c.need)
		var got []Verdict
		for _, r := range compareAll(wanted, haves(x.visible("r", AudPublic), wanted)) {
			got = append(got, r.Verdict)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.need, got, c.want)
		}
	}
}
