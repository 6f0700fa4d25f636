package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
)

// Accounts and roles, for the system administrator; the security administrator
// looks at them.

const accountPage = 50

// accountFilter reads which accounts are asked for.
func accountFilter(c *visit) (f account.Filter, from account.Page, err error) {
	bad := catalog.Refuse(catalog.Invalid, "error.filter")
	q := c.r.URL.Query()
	f = account.Filter{Q: catalog.Clean(q.Get("q")), Role: account.Role(q.Get("role")), State: q.Get("state")}
	if f.Role != "" && !slices.Contains(account.Assignable(), f.Role) || f.State != "" && !slices.Contains([]string{account.Active, account.Disabled, account.Waiting}, f.State) || len(f.Q) > 200 {
		return f, from, bad
	}
	from.Limit = accountPage
	if after := q.Get("after"); after != "" {
		id, key, _ := strings.Cut(after, ".")
		if from.ID, err = uuid.Parse(id); err != nil || catalog.Clean(key) != strings.TrimSpace(key) || len(key) > 1000 {
			return f, from, bad
		}
		from.SortKey = key
	}
	return f, from, nil
}

func accountQuery(f account.Filter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Q, "role": string(f.Role), "state": f.State} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (p *Pages) accounts(c *visit) error { return p.showAccounts(c, http.StatusOK, ui.Accounts{}) }

func (p *Pages) showAccounts(c *visit, status int, l ui.Accounts) error {
	f, from, err := accountFilter(c)
	if err != nil {
		return err
	}
	list, next, total, err := p.Account.Accounts(c.ctx(), c.v.Who, f, from)
	if err != nil {
		return err
	}
	l.List, l.Filter, l.Total, l.Paged = list, f, total, from.ID != uuid.Nil
	l.CSV = address("/accounts.csv", accountQuery(f))
	if next.Limit > 0 {
		q := accountQuery(f)
		q.Set("after", next.ID.String()+"."+next.SortKey)
		l.Next = address("/accounts", q)
	}
	c.v.Nav = "accounts"
	if status != http.StatusOK {
		c.v.Path = "/accounts"
	}
	return c.render(status, ui.Page(c.v, ui.Head{Title: c.v.T("accounts.title"), Quiet: true}, ui.AccountsPage(c.v, l)))
}

// accountsFile is the list as a table.
func (p *Pages) accountsFile(c *visit) error {
	f, from, err := accountFilter(c)
	if err != nil {
		return err
	}
	return c.file("accounts", func(out io.Writer) error {
		if _, err := io.WriteString(out, "\uFEFF"); err != nil {
			return err
		}
		w := csv.NewWriter(out)
		if err := w.Write(ui.AccountColumns(c.v)); err != nil {
			return err
		}
		for from.Limit = fileChunk; from.Limit > 0; {
			list, next, _, err := p.Account.Accounts(c.ctx(), c.v.Who, f, from)
			if err != nil {
				return err
			}
			for _, a := range list {
				if err := w.Write(ui.AccountCells(c.v, a)); err != nil {
					return err
				}
			}
			from = next
		}
		w.Flush()
		return w.Error()
	})
}

func formRoles(c *visit) []account.Role {
	var out []account.Role
	for _, r := range c.r.PostForm["role"] {
		out = append(out, account.Role(r))
	}
	return out
}

// addAccount makes an account. What does not fit comes back in the form.
func (p *Pages) addAccount(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	l := ui.Accounts{Name: c.r.PostForm.Get("name"), Roles: formRoles(c)}
	a, err := p.Account.Add(c.ctx(), c.v.Who, l.Name, l.Roles)
	if code := catalog.CodeOf(err); code == catalog.Invalid || code == catalog.Conflict {
		pr := c.problem(err)
		l.Problem = pr.text
		return p.showAccounts(c, pr.status, l)
	}
	if err != nil {
		return err
	}
	return c.redirect("/accounts/" + a.ID.String())
}

func (p *Pages) oneAccount(c *visit) error { return p.showAccount(c, http.StatusOK, ui.AccountView{}) }

func (p *Pages) showAccount(c *visit, status int, x ui.AccountView) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	if x.Account, x.Known, err = p.Account.Account(c.ctx(), c.v.Who, id); err != nil {
		return err
	}
	if x.Account.JoinedTo != uuid.Nil {
		if x.Joined, _, err = p.Account.Account(c.ctx(), c.v.Who, x.Account.JoinedTo); err != nil {
			return err
		}
	}
	x.Hours = int(account.InviteLife.Hours())
	x.Sends = slices.ContainsFunc(x.Known, func(i account.Identity) bool { return slices.Contains(p.ways(), i.Provider) })
	c.v.Nav, c.v.Path = "accounts", "/accounts/"+id.String()
	return c.render(status, ui.Page(c.v, ui.Head{Title: x.Account.Name, Quiet: true}, ui.AccountPage(c.v, x)))
}

