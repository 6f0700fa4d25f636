package match

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// letters are few, so that random documents share grams.
const letters = "电池正极涂层腐蚀激光材料温度水泵a1 ，。"

func textGen(least, most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune(letters)), least, most, -1)
}

func docGen(id string) *rapid.Generator[Doc] {
	return rapid.Custom(func(t *rapid.T) Doc {
		return Doc{
			ID:       id,
			Kind:     rapid.SampledFrom([]Kind{KindResult, KindNeed, KindPerson}).Draw(t, "kind"),
			Title:    textGen(0, 10).Draw(t, "title"),
			Keywords: rapid.SliceOfN(textGen(0, 4), 0, 3).Draw(t, "keywords"),
			Abstract: textGen(0, 40).Draw(t, "abstract"),
			Claims:   textGen(0, 10).Draw(t, "claims"),
			Tags:     rapid.SliceOfN(rapid.SampledFrom([]string{"theme:a", "theme:b", "trl:6", "state:listed"}), 0, 3).Draw(t, "tags"),
			Audience: rapid.SampledFrom([]Audience{0, AudPublic, AudSignedIn, AudOffice, AudPublic | AudOffice}).Draw(t, "audience"),
			Time:     rapid.Int64Range(0, 3).Draw(t, "time"),
			Until:    rapid.Int64Range(0, 3).Draw(t, "until"),
			Key:      textGen(0, 2).Draw(t, "key"),
			Level:    rapid.Uint8Range(0, 2).Draw(t, "level"),
		}
	})
}

// fill draws documents and puts them in several calls, some replaced and deleted, and returns what must be there. Now and
// then the index goes to disk and another one comes back.
func fill(t *rapid.T) (*Index, map[string]Doc) {
	x, model := New(Options{}), map[string]Doc{}
	for range rapid.IntRange(1, 14).Draw(t, "calls") {
		var batch []Doc
		for range rapid.IntRange(1, 12).Draw(t, "batch") {
			d := docGen(fmt.Sprintf("d%02d", rapid.IntRange(0, 60).Draw(t, "id"))).Draw(t, "doc")
			batch = append(batch, d)
			model[d.ID] = d
		}
		x.Put(batch...)
		if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
			id := fmt.Sprintf("d%02d", rapid.IntRange(0, 60).Draw(t, "gone"))
			x.Delete(id, "unknown")
			delete(model, id)
		}
		switch rapid.IntRange(0, 9).Draw(t, "then") {
		case 0:
			x = reload(t, x)
		case 1:
			x.Settle()
		}
	}
	return x, model
}

