package match

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func offsetsGen(n int) *rapid.Generator[[]uint16] {
	return rapid.Custom(func(t *rapid.T) []uint16 {
		share := rapid.SampledFrom([]int{1, 2, 7, 40, 200, 1000}).Draw(t, "one in")
		var out []uint16
		desert := rapid.IntRange(0, n).Draw(t, "desert") // nothing for a while behind it, so that gaps differ in length
		for at := rapid.IntRange(0, share).Draw(t, "first"); at < n; at += rapid.IntRange(1, 2*share).Draw(t, "gap") {
			if at < desert || at > desert+600 {
				out = append(out, uint16(at))
			}
		}
		return out
	})
}

func TestListsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 63, 64, 65, 1000, segmentMax}).Draw(t, "documents")
		in := postings{plain: offsetsGen(n).Draw(t, "plain"), rest: offsetsGen(n).Draw(t, "rest")}
		for range in.rest {
			in.imps = append(in.imps, byte(rapid.IntRange(1, 255).Draw(t, "impact")))
		}
		s := &segment{n: n, lists: in.write(appendHead([]byte("before"), len(in.plain), len(in.rest)), n)}
		s.lists = append(s.lists, strings.Repeat("\xff", rapid.IntRange(0, 9).Draw(t, "after"))...)
		l := readHead(s.lists, 6)
		var out postings
		out.read(s, l)
		if !slices.Equal(out.plain, in.plain) || !slices.Equal(out.rest, in.rest) || !slices.Equal(out.imps, in.imps) {
			t.Fatalf("%v became %v", in, out)
		}
		got, want := &sums{}, &sums{}
		got.addRest(s.lists, got.addPlain(s.lists, l.at, int(l.plain), n, 3, nil), int(l.rest), n, 5, nil)
		for _, off := range in.plain {
			want.plain[off] += 3
		}
		for i, off := range in.rest {
			want.rest[off] += 5 * uint32(in.imps[i])
		}
		if *got != *want {
			t.Fatalf("sums of %v differ", in)
		}
		few := &sums{}
		only := rapid.SampledFrom([][]uint16{offsetsGen(n).Draw(t, "only"), everyNth(in.plain, 9), everyNth(in.rest, 9)}).Draw(t, "of")
		only = append(slices.Clone(only), beyond)
		few.addRest(s.lists, few.addPlain(s.lists, l.at, int(l.plain), n, 3, only), int(l.rest), n, 5, only)
		for _, off := range only[:len(only)-1] {
			if few.plain[off] != want.plain[off] || few.rest[off] != want.rest[off] {
				t.Fatalf("document %d of %v has %d and %d, want %d and %d", off, only, few.plain[off], few.rest[off], want.plain[off], want.rest[off])
			}
		}
		var marked, set marks
		s.mark(l, &marked, nil)
		for _, off := range append(slices.Clone(in.plain), in.rest...) {
			set[off/64] |= 1 << (off % 64)
		}
		if marked != set {
			t.Fatalf("%v is marked as %v", in, marked)
		}
	})
}

func everyNth(offs []uint16, n int) []uint16 {
	var out []uint16
	for i := n - 2; i < len(offs); i += n {
		out = append(out, offs[i])
	}
	return out
}

func TestNothingIsFoundInNothing(t *testing.T) {
	x := New(Options{})
	qu := Query{Text: "设备", Explain: true, Suggest: 3, Facets: []string{"theme:"}, Filter: Filter{Viewer: AudPublic}}
	if res := x.Search(qu); len(res.Hits) != 0 || res.Total != 0 {
		t.Errorf("found %+v", res)
	}
}

// A fork begins with nothing found, whatever the run has found before.
func TestForkHasFoundNothing(t *testing.T) {
	x := New(Options{})
	x.Put(everywhere(100)...)
	r := scan(x, Query{Text: "设备99", Filter: Filter{Viewer: AudPublic}, Facets: []string{"theme:"}}, 10)
	f := &run{}
	r.tell(f)
	if r.total == 0 || len(r.tally.named()["theme:"]) == 0 || f.total != 0 || len(f.top.items) != 0 || f.tally != nil || len(r.counts.fresh().named()["theme:"]) != 0 {
		t.Errorf("a run that found %d, %v has a fork that found %d, %v", r.total, r.tally.named(), f.total, f.tally.named())
	}
}

func TestSlotsKeepGramsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		han := rapid.Custom(func(t *rapid.T) rune { return rune(rapid.IntRange(1, 0x10FFFF).Draw(t, "rune")) })
		a, b := han.Draw(t, "a"), han.Draw(t, "b")
		word := rapid.Uint64().Draw(t, "hash") | wordBit
		for _, slot := range []uint64{slotOf(uint64(a)), slotOf(pairKey(a, b)), slotOf(word)} {
			if slot > slotMask || spread(gather(slot)) != slot {
				t.Fatalf("slot %x does not come back", slot)
			}
		}
		if gather(slotOf(uint64(a))) != uint64(a) || gather(slotOf(pairKey(a, b))) != slotPair|uint64(a)<<21|uint64(b) {
			t.Fatal("a slot does not hold its characters")
		}
		if !slotIsUni(slotOf(uint64(a))) || slotIsUni(slotOf(pairKey(a, b))) || slotIsUni(slotOf(word)) {
			t.Fatal("single characters are not told from the rest")
		}
	})
}

// newFile returns a maker of files that are gone when they are closed.
func newFile(t *testing.T) func() (File, error) {
	dir := t.TempDir()
	return func() (File, error) {
		f, err := os.CreateTemp(dir, "segment")
		if err != nil {
			return nil, err
		}
		return f, os.Remove(f.Name())
	}
}

