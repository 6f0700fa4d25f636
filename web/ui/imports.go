package ui

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

// Import is the page on which files are brought.
type Import struct {
	Kind     string // what the form has chosen; "auto" recognises it
	Problem  string
	MaxMB    int
	Recent   []intake.Batch
	Asking   []intake.Batch // with rows that wait for a decision
	Mappings int            // how many layouts are remembered
}

// kinds are the choices of the form.
func (Import) kinds() []string {
	out := []string{"auto"}
	for _, k := range intake.Kinds() {
		out = append(out, string(k))
	}
	return out
}

// Batch is an import as its page shows it.
type Batch struct {
	intake.Batch

	Held  bool // the file can still be read once more
	Moved bool // it could not be applied, as the catalogue moved
	Fate  intake.Fate
	Rows  []intake.StagedRow
	After string
	First string
}

// Drop is what was brought together.
type Drop struct {
	ID      uuid.UUID
	Batches []intake.Batch
	Sum     intake.Counts
	Lacks   []intake.LackOf
	Pending int // rows that applying would write
	Written int
}

// NewDrop sums the batches of a drop up.
func NewDrop(id uuid.UUID, batches []intake.Batch) Drop {
	d := Drop{ID: id, Batches: batches, Lacks: intake.LacksOf(batches)}
	for i := range batches {
		b := &batches[i]
		if b.State == intake.Failed || b.State == intake.Cancelled {
			continue
		}
		c := b.Counts
		d.Sum.Rows += c.Rows
		d.Sum.New += c.New
		d.Sum.Changed += c.Changed
		d.Sum.Unchanged += c.Unchanged
		d.Sum.Repeated += c.Repeated
		d.Sum.Refused += c.Refused
		d.Sum.Alike += c.Alike
		d.Written += b.Done.New + b.Done.Changed
		if b.State == intake.Staged {
			d.Pending += b.Pending()
		}
	}
	return d
}

// Reading reports whether any file of the drop is still being read.
func (d Drop) Reading() bool {
	for _, b := range d.Batches {
		if Reading(b) {
			return true
		}
	}
	return false
}

// Staged reports whether any file of the drop waits to be applied.
func (d Drop) Staged() bool {
	for _, b := range d.Batches {
		if b.State == intake.Staged {
			return true
		}
	}
	return false
}

// has reports whether a file of the drop that was applied is of such a kind.
func (d Drop) has(kinds ...intake.Kind) bool {
	for _, b := range d.Batches {
		for _, k := range kinds {
			if b.Kind == k && b.Done.New+b.Done.Changed > 0 {
				return true
			}
		}
	}
	return false
}

// Reading reports whether the file of a batch waits or is being read.
func Reading(b intake.Batch) bool { return b.State == intake.Waiting || b.State == intake.Staging }

// usable is how many rows of a file can stand in the catalogue as they are.
func usable(c intake.Counts) int { return c.Rows - c.Refused - c.Alike }

// dropSum is what can be said of a drop in one sentence.
func (v View) dropSum(d Drop) string {
	text := v.T("drop.sum", "rows", v.Count(d.Sum.Rows), "usable", v.Count(usable(d.Sum)))
	if d.Sum.Refused > 0 {
		text += v.T("drop.sum_refused", "n", v.Count(d.Sum.Refused))
	}
	if d.Sum.Alike > 0 {
		text += v.T("drop.sum_alike", "n", v.Count(d.Sum.Alike))
	}
	return text
}

// FileName is the name of the file of a batch; one whose name may not be kept
// has none.
func (v View) FileName(b intake.Batch) string {
	if b.File == "" {
		return v.T("import.nameless")
	}
	return b.File
}

func (v View) kindName(k intake.Kind) string {
	if k == "" {
		return v.T("import.kind.auto")
	}
	return v.T("import.kind." + string(k))
}

// lack says in a few words what is missing, without the value that one row
// has.
func (v View) lack(l intake.Lack) string {
	key := "import.lack." + l.Key[strings.LastIndex(l.Key, ".")+1:]
	if !v.Lang.Has(key) {
		key = "import.lack.other"
	}
	return v.T(key)
}

// spans are the rows of one file where something is missing.
func (v View) spans(l intake.Lack) string {
	var parts []string
	shown, sheet := 0, ""
	for _, s := range l.Where {
		text := strconv.Itoa(s.From)
		if s.To > s.From {
			text += "–" + strconv.Itoa(s.To)
		}
		if s.Sheet != sheet {
			text, sheet = s.Sheet+" "+text, s.Sheet
		}
		parts = append(parts, text)
		shown += s.To - s.From + 1
	}
	text := v.T("import.row_n", "n", v.list(parts))
	if shown < l.N {
		text += v.T("import.lack_more")
	}
	return text
}

// givesBack reports whether refused rows of a batch were kept, so that they can
// be given back. Classified ones never are.
func givesBack(b intake.Batch) bool {
	for _, l := range b.Lacks {
		if !strings.HasPrefix(l.Key, "import.refused.classified") {
			return b.Format != "" && b.State != intake.Cancelled && b.State != intake.Failed
		}
	}
	return false
}

// left tells how long the reading of a file will take.
func (v View) left(b intake.Batch) string {
	if n, ok := b.MinutesLeft(v.Now); ok {
		return v.T("import.minutes_left", "n", strconv.Itoa(n))
	}
	return ""
}

