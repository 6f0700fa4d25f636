package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"time"

	"datai/account"
	"datai/document"
	"datai/intake"
	"datai/process"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"
)

// Files is how files come in and go out; web and the program do both the same
// way for pages and for programs.
type Files struct {
	// Upload starts the dry run of a file, which it reads to its end, and
	// returns the id of the batch once that is there.
	Upload func(ctx context.Context, who account.Principal, kind intake.Kind, name string, body io.Reader) (uuid.UUID, error)
	// Document puts a file, which it reads to its end, into a field of the form of
	// a step.
	Document func(ctx context.Context, who account.Principal, kind, code string, action process.Action, field, name string, body io.Reader) (document.Document, error)
	// Roster takes a list of people, which it reads to its end.
	Roster func(ctx context.Context, who account.Principal, name string, body io.Reader, o account.RosterOptions) (account.Outcome, error)
	// Stop ends the reading of a file; false if it is not being read.
	Stop func(ctx context.Context, id uuid.UUID) bool
	// Export writes everything of a kind, as who may see it.
	Export func(ctx context.Context, w io.Writer, who account.Principal, kind intake.Kind, format string) error
}

type (
	importKind string
	exportKind string
	batchState string
	fateWord   string
	exportAs   string
)

func (importKind) Schema(huma.Registry) *huma.Schema { return words(intake.Kinds()...) }
func (exportKind) Schema(huma.Registry) *huma.Schema {
	return words(intake.Results, intake.Needs, intake.Parties, intake.People)
}
func (batchState) Schema(huma.Registry) *huma.Schema {
	return words(intake.Waiting, intake.Staging, intake.Interrupted, intake.Staged, intake.Applied, intake.Cancelled, intake.Failed)
}
func (fateWord) Schema(huma.Registry) *huma.Schema {
	return words(intake.New, intake.Changed, intake.Unchanged, intake.Repeated, intake.Alike, intake.Refused)
}
func (exportAs) Schema(huma.Registry) *huma.Schema { return words("jsonl", "csv", "tsv", "xlsx") }

