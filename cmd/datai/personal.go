package main

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/wording"
)

type userDataCmd struct {
	place
	Format string `enum:"json" default:"json" help:"json."`
	Name   string `arg:"" help:"Name of the account."`
}

func (c *userDataCmd) where() place { return c.place }

func (c *userDataCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	d, err := a.account.DataOf(ctx, operator(), at.ID)
	if err != nil {
		return err
	}
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(d)
}

type userCloseCmd struct {
	place
	Yes  bool   `help:"Close it."`
	Name string `arg:"" help:"Name of the account."`
}

func (c *userCloseCmd) where() place { return c.place }

func (c *userCloseCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	if !c.Yes {
		d, err := a.account.DutiesOf(ctx, operator(), at.ID)
		if err != nil {
			return err
		}
		fmt.Fprintln(e.stderr, l.Say("personal.close.duties", "cases", l.Count(d.Cases), "confirmations", l.Count(d.Confirmations), "drafts", l.Count(d.Drafts)))
		fmt.Fprintln(e.stderr, l.Say("personal.close.dry", "name", at.Name))
		return nil
	}
	if err := a.account.Close(ctx, operator(), at.ID); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("personal.closed.done"))
	return nil
}
