package exchange

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datai/catalog"
	"datai/shelf"
)

// Messages such as enterprises send by WeChat: no columns, no order, several
// lines, signs, and somebody's number in the middle. What is read out of one is
// a proposal that a person looks at.

// SecretText reports whether a text says that it, or a line of it, is
// classified or internal.
func SecretText(text string) bool {
	if classifiedText(text) {
		return true
	}
	return slices.ContainsFunc(strings.Split(catalog.Clean(text), "\n"), func(line string) bool {
		label, value, labelled := strings.Cut(strings.ReplaceAll(line, "：", ":"), ":")
		if labelled && strings.Contains(simplified(label), "密级") {
			refused, _ := classified(value)
			return refused
		}
		return tellsSecret(line, false)
	})
}

// MessageReader understands what people write, as an import would.
func MessageReader() shelf.Reader {
	return shelf.Reader{Message: ReadMessage, Price: ReadPrice, Indicators: ReadIndicators, Secret: SecretText}
}

// ReadMessage proposes the fields of a need from a message. Days such as 月底
// count from now. It reads any text; what it does not find stays empty.
func ReadMessage(text string, now time.Time) shelf.Form {
	m := &message{now: now}
	text = bareText(text)
	if rs := []rune(text); len(rs) > messageMost {
		text = string(rs[:messageMost])
	}
	for line := range strings.SplitSeq(text, "\n") {
		m.line(strings.TrimSpace(line))
	}
	return m.form()
}

// messageMost is how many characters of a message are read.
const messageMost = 20_000

// message is what is read so far.
type message struct {
	now   time.Time
	f     shelf.Form
	parts []problem
}

// problem is one, in the sentences that are left of it.
type problem struct {
	title     string
	point     bool // of a list
	sentences []string
}

