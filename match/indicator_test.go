package match

import (
	"fmt"
	"strings"
	"testing"
)

// show writes an indicator the way the tables below do.
func show(i Indicator) string {
	cmp := [...]string{"=", ">=", "<=", ">", "<", ".."}[i.Cmp]
	s := fmt.Sprintf("%s %s %g", i.Name, cmp, i.Value)
	if i.Cmp == CmpRange {
		s += fmt.Sprintf("..%g", i.High)
	}
	s += " " + i.Unit
	if i.Change != Level {
		s += map[Change]string{Raised: " raised", Lowered: " lowered"}[i.Change]
	}
	if i.Approx {
		s += " about"
	}
	if i.Method != "" {
		s += " [" + i.Method + "]"
	}
	return strings.TrimSpace(s)
}

func TestReadIndicators(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"循环寿命不低于3000次。", "循环寿命 >= 3000 次"},
		{"固化温度不能高于 100 度", "固化温度 <= 100 ℃"},
		{"冷却时间不得超过 12 秒", "冷却时间 <= 12 秒"},
		{"循环寿命不应少于3000次", "循环寿命 >= 3000 次"},
		{"循环寿命：≥ 3,000 次（0.5C，25 ℃）", "循环寿命 >= 3000 次 [0.5C，25 ℃]"},
		{"盐雾试验１０００小时以上", "盐雾试验 >= 1000 小时"},
		{"热点温差控制在5℃以内", "热点温差 <= 5 ℃"},
		{"准确率达到98.5%，误报率小于0.3％", "准确率 = 98.5 %; 误报率 < 0.3 %"},
		{"工作温度为-40~85℃", "工作温度 .. -40..85 ℃"},
		{"厚度为 100–200 μm 的涂层", "厚度 .. 100..200 μm"},
		{"能量密度超过 300 Wh/kg", "能量密度 > 300 Wh/kg"},
		{"成本控制在每件80元以内", "成本 <= 80 元/件"},
		{"单价不超过80元/件", "单价 <= 80 元/件"},
		{"热导率可达 12.5 W/(m·K)", "热导率 = 12.5 W/(m·K)"},
		{"抗压强度最高可达120MPa", "抗压强度 <= 120 MPa"},
		{"使泄漏量由85mL降至62mL", "泄漏量 = 62 mL"},
		{"产品合格率提高10%以上", "合格率 >= 10 % raised"},
		{"能耗降低了30%", "能耗 = 30 % lowered"},
		{"使用寿命三千小时以上", "使用寿命 >= 3000 小时"},
		{"投资回收期五年以内", "投资回收期 <= 5 年"},
		{"误差为±0.5℃", "误差 .. -0.5..0.5 ℃"},
		{"噪声约62分贝", "噪声 = 62 分贝 about"},
		{"产能达2万吨/年", "产能 = 20000 吨/年"},
		{"灵敏度为3×10^-3 V/Pa", "灵敏度 = 0.003 V/Pa"},
		{"结果显示该换机预测系统的预测准确率为71%", "预测准确率 = 71 %"}, // a name never begins inside a word
		{"误报率 3.9%(省站检测)", "误报率 = 3.9 % [省站检测]"},
		{"误报低于 6%", "误报 < 6 %"},
		{"出水含油≤15 mg/L", "出水含油 <= 15 mg/L"},
		{"单套终端约 2,100 元", "单套终端 = 2100 元 about"},
		{"能耗降低 12%-19%(两厂对比)", "能耗 .. 12..19 % lowered [两厂对比]"},
		// What stands before a quantity says under what it holds.
		{"循环寿命2800次;-20 ℃容量保持率≥75%", "循环寿命 = 2800 次; 容量保持率 >= 75 % [-20 ℃]"},
		{"300 次循环后容量保持率 91%", "容量保持率 = 91 % [300 次循环后]"},
		{"壁厚 2 mm 处表面粗糙度 0.8 μm(旧法 3 μm)", "表面粗糙度 = 0.8 μm [壁厚 2 mm 处，旧法 3 μm]"},
		{"单片 350 W 时壳温由 82 ℃ 降至 60 ℃", "壳温 = 60 ℃ [单片 350 W 时]"},
		{"-5 ℃ 养护 7 天抗压强度 21 MPa", "抗压强度 = 21 MPa [-5 ℃，养护 7 天]"},
		{"28 天强度不低于 35 MPa", "强度 >= 35 MPa [28 天]"},
		// A number of something else, or in a unit that is only half read.
		{"28 天强度不低于 C35", ""},
		{"改造投资 3-5 年收回", ""},
		{"渗透通量 55 L/m²h", ""},
		{"误报 ≤2 次/10 km", ""},
		{"20 mm检测精度高", ""},
		{"焊缝宽度两千小时盐雾后未见锈", ""},
		{"检出率 96%(人工检出率 81%)", "检出率 = 96 % [人工检出率 81%]"},
		// Numbers that are no indicators of the thing itself.
		{"2016年以来，第3代产品采用TiO2和PM2.5监测（见图2）", ""},
		{"当温度高于200℃时材料失效", ""},
		{"在800℃下煅烧2小时", ""},
		{"传统方法的准确率仅为80%", ""},
		{"现有的涂层盐雾时间不到500小时", ""},
		{"对比例的去除率为45%", ""},
		{"优选地厚度为3mm", ""},
		{"解决3个问题", ""},
		{"", ""},
	} {
		var got []string
		for _, i := range ReadIndicators(c.text) {
			got = append(got, show(i))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, s, c.want)
		}
	}
}