// reload saves an index and loads the snapshot into another.
func reload(t interface{ Fatal(...any) }, x *Index) *Index {
	b := saved(t, x)
	y := New(Options{Params: &x.params})
	if err := y.Load(bytes.NewReader(b), int64(len(b)), func(Stamp) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return y
}

func saved(t interface{ Fatal(...any) }, x *Index) []byte {
	var b bytes.Buffer
	if err := x.Save(&b, stampOf); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var stampOf = Stamp{Database: "here", Epoch: 3, Feed: 41, At: 7}

func scan(x *Index, qu Query, keep int, help ...int) *run {
	snap := x.snap.Load()
	r := &run{x: x, q: x.ask(&qu, snap), snap: snap, sc: newScratch(), sieve: x.sieve(&qu.Filter), keep: keep, tally: x.tally(qu.Facets, qu.Filter.Any), least: x.params.Floor}
	r.counts = r.tally
	for _, n := range help {
		r.begin(n)
		defer r.end()
	}
	r.weigh()
	r.scan()
	return r
}

// naiveSum scores a document from its text, without index or postings.
func naiveSum(p *Params, q *question, d Doc) uint64 {
	freq := map[uint64]float32{}
	keywords := ""
	for _, k := range d.Keywords {
		keywords += k + "\n"
	}
	for f, text := range []string{d.Title, keywords, d.Abstract, d.Claims} {
		grams, n := appendGrams(nil, text), 0
		for _, g := range grams {
			if !isUni(g.key) {
				n++
			}
		}
		fp := p.Fields[f]
		for _, g := range grams {
			freq[g.key] += float32(fp.Weight / (1 - fp.B + fp.B*float64(n)/fp.Pivot))
		}
	}
	sum := uint64(0)
	for _, g := range q.grams {
		if tf := float64(freq[g.key]); tf > 0 {
			sum += g.whole * uint64(max(1, math.Round(255*tf/(p.K1+tf))))
		}
	}
	return sum
}

func TestScanIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := fill(t)
		qu := Query{Text: textGen(1, 30).Draw(t, "text"), Keywords: []string{textGen(0, 4).Draw(t, "keyword")}, Filter: filterGen().Draw(t, "filter"), Facets: []string{"theme:"}}
		k := rapid.IntRange(1, 20).Draw(t, "k")
		r := scan(x, qu, k, rapid.IntRange(0, 3).Draw(t, "helpers"))
		type scored struct {
			doc Doc
			sum uint64
		}
		var want []scored
		total, themes := 0, map[string]int{}
		for _, d := range model {
			s := naiveSum(&x.params, r.q, d)
			if s > 0 && s >= uint64(r.floor()) && naiveCounts(&qu.Filter, "theme:", d) {
				for _, tag := range slices.Compact(slices.Sorted(slices.Values(d.Tags))) {
					if strings.HasPrefix(tag, "theme:") {
						themes[tag]++
					}
				}
			}
			if s == 0 || !naivePasses(&qu.Filter, d) {
				continue
			}
			want = append(want, scored{d, s})
			if s >= uint64(r.floor()) {
				total++
			}
		}
		slices.SortFunc(want, func(a, b scored) int {
			return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(b.doc.Time, a.doc.Time), cmp.Compare(a.doc.ID, b.doc.ID))
		})
		got := r.top.sorted()
		if len(got) != min(k, len(want)) {
			t.Fatalf("%d hits, want %d", len(got), min(k, len(want)))
		}
		for i := range got {
			if got[i].id() != want[i].doc.ID || uint64(got[i].sum) != want[i].sum {
				t.Fatalf("hit %d: %s %d, want %s %d", i, got[i].id(), got[i].sum, want[i].doc.ID, want[i].sum)
			}
		}
		if facets := r.tally.named()["theme:"]; r.total != total || fmt.Sprint(facets) != fmt.Sprint(themes) {
			t.Fatalf("total %d facets %v, want %d %v", r.total, facets, total, themes)
		}
		if n := count(x, qu.Filter); n != naiveCount(&qu.Filter, model) {
			t.Fatalf("count %d, want %d", n, naiveCount(&qu.Filter, model))
		}
	})
}

// TestHoldersAreCounted compares the count of a term with a look at every document.
func TestHoldersAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := fill(t)
		f, term := filterGen().Draw(t, "filter"), textGen(2, 5).Draw(t, "term")
		want, some := 0, false
		for _, d := range model {
			freq := map[uint64]bool{}
			for _, text := range append([]string{d.Title, d.Abstract, d.Claims}, d.Keywords...) {
				for _, g := range appendGrams(nil, text) {
					freq[g.key] = true
				}
			}
			all := naivePasses(&f, d)
			for _, g := range appendGrams(nil, term) {
				some = some || !isUni(g.key)
				all = all && (isUni(g.key) || freq[g.key])
			}
			if all {
				want++
			}
		}
		if !some {
			want = 0
		}
		if got := x.Holding(f, []string{term, "完全没有的词", term}); got[0] != want || got[1] != 0 || got[2] != want {
			t.Fatalf("%q is held by %v, want %d", term, got, want)
		}
	})
}

// TestFurtherHits come below the others, as they would be found among them, without an explanation.
func TestFurtherHits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, _ := fill(t)
		qu := Query{Text: textGen(1, 30).Draw(t, "text"), K: rapid.IntRange(1, 5).Draw(t, "k"), Further: rapid.IntRange(0, 9).Draw(t, "further"), Explain: true,
			Filter: Filter{Viewer: AudPublic}}
		got := x.Search(qu).Hits
		all := qu
		all.K, all.Further, all.Uncounted = qu.K+qu.Further, 0, rapid.Bool().Draw(t, "uncounted")
		want := x.Search(all).Hits
		for i := range want[min(qu.K, len(want)):] {
			want[qu.K+i].Why = Explanation{}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func filterGen() *rapid.Generator[Filter] {
	return rapid.Custom(func(t *rapid.T) Filter {
		return Filter{
			Kinds:   rapid.SliceOfN(rapid.SampledFrom([]Kind{KindResult, KindNeed, KindPerson}), 0, 2).Draw(t, "kinds"),
			Viewer:  rapid.SampledFrom([]Audience{0, AudPublic, AudPublic | AudSignedIn, AudOffice, 15}).Draw(t, "viewer"),
			Any:     rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]string{"theme:a", "trl:6", "never"}), 0, 2), 0, 2).Draw(t, "any"),
			Exclude: rapid.SliceOfN(rapid.SampledFrom([]string{"d01", "d02", "d03"}), 0, 2).Draw(t, "exclude"),
			Now:     rapid.Int64Range(0, 3).Draw(t, "now"),
		}
	})
}

