package match

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// featuresOf returns the features of a question's candidates by id and name, and how short the question is.
func featuresOf(x *Index, text string) (by map[string]map[string]float64, short float64) {
	found, short := x.Candidates(Query{Text: text, Filter: Filter{Viewer: AudPublic}})
	by = map[string]map[string]float64{}
	for _, c := range found {
		by[c.ID] = map[string]float64{}
		for i, name := range FeatureNames() {
			by[c.ID][name] = c.Features[i]
		}
	}
	return by, short
}

// TestTextbookFeature compares with BM25 written down anew.
func TestTextbookFeature(t *testing.T) {
	docs := []Doc{
		{ID: "a", Title: "水泵腐蚀", Abstract: "水泵的腐蚀与水泵的涂层。"},
		{ID: "b", Title: "涂层", Keywords: []string{"水泵", "X1"}, Abstract: "激光涂层，腐蚀试验。"},
		{ID: "c", Title: "温度", Abstract: "水的温度。" + strings.Repeat("温度高，", 300)},
	}
	// 水 is in all three documents: common.
	const question = "水泵腐蚀水泵X1"
	tokens := func(s string) (out []string) {
		for _, g := range appendGrams(nil, s) {
			out = append(out, strings.ToLower(s[g.start:g.end]))
		}
		return out
	}
	texts := map[string][]string{}
	for i := range docs {
		docs[i].Kind, docs[i].Audience = KindResult, AudPublic
		texts[docs[i].ID] = slices.Concat(tokens(docs[i].Title), tokens(strings.Join(docs[i].Keywords, "\n")), tokens(docs[i].Abstract))
	}
	x := New(Options{})
	x.Put(docs...)
	got, short := featuresOf(x, question)
	if short != 1 {
		t.Errorf("a question of three words is short by %v", short)
	}
	for id, text := range texts {
		want, most := 0.0, 0.0
		for _, gram := range tokens(question) {
			df, times := 0.0, 0.0
			for _, other := range texts {
				if slices.Contains(other, gram) {
					df++
				}
			}
			for _, w := range text {
				if w == gram {
					times++
				}
			}
			idf := math.Log(1 + (3-df+0.5)/(df+0.5))
			want += idf * times / (times + 1.2*(0.25+0.75*float64(len(text))/450))
			most += idf
		}
		if diff := got[id]["textbook"] - want/most; math.Abs(diff) > 1e-9 {
			t.Errorf("%s: %v, want %v", id, got[id]["textbook"], want/most)
		}
	}
}

func TestWholeKeywords(t *testing.T) {
	x := New(Options{})
	for id, keywords := range map[string][]string{"two": {"滚动轴承", "故障诊断"}, "one": {"滚动轴承", "故障预警"}, "none": {"轴承座", "故障预警"}} {
		x.Put(Doc{ID: id, Kind: KindResult, Audience: AudPublic, Title: "轴承", Keywords: keywords, Abstract: "滚动轴承的故障诊断。"})
	}
	got, _ := featuresOf(x, "滚动轴承怎样做到故障诊断")
	if two, one, none := got["two"]["whole"], got["one"]["whole"], got["none"]["whole"]; two <= one || one <= 0 || none != 0 {
		t.Errorf("keywords that the question holds weigh %v, %v and %v", two, one, none)
	}
}

func TestShortQuestions(t *testing.T) {
	x := New(Options{})
	x.Put(Doc{ID: "a", Kind: KindResult, Audience: AudPublic, Title: "轴承", Abstract: longNeed})
	for _, c := range []struct {
		text        string
		least, most float64
	}{{"滚动轴承", 1, 1}, {"滚动轴承早期故障的在线识别方法", 0.01, 0.99}, {strings.Repeat(longNeed, 3) + "水泵腐蚀之后涂层脱落，激光熔覆能不能修补磨损的叶轮", 0, 0}} {
		if _, short := featuresOf(x, c.text); short < c.least || short > c.most {
			t.Errorf("%q is short by %v", c.text, short)
		}
	}
}
