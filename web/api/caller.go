package api

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/wording"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// caller is who asks, and how they are spoken to.
type caller struct {
	who     account.Principal
	in      account.SignIn // of a session; zero for a token
	lang    wording.Lang
	request string // id of the request
	address string // where it comes from, as limits count it
	reader  bool   // holds a token that only reads
}

type callerKey struct{}

// callerOf is the caller of the request that ctx belongs to.
func callerOf(ctx context.Context) caller {
	if c, ok := ctx.Value(callerKey{}).(caller); ok {
		return c
	}
	return caller{who: account.Nobody(), lang: wording.Chinese}
}

// identify finds out who asks: the bearer of a token, or else of a session. It
// is an error too that they ask too often; the caller is known in any case.
func (a *API) identify(r *http.Request, request string) (c caller, err error) {
	c = caller{who: account.Nobody(), lang: wording.Choose(r.Header.Get("Accept-Language")), request: request, address: a.Address(r)}
	if wait := a.addresses.Take(c.address); wait > 0 {
		return c, tooMany(wait)
	}
	given := r.Header.Get("Authorization")
	if given == "" {
		c.who, c.in, err = a.Session(r.Context())
		return c, err
	}
	scheme, secret, _ := strings.Cut(given, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return c, errBadToken
	}
	who, t, err := a.Account.Bearer(r.Context(), strings.TrimSpace(secret))
	switch {
	case catalog.CodeOf(err) == catalog.Forbidden:
		return c, errBadToken
	case err != nil:
		return c, err
	}
	c.who, c.reader = who, !t.Write
	if wait := a.tokens.Take(t.ID.String()); wait > 0 {
		return c, tooMany(wait)
	}
	return c, nil
}

// tooMany says when to come back.
func tooMany(wait time.Duration) error {
	seconds := strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
	return refused{http.StatusTooManyRequests, codeMany, catalog.Refuse(catalog.Unavailable, "api.too_many", "seconds", seconds),
		[2]string{"Retry-After", seconds}}
}

const tokenScheme = "token"

// Names in the document: which permission an operation demands, and whether a
// token must be one that may write.
const (
	PermissionKey = "x-permission"
	ScopeKey      = "x-scope"
)

// security says in the document whether an operation needs a token.
func (op operation) security() []map[string][]string {
	need := []map[string][]string{{tokenScheme: {}}}
	if account.Nobody().May(op.do) {
		return append([]map[string][]string{{}}, need...)
	}
	return need
}

func (op operation) scope() string {
	if op.write {
		return "write"
	}
	return "read"
}

// guard lets through who may do what the operation does.
func (a *API) guard(op operation, ctx huma.Context, next func(huma.Context)) {
	c := callerOf(ctx.Context())
	r, w := humago.Unwrap(ctx)
	switch {
	case !c.who.May(op.do) && !c.who.SignedIn():
		a.Fail(w, r, errNoToken)
	case !c.who.May(op.do):
		a.Fail(w, r, catalog.Refuse(catalog.Forbidden, "error.forbidden"))
	case op.write && c.reader:
		a.Fail(w, r, errReader)
	default:
		next(ctx)
	}
}

// status is an answer that has no body yet: what a ServeMux says of an address
// that it does not know.
type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header         { return s.header }
func (s *status) Write(b []byte) (int, error) { return len(b), nil }
func (s *status) WriteHeader(code int)        { s.code = code }

// nowhere answers for an address or a method that is none of ours, of which
// the mux says which.
func (a *API) nowhere(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &status{header: http.Header{}}
		mux.ServeHTTP(s, r)
		if s.code == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", s.header.Get("Allow"))
			a.Fail(w, r, refused{status: s.code, code: codeMethod, err: catalog.Refuse(catalog.Invalid, "api.method", "allow", s.header.Get("Allow"))})
			return
		}
		a.Fail(w, r, catalog.Refuse(catalog.NotFound, "api.no_operation"))
	})
}
