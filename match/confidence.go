package match

import "math"

// A label says how far a hit can be relied upon. It rests on evidence that means the same in a catalogue of ten documents
// and of a hundred thousand: how much of what the question says stands in the document, in words of two or more
// characters. A single Han character is no evidence, whatever it adds to the score.

// The pieces of evidence, in the order of Params.Confidence.
const (
	evWords   = iota // the question's own words that were found, by weight, as a logarithm
	evLexicon        // the words that the lexicon or a useful document lent and that were found, likewise
	evLength         // the question's own words, found or not, likewise
	evScore          // part of the attainable score that was reached, likewise
	evidenceCount
)

// Evidence is what a label rests on: logarithms of amounts without a unit, 0 to about 6.
type Evidence [evidenceCount]float64

// EvidenceNames lists the pieces of evidence in the order of Params.Confidence, whose first number is the constant.
func EvidenceNames() []string { return []string{"words", "lexicon", "length", "score"} }

// tells is how much a gram in df of n documents tells about a subject, 0 to 1: all when at most one document in a hundred
// has it. A hundred documents without it are added, so that a handful of documents does not make a word common.
func tells(df, n int) float64 {
	p := (float64(df) + 0.5) / (float64(n) + 100)
	return min(1, max(0, -math.Log(p)/math.Log(100)))
}

// weighEvidence sets what a gram tells; plain phrases and what straddles words tell nothing.
func (q *question) weighEvidence(g *asked, df, n int) {
	if isUni(g.key) || g.own && g.plain < 1 {
		return
	}
	if g.own {
		g.tells = tells(df, n)
		q.says += g.tells
	} else if df > 0 {
		g.lent = tells(df, n)
	}
}

// evidence gathers what was seen of a candidate; the score is added when it is known.
func (r *run) evidence() (e Evidence) {
	found, lent := 0.0, 0.0
	for i, s := range r.sc.sight.seen {
		if s != 0 {
			found += r.q.grams[i].tells
			lent += r.q.grams[i].lent
		}
	}
	e[evWords], e[evLexicon], e[evLength] = math.Log1p(found), math.Log1p(lent), math.Log1p(r.q.says)
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

// label grades a hit by its confidence, as far as the words shared can carry a label.
func (r *run) label(c *candidate) {
	p := &r.x.params
	c.evidence[evScore] = math.Log1p(20 * max(0, c.score) / r.q.full)
	sure := p.confidence(&c.evidence)
	for i, least := range p.Labels {
		if sure >= least {
			c.label = Label(i + 1)
		}
	}
	c.label = min(c.label, c.evidence.most())
}

// most is the highest label that the words shared can carry. A label needs words that weigh about two, lent ones half;
// or one that is half of what the question says. What the lexicon alone found is a hint, and strong takes
// four words, or three of a question that is mostly found.
func (e *Evidence) most() Label {
	const hair = 1e-9 // what going there and back through a logarithm may lose
	own, lent, says := math.Expm1(e[evWords]), math.Expm1(e[evLexicon])+hair, math.Expm1(e[evLength])-hair
	if own > 0 {
		own += hair
	}
	switch {
	case own > 0 && 2*own >= says && own+lent >= 3, own >= 4:
		return LabelStrong
	case own > 0 && 2*own >= says, own >= 1.5:
		return LabelPossible
	case own+lent/2 >= 1.3:
		return LabelWeak
	}
	return LabelNone
}