// everywhere makes documents that share common characters, some of them more than once.
func everywhere(n int) []Doc {
	docs := make([]Doc, n)
	for i := range docs {
		docs[i] = Doc{ID: fmt.Sprintf("d%04d", i), Title: fmt.Sprintf("设备%d", i), Abstract: "处理。" + strings.Repeat("水", i%3) + strings.Repeat("，泵", i%7/6),
			Tags: []string{fmt.Sprint("theme:", i%5)}, Audience: AudPublic, Indicators: []Indicator{{Name: "寿命", Cmp: CmpAtLeast, Value: float64(i), Unit: "h"}}}
	}
	return docs
}

func TestFilesChangeNothing(t *testing.T) {
	docs := everywhere(coldLeast + 200)
	var mem, disk *Index
	for _, at := range []struct {
		x   **Index
		opt Options
	}{{&mem, Options{}}, {&disk, Options{NewFile: newFile(t)}}} {
		x := New(at.opt)
		for part := range slices.Chunk(docs, 150) {
			x.Put(part...)
			x.Settle() // what is dead counts for idf until it is merged away
		}
		x.Delete("d0007")
		*at.x = x
	}
	inFile := 0
	for _, v := range disk.snap.Load().views {
		if v.seg.cold.file != nil {
			inFile++
		}
	}
	if inFile == 0 {
		t.Fatal("no segment has a file")
	}
	for _, qu := range []Query{
		{Text: "泵"}, {Text: "设备99"}, {Text: "水泵设备", Title: "处理"}, {Text: "寿命≥30h的设备", Useful: []string{"d0100"}, NotUseful: []string{"d0200"}},
	} {
		qu.K, qu.Explain, qu.Filter.Viewer, qu.Facets = 100, true, AudPublic, []string{"theme:"}
		a, b := mem.Search(qu), disk.Search(qu)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%q: %d hits of %d, from files %d of %d, or others", qu.Text, len(a.Hits), a.Total, len(b.Hits), b.Total)
		}
		if len(a.Hits) == 0 {
			t.Errorf("%q finds nothing", qu.Text)
		}
		r := scan(disk, qu, len(docs))
		for i, c := range r.top.sorted() {
			var n int
			if _, err := fmt.Sscanf(c.id(), "d%d", &n); err != nil {
				t.Fatal(err)
			}
			if want := naiveSum(&disk.params, r.q, docs[n]); uint64(c.sum) != want {
				t.Fatalf("%q, hit %d: %s has %d, want %d", qu.Text, i, c.id(), c.sum, want)
			}
		}
	}
	if e := disk.visible("d0100", AudPublic); e == nil || len(e.indicators) != 1 || e.indicators[0] != docs[100].Indicators[0] {
		t.Errorf("a document came back as %+v", e)
	}
	if disk.Damaged() {
		t.Error("the index calls itself damaged")
	}
}

func TestDamagedFileIsNoticed(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"cut": func(path string) error { return os.Truncate(path, 100) },
		"a bit turned": func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b[bytes.Index(b, []byte("设备99"))] ^= 2
			return os.WriteFile(path, b, 0o600)
		},
	} {
		path := filepath.Join(t.TempDir(), "segment")
		x := New(Options{NewFile: func() (File, error) { return os.Create(path) }})
		x.Put(everywhere(coldLeast)...)
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if hits := x.Search(Query{Text: "设备99", Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits; len(hits) == 0 || !x.Damaged() {
			t.Errorf("%s: %d hits, damaged %t", name, len(hits), x.Damaged())
		}
	}
}

func TestIndexGoesOnWithoutFiles(t *testing.T) {
	x := New(Options{NewFile: func() (File, error) { return nil, errors.New("no space left on device") }})
	x.Put(everywhere(coldLeast)...)
	if hits := x.Search(Query{Text: "设备99", Filter: Filter{Viewer: AudPublic}}).Hits; len(hits) == 0 || hits[0].ID != "d0099" || x.Damaged() {
		t.Errorf("hits %v", hits)
	}
}

// What is deleted or replaced while segments are merged is not back when the merged one appears.
func TestMergeForgetsWhatWasDeletedMeanwhile(t *testing.T) {
	x := New(Options{})
	for i := range 3 {
		x.Put(Doc{ID: fmt.Sprint("a", i), Title: fmt.Sprint("w", i), Audience: AudPublic}, Doc{ID: fmt.Sprint("b", i), Title: fmt.Sprint("v", i), Audience: AudPublic})
	}
	old := x.snap.Load().views
	if len(old) != 3 {
		t.Fatalf("%d segments", len(old))
	}
	seg, remap := x.mergeViews(old)
	x.Delete("a0")
	x.Put(Doc{ID: "a1", Title: "renamed", Audience: AudPublic})
	x.write.Lock()
	x.replace(old, view{seg: seg}, remap)
	x.write.Unlock()
	if n := x.Len(); n != 5 || len(x.snap.Load().views) != 2 {
		t.Errorf("%d documents in %d segments", n, len(x.snap.Load().views))
	}
	for text, want := range map[string]string{"w0": "[]", "w1": "[]", "renamed": "[a1]", "w2": "[a2]", "v0": "[b0]"} {
		got := []string{}
		for _, h := range x.Search(Query{Text: text, Filter: Filter{Viewer: AudPublic}}).Hits {
			got = append(got, h.ID)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s finds %v, want %s", text, got, want)
		}
	}
}
