package match

// Params are the numbers that shape a ranking. They were tuned on real needs; docs/matching.md tells how.
type Params struct {
	K1         float64                    // saturation of a gram's weight in a document
	Fields     [4]FieldParams             // title, keywords, abstract, claims
	K3         float64                    // saturation of repeated grams in the question
	Power      float64                    // idf is raised to this
	Uni        float64                    // weight of a single character against a pair
	Word       float64                    // weight of a word of another script against a pair
	Number     float64                    // weight of a word that is only digits
	Plain      float64                    // weight of phrases that every need uses ("希望", "我们")
	Early      float64                    // how much heavier the beginning of a question's text is than its end
	UniScan    float64                    // single characters in a greater part of the documents count only in the second stage
	Glue       float64                    // weight of a pair with a function character ("的", "把")
	Spread     float64                    // 0 to 1: how far the terms of one everyday word, and the grams of one term, share one weight
	UniMax     float64                    // single characters in a greater part of the documents are left out
	Parts      [partCount]float64         // weight of the parts of a question
	Useful     int                        // grams taken from each useful document
	Away       float64                    // how far a hit like a document marked not useful falls, 0 to 1
	Rerank     int                        // hits re-ranked
	Long       [featureCount]float64      // weights of the features in a long question, learned: see model.go
	Short      [featureCount]float64      // and in a short one
	Confidence [1 + evidenceCount]float64 // a constant and the weights of the evidence, of a logistic model
	Labels     [3]float64                 // least confidence of LabelWeak, LabelPossible, LabelStrong
	Floor      float64                    // least first-stage score, as part of the attainable, that counts towards Total
}

// FieldParams weigh one field of a document.
type FieldParams struct {
	Weight float64
	B      float64 // strength of the length norm, 0 to 1
	Pivot  float64 // grams (pairs and words) of a text of usual length
}

// Parts of a question.
const (
	partText = iota
	partTitle
	partKeyword
	partTerm
	partLexicon
	partUseful
	partCount
)

// DefaultParams returns the tuned numbers, with the learned weights.
func DefaultParams() Params {
	m := learned()
	return Params{
		Long: m.long, Short: m.short,
		K1: 2.17,
		Fields: [4]FieldParams{
			{Weight: 3, B: 0.75, Pivot: 20},
			{Weight: 3, B: 0.45, Pivot: 16},
			{Weight: 1.3, B: 0.6, Pivot: 220},
			{Weight: 0.052, B: 0.625, Pivot: 1200},
		},
		K3: 3.6, Power: 1.277, Uni: 0.59, Word: 1.69, Number: 0.45, Plain: 0.24, UniMax: 0.2, UniScan: 0.06, Glue: 0.35, Spread: 0,
		Parts:  [partCount]float64{partText: 1, partTitle: 1.5, partKeyword: 2, partTerm: 1, partLexicon: 0.52, partUseful: 2},
		Useful: 30, Away: 0.35, Rerank: 50,
		Confidence: [1 + evidenceCount]float64{-7.99, 0.40, 0.71, 0.75, 5.56},
		Labels:     [3]float64{0.1, 0.33, 0.68},
		Floor:      0.036,
	}
}
