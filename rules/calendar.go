package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Text is a text in the two languages.
type Text struct {
	Chinese string `json:"zh-CN"`
	English string `json:"en"`
}

// In is the text in a language, "zh-CN" or "en": Chinese where English lacks.
func (t Text) In(lang string) string {
	if lang == "en" && t.English != "" {
		return t.English
	}
	return t.Chinese
}

// Year is the arrangement of public holidays of a year, as the notices of the
// General Office of the State Council (国务院办公厅) give it.
type Year struct {
	Year    int       `json:"year"`
	Notices []Notice  `json:"notices"`
	Off     []Holiday `json:"off"`
	Work    []Day     `json:"work"` // make-up days (调休), on which one works although it is a weekend
}

// Notice is the official notice that dates were taken from.
type Notice struct {
	Number string `json:"number"`
	Date   Day    `json:"date"`
	URL    string `json:"url"`
}

// Holiday is a run of days off, its weekend days included.
type Holiday struct {
	Name    string `json:"name"`
	English string `json:"en"`
	From    Day    `json:"from"`
	To      Day    `json:"to"` // the last day off
}

// OwnDay is a day that a university has off, or works on, by itself.
type OwnDay struct {
	Day  Day
	Work bool // it is worked on; else it is off
	Name string
}

// Calendar tells working days from others. Its years are known from official
// notices; in others, weekends alone are taken as off and everything that was
// computed from them says so.
type Calendar struct {
	years   []Year // in order, without a gap
	public  map[Day]special
	own     map[Day]OwnDay
	version string
}

type special struct {
	off  bool
	name Text
}

// About is what the calendar says about a day.
type About struct {
	Day    Day
	Work   bool
	Name   Text // of the holiday or the own day; empty on others
	MakeUp bool // a weekend day that is worked on by an official notice
	Own    bool // by the university's own decision
	Known  bool // the official notice for the day is known
}

// reach is how far before a year its notice can change days: that for 2019
// (国办发明电〔2018〕15号) reached back to 29 December, and some days are added
// for safety.
const reach = 11

func newCalendar(raw []byte) (*Calendar, error) {
	var file struct {
		Years []Year `json:"years"`
	}
	if err := strict(raw, &file); err != nil {
		return nil, err
	}
	c := &Calendar{years: file.Years, public: map[Day]special{}}
	if len(c.years) == 0 {
		return nil, fmt.Errorf("no year is known")
	}
	for i, y := range c.years {
		if i > 0 && y.Year != c.years[i-1].Year+1 {
			return nil, fmt.Errorf("the year %d follows %d: years must follow one another", y.Year, c.years[i-1].Year)
		}
		if err := c.add(y); err != nil {
			return nil, fmt.Errorf("the year %d: %w", y.Year, err)
		}
	}
	c.stamp()
	return c, nil
}

// add puts the days of a year in.
func (c *Calendar) add(y Year) error {
	if len(y.Notices) == 0 {
		return fmt.Errorf("no notice is named")
	}
	begin, end := Date(y.Year, time.January, 1)-reach, Date(y.Year, time.December, 31)
	put := func(d Day, s special) error {
		if _, twice := c.public[d]; twice {
			return fmt.Errorf("%v is named twice", d)
		}
		if d < begin || d > end {
			return fmt.Errorf("%v is not in the year", d)
		}
		c.public[d] = s
		return nil
	}
	for _, h := range y.Off {
		if h.Name == "" || h.English == "" || h.To < h.From {
			return fmt.Errorf("the holiday %q from %v to %v is not complete", h.Name, h.From, h.To)
		}
		for d := h.From; d <= h.To; d++ {
			if err := put(d, special{off: true, name: Text{h.Name, h.English}}); err != nil {
				return err
			}
		}
	}
	for _, d := range y.Work {
		if !weekend(d) {
			return fmt.Errorf("%v is worked on anyway: a make-up day is a Saturday or Sunday", d)
		}
		if err := put(d, special{}); err != nil {
			return err
		}
	}
	return nil
}

// stamp makes the version: the last known year and a digest of all days.
func (c *Calendar) stamp() {
	own := make([]OwnDay, 0, len(c.own))
	for _, d := range c.own {
		own = append(own, d)
	}
	slices.SortFunc(own, func(a, b OwnDay) int { return int(a.Day - b.Day) })
	c.version = fmt.Sprintf("calendar@%d/%s", c.years[len(c.years)-1].Year, digest(c.years, own))
}

