package catalog

import (
	"fmt"
	"time"
)

// Date is a day, a month or a year, as precise as its source was.
type Date struct {
	Year, Month, Day int // Month and Day are 0 when not known
}

// IsZero reports whether no date is known.
func (d Date) IsZero() bool { return d == Date{} }

// String is 2022-03-01, 2022-03 or 2022, and empty for no date.
func (d Date) String() string {
	switch {
	case d.Year == 0:
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// End is the first instant after the date in loc: a need valid until a day is
// valid for the whole of it.
func (d Date) End(loc *time.Location) time.Time {
	switch {
	case d.Month == 0:
		return time.Date(d.Year+1, 1, 1, 0, 0, 0, 0, loc)
	case d.Day == 0:
		return time.Date(d.Year, time.Month(d.Month)+1, 1, 0, 0, 0, 0, loc)
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, loc)
}

// Valid reports whether the date is in the calendar and between 1900 and 2199.
func (d Date) Valid() bool {
	if d.Year < 1900 || d.Year > 2199 || d.Month < 0 || d.Month > 12 || d.Day < 0 || (d.Month == 0 && d.Day != 0) {
		return false
	}
	if d.Day == 0 {
		return true
	}
	t := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
	return t.Day() == d.Day && int(t.Month()) == d.Month
}
