package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"datai/inbox"
	"datai/journal"
	"datai/wording"

	"github.com/wneessen/go-mail"
)

// TLSMode is how the connection to the mail server is encrypted.
type TLSMode string

// Modes.
const (
	StartTLS TLSMode = "starttls" // required; nothing is said in the clear
	TLS      TLSMode = "tls"      // from the first byte
	NoTLS    TLSMode = "none"     // for a server on the same machine
)

// MailServer is the server that takes mail.
type MailServer struct {
	Host     string
	Port     int
	User     string // "" = no authentication
	Password string
	From     string // "Name <address>" or an address
	Mode     TLSMode
	TLS      *tls.Config // nil = that of the system
}

// Mail sends letters by SMTP.
type Mail struct {
	server MailServer
	from   *netmail.Address
	base   *url.URL
	name   map[wording.Lang]string // of the site
	now    func() time.Time        // in the zone of the office
}

// NewMail makes a sender for the site of that name, whose pages begin with base.
func NewMail(server MailServer, base *url.URL, name map[wording.Lang]string, now func() time.Time) (*Mail, error) {
	from, err := netmail.ParseAddress(server.From)
	if err != nil {
		return nil, fmt.Errorf("mail: sender %q is no address: %w", server.From, err)
	}
	if server.Mode != StartTLS && server.Mode != TLS && server.Mode != NoTLS {
		return nil, fmt.Errorf("mail: TLS mode %q is none of starttls, tls, none", server.Mode)
	}
	return &Mail{server: server, from: from, base: base, name: name, now: now}, nil
}

// Send is of Sender: one connection a letter.
func (s *Mail) Send(ctx context.Context, m journal.Message) error {
	var l inbox.Letter
	if err := json.Unmarshal(m.Payload, &l); err != nil || len(l.Items) == 0 {
		return finally("unreadable", err)
	}
	if t, _ := inbox.TemplateOf(l.Items[0].Template); t.Code && l.Items[0].Deadline > 0 && l.Items[0].Deadline <= s.now().UnixMilli() {
		return finally("late", nil)
	}
	msg, err := s.compose(m.ID.String(), l)
	if err != nil {
		return finally("unreadable", err)
	}
	return s.deliver(ctx, msg)
}

func (s *Mail) deliver(ctx context.Context, msg *mail.Msg) error {
	opts := []mail.Option{mail.WithPort(s.server.Port), mail.WithoutNoop()}
	if until, ok := ctx.Deadline(); ok {
		opts = append(opts, mail.WithTimeout(time.Until(until)+time.Second))
	}
	config := s.server.TLS
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = s.server.Host
	}
	if s.server.Mode == TLS {
		opts = append(opts, mail.WithTLSConfig(config), mail.WithSSL())
	} else {
		policy := mail.TLSMandatory
		if s.server.Mode == NoTLS {
			policy = mail.NoTLS
		}
		opts = append(opts, mail.WithTLSConfig(config), mail.WithTLSPolicy(policy),
			mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(dialing, network, address)
				if err == nil {
					context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever stops does not wait for a server that hangs
				}
				return conn, err
			}))
	}
	if s.server.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.server.User), mail.WithPassword(s.server.Password))
	}
	client, err := mail.NewClient(s.server.Host, opts...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return reply(ctx, err)
	}
	err = client.SendWithSMTPClient(conn, msg)
	_ = client.CloseWithSMTPClient(conn) // a server that took the letter and hangs up took it
	return reply(ctx, err)
}

// reply says what the server's answer means: 5yz will be the same again, 4yz
// may not (RFC 5321, section 4.2.1). Its text, which may name addresses, is not
// kept.
func reply(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	said, sending := errors.AsType[*mail.SendError](err)
	cause := failureOf(err).cause
	switch {
	case sending && said.ErrorCode() >= 400:
		return &failure{cause: "smtp_" + strconv.Itoa(said.ErrorCode()), final: said.ErrorCode() >= 500}
	case ctx.Err() != nil: // the connection was closed because the time was over
		cause = "timeout"
	case sending:
		cause = "reset"
	case cause == "error" && strings.Contains(strings.ToLower(err.Error()), "tls"):
		cause = "tls"
	}
	return &failure{cause: cause}
}

