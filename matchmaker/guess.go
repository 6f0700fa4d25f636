package matchmaker

import (
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/match"
)

// Sure says in a word how much a guess can be relied upon; it is the end of
// the message "classify.guess.<sure>".
type Sure string

// The two degrees that are shown. What is less sure is no guess.
const (
	SureMuch Sure = "much"
	SureSome Sure = "some"
)

// Limits of confidence. Of the papers of the CSL benchmark, five-fold, guesses
// of at least 0.8 are right in 79 of 100 cases, those between in 56.
const (
	sureMuch = 0.8
	sureSome = 0.4
)

// Guess is what the program takes a thing to be of. Nobody has checked it, so
// it is for the office alone and never stands without saying so.
type Guess struct {
	Value string // a theme or a discipline
	Sure  Sure
}

// Guesses are the guesses about one thing; nil where it needs none, having a
// value of its own, or where the program is not sure enough to say anything.
type Guesses struct {
	Theme, Discipline *Guess
}

// GuessResult guesses what a result lacks, for those who may say what is right.
// It reads one text, which takes a fraction of a millisecond.
func (s *Service) GuessResult(p account.Principal, r catalog.Result) Guesses {
	return s.guess(p, r.Title, resultText(&r), len(r.Themes) == 0, len(r.Disciplines) == 0)
}

// GuessNeed guesses what a need lacks, as GuessResult.
func (s *Service) GuessNeed(p account.Principal, n catalog.Need) Guesses {
	return s.guess(p, n.Title, needText(&n), len(n.Themes) == 0, len(n.Disciplines) == 0)
}

func (s *Service) guess(p account.Principal, title, text string, theme, discipline bool) (g Guesses) {
	if !p.May(account.Classify) {
		return g
	}
	if theme {
		g.Theme = surest(s.themes.model.Load(), title, text)
	}
	if discipline {
		g.Discipline = surest(match.Disciplines(), title, text)
	}
	return g
}

func surest(c *match.Classifier, title, text string) *Guess {
	if c == nil {
		return nil
	}
	all := c.Classify(title, text)
	switch {
	case len(all) == 0 || all[0].Tag == otherThemes || all[0].Confidence < sureSome:
		return nil
	case all[0].Confidence < sureMuch:
		return &Guess{all[0].Tag, SureSome}
	}
	return &Guess{all[0].Tag, SureMuch}
}

// guessMost bounds the bytes of a text that a guess is made from.
const guessMost = 6 << 10

// resultText is what a result is classified by, beside its title. The field of
// use is not part of it: it names the theme where one is known, so whatever
// learned from it would look for that name alone.
func resultText(r *catalog.Result) string {
	about := r.Abstract
	if about == "" {
		about = r.Claims
	}
	return begin(paragraphs(r.Summary, about, strings.Join(r.Keywords, " ")))
}

func needText(n *catalog.Need) string {
	return begin(paragraphs(n.Text, strings.Join(n.Keywords, " ")))
}

func begin(text string) string {
	if len(text) > guessMost {
		text = strings.Clone(strings.ToValidUTF8(text[:guessMost], "")) // the rest may go
	}
	return text
}
