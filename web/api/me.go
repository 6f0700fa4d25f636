package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/inbox"
	"datai/process"
	"datai/shelf"
	"datai/wording"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type (
	mailing  string
	language string
)

func (mailing) Schema(huma.Registry) *huma.Schema { return words(inbox.Mails()...) }
func (language) Schema(huma.Registry) *huma.Schema {
	return words(wording.Chinese, wording.English)
}

// Me is who asks.
type Me struct {
	ID     string   `json:"id" format:"uuid"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles"`
	Acting string   `json:"acting"`
	Unread int      `json:"unread"`
}

// Session is one sign-in of one's own that lasts.
type Session struct {
	ID        string    `json:"id" format:"uuid"`
	Via       string    `json:"via"`
	Address   string    `json:"address,omitempty"` // the network, not the whole address
	Agent     string    `json:"agent,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt"`
}

// SessionID names a sign-in.
type SessionID struct {
	ID string `path:"id" format:"uuid"`
}

// Notice is one line of one's own inbox, in the language of the request.
type Notice struct {
	ID       string     `json:"id" format:"uuid"`
	Template string     `json:"template"`
	Title    string     `json:"title"`
	Text     string     `json:"text"`
	URL      string     `json:"url,omitempty" format:"uri"`
	Urgent   bool       `json:"urgent"`
	At       time.Time  `json:"at"`
	ReadAt   *time.Time `json:"readAt,omitempty"`
	Deadline *time.Time `json:"deadline,omitempty"`
}

// Task is something that is asked of the caller, or of whoever acts in the
// caller's role, on a case of some process.
type Task struct {
	Kind    string     `json:"kind"`
	Code    string     `json:"code"`
	Title   string     `json:"title"`
	State   string     `json:"state"`
	What    string     `json:"what"`
	Text    string     `json:"text"`
	URL     string     `json:"url" format:"uri"`
	Own     bool       `json:"own"`
	Role    string     `json:"role,omitempty"`
	DueAt   *time.Time `json:"dueAt,omitempty"`
	Overdue bool       `json:"overdue"`
}

// TaskCounts are how many tasks wait for the caller.
type TaskCounts struct {
	All     int `json:"all"`
	Own     int `json:"own"`
	Due     int `json:"due"`
	Overdue int `json:"overdue"`
}

// NoticeID names a notice.
type NoticeID struct {
	ID string `path:"id" format:"uuid"`
}

// NoticeSetting is how one is told beside one's inbox.
type NoticeSetting struct {
	Mail     mailing  `json:"mail"`
	SMS      bool     `json:"sms"`
	Language language `json:"language"`
}

type setNotices struct {
	Versioned
	Body NoticeSetting
}

type readNotices struct {
	Body struct {
		Until time.Time `json:"until"`
	} `nameHint:"ReadUntil"`
}

// Ended is how many there were.
type Ended struct {
	Count int `json:"count"`
}

func (a *API) me() {
	add(a, operation{id: "get-me", method: http.MethodGet, path: "/me", tag: "me", do: account.OwnAccount},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[Me], error) {
			unread, err := a.Inbox.Unread(ctx, c.who)
			if err != nil {
				return nil, err
			}
			return tag(0, Me{ID: c.who.ID.String(), Name: c.who.Name, Roles: append([]string{}, converted[string](c.who.Roles)...), Acting: string(c.who.Acting), Unread: unread})
		})
	add(a, operation{id: "list-sessions", method: http.MethodGet, path: "/me/sessions", tag: "me", do: account.OwnAccount},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[list[Session]], error) {
			own, err := a.Account.SignIns(ctx, c.who)
			if err != nil {
				return nil, err
			}
			out := list[Session]{Items: []Session{}}
			for _, in := range own {
				out.Items = append(out.Items, Session{ID: in.ID.String(), Via: string(in.Via), Address: in.Address, Agent: in.Agent, CreatedAt: moment(in.CreatedAt), SeenAt: moment(in.SeenAt)})
			}
			return tag(0, out)
		})
	empty := func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }
	add(a, operation{id: "end-session", method: http.MethodPost, path: "/me/sessions/{id}/end", tag: "me", do: account.OwnAccount, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *SessionID) (*struct{}, error) {
			id, err := uuid.Parse(in.ID)
			if err != nil {
				return nil, catalog.Refuse(catalog.NotFound, "signins.not_found")
			}
			return nil, a.Account.EndSignIn(ctx, c.who, id)
		})
	add(a, operation{id: "end-sessions", method: http.MethodPost, path: "/me/sessions/end", tag: "me", do: account.OwnAccount, write: true, adjust: empty},
		func(ctx context.Context, c caller, _ *struct{}) (*struct{}, error) {
			return nil, a.Account.EndSignIns(ctx, c.who, uuid.Nil)
		})
	add(a, operation{id: "list-tasks", method: http.MethodGet, path: "/me/tasks", tag: "me", do: account.OwnNotices}, a.listTasks)
	add(a, operation{id: "count-tasks", method: http.MethodGet, path: "/me/tasks/count", tag: "me", do: account.OwnNotices},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[TaskCounts], error) {
			t, err := a.Inbox.Todo(ctx, c.who, inbox.TaskPage{Limit: 1})
			if err != nil {
				return nil, err
			}
			return tag(0, TaskCounts(t.Counts))
		})
	add(a, operation{id: "list-notices", method: http.MethodGet, path: "/me/notices", tag: "me", do: account.OwnNotices}, a.listNotices)
	add(a, operation{id: "read-notice", method: http.MethodPost, path: "/me/notices/{id}/read", tag: "me", do: account.OwnNotices, write: true, adjust: empty},
		func(ctx context.Context, c caller, in *NoticeID) (*struct{}, error) {
			id, err := uuid.Parse(in.ID)
			if err != nil {
				return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
			}
			_, err = a.Inbox.Read(ctx, c.who, id)
			return nil, err
		})
	add(a, operation{id: "read-notices", method: http.MethodPost, path: "/me/notices/read", tag: "me", do: account.OwnNotices, write: true},
		func(ctx context.Context, c caller, in *readNotices) (*struct{ Body Ended }, error) {
			n, err := a.Inbox.ReadAll(ctx, c.who, in.Body.Until.UnixMilli())
			return &struct{ Body Ended }{Ended{n}}, err
		})
	add(a, operation{id: "get-notice-setting", method: http.MethodGet, path: "/me/notice-setting", tag: "me", do: account.OwnNotices},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[NoticeSetting], error) {
			return a.noticeSetting(ctx, c)
		})
	add(a, operation{id: "set-notice-setting", method: http.MethodPut, path: "/me/notice-setting", tag: "me", do: account.OwnNotices, write: true},
		func(ctx context.Context, c caller, in *setNotices) (*tagged[NoticeSetting], error) {
			now, err := a.noticeSetting(ctx, c)
			if err != nil {
				return nil, err
			}
			if err := in.same(now.ETag); err != nil {
				return nil, err
			}
			if err := a.Inbox.Set(ctx, c.who, inbox.Setting{Mail: string(in.Body.Mail), SMS: in.Body.SMS, Lang: string(in.Body.Language)}); err != nil {
				return nil, err
			}
			return a.noticeSetting(ctx, c)
		})
}

