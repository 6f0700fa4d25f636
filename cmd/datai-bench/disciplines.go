package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"datai/match"
)

// disciplineWords and disciplinePapers are what the project knows of the disciplines, added to the examples of a training:
// the words of each, and titles and lines such as its journals print.
var (
	//go:embed disciplines.txt
	disciplineWords string
	//go:embed papers.txt
	disciplinePapers string
)

const (
	disciplineKeep = 2200 // weights kept of each discipline in the file that ships
	wordsWeight    = 3    // of a line of disciplineWords, against a paper
	inventedWeight = 2    // of a line of disciplinePapers
	voters         = 10
)

type fieldsCmd struct {
	Papers  string   `required:"" placeholder:"FILE" help:"Papers as tab-separated abstract, title, keywords joined by _, discipline, category."`
	Results []string `sep:"none" placeholder:"FILE" help:"Results as JSON Lines, repeatable, to tell common words by; of which discipline they are nobody needs to know."`
	Out     string   `placeholder:"FILE" help:"Write the classifier here."`
	Data    string   `placeholder:"NAME" help:"What the papers are; it goes into the file."`
	Licence string   `placeholder:"NAME" help:"Licence of the papers; it goes into the file."`
	Date    string   `placeholder:"DATE" help:"Date of the training; it goes into the file."`
	Keep    int      `default:"2200" help:"Weights kept of each discipline."`
	Seed    uint64   `default:"1" help:"Seed of the folds and of the training."`
}

func (c *fieldsCmd) Run(ctx context.Context, out io.Writer) error {
	papers, err := readPapers(c.Papers)
	if err != nil {
		return err
	}
	var d dataset
	for _, path := range c.Results {
		if err := d.addResults(path); err != nil {
			return err
		}
	}
	o := match.ClassifierOptions{Seed: c.Seed, Keep: c.Keep, Background: d.background()}
	f, err := disciplineFolds(ctx, papers, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "five-fold: discipline %.3f, among the first five %.3f, category %.3f; of the %.0f %% surest %.3f\n",
		f.first, f.five, f.category, 100*f.sure, f.sureFirst)
	if c.Out == "" {
		return nil
	}
	model, err := match.TrainClassifier(ctx, append(paperExamples(papers), knownExamples()...), o)
	if err != nil {
		return err
	}
	model.Info = match.ClassifierInfo{
		Data: c.Data, Licence: c.Licence, Trained: c.Date, Seed: c.Seed,
		Figures: map[string]float64{"five-fold discipline": f.first, "five-fold top 5": f.five, "five-fold category": f.category, "papers": float64(len(papers))},
	}
	b, err := model.MarshalBinary()
	if err != nil {
		return err
	}
	return os.WriteFile(c.Out, b, 0o644) //nolint:gosec // a file to be committed
}

func paperExamples(papers []paperRow) []match.Example {
	var out []match.Example
	for i := range papers {
		p := &papers[i]
		out = append(out, match.Example{Title: p.Title, Text: p.text(), Tag: p.Discipline})
	}
	return out
}

func (p *paperRow) text() string { return strings.Join(p.Keywords, " ") + "\n" + p.Abstract }

// background counts the results.
func (d *dataset) background() *match.Background {
	var texts []match.Example
	for i := range d.all {
		r := &d.all[i]
		texts = append(texts, match.Example{Title: r.Title, Text: strings.Join(r.Keywords, " ") + "\n" + r.Abstract})
	}
	return match.NewBackground(texts)
}

// knownExamples are the lines of disciplineWords, "discipline = words", and of disciplinePapers, "title | text" below
// "= discipline".
func knownExamples() []match.Example {
	var out []match.Example
	for line := range strings.Lines(disciplineWords) {
		if name, words, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			out = append(out, match.Example{Text: words, Tag: strings.TrimSpace(name), Weight: wordsWeight})
		}
	}
	tag := ""
	for line := range strings.Lines(disciplinePapers) {
		if name, ok := strings.CutPrefix(line, "= "); ok {
			tag = strings.TrimSpace(name)
		} else if title, text, ok := strings.Cut(line, "|"); ok && !strings.HasPrefix(line, "#") {
			out = append(out, match.Example{Title: title, Text: text, Tag: tag, Weight: inventedWeight})
		}
	}
	return out
}

