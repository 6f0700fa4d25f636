package match

import (
	"cmp"
	"math"
)

const (
	bayesShare  = 0.3 // of the counted weights, beside those of the plane
	bayesSmooth = 0.1 // added to the sums of each gram
)

// Background is how many texts of a collection hold each gram. A classifier that is trained from few examples learns from
// it which grams are common, whatever the texts are about.
type Background struct {
	texts int
	df    map[uint64]uint32
}

// NewBackground counts texts, whose tags nobody needs to know.
func NewBackground(texts []Example) *Background {
	b := &Background{texts: len(texts), df: map[uint64]uint32{}}
	for _, e := range texts {
		for key := range countGrams(e.Title, e.Text) {
			b.df[key]++
		}
	}
	return b
}

// complement adds to the plane of each tag what counting says: how much rarer a gram is in the texts of all other tags than
// in all texts (complement naive Bayes). With a dozen examples of a tag the plane leans on a few of them; the others are many.
func (t *training) complement(tags []string, planes [][]float32) {
	all := make([]float64, t.features)
	of := make([][]float64, len(tags))
	at := map[string]int{}
	for i, tag := range tags {
		of[i] = make([]float64, t.features)
		at[tag] = i
	}
	for i, e := range t.examples {
		own := of[at[e.Tag]]
		for _, f := range t.rows[i] {
			v := float64(f.x) * cmp.Or(e.Weight, 1)
			all[f.id] += v
			own[f.id] += v
		}
	}
	total, smooth := sum(all), bayesSmooth*float64(t.features)
	for i, own := range of {
		others := total - sum(own)
		for f, w := range planes[i] {
			in := (all[f] + bayesSmooth) / (total + smooth)
			out := (all[f] - own[f] + bayesSmooth) / (others + smooth)
			planes[i][f] = w + float32(bayesShare*math.Log(in/out))
		}
	}
}

func sum(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s
}
