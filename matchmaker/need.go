package matchmaker

import (
	"context"
	"maps"
	"slices"

	"datai/account"
	"datai/catalog"
	"datai/match"

	"github.com/google/uuid"
)

// ForNeed finds the k results that fit a need, with what people said of earlier
// answers taken in, and so many experts of each sort; with experts come the
// chips of the need. The matches of a need are its owner's and the office's
// (never-rule 9).
func (s *Service) ForNeed(ctx context.Context, p account.Principal, need catalog.Need, k, experts int) (Answer, error) {
	if !p.May(account.SeeOffice) {
		return Answer{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	return s.forNeed(ctx, p, need, k, experts)
}

// ForOwner finds the results that fit a need of p's own enterprise, at most k:
// those that a manager has checked, as they may go to the enterprise; waiting
// is how many more are recommended and wait for that.
func (s *Service) ForOwner(ctx context.Context, p account.Principal, need catalog.Need, k int) (checked []Match, waiting int, err error) {
	if !p.MayWith(account.OwnNeeds, account.Own) {
		return nil, 0, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	var party uuid.UUID
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		party, err = tx.PartyOf(ctx, p.ID)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if party == uuid.Nil || party != need.OwnerID {
		return nil, 0, catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	found, err := s.forNeed(ctx, p, need, k, 0)
	for _, m := range found.Matches {
		switch {
		case m.Checked():
			m.Said = nil
			checked = append(checked, m)
		case m.Hit.Label > match.LabelNone:
			waiting++
		}
	}
	return checked, waiting, err
}

// ForConfirmed finds the results that fit a need for its owner who has just
// confirmed it and has no account: those that anybody may see and that a manager
// has checked. The caller has seen that it is the owner who asks.
func (s *Service) ForConfirmed(ctx context.Context, need catalog.Need, k int) (checked []Match, waiting int, err error) {
	found, err := s.forNeed(ctx, account.Nobody(), need, k, 0)
	for _, m := range found.Matches {
		switch {
		case m.Checked():
			m.Said = nil
			checked = append(checked, m)
		case m.Hit.Label > match.LabelNone:
			waiting++
		}
	}
	return checked, waiting, err
}

func (s *Service) forNeed(ctx context.Context, p account.Principal, need catalog.Need, k, experts int) (Answer, error) {
	by := spoken{version: need.Version}
	var terms []Term
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		if by.said, err = tx.FeedbackOn(ctx, need.ID); err != nil {
			return err
		}
		if by.checks, err = tx.ChecksOn(ctx, need.ID); err != nil {
			return err
		}
		terms, err = tx.TermsOn(ctx, need.ID)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	var accepted []string
	accepted, by.struck = split(terms)
	query := match.Query{Title: need.Title, Terms: accepted, Text: paragraphs(need.Text, need.IndicatorsAs), Keywords: need.Keywords,
		Wants: indicators(need.Indicators), K: k, Explain: true,
		Filter: match.Filter{Kinds: []match.Kind{match.KindResult}, Viewer: viewer(p), Any: [][]string{current}}}
	for _, f := range by.said {
		switch f.Verdict {
		case Useful:
			query.Useful = append(query.Useful, f.Result.String())
		case NotUseful:
			query.NotUseful = append(query.NotUseful, f.Result.String())
		}
	}
	if experts > 0 {
		query.Suggest = chipsMost + len(by.struck)
	}
	return s.answer(ctx, p, query, experts, by)
}

// withMarked adds what people have spoken about and the search does not bring
// any more: whoever said it must be able to take it back.
func withMarked(found match.Result, marks map[string]Verdict) match.Result {
	there := map[string]bool{}
	for _, h := range found.Hits {
		there[h.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(marks)) {
		if !there[id] {
			found.Hits = append(found.Hits, match.Hit{ID: id, Kind: match.KindResult})
			found.Total++
		}
	}
	return found
}

// NeedsFor finds the needs that a result may answer. They are the office's to
// see, as the matches of a need are (never-rule 9).
func (s *Service) NeedsFor(ctx context.Context, p account.Principal, r catalog.Result, k int) (Answer, error) {
	if !p.May(account.SeeOffice) {
		return Answer{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	query := match.Query{Title: r.Title, Text: paragraphs(r.Summary, r.Abstract), Keywords: r.Keywords, K: k, Explain: true,
		Filter: match.Filter{Kinds: []match.Kind{match.KindNeed}, Viewer: viewer(p), Any: [][]string{current}}}
	a, err := s.answer(ctx, p, query, 0, spoken{})
	for i := range a.Matches {
		a.Matches[i].Hit.Why.Rows = nil // what the result states is nothing that it wants of a need
	}
	return a, err
}

// Nature is what sort of organisation the owner of a need is, as written in its
// record; "" where there is not exactly one of that name.
func (s *Service) Nature(ctx context.Context, p account.Principal, need catalog.Need) (string, error) {
	if !p.May(account.SeeOffice) {
		return "", catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	if need.OwnerName == "" {
		return "", nil
	}
	nature := ""
	err := s.db.Read(ctx, func(tx Tx) error {
		named, err := tx.PartiesNamed(ctx, []string{need.OwnerName})
		if len(named) == 1 {
			nature = named[0].Nature
		}
		return err
	})
	return nature, err
}
