package catalog

import (
	"slices"
	"strings"
)

// Theme is one of the six directions of the fair (先进材料 …): a code that
// stays; its labels are messages "theme.<code>".
type Theme string

// The six themes of the roadshows.
const (
	Materials   Theme = "materials"
	Equipment   Theme = "equipment"
	AI          Theme = "ai"
	Health      Theme = "health"
	City        Theme = "city"
	Environment Theme = "environment"
)

var themes = []Theme{Materials, Equipment, AI, Health, City, Environment}

// Themes returns the six themes in the order of the fair.
func Themes() []Theme { return slices.Clone(themes) }

// KnownTheme reports whether it is one of the six.
func KnownTheme(t Theme) bool { return slices.Contains(themes, t) }

// Name is the theme as the fair writes it, "" for none of the six.
func (t Theme) Name() string {
	for _, w := range themeWords {
		if w.theme == t {
			return w.word
		}
	}
	return ""
}

// ThemeNamed is the theme of that code or name.
func ThemeNamed(s string) (Theme, bool) {
	for _, t := range themes {
		if s == string(t) || s == t.Name() {
			return t, true
		}
	}
	return "", false
}

// themeWords are the words by which sheets name a theme. The first six are the
// fair's own names; the rest is the cross-walk from the recruiting fields and
// from words users write in 成果应用领域 and 需求领域.
var themeWords = []struct {
	word  string
	theme Theme
}{
	{"先进材料", Materials}, {"高端装备", Equipment}, {"人工智能", AI},
	{"生命健康", Health}, {"城市建设", City}, {"环境能源", Environment},
	{"医药健康", Health}, {"智能制造", Equipment}, {"绿色能源", Environment},
	{"节能环保", Environment}, {"新一代信息技术", AI}, {"新材料", Materials},
	{"生物医药", Health}, {"建筑", City}, {"交通", City}, {"环保", Environment}, {"能源", Environment},
}

// ThemesIn finds the themes named in a field of use as written, in the order
// of the fair, each once.
func ThemesIn(written string) []Theme {
	folded := Fold(written)
	var out []Theme
	for _, t := range themes {
		if slices.ContainsFunc(themeWords, func(w struct {
			word  string
			theme Theme
		}) bool {
			return w.theme == t && containsFolded(folded, w.word)
		}) {
			out = append(out, t)
		}
	}
	return out
}

// Way is a way of bringing a result to use.
type Way string

// The six ways of 转化, law on promoting the transformation of scientific and
// technological achievements, article 16 (R1).
const (
	WayOwn       Way = "own"       // 自行投资实施
	WayTransfer  Way = "transfer"  // 转让
	WayLicence   Way = "licence"   // 许可
	WayCooperate Way = "cooperate" // 合作实施
	WayEquity    Way = "equity"    // 作价投资
	WayOther     Way = "other"     // 其他协商方式
)

var ways = []Way{WayOwn, WayTransfer, WayLicence, WayCooperate, WayEquity, WayOther}

// Ways returns the ways of article 16 in its order.
func Ways() []Way { return slices.Clone(ways) }

var wayWords = []struct {
	word string
	way  Way
}{
	{"自行投资", WayOwn}, {"自行实施", WayOwn}, {"自行转化", WayOwn},
	{"转让", WayTransfer}, {"许可", WayLicence}, {"合作", WayCooperate}, {"联合", WayCooperate},
	{"委托", WayCooperate}, {"技术开发", WayCooperate},
	{"作价", WayEquity}, {"入股", WayEquity}, {"面议", WayOther}, {"协商", WayOther}, {"其他", WayOther}, {"技术服务", WayOther},
}

// WaysIn finds the ways named in 合作方式 as written, in the order of the law.
func WaysIn(written string) []Way {
	folded := Fold(written)
	var out []Way
	for _, w := range ways {
		for _, ww := range wayWords {
			if ww.way == w && containsFolded(folded, ww.word) {
				out = append(out, w)
				break
			}
		}
	}
	return out
}

// Maturity is how near to use a result is: by its own claim.
type Maturity struct {
	Scale    string // id of the scale the level belongs to; the scale is a table (R31)
	Level    int    // 0 = not stated
	Written  string // as the source says: 中试, TRL 6, 6级
	Inferred bool   // the level was read from a word such as 中试, not stated as a number
	Evidence []string
}

// TRL9 is the scale in use: nine levels (R31, GB/T 22900-2009 App. A).
const TRL9 = "trl-9"

// Evidence is what a claim of a level rests on; the codes are messages
// "evidence.<code>".
type Evidence struct {
	Code     string
	From, To int // the levels it supports
}

var evidence = []Evidence{
	{"paper", 1, 3}, {"sample", 4, 4}, {"simulated", 5, 5}, {"pilot", 6, 6},
	{"trial", 7, 7}, {"certified", 8, 8}, {"supply", 9, 9},
}

// EvidenceFor is the code of the evidence that a level of TRL9 claims, "" if
// there is no such level.
func EvidenceFor(level int) string {
	for _, e := range evidence {
		if level >= e.From && level <= e.To {
			return e.Code
		}
	}
	return ""
}

// stageLevels maps the stage words of 技术成熟度 to the level whose evidence
// they name (wording of the TRL table: 4 laboratory sample, 6 prototype or
// pilot, 8 small batch, 9 series supply).
var stageLevels = []struct {
	word  string
	level int
}{
	{"批量", 9}, {"量产", 9}, {"产业化", 9}, {"规模化", 9}, {"小批", 8}, {"定型", 8}, {"用户试用", 7}, {"试用", 7}, {"示范应用", 7},
	{"中试", 6}, {"样机", 6}, {"小试", 4}, {"样品", 4}, {"实验室", 4}, {"原理验证", 3}, {"概念", 2}, {"研究", 3},
}

// MaturityFrom reads 技术成熟度 as written: "TRL 6", "6级", "第7级", "中试".
func MaturityFrom(written string) Maturity {
	m := Maturity{Scale: TRL9, Written: written}
	folded := hanDigits.Replace(Fold(written))
	if n, ok := levelNumber(folded); ok {
		m.Level = n
		return m
	}
	for _, s := range stageLevels {
		if containsFolded(folded, s.word) {
			m.Level, m.Inferred = s.level, true
			return m
		}
	}
	return m
}

// hanDigits writes 六级 as 6级.
var hanDigits = strings.NewReplacer("一级", "1级", "二级", "2级", "三级", "3级", "四级", "4级", "五级", "5级",
	"六级", "6级", "七级", "7级", "八级", "8级", "九级", "9级")

// levelNumber finds a single digit 1 to 9 that stands alone in a folded text
// that speaks of TRL or of a grade.
func levelNumber(folded string) (int, bool) {
	rs := []rune(folded)
	n, found := 0, 0
	for i, r := range rs {
		if r < '0' || r > '9' {
			continue
		}
		if (i > 0 && isDigit(rs[i-1])) || (i+1 < len(rs) && isDigit(rs[i+1])) {
			return 0, false
		}
		n, found = int(r-'0'), found+1
	}
	if found != 1 || n == 0 {
		return 0, false
	}
	if containsFolded(folded, "trl") || containsFolded(folded, "级") || len(rs) == 1 {
		return n, true
	}
	return 0, false
}
