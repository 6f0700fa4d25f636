package match

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	termsMax   = 6
	termRunes  = 8  // a longer phrase is cut at its weakest pair
	snippetMax = 90 // runes
)

// explain tells why a document was found: what of its first-stage score came from which words of the question, the
// indicator table, and the sentence that shows it best.
func (r *run) explain(c *candidate, wanted []Indicator) Explanation {
	credit := r.credits(c)
	var e Explanation
	e.Terms = r.terms(c, credit)
	if len(wanted) > 0 {
		e.Rows = compareAll(wanted, haves(c.entry, wanted))
		if c.label < LabelPossible {
			doubt(e.Rows)
		}
	}
	m := &marker{lens: r.lens, credit: credit, grams: r.sc.grams}
	e.Title = m.spans(c.entry.field(fieldTitle))
	e.Snippet = m.snippet(c.entry.field(fieldAbstract))
	r.sc.grams = m.grams
	return e
}

// doubt withdraws the claims about a document that may be about something else, and then so are its figures.
func doubt(rows []Row) {
	for i := range rows {
		if rows[i].Verdict > NotComparable {
			rows[i].Verdict, rows[i].Gap = NotComparable, 0
		}
	}
}

// credits returns what each gram of the question added to a document's sum. It is counted from the text once more, as the
// builder counts, which is less work than to look through the lists.
func (r *run) credits(c *candidate) []float64 {
	sc := r.sc
	sc.freq = append(sc.freq[:0], make([]float32, len(r.q.grams))...)
	for f := range fieldCount {
		sc.grams = appendGrams(sc.grams[:0], c.entry.field(f))
		w := r.x.params.fieldWeight(f, sc.grams)
		for _, g := range sc.grams {
			if i := lensFind(r.lens.table, g.key); i >= 0 {
				sc.freq[r.lens.table[i].gram] += w
			}
		}
	}
	out := make([]float64, len(r.q.grams))
	for i, freq := range sc.freq {
		if freq > 0 {
			out[i] = float64(r.q.grams[i].whole) * float64(r.x.params.impact(freq))
		}
	}
	return out
}

// piece is a run of credited grams of one part of the question.
type piece struct {
	part       int32
	start, end int32
	credit     float64
	last       int32 // start of its last pair
}

// terms joins credited pairs that overlap into phrases. A gram's credit counts once, where it first occurs; single
// characters add to the phrase that they stand in.
func (r *run) terms(c *candidate, credit []float64) []Term {
	used := make([]bool, len(credit))
	var all []piece
	for _, o := range r.q.occs {
		v := credit[o.gram]
		if v == 0 {
			continue
		}
		once := v
		if used[o.gram] {
			once = 0
		}
		used[o.gram] = true
		n := len(all) - 1
		inside := n >= 0 && all[n].part == o.part && o.start >= all[n].start && o.end <= all[n].end
		switch {
		case isUni(r.q.grams[o.gram].key) && !inside:
			all = append(all, piece{o.part, o.start, o.end, once, o.start})
		case inside:
			all[n].credit += once
		case n >= 0 && all[n].part == o.part && o.start < all[n].end && runes(r.q.parts[o.part].text[all[n].start:o.end]) <= termRunes:
			all[n].end, all[n].last = o.end, o.start
			all[n].credit += once
		default:
			all = append(all, piece{o.part, o.start, o.end, once, o.start})
		}
	}
	return r.worded(all, c)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// worded turns pieces into terms, equal ones joined, the strongest first. What nobody would call a word is left out:
// single characters, and what only function characters hold together. A technical word of the lexicon is named only
// when the document has it as it stands.
func (r *run) worded(all []piece, c *candidate) []Term {
	at := map[Term]int{}
	var out []Term
	sum := float64(c.sum)
	text := strings.ToLower(c.entry.text[:c.entry.ends[fieldAbstract]])
	for _, p := range all {
		part := &r.q.parts[p.part]
		t := Term{Text: part.text[p.start:p.end]}
		switch part.part {
		case partTerm:
			t.Source = FromTerm
		case partLexicon:
			t = Term{Text: part.origin, Via: part.text, Source: FromLexicon}
		case partUseful:
			t = Term{Via: trimTerm(t.Text, c.entry), Source: FromUseful}
		default:
			t.Text = trimTerm(t.Text, c.entry)
		}
		if runes(t.Text+t.Via) < 2 || t.Source == FromLexicon && !strings.Contains(text, strings.ToLower(t.Via)) {
			continue
		}
		key := t
		if i, ok := at[key]; ok {
			out[i].Share += p.credit / sum
			continue
		}
		at[key] = len(out)
		t.Share = p.credit / sum
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b Term) int { return cmp.Compare(b.Share, a.Share) })
	for len(out) > 1 && out[len(out)-1].Share <= 0 {
		out = out[:len(out)-1]
	}
	return out[:min(termsMax, len(out))]
}

