package match

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

type zr struct {
	ID, Title, Abstract string
	Keywords            []string
	Need                string
	Judgments           map[string]int
	Wants               string
}

func zload(p string) []zr {
	f, err := os.Open(p)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	var o []zr
	for sc.Scan() {
		var r zr
		if json.Unmarshal(sc.Bytes(), &r) != nil {
			panic(sc.Text())
		}
		o = append(o, r)
	}
	return o
}
func zx() *Index {
	x := New(Options{})
	var ds []Doc
	for _, r := range zload("/tmp/demo-results.jsonl") {
		var in []Indicator
		if i := strings.Index(r.Abstract, "\n"); i > 0 {
			in = ReadIndicators(strings.Split(r.Abstract, "\n")[1])
		}
		ds = append(ds, Doc{ID: r.ID, Kind: KindResult, Title: r.Title, Keywords: r.Keywords, Abstract: r.Abstract, Indicators: in, Audience: AudPublic})
	}
	x.Put(ds...)
	return x
}
func TestZRows(t *testing.T) {
	x := zx()
	only := os.Getenv("ONLYTRUE")
	for _, n := range zload("/tmp/demo-needs.jsonl") {
		fmt.Println("NEED", n.Title, "|", n.Wants)
		res := x.Search(Query{Title: n.Title, Text: n.Need, Keywords: n.Keywords, Wants: ReadIndicators(n.Wants), K: 10, Explain: true, Filter: Filter{Viewer: AudPublic}})
		for i, h := range res.Hits {
			_, tr := n.Judgments[h.ID]
			if only != "" && !tr {
				continue
			}
			if !tr && i > 3 && h.Label < LabelPossible {
				continue
			}
			fmt.Printf("  %d %v L%d %s", i+1, tr, h.Label, x.visible(h.ID, AudPublic).field(fieldTitle))
			for _, tm := range h.Why.Terms {
				fmt.Printf(" [%s>%s]", tm.Text, tm.Via)
			}
			fmt.Println()
			for _, r := range h.Why.Rows {
				fmt.Printf("      %d %s | have %s | gap %g | %s\n", r.Verdict, show(r.Want), show(r.Have), r.Gap, r.Quote)
			}
		}
	}
}
func TestZAsk(t *testing.T) {
	x := zx()
	for _, q := range strings.Split(os.Getenv("Q"), "|") {
		fmt.Println("Q", q)
		for i, h := range x.Search(Query{Text: q, K: 6, Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits {
			_ = i
			fmt.Printf("   L%d %.3f %s ", h.Label, h.Score, x.visible(h.ID, AudPublic).field(fieldTitle))
			for j, v := range h.Evidence {
				fmt.Printf("%s=%.2f ", EvidenceNames()[j], v)
			}
			fmt.Printf("p=%.2f", x.params.confidence(&h.Evidence))
			for _, tm := range h.Why.Terms {
				fmt.Printf(" [%s>%s]", tm.Text, tm.Via)
			}
			fmt.Println()
		}
	}
}
