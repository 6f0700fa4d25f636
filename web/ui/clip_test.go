package ui

import (
	"strings"
	"testing"
)

// TestClip: a text is cut behind a sentence where one ends in the last third, and
// never inside a character.
func TestClip(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"", 3, ""},
		{"三个字", 3, "三个字"},
		{"四个字了", 3, "四个字…"},
		{"一句。又一句话很长", 4, "一句。"},
		{"一。又一句话很长很长", 6, "一。又一句话…"},
		{"一二三。五。七八九", 6, "一二三。五。"},
		{"a; b; c; d", 6, "a; b;"},
		{"坏\xff字符。还有", 4, "坏\xff字符…"},
		{strings.Repeat("字", 50), 50, strings.Repeat("字", 50)},
	} {
		if got := clip(c.text, c.n); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
