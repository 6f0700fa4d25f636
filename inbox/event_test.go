package inbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/intake"
	"datai/internal/apptest"
)

var admin = account.Principal{Name: "admin", Roles: []account.Role{account.System}, Acting: account.System}

func receiver(t *testing.T, a *apptest.App, n inbox.NewReceiver) inbox.Receiver {
	t.Helper()
	n.URL = "https://hooks.example.org/x?key=geheim"
	r, err := a.Inbox.AddReceiver(t.Context(), admin, n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// occurred numbers what has happened, makes messages of it and takes those of a
// receiver.
func occurred(t *testing.T, a *apptest.App, r inbox.Receiver) (out []inbox.Occurrence) {
	t.Helper()
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Inbox.Feed(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range lease(t, a, r.Lane()) {
		var o inbox.Occurrence
		if err := json.Unmarshal(m.Payload, &o); err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

func TestReceiversLearnOfWhatHappens(t *testing.T) {
	a := apptest.New(t)
	if _, err := a.Inbox.Feed(t.Context()); err != nil { // from here on there is news
		t.Fatal(err)
	}
	hook := receiver(t, a, inbox.NewReceiver{Kind: inbox.Webhook, Name: "系统", Events: inbox.Events()})
	robot := receiver(t, a, inbox.NewReceiver{Kind: inbox.WeCom, Name: "群", Events: []string{inbox.ResultListed, inbox.ContactMoved}})
	deaf := receiver(t, a, inbox.NewReceiver{Kind: inbox.WeCom, Name: "静", Events: inbox.Events()})
	if err := a.Inbox.Pause(t.Context(), admin, deaf.ID, 1, true); err != nil {
		t.Fatal(err)
	}
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "甲", Abstract: "一"}), apptest.ResultRow(catalog.Result{Title: "乙", Abstract: "二"})))
	if got := occurred(t, a, hook); len(got) != 0 {
		t.Errorf("what waits for review is told: %+v", got)
	}
	a.PublishResults(t)
	code := a.AllResults(t)[0].Code
	if got := occurred(t, a, hook); len(got) != 2 || got[0].Type != inbox.ResultListed || got[0].N != 1 || (got[0].Code != code && got[1].Code != code) {
		t.Errorf("%+v", got)
	}
	if got := occurred(t, a, robot); len(got) != 1 || got[0].N != 2 {
		t.Errorf("a robot is told once of what came together: %+v", got)
	}
	c, secret, err := a.Contact.Ask(t.Context(), account.Nobody(), code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用",
		Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(time.Second)
	if err := a.Contact.Move(t.Context(), apptest.Officer(), c.Code, 1, contact.Move{Do: contact.Meet}); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(time.Second)
	if err := a.Contact.Withdraw(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	got := occurred(t, a, hook)
	if len(got) != 3 || got[0].Type != inbox.ContactOpened || got[0].Code != c.Code || got[1].State != "met" || got[2].State != "withdrawn" {
		t.Errorf("%+v", got)
	}
	text, err := json.Marshal(got)
	if err != nil || len(text) > 500 {
		t.Errorf("%s, %v", text, err)
	}
	if got := occurred(t, a, deaf); len(got) != 0 {
		t.Errorf("a receiver that is paused is told: %+v", got)
	}
	if got := occurred(t, a, hook); len(got) != 0 {
		t.Errorf("told twice: %+v", got)
	}
}

func TestReceiversAreAnAdministrators(t *testing.T) {
	a := apptest.New(t)
	fits := inbox.NewReceiver{Kind: inbox.DingTalk, Name: "群", URL: "https://oapi.dingtalk.com/robot/send?access_token=geheim", Secret: "SEC", Events: inbox.Events()}
	for name, change := range map[string]func(*inbox.NewReceiver){
		"receivers.fit.name": func(n *inbox.NewReceiver) { n.Name = " " }, "error.form": func(n *inbox.NewReceiver) { n.Kind = "fax" },
		"receivers.fit.url": func(n *inbox.NewReceiver) { n.URL = "ftp://example.org" }, "receivers.fit.events": func(n *inbox.NewReceiver) { n.Events = []string{"all"} },
	} {
		bad := fits
		change(&bad)
		if _, err := a.Inbox.AddReceiver(t.Context(), admin, bad); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, url := range []string{"https://user:password@example.org/", "example.org", "https://", "javascript:alert(1)"} {
		bad := fits
		bad.URL = url
		if _, err := a.Inbox.AddReceiver(t.Context(), admin, bad); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := a.Inbox.AddReceiver(t.Context(), apptest.Officer(), fits); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("an officer: %v", err)
	}
	r, err := a.Inbox.AddReceiver(t.Context(), admin, fits)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Inbox.AddReceiver(t.Context(), admin, fits); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("the same name: %v", err)
	}
	if _, err := a.Inbox.Rotate(t.Context(), admin, r.ID, 1); catalog.CodeOf(err) != catalog.Invalid {
		t.Errorf("a robot gets a secret of ours: %v", err)
	}
	if err := a.Inbox.Try(t.Context(), admin, r.ID); err != nil || len(lease(t, a, r.Lane())) != 1 {
		t.Error(err)
	}
	list, states, err := a.Inbox.Receivers(t.Context(), admin)
	if err != nil || len(list) != 1 || list[0].Target.Secret != "" || list[0].Target.URL != "https://oapi.dingtalk.com" || states[r.ID].Waiting != 1 {
		t.Errorf("%+v, %+v, %v", list, states, err)
	}
	if err := a.Inbox.Remove(t.Context(), admin, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.Inbox.Remove(t.Context(), admin, r.ID); catalog.CodeOf(err) != catalog.NotFound {
		t.Error(err)
	}
}
