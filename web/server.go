package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/web/api"
	"datai/web/limit"

	"github.com/google/uuid"
)

// What surrounds every page: a request id, the log, panics, the headers of a
// careful site, the check against requests forged by other sites, sessions.

// remark is what the log learns about a request while it is answered.
type remark struct {
	id    string
	route string
	who   uuid.UUID
	gone  bool
}

type remarkKey struct{}

// note is the remark of the request that ctx belongs to.
func note(ctx context.Context) *remark {
	if n, ok := ctx.Value(remarkKey{}).(*remark); ok {
		return n
	}
	return &remark{}
}

// contentPolicy lets nothing in from other hosts and nothing inline.
const contentPolicy = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

func (p *Pages) headers(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	if p.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (p *Pages) outermost(pages http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.refuse(w, r, catalog.Refuse(catalog.Forbidden, "error.cross_origin"))
	}))
	root := http.NewServeMux()
	root.Handle(fileRoute, http.HandlerFunc(p.asset))
	root.Handle("/", csrf.Handler(p.sessions.LoadAndSave(pages)))
	root.Handle(api.Prefix+"/", csrf.Handler(p.sessions.LoadAndSave(p.api)))
	return p.observe(root)
}

// recorder remembers how a request was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe gives the request its id and headers, logs it and catches panics.
// The log names the route, never path or query: they hold what people typed
// and one-time links.
func (p *Pages) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := &remark{id: requestID(r)}
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), remarkKey{}, n))
		p.headers(w.Header())
		w.Header().Set("X-Request-Id", n.id)
		start := time.Now()
		defer func() {
			if cause := recover(); cause != nil {
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause)
				}
				p.Logger.ErrorContext(r.Context(), "panic", "request", n.id, "route", n.route, "cause", cause, "stack", string(debug.Stack()))
				if rec.status == 0 {
					p.refuse(rec, r, errPanic)
				}
			}
			p.log(r, n, rec, time.Since(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// refuse answers with an error before any page or operation has been reached:
// people get a page, programs a problem.
func (p *Pages) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if strings.HasPrefix(r.URL.Path, api.Prefix+"/") {
		p.api.Fail(w, r, err)
		return
	}
	p.visit(w, r).fail(err)
}

// newAPI makes the interface for programs, which knows the sessions of pages.
func (p *Pages) newAPI() *api.API {
	return api.New(api.Config{Intents: p.Write.Intents, Shelf: p.Shelf, Match: p.Match, Account: p.Account, Intake: p.Intake, Contact: p.Contact, Gate: p.Gate, Forms: p.Document, Evidence: p.Evidence, WritePack: p.WritePack, Inbox: p.Inbox, Proxy: p.Proxy, Enterprises: p.Enterprises, Rules: p.Rules, Processes: p.Processes,
		Files:     api.Files{Upload: p.takeFile, Document: p.takeDocument, Roster: p.takeList, Stop: p.imports.cancel, Export: p.Export},
		Every:     p.Routes,
		Passwords: p.Passwords, Ways: p.ways, Session: p.principal, Address: comesFrom, BaseURL: p.BaseURL, Now: p.Now, Logger: p.Logger,
		Seen: func(ctx context.Context, route string, who account.Principal) {
			note(ctx).route, note(ctx).who = route, who.ID
		}})
}

// comesFrom names where a request comes from, as limits count it.
func comesFrom(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return limit.Address(from.Addr())
}

// errPanic stands for a panic: it is shown as an error of ours.
var errPanic = panicked{}

type panicked struct{}

func (panicked) Error() string { return "web: panic" }

func (p *Pages) log(r *http.Request, n *remark, rec *recorder, took time.Duration) {
	if n.gone {
		return
	}
	if p.Answered != nil {
		p.Answered(n.route, rec.status, took)
	}
	who := ""
	if n.who != uuid.Nil {
		who = n.who.String()
	}
	p.Logger.InfoContext(r.Context(), "request", "request", n.id, "method", r.Method, "route", n.route,
		"status", rec.status, "bytes", rec.bytes, "ms", took.Milliseconds(), "account", who, "from", r.RemoteAddr)
}

// carriedID is an id that may go into a log and a header.
var carriedID = regexp.MustCompile(`^[0-9A-Za-z._-]{8,64}$`)

// requestID is the id that the request carries, from a proxy that is trusted, or
// a new one. What others than such a proxy send has been removed.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); carriedID.MatchString(id) {
		return id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	return hex.EncodeToString(b[:])
}
