package api

import (
	"context"
	"encoding/hex"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/document"
	"datai/gate"
	"datai/process"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"
)

// What belongs to the forms of a case besides the step itself, for every process
// alike: drafts, and documents.

// StepDraft is what the caller has typed into the form of a step and not sent yet.
// Version is that of the case that was seen; of a result at the gate it is the
// version that get-gate tells.
type StepDraft struct {
	Step    string            `json:"step"`
	Version int64             `json:"version"`
	Reason  string            `json:"reason,omitempty"`
	Text    string            `json:"text,omitempty"`
	Values  map[string]string `json:"values,omitempty"`
	BegunAt time.Time         `json:"begunAt"`
	SavedAt time.Time         `json:"savedAt"`
	Changed bool              `json:"changed"` // the case has another version by now
}

// Document is a file of a case. Event is the number of the step with which it
// came, none while it stands in a form of the caller's.
type Document struct {
	ID      string    `json:"id" format:"uuid"`
	Step    string    `json:"step"`
	Field   string    `json:"field"`
	Event   int       `json:"event,omitempty"`
	Name    string    `json:"name"`
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	AddedAt time.Time `json:"addedAt"`
}

// StepOf names the form of a step of a case.
type StepOf struct {
	Coded
	Step string `path:"step" maxLength:"30"`
}

type saveDraft struct {
	StepOf
	Body struct {
		Version int64             `json:"version" minimum:"0"`
		Reason  string            `json:"reason,omitempty" maxLength:"30"`
		Text    string            `json:"text,omitempty" maxLength:"500"`
		Values  map[string]string `json:"values,omitempty"`
	} `nameHint:"DraftSaved"`
}

type addDocument struct {
	Coded
	Step  string `query:"step" required:"true" minLength:"1" maxLength:"30"`
	Field string `query:"field" required:"true" minLength:"1" maxLength:"40"`
	SentFile
}

type documentOf struct {
	Coded
	ID string `path:"id" format:"uuid"`
}

type documentID struct {
	ID string `path:"id" format:"uuid"`
}

// formed is a process whose cases have forms: its name in operations, its path,
// who moves its cases, and who sees them.
type formed struct {
	name, path, tag string
	d               *process.Definition
	do, see         account.Permission
}

func (a *API) forms() {
	for _, f := range []formed{
		{"contact", "/contacts", "contacts", contact.Definition, account.HandleContacts, account.HandleContacts},
		{"gate", "/gate", "gate", gate.Definition, account.ListResults, account.SeeOffice},
	} {
		a.drafts(f)
		a.documents(f)
	}
	add(a, operation{id: "get-document", method: http.MethodGet, path: "/documents/{id}", tag: "contacts", do: account.SeeDocuments, limit: fileLimit,
		adjust: func(op *huma.Operation) {
			content := map[string]*huma.MediaType{}
			for _, t := range document.Types() {
				content[document.Media(t)] = &huma.MediaType{}
			}
			op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: content}}
		}},
		func(ctx context.Context, c caller, in *documentID) (*stream, error) {
			d, err := a.Forms.Fetch(ctx, c.who, uuid.MustParse(in.ID)) // the format has been checked
			if err != nil {
				return nil, err
			}
			return &stream{func(hctx huma.Context) { a.sendDocument(hctx, c, d) }}, nil
		})
}

