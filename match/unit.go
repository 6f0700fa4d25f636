package match

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// measure is a unit reduced to base quantities: value in base units = value × factor.
type measure struct {
	dims   string // canonical, such as "g1m-1s-2"; "" for a plain number
	factor float64
}

// atom is a unit by itself. A nil-dims atom stands for its own name: pieces, times, persons.
type atom struct {
	dims   string // space-separated base^exponent
	factor float64
	prefix bool // takes SI prefixes
}

// atoms are the units that are read. Base quantities: g, m, s, A, K, mol, cd, 元, bit, and counted things.
var atoms = map[string]atom{
	"g": {"g", 1, true}, "克": {"g", 1, true}, "公斤": {"g", 1e3, false}, "斤": {"g", 500, false}, "t": {"g", 1e6, false}, "吨": {"g", 1e6, false},
	"m": {"m", 1, true}, "米": {"m", 1, true}, "公里": {"m", 1e3, false}, "厘米": {"m", 1e-2, false}, "cm": {"m", 1e-2, false}, "dm": {"m", 0.1, false}, "丝": {"m", 1e-5, false},
	"L": {"m3", 1e-3, true}, "l": {"m3", 1e-3, true}, "升": {"m3", 1e-3, true}, "平方米": {"m2", 1, false}, "平米": {"m2", 1, false},
	"立方米": {"m3", 1, false}, "立方": {"m3", 1, false}, "亩": {"m2", 1e4 / 15.0, false}, "公顷": {"m2", 1e4, false}, "hm2": {"m2", 1e4, false},
	"平方厘米": {"m2", 1e-4, false}, "平方毫米": {"m2", 1e-6, false}, "平方公里": {"m2", 1e6, false}, "立方厘米": {"m3", 1e-6, false},
	"s": {"s", 1, true}, "秒": {"s", 1, true}, "min": {"s", 60, false}, "分钟": {"s", 60, false}, "h": {"s", 3600, false}, "小时": {"s", 3600, false},
	"个小时": {"s", 3600, false}, "d": {"s", day, false}, "天": {"s", day, false}, "日": {"s", day, false}, "周": {"s", 7 * day, false}, "个星期": {"s", 7 * day, false},
	"个月": {"月", 1, false}, "月": {"月", 1, false}, "年": {"月", 12, false},
	"Hz": {"s-1", 1, true}, "赫兹": {"s-1", 1, true}, "赫": {"s-1", 1, true}, "rpm": {"转 s-1", 1 / 60.0, false}, "r": {"转", 1, false}, "转": {"转", 1, false},
	"N": {"g m s-2", 1e3, true}, "牛": {"g m s-2", 1e3, true}, "Pa": {"g m-1 s-2", 1e3, true}, "帕": {"g m-1 s-2", 1e3, true}, "bar": {"g m-1 s-2", 1e8, true}, "atm": {"g m-1 s-2", 101325e3, false},
	"J": {"g m2 s-2", 1e3, true}, "焦": {"g m2 s-2", 1e3, true}, "W": {"g m2 s-3", 1e3, true}, "瓦": {"g m2 s-3", 1e3, true}, "Wh": {"g m2 s-2", 3.6e6, true}, "瓦时": {"g m2 s-2", 3.6e6, true},
	"kWp": {"Wp", 1e3, false}, "A": {"A", 1, true}, "安": {"A", 1, true}, "Ah": {"A s", 3600, true}, "安时": {"A s", 3600, true}, "V": {"g m2 s-3 A-1", 1e3, true}, "伏": {"g m2 s-3 A-1", 1e3, true},
	"Ω": {"g m2 s-3 A-2", 1e3, true}, "欧": {"g m2 s-3 A-2", 1e3, true}, "欧姆": {"g m2 s-3 A-2", 1e3, true}, "S": {"g-1 m-2 s3 A2", 1e-3, true}, "F": {"g-1 m-2 s4 A2", 1e-3, true}, "T": {"g s-2 A-1", 1e3, true},
	"℃": {"℃", 1, false}, "°C": {"℃", 1, false}, "摄氏度": {"℃", 1, false}, "K": {"K", 1, false}, "开": {"K", 1, false}, "度": {"度", 1, false}, "°": {"°", 1, false}, "角秒": {"°", 1 / 3600.0, false}, "rad": {"rad", 1, true},
	"%": {"%", 1, false}, "‰": {"%", 0.1, false}, "个百分点": {"百分点", 1, false}, "百分点": {"百分点", 1, false}, "成": {"%", 10, false}, "ppm": {"ppm", 1, false}, "ppb": {"ppm", 1e-3, false},
	"mol": {"mol", 1, true}, "M": {"mol/L", 1, false}, "cd": {"cd", 1, true}, "lm": {"lm", 1, false}, "lx": {"lx", 1, false}, "eV": {"eV", 1, true}, "Bq": {"Bq", 1, true}, "Sv": {"Sv", 1, true}, "Gy": {"Gy", 1, true},
	"dB": {"dB", 1, false}, "分贝": {"dB", 1, false}, "dBA": {"dBA", 1, false}, "dB(A)": {"dBA", 1, false}, "dBm": {"dBm", 1, false}, "dBi": {"dBi", 1, false},
	"元": {"元", 1, false}, "块钱": {"元", 1, false}, "千元": {"元", 1e3, false}, "万元": {"元", 1e4, false}, "百万元": {"元", 1e6, false}, "亿元": {"元", 1e8, false},
	"bit": {"bit", 1, true}, "bps": {"bit s-1", 1, true}, "B": {"byte", 1, true}, "像素": {"像素", 1, false}, "px": {"像素", 1, false}, "帧": {"帧", 1, false}, "fps": {"帧 s-1", 1, false}, "lp": {"lp", 1, false},
	"次": {"次", 1, false}, "圈": {"次", 1, false}, "个循环": {"次", 1, false}, "循环": {"次", 1, false}, "周次": {"次", 1, false}, "周期": {"周期", 1, false}, "倍": {"倍", 1, false},
	"个": {"个", 1, false}, "件": {"件", 1, false}, "台": {"台", 1, false}, "套": {"套", 1, false}, "只": {"只", 1, false}, "片": {"片", 1, false}, "根": {"根", 1, false}, "人": {"人", 1, false}, "级": {"级", 1, false}, "目": {"目", 1, false},
	"HV": {"HV", 1, false}, "HRC": {"HRC", 1, false}, "HB": {"HB", 1, false}, "cP": {"g m-1 s-1", 1, false},
}

