package intake

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"datai/catalog"

	"github.com/google/uuid"
)

// Notes that come of comparing a row with the catalogue.
const (
	noteReconfirm     = "import.note.reconfirm"
	noteNoPredecessor = "import.note.no_predecessor"
)

// decide compares a row with what the catalogue has and says what becomes of
// it. id is for a new thing; at is unix ms. A blank cell never empties a field
// that the catalogue knows: sheets leave columns out.
func decide(r Row, k known, id uuid.UUID, at int64) StagedRow {
	s := StagedRow{N: r.N, Sheet: r.Sheet, Title: r.Title, Issues: r.Issues}
	switch {
	case r.refused():
		s.Fate = Refused
	case r.Result != nil:
		s.decideResult(*r.Result, k.results[r.Result.Key()], k, id, at)
	case r.Need != nil:
		s.decideNeed(*r.Need, k.needs[r.Need.Key()], k, id, at)
	case r.Party != nil:
		in := *r.Party
		s.findPredecessor(&in, r.Predecessor, k)
		s.decideParty(in, k.parties[r.Party.Key()], id, at)
	case r.Person != nil:
		s.decidePerson(*r.Person, k, id, at)
	default:
		s.Fate = Refused
		s.Issues = append(s.Issues, Issue{Refusal: true, Key: "import.row.empty"})
	}
	if s.Fate == Changed || s.edited() {
		s.Said = &Row{Result: r.Result, Need: r.Need, Party: r.Party, Person: r.Person, Predecessor: r.Predecessor}
	}
	return s
}

func (s *StagedRow) decideResult(in catalog.Result, old *catalog.Result, k known, id uuid.UUID, at int64) {
	if old == nil {
		in.ID, in.Code, in.Version, in.State = id, catalog.ShortCode("R", id), 0, catalog.ResultReview
		in.PublicConfirmed, in.CreatedAt, in.UpdatedAt = false, at, at
		s.Fate, s.Result = New, &in
		return
	}
	merged := mergeResult(*old, in)
	contact := merged.Contact // edits leave it alone
	merged = weighEdits(s, *old, in, merged, k.edits[old.ID], k)
	merged.Contact = contact
	merged.ThemesBy = given(old.Themes, merged.Themes, old.ThemesBy)
	merged.DisciplinesBy = given(old.Disciplines, merged.Disciplines, old.DisciplinesBy)
	if same(*old, merged) && old.Contact == merged.Contact {
		s.Fate, s.Result = Unchanged, old
		return
	}
	if s.reconfirm(old.PublicConfirmed, old.For(catalog.Public), merged.For(catalog.Public)) {
		merged.PublicConfirmed = false
		if merged.State == catalog.ResultListed || merged.State == catalog.ResultTalks {
			merged.State = catalog.ResultReview
		}
	}
	merged.UpdatedAt = at
	s.Fate, s.Result = Changed, &merged
}

func (s *StagedRow) decideNeed(in catalog.Need, old *catalog.Need, k known, id uuid.UUID, at int64) {
	if old == nil {
		in.ID, in.Code, in.Version, in.State = id, catalog.ShortCode("N", id), 0, catalog.NeedReview
		in.PublicConfirmed, in.CreatedAt, in.UpdatedAt = false, at, at
		s.Fate, s.Need = New, &in
		return
	}
	merged := mergeNeed(*old, in)
	contact := merged.Contact // edits leave it alone
	merged = weighEdits(s, *old, in, merged, k.edits[old.ID], k)
	merged.Contact = contact
	merged.ThemesBy = given(old.Themes, merged.Themes, old.ThemesBy)
	merged.DisciplinesBy = given(old.Disciplines, merged.Disciplines, old.DisciplinesBy)
	if same(*old, merged) && old.Contact == merged.Contact {
		s.Fate, s.Need = Unchanged, old
		return
	}
	confirmed := old.PublicConfirmed || old.Entered.Answer.State == catalog.AnswerConfirmed
	if s.reconfirm(confirmed, old.For(catalog.Public), merged.For(catalog.Public)) {
		merged.Reworded()
	}
	if merged.OwnerName != old.OwnerName {
		merged.OwnerID, merged.ShowOwner = uuid.Nil, false
	}
	merged.UpdatedAt = at
	s.Fate, s.Need = Changed, &merged
}

// given is who gave a list by hand: nobody once a file has written over it.
func given[T comparable](was, is []T, by catalog.By) catalog.By {
	if slices.Equal(was, is) {
		return by
	}
	return catalog.By{}
}

