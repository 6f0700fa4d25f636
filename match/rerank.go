package match

import "math"

// The second stage reads the texts of the best candidates once more, with the grams of the question at hand, and scores
// them by the features of features.go in a linear model, whose weights were learned (model.go).

// focus makes the question ready for reading.
func (r *run) focus() {
	r.q.setSigns(r.snap.docs)
	r.lens.focus(r.q)
}

// rerank scores the best candidates by the model; the ones after them keep their order below.
func (r *run) rerank(cands []candidate, qu *Query) {
	if len(cands) == 0 {
		return
	}
	p := &r.x.params
	n := min(p.Rerank, len(cands))
	r.focus()
	short := r.q.short()
	r.share(n, func(r *run, i int) {
		r.read(&cands[i])
		f := r.measure(&cands[i])
		for j, v := range f {
			cands[i].score += ((1-short)*p.Long[j] + short*p.Short[j]) * v
		}
	})
	r.lens.blur()
	r.turnAway(cands[:n], qu)
	for i := range cands[:n] {
		r.label(&cands[i])
	}
	sortByScore(cands[:n])
	r.rest(cands, n)
}

// Candidate is what the second stage knows of a document: its features in the order of FeatureNames, as parts of the
// most that a document could score.
type Candidate struct {
	ID       string
	Features []float64
}

// Candidates returns what the second stage would rank, in the order of the first stage, and how short the question is,
// 0 to 1; a model is trained from both.
func (x *Index) Candidates(qu Query) (found []Candidate, short float64) {
	snap := x.snap.Load()
	sc := x.scratch.Get().(*scratch)
	defer x.scratch.Put(sc)
	r := &run{x: x, q: x.ask(&qu, snap), snap: snap, sc: sc, lens: &sc.lens, sieve: x.sieve(&qu.Filter), keep: x.params.Rerank, least: x.params.Floor}
	r.weigh()
	r.scan()
	cands := r.top.sorted()
	out := make([]Candidate, 0, len(cands))
	r.focus()
	for i := range cands {
		r.read(&cands[i])
		f := r.measure(&cands[i])
		for j := range f {
			f[j] /= r.q.full
		}
		out = append(out, Candidate{cands[i].id(), f[:]})
	}
	r.lens.blur()
	return out, r.q.short()
}

// turnAway lowers hits by how much they share with the documents marked not useful: up to the part Params.Away.
func (r *run) turnAway(cands []candidate, qu *Query) {
	away := map[uint64]float64{}
	sum := 0.0
	for _, id := range qu.NotUseful {
		if e := r.x.visible(id, qu.Filter.Viewer); e != nil {
			for _, s := range r.x.strongest(e, r.snap, r.x.params.Useful) {
				away[s.gram.key] += s.strength
				sum += s.strength
			}
		}
	}
	if sum == 0 {
		return
	}
	for i := range cands {
		c := &cands[i]
		overlap, seen := 0.0, map[uint64]bool{}
		for _, g := range appendGrams(nil, clip(c.entry.text[:c.entry.ends[fieldAbstract]], abstractRead)) {
			if !seen[g.key] {
				seen[g.key] = true
				overlap += away[g.key]
			}
		}
		c.score -= math.Abs(c.score) * r.x.params.Away * overlap / sum
	}
}

// rest scores what was not re-ranked by its base alone, below the re-ranked ones.
func (r *run) rest(cands []candidate, n int) {
	if n == 0 {
		return
	}
	limit := cands[n-1].score
	for i := range cands[n:] {
		c := &cands[n+i]
		c.score = min(limit, limit*float64(c.sum)/float64(cands[n-1].sum+1))
	}
}
