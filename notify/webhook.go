package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"datai/inbox"
	"datai/journal"

	"github.com/google/uuid"
)

// Sign is the signature of a webhook after Standard Webhooks 1.0.0 ("Signature
// scheme"): "v1," and the base64 of the HMAC-SHA-256 of id, timestamp (unix
// seconds) and body, joined with full stops. The key is what stands behind
// whsec_ in the secret, in base64.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, inbox.SecretPrefix))
	if err != nil || len(key) == 0 {
		return "", errors.New("webhook: the secret is no base64")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// Webhooks sends events to webhooks.
type Webhooks struct {
	Inbox  *inbox.Service
	Client *http.Client
	Base   *url.URL // of the pages
	Now    func() time.Time
}

// event is the body of a webhook; its shape is that of the specification
// ("Payload structure"), thin: codes, no texts.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      eventData `json:"data"`
}

type eventData struct {
	Code  string `json:"code,omitempty"`
	State string `json:"state,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Send is of Sender.
func (s Webhooks) Send(ctx context.Context, m journal.Message) error {
	r, o, err := addressee(ctx, s.Inbox, m)
	if err != nil {
		return err
	}
	body, err := json.Marshal(event{Type: o.Type, Timestamp: time.UnixMilli(o.At).UTC(), Data: eventData{Code: o.Code, State: o.State, URL: link(s.Base, o)}})
	if err != nil {
		return finally("unreadable", err)
	}
	now, id := s.Now(), "msg_"+strings.ReplaceAll(m.ID.String(), "-", "")
	signature, err := Sign(r.Target.Secret, id, now, body)
	if err != nil {
		return finally("secret", nil)
	}
	if r.Target.Old != "" && now.UnixMilli() < r.Target.OldUntil {
		if old, err := Sign(r.Target.Old, id, now, body); err == nil {
			signature += " " + old
		}
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Target.URL, bytes.NewReader(body))
	if err != nil {
		return finally("address", nil)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "datai")
	q.Header.Set("webhook-id", id)
	q.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	q.Header.Set("webhook-signature", signature)
	_, err = post(s.Client, q, true)
	if f, ok := errors.AsType[*failure](err); ok && f.cause == "status_410" { // it wants nothing any more
		return errors.Join(err, s.Inbox.Gone(context.WithoutCancel(ctx), r.ID))
	}
	return err
}

// addressee is the receiver that a message is for, and what has occurred.
func addressee(ctx context.Context, in *inbox.Service, m journal.Message) (r inbox.Receiver, o inbox.Occurrence, err error) {
	if err := json.Unmarshal(m.Payload, &o); err != nil {
		return r, o, finally("unreadable", err)
	}
	_, text, _ := strings.Cut(m.Kind, ":")
	id, err := uuid.Parse(text)
	if err != nil {
		return r, o, finally("unreadable", err)
	}
	r, ok, err := in.Receiver(ctx, id)
	if err == nil && !ok {
		err = finally("paused", nil)
	}
	return r, o, err
}

// link is the page of what has occurred.
func link(base *url.URL, o inbox.Occurrence) string {
	path := map[string]string{inbox.ResultListed: "/results", inbox.NeedPublished: "/needs", inbox.ContactOpened: "/contacts", inbox.ContactMoved: "/contacts"}[o.Type]
	if path == "" {
		return ""
	}
	if o.N == 1 && o.Code != "" {
		path += "/" + o.Code
	}
	return strings.TrimSuffix(base.String(), "/") + path
}
