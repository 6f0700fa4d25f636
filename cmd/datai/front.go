package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// What stands between the network and the pages: the health of the process, the
// word of proxies, and patience with slow clients.

const (
	headerLimit = 10 * time.Second // for the head of a request
	idleLimit   = 2 * time.Minute  // of a connection between requests
	maxHeader   = 64 << 10         // bytes
	// stallLimit is how long a client may neither send nor take anything in the
	// middle of a request. There is no limit to the whole: uploads over a slow
	// line and streams of events take what they take.
	stallLimit = time.Minute
	readyLimit = 2 * time.Second // for the database to answer
)

// Anybody may ask how the process is.
const (
	healthRoute = "GET /healthz"
	readyRoute  = "GET /readyz"
)

// front serves health and hands everything else to pages.
func (a *app) front(pages http.Handler, proxies []netip.Prefix) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(healthRoute, func(w http.ResponseWriter, _ *http.Request) { sayHealth(w, "") })
	mux.HandleFunc(readyRoute, func(w http.ResponseWriter, r *http.Request) { sayHealth(w, a.unready(r.Context())) })
	mux.Handle("/", patient(pages, stallLimit))
	return believe(proxies, mux)
}

func sayHealth(w http.ResponseWriter, fault string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if fault != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, fault)
		return
	}
	fmt.Fprintln(w, "ok")
}

// unready says why no requests should be sent to this server, "" if they
// should.
func (a *app) unready(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	switch {
	case a.stopping.Load():
		return "stopping"
	case a.db.Ping(ctx) != nil:
		return "the database does not answer"
	case a.behind.Load():
		return "the index is behind the database"
	}
	return ""
}

// believe takes the address of the client and the id of the request from a
// trusted proxy, and removes what anybody else claims. The client is the last
// address in X-Forwarded-For that is no trusted proxy: those before it may be
// invented.
func believe(proxies []netip.Prefix, next http.Handler) http.Handler {
	trusted := func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !trusted(peer.Addr()) {
			for name := range r.Header {
				if name == "X-Request-Id" || name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") {
					r.Header.Del(name)
				}
			}
		} else {
			for _, hop := range slices.Backward(strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")) {
				addr, err := netip.ParseAddr(strings.TrimSpace(hop))
				if err != nil {
					break
				}
				r.RemoteAddr = net.JoinHostPort(addr.Unmap().String(), "0")
				if !trusted(addr) {
					break
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// patient drops a client that stalls for longer than the limit in the middle of
// a request or of its answer.
func patient(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := http.NewResponseController(w)
		// The connection may bring a limit of the request before.
		_ = conn.SetWriteDeadline(time.Now().Add(limit)) // not supported: no limit
		if r.Body != nil && r.Body != http.NoBody {
			// A body that the handler leaves alone is read by the server.
			_ = conn.SetReadDeadline(time.Now().Add(limit))
			r.Body = &patientBody{r.Body, conn, limit}
		}
		next.ServeHTTP(&patientWriter{w, conn, limit}, r)
		_ = conn.SetWriteDeadline(time.Now().Add(limit)) // for what is still in the buffer
	})
}

type patientBody struct {
	io.ReadCloser
	conn  *http.ResponseController
	limit time.Duration
}

// Read gives the client time again. At the end of the body the server takes the
// limit off by itself: the handler may work for longer.
func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.conn.SetReadDeadline(time.Now().Add(b.limit))
	return b.ReadCloser.Read(p)
}

type patientWriter struct {
	http.ResponseWriter
	conn  *http.ResponseController
	limit time.Duration
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.conn.SetWriteDeadline(time.Now().Add(w.limit))
	return w.ResponseWriter.Write(p)
}

// FlushError is for streams, which flush after each event.
func (w *patientWriter) FlushError() error {
	_ = w.conn.SetWriteDeadline(time.Now().Add(w.limit))
	return w.conn.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
