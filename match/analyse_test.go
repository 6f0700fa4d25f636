package match

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func cutGrams(text string) string {
	var out []string
	for _, g := range appendGrams(nil, text) {
		out = append(out, text[g.start:g.end])
	}
	return strings.Join(out, " ")
}

func TestGrams(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"电池", "电 电池 池"},
		{"锂电池。", "锂 锂电 电 电池 池"},
		{"电，池", "电 池"},
		{"TiO₂涂层", "TiO₂ 涂 涂层 层"},
		{"ＡＢＣ 0.5", "ＡＢＣ 0 5"},
		{"\x00、\xff…", ""},
		{"a\xffb", "a b"},
		{"𠀀𠀁", "𠀀 𠀀𠀁 𠀁"},
	} {
		got := strings.Fields(cutGrams(c.text))
		want := strings.Fields(c.want)
		if !sameBag(got, want) {
			t.Errorf("%q: got %q, want %q", c.text, got, want)
		}
	}
}

func sameBag(a, b []string) bool {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestFoldingMeets(t *testing.T) {
	for _, pair := range [][2]string{{"TIO2", "tio₂"}, {"ＰＭ２．５", "pm2.5"}, {"m²", "M2"}} {
		a, b := appendGrams(nil, pair[0]), appendGrams(nil, pair[1])
		if len(a) != len(b) {
			t.Fatalf("%q and %q: %d and %d grams", pair[0], pair[1], len(a), len(b))
		}
		for i := range a {
			if a[i].key != b[i].key {
				t.Errorf("%q and %q differ in gram %d", pair[0], pair[1], i)
			}
		}
	}
}

func FuzzGrams(f *testing.F) {
	for _, s := range []string{"", "锂电池 TiO₂", "\x00\xff𠀀a", "ＡＢ，。"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, g := range appendGrams(nil, s) {
			if g.start < 0 || g.end <= g.start || int(g.end) > len(s) {
				t.Fatalf("span %d–%d of %d bytes", g.start, g.end, len(s))
			}
			if !utf8.RuneStart(s[g.start]) && s[g.start] < 0x80 {
				t.Fatalf("span starts inside a character")
			}
		}
	})
}

func FuzzReadIndicators(f *testing.F) {
	for _, s := range []string{"循环寿命≥3,000次（0.5C，25℃）", "由85℃降至62℃", "±", "1~", "三千万百分", "效率提高10%以上", "每件80元", "×10^", "9999999999999999999999999元"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range readMentions(s) {
			if m.Name == "" {
				t.Fatal("an indicator without a name")
			}
			if m.quote.Start < 0 || m.quote.End > len(s) || m.quote.Start > m.quote.End {
				t.Fatalf("quote %v of %d bytes", m.quote, len(s))
			}
			if m.Cmp == CmpRange && m.High < m.Value {
				t.Fatalf("range from %g to %g", m.Value, m.High)
			}
			if v, _ := judge(m.Indicator, m.Indicator); m.Cmp != CmpRange && v == Short {
				t.Fatalf("%+v falls short of itself", m.Indicator)
			}
		}
	})
}
