package match

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Classifier guesses which tag of a list a text belongs to: a theme, a discipline. It is linear, over single characters,
// pairs and words: a support vector machine, one tag against the rest, with the weights of complement naive Bayes added. Its
// guesses carry a confidence that was calibrated on texts held out of the training. It is made by TrainClassifier or UnmarshalBinary, never changes afterwards and may
// be used from any goroutine. The zero value guesses nothing.
type Classifier struct {
	Info ClassifierInfo

	tags  []string
	sharp float64          // scores are multiplied by it before they become probabilities
	texts int              // examples, and texts of the background, that the features were counted in
	ids   map[uint64]int32 // gram → feature
	keys  []uint64         // by feature, rising
	df    []uint32         // those of them that hold a feature
	at    []uint32         // weights of feature f are [at[f], at[f+1])
	class []uint16         // index into tags
	w     []int8           // in units of scale[class]
	scale []float32        // by tag
	bias  []float32        // by tag
}

// ClassifierInfo says what a classifier was trained from. Figures are shares from 0 to 1, measured on held-out texts.
type ClassifierInfo struct {
	Data    string             `json:"data,omitempty"`
	Licence string             `json:"licence,omitempty"`
	Trained string             `json:"trained,omitempty"` // date, as 2006-01-02
	Seed    uint64             `json:"seed"`
	Figures map[string]float64 `json:"figures,omitempty"`
}

// Example is a text whose tag a person gave.
type Example struct {
	Title  string
	Text   string // abstract, keywords, anything that describes it
	Tag    string
	Weight float64 // how much the example counts; 0 means 1
}

// Guess is a tag with the estimated probability, 0 to 1, that a person would give it. It is an order and a reason to
// ask, not a figure for a page.
type Guess struct {
	Tag        string
	Confidence float64
}

// ClassifierOptions of a training; the zero value is right.
type ClassifierOptions struct {
	Seed       uint64
	Keep       int         // the heaviest weights of each tag that are kept; 0 keeps all
	Background *Background // texts without tags, to tell common grams by; may be nil
	Turns      int         // the processors that it may take at a time; 0 is all that there are
}

const (
	classifyTitle = 3 // how often a title counts
	classifyFolds = 5 // of the calibration
	sharpUsual    = 6
	epochsMax     = 60   // over the examples, for each tag
	epochsStill   = 0.05 // the greatest violation at which training stops
)

//go:embed disciplines.model
var disciplinesModel []byte

// Disciplines returns the classifier of the 67 disciplines that the program comes with; its tags are their Chinese names.
// What it was trained from stands in its Info.
var Disciplines = sync.OnceValue(func() *Classifier {
	c := &Classifier{}
	if err := c.UnmarshalBinary(disciplinesModel); err != nil {
		panic(err) // the file is part of the program and tested
	}
	return c
})

// Tags returns the tags that a classifier knows, sorted.
func (c *Classifier) Tags() []string { return slices.Clone(c.tags) }

