package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"

	"datai/account"
	"datai/contact"
	"datai/journal"
	"datai/process"
	"datai/rules"
	"datai/shelf"
	"datai/store"

	"github.com/google/uuid"
)

// caseWork is what a victim has to do with contact cases, and what was
// acknowledged.
type caseWork struct {
	token, result string
	moved         map[string]int // steps that were acknowledged, by the code of the case
	due           []string       // codes of cases whose timer fell due while no server ran

	foundSteps, foundTimers int
}

// way is how every case goes.
var way = []process.Action{contact.Meet, contact.Talk, contact.Secure, contact.Quote, contact.Draft, contact.Sign}

func (w *caseWork) steps() (n int) {
	for _, k := range w.moved {
		n += k
	}
	return n
}

var readyAt = regexp.MustCompile(`url=(\S+)`)

func addressIn(line string) string { return readyAt.FindStringSubmatch(line)[1] }

// open opens the data while no server runs.
func (v *victim) open(t *testing.T, fn func(a *app) error) {
	t.Helper()
	a, err := openApp(t.Context(), v.env(io.Discard), v.place)
	if err != nil {
		t.Fatal(err)
	}
	err = fn(a)
	if e := a.close(); err == nil {
		err = e
	}
	if err != nil {
		t.Fatal(err)
	}
}

// prepare makes a public result and an officer's token.
func (v *victim) prepare(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	v.moved = map[string]int{}
	v.sheet("prepared")
	if code := run(ctx, []string{"import", "results", "prepared.csv", "--data", v.Data, "--database", v.Database}, v.env(io.Discard)); code != exitOK {
		t.Fatalf("import: exit %d", code)
	}
	v.imports = append(v.imports, "prepared")
	v.open(t, func(a *app) error {
		rs, _, err := a.shelf.Results(ctx, operator(), shelf.Filter{}, shelf.Page{Limit: 1})
		if err != nil {
			return err
		}
		v.result = rs[0].Code
		if out, err := a.shelf.PublishResults(ctx, operator(), []shelf.Ref{{ID: rs[0].ID, Version: rs[0].Version}}); err != nil || out.Done != 1 {
			return fmt.Errorf("publish: %+v, %w", out, err)
		}
		if _, err := a.account.IssueLink(ctx, operator(), "officer"); err != nil {
			return err
		}
		v.token, _, err = a.account.IssueTokenFor(ctx, operator(), "officer", account.NewToken{Name: "kill", Role: account.Officer, Write: true, Days: 30})
		return err
	})
}

// neglect opens cases ten days ago, so that their timers are due before the
// next server starts.
func (v *victim) neglect(t *testing.T) {
	t.Helper()
	v.open(t, func(a *app) error {
		past := func() time.Time { return time.Now().In(rules.Shanghai()).AddDate(0, 0, -20) }
		cases := contact.NewService(store.For[contact.Tx](a.db), past, rand.Reader, a.rules.Book, a.contact.Process)
		for range 3 {
			c, _, err := cases.Ask(t.Context(), account.Nobody(), v.result, contact.Request{Name: "罗静姝", Organisation: "示例轴承",
				Reach: "13800000001", Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
			if err != nil {
				return err
			}
			v.due = append(v.due, c.Code)
		}
		return nil
	})
}

// handle opens cases and takes them along the way, until the server is gone or
// lets no more through.
func (v *victim) handle(work *sync.WaitGroup, base string) {
	work.Go(func() {
		for {
			var opened struct{ Code string }
			if !v.call(base, "/contacts", "", map[string]any{"result": v.result, "name": "罗静姝", "organisation": "示例轴承", "reach": "13800000001",
				"purpose": "试用", "consent": true}, &opened) {
				return
			}
			v.mu.Lock()
			v.moved[opened.Code] = 0
			v.mu.Unlock()
			for i, do := range way {
				if !v.call(base, "/contacts/"+opened.Code+"/move", fmt.Sprint(i+1), map[string]any{"do": do}, nil) {
					return
				}
				v.mu.Lock()
				v.moved[opened.Code]++
				v.mu.Unlock()
			}
		}
	})
}

// call asks the interface and reports whether it said that it is done.
func (v *victim) call(base, path, version string, body any, into any) bool {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	req, err := http.NewRequest(http.MethodPost, base+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+v.token)
	if version != "" {
		req.Header.Set("If-Match", version)
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return false
	}
	return into == nil || json.Unmarshal(answer, into) == nil
}

// checkCases: every acknowledged step is there, once, with its entry, in the
// order in which it was taken; what fell due is told once.
func (v *victim) checkCases(t *testing.T, a *app, entries []journal.Entry) {
	ctx := t.Context()
	if v.steps() == 0 {
		t.Error("no steps were acknowledged, so nothing is shown")
	}
	entered := map[string]map[uuid.UUID]int{"contact.move": {}, "contact.late": {}}
	for _, e := range entries {
		if by := entered[e.Verb]; by != nil {
			by[e.Subject]++
		}
	}
	load := func(code string) (c contact.Case, es []process.Event) {
		t.Helper()
		if err := store.For[contact.Tx](a.db).Read(ctx, func(tx contact.Tx) (err error) {
			if c, err = tx.CaseByCode(ctx, code); err == nil {
				es, err = tx.Events(ctx, c.ID)
			}
			return err
		}); err != nil {
			t.Errorf("%s was acknowledged: %v", code, err)
		}
		return c, es
	}
	for code, acknowledged := range v.moved {
		c, es := load(code)
		v.foundSteps += len(es)
		if len(es) < acknowledged || len(es) > acknowledged+1 {
			t.Errorf("%s: %d steps were acknowledged, %d are there", code, acknowledged, len(es))
		}
		for i, e := range es {
			if i >= len(way) || e.Taken.Action != way[i] {
				t.Errorf("%s: step %d is %s", code, i+1, e.Taken.Action)
			}
		}
		if s, err := contact.Definition.Replay(es); err != nil || s != c.State || c.Version != int64(len(es))+1 || entered["contact.move"][c.ID] != len(es) {
			t.Errorf("%s stands in %s in version %d, replay gives %s, %v; %d events, %d entries", code, c.State, c.Version, s, err, len(es), entered["contact.move"][c.ID])
		}
	}
	for fired := 1; fired > 0; { // what no server came to before it was killed
		var err error
		if fired, err = a.contact.Fire(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.db.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := a.db.Entries(ctx, int64(len(entries)), 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	early := len(entered["contact.late"])
	for _, e := range all {
		if by := entered[e.Verb]; by != nil {
			by[e.Subject]++
		}
	}
	for _, code := range v.due {
		c, es := load(code)
		if len(es) != 1 || es[0].Taken.Action != contact.Late || entered["contact.late"][c.ID] != 1 {
			t.Errorf("%s fell due: %+v, %d entries", code, es, entered["contact.late"][c.ID])
			continue
		}
		v.foundTimers++
	}
	if early == 0 {
		t.Error("no server fired a timer, so nothing is shown")
	}
}
