package match

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Options of an index; the zero value keeps everything in memory.
type Options struct {
	Params *Params // nil means DefaultParams
	// NewFile makes an empty file for what a full segment seldom needs, texts above all, which then take no memory. nil, or
	// an error, keeps them in memory.
	NewFile func() (File, error)
}

// Index holds documents and answers searches. All methods may be called from any goroutine: a search works on an
// immutable snapshot, writers take turns and publish a new snapshot by one pointer. Segments are merged behind the
// writers' backs.
type Index struct {
	params   Params
	newFile  func() (File, error)
	tags     tagNames
	scratch  sync.Pool
	damaged  atomic.Bool
	searches atomic.Int32 // under way

	write   sync.Mutex // held while the next snapshot is made
	snap    atomic.Pointer[snapshot]
	merging bool // a goroutine merges; guarded by write
	idle    sync.Cond
}

// snapshot is what a search sees.
type snapshot struct {
	number uint64 // rises with each
	views  []view
	docs   int // documents in all segments, the replaced ones included: the base of idf
	live   int
}

// view is a segment with the set of its documents that were replaced or deleted. The set is copied before a change.
type view struct {
	seg  *segment
	dead []uint64 // nil when all live
	gone int
}

func (v *view) isDead(i int) bool { return v.dead != nil && v.dead[i>>6]&(1<<(i&63)) != 0 }

// kill marks a document in a set that this view has for itself.
func (v *view) kill(i int) {
	v.dead[i>>6] |= 1 << (i & 63)
	v.gone++
}

// own gives the view a set for itself.
func (v *view) own() {
	fresh := make([]uint64, (v.seg.n+63)/64)
	copy(fresh, v.dead)
	v.dead = fresh
}

func (v *view) live() int { return v.seg.n - v.gone }

// New returns an empty index.
func New(o Options) *Index {
	x := &Index{params: DefaultParams(), newFile: o.NewFile, tags: tagNames{ids: map[string]uint32{}}}
	if o.Params != nil {
		x.params = *o.Params
	}
	x.idle.L = &x.write
	x.snap.Store(&snapshot{})
	x.scratch.New = func() any { return newScratch() }
	return x
}

// Len returns the number of documents.
func (x *Index) Len() int { return x.snap.Load().live }

// Damaged reports whether something that was kept in a file could not be read back as it was written. Hits may then lack
// their texts; the index ought to be built anew.
func (x *Index) Damaged() bool { return x.damaged.Load() }

// Put inserts documents or replaces those with the same id; of two with one id in a call the last one counts. The next
// Search sees all of them or, while Put runs, none. A call with many documents is much cheaper than many calls; the best
// are calls with 16,384.
func (x *Index) Put(docs ...Doc) {
	if len(docs) == 0 {
		return
	}
	fresh := x.build(docs)
	x.write.Lock()
	defer x.write.Unlock()
	next := x.snap.Load().without(func(yield func(string)) {
		for _, v := range fresh {
			for i := range v.seg.n {
				yield(string(v.seg.id(i)))
			}
		}
	})
	next.views = append(next.views, fresh...)
	x.publish(next)
}

// Delete removes documents; unknown ids are ignored.
func (x *Index) Delete(ids ...string) {
	x.write.Lock()
	defer x.write.Unlock()
	x.publish(x.snap.Load().without(func(yield func(string)) {
		for _, id := range ids {
			yield(id)
		}
	}))
}

// build makes segments of docs, the last one for each id.
func (x *Index) build(docs []Doc) []view {
	last := make(map[string]int, len(docs))
	for i := range docs {
		last[docs[i].ID] = i
	}
	kept := make([]*Doc, 0, len(last))
	for i := range docs {
		if last[docs[i].ID] == i {
			kept = append(kept, &docs[i])
		}
	}
	b := &builder{x: x}
	var out []view
	for part := range slices.Chunk(kept, segmentMax) {
		seg := b.build(part)
		x.commonness(seg)
		out = append(out, view{seg: seg})
	}
	return out
}

// without returns a copy of the snapshot in which the documents with these ids are dead.
func (s *snapshot) without(ids func(yield func(string))) *snapshot {
	next := &snapshot{views: slices.Clone(s.views)}
	owned := make([]bool, len(next.views))
	ids(func(id string) {
		v, off := next.find(id)
		if v < 0 {
			return
		}
		if !owned[v] {
			next.views[v].own()
			owned[v] = true
		}
		next.views[v].kill(off)
	})
	return next
}

// find returns where the living document with an id is, the view -1 if there is none.
func (s *snapshot) find(id string) (v, off int) {
	h := hashID(id)
	for v := range s.views {
		if off := s.views[v].seg.offset(id, h); off >= 0 && !s.views[v].isDead(off) {
			return v, off
		}
	}
	return -1, 0
}

// Holds reports whether a document with this id is in the index.
func (x *Index) Holds(id string) bool {
	v, _ := x.snap.Load().find(id)
	return v >= 0
}

// visible returns the document with this id if the viewer may see it.
func (x *Index) visible(id string, viewer Audience) *entry {
	snap := x.snap.Load()
	v, off := snap.find(id)
	if v < 0 || snap.views[v].seg.audiences[off]&viewer == 0 {
		return nil
	}
	var buf []byte
	return x.entry(snap.views[v].seg, off, &buf)
}

