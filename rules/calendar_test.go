package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
	"pgregory.net/rapid"
)

// test is what *testing.T and *rapid.T have in common.
type test interface {
	Helper()
	Fatal(args ...any)
}

func load(t test) *Book {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func day(t test, s string) Day {
	t.Helper()
	d, err := ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCalendarAgreesWithASecondSource compares every day with the table that
// lunar-go keeps, which somebody else read from the same notices.
func TestCalendarAgreesWithASecondSource(t *testing.T) {
	c := load(t).Calendar()
	years := c.Years()
	days := 0
	for d := Date(years[0].Year, time.January, 1); d <= Date(years[len(years)-1].Year, time.December, 31); d++ {
		want := !weekend(d)
		if h := HolidayUtil.GetHoliday(d.String()); h != nil {
			want = h.IsWork()
			days++
		}
		if got := c.Works(d); got != want {
			t.Errorf("%v: we work %v, lunar-go says %v", d, got, want)
		}
	}
	if days < 36*len(years) {
		t.Errorf("lunar-go names %d days in %d years: is it older than our last notice?", days, len(years))
	}
}

func TestRealYears(t *testing.T) {
	c := load(t).Calendar()
	for _, e := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-09-30", 1, "2026-10-08"},  // National Day
		{"2026-09-30", 3, "2026-10-10"},  // a Saturday on which one works
		{"2026-02-13", 1, "2026-02-14"},  // the Saturday before Spring Festival
		{"2026-02-14", 1, "2026-02-24"},  // nine days off
		{"2025-01-24", 2, "2025-01-27"},  // Sunday 26 and Monday 27 January are worked on
		{"2025-01-27", 1, "2025-02-05"},  // eight days off
		{"2023-04-28", 3, "2023-05-06"},  // Labour Day, then a Saturday
		{"2022-12-30", 1, "2023-01-03"},  // 31 December is off by the notice for 2023
		{"2020-01-23", 1, "2020-02-03"},  // prolonged by 国办发明电〔2020〕1号
		{"2026-10-10", -3, "2026-09-30"}, // and back
		{"2026-05-01", 0, "2026-05-01"},
	} {
		got, unknown := c.AddWorkdays(day(t, e.from), e.n)
		if got.String() != e.want || unknown != nil {
			t.Errorf("%s and %d working days: %v, unknown %v, want %s", e.from, e.n, got, unknown, e.want)
		}
	}
	if got, _ := c.NthWorkday(day(t, "2026-10-01"), 1); got.String() != "2026-10-08" {
		t.Errorf("the first working day from 1 October 2026 on is %v", got)
	}
	if got, _ := c.NthWorkday(day(t, "2026-10-10"), 1); got.String() != "2026-10-10" {
		t.Errorf("the first working day from 10 October 2026 on is %v", got)
	}
	about := c.About(day(t, "2026-10-10"))
	if !about.Work || !about.MakeUp || !about.Known {
		t.Errorf("10 October 2026: %+v", about)
	}
	if about = c.About(day(t, "2026-10-03")); about.Work || about.Name.English != "National Day" {
		t.Errorf("3 October 2026: %+v", about)
	}
}

func TestYearsThatAreNotPublished(t *testing.T) {
	c := load(t).Calendar()
	for _, e := range []struct {
		from    string
		n       int
		unknown []int
	}{
		{"2026-11-25", 15, nil},
		{"2026-12-18", 1, []int{2027}}, // 21 December: the notice for 2027 may reach back
		{"2026-12-31", 1, []int{2027}},
		{"2027-12-30", 3, []int{2027, 2028}},
		{"2019-12-30", 3, []int{2019}},
	} {
		if _, got := c.AddWorkdays(day(t, e.from), e.n); !slices.Equal(got, e.unknown) {
			t.Errorf("%s and %d: unknown %v, want %v", e.from, e.n, got, e.unknown)
		}
	}
}

func TestCalendarRefuses(t *testing.T) {
	const good = `{"years":[{"year":2026,"notices":[{"number":"n","date":"2025-11-04","url":"u"}],
		"off":[{"name":"元旦","en":"New Year's Day","from":"2026-01-01","to":"2026-01-03"}],"work":["2026-01-04"]}]}`
	if _, err := newCalendar([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a make-up day in the week":  {`"2026-01-04"`, `"2026-01-05"`},
		"a day that is named twice":  {`"2026-01-04"`, `"2026-01-03"`},
		"a day of another year":      {`"2026-01-04"`, `"2027-01-03"`},
		"a holiday that ends early":  {`"to":"2026-01-03"`, `"to":"2025-12-31"`},
		"an unknown field":           {`"url":"u"`, `"link":"u"`},
		"no notice":                  {`[{"number":"n","date":"2025-11-04","url":"u"}]`, `[]`},
		"what is no day":             {`"2026-01-04"`, `"2026-02-30"`},
		"text after the end":         {`"work":["2026-01-04"]}]}`, `"work":[]}]}{}`},
		"a holiday without a name":   {`"元旦"`, `""`},
		"years that leave a gap out": {`{"years":[`, `{"years":[{"year":2024,"notices":[{"number":"n","date":"2023-11-04","url":"u"}]},`},
	} {
		if _, err := newCalendar([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

var anyDay = rapid.Custom(func(t *rapid.T) Day {
	return Date(2019, time.January, 1) + Day(rapid.IntRange(0, 3700).Draw(t, "days after 2018"))
})

func TestWorkdays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := load(t).Calendar()
		d, n, m := anyDay.Draw(t, "day"), rapid.IntRange(1, 300).Draw(t, "n"), rapid.IntRange(1, 300).Draw(t, "m")
		end, _ := c.AddWorkdays(d, n)
		if !c.Works(end) {
			t.Fatalf("%v is no working day", end)
		}
		count := 0
		for x := d + 1; x <= end; x++ {
			if c.Works(x) {
				count++
			}
		}
		if count != n {
			t.Fatalf("from %v to %v are %d working days, not %d", d, end, count, n)
		}
		further, _ := c.AddWorkdays(end, m)
		if all, _ := c.AddWorkdays(d, n+m); all != further {
			t.Fatalf("%d and then %d working days end on %v, together on %v", n, m, further, all)
		}
		back, _ := c.AddWorkdays(end+1, -n)
		if back <= d || !c.Works(back) {
			t.Fatalf("%d working days before the day after %v is %v", n, end, back)
		}
	})
}

func TestDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := first + Day(rapid.IntRange(0, int(last-first)).Draw(t, "day"))
		if back, err := ParseDay(d.String()); err != nil || back != d {
			t.Fatalf("%d is %v and then %d: %v", d, d, back, err)
		}
		if DayOf(d.Begin()) != d || DayOf(d.Begin().Add(-time.Nanosecond)) != d-1 {
			t.Fatalf("%v does not begin at %v", d, d.Begin())
		}
		text, _ := d.MarshalText()
		var read Day
		if err := read.UnmarshalText(text); err != nil || read != d {
			t.Fatalf("%q is read as %v: %v", text, read, err)
		}
		n := rapid.IntRange(-240, 240).Draw(t, "months")
		was, is := d.utc(), d.addMonths(n).utc()
		if months := (is.Year()-was.Year())*12 + int(is.Month()-was.Month()); months != n {
			t.Fatalf("%d months after %v is %v", n, d, d.addMonths(n))
		}
		if is.Day() != was.Day() && (is.Day() > was.Day() || (d.addMonths(n)+1).utc().Day() != 1) {
			t.Fatalf("%d months after %v is %v, neither the same day nor the last", n, d, d.addMonths(n))
		}
	})
	for _, s := range []string{"", "2026-13-01", "1899-12-31", "2200-01-01", "26-1-1", "２０２６-01-01"} {
		if d, err := ParseDay(s); err == nil {
			t.Errorf("%q is read as %v", s, d)
		}
	}
	if got := DayOf(time.Date(2026, 3, 31, 16, 0, 0, 0, time.UTC)); got.String() != "2026-04-01" {
		t.Errorf("16:00 UTC is %v in Shanghai", got)
	}
}
