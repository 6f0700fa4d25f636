package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
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
	for _, want := range []string{taskKnown, taskJudged, taskUnjudged, taskClick, taskTitle, taskPatent, taskAbsent, taskFaithful, taskPrecision, "bleve", "uni+bigram"} {
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

func TestMatchMeasures(t *testing.T) {
	code, out, errs := bench(t, "match", "--docs", "200", "--queries", "5", "--peers", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var rep speedReport
	if err := json.Unmarshal([]byte(out), &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Rows) != 2 || rep.Machine == "" || rep.Seed != 1 || rep.Docs != 200 {
		t.Errorf("report: %s", out)
	}
}

func TestTrainTunes(t *testing.T) {
	code, out, errs := bench(t, "train", "--rounds", "1", "--folds", "2", "--only", "power", "--results", "testdata/results.jsonl", "--needs", "testdata/needs.jsonl", "--judged", "testdata/judged.jsonl")
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
		{"--judged", []string{"train", "--results", "testdata/results.jsonl", "--needs", "testdata/needs.jsonl"}},
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