func naivePasses(f *Filter, d Doc) bool {
	if d.Audience&f.Viewer == 0 || len(f.Kinds) > 0 && !slices.Contains(f.Kinds, d.Kind) || slices.Contains(f.Exclude, d.ID) ||
		f.Now > 0 && d.Until > 0 && d.Until <= f.Now && f.Viewer&AudOffice == 0 {
		return false
	}
	for _, group := range f.Any {
		if len(group) > 0 && !slices.ContainsFunc(group, func(tag string) bool { return slices.Contains(d.Tags, tag) }) {
			return false
		}
	}
	return true
}

func count(x *Index, f Filter) int {
	n, _ := x.CountFacets(f, nil)
	return n
}

func naiveCount(f *Filter, model map[string]Doc) int {
	n := 0
	for _, d := range model {
		if naivePasses(f, d) {
			n++
		}
	}
	return n
}

// What a viewer finds is what somebody who sees everything finds, less what the viewer may not see, in the same order
// with the same scores: nothing that is hidden can be told from the hits. Only idf and commonness, which are figures
// over the whole collection, are shared.
func TestViewerSeesNoTraceOfTheHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := fill(t)
		qu := Query{Text: textGen(1, 30).Draw(t, "text"), K: 1000, Explain: true, Facets: []string{"theme:", "trl:"}}
		qu.Useful = []string{fmt.Sprintf("d%02d", rapid.IntRange(0, 60).Draw(t, "useful"))}
		qu.NotUseful = []string{fmt.Sprintf("d%02d", rapid.IntRange(0, 60).Draw(t, "not useful"))}
		qu.Filter.Viewer = AudPublic
		public := func(id string) bool { return model[id].Audience&AudPublic != 0 }
		qu.Suggest = 50
		some := x.Search(qu)
		for _, s := range some.Suggestions {
			lent := false
			for id, d := range model {
				lent = lent || public(id) && strings.Contains(d.Title+"\n"+strings.Join(d.Keywords, "\n")+"\n"+d.Abstract+"\n"+d.Claims, s.Term)
			}
			if !lent {
				t.Fatalf("%q was suggested by no visible document", s.Term)
			}
		}
		qu.Filter.Viewer = AudPublic | AudSignedIn | AudParty | AudOffice
		qu.Useful = slices.DeleteFunc(qu.Useful, func(id string) bool { return !public(id) })
		qu.NotUseful = slices.DeleteFunc(qu.NotUseful, func(id string) bool { return !public(id) })
		var want []Hit
		for _, h := range x.Search(qu).Hits {
			if public(h.ID) {
				want = append(want, h)
			}
		}
		n := min(len(want), x.params.Rerank/2) // beyond the re-ranked ones scores are relative to the last of them
		if len(some.Hits) != len(want) {
			t.Fatalf("%d hits, want %d", len(some.Hits), len(want))
		}
		for i := range n {
			if fmt.Sprint(some.Hits[i]) != fmt.Sprint(want[i]) {
				t.Fatalf("hit %d: %+v, want %+v", i, some.Hits[i], want[i])
			}
		}
	})
}

