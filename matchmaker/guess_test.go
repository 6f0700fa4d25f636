package matchmaker_test

import (
	"testing"

	"datai/catalog"
	"datai/match"
	"datai/wording"
)

// TestEveryGuessCanBeAdopted: the classifier knows the disciplines of the
// catalogue's list and no others, and each has a name in both languages.
func TestEveryGuessCanBeAdopted(t *testing.T) {
	tags := match.Disciplines().Tags()
	if len(tags) != 67 {
		t.Errorf("%d tags", len(tags))
	}
	for _, tag := range tags {
		if !catalog.KnownDiscipline(tag) {
			t.Errorf("%q cannot be adopted", tag)
		}
		for _, l := range []wording.Lang{wording.Chinese, wording.English} {
			if !l.Has("discipline." + tag) {
				t.Errorf("%q has no name in %s", tag, l)
			}
		}
	}
	for _, g := range catalog.DisciplineGroups() {
		if !wording.English.Has("discipline.group." + g.Name) {
			t.Errorf("the group %q has no name", g.Name)
		}
	}
}
