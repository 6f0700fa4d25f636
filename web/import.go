package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/intake"
	"datai/web/ui"

	"github.com/google/uuid"
)

const stagedPage = 100 // rows of an import on one page

func (p *Pages) importForm(c *visit) error {
	if !c.v.Who.May(account.ImportFiles) {
		return refuseSignedOut(c)
	}
	return p.showImportForm(c, http.StatusOK, intake.Results, "")
}

// refuseSignedOut is forbidden, with a word on sessions that end for whoever
// is not signed in.
func refuseSignedOut(c *visit) error {
	if !c.v.Who.SignedIn() {
		return catalog.Refuse(catalog.Forbidden, "error.signed_out")
	}
	return catalog.Refuse(catalog.Forbidden, "error.forbidden")
}

func (p *Pages) showImportForm(c *visit, status int, kind intake.Kind, problem string) error {
	c.v.Nav, c.v.Path = "import", "/import"
	batches, err := p.Intake.Batches(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	page := ui.ImportPage(c.v, batches, kind, problem, int(p.MaxUpload>>20))
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("import.title"), Quiet: true}, page))
}

// upload takes a file and starts its dry run; the page of the batch follows
// it. A file that cannot be read comes back with the form and the reason.
func (p *Pages) upload(c *visit) error {
	if !c.v.Who.May(account.ImportFiles) {
		return refuseSignedOut(c)
	}
	up, err := p.receive(c)
	if err == nil {
		var id uuid.UUID
		if id, err = p.imports.start(c.ctx(), p, c.v.Who, up); err == nil {
			return c.redirect("/import/" + id.String())
		}
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Code == catalog.Invalid {
		return p.showImportForm(c, http.StatusBadRequest, up.kind, c.v.Lang.SayArgs(e.Key, e.Args))
	}
	return err
}

// upload is a file that has been received; whoever has it deletes it.
type upload struct {
	path, name string
	kind       intake.Kind
}

// receive reads the form: kind first, then the file, straight to the disk,
// never through memory.
func (p *Pages) receive(c *visit) (up upload, err error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, p.MaxUpload+formMax)
	form, err := c.r.MultipartReader()
	if err != nil {
		return up, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return up, catalog.Refuse(catalog.Invalid, "import.no_file")
		}
		if err != nil {
			return up, p.tooLarge(err)
		}
		switch part.FormName() {
		case "kind":
			text, err := io.ReadAll(io.LimitReader(part, 64))
			if err != nil {
				return up, p.tooLarge(err)
			}
			up.kind = intake.Kind(text)
		case "file":
			if !slices.Contains(intake.Kinds(), up.kind) {
				up.kind = intake.Results
				return up, catalog.Refuse(catalog.Invalid, "import.no_kind")
			}
			if up.name = fileName(part.FileName()); up.name == "" {
				return up, catalog.Refuse(catalog.Invalid, "import.no_file")
			}
			up.path, err = p.keep(part.FileName(), part)
			return up, err
		}
	}
}

// takeFile starts the dry run of a file that a program sends.
func (p *Pages) takeFile(ctx context.Context, who account.Principal, kind intake.Kind, name string, body io.Reader) (uuid.UUID, error) {
	up := upload{name: fileName(name), kind: kind}
	if up.name == "" {
		return uuid.Nil, catalog.Refuse(catalog.Invalid, "import.no_file")
	}
	var err error
	if up.path, err = p.keep(up.name, body); err != nil {
		return uuid.Nil, err
	}
	return p.imports.start(ctx, p, who, up)
}