// with is the calendar together with a university's own days.
func (c *Calendar) with(own []OwnDay) *Calendar {
	out := &Calendar{years: c.years, public: c.public, own: map[Day]OwnDay{}}
	for _, d := range own {
		out.own[d.Day] = d
	}
	out.stamp()
	return out
}

// Version names the state of the calendar: calendar@2026/1a2b3c4d5e6f.
func (c *Calendar) Version() string { return c.version }

// Years are the years whose official notices are known, in order.
func (c *Calendar) Years() []Year { return slices.Clone(c.years) }

// OwnDays are the university's own days, in order.
func (c *Calendar) OwnDays() []OwnDay {
	own := make([]OwnDay, 0, len(c.own))
	for _, d := range c.own {
		own = append(own, d)
	}
	slices.SortFunc(own, func(a, b OwnDay) int { return int(a.Day - b.Day) })
	return own
}

// Known reports whether the official notice for a day is known. The last days
// before a year belong to its notice, too.
func (c *Calendar) Known(d Day) bool {
	from := Date(c.years[0].Year, time.January, 1)
	through := Date(c.years[len(c.years)-1].Year, time.December, 31) - reach
	return d >= from && d <= through
}

// About is what is known about a day.
func (c *Calendar) About(d Day) About {
	a := About{Day: d, Work: c.works(d, everything), Known: c.Known(d)}
	if s, there := c.public[d]; there {
		a.Name, a.MakeUp = s.name, !s.off
	}
	if own, there := c.own[d]; there {
		a.Name, a.Own, a.MakeUp = Text{own.Name, own.Name}, true, false
	}
	return a
}

// view says which own days count: a floor of the law may not be shortened by
// own days that are worked on, nor a ceiling lengthened by own days off.
type view struct{ ownOff, ownWork bool }

var everything = view{ownOff: true, ownWork: true}

func (c *Calendar) works(d Day, v view) bool {
	if own, there := c.own[d]; there && (own.Work && v.ownWork || !own.Work && v.ownOff) {
		return own.Work
	}
	if s, there := c.public[d]; there {
		return !s.off
	}
	return !weekend(d)
}

// Works reports whether a day is a working day, the university's own days
// included.
func (c *Calendar) Works(d Day) bool { return c.works(d, everything) }

// AddWorkdays is the n-th working day after d, or before it for a negative n;
// d itself is not counted. For 0 it is d. The years are those that were looked
// at and whose arrangement is not known.
func (c *Calendar) AddWorkdays(d Day, n int) (Day, []int) {
	w := walk{c: c, v: everything}
	return w.add(d, n), w.years()
}

// NthWorkday is the n-th working day from d on, d included, for n of at least 1.
// The years are those that were looked at and whose arrangement is not known.
func (c *Calendar) NthWorkday(d Day, n int) (Day, []int) { return c.AddWorkdays(d-1, n) }

// walk goes over days and remembers the years that it knew nothing about.
type walk struct {
	c       *Calendar
	v       view
	unknown map[int]bool
}

func (w *walk) works(d Day) bool {
	if !w.c.Known(d) {
		if w.unknown == nil {
			w.unknown = map[int]bool{}
		}
		year := d.Year()
		if last := w.c.years[len(w.c.years)-1].Year; year == last {
			year++ // it is the notice of the next year that may change these days
		}
		w.unknown[year] = true
	}
	return w.c.works(d, w.v)
}

// add is the n-th working day after d, before it for a negative n.
func (w *walk) add(d Day, n int) Day {
	step := Day(1)
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		if d += step; w.works(d) {
			n--
		}
	}
	return d
}

// settle is d, or the next working day in the direction of step where d is off.
func (w *walk) settle(d, step Day) Day {
	for !w.works(d) {
		d += step
	}
	return d
}

func (w *walk) years() []int {
	var out []int
	for y := range w.unknown {
		out = append(out, y)
	}
	slices.Sort(out)
	return out
}

func weekend(d Day) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// digest is the beginning of the SHA-256 of the values as JSON: enough to tell
// versions of a rule apart.
func digest(values ...any) string {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(values); err != nil {
		panic(err) // strings, numbers and days alone
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
