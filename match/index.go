package match

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Options of an index; the zero value is right for a program.
type Options struct {
	Params *Params // nil means DefaultParams
}

// Index holds documents and answers searches. All methods may be called from any goroutine: a search works on an
// immutable snapshot, writers take turns and publish a new snapshot by one pointer.
type Index struct {
	params  Params
	write   sync.Mutex // held by Put and Delete
	snap    atomic.Pointer[snapshot]
	names   tagNames
	byID    sync.Map // id → place; written under write, read freely
	scratch sync.Pool
}

// snapshot is what a search sees.
type snapshot struct {
	views []view
	docs  int // documents in all segments, the replaced ones included: the base of idf
	live  int
}

// view is a segment with the set of its documents that were replaced or deleted. The set is copied before a change.
type view struct {
	seg  *segment
	dead []uint64 // nil when all live
	gone int
}

func (v *view) isDead(i int) bool { return v.dead != nil && v.dead[i>>6]&(1<<(i&63)) != 0 }

func (v *view) kill(i int) {
	v.dead[i>>6] |= 1 << (i & 63)
	v.gone++
}

func (v *view) live() int { return len(v.seg.docs) - v.gone }

// place is where a living document is.
type place struct {
	seg *segment
	off int
}

// New returns an empty index.
func New(o Options) *Index {
	x := &Index{params: DefaultParams()}
	if o.Params != nil {
		x.params = *o.Params
	}
	x.names.ids = map[string]uint32{}
	x.snap.Store(&snapshot{})
	x.scratch.New = func() any { return newScratch() }
	return x
}

// Len returns the number of documents.
func (x *Index) Len() int { return x.snap.Load().live }

// Put inserts documents or replaces those with the same id; of two with one id in a call the last one counts. The next
// Search sees all of them or, while Put runs, none. A call with many documents is much cheaper than many calls.
func (x *Index) Put(docs ...Doc) {
	if len(docs) == 0 {
		return
	}
	entries := x.entries(docs)
	x.write.Lock()
	defer x.write.Unlock()
	next := x.without(func(yield func(string)) {
		for _, e := range entries {
			yield(e.id)
		}
	})
	for part := range slices.Chunk(entries, segmentMax) {
		seg := buildSegment(&x.params, slices.Clone(part))
		x.commonness(seg)
		next.views = append(next.views, view{seg: seg})
		x.place(seg)
	}
	x.publish(next)
}

// Delete removes documents; unknown ids are ignored.
func (x *Index) Delete(ids ...string) {
	x.write.Lock()
	defer x.write.Unlock()
	next := x.without(func(yield func(string)) {
		for _, id := range ids {
			yield(id)
		}
	})
	for _, id := range ids {
		x.byID.Delete(id)
	}
	x.publish(next)
}

// entries copies what the index keeps of docs, one for each id.
func (x *Index) entries(docs []Doc) []*entry {
	last := make(map[string]int, len(docs))
	for i := range docs {
		last[docs[i].ID] = i
	}
	out := make([]*entry, 0, len(last))
	for i := range docs {
		if last[docs[i].ID] == i {
			out = append(out, x.entry(&docs[i]))
		}
	}
	return out
}

func (x *Index) entry(d *Doc) *entry {
	e := &entry{
		id: d.ID, kind: d.Kind, audience: d.Audience, time: d.Time, until: d.Until, key: d.Key, level: d.Level,
		indicators: slices.Clone(d.Indicators),
		tags:       x.names.intern(d.Tags),
	}
	var b strings.Builder
	b.WriteString(d.Title)
	e.ends[fieldTitle] = int32(b.Len())
	for _, k := range d.Keywords {
		b.WriteString(k)
		b.WriteByte('\n')
	}
	e.ends[fieldKeywords] = int32(b.Len())
	b.WriteString(d.Abstract)
	e.ends[fieldAbstract] = int32(b.Len())
	b.WriteString(d.Claims)
	e.ends[fieldClaims] = int32(b.Len())
	e.text = b.String()
	return e
}

