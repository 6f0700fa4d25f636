package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Unit is what the amount of a value counts.
type Unit string

// Units. Those of terms are days to years.
const (
	Days     Unit = "day" // of the calendar
	Workdays Unit = "workday"
	Months   Unit = "month"
	Years    Unit = "year"
	PPM      Unit = "ppm"    // parts of a million: 500000 is one half
	Count    Unit = "count"  // persons, booths, points
	Fen      Unit = "fen"    // a hundredth of a yuan
	Minute   Unit = "minute" // of the day: 1020 is 17:00, 1440 the end of the day
	Choice   Unit = "choice"
)

// most is the largest amount that a unit allows; anything above is a slip.
var most = map[Unit]int64{
	Days: 3650, Workdays: 2500, Months: 600, Years: 100, PPM: 1_000_000,
	Count: 10_000_000, Fen: 10_000_000_000_000, Minute: 1440, Choice: 0,
}

// Value is what a rule sets: an amount with a unit, or one of several choices.
type Value struct {
	Amount int64    `json:"amount,omitempty"`
	Unit   Unit     `json:"unit"`
	Choice string   `json:"choice,omitempty"`
	Of     []string `json:"of,omitempty"` // the choices, from the loosest to the strictest
}

// Term reports whether the value is a length of time that a deadline can be
// computed from.
func (v Value) Term() bool {
	return v.Unit == Days || v.Unit == Workdays || v.Unit == Months || v.Unit == Years
}

// String is the value for logs: "15 day", or the choice.
func (v Value) String() string {
	if v.Unit == Choice {
		return v.Choice
	}
	return fmt.Sprintf("%d %s", v.Amount, v.Unit)
}

// Validate says what is wrong with a value, or nil.
func (v Value) Validate() error {
	limit, known := most[v.Unit]
	switch {
	case !known:
		return fmt.Errorf("the unit %q is not known", v.Unit)
	case v.Unit == Choice && !slices.Contains(v.Of, v.Choice):
		return fmt.Errorf("%q is not among the choices %q", v.Choice, v.Of)
	case v.Unit != Choice && (v.Choice != "" || v.Of != nil):
		return errors.New("an amount has no choices")
	case v.Amount < 0 || v.Amount > limit:
		return fmt.Errorf("the amount %d is not between 0 and %d", v.Amount, limit)
	case v.Term() && v.Amount == 0:
		return errors.New("a term has at least one day")
	}
	return nil
}

// Bound says which way a university may move a value.
type Bound string

// Bounds.
const (
	Floor   Bound = "min"   // upwards only: longer, more, a stricter choice
	Ceiling Bound = "max"   // downwards only: sooner, fewer
	Fixed   Bound = "fixed" // not at all
	Free    Bound = "free"  // a default that nothing but experience stands behind
)

// allows reports whether v may stand where base is in force under the bound.
// Units can be compared where one is always at least as long as the other: so
// many working days are never fewer than that many days.
func (b Bound) allows(base, v Value) bool {
	if (base.Unit == Choice) != (v.Unit == Choice) || base.Term() != v.Term() || !base.Term() && base.Unit != v.Unit {
		return false
	}
	if base.Unit == Choice {
		at, stood := slices.Index(base.Of, v.Choice), slices.Index(base.Of, base.Choice)
		return at >= 0 && (b == Free || b == Floor && at >= stood || b == Ceiling && at <= stood)
	}
	same := base.Unit == v.Unit
	switch b {
	case Free:
		return true
	case Floor:
		return v.Amount >= base.Amount && (same || base.Unit == Days && v.Unit == Workdays)
	case Ceiling:
		return v.Amount <= base.Amount && (same || base.Unit == Workdays && v.Unit == Days)
	}
	return v.Amount == base.Amount && same
}

// Span is the least and the most that a value may be: days for terms, of which a
// month has 30 and a year 365 and which are not counted in working days, since
// holidays would stretch them; the amount itself for anything else.
type Span struct {
	Least int64 `json:"least"`
	Most  int64 `json:"most"`
}

// holds reports whether a value lies between.
func (s *Span) holds(v Value) bool {
	if s == nil {
		return true
	}
	n := v.Amount
	switch v.Unit {
	case Workdays:
		return false
	case Months:
		n = v.Amount * 30
	case Years:
		n = v.Amount * 365
	case Days, PPM, Count, Fen, Minute, Choice:
	}
	return s.Least <= n && n <= s.Most
}

// Source is where a rule is written down.
type Source struct {
	ID   string `json:"id"`
	Name Text   `json:"name"`
	At   string `json:"at"`            // the file or address that it was read in
	URL  string `json:"url,omitempty"` // a page with the text, where one is known
}

// Rule is one rule as it is in force in a region from a day on.
type Rule struct {
	Key        string `json:"key"`            // asked for by processes: notice-price
	Number     string `json:"rule,omitempty"` // R1 to R39, SM1 to SM18; empty for defaults
	Name       Text   `json:"name"`
	Says       Text   `json:"says"`
	Value      Value  `json:"value"`
	Bound      Bound  `json:"bound"`
	Within     *Span  `json:"within,omitempty"` // between which a free value lies
	From       Day    `json:"from"`
	Until      Day    `json:"until,omitzero"` // the last day; none while it stays in force
	SourceID   string `json:"source"`
	Article    string `json:"article"`
	Back       bool   `json:"back,omitempty"`       // the term runs back from an event
	Optional   bool   `json:"optional,omitempty"`   // may be chosen; the floor is another rule
	Unverified bool   `json:"unverified,omitempty"` // the text itself was not found; to be checked before it is relied on

	Region  string `json:"-"`
	Source  Source `json:"-"`
	Version string `json:"-"` // key@validfrom/digest, which decisions keep
	Own     *Own   `json:"-"` // what the university decided, where that is the value
	Ignored *Own   `json:"-"` // what it decided and the law has overtaken since
}

// inForce reports whether the rule is in force on a day.
func (r Rule) inForce(on Day) bool { return r.From <= on && (r.Until == 0 || on <= r.Until) }

// stamp gives the rule its version.
func (r *Rule) stamp() {
	from := r.From
	if r.Own != nil {
		from = r.Own.From
	}
	r.Version = fmt.Sprintf("%s@%v/%s", r.Key, from, digest(r.Region, *r, r.Source, r.Own))
}

// file is a data file: the rules of a region.
type file struct {
	Region  string   `json:"region"`
	Parent  string   `json:"parent"`
	Name    Text     `json:"name"`
	Sources []Source `json:"sources"`
	Rules   []Rule   `json:"rules"`
}

// strict reads JSON and refuses what it does not know.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after the end")
	}
	return nil
}
