package rules

// Finding is what somebody should look at.
type Finding struct {
	Fault bool   // it is wrong; else it is good to know
	Code  string // ignored, key, year, next, day, unverified
	Key   string // of the rule, where it is about one
	Day   Day    // from which, or which
	Rule  Rule   // that is in force, for ignored and unverified
	Value Value  // that is not, for ignored
}

// Check looks at what the university decided and at the calendar, as they are
// on a day; Load has checked the rules as they were delivered. The region is
// that of the day.
func (b *Book) Check(today Day) ([]Finding, error) {
	set, err := b.At(today)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, own := range b.overlay.Values {
		if len(b.rules[own.Key]) == 0 {
			out = append(out, Finding{Fault: true, Code: "key", Key: own.Key, Day: own.From})
			continue
		}
		if then, err := b.In(set.region, max(own.From, today)); err == nil {
			if r, err := then.Rule(own.Key); err == nil && r.Ignored != nil && r.Ignored.From == own.From {
				out = append(out, Finding{Fault: true, Code: "ignored", Key: own.Key, Day: own.From, Rule: r, Value: *r.Ignored.Value})
			}
		}
	}
	years := b.calendar.years
	last := years[len(years)-1].Year
	switch {
	case !b.calendar.Known(today):
		out = append(out, Finding{Fault: true, Code: "year", Day: today})
	case last == today.Year():
		out = append(out, Finding{Code: "next", Day: Date(last+1, 1, 1)})
	}
	for _, own := range b.calendar.OwnDays() {
		if own.Day >= today && !b.calendar.Known(own.Day) {
			out = append(out, Finding{Code: "day", Day: own.Day})
		}
	}
	for _, r := range set.Rules() {
		if r.Unverified {
			out = append(out, Finding{Code: "unverified", Key: r.Key, Rule: r})
		}
	}
	return out, nil
}
