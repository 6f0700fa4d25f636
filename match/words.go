package match

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// leadWords is what the words just before a number say.
type leadWords struct {
	cmp      Cmp
	has      bool // cmp was said
	soft     bool // "达到": equal, unless the words after say more
	explicit bool // a sign or word of comparison stands there
	bestCase bool // "最高", "最大可达": not guaranteed
	approx   bool
	change   Change
}

// leads are read from the right end of the words before a number, the longest first, again and again.
var leads = func() []leadEntry {
	list := []leadEntry{
		{"不低于", leadWords{cmp: CmpAtLeast, has: true}}, {"不小于", leadWords{cmp: CmpAtLeast, has: true}}, {"不少于", leadWords{cmp: CmpAtLeast, has: true}},
		{"不短于", leadWords{cmp: CmpAtLeast, has: true}}, {"至少", leadWords{cmp: CmpAtLeast, has: true}}, {"大于等于", leadWords{cmp: CmpAtLeast, has: true}},
		{"大于或等于", leadWords{cmp: CmpAtLeast, has: true}}, {"≥", leadWords{cmp: CmpAtLeast, has: true}}, {">=", leadWords{cmp: CmpAtLeast, has: true}},
		{"不高于", leadWords{cmp: CmpAtMost, has: true}}, {"不大于", leadWords{cmp: CmpAtMost, has: true}}, {"不超过", leadWords{cmp: CmpAtMost, has: true}},
		{"不多于", leadWords{cmp: CmpAtMost, has: true}}, {"不长于", leadWords{cmp: CmpAtMost, has: true}}, {"小于等于", leadWords{cmp: CmpAtMost, has: true}},
		{"小于或等于", leadWords{cmp: CmpAtMost, has: true}}, {"≤", leadWords{cmp: CmpAtMost, has: true}}, {"<=", leadWords{cmp: CmpAtMost, has: true}},
		{"至多", leadWords{cmp: CmpAtMost, has: true}}, {"控制在", leadWords{cmp: CmpAtMost, has: true}}, {"压到", leadWords{cmp: CmpAtMost, has: true}},
		{"未超过", leadWords{cmp: CmpAtMost, has: true}}, {"大于", leadWords{cmp: CmpMore, has: true}}, {"超过", leadWords{cmp: CmpMore, has: true}},
		{"高于", leadWords{cmp: CmpMore, has: true}}, {"多于", leadWords{cmp: CmpMore, has: true}}, {"超出", leadWords{cmp: CmpMore, has: true}},
		{">", leadWords{cmp: CmpMore, has: true}}, {"突破", leadWords{cmp: CmpMore, has: true}}, {"小于", leadWords{cmp: CmpLess, has: true}},
		{"低于", leadWords{cmp: CmpLess, has: true}}, {"少于", leadWords{cmp: CmpLess, has: true}}, {"短于", leadWords{cmp: CmpLess, has: true}},
		{"<", leadWords{cmp: CmpLess, has: true}}, {"不到", leadWords{cmp: CmpLess, has: true}}, {"不足", leadWords{cmp: CmpLess, has: true}},
		{"达到", leadWords{has: true, soft: true}}, {"达到了", leadWords{has: true, soft: true}}, {"达", leadWords{has: true, soft: true}}, {"可达", leadWords{has: true, soft: true}},
		{"可达到", leadWords{has: true, soft: true}}, {"做到", leadWords{has: true, soft: true}}, {"保持在", leadWords{has: true, soft: true}}, {"稳定在", leadWords{has: true, soft: true}},
		{"=", leadWords{has: true, soft: true}}, {"最高", leadWords{bestCase: true}}, {"最大", leadWords{bestCase: true}}, {"最高可达", leadWords{bestCase: true}},
		{"最高达", leadWords{bestCase: true}}, {"最高达到", leadWords{bestCase: true}}, {"最大可达", leadWords{bestCase: true}}, {"高达", leadWords{bestCase: true}},
		{"最多", leadWords{bestCase: true}}, {"最优可达", leadWords{bestCase: true}}, {"最好可达", leadWords{bestCase: true}},
		{"约", leadWords{approx: true}}, {"约为", leadWords{approx: true}}, {"大约", leadWords{approx: true}}, {"近", leadWords{approx: true}}, {"接近", leadWords{approx: true}}, {"~", leadWords{approx: true}}, {"≈", leadWords{approx: true}},
		{"提高", leadWords{change: Raised}}, {"提高了", leadWords{change: Raised}}, {"提升", leadWords{change: Raised}}, {"提升了", leadWords{change: Raised}}, {"增加", leadWords{change: Raised}},
		{"增加了", leadWords{change: Raised}}, {"增长", leadWords{change: Raised}}, {"增长了", leadWords{change: Raised}}, {"增大", leadWords{change: Raised}}, {"增大了", leadWords{change: Raised}}, {"延长", leadWords{change: Raised}}, {"延长了", leadWords{change: Raised}}, {"上升", leadWords{change: Raised}}, {"上升了", leadWords{change: Raised}}, {"升高", leadWords{change: Raised}}, {"升高了", leadWords{change: Raised}},
		{"降低", leadWords{change: Lowered}}, {"降低了", leadWords{change: Lowered}}, {"下降", leadWords{change: Lowered}}, {"下降了", leadWords{change: Lowered}}, {"减少", leadWords{change: Lowered}}, {"减少了", leadWords{change: Lowered}},
		{"减小", leadWords{change: Lowered}}, {"减小了", leadWords{change: Lowered}}, {"缩短", leadWords{change: Lowered}}, {"缩短了", leadWords{change: Lowered}}, {"节省", leadWords{change: Lowered}}, {"节约", leadWords{change: Lowered}}, {"下调", leadWords{change: Lowered}}, {"减轻", leadWords{change: Lowered}}, {"减轻了", leadWords{change: Lowered}}, {"降了", leadWords{change: Lowered}},
		{"提高到", leadWords{has: true, soft: true}}, {"提高至", leadWords{has: true, soft: true}}, {"提升到", leadWords{has: true, soft: true}}, {"提升至", leadWords{has: true, soft: true}}, {"增加到", leadWords{has: true, soft: true}}, {"增加至", leadWords{has: true, soft: true}},
		{"升至", leadWords{has: true, soft: true}}, {"升到", leadWords{has: true, soft: true}}, {"延长到", leadWords{has: true, soft: true}}, {"延长至", leadWords{has: true, soft: true}}, {"降低到", leadWords{has: true, soft: true}}, {"降低至", leadWords{has: true, soft: true}}, {"降至", leadWords{has: true, soft: true}}, {"降到", leadWords{has: true, soft: true}}, {"下降到", leadWords{has: true, soft: true}}, {"下降至", leadWords{has: true, soft: true}}, {"减少到", leadWords{has: true, soft: true}}, {"减少至", leadWords{has: true, soft: true}}, {"缩短到", leadWords{has: true, soft: true}}, {"缩短至", leadWords{has: true, soft: true}},
	}
	for _, w := range []string{"为", "是", "在", "有", "可", "能", "要", "应", "需", "仅", "仅为", "只有", "了", "均", "都", "分别", "分别为", "的", "值", "指标", ":", "：", "可以", "能够", "必须", "需要", "应当", "希望", "要求", "也", "就", "得", "由", "从", "误差在"} {
		list = append(list, leadEntry{w, leadWords{}})
	}
	for _, not := range []string{"不能", "不得", "不应", "不可", "不宜", "不要", "不允许"} {
		for _, w := range []string{"高于", "大于", "超过", "多于", "长于"} {
			list = append(list, leadEntry{not + w, leadWords{cmp: CmpAtMost, has: true}})
		}
		for _, w := range []string{"低于", "小于", "少于", "短于"} {
			list = append(list, leadEntry{not + w, leadWords{cmp: CmpAtLeast, has: true}})
		}
	}
	slices.SortStableFunc(list, func(a, b leadEntry) int { return len(b.text) - len(a.text) })
	return list
}()

