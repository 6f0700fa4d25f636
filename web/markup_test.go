package web_test

import (
	"net/url"
	"strings"
	"testing"

	"datai/account"

	"golang.org/x/net/html"
)

// text is what a page says, without its markup.
func text(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// Every page, for everybody, in both languages: nothing inline that the policy
// would stop, every reference inside the page leads somewhere, every field has
// a name, one main heading, and no key of a message in place of the message.
func TestMarkupOfEveryPage(t *testing.T) {
	s := newSite(t)
	s.stock()
	officer := s.as(account.Officer)
	officer.upload("results", "a.csv", []byte("成果名称,成果简介,密级\n甲,乙,\n丙,丁,内部\n,戊,\n")).want(303)
	batches, err := s.intake.Batches(t.Context(), console)
	if err != nil || len(batches) == 0 {
		t.Fatalf("%d imports, %v", len(batches), err)
	}
	officer.post("/needs/"+s.need().Code+"/feedback", url.Values{"result": {s.result("轴承").Code}, "say": {"task:unreachable"}}).want(303)
	officer.post("/needs/"+s.need().Code+"/terms", url.Values{"term": {"振动"}, "say": {"struck"}}).want(303)
	paths := []string{"/", "/ask", "/ask?q=" + url.QueryEscape(trouble), "/ask?q=x", "/results", "/results?state=review", "/results?q=" + url.QueryEscape("轴承"),
		"/results?theme=ai", "/parties", "/people", "/expiring", "/results/" + s.result("轴承").Code, "/results/" + s.result("混凝土").Code, "/needs", "/needs?state=open", "/needs/" + s.need().Code,
		"/import", "/import/" + batches[0].ID.String(), "/import/" + batches[0].ID.String() + "?fate=", "/tasks", "/tasks?state=done", "/batch", "/needs/" + s.need().Code + "/print", "/needs/" + s.need().Code + "/text",
		"/needs/" + s.need().Code + "/text?result=" + s.result("轴承").Code, "/sign-in", "/me", "/enter/x", "/nowhere"}
	s.addSource("https://cas.example.edu.cn/cas")
	security, _ := s.member(account.Security)
	for _, lang := range []string{"zh-CN", "en"} {
		security.header.Set("Accept-Language", lang)
		for _, path := range []string{"/sign-in-sources", "/sign-in-sources/new", "/sign-in-sources/campus?saved=1", "/me"} {
			checkMarkup(t, lang+" "+path, security.get(path).want(200).body)
		}
		checkMarkup(t, lang+" a source that came back", security.post("/sign-in-sources", sourceForm("name", "X")).want(400).body)
		for _, who := range []*browser{s.visitor(), officer} {
			who.header.Set("Accept-Language", lang)
			for _, path := range paths {
				checkMarkup(t, lang+" "+path, who.get(path).body)
			}
		}
	}
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func checkMarkup(t *testing.T, page, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	ids, labelled := map[string]bool{}, map[string]bool{}
	headings, mains := 0, 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id, ok := attribute(n, "id"); ok {
			if ids[id] {
				t.Errorf("%s: two elements have the id %q", page, id)
			}
			ids[id] = true
		}
		if to, ok := attribute(n, "for"); ok && n.Data == "label" {
			labelled[to] = true
		}
		switch n.Data {
		case "h1":
			headings++
		case "main":
			mains++
		}
	}
	if headings != 1 || mains != 1 {
		t.Errorf("%s: %d main headings and %d main parts, want one of each", page, headings, mains)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			checkElement(t, page, n, ids, labelled)
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.TextNode || n.Parent.Data == "script" {
			continue
		}
		for word := range strings.FieldsSeq(n.Data) {
			if first, rest, ok := strings.Cut(word, "."); ok && messageLike(first) && messageLike(rest) && !strings.HasSuffix(word, ".csv") {
				t.Errorf("%s: %q looks like a key without a message", page, word)
			}
		}
	}
}

func messageLike(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_.") == ""
}

func checkElement(t *testing.T, page string, n *html.Node, ids, labelled map[string]bool) {
	t.Helper()
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on"):
			t.Errorf("%s: <%s> has an inline %s", page, n.Data, a.Key)
		case a.Key == "aria-labelledby" || a.Key == "aria-describedby" || (a.Key == "for" && n.Data == "label"):
			for _, id := range strings.Fields(a.Val) {
				if !ids[id] {
					t.Errorf("%s: %s refers to %q, which is not there", page, a.Key, id)
				}
			}
		case a.Key == "href" && strings.HasPrefix(a.Val, "#") && !ids[a.Val[1:]]:
			t.Errorf("%s: a link leads to %q, which is not there", page, a.Val)
		case (a.Key == "href" || a.Key == "src") && (strings.HasPrefix(a.Val, "http:") || strings.HasPrefix(a.Val, "//")):
			t.Errorf("%s: <%s> leads to another host: %s", page, n.Data, a.Val)
		}
	}
	switch n.Data {
	case "style":
		t.Errorf("%s: an inline style", page)
	case "script":
		kind, _ := attribute(n, "type")
		if _, ok := attribute(n, "src"); !ok && kind != "application/ld+json" {
			t.Errorf("%s: an inline script", page)
		}
	case "input", "textarea", "select":
		kind, _ := attribute(n, "type")
		id, _ := attribute(n, "id")
		if kind != "hidden" && !labelled[id] && n.Parent.Data != "label" {
			t.Errorf("%s: a field <%s type=%q> has no label", page, n.Data, kind)
		}
	case "svg":
		if hidden, _ := attribute(n, "aria-hidden"); hidden != "true" {
			t.Errorf("%s: a drawing is read aloud", page)
		}
	}
}
