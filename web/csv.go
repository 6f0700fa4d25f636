package web

import (
	"io"
	"iter"
	"net/http"
	"time"

	"datai/catalog"
	"datai/contact"
	"datai/match"
	"datai/matchmaker"
	"datai/shelf"

	"github.com/google/uuid"
)

// Every list as a file: the same filters, the same order, the fields that the
// viewer may see.

// Writers write things as tables; each goes through its things twice. The
// format is one of package exchange, "csv" here.
type Writers struct {
	Results func(w io.Writer, format, preset string, things iter.Seq2[*catalog.Result, error]) error
	Needs   func(w io.Writer, format, preset string, things iter.Seq2[*catalog.Need, error]) error
	// Parties names those that others name as the one before them.
	Parties func(w io.Writer, format string, names map[uuid.UUID]string, things iter.Seq2[*catalog.Party, error]) error
	People  func(w io.Writer, format string, things iter.Seq2[*catalog.Person, error]) error
	// Intents writes cases as the table of intents, times in a zone.
	Intents func(w io.Writer, format string, zone *time.Location, cases iter.Seq2[*contact.Intent, error]) error
}

const (
	fileFormat = "csv"
	xlsxType   = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	fileChunk  = 500 // things that are loaded at a time
)

// file sends a table as it is written. An error before its first byte is shown
// as a page; after it the connection breaks, so that nobody takes a part for
// the whole.
func (c *visit) file(name string, write func(io.Writer) error) error {
	return c.fileOf(name, fileFormat, write)
}

// fileOf is file in another format, "xlsx" or "csv".
func (c *visit) fileOf(name, format string, write func(io.Writer) error) error {
	kind := "text/csv; charset=utf-8"
	if format == "xlsx" {
		kind = xlsxType
	}
	out := &begun{w: c.w, begin: func() {
		h := c.w.Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", `attachment; filename="`+name+`.`+format+`"`)
		h.Set("Cache-Control", "no-store")
	}}
	err := write(out)
	if err != nil && out.yes {
		c.p.Logger.WarnContext(c.ctx(), "a file broke off", "request", c.v.RequestID, "route", c.r.Pattern, "err", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// begun is a writer that knows whether anything was written.
type begun struct {
	w     io.Writer
	begin func()
	yes   bool
}

func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.begin()
		b.yes = true
	}
	return b.w.Write(p)
}

// listed goes through a list of results or needs, page by page.
func (p *Pages) listed(c *visit, l listing, each func(matchmaker.Listed) bool) error {
	b := matchmaker.Browsing{Kind: l.kind, Q: l.q, Filter: l.chosen, Order: l.order(), K: fileChunk}
	for {
		found, err := p.Match.Browse(c.ctx(), c.v.Who, b)
		if err != nil {
			return err
		}
		if !each(found) || !found.After {
			return nil
		}
		b.From, b.Skip = &match.Start{Mark: found.Last}, b.Skip+fileChunk
	}
}

// sequence turns pages of things into a sequence of them that can be gone
// through again.
func sequence[P, T any](pages func(each func(P) bool) error, of func(P) []T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		on := true
		err := pages(func(page P) bool {
			things := of(page)
			for i := range things {
				if on = on && yield(&things[i], nil); !on {
					return false
				}
			}
			return true
		})
		if err != nil && on {
			yield(nil, err)
		}
	}
}

func (p *Pages) resultsFile(c *visit) error {
	l, err := readList(c, "/results", match.KindResult)
	if err != nil {
		return err
	}
	return c.file("results", func(w io.Writer) error {
		return p.Write.Results(w, fileFormat, "", sequence(func(each func(matchmaker.Listed) bool) error { return p.listed(c, l, each) },
			func(found matchmaker.Listed) []catalog.Result { return found.Results }))
	})
}

func (p *Pages) needsFile(c *visit) error {
	l, err := readList(c, "/needs", match.KindNeed)
	if err != nil {
		return err
	}
	return c.file("needs", func(w io.Writer) error {
		return p.Write.Needs(w, fileFormat, "", sequence(func(each func(matchmaker.Listed) bool) error { return p.listed(c, l, each) },
			func(found matchmaker.Listed) []catalog.Need { return found.Needs }))
	})
}

func (p *Pages) partiesFile(c *visit) error {
	d, err := readDirectory(c, "/parties", "kind")
	if err != nil {
		return err
	}
	names := map[uuid.UUID]string{}
	list := func(f shelf.PartyFilter) iter.Seq2[*catalog.Party, error] {
		return sequence(func(each func([]catalog.Party) bool) error {
			for from := (shelf.Page{Limit: fileChunk}); ; {
				ps, leaf, _, err := p.Shelf.Parties(c.ctx(), c.v.Who, f, from)
				if err != nil {
					return err
				}
				if !each(ps) || !leaf.After {
					return nil
				}
				from = leaf.Last
				from.Limit = fileChunk
			}
		}, func(ps []catalog.Party) []catalog.Party { return ps })
	}
	for party, err := range list(shelf.PartyFilter{}) {
		if err != nil {
			return err
		}
		names[party.ID] = party.Name
	}
	return c.file("parties", func(w io.Writer) error {
		return p.Write.Parties(w, fileFormat, names, list(partyFilter(d)))
	})
}

func (p *Pages) peopleFile(c *visit) error {
	d, err := readDirectory(c, "/people", "unit")
	if err != nil {
		return err
	}
	return c.file("people", func(w io.Writer) error {
		return p.Write.People(w, fileFormat, sequence(func(each func([]catalog.Person) bool) error {
			for from := (shelf.Page{Limit: fileChunk}); ; {
				ps, leaf, _, err := p.Shelf.People(c.ctx(), c.v.Who, shelf.PersonFilter{Q: d.q, Units: d.chosen}, from)
				if err != nil {
					return err
				}
				if !each(ps) || !leaf.After {
					return nil
				}
				from = leaf.Last
				from.Limit = fileChunk
			}
		}, func(ps []catalog.Person) []catalog.Person { return ps }))
	})
}
