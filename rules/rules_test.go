package rules

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

// TestNumbers is the numbers of the design, each with its source.
func TestNumbers(t *testing.T) {
	b := load(t)
	for _, e := range []struct{ region, key, number, value, source string }{
		{"CN", "notice-price", "R3", "15 day", "G16"},
		{"CN-BJ", "notice-price", "R3", "15 day", "G16"},
		{"CN", "reward-transfer", "R6", "500000 ppm", "L1"},
		{"CN-BJ", "reward-transfer", "R6", "500000 ppm", "L1"},
		{"CN-BJ", "reward-transfer-option", "R7", "700000 ppm", "L2"},
		{"CN-BJ", "exploit-clock", "R10", "1 year", "L2"},
		{"CN-BJ", "registration-decision", "R23", "30 day", "L6"},
		{"CN-BJ", "reward-service", "R24", "200000 ppm", "L6"},
		{"CN", "patent-term-design", "R19", "15 year", "L4"},
		{"CN", "prize-invention", "R21", "400000 fen", "L5"},
		{"CN", "safety-apply", "R36", "20 day", "L12"},
		{"CN-BJ", "safety-apply", "R36", "20 workday", "L13"},
		{"CN", "contact-answer", "", "3 workday", "E"},
		{"CN", "deadline-close", "", "1020 minute", "L3"},
		{"CN", "office-region", "", "CN", "E"},
	} {
		r, err := at(t, b, e.region, "2026-11-25").Rule(e.key)
		if err != nil || r.Number != e.number || r.Value.String() != e.value || r.Source.ID != e.source {
			t.Errorf("%s in %s is %v of %s by %s: %v", e.key, e.region, r.Value, r.Number, r.Source.ID, err)
		}
		if !regexp.MustCompile(`^` + regexp.QuoteMeta(e.key) + `@\d{4}-\d\d-\d\d/[0-9a-f]{12}$`).MatchString(r.Version) {
			t.Errorf("the version %q", r.Version)
		}
	}
}

func TestOwnValues(t *testing.T) {
	ten := func(n int64, u Unit) *Value { return &Value{Amount: n, Unit: u} }
	for _, e := range []struct {
		key     string
		value   *Value
		allowed bool
	}{
		{"notice-price", ten(15, Workdays), true},
		{"notice-price", ten(20, Days), true},
		{"notice-price", ten(14, Days), false},
		{"notice-price", ten(14, Workdays), false}, // nearly always longer than 15 days, but not by rule
		{"notice-price", ten(1, Months), false},    // not comparable
		{"notice-price", ten(600000, PPM), false},
		{"reward-transfer", ten(700000, PPM), true},
		{"reward-transfer", ten(499999, PPM), false},
		{"reward-transfer", ten(1000001, PPM), false},
		{"licence-filing", ten(2, Months), true},
		{"licence-filing", ten(4, Months), false},
		{"evaluation-answer", ten(10, Days), true},
		{"evaluation-answer", ten(11, Workdays), false},
		{"patent-term-design", ten(16, Years), false},
		{"contact-answer", ten(1, Workdays), true},
		{"contact-answer", ten(0, Workdays), false},
		{"deadline-close", ten(1440, Minute), true},
		{"deadline-close", ten(1441, Minute), false},
		{"count-first", &Value{Unit: Choice, Choice: "next_workday"}, true},
		{"notice-resume", &Value{Unit: Choice, Choice: "remaining"}, true},
		{"notice-resume", &Value{Unit: Choice, Choice: "never"}, false},
		{"no-such", ten(1, Days), false},
		{"exploit-clock", ten(1, Years), false}, // it is Beijing's
		{"notice-price", nil, true},             // taking back
	} {
		b := load(t)
		own := Own{Key: e.key, From: day(t, "2026-12-01"), Value: e.value}
		err := b.Permit("CN", own)
		if (err == nil) != e.allowed {
			t.Errorf("%s as %v: %v", e.key, e.value, err)
		}
		if err != nil || e.value == nil {
			continue
		}
		with := b.With(Overlay{Values: []Own{own}})
		before, _ := at(t, with, "CN", "2026-11-30").Rule(e.key)
		after, _ := at(t, with, "CN", "2026-12-01").Rule(e.key)
		if before.Own != nil || after.Own == nil || after.Value.String() != e.value.String() || after.Version == before.Version ||
			!strings.HasPrefix(after.Version, e.key+"@2026-12-01/") {
			t.Errorf("%s as %v: %v and then %v (%s)", e.key, e.value, before.Value, after.Value, after.Version)
		}
	}
}