type leadEntry struct {
	text string
	says leadWords
}

// trimLead takes words of comparison off the right end of before; the rest holds the name of the quantity. The change is
// also taken from the left: "提高效率 10%" raises by 10 %.
func trimLead(before string) (name string, l leadWords) {
	name = strings.TrimRight(before, " ")
	for again := true; again; {
		again = false
		if hasKnownHead(name) {
			break
		}
		for _, e := range leads {
			rest, ok := strings.CutSuffix(name, e.text)
			if !ok || rest == "" && e.says == (leadWords{}) {
				continue
			}
			l.merge(e.says)
			name, again = strings.TrimRight(rest, " "), true
			break
		}
	}
	if l.change == Level && !l.has {
		l.change = changeOf(name)
	}
	l.bestCase = l.bestCase || containsAny(name, []string{"最高", "最大", "最佳", "最优", "最好"})
	return name, l
}

func (l *leadWords) merge(o leadWords) {
	if o.has && (!l.has || l.soft && !o.soft) {
		l.cmp, l.has, l.soft = o.cmp, true, o.soft
	}
	l.bestCase = l.bestCase || o.bestCase
	l.approx = l.approx || o.approx
	l.explicit = l.explicit || o.has || o.bestCase || o.change != Level
	if l.change == Level {
		l.change = o.change
	}
}

