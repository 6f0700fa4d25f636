package match

import "math"

// A label says how far a hit can be relied upon. It rests on evidence that means the same in a catalogue of ten documents
// and of a hundred thousand: how much of what the question says stands in the document, in words of two or more
// characters. A single Han character is no evidence, whatever it adds to the score.

// The pieces of evidence, in the order of Params.Confidence.
const (
	evCover      = iota // part of the question's own words found in title, keywords or abstract
	evCoverTop          // part of them found in title or keywords
	evWords             // how many were found, by weight, as a logarithm
	evWordsTop          // how many in title or keywords
	evRuns              // runs of three characters shared with the question, likewise
	evLexicon           // technical words that the lexicon or a useful document lent, found anywhere
	evLexiconTop        // those found in title or keywords
	evLength            // how much the question says
	evTopic             // part of the title that the question holds
	evScore             // part of the attainable score that was reached
	evReach             // part of the weight of the question's words of two or more characters, by the place where they were found
	evidenceCount
)

// Evidence is what a label rests on: numbers without a unit, mostly 0 to 4.
type Evidence [evidenceCount]float64

// EvidenceNames lists the pieces of evidence in the order of Params.Confidence, whose first number is the constant.
func EvidenceNames() []string {
	return []string{"cover", "covertop", "words", "wordstop", "runs", "lexicon", "lexicontop", "length", "topic", "score", "reach"}
}

// tells is how much a gram in df of n documents tells about a subject, 0 to 1: all when at most one document in a hundred
// has it. A hundred documents without it are added, so that a handful of documents does not make a word common.
func tells(df, n int) float64 {
	p := (float64(df) + 0.5) / (float64(n) + 100)
	return min(1, max(0, -math.Log(p)/math.Log(100)))
}

// evidence gathers what the lens saw of a candidate. seen and triOn must be those of the candidate.
func (r *run) evidence(title fieldTally) Evidence {
	var e Evidence
	var found, top, lent, lentTop, runs, reach float64
	l := &r.sc.lens
	for i, s := range l.seen {
		if s == 0 {
			continue
		}
		g := &r.q.grams[i]
		found += g.tells
		if !isUni(g.key) {
			reach += g.weight * lateImpact(s)
		}
		lent += g.lent
		if s&3 != 0 {
			top += g.tells
			lentTop += g.lent
		}
	}
	for i, on := range l.triOn {
		if on {
			runs += l.tri[i].tells
		}
	}
	if r.q.says > 0 {
		e[evCover], e[evCoverTop] = found/r.q.says, top/r.q.says
	}
	e[evWords], e[evWordsTop] = math.Log1p(found), math.Log1p(top)
	e[evRuns] = math.Log1p(runs)
	e[evLexicon], e[evLexiconTop] = math.Log1p(lent), math.Log1p(lentTop)
	e[evLength] = math.Log1p(r.q.says)
	e[evTopic] = part01(title)
	if r.q.words > 0 {
		e[evReach] = math.Log1p(20 * reach / r.q.words)
	}
	return e
}

// confidence is the estimated probability that a hit helps, 0 to 1.
func (p *Params) confidence(e *Evidence) float64 {
	z := p.Confidence[0]
	for i, v := range e {
		z += p.Confidence[i+1] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// label grades a hit. Without enough words shared it stays silent, whatever the model says.
func (r *run) label(c *candidate) {
	p := &r.x.params
	c.evidence[evScore] = math.Log1p(20 * max(0, c.score) / r.q.full)
	if !r.q.enough(&c.evidence) {
		return
	}
	part := p.confidence(&c.evidence)
	for i, least := range p.Labels {
		if part >= least {
			c.label = Label(i + 1)
		}
	}
}

// enough reports whether the words shared can carry a label at all: words that weigh as two, or one that is half of
// what the question says.
func (q *question) enough(e *Evidence) bool {
	words := math.Expm1(e[evWords]) + math.Expm1(e[evLexicon])
	return words >= leastWords || e[evCover] >= 0.5 && words > 0
}

const leastWords = 1.5
