package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/wording"

	"github.com/danielgtaylor/huma/v2"
)

// Problem is an error as RFC 9457 has it. Code is the stable word for programs,
// Detail the sentence for people, in the language that they asked for.
type Problem struct {
	Type      string   `json:"type" format:"uri-reference"`
	Title     string   `json:"title"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail"`
	Code      string   `json:"code"`
	RequestID string   `json:"requestId"`
	Errors    []Detail `json:"errors,omitempty"`

	headers http.Header
}

// GetHeaders are those of the answer.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// Detail says what is wrong in one place of a request. What stood there is not
// repeated: it may be personal.
type Detail struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// Codes beside those of catalog.
const (
	codeInternal = "internal"
	codeToken    = "unauthorized" // no token, or none that is valid
	codeMethod   = "method"
	codeStale    = "stale"    // If-Match names another version
	codeMatch    = "if_match" // If-Match is missing
	codeLarge    = "too_large"
	codeType     = "content_type"
	codeLate     = "timeout"
	codeMany     = "too_many"
)

// Codes lists every code of a problem.
func Codes() []string {
	return []string{string(catalog.Invalid), string(catalog.NotFound), string(catalog.Conflict), string(catalog.Forbidden), string(catalog.Unavailable),
		codeToken, codeStale, codeMatch, codeMethod, codeLarge, codeType, codeLate, codeMany, codeInternal}
}

// refused is an error with a status of its own.
type refused struct {
	status int
	code   string
	err    *catalog.Error
	header [2]string // name and value of a header of the answer
}

func (e refused) Error() string { return e.code + ": " + e.err.Error() }
func (e refused) Unwrap() error { return e.err }

func (e refused) headers() http.Header {
	h := http.Header{}
	if e.header[0] != "" {
		h.Set(e.header[0], e.header[1])
	}
	return h
}

// Errors of tokens; the header is that of RFC 6750, section 3.
var (
	errNoToken = refused{http.StatusUnauthorized, codeToken, catalog.Refuse(catalog.Forbidden, "api.no_token"),
		[2]string{"WWW-Authenticate", "Bearer"}}
	errBadToken = refused{http.StatusUnauthorized, codeToken, catalog.Refuse(catalog.Forbidden, "tokens.invalid"),
		[2]string{"WWW-Authenticate", `Bearer error="invalid_token"`}}
	errReader = refused{http.StatusForbidden, string(catalog.Forbidden), catalog.Refuse(catalog.Forbidden, "api.reader"),
		[2]string{"WWW-Authenticate", `Bearer error="insufficient_scope"`}}
)

var statuses = map[catalog.Code]int{
	catalog.Invalid: http.StatusBadRequest, catalog.NotFound: http.StatusNotFound, catalog.Conflict: http.StatusConflict,
	catalog.Forbidden: http.StatusForbidden, catalog.Unavailable: http.StatusServiceUnavailable,
}

// problem is err as its caller is told it. What an operator has to know of it
// is logged.
func (a *API) problem(ctx context.Context, err error) *Problem {
	p := explain(callerOf(ctx), err)
	if p.Status >= http.StatusInternalServerError && !errors.Is(ctx.Err(), context.Canceled) {
		a.Logger.ErrorContext(ctx, "request failed", "request", p.RequestID, "err", err)
	}
	return p
}

func explain(c caller, err error) *Problem {
	p := &Problem{Status: http.StatusInternalServerError, Code: codeInternal, Detail: c.lang.Say("problem.internal"), RequestID: c.request}
	e, known := errors.AsType[*catalog.Error](err)
	own, special := errors.AsType[refused](err)
	switch {
	case special:
		p.Status, p.Code, p.headers = own.status, own.code, own.headers()
		p.Detail = c.lang.SayArgs(own.err.Key, own.err.Args)
	case known && statuses[e.Code] != 0:
		p.Status, p.Code, p.Detail = statuses[e.Code], string(e.Code), c.lang.SayArgs(e.Key, e.Args)
	case errors.Is(err, account.ErrForbidden):
		p.Status, p.Code, p.Detail = http.StatusForbidden, string(catalog.Forbidden), c.lang.Say("error.forbidden")
	case errors.Is(err, context.DeadlineExceeded):
		p.Status, p.Code, p.Detail = http.StatusServiceUnavailable, string(catalog.Unavailable), c.lang.Say("error.unavailable")
	}
	return p.named(c.lang)
}

