package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"datai/match"
)

type tuneCmd struct {
	evalCmd `embed:""`
	Rounds  int       `default:"2" help:"Rounds over all numbers."`
	Folds   int       `default:"0" help:"Cross-validate with so many folds before the training on everything; 0 leaves it out."`
	Seed    uint64    `default:"1" help:"Seed of the folds."`
	Sample  float64   `default:"1" help:"Share of the known items used."`
	Weights []float64 `default:"1,0.8,0.4,0.2,0.2" help:"Weights of known item, judged, click, title and absent keyword in the goal."`
	Fresh   bool      `help:"Start from round first guesses instead of the tuned numbers, for an honest cross-validation."`
	Only    string    `help:"Tune only numbers whose name begins with this."`
}

// knob is a number that is tuned. Steps are tried in both directions; a knob that starts at 0 is tried at ±step.
type knob struct {
	name     string
	of       func(*match.Params) *float64
	step     float64 // relative; absolute for a knob with add set
	add      bool
	min, max float64
}

func knobs() []knob {
	ks := []knob{
		{"k1", func(p *match.Params) *float64 { return &p.K1 }, 1.3, false, 0.3, 12},
		{"k3", func(p *match.Params) *float64 { return &p.K3 }, 1.5, false, 0.1, 50},
		{"power", func(p *match.Params) *float64 { return &p.Power }, 1.12, false, 0.8, 3},
		{"uni", func(p *match.Params) *float64 { return &p.Uni }, 1.3, false, 0.02, 2},
		{"word", func(p *match.Params) *float64 { return &p.Word }, 1.3, false, 0.1, 3},
		{"number", func(p *match.Params) *float64 { return &p.Number }, 2, false, 0.01, 1},
		{"plain", func(p *match.Params) *float64 { return &p.Plain }, 1.6, false, 0.01, 1},
		{"unimax", func(p *match.Params) *float64 { return &p.UniMax }, 1.5, false, 0.02, 1},
		{"uniscan", func(p *match.Params) *float64 { return &p.UniScan }, 1.5, false, 0.02, 1},
		{"glue", func(p *match.Params) *float64 { return &p.Glue }, 1.6, false, 0.01, 1},
		{"spread", func(p *match.Params) *float64 { return &p.Spread }, 0.12, true, 0, 1},
		{"early", func(p *match.Params) *float64 { return &p.Early }, 0.3, true, -1.5, 1.5},
		{"lexicon", func(p *match.Params) *float64 { return &p.Parts[4] }, 1.3, false, 0.02, 2},
		{"useful", func(p *match.Params) *float64 { return &p.Parts[5] }, 1.4, false, 0.02, 6},
	}
	names := []string{"title", "keywords", "abstract", "claims"}
	for f, name := range names {
		ks = append(ks,
			knob{name + ".weight", func(p *match.Params) *float64 { return &p.Fields[f].Weight }, 1.3, false, 0.05, 12},
			knob{name + ".b", func(p *match.Params) *float64 { return &p.Fields[f].B }, 0.15, true, 0, 1})
	}
	for i, name := range match.FeatureNames() {
		if i > 0 {
			ks = append(ks, knob{"model." + name, func(p *match.Params) *float64 { return &p.Long[i] }, 0.06, true, -5, 5})
		}
	}
	return ks
}

func (c *tuneCmd) Run(ctx context.Context, out io.Writer) error {
	d, err := c.load()
	if err != nil {
		return err
	}
	if len(d.needs) == 0 || len(d.judged) == 0 {
		return errors.New("tune needs --needs and --judged")
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0))
	rng.Shuffle(len(d.needs), func(i, j int) { d.needs[i], d.needs[j] = d.needs[j], d.needs[i] })
	rng.Shuffle(len(d.judged), func(i, j int) { d.judged[i], d.judged[j] = d.judged[j], d.judged[i] })
	d.needs = d.needs[:int(float64(len(d.needs))*c.Sample)]
	t := &trainer{cmd: c, out: out}
	if c.Folds > 1 {
		var start, sum marks
		for f := range c.Folds {
			in, test := d.split(f, c.Folds)
			p, err := t.search(ctx, in)
			if err != nil {
				return err
			}
			start.add(t.marks(test, c.start()))
			m := t.marks(test, p)
			sum.add(m)
			fmt.Fprintf(out, "fold %d held out: %v\n", f, m)
		}
		start.scale(1 / float64(c.Folds))
		sum.scale(1 / float64(c.Folds))
		fmt.Fprintf(out, "held out, untuned: %v\nheld out, tuned:   %v\n", start, sum)
	}
	p, err := t.search(ctx, d)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%v\n%+v\n", t.marks(d, p), p)
	return nil
}

