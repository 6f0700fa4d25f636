package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/document"
	"datai/process"
	"datai/web/api"

	"github.com/google/uuid"
)

// What comes back from the forms of steps that ui.StepForms drew, for every kind
// of cases alike: the step itself, the draft of it, and files.

// stepFormMax bounds a form without its files.
const stepFormMax = 64 << 10

// stepForm is a form that came back.
type stepForm struct {
	move    process.Move // the step and what stands in its fields
	version int64        // of the case that was seen
	opened  int64        // when the form was drawn, unix ms
	files   []stepFile
	form    map[string]string // what is no field
}

type stepFile struct {
	field string
	*upload
}

func (f *stepForm) close() {
	for _, x := range f.files {
		x.close()
	}
}

// readStep reads a form as it was typed but for what no field may hold. Files go
// straight to the disk, under no name. Whether the form fits is the service's to
// say.
func (c *visit) readStep(d *process.Definition) (f *stepForm, err error) {
	values := map[string]string{}
	f = &stepForm{form: values}
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		err = c.readParts(d, f)
	} else {
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, stepFormMax)
		if err = c.r.ParseForm(); err != nil {
			err = catalog.Refuse(catalog.Invalid, "error.form").Because(err)
		}
		for name := range c.r.PostForm {
			values[name] = c.r.PostForm.Get(name)
		}
	}
	if err == nil {
		f.version, err = strconv.ParseInt(values["version"], 10, 64)
		if err != nil {
			err = catalog.Refuse(catalog.Invalid, "error.form").Because(err)
		}
	}
	if err != nil {
		f.close()
		return nil, err
	}
	f.opened, _ = strconv.ParseInt(values["opened"], 10, 64) // is only shown, and to whoever sent it
	f.move = process.Move{Action: process.Action(values["do"]), Reason: values["reason"], Text: catalog.Clean(values["text"]), Values: map[string]string{}}
	for _, x := range d.Fields(f.move.Action) {
		if v := written(x, values[x.Name]); v != "" && x.Kind != process.Document {
			f.move.Values[x.Name] = v
		}
	}
	return f, nil
}

// readParts reads a form with files. What is too large as it is declared is
// refused before anything is read.
func (c *visit) readParts(d *process.Definition, f *stepForm) error {
	most := int64(1)
	for _, x := range d.Steps {
		for _, field := range x.Fields {
			if field.Kind == process.Document {
				most = max(most, int64(field.Files()))
			}
		}
	}
	limit := most*c.p.MaxDocument + stepFormMax
	if c.r.ContentLength > limit {
		c.w.Header().Set("Connection", "close")
		return c.p.documentTooLarge()
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, limit)
	form, err := c.r.MultipartReader()
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	room := int64(stepFormMax)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return c.p.documentBroken(err)
		}
		name := part.FormName()
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, room+1))
			if room -= int64(len(text)); err != nil || room < 0 {
				return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
			}
			if _, twice := f.form[name]; !twice {
				f.form[name] = string(text)
			}
			continue
		}
		if !slices.ContainsFunc(d.Fields(process.Action(f.form["do"])), func(x process.Field) bool { return x.Name == name && x.Kind == process.Document }) {
			return catalog.Refuse(catalog.Invalid, "error.form")
		}
		u, err := c.p.keep(c.ctx(), part.FileName(), part, "", c.p.MaxDocument)
		if err != nil {
			return err
		}
		if u != nil {
			f.files = append(f.files, stepFile{name, u})
		}
		if len(f.files) > int(most) {
			return catalog.Refuse(catalog.Invalid, "process.fit.files", "most", strconv.FormatInt(most, 10))
		}
	}
}

func (p *Pages) documentTooLarge() *catalog.Error {
	return catalog.Refuse(catalog.Invalid, "document.too_large", "mb", strconv.FormatInt(p.MaxDocument>>20, 10))
}

func (p *Pages) documentBroken(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return p.documentTooLarge()
	}
	return p.broken(err)
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

