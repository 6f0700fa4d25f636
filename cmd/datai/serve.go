package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"datai/exchange"
	"datai/intake"
	"datai/web"
	"datai/wording"
)

type serveCmd struct {
	place
	Addr    string   `default:"127.0.0.1:8080" env:"DATAI_ADDR" help:"Address to listen on."`
	BaseURL *url.URL `env:"DATAI_BASE_URL" help:"Address under which people reach the server (default: http://ADDR)."`
	TLSCert string   `name:"tls-cert" env:"DATAI_TLS_CERT" help:"Certificate file; with it the server speaks HTTPS."`
	TLSKey  string   `name:"tls-key" env:"DATAI_TLS_KEY" help:"Key file of the certificate."`
	Name    string   `default:"示范大学技术转移" env:"DATAI_NAME" help:"Name of the site in Chinese."`
	NameEn  string   `default:"Demo University Technology Transfer" env:"DATAI_NAME_EN" help:"Name of the site in English."`
	Office  string   `default:"科技成果转化办公室" env:"DATAI_OFFICE" help:"Name of the office in Chinese."`
	// OfficeEn and Contact end every page and every message that sends people to the office.
	OfficeEn string `default:"Technology Transfer Office" env:"DATAI_OFFICE_EN" help:"Name of the office in English."`
	Contact  string `env:"DATAI_CONTACT" help:"How to reach the office: telephone, address."`
	Demo     bool   `help:"Fill an empty catalogue with demonstration data."`
}

// followTogether is how many changes of other servers are taken in at once.
const followTogether = 2000

// stopGrace is how long requests may finish after the order to stop.
const stopGrace = 10 * time.Second

func (c *serveCmd) runAlone(ctx context.Context, e env, l wording.Lang) error {
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	started := time.Now()
	a, err := openApp(ctx, e, c.place, log)
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
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	base := c.BaseURL
	if base == nil {
		base = &url.URL{Scheme: "http", Host: ln.Addr().String()}
		if c.TLSCert != "" {
			base.Scheme = "https"
		}
	}
	a.base = base
	uploads, err := a.emptyUploads()
	if err != nil {
		return err
	}
	pages := web.New(web.Config{
		Intake: a.intake, Shelf: a.shelf, Match: a.match, Account: a.account, Sessions: a.db,
		Open: func(path, name string, kind intake.Kind) (intake.File, io.Closer, error) {
			f, err := exchange.Open(path, name, kind, exchange.Options{})
			if err != nil {
				return intake.File{}, nil, err
			}
			return f.File, f, nil
		},
		Site:    web.Site{Name: c.Name, NameEn: c.NameEn, Office: c.Office, OfficeEn: c.OfficeEn, Contact: c.Contact},
		BaseURL: base, Secure: base.Scheme == "https", UploadDir: uploads, Now: time.Now, Logger: a.log,
	})
	srv := &http.Server{
		Handler:           pages,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	socket, err := a.listenSocket(ctx)
	if err != nil {
		return err
	}
	a.log.Info("ready", "url", base.String(), "documents", a.match.Len(), "after", time.Since(started).Round(time.Millisecond))
	if c.Demo {
		if err := printLink(ctx, a, e, l, "admin", base); err != nil {
			return err
		}
	}
	ended := make(chan error, 1)
	go func() {
		if c.TLSCert != "" {
			ended <- srv.ServeTLS(ln, c.TLSCert, c.TLSKey)
			return
		}
		ended <- srv.Serve(ln)
	}()
	sweep := time.NewTicker(time.Minute)
	defer sweep.Stop()
	if c.Database != "" {
		go a.follow(ctx)
	}
	for {
		select {
		case err := <-ended:
			return err
		case <-sweep.C:
			if err := a.match.Sweep(ctx); err != nil {
				a.log.Error("what has lapsed is not swept", "err", err)
			}
		case <-ctx.Done():
			a.log.Info("stopping")
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
			defer cancel()
			return errors.Join(srv.Shutdown(stop), socket.Shutdown(stop), pages.Close(stop))
		}
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

// follow brings what other servers on the same database changed into this
// server's index, within a second of its being numbered, until ctx ends. What
// this server changed comes by once more and changes nothing.
func (a *app) follow(ctx context.Context) {
	after := a.built
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		changes, err := a.db.Changes(ctx, after, followTogether)
		if err == nil && len(changes) > 0 {
			if err = a.match.Changed(ctx, changes); err == nil {
				after = changes[len(changes)-1].Seq
			}
		}
		if err != nil && ctx.Err() == nil {
			a.log.Warn("changes of other servers are late", "err", err)
		}
		if err == nil && len(changes) == followTogether {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
