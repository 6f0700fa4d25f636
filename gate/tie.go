package gate

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"datai/account"
	"datai/catalog"
)

// Tie is why a reviewer must not score a result: "" if nothing is known. Whoever
// has one is never asked (never-rule 4).
type Tie struct {
	Code string // message "gate.tie.<code>"
	With string // code of the result or case in which both stand, the unit, or the project
}

// Ties of a reviewer.
const (
	TieCompleter = "completer"    // made it
	TieUnit      = "unit"         // is of the same school
	TieOwner     = "co_owner"     // is of another right holder
	TieProject   = "project"      // works on the same project
	TieResult    = "co_completer" // made another result with one of those who made it
	TieInvention = "co_inventor"  // the same of a patent
	TieTaker     = "taker"        // is of, or is, whoever the result goes to
	TieDeclared  = "declared"     // said so
)

// Taker is whoever a result goes to, by a contact case.
type Taker struct {
	Case string // its code
	Name string // of the person
	Unit string // the enterprise
}

// since is the first day of what counts; none, everything does.
func (l Limits) since(now time.Time) catalog.Date {
	if l.Years == 0 {
		return catalog.Date{}
	}
	y, m, d := now.AddDate(-l.Years, 0, 0).Date()
	return catalog.Date{Year: y, Month: int(m), Day: d}
}

// manyResults is how many results of a reviewer are looked at for ties.
const manyResults = 500

func tied(ctx context.Context, tx Tx, a account.Account, r *catalog.Result, since catalog.Date) (Tie, error) {
	others, err := tx.ResultsNamed(ctx, a.Name, manyResults)
	if err != nil {
		return Tie{}, err
	}
	takers, err := tx.Takers(ctx, r.ID)
	return tieOf(a, r, others, takers, since), err
}

// tieOf is the first tie between a reviewer and those who made a result, own it
// or take it; others are the results in which the reviewer's name stands. Names
// alone decide: two people of one name exclude one too many rather than one too
// few. Works together that ended before since bind no longer; those that say no
// day do. Who taught whom no list says.
func tieOf(a account.Account, r *catalog.Result, others []catalog.Result, takers []Taker, since catalog.Date) Tie {
	me, unit, made := catalog.Fold(a.Name), bareUnit(a.Unit, r), makers(r)
	if made[me] {
		return Tie{Code: TieCompleter}
	}
	units := []string{bareUnit(r.Organization, r)}
	for _, c := range r.Completers {
		units = append(units, bareUnit(c.Unit, r))
	}
	holders := foldAll(r.Owners)
	for _, right := range r.Rights {
		holders = append(holders, foldAll(right.Holders)...)
	}
	switch {
	case unit == "":
	case slices.Contains(units, unit):
		return Tie{Code: TieUnit, With: a.Unit}
	case slices.Contains(holders, catalog.Fold(a.Unit)):
		return Tie{Code: TieOwner, With: a.Unit}
	}
	for _, t := range takers {
		if u := catalog.Fold(t.Unit); u != "" && u == catalog.Fold(a.Unit) || me != "" && catalog.Fold(t.Name) == me {
			return Tie{Code: TieTaker, With: t.Case}
		}
	}
	mine := projects(r.Funding)
	for i := range others {
		o := &others[i]
		if o.ID == r.ID || ended(o, since) {
			continue
		}
		with := makers(o)
		if !with[me] {
			continue
		}
		for name := range with {
			if made[name] {
				if o.Kind == catalog.KindPatent {
					return Tie{Code: TieInvention, With: o.Code}
				}
				return Tie{Code: TieResult, With: o.Code}
			}
		}
		for _, p := range projects(o.Funding) {
			if slices.Contains(mine, p) && !ended(r, since) {
				return Tie{Code: TieProject, With: p}
			}
		}
	}
	return Tie{}
}

// makers are the folded names of those who made a result.
func makers(r *catalog.Result) map[string]bool {
	out := map[string]bool{}
	for _, c := range r.Completers {
		out[catalog.Fold(c.Name)] = true
	}
	for _, right := range r.Rights {
		for _, n := range right.Inventors {
			out[catalog.Fold(n)] = true
		}
	}
	delete(out, "")
	return out
}

// bareUnit is a folded unit without the owner of the result before it: a school is
// written with its university and without.
func bareUnit(unit string, r *catalog.Result) string {
	u := catalog.Fold(unit)
	for _, o := range r.Owners {
		if rest, ok := strings.CutPrefix(u, catalog.Fold(o)); ok && rest != "" && catalog.Fold(o) != "" {
			return rest
		}
	}
	return u
}

func foldAll(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, catalog.Fold(n))
	}
	return out
}

// ended reports whether a result was done before a day; of one that says no day
// nobody knows.
func ended(r *catalog.Result, since catalog.Date) bool {
	last := r.CompletedOn
	for _, right := range r.Rights {
		for _, d := range []catalog.Date{right.FiledOn, right.GrantedOn} {
			if last.String() < d.String() {
				last = d
			}
		}
	}
	return !last.IsZero() && last.String() < since.String()
}

// projectNumber is the number of a project as funders write it: letters, digits
// and dashes, five digits at least. Days, spans of years and amounts are none.
var (
	projectNumber = regexp.MustCompile(`[A-Z0-9][A-Z0-9-]{5,}`)
	noProject     = regexp.MustCompile(`[0-9.,]+ *[万元]|\b(19|20)[0-9]{2}(-[0-9]{1,4}){1,2}\b`)
)

// projects are the numbers of projects in 资助情况 or 依托项目; the names of
// programmes tie nobody, whole faculties stand under them.
func projects(funding string) []string {
	var out []string
	for _, n := range projectNumber.FindAllString(noProject.ReplaceAllString(strings.ToUpper(funding), " "), -1) {
		digits := 0
		for _, c := range n {
			if c >= '0' && c <= '9' {
				digits++
			}
		}
		if digits >= 5 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
