package match

import "strings"

// tally counts documents by their set of tags, for the prefixes that were asked for.
type tally struct {
	prefixes []string
	names    []string
	sets     [][]uint32
	facet    []int8   // of a tag, by its number: which of prefixes it begins with, -1 for none
	group    []int8   // of a group of the filter: the facet that it does not narrow, -1 for none
	counts   []uint32 // by set: what passed; then, group by group, what is outside this one alone
}

const noFacet = -1

// tally returns nil, which counts nothing, when no prefix is asked for. groups is Filter.Any. It must be made after the
// snapshot was taken, so that it knows every tag in it.
func (x *Index) tally(prefixes []string, groups [][]string) *tally {
	if len(prefixes) == 0 {
		return nil
	}
	t := &tally{prefixes: prefixes}
	t.names, t.sets = x.tags.lists()
	t.facet = make([]int8, len(t.names))
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
	t.counts = make([]uint32, len(t.sets)*(1+len(t.group)))
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

// count counts a document with this set of tags, which is passed or outside the one group that failed names: then only the
// facet that this group does not narrow counts it.
func (t *tally) count(set uint32, failed int) {
	switch {
	case t == nil:
	case failed == passed:
		t.counts[set]++
	case t.group[failed] != noFacet:
		t.counts[(1+failed)*len(t.sets)+int(set)]++
	}
}

func (t *tally) named() map[string]map[string]int {
	if t == nil {
		return nil
	}
	byTag := make([]int, len(t.names))
	for i, n := range t.counts {
		if n == 0 {
			continue
		}
		only := int8(noFacet)
		if group := i/len(t.sets) - 1; group >= 0 {
			only = t.group[group]
		}
		for _, tag := range t.sets[i%len(t.sets)] {
			if only == noFacet || t.facet[tag] == only {
				byTag[tag] += int(n)
			}
		}
	}
	out := make(map[string]map[string]int, len(t.prefixes))
	for _, p := range t.prefixes {
		out[p] = map[string]int{}
	}
	for tag, n := range byTag {
		if f := t.facet[tag]; n > 0 && f != noFacet {
			out[t.prefixes[f]][t.names[tag]] = n
		}
	}
	return out
}
