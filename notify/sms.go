package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"datai/inbox"
	"datai/journal"
	"datai/wording"
)

// SMSMost is how long a short message may be, signature counted, in characters:
// longer ones are cut into several and paid for as such.
const SMSMost = 70

// ShortMessage is what a gateway gets. Gateways send templates that they have
// approved, so it is the template and its variables that count; Text is what
// comes of them here.
type ShortMessage struct {
	ID        string            `json:"id"` // the same through every attempt
	To        string            `json:"to"`
	Template  string            `json:"template"`
	Vars      map[string]string `json:"vars"`
	Signature string            `json:"signature"`
	Text      string            `json:"text"`
}

// Gateway takes short messages.
type Gateway interface {
	Take(ctx context.Context, m ShortMessage) error
}

// SMS sends short messages through a gateway.
type SMS struct {
	Gateway   Gateway
	Signature string   // without brackets, at most 8 characters
	Base      *url.URL // of the pages
	Now       func() time.Time
}

// Send is of Sender.
func (s SMS) Send(ctx context.Context, m journal.Message) error {
	var t inbox.Text
	if err := json.Unmarshal(m.Payload, &t); err != nil {
		return finally("unreadable", err)
	}
	kind, ok := inbox.TemplateOf(t.Template)
	switch {
	case !ok || !kind.SMS:
		return finally("unreadable", nil)
	case kind.Code && t.Deadline > 0 && t.Deadline <= s.Now().UnixMilli():
		return finally("late", nil)
	}
	sm, ok := s.Compose(m.ID.String(), t)
	if !ok {
		return finally("too_long", nil)
	}
	return s.Gateway.Take(ctx, sm)
}

// Compose fills the template; ok is false if it is longer than SMSMost even
// with its variables cut.
func (s SMS) Compose(id string, t inbox.Text) (m ShortMessage, ok bool) {
	l := wording.Lang(t.Lang)
	if l != wording.English {
		l = wording.Chinese
	}
	m = ShortMessage{ID: id, To: t.To, Template: t.Template, Vars: map[string]string{}, Signature: s.Signature}
	maps.Copy(m.Vars, t.Vars)
	if t.Deadline > 0 {
		m.Vars["deadline"] = l.Short(time.UnixMilli(t.Deadline).In(s.Now().Location()))
	}
	if t.Path != "" {
		m.Vars["link"] = s.Base.Host + strings.TrimSuffix(s.Base.Path, "/") + t.Path
	}
	kind, _ := inbox.TemplateOf(t.Template)
	for _, v := range kind.Vars {
		m.Vars[v.Name] = cut(m.Vars[v.Name], v.Most)
	}
	for most := 12; ; most-- { // a long address leaves less for titles
		m.Text = "【" + s.Signature + "】" + l.SayArgs("notice."+t.Template+".sms", m.Vars)
		if utf8.RuneCountInString(m.Text) <= SMSMost {
			return m, true
		}
		if _, has := m.Vars["title"]; !has || most < 2 {
			return m, false
		}
		m.Vars["title"] = cut(m.Vars["title"], most)
	}
}

// cut shortens s to at most n characters, the last of which says so.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Recorder is a Gateway that sends nothing: it writes each message as a line of
// JSON into a file, for demonstration and tests.
type Recorder struct {
	path string
	mu   sync.Mutex
}

// NewRecorder records into the file at path, which it makes.
func NewRecorder(path string) *Recorder { return &Recorder{path: path} }

// Take is of Gateway.
func (r *Recorder) Take(_ context.Context, m ShortMessage) error {
	line, err := json.Marshal(m)
	if err != nil {
		return finally("unreadable", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("sms: record: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("sms: record: %w", err)
	}
	return f.Sync()
}
