package match

import (
	"math"
	"slices"
	"strings"
)

// Verdict of a row of the indicator table.
type Verdict uint8

// Verdicts. Only Meets and Short claim anything; in doubt a row is Unstated or NotComparable.
const (
	Unstated      Verdict = iota // the document does not say
	NotComparable                // it says something near, under other conditions, in another unit or without a sure bound
	Short                        // stated and not reached
	Meets                        // stated and reached
)

// Row is one line of the indicator table: 要求 / 成果写明 / 结论.
type Row struct {
	Name    string
	Want    Indicator
	Have    Indicator // zero when Unstated
	Verdict Verdict
	Gap     float64 // Short: the distance to the nearest wanted value, in Unit
	Unit    string  // the unit of Want
	Quote   string  // the words of the document that Have was read from; empty when it was declared
}

const (
	rowsMax   = 12 // wants compared
	rowsShown = 4  // rows of a table; more only when all of them claim something
)

// stated is what a document says, declared or read.
type stated struct {
	Indicator
	quote string
}

// wants lists what a need asks for: declared indicators, then those read from its text with a comparison.
func wants(declared []Indicator, texts ...string) []Indicator {
	var out []Indicator
	for _, w := range declared {
		if w.Name != "" {
			out = append(out, w)
		}
	}
	for _, text := range texts {
		for _, m := range readMentions(text) {
			if m.stance == aside || m.stance == claimed && m.Cmp == CmpEqual {
				continue
			}
			w := asWish(m.Indicator)
			if (m.stance == wished || meant(w)) && !holdsName(out, w) {
				out = append(out, w)
			}
		}
	}
	return out[:min(len(out), rowsMax)]
}

// meant tells a wish from a complaint where no word says so: "拉稀率超过20%" and "出苗率不到六成" describe what is wrong.
func meant(w Indicator) bool {
	h, _ := headOf(w.Name)
	switch w.Cmp {
	case CmpMore:
		return h.better == 1
	case CmpLess:
		return h.better == -1
	}
	return true
}

func holdsName(list []Indicator, w Indicator) bool {
	for _, x := range list {
		if sameName(x, w) == agree || plainName(x.Name) == plainName(w.Name) && x.Value == w.Value && x.Unit == w.Unit {
			return true
		}
	}
	return false
}

// asWish reads "达到 95%" as at least or at most where it is clear which is better, and an upper bound "最高" as such.
func asWish(w Indicator) Indicator {
	if w.Cmp != CmpEqual || w.Change != Level {
		if w.Cmp == CmpEqual {
			w.Cmp = CmpAtLeast // raised or lowered by at least
		}
		return w
	}
	switch h, _ := headOf(w.Name); h.better {
	case 1:
		w.Cmp = CmpAtLeast
	case -1:
		w.Cmp = CmpAtMost
	}
	return w
}

// haves lists what a document states, declared and read from its title and abstract. Texts that name none of the
// quantities wanted are not read.
func haves(e *entry, wanted []Indicator) []stated {
	var out []stated
	for _, i := range e.indicators {
		out = append(out, stated{Indicator: i})
	}
	for _, f := range []int{fieldTitle, fieldAbstract} {
		text := e.field(f)
		if !namesAny(text, wanted) {
			continue
		}
		for _, m := range readMentions(text) {
			if m.stance == claimed {
				out = append(out, stated{m.Indicator, strings.TrimSpace(text[m.quote.Start:m.quote.End])})
			}
		}
	}
	return out
}

// synonyms lists the spellings of the quantities that go by one name.
var synonyms = func() map[string][]string {
	m := map[string][]string{}
	for _, h := range heads {
		m[h.same] = append(m[h.same], h.text)
	}
	return m
}()

func namesAny(text string, wanted []Indicator) bool {
	for _, w := range wanted {
		h, ok := headOf(plainName(w.Name))
		if ok && containsAny(text, synonyms[h.same]) || strings.Contains(text, w.Name) || strings.Contains(text, stem(plainName(w.Name))) {
			return true
		}
	}
	return false
}

// compareAll fills the table. Of several statements about one quantity all must agree; otherwise nothing is claimed.
func compareAll(wanted []Indicator, have []stated) []Row {
	var rows []Row
	for _, w := range wanted {
		rows = append(rows, compareOne(w, have))
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return a.Verdict.rank() - b.Verdict.rank() })
	n := len(rows)
	for n > rowsShown && rows[n-1].Verdict.rank() > 0 {
		n--
	}
	return rows[:n]
}

// rank puts what claims something first, then what comes near, then what is left to ask.
func (v Verdict) rank() int {
	switch v {
	case Meets, Short:
		return 0
	case NotComparable:
		return 1
	}
	return 2
}

func compareOne(w Indicator, have []stated) Row {
	row := Row{Name: w.Name, Want: w, Unit: w.Unit}
	found := false
	for _, h := range have {
		near := sameName(w, h.Indicator)
		if near == differ {
			continue
		}
		one := Row{Name: w.Name, Want: w, Have: h.Indicator, Unit: w.Unit, Quote: h.quote, Verdict: NotComparable}
		if near == agree {
			one.Verdict, one.Gap = judge(w, h.Indicator)
		} else if !sameDims(w.Unit, h.Unit) {
			continue // a vaguely similar name in another unit says nothing
		}
		switch {
		case !found:
			row, found = one, true
		case row.Verdict == NotComparable && near == agree && one.Verdict != NotComparable && sameName(w, row.Have) != agree:
			row = one
		case near == agree && sameName(w, row.Have) == agree && one.Verdict != row.Verdict:
			row.Verdict, row.Gap = NotComparable, 0
		}
	}
	return row
}

