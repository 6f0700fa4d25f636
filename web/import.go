package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/intake"
	"datai/web/ui"

	"github.com/google/uuid"
)

const stagedPage = 100 // rows of an import on one page

func (p *Pages) importForm(c *visit) error {
	return p.showImportForm(c, http.StatusOK, anyKind, "")
}

func (p *Pages) showImportForm(c *visit, status int, kind, problem string) error {
	c.v.Nav, c.v.Path = "import", "/import"
	page := ui.Import{Kind: kind, Problem: problem, MaxMB: int(p.MaxUpload >> 20)}
	var err error
	if page.Recent, err = p.Intake.Batches(c.ctx(), c.v.Who); err != nil {
		return err
	}
	if page.Asking, err = p.Intake.Asking(c.ctx(), c.v.Who); err != nil {
		return err
	}
	mappings, err := p.Intake.Mappings(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	page.Mappings = len(mappings)
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("import.title"), Quiet: true}, ui.ImportPage(c.v, page)))
}

// upload takes files and starts their dry runs. One file leads to its own page,
// several to that of the drop. Files that cannot be taken at all come back with
// the form and the reason.
func (p *Pages) upload(c *visit) error {
	kind, ups, err := p.receive(c)
	if err == nil && len(ups) == 1 && ups[0].problem != nil {
		err = ups[0].problem
	}
	if err != nil {
		if e, ok := errors.AsType[*catalog.Error](err); ok && e.Code == catalog.Invalid {
			return p.showImportForm(c, http.StatusBadRequest, kind, c.v.Lang.SayArgs(e.Key, e.Args))
		}
		return err
	}
	return p.begin(c, ups)
}

// begin starts the dry runs of a drop and leads to the page that shows them.
func (p *Pages) begin(c *visit, ups []*upload) error {
	drop, err := uuid.NewV7()
	if err != nil {
		return err
	}
	// What has been received is staged even if the browser leaves now.
	ctx := context.WithoutCancel(c.ctx())
	var last uuid.UUID
	var began <-chan uuid.UUID
	for i, u := range ups {
		b, err := p.Intake.Await(ctx, c.v.Who, drop, u.kind, u.name)
		if err == nil && u.problem != nil {
			_, err = p.Intake.Abandon(ctx, c.v.Who, b.ID, u.problem)
			if errors.Is(err, u.problem) {
				continue
			}
		} else if err == nil {
			began, err = p.imports.start(p, c.v.Who, b.ID, u, len(ups) > 1)
		}
		if err != nil {
			for _, left := range ups[i:] {
				left.close()
			}
			return err
		}
		last = b.ID
	}
	if len(ups) > 1 {
		return c.redirect("/drops/" + drop.String())
	}
	return c.redirect("/import/" + first(c.ctx(), last, began).String())
}

// first is the batch of the only file of a drop: the one that waited for it, or
// one that had been interrupted and goes on. A page does not wait long for it:
// it shows how it goes on.
func first(ctx context.Context, waiting uuid.UUID, began <-chan uuid.UUID) uuid.UUID {
	ctx, stop := context.WithTimeout(ctx, cancelWait)
	defer stop()
	return opened(ctx, waiting, began)
}

// opened waits until a file has been opened, or ctx ends.
func opened(ctx context.Context, waiting uuid.UUID, began <-chan uuid.UUID) uuid.UUID {
	select {
	case id, ok := <-began:
		if ok {
			return id
		}
	case <-ctx.Done():
	}
	return waiting
}

