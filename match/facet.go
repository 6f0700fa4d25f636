package match

import "strings"

// tally counts documents by their set of tags, segment by segment, for the prefixes that were asked for.
type tally struct {
	prefixes []string
	names    []string
	facet    []int8 // of a tag, by its number: which of prefixes it begins with, -1 for none
	group    []int8 // of a group of the filter: the facet that it does not narrow, -1 for none
	counts   []int  // by tag

	// Of the segment at hand, by set: what passed; then, group by group, what is outside this one alone.
	sets *tagSets
	here []uint32
}

const noFacet = -1

// tally returns nil, which counts nothing, when no prefix is asked for. groups is Filter.Any. It must be made after the
// snapshot was taken, so that it knows every tag in it.
func (x *Index) tally(prefixes []string, groups [][]string) *tally {
	if len(prefixes) == 0 {
		return nil
	}
	t := &tally{prefixes: prefixes, names: x.tags.list()}
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

// fresh is a tally of the same that has counted nothing. It reads only what never changes, so t may be counting meanwhile.
func (t *tally) fresh() *tally {
	if t == nil {
		return nil
	}
	return &tally{prefixes: t.prefixes, names: t.names, facet: t.facet, group: t.group, counts: make([]int, len(t.names))}
}

func (t *tally) of(tag string) int8 {
	for i, p := range t.prefixes {
		if strings.HasPrefix(tag, p) {
			return int8(i)
		}
	}
	return noFacet
}

// begin makes ready for the documents of a segment; end adds them to the counts.
func (t *tally) begin(seg *segment) {
	if t == nil {
		return
	}
	t.sets = &seg.sets
	t.here = append(t.here[:0], make([]uint32, len(t.sets.ends)*(1+len(t.group)))...)
}

// count counts a document, which is passed or outside the one group that failed names: then only the facet that this group
// does not narrow counts it.
func (t *tally) count(off, failed int) {
	switch {
	case t == nil:
	case failed == passed:
		t.here[t.sets.of[off]]++
	case t.group[failed] != noFacet:
		t.here[(1+failed)*len(t.sets.ends)+int(t.sets.of[off])]++
	}
}

func (t *tally) end() {
	if t == nil {
		return
	}
	sets := len(t.sets.ends)
	for i, n := range t.here {
		if n == 0 {
			continue
		}
		only := int8(noFacet)
		if group := i/sets - 1; group >= 0 {
			only = t.group[group]
		}
		for _, tag := range t.sets.set(i % sets) {
			if only == noFacet || t.facet[tag] == only {
				t.counts[tag] += int(n)
			}
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
