package web

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"
	"datai/wording"

	"github.com/google/uuid"
)

// The journal, for the audit administrator: who, in which role, did what and
// when. What the entries hold is not shown.

const journalPage = 100

// verbs are what entries can be looked for by: those that have words.
func verbs() []string {
	var out []string
	for key := range maps.Keys(wording.Keys(wording.Chinese)) {
		if code, ok := strings.CutPrefix(key, "journal.verb."); ok {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	return out
}

// journalFilter reads which entries are asked for.
func (p *Pages) journalFilter(c *visit) (j ui.Journal, from account.RecordPage, err error) {
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	q := c.r.URL.Query()
	j = ui.Journal{From: q.Get("from"), Till: q.Get("till"), Verbs: verbs(),
		Filter: account.RecordFilter{Name: catalog.Clean(q.Get("who")), Role: account.Role(q.Get("role")), Verb: q.Get("what")}}
	f := &j.Filter
	if f.Role != "" && !slices.Contains(account.Roles(), f.Role) || len(f.Verb) > 60 || catalog.Clean(f.Verb) != f.Verb || len(f.Name) > 300 {
		return j, from, bad
	}
	for _, day := range []struct {
		text string
		add  int
		to   *int64
	}{{j.From, 0, &f.From}, {j.Till, 1, &f.Till}} {
		if day.text == "" {
			continue
		}
		t, err := time.ParseInLocation(time.DateOnly, day.text, c.v.Now.Location())
		if err != nil {
			return j, from, bad
		}
		*day.to = t.AddDate(0, 0, day.add).UnixMilli()
	}
	from.Limit = journalPage
	if after := q.Get("after"); after != "" {
		at, id, _ := strings.Cut(after, ".")
		var aerr error
		from.At, aerr = strconv.ParseInt(at, 10, 64)
		if from.ID, err = uuid.Parse(id); err != nil || aerr != nil {
			return j, from, bad
		}
	}
	return j, from, nil
}

func journalQuery(j ui.Journal) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"who": j.Filter.Name, "role": string(j.Filter.Role), "what": j.Filter.Verb, "from": j.From, "till": j.Till} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (p *Pages) journal(c *visit) error {
	j, from, err := p.journalFilter(c)
	if err != nil {
		return err
	}
	var next account.RecordPage
	if j.List, next, err = p.Account.Records(c.ctx(), c.v.Who, j.Filter, from); err != nil {
		return err
	}
	if j.Sealed, err = p.sealed(c); err != nil {
		return err
	}
	j.Paged, j.CSV = from.ID != uuid.Nil, address("/journal.csv", journalQuery(j))
	if next.Limit > 0 {
		q := journalQuery(j)
		q.Set("after", fmt.Sprintf("%d.%s", next.At, next.ID))
		j.Next = address("/journal", q)
	}
	c.v.Nav = "journal"
	return c.show(ui.Head{Title: c.v.T("journal.title"), Quiet: true}, ui.JournalPage(c.v, j))
}

// journalFile is what the filter lets through as a table.
func (p *Pages) journalFile(c *visit) error {
	j, from, err := p.journalFilter(c)
	if err != nil {
		return err
	}
	return c.file("journal", func(out io.Writer) error {
		if _, err := io.WriteString(out, "\uFEFF"); err != nil {
			return err
		}
		w := csv.NewWriter(out)
		if err := w.Write(ui.JournalColumns(c.v)); err != nil {
			return err
		}
		for from.Limit = fileChunk; from.Limit > 0; {
			list, next, err := p.Account.Records(c.ctx(), c.v.Who, j.Filter, from)
			if err != nil {
				return err
			}
			for _, r := range list {
				if err := w.Write(ui.JournalCells(c.v, r)); err != nil {
					return err
				}
			}
			from = next
		}
		w.Flush()
		return w.Error()
	})
}