// trimTerm takes function characters off both ends of a phrase ("时也", "道渗水") unless they belong to a known word: one
// of the lexicon or of the document's keywords. What is left may be nothing.
func trimTerm(phrase string, e *entry) string {
	keywords := e.field(fieldKeywords)
	known := func(pair string) bool {
		return runes(pair) == 2 && (strings.Contains(keywords, pair) || knownPairs[pair])
	}
	for phrase != "" {
		first, n := utf8.DecodeRuneInString(phrase)
		_, m := utf8.DecodeRuneInString(phrase[n:])
		if !strings.ContainsRune(functionRunes, first) || known(phrase[:n+m]) {
			break
		}
		phrase = phrase[n:]
	}
	for phrase != "" {
		last, n := utf8.DecodeLastRuneInString(phrase)
		_, m := utf8.DecodeLastRuneInString(phrase[:len(phrase)-n])
		if !strings.ContainsRune(functionRunes, last) || known(phrase[len(phrase)-n-m:]) {
			break
		}
		phrase = phrase[:len(phrase)-n]
	}
	if runes(phrase) < 2 || emptyTerm(phrase) {
		return ""
	}
	return phrase
}

// emptyTerm reports whether a phrase is only what every need says, a number or a unit.
func emptyTerm(phrase string) bool {
	if plain := plainSpans(phrase); len(plain) == 1 && plain[0] == (Span{0, len(phrase)}) {
		return true
	}
	_, unit := unitMeasure(phrase)
	return unit || digitsOnly(phrase)
}

// functionRunes stand between words more often than in them.
const functionRunes = "的了在和与及是也就都能可会不把被将对于从到为以而且或并等时道着过"

// knownPairs are the pairs of technical words that have such a character in them. Built once.
var knownPairs = func() map[string]bool {
	out := map[string]bool{}
	add := func(word string) {
		list := []rune(word)
		for i := 1; i < len(list); i++ {
			if strings.ContainsRune(functionRunes, list[i-1]) || strings.ContainsRune(functionRunes, list[i]) {
				out[string(list[i-1:i+1])] = true
			}
		}
	}
	for line := range strings.Lines(lexiconText) {
		if !strings.HasPrefix(line, "#") {
			_, technical, _ := strings.Cut(line, "=")
			for _, word := range strings.Fields(technical) {
				add(word)
			}
		}
	}
	for _, word := range strings.Fields("不锈 可靠 可视 可降 可燃 可逆 可编 能源 能量 能耗 能效 对流 对焊 对接 对比 将军 过滤 过程 过热 过载 过氧 以太 从动 会议 到货 道路 道岔 道床 在线 在位 时间 时效 时延 时序 和面 并网 并联 并行 等离 等温 等速 为害 被动 于是 不良 不饱 " +
		"性能 功能 节能 储能 智能 电能 热能 动能 职能 管道 隧道 轨道 车道 巷道 通道 频道 河道 渠道 街道 匝道 流道 匀道 小时 实时 工时 延时 及时 临时 定时 超时 饱和 中和 调和 缓和 温和 绝对 相对 核对 校对 社会 协会 机会 参与 密以 沉着 附着 通过 超过 透过 经过 难以 中等 均等 高等 行为 人为") {
		out[word] = true
	}
	return out
}()

// marker shows the grams of a question that a document got credit for.
type marker struct {
	lens   *lens
	credit []float64 // by gram of the question
	grams  []gram    // working memory
}

// of returns what a gram was credited with, 0 if nothing.
func (m *marker) of(key uint64) float64 {
	if i := lensFind(m.lens.table, key); i >= 0 {
		return m.credit[m.lens.table[i].gram]
	}
	return 0
}

// spans returns where the credited pairs and words stand in a text, overlapping ones joined. Single characters are not
// shown: alone they would dot the text with marks.
func (m *marker) spans(text string) []Span {
	var out []Span
	m.grams = appendGrams(m.grams[:0], text)
	for _, g := range m.grams {
		if isUni(g.key) || m.of(g.key) == 0 {
			continue
		}
		if n := len(out); n > 0 && int(g.start) <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, int(g.end))
			continue
		}
		out = append(out, Span{int(g.start), int(g.end)})
	}
	return out
}

// snippet chooses the sentence with the most credit, each gram counted once, and cuts it to a readable length around its
// first highlight.
func (m *marker) snippet(text string) Snippet {
	text = clip(text, abstractRead)
	best, most := text, -1.0
	var seen []uint64
	for sentence := range sentences(text) {
		seen = seen[:0]
		sum := 0.0
		m.grams = appendGrams(m.grams[:0], sentence)
		for _, g := range m.grams {
			if v := m.of(g.key); v > 0 && !slices.Contains(seen, g.key) {
				seen = append(seen, g.key)
				sum += v
			}
		}
		if sum > most {
			best, most = sentence, sum
		}
	}
	best = strings.TrimSpace(best)
	return cut(best, m.spans(best))
}

func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i, c := range text {
			switch c {
			case '。', '！', '？', '；', '\n':
				end := i + utf8.RuneLen(c)
				if end > start && !yield(text[start:end]) {
					return
				}
				start = end
			}
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}

// cut shortens a sentence to snippetMax runes that hold the first highlight.
func cut(s string, spans []Span) Snippet {
	if runes(s) <= snippetMax {
		return Snippet{s, spans}
	}
	start := 0
	if len(spans) > 0 && runes(s[:spans[0].Start]) > snippetMax/3 {
		start = spans[0].Start
		for range snippetMax / 6 {
			_, n := utf8.DecodeLastRuneInString(s[:start])
			start -= n
		}
	}
	end := start
	for range snippetMax {
		_, n := utf8.DecodeRuneInString(s[end:])
		end += n
	}
	out := Snippet{Text: s[start:end]}
	for _, sp := range spans {
		if sp.Start >= start && sp.End <= end {
			out.Spans = append(out.Spans, Span{sp.Start - start, sp.End - start})
		}
	}
	return out
}