func TestOwnValuesInTurn(t *testing.T) {
	v := func(n int64) *Value { return &Value{Amount: n, Unit: Workdays} }
	b := load(t).With(Overlay{Values: []Own{
		{Key: "contact-answer", From: day(t, "2026-12-01"), Value: v(4)},
		{Key: "contact-answer", From: day(t, "2026-12-20"), Value: v(6)},
		{Key: "contact-answer", From: day(t, "2026-12-10"), Value: v(5)},
		{Key: "contact-answer", From: day(t, "2026-12-20"), Value: v(7)}, // decided later for the same day
		{Key: "contact-answer", From: day(t, "2026-12-30")},              // taken back
	}})
	for on, want := range map[string]int64{"2026-11-30": 3, "2026-12-01": 4, "2026-12-10": 5, "2026-12-20": 7, "2026-12-30": 3} {
		if r, err := at(t, b, "CN", on).Rule("contact-answer"); err != nil || r.Value.Amount != want {
			t.Errorf("on %s: %v, want %d: %v", on, r.Value, want, err)
		}
	}
	var days []string
	for _, c := range at(t, b, "CN", "2026-12-05").Changes() {
		days = append(days, c.On.String()+" "+c.Rule.Value.String())
	}
	if got := strings.Join(days, "; "); got != "2026-12-10 5 workday; 2026-12-20 7 workday; 2026-12-30 3 workday" {
		t.Errorf("what changes after 5 December: %s", got)
	}
}

// TestTheLawOvertakes is a university's value that was allowed and is no longer:
// the law is in force, and the rule says so.
func TestTheLawOvertakes(t *testing.T) {
	b := load(t).With(Overlay{Values: []Own{{Key: "notice-price", From: day(t, "2026-01-01"), Value: &Value{Amount: 10, Unit: Days}}}})
	r, err := at(t, b, "CN", "2026-11-25").Rule("notice-price")
	base, _ := at(t, load(t), "CN", "2026-11-25").Rule("notice-price")
	if err != nil || r.Own != nil || r.Ignored == nil || r.Version != base.Version {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRegionOfTheOffice(t *testing.T) {
	b := load(t)
	if s, err := b.At(day(t, "2026-11-25")); err != nil || s.Region().Code != "CN" {
		t.Errorf("at first the rules are those of %v: %v", s.Region(), err)
	}
	b = b.With(Overlay{Values: []Own{{Key: "office-region", From: day(t, "2026-11-25"), Value: &Value{Unit: Choice, Choice: "CN-BJ"}}}})
	if s, err := b.At(day(t, "2019-06-01")); err != nil || s.Region().Code != "CN" {
		t.Errorf("long before: %v, %v", s.Region(), err)
	}
	s, err := b.At(day(t, "2026-11-25"))
	if err != nil || s.Region().Code != "CN-BJ" || s.Region().Name.English != "Beijing" {
		t.Fatalf("then those of %v: %v", s.Region(), err)
	}
	if r, err := s.Rule("office-region"); err != nil || len(r.Value.Of) != 2 || r.Value.Validate() != nil {
		t.Errorf("the choices are gone: %v, %v", r.Value, err)
	}
}

// TestNeverLooser is that no value whatever makes a floor lower or a ceiling
// higher, whether it was permitted or slipped in.
func TestNeverLooser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := load(t)
		key := rapid.SampledFrom(b.Keys()).Draw(t, "key")
		units := []Unit{Days, Workdays, Months, Years, PPM, Count, Fen, Minute}
		v := Value{Amount: rapid.Int64Range(0, 60).Draw(t, "amount"), Unit: rapid.SampledFrom(units).Draw(t, "unit")}
		on := Date(2026, 11, 25)
		base, err := Set{b, "CN-BJ", on}.Rule(key)
		if err != nil {
			return
		}
		own := Own{Key: key, From: on - Day(rapid.IntRange(0, 400).Draw(t, "days before")), Value: &v}
		got, err := Set{b.With(Overlay{Values: []Own{own}}), "CN-BJ", on}.Rule(key)
		if err != nil {
			t.Fatal(err)
		}
		atLeast := got.Value.Unit == base.Value.Unit || base.Value.Unit == Days && got.Value.Unit == Workdays
		atMost := got.Value.Unit == base.Value.Unit || base.Value.Unit == Workdays && got.Value.Unit == Days
		switch base.Bound {
		case Floor:
			if got.Value.Amount < base.Value.Amount || !atLeast {
				t.Fatalf("%s: %v instead of %v", key, got.Value, base.Value)
			}
		case Ceiling:
			if got.Value.Amount > base.Value.Amount || !atMost {
				t.Fatalf("%s: %v instead of %v", key, got.Value, base.Value)
			}
		case Fixed:
			if got.Value.String() != base.Value.String() {
				t.Fatalf("%s: %v instead of %v", key, got.Value, base.Value)
			}
		case Free:
		}
		if again, _ := (Set{b, "CN-BJ", on}).Rule(key); again.Version != base.Version {
			t.Fatalf("%s has two versions", key)
		}
	})
}

