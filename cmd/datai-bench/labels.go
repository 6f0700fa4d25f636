package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"datai/match"
)

type labelsCmd struct {
	evalCmd      `embed:""`
	SmallResults string  `placeholder:"FILE" help:"Results of a small catalogue, as JSON Lines."`
	SmallJudged  string  `placeholder:"FILE" help:"Needs of the small catalogue with their answers, as judged needs. Other hits count as a weak no."`
	Folds        int     `default:"5" help:"Folds of the cross-validation; a need with all its shortened forms is in one fold."`
	Ridge        float64 `default:"0.3" help:"Strength of the pull of the weights towards 0."`
}

// example is a hit with what the judges say of it.
type example struct {
	group    int // number of the need
	evidence match.Evidence
	label    match.Label
	weight   float64
	grade    int
	small    bool
	whole    bool // the need in full, not a shortened form
}

func (c *labelsCmd) Run(ctx context.Context, out io.Writer) error {
	d, err := c.load()
	if err != nil {
		return err
	}
	params, err := c.params()
	if err != nil {
		return err
	}
	if len(d.judged) == 0 || c.Folds < 2 {
		return errors.New("labels needs --judged and at least two --folds")
	}
	all, err := examples(d, params, false)
	if err != nil {
		return err
	}
	more, err := c.small(params)
	if err != nil {
		return err
	}
	for _, e := range more {
		e.group += len(d.judged)
		all = append(all, e)
	}
	held := heldOut(all, c.Folds, c.Ridge)
	w := fit(all, c.Ridge)
	fmt.Fprintf(out, "constant %.3f", w[0])
	for i, name := range match.EvidenceNames() {
		fmt.Fprintf(out, ", %s %.3f", name, w[i+1])
	}
	fmt.Fprintln(out)
	return printLabels(out, all, held, params.Labels)
}

// small returns the examples of the small catalogue, none when there is none.
func (c *labelsCmd) small(params *match.Params) ([]example, error) {
	if c.SmallResults == "" || c.SmallJudged == "" {
		return nil, nil
	}
	files := evalCmd{Results: []string{c.SmallResults}, Judged: c.SmallJudged}
	d, err := files.load()
	if err != nil {
		return nil, err
	}
	return examples(d, params, true)
}

// heldOut returns for each example the confidence of a model that has not seen its need.
func heldOut(all []example, folds int, ridge float64) []float64 {
	held := make([]float64, len(all))
	for f := range folds {
		var train []example
		for _, e := range all {
			if e.group%folds != f {
				train = append(train, e)
			}
		}
		w := fit(train, ridge)
		for i, e := range all {
			if e.group%folds == f {
				held[i] = probability(w, e.evidence)
			}
		}
	}
	return held
}

// examples asks every need and shortened forms of it and keeps the hits that have a grade.
func examples(d *dataset, params *match.Params, small bool) ([]example, error) {
	e := &datai{params: params}
	if err := e.build(d.all); err != nil {
		return nil, err
	}
	var out []example
	for n := range d.judged {
		j := &d.judged[n]
		for v, q := range j.forms() {
			q.K, q.Filter.Viewer = 20, match.AudPublic
			for _, h := range e.index.Search(q).Hits {
				g, ok := j.Judgments[h.ID]
				if !ok && !small {
					continue
				}
				x := example{n, h.Evidence, h.Label, 1, g, small, v == 0}
				if v > 0 {
					x.weight = 0.5
				}
				if !ok {
					x.weight *= 0.25
				}
				out = append(out, x)
			}
		}
	}
	return out, nil
}

// forms are the need in full and the shorter questions that somebody might ask instead.
func (j *judgedRow) forms() []match.Query {
	out := []match.Query{{Text: j.Need, Title: j.Title, Keywords: j.Keywords}}
	if j.Title != "" {
		return append(out, match.Query{Text: j.Title + "。" + j.Need}, match.Query{Text: j.Title})
	}
	for i, r := range j.Need {
		if r == '。' || r == '；' {
			return append(out, match.Query{Text: j.Need[:i]}, match.Query{Text: j.Need[i+len(string(r)):]})
		}
	}
	return out
}

func probability(w []float64, e match.Evidence) float64 {
	z := w[0]
	for i, v := range e {
		z += w[i+1] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// fit is a logistic regression (grade ≥ 2) with a ridge, by Newton's method.
func fit(examples []example, ridge float64) []float64 {
	n := len(match.EvidenceNames()) + 1
	w := make([]float64, n)
	for range 30 {
		a := make([][]float64, n)
		for i := range a {
			a[i] = make([]float64, n+1)
			if i > 0 {
				a[i][i], a[i][n] = ridge, -ridge*w[i]
			} else {
				a[i][i] = 1e-9
			}
		}
		for _, e := range examples {
			x := append([]float64{1}, e.evidence[:]...)
			p := probability(w, e.evidence)
			y := 0.0
			if e.grade >= 2 {
				y = 1
			}
			for i := range x {
				for k := range x {
					a[i][k] += e.weight * p * (1 - p) * x[i] * x[k]
				}
				a[i][n] += e.weight * (y - p) * x[i]
			}
		}
		solve(a)
		for i := range w {
			w[i] += a[i][n]
		}
	}
	return w
}

// solve brings a positive definite system, its right side in the last column, to the solution in that column.
func solve(a [][]float64) {
	n := len(a)
	for i := range a {
		for k := range a {
			if k == i {
				continue
			}
			f := a[k][i] / a[i][i]
			for j := i; j <= n; j++ {
				a[k][j] -= f * a[i][j]
			}
		}
	}
	for i := range a {
		a[i][n] /= a[i][i]
	}
}

// printLabels tells, by held-out confidence, what the hits of a step are worth, and what the labels in use give.
func printLabels(out io.Writer, all []example, held []float64, least [3]float64) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "held-out confidence\tjudged hits\tgrade ≥ 2\tgrade ≥ 1\tsmall: answers\tsmall: others")
	steps := []float64{0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.01}
	for i := range steps[:len(steps)-1] {
		row(w, fmt.Sprintf("%.2f to %.2f", steps[i], steps[i+1]), all, func(k int) bool { return held[k] >= steps[i] && held[k] < steps[i+1] })
	}
	names := []string{"none", "weak", "possible", "strong"}
	bounds := append(append([]float64{0}, least[:]...), 1.01)
	for l, name := range names {
		row(w, name+", held out", all, func(k int) bool { return all[k].whole && held[k] >= bounds[l] && held[k] < bounds[l+1] })
		row(w, name+", in use", all, func(k int) bool { return all[k].whole && int(all[k].label) == l })
		row(w, name+", in use, short", all, func(k int) bool { return !all[k].whole && int(all[k].label) == l })
	}
	return w.Flush()
}

func row(w io.Writer, name string, all []example, in func(k int) bool) {
	var hits, useful, near, answers, others int
	for k, e := range all {
		switch {
		case !in(k):
		case e.small && e.grade >= 2:
			answers++
		case e.small:
			others++
		default:
			hits++
			if e.grade >= 2 {
				useful++
			}
			if e.grade >= 1 {
				near++
			}
		}
	}
	n := float64(max(hits, 1))
	fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%d\t%d\n", name, hits, float64(useful)/n, float64(near)/n, answers, others)
}
