package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, c := range []struct {
		name, peer    string
		forwarded     []string
		client, carry string // address and request id that the pages see
	}{
		{"nobody in between", "203.0.113.7:999", nil, "203.0.113.7:999", ""},
		{"a stranger who claims", "203.0.113.7:999", []string{"10.1.1.1"}, "203.0.113.7:999", ""},
		{"one proxy", "10.0.0.1:80", []string{"198.51.100.4"}, "198.51.100.4:0", "id-of-the-proxy"},
		{"two proxies", "10.0.0.1:80", []string{"198.51.100.4, 10.0.0.2"}, "198.51.100.4:0", "id-of-the-proxy"},
		{"what the client put in front", "10.0.0.1:80", []string{"6.6.6.6, 198.51.100.4"}, "198.51.100.4:0", "id-of-the-proxy"},
		{"several headers", "10.0.0.1:80", []string{"6.6.6.6", "198.51.100.4"}, "198.51.100.4:0", "id-of-the-proxy"},
		{"only proxies", "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3:0", "id-of-the-proxy"},
		{"no address", "10.0.0.1:80", []string{"unknown"}, "10.0.0.1:80", "id-of-the-proxy"},
		{"mapped", "[::ffff:10.0.0.1]:80", []string{"::ffff:198.51.100.4"}, "198.51.100.4:0", "id-of-the-proxy"},
		{"IPv6", "[2001:db8::1]:80", []string{"2001:db9::5"}, "[2001:db9::5]:0", "id-of-the-proxy"},
		{"no address of its own", "@", []string{"198.51.100.4"}, "@", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.forwarded
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("X-Request-Id", "id-of-the-proxy")
			believe(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.RemoteAddr != c.client || r.Header.Get("X-Request-Id") != c.carry {
					t.Errorf("client %s with id %q, want %s with %q", r.RemoteAddr, r.Header.Get("X-Request-Id"), c.client, c.carry)
				}
				if c.carry == "" && (r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("X-Forwarded-Proto") != "") {
					t.Errorf("what a stranger claims is left: %v", r.Header)
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

// TestAStalledClientIsDropped: one that sends half a body and one that takes no
// answer do not hold their connections for ever; one that trickles keeps its.
func TestAStalledClientIsDropped(t *testing.T) {
	const limit = 100 * time.Millisecond
	outcome := make(chan error, 1)
	srv := httptest.NewServer(patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ignore" {
			outcome <- nil
			return
		}
		body, err := io.ReadAll(r.Body)
		for err == nil && r.URL.Path == "/flood" {
			_, err = w.Write(make([]byte, 1<<16))
		}
		if r.URL.Path == "/echo" && err == nil {
			_, err = w.Write(body)
		}
		outcome <- err
	}), limit))
	defer srv.Close()
	connect := func(head string) net.Conn {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprint(conn, head); err != nil {
			t.Fatal(err)
		}
		return conn
	}

	half := connect("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
	defer half.Close()
	if err := <-outcome; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("half a body: %v", err)
	}
	unread := connect("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
	defer unread.Close()
	if err := <-outcome; err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, unread); err != nil { // ends when the server closes the connection
		t.Errorf("half a body that nobody reads: %v", err)
	}
	deaf := connect("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
	defer deaf.Close()
	if err := <-outcome; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an answer that nobody takes: %v", err)
	}

	slow := connect("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
	defer slow.Close()
	tick := time.NewTicker(limit / 2)
	defer tick.Stop()
	for range 8 { // four times the limit in all
		<-tick.C
		if _, err := slow.Write([]byte{'x'}); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-outcome; err != nil {
		t.Errorf("a slow body: %v", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "xxxxxxxx" {
		t.Errorf("the answer is %q, %v", body, err)
	}
}

// TestAWorkingHandlerIsNotStalled: once the body was read, a handler may take
// longer than the limit, and the client is not taken for gone.
func TestAWorkingHandlerIsNotStalled(t *testing.T) {
	const limit = 30 * time.Millisecond
	srv := httptest.NewServer(patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		select {
		case <-r.Context().Done():
			t.Error("the request was cancelled")
		case <-time.After(5 * limit):
		}
		w.WriteHeader(http.StatusNoContent)
	}), limit))
	defer srv.Close()
	for range 2 { // on the same connection
		resp, err := http.Post(srv.URL, "text/plain", io.LimitReader(rand.Reader, 10))
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

// issue writes a certificate of that serial number and its key.
func issue(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "example.org"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		// A clock of the file system may be coarser than this test.
		if err := os.Chtimes(path, time.Time{}, time.Unix(serial, 0)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARenewedCertificateIsTaken(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	if _, err := newCertificate(cert, key, log); err == nil {
		t.Error("a server starts without its certificate")
	}
	issue(t, cert, key, 1)
	c, err := newCertificate(cert, key, log)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = c.config()
	srv.StartTLS()
	defer srv.Close()
	serial := func() int64 {
		t.Helper()
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: "example.org"}}
		conn, err := d.DialContext(context.Background(), "tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("the first certificate has number %d", got)
	}
	issue(t, cert, key, 2)
	if got := serial(); got != 2 {
		t.Errorf("after the renewal number %d is served", got)
	}
	if err := os.WriteFile(key, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("in the middle of a renewal number %d is served", got)
	}
	issue(t, cert, key, 3)
	if got := serial(); got != 3 {
		t.Errorf("after the second renewal number %d is served", got)
	}
}

func TestReadiness(t *testing.T) {
	e := env{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	a, err := openApp(t.Context(), e, place{Data: "data"})
	if err != nil {
		t.Fatal(err)
	}
	front := a.front(http.NotFoundHandler(), nil)
	ask := func(path string) int {
		w := httptest.NewRecorder()
		front.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code
	}
	want := func(when string, ready int) {
		t.Helper()
		if live, got := ask("/healthz"), ask("/readyz"); live != http.StatusOK || got != ready {
			t.Errorf("%s: healthz %d, readyz %d; want 200 and %d", when, live, got, ready)
		}
	}
	want("at first", http.StatusOK)
	a.behind.Store(true)
	want("with an index that is behind", http.StatusServiceUnavailable)
	a.catchUp(t.Context())
	want("with one that has caught up", http.StatusOK)
	a.stopping.Store(true)
	want("while it stops", http.StatusServiceUnavailable)
	a.stopping.Store(false)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want("without a database", http.StatusServiceUnavailable)
}