func TestDataFilesAreChecked(t *testing.T) {
	calendar, err := data.ReadFile("data/calendar.json")
	if err != nil {
		t.Fatal(err)
	}
	const rule = `{"key":"%KEY","name":{"zh-CN":"名","en":"name"},"says":{"zh-CN":"文","en":"text"},"value":%VALUE,"bound":"min","from":"%FROM","source":"L","article":"一"}`
	one := func(key, value, from string) string {
		return strings.NewReplacer("%KEY", key, "%VALUE", value, "%FROM", from).Replace(rule)
	}
	choice := `{"unit":"choice","choice":"a","of":["a"]}`
	always := one("office-region", choice, "2020-01-01") + "," + one("count-first", choice, "2020-01-01") + "," + one("deadline-close", choice, "2020-01-01")
	book := func(national, beijing string) error {
		in := func(region, parent, rules string) []byte {
			return []byte(`{"region":"` + region + `",` + parent + `"name":{"zh-CN":"地","en":"place"},
				"sources":[{"id":"L","name":{"zh-CN":"法","en":"law"},"at":"x"}],"rules":[` + rules + `]}`)
		}
		if national != "" {
			national = "," + national
		}
		_, err := read(fstest.MapFS{
			"data/calendar.json": {Data: calendar},
			"data/a.json":        {Data: in("CN", "", always+national)},
			"data/b.json":        {Data: in("CN-BJ", `"parent":"CN",`, beijing)},
		})
		return err
	}
	five := `{"amount":5,"unit":"day"}`
	if err := book(one("a-b", five, "2020-01-01"), one("a-b", `{"amount":6,"unit":"workday"}`, "2021-01-01")); err != nil {
		t.Fatal(err)
	}
	until := func(s string) string {
		return strings.Replace(one("a-b", five, "2020-01-01"), `"source"`, `"until":"`+s+`","source"`, 1)
	}
	if err := book(until("2020-12-31")+","+one("a-b", five, "2021-01-01"), ""); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]struct{ national, beijing, says string }{
		"an overlap":            {one("a-b", five, "2020-01-01") + "," + one("a-b", five, "2021-01-01"), "", "overlaps"},
		"a gap":                 {until("2020-12-30") + "," + one("a-b", five, "2021-01-01"), "", "nothing is in force from 2020-12-31"},
		"a looser region":       {one("a-b", five, "2020-01-01"), one("a-b", `{"amount":4,"unit":"day"}`, "2021-01-01"), "looser"},
		"an unknown unit":       {one("a-b", `{"amount":5,"unit":"week"}`, "2020-01-01"), "", "unit"},
		"an unknown field":      {strings.Replace(one("a-b", five, "2020-01-01"), `"article"`, `"clause"`, 1), "", "unknown field"},
		"an unknown source":     {strings.Replace(one("a-b", five, "2020-01-01"), `"source":"L"`, `"source":"M"`, 1), "", "not listed"},
		"an unknown bound":      {strings.Replace(one("a-b", five, "2020-01-01"), `"min"`, `"least"`, 1), "", "bound"},
		"a key with capitals":   {one("a-B", five, "2020-01-01"), "", "key"},
		"one language":          {strings.Replace(one("a-b", five, "2020-01-01"), `"en":"text"`, `"en":""`, 1), "", "languages"},
		"a day that is none":    {one("a-b", five, "2020-02-30"), "", "not a day"},
		"no day":                {one("a-b", five, ""), "", "valid until"},
		"an end before":         {until("2019-12-31"), "", "valid until"},
		"other choices":         {one("a-b", choice, "2020-01-01"), one("a-b", `{"unit":"choice","choice":"a","of":["a","b"]}`, "2021-01-01"), "other choices"},
		"a choice that is none": {one("a-b", `{"unit":"choice","choice":"c","of":["a"]}`, "2020-01-01"), "", "choices"},
	} {
		if err := book(e.national, e.beijing); err == nil || !strings.Contains(err.Error(), e.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := read(fstest.MapFS{}); err == nil {
		t.Error("a book without a calendar is taken")
	}
}

func TestBoundError(t *testing.T) {
	var bound *BoundError
	err := load(t).Permit("CN", Own{Key: "notice-price", From: day(t, "2026-12-01"), Value: &Value{Amount: 10, Unit: Days}})
	if !errors.As(err, &bound) || bound.Rule.Key != "notice-price" || bound.Rule.Source.ID != "G16" {
		t.Errorf("%v", err)
	}
}

// TestPermitLooksAhead is a law that is published and begins later: what would
// be looser then is refused now.
func TestPermitLooksAhead(t *testing.T) {
	b := load(t)
	list := slices.Clone(b.rules["notice-price"])
	list[0].Until = day(t, "2026-12-31")
	next := list[0]
	next.From, next.Until, next.Value = day(t, "2027-01-01"), 0, Value{Amount: 20, Unit: Workdays}
	next.stamp()
	rules := maps.Clone(b.rules)
	rules["notice-price"] = append(list, next)
	coming := &Book{regions: b.regions, rules: rules, calendar: b.calendar}
	own := Own{Key: "notice-price", From: day(t, "2026-12-01"), Value: &Value{Amount: 18, Unit: Workdays}}
	var bound *BoundError
	if err := coming.Permit("CN", own); !errors.As(err, &bound) || bound.Rule.From != next.From {
		t.Errorf("18 working days before a law that demands 20: %v", err)
	}
	own.Value = &Value{Amount: 20, Unit: Workdays}
	if err := coming.Permit("CN", own); err != nil {
		t.Error(err)
	}
	if changes := at(t, coming, "CN", "2026-11-25").Changes(); len(changes) != 1 || changes[0].On != next.From || changes[0].Rule.Value.Amount != 20 {
		t.Errorf("what changes: %+v", changes)
	}
}

func TestCheck(t *testing.T) {
	codes := func(b *Book, on string) (faults, notes string) {
		t.Helper()
		found, err := b.Check(day(t, on))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			switch {
			case f.Code == "unverified":
			case f.Fault:
				faults += " " + f.Code
			default:
				notes += " " + f.Code
			}
		}
		return faults, notes
	}
	if faults, notes := codes(load(t), "2025-11-25"); faults != "" || notes != "" {
		t.Errorf("in 2025: %q, %q", faults, notes)
	}
	if faults, notes := codes(load(t), "2026-11-25"); faults != "" || notes != " next" {
		t.Errorf("in 2026: %q, %q", faults, notes)
	}
	if faults, _ := codes(load(t), "2027-01-04"); faults != " year" {
		t.Errorf("in 2027: %q", faults)
	}
	b := load(t).With(Overlay{
		Values: []Own{
			{Key: "notice-price", From: day(t, "2025-06-01"), Value: &Value{Amount: 9, Unit: Days}},
			{Key: "no-such", From: day(t, "2025-06-01"), Value: &Value{Amount: 9, Unit: Days}},
			{Key: "contact-answer", From: day(t, "2025-06-01"), Value: &Value{Amount: 9, Unit: Days}},
		},
		Days: []OwnDay{{Day: day(t, "2027-03-01"), Name: "校庆"}, {Day: day(t, "2026-03-02"), Name: "校庆"}},
	})
	if faults, notes := codes(b, "2025-11-25"); faults != " ignored key" || notes != " day" {
		t.Errorf("with what a university decided: %q, %q", faults, notes)
	}
}

