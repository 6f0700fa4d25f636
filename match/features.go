package match

import "math"

// The features of a candidate. Each is a part of the most that a document could score, or the first-stage score times
// something, and none depends on other candidates: a viewer's ranking is the whole ranking without what the viewer may
// not see.
const (
	featBase     = iota // first-stage score
	featCover           // grams that occur in title, keywords or abstract
	featTitle           // grams that occur in the title
	featKeywords        // grams that occur in the keywords
	featPhrase          // runs of three characters shared with the question
	featTopic           // base × part of the title that the question holds
	featTopicKey        // base × part of the keywords that the question holds
	featCommon          // base × how often the document turns up for other questions (segment.common)

	featHeld      // base × part of the abstract that the question holds
	featLength    // base × logarithm of the abstract's length
	featTitleSize // base × logarithm of the title's length
	featRun       // the heaviest run of shared characters
	featFirst     // grams of the first sentence, each time they occur
	featBest      // grams of the best sentence
	featSquare    // cover but for the grams of useful documents, squared

	featUni       // cover by single characters
	featWord      // cover by words of other scripts
	featLate      // cover by characters too common for the scan
	featTells     // cover, each gram by how rare it is
	featRepeated  // cover, each gram by how often the question says it
	featPlace     // cover, each gram by how late the question first says it
	featEnd       // cover by grams of the question's last sentence
	featCohesion  // cover by pairs whose characters keep to each other
	featLexicon   // cover by the lexicon's terms
	featUseful    // cover by the grams of useful documents
	featPlain     // cover by what is plain or straddles words
	featTitleRare // grams that occur in the title, each by how rare it is
	featTitleUni  // single characters that occur in the title

	featWhole    // keywords that the question holds from end to end
	featTextbook // BM25 as textbooks have it: single characters weigh like pairs, and a text is one field
	featureCount
)

// short is 1 for a question of up to six words that tell something, 0 from sixteen on. One with a document marked useful
// is not short: the words of that document are to count.
func (q *question) short() float64 {
	if q.lent > 0 {
		return 0
	}
	return min(max(5/(1+q.says/4)-1, 0), 1)
}

// FeatureNames lists the features of the second stage in the order of Params.Long and Params.Short.
func FeatureNames() []string {
	return []string{
		"base", "cover", "title", "keywords", "phrase", "topic", "topickey", "common",
		"held", "length", "titlesize", "run", "first", "best", "square",
		"uni", "word", "late", "tells", "repeated", "place", "end", "cohesion", "lexicon", "useful", "plain",
		"titlerare", "titleuni", "whole", "textbook",
	}
}

// FeatureSign says of a feature what its weight may be: 1 for what is shared with the question, which must never lower a
// hit, whatever the questions that the weights were learned from have in common; -1 for what can only speak against one.
func FeatureSign(name string) int {
	switch name {
	case "common", "square":
		return -1
	case "length", "titlesize", "late", "place", "cohesion", "plain":
		return 0
	}
	return 1
}

type features [featureCount]float64

// Signs of a gram, by which its weight counts towards features featUni and on.
const signCount = featPlain - featUni + 1

type signs [signCount]float64

// setSigns tells of each gram what the features need to know, among n documents.
func (q *question) setSigns(n int) {
	unis := map[uint64]int{}
	for i := range q.grams {
		if isUni(q.grams[i].key) {
			unis[q.grams[i].key] = q.dfs[i]
		}
	}
	q.signs = make([]signs, len(q.grams))
	for i := range q.grams {
		g, t := &q.grams[i], &q.signs[i]
		set := func(feature int, v float64) { t[feature-featUni] = v }
		set(featTells, tells(q.dfs[i], n))
		switch {
		case isUni(g.key):
			set(featUni, 1)
		case isWord(g.key):
			set(featWord, 1)
		default:
			set(featCohesion, cohesion(q.dfs[i], unis[g.key>>21&0x1FFFFF], unis[g.key&0x1FFFFF], n))
		}
		if g.late {
			set(featLate, 1)
		}
		if g.own && g.plain < 1 {
			set(featPlain, 1)
		}
	}
	q.placeSigns()
	q.setTextbook(n)
	q.lent = 0
	for i := range q.grams {
		q.lent += q.grams[i].weight * q.signs[i][featUseful-featUni]
	}
}

// setTextbook gives the grams of the question itself their textbook weights, in the units of the others; what somebody
// accepted as a term counts twice.
func (q *question) setTextbook(n int) {
	q.textbook = make([]float64, len(q.grams))
	sum := 0.0
	for _, o := range q.occs {
		if p := q.parts[o.part].part; p == partLexicon || p == partUseful {
			continue
		}
		df := float64(q.dfs[o.gram])
		idf := math.Log1p((float64(n) - df + 0.5) / (df + 0.5))
		if q.parts[o.part].part == partTerm {
			idf *= 2
		}
		q.textbook[o.gram] += idf
		sum += idf
	}
	for i := range q.textbook {
		q.textbook[i] *= q.full / max(sum, 1)
	}
}