// start returns the numbers that the search begins with.
func (c *tuneCmd) start() match.Params {
	p := match.DefaultParams()
	if !c.Fresh {
		return p
	}
	p.K1, p.K3, p.Power, p.Uni, p.Word, p.Number = 2.5, 2, 1.6, 0.35, 1, 0.2
	p.Plain, p.Glue, p.Spread, p.Early, p.UniMax = 0.15, 1, 0, 0, 0.2
	for f, w := range []float64{3, 3, 1, 0.5} {
		p.Fields[f].Weight, p.Fields[f].B = w, []float64{0.3, 0.3, 0.6, 0.7}[f]
	}
	p.Parts[4], p.Parts[5] = 0.4, 1
	clear(p.Long[:])
	clear(p.Short[:])
	p.Long[0], p.Short[0] = 1, 1
	return p
}

// split parts the needs into a training and a test set; the documents are the same.
func (d *dataset) split(fold, folds int) (in, test *dataset) {
	a, b := *d, *d
	a.needs, b.needs = splitFold(d.needs, fold, folds)
	a.judged, b.judged = splitFold(d.judged, fold, folds)
	return &a, &b
}

func splitFold[T any](all []T, fold, folds int) (in, test []T) {
	for i := range all {
		if i%folds == fold {
			test = append(test, all[i])
		} else {
			in = append(in, all[i])
		}
	}
	return in, test
}

// marks are the figures that the training looks at.
type marks struct{ known, judged, click, title, absent float64 }

func (m *marks) add(o marks) {
	m.known += o.known
	m.judged += o.judged
	m.click += o.click
	m.title += o.title
	m.absent += o.absent
}

func (m *marks) scale(f float64) {
	m.known *= f
	m.judged *= f
	m.click *= f
	m.title *= f
	m.absent *= f
}

func (m marks) String() string {
	return fmt.Sprintf("known %.4f judged %.4f click %.4f title %.4f absent %.4f", m.known, m.judged, m.click, m.title, m.absent)
}

// goal is what the training raises. The judged needs are few, so they weigh less than the many known items.
func (m marks) goal(w []float64) float64 {
	sum := 0.0
	for i, v := range []float64{m.known, m.judged, m.click, m.title, m.absent} {
		if i < len(w) {
			sum += w[i] * v
		}
	}
	return sum
}

type trainer struct {
	cmd *tuneCmd
	out io.Writer
}

func (t *trainer) marks(d *dataset, p match.Params) marks {
	var m marks
	var wg sync.WaitGroup
	wg.Go(func() { m.known = d.knownMRR(&p) })
	wg.Go(func() {
		e := &datai{params: &p}
		if e.build(d.all) != nil {
			return
		}
		for i := range d.judged {
			m.judged += match.NDCG(e.rank(d.judged[i].Need, 10), d.judged[i].Judgments, 10) / float64(len(d.judged))
		}
		_, m.click, _ = d.click(e.index)
		var rep report
		make := func() engine { return &datai{params: &p} }
		for _, b := range d.searchBacks() {
			if b.run(make, &rep) != nil {
				return
			}
		}
		for _, f := range rep.Figures {
			switch f.Task {
			case taskTitle:
				m.title = f.Values[e.name()]
			case taskAbsent:
				m.absent = f.Values[e.name()]
			}
		}
	})
	wg.Wait()
	return m
}

func (d *dataset) knownMRR(p *match.Params) float64 {
	e := &datai{params: p}
	if e.build(d.known) != nil {
		return 0
	}
	sum := 0.0
	for i := range d.needs {
		sum += match.ReciprocalRank(e.rank(d.needs[i].Text, 10), d.needs[i].Achievement, 10)
	}
	return sum / float64(len(d.needs))
}

// search moves one number at a time while the goal rises.
func (t *trainer) search(ctx context.Context, d *dataset) (match.Params, error) {
	best := t.cmd.start()
	goal := t.marks(d, best).goal(t.cmd.Weights)
	for round := range t.cmd.Rounds {
		for _, k := range knobs() {
			if len(t.cmd.Only) > 0 && (len(k.name) < len(t.cmd.Only) || k.name[:len(t.cmd.Only)] != t.cmd.Only) {
				continue
			}
			for _, up := range []bool{true, false} {
				moved := false
				for range 4 {
					if err := ctx.Err(); err != nil {
						return best, err
					}
					p := best
					v := k.of(&p)
					*v = min(max(k.move(*v, up, round), k.min), k.max)
					m := t.marks(d, p)
					if m.goal(t.cmd.Weights) <= goal+1e-5 {
						break
					}
					best, goal, moved = p, m.goal(t.cmd.Weights), true
					fmt.Fprintf(t.out, "%d %-18s %.4f  goal %.4f  %v\n", round, k.name, *v, goal, m)
				}
				if moved {
					break
				}
			}
		}
	}
	return best, nil
}

func (k *knob) move(v float64, up bool, round int) float64 {
	step := k.step
	if k.add {
		for range round {
			step /= 2
		}
		if up {
			return v + step
		}
		return v - step
	}
	for range round {
		step = 1 + (step-1)/2
	}
	if up {
		return v * step
	}
	return v / step
}
