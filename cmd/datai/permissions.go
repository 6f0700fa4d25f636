package main

import (
	"context"

	"datai/account"
	"datai/exchange"
	"datai/web"
	"datai/wording"
)

type permissionsCmd struct {
	Format string `enum:"text,csv,xlsx" default:"text" help:"Format: text, csv or xlsx."`
}

// runAlone prints the table, which is the same in every installation; it opens
// no data.
func (c *permissionsCmd) runAlone(_ context.Context, e env, l wording.Lang) error {
	pages := web.New(web.Config{Beside: healthRoutes()})
	return exchange.WritePermissions(e.stdout, l, c.Format, account.Table(pages.Routes()))
}

// healthRoutes are what the process answers beside the pages.
func healthRoutes() []account.Route {
	return []account.Route{{Pattern: healthRoute, Do: account.SeePublic}, {Pattern: readyRoute, Do: account.SeePublic}}
}