// entry reads a document back and remembers when that failed.
func (x *Index) entry(s *segment, off int, buf *[]byte) *entry {
	e, err := s.entry(off, buf)
	if err != nil {
		x.damaged.Store(true)
	}
	return e
}

// publish makes the snapshot the current one. Few documents are merged at once, so that a search never has many small
// segments to visit; the rest is merged behind the writers' backs. The caller holds write.
func (x *Index) publish(next *snapshot) {
	next.views = slices.DeleteFunc(next.views, func(v view) bool { return v.live() == 0 })
	for {
		group := pick(next.views, mergeAtOnce)
		if group == nil {
			break
		}
		seg, _ := x.mergeViews(chosen(next.views, group))
		next.views = append(dropped(next.views, group), view{seg: seg})
	}
	x.show(next)
	if !x.merging && pick(next.views, segmentMax) != nil {
		x.merging = true
		go x.mergeAll()
	}
}

func (x *Index) show(next *snapshot) {
	next.docs, next.live = 0, 0
	for i := range next.views {
		next.docs += next.views[i].seg.n
		next.live += next.views[i].live()
	}
	next.number = x.snap.Load().number + 1
	x.snap.Store(next)
}

// Generation is a number that rises with every change of the index: as long as it stays, answers stay.
func (x *Index) Generation() uint64 { return x.snap.Load().number }

// Settle waits until nothing is left to merge. Programs need not call it: which segments stand at a moment shows in
// nothing but speed and the last digits of scores: what was replaced counts for idf until it is merged away, and commonness
// is measured within a segment.
func (x *Index) Settle() {
	x.write.Lock()
	defer x.write.Unlock()
	for x.merging {
		x.idle.Wait()
	}
}

// mergeAll merges group after group until there is none. The work on a group is done without the lock; what was replaced
// or deleted meanwhile is then marked in the new segment as well.
func (x *Index) mergeAll() {
	x.write.Lock()
	defer x.write.Unlock()
	for {
		before := x.snap.Load().views
		group := pick(before, segmentMax)
		if group == nil {
			x.merging = false
			x.idle.Broadcast()
			return
		}
		old := chosen(before, group)
		x.write.Unlock()
		seg, remap := x.mergeViews(old)
		x.commonness(seg)
		x.write.Lock()
		x.replace(old, view{seg: seg}, remap)
	}
}

// replace puts the merged view in the place of those that it was made of.
func (x *Index) replace(old []view, merged view, remap [][]uint16) {
	now := x.snap.Load().views
	next := &snapshot{}
	current := make(map[*segment]*view, len(now))
	for i := range now {
		current[now[i].seg] = &now[i]
	}
	taken := make(map[*segment]bool, len(old))
	for v := range old {
		taken[old[v].seg] = true
		w := current[old[v].seg]
		for off, to := range remap[v] {
			if to == gone || w != nil && !w.isDead(off) {
				continue
			}
			if merged.dead == nil {
				merged.own()
			}
			merged.kill(int(to))
		}
	}
	for i := range now {
		if !taken[now[i].seg] {
			next.views = append(next.views, now[i])
		}
	}
	if merged.live() > 0 {
		next.views = append(next.views, merged)
	}
	x.show(next)
}

// fanIn is how many segments of about one size are merged into one. A document is therefore merged at most
// log(segmentMax) / log(fanIn) times, and a search visits few small segments.
const fanIn = 8

// mergeAtOnce is the greatest number of documents that a writer merges himself: a matter of about a millisecond.
const mergeAtOnce = 2 * fanIn * fanIn

// sizeClass sorts segments by their size; a class is fanIn times the one before.
func sizeClass(n int) int {
	c := 0
	for n >= fanIn && c < 5 {
		n /= fanIn
		c++
	}
	return c
}

// pick chooses views to merge into at most most documents: the first fanIn of one class, or as many of them as fit; or one
// that is mostly dead. It returns nil when there is nothing to do.
func pick(views []view, most int) []int {
	var classes [6][]int
	for i := range views {
		if n := views[i].live(); n <= segmentMax/2 || views[i].halfDead() {
			classes[sizeClass(n)] = append(classes[sizeClass(n)], i)
		}
	}
	for _, members := range classes {
		if len(members) < fanIn {
			continue
		}
		group, sum := []int(nil), 0
		for _, i := range members[:fanIn] {
			if n := views[i].live(); sum+n <= segmentMax {
				group, sum = append(group, i), sum+n
			}
		}
		if len(group) > 1 && sum <= most {
			return group
		}
	}
	for i := range views {
		if views[i].halfDead() && views[i].live() <= most {
			return []int{i}
		}
	}
	return nil
}

func (v *view) halfDead() bool { return v.gone > v.seg.n/2 }

func chosen(views []view, group []int) []view {
	out := make([]view, len(group))
	for i, v := range group {
		out[i] = views[v]
	}
	return out
}

func dropped(views []view, group []int) []view {
	out := make([]view, 0, len(views))
	for i := range views {
		if !slices.Contains(group, i) {
			out = append(out, views[i])
		}
	}
	return out
}
