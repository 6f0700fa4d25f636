package web

import (
	"strconv"
	"strings"

	"datai/catalog"
	"datai/shelf"
	"datai/web/ui"

	"github.com/google/uuid"
)

const formMax = 1 << 20 // bytes of a form without a file: thousands of ticked boxes

// readRefs reads the ticked boxes of a bulk action: id and version of what the
// officer saw.
func readRefs(c *visit) ([]shelf.Ref, error) {
	if err := c.readForm(formMax); err != nil {
		return nil, err
	}
	refs, err := parseRefs(c.r.PostForm["ref"])
	if err == nil && len(refs) == 0 {
		err = catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
	}
	return refs, err
}

func parseRefs(texts []string) ([]shelf.Ref, error) {
	var refs []shelf.Ref
	for _, text := range texts {
		id, version, _ := strings.Cut(text, ".")
		u, err := uuid.Parse(id)
		n, verr := strconv.ParseInt(version, 10, 64)
		if err != nil || verr != nil {
			return nil, catalog.Refuse(catalog.Invalid, "error.form")
		}
		refs = append(refs, shelf.Ref{ID: u, Version: n})
	}
	return refs, nil
}

// confirmed demands the officer's 可公开确认, ticked by hand on this very form
// (never-rule 2).
func confirmed(c *visit) error {
	if c.r.PostFormValue("confirm") != "1" {
		return catalog.Refuse(catalog.Invalid, "bulk.confirm_required")
	}
	return nil
}

// outcome shows what a bulk action did; done names it in the messages.
func (c *visit) outcome(o shelf.Outcome, err error, path, done string) error {
	if err != nil {
		return err
	}
	c.v.Nav, _, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	c.v.Path = path
	return c.show(ui.Head{Title: c.v.T("outcome.title"), Quiet: true}, ui.OutcomePage(c.v, o, path, done))
}
