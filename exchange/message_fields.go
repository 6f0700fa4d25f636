package exchange

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"datai/catalog"
	"datai/shelf"
)

const (
	// surnames are common ones; 2-character ones first.
	surnames = `欧阳|上官|司马|诸葛|王|李|张|刘|陈|杨|黄|赵|吴|周|徐|孙|马|朱|胡|郭|何|高|林|罗|郑|梁|谢|宋|唐|许|韩|冯|邓|曹|彭|曾|肖|萧|田|董|袁|潘|蒋|蔡|余|于|杜|叶|程|苏|魏|吕|丁|任|沈|姚|卢|姜|崔|钟|谭|陆|汪|范|金|石|廖|贾|夏|韦|付|傅|方|白|邹|孟|熊|秦|邱|江|尹|薛|闫|段|雷|侯|龙|史|陶|黎|贺|顾|毛|郝|龚|邵|万|钱|严|覃|武|戴|莫|孔|向|汤|柳|穆|温|裴|祁|乔|尤|岳|齐|柯|翟|季|童|凌|霍|宁|阮|梅|盛|骆|冷|华|施|岑|戚|窦|章|云|葛|奚|郎|鲁|昌|苗|花|俞|袁|鲍|费|廉|薄|殷|毕|安|常|乐|皮|卞|康|伍|元|卜|平|和|尉|辛|管|甘|景|詹|束|蓝`
	posts    = `总经理|副总经理|总工程师|总工|经理|主任|厂长|副厂长|部长|院长|所长|科长|处长|博士|教授|工程师|先生|女士|小姐|师傅|老师|董事长|主管|专员|总|工|董|姐|哥`
)

var (
	person = regexp.MustCompile(`(?:老|小)?(?:` + surnames + `)(?:\p{Han}{0,2}?)(?:` + posts + `)`)
	// plainName is a name without a post, which only its place gives away.
	plainName    = regexp.MustCompile(`^(?:(?:` + surnames + `)\p{Han}{1,2}|[老小](?:` + surnames + `))$`)
	contactWords = regexp.MustCompile(`联系人|联络人|对接人|联系|找|我是|我叫|我姓|负责人|对接|加我|微信|署名`)
	introduction = regexp.MustCompile(`^(.*?)(?:我这边是|我们这边是|我是|我叫|我姓|这里是|这边是|(?:技术|项目|企业)?(?:负责人|对接人?)(?:是|:)?|联系人是|联系人:|联系人|联络人|对接人是|对接人|有事找|请联系|可联系|可以联系|联系|请找|可以找|找|署名)\s*(.*)$`)

	budgetWords = regexp.MustCompile(`预算|经费|费用|出资|投入|资金|研发费|拿出|掏|愿意出|能出|价格|价钱|钱`)
	// ofPiece is a cost of a thing, an indicator and no budget.
	ofPiece = regexp.MustCompile(`成本|单价|售价|每吨|每台|每件|每个|每公斤|元/|/吨|/台|/件|一吨|一件`)
	money   = regexp.MustCompile(`(?:不超过|不高于|最多|最高|控制在|上限)?(?:大概|大约|约|在|是|为|有|:|\s)*(?:[¥￥])?(?:\d[\d,]*(?:\.\d+)?)\s*(?:亿|千万|百万|万|w|W|k|K|元|块)?(?:元|块)?(?:\s*(?:[-–—~～到至]+)\s*(?:\d[\d,]*(?:\.\d+)?)\s*(?:亿|千万|百万|万|w|W|元|块)?(?:元|块)?)?(?:钱)?(?:以内|以下|之内|左右|上下)?`)
	hanSum  = regexp.MustCompile(`[一二两三四五六七八九十百千]+(?:[到至、-][一二两三四五六七八九十百千]+)?(?:来|多|几)?(?:个)?(?:百万|千万|万|亿)`)
)

// owner takes the name of an enterprise out of a text and returns what stands
// before and after it; ok is false if there is none.
func (m *message) owner(s string) (before, after string, ok bool) {
	for _, at := range organisation.FindAllStringIndex(s, -1) {
		name := s[at[0]:at[1]]
		from := at[0]
		if l := lead.FindString(name); l != "" && len(l) < len(name) {
			name, from = name[len(l):], at[0]+len(l)
		}
		if utf8.RuneCountInString(name) < 4 || common.MatchString(name) {
			continue
		}
		if m.f.Owner == "" || utf8.RuneCountInString(m.f.Owner) < utf8.RuneCountInString(name) && strings.HasSuffix(name, "公司") && !strings.HasSuffix(m.f.Owner, "有限公司") {
			m.f.Owner = name
		}
		return s[:from], s[at[1]:], true
	}
	if at := shortName.FindStringSubmatchIndex(s); at != nil && m.f.Owner == "" {
		m.f.Owner = s[at[2]:at[3]]
		return s[:at[2]], s[at[3]:], true
	}
	return s, "", false
}