type nearness uint8

const (
	differ nearness = iota
	vague           // the same head, other words before it
	agree
)

// sameName compares names of quantities. They agree when they are equal and not just a broad word; when a specific
// quantity stands at the end of both and one has nothing else before it; or when one is the other with further words
// before it ("断丝位置误差") or another ending ("总氮", "总氮浓度") and the units agree.
func sameName(a, b Indicator) nearness {
	x, y := plainName(a.Name), plainName(b.Name)
	if x == "" || y == "" || containsAny(x, beforehand) != containsAny(y, beforehand) {
		return differ
	}
	hx, okx := headOf(x)
	hy, oky := headOf(y)
	alike := a.Change == b.Change && sameDims(a.Unit, b.Unit)
	if okx && oky && hx.same == hy.same {
		mx, my := strings.TrimSuffix(x, hx.text), strings.TrimSuffix(y, hy.text)
		switch {
		case mx == my && a.Change == b.Change && (mx != "" || !hx.broad), hx.specific && (mx == "" || my == "") && a.Change == b.Change:
			return agree
		case alike && tailOf(mx, my):
			return agree
		case len([]rune(hx.text)) > 1:
			return vague
		}
		return differ
	}
	x, y = stem(x), stem(y)
	if alike && (x == y && runes(x) > 1 || !okx && !oky && tailOf(x, y)) {
		return agree
	}
	return differ
}

// beforehand are words of what was there before: "进水含油" is not what comes out.
var beforehand = []string{"进水", "进口", "入口", "原水", "初始", "原始", "处理前", "改造前", "对照", "基准", "背景"}

// tailOf reports whether the shorter of two strings, of two characters or more, ends the longer.
func tailOf(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return runes(a) > 1 && strings.HasSuffix(b, a)
}

// stem takes the ending off a name that says nothing of its own.
func stem(name string) string {
	for _, w := range []string{"浓度", "含量", "水平", "全年", "率", "值", "量"} {
		if rest, ok := strings.CutSuffix(name, w); ok && runes(rest) > 1 {
			return rest
		}
	}
	return name
}

var plainWords = strings.NewReplacer(" ", "", "的", "", "单片", "每片", "单台", "每台", "单件", "每件", "单套", "每套", "单支", "每支")

func plainName(s string) string { return strings.ToLower(plainWords.Replace(foldWidth(s))) }

func sameDims(a, b string) bool {
	x, okx := unitMeasure(a)
	y, oky := unitMeasure(b)
	return okx && oky && x.dims == y.dims || a == b
}

// bounds is the set of values that an indicator leaves open.
type bounds struct {
	lo, hi         float64
	loOpen, hiOpen bool
}

func (i Indicator) bounds(factor float64) bounds {
	v, inf := i.Value*factor, math.Inf(1)
	switch i.Cmp {
	case CmpAtLeast:
		return bounds{v, inf, false, true}
	case CmpMore:
		return bounds{v, inf, true, true}
	case CmpAtMost:
		return bounds{-inf, v, true, false}
	case CmpLess:
		return bounds{-inf, v, true, true}
	case CmpRange:
		return bounds{v, i.High * factor, false, false}
	}
	return bounds{v, v, false, false}
}

// within reports whether a lies in b.
func (a bounds) within(b bounds) bool {
	lo := a.lo > b.lo || a.lo == b.lo && (a.loOpen || !b.loOpen)
	hi := a.hi < b.hi || a.hi == b.hi && (a.hiOpen || !b.hiOpen)
	return lo && hi
}

func (a bounds) apart(b bounds) bool {
	return a.hi < b.lo || b.hi < a.lo || a.hi == b.lo && (a.hiOpen || b.loOpen) || b.hi == a.lo && (b.hiOpen || a.loOpen)
}

// coverage are quantities of which a range is asked to be covered rather than hit.
var coverage = []string{"范围", "量程", "频段", "温区", "工作温度", "使用温度", "适用"}

// judge compares two statements about one quantity. A claim needs one unit (after conversion), no condition of the need
// that the document leaves out or changes, and sets of values that lie one in the other or apart.
func judge(w, h Indicator) (Verdict, float64) {
	mw, okw := unitMeasure(w.Unit)
	mh, okh := unitMeasure(h.Unit)
	if !okw || !okh {
		if strings.TrimSpace(w.Unit) != strings.TrimSpace(h.Unit) {
			return NotComparable, 0
		}
		mw, mh = measure{factor: 1}, measure{factor: 1}
	}
	if mw.dims != mh.dims || plainName(w.Method) != plainName(h.Method) && w.Method != "" {
		return NotComparable, 0
	}
	factor := mh.factor / mw.factor
	want, have := w.bounds(1), h.bounds(factor)
	if nearly(factor, 1) {
		have = h.bounds(1)
	}
	if h.Approx { // "约" is worth a twentieth either way
		have.lo, have.hi = have.lo-0.05*math.Abs(have.lo), have.hi+0.05*math.Abs(have.hi)
	}
	if w.Cmp == CmpRange && h.Cmp == CmpRange && containsAny(w.Name, coverage) {
		if want.within(have) {
			return Meets, 0
		}
		return NotComparable, 0
	}
	switch {
	case math.IsNaN(have.lo) || math.IsNaN(have.hi) || math.IsNaN(want.lo) || math.IsNaN(want.hi):
		return NotComparable, 0
	case have.within(want):
		return Meets, 0
	case have.apart(want) && w.Cmp != CmpEqual:
		if gap := max(want.lo-have.hi, have.lo-want.hi); gap > 0 {
			return Short, gap
		}
	}
	return NotComparable, 0
}

func nearly(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }
