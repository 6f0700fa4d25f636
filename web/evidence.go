package web

import (
	"bytes"
	"net/http"

	"datai/catalog"
	"datai/web/ui"
)

// The last checkpoint of the journal, for everybody, and packs of evidence, for
// the office.

func (p *Pages) checkpoint(c *visit) error {
	s, err := p.Evidence.Checkpoint(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("checkpoint.title"), Quiet: true}, ui.CheckpointPage(c.v, s))
}

// checkpointText is the note alone, for programs.
func (p *Pages) checkpointText(c *visit) error {
	s, err := p.Evidence.Checkpoint(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, "text/plain; charset=utf-8", []byte(s.Note))
}

// pack is everything that the journal holds about a thing of a kind, as a file.
func (p *Pages) pack(kind string) handler {
	return func(c *visit) error { return p.packOf(c, kind) }
}

func (p *Pages) packOf(c *visit, kind string) error {
	code := c.r.PathValue("code")
	if err := fitCode(code); err != nil {
		return err
	}
	pack, err := p.Evidence.Pack(c.ctx(), c.v.Who, kind, code)
	if err != nil {
		return err
	}
	var file bytes.Buffer // whole or not at all
	if err := p.WritePack(&file, c.v.Now.Location(), pack); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+pack.Subject.Code+`.zip"`)
	h.Set("Cache-Control", "no-store")
	_, err = file.WriteTo(c.w)
	return err
}

// sealed is how many entries are under the last checkpoint.
func (p *Pages) sealed(c *visit) (int64, error) {
	s, err := p.Evidence.Checkpoint(c.ctx(), c.v.Who)
	if catalog.CodeOf(err) == catalog.NotFound {
		return 0, nil
	}
	return s.Size, err
}