// reconfirm reports whether a thing must be confirmed as public once more, and
// says so in the row: what stands on the shelf was confirmed word by word, and
// other words must be confirmed before anyone outside sees them (never-rule 2).
// before and after are the thing as the public sees it, both with the time of
// its last change before this one.
func (s *StagedRow) reconfirm(confirmed bool, before, after any) bool {
	if !confirmed || same(before, after) {
		return false
	}
	s.Issues = append(s.Issues, Issue{Key: noteReconfirm})
	return true
}

// findPredecessor sets the predecessor of in to the party of that name.
func (s *StagedRow) findPredecessor(in *catalog.Party, name string, k known) {
	if name == "" {
		return
	}
	key := nameKey(name)
	if before := k.parties[key]; before != nil && key != in.Key() {
		in.PredecessorID = before.ID
		return
	}
	s.Issues = append(s.Issues, Issue{Key: noteNoPredecessor, Args: catalog.Args{"name": name}})
}

// nameKey is the key of a party of which nothing but the name is known.
func nameKey(name string) string { return (&catalog.Party{Name: name}).Key() }

func (s *StagedRow) decideParty(in catalog.Party, old *catalog.Party, id uuid.UUID, at int64) {
	if old == nil {
		if in.Kind == "" { // most lists are of enterprises and do not say so
			in.Kind = catalog.PartyEnterprise
		}
		in.ID, in.Code, in.Version = id, catalog.ShortCode("P", id), 0
		in.CreatedAt, in.UpdatedAt = at, at
		s.Fate, s.Party = New, &in
		return
	}
	merged := mergeParty(*old, in)
	if same(*old, merged) && old.Contact == merged.Contact {
		s.Fate, s.Party = Unchanged, old
		return
	}
	merged.UpdatedAt = at
	s.Fate, s.Party = Changed, &merged
}

func (s *StagedRow) decidePerson(in catalog.Person, k known, id uuid.UUID, at int64) {
	old, ok := k.person(&in)
	switch {
	case len(in.Keys()) == 0:
		s.Fate = Refused
		s.Issues = append(s.Issues, Issue{Refusal: true, Key: "import.refused.no_person_key"})
		return
	case !ok:
		s.Fate = Refused
		s.Issues = append(s.Issues, Issue{Refusal: true, Key: "import.refused.two_people"})
		return
	case old == nil:
		in.ID, in.Code, in.Version = id, catalog.ShortCode("H", id), 0
		in.CreatedAt, in.UpdatedAt = at, at
		s.Fate, s.Person = New, &in
		return
	}
	merged := mergePerson(*old, in)
	if same(*old, merged) {
		s.Fate, s.Person = Unchanged, old
		return
	}
	merged.UpdatedAt = at
	s.Fate, s.Person = Changed, &merged
}

// person is whom the catalogue knows by the staff number of p, else by the
// ORCID; nil for nobody. ok is false if the two are not of one person.
func (k known) person(p *catalog.Person) (old *catalog.Person, ok bool) {
	for _, key := range p.Keys() {
		found := k.people[key]
		switch {
		case found == nil:
		case old != nil && found.ID != old.ID, p.StaffNo != "" && found.StaffNo != "" && found.StaffNo != p.StaffNo:
			return nil, false
		default:
			old = found
		}
	}
	return old, true
}

// people are whom the rows of a file have met so far, by every key.
type people map[string]string

// meet refuses a person whose number an earlier row gave to somebody else: of
// two new people nothing but that would say that they share an ORCID. Meeting
// a row again gives the same answer, unless the catalogue moved meanwhile: then
// applying would be refused as well.
func (m people) meet(s *StagedRow) {
	if s.Person == nil {
		return
	}
	keys := s.Person.Keys()
	who := keys[0]
	if s.Person.Version > 0 {
		who = s.Person.ID.String()
	}
	for _, k := range keys {
		if before, ok := m[k]; ok && before != who {
			s.Fate, s.Person = Refused, nil
			s.Issues = append(s.Issues, Issue{Refusal: true, Key: "import.refused.two_rows"})
			return
		}
	}
	for _, k := range keys {
		m[k] = who
	}
}

// same compares two things as they would be kept.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func take[T comparable](dst *T, v T) {
	var zero T
	if v != zero {
		*dst = v
	}
}

func takeList[T any](dst *[]T, v []T) {
	if len(v) > 0 {
		*dst = v
	}
}

func takeExtra(dst *map[string]string, v map[string]string) {
	if len(v) == 0 {
		return
	}
	merged := maps.Clone(*dst)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, v)
	*dst = merged
}

func takeContact(dst *catalog.Contact, v catalog.Contact) {
	take(&dst.Name, v.Name)
	take(&dst.Phone, v.Phone)
	take(&dst.Landline, v.Landline)
	take(&dst.Email, v.Email)
	take(&dst.LegalRep, v.LegalRep)
	take(&dst.OwnerTel, v.OwnerTel)
	take(&dst.PartyName, v.PartyName)
}

