package evidence_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/inbox"
	"datai/internal/apptest"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

// write adds an entry and has it sealed.
func write(t *testing.T, a *apptest.App) {
	t.Helper()
	e, err := journal.New(zero{}, a.Clock.Now().UnixMilli(), uuid.Nil, "console", "need.open", "need")
	if err != nil {
		t.Fatal(err)
	}
	e.ID = uuid.New()
	if err := a.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.Append(t.Context(), e) }); err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// zero is a source of zeros.
type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestCheckpointIsMailedOnceADay to every address, with the checkpoint in the
// text.
func TestCheckpointIsMailedOnceADay(t *testing.T) {
	a := apptest.New(t)
	to := []string{"jiwei@example.edu.cn", "archive@example.edu.cn"}
	mail := func(want int) {
		t.Helper()
		if n, err := a.Evidence.Mail(t.Context(), to); err != nil || n != want {
			t.Errorf("%d letters, %v; want %d", n, err, want)
		}
	}
	mail(0) // there is none yet
	if _, err := a.Evidence.Checkpoint(t.Context(), account.Nobody()); catalog.CodeOf(err) != catalog.NotFound {
		t.Error(err)
	}
	write(t, a)
	mail(2)
	mail(0)
	a.Clock.Advance(24 * time.Hour)
	write(t, a)
	mail(2)
	if n, err := a.Evidence.Mail(t.Context(), nil); err != nil || n != 0 {
		t.Errorf("%d letters to nobody, %v", n, err)
	}
	queued, err := a.DB.LeaseMessages(t.Context(), journal.NoticeKind, a.Clock.Now().UnixMilli(), 10)
	if err != nil || len(queued) != 4 {
		t.Fatal(len(queued), err)
	}
	a.Inbox.Channels = inbox.Channels{Mail: true}
	if err := a.Inbox.Deliver(t.Context(), queued[3]); err != nil {
		t.Fatal(err)
	}
	letters, err := a.DB.LeaseMessages(t.Context(), inbox.MailLane, a.Clock.Now().UnixMilli(), 10)
	if err != nil || len(letters) != 1 {
		t.Fatal(len(letters), err)
	}
	var l inbox.Letter
	if err := json.Unmarshal(letters[0].Payload, &l); err != nil {
		t.Fatal(err)
	}
	last, err := a.Evidence.Checkpoint(t.Context(), account.Nobody())
	if err != nil || last.Size != 2 || len(l.Items) != 1 || l.Items[0].Vars["note"] != last.Note {
		t.Errorf("%+v, %+v, %v", last, l, err)
	}
}

// TestPackIsForTheOffice and for the kinds that there are.
func TestPackIsForTheOffice(t *testing.T) {
	a := apptest.New(t)
	for _, p := range []account.Principal{account.Nobody(), {Roles: []account.Role{account.Audit}, Acting: account.Audit}} {
		if _, err := a.Evidence.Pack(t.Context(), p, "contact", "2026-DJ-0001"); !errors.Is(err, account.ErrForbidden) {
			t.Errorf("%s: %v", p.Acting, err)
		}
	}
	for kind, want := range map[string]catalog.Code{"contact": catalog.NotFound, "party": catalog.Invalid} {
		if _, err := a.Evidence.Pack(t.Context(), apptest.Officer(), kind, "2026-DJ-0001"); catalog.CodeOf(err) != want {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if n, err := countEntries(t, a); err != nil || n != 0 {
		t.Errorf("%d entries, %v", n, err)
	}
}

func countEntries(t *testing.T, a *apptest.App) (n int64, err error) {
	t.Helper()
	err = a.DB.Read(t.Context(), func(tx *store.Tx) error {
		n, err = tx.CountEntries(t.Context())
		return err
	})
	return n, err
}
