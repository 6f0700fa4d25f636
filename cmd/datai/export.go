package main

import (
	"context"
	"errors"
	"io"
	"iter"

	"datai/account"
	"datai/exchange"
	"datai/intake"
	"datai/wording"

	"github.com/google/uuid"
)

type exportCmd struct {
	place
	Kind   intake.Kind `arg:"" enum:"results,needs,parties,people" help:"What to write: results, needs, parties or people."`
	Format string      `enum:"jsonl,csv,tsv,xlsx" default:"jsonl" help:"Format: jsonl, csv, tsv or xlsx."`
	Preset string      `help:"Columns of a template: result-27 or need-21. Tables of results and needs have them in any case, JSON Lines only with this flag."`
}

func (c *exportCmd) where() place { return c.place }

func (c *exportCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	switch c.Kind {
	case intake.Needs:
		return exchange.WriteNeeds(e.stdout, c.Format, c.Preset, each(ctx, a.shelf.EachNeed))
	case intake.Parties:
		return c.parties(ctx, a, e.stdout)
	case intake.People:
		return exchange.WritePeople(e.stdout, c.Format, each(ctx, a.shelf.EachPerson))
	default:
		return exchange.WriteResults(e.stdout, c.Format, c.Preset, each(ctx, a.shelf.EachResult))
	}
}

func (c *exportCmd) parties(ctx context.Context, a *app, w io.Writer) error {
	names := map[uuid.UUID]string{}
	for p, err := range each(ctx, a.shelf.EachParty) {
		if err != nil {
			return err
		}
		names[p.ID] = p.Name
	}
	return exchange.WriteParties(w, c.Format, names, each(ctx, a.shelf.EachParty))
}

var errEnough = errors.New("enough")

// each turns a walk with a callback into a sequence that may be gone through
// again.
func each[T any](ctx context.Context, walk func(context.Context, account.Principal, func(*T) error) error) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		err := walk(ctx, operator(), func(t *T) error {
			if !yield(t, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}