// letter is what the HTML of a mail is made of.
type letter struct {
	Lang, Site, Head, More, Foot, Settings string
	Items                                  []paragraph
}

type paragraph struct{ Title, Text, Link, Label string }

// page is the HTML of a mail: no picture, no style sheet, nothing that is
// loaded from anywhere.
var page = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Head}}</title></head>
<body style="margin:0;padding:24px 16px;font:16px/1.75 sans-serif;color:#1b2430;background:#ffffff">
<div style="max-width:36em;margin:0 auto">
<p style="margin:0 0 20px;color:#5a6675">{{.Site}}</p>
{{range .Items}}<div style="margin:0 0 24px">
<p style="margin:0;font-weight:bold">{{.Title}}</p>
<p style="margin:4px 0 0;white-space:pre-line">{{.Text}}</p>
{{if .Link}}<p style="margin:4px 0 0"><a href="{{.Link}}" style="color:#1d4f91">{{.Label}}</a></p>{{end}}
</div>
{{end}}{{if .More}}<p style="margin:0 0 24px">{{.More}}</p>
{{end}}<p style="margin:0;padding-top:12px;border-top:1px solid #d9dee5;color:#5a6675;font-size:14px">{{.Foot}}{{if .Settings}}<br><a href="{{.Settings}}" style="color:#1d4f91">{{.Settings}}</a>{{end}}</p>
</div></body></html>
`))

func (s *Mail) compose(id string, l inbox.Letter) (*mail.Msg, error) {
	lang := wording.Lang(l.Lang)
	if lang != wording.English {
		lang = wording.Chinese
	}
	p := letter{Lang: string(lang), Site: s.name[lang], Foot: lang.Say("mail.foot", "site", s.name[lang])}
	var text strings.Builder
	code := false
	for _, i := range l.Items {
		t, ok := inbox.TemplateOf(i.Template)
		if !ok {
			return nil, errors.New("mail: unknown template")
		}
		code = code || t.Code
		zone := s.now().Location()
		x := paragraph{Title: i.Say(lang, zone, i.Template, "title"), Text: i.Say(lang, zone, i.Template, "text"), Label: lang.Say("mail.open")}
		if i.Path != "" {
			x.Link = strings.TrimSuffix(s.base.String(), "/") + i.Path
		}
		p.Items = append(p.Items, x)
		fmt.Fprintf(&text, "%s\n%s\n", x.Title, x.Text)
		if x.Link != "" {
			fmt.Fprintf(&text, "%s\n", x.Link)
		}
		text.WriteByte('\n')
	}
	p.Head = p.Items[0].Title
	if l.Digest {
		p.Head = lang.Say("mail.digest", "n", strconv.Itoa(len(l.Items)+l.More))
	}
	if l.More > 0 {
		p.More = lang.Say("mail.more", "n", strconv.Itoa(l.More))
		fmt.Fprintf(&text, "%s\n\n", p.More)
	}
	if !code {
		p.Settings = strings.TrimSuffix(s.base.String(), "/") + "/me/notices"
	}
	fmt.Fprintf(&text, "-- \n%s\n%s\n", p.Foot, p.Settings)
	var html bytes.Buffer
	if err := page.Execute(&html, p); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	if err := msg.To(l.To); err != nil {
		return nil, errors.New("mail: the receiver is no address")
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	msg.SetMessageIDWithValue(id + "@" + domain) // the same through every attempt
	msg.SetDateWithValue(s.now())
	msg.Subject(oneLine(p.Head))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic answers
	msg.SetBodyString(mail.TypeTextPlain, text.String())
	msg.AddAlternativeString(mail.TypeTextHTML, html.String())
	return msg, nil
}

// oneLine keeps line ends out of a header.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
