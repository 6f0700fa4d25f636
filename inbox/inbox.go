// Package inbox holds what people are told: notices in their inbox on the
// pages, how each of them wants to be told, and the messages that leave for
// mail and short messages. What is sent, and how, package notify knows.
package inbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"datai/account"
	"datai/journal"
	"datai/process"
	"datai/wording"

	"github.com/google/uuid"
)

// Var is a place in the words of a template.
type Var struct {
	Name string
	Most int // characters of it that a short message holds
}

// Template is a kind of notice. Its words are the messages
// "notice.<key>.title", ".text" and, if SMS, ".sms", which are filled with the
// variables and with deadline and link.
type Template struct {
	Key  string
	Vars []Var
	// Do is the permission without which an account does not read it, "" if none
	// is needed: who has several roles reads nothing of the office as an
	// administrator.
	Do account.Permission
	// SMS is set for what may go by short message.
	SMS bool
	// Code is set for what lets somebody in: it stands in no inbox, counts
	// towards no limit and is not sent once its deadline has passed.
	Code bool
}

// templates are those in use.
var templates = []Template{
	{Key: "case_opened", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_late", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_withdrawn", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_assigned", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_page", Vars: []Var{{"code", 12}}, SMS: true},
	{Key: "case_confirm", Vars: []Var{{"title", 12}}, SMS: true},
	{Key: "case_confirmed", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_invited", Vars: []Var{{"title", 12}}, SMS: true},
	{Key: "case_willing", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_stepped", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_declined", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_retracted", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_progress", Vars: []Var{{"title", 12}}, SMS: true},
	{Key: "case_coordinate", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "case_ended", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.HandleContacts},
	{Key: "results_ending", Vars: []Var{{"n", 6}, {"days", 2}, {"code", 12}}, Do: account.ListResults},
	{Key: "needs_ending", Vars: []Var{{"n", 6}, {"days", 2}, {"code", 12}}, Do: account.OpenNeeds},
	{Key: "result_idle", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.ListResults},
	{Key: "review_asked", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.ReviewResults},
	{Key: "review_due", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.ReviewResults},
	{Key: "review_closed", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.ListResults},
	{Key: "result_questions", Vars: []Var{{"n", 3}, {"title", 8}}, SMS: true},
	{Key: "presence_stopped", Vars: []Var{{"source", 12}, {"n", 6}, {"total", 6}}},
	{Key: "roles_asked", Do: account.ConfirmRoles},
	{Key: "password_changed"},
	{Key: "passkey_added"},
	{Key: "passkey_removed"},
	{Key: "address_added"},
	{Key: "address_listed", SMS: true},
	{Key: "address_removed", SMS: true},
	{Key: "join_proposed", SMS: true},
	{Key: "join_refused", Do: account.JoinAccounts},
	{Key: "accounts_joined", SMS: true},
	{Key: "factor_set"},
	{Key: "factor_removed"},
	{Key: "factor_reset"},
	{Key: "recovery_renewed"},
	{Key: "recovery_used"},
	{Key: "need_confirmed", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.EnterForOthers},
	{Key: "need_refused", Vars: []Var{{"code", 12}, {"title", 12}}, Do: account.EnterForOthers},
	{Key: "signup_asked", Vars: []Var{{"name", 16}}, Do: account.ReviewSignUps},
	{Key: "signup_accepted", Vars: []Var{{"name", 16}}, SMS: true},
	{Key: "signup_refused", Vars: []Var{{"name", 16}, {"reason", 24}}, SMS: true},
	{Key: "checkpoint", Vars: []Var{{"n", 12}, {"note", 1}}},
	{Key: "need_confirm", Vars: []Var{{"title", 8}}, SMS: true},
	{Key: "sign_in_code", Vars: []Var{{"code", 8}, {"minutes", 2}}, SMS: true, Code: true},
	{Key: "invitation", Vars: []Var{{"hours", 2}}, Code: true},
	{Key: "invitation_phone", SMS: true},
	{Key: "password_reset", Vars: []Var{{"minutes", 2}}, Code: true},
	{Key: "address_confirm", Vars: []Var{{"code", 8}, {"minutes", 2}}, SMS: true, Code: true},
}

// Templates lists the kinds of notices.
func Templates() []Template { return slices.Clone(templates) }

// TemplateOf finds a template by its key.
func TemplateOf(key string) (Template, bool) {
	i := slices.IndexFunc(templates, func(t Template) bool { return t.Key == key })
	if i < 0 {
		return Template{}, false
	}
	return templates[i], true
}

// Notice is one line of somebody's inbox.
type Notice struct {
	ID       uuid.UUID
	Account  uuid.UUID
	Template string
	Urgent   bool
	At       int64 // unix ms
	ReadAt   int64 // unix ms, 0 = not yet
	MailedAt int64 // unix ms, 0 = waits for the digest
	Body     Body  // encrypted at rest
}

// Body is what a notice says.
type Body struct {
	Vars     map[string]string `json:"vars,omitempty"`
	Path     string            `json:"path,omitempty"`
	Deadline int64             `json:"deadline,omitempty"` // unix ms, 0 = none
}

// Say is a part of a notice of the template, "title" or "text", in a language;
// its deadline is said in the zone.
func (b Body) Say(l wording.Lang, zone *time.Location, template, part string) string {
	args := map[string]string{"deadline": ""}
	maps.Copy(args, b.Vars)
	if b.Deadline > 0 {
		args["deadline"] = l.Moment(time.UnixMilli(b.Deadline).In(zone))
	}
	return l.SayArgs("notice."+template+"."+part, args)
}

// The lanes of messages that leave: each is sent by workers of its own.
const (
	MailLane = "mail"
	SMSLane  = "sms"
)

// How somebody may want mail.
const (
	MailDigest = "digest" // on Mondays, what is urgent at once
	MailOnce   = "once"   // everything at once
	MailOff    = "off"
)

// Mails lists them in the order people meet them.
func Mails() []string { return []string{MailDigest, MailOnce, MailOff} }

// Setting is how an account wants to be told, beside its inbox, which holds
// everything.
type Setting struct {
	Mail     string
	SMS      bool   // what is urgent, a few times a month
	Lang     string // "zh-CN" or "en"
	DigestAt int64  // unix ms: when the last digest was due, 0 = never
}

// defaultSetting is that of who has said nothing.
var defaultSetting = Setting{Mail: MailDigest, SMS: true, Lang: "zh-CN"}

// Item is one notice in a mail or a short message.
type Item struct {
	Template string `json:"template"`
	At       int64  `json:"at"`
	Body
}

// Letter is the payload of a message of MailLane.
type Letter struct {
	To     string `json:"to"`
	Lang   string `json:"lang"`
	Digest bool   `json:"digest,omitempty"`
	Items  []Item `json:"items"`
	More   int    `json:"more,omitempty"` // that a digest has no room for
}

// Text is the payload of a message of SMSLane.
type Text struct {
	To   string `json:"to"`
	Lang string `json:"lang"`
	Item
}

// Delivery is what became of a message.
type Delivery struct {
	ID       uuid.UUID
	Lane     string
	Template string
	At       int64 // unix ms
	Failed   bool
	Attempts int
	Cause    string // code of what went wrong, "" if nothing did
}

// Page is where a list of notices goes on, newest first; the zero Page is its
// beginning.
type Page struct {
	At    int64
	ID    uuid.UUID
	Limit int
}

// Tx is what inbox needs of the store inside one transaction.
type Tx interface {
	Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error)
	// AccountsWith lists the accounts that have one of the roles and are not
	// disabled, by name.
	AccountsWith(ctx context.Context, roles ...account.Role) ([]account.Account, error)
	EnqueueMessage(ctx context.Context, m journal.Message) error
	// EndMessage forgets a leased message; Conflict if somebody else has it now.
	EndMessage(ctx context.Context, m journal.Message) error
	AddDelivery(ctx context.Context, d Delivery) error
	// CountSMS adds one to the short messages of a person in a month (year *
	// 100 + month) and returns how many there are now; person is an account's id
	// or a number.
	CountSMS(ctx context.Context, person string, month int) (int, error)

	// Identities lists what an account is known by, in the order in which it was
	// added.
	Identities(ctx context.Context, accountID uuid.UUID) ([]account.Identity, error)
	// Setting is what an account has said; ok is false if nothing.
	Setting(ctx context.Context, of uuid.UUID) (s Setting, ok bool, err error)
	SaveSetting(ctx context.Context, of uuid.UUID, s Setting) error
	// Unmailed returns the notices of an account that wait for the digest and are
	// not newer than until, oldest first; MarkMailed says that they wait no more.
	Unmailed(ctx context.Context, of uuid.UUID, until int64) ([]Notice, error)
	MarkMailed(ctx context.Context, of uuid.UUID, until, at int64) error
	// DueDigests returns accounts that have such notices and whose last digest
	// was before due, at most limit.
	DueDigests(ctx context.Context, due int64, limit int) ([]uuid.UUID, error)

	AddNotice(ctx context.Context, n Notice) error
	// Notices returns one page of an account's notices of these templates, and
	// the Page after it (Limit 0: no more).
	Notices(ctx context.Context, of uuid.UUID, templates []string, p Page) ([]Notice, Page, error)
	// NoticeOf is one of them; ok is false if there is no such.
	NoticeOf(ctx context.Context, of uuid.UUID, templates []string, id uuid.UUID) (n Notice, ok bool, err error)
	CountUnread(ctx context.Context, of uuid.UUID, templates []string) (int, error)
	// ReadNotices marks those that are not newer than until as read: the one with
	// the id, or all if it is zero. It returns how many were unread.
	ReadNotices(ctx context.Context, of uuid.UUID, templates []string, id uuid.UUID, until, at int64) (int, error)

	// TasksFor returns one page of the tasks that wait for somebody, what is due
	// first, and the TaskPage after it (Limit 0: no more). CountTasks counts them:
	// those due are due from now to soon, those overdue were before now (unix ms).
	TasksFor(ctx context.Context, who Waiter, p TaskPage) ([]process.Task, TaskPage, error)
	CountTasks(ctx context.Context, who Waiter, now, soon int64) (TaskCounts, error)
	// TasksElsewhere counts the cases that an account began and that wait for
	// others, and says for whom, the most first.
	TasksElsewhere(ctx context.Context, account uuid.UUID) (n int, by []Elsewhere, err error)

	AddReceiver(ctx context.Context, r Receiver) error
	// SaveReceiver writes r if its stored version is r.Version and adds one to
	// it; Conflict otherwise.
	SaveReceiver(ctx context.Context, r Receiver) error
	// RemoveReceiver forgets a receiver; false if there was none.
	RemoveReceiver(ctx context.Context, id uuid.UUID) (bool, error)
	Receivers(ctx context.Context) ([]Receiver, error) // by name
	Receiver(ctx context.Context, id uuid.UUID) (r Receiver, ok bool, err error)
	LaneState(ctx context.Context, lane string) (LaneState, error)
	// EventCursor is the number of the last entry of which events were made; ok
	// is false before the first. SetEventCursor moves it from was to to, or makes
	// it; Conflict if it is elsewhere.
	EventCursor(ctx context.Context) (seq int64, ok bool, err error)
	SetEventCursor(ctx context.Context, was, to int64, first bool) error
	LastEntry(ctx context.Context) (int64, error)
	// EntriesAfter reads the numbered entries after a number, in their order.
	EntriesAfter(ctx context.Context, after int64, limit int) ([]journal.Entry, error)
	Append(ctx context.Context, e journal.Entry) error
}
