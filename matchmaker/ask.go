package matchmaker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/match"

	"github.com/google/uuid"
)

// Question is a problem in somebody's own words.
type Question struct {
	Text              string
	Kinds             []match.Kind // none = results
	Terms             []string     // technical terms that a person accepted
	Useful, NotUseful []string     // results marked, by public code or by the id that a file gave
	Themes            []catalog.Theme
	K                 int  // 0 = 10
	EveryState        bool // the office: drafts, withdrawn and expired ones too
}

// Match is one answer: exactly one of Result and Need is set, as the asker may
// see it.
type Match struct {
	Hit    match.Hit
	Result *catalog.Result
	Need   *catalog.Need
	Said   *Feedback // what stands on this match of this need
	Marked Verdict   // what was said of it, by this question or on this need
}

// Answer is what fits, best first. Total and Facets count all that fits.
type Answer struct {
	Matches []Match
	Total   int
	Facets  map[string]map[string]int
}

// current are the states of things that still lead somewhere; taken results
// stay in, because that they are taken is an answer too.
var current = []string{
	stateTag + string(catalog.ResultReview), stateTag + string(catalog.ResultListed), stateTag + string(catalog.ResultTalks),
	stateTag + string(catalog.ResultLicensed), stateTag + string(catalog.ResultExclusive),
	stateTag + string(catalog.NeedOpen), stateTag + string(catalog.NeedHold),
}

// Ask answers a free text.
func (s *Service) Ask(ctx context.Context, p account.Principal, q Question) (Answer, error) {
	kinds := q.Kinds
	if len(kinds) == 0 {
		kinds = []match.Kind{match.KindResult}
	}
	query := match.Query{Text: q.Text, Terms: q.Terms, K: q.K, Explain: true, Facets: facetTags,
		Filter: match.Filter{Kinds: kinds, Viewer: viewer(p)}}
	if !q.EveryState {
		query.Filter.Any = append(query.Filter.Any, current)
	}
	if len(q.Themes) > 0 {
		query.Filter.Any = append(query.Filter.Any, themeTags(q.Themes))
	}
	if len(q.Useful)+len(q.NotUseful) > 0 { // most questions carry no marks and need no look at the database here
		err := s.db.Read(ctx, func(tx Tx) (err error) {
			if query.Useful, err = resolve(ctx, tx, q.Useful); err != nil {
				return err
			}
			query.NotUseful, err = resolve(ctx, tx, q.NotUseful)
			return err
		})
		if err != nil {
			return Answer{}, err
		}
	}
	return s.load(ctx, p, s.index.Search(query), marksOf(query), nil)
}

// marksOf is what a query says of documents, by their id.
func marksOf(q match.Query) map[string]Verdict {
	marks := map[string]Verdict{}
	for _, id := range q.Useful {
		marks[id] = Useful
	}
	for _, id := range q.NotUseful {
		marks[id] = NotUseful
	}
	return marks
}

// resolve turns codes and given ids into ids of the index; what is unknown is
// left out.
func resolve(ctx context.Context, tx Tx, marks []string) ([]string, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	keys := make([]string, len(marks))
	for i, m := range marks {
		keys[i] = "id:" + m
	}
	byKey, err := tx.ResultsByKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, m := range marks {
		if r := byKey[keys[i]]; r != nil {
			out = append(out, r.ID.String())
			continue
		}
		r, err := tx.ResultByCode(ctx, m)
		switch {
		case err == nil:
			out = append(out, r.ID.String())
		case catalog.CodeOf(err) != catalog.NotFound:
			return nil, err
		}
	}
	return out, nil
}

