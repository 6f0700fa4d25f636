package match

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// ModelFile is the form of rerank.json: the weights of the second stage and what they were learned from.
// datai-bench train writes it.
type ModelFile struct {
	Data    []string           `json:"data"`
	Date    string             `json:"date"` // as 2006-01-02
	Seed    uint64             `json:"seed"`
	Figures map[string]float64 `json:"figures"` // held out, by task
	Long    map[string]float64 `json:"long"`    // weights by feature of a long question
	Short   map[string]float64 `json:"short"`   // and of a short one; other questions are in between
}

//go:embed rerank.json
var modelText []byte

type learnedModel struct {
	file        ModelFile
	long, short [featureCount]float64
}

// learned reads the weights once.
var learned = sync.OnceValue(func() (m learnedModel) {
	if err := json.Unmarshal(modelText, &m.file); err != nil {
		panic(fmt.Sprintf("match: rerank.json: %v", err)) // the file is part of the program and tested
	}
	m.file.apply(&m.long, m.file.Long)
	m.file.apply(&m.short, m.file.Short)
	return m
})

// apply puts weights in the order of the features; one that has no weight has 0.
func (f *ModelFile) apply(to *[featureCount]float64, weights map[string]float64) {
	for i, name := range FeatureNames() {
		to[i] = weights[name]
	}
}

// SetModel makes p use the weights of a file.
func (p *Params) SetModel(f *ModelFile) {
	f.apply(&p.Long, f.Long)
	f.apply(&p.Short, f.Short)
}

// Model tells what the weights in use were learned from.
func Model() ModelFile { return learned().file }

// unknownFeatures lists the names in a file that are no features.
func (f *ModelFile) unknownFeatures() (out []string) {
	for _, weights := range []map[string]float64{f.Long, f.Short} {
		for name := range weights {
			if !slices.Contains(FeatureNames(), name) {
				out = append(out, name)
			}
		}
	}
	return out
}
