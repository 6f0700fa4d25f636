package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datai/web/ui"
	"datai/wording"
)

// What the documents say about processes is what the program does.
func TestTheDocumentsOfProcessesAreTheCommittedOnes(t *testing.T) {
	const docs, mend = "../../docs", "; write them anew: go run ./cmd/datai process docs docs"
	want := processDocs()
	for name, text := range want {
		committed, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil || string(committed) != text {
			t.Errorf("docs/%s is not that of the program%s (%v)", name, mend, err)
		}
	}
	drawn, err := filepath.Glob(docs + "/processes/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range drawn {
		if _, there := want["processes/"+filepath.Base(path)]; !there {
			t.Errorf("%s belongs to no process%s", path, mend)
		}
	}
}

// Every state, step, actor, reason, field, guard and timer has words.
func TestEveryWordOfAProcessIsThere(t *testing.T) {
	for _, d := range processes() {
		for _, l := range []wording.Lang{wording.Chinese, wording.English} {
			p := printed{l, d}
			p.tables(new(strings.Builder))
			said := []string{ui.ProcessWord(l, d, "title", "")}
			for _, s := range d.States {
				said = append(said, p.state(s.Name))
			}
			for _, x := range d.Steps {
				said = append(said, ui.ProcessWord(l, d, "do", string(x.Action)), p.actors(append(x.By, x.Among...)), p.fields(x), p.reasons(x), p.guards(x))
			}
			for _, timer := range d.Timers {
				said = append(said, ui.ProcessWord(l, d, "timer", timer.Name))
			}
			for _, text := range said {
				if strings.Contains(text, "process.") || strings.Contains(text, "cases.") {
					t.Errorf("%s, %s: no word for %q", d.Kind, l, text)
				}
			}
		}
	}
}
