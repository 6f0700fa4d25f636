package main

import (
	"fmt"
	"math"
	"sort"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"

	"datai/match"
)

// engine ranks documents for a text.
type engine interface {
	name() string
	build(docs []match.Doc) error
	rank(text string, k int) []string
}

// datai is this project's engine.
type datai struct {
	params  *match.Params
	explain bool
	index   *match.Index
}

func (d *datai) name() string { return "datai" }

func (d *datai) build(docs []match.Doc) error {
	d.index = match.New(match.Options{Params: d.params})
	d.index.Put(docs...)
	return nil
}

func (d *datai) rank(text string, k int) []string {
	return ids(d.index.Search(match.Query{Text: text, K: k, Explain: d.explain, Filter: match.Filter{Viewer: match.AudPublic}}).Hits)
}

func ids(hits []match.Hit) []string {
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = h.ID
	}
	return out
}

// bm25 is the textbook formula, k1 1.2 and b 0.75, over pairs of characters, with single characters when uni is set.
type bm25 struct {
	uni      bool
	ids      []string
	lengths  []float64
	mean     float64
	postings map[string][]bm25Posting
}

type bm25Posting struct {
	doc int
	tf  float64
}

func (b *bm25) name() string {
	if b.uni {
		return "uni+bigram BM25"
	}
	return "bigram BM25"
}

// tokens cuts text for the peer: its own simple analysis, so that a fault in the engine's cannot hide in both.
func (b *bm25) tokens(text string) []string {
	var out []string
	var word []rune
	prev := rune(0)
	flush := func() {
		if len(word) > 0 {
			out = append(out, string(word))
			word = word[:0]
		}
	}
	for _, r := range text {
		switch {
		case r >= 0x3400 && r <= 0x9FFF:
			flush()
			if b.uni {
				out = append(out, string(r))
			}
			if prev != 0 {
				out = append(out, string([]rune{prev, r}))
			}
			prev = r
		case r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			word, prev = append(word, r), 0
		case r >= 'A' && r <= 'Z':
			word, prev = append(word, r+'a'-'A'), 0
		default:
			flush()
			prev = 0
		}
	}
	flush()
	return out
}

func whole(d *match.Doc) string {
	s := d.Title + "\n"
	for _, k := range d.Keywords {
		s += k + "\n"
	}
	return s + d.Abstract + "\n" + d.Claims
}

func (b *bm25) build(docs []match.Doc) error {
	b.postings = map[string][]bm25Posting{}
	for i := range docs {
		counts, n := map[string]float64{}, 0.0
		for _, t := range b.tokens(whole(&docs[i])) {
			counts[t]++
			n++
		}
		for t, tf := range counts {
			b.postings[t] = append(b.postings[t], bm25Posting{i, tf})
		}
		b.ids = append(b.ids, docs[i].ID)
		b.lengths = append(b.lengths, n)
		b.mean += n / float64(len(docs))
	}
	return nil
}

func (b *bm25) rank(text string, k int) []string {
	const k1, bb = 1.2, 0.75
	scores := map[int]float64{}
	n := float64(len(b.ids))
	for _, t := range b.tokens(text) {
		df := float64(len(b.postings[t]))
		idf := math.Log(1 + (n-df+0.5)/(df+0.5))
		for _, p := range b.postings[t] {
			scores[p.doc] += idf * p.tf * (k1 + 1) / (p.tf + k1*(1-bb+bb*b.lengths[p.doc]/b.mean))
		}
	}
	found := make([]int, 0, len(scores))
	for d := range scores {
		found = append(found, d)
	}
	sort.Slice(found, func(i, j int) bool {
		x, y := found[i], found[j]
		if scores[x] != scores[y] {
			return scores[x] > scores[y]
		}
		return x < y
	})
	out := make([]string, 0, k)
	for _, d := range found[:min(k, len(found))] {
		out = append(out, b.ids[d])
	}
	return out
}

// bleveEngine is bleve v2 in memory with its analyser for Chinese and its BM25.
type bleveEngine struct{ index bleve.Index }

func (b *bleveEngine) name() string { return "bleve cjk BM25" }

func (b *bleveEngine) build(docs []match.Doc) error {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = cjk.AnalyzerName
	m.ScoringModel = "bm25"
	text := bleve.NewTextFieldMapping()
	text.Analyzer, text.Store, text.IncludeTermVectors, text.IncludeInAll = cjk.AnalyzerName, false, false, false
	m.DefaultMapping.AddFieldMappingsAt("text", text)
	index, err := bleve.NewUsing("", m, "scorch", "scorch", map[string]any{"in_memory": true})
	if err != nil {
		return fmt.Errorf("bleve: %w", err)
	}
	batch := index.NewBatch()
	for i := range docs {
		if err := batch.Index(docs[i].ID, map[string]any{"text": whole(&docs[i])}); err != nil {
			return fmt.Errorf("bleve: %w", err)
		}
		if batch.Size() >= 5000 || i == len(docs)-1 {
			if err := index.Batch(batch); err != nil {
				return fmt.Errorf("bleve: %w", err)
			}
			batch = index.NewBatch()
		}
	}
	b.index = index
	return nil
}

func (b *bleveEngine) rank(text string, k int) []string {
	q := bleve.NewMatchQuery(text)
	q.SetField("text")
	res, err := b.index.Search(bleve.NewSearchRequestOptions(q, k, 0, false))
	if err != nil {
		return nil
	}
	out := make([]string, 0, k)
	for _, h := range res.Hits {
		out = append(out, h.ID)
	}
	return out
}
