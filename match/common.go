package match

import (
	"math"
	"slices"
)

const (
	commonLeast  = 1024 // documents that a segment needs for the figures to mean something
	commonAsk    = 4096 // questions asked of a segment, at most
	commonRunes  = 50   // length of a question: the opening of an abstract, which reads like the statement of a problem
	commonKeep   = 50   // hits counted for each question
	commonNear   = 4    // nearest documents whose openings make up a longer question
	commonSharp  = 4    // how fast a hit counts less below the best one
	commonBounds = 3
)

// commonness measures how readily each document turns up for questions that are not about it: some documents in any
// collection are near to everything. The questions are needs, where the segment holds any; the openings of abstracts; and
// the openings of the documents nearest to each, which together read like the introduction to a subject. A hit counts the
// more the nearer its score is to the best. The figure is the logarithm of the sum, less its mean over the segment, so
// that 0 is usual and a segment without figures counts as usual.
func (x *Index) commonness(seg *segment) {
	n := seg.n
	if n < commonLeast || x.params.Long[featCommon] == 0 {
		return
	}
	sum := make([]float64, n)
	snap := &snapshot{views: []view{{seg: seg}}, docs: n}
	sc := x.scratch.Get().(*scratch)
	defer x.scratch.Put(sc)
	h := &hubs{x: x, snap: snap, sc: sc, sum: sum}
	asks := min(n, commonAsk)
	for i := range asks {
		h.ask(i * n / asks)
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

// hubs counts how often the documents of one segment are found.
type hubs struct {
	x    *Index
	snap *snapshot
	sc   *scratch
	sum  []float64
}

// ask asks what one document suggests: a need is a question as it stands.
func (h *hubs) ask(doc int) {
	seg := h.snap.views[0].seg
	e := h.x.entry(seg, doc, &h.sc.record)
	if seg.kinds[doc] == KindNeed {
		h.count(h.find(Query{Title: e.field(fieldTitle), Text: e.field(fieldAbstract)}, commonKeep+1), []int32{int32(doc)})
		return
	}
	own := []int32{int32(doc)}
	hits := h.find(Query{Text: opening(e.field(fieldAbstract))}, commonKeep+1)
	h.count(hits, own)
	text := ""
	for _, c := range hits[:min(commonNear+1, len(hits))] {
		if c.off != int32(doc) && len(own) <= commonNear {
			own = append(own, c.off)
			text += opening(h.x.entry(seg, int(c.off), &h.sc.record).field(fieldAbstract)) + "。"
		}
	}
	h.count(h.find(Query{Text: text}, commonKeep+len(own)), own)
}

func (h *hubs) find(qu Query, keep int) []candidate {
	r := &run{x: h.x, q: h.x.ask(&qu, h.snap), snap: h.snap, sc: h.sc, keep: keep, sieve: sieve{viewer: ^Audience(0), open: true}}
	r.weigh()
	r.scan()
	return r.top.sorted()
}

// count adds the hits of a question to the sums, but for those that the question was made of.
func (h *hubs) count(hits []candidate, own []int32) {
	best := 0.0
	for _, c := range hits {
		if slices.Contains(own, c.off) {
			continue
		}
		if best == 0 {
			best = float64(c.sum)
		}
		h.sum[c.off] += math.Exp(commonSharp * (float64(c.sum)/best - 1))
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
