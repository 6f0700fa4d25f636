package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"datai/match"
)

type trainCmd struct {
	evalCmd         `embed:""`
	Out             string  `placeholder:"FILE" help:"Write the weights here, as match/rerank.json."`
	Seed            uint64  `default:"1" help:"Shuffles the questions before they are cut into folds."`
	Ridge           float64 `default:"0.05" help:"Strength of the pull of the weights towards what was found by hand."`
	Date            string  `placeholder:"DATE" help:"Date of the training; it goes into the file."`
	Feedback        string  `placeholder:"FILE" help:"What people marked, as JSON Lines {need,title,keywords,useful,notUseful}: the last two are ids of --feedback-results."`
	FeedbackResults string  `placeholder:"FILE" help:"The listings of that catalogue, as JSON Lines like --results."`
}

// feedbackRow is a question and what a person marked among its hits.
type feedbackRow struct {
	Need      string   `json:"need"`
	Title     string   `json:"title"`
	Keywords  []string `json:"keywords"`
	Useful    []string `json:"useful"`
	NotUseful []string `json:"notUseful"`
}

// lesson is a question with what the second stage knows of its candidates and what people say of them.
type lesson struct {
	task   string
	group  int // questions of one group are in one fold
	short  float64
	found  []match.Candidate
	grades map[string]int
	rated  bool // candidates without a grade say nothing, rather than that they are of no use
}

// taskWeights say how much a task counts as a whole, however many questions it has.
func taskWeights() map[string]float64 {
	return map[string]float64{taskKnown: 3, taskJudged: 0.8, taskClick: 0.8, taskTitle: 0.3, taskPatent: 0.3, taskAbsent: 0.3, taskPresent: 1, taskFeedback: 1}
}

const (
	taskFeedback = "feedback of a catalogue"
	ridgeUsual   = 0.05
)

func (c *trainCmd) Run(ctx context.Context, out io.Writer) error {
	d, err := c.load()
	if err != nil {
		return err
	}
	params, err := c.params()
	if err != nil {
		return err
	}
	lessons, err := d.lessons(params)
	if err != nil {
		return err
	}
	more, err := c.feedback(params)
	if err != nil {
		return err
	}
	lessons = append(lessons, more...)
	if len(lessons) == 0 {
		return errors.New("train needs questions: --data, or --results with --needs, --judged or --papers, or --feedback")
	}
	held, err := crossValidate(ctx, lessons, c.Ridge, c.Seed)
	if err != nil {
		return err
	}
	w := learn(lessons, c.Ridge)
	seen := measured(lessons, func(*lesson) []float64 { return w })
	for _, task := range slices.Sorted(maps.Keys(held)) {
		fmt.Fprintf(out, "%-40s held out %.4f, on what it learned from %.4f\n", task, held[task], seen[task])
	}
	if c.Out == "" {
		return nil
	}
	file := modelFile(w)
	file.Data, file.Date, file.Seed, file.Figures = c.sources(), c.Date, c.Seed, held
	b, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.Out, append(b, '\n'), 0o644) //nolint:gosec // a file to be committed
}

// sources names the files that a training read, without their folders.
func (c *trainCmd) sources() []string {
	var out []string
	for _, f := range append(slices.Clone(c.Results), c.Needs, c.Judged, c.Papers, c.Feedback) {
		if f != "" {
			out = append(out, f[strings.LastIndexByte(f, '/')+1:])
		}
	}
	return out
}

// lessons asks every question of every task.
func (d *dataset) lessons(params *match.Params) ([]lesson, error) {
	var out []lesson
	build := func(docs []match.Doc) (*match.Index, error) {
		e := &datai{params: params}
		err := e.build(docs)
		return e.index, err
	}
	index, err := build(d.known)
	if err != nil {
		return nil, err
	}
	for i := range d.needs {
		out = append(out, asked(index, taskKnown, i, match.Query{Text: d.needs[i].Text}, map[string]int{d.needs[i].Achievement: 3}))
	}
	if index, err = build(d.all); err != nil {
		return nil, err
	}
	for i := range d.judged {
		j := &d.judged[i]
		q := j.forms()[0]
		out = append(out, asked(index, taskJudged, i, q, j.Judgments))
		if clicked := firstUseful(index, q, j.Judgments); clicked != "" {
			rest := maps.Clone(j.Judgments)
			delete(rest, clicked)
			q.Useful, q.Filter.Exclude = []string{clicked}, []string{clicked}
			out = append(out, asked(index, taskClick, i, q, rest))
		}
	}
	for _, b := range d.searchBacks() {
		if index, err = build(b.docs); err != nil {
			return nil, err
		}
		for i, q := range b.questions {
			out = append(out, asked(index, b.task, q.doc, match.Query{Text: q.text}, map[string]int{b.docs[b.questions[i].doc].ID: 3}))
		}
	}
	return out, nil
}