// same refuses a write to something without versions whose entity tag is
// another by now.
func (v Versioned) same(tag string) error {
	switch {
	case v.IfMatch == "":
		_, err := v.version()
		return err
	case !matches(v.IfMatch, tag):
		return errStale
	}
	return nil
}

func (a *API) noticeSetting(ctx context.Context, c caller) (*tagged[NoticeSetting], error) {
	r, err := a.Inbox.Reach(ctx, c.who)
	if err != nil {
		return nil, err
	}
	return tag(0, NoticeSetting{Mail: mailing(r.Mail), SMS: r.SMS, Language: language(r.Lang)})
}

func (a *API) listNotices(ctx context.Context, c caller, in *struct{ Paging }) (*listed[Notice], error) {
	from, err := in.page("me/notices", c.who.ID)
	if err != nil {
		return nil, err
	}
	page := inbox.Page{ID: from.ID, Limit: in.Limit}
	if from.SortKey != "" {
		if page.At, err = strconv.ParseInt(from.SortKey, 10, 64); err != nil {
			return nil, errCursor
		}
	}
	ns, next, err := a.Inbox.List(ctx, c.who, page)
	if err != nil {
		return nil, err
	}
	items := make([]Notice, 0, len(ns))
	for _, n := range ns {
		items = append(items, a.noticeOf(c, n))
	}
	return pageOf("me/notices", c.who.ID, items, shelf.Page{SortKey: strconv.FormatInt(next.At, 10), ID: next.ID, Limit: next.Limit}, map[string][]string{})
}

func (a *API) listTasks(ctx context.Context, c caller, in *struct{ Paging }) (*listed[Task], error) {
	of := []any{c.who.ID, c.who.Acting}
	from, err := in.page("me/tasks", of)
	if err != nil {
		return nil, err
	}
	page := inbox.TaskPage{Case: from.ID, Limit: in.Limit}
	if from.SortKey != "" {
		if _, err := fmt.Sscanf(from.SortKey, "%d.%d", &page.DueAt, &page.N); err != nil {
			return nil, errCursor
		}
	}
	t, err := a.Inbox.Todo(ctx, c.who, page)
	if err != nil {
		return nil, err
	}
	items := make([]Task, 0, len(t.List))
	for _, x := range t.List {
		out := Task{Kind: x.Kind, Code: x.Code, Title: x.Title, State: string(x.State), What: x.What, Text: c.lang.Say("todo." + x.Kind + "." + x.What),
			URL: a.BaseURL.JoinPath(x.Path).String(), Own: x.Account == c.who.ID, Role: x.Role, Overdue: x.Overdue(a.Now().UnixMilli())}
		if x.DueAt != process.NeverDue {
			out.DueAt = maybe(x.DueAt)
		}
		items = append(items, out)
	}
	next := shelf.Page{SortKey: fmt.Sprintf("%d.%d", t.Next.DueAt, t.Next.N), ID: t.Next.Case, Limit: t.Next.Limit}
	return pageOf("me/tasks", of, items, next, map[string][]string{})
}

func (a *API) noticeOf(c caller, n inbox.Notice) Notice {
	zone := a.Now().Location()
	out := Notice{ID: n.ID.String(), Template: n.Template, Title: n.Body.Say(c.lang, zone, n.Template, "title"), Text: n.Body.Say(c.lang, zone, n.Template, "text"),
		Urgent: n.Urgent, At: moment(n.At), ReadAt: maybe(n.ReadAt), Deadline: maybe(n.Body.Deadline)}
	if n.Body.Path != "" {
		out.URL = a.BaseURL.JoinPath(n.Body.Path).String()
	}
	return out
}
