package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datai/catalog"
	"datai/matchmaker"
	"datai/shelf"
)

// answersWithin is how far down the true result of a demonstration need may
// stand.
const answersWithin = 5

// demoAnswers are the titles of the results that were written for each need of
// the demonstration, by the need's title.
func demoAnswers(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "demo-answers.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, 2
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string][]string{}
	for _, l := range lines {
		answers[l[0]] = strings.Split(l[1], "|")
	}
	return answers
}

// openDemo is the application with the demonstration in it.
func openDemo(t *testing.T) *app {
	t.Helper()
	e := env{stdout: os.Stdout, stderr: os.Stderr, getenv: func(string) string { return "" }, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	a, err := openApp(t.Context(), e, place{Data: "data"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.buildIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.loadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestDemoNeedsFindTheirPeople looks for who may help with each need: people
// and schools of whom the demonstration has a record.
func TestDemoNeedsFindTheirPeople(t *testing.T) {
	a := openDemo(t)
	needs, _, err := a.shelf.Needs(t.Context(), operator(), shelf.Filter{}, shelf.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	people, schools := 0, 0
	for _, n := range needs {
		got, err := a.match.ForNeed(t.Context(), demoOfficer(), n, answersWithin, 6)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Experts.People) == 0 {
			t.Errorf("nobody for %s", n.Title)
		}
		if slices.ContainsFunc(got.Experts.People, func(x matchmaker.Expert) bool { return x.Person != nil && len(x.Results) > 0 }) {
			people++
		}
		if slices.ContainsFunc(got.Experts.Units, func(x matchmaker.Expert) bool { return x.Party != nil }) {
			schools++
		}
	}
	if people*3 < len(needs)*2 || schools*4 < len(needs)*3 {
		t.Errorf("of %d needs %d find a person with a record and results, %d a school with one", len(needs), people, schools)
	}
	found, _, _, err := a.shelf.People(t.Context(), demoOfficer(), shelf.PersonFilter{}, shelf.Page{Limit: 100})
	if err != nil || len(found) < 20 {
		t.Fatalf("%d people, %v", len(found), err)
	}
	for _, person := range found {
		v, err := a.shelf.Person(t.Context(), demoOfficer(), person.Code)
		if err != nil || !v.Public || len(v.Results) == 0 {
			t.Errorf("%s of %s stands behind %d results, %v", person.Name, person.Unit, len(v.Results), err)
		}
		for _, r := range v.Results {
			if r.Organization != person.Unit {
				t.Errorf("%s is of %s, the result %s of %s", person.Name, person.Unit, r.Title, r.Organization)
			}
		}
	}
}

// TestDemoNeedsFindTheirResults asks for each need of the demonstration, as the
// page of the need does, and as somebody who types its text.
func TestDemoNeedsFindTheirResults(t *testing.T) {
	ctx := t.Context()
	a := openDemo(t)
	answers := demoAnswers(t)
	needs, _, err := a.shelf.Needs(ctx, operator(), shelf.Filter{}, shelf.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	if len(needs) != len(answers) || len(needs) == 0 {
		t.Fatalf("%d needs and %d answers; each need has one line in demo-answers.tsv", len(needs), len(answers))
	}
	for _, way := range []struct {
		name   string
		misses int // how many may be missed
		ask    func(catalog.Need) (matchmaker.Answer, error)
	}{
		{"page of the need", 0, func(n catalog.Need) (matchmaker.Answer, error) {
			return a.match.ForNeed(ctx, operator(), n, answersWithin, 0)
		}},
		// Without keywords, field and indicators there is less to go by.
		{"its text typed", 2, func(n catalog.Need) (matchmaker.Answer, error) {
			return a.match.Ask(ctx, operator(), matchmaker.Question{Text: n.Title + "。" + n.Text, K: answersWithin})
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			var missed []string
			for _, n := range needs {
				want, known := answers[n.Title]
				if !known {
					t.Errorf("%s: no line in demo-answers.tsv", n.Title)
					continue
				}
				got, err := way.ask(n)
				if err != nil {
					t.Fatal(err)
				}
				var titles []string
				for _, m := range got.Matches {
					titles = append(titles, m.Result.Title)
				}
				if !slices.ContainsFunc(want, func(w string) bool { return slices.Contains(titles, w) }) {
					missed = append(missed, fmt.Sprintf("%s\n  wants one of  %s\n  has           %s", n.Title, strings.Join(want, " | "), strings.Join(titles, " | ")))
				}
			}
			report := t.Logf
			if len(missed) > way.misses {
				report = t.Errorf
			}
			report("%d of %d needs miss their results, %d may:\n%s", len(missed), len(needs), way.misses, strings.Join(missed, "\n"))
		})
	}
}
