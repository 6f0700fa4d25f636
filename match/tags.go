package match

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// tagSets numbers tags and sets of tags. Documents share sets, so a filter and a facet look at each set once. Numbers are
// never reused; what a search has taken of the lists stays as it is.
type tagSets struct {
	mu    sync.RWMutex
	ids   map[string]uint32
	names []string
	bySet map[string]uint32 // the numbers of a set's tags, rising, four bytes each
	sets  [][]uint32
}

func newTagSets() *tagSets {
	return &tagSets{ids: map[string]uint32{}, bySet: map[string]uint32{"": 0}, sets: [][]uint32{nil}}
}

// intern returns the number of a set of tags.
func (t *tagSets) intern(tags []string) uint32 {
	if len(tags) == 0 {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	set := make([]uint32, 0, len(tags))
	for _, s := range tags {
		id, ok := t.ids[s]
		if !ok {
			id = uint32(len(t.names))
			s = strings.Clone(s)
			t.ids[s] = id
			t.names = append(t.names, s)
		}
		set = append(set, id)
	}
	slices.Sort(set)
	set = slices.Compact(set)
	key := make([]byte, 0, 4*len(set))
	for _, id := range set {
		key = binary.LittleEndian.AppendUint32(key, id)
	}
	n, ok := t.bySet[string(key)]
	if !ok {
		n = uint32(len(t.sets))
		t.bySet[string(key)] = n
		t.sets = append(t.sets, set)
	}
	return n
}

// known returns the numbers of those tags that some document has ever had.
func (t *tagSets) known(tags []string) []uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var out []uint32
	for _, s := range tags {
		if id, ok := t.ids[s]; ok {
			out = append(out, id)
		}
	}
	return out
}

// lists returns the names of tags and the sets by number. A snapshot that was taken before has no number beyond them.
func (t *tagSets) lists() (names []string, sets [][]uint32) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.names, t.sets
}
