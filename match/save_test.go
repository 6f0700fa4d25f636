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
)

func anyStamp(Stamp) error { return nil }

// library is an index with a full segment in files, a small one, and something deleted.
func library(t testing.TB, o Options) *Index {
	x := New(o)
	x.Put(everywhere(coldLeast + 200)...)
	x.Put(Doc{ID: "late", Title: "离心泵叶轮", Key: "lixinbengyelun", Abstract: "叶轮的水力设计。", Tags: []string{"theme:9"}, Audience: AudPublic, Until: 50},
		Doc{ID: "gone", Title: "机密绝密秘密", Key: "jimijuemimimi", Audience: AudPublic})
	x.Delete("gone", "d0003")
	return x
}

func TestSnapshotAnswersAsTheIndexDid(t *testing.T) {
	x := library(t, Options{NewFile: newFile(t)})
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := os.WriteFile(path, saved(t, x), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	y := New(Options{NewFile: newFile(t)})
	var stamp Stamp
	if err := y.Load(f, info.Size(), func(s Stamp) error { stamp = s; return nil }); err != nil || stamp != stampOf {
		t.Fatalf("stamp %+v, %v", stamp, err)
	}
	same := func(when string) {
		t.Helper()
		for _, qu := range []Query{
			{Text: "泵"}, {Text: "设备99"}, {Text: "水泵设备叶轮", Title: "处理"}, {Text: "寿命≥30h的设备", Useful: []string{"d0100"}, NotUseful: []string{"d0200"}},
		} {
			qu.K, qu.Explain, qu.Filter.Viewer, qu.Filter.Now, qu.Facets = 100, true, AudPublic, 20, []string{"theme:"}
			a, b := x.Search(qu), y.Search(qu)
			if fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%s, %q: %d hits of %d, loaded %d of %d, or others", when, qu.Text, len(a.Hits), a.Total, len(b.Hits), b.Total)
			}
		}
		if x.Len() != y.Len() || count(x, Filter{Viewer: AudPublic, Now: 60}) != count(y, Filter{Viewer: AudPublic, Now: 60}) {
			t.Errorf("%s: %d documents, loaded %d", when, x.Len(), y.Len())
		}
		l := x.Browse(Filter{Viewer: AudPublic}, ByKey, nil, 20, nil)
		if m := y.Browse(Filter{Viewer: AudPublic}, ByKey, nil, 20, nil); !slices.Equal(l.Marks, m.Marks) {
			t.Errorf("%s: browsing shows %v, loaded %v", when, l.Marks, m.Marks)
		}
	}
	same("loaded")
	for _, z := range []*Index{x, y} {
		z.Put(Doc{ID: "d0099", Title: "设备99之二", Tags: []string{"theme:new"}, Audience: AudPublic}, Doc{ID: "new", Title: "水泵", Audience: AudPublic})
		z.Delete("late")
		z.Settle()
	}
	same("changed")
	if y.Damaged() {
		t.Error("the loaded index calls itself damaged")
	}
}

func TestSnapshotHoldsNoTextOfTheDead(t *testing.T) {
	b := saved(t, library(t, Options{}))
	if bytes.Contains(b, []byte("绝密")) || bytes.Contains(b, []byte("jimi")) {
		t.Error("what was deleted can be read in the snapshot")
	}
	if !bytes.Contains(b, []byte("离心泵")) {
		t.Error("what was not deleted cannot")
	}
}

func TestDamagedSnapshotIsRefused(t *testing.T) {
	x := New(Options{})
	x.Put(Doc{ID: "a", Title: "激光焊接", Tags: []string{"theme:a"}, Audience: AudPublic}, Doc{ID: "b", Title: "焊机", Audience: AudPublic})
	x.Put(Doc{ID: "c", Title: "激光", Audience: AudPublic})
	x.Delete("b")
	whole := saved(t, x)
	load := func(b []byte) (*Index, error) {
		y := New(Options{})
		return y, y.Load(bytes.NewReader(b), int64(len(b)), anyStamp)
	}
	if _, err := load(whole); err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(whole)
	for i := 0; i < len(damaged); i += 1 + len(damaged)/4000 {
		damaged[i] ^= 1 << (i % 8)
		if y, err := load(damaged); !errors.Is(err, ErrSnapshot) || y.Len() != 0 {
			t.Fatalf("byte %d of %d: %d documents, %v", i, len(whole), y.Len(), err)
		}
		damaged[i] = whole[i]
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/300 {
		if y, err := load(whole[:n]); !errors.Is(err, ErrSnapshot) || y.Len() != 0 {
			t.Fatalf("cut to %d of %d bytes: %d documents, %v", n, len(whole), y.Len(), err)
		}
	}
}

func TestSnapshotOfAnotherKindIsRefused(t *testing.T) {
	x := library(t, Options{})
	b := saved(t, x)
	p := DefaultParams()
	p.K1 += 0.01
	if err := New(Options{Params: &p}).Load(bytes.NewReader(b), int64(len(b)), anyStamp); !errors.Is(err, ErrSnapshot) {
		t.Errorf("with other parameters: %v", err)
	}
	no := errors.New("of another database")
	y := New(Options{})
	if err := y.Load(bytes.NewReader(b), int64(len(b)), func(Stamp) error { return no }); !errors.Is(err, no) || y.Len() != 0 {
		t.Errorf("refused by its stamp: %v, %d documents", err, y.Len())
	}
	if err := x.Load(bytes.NewReader(b), int64(len(b)), anyStamp); err == nil || x.Len() == 0 {
		t.Errorf("into an index that is not empty: %v, %d documents", err, x.Len())
	}
}

func FuzzLoad(f *testing.F) {
	x := New(Options{})
	x.Put(Doc{ID: "a", Title: "激光焊接", Keywords: []string{"焊缝"}, Tags: []string{"theme:a"}, Audience: AudPublic, Indicators: []Indicator{{Name: "寿命", Value: 3}}})
	f.Add(saved(f, x))
	x.Put(Doc{ID: "b", Title: strings.Repeat("激光 ", 40), Audience: AudOffice})
	x.Delete("a")
	f.Add(saved(f, x))
	f.Add([]byte(saveMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		y := New(Options{})
		if y.Load(bytes.NewReader(b), int64(len(b)), anyStamp) != nil {
			if y.Len() != 0 {
				t.Error("a snapshot that was refused left something")
			}
			return
		}
		for _, h := range y.Search(Query{Text: "激光焊接", Explain: true, Filter: Filter{Viewer: AudPublic | AudOffice}}).Hits {
			if h.ID == "" {
				t.Error("a hit without id")
			}
		}
	})
}
