package main

import (
	"math/rand/v2"
	"strings"

	"datai/match"
)

// faithful asks each text, takes away from it the terms that the explanation of each of the first hits shows, and as
// many characters in pieces of the same lengths at random, and returns the share of hits whose score falls further by
// the former. A hit that is no longer found has score 0.
func faithful(index *match.Index, texts []string, seed uint64) (share float64, n int) {
	const hits, draws = 5, 3
	rng := rand.New(rand.NewPCG(seed, 0))
	better := 0
	for _, text := range texts {
		q := match.Query{Text: text, K: hits, Explain: true, Filter: match.Filter{Viewer: match.AudPublic}}
		for _, h := range index.Search(q).Hits {
			shown := shownTerms(h.Why.Terms)
			if len(shown) == 0 {
				continue
			}
			without := scoreOf(index, withoutTerms(text, shown), h.ID)
			for range draws {
				n++
				if without < scoreOf(index, withoutRandom(text, shown, rng), h.ID) {
					better++
				}
			}
		}
	}
	if n == 0 {
		return 0, 0
	}
	return float64(better) / float64(n), n
}

func shownTerms(terms []match.Term) []string {
	var out []string
	seen := map[string]bool{}
	for _, t := range terms {
		if t.Text != "" && !seen[t.Text] {
			seen[t.Text] = true
			out = append(out, t.Text)
		}
	}
	return out
}

func scoreOf(index *match.Index, text, id string) float64 {
	for _, h := range index.Search(match.Query{Text: text, K: 1000, Filter: match.Filter{Viewer: match.AudPublic}}).Hits {
		if h.ID == id {
			return h.Score
		}
	}
	return 0
}

// withoutTerms blanks every place of the terms; the blank keeps neighbours apart.
func withoutTerms(text string, terms []string) string {
	for _, t := range terms {
		text = strings.ReplaceAll(text, t, " ")
	}
	return text
}

// withoutRandom blanks pieces of the lengths of the terms, as many as withoutTerms blanks, where nothing is blank yet.
func withoutRandom(text string, terms []string, rng *rand.Rand) string {
	runes := []rune(text)
	for _, t := range terms {
		n := len([]rune(t))
		for range max(1, strings.Count(text, t)) {
			if n >= len(runes) {
				continue
			}
			for range 20 {
				at := rng.IntN(len(runes) - n + 1)
				if strings.ContainsRune(string(runes[at:at+n]), ' ') {
					continue
				}
				for i := at; i < at+n; i++ {
					runes[i] = ' '
				}
				break
			}
		}
	}
	return string(runes)
}

// labelled counts the judged hits among the first ten by label, and those with grade ≥ 2 and ≥ 1.
func (d *dataset) labelled(index *match.Index) (hits, useful, near [4]int) {
	for i := range d.judged {
		j := &d.judged[i]
		for _, h := range index.Search(match.Query{Text: j.Need, K: 10, Filter: match.Filter{Viewer: match.AudPublic}}).Hits {
			hits[h.Label]++
			if j.Judgments[h.ID] >= 2 {
				useful[h.Label]++
			}
			if j.Judgments[h.ID] >= 1 {
				near[h.Label]++
			}
		}
	}
	return hits, useful, near
}
