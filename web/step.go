package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/process"
)

// stepFormMax bounds a form without files.
const stepFormMax = 64 << 10

// stepForm reads a form that ui.StepForms drew, as it was typed but for what no
// field may hold: the step, what stands in its fields, and the version of the
// case that was seen. Whether it fits is the service's to say.
func (c *visit) stepForm(d *process.Definition) (m process.Move, version int64, err error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, stepFormMax)
	if err := c.r.ParseForm(); err != nil {
		return m, 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	form := c.r.PostForm
	if version, err = strconv.ParseInt(form.Get("version"), 10, 64); err != nil {
		return m, 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	m = process.Move{Action: process.Action(form.Get("do")), Reason: form.Get("reason"), Text: catalog.Clean(form.Get("text")), Values: map[string]string{}}
	for _, x := range d.Steps {
		if x.Action != m.Action {
			continue
		}
		for _, f := range x.Fields {
			if v := written(f, form.Get(f.Name)); v != "" {
				m.Values[f.Name] = v
			}
		}
	}
	return m, version, nil
}

// written is what somebody wrote into a field, cleaned as its kind allows.
func written(f process.Field, v string) string {
	switch f.Kind {
	case process.Line:
		return catalog.CleanLine(v)
	case process.Number:
		return narrow(catalog.CleanLine(v))
	case process.Text, process.Day, process.Choice, process.YesNo, process.Document:
	}
	return catalog.Clean(v)
}

// narrow writes a number as programs do: people also write the digits, sign and
// point of Chinese full width, and commas between thousands.
func narrow(v string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case slices.Contains([]rune{'－', '−'}, r):
			return '-'
		case slices.Contains([]rune{',', '，', ' '}, r):
			return -1
		}
		return r
	}, v)
}

// unfit is a form that somebody has to mend, as an error.
func unfit(r *process.Refusal) error {
	return catalog.Refuse(catalog.Invalid, r.Text, r.Args...).Because(r)
}
