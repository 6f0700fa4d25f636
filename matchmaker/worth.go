package matchmaker

import (
	"slices"

	"datai/match"
)

// Worth leaves out what is labelled below least: silence is better. What
// somebody marked stays, so that the mark can be taken back.
func Worth(ms []Match, least match.Label) []Match {
	return slices.DeleteFunc(slices.Clone(ms), func(m Match) bool { return m.Hit.Label < least && m.Marked == "" })
}

// doubtful is how many results a technology manager is shown even when none of
// them can be recommended: one of them marked as useful finds more.
const doubtful = 5

// ForManager is what a technology manager is shown of the matches of a need.
func ForManager(ms []Match) []Match {
	if worth := Worth(ms, match.LabelWeak); len(worth) >= doubtful {
		return worth
	}
	shown := 0
	return slices.DeleteFunc(slices.Clone(ms), func(m Match) bool {
		shown++
		return shown > doubtful && m.Marked == ""
	})
}
