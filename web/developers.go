package web

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"datai/account"
	"datai/web/api"
	"datai/web/ui"

	"github.com/danielgtaylor/huma/v2"
)

// developers shows the OpenAPI document as a page of ours: the usual viewers
// are programs of other hosts.
func (p *Pages) developers(c *visit) error {
	c.canonical("/api")
	doc := p.api.OpenAPI()
	d := ui.Document{Base: p.absolute(api.Prefix), Problems: api.Codes()}
	for _, tag := range api.Tags() {
		g := ui.OperationGroup{Name: tag}
		for _, at := range slices.Sorted(maps.Keys(doc.Paths)) {
			item := doc.Paths[at]
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
				if op != nil && slices.Contains(op.Tags, tag) {
					g.Operations = append(g.Operations, c.operation(op))
				}
			}
		}
		d.Groups = append(d.Groups, g)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas.Map())) {
		d.Shapes = append(d.Shapes, c.shape(name, doc.Components.Schemas.Map()[name]))
	}
	return c.show(ui.Head{Title: c.v.T("developers.title")}, ui.DevelopersPage(c.v, d))
}

func (c *visit) operation(op *huma.Operation) ui.Operation {
	o := ui.Operation{ID: op.OperationID, Method: op.Method, Path: op.Path, Write: op.Extensions[api.ScopeKey] == "write",
		Who: c.whoMay(account.Permission(fmt.Sprint(op.Extensions[api.PermissionKey])))}
	for _, param := range op.Parameters {
		o.Params = append(o.Params, ui.ShapeField{Name: param.Name, In: param.In, Required: param.Required, Kind: c.kindOf(param.Schema),
			Text: c.v.T("api.param." + param.Name)})
	}
	if op.RequestBody != nil {
		for contentType, m := range op.RequestBody.Content {
			o.Takes = c.content(contentType, m)
		}
	}
	for _, status := range []string{"200", "201", "202"} {
		if r := op.Responses[status]; r != nil {
			for _, contentType := range slices.Sorted(maps.Keys(r.Content)) {
				o.Gives = c.content(contentType, r.Content[contentType])
			}
		}
	}
	return o
}

func (c *visit) content(contentType string, m *huma.MediaType) ui.Kind {
	if m.Schema == nil || m.Schema.Ref == "" {
		return ui.Kind{Text: contentType}
	}
	return c.kindOf(m.Schema)
}

// whoMay names the roles that have a permission.
func (c *visit) whoMay(do account.Permission) string {
	if account.Nobody().May(do) {
		return c.v.T("developers.anybody")
	}
	var roles []string
	for _, r := range account.Roles() {
		if (account.Principal{Acting: r}).May(do) && r != account.Console {
			roles = append(roles, c.v.T("role."+string(r)))
		}
	}
	return c.v.T("developers.who", "roles", strings.Join(roles, c.v.T("list.comma")))
}

func (c *visit) shape(name string, s *huma.Schema) ui.Shape {
	shape := ui.Shape{Name: name}
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		f := ui.ShapeField{Name: field, Kind: c.kindOf(s.Properties[field]), Required: slices.Contains(s.Required, field)}
		if key := "api.field." + field; c.v.Lang.Has(key) {
			f.Text = c.v.T(key)
		}
		shape.Fields = append(shape.Fields, f)
	}
	return shape
}

// kindOf writes what a value is: a word for its type, or the words it may be.
func (c *visit) kindOf(s *huma.Schema) ui.Kind {
	switch {
	case s == nil:
		return ui.Kind{}
	case s.Ref != "":
		name := path.Base(s.Ref)
		return ui.Kind{Text: name, Shape: name}
	case s.Type == huma.TypeArray:
		k := c.kindOf(s.Items)
		k.Text += " […]"
		return k
	case len(s.Enum) > 0:
		var all []string
		for _, e := range s.Enum {
			all = append(all, fmt.Sprint(e))
		}
		return ui.Kind{Text: strings.Join(all, " | ")}
	}
	return ui.Kind{Text: cmp.Or(s.Format, s.Type)}
}
