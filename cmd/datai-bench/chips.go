package main

import (
	"slices"

	"datai/match"
)

const (
	chipsOffered  = 8
	chipsAccepted = 3
)

// chips measures the suggested terms: the mean nDCG@10 of the judged needs after the first three of eight were accepted
// blindly, and after somebody who knows the answers accepted up to three, one by one, each the one that helps most.
func (d *dataset) chips(index *match.Index) (blind, best float64) {
	for i := range d.judged {
		j := &d.judged[i]
		mark := func(terms []string) float64 {
			q := match.Query{Text: j.Need, Terms: terms, K: 10, Filter: match.Filter{Viewer: match.AudPublic}}
			return match.NDCG(ids(index.Search(q).Hits), j.Judgments, 10)
		}
		var offered []string
		for _, s := range index.Search(match.Query{Text: j.Need, Filter: match.Filter{Viewer: match.AudPublic}, Suggest: chipsOffered}).Suggestions {
			offered = append(offered, s.Term)
		}
		blind += mark(offered[:min(chipsAccepted, len(offered))])
		best += knowing(offered, mark)
	}
	n := float64(len(d.judged))
	return blind / n, best / n
}

// knowing accepts terms as long as one helps, and returns the mark that it ends with.
func knowing(offered []string, mark func([]string) float64) float64 {
	var accepted []string
	most := mark(nil)
	for range chipsAccepted {
		term := ""
		for _, t := range offered {
			if v := mark(append(slices.Clone(accepted), t)); v > most {
				most, term = v, t
			}
		}
		if term == "" {
			break
		}
		accepted = append(accepted, term)
	}
	return most
}