var (
	// stamp is what WeChat puts above a message that is copied: who and when.
	stamp = regexp.MustCompile(`^(.{0,20}?)[\s:]*(?:\d{4}[-/年])?\d{1,2}[-/月]\d{1,2}日?\s+(?:上午|下午|晚上)?\s*\d{1,2}:\d{2}(?::\d{2})?$`)
	clock = regexp.MustCompile(`^(?:昨天|今天|星期.|周.|上午|下午|晚上|\s)*\d{1,2}:\d{2}(?::\d{2})?$`)
	rule  = regexp.MustCompile(`^[\s\-—_=*~·.]+$`)
	// banner is a heading in brackets that says what follows is a need.
	banner = regexp.MustCompile(`^[【\[*#\s]*(?:企业)?(?:技术)?(?:需求|难题|合作)(?:征集|信息|描述|对接)?[】\]*#\s]*$`)
	smile  = regexp.MustCompile(`\[[\p{Han}A-Za-z]{1,6}\]`)

	organisation = regexp.MustCompile(`[\p{Han}A-Za-z0-9()]{2,30}?(?:有限责任公司|股份有限公司|有限公司|研究院|研究所|设计院|集团(?:股份有限公司|有限公司|公司)?|公司|合作社|制造厂|机械厂|电厂|水厂|化工厂|钢厂|药厂|厂|医院|企业管理中心)`)
	// lead is what people say before the name of their enterprise.
	lead = regexp.MustCompile(`^(?:.*?(?:我司[(]?|我们这边是|我们这里是|我们单位是|我们公司是|我们公司叫|我们厂是|我们厂叫|咱们是|我们是|我这边是|我是|这里是|这边是|公司是|来自|代表|单位是|厂名|和|与|为|叫做|叫))`)
	// common are words for an enterprise that name none.
	common = regexp.MustCompile(`^(?:我们|咱们|我|咱|本|贵|该|这家|这个|一家|某|你们|他们|别的|其他|其它|国外|国内|上市|子|总|分|母|兄弟|外地|进口|大|小|老|新|各)*(?:的)?(?:公司|集团|厂|研究院|研究所|医院|合作社|有限公司|企业|电厂|水厂|化工厂|钢厂|药厂|机械厂|制造厂|设计院)$`)

	labels = []struct {
		field string
		words *regexp.Regexp
	}{
		{shelf.FieldOwner, regexp.MustCompile(`^(?:(?:需求|发布)(?:单位|企业|方)|企业|公司|单位|工厂|厂家)(?:名称|名字|全称)?$`)},
		{shelf.FieldContact, regexp.MustCompile(`^(?:企业|项目|技术|商务)?(?:联系人|联络人|负责人|对接人|姓名)$`)},
		{shelf.FieldTitle, regexp.MustCompile(`^(?:技术)?(?:需求|难题|项目|课题|题目|标题)(?:名称|题目|标题)?$`)},
		{shelf.FieldText, regexp.MustCompile(`^(?:技术)?(?:问题|需求|难题|难点|痛点|背景|现状|情况)(?:描述|说明|内容|详情|是)?$`)},
		{shelf.FieldIndicators, regexp.MustCompile(`^(?:技术|性能|考核|主要|具体)?(?:指标|参数|要求|技术要求)(?:要求)?$`)},
		{shelf.FieldBudget, regexp.MustCompile(`^(?:项目|研发|计划|大概)?(?:预算|经费|费用|出资|投入|资金|报价)(?:金额|区间|范围)?$`)},
		{shelf.FieldUntil, regexp.MustCompile(`^(?:截止|完成|交付|最晚|要求|有效)?(?:日期|时间|期限|截止|时限|有效期|工期|周期)(?:要求)?$`)},
		{shelf.FieldPhone, regexp.MustCompile(`^(?:联系)?(?:电话|手机|方式|手机号|电话号码|座机|邮箱|微信|tel|mobile|email|e-mail)$`)},
	}

	// item begins a point of a list.
	item   = regexp.MustCompile(`^\s*(?:[((]?\d{1,2}[.、))．](?:[^\d]|$)|[①-⑩]|[((][一二三四五六七八九][))]|[一二三四五六七八九][、.]|(?:问题|难题|需求)[一二三四五六1-9][::、.\s]*|第[一二三四五六][个点条]?(?:问题|难题|需求)?(?:是)?[,、::]|其[一二三四五][,、::是]*|[一二三四五]是|还有一?个(?:问题|难题|需求|事)?(?:是|就是)?[,:]?|另外还有一?个?(?:问题|难题|需求)?(?:是|就是)?[,:]?|另外(?:一个(?:问题|难题|需求)(?:是|就是)?)?[,:])`)
	marker = regexp.MustCompile(`^\s*(?:[((]?\d{1,2}[.、)．]|[①-⑩]|[((][一二三四五六七八九][))]|[一二三四五六七八九][、.]|(?:问题|难题|需求)[一二三四五六1-9][::、.\s]*|第[一二三四五六][个点条]?(?:问题|难题|需求)?(?:是)?[,、::]|其[一二三四五][,、::是]*|[一二三四五]是|还有一?个(?:问题|难题|需求|事)?(?:是|就是)?[,:]?|另外还有一?个?(?:问题|难题|需求)?(?:是|就是)?[,:]?|另外(?:一个(?:问题|难题|需求)(?:是|就是)?)?[,:])\s*`)

	mail = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	// reach is what stands around a number and says nothing without it.
	reach = regexp.MustCompile(`(?i)[(]?(?:我的)?(?:联系)?(?:电话|手机号码|手机号|手机|座机|邮箱|邮件|方式|tel|mobile|phone|e-?mail|微信号|微信)(?:号码|号)?(?:是|为|[:,])*[)]?|[(]?(?:手机)?(?:微信同号|同微信|微信同步|v同号|vx同号)[)]?`)

	courtesy = regexp.MustCompile(`^(?:(?:各位)?(?:\p{Han}{0,3}(?:老师|主任|教授|领导|处长|院长))?[,\s]*(?:您好|你好|早上好|上午好|下午好|晚上好|好)(?:呀|啊)?|在吗|在不在|\p{Han}{1,3}(?:老师|主任|教授|处长)|打扰(?:了|一下|您了|您)?|不好意思|麻烦(?:您|你|老师)?(?:了|一下|帮忙看看|看看|帮忙|帮我们?(?:问问|找找|看看))?|谢谢(?:您|你|老师|啦|了)?|多谢(?:了)?|感谢|辛苦(?:了|您了|老师)?|拜托(?:了|您了)?|收到请回复?|收到|喂|接着\p{Han}{0,8}(?:讲|说|聊)的|(?:\p{Han}{1,2},)?转发一?个?\p{Han}{0,4}的|帮\p{Han}{0,3}找个?\p{Han}{0,8}(?:团队|老师|专家|人)|好的|嗯+|哈+|有消息(?:请)?(?:联系我|告诉我|回我)|(?:请|可以|随时)?(?:联系|找|打)我?(?:电话)?|期待(?:您的)?(?:回复|合作)|盼复|急+|非常感谢|事情是这样的|是这样的?|情况是这样的?|说一下(?:我们的)?情况|我们的(?:问题|需求|情况)如下|需求如下|问题如下|具体如下|如下|有(?:\p{Han}{1,2})?个(?:问题|难题|需求)(?:想)?(?:请教|咨询|对接)?(?:一下|下)?(?:您|老师)?|想请教(?:一下|下|几个问题|个问题)?(?:老师|您)?|(?:有|想对接|想咨询)?[两二三四几]个(?:技术)?(?:问题|难题|需求)(?:想请教|想对接|想咨询|要解决)?)[,。!~\s]*$`)
)