// changeOf finds a verb of change before the name: "将泄漏量降低了" is a lead, "降低能耗 20%" is this.
func changeOf(name string) Change {
	for _, w := range []string{"提高", "提升", "增加", "延长"} {
		if strings.Contains(name, w) {
			return Raised
		}
	}
	for _, w := range []string{"降低", "减少", "缩短", "节省", "节约", "减小"} {
		if strings.Contains(name, w) {
			return Lowered
		}
	}
	return Level
}

type tailWords struct {
	cmp Cmp
	has bool
}

// tailCmp reads "以上", "以内" and the like after a quantity.
func tailCmp(after string) (t tailWords, approx bool) {
	after = strings.TrimLeft(after, " ")
	for _, w := range []string{"及以上", "或以上", "以上", "起"} {
		if strings.HasPrefix(after, w) {
			return tailWords{CmpAtLeast, true}, false
		}
	}
	for _, w := range []string{"及以下", "以下", "以内", "之内", "内"} {
		if strings.HasPrefix(after, w) {
			return tailWords{CmpAtMost, true}, false
		}
	}
	return tailWords{}, startsAny(after, []string{"左右", "上下"})
}

// Words that turn a number into something said of other things.
var (
	asideWords = []string{"分别", "各为", "传统", "现有技术", "现有的", "常规", "以往", "以前", "过去", "目前", "现在", "现行", "原来", "原先", "通常", "一般为", "常超过", "常高达", "经常", "老是", "每次", "每年", "每天", "同行", "对比例", "对照组", "空白组", "国家标准", "行业标准", "国标", "国外", "进口", "据统计", "假设", "例如", "如果", "理论上", "理论值", "预期", "预计", "有望", "只有", "仅能", "竞争", "市售", "文献报道", "已报道",
		"浪费", "白白", "不合格", "权利要求", "优选", "优选地"}
	asideLeads     = []string{"对比例", "对照组", "现有技术中", "传统方法", "传统的", "目前国内", "背景技术"}
	conditionTails = []string{"时", "下", "条件", "后", "环境", "的条件", "的温度下", "的环境", "处理", "中", "煅烧", "退火", "保温", "前"}
	conditionLeads = []string{"当", "在温度", "若"}
	wishWords      = []string{"要求", "希望", "需要", "必须", "想", "求", "应", "目标", "要", "能否", "期望"}
	wishLeads      = []string{"技术要求", "考核指标", "指标要求", "希望", "要求", "想要", "目标"}
)

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func startsAny(s string, words []string) bool {
	s = strings.TrimLeft(s, " ")
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// method reads a condition in brackets right after a quantity: "(0.5C,25℃)".
func method(after string) string {
	after = strings.TrimLeft(after, " ")
	for _, w := range []string{"以上", "以下", "以内", "左右"} {
		after = strings.TrimPrefix(after, w)
	}
	for _, b := range [][2]string{{"(", ")"}, {"（", "）"}} {
		if rest, ok := strings.CutPrefix(after, b[0]); ok {
			if end := strings.Index(rest, b[1]); end > 0 && end < 90 {
				return strings.TrimSpace(rest[:end])
			}
		}
	}
	return ""
}

// heads are words that quantities end in, the longest first, with what is better. A specific head names one quantity
// whatever stands before it ("电池循环寿命"); before any other every word counts ("充电时间", "响应时间"), and a broad one
// says nothing by itself ("误差" of what?).
type head struct {
	text     string
	better   int8 // 1 more, -1 less, 0 depends
	specific bool
	broad    bool
	same     string // the name under which synonyms meet; empty means text
}

var heads = func() []head {
	var out []head
	const specific, plain, broad = 0, 1, 2
	add := func(better int8, class int, words string) {
		for _, group := range strings.Fields(words) {
			names := strings.Split(group, "=")
			for _, n := range names {
				out = append(out, head{n, better, class == specific, class == broad, names[0]})
			}
		}
	}
	add(1, specific, "循环寿命=循环次数=循环性能 使用寿命=服役寿命 疲劳寿命 容量保持率 能量密度 功率密度 抗压强度 抗拉强度=拉伸强度 屈服强度 抗弯强度=弯曲强度 剪切强度 冲击强度 粘接强度=粘结强度 剥离强度 结合强度 断裂韧性 断裂伸长率=延伸率 热导率=导热系数 电导率 比表面积 信噪比 透光率=透过率 光电转换效率 库仑效率 耐盐雾时间=盐雾试验=盐雾时间=中性盐雾=耐盐雾 击穿电压 击穿场强 耐压 耐温=耐热温度=耐高温 续航里程 比容量")
	add(-1, specific, "误报率=误报=乱报=虚警率=虚警 漏检率=漏检 漏报率=漏报 误判率=误判 误检率=误检 误码率 表面粗糙度=粗糙度 检出限=检测限 热阻 吸水率 孔隙率 磨损率 腐蚀速率 声压级 热点温差 投资回收期=回收期 插入损耗")
	add(1, plain, "去除率 回收率 转化率 识别率=识别准确率 准确率=正确率 召回率=查全率 检出率=查出率 合格率=良品率=良率 成活率 分解率 保持率 产能 吞吐量 处理量 制冷量 寿命 TRL 成熟度")
	add(-1, plain, "误识别率 拒识率 污染率 不良率=废品率=废品 故障率 泄漏率 泄漏量 响应时间 单价 造价 投资 噪声=噪音 能耗 功耗 油耗 水耗 电耗 耗电 摩擦系数 压降")
	add(1, broad, "效率 强度 硬度 精度 产量 产率 收率 纯度 容量 灵敏度 速度 分辨率 带宽 韧性 里程 准确度 流量 附着力 密封性 利用率 选择性")
	add(-1, broad, "误差 成本 费用 损耗 损失 偏差 重量 价格 排放 残留 残余应力 时延=延迟 变形量 温差 温升 周期")
	add(0, broad, "温度 壳温 时间 压力 压强 功率 电压 电流 电阻 电阻率 频率 转速 厚度 直径 粒径 孔径 长度 宽度 高度 深度 面积 体积 密度 浓度 含量 粘度=黏度 湿度 角度 距离 比例 尺寸 波长 间距 范围 质量 数量 规模 张力 扭矩 系数 载荷 占比 剂量 pH 力 度 率 量 数 值 比 期 温 径")
	slices.SortStableFunc(out, func(a, b head) int { return len(b.text) - len(a.text) })
	return out
}()

// headOf returns the head that a name ends in.
func headOf(name string) (head, bool) {
	for _, h := range heads {
		if strings.HasSuffix(name, h.text) {
			return h, true
		}
	}
	return head{}, false
}

func hasKnownHead(name string) bool {
	h, ok := headOf(name)
	return ok && utf8.RuneCountInString(h.text) > 1
}

// fluff is cut from the left of a name.
var fluff = []string{"使得", "使其", "使", "并且", "并", "且", "而且", "其", "该", "此", "将", "把", "令", "让", "对", "与", "和", "及", "以及", "的", "地", "得", "是", "整机", "整体", "平均", "总", "最终", "同时", "技术要求", "主要指标", "指标", "要求", "希望", "想要", "想", "求", "需要", "需", "必须", "应", "能", "可", "保证", "确保", "实现", "达到", "满足", "目标", "提高", "提升", "增加", "延长", "降低", "减少", "缩短", "减小", "节省", "节约", "本产品", "产品", "材料", "样品", "系统", "装置", "设备", "方法", "算法", "模型", "本文", "所提", "提出", "试验", "实验", "测试", "年", "后", "在"}

// quantityName takes the name of the quantity from the end of the words before its number: at most twelve characters of
// one run, without fluff. It is empty when nothing that could be a name stands there.
func quantityName(words string) string {
	words = strings.TrimRight(words, " :：")
	for _, b := range []string{"(", "（"} { // "循环寿命(0.5C)≥": the name is before the bracket
		if strings.HasSuffix(words, ")") || strings.HasSuffix(words, "）") {
			if at := strings.LastIndex(words, b); at > 0 {
				words = strings.TrimRight(words[:at], " ")
			}
		}
	}
	start, n := len(words), 0
	for start > 0 && n < 12 {
		r, size := utf8.DecodeLastRuneInString(words[:start])
		if !isHan(r) && !(r < 0x80 && (isLatin(byte(r)) || isDigit(byte(r)))) {
			break
		}
		start -= size
		n++
	}
	name := words[start:]
	if n == 12 {
		if h, ok := headOf(name); ok { // a long run is a sentence: keep the head and what clings to it
			keep := len(name) - len(h.text)
			for i := 0; i < 4 && keep > 0; i++ {
				_, size := utf8.DecodeLastRuneInString(name[:keep])
				keep -= size
			}
			_, whole, cut := strings.Cut(name[keep:], "的") // "统的预测准确率" begins inside a word
			if name = name[keep:]; cut && strings.HasSuffix(whole, h.text) {
				name = whole
			}
		}
	}
	for _, verb := range []string{"取得了", "取得", "得到", "获得", "具有", "达到", "实现", "使得"} {
		if at := strings.LastIndex(name, verb); at >= 0 && at+len(verb) < len(name) {
			name = name[at+len(verb):]
		}
	}
	name = withoutFluff(afterCondition(name))
	if h, ok := headOf(name); ok && runes(h.text) == 1 && (runes(name) > 5 || containsAny(name, []string{"大量", "少量", "多数", "可能"})) {
		return ""
	}
	if utf8.RuneCountInString(name) < 2 && name != "pH" {
		return ""
	}
	return name
}

// afterCondition cuts "满载时" and "工况下" off the left of a name.
func afterCondition(name string) string {
	for _, w := range []string{"条件下", "工况下", "环境下", "状态下", "负荷下", "运行时", "工作时", "满载时", "使用时", "负荷时", "处理后", "循环后"} {
		if at := strings.LastIndex(name, w); at >= 0 && at+len(w) < len(name) {
			return name[at+len(w):]
		}
	}
	return name
}

// totals are what "总" makes a quantity of its own: 总氮 is not 氮.
var totals = []string{"氮", "磷", "铬", "砷", "汞", "铅", "镉", "烃", "有机", "硬", "固体"}

// withoutFluff cuts fluff from the left of a name, but never into the head that it ends in.
func withoutFluff(name string) string {
	h, _ := headOf(name)
	for again := true; again; {
		again = false
		for _, f := range fluff {
			if rest, ok := strings.CutPrefix(name, f); ok && rest != "" && len(rest) >= len(h.text) && !(runes(h.text) == 1 && runes(rest) < 3 && runes(f) == 1) && !(f == "总" && startsAny(rest, totals)) {
				name, again = rest, true
			}
		}
	}
	return name
}

// perPiece takes "每件" off the end of the words before a number: "每件80元" is 80 元/件.
func perPiece(before string) (rest, piece string) {
	at := strings.LastIndex(before, "每")
	if at < 0 || len(before)-at > len("每立方米") {
		return before, ""
	}
	piece = strings.TrimRight(before[at+len("每"):], " ")
	if _, n := readUnit(piece); n == 0 || n != len(piece) {
		return before, ""
	}
	return before[:at], piece
}

// trailingName reads "3000 次循环寿命", "95% 的准确率": the name after the quantity, known heads only. "28 天强度" and "-30 ℃
// 容量保持率" begin with a condition, and a name with a number of its own after it belongs to that.
func trailingName(after, unit string) string {
	after = strings.TrimPrefix(strings.TrimLeft(after, " "), "以上")
	after, of := strings.CutPrefix(after, "的")
	best := ""
	for _, h := range heads {
		if utf8.RuneCountInString(h.text) < 2 {
			continue
		}
		if at := strings.Index(after, h.text); at >= 0 && at <= 12 && len(h.text)+at > len(best) && allHan(after[:at]) {
			best = after[:at+len(h.text)]
		}
	}
	m, _ := unitMeasure(unit)
	if best == "" || strings.ContainsAny(best, "时下后前中") && !strings.Contains(best, "时间") || !of && m.dims != "%1" && m.dims != "次1" && !strings.Contains(best, "寿命") {
		return ""
	}
	rest := []rune(strings.TrimLeft(after[len(best):], " "))
	if len(rest) > 0 && (strings.ContainsRune("≥≤<>=为达不大小超低高由从:：", rest[0]) || rest[0] >= '0' && rest[0] <= '9') {
		return ""
	}
	return best
}

// bareName takes a name without a known head: all the words of a clause before its number, when they are few and plain
// and a comparison or the end of the clause says that the number is theirs: "出水含油≤20 mg/L".
func bareName(words string, sure bool) string {
	name := strings.TrimSuffix(strings.TrimRight(words, " :："), "的")
	if n := runes(name); !sure || n < 2 || n > 8 || !allHan(name) || strings.ContainsAny(name, "的了在我你他这那些要能把被让从由年天时下后前中内上处约近每第") {
		return ""
	}
	return name
}

// ends reports whether a clause ends, or a bracket follows, after a quantity.
func ends(after string) bool {
	after = strings.TrimLeft(after, " ")
	return after == "" || strings.HasPrefix(after, "(") || strings.HasPrefix(after, "（")
}

// Words of a name that go with a time or a temperature; what has neither cannot be so many hours or degrees: "28 天强度".
var (
	timeWords   = []string{"时", "期", "寿命", "周", "间隔", "延", "盐雾", "误差", "偏差", "精度", "准确", "分辨", "波动", "范围", "提前", "年限", "龄", "天数", "发现", "判", "测", "换", "退", "持", "存", "速度"}
	degreeWords = []string{"温", "热", "冷", "冻", "误差", "偏差", "精度", "准确", "分辨", "波动", "范围", "点"}
)

// fitsUnit reports whether a quantity of this name can have this unit.
func fitsUnit(name, unit string) bool {
	m, ok := unitMeasure(unit)
	if !ok {
		return true
	}
	switch m.dims {
	case "s1", "月1":
		return containsAny(name, timeWords)
	case "℃1", "K1":
		return containsAny(name, degreeWords)
	}
	return true
}

func allHan(s string) bool {
	for _, r := range s {
		if !isHan(r) {
			return false
		}
	}
	return true
}

// settleDegrees decides what "度" means from its surroundings; it stays "度" when they do not tell.
func settleDegrees(unit, name, clause string) string {
	if unit != "度" {
		return unit
	}
	switch {
	case containsAny(name, []string{"温", "热", "冷", "冻"}):
		return "℃"
	case containsAny(name, []string{"角", "倾", "转", "旋", "视场"}):
		return "°"
	}
	return unit
}