// disciplineFigures are shares of held-out papers: the first guess right, one of five right, the category right; the
// share whose first guess has a confidence of at least one half, and how many of those are right.
type disciplineFigures struct{ first, five, category, sure, sureFirst float64 }

// folded returns the papers that have a discipline in a random order; paper i is in fold i modulo 5.
func folded(papers []paperRow, seed uint64) []paperRow {
	var out []paperRow
	for _, p := range papers {
		if p.Discipline != "" {
			out = append(out, p)
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

const folds = 5

// disciplineFolds trains on four fifths of the papers and measures on the rest, five times.
func disciplineFolds(ctx context.Context, papers []paperRow, o match.ClassifierOptions) (f disciplineFigures, err error) {
	papers = folded(papers, o.Seed)
	if len(papers) < 2*folds {
		return f, errors.New("the papers have no disciplines; their file needs five columns")
	}
	category := map[string]string{}
	for i := range papers {
		category[papers[i].Discipline] = papers[i].Category
	}
	n := float64(len(papers))
	for fold := range folds {
		if err := ctx.Err(); err != nil {
			return f, err
		}
		var in []paperRow
		for i := range papers {
			if i%folds != fold {
				in = append(in, papers[i])
			}
		}
		model, err := match.TrainClassifier(ctx, append(paperExamples(in), knownExamples()...), o)
		if err != nil {
			return f, err
		}
		for i := fold; i < len(papers); i += folds {
			f.add(&papers[i], model.Classify(papers[i].Title, papers[i].text()), category)
		}
	}
	f.sureFirst /= max(f.sure, 1)
	f.first, f.five, f.category, f.sure = f.first/n, f.five/n, f.category/n, f.sure/n
	return f, nil
}

func (f *disciplineFigures) add(p *paperRow, guesses []match.Guess, category map[string]string) {
	if len(guesses) == 0 {
		return
	}
	byCategory := map[string]float64{}
	best := category[guesses[0].Tag]
	for i, g := range guesses {
		c := category[g.Tag]
		byCategory[c] += g.Confidence * g.Confidence // else the many unlikely disciplines of engineering outvote the likely one
		if byCategory[c] > byCategory[best] {
			best = c
		}
		if i < 5 && g.Tag == p.Discipline {
			f.five++
		}
	}
	right := 0.0
	if guesses[0].Tag == p.Discipline {
		right = 1
	}
	f.first += right
	if guesses[0].Confidence >= 0.5 {
		f.sure++
		f.sureFirst += right
	}
	if best == p.Category {
		f.category++
	}
}

// byVote lets the nearest papers of the other folds vote on discipline and category: what an index without a classifier
// can do.
func byVote(make func() engine, papers []paperRow, seed uint64) (first, category float64, err error) {
	papers = folded(papers, seed)
	for fold := range folds {
		e := make()
		var docs []match.Doc
		byID := map[string]*paperRow{}
		for i := range papers {
			if p := &papers[i]; i%folds != fold {
				docs = append(docs, match.Doc{ID: fmt.Sprint(i), Kind: match.KindResult, Title: p.Title, Keywords: p.Keywords, Abstract: p.Abstract, Audience: match.AudPublic})
				byID[fmt.Sprint(i)] = p
			}
		}
		if err := e.build(docs); err != nil {
			return 0, 0, err
		}
		for i := fold; i < len(papers); i += folds {
			p := &papers[i]
			disciplines, categories := map[string]float64{}, map[string]float64{}
			for rank, id := range e.rank(p.Title+"\n"+p.text(), voters) {
				vote := 1 / float64(rank+2)
				disciplines[byID[id].Discipline] += vote
				categories[byID[id].Category] += vote
			}
			if winner(disciplines) == p.Discipline {
				first++
			}
			if winner(categories) == p.Category {
				category++
			}
		}
	}
	n := float64(max(len(papers), 1))
	return first / n, category / n, nil
}

func winner(votes map[string]float64) string {
	best := ""
	for name, v := range votes {
		if best == "" || v > votes[best] || v == votes[best] && name < best {
			best = name
		}
	}
	return best
}