// accountForm reads a form about an account: which, and the version that was seen.
func accountForm(c *visit) (id uuid.UUID, version int64, err error) {
	if id, err = uuid.Parse(c.r.PathValue("id")); err != nil {
		return id, 0, catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	version, err = versionForm(c)
	return id, version, err
}

// versionForm reads a form with the version that was seen.
func versionForm(c *visit) (version int64, err error) {
	if err := c.readForm(formMax); err != nil {
		return 0, err
	}
	if version, err = strconv.ParseInt(c.r.PostForm.Get("version"), 10, 64); err != nil {
		return 0, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return version, nil
}

// managed shows the account after a form about it; what was wrong stands above.
func (p *Pages) managed(c *visit, err error) error {
	if e := catalog.CodeOf(err); e == catalog.Invalid || e == catalog.Conflict {
		pr := c.problem(err)
		return p.showAccount(c, pr.status, ui.AccountView{Problem: pr.text})
	}
	if err != nil {
		return err
	}
	return c.redirect("/accounts/" + c.r.PathValue("id"))
}

func (p *Pages) accountRoles(c *visit) error {
	id, version, err := accountForm(c)
	if err != nil {
		return err
	}
	return p.managed(c, p.Account.SetRoles(c.ctx(), c.v.Who, id, version, formRoles(c)))
}

func (p *Pages) accountState(c *visit) error {
	id, version, err := accountForm(c)
	if err != nil {
		return err
	}
	change := p.Account.Disable
	if c.r.PostForm.Get("do") == "enable" {
		change = p.Account.Enable
	}
	return p.managed(c, change(c.ctx(), c.v.Who, id, version))
}

// vouch says whose an identity is that a list brought.
func (p *Pages) vouch(c *visit) error {
	if err := c.readForm(signInMax); err != nil {
		return err
	}
	id, err := uuid.Parse(c.r.PathValue("id"))
	identity, err2 := uuid.Parse(c.r.PathValue("identity"))
	if err != nil || err2 != nil {
		return catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	return p.managed(c, p.Account.Vouch(context.WithoutCancel(c.ctx()), c.v.Who, id, identity, c.r.PostForm.Get("do") == "confirm"))
}

// confirmRoles gives the roles that were asked for, or refuses them.
func (p *Pages) confirmRoles(c *visit) error {
	id, version, err := accountForm(c)
	if err != nil {
		return err
	}
	return p.managed(c, p.Account.ConfirmAsked(c.ctx(), c.v.Who, id, version, c.r.PostForm.Get("do") == "confirm"))
}

// ways are those by which an invitation can be sent, the better one first.
func (p *Pages) ways() (ways []account.Provider) {
	if p.Inbox.Channels.Mail {
		ways = append(ways, account.ByEmail)
	}
	if p.Inbox.Channels.SMS {
		ways = append(ways, account.ByPhone)
	}
	return ways
}

// inviteAccount sends an invitation, or makes one and shows it, on this answer
// alone.
func (p *Pages) inviteAccount(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "accounts.not_found")
	}
	if c.r.PostFormValue("do") == "send" {
		to, err := p.Account.SendInvitation(context.WithoutCancel(c.ctx()), c.v.Who, id, p.ways()...)
		if err != nil {
			return p.managed(c, err)
		}
		return p.showAccount(c, http.StatusOK, ui.AccountView{SentTo: to.Value})
	}
	token, err := p.Account.Invite(c.ctx(), c.v.Who, id)
	if err != nil {
		return p.managed(c, err)
	}
	return p.showAccount(c, http.StatusOK, ui.AccountView{Link: p.BaseURL.JoinPath("/").String() + strings.TrimPrefix(account.ResetPath(token), "/")})
}

// permissions is the permission table, with the routes that are served.
func (p *Pages) permissions(c *visit) error {
	c.v.Nav = "permissions"
	return c.show(ui.Head{Title: c.v.T("permissions.title"), Quiet: true}, ui.PermissionsPage(c.v, account.Table(p.Routes())))
}

func (p *Pages) permissionsCSV(c *visit) error {
	return c.file("permissions", func(w io.Writer) error {
		return p.WritePermissions(w, c.v.Lang, fileFormat, account.Table(p.Routes()))
	})
}

func (p *Pages) permissionsXLSX(c *visit) error {
	var b bytes.Buffer
	if err := p.WritePermissions(&b, c.v.Lang, "xlsx", account.Table(p.Routes())); err != nil {
		return err
	}
	c.w.Header().Set("Content-Disposition", `attachment; filename="permissions.xlsx"`)
	return c.send(http.StatusOK, xlsxType, b.Bytes())
}
