package match

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// naiveCounts reports whether the tags of a document under prefix count: it passes the filter without one group of which
// every tag begins with the prefix.
func naiveCounts(f *Filter, prefix string, d Doc) bool {
	if naivePasses(f, d) {
		return true
	}
	for i, group := range f.Any {
		own := len(group) > 0 && !slices.ContainsFunc(group, func(tag string) bool { return !strings.HasPrefix(tag, prefix) })
		rest := *f
		rest.Any = slices.Delete(slices.Clone(f.Any), i, i+1)
		if own && naivePasses(&rest, d) {
			return true
		}
	}
	return false
}

// TestBrowseIsExact walks a list of random documents forth and back, page by page, and compares with sorting them all.
func TestBrowseIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := fill(t)
		f := filterGen().Draw(t, "filter")
		o := rapid.SampledFrom([]Order{ByKey, ByTime, ByLevel}).Draw(t, "order")
		k := rapid.IntRange(1, 5).Draw(t, "k")
		var want []Mark
		trl := map[string]int{}
		for _, d := range model {
			if naivePasses(&f, d) {
				want = append(want, Mark{ID: d.ID, Key: d.Key, Time: d.Time, Level: d.Level})
			}
			if naiveCounts(&f, "trl:", d) {
				for _, tag := range slices.Compact(slices.Sorted(slices.Values(d.Tags))) {
					if strings.HasPrefix(tag, "trl:") {
						trl[tag]++
					}
				}
			}
		}
		slices.SortFunc(want, func(a, b Mark) int {
			x, y := a.spot(), b.spot()
			return o.compare(&x, &y)
		})
		var forth []Mark
		var pages []Listing
		for from := (*Start)(nil); ; {
			l := x.Browse(f, o, from, k, []string{"trl:"})
			if l.Total != len(want) || fmt.Sprint(l.Facets["trl:"]) != fmt.Sprint(trl) {
				t.Fatalf("total %d, facets %v; want %d, %v", l.Total, l.Facets, len(want), trl)
			}
			if l.Before != (len(forth) > 0) {
				t.Fatalf("before is %v after %d documents", l.Before, len(forth))
			}
			forth, pages = append(forth, l.Marks...), append(pages, l)
			if !l.After {
				break
			}
			from = &Start{Mark: l.Marks[len(l.Marks)-1]}
		}
		if !slices.Equal(forth, want) {
			t.Fatalf("order %d forth: %v\nwant %v", o, forth, want)
		}
		for i := len(pages) - 1; i > 0; i-- {
			l := x.Browse(f, o, &Start{Mark: pages[i].Marks[0], Back: true}, k, nil)
			if !slices.Equal(l.Marks, pages[i-1].Marks) || l.Before != pages[i-1].Before || !l.After {
				t.Fatalf("order %d, back from page %d: %+v\nwant %+v", o, i, l, pages[i-1])
			}
		}
	})
}
