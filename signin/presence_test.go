package signin_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/internal/apptest"
	"datai/signin"

	"github.com/google/go-cmp/cmp"
)

func TestListsOfPeople(t *testing.T) {
	answer, status := "", http.StatusOK
	hr := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer k3y" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, answer)
	}))
	defer hr.Close()
	c, _ := newClient(t, time.Minute)
	src := account.Source{Secrets: account.Secrets{PresenceKey: "k3y"}, SourceSetup: account.SourceSetup{Presence: account.PresenceSetup{Address: hr.URL + "/list?kind=all"}}}
	answer = `{"people": [{"number": "T2010033"}, {"number": "S2003007", "left": true}]}`
	got, err := c.Presence(t.Context(), src)
	if diff := cmp.Diff([]account.Member{{Number: "T2010033"}, {Number: "S2003007", Left: true}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"", "x", `[]`, `{"people":[{"number":"T1"}`, `{"people":[{"number":" "}]}`, `{"people":[{"number":7}]}`, `{"people":[{"nummer":"T1"}]}`,
		`{"people":[]} {"people":[]}`, `{"people":[{"number":"T1","left":"no"}]}`} {
		answer = bad
		_, err := c.Presence(t.Context(), src)
		refusal(t, err, "sources.presence_unclear")
	}
	answer = `{"people":[` + strings.Repeat(" ", 33<<20)
	_, err = c.Presence(t.Context(), src)
	refusal(t, err, "federation.silent")
	answer, status = `{"people":[]}`, http.StatusBadGateway
	_, err = c.Presence(t.Context(), src)
	refusal(t, err, "federation.silent")
	src.PresenceKey = ""
	_, err = c.Presence(t.Context(), src)
	refusal(t, err, "federation.silent")
}

// The keeper reads what is due and puts out who left, whatever another list does.
func TestTheKeeperReadsWhatIsDue(t *testing.T) {
	a := apptest.New(t)
	hr := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprint(w, `{"people":[{"number":"T1","left":true},{"number":"T2"}]}`)
	}))
	defer hr.Close()
	guard := account.Principal{Acting: account.Security}
	for _, name := range []string{"broken", "campus"} {
		if _, err := a.Account.SaveSource(t.Context(), guard, account.Source{Name: name, SourceSetup: account.SourceSetup{Kind: account.CAS, Title: "统一", TitleEn: "Campus", Address: "https://cas.example.edu.cn",
			Map: account.AttributeMap{Numbers: []string{"user"}, Name: "cn", Otherwise: account.Professor}, Presence: account.PresenceSetup{Address: hr.URL + "/" + name, Minutes: 60, Part: 10}}}); err != nil {
			t.Fatal(err)
		}
	}
	src, err := a.Account.Source(t.Context(), "campus")
	if err != nil {
		t.Fatal(err)
	}
	_, in, err := a.Account.Federate(t.Context(), src, account.Assertion{Subject: "T1", Once: "x", Attributes: map[string][]string{"user": {"T1"}, "cn": {"沈若川"}}}, account.Entrance{})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := newClient(t, time.Minute)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		signin.Keeper{Client: c, Account: a.Account, Logger: slog.New(slog.DiscardHandler), Every: time.Millisecond}.Run(ctx)
	}()
	state := func(name string) account.PresenceState {
		r, err := a.Account.PresenceOf(t.Context(), guard, name)
		if err != nil {
			t.Error(err)
		}
		return r.State
	}
	for state("broken") == "" || state("campus") == "" { // it takes the time that it takes
	}
	stop()
	<-done
	if state("broken") != account.PresenceFailed || state("campus") != account.PresenceDone {
		t.Errorf("states %s and %s", state("broken"), state("campus"))
	}
	if p, _, err := a.Account.Present(t.Context(), in.ID); err != nil || p.SignedIn() {
		t.Errorf("who left is still in: %v", err)
	}
}

func FuzzPresence(f *testing.F) {
	f.Add(`{"people": [{"number": "T2010033"}, {"number": "S2003007", "left": true}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := signin.ReadPresence([]byte(text))
		for _, m := range list {
			if err != nil || strings.TrimSpace(m.Number) == "" {
				t.Errorf("%+v, %v", list, err)
			}
		}
	})
}