func TestFreeValuesLieWithinTheirSpan(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	day := Date(2026, time.April, 7)
	for _, x := range []struct {
		key string
		v   Value
		may bool
	}{
		{"result-valid", Value{Amount: 2, Unit: Months}, true},
		{"result-valid", Value{Amount: 59, Unit: Days}, false},
		{"result-valid", Value{Amount: 3, Unit: Years}, true},
		{"result-valid", Value{Amount: 37, Unit: Months}, false},
		{"result-valid", Value{Amount: 100, Unit: Workdays}, false},
		{"expiry-remind-first", Value{Amount: 7, Unit: Days}, false},
		{"expiry-remind-last", Value{Amount: 8, Unit: Days}, false},
		{"expiry-remind-last", Value{Amount: 1, Unit: Days}, true},
	} {
		own := Own{Key: x.key, From: day, Value: &x.v, Reason: "试行"}
		if err := b.Permit(National, own); (err == nil) != x.may {
			t.Errorf("%s %v: %v", x.key, x.v, err)
		}
		s, err := b.With(Overlay{Values: []Own{own}}).At(day)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := s.Rule(x.key); err != nil || (r.Own != nil) != x.may || (r.Ignored != nil) == x.may {
			t.Errorf("%s %v: %+v in force, %v", x.key, x.v, r.Value, err)
		}
	}
}

// Whatever a university decides within the spans, the last reminder comes after
// the first and both before the end.
func TestRemindersComeInOrder(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2026, 1, 1, 9, 0, 0, 0, Shanghai()).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "day"))
		var o Overlay
		for _, key := range []string{"expiry-remind-last", "expiry-remind-first", "result-valid", "need-valid"} {
			own := Own{Key: key, From: DayOf(from), Value: &Value{Amount: rapid.Int64Range(1, 1100).Draw(t, key),
				Unit: rapid.SampledFrom([]Unit{Days, Months, Years}).Draw(t, "unit")}}
			if b.Permit(National, own) == nil {
				o.Values = append(o.Values, own)
			}
		}
		s, err := b.With(o).At(DayOf(from))
		if err != nil {
			t.Fatal(err)
		}
		var at []time.Time
		for _, key := range []string{"expiry-remind-last", "expiry-remind-first", "result-valid", "need-valid"} {
			x, err := s.Later(from, key)
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, x)
		}
		if !at[0].Before(at[1]) || !at[1].Before(at[2]) || !at[1].Before(at[3]) {
			t.Fatalf("from %v: %v", from, at)
		}
	})
}