func TestPutAndDeleteShowAtOnce(t *testing.T) {
	x := New(Options{})
	find := func(text string) []string {
		var out []string
		for _, h := range x.Search(Query{Text: text, Filter: Filter{Viewer: AudPublic}}).Hits {
			out = append(out, h.ID)
		}
		return out
	}
	for i := range 300 { // many small segments, merged as they come
		x.Put(Doc{ID: fmt.Sprint(i), Title: fmt.Sprintf("word%d 涂层", i), Audience: AudPublic})
		if got := find(fmt.Sprintf("word%d", i)); !slices.Equal(got, []string{fmt.Sprint(i)}) {
			t.Fatalf("after Put %d: %v", i, got)
		}
	}
	if n := len(x.snap.Load().views); n > 3*fanIn {
		t.Errorf("%d segments for 300 documents", n)
	}
	x.Put(Doc{ID: "7", Title: "renamed 涂层", Audience: AudPublic})
	if got := find("word7"); len(got) != 0 {
		t.Errorf("the replaced text is still found: %v", got)
	}
	if got := find("renamed"); !slices.Equal(got, []string{"7"}) {
		t.Errorf("the new text is not found: %v", got)
	}
	x.Delete("7", "7", "unknown")
	if got := find("renamed"); len(got) != 0 || x.Len() != 299 {
		t.Errorf("deleted but found: %v, %d documents", got, x.Len())
	}
	x.Put(Doc{ID: "a", Title: "first", Audience: AudPublic}, Doc{ID: "a", Title: "second", Audience: AudPublic})
	if len(find("first")) != 0 || len(find("second")) != 1 || x.Len() != 300 {
		t.Error("of two documents with one id in a call the last one must count")
	}
}

func TestLargePutIsCutIntoSegments(t *testing.T) {
	x := New(Options{})
	docs := make([]Doc, segmentMax+commonLeast)
	for i := range docs {
		docs[i] = Doc{ID: fmt.Sprint(i), Title: fmt.Sprintf("n%d", i), Audience: AudPublic}
	}
	x.Put(docs...)
	if x.Len() != len(docs) || len(x.snap.Load().views) != 2 {
		t.Fatalf("%d documents in %d segments", x.Len(), len(x.snap.Load().views))
	}
	for _, i := range []int{0, segmentMax - 1, segmentMax, len(docs) - 1} {
		hits := x.Search(Query{Text: fmt.Sprintf("n%d", i), K: 1, Filter: Filter{Viewer: AudPublic}}).Hits
		if len(hits) != 1 || hits[0].ID != fmt.Sprint(i) {
			t.Errorf("document %d: %v", i, hits)
		}
	}
}

func TestCommonDocumentsAreMarked(t *testing.T) {
	x := New(Options{})
	docs := make([]Doc, commonLeast)
	for i := range docs {
		docs[i] = Doc{ID: fmt.Sprint(i), Abstract: fmt.Sprintf("w%d 与 w%d", i, (i+1)%len(docs)), Audience: AudPublic}
	}
	for i := range 40 { // one document holds the words of forty others
		docs[0].Abstract += fmt.Sprintf(" w%d", 100+i)
	}
	x.Put(docs...)
	seg := x.snap.Load().views[0].seg
	mean := 0.0
	for _, c := range seg.common {
		mean += float64(c) / float64(len(seg.common))
	}
	if len(seg.common) != len(docs) || math.Abs(mean) > 0.01 {
		t.Fatalf("%d figures, mean %g", len(seg.common), mean)
	}
	if most := slices.Max(seg.common); seg.common[0] < most || most < 0.5 {
		t.Errorf("the common document has %g, the greatest figure is %g", seg.common[0], most)
	}
}

