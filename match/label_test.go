package match

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// catalogue indexes the dozen results of testdata and, when copies are asked for, as many unrelated ones again and again.
func catalogue(t *testing.T, copies int) *Index {
	t.Helper()
	f, err := os.Open("testdata/catalogue.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x := New(Options{})
	for sc := bufio.NewScanner(f); sc.Scan(); {
		d := Doc{Kind: KindResult, Audience: AudPublic}
		if err := json.Unmarshal(sc.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		x.Put(d)
	}
	var more []Doc
	for i := range copies {
		more = append(more, Doc{ID: fmt.Sprintf("m%d", i), Kind: KindResult, Audience: AudPublic,
			Title: fmt.Sprintf("第%d种作物的栽培与育种", i), Keywords: []string{"育种"}, Abstract: "选育抗病品种，提高产量，适合山区种植。"})
	}
	x.Put(more...)
	return x
}

// labels returns the labels of the hits by id; silent ones are left out.
func labels(x *Index, q Query) map[string]Label {
	q.Filter.Viewer = AudPublic
	out := map[string]Label{}
	for _, h := range x.Search(q).Hits {
		if h.Label > LabelNone {
			out[h.ID] = h.Label
		}
	}
	return out
}

const longNeed = "水泥厂的风机和减速机老是突然抱死，想提前知道哪个轴承坏了，转速变化时也能用，误报低于 5%。"

func TestLabels(t *testing.T) {
	for _, copies := range []int{0, 3000} {
		x := catalogue(t, copies)
		for _, c := range []struct {
			text        string
			id          string // the right answer; empty when the page must stay silent
			least, most Label
			others      Label // the highest that any other hit may have
		}{
			{text: "唐诗韵律"},
			{text: "招聘会计"},
			{text: "今天天气"},
			{text: "asdf qwer"},
			{text: "的"},
			{text: "律"},
			{text: "明星八卦绯闻"},
			{text: "减肥药推荐"},
			{text: "怎么做红烧肉"},
			{text: "股票明天涨不涨"},
			{text: ""},
			{text: longNeed, id: "bearing", least: LabelStrong, most: LabelStrong, others: LabelPossible},
			{text: "滚动轴承故障诊断", id: "bearing", least: LabelStrong, most: LabelStrong, others: LabelPossible},
			{text: "混凝土冬天开裂", id: "concrete", least: LabelPossible, most: LabelStrong, others: LabelPossible},
			{text: "含油废水处理", id: "sludge", least: LabelPossible, most: LabelStrong, others: LabelWeak},
			{text: "电池怕冷，低温下容量掉得快", id: "battery", least: LabelWeak, most: LabelStrong, others: LabelWeak},
		} {
			got := labels(x, Query{Text: c.text})
			if l := got[c.id]; c.id != "" && (l < c.least || l > c.most) {
				t.Errorf("%d more: %q: %s has label %d, want %d to %d", copies, c.text, c.id, l, c.least, c.most)
			}
			for id, l := range got {
				if id != c.id && l > c.others {
					t.Errorf("%d more: %q: %s has label %d, at most %d is right", copies, c.text, id, l, c.others)
				}
			}
		}
	}
}

func TestWhatTheLexiconAloneFindsIsAHint(t *testing.T) {
	for _, c := range []struct {
		own, lent, says float64
		want            Label
	}{
		{0, 0, 3, LabelNone}, {1, 0, 3, LabelNone}, {0, 2, 3, LabelNone}, {0, 3, 3, LabelWeak}, {0, 50, 3, LabelWeak}, {1, 1, 9, LabelWeak},
		{1, 0, 2, LabelPossible}, {1.5, 0, 30, LabelPossible}, {2, 9, 30, LabelPossible}, {3, 9, 30, LabelPossible}, {4, 0, 30, LabelStrong}, {1, 2, 1, LabelStrong},
	} {
		e := Evidence{evWords: math.Log1p(c.own), evLexicon: math.Log1p(c.lent), evLength: math.Log1p(c.says)}
		if got := e.most(); got != c.want {
			t.Errorf("own %g, lent %g of %g: %d, want %d", c.own, c.lent, c.says, got, c.want)
		}
	}
}

func TestLongNeedHasItsIndicator(t *testing.T) {
	for _, h := range catalogue(t, 0).Search(Query{Text: longNeed, Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits {
		rows := h.Why.Rows
		switch {
		case h.ID == "bearing" && (len(rows) != 1 || rows[0].Verdict != Meets || show(rows[0].Want) != "误报 < 5 %" || show(rows[0].Have) != "误报率 = 3.6 % [第三方检测]"):
			t.Errorf("rows %+v", rows)
		case h.ID != "bearing" && len(rows) > 0 && rows[0].Verdict > NotComparable && h.Label < LabelPossible:
			t.Errorf("%s, which is hardly about it, claims %+v", h.ID, rows)
		}
	}
}

func TestTermsAreWords(t *testing.T) {
	x := catalogue(t, 0)
	for _, h := range x.Search(Query{Text: longNeed + "我们的管道渗水和电费高怎么办，隧道里也要能用", Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits {
		e := x.visible(h.ID, AudPublic)
		text := strings.ToLower(e.text[:e.ends[fieldAbstract]])
		for _, term := range h.Why.Terms {
			if term.Source == FromLexicon && !strings.Contains(text, strings.ToLower(term.Via)) {
				t.Errorf("%s: %q is said to stand there", h.ID, term.Via)
			}
			if term.Source == FromNeed && trimTerm(term.Text, e) != term.Text {
				t.Errorf("%s: %q is no word", h.ID, term.Text)
			}
		}
	}
	for _, c := range [][2]string{
		{"时也", ""}, {"道渗水", "渗水"}, {"律", ""}, {"的轴承", "轴承"}, {"轴承和", "轴承"}, {"我们", ""}, {"30", ""}, {"mg", ""}, {"在线", "在线"},
		{"管道", "管道"}, {"节能", "节能"}, {"误报", "误报"}, {"过膜的", ""}, {"C40", "C40"}, {"", ""},
	} {
		if got := trimTerm(c[0], x.visible("sludge", AudPublic)); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}
