package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datai/match"
)

func bench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestEvalPrintsEveryTask(t *testing.T) {
	code, out, errs := bench(t, "eval", "--peers", "--results", "testdata/results.jsonl,testdata/patents.jsonl", "--needs", "testdata/needs.jsonl", "--judged", "testdata/judged.jsonl", "--papers", "testdata/papers.tsv")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{taskKnown, taskJudged, taskUnjudged, taskClick, taskTitle, taskPatent, taskAbsent, taskPresent, taskFaithful, taskPrecision, taskChips, "bleve", "uni+bigram"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
}

func TestEvalFindsKnownItems(t *testing.T) {
	code, out, errs := bench(t, "eval", "--json", "--results", "testdata/results.jsonl", "--needs", "testdata/needs.jsonl")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var rep report
	if err := json.Unmarshal([]byte(out), &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Figures) == 0 || rep.Figures[0].Task != taskKnown || rep.Figures[0].Values["datai"] != 1 {
		t.Errorf("figures: %s", out)
	}
}

func TestKeywordsAskForTheirPaper(t *testing.T) {
	d := dataset{papers: []paperRow{
		{Title: "涂层耐蚀性", Abstract: "铝合金的涂层。", Keywords: []string{"防护", "铝合金", "涂层", "", "船舶"}},
		{Title: "借阅行为", Abstract: "读者的借阅。", Keywords: []string{"图书馆"}},
		{Title: "水泵", Abstract: "叶轮。", Keywords: []string{"叶轮"}},
	}}
	got := map[string][]searchBackQuestion{}
	for _, b := range d.searchBacks() {
		got[b.task] = b.questions
	}
	if want := []searchBackQuestion{{"防护", 0}, {"船舶", 0}, {"图书馆", 1}}; !slices.Equal(got[taskAbsent], want) {
		t.Errorf("absent: %v, want %v", got[taskAbsent], want)
	}
	if want := []searchBackQuestion{{"铝合金", 0}, {"叶轮", 2}}; !slices.Equal(got[taskPresent], want) {
		t.Errorf("present: %v, want %v", got[taskPresent], want)
	}
}

func TestDisciplinesAreLearned(t *testing.T) {
	file := filepath.Join(t.TempDir(), "model")
	code, out, errs := bench(t, "disciplines", "--papers", "testdata/fields.tsv", "--results", "testdata/results.jsonl", "--out", file, "--data", "ours")
	if code != 0 || !strings.Contains(out, "five-fold: discipline") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c match.Classifier
	if err := c.UnmarshalBinary(b); err != nil || c.Info.Data != "ours" || c.Info.Figures["five-fold discipline"] < 0.9 || c.Info.Figures["five-fold category"] < 0.9 {
		t.Errorf("%v, %+v", err, c.Info)
	}
	if got := c.Classify("隧道开挖引起的沉降", ""); len(got) == 0 || got[0].Tag != "土木工程" {
		t.Errorf("guesses %v", got)
	}
}

func TestMatchMeasures(t *testing.T) {
	code, out, errs := bench(t, "match", "--docs", "200,300", "--most", "250", "--queries", "5", "--puts", "20", "--peers", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var rep speedReport
	if err := json.Unmarshal([]byte(out), &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Rows) != 5 || rep.Machine == "" || rep.Seed != 1 || rep.Rows[0].Docs != 200 || rep.Rows[4].Docs != 300 || rep.Rows[0].Ratio == 0 ||
		rep.Rows[4].Kept == nil || rep.Rows[4].Kept.SnapshotMB == 0 {
		t.Errorf("report: %s", out)
	}
	code, out, errs = bench(t, "match", "--docs", "20", "--queries", "5", "--puts", "0")
	if code != 0 || !strings.Contains(out, "load s") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// TestWebMeasures builds the real program and asks it for pages.
func TestWebMeasures(t *testing.T) {
	program := filepath.Join(t.TempDir(), "datai")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "datai/cmd/datai").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	code, out, errs := bench(t, "web", "--listings", "120", "--rate", "40", "--seconds", "1", "--program", program, "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var rep webReport
	if err := json.Unmarshal([]byte(out), &rep); err != nil {
		t.Fatal(err)
	}
	if rep.Listings != 120 || len(rep.Pages) != 6 || rep.ReadySec == 0 {
		t.Errorf("report: %s", out)
	}
	for _, p := range rep.Pages {
		if p.Failed > 0 || p.KB < 1 || p.Full == 0 {
			t.Errorf("%s: %+v", p.Page, p)
		}
	}
}

// TestCasesMeasures makes a few cases and asks for their pages.
func TestCasesMeasures(t *testing.T) {
	program := filepath.Join(t.TempDir(), "datai")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "datai/cmd/datai").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	code, out, errs := bench(t, "cases", "--cases", "230", "--listings", "30", "--rate", "20", "--seconds", "1", "--program", program, "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var rep casesReport
	if err := json.Unmarshal([]byte(out), &rep); err != nil {
		t.Fatal(err)
	}
	if rep.Cases != 230 || rep.Events < 230 || rep.Open == 0 || len(rep.Pages) != 6 {
		t.Errorf("report: %s", out)
	}
	for _, p := range rep.Pages {
		if p.Failed > 0 || p.KB < 1 {
			t.Errorf("%s: %+v", p.Page, p)
		}
	}
}

func TestTuneTunes(t *testing.T) {
	code, out, errs := bench(t, "tune", "--rounds", "1", "--folds", "2", "--only", "power", "--results", "testdata/results.jsonl", "--needs", "testdata/needs.jsonl", "--judged", "testdata/judged.jsonl")
	if code != 0 || !strings.Contains(out, "held out, tuned") || !strings.Contains(out, "Power:") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	for _, c := range []struct {
		want string
		args []string
	}{
		{"--results", []string{"eval"}},
		{"no such file", []string{"eval", "--results", "testdata/none.jsonl"}},
		{"line 1", []string{"eval", "--results", "testdata/papers.tsv"}},
		{"columns", []string{"eval", "--results", "testdata/results.jsonl", "--papers", "testdata/needs.jsonl"}},
		{"no number", []string{"eval", "--results", "testdata/results.jsonl", "--set", "nonsense=1"}},
		{"--judged", []string{"tune", "--results", "testdata/results.jsonl", "--needs", "testdata/needs.jsonl"}},
		{"at least one", []string{"match", "--docs", "0"}},
		{"--help", []string{"match", "--frobnicate"}},
	} {
		code, _, errs := bench(t, c.args...)
		if code == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit %d, message %q lacks %q", c.args, code, errs, c.want)
		}
	}
	if code, out, _ := bench(t, "--help"); code != 0 || !strings.Contains(out, "eval") {
		t.Errorf("--help: exit %d, %q", code, out)
	}
}

func TestLabelsAreFitted(t *testing.T) {
	code, out, errs := bench(t, "labels", "--folds", "2", "--results", "testdata/results.jsonl", "--judged", "testdata/judged.jsonl",
		"--small-results", "testdata/results.jsonl", "--small-judged", "testdata/judged.jsonl")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range append(match.EvidenceNames(), "constant", "held-out", "strong, in use") {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if code, _, errs := bench(t, "labels", "--results", "testdata/results.jsonl"); code != 1 || !strings.Contains(errs, "--judged") {
		t.Errorf("without judged needs: exit %d: %s", code, errs)
	}
}

func TestFitFindsWhatSeparates(t *testing.T) {
	var all []example
	for i := range 40 {
		e := example{weight: 1, grade: 3 * (i % 2)}
		e.evidence[0] = float64(i % 2)
		e.evidence[1] = float64(i / 2 % 2)
		all = append(all, e)
	}
	w := fit(all, 0.1)
	var yes, no match.Evidence
	yes[0] = 1
	if p := probability(w, yes); p < 0.9 {
		t.Errorf("what always helps has %.2f (%v)", p, w)
	}
	if p := probability(w, no); p > 0.1 {
		t.Errorf("what never helps has %.2f (%v)", p, w)
	}
	if w[2] < -0.01 || w[2] > 0.01 {
		t.Errorf("what says nothing weighs %.3f", w[2])
	}
}

func TestTrainLearnsFromFeedback(t *testing.T) {
	dir := t.TempDir()
	feedback := filepath.Join(dir, "feedback.jsonl")
	if err := os.WriteFile(feedback, []byte(`{"need":"风机噪声大，想降下来，盐雾","useful":["r1"],"notUseful":["r2"]}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "rerank.json")
	code, out, errs := bench(t, "train", "--results", "testdata/results.jsonl", "--needs", "testdata/needs.jsonl", "--feedback", feedback,
		"--feedback-results", "testdata/results.jsonl", "--out", file)
	if code != 0 || !strings.Contains(out, taskFeedback) || !strings.Contains(out, "held out") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m match.ModelFile
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Long) != len(match.FeatureNames()) || len(m.Data) != 3 || m.Figures[taskKnown] == 0 {
		t.Errorf("file: %+v", m)
	}
	for name, w := range m.Long {
		if float64(match.FeatureSign(name))*w < 0 {
			t.Errorf("%s: weight %v has the wrong sign", name, w)
		}
	}
	if code, _, errs := bench(t, "train", "--results", "testdata/results.jsonl", "--feedback", feedback); code != 1 || !strings.Contains(errs, "--feedback-results") {
		t.Errorf("feedback without its listings: exit %d, %s", code, errs)
	}
}
