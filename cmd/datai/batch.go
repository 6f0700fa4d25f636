package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"datai/exchange"
	"datai/matchmaker"
	"datai/wording"
)

type batchCmd struct {
	place
	Needs   string   `enum:"all,open" default:"open" help:"Which needs: open ones, or all, with those in review and on hold."`
	K       int      `short:"k" default:"5" help:"How many results a need, at most 20."`
	For     string   `enum:"office,enterprise" default:"office" help:"For the office: everything worth saying. For an enterprise: only public results that a manager has checked."`
	Format  string   `enum:"xlsx,jsonl" default:"xlsx" help:"xlsx or jsonl."`
	Out     string   `placeholder:"FILE" help:"File to write (default: standard output)."`
	BaseURL *url.URL `help:"Address under which people reach the server, for links." env:"DATAI_BASE_URL"`
}

func (c *batchCmd) where() place { return c.place }

// Validate is asked by kong when the arguments have been read.
func (c *batchCmd) Validate() error {
	if c.K < 1 || c.K > 20 {
		return errors.New("-k must be 1 to 20")
	}
	return nil
}

type batchLine struct {
	Need  string    `json:"need"` // its public code
	Title string    `json:"title"`
	Hits  []hitLine `json:"hits"`
}

func (c *batchCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	if err := a.buildIndex(ctx); err != nil {
		return err
	}
	began, said := time.Now(), time.Now()
	report, err := a.match.Report(ctx, operator(), matchmaker.ReportQuery{Open: c.Needs == "open", K: c.K, Scope: matchmaker.Scope(c.For)}, func(n, of int) {
		if n == of || time.Since(said) > time.Second {
			said = time.Now()
			fmt.Fprintln(e.stderr, l.Say("report.progress", "n", l.Count(n), "of", l.Count(of)))
		}
	})
	if err != nil {
		return err
	}
	unanswered := 0
	for _, n := range report.Needs {
		if len(n.Matches) == 0 {
			unanswered++
		}
	}
	if err := c.write(a, e, l, report); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("report.done", "n", l.Count(len(report.Needs)), "none", l.Count(unanswered),
		"seconds", fmt.Sprintf("%.1f", time.Since(began).Seconds())))
	return nil
}

// write writes the whole file or none: a file that is there stays as it was
// until the new one is complete.
func (c *batchCmd) write(a *app, e env, l wording.Lang, report matchmaker.Report) error {
	if c.Out == "" {
		return c.encode(a, e.stdout, l, report)
	}
	path := e.path(c.Out)
	f, err := os.CreateTemp(filepath.Dir(path), ".datai-batch-*") // mode 0600: it may hold what is in review
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	err = errors.Join(c.encode(a, out, l, report), out.Flush(), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (c *batchCmd) encode(a *app, w io.Writer, l wording.Lang, report matchmaker.Report) error {
	if c.Format == "xlsx" {
		return exchange.WriteReport(w, l, exchange.ReportPlace{Zone: time.Local, URL: c.pages(a)}, report)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, n := range report.Needs {
		line := batchLine{Need: n.Need.Code, Title: n.Title(), Hits: make([]hitLine, 0, len(n.Matches))}
		for _, m := range n.Matches {
			line.Hits = append(line.Hits, lineOfMatch(l, m))
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// pages is how a path becomes an address.
func (c *batchCmd) pages(a *app) func(string) string {
	base := c.BaseURL
	if base == nil {
		base = a.base
	}
	if base == nil {
		base = &url.URL{Scheme: "http", Host: "127.0.0.1:8080"}
	}
	return func(path string) string { return base.JoinPath(path).String() }
}
