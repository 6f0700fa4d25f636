package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/exchange"
	"datai/signin"
	"datai/wording"
)

type userCmd struct {
	Add       userAddCmd       `cmd:"" help:"Make an account; datai user invite lets its owner in."`
	Role      userRoleCmd      `cmd:"" help:"Give roles to an account or take them."`
	Invite    userInviteCmd    `cmd:"" help:"Print a one-time link by which the owner of an account comes in, or send it."`
	Disable   userDisableCmd   `cmd:"" help:"Let nobody in by an account any more, at once; --undo lets it in again."`
	Import    userImportCmd    `cmd:"" help:"Take a list of staff or students: number, name, unit, category, e-mail, phone, state, end. Exit 3: some rows refused; 2: unusable file."`
	Sync      userSyncCmd      `cmd:"" help:"Read the list of people of a sign-in source now and put out who left; it is also read by itself."`
	Confirm   userConfirmCmd   `cmd:"" help:"Confirm roles that a system administrator has asked for; --refuse refuses them."`
	Factor    userFactorCmd    `cmd:"" name:"second-factor" help:"Look after the second factors of somebody."`
	Data      userDataCmd      `cmd:"" help:"Print what is kept of somebody who has asked for it, in full; the journal notes it."`
	Close     userCloseCmd     `cmd:"" help:"Close the account of somebody who has asked for it, for good; without --yes it only says what waits for them."`
	Conflicts userConflictsCmd `cmd:"" help:"List accounts that may be one person's; --apart says that two are two people."`
	Merge     userMergeCmd     `cmd:"" help:"Ask the owner of two accounts whether they are one person's: they become one once both have said so."`
	List      userListCmd      `cmd:"" help:"List accounts by name: name, roles, state, unit, version."`
}

type userAddCmd struct {
	place
	Role []account.Role `help:"Roles, such as officer, manager, system (datai permissions lists them)." placeholder:"ROLE"`
	Name string         `arg:"" help:"Name of the account; nobody else may have it."`
}

func (c *userAddCmd) where() place { return c.place }

func (c *userAddCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	made, err := a.account.Add(ctx, operator(), c.Name, c.Role)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("accounts.added", "name", made.Name))
	return nil
}

type userRoleCmd struct {
	place
	Give []account.Role `help:"Roles to give." placeholder:"ROLE"`
	Take []account.Role `help:"Roles to take." placeholder:"ROLE"`
	Name string         `arg:"" help:"Name of the account."`
}

func (c *userRoleCmd) where() place { return c.place }

func (c *userRoleCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	roles := slices.DeleteFunc(append(slices.Clone(at.Roles), c.Give...), func(r account.Role) bool { return slices.Contains(c.Take, r) })
	if err := a.account.SetRoles(ctx, operator(), at.ID, at.Version, roles); err != nil {
		return err
	}
	if at, err = a.account.AccountCalled(ctx, operator(), c.Name); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("accounts.roles_now", "name", at.Name, "roles", roleNames(l, at.Roles)))
	return nil
}

func roleNames(l wording.Lang, roles []account.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = l.Say("role." + string(r))
	}
	if len(names) == 0 {
		return l.Say("accounts.no_roles")
	}
	return strings.Join(names, l.Say("list.comma"))
}

type userInviteCmd struct {
	place
	BaseURL *url.URL `help:"Address under which people reach the server (default: the running server's, else http://127.0.0.1:8080)." env:"DATAI_BASE_URL"`
	Send    bool     `help:"Do not print it: send it to the account's own e-mail address, or word to its telephone."`
	Name    string   `arg:"" help:"Name of the account."`
}

func (c *userInviteCmd) where() place { return c.place }

// run prints the link on stdout and what it is on stderr.
func (c *userInviteCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	if c.Send {
		to, err := a.account.SendInvitation(ctx, operator(), at.ID, account.ByEmail, account.ByPhone)
		if err == nil {
			fmt.Fprintln(e.stderr, l.Say("accounts.invite_sent", "to", to.Value))
		}
		return err
	}
	token, err := a.account.Invite(ctx, operator(), at.ID)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("accounts.invited", "name", at.Name, "hours", fmt.Sprint(int(account.InviteLife.Hours()))))
	fmt.Fprintln(e.stdout, a.reached(c.BaseURL).JoinPath("enter", token))
	return nil
}

type userDisableCmd struct {
	place
	Undo bool   `help:"Let it in again."`
	Name string `arg:"" help:"Name of the account."`
}

func (c *userDisableCmd) where() place { return c.place }

func (c *userDisableCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	if c.Undo {
		err = a.account.Enable(ctx, operator(), at.ID, at.Version)
	} else {
		err = a.account.Disable(ctx, operator(), at.ID, at.Version)
	}
	if err != nil {
		return err
	}
	said := "accounts.disabled_done"
	if c.Undo {
		said = "accounts.enabled_done"
	}
	fmt.Fprintln(e.stderr, l.Say(said, "name", at.Name))
	return nil
}

type userConfirmCmd struct {
	place
	Refuse bool   `help:"Refuse them."`
	Name   string `arg:"" help:"Name of the account."`
}

func (c *userConfirmCmd) where() place { return c.place }

