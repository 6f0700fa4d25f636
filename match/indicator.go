package match

import (
	"strings"
	"unicode/utf8"
)

// Cmp compares a quantity with a value.
type Cmp uint8

// Comparisons.
const (
	CmpEqual   Cmp = iota // = Value
	CmpAtLeast            // ≥ Value
	CmpAtMost             // ≤ Value
	CmpMore               // > Value
	CmpLess               // < Value
	CmpRange              // Value to High
)

// Change says whether a quantity is a level or an amount of change; "效率 10%" and "效率提高 10%" are different things.
type Change int8

// Changes.
const (
	Lowered Change = -1 // by the value
	Level   Change = 0
	Raised  Change = 1 // by the value
)

// Indicator is a quantity with what it must reach or reaches.
type Indicator struct {
	Name   string // the quantity, such as "循环寿命"
	Change Change
	Cmp    Cmp
	Value  float64
	High   float64 // upper end of a range
	Unit   string  // as written, such as "℃"; empty for a plain number
	Method string  // test method or condition, free text
	Approx bool    // "约", "左右"
}

// mention is an indicator read from a text, with where it stands.
type mention struct {
	Indicator
	quote  Span // the clause it was read from
	stance stance
}

// stance says what a text wants with a number.
type stance uint8

const (
	claimed stance = iota // stated of the thing itself
	wished                // asked for
	aside                 // of something else: the state of the art, a condition, a standard
)

const readMax = 32 << 10 // bytes of a text that are searched for indicators

// ReadIndicators returns the indicators that a text states of its subject, in order. What it says of the state of the
// art, of standards or of test conditions is left out.
func ReadIndicators(text string) []Indicator {
	var out []Indicator
	for _, m := range readMentions(text) {
		if m.stance != aside {
			out = append(out, m.Indicator)
		}
	}
	return out
}

// reader reads one clause; folded has narrow digits and signs, and at maps its bytes to those of the text.
type reader struct {
	folded string
	at     []int32
	aside  bool // the clause at hand speaks of other things
	out    []mention
}

func readMentions(text string) []mention {
	text = clip(text, readMax)
	r := &reader{}
	r.fold(text)
	for _, c := range r.clauses() {
		r.clause(c)
	}
	return r.out
}

// fold makes digits, letters and signs narrow and keeps the place of every byte.
func (r *reader) fold(text string) {
	var b strings.Builder
	r.at = make([]int32, 0, len(text)+1)
	for i, c := range text {
		if c >= 0xFF01 && c <= 0xFF5E {
			c -= 0xFEE0
			if strings.ContainsRune(",;:?!()", c) { // Chinese punctuation stays distinct from "3,000"
				c += 0xFEE0
			}
		}
		switch c {
		case 0x3000, 0xA0, '\t':
			c = ' '
		case '〜', '∼', '～':
			c = '~'
		case '≧', '⩾':
			c = '≥'
		case '≦', '⩽':
			c = '≤'
		case '－', '–', '—', '−', '―':
			c = '-'
		}
		n := b.Len()
		b.WriteRune(c)
		for range b.Len() - n {
			r.at = append(r.at, int32(i))
		}
	}
	r.at = append(r.at, int32(len(text)))
	r.folded = b.String()
}

// clauses cuts the folded text at punctuation; a sentence's clauses share its opening through the clause's lead.
type clause struct {
	start, end int
	lead       int // start of the sentence
}

func (r *reader) clauses() []clause {
	var out []clause
	start, lead := 0, 0
	depth := 0
	for i, c := range r.folded {
		switch c {
		case '(', '（':
			depth++
		case ')', '）':
			depth = max(0, depth-1)
		}
		stop, pause := false, false
		switch c {
		case '。', '；', '！', '？', ';', '!', '?', '\n':
			stop = true
		case '，', '、':
			pause = depth == 0
		}
		if stop || pause || c == ',' && depth == 0 && !betweenDigits(r.folded, i) {
			if i > start {
				out = append(out, clause{start, i, lead})
			}
			start = i + utf8.RuneLen(c)
		}
		if stop {
			lead, depth = start, 0
		}
	}
	if start < len(r.folded) {
		out = append(out, clause{start, len(r.folded), lead})
	}
	return out
}