// fileName is the last part of the name that a browser sent, fit to be shown.
// It names nothing on our disk.
func fileName(sent string) string {
	name := sent[strings.LastIndexAny(sent, `/\`)+1:]
	rs := []rune(catalog.Clean(name))
	return string(rs[max(0, len(rs)-120):])
}

// keep writes a file that is being sent to the disk, as far as it may be long.
func (p *Pages) keep(name string, body io.Reader) (path string, err error) {
	if err := os.MkdirAll(p.UploadDir, 0o700); err != nil {
		return "", fmt.Errorf("web: upload: %w", err)
	}
	f, err := os.CreateTemp(p.UploadDir, "upload-*"+extension(name)) // mode 0600
	if err != nil {
		return "", fmt.Errorf("web: upload: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(body, p.MaxUpload+1))
	if err = errors.Join(err, f.Close()); err == nil && n > p.MaxUpload {
		err = &http.MaxBytesError{Limit: p.MaxUpload}
	}
	if err == nil && n == 0 {
		err = catalog.Refuse(catalog.Invalid, "import.no_file")
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", p.tooLarge(err)
	}
	return f.Name(), nil
}

// extension is the end of a file's name if it is a plain one.
func extension(name string) string {
	ext := strings.ToLower(filepath.Ext(name))
	if len(ext) > 6 || strings.Trim(ext, ".abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return ext
}

func (p *Pages) tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return catalog.Refuse(catalog.Invalid, "import.too_large", "mb", strconv.FormatInt(p.MaxUpload>>20, 10))
	}
	if catalog.CodeOf(err) != "" {
		return err
	}
	return catalog.Refuse(catalog.Invalid, "import.broken_off").Because(err)
}

func (p *Pages) batch(c *visit) error {
	id, err := batchID(c)
	if err != nil {
		return err
	}
	b, err := p.Intake.Batch(c.ctx(), c.v.Who, id)
	if err != nil {
		return err
	}
	shown := ui.Batch{Batch: b, Problem: p.imports.problem(id, c.v.Lang), Fate: defaultFate(b)}
	q := c.r.URL.Query()
	if q.Has("fate") {
		if shown.Fate = intake.Fate(q.Get("fate")); !slices.Contains(fates, shown.Fate) {
			return catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	after := 0
	if a := q.Get("after"); a != "" {
		if after, err = strconv.Atoi(a); err != nil || after < 0 {
			return catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	if shown.Rows, err = p.Intake.Rows(c.ctx(), c.v.Who, id, shown.Fate, after, stagedPage); err != nil {
		return err
	}
	at := "/import/" + id.String() + "?fate=" + string(shown.Fate)
	if n := len(shown.Rows); n >= stagedPage {
		shown.Next = at + "&after=" + strconv.Itoa(shown.Rows[n-1].N)
	}
	if after > 0 {
		shown.First = at
	}
	c.v.Nav = "import"
	if c.partial() {
		return c.render(http.StatusOK, ui.BatchPart(c.v, shown))
	}
	return c.show(ui.Head{Title: b.File, Quiet: true, Refresh: b.State == intake.Staging}, ui.BatchPage(c.v, shown))
}

var fates = []intake.Fate{"", intake.New, intake.Changed, intake.Unchanged, intake.Repeated, intake.Refused}

// defaultFate shows first what has to be looked at.
func defaultFate(b intake.Batch) intake.Fate {
	if b.Counts.Refused > 0 && b.State != intake.Staging {
		return intake.Refused
	}
	return ""
}

// batchID is the import that the address names; whoever may not import learns
// nothing about it.
func batchID(c *visit) (uuid.UUID, error) {
	if !c.v.Who.May(account.ImportFiles) {
		return uuid.Nil, refuseSignedOut(c)
	}
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return uuid.Nil, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	return id, nil
}

// apply writes the rows. It goes on when the officer's browser leaves: half a
// click must not decide.
func (p *Pages) apply(c *visit) error {
	id, err := batchID(c)
	if err != nil {
		return err
	}
	if _, err := p.Intake.Apply(context.WithoutCancel(c.ctx()), c.v.Who, id); err != nil {
		return err
	}
	return c.redirect("/import/" + id.String())
}

func (p *Pages) cancel(c *visit) error {
	id, err := batchID(c)
	if err != nil {
		return err
	}
	if !p.imports.cancel(c.ctx(), id) {
		if _, err := p.Intake.Cancel(c.ctx(), c.v.Who, id); err != nil {
			return err
		}
	}
	return c.redirect("/import/" + id.String())
}
