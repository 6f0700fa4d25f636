package match

import (
	"unicode"
	"unicode/utf8"
)

// A gram is a single Han character, a pair of adjacent ones, or a word of another script, packed in 64 bits:
//
//	uni   the rune
//	pair  1<<62 | first<<21 | second
//	word  1<<63 | hash of the folded word
type gram struct {
	key        uint64
	start, end int32 // bytes of the text as given
}

const (
	pairBit = 1 << 62
	wordBit = 1 << 63
)

func pairKey(a, b rune) uint64 { return pairBit | uint64(a)<<21 | uint64(b) }
func isPair(key uint64) bool   { return key&(pairBit|wordBit) == pairBit }
func isWord(key uint64) bool   { return key&wordBit != 0 }
func isUni(key uint64) bool    { return key&(pairBit|wordBit) == 0 }

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

func hashRune(h uint64, r rune) uint64 { return (h ^ uint64(r)) * hashPrime }

// isHan covers the ideographs, kana and hangul: scripts that are written without spaces.
func isHan(r rune) bool {
	switch {
	case r < 0x3005:
		return false
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3400 && r <= 0x4DBF, r >= 0x20000 && r <= 0x3FFFF:
		return true
	case r == 0x3005 || r == 0x3007, r >= 0x3041 && r <= 0x30FE && r != 0x30FB, r >= 0xF900 && r <= 0xFAFF, r >= 0xAC00 && r <= 0xD7A3:
		return true
	}
	return false
}

// folds maps a rune of the basic plane to its folded form, 0 for a separator. Built once, never changed.
var folds = func() *[1 << 16]uint16 {
	t := new([1 << 16]uint16)
	for r := range rune(1 << 16) {
		t[r] = uint16(foldSlow(r))
	}
	return t
}()

// foldSlow folds case, width and small raised or lowered digits; it returns 0 for what separates words.
func foldSlow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		r -= 0xFEE0
	case r >= 0x2080 && r <= 0x2089:
		return '0' + r - 0x2080
	case r == 0xB2 || r == 0xB3:
		return '2' + r - 0xB2
	case r == 0xB9:
		return '1'
	case r == utf8.RuneError:
		return 0
	}
	if isHan(r) {
		return r
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return unicode.ToLower(r)
	}
	return 0
}

func fold(r rune) rune {
	if r < 1<<16 {
		return rune(folds[r])
	}
	return foldSlow(r)
}

// appendGrams cuts text into grams, in the order of the text, and appends them to dst.
func appendGrams(dst []gram, text string) []gram {
	var prev rune // the Han character just before, or 0
	prevAt := 0
	word, wordAt := uint64(0), -1
	for i, r := range text {
		f := fold(r)
		han := f != 0 && isHan(f)
		if wordAt >= 0 && (f == 0 || han) {
			dst = append(dst, gram{word | wordBit, int32(wordAt), int32(i)})
			wordAt = -1
		}
		switch {
		case f == 0:
			prev = 0
		case han:
			n := i + utf8.RuneLen(r)
			if prev != 0 {
				dst = append(dst, gram{pairKey(prev, f), int32(prevAt), int32(n)})
			}
			dst = append(dst, gram{uint64(f), int32(i), int32(n)})
			prev, prevAt = f, i
		default:
			if wordAt < 0 {
				word, wordAt = hashSeed, i
			}
			word = hashRune(word, f)
			prev = 0
		}
	}
	if wordAt >= 0 {
		dst = append(dst, gram{word | wordBit, int32(wordAt), int32(len(text))})
	}
	return dst
}
