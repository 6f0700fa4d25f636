// Package api is the programming interface under /api/v1: what the pages do,
// for programs. Each operation calls the service method that the page calls,
// with the same permission and the same redaction; answers are JSON, errors
// are problems after RFC 9457, and the OpenAPI document describes all of it.
package api

import (
	"cmp"
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"datai/account"
	"datai/contact"
	"datai/document"
	"datai/evidence"
	"datai/gate"
	"datai/inbox"
	"datai/intake"
	"datai/matchmaker"
	"datai/rulebook"
	"datai/shelf"
	"datai/web/limit"
	"datai/wording"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Prefix is where the interface stands.
const Prefix = "/api/v1"

// Config is what the interface is made of.
type Config struct {
	Shelf   *shelf.Service
	Match   *matchmaker.Service
	Account *account.Service
	Intake  *intake.Service
	Contact *contact.Service
	Gate    *gate.Service
	Forms   *document.Service // drafts and documents of cases
	Inbox   *inbox.Service
	Proxy   *shelf.Proxy
	Rules   *rulebook.Service
	// Processes are how cases move, and what the university settled about that.
	Processes *rulebook.Processes
	// Enterprises let enterprises in and handle their own needs.
	Enterprises *shelf.Enterprises
	Files       Files
	// Evidence gathers packs, and WritePack writes one as a zip file.
	Evidence  *evidence.Service
	WritePack func(w io.Writer, zone *time.Location, p evidence.Pack) error
	// Intents writes cases as the table of intents, times in a zone.
	Intents func(w io.Writer, format string, zone *time.Location, cases iter.Seq2[*contact.Intent, error]) error

	// Passwords sends codes to addresses, by the Ways that are set up.
	Passwords *account.Passwords
	Ways      func() []account.Provider

	// Session is who the session cookie of a request lets in, and the sign-in, nobody
	// without one.
	Session func(context.Context) (account.Principal, account.SignIn, error)
	// Address names where a request comes from, as limits count it.
	Address func(*http.Request) string
	// Every lists everything that the server serves, with these operations.
	Every func() []account.Route
	// Seen is told which operation a request asks for and who asks, for the log.
	Seen func(ctx context.Context, route string, who account.Principal)

	BaseURL *url.URL // where people reach the server
	Now     func() time.Time
	Logger  *slog.Logger
}

// API answers requests below Prefix.
type API struct {
	Config
	mux       *http.ServeMux
	huma      huma.API
	described description
	addresses *limit.Limiter
	tokens    *limit.Limiter
	asked     *limit.Limiter
}

// How long an operation may take, and how much it may be sent.
const (
	timeLimit = 30 * time.Second
	bodyLimit = 64 << 10 // bytes of JSON
	bodyTime  = 15 * time.Second
)

// How many requests a minute come through, and how many at once. A hall behind
// one address, with all who are in it, gets through.
const (
	perAddress, addressBurst = 1200, 1200
	perToken, tokenBurst     = 600, 300
)

// setUp sets what huma keeps in globals of its package: the shape of errors,
// and that a list is never null.
var setUp = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = unfit
	huma.DefaultArrayNullable = false
})

// New makes the interface of c.
func New(c Config) *API {
	setUp()
	a := &API{Config: c, mux: http.NewServeMux(), addresses: limit.New(c.Now, perAddress, addressBurst), tokens: limit.New(c.Now, perToken, tokenBurst),
		asked: limit.New(c.Now, casesPerMinute, casesBurst)}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Datai 搭台", Version: "1", Description: wording.English.Say("api.about")},
			Servers: []*huma.Server{{URL: Prefix}},
			Components: &huma.Components{
				SecuritySchemes: map[string]*huma.SecurityScheme{tokenScheme: {Type: "http", Scheme: "bearer",
					Description: wording.English.Say("api.token")}},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true, // a filter that does nothing would mislead
	}
	a.huma = humago.NewWithPrefix(a.mux, Prefix, config)
	a.results()
	a.needs()
	a.proxies()
	a.matches()
	a.parties()
	a.imports()
	a.contacts()
	a.gates()
	a.reviews()
	a.forms()
	a.checks()
	a.persons()
	a.accounts()
	a.people()
	a.me()
	a.own()
	a.conflicts()
	a.enterprises()
	a.sources()
	a.receivers()
	a.journal()
	a.rules()
	a.processes()
	a.described = a.describe()
	a.mux.HandleFunc(documentJSON, a.openAPI("application/openapi+json", a.described.json))
	a.mux.HandleFunc(documentYAML, a.openAPI("application/openapi+yaml", a.described.yaml))
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w = &answer{ResponseWriter: w, r: r}
	h, route := a.mux.Handler(r)
	if route == "" {
		route = r.Method + " " + Prefix
		h = a.nowhere(h)
	}
	c, err := a.identify(r, w.Header().Get("X-Request-Id"))
	a.Seen(r.Context(), route, c.who)
	r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
	if err != nil {
		a.Fail(w, r, err)
		return
	}
	if route != r.Method+" "+Prefix {
		h = a.mux // which fills in the values of the path
	}
	h.ServeHTTP(w, r)
}

// operation is what one operation demands of its caller.
type operation struct {
	id, method, path string
	tag              string
	do               account.Permission
	write            bool                  // changes something
	limit            time.Duration         // 0 means timeLimit
	adjust           func(*huma.Operation) // says in the document what types cannot
}

// add registers an operation. Who may not do it learns so before anything is
// said about what they sent.
func add[I, O any](a *API, op operation, h func(ctx context.Context, c caller, in *I) (*O, error)) {
	described := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Tags: []string{op.tag},
		Summary:      wording.English.Say("api.op." + op.id),
		MaxBodyBytes: bodyLimit, BodyReadTimeout: bodyTime,
		Security:    op.security(),
		Extensions:  map[string]any{PermissionKey: string(op.do), ScopeKey: op.scope()},
		Middlewares: huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) { a.guard(op, ctx, next) }},
	}
	if op.adjust != nil {
		op.adjust(&described)
	}
	huma.Register(a.huma, described, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(op.limit, timeLimit))
		defer cancel()
		out, err := h(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}
