package main

import (
	"math"
	"slices"

	"datai/match"
)

// list is a lesson made ready for learning: the features of its candidates, in units of their usual size, and the part of
// the whole that each should get.
type list struct {
	x      [][]float64
	target []float64
	weight float64
}

// rounds of Newton's method; six are enough as a rule.
const rounds = 12

// learn finds the weights under which the candidates that help are likeliest to come first: the logarithm of the softmax
// of the scores, weighted by grade, less a ridge (ListNet with linear scores). It is deterministic.
func learn(lessons []lesson, ridge float64) []float64 {
	sizes := usualSizes(lessons)
	rows := rowsOf(lessons, sizes)
	w := guess(rows, sizes)
	prior := slices.Clone(w)
	loss := lossOf(rows, w, prior, ridge)
	for range rounds {
		step := newton(rows, w, prior, ridge)
		next, better := w, loss
		for part := 1.0; part > 1e-3; part /= 2 {
			try := make([]float64, len(w))
			for i := range try {
				try[i] = w[i] + part*step[i]
			}
			if l := lossOf(rows, try, prior, ridge); l < loss {
				next, better = try, l
				break
			}
		}
		done := loss-better < 1e-6
		w, loss = next, better
		if done {
			break
		}
	}
	for i := range w {
		w[i] /= sizes[i]
	}
	return scaled(w, lessons)
}

// guess is where the weights begin and what the ridge pulls them to: what was found by hand, for long questions and for
// short ones as sharp as suits the lessons.
func guess(rows []list, sizes []float64) []float64 {
	long := map[string]float64{"base": 1, "cover": 0.06, "title": 0.18, "keywords": 0.06, "common": -0.18}
	short := map[string]float64{"textbook": 0.7, "base": 0.3, "title": 0.1}
	w := make([]float64, len(sizes))
	for i, name := range match.FeatureNames() {
		w[i], w[len(w)/2+i] = long[name]*sizes[i], short[name]*sizes[len(w)/2+i]
	}
	sharpen(rows, w, w)
	sharpen(rows, w, w[len(w)/2:])
	return w
}

// sharpen multiplies part of the weights by what suits the lessons best.
func sharpen(rows []list, w, part []float64) {
	from := slices.Clone(part)
	best, least := 1.0, math.Inf(1)
	scale := func(by float64) {
		for i, v := range from {
			part[i] = by * v
		}
	}
	for sharp := 0.01; sharp < 1000; sharp *= 1.3 {
		scale(sharp)
		if l := lossOf(rows, w, w, 0); l < least {
			best, least = sharp, l
		}
	}
	scale(best)
}

// scaled brings the scores of long questions and those of short ones to the size of the first stage's, so that the part of
// the attainable keeps its meaning for labels.
func scaled(w []float64, lessons []lesson) []float64 {
	n := len(w) / 2
	for half := range 2 {
		base, score := 0.0, 0.0
		for i := range lessons {
			share := 1 - lessons[i].short
			if half == 1 {
				share = lessons[i].short
			}
			for j := range lessons[i].found[:min(3, len(lessons[i].found))] {
				f := lessons[i].found[j].Features
				base += share * f[0]
				score += share * dot(w, f, float64(half))
			}
		}
		if score <= 0 {
			continue
		}
		for i := range w[half*n:][:n] {
			w[half*n+i] *= base / score
		}
	}
	return w
}

// usualSizes are the root mean squares of the features as they count in long questions and in short ones.
func usualSizes(lessons []lesson) []float64 {
	sizes := make([]float64, 2*len(match.FeatureNames()))
	count := 0.0
	for i := range lessons {
		for _, c := range lessons[i].found {
			for j, v := range c.Features {
				long, short := v*(1-lessons[i].short), v*lessons[i].short
				sizes[j] += long * long
				sizes[len(c.Features)+j] += short * short
			}
			count++
		}
	}
	for j := range sizes {
		sizes[j] = math.Sqrt(sizes[j]/max(count, 1)) + 1e-9
	}
	return sizes
}

