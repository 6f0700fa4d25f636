package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"datai/catalog"
	"datai/shelf"
	"datai/wording"
)

type needCmd struct {
	Add needAddCmd `cmd:"" help:"Enter a need for its owner (代录), who confirms it by the link that is printed. Exit 2: what was sent cannot be used; nothing changed."`
}

type needAddCmd struct {
	place
	Paste   string   `required:"" placeholder:"FILE" help:"File with what the enterprise sent, UTF-8."`
	Owner   string   `placeholder:"NAME" help:"Name of the enterprise, where the text does not give it."`
	BaseURL *url.URL `env:"DATAI_BASE_URL" help:"Address under which people reach the server (default: the running server's, else http://127.0.0.1:8080)."`
}

func (c *needAddCmd) where() place { return c.place }

// run prints the link for the owner on stdout, and what was read on stderr.
func (c *needAddCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	text, err := readMessage(e.path(c.Paste))
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "behalf.cli.file").Because(err)
	}
	f, err := a.proxy.ReadText(text)
	if err != nil {
		return err
	}
	if c.Owner != "" {
		f.Owner = c.Owner
	}
	asked, err := a.proxy.Enter(ctx, operator(), f, shelf.Ref{}, false)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, l.Say("behalf.cli.entered", "code", asked.Need.Code, "title", asked.Need.Title, "read", strings.Join(f.Read, " "),
		"until", l.Moment(time.UnixMilli(asked.ExpiresAt))))
	if len(f.Parts) > 1 {
		fmt.Fprintln(e.stderr, l.Say("behalf.cli.several", "n", fmt.Sprint(len(f.Parts))))
	}
	fmt.Fprintln(e.stdout, a.reached(c.BaseURL).JoinPath(shelf.ConfirmPath(asked.Secret)))
	return nil
}

// readMessage reads a file, at most a little more than a message may be.
func readMessage(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 8*shelf.MostMessage))
	return string(text), err
}
