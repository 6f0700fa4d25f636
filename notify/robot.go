package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"datai/inbox"
	"datai/journal"
	"datai/wording"

	"github.com/google/uuid"
)

// Robots sends events to robots of group chats. Each is spoken to in its own
// format and not more often than it bears:
//
//   - 企业微信 (developer.work.weixin.qq.com, path/91770): text of at most 2048
//     bytes of UTF-8, 20 messages a minute; the key stands in the address.
//   - 钉钉 (open.dingtalk.com, custom-robot-access): 20 messages a minute, or 10
//     minutes of silence (errcode 130101); sign is the base64 of the HMAC-SHA-256
//     of "timestamp\nsecret" under the secret, timestamp in milliseconds, both in
//     the query.
//   - 飞书 (open.feishu.cn, client-docs/bot-v3/add-custom-bot): 100 messages a
//     minute and 5 a second, bodies of at most 20 KB (code 11232 is one too
//     many); sign is the base64 of the HMAC-SHA-256 of nothing under
//     "timestamp\nsecret", timestamp in seconds, both in the body.
type Robots struct {
	Inbox  *inbox.Service
	Client *http.Client
	Base   *url.URL
	Name   string // of the site: robots that want a keyword are given this one
	Now    func() time.Time

	mu   sync.Mutex
	sent map[uuid.UUID][]time.Time // in the last minute
}

// robotText is how long a text may be, in bytes: what the strictest of them
// takes.
const robotText = 2048

// perMinute is how many messages a robot bears, with one to spare.
func perMinute(k inbox.ReceiverKind) int {
	if k == inbox.Feishu {
		return 90
	}
	return 19
}

// tooFast are the codes with which a robot says so, and how long it wants quiet.
var tooFast = map[int]time.Duration{130101: 10 * time.Minute, 11232: time.Minute, 45009: time.Minute}

// Send is of Sender.
func (s *Robots) Send(ctx context.Context, m journal.Message) error {
	r, o, err := addressee(ctx, s.Inbox, m)
	if err != nil {
		return err
	}
	if wait := s.room(r); wait > 0 {
		return &failure{cause: "rate", after: wait, patient: true}
	}
	text := "【" + s.Name + "】" + wording.Chinese.Say("event."+o.Type, "n", strconv.Itoa(o.N), "code", o.Code)
	if o.State != "" {
		text += "：" + wording.Chinese.Say("cases.state."+o.State)
	}
	if l := link(s.Base, o); l != "" {
		text += "\n" + l
	}
	address, body, err := speak(r, bounded(text, robotText), s.Now())
	if err != nil {
		return finally("address", nil)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return finally("address", nil)
	}
	q.Header.Set("Content-Type", "application/json; charset=utf-8")
	said, err := post(s.Client, q, true)
	if err != nil {
		return err
	}
	return understood(said)
}

// room takes a place in the minute of a robot, or says how long there is none.
func (s *Robots) room(r inbox.Receiver) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.sent == nil {
		s.sent = map[uuid.UUID][]time.Time{}
	}
	recent := s.sent[r.ID]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
		recent = recent[1:]
	}
	if len(recent) >= perMinute(r.Kind) {
		s.sent[r.ID] = recent
		return time.Minute - now.Sub(recent[0])
	}
	s.sent[r.ID] = append(recent, now)
	return 0
}

// speak is the address and the body in which a robot is told a text.
func speak(r inbox.Receiver, text string, now time.Time) (address string, body []byte, err error) {
	u, err := url.Parse(r.Target.URL)
	if err != nil {
		return "", nil, err
	}
	var say any
	switch r.Kind {
	case inbox.Feishu:
		said := struct {
			Timestamp string            `json:"timestamp,omitempty"`
			Sign      string            `json:"sign,omitempty"`
			Type      string            `json:"msg_type"`
			Content   map[string]string `json:"content"`
		}{Type: "text", Content: map[string]string{"text": text}}
		if r.Target.Secret != "" {
			said.Timestamp = strconv.FormatInt(now.Unix(), 10)
			said.Sign = hmac64(said.Timestamp+"\n"+r.Target.Secret, "")
		}
		say = said
	case inbox.DingTalk:
		if r.Target.Secret != "" {
			q, at := u.Query(), strconv.FormatInt(now.UnixMilli(), 10)
			q.Set("timestamp", at)
			q.Set("sign", hmac64(r.Target.Secret, at+"\n"+r.Target.Secret))
			u.RawQuery = q.Encode()
		}
		fallthrough
	default:
		say = map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}
	}
	body, err = json.Marshal(say)
	return u.String(), body, err
}

func hmac64(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// understood reads what a robot answers: errcode or code is 0 when it took the
// message.
func understood(said []byte) error {
	var a struct {
		Errcode *int `json:"errcode"`
		Code    *int `json:"code"`
	}
	if err := json.Unmarshal(said, &a); err != nil || (a.Errcode == nil && a.Code == nil) {
		return &failure{cause: "answer"}
	}
	code := 0
	for _, c := range []*int{a.Errcode, a.Code} {
		if c != nil && *c != 0 {
			code = *c
		}
	}
	if code == 0 {
		return nil
	}
	return &failure{cause: fmt.Sprintf("code_%d", code), after: tooFast[code], patient: tooFast[code] > 0}
}

// bounded is s in at most n bytes, without half a character.
func bounded(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n -= len("…"); n > 0 && !utf8.RuneStart(s[n]); n-- {
	}
	return s[:n] + "…"
}