// placeSigns tells where the question has its grams, and how often.
func (q *question) placeSigns() {
	last := make([]int32, len(q.parts)) // where the last sentence of a part begins
	for i, p := range q.parts {
		for at, r := range p.text {
			if (r == '。' || r == '；' || r == '！') && at+8 < len(p.text) {
				last[i] = int32(at)
			}
		}
	}
	times := make([]float64, len(q.grams))
	for _, o := range q.occs {
		t := &q.signs[o.gram]
		set := func(feature int, v float64) { t[feature-featUni] = v }
		switch q.parts[o.part].part {
		case partLexicon:
			if !q.grams[o.gram].own {
				set(featLexicon, 1)
			}
		case partUseful:
			if !q.grams[o.gram].own {
				set(featUseful, 1)
			}
		default:
			if times[o.gram]++; times[o.gram] == 1 {
				set(featPlace, float64(o.start)/float64(len(q.parts[o.part].text)))
			}
			set(featRepeated, math.Log(times[o.gram]))
			if o.start >= last[o.part] {
				set(featEnd, 1)
			}
		}
	}
}

// cohesion is how much more often two characters stand together than by chance, -0.5 to 1: their pointwise mutual
// information, normalised.
func cohesion(pair, a, b, n int) float64 {
	if pair == 0 || a == 0 || b == 0 || n <= pair {
		return 0
	}
	p := float64(pair)
	return min(max(math.Log(p*float64(n)/(float64(a)*float64(b)))/math.Log(float64(n)/p), -0.5), 1)
}

// measure computes the features of a candidate.
func (r *run) measure(c *candidate) features {
	l, saw := r.lens, &r.sc.sight
	saw.begin(l, len(r.q.grams))
	title := saw.read(l, c.entry.field(fieldTitle), 1)
	var keys fieldTally
	words := c.entry.field(fieldKeywords)
	for start, i := 0, 0; i < len(words); i++ {
		if words[i] != '\n' {
			continue
		}
		k := saw.read(l, words[start:i], 2)
		keys.pairs += k.pairs
		keys.held += k.held
		keys.run = max(keys.run, k.run)
		if k.held == k.pairs {
			keys.whole += k.best
		}
		start = i + 1
	}
	abstract := saw.read(l, clip(c.entry.field(fieldAbstract), abstractRead), 4)
	f := r.gramFeatures()
	base := float64(c.sum)/255/wholeMax*r.q.mass + f[featBase]
	f[featBase] = base
	for i, on := range saw.triOn {
		if on {
			f[featPhrase] += l.tri[i].w
		}
	}
	f[featTopic] = base * part01(title)
	f[featTopicKey] = base * part01(keys)
	f[featHeld] = base * part01(abstract)
	f[featLength] = base * math.Log1p(float64(len(c.entry.field(fieldAbstract)))/600)
	f[featTitleSize] = base * math.Log1p(float64(len(c.entry.field(fieldTitle)))/60)
	f[featWhole] = keys.whole
	f[featRun] = max(title.run, keys.run, abstract.run)
	f[featFirst], f[featBest] = abstract.first, max(abstract.best, title.best)
	asked := f[featCover] - f[featUseful] // a click changes nothing about what the question itself asks for
	f[featSquare] = asked * asked / (r.q.full - r.q.lent)
	if common := c.seg.common; common != nil {
		f[featCommon] = base * float64(common[c.off])
	}
	c.evidence = r.evidence()
	return f
}

// gramFeatures sums the weights of the grams that were seen.
func (r *run) gramFeatures() (f features) {
	norm := textbookNorm(r.sc.sight.tokens)
	for i, s := range r.sc.sight.seen {
		if s == 0 {
			continue
		}
		w, t := r.q.grams[i].weight, &r.q.signs[i]
		if r.q.grams[i].late {
			f[featBase] += w * lateImpact(s)
		}
		times := float64(r.sc.sight.times[i])
		f[featTextbook] += r.q.textbook[i] * times / (times + norm)
		f[featCover] += w
		for j, v := range t {
			f[featUni+j] += w * v
		}
		if s&1 != 0 {
			f[featTitle] += w
			f[featTitleRare] += w * t[featTells-featUni]
			f[featTitleUni] += w * t[0]
		}
		if s&2 != 0 {
			f[featKeywords] += w
		}
	}
	return f
}

// textbookNorm is what a text of so many characters, pairs and words adds to the times that it says a gram, with the k1 and
// b of textbooks. A usual length stands for the mean, which would change with every document.
func textbookNorm(tokens int) float64 {
	const k1, b, usual = 1.2, 0.75, 450
	return k1 * (1 - b + b*float64(tokens)/usual)
}

// lateImpact stands for the impact of a gram that the scan left out, by the fields it was found in: about what one
// occurrence has.
func lateImpact(fields uint8) float64 {
	if fields&3 != 0 {
		return 0.6
	}
	return 0.37
}

// abstractRead is how much of an abstract the second stage reads, in bytes.
const abstractRead = 6 << 10

func part01(t fieldTally) float64 {
	if t.pairs == 0 {
		return 0
	}
	return float64(t.held) / float64(t.pairs)
}
