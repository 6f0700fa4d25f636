package main

import (
	"context"
	"net/url"

	"datai/web/api"
	"datai/wording"
)

type openapiCmd struct {
	Format string `enum:"json,yaml" default:"json" help:"Format: json or yaml."`
}

// run prints the document, which says the same of every installation; it opens
// no data.
func (c *openapiCmd) runAlone(_ context.Context, e env, _ wording.Lang) error {
	a := api.New(api.Config{BaseURL: &url.URL{}})
	doc := a.Document()
	if c.Format == "yaml" {
		doc = a.DocumentYAML()
	}
	_, err := e.stdout.Write(doc)
	return err
}