// ForNeed finds the results that fit a need, with what people said of earlier
// answers taken in. The matches of a need are its owner's and the office's
// (never-rule 9).
func (s *Service) ForNeed(ctx context.Context, p account.Principal, need catalog.Need, k int) (Answer, error) {
	if !p.May(account.SeeOffice) {
		return Answer{}, catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	var said []Feedback
	err := s.db.Read(ctx, func(tx Tx) (err error) {
		said, err = tx.FeedbackOn(ctx, need.ID)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	query := match.Query{Title: need.Title, Text: paragraphs(need.Text, need.IndicatorsAs), Keywords: need.Keywords,
		Wants: indicators(need.Indicators), K: k, Explain: true, Facets: facetTags,
		Filter: match.Filter{Kinds: []match.Kind{match.KindResult}, Viewer: viewer(p), Any: [][]string{current}}}
	for _, f := range said {
		switch f.Verdict {
		case Useful:
			query.Useful = append(query.Useful, f.Result.String())
		case NotUseful:
			query.NotUseful = append(query.NotUseful, f.Result.String())
		}
	}
	found := s.index.Search(query)
	marks := marksOf(query)
	for _, f := range said {
		marks[f.Result.String()] = f.Verdict
	}
	return s.load(ctx, p, withMarked(found, marks), marks, said)
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

// Similar finds results that are about the same as one.
func (s *Service) Similar(ctx context.Context, p account.Principal, r catalog.Result, k int) (Answer, error) {
	hits := s.index.Similar(r.ID.String(), match.Filter{Kinds: []match.Kind{match.KindResult}, Viewer: viewer(p),
		Any: [][]string{current}}, k)
	return s.load(ctx, p, match.Result{Hits: hits, Total: len(hits)}, nil, nil)
}

// load brings the things behind the hits. The database decides once more what
// may be seen: the index may be a moment behind. What is marked as not useful
// stands behind everything else, however near its words are.
func (s *Service) load(ctx context.Context, p account.Principal, found match.Result, marks map[string]Verdict, said []Feedback) (Answer, error) {
	var results, needs []uuid.UUID
	for _, h := range found.Hits {
		id, err := uuid.Parse(h.ID)
		if err != nil {
			return Answer{}, fmt.Errorf("matchmaker: hit: %w", err)
		}
		switch h.Kind {
		case match.KindNeed:
			needs = append(needs, id)
		case match.KindResult:
			results = append(results, id)
		}
	}
	byResult := map[string]*catalog.Result{}
	byNeed := map[string]*catalog.Need{}
	err := s.db.Read(ctx, func(tx Tx) error {
		rs, err := tx.Results(ctx, results)
		if err != nil {
			return err
		}
		for i := range rs {
			byResult[rs[i].ID.String()] = &rs[i]
		}
		ns, err := tx.Needs(ctx, needs)
		for i := range ns {
			byNeed[ns[i].ID.String()] = &ns[i]
		}
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	standing := map[uuid.UUID]*Feedback{}
	for i := range said {
		standing[said[i].Result] = &said[i]
	}
	office, now := p.May(account.SeeOffice), s.now().UnixMilli()
	class := catalog.Public
	if office {
		class = catalog.Office
	}
	a := Answer{Total: found.Total, Facets: found.Facets}
	for _, h := range found.Hits {
		switch r, n := byResult[h.ID], byNeed[h.ID]; {
		case r != nil && (office || r.Public(now)):
			seen := r.For(class)
			seen.Contact = catalog.Contact{} // a match shows nobody's number
			a.Matches = append(a.Matches, Match{Hit: h, Result: &seen, Said: standing[r.ID], Marked: marks[h.ID]})
		case n != nil && (office || n.Public(now)):
			seen := n.For(class)
			seen.Contact = catalog.Contact{}
			a.Matches = append(a.Matches, Match{Hit: h, Need: &seen})
		default:
			a.Total--
		}
	}
	slices.SortStableFunc(a.Matches, func(x, y Match) int {
		return cmp.Compare(behind(x.Marked), behind(y.Marked))
	})
	return a, nil
}

func behind(v Verdict) int {
	if v == NotUseful {
		return 1
	}
	return 0
}

// Say keeps what somebody thinks of one match of a need; the next ForNeed
// starts from it. A verdict of "" takes back what they said.
func (s *Service) Say(ctx context.Context, p account.Principal, need catalog.Need, resultCode string, v Verdict, reason string) error {
	if !p.May(account.GiveFeedback) {
		return catalog.Refuse(catalog.Forbidden, "error.forbidden")
	}
	v, err := settle(v, reason)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return fmt.Errorf("matchmaker: say: %w", err)
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "match.feedback", "need")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		r, err := tx.ResultByCode(ctx, strings.TrimSpace(resultCode))
		if err != nil {
			return err
		}
		f := Feedback{ID: id, Need: need.ID, Result: r.ID, Verdict: v, Reason: reason, By: p.ID, At: at}
		if err := tx.SaveFeedback(ctx, f); err != nil {
			return err
		}
		e := entry
		e.Subject = need.ID
		e.Body = map[string]string{"result": r.Code, "verdict": string(v), "reason": reason}
		return tx.Append(ctx, e)
	})
}

// settle checks that the reason belongs to the verdict. A reason that is work
// for the office turns "not useful" into a task, which never trains anything.
func settle(v Verdict, reason string) (Verdict, error) {
	switch v {
	case "", Useful, NotUseful, Task:
	default:
		return "", catalog.Refuse(catalog.Invalid, "feedback.unknown")
	}
	if reason == "" {
		return v, nil
	}
	for _, r := range reasons {
		if r.Code != reason {
			continue
		}
		if r.Verdict == v || (r.Verdict == Task && v == NotUseful) {
			return r.Verdict, nil
		}
	}
	return "", catalog.Refuse(catalog.Invalid, "feedback.unknown")
}
