package wording_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"datai/wording"
)

var languages = []wording.Lang{wording.Chinese, wording.English}

func TestBothLanguagesSayTheSame(t *testing.T) {
	zh, en := wording.Keys(wording.Chinese), wording.Keys(wording.English)
	for key := range zh {
		if _, ok := en[key]; !ok {
			t.Errorf("en.json lacks %q", key)
		}
	}
	for key, text := range en {
		other, ok := zh[key]
		if !ok {
			t.Errorf("zh-CN.json lacks %q", key)
			continue
		}
		if a, b := placeholders(text), placeholders(other); !slices.Equal(a, b) {
			t.Errorf("%s: English fills %v, Chinese %v", key, a, b)
		}
	}
}

var placeholder = regexp.MustCompile(`\{([^}?]*)(\?[^}]*)?\}`)

// placeholders are the names in a text, each once; {n?one|many} only chooses,
// so a language without plural has no need of it where {n} stands too.
func placeholders(text string) []string {
	names := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func TestTextsAreWellFormed(t *testing.T) {
	for _, l := range languages {
		for key, text := range wording.Keys(l) {
			rest := placeholder.ReplaceAllString(text, "")
			switch {
			case strings.TrimSpace(text) == "":
				t.Errorf("%s %s is empty", l, key)
			case strings.ContainsAny(rest, "{}"):
				t.Errorf("%s %s has a brace that is no placeholder: %q", l, key, text)
			case strings.Contains(text, "  "):
				t.Errorf("%s %s has two spaces: %q", l, key, text)
			}
			for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
				if m[2] != "" && strings.Count(m[2], "|") != 1 {
					t.Errorf("%s %s: %q has not two forms", l, key, m[0])
				}
			}
		}
	}
}

// notMessages are dotted words in the code that are no messages though they
// begin like some: verbs of the journal and names of permissions.
var notMessages = []string{"result.list", "result.withdraw", "need.open", "need.withdraw", "match.feedback", "match.check", "check.set", "check.lift", "classify.result", "classify.need", "import.stage",
	"gate.choose", "gate.score", "gate.refuse", "gate.late", "gate.close", "gate.stop", "result.review",
	"contact.ask", "contact.handle", "contact.assign", "contact.move", "contact.withdraw", "contact.late", "contact.open", "contact.confirm", "contact.renew", "contact.choose", "contact.invite", "contact.agree", "contact.decline", "contact.retract", "contact.hide", "contact.inquire", "contact.progress",
	"gate.list", "gate.move", "gate.clear", "gate.ask", "gate.reply", "gate.agree", "gate.accept", "gate.decline", "gate.decide", "notice.own", "receiver.manage", "result.listed", "need.published", "contact.opened", "contact.moved", "receiver.trial",
	"document.add", "document.withdraw", "document.fetch", "document.hash",
	"receiver.add", "receiver.pause", "receiver.rotate", "receiver.remove", "receiver.try", "process.set", "processes.md"}

// literals are the dotted words in the code of the repository, and where one
// of them stands. Those that end with a dot begin a key that is completed when
// the program runs.
func literals(t *testing.T) map[string]string {
	t.Helper()
	dotted := regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)*\.?$`)
	out := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == "testdata" || name == "datai-bench" || (strings.HasPrefix(name, ".") && name != "..") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(s, ".") && !strings.HasSuffix(s, ".templ") && dotted.MatchString(s) {
					out[s] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 100 {
		t.Fatalf("only %d dotted words in the code; is the search broken?", len(out))
	}
	return out
}

func TestEveryKeyInTheCodeHasAText(t *testing.T) {
	keys := wording.Keys(wording.Chinese)
	families := map[string]bool{}
	for key := range keys {
		first, _, _ := strings.Cut(key, ".")
		families[first] = true
	}
	for word, path := range literals(t) {
		first, _, _ := strings.Cut(word, ".")
		if !families[first] || slices.Contains(notMessages, word) {
			continue
		}
		if strings.HasSuffix(word, ".") {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(keys)), func(k string) bool { return strings.HasPrefix(k, word) }) {
				t.Errorf("%s: no message begins with %q", path, word)
			}
			continue
		}
		if _, ok := keys[word]; !ok {
			t.Errorf("%s: there is no message %q", path, word)
		}
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	used := literals(t)
	for key := range wording.Keys(wording.Chinese) {
		if _, ok := used[key]; ok || key == "yes" || key == "no" {
			continue
		}
		begun := false
		for i := range key {
			if _, ok := used[key[:i+1]]; ok && key[i] == '.' {
				begun = true
			}
		}
		if !begun {
			t.Errorf("nothing in the code says %q", key)
		}
	}
}

func TestSay(t *testing.T) {
	for _, c := range []struct{ want, got string }{
		{"1 row", wording.English.Say("import.rows", "n", "1")},
		{"2 rows", wording.English.Say("import.rows", "n", "2")},
		{"2 行", wording.Chinese.Say("import.rows", "n", "2")},
		{"no.such_key", wording.Chinese.Say("no.such_key")},
		{"{n} 行", wording.Chinese.Say("import.rows")},
		{"{n} 行", wording.Chinese.Say("import.rows", "n", "{n}")},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	for accept, want := range map[string]wording.Lang{"": wording.Chinese, "fr": wording.Chinese, "en-US,en;q=0.9,zh;q=0.8": wording.English,
		"zh-TW,en": wording.Chinese, "EN": wording.English, "de, en;q=0.5": wording.English, ";;,,": wording.Chinese} {
		if got := wording.Choose(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}

func TestDatesAndAmounts(t *testing.T) {
	zh, en := wording.Chinese, wording.English
	friday := time.Date(2023, 4, 7, 9, 0, 0, 0, time.UTC)
	said := func(l wording.Lang, from, to int64) string { s, exact := l.Money(from, to); return s + " = " + exact }
	for _, c := range []struct{ want, got string }{
		{"2023年4月7日 (周五) 09:00", zh.Moment(friday)},
		{"Fri 7 April 2023, 09:00", en.Moment(friday)},
		{"2023年4月", zh.Day(2023, 4, 0)},
		{"2023", en.Day(2023, 0, 0)},
		{"", zh.Day(0, 0, 0)},
		{"2,316", zh.Count(2316)},
		{"-1,000,000", en.Count(-1_000_000)},
		{"999", zh.Count(999)},
		{"80 万元 = 800,000 元", said(zh, 80_000_000, 80_000_000)},
		{"50–80 万元 = 500,000–800,000 元", said(zh, 50_000_000, 80_000_000)},
		{"1.5 万元 = 15,000 元", said(zh, 1_500_000, 1_500_000)},
		{"1.05 万元 = 10,500 元", said(zh, 1_050_000, 1_050_000)},
		{"12,345.67 元 = 12,345.67 元", said(zh, 1_234_567, 1_234_567)},
		{"9,999 元 = 9,999 元", said(zh, 999_900, 999_900)},
		{"CNY 800,000 = CNY 800,000", said(en, 80_000_000, 80_000_000)},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestEveryMonthAndWeekdayHasAName(t *testing.T) {
	for _, l := range languages {
		for i := 1; i <= 12; i++ {
			if !l.Has("month." + strconv.Itoa(i)) {
				t.Errorf("%s has no name of month %d", l, i)
			}
		}
		for i := range 7 {
			if !l.Has("weekday." + strconv.Itoa(i)) {
				t.Errorf("%s has no name of weekday %d", l, i)
			}
		}
	}
}