// bareText is a text without pictures of faces and without what does not
// show, its signs half-width.
func bareText(s string) string {
	s = smile.ReplaceAllString(catalog.Clean(s), "")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 0x200C || r == 0x200D || r == 0x20E3 || r >= 0xFE00 && r <= 0xFE0F || r >= 0x1F000 && r <= 0x1FAFF:
			return -1
		case r >= 0x2600 && r <= 0x27BF || r == 0x2B50 || r == 0x2B55 || r == 0x231A || r == 0x23F0:
			return -1
		case r == 0x3000 || r == 0xA0:
			return ' '
		case r == '：' || r == '，' || r == '（' || r == '）' || r == '！' || r == '？' || r == '；' || r >= '０' && r <= '９' ||
			r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ' || r == '＠' || r == '％' || r == '＋' || r == '－' || r == '．' || r == '＞' || r == '＜':
			return r - 0xFEE0
		}
		return r
	}, s)
	return s
}

// line reads one line: a stamp, a labelled field, a point of a list, or a few
// sentences.
func (m *message) line(line string) {
	if line == "" || rule.MatchString(line) || clock.MatchString(line) || banner.MatchString(line) {
		return
	}
	if who := stamp.FindStringSubmatch(line); who != nil {
		m.sender(who[1])
		return
	}
	for part := range strings.SplitSeq(line, ";") {
		if m.labelled(strings.TrimSpace(part)) {
			continue
		}
		for _, s := range sentences(part) {
			m.sentence(s)
		}
	}
}

// sender is the name that WeChat shows, which may be a nickname.
func (m *message) sender(name string) {
	name = strings.TrimSpace(name)
	if who := person.FindString(name); who != "" && m.f.Contact == "" && who == name[len(name)-len(who):] {
		m.f.Contact = who
	}
	m.owner(name)
}

// labelled takes a line such as 单位:…, which says itself what it is.
func (m *message) labelled(line string) bool {
	label, value, ok := strings.Cut(marker.ReplaceAllString(line, ""), ":")
	label, value = strings.Trim(label, "【】[]*# "), strings.TrimSpace(value)
	if !ok || utf8.RuneCountInString(label) > 8 || value == "" {
		return false
	}
	for _, l := range labels {
		if !l.words.MatchString(strings.ToLower(label)) {
			continue
		}
		switch l.field {
		case shelf.FieldOwner:
			m.f.Owner = strings.TrimRight(value, "。,;")
		case shelf.FieldContact:
			rest := m.take(value)
			if who := person.FindString(rest); who != "" {
				m.f.Contact = who
			} else {
				m.f.Contact = strings.Trim(rest, " ,。;()")
			}
		case shelf.FieldTitle:
			m.begin(strings.TrimRight(m.take(value), "。"))
		case shelf.FieldBudget:
			if !m.budget(value, true) {
				return false
			}
		case shelf.FieldUntil:
			if !m.until(value, true) {
				return false
			}
		case shelf.FieldPhone:
			m.take(value)
		case shelf.FieldIndicators:
			m.f.Indicators = joined(m.f.Indicators, value)
		default:
			for _, s := range sentences(value) {
				m.sentence(s)
			}
		}
		return true
	}
	return false
}

const ends = "。!?"

// inlinePoint is where the second or a later point of a list begins inside a
// sentence.
var inlinePoint = regexp.MustCompile(`,((?:[二三四五]是|其[二三四五]|第[二三四五][,、个]|还有一?个(?:问题|难题|需求)))`)

// sentences parts a line where a sentence ends; a point inside a number ends
// none. A point of a list begins one.
func sentences(line string) []string {
	line = inlinePoint.ReplaceAllString(line, "。$1")
	var out []string
	from := 0
	for i, r := range line {
		if strings.ContainsRune(ends, r) {
			out = append(out, line[from:i+utf8.RuneLen(r)])
			from = i + utf8.RuneLen(r)
		}
	}
	out = append(out, line[from:])
	return slices.DeleteFunc(out, func(s string) bool { return strings.Trim(s, ends+" ,") == "" })
}

