// Package rules holds the dated rules that processes are run by: how long a
// notice hangs, how soon a first answer is due, what share is the least; each
// with region, validity and clause. It knows the working days of China and
// computes the ends of terms. The base is embedded; what a university decides
// for itself is handed in as an Overlay and can only be stricter where the law
// sets a floor.
package rules

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // deadlines are in the time of Shanghai, also where the machine has no zone data
)

// Day is a day of the calendar, counted from 1 January of year 1, which is 1.
// No day is 0. Days can be compared and added to.
type Day int

const unixDay = 719163 // 1 January 1970

// first and last are the days that can be written: the years 1900 to 2199.
var first, last = Date(1900, time.January, 1), Date(2199, time.December, 31)

// Shanghai is the zone of every deadline.
var Shanghai = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err) // embedded: cannot be missing in a build that passed
	}
	return zone
})

// Date is the day with that year, month and day of the month.
func Date(year int, month time.Month, day int) Day {
	return Day(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), 86400) + unixDay)
}

// DayOf is the day in Shanghai at an instant.
func DayOf(t time.Time) Day {
	t = t.In(Shanghai())
	return Date(t.Year(), t.Month(), t.Day())
}

// ParseDay reads 2026-11-25, between the years 1900 and 2199.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day: write YYYY-MM-DD", s)
	}
	if d := Date(t.Year(), t.Month(), t.Day()); d >= first && d <= last {
		return d, nil
	}
	return 0, fmt.Errorf("%q is out of range: a day is between 1900-01-01 and 2199-12-31", s)
}

// Valid reports whether the day is between the years 1900 and 2199.
func (d Day) Valid() bool { return d >= first && d <= last }

// utc is the beginning of the day in UTC, to read its parts from.
func (d Day) utc() time.Time { return time.Unix(int64(d-unixDay)*86400, 0).UTC() }

// Begin is the first instant of the day in Shanghai.
func (d Day) Begin() time.Time {
	t := d.utc()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, Shanghai())
}

// Year is the year that the day is in.
func (d Day) Year() int { return d.utc().Year() }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// String is 2026-11-25, and empty for no day.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes 2026-11-25, and nothing for no day.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2026-11-25, and no day from an empty text.
func (d *Day) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDay(string(text))
	return err
}

// addMonths is the corresponding day n months later, or the last day of that
// month where it has none (民法典 第二百零二条).
func (d Day) addMonths(n int) Day {
	t := d.utc()
	end := Date(t.Year(), t.Month()+time.Month(n)+1, 1) - 1
	return min(end, end-Day(end.utc().Day())+Day(t.Day()))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
