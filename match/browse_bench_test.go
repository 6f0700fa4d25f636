package match

import (
	"fmt"
	"testing"
)

// BenchmarkBrowse lists 100,000 documents of eight tags each, as a list page does.
func BenchmarkBrowse(b *testing.B) {
	x := New(Options{})
	docs := make([]Doc, 100_000)
	for i := range docs {
		docs[i] = Doc{ID: fmt.Sprintf("%08d-0000-7000-8000-%012d", i*7919%100_000, i), Kind: KindResult, Title: fmt.Sprint("成果", i), Audience: AudPublic | AudOffice,
			Time: int64(i * 104729 % 1_000_003), Key: fmt.Sprintf("cheng guo %d", i*31337%100_000), Level: uint8(i % 10), Until: 1 << 60,
			Tags: []string{fmt.Sprint("theme:", i%6), fmt.Sprint("trl:", i%9), fmt.Sprint("kind:", i%2), fmt.Sprint("right:", i%5), fmt.Sprint("right:", i%3),
				fmt.Sprint("way:", i%4), fmt.Sprint("unit:", i%300), "state:listed"}}
	}
	x.Put(docs...)
	facets := []string{"theme:", "trl:", "kind:", "right:", "way:", "unit:"}
	for name, f := range map[string]Filter{"all": {Viewer: AudPublic, Now: 1}, "rare": {Viewer: AudPublic, Now: 1, Any: [][]string{{"unit:17"}, {"theme:5", "theme:4"}}}} {
		for _, o := range []Order{ByKey, ByTime, ByLevel} {
			b.Run(fmt.Sprint(name, o), func(b *testing.B) {
				for b.Loop() {
					x.Browse(f, o, nil, 24, facets)
				}
			})
		}
	}
}