// shortName is an enterprise without its legal form, before the name of whoever
// speaks for it.
var shortName = regexp.MustCompile(`^我(?:们)?是([\p{Han}A-Za-z]{2,10}?)的(?:` + person.String() + `|[老小](?:` + surnames + `))`)

// introduced takes out the clause in which somebody says where they are from:
// 我们是××公司(的××). A clause that names an enterprise in passing stays.
func (m *message) introduced(c string) (before, rest string, ok bool) {
	before, after, ok := m.owner(c)
	if !ok {
		return c, "", false
	}
	lead := strings.TrimSpace(before)
	after = strings.TrimSpace(after)
	if lead != "" && !introducing.MatchString(lead) {
		return c, "", false
	}
	after = department.ReplaceAllString(strings.TrimLeft(after, "的 -—·,)"), "")
	if who := person.FindString(after); who != "" && strings.HasPrefix(after, who) {
		m.contact(who)
		after = after[len(who):]
	} else if plainName.MatchString(after) {
		m.contact(after)
		after = ""
	} else if i := strings.IndexFunc(after, func(r rune) bool { return r == ' ' }); i > 0 && plainName.MatchString(after[:i]) {
		m.contact(after[:i])
		after = after[i:]
	}
	if post.MatchString(after) {
		after = ""
	}
	return "", strings.TrimSpace(after), true
}

var (
	department  = regexp.MustCompile(`^\p{Han}{1,4}(?:部|科|处|中心|室|车间)[\s,]*`)
	introducing = regexp.MustCompile(`(?:是|来自|代表|叫|单位|公司|企业|署名|[:(\-—])$`)
	post        = regexp.MustCompile(`^(?:技术部|研发部|生产部|设备部|总工办|办公室|研发中心|销售部|市场部|采购部|工艺|技术|研发|设备|生产)*(?:的)?(?:` + posts + `|负责人|主任)?$`)
)

func (m *message) contact(name string) {
	if m.f.Contact == "" {
		m.f.Contact = name
	}
}

// beside looks for a name directly before or after a number.
func (m *message) beside(before, after string) {
	if m.f.Contact != "" {
		return
	}
	before = strings.TrimRight(reach.ReplaceAllString(before, " "), " :,(，")
	if i := strings.LastIndexAny(before, " ,:;。(、/"); i >= 0 {
		before = before[i+1:]
	}
	before = strings.TrimSpace(introLead.ReplaceAllString(before, ""))
	if all := person.FindAllString(before, -1); len(all) > 0 && strings.HasSuffix(before, all[len(all)-1]) {
		m.contact(all[len(all)-1])
		return
	}
	if plainName.MatchString(before) {
		m.contact(before)
		return
	}
	after = strings.TrimLeft(reach.ReplaceAllString(after, " "), " :,)(，")
	if i := strings.IndexAny(after, " ,:;。()、/"); i >= 0 {
		after = after[:i]
	}
	if who := person.FindString(after); who != "" && strings.HasPrefix(after, who) {
		m.contact(who)
	} else if plainName.MatchString(after) {
		m.contact(after)
	}
}

var introLead = regexp.MustCompile(`^.*?(?:我是|我叫|联系人|联络人|对接人|联系|找|有事|请|可以|是)+`)

// named takes a name out of a clause that introduces somebody, with the words
// of the introduction.
func (m *message) named(c string) string {
	s := strings.TrimSpace(c)
	if at := introduction.FindStringSubmatch(s); at != nil {
		name := strings.Trim(at[2], " ,:()。")
		if who := person.FindString(name); who != "" && strings.HasPrefix(name, who) {
			m.contact(who)
			return at[1] + strings.TrimSpace(name[len(who):])
		}
		if plainName.MatchString(name) {
			m.contact(name)
			return at[1]
		}
		if name == "" {
			return at[1]
		}
	}
	trimmed := strings.Trim(s, " :,()、。-")
	if trimmed == m.f.Contact || plainName.MatchString(trimmed) && trimmed == m.f.Contact {
		return ""
	}
	if m.f.Contact != "" && strings.HasSuffix(trimmed, m.f.Contact) && utf8.RuneCountInString(trimmed) <= utf8.RuneCountInString(m.f.Contact)+4 {
		return ""
	}
	return c
}

