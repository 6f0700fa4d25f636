package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"datai/catalog"
	"datai/inbox"
	"datai/web/ui"

	"github.com/google/uuid"
)

// inboxPage is how many notices a page shows.
const inboxPage = 30

// unread counts what waits in the inbox for the head of a page. A page is worth
// more than the count.
func (p *Pages) unread(c *visit) int {
	n, err := p.Inbox.Unread(c.ctx(), c.v.Who)
	if err != nil {
		p.Logger.WarnContext(c.ctx(), "unread notices are not counted", "err", err)
	}
	return n
}

func (p *Pages) inbox(c *visit) error {
	page := inbox.Page{Limit: inboxPage}
	if before := c.r.URL.Query().Get("before"); before != "" {
		at, id, _ := strings.Cut(before, ".")
		var bad error
		var err error
		page.At, bad = strconv.ParseInt(at, 10, 64)
		if page.ID, err = uuid.Parse(id); err != nil || bad != nil {
			return catalog.Refuse(catalog.Invalid, "error.form")
		}
	}
	list, next, err := p.Inbox.List(c.ctx(), c.v.Who, page)
	if err != nil {
		return err
	}
	todo, err := taskPage(c.r.URL.Query().Get("todo"))
	if err != nil {
		return err
	}
	in := ui.Inbox{List: list, Unread: c.v.Unread(), Paged: page.ID != uuid.Nil, TodoPaged: todo.Case != uuid.Nil}
	if in.Todo, err = p.Inbox.Todo(c.ctx(), c.v.Who, todo); err != nil {
		return err
	}
	if n := in.Todo.Next; n.Limit > 0 {
		in.TodoNext = "/inbox?" + url.Values{"todo": {fmt.Sprintf("%d.%s.%d", n.DueAt, n.Case, n.N)}}.Encode()
	}
	if next.Limit > 0 {
		in.Next = "/inbox?" + url.Values{"before": {fmt.Sprintf("%d.%s", next.At, next.ID)}}.Encode()
	}
	c.v.Nav = "inbox"
	return c.show(ui.Head{Title: c.v.T("inbox.title"), Quiet: true}, ui.InboxPage(c.v, in))
}

// todoPage is how many tasks a page shows.
const todoPage = 20

// taskPage reads where the list of tasks goes on: due time, case, number.
func taskPage(after string) (inbox.TaskPage, error) {
	page := inbox.TaskPage{Limit: todoPage}
	if after == "" {
		return page, nil
	}
	parts := strings.Split(after, ".")
	if len(parts) != 3 {
		return page, catalog.Refuse(catalog.Invalid, "error.form")
	}
	var errs [3]error
	page.DueAt, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	page.Case, errs[1] = uuid.Parse(parts[1])
	page.N, errs[2] = strconv.Atoi(parts[2])
	if err := errors.Join(errs[:]...); err != nil {
		return page, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	return page, nil
}

// openNotice marks a notice as read and goes where it leads.
func (p *Pages) openNotice(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	path, err := p.Inbox.Read(c.ctx(), c.v.Who, id)
	if err != nil {
		return err
	}
	if path == "" {
		path = "/inbox"
	}
	return c.redirect(local(path))
}

func (p *Pages) readNotices(c *visit) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	until, err := strconv.ParseInt(c.r.PostFormValue("until"), 10, 64)
	if err != nil {
		return catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	if _, err := p.Inbox.ReadAll(c.ctx(), c.v.Who, until); err != nil {
		return err
	}
	return c.redirect("/inbox")
}

func (p *Pages) noticeSetting(c *visit) error {
	r, err := p.Inbox.Reach(c.ctx(), c.v.Who)
	if err != nil {
		return err
	}
	s := ui.NoticeSetting{Reach: r, Saved: c.r.URL.Query().Get("saved") == "1"}
	return c.show(ui.Head{Title: c.v.T("notices.title"), Quiet: true}, ui.NoticeSettingPage(c.v, s))
}

func (p *Pages) setNotices(c *visit) error {
	if err := c.readForm(formMax); err != nil {
		return err
	}
	form := c.r.PostForm
	if err := p.Inbox.Set(c.ctx(), c.v.Who, inbox.Setting{Mail: form.Get("mail"), SMS: form.Get("sms") == "1", Lang: form.Get("lang")}); err != nil {
		return err
	}
	return c.redirect("/me/notices?saved=1")
}
