package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/wording"

	"github.com/google/uuid"
)

type tokenCmd struct {
	Add    tokenAddCmd    `cmd:"" help:"Make a token for an account; its secret is printed once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens of an account."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token."`
}

type tokenAddCmd struct {
	place
	Account string       `default:"admin" help:"Whose token it is."`
	Role    account.Role `default:"officer" help:"The role that it acts in, one of the account's."`
	Write   bool         `help:"Let it change things; without it the token only reads."`
	Days    int          `default:"90" help:"Days until it expires, at most 365."`
	Name    string       `arg:"" help:"What it is for."`
}

func (c *tokenAddCmd) where() place { return c.place }

// run prints the secret on stdout and what it is on stderr.
func (c *tokenAddCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	secret, t, err := a.account.IssueTokenFor(ctx, operator(), c.Account,
		account.NewToken{Name: c.Name, Role: c.Role, Write: c.Write, Days: c.Days})
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("tokens.made", "name", t.Name, "until", day(t.ExpiresAt)))
	fmt.Fprintln(e.stdout, secret)
	return nil
}

type tokenListCmd struct {
	place
	Account string `default:"admin" help:"Whose tokens."`
}

func (c *tokenListCmd) where() place { return c.place }

func (c *tokenListCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	ts, err := a.account.TokensOf(ctx, operator(), c.Account)
	if err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, t := range ts {
		used := l.Say("tokens.unused")
		if t.UsedOn > 0 {
			used = l.Say("tokens.used", "day", day(t.UsedOn))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Role, t.Scope(), day(t.ExpiresAt), used, l.Say("tokens.state."+tokenState(t, now)))
	}
	return w.Flush()
}

func tokenState(t account.Token, now int64) string {
	switch {
	case t.RevokedAt > 0:
		return "revoked"
	case !t.Live(now):
		return "expired"
	}
	return "live"
}

func day(ms int64) string { return time.UnixMilli(ms).Format(time.DateOnly) }

type tokenRevokeCmd struct {
	place
	ID string `arg:"" help:"Id of the token, from datai token list."`
}

func (c *tokenRevokeCmd) where() place { return c.place }

func (c *tokenRevokeCmd) run(ctx context.Context, a *app, _ env, _ wording.Lang) error {
	id, err := uuid.Parse(c.ID)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "tokens.bad_id", "id", strconv.Quote(c.ID))
	}
	return a.account.RevokeToken(ctx, operator(), id)
}
