package rulebook_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/internal/apptest"
	"datai/rulebook"
	"datai/rules"
)

func value(a *apptest.App, key string, n int64, u rules.Unit) rulebook.Proposal {
	return rulebook.Proposal{Value: &rules.Own{Key: key, From: a.Rules.Today(), Value: &rules.Value{Amount: n, Unit: u}, Reason: "试行"}}
}

func inForce(t *testing.T, a *apptest.App, key string) rules.Rule {
	t.Helper()
	book, err := a.Rules.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, err := book.At(a.Rules.Today())
	if err != nil {
		t.Fatal(err)
	}
	r, err := set.Rule(key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAPreviewDecidesNothing(t *testing.T) {
	a := apptest.New(t)
	v, err := a.Rules.Preview(t.Context(), apptest.Officer(), value(a, "contact-answer", 5, rules.Workdays))
	if err != nil {
		t.Fatal(err)
	}
	if v.Before.Value.Amount != 3 || v.After.Value.Amount != 5 || v.Later.Last.String() != "2026-04-14" || v.Sooner.Last.String() != "2026-04-10" {
		t.Errorf("%v to %v, a deadline moves from %v to %v", v.Before.Value, v.After.Value, v.Sooner.Last, v.Later.Last)
	}
	if r := inForce(t, a, "contact-answer"); r.Own != nil {
		t.Errorf("it is in force: %+v", r.Own)
	}
}

func TestWhoMayDecide(t *testing.T) {
	a := apptest.New(t)
	for _, role := range account.Roles() {
		p := account.Principal{Acting: role, Roles: []account.Role{role}}
		_, err := a.Rules.Preview(t.Context(), p, value(a, "contact-answer", 5, rules.Workdays))
		if may := role == account.Officer; (err == nil) != may {
			t.Errorf("%s: %v", role, err)
		}
		if role == account.Officer {
			continue
		}
		if err := a.Rules.Decide(t.Context(), p, value(a, "contact-answer", 5, rules.Workdays)); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s decides: %v", role, err)
		}
		if _, err := a.Rules.Decisions(t.Context(), p); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s sees who decided: %v", role, err)
		}
	}
}

// TestTwoOfficersAtOnce is that of decisions made from the same page one stands.
func TestTwoOfficersAtOnce(t *testing.T) {
	a := apptest.New(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() {
			errs[i] = a.Rules.Decide(t.Context(), apptest.Officer(), value(a, "contact-answer", int64(4+i), rules.Workdays))
		})
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case catalog.CodeOf(err) != catalog.Conflict:
			t.Error(err)
		}
	}
	all, err := a.Rules.Decisions(t.Context(), apptest.Officer())
	if made != 1 || len(all) != 1 || err != nil {
		t.Errorf("%d decided, %d decisions stand: %v", made, len(all), err)
	}
}

func TestWhatTheLawForbidsIsNotDecided(t *testing.T) {
	a := apptest.New(t)
	err := a.Rules.Decide(t.Context(), apptest.Officer(), value(a, "reward-transfer", 400_000, rules.PPM))
	bound, ok := errors.AsType[*rules.BoundError](err)
	if !ok || catalog.CodeOf(err) != catalog.Invalid || bound.Rule.Article == "" {
		t.Errorf("40 %%: %v", err)
	}
	for name, pr := range map[string]rulebook.Proposal{
		"nothing":        {},
		"two at once":    {Value: value(a, "contact-answer", 5, rules.Workdays).Value, Days: &rulebook.Days{}},
		"a run too long": {Days: &rulebook.Days{From: a.Rules.Today(), To: a.Rules.Today() + 120, Kind: rulebook.Off, Name: "寒假"}},
		"a long name":    {Days: &rulebook.Days{From: a.Rules.Today(), To: a.Rules.Today(), Kind: rulebook.Off, Name: strings.Repeat("长", 31)}},
		"yesterday":      {Days: &rulebook.Days{From: a.Rules.Today() - 1, To: a.Rules.Today(), Kind: rulebook.Off, Name: "昨天"}},
	} {
		if err := a.Rules.Decide(t.Context(), apptest.Officer(), pr); catalog.CodeOf(err) != catalog.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := a.Rules.Decisions(t.Context(), apptest.Officer()); len(all) != 0 || err != nil {
		t.Errorf("%d decisions stand: %v", len(all), err)
	}
}

func TestDaysMoveDeadlines(t *testing.T) {
	a := apptest.New(t)
	officer := apptest.Officer()
	today := a.Rules.Today() // Tuesday 7 April 2026
	decide := func(kind rulebook.DayKind, from, to rules.Day, after int64) {
		t.Helper()
		if err := a.Rules.Decide(t.Context(), officer, rulebook.Proposal{After: after, Days: &rulebook.Days{From: from, To: to, Kind: kind, Name: "校庆"}}); err != nil {
			t.Fatal(err)
		}
	}
	ends := func() string {
		t.Helper()
		book, err := a.Rules.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		set, err := book.At(today)
		if err != nil {
			t.Fatal(err)
		}
		d, err := set.Deadline(a.Clock.Now(), "contact-answer")
		if err != nil {
			t.Fatal(err)
		}
		return d.Last.String()
	}
	if got := ends(); got != "2026-04-10" {
		t.Errorf("at first it ends on %s", got)
	}
	decide(rulebook.Off, today+1, today+2, 0)
	if got := ends(); got != "2026-04-14" {
		t.Errorf("with two days off it ends on %s", got)
	}
	decide(rulebook.Work, today+4, today+4, 1) // a Saturday
	if got := ends(); got != "2026-04-13" {
		t.Errorf("with a Saturday that is worked on it ends on %s", got)
	}
	decide(rulebook.Public, today+1, today+4, 2)
	if got := ends(); got != "2026-04-10" {
		t.Errorf("taken back it ends on %s", got)
	}
}