func (m *message) peekBudget(s string) bool {
	return budgetWords.MatchString(s) && !ofPiece.MatchString(s)
}

// budget takes a clause about money. sure says that a label named it.
func (m *message) budget(c string, sure bool) bool {
	if !sure && !m.peekBudget(c) {
		return false
	}
	said := digits(strings.ReplaceAll(c, "个万", "万"))
	if at := money.FindString(said); at != "" && strings.ContainsAny(at, "万wWkK元块亿") {
		written := strings.TrimSpace(strings.NewReplacer("大概", "", "大约", "", "约", "", "在", "", "是", "", "为", "", "有", "", ":", "", "钱", "", "块", "元", " ", "",
			"最多", "不超过", "控制", "", "上限", "不超过", "到", "-", "至", "-", "W", "万", "w", "万").Replace(at))
		if p := ReadPrice(written); p.Max > 0 {
			if negotiable.MatchString(said) && !strings.Contains(written, "面议") {
				written += "(面议)"
			}
			m.f.Budget = written
			return true
		}
	}
	if negotiable.MatchString(said) || talk.MatchString(said) {
		if m.f.Budget == "" {
			m.f.Budget = "面议"
		}
		return true
	}
	if sure {
		if p := ReadPrice(said); p.Max > 0 {
			m.f.Budget = said
			return true
		}
	}
	return false
}

var talk = regexp.MustCompile(`可以谈|好谈|能谈|再谈|好商量|可商量|不是问题|没问题|好说`)

// digits writes sums in words as digits: 三十万 is 30万, 五到八万 is 5-8万.
func digits(s string) string {
	return hanSum.ReplaceAllStringFunc(s, func(sum string) string {
		unit := ""
		for _, u := range []string{"百万", "千万", "万", "亿"} {
			if strings.HasSuffix(sum, u) {
				unit = u
				break
			}
		}
		body := strings.TrimSuffix(sum, unit)
		body = strings.NewReplacer("来", "", "多", "", "几", "", "个", "").Replace(body)
		from, to, two := cutAny(body, "到至、-")
		low, ok := hanNumber(from)
		if !ok {
			return sum
		}
		out := strconv.Itoa(low)
		if two {
			high, ok := hanNumber(to)
			if !ok {
				return sum
			}
			out += "-" + strconv.Itoa(high)
		}
		return out + unit
	})
}

func cutAny(s, marks string) (before, after string, found bool) {
	if i := strings.IndexAny(s, marks); i >= 0 {
		_, n := utf8.DecodeRuneInString(s[i:])
		return s[:i], s[i+n:], true
	}
	return s, "", false
}

// hanNumber reads a number below ten thousand in Chinese writing.
func hanNumber(s string) (n int, ok bool) {
	unit := map[rune]int{'十': 10, '百': 100, '千': 1000}
	digit := 0
	for _, r := range s {
		if i := strings.IndexRune("一二三四五六七八九", r); i >= 0 {
			digit, ok = i/3+1, true
			continue
		}
		if r == '两' {
			digit, ok = 2, true
			continue
		}
		u, known := unit[r]
		if !known {
			return 0, false
		}
		n, digit, ok = n+max(1, digit)*u, 0, true
	}
	return n + digit, ok
}

var (
	dayWords  = regexp.MustCompile(`前|截止|截至|之前|以前|为止|内|月底|年底|年内|完成|交付|用上|投产|出结果|到期|有效|上线|出样|最晚|希望|要`)
	fullDay   = regexp.MustCompile(`(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})`)
	yearMonth = regexp.MustCompile(`(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?(底|末|初|中旬|上旬|下旬)?`)
	monthDay  = regexp.MustCompile(`(明年|今年|后年)?(\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份)?(?:(\d{1,2})[日号])?(底|末|初|中旬|上旬|下旬)?`)
	yearEnd   = regexp.MustCompile(`(今年|明年|后年)?(?:年底|年末|年内|年前|内)`)
	half      = regexp.MustCompile(`(今年|明年|后年)?(上半年|下半年)`)
	within    = regexp.MustCompile(`(\d{1,2}|[一二两三四五六七八九十半]{1,2})个?(月|周|星期|年|天)(?:以内|之内|内)`)
	thisMonth = regexp.MustCompile(`(这个|本|下个|下)月(底|末|初)?`)
)

