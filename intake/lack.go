package intake

import (
	"slices"
)

// Lack is one reason for which rows of a file were refused: what is the matter
// (Key, a message that begins with "import.refused." or "import.row.") with
// which column, and where.
type Lack struct {
	Column string
	Key    string
	N      int    // rows
	Where  []Span // the first of them
}

// Span is a run of rows of one sheet.
type Span struct {
	Sheet    string
	From, To int
}

// How much of it is kept with a batch: a file that is wrong all over says so
// in a few lines.
const (
	lacksMost = 100
	spansMost = 60
)

// lack adds a refused row to the reasons of the batch, each reason once.
func (b *Batch) lack(r *StagedRow) {
	for i, issue := range r.Issues {
		if !issue.Refusal || slices.ContainsFunc(r.Issues[:i], func(o Issue) bool {
			return o.Refusal && o.Column == issue.Column && o.Key == issue.Key
		}) {
			continue
		}
		at := slices.IndexFunc(b.Lacks, func(l Lack) bool { return l.Column == issue.Column && l.Key == issue.Key })
		if at < 0 {
			if len(b.Lacks) == lacksMost {
				continue
			}
			at = len(b.Lacks)
			b.Lacks = append(b.Lacks, Lack{Column: issue.Column, Key: issue.Key})
		}
		b.Lacks[at].add(r.Sheet, r.N)
	}
}

func (l *Lack) add(sheet string, n int) {
	l.N++
	if last := len(l.Where) - 1; last >= 0 && l.Where[last].Sheet == sheet && l.Where[last].To == n-1 {
		l.Where[last].To = n
	} else if last+1 < spansMost {
		l.Where = append(l.Where, Span{sheet, n, n})
	}
}

// LackOf is a reason over several files.
type LackOf struct {
	Lack

	Files []Batch // in which it stands, with that Lack alone in Lacks
}

// LacksOf sums the reasons of several files up, most frequent first.
func LacksOf(batches []Batch) []LackOf {
	var out []LackOf
	for _, b := range batches {
		for _, l := range b.Lacks {
			at := slices.IndexFunc(out, func(o LackOf) bool { return o.Column == l.Column && o.Key == l.Key })
			if at < 0 {
				at = len(out)
				out = append(out, LackOf{Lack: Lack{Column: l.Column, Key: l.Key}})
			}
			out[at].N += l.N
			only := b
			only.Lacks = []Lack{l}
			out[at].Files = append(out[at].Files, only)
		}
	}
	slices.SortStableFunc(out, func(a, b LackOf) int { return b.N - a.N })
	return out
}
