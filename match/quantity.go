package match

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quantity is a number or a range with its unit, found in a clause.
type quantity struct {
	start, end int
	value      float64
	high       float64 // of a range
	ranged     bool
	plusMinus  bool
	approx     bool
	unit       string
}

// readQuantity reads a quantity that begins exactly at byte i of s.
func readQuantity(s string, i int) (quantity, bool) {
	q := quantity{start: i}
	if strings.HasPrefix(s[i:], "±") {
		return readPlusMinus(s, i)
	}
	v, n, han := readNumber(s, i)
	if n == 0 || !standsAlone(s, i) {
		return q, false
	}
	q.value = v
	at := i + n
	unit, width := unitAt(s, at)
	if han && width == 0 || isDateOrOrdinal(s, i, at, v, unit) {
		return q, false
	}
	q.unit, q.end = unit, at+width
	if more, ok := readRange(s, q, at); ok {
		return more, ok
	}
	if rest := s[q.end:]; strings.HasPrefix(rest, "±") {
		if pm, ok := readPlusMinus(s, q.end); ok && (q.unit == "" || pm.unit == q.unit) {
			q.value, q.high, q.ranged, q.end, q.unit = v-pm.high, v+pm.high, true, pm.end, pm.unit
			return q, true
		}
	}
	if width == 0 && at < len(s) && (isLatin(s[at]) || s[at] == '#') { // "3D", "52#": part of a name
		return q, false
	}
	return q, true
}

func readPlusMinus(s string, i int) (quantity, bool) {
	q := quantity{start: i, ranged: true, plusMinus: true}
	at := i + len("±")
	for at < len(s) && s[at] == ' ' {
		at++
	}
	v, n, han := readNumber(s, at)
	if n == 0 || han {
		return q, false
	}
	unit, width := unitAt(s, at+n)
	q.value, q.high, q.unit, q.end = -v, v, unit, at+n+width
	return q, true
}

// readRange continues "100–200 ℃", "100℃~200℃", "由85℃降至62℃" is not one: it has words between.
func readRange(s string, q quantity, numEnd int) (quantity, bool) {
	at := q.end
	if q.unit == "" {
		at = numEnd
	}
	sep := 0
	for _, x := range []string{"~", "-", "至", "到"} {
		if t := strings.TrimLeft(s[at:], " "); strings.HasPrefix(t, x) {
			sep = len(s[at:]) - len(t) + len(x)
			break
		}
	}
	if sep == 0 {
		return q, false
	}
	next := at + sep
	for next < len(s) && s[next] == ' ' {
		next++
	}
	v, n, _ := readNumber(s, next)
	if n == 0 {
		return q, false
	}
	unit, width := unitAt(s, next+n)
	if q.unit != "" && unit != "" && q.unit != unit || q.unit != "" && unit == "" || v <= q.value {
		return q, false
	}
	q.high, q.ranged, q.unit, q.end = v, true, unit, next+n+width
	return q, unit != "" || q.unit != ""
}

// readNumber reads digits with thousands separators, decimals, powers of ten and 万/亿, or a Chinese numeral (han).
func readNumber(s string, i int) (v float64, n int, han bool) {
	if i >= len(s) {
		return 0, 0, false
	}
	if !isDigit(s[i]) && !(s[i] == '-' && i+1 < len(s) && isDigit(s[i+1])) {
		return readHanNumber(s[i:])
	}
	j := i
	if s[j] == '-' {
		j++
	}
	digits := strings.Builder{}
	if s[i] == '-' {
		digits.WriteByte('-')
	}
	for j < len(s) {
		if j-i > digitsMax {
			return 0, 0, false
		}
		switch {
		case isDigit(s[j]):
			digits.WriteByte(s[j])
		case s[j] == ',' && betweenDigits(s, j):
		case s[j] == '.' && j+1 < len(s) && isDigit(s[j+1]) && !strings.Contains(digits.String(), "."):
			digits.WriteByte('.')
		default:
			goto done
		}
		j++
	}
done:
	v, err := strconv.ParseFloat(digits.String(), 64)
	if err != nil || math.Abs(v) > 1e15 {
		return 0, 0, false
	}
	if f, w := powerOfTen(s[j:]); w > 0 {
		v, j = v*f, j+w
	}
	for word, f := range bigNumbers {
		if strings.HasPrefix(s[j:], word) && !strings.HasPrefix(s[j:], word+"元") {
			return v * f, j + len(word) - i, false
		}
	}
	return v, j - i, false
}

var bigNumbers = map[string]float64{"万": 1e4, "亿": 1e8}

