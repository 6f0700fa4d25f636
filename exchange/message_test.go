package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"datai/catalog"
	"datai/shelf"
)

// messageDay is when the messages of the tests arrive.
var messageDay = time.Date(2026, 4, 7, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))

// told is what a person reads in a message.
type told struct {
	Text                                   string
	Owner, Contact, Phone, Landline, Email string
	Title                                  string // words that the title holds
	Budget                                 []int  // 万元, from and to
	Negotiable                             bool
	Until                                  string
	Indicators                             []string // those that must be read; others may be
	Problems                               int
}

func messages(t testing.TB) []told {
	t.Helper()
	b, err := os.ReadFile("testdata/messages.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		var m told
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func written(i catalog.Indicator) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %v %s", i.Name, i.Cmp, i.Value, i.Unit))
}

// TestMessagesAreRead measures how many fields of messages are read as a person
// reads them. Fields that a message does not have count, too: nothing may be
// made up.
func TestMessagesAreRead(t *testing.T) {
	const floor = 0.90
	right, all := map[string]int{}, map[string]int{}
	check := func(n int, field string, ok bool, got, want any) {
		if all[field]++; ok {
			right[field]++
			return
		}
		t.Logf("message %d: %s is read as %q, want %q", n+1, field, fmt.Sprint(got), fmt.Sprint(want))
	}
	list := messages(t)
	if len(list) < 20 {
		t.Fatalf("%d messages", len(list))
	}
	for n, m := range list {
		f := ReadMessage(m.Text, messageDay)
		same := func(field, got, want string) { check(n, field, got == want, got, want) }
		same("owner", f.Owner, m.Owner)
		same("contact", f.Contact, m.Contact)
		same("phone", f.Phone, m.Phone)
		same("landline", f.Landline, m.Landline)
		same("email", f.Email, m.Email)
		same("until", f.Until.String(), m.Until)
		check(n, "title", strings.Contains(f.Title, m.Title), f.Title, m.Title)
		p := ReadPrice(f.Budget)
		want := catalog.Price{}
		if len(m.Budget) == 2 {
			want.Min, want.Max = catalog.Fen(m.Budget[0])*1_000_000, catalog.Fen(m.Budget[1])*1_000_000
		}
		check(n, "budget", p.Min == want.Min && p.Max == want.Max && p.Negotiable == m.Negotiable, f.Budget, fmt.Sprint(m.Budget, m.Negotiable))
		check(n, "problems", max(1, len(f.Parts)) == m.Problems, len(f.Parts), m.Problems)
		var have []string
		for _, i := range ReadIndicators(f.Indicators) {
			have = append(have, written(i))
		}
		for _, w := range m.Indicators {
			found := false
			for _, h := range have {
				found = found || h == w
			}
			check(n, "indicators", found, strings.Join(have, " | "), w)
		}
		public := f.Title + f.Text + f.Indicators
		for _, part := range f.Parts {
			public += part.Title + part.Text + part.Indicators
		}
		check(n, "no number is left", !catalog.HasPhone(public) && (m.Email == "" || !strings.Contains(public, m.Email)), public, "")
		if catalog.HasPhone(public) {
			t.Errorf("message %d: a number is left in %q", n+1, public)
		}
	}
	good, total := 0, 0
	for _, field := range []string{"owner", "contact", "phone", "landline", "email", "title", "indicators", "budget", "until", "problems", "no number is left"} {
		t.Logf("%-18s %3d of %3d", field, right[field], all[field])
		good, total = good+right[field], total+all[field]
	}
	t.Logf("%d messages, %d of %d fields read right (%.1f of 100)", len(list), good, total, 100*float64(good)/float64(total))
	if share := float64(good) / float64(total); share < floor {
		t.Errorf("%.3f of the fields are read right, less than %.2f", share, floor)
	}
}

func TestHostileMessages(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "blanks": " \n\t\n ", "NUL": "泵\x00漏 138\x000000\x000001", "broken": "泵漏\xff\xfe 13800000001",
		"right to left": "\u202e10000008831 泵漏\u202c 13800000001", "script": `<script>alert(1)</script> 13800000001`,
		"one line": strings.Repeat("泵漏", 300_000), "commas": strings.Repeat(",", 200_000), "points": strings.Repeat("1、漏\n", 20_000),
		"digits": strings.Repeat("1", 100_000), "numbers": strings.Repeat("13800000001 ", 2_000), "firms": strings.Repeat("示例有限公司", 5_000),
	} {
		f := ReadMessage(text, messageDay)
		for _, s := range []string{f.Owner, f.Contact, f.Title, f.Text, f.Indicators, f.Budget} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\u202e") {
				t.Errorf("%s: %.40q", name, s)
			}
			if catalog.HasPhone(s) {
				t.Errorf("%s: a number is left in %.80q", name, s)
			}
		}
	}
}

func TestSecretMessages(t *testing.T) {
	for text, want := range map[string]bool{
		"这个项目是机密，别外传":           true,
		"【内部】泵漏":                true,
		"泵漏\n密级：内部":             true,
		"泵漏\n秘密★5年":             true,
		"涉密项目，要找团队":             true,
		"本需求不涉密，可以公开":           false,
		"我们有商业秘密要保护，签保密协议就行":    false,
		"机械密封漏，密封机密合面磨损，内部结构复杂": false,
		"密级：公开\n泵漏":             false,
	} {
		if got := SecretText(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzReadMessage(f *testing.F) {
	for _, m := range messages(f) {
		f.Add(m.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := ReadMessage(text, messageDay)
		for _, s := range []string{got.Owner, got.Title, got.Text, got.Indicators} {
			if !utf8.ValidString(s) {
				t.Fatalf("%q gives %q", text, s)
			}
		}
		if got.Until != (catalog.Date{}) && !got.Until.Valid() {
			t.Fatalf("%q gives the day %v", text, got.Until)
		}
		_ = shelf.Questions(got, ReadIndicators(got.Indicators))
	})
}