// rowsOf keeps the lessons that teach something: some candidate helps and another does not.
func rowsOf(lessons []lesson, sizes []float64) []list {
	var rows []list
	var tasks []string
	count := map[string]float64{}
	for i := range lessons {
		l := &lessons[i]
		var r list
		sum := 0.0
		for _, c := range l.found {
			g, ok := l.grades[c.ID]
			if !ok && l.rated {
				continue
			}
			x := make([]float64, len(sizes))
			for j, v := range c.Features {
				x[j] = v * (1 - l.short) / sizes[j]
				x[len(c.Features)+j] = v * l.short / sizes[len(c.Features)+j]
			}
			r.x, r.target = append(r.x, x), append(r.target, float64(g))
			sum += float64(g)
		}
		if sum == 0 || len(r.x) < 2 {
			continue
		}
		for j := range r.target {
			r.target[j] /= sum
		}
		rows, tasks = append(rows, r), append(tasks, l.task)
		count[l.task]++
	}
	weights := taskWeights()
	for i := range rows {
		rows[i].weight = weights[tasks[i]] / count[tasks[i]]
	}
	return rows
}

// chances is the softmax of the scores of a row's candidates.
func (r *list) chances(w []float64) []float64 {
	p := make([]float64, len(r.x))
	most, sum := math.Inf(-1), 0.0
	for i, x := range r.x {
		for j, v := range x {
			p[i] += w[j] * v
		}
		most = max(most, p[i])
	}
	for i := range p {
		p[i] = math.Exp(p[i] - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func lossOf(rows []list, w, prior []float64, ridge float64) float64 {
	loss := 0.0
	for i, v := range w {
		loss += ridge * (v - prior[i]) * (v - prior[i]) / 2
	}
	for i := range rows {
		p := rows[i].chances(w)
		for j, t := range rows[i].target {
			if t > 0 {
				loss -= rows[i].weight * t * math.Log(p[j]+1e-300)
			}
		}
	}
	return loss
}

// newton returns the step to the minimum of the loss's parabola.
func newton(rows []list, w, prior []float64, ridge float64) []float64 {
	n := len(w)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n+1)
		a[i][i], a[i][n] = ridge, ridge*(prior[i]-w[i])
	}
	for i := range rows {
		rows[i].curve(a, w)
	}
	for i := range a {
		for j := range i {
			a[j][i] = a[i][j]
		}
	}
	return bounded(a, w)
}

// bounded is the step to the lowest point of a parabola from which every weight keeps its sign: w + step is on the right
// side of 0 wherever FeatureSign asks for it. Coordinates take turns.
func bounded(a [][]float64, w []float64) []float64 {
	const turns = 300
	names := match.FeatureNames()
	n := len(w)
	step := make([]float64, n)
	for range turns {
		for i := range step {
			slope := a[i][n]
			for j, v := range step {
				slope -= a[i][j] * v
			}
			to := w[i] + step[i] + slope/a[i][i]
			switch match.FeatureSign(names[i%len(names)]) {
			case 1:
				to = max(to, 0)
			case -1:
				to = min(to, 0)
			}
			step[i] = to - w[i]
		}
	}
	return step
}

// curve adds a row's share of the curvature, below the diagonal, and of the slope, in the last column.
func (r *list) curve(a [][]float64, w []float64) {
	const negligible = 1e-5
	n := len(w)
	p := r.chances(w)
	mean := make([]float64, n)
	for i, x := range r.x {
		for j, v := range x {
			mean[j] += p[i] * v
			a[j][n] += r.weight * (r.target[i] - p[i]) * v
		}
	}
	for i, x := range r.x {
		if p[i] < negligible {
			continue
		}
		for j := range x {
			d := r.weight * p[i] * (x[j] - mean[j])
			to := a[j][:j+1]
			for k := range to {
				to[k] += d * (x[k] - mean[k])
			}
		}
	}
}
