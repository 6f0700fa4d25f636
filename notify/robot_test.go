package notify_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"datai/inbox"
	"datai/internal/apptest"
	"datai/notify"
)

// The signatures were computed with openssl and Python from the words of the documents
// named in robot.go, for 2026-04-07 09:00 +08:00 and the secret SECgeheim:
//
//	printf '1775523600000\nSECgeheim' | openssl dgst -sha256 -hmac SECgeheim -binary | base64
//	hmac.new(b"1775523600\nSECgeheim", b"", hashlib.sha256).digest()
const (
	dingTalkSign = "R9W9AjFcjsVjdKsCj4VzgI/ymyvc13qVe5UC6PLbOLI="
	feishuSign   = "UyUA+ovOUqVmfz/gorl7p1awA7l4/WwcX+NnbmLKRGU="
)

func TestRobotsAreSpokenToInTheirFormats(t *testing.T) {
	for kind, c := range map[inbox.ReceiverKind]struct{ secret, answer, body string }{
		inbox.WeCom:    {"", `{"errcode":0,"errmsg":"ok"}`, `{"msgtype":"text","text":{"content":"TEXT"}}`},
		inbox.DingTalk: {"SECgeheim", `{"errcode":0,"errmsg":"ok"}`, `{"msgtype":"text","text":{"content":"TEXT"}}`},
		inbox.Feishu: {"SECgeheim", `{"code":0,"msg":"success","data":{}}`,
			`{"timestamp":"1775523600","sign":"` + feishuSign + `","msg_type":"text","content":{"text":"TEXT"}}`},
	} {
		t.Run(string(kind), func(t *testing.T) {
			a := apptest.New(t)
			s := receives(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.answer)) })
			r := add(t, a, inbox.NewReceiver{Kind: kind, Name: "群", URL: s.URL + "/send?key=k1", Secret: c.secret})
			robots := &notify.Robots{Inbox: a.Inbox, Client: loopback.Client(), Base: base(t), Name: "示范大学", Now: clock}
			if err := robots.Send(t.Context(), message(t, r, inbox.Occurrence{Type: inbox.ResultListed, Code: "R-2222222222", N: 3})); err != nil {
				t.Fatal(err)
			}
			got := s.got()[0]
			want := strings.Replace(c.body, "TEXT", `【示范大学】新上架成果 3 项（R-2222222222）\nhttps://kjcg.example.edu.cn/results`, 1)
			if got.body != want || got.query.Get("key") != "k1" {
				t.Errorf("%s\nwant %s", got.body, want)
			}
			if signed := got.query.Get("sign") != ""; signed != (kind == inbox.DingTalk) {
				t.Errorf("%v", got.query)
			}
			if kind == inbox.DingTalk && (got.query.Get("timestamp") != "1775523600000" || got.query.Get("sign") != dingTalkSign) {
				t.Errorf("%v", got.query)
			}
		})
	}
}

func TestARobotThatSaysNo(t *testing.T) {
	for answer, want := range map[string]string{
		`{"errcode":130101,"errmsg":"send too fast"}`: "code_130101", `{"code":11232,"msg":"frequency limited"}`: "code_11232",
		`{"errcode":93000,"errmsg":"invalid webhook url"}`: "code_93000", `<html>`: "answer", `{}`: "answer", ``: "answer",
	} {
		a := apptest.New(t)
		s := receives(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
		r := add(t, a, inbox.NewReceiver{Kind: inbox.DingTalk, Name: "群", URL: s.URL})
		robots := &notify.Robots{Inbox: a.Inbox, Client: loopback.Client(), Base: base(t), Name: strings.Repeat("示", 3000), Now: clock}
		cause, final := notify.CauseOf(robots.Send(t.Context(), message(t, r, inbox.Occurrence{Type: inbox.TrialEvent, N: 1})))
		if cause != want || final {
			t.Errorf("%q: %q, %v", answer, cause, final)
		}
		var said struct{ Text struct{ Content string } }
		if err := json.Unmarshal([]byte(s.got()[0].body), &said); err != nil || len(said.Text.Content) > 2048 || !utf8.ValidString(said.Text.Content) {
			t.Errorf("%d bytes, %v", len(said.Text.Content), err)
		}
	}
}

func TestARobotIsNotSpokenToTooOften(t *testing.T) {
	a := apptest.New(t)
	s := receives(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"errcode":0}`)) })
	now := clock()
	robots := &notify.Robots{Inbox: a.Inbox, Client: loopback.Client(), Base: base(t), Name: "示范大学", Now: func() time.Time { return now }}
	r, other := add(t, a, inbox.NewReceiver{Kind: inbox.WeCom, Name: "一群", URL: s.URL}), add(t, a, inbox.NewReceiver{Kind: inbox.WeCom, Name: "二群", URL: s.URL})
	send := func(r inbox.Receiver) string {
		cause, _ := notify.CauseOf(robots.Send(t.Context(), message(t, r, inbox.Occurrence{Type: inbox.TrialEvent, N: 1})))
		return cause
	}
	for i := range 30 {
		if cause := send(r); (cause == "rate") != (i >= 19) {
			t.Errorf("message %d: %q", i, cause)
		}
	}
	if cause := send(other); cause != "" {
		t.Errorf("another robot: %q", cause)
	}
	if len(s.got()) != 20 {
		t.Errorf("%d came through", len(s.got()))
	}
	now = now.Add(time.Minute)
	if cause := send(r); cause != "" {
		t.Errorf("a minute later: %q", cause)
	}
}
