package match

import "math"

const gone = math.MaxUint16

// mergeViews makes one segment of the living documents of several, which together fit one, and returns where each
// document went: gone if it was dead.
func (x *Index) mergeViews(views []view) (*segment, [][]uint16) {
	s := &segment{}
	var coldBytes, buf []byte
	sets := tagSetter{byTags: map[string]uint16{}}
	remap := make([][]uint16, len(views))
	for v, w := range views {
		remap[v] = make([]uint16, w.seg.n)
		for i := range w.seg.n {
			remap[v][i] = gone
			if w.isDead(i) {
				continue
			}
			remap[v][i] = uint16(s.n)
			from, to := int64(w.seg.records[i])*recordAlign, int64(w.seg.records[i+1])*recordAlign
			s.records = append(s.records, uint32(len(coldBytes)/recordAlign))
			if record, err := w.seg.cold.read(&buf, from, int(to-from)); err == nil {
				coldBytes = append(coldBytes, record...)
			} else {
				x.damaged.Store(true)
			}
			s.keep(&sets, w.seg.traits(i))
		}
	}
	s.records = append(s.records, uint32(len(coldBytes)/recordAlign))
	s.direct(s.joinLists(views, remap, &coldBytes))
	s.hashIDs()
	s.clip()
	s.cold = x.store(coldBytes, s.n)
	return s, remap
}

// joinLists writes the lists of several views, slot by slot, and returns the slots. The documents of a later view come
// behind those of an earlier one, so offsets stay sorted.
func (s *segment) joinLists(views []view, remap [][]uint16, coldBytes *[]byte) []uint64 {
	from := make([][]uint64, len(views)) // slots still to come
	for v := range views {
		from[v] = views[v].seg.slots()
	}
	var slots []uint64
	var one, joined postings
	for {
		least, found := uint64(0), false
		for _, list := range from {
			if len(list) > 0 && (!found || list[0] < least) {
				least, found = list[0], true
			}
		}
		if !found {
			return slots
		}
		joined.plain, joined.rest, joined.imps = joined.plain[:0], joined.rest[:0], joined.imps[:0]
		for v := range from {
			for len(from[v]) > 0 && from[v][0] == least {
				seg := views[v].seg
				one.read(seg, readHead(seg.lists, seg.starts[len(seg.starts)-len(from[v])]))
				joined.add(&one, remap[v])
				from[v] = from[v][1:]
			}
		}
		if len(joined.plain)+len(joined.rest) > 0 {
			slots = append(slots, least)
			s.addList(&joined, least, coldBytes)
		}
	}
}

// add appends what of q still lives, where it went to.
func (p *postings) add(q *postings, to []uint16) {
	for _, off := range q.plain {
		if to[off] != gone {
			p.plain = append(p.plain, to[off])
		}
	}
	for j, off := range q.rest {
		if to[off] != gone {
			p.rest, p.imps = append(p.rest, to[off]), append(p.imps, q.imps[j])
		}
	}
}
