package catalog

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestResemble(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want Resemblance
	}{
		{"低温电池电解液", "一种低温电池的电解液", SameTitle},
		{"低温电池电解液制备技术", "《低温电池电解液制备技术研究》", SameTitle},
		{"低温电池电解液制备", "低温电池电解掖制备", NearTitle},
		{"低温电池电解液制备", "低温电池电解液制造备", NearTitle},
		{"低温电池电解液制备", "低温电池电液制备", NearTitle},
		{"低温电池电解液制备", "高温电池电解液制备", Unlike}, // on purpose
		{"隧道渗水监测第一期", "隧道渗水监测第二期", Unlike},
		{"隧道渗水监测 3 号", "隧道渗水监测 4 号", Unlike},
		{"隧道渗水监测 A 型", "隧道渗水监测 B 型", Unlike},
		{"隧道渗水监测方法", "隧道渗水监测装置", Unlike},
		{"甲", "乙", Unlike},
		{"耐磨涂层", "耐热涂层", Unlike}, // too short to tell a slip from a meaning
		{"甲", "甲", SameTitle},
		{"", "", Unlike},
		{"技术研究", "技术", Unlike},
	} {
		for _, ab := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := Resemble(ab[0], ab[1]); got != c.want {
				t.Errorf("Resemble(%q, %q) = %q, want %q", ab[0], ab[1], got, c.want)
			}
		}
	}
}

// TestFingerprintsFindWhatIsAlike: same cores have one fingerprint, and a
// letter written wrong leaves one of the halves as it was.
func TestFingerprintsFindWhatIsAlike(t *testing.T) {
	letters := []rune("低温电池解液制备隧道渗水监测光纤定位abc 12")
	rapid.Check(t, func(t *rapid.T) {
		title := string(rapid.SliceOfN(rapid.SampledFrom(letters), 1, 30).Draw(t, "title"))
		if a, b := alike(title), alike("一种"+title); Fold(title) != "" && a != b {
			t.Fatalf("%q: %v, with 一种 %v", title, a, b)
		}
		c := []rune(core(title))
		i := rapid.IntRange(0, max(0, len(c)-1)).Draw(t, "at")
		if len(c) < nearLeast+3 || c[i] < 0x80 {
			return
		}
		c[i] = '锑'
		a, b := alike(title), alike(string(c))
		if Resemble(title, string(c)) == NearTitle && a.Head != b.Head && a.Tail != b.Tail {
			t.Fatalf("%q and %q share no half", title, string(c))
		}
	})
	if a := alike(strings.Repeat("。", 9)); a != (Alike{}) {
		t.Errorf("a title without letters has %v", a)
	}
	r := Result{Title: "x", Rights: []Right{{Number: "202310000000.1"}}}
	if r.Alike().Right == 0 || r.Alike().Head != 0 {
		t.Errorf("%+v", r.Alike())
	}
}
