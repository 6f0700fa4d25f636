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
	Demo    bool     `help:"Fill an empty catalogue with demonstration data."`
}

// stopGrace is how long requests may finish after the order to stop.
const stopGrace = 10 * time.Second

func (c *serveCmd) run(ctx context.Context, e env, l wording.Lang) error {
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
	if err := a.intake.Recover(ctx); err != nil {
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
	uploads := filepath.Join(a.dir, "uploads")
	if err := os.MkdirAll(uploads, 0o700); err != nil {
		return err
	}
	srv := &http.Server{
		Handler: web.New(web.Config{
			Intake: a.intake, Shelf: a.shelf, Match: a.match, Account: a.account, Sessions: a.db,
			Open: func(path, name string, kind intake.Kind) (intake.File, io.Closer, error) {
				f, err := exchange.Open(path, name, kind, exchange.DefaultLimits())
				if err != nil {
					return intake.File{}, nil, err
				}
				return f.File, f, nil
			},
			Site: web.Site{Name: c.Name, NameEn: c.NameEn}, BaseURL: base, Secure: base.Scheme == "https",
			UploadDir: uploads, Now: time.Now, Logger: a.log,
		}),
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
			return errors.Join(srv.Shutdown(stop), socket.Shutdown(stop))
		}
	}
}
