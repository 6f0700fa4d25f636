package notify_test

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"datai/inbox"
	"datai/journal"
	"datai/notify"
	"datai/wording"

	"github.com/google/uuid"
)

var shanghai = time.FixedZone("CST", 8*3600)

func clock() time.Time { return time.Date(2026, 4, 7, 9, 0, 0, 0, shanghai) }

// A signature has at most eight characters; a site's address of 24 and a path of
// 20 is what the shortest texts still hold.
var longest = notify.SMS{Signature: "示范理工大学东区", Base: &url.URL{Scheme: "https", Host: "kjcg.example-univ.edu.cn"}, Now: clock}

func TestNoShortMessageIsLong(t *testing.T) {
	for _, kind := range inbox.Templates() {
		for _, l := range []wording.Lang{wording.Chinese, wording.English} {
			has := l.Has("notice." + kind.Key + ".sms")
			if has != kind.SMS {
				t.Errorf("%s %s: has a short text: %v, is a short message: %v", l, kind.Key, has, kind.SMS)
			}
			if !kind.SMS {
				continue
			}
			text := inbox.Text{Lang: string(l), Item: inbox.Item{Template: kind.Key, Body: inbox.Body{Path: "/p/" + strings.Repeat("x", 17), Deadline: clock().UnixMilli(), Vars: map[string]string{}}}}
			for _, v := range kind.Vars {
				text.Vars[v.Name] = strings.Repeat("长", 200)
			}
			m, ok := longest.Compose("1", text)
			if n := utf8.RuneCountInString(m.Text); !ok || n > notify.SMSMost || strings.ContainsAny(m.Text, "{}") {
				t.Errorf("%s %s has %d characters, fits %v: %s", l, kind.Key, n, ok, m.Text)
			}
			for _, v := range kind.Vars {
				if n := utf8.RuneCountInString(m.Vars[v.Name]); n > v.Most {
					t.Errorf("%s: %s has %d characters, not at most %d", kind.Key, v.Name, n, v.Most)
				}
			}
		}
	}
}

// Every notice has its words in both languages, and names no variable that it
// does not have.
func TestNoticesHaveTheirWords(t *testing.T) {
	for _, kind := range inbox.Templates() {
		for _, l := range []wording.Lang{wording.Chinese, wording.English} {
			args := map[string]string{"deadline": "x"}
			for _, v := range kind.Vars {
				args[v.Name] = "x"
			}
			for _, part := range []string{".title", ".text"} {
				if text := l.SayArgs("notice."+kind.Key+part, args); !l.Has("notice."+kind.Key+part) || strings.ContainsAny(text, "{}") {
					t.Errorf("%s %s%s: %s", l, kind.Key, part, text)
				}
			}
		}
	}
}

func TestTheRecorderKeepsLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sms.jsonl")
	s := notify.SMS{Gateway: notify.NewRecorder(path), Signature: "示范大学", Base: &url.URL{Scheme: "https", Host: "example.edu.cn"}, Now: clock}
	id := uuid.Must(uuid.NewV7())
	for _, to := range []string{"13800000001", "13800000002"} {
		payload, err := json.Marshal(inbox.Text{To: to, Item: inbox.Item{Template: "need_confirm", Body: inbox.Body{Path: "/p/abc", Vars: map[string]string{"title": "轴承"}}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), journal.Message{ID: id, Payload: payload}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []notify.ShortMessage
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m notify.ShortMessage
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	if len(got) != 2 || got[0].To != "13800000001" || got[1].To != "13800000002" || got[0].ID != id.String() || got[0].Template != "need_confirm" ||
		got[0].Vars["link"] != "example.edu.cn/p/abc" || got[0].Vars["title"] != "轴承" || got[0].Text != "【示范大学】请核对代填的需求，确认才公开：example.edu.cn/p/abc" {
		t.Errorf("%+v", got)
	}
	if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
