package match

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoThemes are short texts of two subjects.
func twoThemes() []Example {
	var out []Example
	for i, words := range []string{"钢筋混凝土框架抗震", "桥梁桩基承载力", "隧道盾构管片渗水", "剪力墙延性试验", "预应力梁裂缝", "软土地基沉降"} {
		out = append(out, Example{Title: words, Text: fmt.Sprint("试件 ", i, " 结构 施工"), Tag: "theme:city"})
	}
	for i, words := range []string{"肿瘤靶向药物递送", "糖尿病血糖监测", "骨科植入物表面", "心电信号筛查房颤", "抗菌敷料伤口", "核酸快速诊断"} {
		out = append(out, Example{Title: words, Text: fmt.Sprint("患者 ", i, " 临床 疗效"), Tag: "theme:health"})
	}
	return out
}

func TestClassifierLearns(t *testing.T) {
	c, err := TrainClassifier(t.Context(), twoThemes(), ClassifierOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"桥面混凝土裂缝修补": "theme:city", "伤口抗菌药物": "theme:health"} {
		got := c.Classify(text, "")
		if len(got) != 2 || got[0].Tag != want || got[0].Confidence <= 0.5 {
			t.Errorf("%s: %v, want %s first", text, got, want)
		}
		if sum := got[0].Confidence + got[1].Confidence; math.Abs(sum-1) > 1e-9 {
			t.Errorf("%s: confidences sum to %v", text, sum)
		}
	}
	for _, nothing := range []string{"", "12 345", "zzz", "\xff"} {
		if got := c.Classify(nothing, nothing); got != nil {
			t.Errorf("%q: %v, want no guess", nothing, got)
		}
	}
	if _, err := TrainClassifier(t.Context(), twoThemes()[:6], ClassifierOptions{}); err == nil {
		t.Error("trained on a single tag")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := TrainClassifier(ended, twoThemes(), ClassifierOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a training goes on though nobody waits: %v", err)
	}
	if got := (&Classifier{}).Classify("混凝土", ""); got != nil {
		t.Errorf("the zero value guesses %v", got)
	}
}

// What every text of a collection says tells no subject, however few of the examples say it.
func TestBackgroundTellsCommonGrams(t *testing.T) {
	examples := []Example{{Title: "新型钢梁", Tag: "a"}, {Title: "肿瘤细胞", Tag: "b"}}
	var common []Example
	for range 50 {
		common = append(common, Example{Text: "新型"})
	}
	var sure []float64
	for _, b := range []*Background{nil, NewBackground(common)} {
		c, err := TrainClassifier(t.Context(), examples, ClassifierOptions{Background: b})
		if err != nil {
			t.Fatal(err)
		}
		got := c.Classify("新型细胞", "")
		sure = append(sure, got[slices.IndexFunc(got, func(g Guess) bool { return g.Tag == "b" })].Confidence)
	}
	if sure[0] > 0.55 || sure[1] < 0.6 {
		t.Errorf("confidence %.2f without the background, %.2f with it", sure[0], sure[1])
	}
}

// A gram that only one tag's examples hold speaks for it and against the others, the more the heavier the example is.
func TestComplementCounts(t *testing.T) {
	count := func(weight float64) [][]float32 {
		tr := &training{features: 2, examples: []Example{{Tag: "a", Weight: weight}, {Tag: "b"}, {Tag: "c"}},
			rows: [][]coordinate{{{0, 1}}, {{1, 1}}, {{1, 1}}}}
		planes := [][]float32{{0, 1}, {0, 0}, {0, 0}}
		tr.complement([]string{"a", "b", "c"}, planes)
		return planes
	}
	light, heavy := count(1), count(3)
	if light[0][0] <= 0 || light[1][0] >= 0 || light[1][0] != light[2][0] || heavy[0][0] <= light[0][0] {
		t.Errorf("weights of the gram: %v, and of a heavier example %v", light, heavy)
	}
	if own := light[0][1]; own <= 0 || own >= 1 {
		t.Errorf("the plane's weight 1 became %v; what is counted is added to it", own)
	}
}

func TestClassifierFile(t *testing.T) {
	train := func() ([]byte, *Classifier) {
		c, err := TrainClassifier(t.Context(), twoThemes(), ClassifierOptions{Seed: 7, Keep: 40})
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return b, c
	}
	file, c := train()
	if again, _ := train(); !bytes.Equal(file, again) {
		t.Error("two trainings of the same examples differ")
	}
	var read Classifier
	if err := read.UnmarshalBinary(file); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"桥面混凝土裂缝修补", "伤口抗菌药物", "结构"} {
		if diff := cmp.Diff(c.Classify(text, text), read.Classify(text, text)); diff != "" {
			t.Errorf("%s: the classifier that was read guesses otherwise:\n%s", text, diff)
		}
	}
	before, _ := read.MarshalBinary()
	for i := range file {
		if read.UnmarshalBinary(file[:i]) == nil {
			t.Fatalf("%d of %d bytes are taken for a classifier", i, len(file))
		}
	}
	if after, _ := read.MarshalBinary(); !bytes.Equal(before, after) {
		t.Error("a damaged file changed the classifier")
	}
}

func FuzzClassifierFile(f *testing.F) {
	c, err := TrainClassifier(f.Context(), twoThemes(), ClassifierOptions{Keep: 5})
	if err != nil {
		f.Fatal(err)
	}
	b, err := c.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Classifier
		if c.UnmarshalBinary(data) == nil {
			c.Classify("桥面混凝土裂缝修补", "患者")
		}
	})
}

func TestDisciplines(t *testing.T) {
	c := Disciplines()
	if n := len(c.Tags()); n != 67 {
		t.Errorf("%d disciplines, want 67", n)
	}
	if c.Info.Data == "" || c.Info.Licence == "" || c.Info.Figures["five-fold discipline"] < 0.6 || c.Info.Figures["five-fold category"] < 0.8 {
		t.Errorf("the file does not say what it was trained from: %+v", c.Info)
	}
	if len(disciplinesModel) > 600<<10 {
		t.Errorf("the file has %d bytes", len(disciplinesModel))
	}
	for text, want := range map[string]string{
		"钢筋混凝土框架节点的抗震加固":    "土木工程",
		"水稻氮肥运筹与籽粒产量":       "作物学",
		"配电网单相接地故障选线":       "电气工程",
		"低渗透油藏水平井压裂后的产能":    "石油与天然气工程",
		"对虾养殖池塘弧菌病的免疫防治与饲料": "水产",
	} {
		got := c.Classify(text, "")
		if at := slices.IndexFunc(got, func(g Guess) bool { return g.Tag == want }); at != 0 {
			t.Errorf("%s: %v, want %s", text, got[:3], want)
		}
	}
	if strings.Contains(strings.Join(c.Tags(), ""), "#") {
		t.Error("a remark became a discipline")
	}
}
