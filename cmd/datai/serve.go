package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/exchange"
	"datai/intake"
	"datai/match"
	"datai/matchmaker"
	"datai/ops"
	"datai/signin"
	"datai/web"
	"datai/web/ui"
	"datai/wording"
)

type serveCmd struct {
	place
	logPlace
	Addr    string   `default:"127.0.0.1:8080" env:"DATAI_ADDR" placeholder:"HOST:PORT" help:"Address to listen on; by default only this machine can connect."`
	BaseURL *url.URL `env:"DATAI_BASE_URL" placeholder:"URL" help:"Address under which people reach the server (default: http://ADDR, with a certificate https://ADDR); links and canonical addresses begin with it."`
	TLSCert string   `name:"tls-cert" env:"DATAI_TLS_CERT" placeholder:"FILE" help:"Certificate file, with those between it and the root; with it the server speaks HTTPS. A new file is taken without a restart."`
	TLSKey  string   `name:"tls-key" env:"DATAI_TLS_KEY" placeholder:"FILE" help:"Key file of the certificate."`

	TrustedProxies []netip.Prefix `env:"DATAI_TRUSTED_PROXIES" placeholder:"RANGE" help:"Addresses, like 10.0.0.0/8 or 127.0.0.1/32, of proxies whose X-Forwarded-For and X-Request-Id are believed; nobody else's are."`
	TrustedEgress  []netip.Prefix `env:"DATAI_TRUSTED_EGRESS" placeholder:"RANGE" help:"Addresses, like 202.112.0.0/16, behind which hundreds of people are (a campus, a hall): wrong passwords from there make one address less suspicious."`
	MetricsAddr    string         `env:"DATAI_METRICS_ADDR" placeholder:"HOST:PORT" help:"Address on which /metrics answers in the form of Prometheus; best a loopback one, as it asks for no password. Without it there are none."`
	MaxUpload      int64          `default:"64" env:"DATAI_MAX_UPLOAD" placeholder:"MIB" help:"Largest file in MiB that is taken in the browser."`
	MaxDocument    int64          `default:"50" env:"DATAI_MAX_DOCUMENT" placeholder:"MIB" help:"Largest document of a case in MiB."`
	Scan           string         `env:"DATAI_SCAN" placeholder:"COMMAND" help:"Command that looks for malicious software in every uploaded file, which it gets on its standard input: exit 0 is clean, 1 is infected, anything else refuses the upload too. Such as: clamdscan --no-summary -"`
	StopGrace      time.Duration  `default:"10s" env:"DATAI_STOP_GRACE" placeholder:"TIME" help:"How long requests may finish after the order to stop."`

	BackupDir   string        `env:"DATAI_BACKUP_DIR" placeholder:"DIR" help:"Folder for backups that the server takes by itself. Without it, it takes none."`
	BackupEvery time.Duration `default:"24h" env:"DATAI_BACKUP_EVERY" placeholder:"TIME" help:"Time between two backups."`
	BackupKeep  int           `default:"14" env:"DATAI_BACKUP_KEEP" placeholder:"N" help:"How many of them are kept; older ones are deleted once a newer one was checked."`

	Name   string `default:"示范大学技术转移" env:"DATAI_NAME" placeholder:"TEXT" help:"Name of the site in Chinese."`
	NameEn string `default:"Demo University Technology Transfer" env:"DATAI_NAME_EN" placeholder:"TEXT" help:"Name of the site in English."`
	Office string `default:"科技成果转化办公室" env:"DATAI_OFFICE" placeholder:"TEXT" help:"Name of the office in Chinese."`
	// OfficeEn and Contact end every page and every message that sends people to the office.
	OfficeEn string `default:"Technology Transfer Office" env:"DATAI_OFFICE_EN" placeholder:"TEXT" help:"Name of the office in English."`
	Contact  string `env:"DATAI_CONTACT" placeholder:"TEXT" help:"How to reach the office: telephone, address."`

	SMTPHost         string `name:"smtp-host" env:"DATAI_SMTP_HOST" placeholder:"HOST" help:"Server that takes mail. Without it there is none."`
	SMTPPort         int    `name:"smtp-port" default:"587" env:"DATAI_SMTP_PORT" placeholder:"PORT" help:"Port of that server."`
	SMTPTLS          string `name:"smtp-tls" enum:"starttls,tls,none" default:"starttls" env:"DATAI_SMTP_TLS" placeholder:"MODE" help:"How the connection is encrypted: starttls, tls (usually port 465) or none (for a server on the same machine)."`
	SMTPUser         string `name:"smtp-user" env:"DATAI_SMTP_USER" placeholder:"NAME" help:"Account at that server. Its password is read from DATAI_SMTP_PASSWORD or from the file below."`
	SMTPPasswordFile string `name:"smtp-password-file" env:"DATAI_SMTP_PASSWORD_FILE" placeholder:"FILE" help:"File with that password, which only its owner may read (mode 0600)."`
	MailFrom         string `name:"mail-from" env:"DATAI_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of mail, like 成果办 <office@example.edu.cn>."`

	CheckpointTo []string `name:"checkpoint-to" env:"DATAI_CHECKPOINT_TO" placeholder:"ADDRESS" help:"Mailboxes out of the operators' reach, such as that of the discipline office, which get the last checkpoint of the journal every day."`

	WebhookAllow []netip.Prefix `name:"webhook-allow" env:"DATAI_WEBHOOK_ALLOW" placeholder:"RANGE" help:"Networks inside, like 10.20.0.0/16, that robots and webhooks may be in; without it only addresses of the internet are called."`

	SMSURL        *url.URL `name:"sms-url" env:"DATAI_SMS_URL" placeholder:"URL" help:"Address to which short messages are posted as JSON, signed with the secret below."`
	SMSSecretFile string   `name:"sms-secret-file" env:"DATAI_SMS_SECRET_FILE" placeholder:"FILE" help:"File with the secret (mode 0600); or DATAI_SMS_SECRET holds it."`
	SMSTemplates  []string `name:"sms-templates" env:"DATAI_SMS_TEMPLATES" placeholder:"KEY=ID" help:"Ids that the gateway gave the templates, like sign_in_code=SMS_100001."`
	SMSRecord     string   `name:"sms-record" env:"DATAI_SMS_RECORD" placeholder:"FILE" help:"Write short messages into this file, a line of JSON each, instead of sending them; with --demo it is sms.jsonl in the data folder."`
	SMSSignature  string   `name:"sms-signature" default:"示范大学" env:"DATAI_SMS_SIGNATURE" placeholder:"TEXT" help:"Signature of short messages, at most 8 characters, as it is registered with the gateway."`

	Demo bool `env:"DATAI_DEMO" help:"Fill an empty catalogue with demonstration data."`
}

