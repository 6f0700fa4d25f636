package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"
)

// Lists of staff and students, for the system administrator: looked at first,
// taken when they are brought again with that word.

// RosterFile is an opened list of people; its rows may be read once.
type RosterFile struct {
	Rows   iter.Seq2[account.Listed, error]
	Format string // in which WriteRefused writes
	// WriteRefused gives refused rows back with their reasons, once all were read.
	WriteRefused func(w io.Writer, rows []account.Listed, reason func(account.Listed) string) error
	Close        func() error
}

func (p *Pages) rosterForm(c *visit) error {
	return p.showRoster(c, http.StatusOK, ui.Roster{Dry: true})
}

func (p *Pages) showRoster(c *visit, status int, r ui.Roster) error {
	c.v.Nav, c.v.Path = "accounts", "/accounts/import"
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("roster.title"), Quiet: true}, ui.RosterPage(c.v, r)))
}

// takeRoster takes the list of the form, or says what would become of it. A
// file that cannot be used comes back with the form and the reason.
func (p *Pages) takeRoster(c *visit) error {
	r, list, err := p.receiveRoster(c)
	if list != nil {
		defer list.close()
	}
	var back []byte
	if err == nil {
		back, err = p.readRoster(c, list, &r)
	}
	if e, ok := errors.AsType[*catalog.Error](err); ok && (e.Code == catalog.Invalid || e.Code == catalog.Conflict) {
		pr := c.problem(err)
		r.Problem = pr.text
		return p.showRoster(c, pr.status, r)
	}
	if err != nil {
		return err
	}
	if back != nil {
		return c.sendRefused(list.name, r.Format, func(w io.Writer) error {
			_, err := w.Write(back)
			return err
		})
	}
	return p.showRoster(c, http.StatusOK, r)
}

// readRoster reads a list; back is a file with its refused rows, if that is
// what is asked for and there are any. What is given back is kept nowhere, so
// the list is read for it once more.
func (p *Pages) readRoster(c *visit, list *upload, r *ui.Roster) (back []byte, err error) {
	file, err := p.openRoster(list)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	r.File, r.Format = list.name, file.Format
	out, err := p.Account.Roster(context.WithoutCancel(c.ctx()), c.v.Who, file.Rows, account.RosterOptions{DryRun: r.Dry, Full: r.Full || r.Disable, Disable: r.Disable})
	if out.Fates != nil {
		r.Outcome = &out
	}
	if err != nil || !r.Back || len(out.Refused) == 0 {
		return nil, err
	}
	var b bytes.Buffer
	err = file.WriteRefused(&b, out.Refused, func(l account.Listed) string {
		return c.v.T("roster.reason", "column", ui.RosterColumn(c.v, l), "why", c.v.Lang.SayArgs(l.Refusal.Key, l.Refusal.Args))
	})
	return b.Bytes(), err
}

// openRoster opens a list that has arrived, if it has.
func (p *Pages) openRoster(list *upload) (RosterFile, error) {
	switch {
	case list == nil:
		return RosterFile{}, catalog.Refuse(catalog.Invalid, "import.no_file")
	case list.problem != nil:
		return RosterFile{}, list.problem
	}
	return p.OpenRoster(list.path(), list.name)
}

// takeList takes a list that a program sends.
func (p *Pages) takeList(ctx context.Context, who account.Principal, name string, body io.Reader, o account.RosterOptions) (account.Outcome, error) {
	list, err := p.keep(ctx, name, body, "", p.MaxUpload)
	if err != nil {
		return account.Outcome{}, err
	}
	if list != nil {
		defer list.close()
	}
	file, err := p.openRoster(list)
	if err != nil {
		return account.Outcome{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return p.Account.Roster(context.WithoutCancel(ctx), who, file.Rows, o)
}

// receiveRoster reads the form; the file goes to the disk without a name.
func (p *Pages) receiveRoster(c *visit) (r ui.Roster, list *upload, err error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, p.MaxUpload+formMax)
	parts, err := c.r.MultipartReader()
	if err != nil {
		return ui.Roster{Dry: true}, nil, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	r.Dry = true
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return r, list, nil
		}
		if err != nil {
			return r, list, p.broken(err)
		}
		if part.FormName() == "file" {
			if list != nil {
				return r, list, catalog.Refuse(catalog.Invalid, "error.form")
			}
			if list, err = p.keep(c.ctx(), part.FileName(), part, "", p.MaxUpload); err != nil || list != nil && list.problem != nil {
				return r, list, err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, 100))
		if err != nil {
			return r, list, p.broken(err)
		}
		switch part.FormName() + "=" + string(value) {
		case "do=take":
			r.Dry = false
		case "do=back":
			r.Back = true
		case "full=1":
			r.Full = true
		case "leavers=disable":
			r.Full, r.Disable = true, true
		}
	}
}
