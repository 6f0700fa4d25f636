package matchmaker

import (
	"context"
	"slices"
	"sync"

	"datai/account"
	"datai/catalog"
	"datai/match"

	"github.com/google/uuid"
)

// similar remembers what results are like a result, as long as the index stays
// what it is: a hall that reads one code off a screen asks once. What is shown of
// them is read from the database each time, so nothing that was taken back since
// is shown.
type similar struct {
	mu         sync.Mutex
	generation uint64
	hits       map[similarTo][]match.Hit
	held       int // hits in all
}

type similarTo struct {
	id     uuid.UUID
	viewer match.Audience
	k      int
}

// similarMost hits are remembered, 5 MB.
const similarMost = 1 << 14

// get returns a copy of what is remembered, or of what find finds.
func (s *similar) get(generation uint64, to similarTo, find func() []match.Hit) []match.Hit {
	s.mu.Lock()
	hits, ok := s.hits[to]
	ok = ok && s.generation == generation
	s.mu.Unlock()
	if ok {
		return slices.Clone(hits)
	}
	hits = find()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hits == nil || s.generation < generation || s.held >= similarMost {
		s.hits, s.held = map[similarTo][]match.Hit{}, 0
		s.generation = max(s.generation, generation)
	}
	if s.generation == generation { // else somebody was here after a later change
		s.hits[to] = slices.Clone(hits)
		s.held += len(hits)
	}
	return hits
}

// Similar finds results that are about the same as one.
func (s *Service) Similar(ctx context.Context, p account.Principal, r catalog.Result, k int) (Answer, error) {
	// The generation is read first: what a change brings meanwhile is found twice
	// rather than not at all.
	hits := s.similar.get(s.index.Generation(), similarTo{r.ID, viewer(p), k}, func() []match.Hit {
		return s.index.Similar(r.ID.String(), match.Filter{Kinds: []match.Kind{match.KindResult}, Viewer: viewer(p),
			Any: [][]string{current}}, k)
	})
	return s.load(ctx, p, match.Result{Hits: hits, Total: len(hits)}, nil, spoken{})
}
