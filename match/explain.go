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
	e.Terms = r.terms(credit, float64(c.sum))
	if len(wanted) > 0 {
		e.Rows = compareAll(wanted, haves(c.entry, wanted))
		if c.label < LabelPossible {
			doubt(e.Rows)
		}
	}
	byKey := make(map[uint64]float64, len(credit))
	for i, v := range credit {
		if v > 0 {
			byKey[r.q.grams[i].key] = v
		}
	}
	e.Title = spansOf(c.entry.field(fieldTitle), byKey)
	e.Snippet = snippet(c.entry.field(fieldAbstract), byKey)
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

// credits returns what each gram of the question added to a document's sum.
func (r *run) credits(c *candidate) []float64 {
	seg := r.snap.views[c.view].seg
	ranges := r.sc.ranges[int(c.view)*len(r.q.grams):][:len(r.q.grams)]
	out := make([]float64, len(r.q.grams))
	for i, rg := range ranges {
		if r.q.grams[i].whole == 0 || rg.lo == rg.hi {
			continue
		}
		if j, ok := slices.BinarySearch(seg.offs[rg.lo:rg.hi], uint16(c.off)); ok {
			out[i] = float64(r.q.grams[i].whole) * float64(seg.imps[int(rg.lo)+j])
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
func (r *run) terms(credit []float64, sum float64) []Term {
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
	return r.worded(all, sum)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// worded turns pieces into terms, equal ones joined, single characters last, the strongest first.
func (r *run) worded(all []piece, sum float64) []Term {
	at := map[Term]int{}
	var out []Term
	for _, p := range all {
		part := &r.q.parts[p.part]
		t := Term{Text: part.text[p.start:p.end]}
		switch part.part {
		case partTerm:
			t.Source = FromTerm
		case partLexicon:
			t = Term{Text: part.origin, Via: part.text, Source: FromLexicon}
		case partUseful:
			t = Term{Via: t.Text, Source: FromUseful}
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
	short := func(t Term) int {
		if runes(t.Text+t.Via) < 2 {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b Term) int {
		return cmp.Or(cmp.Compare(short(a), short(b)), cmp.Compare(b.Share, a.Share))
	})
	for len(out) > 1 && (short(out[len(out)-1]) == 1 || out[len(out)-1].Share <= 0) {
		out = out[:len(out)-1]
	}
	return out[:min(termsMax, len(out))]
}

// spansOf returns where the credited pairs and words stand in a text, overlapping ones joined. Single characters are not
// shown: alone they would dot the text with marks.
func spansOf(text string, byKey map[uint64]float64) []Span {
	var out []Span
	for _, g := range appendGrams(nil, text) {
		if isUni(g.key) || byKey[g.key] == 0 {
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
func snippet(text string, byKey map[uint64]float64) Snippet {
	text = clip(text, abstractRead)
	best, most := text, -1.0
	for sentence := range sentences(text) {
		seen, sum := map[uint64]bool{}, 0.0
		for _, g := range appendGrams(nil, sentence) {
			if v := byKey[g.key]; v > 0 && !seen[g.key] {
				seen[g.key] = true
				sum += v
			}
		}
		if sum > most {
			best, most = sentence, sum
		}
	}
	best = strings.TrimSpace(best)
	return cut(best, spansOf(best, byKey))
}

func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i, c := range text {
			if strings.ContainsRune("。！？；\n", c) {
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
