package match

import (
	"strings"
	"unicode"
)

// Words that stand between the subjects of a title or a claim, and words at their ends that say no subject.
var (
	cutWords  = strings.NewReplacer(spaced("基于 用于 及其 以及 一种 所述 权利要求 其特征在于 包括 进行 采用 通过 具有 针对 面向")...)
	trimWords = strings.Fields("研究 分析 方法 技术 系统 装置 影响 应用 进展 设计 制备 性能 特性 特征 现状")
)

// spaced pairs words with a space each, for a Replacer.
func spaced(words string) []string {
	var out []string
	for _, w := range strings.Fields(words) {
		out = append(out, w, " ")
	}
	return out
}

const (
	pieceLeast = 3 // characters
	pieceMost  = 10
)

// pieces cuts a title or claim at punctuation and function words into what could be terms.
func pieces(text string) []string {
	var out []string
	for _, p := range strings.FieldsFunc(cutWords.Replace(text), func(r rune) bool { return glue[r] || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		for rest := ""; rest != p; {
			rest = p
			for _, w := range trimWords {
				p = strings.TrimPrefix(strings.TrimSuffix(p, w), w)
			}
		}
		if n := runes(p); n >= pieceLeast && n <= pieceMost && !digitsOnly(p) {
			out = append(out, p)
		}
	}
	return out
}