// Batch is one import of one file.
type Batch struct {
	ID        string     `json:"id" format:"uuid"`
	Kind      importKind `json:"kind"`
	File      string     `json:"file"`
	State     batchState `json:"state"`
	Rows      int        `json:"rows"`
	New       int        `json:"new"`
	Changed   int        `json:"changed"`
	Unchanged int        `json:"unchanged"`
	Repeated  int        `json:"repeated"`
	Alike     int        `json:"alike"`
	Refused   int        `json:"refused"`
	Notes     []string   `json:"notes,omitempty"`
	Problem   string     `json:"problem,omitempty"`
	By        string     `json:"by,omitempty"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

// BatchRow is a row of an import with its fate.
type BatchRow struct {
	Row    int      `json:"row"`
	Sheet  string   `json:"sheet,omitempty"`
	Title  string   `json:"title,omitempty"`
	Fate   fateWord `json:"fate"`
	Issues []Issue  `json:"issues,omitempty"`
}

// Issue is what there is to say about a cell or a row.
type Issue struct {
	Refusal bool   `json:"refusal"`
	Column  string `json:"column,omitempty"`
	Text    string `json:"text"`
}

// upload is a file that is being sent. Its body goes to the disk as it comes.
type upload struct {
	Kind importKind `query:"kind" required:"true"`
	SentFile
}

// SentFile is a file that is the body of a request.
type SentFile struct {
	Name string `query:"name" required:"true" minLength:"1" maxLength:"200"`
	body io.Reader
}

// Resolve takes the body before huma would read it into memory.
func (in *SentFile) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	_ = ctx.SetReadDeadline(time.Now().Add(fileLimit))
	in.body = r.Body
	return nil
}

// fileBody says that the body of an operation is a file.
func fileBody(op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
}

// fileLimit is how long a file may take to come or to go.
const fileLimit = 10 * time.Minute

// BatchID names an import.
type BatchID struct {
	ID string `path:"id" format:"uuid"`
}

func (b BatchID) id() uuid.UUID { return uuid.MustParse(b.ID) } // the format has been checked

type batchRows struct {
	BatchID
	Fate  fateWord `query:"fate"`
	After int      `query:"afterRow" minimum:"0" default:"0"`
	Limit int      `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type located struct {
	Location string `header:"Location"`
	Body     Batch
}

func (a *API) imports() {
	add(a, operation{id: "list-imports", method: http.MethodGet, path: "/imports", tag: "imports", do: account.ImportFiles},
		func(ctx context.Context, c caller, _ *nothing) (*tagged[list[Batch]], error) {
			bs, err := a.Intake.Batches(ctx, c.who)
			if err != nil {
				return nil, err
			}
			items := make([]Batch, 0, len(bs))
			for _, b := range bs {
				items = append(items, a.batchOf(c, b))
			}
			return tag(0, list[Batch]{Items: items})
		})
	add(a, operation{id: "upload", method: http.MethodPost, path: "/imports", tag: "imports", do: account.ImportFiles, write: true, limit: fileLimit,
		adjust: func(op *huma.Operation) {
			op.DefaultStatus = http.StatusCreated
			fileBody(op)
		}},
		func(ctx context.Context, c caller, in *upload) (*located, error) {
			id, err := a.Files.Upload(ctx, c.who, intake.Kind(in.Kind), in.Name, in.body)
			if err != nil {
				return nil, err
			}
			b, err := a.Intake.Batch(ctx, c.who, id)
			if err != nil {
				return nil, err
			}
			return &located{Prefix + "/imports/" + id.String(), a.batchOf(c, b)}, nil
		})
	add(a, operation{id: "get-import", method: http.MethodGet, path: "/imports/{id}", tag: "imports", do: account.ImportFiles},
		func(ctx context.Context, c caller, in *BatchID) (*tagged[Batch], error) {
			b, err := a.Intake.Batch(ctx, c.who, in.id())
			if err != nil {
				return nil, err
			}
			return tag(b.Version, a.batchOf(c, b))
		})
	add(a, operation{id: "list-import-rows", method: http.MethodGet, path: "/imports/{id}/rows", tag: "imports", do: account.ImportFiles},
		func(ctx context.Context, c caller, in *batchRows) (*tagged[list[BatchRow]], error) {
			if _, err := a.Intake.Batch(ctx, c.who, in.id()); err != nil {
				return nil, err
			}
			rows, err := a.Intake.Rows(ctx, c.who, in.id(), intake.Fate(in.Fate), in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			items := make([]BatchRow, 0, len(rows))
			for _, r := range rows {
				row := BatchRow{Row: r.N, Sheet: r.Sheet, Title: r.Title, Fate: fateWord(r.Fate)}
				for _, i := range r.Issues {
					row.Issues = append(row.Issues, Issue{i.Refusal, i.Column, c.lang.SayArgs(i.Key, i.Args)})
				}
				items = append(items, row)
			}
			return tag(0, list[BatchRow]{Items: items})
		})
	add(a, operation{id: "apply-import", method: http.MethodPost, path: "/imports/{id}/apply", tag: "imports", do: account.ImportFiles, write: true, limit: fileLimit},
		func(ctx context.Context, c caller, in *BatchID) (*tagged[Batch], error) {
			b, err := a.Intake.Apply(context.WithoutCancel(ctx), c.who, in.id())
			if err != nil {
				return nil, err
			}
			return tag(b.Version, a.batchOf(c, b))
		})
	add(a, operation{id: "cancel-import", method: http.MethodPost, path: "/imports/{id}/cancel", tag: "imports", do: account.ImportFiles, write: true},
		func(ctx context.Context, c caller, in *BatchID) (*tagged[Batch], error) {
			if !a.Files.Stop(ctx, in.id()) {
				if _, err := a.Intake.Cancel(ctx, c.who, in.id()); err != nil {
					return nil, err
				}
			}
			b, err := a.Intake.Batch(ctx, c.who, in.id())
			if err != nil {
				return nil, err
			}
			return tag(b.Version, a.batchOf(c, b))
		})
	a.exports()
}

func (a *API) batchOf(c caller, b intake.Batch) Batch {
	out := Batch{ID: b.ID.String(), Kind: importKind(b.Kind), File: b.File, State: batchState(b.State), Rows: b.Counts.Rows, New: b.Counts.New,
		Changed: b.Counts.Changed, Unchanged: b.Counts.Unchanged, Repeated: b.Counts.Repeated, Refused: b.Counts.Refused,
		Alike: b.Counts.Alike, By: b.ByName, CreatedAt: moment(b.CreatedAt), UpdatedAt: moment(b.UpdatedAt)}
	if b.Problem != nil {
		out.Problem = c.lang.SayArgs(b.Problem.Key, b.Problem.Args)
	}
	for _, n := range b.Notes {
		out.Notes = append(out.Notes, c.lang.SayArgs(n.Key, n.Args))
	}
	return out
}

type export struct {
	Kind   exportKind `path:"kind"`
	Format exportAs   `query:"format" default:"jsonl"`
}

type stream struct {
	Body func(huma.Context)
}

// contentTypes are those of the formats of an export.
var contentTypes = map[exportAs]string{"jsonl": "application/x-ndjson", "csv": "text/csv", "tsv": "text/tab-separated-values",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

func (a *API) exports() {
	add(a, operation{id: "export", method: http.MethodGet, path: "/exports/{kind}", tag: "imports", do: account.ExportFiles,
		adjust: func(op *huma.Operation) {
			content := map[string]*huma.MediaType{}
			for _, t := range contentTypes {
				content[t] = &huma.MediaType{}
			}
			op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: content}}
		}},
		func(_ context.Context, c caller, in *export) (*stream, error) {
			return &stream{func(ctx huma.Context) { a.export(ctx, c, in) }}, nil
		})
}

// export streams. An error before the first byte is a problem like any other;
// after it the connection is broken off, so that nobody takes a part for all.
func (a *API) export(hctx huma.Context, c caller, in *export) {
	ctx, cancel := context.WithTimeout(hctx.Context(), fileLimit)
	defer cancel()
	r, w := humago.Unwrap(hctx)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fileLimit)) // a recorder of a test has none
	out := &late{to: w, begin: func() {
		w.Header().Set("Content-Type", contentTypes[in.Format])
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": string(in.Kind) + "." + string(in.Format)}))
	}}
	err := a.Files.Export(ctx, out, c.who, intake.Kind(in.Kind), string(in.Format))
	switch {
	case err == nil:
		out.start() // an export of nothing
	case !out.begun:
		a.Fail(w, r, err)
	default:
		a.Logger.ErrorContext(ctx, "export broke off", "request", c.request, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// late is a writer that begins the answer with the first byte.
type late struct {
	to    io.Writer
	begin func()
	begun bool
}

func (l *late) start() {
	if !l.begun {
		l.begun = true
		l.begin()
	}
}

func (l *late) Write(b []byte) (int, error) {
	l.start()
	return l.to.Write(b)
}