func (c *serveCmd) runAlone(ctx context.Context, e env, l wording.Lang) error {
	started := time.Now()
	if e.getenv("GOGC") == "" { // an operator has not said it otherwise
		debug.SetGCPercent(match.CollectAt)
	}
	a, err := openApp(ctx, e, c.place)
	if err != nil {
		return err
	}
	err = c.serve(ctx, a, e, l, started)
	return errors.Join(err, a.close())
}

func (c *serveCmd) serve(ctx context.Context, a *app, e env, l wording.Lang, started time.Time) error {
	if err := a.recover(ctx, c.place); err != nil {
		return err
	}
	if err := a.buildIndex(ctx); err != nil {
		return err
	}
	if c.Demo {
		if err := a.loadDemo(ctx); err != nil {
			return fmt.Errorf("demonstration data: %w", err)
		}
	}
	var cert *certificate
	if c.TLSCert != "" {
		var err error
		if cert, err = newCertificate(e.path(c.TLSCert), e.path(c.TLSKey), a.log); err != nil {
			return err
		}
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	base := c.BaseURL
	if base == nil {
		base = &url.URL{Scheme: "http", Host: c.listened(ln)}
		if c.TLSCert != "" {
			base.Scheme = "https"
		}
	}
	a.base = base
	a.served = &served{serveCmd: c, dir: e.dir, cert: cert, base: base.String()}
	for _, address := range c.CheckpointTo {
		if !catalog.IsEmail(address) {
			return fmt.Errorf("--checkpoint-to: %q is no e-mail address", address)
		}
	}
	sender, err := c.notifier(a, e)
	if err != nil {
		return err
	}
	uploads, err := a.emptyUploads()
	if err != nil {
		return err
	}
	outside := signin.New(signin.Config{Base: base, Key: a.key, Now: time.Now})
	passkeys, err := passkeysOf(outside, c.Name)
	if err != nil {
		return err
	}
	pages := web.New(web.Config{
		Intake: a.intake, Shelf: a.shelf, Match: a.match, Account: a.account, Passwords: passwords(a.account), TrustedEgress: c.TrustedEgress, Contact: a.contact, Gate: a.gate, Inbox: a.inbox, Proxy: a.proxy, Rules: a.rules, Processes: a.processes, Enterprises: a.enterprises, Evidence: a.evidence, Document: a.document, WritePack: exchange.WritePack, Sessions: a.db,
		WriteReport: func(w io.Writer, l wording.Lang, zone *time.Location, r matchmaker.Report) error {
			return exchange.WriteReport(w, l, exchange.ReportPlace{Zone: zone, URL: func(path string) string { return base.JoinPath(path).String() }}, r)
		},
		Open: a.openUpload, Preview: preview, Fields: exchange.Fields, SecretName: exchange.SecretName,
		Beside: healthRoutes(), WritePermissions: exchange.WritePermissions, OpenRoster: openRoster,
		Refused: func(ctx context.Context, who account.Principal, l wording.Lang, w io.Writer, b intake.Batch) error {
			return exchange.WriteRefused(w, b.Format, b.Columns, a.refusedRows(ctx, who, l, b.ID))
		},
		Export: func(ctx context.Context, w io.Writer, who account.Principal, kind intake.Kind, format string) error {
			return a.export(ctx, w, who, kind, format, "")
		},
		Passkeys: passkeys,
		Outside:  web.Outside{Begin: outside.Begin, Return: outside.Return, Ended: outside.Ended, Leave: outside.Leave},
		Write:    web.Writers{Results: exchange.WriteResults, Needs: exchange.WriteNeeds, Parties: exchange.WriteParties, People: exchange.WritePeople, Intents: exchange.WriteIntents},
		Read:     web.Readers{Price: exchange.ReadPrice, Indicators: exchange.ReadIndicators},
		Site:     web.Site{Name: c.Name, NameEn: c.NameEn, Office: c.Office, OfficeEn: c.OfficeEn, Contact: c.Contact},
		BaseURL:  base, Secure: base.Scheme == "https", UploadDir: uploads, Scan: scanner(c.Scan, a.log), MaxUpload: c.MaxUpload << 20, MaxDocument: c.MaxDocument << 20, Now: time.Now, Logger: a.log, Answered: a.metrics.request,
	})
	srv := &http.Server{
		Handler:           a.front(pages, c.TrustedProxies),
		ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	if cert != nil {
		srv.TLSConfig = cert.config()
	}
	socket, err := a.listenSocket(ctx)
	if err != nil {
		return err
	}
	watched := &http.Server{ReadHeaderTimeout: headerLimit} // one that serves nothing
	if c.MetricsAddr != "" {
		if watched, err = a.serveMetrics(ctx, c.MetricsAddr); err != nil {
			return err
		}
	}
	a.log.Info("ready", "url", base.String(), "documents", a.match.Len(), "after", time.Since(started).Round(time.Millisecond))
	if c.Demo {
		if err := printLink(ctx, a, e, l, "admin", base); err != nil {
			return err
		}
	}
	ended := make(chan error, 1)
	go func() {
		if cert != nil {
			ended <- srv.ServeTLS(ln, "", "")
			return
		}
		ended <- srv.Serve(ln)
	}()
	sweep := time.NewTicker(time.Minute)
	defer sweep.Stop()
	ctx, leave := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait() // before the database is closed
	defer leave()
	follows := c.Database != ""
	if follows {
		beside.Go(func() { a.follow(ctx) })
	}
	beside.Go(func() { a.keepSnapshot(ctx, follows) })
	beside.Go(func() { a.learnThemes(ctx) })
	beside.Go(func() { sender.Run(ctx) })
	beside.Go(func() { signin.Keeper{Client: outside, Account: a.account, Logger: a.log}.Run(ctx) })
	if c.BackupDir != "" {
		schedule := ops.Schedule{Dir: e.path(c.BackupDir), Every: c.BackupEvery, Keep: c.BackupKeep, Log: a.log}
		beside.Go(func() { schedule.Run(ctx, a.installation()) })
	}
	a.tend(ctx, c.CheckpointTo) // what fell due while nobody served
	ease := func() {
		if e.getenv("GOGC") == "" {
			match.EaseCollector()
		}
	}
	ease()
	for {
		select {
		case err := <-ended:
			return err
		case <-sweep.C:
			a.tend(ctx, c.CheckpointTo)
			pages.Sweep()
			ease()
		case <-ctx.Done():
			a.stopping.Store(true)
			a.log.Info("stopping")
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopGrace)
			defer cancel()
			err := errors.Join(srv.Shutdown(stop), socket.Shutdown(stop), pages.Close(stop), watched.Shutdown(stop))
			// It has a time of its own: what is not saved costs the next start much more.
			return errors.Join(err, a.saveSnapshot(context.WithoutCancel(ctx), follows))
		}
	}
}

// tend does what is to be done every minute, and once at the start. What an order
// to stop cuts short is no fault: the next start does it.
func (a *app) tend(ctx context.Context, checkpointTo []string) {
	failed := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			a.log.Error(what, "err", err)
		}
	}
	if a.behind.Load() {
		a.catchUp(ctx)
	}
	if a.match.Damaged() {
		a.log.Error("texts of the index cannot be read from the data folder; look after its disk, then restart to rebuild the index")
	}
	failed("what has lapsed is not swept", a.match.Sweep(ctx))
	_, err := a.shelf.Remind(ctx)
	failed("nobody is reminded of what ends", err)
	_, err = a.evidence.Mail(ctx, checkpointTo)
	failed("the checkpoint is not sent", err)
	_, err = a.contact.Fire(ctx)
	failed("nobody is told of cases that are overdue", err)
	_, err = a.gate.Fire(ctx)
	failed("clocks of results are not looked at", err)
	_, err = a.inbox.Digest(ctx)
	failed("no digest is made", err)
	erased, err := a.retention.Daily(ctx)
	failed("what is past its term is not erased", err)
	if err == nil && len(erased) > 0 {
		a.log.Info("what is past its term was erased", "erased", erased)
	}
	failed("old drafts and half-sent documents are not forgotten", a.document.Sweep(ctx))
}

