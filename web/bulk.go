package web

import (
	"net/http"
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
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	if err := c.r.ParseForm(); err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	var refs []shelf.Ref
	for _, text := range c.r.PostForm["ref"] {
		id, version, _ := strings.Cut(text, ".")
		u, err := uuid.Parse(id)
		n, verr := strconv.ParseInt(version, 10, 64)
		if err != nil || verr != nil {
			return nil, catalog.Refuse(catalog.Invalid, "error.form")
		}
		refs = append(refs, shelf.Ref{ID: u, Version: n})
	}
	if len(refs) == 0 {
		return nil, catalog.Refuse(catalog.Invalid, "shelf.none_chosen")
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
