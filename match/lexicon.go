package match

import (
	_ "embed"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:embed plain.txt
var plainText string

//go:embed lexicon.txt
var lexiconText string

// These are built once from the embedded files and never change.
var (
	plainPhrases = readPlain(plainText)
	lexicon      = readLexicon(lexiconText)
	technical    = readTechnical(lexiconText)
)

// phrases finds the phrases of a set in a text, at each place the longest.
type phrases[T any] struct {
	first [1 << 16]uint16 // by the lower half of a first character: where its phrases are in lists, 0 for none
	lists [][]phrase[T]   // longest first; the first list is empty
}

type phrase[T any] struct {
	text  string
	value T
}

func (p *phrases[T]) add(text string, value T) {
	if p.lists == nil {
		p.lists = make([][]phrase[T], 1)
	}
	first, _ := utf8.DecodeRuneInString(text)
	at := &p.first[uint16(first)]
	if *at == 0 {
		*at = uint16(len(p.lists))
		p.lists = append(p.lists, nil)
	}
	p.lists[*at] = append(p.lists[*at], phrase[T]{text, value})
}

func (p *phrases[T]) sort() {
	for _, list := range p.lists {
		slices.SortStableFunc(list, func(a, b phrase[T]) int { return len(b.text) - len(a.text) })
	}
}

// find calls yield for each phrase found, from left to right without overlap.
func (p *phrases[T]) find(text string, yield func(at Span, found *phrase[T])) {
	end := 0
	for i, r := range text {
		at := p.first[uint16(r)]
		if at == 0 || i < end {
			continue
		}
		list := p.lists[at]
		for j := range list {
			if strings.HasPrefix(text[i:], list[j].text) {
				end = i + len(list[j].text)
				yield(Span{i, end}, &list[j])
				break
			}
		}
	}
}

func readPlain(text string) *phrases[struct{}] {
	p := &phrases[struct{}]{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			for _, f := range strings.Fields(line) {
				p.add(f, struct{}{})
			}
		}
	}
	p.sort()
	return p
}

// lexiconLines yields the words on both sides of each line "everyday … = technical …".
func lexiconLines(text string) iter.Seq2[[]string, []string] {
	return func(yield func(everyday, technical []string) bool) {
		for line := range strings.Lines(text) {
			left, right, ok := strings.Cut(line, "=")
			if ok && !strings.HasPrefix(line, "#") && !yield(strings.Fields(left), strings.Fields(right)) {
				return
			}
		}
	}
}

// readLexicon reads what everyday words are called; an everyday word on several lines has the terms of all.
func readLexicon(text string) *phrases[[]string] {
	terms := map[string][]string{}
	var order []string
	for words, technical := range lexiconLines(text) {
		for _, word := range words {
			if terms[word] == nil {
				order = append(order, word)
			}
			for _, t := range technical {
				if t != word && !slices.Contains(terms[word], t) {
					terms[word] = append(terms[word], t)
				}
			}
		}
	}
	p := &phrases[[]string]{}
	for _, word := range order {
		p.add(word, terms[word])
	}
	p.sort()
	return p
}

// readTechnical reads the technical words.
func readTechnical(text string) *phrases[struct{}] {
	p := &phrases[struct{}]{}
	seen := map[string]bool{}
	for _, technical := range lexiconLines(text) {
		for _, t := range technical {
			if !seen[t] {
				seen[t] = true
				p.add(t, struct{}{})
			}
		}
	}
	p.sort()
	return p
}

// plainSpans finds the phrases that every need uses and that say nothing about its subject; adjacent ones are joined.
func plainSpans(text string) []Span {
	var out []Span
	plainPhrases.find(text, func(at Span, _ *phrase[struct{}]) {
		if n := len(out); n > 0 && out[n-1].End == at.Start {
			out[n-1].End = at.End
			return
		}
		out = append(out, at)
	})
	return out
}

// expansions returns the technical words for the everyday words of the question that the question does not hold itself.
func (b *questionBuilder) expansions() []part {
	var out []part
	seen := map[string]bool{}
	for _, p := range b.q.parts {
		if p.part != partText && p.part != partTitle {
			continue
		}
		lexicon.find(p.text, func(at Span, found *phrase[[]string]) {
			for _, t := range found.value {
				if !seen[t] && !strings.Contains(p.text, t) {
					seen[t] = true
					out = append(out, part{text: t, part: partLexicon, origin: p.text[at.Start:at.End], terms: len(found.value)})
				}
			}
		})
	}
	return out
}

// glue are characters that stand between words; a pair with one of them joins what does not belong together.
var glue = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "的了是和与及或把被吗呢吧这那也都就还很太我你他她们但且其之所让跟哪么啥没在想请要又再" {
		m[r] = true
	}
	return m
}()

// unglued are words with such a character in them.
var unglued = map[uint64]bool{pairKey('饱', '和'): true, pairKey('中', '和'): true, pairKey('转', '让'): true, pairKey('在', '线'): true}

func glues(pair uint64) bool {
	return (glue[rune(pair>>21&0x1FFFFF)] || glue[rune(pair&0x1FFFFF)]) && !unglued[pair]
}