// until takes a clause that says when something must be there.
func (m *message) until(c string, sure bool) bool {
	if !sure && !dayWords.MatchString(c) {
		return false
	}
	d, rest, ok := m.day(c)
	if !ok {
		return false
	}
	// A clause that says more than when stays; the day is taken from it all the same.
	about := strings.TrimSpace(fillers.ReplaceAllString(rest, ""))
	if !sure && !m.f.Until.IsZero() {
		return false
	}
	if !sure && !due.MatchString(c) {
		return false
	}
	m.f.Until = d
	return sure || utf8.RuneCountInString(about) <= 4
}

var (
	due     = regexp.MustCompile(`前|截止|截至|为止|以内|之内|内|底|最晚|有效`)
	fillers = regexp.MustCompile(`希望|最好|能够|能|需要|必须|要|得|在|于|之前|以前|前|截止|截至|日期|到|为止|完成|交付|交货|用上|投产|出结果|解决|搞定|出样机|出样|上线|有效|左右|最晚|时间|我们|样品|结果|就|给|出|之内|以内|内|做完|落地|[,。:!;\s]`)
)

func (m *message) day(c string) (d catalog.Date, rest string, ok bool) {
	cutOut := func(at []int) string { return c[:at[0]] + c[at[1]:] }
	group := func(at []int, n int) string {
		if at[2*n] < 0 {
			return ""
		}
		return c[at[2*n]:at[2*n+1]]
	}
	now := m.now
	year := func(word string) int {
		switch word {
		case "明年":
			return now.Year() + 1
		case "后年":
			return now.Year() + 2
		}
		return now.Year()
	}
	date := func(y, mo, day int) catalog.Date {
		return catalog.Date{Year: y, Month: mo, Day: day}
	}
	switch {
	case fullDay.MatchString(c):
		at := fullDay.FindStringSubmatchIndex(c)
		d, rest = date(number(group(at, 1)), number(group(at, 2)), number(group(at, 3))), strings.TrimLeft(cutOut(at), "日号")
	case yearMonth.MatchString(c):
		at := yearMonth.FindStringSubmatchIndex(c)
		d, rest = inMonth(number(group(at, 1)), number(group(at, 2)), group(at, 3)), cutOut(at)
	case within.MatchString(c):
		at := within.FindStringSubmatchIndex(c)
		d, rest = m.after(group(at, 1), group(at, 2)), cutOut(at)
	case half.MatchString(c):
		at := half.FindStringSubmatchIndex(c)
		d = date(year(group(at, 1)), 6, 30)
		if group(at, 2) == "下半年" {
			d = date(year(group(at, 1)), 12, 31)
		}
		rest = cutOut(at)
	case monthDay.MatchString(c):
		at := monthDay.FindStringSubmatchIndex(c)
		mo, okMonth := hanOr(group(at, 2))
		if !okMonth || mo < 1 || mo > 12 {
			return d, c, false
		}
		y := year(group(at, 1))
		if group(at, 1) == "" && mo < int(now.Month()) {
			y++ // a month that has passed is that of next year
		}
		if day := group(at, 3); day != "" {
			d = date(y, mo, number(day))
		} else {
			d = inMonth(y, mo, group(at, 4))
		}
		rest = cutOut(at)
	case thisMonth.MatchString(c):
		at := thisMonth.FindStringSubmatchIndex(c)
		first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
		if strings.HasPrefix(group(at, 1), "下") {
			first = first.AddDate(0, 1, 0)
		}
		d, rest = inMonth(first.Year(), int(first.Month()), group(at, 2)), cutOut(at)
	case yearEnd.MatchString(c):
		at := yearEnd.FindStringSubmatchIndex(c)
		if at[1]-at[0] <= len("内") {
			return d, c, false
		}
		d, rest = date(year(group(at, 1)), 12, 31), cutOut(at)
	default:
		return d, c, false
	}
	return d, rest, d.Valid() && d.Year >= now.Year()-1 && d.Year < now.Year()+20
}

