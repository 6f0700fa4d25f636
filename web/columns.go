package web

import (
	"context"
	"fmt"
	"slices"

	"datai/catalog"
	"datai/intake"
	"datai/web/ui"
	"datai/wording"
)

const sampleRows = 3 // values of each column that help to tell what it is

// columns shows the columns of a file, as far as it can still be read with a
// few of their values, and asks what they are about.
func (p *Pages) columns(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	kind := b.Kind
	if k := intake.Kind(c.r.URL.Query().Get("kind")); slices.Contains(intake.Kinds(), k) {
		kind = k
	}
	if kind == "" {
		kind = intake.Results
	}
	shown := ui.Columns{Batch: b, Kind: kind, Sample: ui.Sample{Layout: b.Layout, Columns: b.Columns}, Fields: p.Fields(kind)}
	shown.Held, err = p.imports.look(b.ID, p.Now(), func(u *upload) (err error) {
		shown.Sample, err = p.Preview(u.path(), u.name, kind, sampleRows)
		return err
	})
	if err != nil {
		return err
	}
	if len(shown.Sample.Columns) == 0 || shown.Sample.Layout == "" {
		return catalog.Refuse(catalog.NotFound, "columns.gone")
	}
	m, err := p.Intake.Mapping(c.ctx(), c.v.Who, kind, shown.Sample.Layout)
	if err != nil && catalog.CodeOf(err) != catalog.NotFound {
		return err
	}
	shown.Mapping = m
	c.v.Nav = "import"
	return c.show(ui.Head{Title: c.v.T("columns.title"), Quiet: true}, ui.ColumnsPage(c.v, shown))
}

// remap remembers what the columns of a layout are about, and reads the file
// once more if it is still there.
func (p *Pages) remap(c *visit) error {
	b, err := p.batchOf(c)
	if err != nil {
		return err
	}
	m, err := p.readMapping(c)
	if err != nil {
		return err
	}
	m.File = b.File
	known, err := p.Intake.Mapping(c.ctx(), c.v.Who, m.Kind, m.Layout)
	if err != nil && catalog.CodeOf(err) != catalog.NotFound {
		return err
	}
	m.Version = known.Version
	if _, err := p.Intake.SaveMapping(c.ctx(), c.v.Who, m); err != nil {
		return err
	}
	return p.again(c, b, m.Kind)
}

func (p *Pages) readMapping(c *visit) (m intake.Mapping, err error) {
	if err := c.readForm(formMax); err != nil {
		return m, err
	}
	m = intake.Mapping{Kind: intake.Kind(c.r.PostForm.Get("kind")), Layout: c.r.PostForm.Get("layout"), Fields: map[string]string{}}
	headers, fields := c.r.PostForm["header"], c.r.PostForm["field"]
	known := p.Fields(m.Kind)
	if len(headers) != len(fields) || len(known) == 0 {
		return m, catalog.Refuse(catalog.Invalid, "error.form")
	}
	title := false
	for i, h := range headers {
		if fields[i] != "" && !slices.Contains(known, fields[i]) {
			return m, catalog.Refuse(catalog.Invalid, "error.form")
		}
		if fields[i] != "" && fields[i] != manyColumns && slices.Contains(fields[:i], fields[i]) {
			return m, catalog.Refuse(catalog.Invalid, "columns.twice", "field", fieldName(c.v.Lang, fields[i]))
		}
		title = title || fields[i] == "title"
		m.Fields[h] = fields[i]
	}
	if !title {
		return m, catalog.Refuse(catalog.Invalid, "columns.no_title")
	}
	return m, nil
}

// manyColumns is the field that several columns may have: they are not kept.
const manyColumns = "dropped"

func fieldName(l wording.Lang, field string) string {
	if l.Has("field." + field) {
		return l.Say("field." + field)
	}
	return field
}

// again reads the file of a batch once more, as another import that takes the
// place of this one.
func (p *Pages) again(c *visit, b intake.Batch, kind intake.Kind) error {
	up := p.imports.take(b.ID, p.Now())
	if up == nil {
		return c.redirect("/import?mapped=1")
	}
	ctx := context.WithoutCancel(c.ctx())
	up.kind = kind
	next, err := p.Intake.Await(ctx, c.v.Who, b.Drop, kind, b.File)
	if err == nil {
		err = p.Intake.Replace(ctx, c.v.Who, b.ID, next.ID)
	}
	if err != nil {
		up.close()
		return err
	}
	began, err := p.imports.start(p, c.v.Who, next.ID, up, false)
	if err != nil {
		return err
	}
	return c.redirect("/import/" + first(c.ctx(), next.ID, began).String())
}

// mappings lists what is remembered of layouts.
func (p *Pages) mappings(c *visit) error {
	ms, err := p.Intake.Mappings(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	c.v.Nav = "import"
	return c.show(ui.Head{Title: c.v.T("columns.remembered"), Quiet: true}, ui.MappingsPage(c.v, ms, p.allFields()))
}

func (p *Pages) allFields() map[intake.Kind][]string {
	out := map[intake.Kind][]string{}
	for _, k := range intake.Kinds() {
		out[k] = p.Fields(k)
	}
	return out
}

// editMapping changes or forgets what is remembered of a layout.
func (p *Pages) editMapping(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	old, err := p.Intake.Mapping(c.ctx(), c.v.Who, intake.Kind(c.r.PostForm.Get("kind")), c.r.PostForm.Get("layout"))
	if err != nil {
		return err
	}
	if c.r.PostForm.Get("version") != fmt.Sprint(old.Version) {
		return catalog.Refuse(catalog.Conflict, "error.conflict")
	}
	if c.r.PostForm.Get("forget") != "" {
		err = p.Intake.ForgetMapping(c.ctx(), c.v.Who, old)
	} else {
		var m intake.Mapping
		if m, err = p.readMapping(c); err != nil {
			return err
		}
		m.File, m.Version = old.File, old.Version
		_, err = p.Intake.SaveMapping(c.ctx(), c.v.Who, m)
	}
	if err != nil {
		return err
	}
	return c.redirect("/import/mappings")
}
