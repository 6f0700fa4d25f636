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
	return a.export(ctx, e.stdout, operator(), c.Kind, c.Format, c.Preset)
}

// export writes everything of a kind, as who may see it.
func (a *app) export(ctx context.Context, w io.Writer, who account.Principal, kind intake.Kind, format, preset string) error {
	switch kind {
	case intake.Needs:
		return exchange.WriteNeeds(w, format, preset, each(ctx, who, a.shelf.EachNeed))
	case intake.Parties:
		return a.exportParties(ctx, w, who, format)
	case intake.People:
		return exchange.WritePeople(w, format, each(ctx, who, a.shelf.EachPerson))
	default:
		return exchange.WriteResults(w, format, preset, each(ctx, who, a.shelf.EachResult))
	}
}

func (a *app) exportParties(ctx context.Context, w io.Writer, who account.Principal, format string) error {
	names := map[uuid.UUID]string{}
	for p, err := range each(ctx, who, a.shelf.EachParty) {
		if err != nil {
			return err
		}
		names[p.ID] = p.Name
	}
	return exchange.WriteParties(w, format, names, each(ctx, who, a.shelf.EachParty))
}

var errEnough = errors.New("enough")

// each turns a walk with a callback into a sequence that may be gone through
// again.
func each[T any](ctx context.Context, who account.Principal, walk func(context.Context, account.Principal, func(*T) error) error) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		err := walk(ctx, who, func(t *T) error {
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