func (p *Pages) batch(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	if b.Next != uuid.Nil {
		return c.redirect("/import/" + b.Next.String())
	}
	shown := ui.Batch{Batch: b, Fate: defaultFate(b), Held: p.imports.holds(b.ID)}
	q := c.r.URL.Query()
	if q.Has("fate") {
		if shown.Fate = intake.Fate(q.Get("fate")); !slices.Contains(fates, shown.Fate) {
			return catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	shown.Moved = q.Has("moved") && b.State == intake.Staged
	after, err := afterRow(c)
	if err != nil {
		return err
	}
	if shown.Rows, err = p.Intake.Rows(c.ctx(), c.v.Who, b.ID, shown.Fate, after, stagedPage); err != nil {
		return err
	}
	at := "/import/" + b.ID.String() + "?fate=" + string(shown.Fate)
	if n := len(shown.Rows); n >= stagedPage {
		shown.After = at + "&after=" + strconv.Itoa(shown.Rows[n-1].N)
	}
	if after > 0 {
		shown.First = at
	}
	c.v.Nav = "import"
	if c.partial() {
		return c.render(http.StatusOK, ui.BatchPart(c.v, shown))
	}
	return c.show(ui.Head{Title: c.v.FileName(b), Quiet: true, Refresh: ui.Reading(b)}, ui.BatchPage(c.v, shown))
}

// afterRow is the row number after which a page begins.
func afterRow(c *visit) (after int, err error) {
	if a := c.r.URL.Query().Get("after"); a != "" {
		if after, err = strconv.Atoi(a); err != nil || after < 0 {
			return 0, catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	return after, nil
}

var fates = []intake.Fate{"", intake.New, intake.Changed, intake.Unchanged, intake.Repeated, intake.Alike, intake.Refused}

// defaultFate shows first what has to be looked at.
func defaultFate(b intake.Batch) intake.Fate {
	if b.Counts.Refused > 0 && b.State != intake.Staging {
		return intake.Refused
	}
	return ""
}

// batchOf is the import that the address names.
func (p *Pages) batchOf(c *visit) (intake.Batch, error) {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return intake.Batch{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return p.Intake.Batch(c.ctx(), c.v.Who, id)
}

// apply writes the rows. It goes on when the officer's browser leaves: half a
// click must not decide. If the catalogue moved, the page says so and offers to
// check once more.
func (p *Pages) apply(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	at := "/import/" + b.ID.String()
	switch _, err := p.Intake.Apply(context.WithoutCancel(c.ctx()), c.v.Who, b.ID); {
	case intake.Moved(err):
		return c.redirect(at + "?moved=1")
	case err != nil:
		return err
	}
	p.imports.forget(b.ID)
	return c.redirect(at)
}

// recheck compares what is staged with the catalogue as it is now.
func (p *Pages) recheck(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	if _, err := p.Intake.Recheck(context.WithoutCancel(c.ctx()), c.v.Who, b.ID); err != nil {
		return err
	}
	return c.redirect("/import/" + b.ID.String())
}

// prefer says which word counts where somebody changed a page and the file says
// something else.
func (p *Pages) prefer(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	take := c.r.PostFormValue("take")
	if take != "page" && take != "file" {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	if _, err := p.Intake.Prefer(context.WithoutCancel(c.ctx()), c.v.Who, b.ID, take == "file"); err != nil {
		return err
	}
	return c.redirect("/import/" + b.ID.String())
}

func (p *Pages) cancel(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	if !p.imports.cancel(c.ctx(), b.ID) {
		if _, err := p.Intake.Cancel(c.ctx(), c.v.Who, b.ID); err != nil {
			return err
		}
	}
	p.imports.forget(b.ID)
	return c.redirect("/import/" + b.ID.String())
}

// refused gives the refused rows back in the format in which they came.
func (p *Pages) refused(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	if b.Counts.Refused == 0 {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return c.sendRefused(b.File, b.Format, func(w io.Writer) error { return p.Refused(c.ctx(), c.v.Who, c.v.Lang, w, b) })
}

// sendRefused answers with the refused rows of a file in the format in which
// they are written, which for old workbooks is a new one.
func (c *visit) sendRefused(file, format string, write func(io.Writer) error) error {
	types := map[string]string{"csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
	if _, ok := types[format]; !ok {
		format = "xlsx"
		types[format] = xlsxType
	}
	name := strings.TrimSuffix(file, filepath.Ext(file)) + "-" + c.v.T("refused.file") + "." + format
	h := c.w.Header()
	h.Set("Content-Type", types[format])
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return write(c.w)
}

// drop shows files that were brought together.
func (p *Pages) drop(c *visit) error {
	d, err := p.dropOf(c)
	if err != nil {
		return err
	}
	c.v.Nav = "import"
	if c.partial() {
		return c.render(http.StatusOK, ui.DropPart(c.v, d))
	}
	return c.show(ui.Head{Title: c.v.T("drop.title"), Quiet: true, Refresh: d.Reading()}, ui.DropPage(c.v, d))
}

func (p *Pages) dropOf(c *visit) (ui.Drop, error) {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return ui.Drop{}, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	batches, err := p.Intake.Drop(c.ctx(), c.v.Who, id)
	return ui.NewDrop(id, batches), err
}

// applyDrop writes what is usable of every file, one transaction a file.
func (p *Pages) applyDrop(c *visit) error {
	d, err := p.dropOf(c)
	if err != nil {
		return err
	}
	if d.Reading() {
		return catalog.Refuse(catalog.Conflict, "drop.reading")
	}
	done, err := p.Intake.ApplyDrop(context.WithoutCancel(c.ctx()), c.v.Who, d.ID)
	if err != nil {
		return err
	}
	for _, o := range done {
		if o.Err == nil {
			p.imports.forget(o.Batch.ID)
		} else if !intake.Moved(o.Err) {
			return o.Err
		}
	}
	return c.redirect("/drops/" + d.ID.String())
}

// cancelDrop ends every file of a drop that has not been written.
func (p *Pages) cancelDrop(c *visit) error {
	d, err := p.dropOf(c)
	if err != nil {
		return err
	}
	for _, b := range d.Batches {
		if !p.imports.cancel(c.ctx(), b.ID) {
			if _, err := p.Intake.Cancel(c.ctx(), c.v.Who, b.ID); err != nil && catalog.CodeOf(err) != catalog.Conflict {
				return err
			}
		}
		p.imports.forget(b.ID)
	}
	return c.redirect("/drops/" + d.ID.String())
}