// passwords keeps them at the cost of today.
func passwords(s *account.Service) *account.Passwords {
	h := signin.NewHasher(signin.DefaultCost)
	return account.NewPasswords(s, account.Hashing{Hash: h.Hash, Check: h.Check, Common: signin.Common})
}

// listened is the host and port that people connect to: as named on the command
// line, with the port that was found where none was chosen.
func (c *serveCmd) listened(ln net.Listener) string {
	host, _, err := net.SplitHostPort(c.Addr)
	_, port, err2 := net.SplitHostPort(ln.Addr().String())
	if err != nil || err2 != nil || host == "" || net.ParseIP(host) != nil {
		return ln.Addr().String()
	}
	return net.JoinHostPort(host, port)
}

// passkeysOf are what the pages need of passkeys, nothing where the address
// allows none.
func passkeysOf(c *signin.Client, name string) (web.Passkeys, error) {
	p, ok, err := c.Passkeys(name)
	if err != nil || !ok {
		return web.Passkeys{}, err
	}
	return web.Passkeys{AskToAdd: p.AskToAdd, Add: p.Add, AskToEnter: p.AskToEnter, Enter: p.Enter}, nil
}

// catchUp rebuilds an index that has lost a change.
func (a *app) catchUp(ctx context.Context) {
	a.behind.Store(false) // a change that is lost meanwhile sets it again
	if err := a.match.Rebuild(ctx); err != nil {
		a.behind.Store(true)
		a.log.Error("the index is still behind", "err", err)
	}
}

// emptyUploads makes the folder for files that are being read and removes what
// a killed server left in it: nobody has looked at those files for what must
// not be kept.
func (a *app) emptyUploads() (string, error) {
	dir := filepath.Join(a.dir, "uploads")
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("uploads: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("uploads: %w", err)
	}
	return dir, nil
}

// openUpload opens a file that was brought in the browser.
func (a *app) openUpload(ctx context.Context, who account.Principal, path, name string, kind intake.Kind) (intake.File, io.Closer, error) {
	f, err := exchange.OpenRemembered(path, name, kind, exchange.Options{}, a.remembered(ctx, who))
	if err != nil {
		return intake.File{}, nil, err
	}
	return f.File, f, nil
}

// preview reads the beginning of a file for the page on which somebody says
// what its columns are about.
func preview(path, name string, kind intake.Kind, n int) (ui.Sample, error) {
	s, err := exchange.Preview(path, name, kind, exchange.Options{}, n)
	if err != nil {
		return ui.Sample{}, err
	}
	return ui.Sample{Layout: s.Layout, Recognised: s.Recognised, Columns: s.Columns, Rows: s.Rows}, nil
}