const day = 86400

// prefixes are SI prefixes; the Chinese ones go with Chinese units.
var prefixes = map[string]float64{
	"p": 1e-12, "n": 1e-9, "μ": 1e-6, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "c": 1e-2, "h": 1e2, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
	"皮": 1e-12, "纳": 1e-9, "微": 1e-6, "毫": 1e-3, "千": 1e3, "兆": 1e6, "吉": 1e9,
}

// spelled maps every spelling of a unit, with prefixes, to its measure; spellings sorted by falling length. Both are
// built once.
var spelled, spellings = func() (map[string]measure, []string) {
	out := map[string]measure{}
	for name, a := range atoms {
		out[name] = measure{canonical(a.dims), a.factor}
	}
	for name, a := range atoms {
		if !a.prefix {
			continue
		}
		for p, f := range prefixes {
			if (p[0] < 0x80 || p == "μ" || p == "µ") != (name[0] < 0x80 || name == "Ω") {
				continue
			}
			if _, taken := out[p+name]; !taken {
				out[p+name] = measure{canonical(a.dims), a.factor * f}
			}
		}
	}
	order := slices.SortedFunc(maps.Keys(out), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return out, order
}()

// spellingsByFirst narrows the search for a spelling by its first byte.
var spellingsByFirst = func() (t [256][]string) {
	for _, s := range spellings {
		t[s[0]] = append(t[s[0]], s)
	}
	return t
}()

// canonical turns "g m-1 s-2" into a sorted form without zero exponents.
func canonical(dims string) string {
	exps := map[string]int{}
	addDims(exps, dims, 1)
	return formatDims(exps)
}

func addDims(exps map[string]int, dims string, times int) {
	for _, f := range strings.Fields(dims) {
		name, exp := strings.TrimRight(f, "-0123456789"), 1
		if digits := f[len(name):]; digits != "" {
			sign := 1
			if digits[0] == '-' {
				sign, digits = -1, digits[1:]
			}
			exp = 0
			for _, c := range digits {
				exp = exp*10 + int(c-'0')
			}
			exp *= sign
		}
		exps[name] += exp * times
	}
}

func formatDims(exps map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(exps)) {
		switch e := exps[name]; {
		case e == 0:
		case e < 0:
			parts = append(parts, name+"-"+string(rune('0'+min(-e, 9))))
		default:
			parts = append(parts, name+string(rune('0'+min(e, 9))))
		}
	}
	return strings.Join(parts, " ")
}

