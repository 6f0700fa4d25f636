package rules

import (
	"fmt"
	"slices"
)

// Own is a value that the university decided for a rule, from a day on.
type Own struct {
	Key    string
	From   Day
	Value  *Value // nil takes the university's value back: the rule itself is in force again
	Reason string
}

// Overlay is what a university decided itself, in the order of deciding: of two
// values for the same rule from the same day the later counts.
type Overlay struct {
	Values []Own
	Days   []OwnDay
}

// inForce is the value that the university has for a key on a day, or nil.
func (o Overlay) inForce(key string, on Day) *Own {
	var found *Own
	for i, own := range o.Values {
		if own.Key == key && own.From <= on && (found == nil || own.From >= found.From) {
			found = &o.Values[i]
		}
	}
	if found == nil || found.Value == nil {
		return nil
	}
	return found
}

// With is the book together with what a university decided. Values that the
// law does not allow are not in force; Check names them.
func (b *Book) With(o Overlay) *Book {
	return &Book{
		regions: b.regions, rules: b.rules, calendar: b.calendar.with(o.Days),
		overlay: Overlay{slices.Clone(o.Values), slices.Clone(o.Days)},
	}
}

// Overlay is what the university decided.
func (b *Book) Overlay() Overlay { return b.overlay }

// BoundError says that a value may not be set for a rule.
type BoundError struct {
	Rule  Rule  // that it would be looser than
	Value Value // that was asked for
}

func (e *BoundError) Error() string {
	return fmt.Sprintf("%s: %v is not allowed where %v is in force (%s)", e.Rule.Key, e.Value, e.Rule.Value, e.Rule.Bound)
}

// Permit says why a university may not decide a value: *BoundError where it is
// looser than a rule in force in the region on its day or later,
// *UnknownError where there is no such rule.
func (b *Book) Permit(region string, own Own) error {
	set, err := b.With(Overlay{}).In(region, own.From)
	if err != nil {
		return err
	}
	r, err := set.Rule(own.Key)
	if err != nil || own.Value == nil {
		return err
	}
	v := *own.Value
	v.Of = r.Value.Of
	if err := v.Validate(); err != nil {
		return &BoundError{r, v}
	}
	for _, later := range append([]Rule{r}, b.after(own.Key, region, own.From)...) {
		if !later.Bound.allows(later.Value, v) || !later.Within.holds(v) {
			return &BoundError{later, v}
		}
	}
	return nil
}

// after are the rules for a key that begin after a day, in a region and those
// that it lies in.
func (b *Book) after(key, region string, on Day) []Rule {
	var out []Rule
	for ; region != ""; region = b.regions[region].parent {
		for _, r := range b.rules[key] {
			if r.Region == region && r.From > on {
				out = append(out, r)
			}
		}
	}
	return out
}

// Change is something that becomes or ceases to be in force on a later day.
type Change struct {
	On   Day
	Key  string
	Rule Rule // as it is in force from that day on; without Key where it ceases
}

// Changes are what will change after the day of the set, in order of days.
func (s Set) Changes() []Change {
	days := map[Day]map[string]bool{}
	note := func(d Day, key string) {
		if d > s.on && d.Valid() {
			if days[d] == nil {
				days[d] = map[string]bool{}
			}
			days[d][key] = true
		}
	}
	for region := s.region; region != ""; region = s.book.regions[region].parent {
		for key, list := range s.book.rules {
			for _, r := range list {
				if r.Region == region {
					note(r.From, key)
					if r.Until != 0 {
						note(r.Until+1, key)
					}
				}
			}
		}
	}
	for _, own := range s.book.overlay.Values {
		note(own.From, own.Key)
	}
	var out []Change
	for d, keys := range days {
		then := Set{s.book, s.region, d}
		before := Set{s.book, s.region, d - 1}
		for key := range keys {
			now, err := then.Rule(key)
			was, _ := before.Rule(key)
			if err != nil {
				now = Rule{}
			}
			if now.Version != was.Version {
				out = append(out, Change{d, key, now})
			}
		}
	}
	slices.SortFunc(out, func(a, b Change) int {
		if a.On != b.On {
			return int(a.On - b.On)
		}
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}