// mergeResult is old with everything that in states. What the office decided
// (state, confirmation, codes, dates of listing) stays old's.
func mergeResult(old, in catalog.Result) catalog.Result {
	out := old
	take(&out.Title, in.Title)
	take(&out.Summary, in.Summary)
	take(&out.Abstract, in.Abstract)
	takeList(&out.Keywords, in.Keywords)
	take(&out.Claims, in.Claims)
	take(&out.Application, in.Application)
	takeList(&out.Themes, in.Themes)
	takeList(&out.Disciplines, in.Disciplines)
	take(&out.Organization, in.Organization)
	takeList(&out.Owners, in.Owners)
	takeList(&out.Completers, samePeople(old.Completers, in.Completers))
	takeList(&out.Indicators, in.Indicators)
	take(&out.IndicatorsAs, in.IndicatorsAs)
	takeList(&out.Rights, in.Rights)
	take(&out.RightsAs, in.RightsAs)
	if in.Maturity.Written != "" {
		out.Maturity = in.Maturity
	}
	takeList(&out.Ways, in.Ways)
	take(&out.Price, in.Price)
	take(&out.CompletedOn, in.CompletedOn)
	take(&out.Funding, in.Funding)
	take(&out.Origin, in.Origin)
	take(&out.Awards, in.Awards)
	take(&out.Market, in.Market)
	take(&out.Remarks, in.Remarks)
	take(&out.Address, in.Address)
	take(&out.Image, in.Image)
	take(&out.Video, in.Video)
	takeExtra(&out.Extra, in.Extra)
	takeContact(&out.Contact, in.Contact)
	if in.RightsAs != "" { // what a sheet says of rights, it says of filing too
		out.Unfiled = in.Unfiled
	}
	return out
}

// samePeople are the completers that a sheet names, each still the person that
// somebody of the office took a completer of that name for. A name that stands
// there twice tells nobody apart.
func samePeople(old, in []catalog.Completer) []catalog.Completer {
	known := map[string]catalog.Completer{}
	for _, c := range old {
		if _, twice := known[c.Name]; twice {
			c.PersonID = uuid.Nil
		}
		known[c.Name] = c
	}
	out := slices.Clone(in)
	for i := range out {
		if out[i].PersonID == uuid.Nil {
			out[i].PersonID = known[out[i].Name].PersonID
		}
	}
	return out
}

func mergeNeed(old, in catalog.Need) catalog.Need {
	out := old
	take(&out.Title, in.Title)
	take(&out.Text, in.Text)
	takeList(&out.Keywords, in.Keywords)
	take(&out.Field, in.Field)
	takeList(&out.Themes, in.Themes)
	takeList(&out.Disciplines, in.Disciplines)
	take(&out.Category, in.Category)
	takeList(&out.Indicators, in.Indicators)
	take(&out.IndicatorsAs, in.IndicatorsAs)
	takeList(&out.Ways, in.Ways)
	take(&out.WaysAs, in.WaysAs)
	take(&out.Budget, in.Budget)
	take(&out.WishParty, in.WishParty)
	take(&out.WishExpert, in.WishExpert)
	take(&out.Until, in.Until)
	take(&out.OwnerName, in.OwnerName)
	take(&out.Address, in.Address)
	take(&out.Image, in.Image)
	take(&out.Video, in.Video)
	takeExtra(&out.Extra, in.Extra)
	takeContact(&out.Contact, in.Contact)
	return out
}

func mergeParty(old, in catalog.Party) catalog.Party {
	out := old
	take(&out.Kind, in.Kind)
	take(&out.Name, in.Name)
	take(&out.CreditCode, in.CreditCode)
	take(&out.Nature, in.Nature)
	take(&out.Industry, in.Industry)
	take(&out.Region, in.Region)
	take(&out.Intro, in.Intro)
	take(&out.Jobs, in.Jobs)
	take(&out.PredecessorID, in.PredecessorID)
	take(&out.From, in.From)
	take(&out.Until, in.Until)
	takeExtra(&out.Extra, in.Extra)
	takeContact(&out.Contact, in.Contact)
	return out
}

func mergePerson(old, in catalog.Person) catalog.Person {
	out := old
	take(&out.StaffNo, in.StaffNo)
	take(&out.ORCID, in.ORCID)
	take(&out.Name, in.Name)
	take(&out.Unit, in.Unit)
	take(&out.Title, in.Title)
	takeList(&out.Interests, in.Interests)
	takeExtra(&out.Extra, in.Extra)
	return out
}