func (a *API) drafts(f formed) {
	draftOf := func(d document.Draft, changed bool) StepDraft {
		return StepDraft{Step: string(d.Move.Action), Version: d.Version, Reason: d.Move.Reason, Text: d.Move.Text, Values: d.Move.Values,
			BegunAt: moment(d.BegunAt), SavedAt: moment(d.SavedAt), Changed: changed}
	}
	add(a, operation{id: "list-" + f.name + "-drafts", method: http.MethodGet, path: f.path + "/{code}/drafts", tag: f.tag, do: f.do},
		func(ctx context.Context, c caller, in *Coded) (*tagged[list[StepDraft]], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			found, err := a.Forms.Forms(ctx, c.who, f.d.Kind, in.Code)
			if err != nil {
				return nil, err
			}
			items := make([]StepDraft, 0, len(found.Drafts))
			for _, d := range found.Drafts {
				items = append(items, draftOf(d, d.Version != found.Version))
			}
			return tag(0, list[StepDraft]{Items: items})
		})
	add(a, operation{id: "save-" + f.name + "-draft", method: http.MethodPut, path: f.path + "/{code}/drafts/{step}", tag: f.tag, do: f.do, write: true},
		func(ctx context.Context, c caller, in *saveDraft) (*struct{ Body StepDraft }, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			m := process.Move{Action: process.Action(in.Step), Reason: in.Body.Reason, Text: catalog.Clean(in.Body.Text), Values: map[string]string{}}
			for name, value := range in.Body.Values {
				if !slices.ContainsFunc(f.d.Fields(m.Action), func(x process.Field) bool { return x.Name == name && x.Kind != process.Document }) {
					return nil, catalog.Refuse(catalog.Invalid, "error.form")
				}
				m.Values[name] = catalog.Clean(value)
			}
			maps.DeleteFunc(m.Values, func(_, v string) bool { return v == "" })
			d, changed, err := a.Forms.Save(context.WithoutCancel(ctx), c.who, f.d.Kind, in.Code, document.Draft{Version: in.Body.Version, Move: m})
			if err != nil {
				return nil, err
			}
			return &struct{ Body StepDraft }{draftOf(d, changed)}, nil
		})
	add(a, operation{id: "discard-" + f.name + "-draft", method: http.MethodDelete, path: f.path + "/{code}/drafts/{step}", tag: f.tag, do: f.do, write: true},
		func(ctx context.Context, c caller, in *StepOf) (*nothing, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			return nil, a.Forms.Discard(context.WithoutCancel(ctx), c.who, f.d.Kind, in.Code, process.Action(in.Step))
		})
}

func (a *API) documents(f formed) {
	add(a, operation{id: "list-" + f.name + "-documents", method: http.MethodGet, path: f.path + "/{code}/documents", tag: f.tag, do: f.see},
		func(ctx context.Context, c caller, in *Coded) (*tagged[list[Document]], error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			found, err := a.Forms.Forms(ctx, c.who, f.d.Kind, in.Code)
			if err != nil {
				return nil, err
			}
			items := make([]Document, 0, len(found.Documents))
			for _, d := range found.Documents {
				items = append(items, documentAs(d))
			}
			return tag(0, list[Document]{Items: items})
		})
	add(a, operation{id: "add-" + f.name + "-document", method: http.MethodPost, path: f.path + "/{code}/documents", tag: f.tag, do: f.do, write: true, limit: fileLimit,
		adjust: func(op *huma.Operation) {
			op.DefaultStatus = http.StatusCreated
			fileBody(op)
		}},
		func(ctx context.Context, c caller, in *addDocument) (*struct{ Body Document }, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			d, err := a.Files.Document(ctx, c.who, f.d.Kind, in.Code, process.Action(in.Step), in.Field, in.Name, in.body)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Document }{documentAs(d)}, nil
		})
	add(a, operation{id: "withdraw-" + f.name + "-document", method: http.MethodDelete, path: f.path + "/{code}/documents/{id}", tag: f.tag, do: f.do, write: true},
		func(ctx context.Context, c caller, in *documentOf) (*nothing, error) {
			if err := in.fit(); err != nil {
				return nil, err
			}
			found, err := a.Forms.Forms(ctx, c.who, f.d.Kind, in.Code)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(found.Documents, func(d document.Document) bool { return d.ID.String() == in.ID }) {
				return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
			}
			_, err = a.Forms.Withdraw(context.WithoutCancel(ctx), c.who, uuid.MustParse(in.ID)) // the format has been checked
			return nil, err
		})
}

func documentAs(d document.Document) Document {
	return Document{ID: d.ID.String(), Step: string(d.Action), Field: d.Field, Event: d.Event, Name: d.Name, Size: d.Size, SHA256: hex.EncodeToString(d.Hash[:]), AddedAt: moment(d.AddedAt)}
}

// sendDocument sends a document, never to be shown in a browser. What was altered
// is broken off before its end.
func (a *API) sendDocument(hctx huma.Context, c caller, d document.Document) {
	ctx, cancel := context.WithTimeout(hctx.Context(), fileLimit)
	defer cancel()
	_, w := humago.Unwrap(hctx)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fileLimit)) // a recorder of a test has none
	DocumentHeaders(w.Header(), d)
	if err := a.Forms.Write(ctx, d, w); err != nil {
		a.Logger.ErrorContext(ctx, "a document broke off", "request", c.request, "document", d.ID, "err", err)
		panic(http.ErrAbortHandler) // a part must not pass for all
	}
}

// DocumentHeaders are those of the answer that is a document.
func DocumentHeaders(h http.Header, d document.Document) {
	h.Set("Content-Type", document.Media(d.Type))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	h.Set("Content-Length", strconv.FormatInt(d.Size, 10))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
}
