package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"datai/inbox"
	"datai/journal"
	"datai/notify"
	"datai/wording"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
)

// postOffice is a mail server that does what a test wants.
type postOffice struct {
	mu    sync.Mutex
	mails []string
	user  string
	// rcpt and data answer the commands; nil takes everything.
	rcpt, data func() error
	addr       *net.TCPAddr
	roots      *x509.CertPool
}

type session struct{ o *postOffice }

func (s session) Reset()                               {}
func (s session) Logout() error                        { return nil }
func (s session) Mail(string, *smtp.MailOptions) error { return nil }

func (s session) Rcpt(string, *smtp.RcptOptions) error {
	if s.o.rcpt != nil {
		return s.o.rcpt()
	}
	return nil
}

func (s session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.o.data != nil {
		if err := s.o.data(); err != nil {
			return err
		}
	}
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.mails = append(s.o.mails, string(b))
	return nil
}

func (s session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "datai" || password != "geheim" {
			return errors.New("wrong")
		}
		s.o.mu.Lock()
		defer s.o.mu.Unlock()
		s.o.user = user
		return nil
	}), nil
}

func (o *postOffice) taken() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.mails...)
}

// certified makes a certificate for 127.0.0.1.
func certified(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// open starts the server; wrap may change its listener.
func (o *postOffice) open(t *testing.T, mode notify.TLSMode, wrap func(net.Listener) net.Listener) *postOffice {
	t.Helper()
	cert, roots := certified(t)
	o.roots = roots
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{o}, nil }))
	srv.Domain, srv.AllowInsecureAuth = "post.example", mode == notify.NoTLS
	if mode == notify.StartTLS {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.addr = ln.Addr().(*net.TCPAddr)
	if mode == notify.TLS {
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	}
	if wrap != nil {
		ln = wrap(ln)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-ended
	})
	return o
}

func (o *postOffice) sender(t *testing.T, mode notify.TLSMode, user string) *notify.Mail {
	t.Helper()
	m, err := notify.NewMail(notify.MailServer{Host: "127.0.0.1", Port: o.addr.Port, User: user, Password: "geheim", From: "成果办 <office@example.edu.cn>",
		Mode: mode, TLS: &tls.Config{RootCAs: o.roots, MinVersion: tls.VersionTLS12}},
		&url.URL{Scheme: "https", Host: "kjcg.example.edu.cn"}, map[wording.Lang]string{wording.Chinese: "示范大学技术转移", wording.English: "Demo University"}, clock)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func letterTo(t *testing.T, l inbox.Letter) journal.Message {
	t.Helper()
	payload, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return journal.Message{ID: uuid.Must(uuid.NewV7()), Kind: inbox.MailLane, Payload: payload}
}

func opened(to, lang, title string) inbox.Letter {
	return inbox.Letter{To: to, Lang: lang, Items: []inbox.Item{{Template: "case_opened", At: clock().UnixMilli(),
		Body: inbox.Body{Vars: map[string]string{"code": "2026-DJ-0001", "title": title}, Path: "/contacts/2026-DJ-0001", Deadline: clock().Add(80 * time.Hour).UnixMilli()}}}}
}

// parts reads a mail: its header and its parts by content type.
func parts(t *testing.T, text string) (netmail.Header, map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return m.Header, out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		out[kind] = string(b)
	}
}