// Sample is the beginning of a file: its columns and a few of their values.
type Sample struct {
	Layout     string
	Recognised bool
	Columns    []intake.Column
	Rows       [][]string
}

// Columns is the page on which somebody says what columns are about.
type Columns struct {
	Batch   intake.Batch
	Kind    intake.Kind
	Held    bool // the file can still be read once more
	Sample  Sample
	Fields  []string
	Mapping intake.Mapping // what is remembered, of version 0 if nothing
}

// chosen is the field that a column is about so far; fixed means that nobody
// may say otherwise.
func (c Columns) chosen(col intake.Column) (field string, fixed bool) {
	if f, ok := c.Mapping.Fields[col.Header]; ok {
		return f, false
	}
	if col.Field == "" {
		return "", false
	}
	for _, f := range c.Fields {
		if f == col.Field && f != "secrecy" {
			return f, false
		}
	}
	return col.Field, true
}

// values are the sample values of a column.
func (c Columns) values(i int) []string {
	var out []string
	for _, r := range c.Sample.Rows {
		if i < len(r) && r[i] != "" {
			out = append(out, clip(r[i], 40))
		}
	}
	return out
}

// choices are the fields that a column may be about.
func choices(fields []string) []string {
	var out []string
	for _, f := range fields {
		if f != "secrecy" {
			out = append(out, f)
		}
	}
	return out
}

// Pairs is the page of rows beside what they may be about.
type Pairs struct {
	Batch intake.Batch
	Pairs []intake.Pair
	Moved int // decisions that were left out, as the thing moved
	After string
	First string
}

// difference is one field of two things side by side.
type difference struct {
	field string
	a, b  string
}

// differs reports whether both sides say something, and not the same.
func (d difference) differs() bool {
	return d.a != "" && d.b != "" && catalog.Fold(d.a) != catalog.Fold(d.b)
}

// cut is a, in three parts: the middle one is what differs from b.
func cut(a, b string) (before, middle, after string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && i < len(a) && !utf8.RuneStart(a[i]) {
		i--
	}
	j := 0
	for j < len(a)-i && j < len(b)-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	for j > 0 && !utf8.RuneStart(a[len(a)-j]) {
		j--
	}
	return a[:i], a[i : len(a)-j], a[len(a)-j:]
}

// differences are the fields of a pair of which either side says something.
func (v View) differences(p intake.Pair) []difference {
	if p.Thing == nil {
		return nil
	}
	var all []difference
	add := func(field, a, b string) {
		if a != "" || b != "" {
			all = append(all, difference{field, clip(a, 160), clip(b, 160)})
		}
	}
	r, t := p.Row, p.Thing
	switch {
	case r.Result != nil && t.Result != nil:
		a, b := r.Result, t.Result
		add("title", a.Title, b.Title)
		add("completers", v.completers(a), v.completers(b))
		add("owners", v.list(a.Owners), v.list(b.Owners))
		add("organization", a.Organization, b.Organization)
		add("number", rightNumbers(v, a), rightNumbers(v, b))
		add("id", a.GivenID, b.GivenID)
		add("completed", v.dayOf(a.CompletedOn), v.dayOf(b.CompletedOn))
		add("maturity", a.Maturity.Written, b.Maturity.Written)
		add("application", a.Application, b.Application)
		add("abstract", a.Abstract, b.Abstract)
	case r.Need != nil && t.Need != nil:
		a, b := r.Need, t.Need
		add("title", a.Title, b.Title)
		add("owners", a.OwnerName, b.OwnerName)
		add("id", a.GivenID, b.GivenID)
		add("text", a.Text, b.Text)
		add("indicators", a.IndicatorsAs, b.IndicatorsAs)
		add("until", v.dayOf(a.Until), v.dayOf(b.Until))
	case r.Party != nil && t.Party != nil:
		a, b := r.Party, t.Party
		add("title", a.Name, b.Name)
		add("credit_code", a.CreditCode, b.CreditCode)
		add("industry", a.Industry, b.Industry)
		add("region", a.Region, b.Region)
		add("intro", a.Intro, b.Intro)
	}
	return all
}

func (v View) completers(r *catalog.Result) string {
	var names []string
	for _, c := range r.Completers {
		names = append(names, c.Name)
	}
	return v.list(names)
}

func rightNumbers(v View, r *catalog.Result) string {
	var out []string
	for _, x := range r.Rights {
		if x.Number != "" {
			out = append(out, x.Number)
		}
	}
	return v.list(out)
}

func (v View) dayOf(d catalog.Date) string {
	if d == (catalog.Date{}) {
		return ""
	}
	return v.day(d)
}

// thingURL is the page of what a row may be about, "" if it has none.
func thingURL(p intake.Pair) string {
	switch {
	case p.Thing == nil || p.Other != nil && p.Thing == p.Other:
		return ""
	case p.Thing.Result != nil:
		return "/results/" + p.Thing.Result.Code
	case p.Thing.Need != nil:
		return "/needs/" + p.Thing.Need.Code
	}
	return ""
}

// versionOf is the version of what a decision looks at.
func versionOf(p intake.Pair) string {
	var n int64 = -1
	if t := p.Thing; t != nil {
		switch {
		case t.Result != nil:
			n = t.Result.Version
		case t.Need != nil:
			n = t.Need.Version
		case t.Party != nil:
			n = t.Party.Version
		}
	}
	return strconv.FormatInt(n, 10)
}
