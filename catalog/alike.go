package catalog

import (
	"hash/fnv"
	"slices"
	"strings"
)

// Alike are fingerprints by which things that may be the same are found
// without comparing all with all: equal numbers call for a closer look. 0 is
// none. The numbers are kept in the database and stay what they are.
type Alike struct {
	Title      int64 // of the core of the title
	Head, Tail int64 // of its halves: one of them survives a single slip of the pen
	Right      int64 // of the number of the first right
}

// Alike are the fingerprints of a result.
func (r *Result) Alike() Alike {
	a := alike(r.Title)
	if len(r.Rights) > 0 && r.Rights[0].Number != "" {
		a.Right = print64("right", r.Rights[0].Number)
	}
	return a
}

// Alike are the fingerprints of a need.
func (n *Need) Alike() Alike { return alike(n.Title) }

// Alike are the fingerprints of a party.
func (p *Party) Alike() Alike { return alike(p.Name) }

// nearLeast is the shortest core of which a letter may be another one: in
// shorter ones a letter is half of the meaning.
const nearLeast = 6

func alike(title string) Alike {
	c := []rune(core(title))
	if len(c) == 0 {
		return Alike{}
	}
	a := Alike{Title: print64("title", string(c))}
	if len(c) >= nearLeast {
		exact, h := marks(c), len(c)/2
		a.Head = print64("head", string(c[:h])+"|"+exact)
		a.Tail = print64("tail", string(c[h:])+"|"+exact)
	}
	return a
}

func print64(of, text string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(of + " " + text)) // never fails
	if n := int64(h.Sum64()); n != 0 {
		return n
	}
	return 1
}

var (
	fillers = strings.NewReplacer("的", "", "及其", "", "及", "", "和", "", "与", "")
	// endings say what every title of the kind could say. 方法 and 装置 are not
	// among them: one invention is often filed as both.
	endings = []string{"研究", "应用", "技术", "研发", "开发", "成果", "项目"}
)

// core is what of a title tells it from others: letters and digits without
// 一种 in front, the words between and the endings that say nothing.
func core(title string) string {
	s := fillers.Replace(strings.TrimPrefix(Fold(title), "一种"))
	for cut := true; cut; {
		cut = false
		for _, e := range endings {
			if rest, ok := strings.CutSuffix(s, e); ok && len([]rune(rest)) >= nearLeast {
				s, cut = rest, true
			}
		}
	}
	return s
}

// telling are letters by which two titles differ on purpose.
const telling = "一二三四五六七八九十百千甲乙丙丁戊己上下左右前后内外高低大小长短正反东南西北中单双多无非主副新旧冷热轻重软硬厚薄快慢男女春夏秋冬"

// marks are the letters of a core that must be equal in titles that are near:
// figures and Latin letters tell models and editions apart.
func marks(core []rune) string {
	return string(slices.DeleteFunc(slices.Clone(core), func(r rune) bool { return r >= 0x80 }))
}

// Resemblance is in what way two titles are alike.
type Resemblance string

// Resemblances.
const (
	Unlike    Resemblance = ""
	SameTitle Resemblance = "title" // the same but for words that say nothing
	NearTitle Resemblance = "near"  // one letter is another one, missing or added
	SameRight Resemblance = "right" // one number of a right stands in both
)

// Resemble compares two titles.
func Resemble(a, b string) Resemblance {
	x, y := []rune(core(a)), []rune(core(b))
	switch {
	case len(x) == 0 || len(y) == 0:
		return Unlike
	case slices.Equal(x, y):
		return SameTitle
	case len(x) > len(y):
		x, y = y, x
	}
	if len(x) < nearLeast || len(y)-len(x) > 1 || marks(x) != marks(y) {
		return Unlike
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	rest := x[i:]
	if len(x) == len(y) {
		if rest = rest[1:]; strings.ContainsRune(telling, x[i]) {
			return Unlike
		}
	}
	if strings.ContainsRune(telling, y[i]) || !slices.Equal(rest, y[i+1:]) {
		return Unlike
	}
	return NearTitle
}
