package matchmaker

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"

	"datai/catalog"
	"datai/match"

	"github.com/google/uuid"
)

// Themes are learned from the catalogue itself: no data from elsewhere knows
// the six of the fair.
const (
	// ThemeExamples is how many entries a theme must have to be learned. Two
	// themes at least must have as many, else no theme is guessed.
	ThemeExamples = 20
	// mostExamples bounds the examples of one theme, and with them time and memory.
	mostExamples = 400
	// otherThemes is the tag of entries whose theme has too few: what resembles
	// them is not guessed at all.
	otherThemes = ""

	themeKeep = 3000 // weights of a theme
	themeSeed = 1
	// learnAgain is the least number of changed entries after which themes are
	// learned once more; a tenth of the examples if that is more.
	learnAgain = 50
)

// themes is what was learned and when that was.
type themes struct {
	model   atomic.Pointer[match.Classifier] // nil while there are too few examples
	touched atomic.Int64                     // results and needs that changed since the examples were read
	learned atomic.Int64                     // examples of the last time, -1 before the first
}

// example is a text with the place by which it is chosen.
type example struct {
	place uint64
	match.Example
}

// LearnThemes trains the model by which themes are guessed, if enough of the
// catalogue has changed since it did so last. It returns the number of
// examples that it learned from, 0 if it did nothing or there are too few.
//
// It learns from entries with exactly one theme, which a file or an officer
// gave: at most 400 of a theme, chosen by their ids, so the same catalogue
// gives the same model. It reads the catalogue once and then takes one
// processor for some seconds, whatever the size of the catalogue; the model
// stays in memory. It stops with the error of ctx when that ends, and what was
// learned before stays in use. Only one call at a time.
func (s *Service) LearnThemes(ctx context.Context) (int, error) {
	t := &s.themes
	if before := t.learned.Load(); before >= 0 && t.touched.Load() < max(learnAgain, before/10) {
		return 0, nil
	}
	touched := t.touched.Swap(0)
	model, n, err := s.learnThemes(ctx)
	if err != nil {
		t.touched.Add(touched)
		return 0, fmt.Errorf("matchmaker: themes: %w", err)
	}
	t.model.Store(model)
	t.learned.Store(int64(n))
	if model == nil {
		return 0, nil
	}
	return n, nil
}

func (s *Service) learnThemes(ctx context.Context) (*match.Classifier, int, error) {
	var chosen sample
	err := s.db.Read(ctx, func(tx Tx) error {
		chosen = sample{}
		if err := tx.EachResult(ctx, func(r *catalog.Result) error {
			chosen.offer(r.ID, r.Themes, func() (string, string) { return r.Title, resultText(r) })
			return ctx.Err()
		}); err != nil {
			return err
		}
		return tx.EachNeed(ctx, func(n *catalog.Need) error {
			chosen.offer(n.ID, n.Themes, func() (string, string) { return n.Title, needText(n) })
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, 0, err
	}
	examples, themes := chosen.examples()
	if themes < 2 {
		return nil, len(examples), nil
	}
	model, err := match.TrainClassifier(ctx, examples, match.ClassifierOptions{Seed: themeSeed, Keep: themeKeep, Turns: 1})
	return model, len(examples), err
}

// sample keeps the examples of each theme whose places come first.
type sample map[catalog.Theme][]example

func (s sample) offer(id uuid.UUID, themes []catalog.Theme, text func() (title, text string)) {
	if len(themes) != 1 || !catalog.KnownTheme(themes[0]) {
		return
	}
	sum := sha256.Sum256(id[:])
	place, kept := binary.BigEndian.Uint64(sum[:]), s[themes[0]]
	if len(kept) == mostExamples {
		if place > kept[mostExamples-1].place {
			return
		}
		kept = kept[:mostExamples-1]
	}
	at, _ := slices.BinarySearchFunc(kept, place, func(e example, p uint64) int { return cmp.Compare(e.place, p) })
	e := example{place: place}
	e.Title, e.Text = text()
	s[themes[0]] = slices.Insert(kept, at, e)
}

// examples are those to learn from, in an order that mixes the themes, and how
// many themes have enough of them.
func (s sample) examples() (out []match.Example, themes int) {
	var all []example
	for _, t := range catalog.Themes() {
		tag := string(t)
		if len(s[t]) < ThemeExamples {
			tag = otherThemes
		} else {
			themes++
		}
		for _, e := range s[t] {
			e.Tag = tag
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b example) int { return cmp.Compare(a.place, b.place) })
	for _, e := range all {
		out = append(out, e.Example)
	}
	return out, themes
}
