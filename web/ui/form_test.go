package ui_test

import (
	"strings"
	"testing"

	"datai/contact"
	"datai/process"
	"datai/wording"
)

// processes are the definitions whose pages and forms are drawn.
var processes = []*process.Definition{contact.Definition}

// Every state, step, reason, field and option that people meet has its text.
func TestEveryStepHasItsTexts(t *testing.T) {
	for _, d := range processes {
		if err := d.Check(); err != nil {
			t.Error(err)
		}
		keys := []string{}
		for _, s := range d.States {
			keys = append(keys, "state."+string(s.Name))
		}
		for _, x := range d.Steps {
			keys = append(keys, "did."+string(x.Action))
			if !x.Quiet {
				keys = append(keys, "do."+string(x.Action))
			}
			for _, r := range x.Reasons {
				keys = append(keys, "reason."+r.Code)
			}
			for _, f := range x.Fields {
				keys = append(keys, "field."+f.Name)
				for _, o := range f.Options {
					keys = append(keys, "option."+f.Name+"."+o)
				}
				if f.Need != "" && !wording.Chinese.Has(f.Need) {
					t.Errorf("%s: there is no message %q", d.Kind, f.Need)
				}
			}
		}
		if !strings.HasSuffix(d.Texts, ".") {
			t.Errorf("the texts of %s begin with %q, which must end with a dot", d.Kind, d.Texts)
		}
		for _, key := range keys {
			for _, l := range []wording.Lang{wording.Chinese, wording.English} {
				if !l.Has(d.Texts + key) {
					t.Errorf("%s: %s has no text %q", d.Kind, l, d.Texts+key)
				}
			}
		}
	}
}
