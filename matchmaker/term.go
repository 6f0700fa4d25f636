package matchmaker

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/match"
)

// Chip is a term under a question: accepted, struck, or only suggested.
type Chip struct {
	Text    string
	Count   int         // results that hold it, of those that the question looks among
	Verdict TermVerdict // "" for a suggestion
}

const (
	chipsMost = 10 // terms that are suggested at a time
	termMost  = 40 // characters of a term
	termsMost = 50 // terms of one need
)

// split parts terms into the accepted and the struck ones, each in its order.
func split(terms []Term) (accepted, struck []string) {
	for _, t := range terms {
		if t.Verdict == TermAccepted {
			accepted = append(accepted, t.Text)
		} else {
			struck = append(struck, t.Text)
		}
	}
	return accepted, struck
}

// chips are the accepted terms, new suggestions and the struck terms, in this
// order, each with what it would bring.
func (s *Service) chips(query match.Query, found []match.Suggestion, struck []string) []Chip {
	var out []Chip
	add := func(terms []string, v TermVerdict) {
		for i, n := range s.index.Holding(query.Filter, terms) {
			out = append(out, Chip{terms[i], n, v})
		}
	}
	add(query.Terms, TermAccepted)
	folded := make([]string, 0, len(struck)+len(query.Terms))
	for _, t := range slices.Concat(struck, query.Terms) {
		folded = append(folded, catalog.Fold(t))
	}
	found = slices.DeleteFunc(found, func(x match.Suggestion) bool { return slices.Contains(folded, catalog.Fold(x.Term)) })
	for _, x := range found[:min(chipsMost, len(found))] {
		out = append(out, Chip{Text: x.Term, Count: x.Count})
	}
	add(struck, TermStruck)
	return out
}

// CleanTerm is a term as it is kept, "" if it is none: two characters at least,
// forty at most, on one line.
func CleanTerm(text string) string {
	text = catalog.CleanLine(text)
	if n := utf8.RuneCountInString(text); n < 2 || n > termMost || catalog.Fold(text) == "" {
		return ""
	}
	return text
}

// SayTerm puts a term to a need, strikes it, or with "" forgets what was said
// of it. The next ForNeed starts from it.
func (s *Service) SayTerm(ctx context.Context, p account.Principal, need catalog.Need, text string, v TermVerdict) error {
	if !p.May(account.GiveFeedback) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if v != "" && v != TermAccepted && v != TermStruck {
		return catalog.Refuse(catalog.Invalid, "feedback.unknown")
	}
	if text = CleanTerm(text); text == "" {
		return catalog.Refuse(catalog.Invalid, "chips.no_term", "max", strconv.Itoa(termMost))
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "term.say", "need")
	if err != nil {
		return err
	}
	entry.Subject, entry.Body = need.ID, map[string]string{"term": text, "verdict": string(v)}
	return s.db.Write(ctx, func(tx Tx) error {
		there, err := tx.TermsOn(ctx, need.ID)
		if err != nil {
			return err
		}
		if v != "" && len(there) >= termsMost && !slices.ContainsFunc(there, func(t Term) bool { return catalog.Fold(t.Text) == catalog.Fold(text) }) {
			return catalog.Refuse(catalog.Conflict, "chips.too_many", "max", strconv.Itoa(termsMost))
		}
		if err := tx.SaveTerm(ctx, Term{need.ID, text, v, p.ID, at}); err != nil {
			return err
		}
		return tx.Append(ctx, entry)
	})
}
