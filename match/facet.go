package match

import "strings"

// tally counts tags by number, for the prefixes that were asked for.
type tally struct {
	prefixes []string
	names    []string
	facet    []int8 // of a tag, by its number: which of prefixes it begins with, -1 for none
	group    []int8 // of a group of the filter: the facet that it does not narrow, -1 for none
	counts   []int
}

const noFacet = -1

// tally returns nil, which counts nothing, when no prefix is asked for. groups is Filter.Any. It must be made after the
// snapshot was taken, so that it knows every tag in it.
func (x *Index) tally(prefixes []string, groups [][]string) *tally {
	if len(prefixes) == 0 {
		return nil
	}
	t := &tally{prefixes: prefixes, names: x.names.list()}
	t.facet, t.counts = make([]int8, len(t.names)), make([]int, len(t.names))
	for i, name := range t.names {
		t.facet[i] = t.of(name)
	}
	for _, tags := range groups {
		if len(tags) == 0 {
			continue // as the sieve does
		}
		own := t.of(tags[0])
		for _, tag := range tags {
			if t.of(tag) != own {
				own = noFacet
			}
		}
		t.group = append(t.group, own)
	}
	return t
}

func (t *tally) of(tag string) int8 {
	for i, p := range t.prefixes {
		if strings.HasPrefix(tag, p) {
			return int8(i)
		}
	}
	return noFacet
}

// count counts the tags of e, which is passed or outside the one group that failed names: then only the facet that this
// group does not narrow counts it.
func (t *tally) count(e *entry, failed int) {
	if t == nil {
		return
	}
	if failed == passed {
		for _, tag := range e.tags {
			t.counts[tag]++
		}
		return
	}
	own := t.group[failed]
	if own == noFacet {
		return
	}
	for _, tag := range e.tags {
		if t.facet[tag] == own {
			t.counts[tag]++
		}
	}
}

func (t *tally) named() map[string]map[string]int {
	if t == nil {
		return nil
	}
	out := make(map[string]map[string]int, len(t.prefixes))
	for _, p := range t.prefixes {
		out[p] = map[string]int{}
	}
	for tag, n := range t.counts {
		if f := t.facet[tag]; n > 0 && f != noFacet {
			out[t.prefixes[f]][t.names[tag]] = n
		}
	}
	return out
}
