package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"datai/match"
)

type evalCmd struct {
	Data    string             `placeholder:"DIR" help:"Folder with chinaxiv/achievements.jsonl, chinaxiv/needs.jsonl, patents/patents.jsonl, csl/papers.tsv and needs-judged.jsonl, instead of naming each."`
	Results []string           `sep:"none" placeholder:"FILE" help:"Results as JSON Lines {id,title,abstract,keywords,organization,claims}; repeatable, several after commas or one after the other. Known items are searched in the files without claims."`
	More    []string           `arg:"" optional:"" name:"FILE" help:"Further results."`
	Needs   string             `placeholder:"FILE" help:"Needs as JSON Lines {text,achievement}."`
	Judged  string             `placeholder:"FILE" help:"Judged needs as JSON Lines {need,field,judgments}."`
	Papers  string             `placeholder:"FILE" help:"Papers as tab-separated abstract, title, keywords."`
	Peers   bool               `help:"Measure the peers on the same data as well."`
	HeldOut bool               `help:"Also learn the second stage anew from four fifths of the questions and measure it on the rest, five times."`
	Set     map[string]float64 `placeholder:"NAME=NUMBER" help:"Change a number of the ranking, named as train prints it, to see what it does."`
	JSON    bool               `name:"json" help:"Print one JSON object instead of a table."`
}

// figure is one line of the report.
type figure struct {
	Task   string             `json:"task"`
	N      int                `json:"n"`
	Values map[string]float64 `json:"values"` // by engine
}

