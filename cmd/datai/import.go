package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/exchange"
	"datai/intake"
	"datai/wording"

	"github.com/google/uuid"
)

type importCmd struct {
	place
	Kind    intake.Kind `arg:"" enum:"results,needs,patents,parties,people" help:"What the files hold: results, needs, patents, parties or people."`
	Files   []string    `arg:"" name:"FILE" help:"XLSX, CSV or JSON Lines."`
	DryRun  bool        `help:"Show every row's fate and change nothing."`
	JSON    bool        `name:"json" help:"Print the outcome as one line of JSON, last."`
	Preset  string      `placeholder:"NAME" help:"The template or export that the files are: result-27, need-21, incopat, patsnap or cnipa; others are refused (default: recognised)."`
	Mapping string      `placeholder:"FILE.json" help:"What columns mean: {\"header\":\"field\"}; instead of what the import page remembers."`
	Refused string      `placeholder:"FILE" help:"Write the refused rows of the one file here, with their reasons, to be mended and imported."`
	Edited  string      `enum:"page,file" default:"page" help:"Which word counts where somebody changed a field on its page and the file says something else."`
	Alike   string      `enum:"new,later" default:"new" help:"Rows that resemble something else: take them for new things, or leave them for the import page to ask."`
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
	Alike     int          `json:"alike,omitempty"` // left for later, no rows either
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
	if c.Refused != "" && len(c.Files) > 1 {
		return catalog.Refuse(catalog.Invalid, "import.refused_one_file")
	}
	mapping, err := c.mapping(e)
	if err != nil {
		return err
	}
	staged := make([]intake.Batch, 0, len(c.Files))
	drop := func() {
		for _, b := range staged {
			if _, err := a.intake.Cancel(context.WithoutCancel(ctx), operator(), b.ID); err != nil && catalog.CodeOf(err) != catalog.Conflict {
				a.log.Warn("staged rows are left behind", "batch", b.ID, "err", err)
			}
		}
	}
	for _, file := range c.Files {
		b, err := c.stage(ctx, a, e, l, file, mapping)
		if err != nil {
			drop()
			return fmt.Errorf("%s: %w", file, err)
		}
		staged = append(staged, b)
	}
	var out importOutcome
	for i, b := range staged {
		if !c.DryRun {
			if b, err = c.apply(ctx, a, b); err != nil {
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

// mapping reads what the user says that columns mean, nil if nothing.
func (c *importCmd) mapping(e env) (map[string]string, error) {
	if c.Mapping == "" {
		return nil, nil
	}
	text, err := os.ReadFile(e.path(c.Mapping))
	if err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "import.unusable.unreadable").Because(err)
	}
	m := map[string]string{}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "import.mapping.unreadable").Because(err)
	}
	return m, nil
}

func (c *importCmd) stage(ctx context.Context, a *app, e env, l wording.Lang, file string, mapping map[string]string) (intake.Batch, error) {
	if _, err := os.Stat(e.path(file)); err != nil {
		return intake.Batch{}, catalog.Refuse(catalog.Invalid, "import.unusable.unreadable").Because(err)
	}
	f, err := exchange.OpenRemembered(e.path(file), filepath.Base(file), c.Kind, exchange.Options{Preset: c.Preset, Mapping: mapping}, a.remembered(ctx, operator()))
	if err != nil {
		return intake.Batch{}, err
	}
	defer func() { _ = f.Close() }()
	show := progress{e: e, l: l}
	b, err := a.intake.Stage(ctx, operator(), f.File, show.batch)
	show.end()
	if err != nil {
		return b, err
	}
	if c.Refused != "" && b.Counts.Refused > 0 {
		if err := c.giveBack(ctx, a, e, l, b); err != nil {
			return b, err
		}
	}
	if b.Edited > 0 && c.Edited == "file" {
		if b, err = a.intake.Prefer(ctx, operator(), b.ID, true); err != nil {
			return b, err
		}
	}
	if b.Edited > 0 {
		fmt.Fprintln(e.stderr, l.Say("import.edited."+c.Edited, "n", strconv.Itoa(b.Edited)))
	}
	if b.Counts.Alike == 0 || c.Alike == "later" {
		return b, nil
	}
	n := b.Counts.Alike
	if b, err = a.intake.AddAlike(ctx, operator(), b.ID); err == nil {
		fmt.Fprintln(e.stderr, l.Say("import.alike.added", "n", strconv.Itoa(n)))
	}
	return b, err
}

// remembered finds the mappings that were saved on the import page.
func (a *app) remembered(ctx context.Context, who account.Principal) func(intake.Kind, string) (map[string]string, error) {
	return func(kind intake.Kind, layout string) (map[string]string, error) {
		m, err := a.intake.Mapping(ctx, who, kind, layout)
		return m.Fields, err
	}
}

// giveBack writes the refused rows where the user wants them.
func (c *importCmd) giveBack(ctx context.Context, a *app, e env, l wording.Lang, b intake.Batch) error {
	f, err := os.OpenFile(e.path(c.Refused), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "import.refused_unwritable").Because(err)
	}
	err = exchange.WriteRefused(f, b.Format, b.Columns, a.refusedRows(ctx, operator(), l, b.ID))
	return errors.Join(err, f.Close())
}

// refusedRows are the refused rows of a batch with their reasons in words.
func (a *app) refusedRows(ctx context.Context, who account.Principal, l wording.Lang, id uuid.UUID) iter.Seq2[exchange.RefusedRow, error] {
	return func(yield func(exchange.RefusedRow, error) bool) {
		err := a.intake.EachRefused(ctx, who, id, func(r intake.StagedRow) error {
			if r.Cells == nil {
				return nil
			}
			if !yield(exchange.RefusedRow{Cells: r.Cells, Reason: reasonOf(l, r.Issues, "")}, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(exchange.RefusedRow{}, err)
		}
	}
}

// apply applies a batch; if an earlier file of the same command moved the
// catalogue under it, the batch is checked once more and then applied.
func (c *importCmd) apply(ctx context.Context, a *app, b intake.Batch) (intake.Batch, error) {
	done, err := a.intake.Apply(ctx, operator(), b.ID)
	if !intake.Moved(err) || len(c.Files) == 1 {
		return done, err
	}
	if b, err = a.intake.Recheck(ctx, operator(), b.ID); err != nil {
		return b, err
	}
	if c.Alike == "new" {
		if b, err = a.intake.AddAlike(ctx, operator(), b.ID); err != nil {
			return b, err
		}
	}
	return a.intake.Apply(ctx, operator(), b.ID)
}

// tell prints a batch's counts and refusals and adds them to out.
func (c *importCmd) tell(ctx context.Context, a *app, e env, l wording.Lang, b intake.Batch, out *importOutcome) error {
	out.Rows += b.Counts.Rows - b.Counts.Repeated - b.Counts.Alike
	out.New += b.Counts.New
	out.Changed += b.Counts.Changed
	out.Unchanged += b.Counts.Unchanged
	out.Repeated += b.Counts.Repeated
	out.Alike += b.Counts.Alike
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
	if b.Counts.Alike > 0 {
		fmt.Fprintln(e.stderr, l.Say("import.alike.left", "n", strconv.Itoa(b.Counts.Alike)))
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
