package main

import (
	"context"
	"encoding/json"
	"fmt"

	"datai/catalog"
	"datai/wording"

	"github.com/google/uuid"
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
	return printJSON(e.stdout, d)
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

type userConflictsCmd struct {
	place
	Apart string `help:"Say that the two accounts of this conflict are two people." placeholder:"ID"`
	JSON  bool   `name:"json" help:"Print them as one line of JSON."`
}

func (c *userConflictsCmd) where() place { return c.place }

func (c *userConflictsCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	if c.Apart != "" {
		id, err := uuid.Parse(c.Apart)
		if err != nil {
			return catalog.Refuse(catalog.Invalid, "conflicts.gone")
		}
		if err := a.account.Apart(ctx, operator(), id); err != nil {
			return err
		}
		fmt.Fprintln(e.stderr, l.Say("conflicts.saved.apart"))
		return nil
	}
	list, total, err := a.account.Conflicts(ctx, operator())
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(list)
	}
	for _, x := range list {
		fmt.Fprintf(e.stdout, "%s  %s  %s | %s\n", x.ID, l.Say("conflicts.kind."+string(x.Kind)), x.Left.Account.Name, x.Right.Account.Name)
	}
	if total == 0 {
		fmt.Fprintln(e.stderr, l.Say("conflicts.none"))
	} else {
		fmt.Fprintln(e.stderr, l.Say("conflicts.total", "n", l.Count(total)))
	}
	return nil
}

type userMergeCmd struct {
	place
	Keep string `arg:"" help:"Name of the account that stays."`
	Gone string `arg:"" help:"Name of the account that goes."`
}

func (c *userMergeCmd) where() place { return c.place }

// run asks the owner: nobody says for somebody else that two accounts are theirs.
func (c *userMergeCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	keep, err := a.account.AccountCalled(ctx, operator(), c.Keep)
	if err != nil {
		return err
	}
	gone, err := a.account.AccountCalled(ctx, operator(), c.Gone)
	if err != nil {
		return err
	}
	if _, err := a.account.ProposeJoin(ctx, operator(), keep.ID, gone.ID); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("conflicts.saved.proposed"))
	fmt.Fprintln(e.stderr, l.Say("conflicts.propose_text"))
	return nil
}
