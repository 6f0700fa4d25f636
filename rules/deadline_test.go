package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t test, b *Book, region, on string) Set {
	t.Helper()
	s, err := b.In(region, day(t, on))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instant(t test, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, Shanghai())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestDeadlines(t *testing.T) {
	b := load(t)
	for _, e := range []struct {
		region, from, key, want string
		unknown                 []int
	}{
		{"CN", "2023-04-23 09:00", "challenge-notice", "2023-04-28 17:00", nil}, // 自次日起算, 24 to 28 April
		{"CN", "2023-04-28 23:59", "contact-answer", "2023-05-06 17:00", nil},   // a Saturday on which one works
		{"CN", "2023-09-15 10:00", "notice-price", "2023-10-07 17:00", nil},     // the last day was off
		{"CN", "2026-03-02 10:00", "notice-price", "2026-03-17 17:00", nil},
		{"CN", "2024-11-30 10:00", "licence-filing", "2025-02-28 17:00", nil}, // no 30 February
		{"CN", "2025-07-01 10:00", "licence-filing", "2025-10-09 17:00", nil}, // National Day
		{"CN-BJ", "2025-02-28 10:00", "exploit-clock", "2026-02-28 17:00", nil},
		{"CN-BJ", "2025-04-05 10:00", "exploit-clock", "2026-04-07 17:00", nil}, // Qingming
		{"CN-BJ", "2026-04-07 09:00", "safety-apply", "2026-03-09 17:00", nil},  // 20 working days before
		{"CN", "2026-04-07 09:00", "safety-apply", "2026-03-18 17:00", nil},     // 20 days before
		{"CN", "2026-10-24 09:00", "safety-apply", "2026-09-30 17:00", nil},     // 4 October is off: before the holidays
		{"CN", "2026-12-10 09:00", "notice-price", "2026-12-25 17:00", []int{2027}},
		{"CN", "2026-12-31 09:00", "contact-answer", "2027-01-05 17:00", []int{2027}},
	} {
		s := at(t, b, e.region, e.from[:10])
		d, err := s.Deadline(instant(t, e.from), e.key)
		if err != nil {
			t.Fatal(err)
		}
		if !d.At.Equal(instant(t, e.want)) || !slices.Equal(d.Unknown, e.unknown) || d.Provisional() != (e.unknown != nil) {
			t.Errorf("%s from %s in %s: %v, unknown %v, want %s", e.key, e.from, e.region, d.At, d.Unknown, e.want)
		}
		if len(d.Versions) < 3 || !strings.HasPrefix(d.Versions[0], e.key+"@") || !slices.Contains(d.Versions, b.Calendar().Version()) {
			t.Errorf("%s: versions %q", e.key, d.Versions)
		}
	}
	if _, err := at(t, b, "CN", "2026-11-25").Deadline(instant(t, "2026-11-25 09:00"), "reward-transfer"); err == nil {
		t.Error("a share is taken for a term")
	}
	end, err := at(t, b, "CN", "2026-03-02").End(instant(t, "2026-03-02 09:00"), Value{Amount: 5, Unit: Workdays})
	if err != nil || end.Last.String() != "2026-03-09" {
		t.Errorf("five working days: %v, %v", end.Last, err)
	}
	if _, err := at(t, b, "CN", "2026-03-02").End(instant(t, "2026-03-02 09:00"), Value{Unit: Workdays}); err == nil {
		t.Error("a term of no days is taken")
	}
}

func TestEndOfDay(t *testing.T) {
	late := load(t).With(Overlay{Values: []Own{{Key: "deadline-close", From: day(t, "2026-01-01"), Value: &Value{Amount: 1440, Unit: Minute}}}})
	d, err := at(t, late, "CN", "2026-03-02").Deadline(instant(t, "2026-03-02 09:00"), "contact-answer")
	if err != nil || !d.At.Equal(instant(t, "2026-03-06 00:00")) || d.Last.String() != "2026-03-05" {
		t.Errorf("24:00 on the last day is %v of %v: %v", d.At, d.Last, err)
	}
}

// TestFirstDay is the university that lets terms run from a working day.
func TestFirstDay(t *testing.T) {
	b := load(t).With(Overlay{Values: []Own{{Key: "count-first", From: day(t, "2026-01-01"), Value: &Value{Unit: Choice, Choice: "next_workday"}}}})
	for key, want := range map[string]string{
		"notice-price":   "2026-10-22", // from 8 October instead of 1 October
		"licence-filing": "2026-12-30", // a ceiling of the law does not move
	} {
		d, err := at(t, b, "CN", "2026-09-30").Deadline(instant(t, "2026-09-30 09:00"), key)
		if err != nil || d.Last.String() != want {
			t.Errorf("%s ends on %v, want %s: %v", key, d.Last, want, err)
		}
	}
}

// TestOwnDays is that own days neither shorten a floor nor lengthen a ceiling.
func TestOwnDays(t *testing.T) {
	off := OwnDay{Day: day(t, "2026-03-17"), Name: "校庆"}
	work := OwnDay{Day: day(t, "2026-03-14"), Work: true, Name: "补课"}
	b := load(t).With(Overlay{Days: []OwnDay{off, work}})
	if b.Calendar().Version() == load(t).Calendar().Version() {
		t.Error("own days leave the version as it was")
	}
	for _, e := range []struct{ key, from, want string }{
		{"notice-price", "2026-03-02 09:00", "2026-03-18"},   // floor: the day off counts
		{"licence-filing", "2025-12-17 09:00", "2026-03-17"}, // ceiling: it does not
		{"contact-answer", "2026-03-12 09:00", "2026-03-16"}, // default: the Saturday is worked on
		{"notice-price", "2026-02-27 09:00", "2026-03-16"},   // floor: the Saturday is no end
	} {
		d, err := at(t, b, "CN", e.from[:10]).Deadline(instant(t, e.from), e.key)
		if err != nil || d.Last.String() != e.want {
			t.Errorf("%s from %s ends on %v, want %s: %v", e.key, e.from, d.Last, e.want, err)
		}
	}
	if about := b.Calendar().About(off.Day); about.Work || !about.Own || about.Name.Chinese != "校庆" {
		t.Errorf("the own day: %+v", about)
	}
}

func TestDeadlineProperties(t *testing.T) {
	keys := []string{}
	for _, r := range at(t, load(t), "CN-BJ", "2026-01-01").Rules() {
		if r.Value.Term() && r.Value.Amount < 60 && !r.Back {
			keys = append(keys, r.Key)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := load(t)
		s, err := b.In("CN-BJ", Date(2026, time.January, 1))
		if err != nil {
			t.Fatal(err)
		}
		from := anyDay.Draw(t, "day").Begin().Add(time.Duration(rapid.IntRange(0, 86399).Draw(t, "second")) * time.Second)
		key := rapid.SampledFrom(keys).Draw(t, "key")
		d, err := s.Deadline(from, key)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Calendar().Works(d.Last) {
			t.Fatalf("%s from %v ends on %v, which is off", key, from, d.Last)
		}
		if !d.At.After(from) || DayOf(d.At.Add(-time.Second)) != d.Last {
			t.Fatalf("%s from %v ends at %v, the last day is %v", key, from, d.At, d.Last)
		}
		r, _ := s.Rule(key)
		if r.Value.Unit == Days && d.Last < DayOf(from)+Day(r.Value.Amount) {
			t.Fatalf("%s from %v ends on %v, too soon", key, from, d.Last)
		}
		again, _ := s.Deadline(from.In(time.UTC), key)
		if !again.At.Equal(d.At) || !slices.Equal(again.Versions, d.Versions) {
			t.Fatalf("%s from %v ends at %v and in UTC at %v", key, from, d.At, again.At)
		}
		if later, _ := s.Deadline(from.Add(24*time.Hour), key); later.At.Before(d.At) {
			t.Fatalf("%s from a day after %v ends sooner", key, from)
		}
	})
}

func TestUnknown(t *testing.T) {
	b := load(t)
	var unknown *UnknownError
	if _, err := b.In("CN-XX", day(t, "2026-01-01")); !errors.As(err, &unknown) || unknown.What != "region" || len(unknown.Known) != 2 {
		t.Errorf("a region that is not recorded: %v", err)
	}
	if _, err := at(t, b, "CN", "2026-01-01").Rule("no-such"); !errors.As(err, &unknown) || unknown.What != "key" {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := at(t, b, "CN", "2026-01-01").Rule("exploit-clock"); !errors.As(err, &unknown) || unknown.What != "key" {
		t.Errorf("a rule of Beijing asked for elsewhere: %v", err)
	}
	if _, err := at(t, b, "CN-BJ", "2019-12-31").Rule("exploit-clock"); !errors.As(err, &unknown) || unknown.What != "date" || unknown.Known[0] != "2020-01-01" {
		t.Errorf("a day before the rule: %v", err)
	}
	if _, err := b.In("CN", 0); err == nil {
		t.Error("no day is taken for one")
	}
}