// sentence takes out of a sentence what belongs elsewhere and keeps the rest as
// words of the problem.
func (m *message) sentence(s string) {
	point := item.MatchString(s)
	body := marker.ReplaceAllString(s, "")
	if point && (named.MatchString(s) || !m.onlyIndicators(body)) {
		m.begin("")
		m.parts[len(m.parts)-1].point = true
	}
	if !point {
		body = s
	}
	end := body[len(strings.TrimRight(body, ends)):]
	var kept []string
	for c := range strings.SplitSeq(clauseSpace(strings.TrimRight(body, ends)), ",") {
		if c = m.clause(strings.TrimSpace(c)); c != "" {
			kept = append(kept, c)
		}
	}
	rest := strings.Trim(strings.Join(kept, "，"), " ,，:、“”\"")
	if rest == "" || courtesy.MatchString(rest) || !strings.ContainsFunc(rest, unicode.IsLetter) {
		return
	}
	if len(m.parts) == 0 {
		m.begin("")
	}
	p := &m.parts[len(m.parts)-1]
	if end == "" {
		end = "。"
	}
	p.sentences = append(p.sentences, rest+end)
}

// onlyIndicators reports whether a point of a list is a measure and no problem.
func (m *message) onlyIndicators(s string) bool {
	if m.peekBudget(s) || catalog.HasPhone(s) {
		return true
	}
	for c := range strings.SplitSeq(strings.TrimRight(s, ends), ",") {
		if n := utf8.RuneCountInString(c); n > 25 || n > 12 && strings.Contains(s, ",") || len(indicators(c)) == 0 {
			return false
		}
	}
	return true
}

// named are the points of a list that say that they are a problem each.
var named = regexp.MustCompile(`^\s*(?:(?:问题|难题|需求)[一二三四五六1-9]|[一二三四五]是|还有一?个(?:问题|难题|需求)|另外)`)

// clauseSpace makes a comma of a space between Chinese characters.
func clauseSpace(s string) string {
	rs := []rune(s)
	for i := 1; i+1 < len(rs); i++ {
		if rs[i] == ' ' && unicode.Is(unicode.Han, rs[i-1]) && unicode.Is(unicode.Han, rs[i+1]) {
			rs[i] = ','
		}
	}
	return string(rs)
}

func (m *message) begin(title string) { m.parts = append(m.parts, problem{title: title}) }

// clause takes names, numbers, money and days out of a clause. What is left is
// about the problem.
func (m *message) clause(c string) string {
	if courtesy.MatchString(c) {
		return ""
	}
	if who := person.FindString(c); who != "" && strings.TrimRight(c, ":") == who {
		m.contact(who)
		return ""
	}
	if m.f.Budget != "" && utf8.RuneCountInString(c) <= 8 && talk.MatchString(c) {
		if !negotiable.MatchString(m.f.Budget) {
			m.f.Budget += "(面议)"
		}
		return ""
	}
	had := len(c)
	c = m.take(c)
	taken := len(c) < had
	if m.budget(c, false) || m.until(c, false) {
		return ""
	}
	if before, rest, ok := m.introduced(c); ok {
		c = before + rest
	}
	if taken || contactWords.MatchString(c) {
		c = m.named(c)
	}
	if c = strings.Trim(c, " ,:、()"); utf8.RuneCountInString(c) < 2 || courtesy.MatchString(c) {
		return ""
	}
	return c
}

// take takes telephone numbers and addresses out of a text, with the words
// around them and the name beside them.
func (m *message) take(s string) string {
	for _, at := range mail.FindAllString(s, -1) {
		if m.f.Email == "" {
			m.f.Email = at
		}
		s = strings.ReplaceAll(s, at, " ")
	}
	phones := catalog.PhonesIn(s)
	var b strings.Builder
	from := 0
	for _, p := range phones {
		if p.Mobile {
			m.f.Phone = cmp.Or(m.f.Phone, p.Number)
		} else {
			m.f.Landline = cmp.Or(m.f.Landline, p.Number)
		}
		m.beside(near(s[from:p.From], true), near(s[p.To:], false))
		b.WriteString(s[from:p.From] + " ")
		from = p.To
	}
	s = b.String() + s[from:]
	if len(phones) > 0 || m.f.Email != "" {
		s = reach.ReplaceAllString(s, " ")
	}
	return strings.TrimSpace(s)
}

// near is what stands within a few words of a place: at the end of what stands
// before it, or at the beginning of what stands behind.
func near(s string, before bool) string {
	const most = 40 // characters
	rs := []rune(s[:min(len(s), 4*most)])
	if before {
		rs = []rune(strings.ToValidUTF8(s[max(0, len(s)-4*most):], ""))
		return string(rs[max(0, len(rs)-most):])
	}
	return strings.ToValidUTF8(string(rs[:min(len(rs), most)]), "")
}
