package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"datai/catalog"
)

var (
	dayPattern    = regexp.MustCompile(`^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$`)
	monthPattern  = regexp.MustCompile(`^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?$`)
	yearPattern   = regexp.MustCompile(`^(\d{4})\s*年?$`)
	packedPattern = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})?$`)
	clockPattern  = regexp.MustCompile(`[T\s]+\d{1,2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$`)
	serialPattern = regexp.MustCompile(`^(\d{5})(\.\d+)?$`)
	octPattern    = regexp.MustCompile(`^\d{4}\.1$`)
)

// serialFrom and serialTo bound the numbers that are taken for days as Excel
// counts them: 1954 to 2119. Five digits are no year and no packed date.
const serialFrom, serialTo = 20000, 80000

// parseDate reads a date as people and Excel write it: 2019/4/4, 2023.4,
// 2022年3月, 20150110, 2020-01-01 00:00:00, or a day counted from 1900, from
// 1904 if since1904. ok is false if it is none that is in the calendar.
func parseDate(written string, since1904 bool) (catalog.Date, bool) {
	s := clockPattern.ReplaceAllString(strings.TrimSpace(narrow(written)), "")
	if m := serialPattern.FindStringSubmatch(s); m != nil {
		return serialDate(number(m[1]), since1904)
	}
	var d catalog.Date
	for _, p := range []*regexp.Regexp{dayPattern, monthPattern, yearPattern, packedPattern} {
		m := p.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		d.Year = number(m[1])
		if len(m) > 2 {
			d.Month = number(m[2])
		}
		if len(m) > 3 {
			d.Day = number(m[3])
		}
		if (len(m) > 2 && d.Month == 0) || (len(m) > 3 && m[3] != "" && d.Day == 0) || !d.Valid() {
			return catalog.Date{}, false
		}
		return d, true
	}
	return d, false
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // digits of a pattern, or ""
	return n
}

func serialDate(n int, since1904 bool) (catalog.Date, bool) {
	if n < serialFrom || n > serialTo {
		return catalog.Date{}, false
	}
	// Day 60 is the 29 February 1900 that never was, so from day 61 on the
	// count begins with 30 December 1899.
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if since1904 {
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	t := start.AddDate(0, 0, n)
	return catalog.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}, true
}

// endless are ways to say that something has no end.
var endless = map[string]bool{"长期": true, "长期有效": true, "不限": true, "无": true, "永久": true, "无限期": true, "至今": true}

// periodEnd is the end of a period such as 2023-01-01至2023-12-31.
func periodEnd(s string) string {
	for _, sep := range []string{"至", "到", "~", "～", "—", "–"} {
		if i := strings.LastIndex(s, sep); i >= 0 {
			return s[i+len(sep):]
		}
	}
	return s
}

// priceUnit is how many fen one unit is worth; 0 if no unit is written.
type priceUnit int64

const (
	yuan     priceUnit = 100
	tenThou  priceUnit = 1_000_000
	otherSum priceUnit = -1 // another currency: such a column is not read as money
)

var priceUnits = map[string]priceUnit{
	"元": yuan, "万": tenThou, "w": tenThou, "百万": 100 * tenThou, "千万": 1000 * tenThou, "亿": 10000 * tenThou,
}

// headerUnit is the unit in a header such as 合作价格(万元).
func headerUnit(header string) priceUnit {
	header = simplified(header)
	switch {
	case strings.Contains(header, "美元"), strings.Contains(header, "欧元"), strings.Contains(header, "港元"), strings.Contains(header, "日元"):
		return otherSum
	case strings.Contains(header, "万"):
		return tenThou
	case strings.Contains(header, "元"):
		return yuan
	}
	return 0
}

const (
	amountPattern = `(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,12}(?:\.\d+)?)(亿|千万|百万|万|w|元)?(?:人民币)?元?`
	bareNumber    = `(?i)^(?:人民币|rmb|cny|¥|￥|约|大约|拟)*(不超过|不高于|最高|≤|<=|<)?(?:¥|￥)?`
)

var (
	pricePattern = regexp.MustCompile(bareNumber + amountPattern + `(?:(?:[-–—~～―－]+|至|到)(?:¥|￥)?` + amountPattern + `)?(以内|以下|之内|左右|上下)?整?[(,;/、]*(面议|可议|可谈)?\)?$`)
	negotiable   = regexp.MustCompile(`面议|面谈|另议|可议|协商|洽谈|商议|待定|议价`)
)

// ReadPrice reads a price that somebody wrote by hand, as an import would: 万元
// where no unit is written.
func ReadPrice(written string) catalog.Price {
	if written == "" {
		return catalog.Price{}
	}
	p, _, _ := parsePrice(written, 0)
	return p
}

// parsePrice reads a price. Without a unit in the text or in the header it is
// taken for 万元, and assumed tells so. ok is false if it is neither money nor
// an offer to negotiate; the price then has only what is written.
func parsePrice(written string, header priceUnit) (p catalog.Price, assumed, ok bool) {
	p.Written = written
	p.Negotiable = negotiable.MatchString(written)
	s := strings.ToLower(strings.Join(strings.Fields(narrow(written)), ""))
	m := pricePattern.FindStringSubmatch(s)
	if m == nil || header == otherSum {
		return p, false, p.Negotiable
	}
	unit := func(i int) priceUnit { return priceUnits[m[i]] }
	low, high := unit(3), unit(5)
	if m[4] == "" {
		high = low
	}
	// 100-200万 has its unit once; 30元 written out has matched 元 outside.
	low, high = firstOf(low, high), firstOf(high, low)
	if low == 0 && strings.Contains(s, "元") {
		low, high = yuan, yuan
	}
	if low == 0 {
		assumed = header == 0
		low = firstOf(header, tenThou)
		high = low
	}
	min, ok1 := fen(m[2], low)
	max, ok2 := min, true
	if m[4] != "" {
		max, ok2 = fen(m[4], high)
	}
	if m[1] != "" || m[6] == "以内" || m[6] == "以下" || m[6] == "之内" {
		if m[4] == "" {
			min = 0
		}
	}
	if !ok1 || !ok2 || max <= 0 || min > max {
		return p, false, p.Negotiable
	}
	p.Min, p.Max = min, max
	return p, assumed, true
}

// withUnit is what is written of a price, together with the unit that only the
// header of its column tells: it must mean the same under any other header.
func withUnit(p catalog.Price, v value) string {
	same := func(written string) bool {
		q, assumed, _ := parsePrice(written, 0)
		return !assumed && q.Min == p.Min && q.Max == p.Max
	}
	if v.unit == 0 || same(p.Written) {
		return p.Written
	}
	for _, unit := range []string{"元", "万元", "美元", "欧元", "港元", "日元"} {
		if strings.Contains(simplified(v.header), unit) && same(p.Written+unit) {
			return p.Written + unit
		}
	}
	return p.Written + "(" + short(v.header, 20) + ")"
}

func firstOf(a, b priceUnit) priceUnit {
	if a != 0 {
		return a
	}
	return b
}

// fen is an amount in digits times a unit; ok is false if it is more than
// anybody can mean.
func fen(digits string, unit priceUnit) (catalog.Fen, bool) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(digits, ",", ""), 64)
	if err != nil {
		return 0, false
	}
	v := f * float64(unit)
	if v > 1e15 { // ten thousand billion yuan; below, a float64 is exact to the fen
		return 0, false
	}
	return catalog.Fen(v + 0.5), true
}

// wordMarks are the signs that part keywords in a file beside the usual ones.
type wordMarks struct {
	underscore, space bool
}

const usualMarks = ";；,，、|｜\n"

// marksOf looks how a table parts its keywords.
func marksOf(data []row, t *table) wordMarks {
	var m wordMarks
	for _, c := range t.columns {
		if c.field != fKeywords {
			continue
		}
		for _, s := range data {
			text := strings.TrimSpace(s.at(c.col))
			if strings.ContainsAny(text, usualMarks) {
				continue
			}
			m.underscore = m.underscore || strings.Count(text, "_") > 1
		}
	}
	m.space = true
	return m
}

const maxKeywords = 20

// splitAnyWords parts keywords on every sign on which a file may.
func splitAnyWords(s string) []string {
	words, _ := splitWords(s, wordMarks{underscore: true, space: true})
	return words
}

// splitWords parts keywords on the usual signs, and where there is none on
// spaces between Chinese words, or on underscores if the file does so. more
// tells that there were more than are kept.
func splitWords(s string, m wordMarks) (words []string, more bool) {
	var parts []string
	switch {
	case strings.ContainsAny(s, usualMarks):
		parts = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(usualMarks, r) })
	case m.underscore && strings.Contains(s, "_"):
		parts = strings.Split(s, "_")
	case m.space && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		parts = strings.Fields(s)
	default:
		parts = []string{s}
	}
	return distinct(parts, maxKeywords)
}

func distinct(parts []string, most int) (out []string, more bool) {
	seen := map[string]bool{}
	for _, p := range parts {
		p = strings.TrimSpace(p)
		if p == "" || seen[p] {
			continue
		}
		if seen[p] = true; len(out) == most {
			return out, true
		}
		out = append(out, p)
	}
	return out, false
}

const maxNames = 100

// splitNames parts right holders and the like.
func splitNames(s string) []string {
	if items, ok := arrayOf(s); ok {
		out, _ := distinct(items, maxNames)
		return out
	}
	out, _ := distinct(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；、\n|｜", r) }), maxNames)
	return out
}

// splitPeople parts names of people, as peopleIn reads them.
func splitPeople(s string) []string {
	if items, array := arrayOf(s); array {
		return items
	}
	depth := 0
	return strings.FieldsFunc(s, func(r rune) bool {
		switch r {
		case '(', '（':
			depth++
		case ')', '）':
			depth--
		}
		return depth <= 0 && strings.ContainsRune(";；、,，\n|｜", r)
	})
}

// peopleIn reads names of people, each perhaps with the unit in brackets and
// with a share: 沈若川(材料学院)(40%), 林知夏:0.6. ok is false if shares are given
// that do not add up to the whole; nobody has one then.
func peopleIn(parts []string) (people []catalog.Completer, ok bool) {
	names, _ := distinct(parts, maxNames)
	given, ok := false, true
	var sum catalog.PPM
	for _, n := range names {
		rest, share, has, exact := shareOf(n)
		name, unit, _ := strings.Cut(strings.NewReplacer("（", "(", "）", ")").Replace(rest), "(")
		people = append(people, catalog.Completer{Name: strings.TrimSpace(name), Unit: strings.TrimSpace(strings.TrimSuffix(unit, ")")), Share: share})
		given, ok, sum = given || has, ok && exact, sum+share
	}
	if !given || (ok && sum == catalog.WholePPM) {
		return people, true
	}
	for i := range people {
		people[i].Share = 0
	}
	return people, false
}

// sharePattern is a name with a share behind it: a percentage, or after a sign
// that parts them a fraction with a decimal point. A name ends in no digit.
var sharePattern = regexp.MustCompile(`^(.*[^\d.\s:(,%+-])(?:[\s:(,]*([+-]?\d+(?:\.\d+)?)\s*%|[\s:(,]+([+-]?\d*\.\d+))\s*\)?$`)

// shareOf parts a name from its share. has tells whether there is one, exact
// whether it is one in parts per million from nothing to everything.
func shareOf(s string) (name string, share catalog.PPM, has, exact bool) {
	m := sharePattern.FindStringSubmatch(strings.TrimSpace(narrow(s)))
	if m == nil {
		return s, 0, false, true
	}
	digits, places := m[2], 4
	if digits == "" {
		digits, places = m[3], 6
	}
	whole, part, _ := strings.Cut(strings.TrimPrefix(digits, "+"), ".")
	part = strings.TrimRight(part, "0")
	if len(part) > places {
		return m[1], 0, true, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", places-len(part)), 10, 64)
	if err != nil || n < 0 || n > int64(catalog.WholePPM) {
		return m[1], 0, true, false
	}
	return m[1], catalog.PPM(n), true, true
}

// withShare is a name with its share in percent, exact.
func withShare(c catalog.Completer) string {
	name := c.Name
	if c.Unit != "" {
		name += "(" + c.Unit + ")"
	}
	if c.Share == 0 {
		return name
	}
	percent := fmt.Sprintf("%d.%04d", c.Share/10_000, c.Share%10_000)
	return name + "(" + strings.TrimSuffix(strings.TrimRight(percent, "0"), ".") + "%)"
}

// ruined is a number that Excel has shortened: 2.0231E+12.
var ruined = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+?\d+$`)

// ruinedNumber reports whether an identifier has lost digits: it is in
// scientific notation, or a number of more digits than Excel keeps (15).
func ruinedNumber(c cell) bool {
	s := strings.TrimSpace(c.text)
	if ruined.MatchString(s) {
		return true
	}
	digits := strings.Trim(strings.ReplaceAll(s, ".", ""), "0")
	return c.number && len(strings.ReplaceAll(s, ".", "")) > 15 && len(digits) >= 15
}

// oneLine joins the lines of a text that has room for one: with a space, but
// not between Chinese characters.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\t") {
		return s
	}
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' })
	var b strings.Builder
	last := ' '
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if b.Len() > 0 && !(unicode.Is(unicode.Han, last) && unicode.Is(unicode.Han, []rune(l)[0])) {
			b.WriteByte(' ')
		}
		b.WriteString(l)
		last = []rune(l)[len([]rune(l))-1]
	}
	return b.String()
}

const titleFromText = 30 // characters

// titleOf is a title for a text that has none: its first words, cut where a
// clause ends.
func titleOf(s string) string {
	rs := []rune(oneLine(s))
	if len(rs) <= titleFromText {
		return strings.TrimRight(string(rs), "。，；：！？、…,;:!?. ")
	}
	rs = rs[:titleFromText]
	for i := len(rs) - 1; i >= 8; i-- {
		if strings.ContainsRune("，。；：！？、,;:!?", rs[i]) {
			return string(rs[:i])
		}
	}
	return string(rs)
}
