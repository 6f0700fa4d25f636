package rules

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.json
var data embed.FS

// National is the region whose rules are in force where a region has none of
// its own.
const National = "CN"

// The rules that the book itself reads.
const (
	keyRegion = "office-region"
	keyFirst  = "count-first"
	keyClose  = "deadline-close"
)

// Region is a region with rules of its own.
type Region struct {
	Code   string // ISO 3166-2: CN-BJ; CN for the whole country
	Name   Text
	parent string
}

// Book is all rules and the calendar, with what the university decided itself.
// It never changes; With makes another one. The zero Book is of no use.
type Book struct {
	regions  map[string]Region
	rules    map[string][]Rule // by key
	calendar *Calendar
	overlay  Overlay
}

var base = sync.OnceValues(func() (*Book, error) { return read(data) })

// Load is the book as it was delivered. The data are embedded, and the tests
// read them: an error is a fault of the build.
func Load() (*Book, error) { return base() }

// read reads a book from the data files, which it checks.
func read(data fs.FS) (*Book, error) {
	b := &Book{regions: map[string]Region{}, rules: map[string][]Rule{}}
	names, err := fs.Glob(data, "data/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(data, name)
		if err != nil {
			return nil, err
		}
		if path.Base(name) == "calendar.json" {
			b.calendar, err = newCalendar(raw)
		} else {
			err = b.add(raw)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if b.calendar == nil {
		return nil, errors.New("data/calendar.json is missing")
	}
	return b, errors.Join(b.sound()...)
}

// add puts the rules of a data file in.
func (b *Book) add(raw []byte) error {
	var f file
	if err := strict(raw, &f); err != nil {
		return err
	}
	if f.Region == "" || f.Name.Chinese == "" || f.Name.English == "" {
		return errors.New("it names no region")
	}
	if have, there := b.regions[f.Region]; there && have.parent != f.Parent {
		return fmt.Errorf("%s lies in %q elsewhere", f.Region, have.parent)
	}
	b.regions[f.Region] = Region{f.Region, f.Name, f.Parent}
	sources := map[string]Source{}
	for _, s := range f.Sources {
		if s.ID == "" || s.Name.Chinese == "" || s.Name.English == "" || s.At == "" {
			return fmt.Errorf("the source %q is not complete", s.ID)
		}
		sources[s.ID] = s
	}
	for _, r := range f.Rules {
		source, known := sources[r.SourceID]
		if !known {
			return fmt.Errorf("%s: the source %q is not listed", r.Key, r.SourceID)
		}
		r.Region, r.Source = f.Region, source
		r.stamp()
		b.rules[r.Key] = append(b.rules[r.Key], r)
	}
	return nil
}

// sound says what is wrong with the rules as they were delivered.
func (b *Book) sound() []error {
	var wrong []error
	complain := func(r Rule, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s in %s from %v: %s", r.Key, r.Region, r.From, fmt.Sprintf(format, args...)))
	}
	for _, region := range b.regions {
		if region.Code == National != (region.parent == "") {
			wrong = append(wrong, fmt.Errorf("region %s: every region but %s lies in another", region.Code, National))
		} else if _, known := b.regions[region.parent]; !known && region.parent != "" {
			wrong = append(wrong, fmt.Errorf("region %s lies in %q, of which nothing is known", region.Code, region.parent))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.rules)) {
		list := b.rules[key]
		slices.SortFunc(list, func(x, y Rule) int {
			return cmp.Or(strings.Compare(x.Region, y.Region), cmp.Compare(x.From, y.From))
		})
		for i, r := range list {
			if !word(r.Key) || r.Name.Chinese == "" || r.Name.English == "" || r.Says.Chinese == "" || r.Says.English == "" {
				complain(r, "key, name and text are needed, the texts in both languages")
			}
			if err := r.Value.Validate(); err != nil {
				complain(r, "%v", err)
			}
			if !slices.Contains([]Bound{Floor, Ceiling, Fixed, Free}, r.Bound) {
				complain(r, "the bound %q is not known", r.Bound)
			}
			if !r.Within.holds(r.Value) || r.Within != nil && (r.Bound != Free || r.Within.Least > r.Within.Most) {
				complain(r, "it lies within %+v", *r.Within)
			}
			if !r.From.Valid() || r.Until != 0 && r.Until < r.From {
				complain(r, "it is valid until %v", r.Until)
			}
			if i > 0 && list[i-1].Region == r.Region {
				switch before := list[i-1]; {
				case before.Until == 0 || before.Until >= r.From:
					complain(r, "it overlaps with that from %v", before.From)
				case before.Until != r.From-1:
					complain(r, "nothing is in force from %v to %v", before.Until+1, r.From-1)
				}
			}
			if above, there := b.inherited(key, b.regions[r.Region].parent, r.From); there {
				if above.Value.Unit == Choice && !slices.Equal(above.Value.Of, r.Value.Of) {
					complain(r, "it has other choices than that of %s", above.Region)
				}
				if above.Bound != Fixed && !above.Bound.allows(above.Value, r.Value) {
					complain(r, "%v is looser than %v in %s", r.Value, above.Value, above.Region)
				}
			}
		}
	}
	for _, key := range []string{keyRegion, keyFirst, keyClose} {
		if len(b.rules[key]) == 0 {
			wrong = append(wrong, fmt.Errorf("the rule %s is missing", key))
		}
	}
	return wrong
}

// word reports whether a key is of lower-case words with hyphens between.
func word(key string) bool {
	for part := range strings.SplitSeq(key, "-") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return true
}

// inherited is the rule in force in a region or in one that it lies in.
func (b *Book) inherited(key, region string, on Day) (Rule, bool) {
	for ; region != ""; region = b.regions[region].parent {
		for _, r := range b.rules[key] {
			if r.Region == region && r.inForce(on) {
				return r, true
			}
		}
	}
	return Rule{}, false
}

// Regions are the regions with rules of their own, the whole country first.
func (b *Book) Regions() []Region {
	out := slices.Collect(maps.Values(b.regions))
	slices.SortFunc(out, func(x, y Region) int { return strings.Compare(x.Code, y.Code) })
	return out
}

// Keys are the keys of all rules of all regions, sorted.
func (b *Book) Keys() []string { return slices.Sorted(maps.Keys(b.rules)) }

// Calendar is the calendar with the university's own days.
func (b *Book) Calendar() *Calendar { return b.calendar }

// UnknownError says that nothing is recorded: no such key, no rules of a
// region, or nothing in force on a day. Whoever asked cannot decide by a rule
// and has to say so.
type UnknownError struct {
	What  string   // key, region or date
	Key   string   // that was asked for; empty for a region
	Name  string   // the key, region or day that nothing is known of
	Known []string // regions for region; the days from which something is known for date
}

func (e *UnknownError) Error() string {
	switch e.What {
	case "region":
		return fmt.Sprintf("no rules are recorded for the region %s (known: %s)", e.Name, strings.Join(e.Known, ", "))
	case "date":
		return fmt.Sprintf("for %s nothing is in force on %s (known from: %s)", e.Key, e.Name, strings.Join(e.Known, ", "))
	}
	return fmt.Sprintf("there is no rule %q", e.Name)
}

// Set is the rules of a region on a day.
type Set struct {
	book   *Book
	region string
	on     Day
}

// At is the rules that are in force on a day where the university is. Before
// anything was recorded about that, it is those of the whole country.
func (b *Book) At(on Day) (Set, error) {
	s, err := b.In(National, on)
	if err != nil {
		return Set{}, err
	}
	if where, err := s.Rule(keyRegion); err == nil {
		return b.In(where.Value.Choice, on)
	}
	return s, nil
}

// In is the rules that are in force on a day in a region. It errs with
// *UnknownError where nothing is recorded about the region.
func (b *Book) In(region string, on Day) (Set, error) {
	if _, known := b.regions[region]; !known {
		return Set{}, &UnknownError{What: "region", Name: region, Known: slices.Sorted(maps.Keys(b.regions))}
	}
	if !on.Valid() {
		return Set{}, fmt.Errorf("%d is not a day between 1900 and 2199", on)
	}
	return Set{b, region, on}, nil
}

// Region is the region of the set.
func (s Set) Region() Region { return s.book.regions[s.region] }

// On is the day of the set.
func (s Set) On() Day { return s.on }

// Rule is the rule for a key as it is in force: the region's before that of
// the country, with the university's own value where it has one that is not
// looser than the law. It errs with *UnknownError where there is none.
func (s Set) Rule(key string) (Rule, error) {
	list := s.book.rules[key]
	if len(list) == 0 {
		return Rule{}, &UnknownError{What: "key", Key: key, Name: key}
	}
	r, there := s.book.inherited(key, s.region, s.on)
	if !there {
		var known []string
		for region := s.region; region != ""; region = s.book.regions[region].parent {
			for _, other := range list {
				if other.Region == region {
					known = append(known, other.From.String())
				}
			}
		}
		if known == nil { // it is a rule of other regions
			return Rule{}, &UnknownError{What: "key", Key: key, Name: key}
		}
		return Rule{}, &UnknownError{What: "date", Key: key, Name: s.on.String(), Known: known}
	}
	if own := s.book.overlay.inForce(key, s.on); own != nil {
		if r.Bound.allows(r.Value, *own.Value) && r.Within.holds(*own.Value) {
			of := r.Value.Of
			r.Value, r.Own = *own.Value, own
			r.Value.Of = of
		} else {
			r.Ignored = own
		}
		r.stamp()
	}
	return r, nil
}

// Rules are all rules of the set by key.
func (s Set) Rules() []Rule {
	var out []Rule
	for _, key := range s.book.Keys() {
		if r, err := s.Rule(key); err == nil {
			out = append(out, r)
		}
	}
	return out
}
