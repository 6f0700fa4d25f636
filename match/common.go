package match

import "math"

const (
	commonLeast  = 1024 // documents that a segment needs for the figures to mean something
	commonAsk    = 4096 // questions asked of a segment, at most
	commonRunes  = 50   // length of a question: the opening of an abstract, which reads like the statement of a problem
	commonKeep   = 50   // hits counted for each question
	commonSharp  = 6    // how fast a hit counts less below the best one
	commonBounds = 3
)

// commonness measures how readily each document turns up for questions that are not about it: some documents in any
// collection are near to everything. The openings of other documents' abstracts are the questions; a hit counts the more
// the nearer its score is to the best. The figure is the logarithm of the sum, less its mean over the segment, so that 0
// is usual and a segment without figures counts as usual.
func (x *Index) commonness(seg *segment) {
	n := seg.n
	if n < commonLeast || x.params.Model[featCommon] == 0 {
		return
	}
	sum := make([]float64, n)
	snap := &snapshot{views: []view{{seg: seg}}, docs: n}
	sc := x.scratch.Get().(*scratch)
	defer x.scratch.Put(sc)
	asks := min(n, commonAsk)
	for i := range asks {
		x.countHits(i*n/asks, snap, sc, sum)
	}
	mean := 0.0
	for i := range sum {
		sum[i] = math.Log1p(sum[i] * float64(n) / float64(asks))
		mean += sum[i] / float64(n)
	}
	seg.common = make([]float32, n)
	for i := range sum {
		seg.common[i] = float32(min(max(sum[i]-mean, -commonBounds), commonBounds))
	}
}

// countHits asks the opening of one document and adds to the sums of the others.
func (x *Index) countHits(doc int, snap *snapshot, sc *scratch, sum []float64) {
	q := x.ask(&Query{Text: opening(x.entry(snap.views[0].seg, doc, &sc.record).field(fieldAbstract))}, snap)
	r := &run{x: x, q: q, snap: snap, sc: sc, keep: commonKeep + 1, sieve: sieve{viewer: ^Audience(0), open: true}}
	r.weigh()
	r.scan()
	best := 0.0
	for _, c := range r.top.sorted() {
		if int(c.off) == doc {
			continue
		}
		if best == 0 {
			best = float64(c.sum)
		}
		sum[c.off] += math.Exp(commonSharp * (float64(c.sum)/best - 1))
	}
}

func opening(s string) string {
	n := 0
	for i := range s {
		if n == commonRunes {
			return s[:i]
		}
		n++
	}
	return s
}