// readAtom reads the longest unit spelling at the start of s, with a power.
func readAtom(s string) (m measure, power, n int) {
	if s == "" {
		return measure{}, 0, 0
	}
	for _, sp := range spellingsByFirst[s[0]] {
		if !strings.HasPrefix(s, sp) || cutsWord(s, sp) {
			continue
		}
		n = len(sp)
		power, d := readPower(s[n:])
		return spelled[sp], power, n + d
	}
	return measure{}, 0, 0
}

// cutsWord reports whether a Latin spelling ends inside a longer Latin word.
func cutsWord(s, spelling string) bool {
	if spelling[0] >= 0x80 && spelling != "°C" && !strings.HasPrefix(spelling, "μ") && !strings.HasPrefix(spelling, "µ") || len(s) == len(spelling) {
		return false
	}
	c := s[len(spelling)]
	return c|0x20 >= 'a' && c|0x20 <= 'z'
}

func readPower(s string) (power, n int) {
	for spelling, p := range powers {
		if rest, ok := strings.CutPrefix(s, spelling); ok && !startsDigit(spelling, rest) {
			return p, len(spelling)
		}
	}
	return 1, 0
}

// startsDigit reports whether the digit of a power goes on as a number: "17%-23%" is a range.
func startsDigit(spelling, rest string) bool {
	last := spelling[len(spelling)-1]
	return isDigit(last) && rest != "" && (isDigit(rest[0]) || rest[0] == '.' || rest[0] == '%')
}

var powers = map[string]int{"²": 2, "³": 3, "2": 2, "3": 3, "^2": 2, "^3": 3, "-1": -1, "⁻¹": -1, "^-1": -1, "^(-1)": -1, "-2": -2, "⁻²": -2, "-3": -3, "⁻³": -3}

// readUnit reads a unit, such as "mg/L", "W/(m·K)", "元/吨", "N·m", at the start of s and returns its length in bytes; a
// length of 0 means none.
func readUnit(s string) (measure, int) {
	exps, factor := map[string]int{}, 1.0
	n, sign, inner := 0, 1, false
	for {
		m, power, d := readAtom(s[n:])
		if d == 0 {
			break
		}
		if n == 0 && power != 1 && power != 2 && power != 3 {
			power = 1
		}
		addDims(exps, m.dims, power*sign)
		factor *= math.Pow(m.factor, float64(power*sign))
		n += d
		if inner && strings.HasPrefix(s[n:], ")") {
			n, inner = n+1, false
		}
		op, width := readOperator(s[n:])
		if width == 0 {
			break
		}
		next := n + width
		if op == '/' {
			sign = -1
			if strings.HasPrefix(s[next:], "(") {
				next, inner = next+1, true
			}
		} // "W/m·K" is written for W/(m·K): what follows a stroke stays below it
		if _, _, d := readAtom(s[next:]); d == 0 {
			break
		}
		n = next
	}
	if n == 0 {
		return measure{}, 0
	}
	return measure{formatDims(exps), factor}, n
}

func readOperator(s string) (op byte, width int) {
	for _, o := range []string{"/", "每", "·", "•", "⋅", "*"} {
		if strings.HasPrefix(s, o) {
			if o == "/" || o == "每" {
				return '/', len(o)
			}
			return '*', len(o)
		}
	}
	return 0, 0
}

// unitMeasure reduces a unit as an Indicator holds it; ok is false for one that is not known.
func unitMeasure(unit string) (m measure, ok bool) {
	unit = strings.TrimSpace(foldWidth(unit))
	if unit == "" {
		return measure{"", 1}, true
	}
	if rest, found := strings.CutPrefix(unit, "万"); found && unit != "万元" {
		m, ok := unitMeasure(rest)
		m.factor *= 1e4
		return m, ok
	}
	m, n := readUnit(unit)
	return m, n == len(unit)
}

// foldWidth makes full-width signs and digits narrow, spaces apart.
func foldWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFEE0
		}
		if r == 0x3000 || r == 0xA0 {
			return ' '
		}
		return r
	}, s)
}