func (c *userConfirmCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	if err := a.account.ConfirmAsked(ctx, operator(), at.ID, at.Version, !c.Refuse); err != nil {
		return err
	}
	if at, err = a.account.AccountCalled(ctx, operator(), c.Name); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("accounts.roles_now", "name", at.Name, "roles", roleNames(l, at.Roles)))
	return nil
}

type userFactorCmd struct {
	Reset userFactorResetCmd `cmd:"" help:"Take authenticator app, passkeys and recovery codes of somebody who has lost them away, and end what is open by the account."`
}

type userFactorResetCmd struct {
	place
	Name string `arg:"" help:"Name of the account."`
}

func (c *userFactorResetCmd) where() place { return c.place }

func (c *userFactorResetCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	at, err := a.account.AccountCalled(ctx, operator(), c.Name)
	if err != nil {
		return err
	}
	if err := a.account.ResetFactors(ctx, operator(), at.ID); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("factor.reset_done", "name", at.Name))
	return nil
}

type userListCmd struct {
	place
	Find  string       `help:"Only names that hold this, or its pinyin." placeholder:"TEXT"`
	Role  account.Role `help:"Only accounts with this role." placeholder:"ROLE"`
	State string       `enum:"any,active,disabled,waiting" default:"any" help:"Only active or disabled ones, or those whose roles wait to be confirmed."`
}

func (c *userListCmd) where() place { return c.place }

func (c *userListCmd) run(ctx context.Context, a *app, e env, _ wording.Lang) error {
	f := account.Filter{Q: c.Find, Role: c.Role}
	if c.State != "any" {
		f.State = c.State
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for from := (account.Page{Limit: 500}); ; {
		list, next, _, err := a.account.Accounts(ctx, operator(), f, from)
		if err != nil {
			return err
		}
		for _, x := range list {
			state := account.Active
			if x.Disabled {
				state = account.Disabled
			}
			var roles []string
			for _, r := range x.Roles {
				roles = append(roles, string(r))
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", x.Name, strings.Join(roles, ","), state, x.Unit, x.Version)
		}
		if from = next; next.Limit == 0 {
			return w.Flush()
		}
	}
}

type userSyncCmd struct {
	place
	DryRun bool   `help:"Only say how many left."`
	File   string `placeholder:"FILE" help:"Take the list from this file: XLSX, CSV or JSON Lines like those of user import, or the .json that the source would answer."`
	Source string `arg:"" help:"Short name of the source."`
}

func (c *userSyncCmd) where() place { return c.place }

func (c *userSyncCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	src, err := a.account.Source(ctx, c.Source)
	if err != nil {
		return err
	}
	r, err := c.read(ctx, a, e, l, src)
	if err != nil {
		return err
	}
	said := "sources.presence.said"
	if r.State == account.PresenceStopped {
		said = "sources.presence.said_stopped"
	} else if c.DryRun {
		said = "sources.presence.said_dry"
	}
	fmt.Fprintln(e.stdout, l.Say(said, "listed", l.Count(r.Listed), "total", l.Count(r.Total), "gone", l.Count(r.Gone)))
	if r.State == account.PresenceStopped {
		return stop{exitRefused}
	}
	return nil
}

// read takes the list of a file, or asks the source for its.
func (c *userSyncCmd) read(ctx context.Context, a *app, e env, l wording.Lang, src account.Source) (account.Presence, error) {
	if c.File != "" {
		members, err := members(e, l, e.path(c.File))
		if err != nil {
			return account.Presence{}, err
		}
		return a.account.ApplyPresence(ctx, src, members, c.DryRun)
	}
	if src.Presence.Address == "" {
		return account.Presence{}, catalog.Refuse(catalog.Invalid, "sources.no_presence")
	}
	keeper := signin.Keeper{Client: signin.New(signin.Config{Base: a.reached(nil), Key: a.key, Now: time.Now}), Account: a.account, Logger: a.log}
	return keeper.Read(ctx, src, c.DryRun)
}

// members reads a list of people from a file. One of whose rows some are refused
// is refused as a whole: half a list would put out the other half.
func members(e env, l wording.Lang, path string) (out []account.Member, err error) {
	if strings.EqualFold(filepath.Ext(path), ".json") {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, catalog.Refuse(catalog.Invalid, "sources.presence_unclear").Because(err)
		}
		return signin.ReadPresence(text)
	}
	list, err := exchange.OpenRoster(path, filepath.Base(path), time.Local, exchange.Options{})
	if err != nil {
		return nil, err
	}
	defer list.Close()
	refused := 0
	for row, err := range list.Rows {
		if err != nil {
			return nil, err
		}
		if row.Refusal == nil && row.Number == "" {
			row.Column, row.Refusal = "number", catalog.Refuse(catalog.Invalid, "roster.no_number")
		}
		if row.Refusal != nil {
			refused++
			fmt.Fprintln(e.stderr, l.Say("roster.row", "row", fmt.Sprint(row.Row), "column", columnOf(l, row), "why", l.SayArgs(row.Refusal.Key, row.Refusal.Args)))
		}
		out = append(out, account.Member{Number: row.Number, Left: row.Left})
	}
	if refused > 0 {
		return nil, catalog.Refuse(catalog.Conflict, "roster.mend_first", "n", fmt.Sprint(refused))
	}
	return out, nil
}
