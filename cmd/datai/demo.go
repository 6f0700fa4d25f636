package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/demo"
	"datai/exchange"
	"datai/intake"
	"datai/shelf"
)

// demoKinds are the prefixes of the demonstration files and what they hold.
var demoKinds = []struct {
	prefix string
	kind   intake.Kind
}{{"units-", intake.Parties}, {"employers-", intake.Parties}, {"people-", intake.People}, {"results-", intake.Results}, {"needs-", intake.Needs}}

// loadDemo fills an empty catalogue with the demonstration files, on the way
// that every file goes, and puts everything on the shelf. A catalogue that
// holds anything is left alone.
func (a *app) loadDemo(ctx context.Context) error {
	counts, err := a.shelf.Counts(ctx, operator())
	if err != nil || len(counts.Results) > 0 || len(counts.Needs) > 0 {
		return err
	}
	dir, err := os.MkdirTemp(a.dir, "demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, k := range demoKinds {
		names, err := fs.Glob(demo.Files, k.prefix+"*.csv")
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := a.importDemo(ctx, dir, name, k.kind); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if err := a.publishAll(ctx); err != nil {
		return err
	}
	return a.attributeAll(ctx)
}

func (a *app) importDemo(ctx context.Context, dir, name string, kind intake.Kind) error {
	text, err := demo.Files.ReadFile(name)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	f, err := exchange.Open(path, name, kind, exchange.Options{})
	if err != nil {
		return err
	}
	b, err := a.intake.Stage(ctx, operator(), f.File, nil)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if b.Counts.Refused > 0 {
		rows, err := a.intake.Rows(ctx, operator(), b.ID, intake.Refused, 0, 10)
		return errors.Join(fmt.Errorf("%d rows refused: %s", b.Counts.Refused, issuesOf(rows)), err)
	}
	_, err = a.intake.Apply(ctx, operator(), b.ID)
	return err
}

func issuesOf(rows []intake.StagedRow) string {
	var parts []string
	for _, r := range rows {
		for _, i := range r.Issues {
			if i.Refusal {
				parts = append(parts, fmt.Sprintf("row %d %s %s %v", r.N, i.Column, i.Key, i.Args))
			}
		}
	}
	return strings.Join(parts, "; ")
}

// demoOfficer says in the demonstration what an officer says on pages.
func demoOfficer() account.Principal {
	return account.Principal{Name: "demo", Roles: []account.Role{account.Officer}, Acting: account.Officer}
}

// attributeAll says of each person of the demonstration which results of the
// person's own unit name that person. Namesakes in other units are others.
func (a *app) attributeAll(ctx context.Context) error {
	for from := (shelf.Page{Limit: 100}); from.Limit > 0; {
		people, leaf, _, err := a.shelf.People(ctx, demoOfficer(), shelf.PersonFilter{}, from)
		if err != nil {
			return err
		}
		for _, person := range people {
			seen, err := a.shelf.Person(ctx, demoOfficer(), person.Code)
			if err != nil {
				return err
			}
			var refs []shelf.Ref
			for _, r := range seen.Named {
				if r.Organization == person.Unit {
					refs = append(refs, shelf.Ref{ID: r.ID, Version: r.Version})
				}
			}
			if len(refs) == 0 {
				continue
			}
			if _, err := a.shelf.Attribute(ctx, demoOfficer(), person.Code, refs, true); err != nil {
				return err
			}
		}
		if from = (shelf.Page{}); leaf.After {
			from = leaf.Last
			from.Limit = 100
		}
	}
	return nil
}

// publishAll confirms the demonstration's own texts as public.
func (a *app) publishAll(ctx context.Context) error {
	officer := demoOfficer()
	err := publish(ctx, officer, a.shelf.Results, a.shelf.PublishResults, func(r *catalog.Result) shelf.Ref {
		return shelf.Ref{ID: r.ID, Version: r.Version}
	})
	if err != nil {
		return err
	}
	return publish(ctx, officer, a.shelf.Needs, a.shelf.PublishNeeds, func(n *catalog.Need) shelf.Ref {
		return shelf.Ref{ID: n.ID, Version: n.Version}
	})
}

// publish confirms everything of one kind that waits for review.
func publish[T any](ctx context.Context, p account.Principal,
	list func(context.Context, account.Principal, shelf.Filter, shelf.Page) ([]T, shelf.Page, error),
	confirm func(context.Context, account.Principal, []shelf.Ref) (shelf.Outcome, error), ref func(*T) shelf.Ref) error {
	for page := (shelf.Page{Limit: 500}); page.Limit > 0; {
		things, next, err := list(ctx, p, shelf.Filter{States: []string{"review"}}, page)
		if err != nil {
			return err
		}
		refs := make([]shelf.Ref, len(things))
		for i := range things {
			refs[i] = ref(&things[i])
		}
		if len(refs) > 0 {
			if _, err := confirm(ctx, p, refs); err != nil {
				return err
			}
		}
		page = next
	}
	return nil
}