// named gives a problem the name and the address of its code.
func (p *Problem) named(l wording.Lang) *Problem {
	p.Type, p.Title = "/api#problem-"+p.Code, l.Say("api.problem."+p.Code)
	return p
}

// Fail answers with a problem, from outside an operation.
func (a *API) Fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	if _, there := ctx.Value(callerKey{}).(caller); !there {
		ctx = context.WithValue(ctx, callerKey{}, caller{who: account.Nobody(), lang: wording.Choose(r.Header.Get("Accept-Language")),
			request: w.Header().Get("X-Request-Id")})
	}
	p := a.problem(ctx, err)
	h := w.Header()
	h.Set("Content-Type", problemType)
	h.Set("Cache-Control", "no-store")
	maps.Copy(h, p.headers)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the reader may have left
}

// unfit turns what huma found wrong with a request into a problem of ours.
func unfit(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
	c := callerOf(ctx.Context())
	p := &Problem{Status: status, RequestID: c.request}
	key := "api.unfit"
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		p.Status, p.Code = http.StatusBadRequest, string(catalog.Invalid)
		if len(errs) == 0 {
			key = "api.no_body"
		}
	case http.StatusRequestEntityTooLarge:
		p.Code, key = codeLarge, "api.too_large"
	case http.StatusUnsupportedMediaType:
		p.Code, key = codeType, "api.content_type"
	case http.StatusRequestTimeout:
		p.Code, key = codeLate, "api.late"
	default: // a body that broke off
		p.Status, p.Code, key = http.StatusBadRequest, string(catalog.Invalid), "api.broken_off"
		errs = nil
	}
	p.Detail = c.lang.Say(key)
	for _, err := range errs {
		d := detailOf(err)
		p.Errors = append(p.Errors, Detail{Location: d.Location, Message: sayDetail(c.lang, d.Message)})
	}
	return p.named(c.lang)
}

func detailOf(err error) *huma.ErrorDetail {
	if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
		return d
	}
	return &huma.ErrorDetail{}
}

// details are the beginnings of what huma says of a value, and how we say it;
// what stands behind the beginning is {what}.
var details = []struct{ begin, key string }{
	{"unknown query parameter", "api.detail.unknown"}, {"unexpected property", "api.detail.unknown"},
	{"required ", "api.detail.required"}, {"expected required property ", "api.detail.required_property"},
	{"expected value to be one of ", "api.detail.one_of"},
	{"expected number >= ", "api.detail.least"}, {"expected number <= ", "api.detail.most"},
	{"expected length >= ", "api.detail.shortest"}, {"expected length <= ", "api.detail.longest"},
	{"expected array length >= ", "api.detail.fewest"}, {"expected array length <= ", "api.detail.many"},
	{"expected string to be RFC 4122 uuid", "api.detail.id"},
	{"expected integer", "api.detail.number"}, {"expected number", "api.detail.number"}, {"invalid integer", "api.detail.number"},
	{"expected boolean", "api.detail.boolean"}, {"invalid boolean", "api.detail.boolean"}, {"expected string", "api.detail.text"},
	{"expected array", "api.detail.list"}, {"expected object", "api.detail.object"},
}

func sayDetail(l wording.Lang, message string) string {
	for _, d := range details {
		if rest, ok := strings.CutPrefix(message, d.begin); ok {
			rest = strings.TrimSuffix(rest, " to be present")
			return l.Say(d.key, "what", strings.Trim(rest, `"`))
		}
	}
	return l.Say("api.detail.other")
}
