package main

import (
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
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
	dir     string // where its files are; in memory without it
	index   *match.Index
}

func (d *datai) name() string { return "datai" }

func (d *datai) build(docs []match.Doc) error { return d.fill(slices.Values(docs)) }

// fill puts as many documents at once as the program does when it starts.
func (d *datai) fill(docs iter.Seq[match.Doc]) error {
	o := match.Options{Params: d.params}
	if d.dir != "" {
		o.NewFile = func() (match.File, error) {
			f, err := os.CreateTemp(d.dir, "texts")
			if err != nil {
				return nil, err
			}
			return f, os.Remove(f.Name())
		}
	}
	d.index = match.New(o)
	const together = 1 << 14
	some := make([]match.Doc, 0, together)
	for doc := range docs {
		if some = append(some, doc); len(some) == together {
			d.index.Put(some...)
			some = some[:0]
		}
	}
	d.index.Put(some...)
	d.index.Settle()
	return nil
}

func (d *datai) rank(text string, k int) []string {
	return ids(d.index.Search(match.Query{Text: text, K: k, Explain: d.explain, Uncounted: true, Filter: match.Filter{Viewer: match.AudPublic}}).Hits)
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

func (b *bm25) build(docs []match.Doc) error { return b.fill(slices.Values(docs)) }

func (b *bm25) fill(docs iter.Seq[match.Doc]) error {
	b.postings = map[string][]bm25Posting{}
	for doc := range docs {
		counts, n := map[string]float64{}, 0.0
		for _, t := range b.tokens(whole(&doc)) {
			counts[t]++
			n++
		}
		for t, tf := range counts {
			b.postings[t] = append(b.postings[t], bm25Posting{len(b.ids), tf})
		}
		b.ids = append(b.ids, doc.ID)
		b.lengths = append(b.lengths, n)
		b.mean += n
	}
	b.mean /= float64(max(1, len(b.ids)))
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

func (b *bleveEngine) build(docs []match.Doc) error { return b.fill(slices.Values(docs)) }

func (b *bleveEngine) fill(docs iter.Seq[match.Doc]) error {
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
	for doc := range docs {
		if err := batch.Index(doc.ID, map[string]any{"text": whole(&doc)}); err != nil {
			return fmt.Errorf("bleve: %w", err)
		}
		if batch.Size() >= 5000 {
			if err := index.Batch(batch); err != nil {
				return fmt.Errorf("bleve: %w", err)
			}
			batch = index.NewBatch()
		}
	}
	if err := index.Batch(batch); err != nil {
		return fmt.Errorf("bleve: %w", err)
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