func (c *evalCmd) Run(ctx context.Context, out io.Writer) error {
	d, err := c.load()
	if err != nil {
		return err
	}
	params, err := c.params()
	if err != nil {
		return err
	}
	var rep report
	engines := []func() engine{func() engine { return &datai{params: params} }}
	if c.Peers {
		engines = append(engines, func() engine { return &bleveEngine{} }, func() engine { return &bm25{} }, func() engine { return &bm25{uni: true} })
	}
	for _, make := range engines {
		if err := d.compare(ctx, make, &rep); err != nil {
			return err
		}
	}
	if err := d.ours(ctx, params, &rep); err != nil {
		return err
	}
	if c.HeldOut {
		if err := d.heldOut(ctx, params, &rep); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

// params returns the tuned numbers with the changes asked for.
func (c *evalCmd) params() (*match.Params, error) {
	p := match.DefaultParams()
	left := maps.Clone(c.Set)
	for _, k := range knobs() {
		if v, ok := left[k.name]; ok {
			*k.of(&p) = v
			delete(left, k.name)
		}
	}
	for name := range left {
		return nil, fmt.Errorf("--set: there is no number %q", name)
	}
	return &p, nil
}

type report struct {
	Figures []*figure `json:"figures"`
	engines []string
}

func (r *report) add(task string, n int, engine string, v float64) {
	known := false
	for _, e := range r.engines {
		known = known || e == engine
	}
	if !known {
		r.engines = append(r.engines, engine)
	}
	for _, f := range r.Figures {
		if f.Task == task {
			f.Values[engine] = v
			return
		}
	}
	r.Figures = append(r.Figures, &figure{task, n, map[string]float64{engine: v}})
}

func (r *report) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "task\tn\t%s\n", strings.Join(r.engines, "\t"))
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%s\t%d", f.Task, f.N)
		for _, e := range r.engines {
			if v, ok := f.Values[e]; ok {
				fmt.Fprintf(w, "\t%.3f", v)
			} else {
				fmt.Fprint(w, "\t")
			}
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// dataset is what the files hold, ready for the tasks.
type dataset struct {
	known   []match.Doc // candidates of the known items
	patents []match.Doc
	all     []match.Doc // both
	needs   []needRow
	judged  []judgedRow
	papers  []paperRow
}

func (c *evalCmd) load() (*dataset, error) {
	var d dataset
	if c.Data != "" {
		c.Results = append(c.Results, filepath.Join(c.Data, "chinaxiv/achievements.jsonl"), filepath.Join(c.Data, "patents/patents.jsonl"))
		c.Needs = cmp.Or(c.Needs, filepath.Join(c.Data, "chinaxiv/needs.jsonl"))
		c.Judged = cmp.Or(c.Judged, filepath.Join(c.Data, "needs-judged.jsonl"))
		c.Papers = cmp.Or(c.Papers, filepath.Join(c.Data, "csl/papers.tsv"))
	}
	if len(c.Results)+len(c.More) == 0 {
		return nil, errors.New("say where the data are: --data, or --results and others")
	}
	for _, list := range slices.Concat(c.Results, c.More) {
		for _, path := range strings.Split(list, ",") {
			if err := d.addResults(path); err != nil {
				return nil, err
			}
		}
	}
	var err error
	if c.Needs != "" {
		if d.needs, err = readLines[needRow](c.Needs); err != nil {
			return nil, err
		}
	}
	if c.Judged != "" {
		if d.judged, err = readLines[judgedRow](c.Judged); err != nil {
			return nil, err
		}
	}
	if c.Papers != "" {
		if d.papers, err = readPapers(c.Papers); err != nil {
			return nil, err
		}
	}
	return &d, nil
}

// addResults reads one file. When any of its rows has claims it holds patents, which are no candidates of known items.
func (d *dataset) addResults(path string) error {
	rows, err := readLines[resultRow](path)
	if err != nil {
		return err
	}
	patents := slices.ContainsFunc(rows, func(r resultRow) bool { return r.Claims != "" })
	for i := range rows {
		doc := rows[i].doc()
		d.all = append(d.all, doc)
		if patents {
			d.patents = append(d.patents, doc)
		} else {
			d.known = append(d.known, doc)
		}
	}
	return nil
}

// The tasks, as they are named in the report.
const (
	taskKnown     = "need → result, known item, MRR@10"
	taskJudged    = "judged needs, nDCG@10"
	taskUnjudged  = "  share of unjudged in the first 10"
	taskClick     = "  after one click, nDCG@10"
	taskTitle     = "title → abstract, papers, MRR@10"
	taskPatent    = "title → abstract, patents, MRR@10"
	taskAbsent    = "absent keyword → document, MRR@10"
	taskPresent   = "present keyword → document, MRR@10"
	taskChips     = "judged needs, nDCG@10, suggested terms accepted: "
	taskField     = "discipline of 67, five-fold, share right"
	taskCategory  = "category of 13, five-fold, share right"
	taskFaithful  = "faithful explanations, share"
	taskPrecision = "precision (grade ≥ 2) of "
)

// compare runs the tasks that every engine can do.
func (d *dataset) compare(ctx context.Context, make func() engine, rep *report) error {
	if len(d.needs) > 0 {
		e := make()
		if err := e.build(d.known); err != nil {
			return err
		}
		sum := 0.0
		for i := range d.needs {
			sum += match.ReciprocalRank(e.rank(d.needs[i].Text, 10), d.needs[i].Achievement, 10)
		}
		rep.add(taskKnown, len(d.needs), e.name(), sum/float64(len(d.needs)))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(d.judged) > 0 {
		e := make()
		if err := e.build(d.all); err != nil {
			return err
		}
		sum, unjudged := 0.0, 0
		for i := range d.judged {
			got := e.rank(d.judged[i].Need, 10)
			sum += match.NDCG(got, d.judged[i].Judgments, 10)
			for _, id := range got {
				if _, ok := d.judged[i].Judgments[id]; !ok {
					unjudged++
				}
			}
		}
		n := float64(len(d.judged))
		rep.add(taskJudged, len(d.judged), e.name(), sum/n)
		rep.add(taskUnjudged, len(d.judged), e.name(), float64(unjudged)/n/10)
	}
	for _, b := range d.searchBacks() {
		if err := b.run(make, rep); err != nil {
			return err
		}
	}
	return d.disciplines(ctx, make, rep)
}

// heldOut reports what the second stage is worth on questions that it has not learned from. The first stage's numbers are
// the tuned ones all along.
func (d *dataset) heldOut(ctx context.Context, params *match.Params, rep *report) error {
	lessons, err := d.lessons(params)
	if err != nil {
		return err
	}
	held, err := crossValidate(ctx, lessons, ridgeUsual, 1)
	if err != nil {
		return err
	}
	count := map[string]int{}
	for i := range lessons {
		count[lessons[i].task]++
	}
	for _, task := range slices.Sorted(maps.Keys(held)) {
		rep.add("held out: "+strings.TrimSpace(task), count[task], "datai", held[task])
	}
	return nil
}

// disciplines guesses the discipline of papers: this engine by its classifier, the others by a vote of what they find.
func (d *dataset) disciplines(ctx context.Context, make func() engine, rep *report) error {
	n := len(folded(d.papers, 1))
	if n < 2*folds {
		return nil
	}
	var first, category float64
	if _, ours := make().(*datai); ours {
		f, err := disciplineFolds(ctx, d.papers, match.ClassifierOptions{Seed: 1, Keep: disciplineKeep, Background: d.background()})
		if err != nil {
			return err
		}
		first, category = f.first, f.category
	} else {
		var err error
		if first, category, err = byVote(make, d.papers, 1); err != nil {
			return err
		}
	}
	rep.add(taskField, n, make().name(), first)
	rep.add(taskCategory, n, make().name(), category)
	return nil
}

// searchBack is a task in which texts should find the document that they were taken from.
type searchBack struct {
	task      string
	docs      []match.Doc
	questions []searchBackQuestion
}

type searchBackQuestion struct {
	text string
	doc  int // in docs
}

// searchBacks are the tasks that ask for papers and patents: every title among the abstracts; and among titles and
// abstracts every keyword that its own paper's do not hold, and the first keyword of each paper that they do hold.
func (d *dataset) searchBacks() []searchBack {
	titles, patents := searchBack{task: taskTitle}, searchBack{task: taskPatent}
	absent, present := searchBack{task: taskAbsent}, searchBack{task: taskPresent}
	for i, p := range d.papers {
		id := fmt.Sprint(i)
		titles.docs = append(titles.docs, match.Doc{ID: id, Kind: match.KindResult, Abstract: p.Abstract, Audience: match.AudPublic})
		titles.questions = append(titles.questions, searchBackQuestion{p.Title, i})
		absent.docs = append(absent.docs, match.Doc{ID: id, Kind: match.KindResult, Title: p.Title, Abstract: p.Abstract, Audience: match.AudPublic})
		for _, k := range p.Keywords {
			if k == "" {
				continue
			}
			q := searchBackQuestion{k, i}
			if !strings.Contains(p.Title+"\n"+p.Abstract, k) {
				absent.questions = append(absent.questions, q)
			} else if n := len(present.questions); n == 0 || present.questions[n-1].doc != i {
				present.questions = append(present.questions, q)
			}
		}
	}
	present.docs = absent.docs
	for i, r := range d.patents {
		patents.docs = append(patents.docs, match.Doc{ID: r.ID, Kind: match.KindResult, Abstract: r.Abstract, Audience: match.AudPublic})
		patents.questions = append(patents.questions, searchBackQuestion{r.Title, i})
	}
	return []searchBack{titles, patents, absent, present}
}

// run reports how well an engine does.
func (b *searchBack) run(make func() engine, rep *report) error {
	if len(b.questions) == 0 {
		return nil
	}
	e := make()
	if err := e.build(b.docs); err != nil {
		return err
	}
	sum := 0.0
	for _, q := range b.questions {
		sum += match.ReciprocalRank(e.rank(q.text, 10), b.docs[q.doc].ID, 10)
	}
	rep.add(b.task, len(b.questions), e.name(), sum/float64(len(b.questions)))
	return nil
}

// ours runs the tasks that only this engine has: clicks, explanations, labels.
func (d *dataset) ours(ctx context.Context, params *match.Params, rep *report) error {
	if len(d.judged) > 0 {
		e := &datai{params: params}
		if err := e.build(d.all); err != nil {
			return err
		}
		before, after, n := d.click(e.index)
		rep.add(taskClick, n, e.name(), after)
		rep.add("  the same hits before the click", n, e.name(), before)
		blind, best := d.chips(e.index)
		rep.add(taskChips+"the first three of eight, blindly", n, e.name(), blind)
		rep.add(taskChips+"up to three of eight that help", n, e.name(), best)
		var texts []string
		for i := range d.judged {
			texts = append(texts, d.judged[i].Need)
		}
		for i := range d.needs[:min(len(d.needs), 100)] {
			texts = append(texts, d.needs[i].Text)
		}
		share, n := faithful(e.index, texts, 1)
		rep.add(taskFaithful, n, e.name(), share)
		hits, useful, near := d.labelled(e.index)
		for l, name := range []string{"none (silence)", "weak (仅供参考)", "possible (可能相关)", "strong (强相关)"} {
			rep.add(taskPrecision+name, hits[l], e.name(), float64(useful[l])/float64(max(hits[l], 1)))
			rep.add("  of grade ≥ 1, "+name, hits[l], e.name(), float64(near[l])/float64(max(hits[l], 1)))
		}
	}
	return ctx.Err()
}

// click marks the first useful hit of each need as useful and returns the mean nDCG@10 of the other documents before and
// after it, over all needs; a need without a useful hit among the first 50 keeps its ranking.
func (d *dataset) click(index *match.Index) (before, after float64, n int) {
	for i := range d.judged {
		b, a := clickOne(index, &d.judged[i])
		before += b
		after += a
	}
	n = len(d.judged)
	return before / float64(n), after / float64(n), n
}

func clickOne(index *match.Index, j *judgedRow) (before, after float64) {
	q := match.Query{Text: j.Need, K: 50, Filter: match.Filter{Viewer: match.AudPublic}}
	hits := ids(index.Search(q).Hits)
	clicked := ""
	for _, id := range hits {
		if j.Judgments[id] >= 2 {
			clicked = id
			break
		}
	}
	if clicked == "" {
		v := match.NDCG(hits, j.Judgments, 10)
		return v, v
	}
	rest := map[string]int{}
	for id, g := range j.Judgments {
		if id != clicked {
			rest[id] = g
		}
	}
	q.Useful, q.Filter.Exclude = []string{clicked}, []string{clicked}
	left := hits[:0]
	for _, id := range hits {
		if id != clicked {
			left = append(left, id)
		}
	}
	return match.NDCG(left, rest, 10), match.NDCG(ids(index.Search(q).Hits), rest, 10)
}