// powerOfTen reads "×10^5", "×105" is left alone: the raised digit was lost and it could mean anything.
func powerOfTen(s string) (factor float64, n int) {
	t := strings.TrimLeft(s, " ")
	for _, x := range []string{"×10", "x10", "*10"} {
		rest, ok := strings.CutPrefix(t, x)
		if !ok {
			continue
		}
		rest, caret := strings.CutPrefix(rest, "^")
		exp, sign, used := 0, 1, 0
		for _, c := range rest {
			if c == utf8.RuneError {
				break
			}
			if c == '-' || c == '⁻' {
				sign = -1
			} else if d := strings.IndexRune("⁰¹²³⁴⁵⁶⁷⁸⁹", c); d >= 0 {
				exp = exp*10 + strings.Count("⁰¹²³⁴⁵⁶⁷⁸⁹"[:d], "") - 1
			} else if caret && c >= '0' && c <= '9' {
				exp = exp*10 + int(c-'0')
			} else {
				break
			}
			used += utf8.RuneLen(c)
		}
		if used == 0 || exp > 30 {
			return 0, 0
		}
		return math.Pow10(sign * exp), len(s) - len(rest) + used
	}
	return 0, 0
}

// digitsMax bounds a number's length in bytes.
const digitsMax = 24

const hanDigits = "零一二三四五六七八九"

// readHanNumber reads numerals such as "三千", "五", "两万五千", "百分之十" is left out. Bare "一" is rarely a number.
func readHanNumber(s string) (v float64, n int, han bool) {
	total, section, digit, used := 0.0, 0.0, -1.0, 0
	for _, c := range s {
		if c == utf8.RuneError {
			break
		}
		if d := strings.IndexRune(hanDigits, c); d >= 0 {
			digit = float64(d / len("零"))
		} else if c == '两' {
			digit = 2
		} else if f := map[rune]float64{'十': 10, '百': 100, '千': 1e3}[c]; f > 0 {
			section += max(digit, 1) * f
			if digit < 0 && c != '十' {
				return 0, 0, false // "百度", "千克"
			}
			digit = -1
		} else if f := map[rune]float64{'万': 1e4, '亿': 1e8}[c]; f > 0 && used > 0 {
			total += (section + max(digit, 0)) * f
			section, digit = 0, -1
		} else {
			break
		}
		if used += utf8.RuneLen(c); used > 3*digitsMax {
			return 0, 0, false
		}
	}
	v = total + section + max(digit, 0)
	if used == 0 || v == 0 || v == 1 {
		return 0, 0, false
	}
	return v, used, true
}

// unitAt reads a unit at byte i of s, a space allowed; it returns its spelling and the width with the space.
func unitAt(s string, i int) (unit string, width int) {
	rest := s[i:]
	t := strings.TrimLeft(rest, " ")
	skip := len(rest) - len(t)
	for _, filler := range []string{"余", "多", "几"} {
		if after, ok := strings.CutPrefix(t, filler); ok {
			t, skip = after, skip+len(filler)
		}
	}
	if _, n := readUnit(t); n > 0 && !misread(t, n) {
		return t[:n], skip + n
	}
	return "", 0
}

// misread rejects units that begin another word: 3个问题, 2次方, 5年级, 6级 …
func misread(t string, n int) bool {
	for _, w := range []string{"个方面", "个问题", "个阶段", "个步骤", "个部分", "次方", "年级", "年代", "人工", "人类", "人员", "日志", "周期性", "片面", "件事", "级联", "个体", "套路", "开始", "开发", "日本", "成果", "成分", "成本", "成为", "成功", "度量", "安全", "安装", "周围", "升高", "升级", "升温", "米饭", "转化", "转变", "月球", "天然", "根据", "台风", "目标", "目前", "目的"} {
		if strings.HasPrefix(t, w) && n <= len(w) {
			return true
		}
	}
	return false
}

// standsAlone reports whether the number at i is not the tail of a name or another number: "TiO2", "PM2.5", "图3", "[1]".
func standsAlone(s string, i int) bool {
	if i == 0 {
		return true
	}
	c := s[i-1]
	if isDigit(c) || isLatin(c) || c == '.' || c == '[' || c == '_' || c == '/' {
		return false
	}
	if c == '-' && i >= 2 && (isLatin(s[i-2]) || isDigit(s[i-2])) {
		return false
	}
	for _, w := range []string{"第", "图", "表", "式", "步骤", "权利要求", "实施例", "文献", "公式", "阶段", "型号", "编号", "专利号", "十", "百", "千", "万"} {
		if strings.HasSuffix(s[:i], w) {
			return false
		}
	}
	return true
}

// isDateOrOrdinal rejects "2016年", "3月5日", "20世纪".
func isDateOrOrdinal(s string, start, numEnd int, v float64, unit string) bool {
	rest := strings.TrimLeft(s[numEnd:], " ")
	switch {
	case strings.HasPrefix(unit, "年") && v >= 1900 && v <= 2100:
		return true
	case strings.HasPrefix(rest, "月") && v <= 12, strings.HasPrefix(rest, "日"), strings.HasPrefix(rest, "世纪"), strings.HasPrefix(rest, "年代"), strings.HasPrefix(rest, "号"):
		return true
	case v >= 1900 && v <= 2100 && unit == "" && v == math.Trunc(v):
		return true
	}
	return false
}