func TestALetterArrives(t *testing.T) {
	for _, mode := range []notify.TLSMode{notify.StartTLS, notify.TLS, notify.NoTLS} {
		t.Run(string(mode), func(t *testing.T) {
			o := (&postOffice{}).open(t, mode, nil)
			user := "datai"
			if mode == notify.NoTLS { // nobody sends a password in the clear
				user = ""
			}
			m := letterTo(t, opened("li@example.edu.cn", "zh-CN", "轴承 <b>&\r\nBcc: x@example.org"))
			s := o.sender(t, mode, user)
			for range 2 { // the second is the same letter once more
				if err := s.Send(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			got := o.taken()
			if len(got) != 2 || o.user != user {
				t.Fatalf("%d mails by %q", len(got), o.user)
			}
			h, body := parts(t, got[0])
			again, _ := parts(t, got[1])
			subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
			if err != nil || subject != "新的对接请求 2026-DJ-0001" || h.Get("Bcc") != "" || h.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("%q, %v, %v", subject, err, h)
			}
			if id := h.Get("Message-ID"); id != "<"+m.ID.String()+"@example.edu.cn>" || again.Get("Message-ID") != id {
				t.Errorf("%q, then %q", id, again.Get("Message-ID"))
			}
			if text := body["text/plain"]; !strings.Contains(text, "2026年4月10日 (周五) 17:00") || !strings.Contains(text, "https://kjcg.example.edu.cn/contacts/2026-DJ-0001") {
				t.Errorf("%s", text)
			}
			html := body["text/html"]
			if !strings.Contains(html, `href="https://kjcg.example.edu.cn/contacts/2026-DJ-0001"`) || strings.Contains(html, "<b>&") || !strings.Contains(html, "&lt;b&gt;&amp;") {
				t.Errorf("%s", html)
			}
			if found := regexp.MustCompile(`(?i)<img|<link|<script|src=|url\(`).FindString(html); found != "" {
				t.Errorf("the mail loads something: %s", found)
			}
		})
	}
}

// TestACheckpointComesThrough as it was signed: whoever copies the text of the
// mail into a file has it.
func TestACheckpointComesThrough(t *testing.T) {
	note := "datai/journal/0199a8e0-0000-7000-8000-000000000001\n12\n" + strings.Repeat("A", 43) + "=\n2026-04-07T01:00:00.000Z\n\n\u2014 datai/journal/0199a8e0-0000-7000-8000-000000000001 " +
		strings.Repeat("B", 92) + "\n"
	o := (&postOffice{}).open(t, notify.StartTLS, nil)
	for _, lang := range []string{"zh-CN", "en"} {
		l := inbox.Letter{To: "jiwei@example.edu.cn", Lang: lang, Items: []inbox.Item{{Template: "checkpoint", At: clock().UnixMilli(),
			Body: inbox.Body{Vars: map[string]string{"n": "12", "note": note}, Path: "/journal/checkpoint"}}}}
		if err := o.sender(t, notify.StartTLS, "datai").Send(t.Context(), letterTo(t, l)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range o.taken() {
		_, body := parts(t, text)
		if got := journal.FindCheckpoint(strings.ReplaceAll(body["text/plain"], "\r\n", "\n")); got != note {
			t.Errorf("%q, want %q", got, note)
		}
	}
}

func TestADigestInEnglish(t *testing.T) {
	o := (&postOffice{}).open(t, notify.StartTLS, nil)
	l := opened("li@example.edu.cn", "en", "Bearings")
	l.Items, l.Digest, l.More = append(l.Items, l.Items[0]), true, 3
	if err := o.sender(t, notify.StartTLS, "").Send(t.Context(), letterTo(t, l)); err != nil {
		t.Fatal(err)
	}
	h, body := parts(t, o.taken()[0])
	if h.Get("Subject") != "5 notices wait for you this week" || strings.Count(body["text/plain"], "New request 2026-DJ-0001") != 2 ||
		!strings.Contains(body["text/plain"], "3 more wait in your inbox.") || !strings.Contains(body["text/html"], "/me/notices") {
		t.Errorf("%v\n%s", h, body["text/plain"])
	}
}

// cutting breaks the connection off after so many bytes from the client.
type cutting struct {
	net.Listener
	after int
}

func (l cutting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &cutConn{Conn: c, left: l.after}, err
}

type cutConn struct {
	net.Conn
	left int
}

func (c *cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.left -= n; c.left <= 0 {
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset
		}
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

// Whatever a mail server does wrong, the letter is tried again or given up with
// a code that says why, and the cause holds nobody's address.
func TestAMailServerThatFails(t *testing.T) {
	busy := func() error { return &smtp.SMTPError{Code: 451, Message: "later, li@example.edu.cn"} }
	unknown := func() error { return &smtp.SMTPError{Code: 550, Message: "no li@example.edu.cn here"} }
	release := make(chan struct{})
	defer close(release)
	for name, c := range map[string]struct {
		o     *postOffice
		wrap  func(net.Listener) net.Listener
		mode  notify.TLSMode // that the sender wants
		cause string
		final bool
	}{
		"no room yet":                {o: &postOffice{rcpt: busy}, cause: "smtp_451"},
		"no such receiver":           {o: &postOffice{rcpt: unknown}, cause: "smtp_550", final: true},
		"refused after the text":     {o: &postOffice{data: unknown}, cause: "smtp_550", final: true},
		"busy after the text":        {o: &postOffice{data: busy}, cause: "smtp_451"},
		"hangs in the text":          {o: &postOffice{data: func() error { <-release; return nil }}, cause: "timeout"},
		"resets in the text":         {o: &postOffice{}, wrap: func(ln net.Listener) net.Listener { return cutting{ln, 500} }, cause: "reset"},
		"speaks no TLS":              {o: &postOffice{}, mode: notify.StartTLS, cause: "tls"},
		"hangs before it says hello": {o: &postOffice{}, wrap: func(ln net.Listener) net.Listener { return silent{ln} }, cause: "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.open(t, notify.NoTLS, c.wrap)
			mode := c.mode
			if mode == "" {
				mode = notify.NoTLS
			}
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			err := c.o.sender(t, mode, "").Send(ctx, letterTo(t, opened("li@example.edu.cn", "zh-CN", strings.Repeat("轴承", 200))))
			cause, final := notify.CauseOf(err)
			if cause != c.cause || final != c.final {
				t.Errorf("%q, final %v: %v", cause, final, err)
			}
			if err == nil || strings.Contains(err.Error(), "li@example") {
				t.Errorf("the cause names somebody: %v", err)
			}
		})
	}
}

// silent takes connections and says nothing.
type silent struct{ net.Listener }

func (l silent) Accept() (net.Conn, error) {
	var held []net.Conn
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			for _, c := range held {
				_ = c.Close()
			}
			return nil, err
		}
		held = append(held, c)
	}
}

func TestASenderWithoutAnAddress(t *testing.T) {
	for _, server := range []notify.MailServer{{From: "nobody", Mode: notify.TLS}, {From: "a@example.org", Mode: "ssl"}} {
		if _, err := notify.NewMail(server, &url.URL{}, nil, clock); err == nil {
			t.Errorf("%+v is taken", server)
		}
	}
}