func betweenDigits(s string, i int) bool {
	return i > 0 && isDigit(s[i-1]) && i+3 < len(s) && isDigit(s[i+1]) && isDigit(s[i+2]) && isDigit(s[i+3]) && (i+4 >= len(s) || !isDigit(s[i+4]))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLatin(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// clause reads the numbers of one clause.
func (r *reader) clause(c clause) {
	s := r.folded[c.start:c.end]
	r.aside = containsAny(s, asideWords)
	left := 0  // where the words that belong to the next number begin
	from := "" // the name before a number that "由" or "从" introduced
	cond := "" // under what the next number holds: "-30 ℃", "壁厚 1.5 mm 处"
	for i := 0; i < len(s); {
		first, n := utf8.DecodeRuneInString(s[i:])
		if !opensNumber(first) {
			i += n
			continue
		}
		q, ok := readQuantity(s, i)
		if !ok {
			i += n
			continue
		}
		m, ok := r.mention(s, left, from, q, c)
		end := max(q.end, i+1)
		if ok && m.stance != aside {
			m.Method = joined(cond, m.Method)
			cond = ""
		} else if extra, upTo := condition(s, left, q); extra != "" {
			cond, end = joined(cond, extra), max(end, upTo)
		}
		if ok {
			r.out = append(r.out, m)
		}
		from = fromName(ending(s[left:q.start], nearby))
		i = end + pastBracket(s[end:])
		left = i
	}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "，" + b
}

// condition returns the words of a number that is not stated for itself but for the next one: "-30 ℃" before
// "容量保持率≥82%", "200 次碱洗后", and where they end. They are empty when the number is something else.
func condition(s string, left int, q quantity) (words string, end int) {
	before := strings.Trim(s[left:q.start], " :：)）")
	if q.unit == "" || q.ranged && q.plusMinus || fromName(before) != "" || len(before) > conditionBytes {
		return "", 0
	}
	tail := 0
	for i, c := range clip(s[q.end:], conditionBytes) {
		if !isHan(c) && c != ' ' {
			break
		}
		if strings.ContainsRune("时下后处", c) {
			tail = i + utf8.RuneLen(c)
			break
		}
	}
	if before != "" && tail == 0 && !containsAny(before, []string{"在", "当", "环境", "温度", "养护", "老化", "保温"}) {
		return "", 0
	}
	return strings.TrimSpace(before + " " + s[q.start:q.end+tail]), q.end + tail
}

// conditionBytes is how long the words on either side of a condition's number may be.
const conditionBytes = 24

// pastBracket is the length of the bracket right after a quantity, which says how it was measured; the numbers in it
// state nothing of their own.
func pastBracket(after string) int {
	rest := strings.TrimLeft(after, " ")
	for _, b := range [][2]string{{"(", ")"}, {"（", "）"}} {
		if strings.HasPrefix(rest, b[0]) {
			if end := strings.Index(rest, b[1]); end > 0 {
				return len(after) - len(rest) + end + len(b[1])
			}
		}
	}
	return 0
}

// opensNumber dismisses most characters before the costlier reading.
func opensNumber(c rune) bool {
	switch c {
	case '-', '±', '零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '两', '十', '百', '千':
		return true
	}
	return c >= '0' && c <= '9'
}

// mention puts together the words before a quantity, the quantity and the words after it.
func (r *reader) mention(s string, left int, from string, q quantity, c clause) (mention, bool) {
	before, after := ending(s[left:q.start], nearby), clip(s[q.end:], nearby)
	if after != "" && (isDigit(after[0]) || isLatin(after[0]) || after[0] == '/') {
		return mention{}, false // "54.3%65.6%": a sign was lost, nobody knows which; "2 次/10 km", "L/m²h": a unit half read
	}
	if fromName(before) != "" {
		return mention{}, false // the old value
	}
	before, piece := perPiece(before)
	if piece != "" && q.unit != "" {
		q.unit += "/" + piece
	}
	var m mention
	m.Value, m.High, m.Unit, m.Approx = q.value, q.high, q.unit, q.approx
	if q.ranged {
		m.Cmp = CmpRange
	}
	name, lead := trimLead(before)
	if !m.compare(lead, after, q) {
		return m, false
	}
	m.Change = lead.change
	m.Name = quantityName(name)
	if name == "" && from != "" {
		m.Name = quantityName(from)
	}
	if m.Name == "" && name == "" {
		m.Name = trailingName(after, q.unit)
	}
	if _, ok := headOf(m.Name); !ok {
		tail, _ := tailCmp(after)
		m.Name = ""
		if left == 0 && q.unit != "" {
			m.Name = bareName(name, lead.explicit || tail.has || ends(after))
		}
	}
	if m.Name == "" || q.unit == "" && (!lead.explicit || !hasKnownHead(m.Name)) || !fitsUnit(m.Name, q.unit) {
		return m, false
	}
	m.Unit = settleDegrees(m.Unit, m.Name, s)
	m.Method = method(after)
	m.stance = r.stance(c, s, q, after)
	m.quote = Span{int(r.at[c.start]), int(r.at[c.end])}
	return m, true
}

// fromName returns the name before "由" or "从" when that is what introduces a number: the old value of a change.
func fromName(before string) string {
	before = strings.TrimRight(before, " ")
	for _, w := range []string{"由", "从", "由原来的", "从原来的"} {
		if name, ok := strings.CutSuffix(before, w); ok {
			return name
		}
	}
	return ""
}

// compare settles the comparison from the words before and after; it reports false when they contradict each other.
func (m *mention) compare(lead leadWords, after string, q quantity) bool {
	tail, approx := tailCmp(after)
	m.Approx = m.Approx || approx || lead.approx
	switch {
	case q.plusMinus:
		m.Cmp, m.Value, m.High = CmpRange, q.value, q.high
		return true
	case q.ranged:
		return true
	case lead.has && tail.has && lead.cmp != tail.cmp:
		return lead.bestCase || lead.soft && func() bool { m.Cmp = tail.cmp; return true }()
	case lead.has:
		m.Cmp = lead.cmp
	case tail.has:
		m.Cmp = tail.cmp
	}
	if lead.bestCase {
		m.Cmp = CmpAtMost
	}
	return true
}

// stance tells a claim from a wish and from what is said of other things.
func (r *reader) stance(c clause, s string, q quantity, after string) stance {
	before := ending(s[:q.start], nearby)
	sentence := before
	if len(before) < nearby {
		sentence = ending(r.folded[c.lead:c.start], 2*nearby) + before
	}
	if r.aside || containsAny(sentence, asideLeads) || startsAny(after, conditionTails) || containsAny(before, conditionLeads) {
		return aside
	}
	if containsAny(before, wishWords) || containsAny(sentence, wishLeads) {
		return wished
	}
	return claimed
}

// nearby is how many bytes around a number can say something about it. The bound also keeps hostile texts cheap.
const nearby = 150

// ending returns at most the last n bytes of s, from a rune's start.
func ending(s string, n int) string {
	if len(s) <= n {
		return s
	}
	at := len(s) - n
	for at < len(s) && !utf8.RuneStart(s[at]) {
		at++
	}
	return s[at:]
}
