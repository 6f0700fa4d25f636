package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/match"
	"datai/matchmaker"
	"datai/wording"
)

type matchCmd struct {
	place
	Kind    string `enum:"results,needs,people,parties" default:"results" help:"What to find: results, needs, people or parties."`
	K       int    `short:"k" default:"10" help:"How many."`
	JSON    bool   `name:"json" help:"Print JSON, one line a question."`
	Queries string `placeholder:"FILE.jsonl" help:"Questions, one JSON object a line: {\"text\":…,\"useful\":[id…],\"not_useful\":[id…]}."`
	Text    string `arg:"" optional:"" help:"The problem in your own words."`
}

func (c *matchCmd) where() place { return c.place }

// Validate is asked by kong when the arguments have been read.
func (c *matchCmd) Validate() error {
	if c.K < 1 {
		return errors.New("-k must be at least 1")
	}
	return nil
}

type queryLine struct {
	Text      string   `json:"text"`
	Useful    []string `json:"useful"`
	NotUseful []string `json:"not_useful"`
}

type hitLine struct {
	ID      string   `json:"id"` // the id that the file gave, else the public code
	Score   float64  `json:"score"`
	Title   string   `json:"title"`
	Label   string   `json:"label"`
	Reasons []string `json:"reasons"`
}

type answerLine struct {
	Hits []hitLine `json:"hits"`
}

func (c *matchCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	if (c.Text == "") == (c.Queries == "") {
		return catalog.Refuse(catalog.Invalid, "match.text_or_queries")
	}
	if err := a.buildIndex(ctx); err != nil {
		return err
	}
	if c.Queries == "" {
		return c.answer(ctx, a, e, l, queryLine{Text: c.Text})
	}
	f, err := os.Open(e.path(c.Queries))
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "match.queries_unreadable", "file", c.Queries).Because(err)
	}
	defer func() { _ = f.Close() }()
	dec := json.NewDecoder(bufio.NewReader(f))
	for n := 1; ; n++ {
		var q queryLine
		err := dec.Decode(&q)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return catalog.Refuse(catalog.Invalid, "match.queries_line", "line", fmt.Sprint(n)).Because(err)
		}
		if err := c.answer(ctx, a, e, l, q); err != nil {
			return err
		}
	}
}

func (c *matchCmd) answer(ctx context.Context, a *app, e env, l wording.Lang, q queryLine) error {
	line, err := c.find(ctx, a, l, q)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(line)
	}
	silent := matchmaker.LabelKey(match.LabelNone)
	if len(line.Hits) == 0 || line.Hits[0].Label == silent {
		fmt.Fprintln(e.stdout, l.Say("match.silence"))
	}
	for i, h := range line.Hits {
		if h.Label == silent {
			break
		}
		id := ""
		if h.ID != "" {
			id = "  (" + h.ID + ")"
		}
		fmt.Fprintf(e.stdout, "%2d. [%s] %s%s\n", i+1, l.Say(h.Label), h.Title, id)
		if len(h.Reasons) > 0 {
			fmt.Fprintln(e.stdout, "    "+strings.Join(h.Reasons, "\n    "))
		}
	}
	return nil
}

// find answers one question.
func (c *matchCmd) find(ctx context.Context, a *app, l wording.Lang, q queryLine) (answerLine, error) {
	ask := matchmaker.Question{Text: q.Text, Useful: q.Useful, NotUseful: q.NotUseful, K: c.K, EveryState: true}
	switch c.Kind {
	case "needs":
		ask.Kinds = []match.Kind{match.KindNeed}
	case "people", "parties":
		ask.Experts = c.K
	}
	got, err := a.match.Ask(ctx, operator(), ask)
	if err != nil {
		return answerLine{}, err
	}
	line := answerLine{Hits: make([]hitLine, 0, len(got.Matches))}
	switch c.Kind {
	case "people":
		for _, x := range got.Experts.People {
			line.Hits = append(line.Hits, lineOfExpert(l, x))
		}
	case "parties":
		all := slices.Concat(got.Experts.Units, got.Experts.Enterprises)
		slices.SortStableFunc(all, func(x, y matchmaker.Expert) int { return cmp.Compare(y.Score, x.Score) })
		for _, x := range all[:min(c.K, len(all))] {
			line.Hits = append(line.Hits, lineOfExpert(l, x))
		}
	default:
		for _, m := range got.Matches {
			line.Hits = append(line.Hits, lineOfMatch(l, m))
		}
	}
	return line, nil
}

func lineOfMatch(l wording.Lang, m matchmaker.Match) hitLine {
	h := hitLine{Score: m.Hit.Score, Label: matchmaker.LabelKey(m.Hit.Label), Reasons: matchmaker.Why(l, m)}
	if m.Need != nil {
		h.ID, h.Title = cmp.Or(m.Need.GivenID, m.Need.Code), m.Need.Title
		return h
	}
	h.ID, h.Title = cmp.Or(m.Result.GivenID, m.Result.Code), m.Result.Title
	return h
}

// lineOfExpert has no id for whom the catalogue has no record of.
func lineOfExpert(l wording.Lang, x matchmaker.Expert) hitLine {
	h := hitLine{Score: x.Score, Title: x.Name, Label: matchmaker.LabelKey(x.Label), Reasons: matchmaker.WhyExpert(l, x)}
	if x.Unit != "" {
		h.Title += "（" + x.Unit + "）"
	}
	switch {
	case x.Person != nil:
		h.ID = x.Person.Code
	case x.Party != nil:
		h.ID = x.Party.Code
	}
	return h
}

type linkCmd struct {
	place
	Name    string   `default:"admin" help:"Whom the link lets in; the account is made if it is not there."`
	BaseURL *url.URL `help:"Address under which people reach the server (default: the running server's, else http://127.0.0.1:8080)." env:"DATAI_BASE_URL"`
}

func (c *linkCmd) where() place { return c.place }

func (c *linkCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	return printLink(ctx, a, e, l, c.Name, a.reached(c.BaseURL))
}

// reached is where people reach the server: given, else that of the server in
// this process, else the default.
func (a *app) reached(given *url.URL) *url.URL {
	switch {
	case given != nil:
		return given
	case a.base != nil:
		return a.base
	}
	return &url.URL{Scheme: "http", Host: "127.0.0.1:8080"}
}

// printLink prints a one-time link: the link on stdout, what it is on stderr.
func printLink(ctx context.Context, a *app, e env, l wording.Lang, name string, base *url.URL) error {
	token, err := a.account.IssueLink(ctx, operator(), name)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("admin.link", "name", name, "minutes", fmt.Sprint(int(account.LinkLife.Minutes()))))
	fmt.Fprintln(e.stdout, base.JoinPath("enter", token))
	return nil
}