func asked(index *match.Index, task string, group int, q match.Query, grades map[string]int) lesson {
	q.Filter.Viewer = match.AudPublic
	l := lesson{task: task, group: group, grades: grades}
	l.found, l.short = index.Candidates(q)
	return l
}

func firstUseful(index *match.Index, q match.Query, grades map[string]int) string {
	q.K, q.Filter.Viewer = 50, match.AudPublic
	for _, h := range index.Search(q).Hits {
		if grades[h.ID] >= 2 {
			return h.ID
		}
	}
	return ""
}

// feedback reads what people marked in a catalogue.
func (c *trainCmd) feedback(params *match.Params) ([]lesson, error) {
	if c.Feedback == "" {
		return nil, nil
	}
	if c.FeedbackResults == "" {
		return nil, errors.New("--feedback needs --feedback-results: the listings that the ids belong to")
	}
	rows, err := readLines[feedbackRow](c.Feedback)
	if err != nil {
		return nil, err
	}
	files := evalCmd{Results: []string{c.FeedbackResults}}
	d, err := files.load()
	if err != nil {
		return nil, err
	}
	e := &datai{params: params}
	if err := e.build(d.all); err != nil {
		return nil, err
	}
	var out []lesson
	for i, r := range rows {
		grades := map[string]int{}
		for _, id := range r.NotUseful {
			grades[id] = 0
		}
		for _, id := range r.Useful {
			grades[id] = 3
		}
		l := asked(e.index, taskFeedback, i, match.Query{Text: r.Need, Title: r.Title, Keywords: r.Keywords}, grades)
		l.rated = true
		out = append(out, l)
	}
	return out, nil
}

// mark is how good an order of the candidates is: nDCG@10 where grades differ, else MRR@10.
func (l *lesson) mark(w []float64) float64 {
	type scored struct {
		id    string
		score float64
	}
	var list []scored
	for _, c := range l.found {
		if _, ok := l.grades[c.ID]; ok || !l.rated {
			list = append(list, scored{c.ID, dot(w, c.Features, l.short)})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	ranked := make([]string, len(list))
	for i, s := range list {
		ranked[i] = s.id
	}
	if l.task == taskJudged || l.task == taskClick || l.task == taskFeedback {
		return match.NDCG(ranked, l.grades, 10)
	}
	for id := range l.grades {
		return match.ReciprocalRank(ranked, id, 10)
	}
	return 0
}

// dot is the score under weights of which the first half counts as far as the question is long, the second as far as it
// is short.
func dot(w, features []float64, short float64) float64 {
	n, sum := len(features), 0.0
	for i, v := range features {
		sum += ((1-short)*w[i] + short*w[n+i]) * v
	}
	return sum
}

func measured(lessons []lesson, of func(*lesson) []float64) map[string]float64 {
	sum, n := map[string]float64{}, map[string]float64{}
	for i := range lessons {
		l := &lessons[i]
		sum[l.task] += l.mark(of(l))
		n[l.task]++
	}
	for task := range sum {
		sum[task] /= n[task]
	}
	return sum
}

// crossValidate measures every question with weights that were learned from other folds.
func crossValidate(ctx context.Context, lessons []lesson, ridge float64, seed uint64) (map[string]float64, error) {
	in := foldOf(seed)
	weights := make([][]float64, folds)
	for f := range folds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var train []lesson
		for _, l := range lessons {
			if in(l.group) != f {
				train = append(train, l)
			}
		}
		weights[f] = learn(train, ridge)
	}
	return measured(lessons, func(l *lesson) []float64 { return weights[in(l.group)] }), nil
}

// foldOf deals groups out to folds, in another way for each seed.
func foldOf(seed uint64) func(group int) int {
	return func(group int) int {
		h := (uint64(group) + seed*0x9E3779B97F4A7C15) * 0xff51afd7ed558ccd
		return int((h ^ h>>33) % folds)
	}
}

// modelFile names the weights.
func modelFile(w []float64) match.ModelFile {
	f := match.ModelFile{Long: map[string]float64{}, Short: map[string]float64{}}
	names := match.FeatureNames()
	for i, name := range names {
		f.Long[name] = math.Round(w[i]*1e5) / 1e5
		f.Short[name] = math.Round(w[len(names)+i]*1e5) / 1e5
	}
	return f
}
