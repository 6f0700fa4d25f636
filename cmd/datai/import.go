package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/exchange"
	"datai/intake"
	"datai/wording"
)

type importCmd struct {
	place
	Kind   intake.Kind `arg:"" enum:"results,needs,patents,parties,people" help:"What the files hold: results, needs, patents, parties or people."`
	Files  []string    `arg:"" name:"FILE" help:"XLSX, CSV or JSON Lines."`
	DryRun bool        `help:"Show every row's fate and change nothing."`
	JSON   bool        `name:"json" help:"Print the outcome as one line of JSON, last."`
}

func (c *importCmd) where() place { return c.place }

// importOutcome is the line that --json prints. A row whose thing stands again
// further down in the same file is no row of its own: only the last one counts,
// and Repeated says how many did not. Rows is New, Changed, Unchanged and
// Refused together.
type importOutcome struct {
	Rows      int          `json:"rows"`
	New       int          `json:"new"`
	Changed   int          `json:"changed"`
	Unchanged int          `json:"unchanged"`
	Repeated  int          `json:"repeated,omitempty"`
	Refused   []refusedRow `json:"refused"`
}

type refusedRow struct {
	File   string `json:"file,omitempty"` // when there are several
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

// run stages every file before it applies the first: one unusable file among
// several leaves the catalogue as it was.
func (c *importCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	staged := make([]intake.Batch, 0, len(c.Files))
	drop := func() {
		for _, b := range staged {
			if _, err := a.intake.Cancel(context.WithoutCancel(ctx), operator(), b.ID); err != nil && catalog.CodeOf(err) != catalog.Conflict {
				a.log.Warn("staged rows are left behind", "batch", b.ID, "err", err)
			}
		}
	}
	for _, file := range c.Files {
		b, err := c.stage(ctx, a, e, l, file)
		if err != nil {
			drop()
			return fmt.Errorf("%s: %w", file, err)
		}
		staged = append(staged, b)
	}
	var out importOutcome
	for i, b := range staged {
		if !c.DryRun {
			var err error
			if b, err = c.apply(ctx, a, e, l, b, c.Files[i]); err != nil {
				drop()
				return fmt.Errorf("%s: %w", c.Files[i], err)
			}
		}
		if err := c.tell(ctx, a, e, l, b, &out); err != nil {
			return err
		}
	}
	if c.DryRun {
		drop()
	}
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(out); err != nil {
			return err
		}
	}
	if len(out.Refused) > 0 {
		return stop{exitRefused}
	}
	return nil
}

func (c *importCmd) stage(ctx context.Context, a *app, e env, l wording.Lang, file string) (intake.Batch, error) {
	if _, err := os.Stat(e.path(file)); err != nil {
		return intake.Batch{}, catalog.Refuse(catalog.Invalid, "import.unusable.unreadable").Because(err)
	}
	f, err := exchange.Open(e.path(file), filepath.Base(file), c.Kind, exchange.Options{})
	if err != nil {
		return intake.Batch{}, err
	}
	defer func() { _ = f.Close() }()
	shown := 0
	return a.intake.Stage(ctx, operator(), f.File, func(b intake.Batch) {
		if b.Counts.Rows-shown < 5000 {
			return
		}
		shown = b.Counts.Rows
		fmt.Fprintln(e.stderr, l.Say("import.progress", "rows", strconv.Itoa(shown), "refused", strconv.Itoa(b.Counts.Refused)))
	})
}

// apply applies a batch; if an earlier file of the same command moved the
// catalogue under it, the file is staged once more and then applied.
func (c *importCmd) apply(ctx context.Context, a *app, e env, l wording.Lang, b intake.Batch, file string) (intake.Batch, error) {
	done, err := a.intake.Apply(ctx, operator(), b.ID)
	if catalog.CodeOf(err) != catalog.Conflict || len(c.Files) == 1 {
		return done, err
	}
	if _, err := a.intake.Cancel(ctx, operator(), b.ID); err != nil {
		return b, err
	}
	if b, err = c.stage(ctx, a, e, l, file); err != nil {
		return b, err
	}
	return a.intake.Apply(ctx, operator(), b.ID)
}

// tell prints a batch's counts and refusals and adds them to out.
func (c *importCmd) tell(ctx context.Context, a *app, e env, l wording.Lang, b intake.Batch, out *importOutcome) error {
	out.Rows += b.Counts.Rows - b.Counts.Repeated
	out.New += b.Counts.New
	out.Changed += b.Counts.Changed
	out.Unchanged += b.Counts.Unchanged
	out.Repeated += b.Counts.Repeated
	if out.Refused == nil {
		out.Refused = []refusedRow{}
	}
	const page = 500
	for after := 0; ; {
		rows, err := a.intake.Rows(ctx, operator(), b.ID, intake.Refused, after, page)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.N
			row := refusedRow{Row: r.N, Column: refusedColumn(r.Issues)}
			row.Reason = reasonOf(l, r.Issues, row.Column)
			if len(c.Files) > 1 {
				row.File = b.File
			}
			out.Refused = append(out.Refused, row)
			if !c.JSON {
				fmt.Fprintln(e.stderr, l.Say("import.refused_row", "row", strconv.Itoa(r.N), "reason", reasonOf(l, r.Issues, "")))
			}
		}
		if len(rows) < page {
			break
		}
	}
	for _, note := range b.Notes {
		fmt.Fprintln(e.stderr, l.SayArgs(note.Key, note.Args))
	}
	if !c.JSON {
		key := "import.done"
		if c.DryRun {
			key = "import.dry_run_done"
		}
		fmt.Fprintln(e.stdout, l.Say(key, "file", b.File, "rows", strconv.Itoa(b.Counts.Rows), "new", strconv.Itoa(b.Counts.New),
			"changed", strconv.Itoa(b.Counts.Changed), "unchanged", strconv.Itoa(b.Counts.Unchanged),
			"repeated", strconv.Itoa(b.Counts.Repeated), "refused", strconv.Itoa(b.Counts.Refused)))
	}
	return nil
}

// refusedColumn is the first column that refuses a row.
func refusedColumn(issues []intake.Issue) (column string) {
	for _, i := range issues {
		if i.Refusal {
			column = cmp.Or(column, i.Column)
		}
	}
	return column
}

// reasonOf says why a row is refused, and in which columns except one that is
// named already.
func reasonOf(l wording.Lang, issues []intake.Issue, named string) string {
	var parts []string
	for _, i := range issues {
		if !i.Refusal {
			continue
		}
		text := l.SayArgs(i.Key, i.Args)
		if i.Column != "" && i.Column != named {
			text = l.Say("import.refused_cell", "column", i.Column, "reason", text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, l.Say("list.separator"))
}
