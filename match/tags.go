package match

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// tagNames numbers tags. Numbers are never reused; what a search has taken of the list stays as it is.
type tagNames struct {
	mu    sync.RWMutex
	ids   map[string]uint32
	names []string
}

// intern appends the numbers of tags to dst, rising, each once.
func (t *tagNames) intern(dst []uint32, tags []string) []uint32 {
	if len(tags) == 0 {
		return dst
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range tags {
		id, ok := t.ids[s]
		if !ok {
			id = uint32(len(t.names))
			s = strings.Clone(s)
			t.ids[s] = id
			t.names = append(t.names, s)
		}
		dst = append(dst, id)
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}

// known returns the numbers of those tags that some document has ever had.
func (t *tagNames) known(tags []string) []uint32 {
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

// list returns the names by number. A snapshot that was taken before has no number beyond them.
func (t *tagNames) list() []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.names
}

// tagSets are the sets of tags of the documents of a segment. Documents share sets, so a filter and a facet look at each
// set once.
type tagSets struct {
	of   []uint16 // the set of each document
	ends []uint32 // of each set in tags
	tags []uint32 // numbers, rising in each set
}

func (t *tagSets) set(i int) []uint32 {
	if i == 0 {
		return t.tags[:t.ends[0]]
	}
	return t.tags[t.ends[i-1]:t.ends[i]]
}

// tagSetter adds the sets of one document after the other.
type tagSetter struct {
	byTags map[string]uint16 // numbers of the tags, four bytes each
	key    []byte
}

func (t *tagSets) add(s *tagSetter, tags []uint32) {
	s.key = s.key[:0]
	for _, id := range tags {
		s.key = binary.LittleEndian.AppendUint32(s.key, id)
	}
	n, ok := s.byTags[string(s.key)]
	if !ok {
		n = uint16(len(t.ends))
		s.byTags[string(s.key)] = n
		t.tags = append(t.tags, tags...)
		t.ends = append(t.ends, uint32(len(t.tags)))
	}
	t.of = append(t.of, n)
}