// without returns a copy of the snapshot in which the documents with these ids are dead.
func (x *Index) without(ids func(yield func(string))) *snapshot {
	next := &snapshot{views: slices.Clone(x.snap.Load().views)}
	at := make(map[*segment]int, len(next.views))
	for i := range next.views {
		at[next.views[i].seg] = i
	}
	copied := make(map[*segment]bool)
	ids(func(id string) {
		p, ok := x.lookup(id)
		if !ok {
			return
		}
		v := &next.views[at[p.seg]]
		if v.isDead(p.off) {
			return
		}
		if !copied[p.seg] {
			fresh := make([]uint64, (len(p.seg.docs)+63)/64)
			copy(fresh, v.dead)
			v.dead, copied[p.seg] = fresh, true
		}
		v.kill(p.off)
	})
	return next
}

func (x *Index) lookup(id string) (place, bool) {
	v, ok := x.byID.Load(id)
	if !ok {
		return place{}, false
	}
	return v.(place), true
}

// visible returns the document with this id if the viewer may see it.
func (x *Index) visible(id string, viewer Audience) *entry {
	p, ok := x.lookup(id)
	if !ok || p.seg.docs[p.off].audience&viewer == 0 {
		return nil
	}
	return p.seg.docs[p.off]
}

func (x *Index) place(seg *segment) {
	for i, e := range seg.docs {
		x.byID.Store(e.id, place{seg, i})
	}
}

// publish tidies the segments and makes the snapshot the current one.
func (x *Index) publish(next *snapshot) {
	next.views = x.tidy(next.views)
	for i := range next.views {
		next.docs += len(next.views[i].seg.docs)
		next.live += next.views[i].live()
	}
	x.snap.Store(next)
}

// fanIn is how many segments of about one size are merged into one. A document is therefore merged at most
// log(segmentMax) / log(fanIn) times, and a search visits few small segments.
const fanIn = 8

// tidy drops empty segments, rewrites full ones that are half dead, and merges small ones of one size class.
func (x *Index) tidy(views []view) []view {
	views = slices.DeleteFunc(views, func(v view) bool { return v.live() == 0 })
	for {
		var classes [6][]int
		for i := range views {
			if n := views[i].live(); n <= segmentMax/2 || views[i].gone > len(views[i].seg.docs)/2 {
				classes[sizeClass(n)] = append(classes[sizeClass(n)], i)
			}
		}
		group := pick(views, &classes)
		if group == nil {
			return views
		}
		merged := make([]view, 0, len(group))
		for _, i := range group {
			merged = append(merged, views[i])
		}
		seg := mergeViews(merged)
		x.commonness(seg)
		x.place(seg)
		drop := make(map[int]bool, len(group))
		for _, i := range group {
			drop[i] = true
		}
		rest := make([]view, 0, len(views))
		for i := range views {
			if !drop[i] {
				rest = append(rest, views[i])
			}
		}
		views = append(rest, view{seg: seg})
	}
}

func sizeClass(n int) int {
	c := 0
	for n >= fanIn && c < 5 {
		n /= fanIn
		c++
	}
	return c
}

// pick chooses views to merge: fanIn of one class (the largest class: as many as fit one segment, at least two), or one
// that is mostly dead.
func pick(views []view, classes *[6][]int) []int {
	for _, members := range classes {
		if len(members) < fanIn {
			continue
		}
		group, sum := []int(nil), 0
		for _, i := range members {
			if n := views[i].live(); sum+n <= segmentMax {
				group, sum = append(group, i), sum+n
			}
		}
		if len(group) > 1 {
			return group
		}
	}
	for i := range views {
		if views[i].gone > len(views[i].seg.docs)/2 {
			return []int{i}
		}
	}
	return nil
}

// tagNames numbers tags. Numbers are never reused.
type tagNames struct {
	mu    sync.RWMutex
	ids   map[string]uint32
	names []string
}

func (t *tagNames) intern(tags []string) []uint32 {
	if len(tags) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]uint32, 0, len(tags))
	for _, s := range tags {
		id, ok := t.ids[s]
		if !ok {
			id = uint32(len(t.names))
			s = strings.Clone(s)
			t.ids[s] = id
			t.names = append(t.names, s)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
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

// list returns the names by number; the slice is only ever appended to.
func (t *tagNames) list() []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.names
}