// addFiles puts the files of a form into it; the first that is not taken is an
// error about its field.
func (p *Pages) addFiles(c *visit, kind, code string, f *stepForm) error {
	defer func() {
		f.close()
		f.files = nil
	}()
	for _, x := range f.files {
		_, err := p.addFile(c.ctx(), c.v.Who, kind, code, f.move.Action, x)
		e, ok := errors.AsType[*catalog.Error](err)
		if ok && e.Code == catalog.Invalid {
			var args []string
			for name, value := range e.Args {
				args = append(args, name, value)
			}
			return unfit((&process.Refusal{Why: process.Unfit, Text: e.Key, Args: args}).About(x.field))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Pages) addFile(ctx context.Context, who account.Principal, kind, code string, action process.Action, x stepFile) (d document.Document, err error) {
	switch {
	case x.size == 0 && x.name != "":
		return d, catalog.Refuse(catalog.Invalid, "document.empty", "name", x.name)
	case x.size > p.MaxDocument:
		return d, p.documentTooLarge()
	case x.problem != nil:
		return d, x.problem
	}
	return p.Document.Add(context.WithoutCancel(ctx), who, kind, code, action, x.field, x.name, received{x.file, x.size})
}

// takeDocument puts a file that a program sends into the form of a step.
func (p *Pages) takeDocument(ctx context.Context, who account.Principal, kind, code string, action process.Action, field, name string, body io.Reader) (d document.Document, err error) {
	u, err := p.keep(ctx, name, body, "", p.MaxDocument)
	if err != nil {
		return d, err
	}
	if u == nil {
		return d, catalog.Refuse(catalog.Invalid, "document.type", "name", document.FitName(name))
	}
	defer u.close()
	return p.addFile(ctx, who, kind, code, action, stepFile{field, u})
}

// received is a file on the disk that nobody writes to any more.
type received struct {
	*os.File
	size int64
}

func (r received) Size() int64 { return r.size }

// keepStep keeps what was typed as a draft, and the files with it.
func (p *Pages) keepStep(c *visit, kind, code string, f *stepForm) (saved document.Draft, changed bool, err error) {
	saved, changed, err = p.Document.Save(context.WithoutCancel(c.ctx()), c.v.Who, kind, code, document.Draft{Version: f.version, BegunAt: f.opened, Move: f.move})
	if err == nil {
		err = p.addFiles(c, kind, code, f)
	}
	return saved, changed, err
}

// stepped is a step whose form came back refused, as a page shows it.
type stepped struct {
	status  int
	problem string // about the form as a whole
	refused *process.Refusal
	filled  process.Move
}

// refusedStep says why a step was not taken. What was typed is kept as a draft
// if somebody else was first or a deadline has passed: it can not simply be
// mended and sent again. Other errors come back as they are.
func (p *Pages) refusedStep(c *visit, d *process.Definition, code string, f *stepForm, err error) (s stepped, other error) {
	why := catalog.CodeOf(err)
	if why != catalog.Invalid && why != catalog.Conflict {
		return s, err
	}
	pr := c.problem(err)
	s = stepped{status: pr.status, problem: pr.text, filled: f.move}
	r, refused := errors.AsType[*process.Refusal](err)
	if refused && len(r.Faults) > 0 {
		s.problem, s.refused = "", r
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && e.Key == "behalf.fit.secret" {
		s.filled = process.Move{Action: f.move.Action} // it is not shown again, nor kept
	}
	if why != catalog.Conflict || refused && r.Why == process.Guarded {
		return s, nil
	}
	draft, _, err := p.keepStep(c, d.Kind, code, f)
	if catalog.CodeOf(err) != "" {
		return s, nil // what cannot be kept stands in the form all the same
	}
	if err != nil {
		return s, err
	}
	if refused && r.Why == process.TooLate {
		s.problem = c.v.T("process.late_kept", "deadline", c.v.Clock(r.Deadline), "begun", c.v.Clock(draft.BegunAt), "office", c.v.OfficeName())
		return s, nil
	}
	s.problem, err = p.tookStep(c, d, code, f)
	return s, err
}

// tookStep says who took the last step of a case, and that what was typed is
// kept.
func (p *Pages) tookStep(c *visit, d *process.Definition, code string, f *stepForm) (string, error) {
	last, ok, err := p.Document.Last(c.ctx(), c.v.Who, d.Kind, code)
	if err != nil || !ok || last.Event.At < f.opened { // it was changed in another way, such as by an edit
		return c.v.T("process.kept"), err
	}
	who := last.Name
	switch {
	case last.Event.Who == c.v.Who.ID:
		who = c.v.T("process.you")
	case who == "":
		who = c.v.T("process.somebody")
	}
	key := "process.taken"
	if last.Event.Taken.From == last.Event.Taken.To {
		key = "process.changed"
	}
	return c.v.T(key, "who", who, "at", c.v.Clock(last.Event.At), "did", c.v.T(d.Texts+"did."+string(last.Event.Taken.Action))), nil
}

// onStep reads the form of a step of the case that the address names, and lets its
// files go afterwards.
func onStep(d *process.Definition, do func(*visit, string, *stepForm) error) handler {
	return func(c *visit) error {
		code := c.r.PathValue("code")
		if err := fitCode(code); err != nil {
			return err
		}
		f, err := c.readStep(d)
		if err != nil {
			return err
		}
		defer f.close()
		return do(c, code, f)
	}
}

// takeStep takes the step of a form with its files: take hands it to the service,
// done goes on, page shows the case when something has to be mended.
func (p *Pages) takeStep(d *process.Definition, take func(*visit, string, *stepForm) error, done func(*visit) error, page func(*visit, stepped) error) handler {
	return onStep(d, func(c *visit, code string, f *stepForm) error {
		err := p.addFiles(c, d.Kind, code, f)
		if err == nil {
			err = take(c, code, f)
		}
		if err == nil {
			return done(c)
		}
		s, other := p.refusedStep(c, d, code, f, err)
		if other != nil {
			return other
		}
		return page(c, s)
	})
}

// draftStep saves what stands in a form without taking the step: the button
// 「存为草稿」, and the script that saves by itself, which asks for JSON. The same
// address takes a file out of the form and forgets the draft. page shows the case
// when something has to be mended.
func (p *Pages) draftStep(d *process.Definition, path string, page func(*visit, stepped) error) handler {
	return onStep(d, func(c *visit, code string, f *stepForm) error {
		ctx := context.WithoutCancel(c.ctx())
		back := path + code
		if q := c.r.URL.RawQuery; q != "" { // of a list to which the page knows the way back
			back += "?" + q
		}
		if f.form["discard"] != "" {
			if err := p.Document.Discard(ctx, c.v.Who, d.Kind, code, f.move.Action); err != nil {
				return err
			}
			return c.redirect(back)
		}
		saved, changed, err := p.keepStep(c, d.Kind, code, f)
		if id, parseErr := uuid.Parse(f.form["remove"]); err == nil && parseErr == nil {
			if _, err = p.Document.Withdraw(ctx, c.v.Who, id); catalog.CodeOf(err) == catalog.Conflict {
				pr := c.problem(err)
				return page(c, stepped{status: pr.status, problem: pr.text, filled: f.move})
			}
		}
		if strings.Contains(c.r.Header.Get("Accept"), "application/json") {
			return p.answerDraft(c, d, code, f, saved, changed, err)
		}
		if err != nil {
			s, other := p.refusedStep(c, d, code, f, err)
			if other != nil {
				return other
			}
			return page(c, s)
		}
		return c.redirect(back + "#step-" + string(f.move.Action))
	})
}

// answerDraft tells a script what became of a draft.
func (p *Pages) answerDraft(c *visit, d *process.Definition, code string, f *stepForm, saved document.Draft, changed bool, err error) error {
	if err != nil {
		return err
	}
	text := c.v.T("process.form.saved", "at", c.v.Clock(saved.SavedAt))
	if changed {
		if text, err = p.tookStep(c, d, code, f); err != nil {
			return err
		}
	}
	return c.json(map[string]any{"text": text, "changed": changed})
}

// fetchDocument sends a document to whoever may see its case. It is never shown
// in the browser: what others made runs nowhere here.
func (p *Pages) fetchDocument(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	d, err := p.Document.Fetch(c.ctx(), c.v.Who, id)
	if err != nil {
		return err
	}
	api.DocumentHeaders(c.w.Header(), d)
	if err := p.Document.Write(c.ctx(), d, c.w); err != nil {
		p.Logger.ErrorContext(c.ctx(), "a document broke off", "request", c.v.RequestID, "document", d.ID, "err", err)
		panic(http.ErrAbortHandler) // a part must not pass for all
	}
	return nil
}
