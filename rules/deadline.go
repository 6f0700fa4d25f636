package rules

import (
	"fmt"
	"slices"
	"time"
)

// Deadline is the end of a term.
type Deadline struct {
	At       time.Time // the first instant that is too late, in Shanghai
	Last     Day       // the last day of the term
	Unknown  []int     // years that it was computed over although their holidays are not published yet
	Versions []string  // of the rules and the calendar that it came from, which the decision keeps
}

// Provisional reports whether the deadline may still move when holidays are
// published; whoever shows it has to say so.
func (d Deadline) Provisional() bool { return len(d.Unknown) > 0 }

// Deadline is when the term that begins at an instant is over, by the rule for
// a key. The day on which it begins is not counted (民法典 第二百零一条), months
// and years end on the corresponding day (第二百零二条), and a last day that is
// off gives way to the next working day; the hour is the close of business
// (第二百零三条). A rule of its own may say otherwise (第二百零四条): for a term that
// runs back from an event, from is the event, and the deadline is the last
// working day on which it can still be kept.
//
// Own days off do not lengthen what the law limits, nor do own working days
// shorten what it demands.
func (s Set) Deadline(from time.Time, key string) (Deadline, error) {
	r, err := s.Rule(key)
	if err != nil {
		return Deadline{}, err
	}
	if !r.Value.Term() {
		return Deadline{}, fmt.Errorf("%s is %v, which is no term", key, r.Value)
	}
	d, err := s.end(from, r.Value, r.Bound, r.Back)
	if err != nil {
		return Deadline{}, err
	}
	d.Versions = append([]string{r.Version}, d.Versions...)
	return d, nil
}

// End is when a term that begins at an instant is over, for a term that no
// rule sets, like one that a contract names. It is counted as Deadline counts.
func (s Set) End(from time.Time, term Value) (Deadline, error) {
	if err := term.Validate(); err != nil {
		return Deadline{}, err
	}
	if !term.Term() {
		return Deadline{}, fmt.Errorf("%v is no term", term)
	}
	return s.end(from, term, Free, false)
}

// Later is the instant that lies a rule's term after from, at the same hour:
// for what simply lasts so long and nobody has to be in time for. Working days
// end with the last of them at the close of business.
func (s Set) Later(from time.Time, key string) (time.Time, error) {
	r, err := s.Rule(key)
	if err != nil {
		return time.Time{}, err
	}
	n := int(r.Value.Amount)
	switch r.Value.Unit {
	case Days:
		return from.AddDate(0, 0, n), nil
	case Months:
		return from.AddDate(0, n, 0), nil
	case Years:
		return from.AddDate(n, 0, 0), nil
	case Workdays:
		d, err := s.end(from, r.Value, r.Bound, false)
		return d.At, err
	case PPM, Count, Fen, Minute, Choice:
	}
	return time.Time{}, fmt.Errorf("%s is %v, which is no term", key, r.Value)
}

func (s Set) end(from time.Time, term Value, bound Bound, back bool) (Deadline, error) {
	first, err := s.Rule(keyFirst)
	if err != nil {
		return Deadline{}, err
	}
	closing, err := s.Rule(keyClose)
	if err != nil {
		return Deadline{}, err
	}
	w := walk{c: s.book.calendar, v: view{ownOff: bound == Floor || bound == Free, ownWork: bound == Ceiling || bound == Free}}
	begin := DayOf(from)
	if !begin.Valid() {
		return Deadline{}, fmt.Errorf("a term cannot begin in the year %d", from.Year())
	}
	versions := []string{closing.Version, w.c.Version()}
	var day Day
	switch {
	case back:
		day = w.backTo(begin, term)
	default:
		if first.Value.Choice == "next_workday" && bound != Ceiling && bound != Fixed {
			begin = w.settle(begin+1, 1) - 1
		}
		versions = append(versions, first.Version)
		day = w.forward(begin, term)
	}
	slices.Sort(versions)
	t := day.utc()
	at := time.Date(t.Year(), t.Month(), t.Day(), 0, int(closing.Value.Amount), 0, 0, Shanghai())
	return Deadline{At: at, Last: day, Unknown: w.years(), Versions: versions}, nil
}

// forward is the last day of a term that begins on a day, which is not counted.
func (w *walk) forward(begin Day, term Value) Day {
	n := int(term.Amount)
	switch term.Unit {
	case Workdays:
		return w.add(begin, n)
	case Months:
		return w.settle(begin.addMonths(n), 1)
	case Years:
		return w.settle(begin.addMonths(12*n), 1)
	}
	return w.settle(begin+Day(n), 1)
}

// backTo is the last working day that lies a term or more before an event.
func (w *walk) backTo(event Day, term Value) Day {
	n := -int(term.Amount)
	switch term.Unit {
	case Workdays:
		return w.add(event, n)
	case Months:
		return w.settle(event.addMonths(n), -1)
	case Years:
		return w.settle(event.addMonths(12*n), -1)
	}
	return w.settle(event+Day(n), -1)
}