func TestConcurrentPutAndSearch(t *testing.T) {
	x := New(Options{})
	x.Put(Doc{ID: "stays", Title: "激光焊接", Audience: AudPublic})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 60 {
				x.Put(Doc{ID: fmt.Sprint(w, i%20), Title: "激光切割", Tags: []string{fmt.Sprint("theme:", i)}, Audience: AudPublic})
				if i%7 == 0 {
					x.Delete(fmt.Sprint(w, i%20))
				}
			}
		})
		wg.Go(func() {
			for range 60 {
				res := x.Search(Query{Text: "激光焊接", Useful: []string{fmt.Sprint(w, 3)}, K: 200, Explain: true, Facets: []string{"theme:"}, Filter: Filter{Viewer: AudPublic}})
				if len(res.Hits) == 0 || !slices.ContainsFunc(res.Hits, func(h Hit) bool { return h.ID == "stays" }) {
					t.Error("a document that nobody touches was not found")
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestHostileQuestions(t *testing.T) {
	x := New(Options{})
	x.Put(Doc{ID: "a", Title: "激光焊接\x00设备", Keywords: []string{"", "\n", "激光"}, Abstract: strings.Repeat("激光焊接。", 20000), Audience: AudPublic},
		Doc{ID: "b", Audience: AudPublic})
	for name, text := range map[string]string{
		"empty":       "",
		"punctuation": "，。！？……（）",
		"NUL":         "\x00\x00激\x00光",
		"bad UTF-8":   "激光\xff\xfe焊接\xe6\xbf",
		"long":        strings.Repeat("激光焊接设备腐蚀", 12500),
		"one word":    strings.Repeat("a", 100000),
		"numbers":     strings.Repeat("9", 100000) + "≥" + strings.Repeat("三", 10000) + "次",
		"brackets":    strings.Repeat("（", 50000) + "寿命≥3次",
		"big planes":  strings.Repeat("𠀀𠀁", 1000),
	} {
		res := x.Search(Query{Text: text, Title: text, Keywords: []string{text}, Terms: []string{text}, K: 1 << 30, Explain: true, Filter: Filter{Viewer: AudPublic}})
		if len(res.Hits) > 2 {
			t.Errorf("%s: %d hits of 2 documents", name, len(res.Hits))
		}
		for _, h := range res.Hits {
			checkWhy(t, h.Why)
		}
	}
	if hits := x.Search(Query{Text: "激光"}).Hits; len(hits) != 0 {
		t.Error("a viewer without any group sees something")
	}
}

// checkWhy checks that an explanation is well formed.
func checkWhy(t *testing.T, e Explanation) {
	t.Helper()
	sum := 0.0
	for _, term := range e.Terms {
		sum += term.Share
	}
	if sum > 1+1e-6 || len(e.Terms) > termsMax {
		t.Errorf("%d terms with a share of %g", len(e.Terms), sum)
	}
	end := 0
	for _, s := range e.Snippet.Spans {
		if s.Start < end || s.End <= s.Start || s.End > len(e.Snippet.Text) {
			t.Errorf("span %v of a snippet of %d bytes", s, len(e.Snippet.Text))
		}
		end = s.End
	}
	if runes(e.Snippet.Text) > snippetMax {
		t.Errorf("a snippet of %d characters", runes(e.Snippet.Text))
	}
}

func TestExplanation(t *testing.T) {
	x := New(Options{})
	x.Put(
		Doc{ID: "fan", Title: "轴流风机尾缘锯齿降噪", Keywords: []string{"气动噪声"}, Abstract: "介绍背景。锯齿尾缘使风机噪声降低5dB，风量不变。结论。", Audience: AudPublic},
		Doc{ID: "other", Title: "图书馆读者服务", Abstract: "分析读者借阅行为。", Audience: AudPublic},
	)
	res := x.Search(Query{Text: "我厂的风机嗡嗡声大，想把响声降下来", Explain: true, Filter: Filter{Viewer: AudPublic}})
	if len(res.Hits) == 0 || res.Hits[0].ID != "fan" {
		t.Fatalf("hits %+v", res.Hits)
	}
	why := res.Hits[0].Why
	checkWhy(t, why)
	text := fmt.Sprintf("%+v", why.Terms)
	for _, want := range []string{"Text:风机", "Text:嗡嗡 Via:噪声 Source:2"} {
		if !strings.Contains(text, want) {
			t.Errorf("terms %s lack %s", text, want)
		}
	}
	if !strings.HasPrefix(why.Snippet.Text, "锯齿尾缘") || !utf8.ValidString(why.Snippet.Text) {
		t.Errorf("snippet %q", why.Snippet.Text)
	}
	if len(why.Title) == 0 {
		t.Error("nothing is marked in the title")
	}
}

func TestClicksMoveHits(t *testing.T) {
	x := New(Options{})
	x.Put(
		Doc{ID: "pump", Title: "离心泵叶轮水力优化", Abstract: "优化叶轮降低能耗。", Audience: AudPublic},
		Doc{ID: "pump2", Title: "叶轮水力模型", Abstract: "叶轮水力模型试验。", Audience: AudPublic},
		Doc{ID: "lamp", Title: "照明节能灯具", Abstract: "灯具降低能耗。", Audience: AudPublic},
		Doc{ID: "hidden", Title: "照明灯具灯具", Abstract: "灯具灯具。", Audience: AudOffice},
	)
	score := func(q Query, id string) float64 {
		q.Text, q.Filter.Viewer = "降低能耗", AudPublic
		for _, h := range x.Search(q).Hits {
			if h.ID == id {
				return h.Score
			}
		}
		return 0
	}
	if score(Query{Useful: []string{"pump"}}, "pump2") <= score(Query{}, "pump2") {
		t.Error("a useful hit does not lift its like")
	}
	if score(Query{NotUseful: []string{"lamp"}}, "lamp") >= score(Query{}, "lamp") {
		t.Error("a hit that is not useful does not fall")
	}
	if score(Query{Useful: []string{"hidden"}}, "lamp") != score(Query{}, "lamp") {
		t.Error("a hidden document lends its words")
	}
	if hits := x.Similar("pump", Filter{Viewer: AudPublic}, 5); len(hits) == 0 || hits[0].ID != "pump2" {
		t.Errorf("similar to pump: %+v", hits)
	}
	if x.Similar("hidden", Filter{Viewer: AudPublic}, 5) != nil {
		t.Error("a hidden document has similar ones")
	}
}

func TestMeasures(t *testing.T) {
	if got := ReciprocalRank([]string{"a", "b", "c"}, "b", 10); got != 0.5 {
		t.Errorf("reciprocal rank %g", got)
	}
	if got := ReciprocalRank([]string{"a", "b", "c"}, "c", 2); got != 0 {
		t.Errorf("reciprocal rank beyond the cut %g", got)
	}
	grades := map[string]int{"a": 3, "b": 1, "z": 0}
	if got := NDCG([]string{"a", "b"}, grades, 10); !nearly(got, 1) {
		t.Errorf("the best order has nDCG %g", got)
	}
	want := (1 + 3/math.Log2(3)) / (3 + 1/math.Log2(3))
	if got := NDCG([]string{"b", "a", "unjudged"}, grades, 10); !nearly(got, want) {
		t.Errorf("nDCG %g, want %g", got, want)
	}
	if got := NDCG([]string{"a"}, map[string]int{"a": 0}, 10); got != 0 {
		t.Errorf("nDCG without grades %g", got)
	}
}

func TestNothingToTheSubjectHasNoLabel(t *testing.T) {
	x := New(Options{})
	for i := range 60 {
		x.Put(Doc{ID: fmt.Sprint(i), Title: fmt.Sprintf("图书馆读者借阅行为分析之%d", i), Abstract: "调查读者满意度，检测数据质量，提出服务建议。", Audience: AudPublic})
	}
	need := "养老院老人摔跤自动报警的手环，卧室里不装摄像头也要能发现，坐下弯腰不能误报，夜里起床也要认得出来，检测要准"
	res := x.Search(Query{Text: need, Facets: []string{"theme:"}, Filter: Filter{Viewer: AudPublic}})
	for _, h := range res.Hits {
		if h.Label != LabelNone {
			t.Errorf("label %d for %s", h.Label, h.ID)
		}
	}
	if res.Total != 0 {
		t.Errorf("%d documents count as related", res.Total)
	}
}

func TestLongSnippetsKeepTheirMarks(t *testing.T) {
	filler := strings.Repeat("一些无关紧要内容", 20)
	x := New(Options{})
	x.Put(Doc{ID: "a", Title: "甲", Abstract: filler + "采用超疏水涂层防止覆冰" + filler, Audience: AudPublic})
	s := x.Search(Query{Text: "超疏水", Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits[0].Why.Snippet
	if len(s.Spans) != 1 || s.Text[s.Spans[0].Start:s.Spans[0].End] != "超疏水" || runes(s.Text) > snippetMax {
		t.Errorf("snippet %q with marks %v", s.Text, s.Spans)
	}
}

func TestCommonCharactersWaitForTheSecondStage(t *testing.T) {
	x := New(Options{})
	for i := range 400 {
		title := fmt.Sprintf("甲%d", i)
		if i%4 == 0 {
			title = fmt.Sprintf("钢%d", i)
		}
		x.Put(Doc{ID: fmt.Sprint(i), Title: title, Audience: AudPublic})
	}
	r := scan(x, Query{Text: "钢，甲8，8", Filter: Filter{Viewer: AudPublic}}, 10)
	g := r.q.grams[0]
	if !g.late || g.whole != 0 || g.weight == 0 {
		t.Errorf("a common character has weight %g, in the scan %d", g.weight, g.whole)
	}
	sum := uint64(0)
	for _, g := range r.q.grams {
		sum += g.whole
	}
	if sum*255 >= 1<<32 {
		t.Errorf("the sums overflow: %d", sum)
	}
	r = scan(x, Query{Text: "钢", Filter: Filter{Viewer: AudPublic}}, 10)
	if len(r.top.sorted()) != 10 {
		t.Error("a question of one common character finds nothing")
	}
}
