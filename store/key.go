package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"datai/catalog"

	"github.com/mozillazg/go-pinyin"
)

// Longest keys in bytes. An index of PostgreSQL takes 2,704 in a row.
const (
	maxKey     = 300
	maxSortKey = 240
	maxPeople  = 900
)

// boundKey is a key of any length in at most maxKey bytes; different keys stay
// different.
func boundKey(key string) string {
	if len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	tail := "#" + hex.EncodeToString(sum[:])
	return cut(key, maxKey-len(tail)) + tail
}

// cut shortens s to at most n bytes without cutting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// sortKey orders titles as a reader of Chinese looks them up: each Han
// character is its first pinyin reading without tone and a space, so that 西安
// (xi an) comes before 先 (xian); other letters and digits are folded. What has
// no pinyin sorts after what has.
func sortKey(title string) string {
	args := pinyin.NewArgs()
	var b strings.Builder
	for _, r := range title {
		if b.Len() >= maxSortKey {
			break
		}
		if !unicode.Is(unicode.Han, r) {
			b.WriteString(catalog.Fold(string(r)))
			continue
		}
		if read := pinyin.SinglePinyin(r, args); len(read) > 0 {
			b.WriteString(read[0])
		} else {
			b.WriteRune(r)
		}
		b.WriteByte(' ')
	}
	return cut(b.String(), maxSortKey)
}