// Classify returns a guess for each known tag, the surest first; confidences sum to 1. Without a known word in the text,
// or without tags, it returns nil. The same text always has the same guesses.
func (c *Classifier) Classify(title, text string) []Guess {
	x := c.vector(title, text)
	if len(x) == 0 {
		return nil
	}
	guesses := make([]Guess, len(c.tags))
	for i, p := range softmax(c.scores(x), c.sharp) {
		guesses[i] = Guess{c.tags[i], p}
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return guesses
}

func softmax(scores []float64, sharp float64) []float64 {
	out := make([]float64, len(scores))
	most, sum := slices.Max(scores), 0.0
	for i, s := range scores {
		out[i] = math.Exp(sharp * (s - most))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// coordinate is one of a text's vector, which has length 1.
type coordinate struct {
	id int32
	x  float32
}

func (c *Classifier) vector(title, text string) []coordinate {
	counts := countGrams(title, text)
	out := make([]coordinate, 0, len(counts))
	for key, n := range counts {
		if id, ok := c.ids[key]; ok {
			idf := 1 + math.Log(float64(1+c.texts)/float64(c.df[id]))
			out = append(out, coordinate{id, float32((1 + math.Log(n)) * idf)})
		}
	}
	slices.SortFunc(out, func(a, b coordinate) int { return cmp.Compare(a.id, b.id) })
	sum := 0.0
	for _, f := range out {
		sum += float64(f.x) * float64(f.x)
	}
	for i := range out {
		out[i].x /= float32(math.Sqrt(sum))
	}
	return out
}

// countGrams counts the grams of a text; bare numbers are no subject.
func countGrams(title, text string) map[uint64]float64 {
	counts := map[uint64]float64{}
	count := func(s string, weight float64) {
		s = clip(s, textMax)
		for _, g := range appendGrams(nil, s) {
			if !isWord(g.key) || !digitsOnly(s[g.start:g.end]) {
				counts[g.key] += weight
			}
		}
	}
	count(title, classifyTitle)
	count(text, 1)
	return counts
}

func (c *Classifier) scores(x []coordinate) []float64 {
	out := make([]float64, len(c.tags))
	for _, f := range x {
		for j := c.at[f.id]; j < c.at[f.id+1]; j++ {
			out[c.class[j]] += float64(f.x) * float64(c.w[j])
		}
	}
	for i := range out {
		out[i] = out[i]*float64(c.scale[i]) + float64(c.bias[i])
	}
	return out
}

// TrainClassifier learns from examples. It needs two different tags at least; the same examples in the same order with
// the same seed give the same classifier. A thousand texts and seventy tags take a few seconds of a processor. It stops with
// the error of ctx when that ends.
func TrainClassifier(ctx context.Context, examples []Example, o ClassifierOptions) (*Classifier, error) {
	c, err := trainWeights(ctx, examples, o)
	if err != nil {
		return nil, err
	}
	if c.sharp, err = calibrate(ctx, examples, o); err != nil {
		return nil, err
	}
	return c, nil
}

// trainWeights is a training without calibration.
func trainWeights(ctx context.Context, examples []Example, o ClassifierOptions) (*Classifier, error) {
	c := &Classifier{Info: ClassifierInfo{Seed: o.Seed}, sharp: sharpUsual, texts: len(examples)}
	for _, e := range examples {
		c.tags = append(c.tags, e.Tag)
	}
	slices.Sort(c.tags)
	c.tags = slices.Compact(c.tags)
	if len(c.tags) < 2 || len(c.tags) > math.MaxUint16 {
		return nil, errors.New("match: a classifier needs examples of two tags at least")
	}
	if err := c.number(ctx, examples, o.Background); err != nil {
		return nil, err
	}
	t := &training{examples: examples, seed: o.Seed, features: len(c.keys)}
	for _, e := range examples {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t.rows = append(t.rows, c.vector(e.Title, e.Text))
	}
	dense := make([][]float32, len(c.tags))
	c.bias = make([]float32, len(c.tags))
	var wg sync.WaitGroup
	turns := make(chan struct{}, cmp.Or(o.Turns, runtime.GOMAXPROCS(0)))
	for i, tag := range c.tags {
		turns <- struct{}{}
		wg.Go(func() {
			dense[i], c.bias[i] = t.separate(ctx, tag)
			<-turns
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.complement(c.tags, dense)
	for i := range dense {
		prune(dense[i], o.Keep)
	}
	c.pack(dense)
	return c, nil
}

// number gives the grams of the examples their numbers, in the order of their keys.
func (c *Classifier) number(ctx context.Context, examples []Example, b *Background) error {
	df := map[uint64]uint32{}
	for _, e := range examples {
		if err := ctx.Err(); err != nil {
			return err
		}
		for key := range countGrams(e.Title, e.Text) {
			df[key]++
		}
	}
	for key := range df {
		c.keys = append(c.keys, key)
	}
	slices.Sort(c.keys)
	if b != nil {
		c.texts += b.texts
		for _, key := range c.keys {
			df[key] += b.df[key]
		}
	}
	for _, key := range c.keys {
		c.df = append(c.df, df[key])
	}
	c.index()
	return nil
}

func (c *Classifier) index() {
	c.ids = make(map[uint64]int32, len(c.keys))
	for i, key := range c.keys {
		c.ids[key] = int32(i)
	}
}

// training is what the planes of all tags are found from.
type training struct {
	examples []Example
	rows     [][]coordinate
	features int
	seed     uint64
}

// separate finds the plane that parts the examples of a tag from the others: the least squared length plus the squared
// distances of those on the wrong side of the margin, by dual coordinate descent.
func (t *training) separate(ctx context.Context, tag string) (w []float32, bias float32) {
	w = make([]float32, t.features)
	alpha := make([]float64, len(t.rows))
	order := make([]int, len(t.rows))
	for i := range order {
		order[i] = i
	}
	state := t.seed
	for range epochsMax {
		if ctx.Err() != nil {
			return w, bias
		}
		worst := 0.0
		for i := len(order) - 1; i >= 0; i-- {
			state = mix(state + 0x9E3779B97F4A7C15)
			j := int(state % uint64(i+1))
			order[i], order[j] = order[j], order[i]
			k := order[i]
			y := -1.0
			if t.examples[k].Tag == tag {
				y = 1
			}
			slack := 1 / (2 * cmp.Or(t.examples[k].Weight, 1))
			g := y*plane(w, bias, t.rows[k]) - 1 + slack*alpha[k]
			if len(t.rows[k]) == 0 || alpha[k] == 0 && g >= 0 {
				continue
			}
			worst = max(worst, math.Abs(g))
			next := max(0, alpha[k]-g/(2+slack)) // a vector and its constant have length 1 each
			step := float32((next - alpha[k]) * y)
			alpha[k] = next
			for _, f := range t.rows[k] {
				w[f.id] += step * f.x
			}
			bias += step
		}
		if worst < epochsStill {
			break
		}
	}
	return w, bias
}

func plane(w []float32, bias float32, x []coordinate) float64 {
	sum := float64(bias)
	for _, f := range x {
		sum += float64(w[f.id]) * float64(f.x)
	}
	return sum
}

// prune zeroes all weights but the keep heaviest.
func prune(w []float32, keep int) {
	if keep <= 0 || keep >= len(w) {
		return
	}
	heavy := make([]float32, len(w))
	for i, v := range w {
		heavy[i] = max(v, -v)
	}
	slices.Sort(heavy)
	least := heavy[len(heavy)-keep]
	for i, v := range w {
		if max(v, -v) < least {
			w[i] = 0
		}
	}
}

// pack rounds the weights to 8 bits and keeps the features that have any.
func (c *Classifier) pack(dense [][]float32) {
	c.scale = make([]float32, len(c.tags))
	for t, w := range dense {
		most := max(slices.Max(w), -slices.Min(w))
		c.scale[t] = max(most, 1e-9) / math.MaxInt8
	}
	keys, df := c.keys, c.df
	c.keys, c.df, c.at = nil, nil, []uint32{0}
	for f := range keys {
		for t := range dense {
			if v := int8(math.Round(float64(dense[t][f] / c.scale[t]))); v != 0 {
				c.class = append(c.class, uint16(t))
				c.w = append(c.w, v)
			}
		}
		if n := uint32(len(c.w)); n > c.at[len(c.at)-1] {
			c.keys, c.df, c.at = append(c.keys, keys[f]), append(c.df, df[f]), append(c.at, n)
		}
	}
	c.index()
}

// calibrate finds the sharpness under which the tags of held-out examples are likeliest.
func calibrate(ctx context.Context, examples []Example, o ClassifierOptions) (float64, error) {
	var scores [][]float64
	var right []int
	for f := range classifyFolds {
		var in []Example
		for i, e := range examples {
			if i%classifyFolds != f {
				in = append(in, e)
			}
		}
		c, err := trainWeights(ctx, in, o)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if err != nil {
			continue
		}
		for i := f; i < len(examples); i += classifyFolds {
			e := examples[i]
			x := c.vector(e.Title, e.Text)
			if t, known := slices.BinarySearch(c.tags, e.Tag); known && len(x) > 0 && cmp.Or(e.Weight, 1) == 1 {
				scores, right = append(scores, c.scores(x)), append(right, t)
			}
		}
	}
	best, least := float64(sharpUsual), math.Inf(1)
	for sharp := 0.5; sharp < 40; sharp *= 1.05 {
		loss := 0.0
		for i, s := range scores {
			loss -= math.Log(softmax(s, sharp)[right[i]] + 1e-9)
		}
		if loss < least && len(scores) > 0 {
			best, least = sharp, loss
		}
	}
	return best, nil
}