// inMonth is the last day of a month that is meant: 9月底前 ends with it, 9月前
// and 9月初 are taken as 9月.
func inMonth(year, month int, part string) catalog.Date {
	switch part {
	case "初", "上旬":
		return catalog.Date{Year: year, Month: month, Day: 10}
	case "中旬":
		return catalog.Date{Year: year, Month: month, Day: 20}
	}
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC)
	return catalog.Date{Year: last.Year(), Month: int(last.Month()), Day: last.Day()}
}

func hanOr(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, true
	}
	return hanNumber(s)
}

// after is the day in so many weeks, months or years.
func (m *message) after(count, unit string) catalog.Date {
	n, _ := hanOr(count)
	t := m.now
	switch {
	case count == "半" && unit == "年":
		t = t.AddDate(0, 6, 0)
	case unit == "年":
		t = t.AddDate(n, 0, 0)
	case unit == "月":
		t = t.AddDate(0, n, 0)
	case unit == "天":
		t = t.AddDate(0, 0, n)
	default:
		t = t.AddDate(0, 0, 7*n)
	}
	return catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}

// form is what was read, every field that has something named in Read.
func (m *message) form() shelf.Form {
	f := m.f
	var parts []shelf.Part
	before := ""
	for i, p := range m.parts {
		text := strings.Join(p.sentences, "")
		switch {
		case text == "" && p.title == "":
		case i == 0 && !p.point && p.title == "" && len(m.parts) > 1 && m.parts[1].point && announcing(text, len(m.parts)):
			before = text // what stands before the first point of a list
		default:
			parts = append(parts, shelf.Part{Title: p.title, Text: text})
		}
	}
	for i := range parts {
		p := &parts[i]
		p.Indicators = measured(p.Text)
		if p.Title == "" {
			p.Title = titleOf(opening.ReplaceAllString(trade.ReplaceAllString(p.Text, ""), ""))
		}
	}
	switch len(parts) {
	case 0:
		f.Text = before
	case 1:
		f.Title, f.Text, f.Indicators = parts[0].Title, parts[0].Text, joined(f.Indicators, parts[0].Indicators)
		if before != "" {
			f.Text = before + f.Text
		}
	default:
		f.Title, f.Parts = parts[0].Title, parts
		var all []string
		for _, p := range parts {
			all = append(all, p.Text)
			f.Indicators = joined(f.Indicators, p.Indicators)
		}
		f.Text = strings.Join(all, "\n")
	}
	f.Themes = catalog.ThemesIn(f.Title + " " + f.Text)
	f.Read = readFields(f)
	return f
}

// opening is how people begin that says nothing yet.
var opening = regexp.MustCompile(`^(?:(?:我们|咱们|我)(?:公司|厂|企业|这边|这里)?|公司|现在|目前|最近|一直|主要|就是|想|需要|有没有|能不能|请问|问一下|咨询一下|的|是|,|，)+`)

// trade is a first clause in which an enterprise says what it makes.
var trade = regexp.MustCompile(`^[“"]?(?:我们|本公司|我公司|公司|我厂|我司|咱们|我)(?:是|主要)*(?:做|生产|主要生产|搞|从事|经营)[^,，。]{1,20}[,，。]`)

// announcing reports whether a text only announces the points behind it.
func announcing(text string, parts int) bool {
	return utf8.RuneCountInString(text) <= 60 && parts > 2 || announces.MatchString(text)
}

var announces = regexp.MustCompile(`(?:如下|以下|下面|几个|[两二三四五2-5]个)[^。]*[。:]?$`)

// measured are the clauses of a text that hold an indicator.
func measured(text string) string {
	var out []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。;!?\n,，", r) }) {
		if len(indicators(s)) > 0 {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return strings.Join(out, "；")
}

func joined(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "" || strings.Contains(a, b):
		return a
	}
	return a + "；" + b
}

func readFields(f shelf.Form) []string {
	var out []string
	for _, x := range []struct {
		name string
		has  bool
	}{{shelf.FieldOwner, f.Owner != ""}, {shelf.FieldContact, f.Contact != ""}, {shelf.FieldPhone, f.Phone != ""}, {shelf.FieldLandline, f.Landline != ""},
		{shelf.FieldEmail, f.Email != ""}, {shelf.FieldTitle, f.Title != ""}, {shelf.FieldText, f.Text != ""}, {shelf.FieldIndicators, f.Indicators != ""},
		{shelf.FieldBudget, f.Budget != ""}, {shelf.FieldUntil, !f.Until.IsZero()}, {shelf.FieldThemes, len(f.Themes) > 0}} {
		if x.has {
			out = append(out, x.name)
		}
	}
	return out
}
