package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Lookalike is a new row and what it may be about: a thing of the catalogue,
// or an earlier new row of the same batch.
type Lookalike struct {
	Pos       int64 // of the row
	TwinPos   int64 // of the earlier row, 0 for a thing of the catalogue
	Twin      uuid.UUID
	Kind      string // "result", "need", "party"
	SameRight bool   // they share the number of a right
	Titles    [2]string
	Patents   bool // both are patents, each with the number of a right
}

// Twin says which thing a row may be about.
type Twin struct {
	Pos      int64
	Twin     uuid.UUID
	Likeness catalog.Resemblance
}

// resembles looks closer at a pair that shares a fingerprint. Patents with
// different numbers are different rights, whatever they are called.
func (l *Lookalike) resembles() catalog.Resemblance {
	if l.SameRight {
		return catalog.SameRight
	}
	if l.Patents {
		return catalog.Unlike
	}
	return catalog.Resemble(l.Titles[0], l.Titles[1])
}

// markAlike finds the new rows of a batch that may be about a thing that is
// there already. The database joins fingerprints; only what shares one is
// looked at.
func (s *Service) markAlike(ctx context.Context, b *Batch) error {
	if b.Counts.New == b.Done.New || b.Kind == People {
		return nil
	}
	var found []Twin
	err := s.db.Read(ctx, func(tx Tx) error {
		found = found[:0]
		asked, twins := map[int64]bool{}, map[int64]bool{}
		return tx.Lookalikes(ctx, b.ID, func(l Lookalike) error {
			// What is asked about a row needs a twin that stands by itself.
			if asked[l.Pos] || twins[l.Pos] || asked[l.TwinPos] {
				return nil
			}
			if how := l.resembles(); how != catalog.Unlike {
				found = append(found, Twin{l.Pos, l.Twin, how})
				asked[l.Pos] = true
				if l.TwinPos > 0 {
					twins[l.TwinPos] = true
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(found, chunk) {
		err := s.save(ctx, b, func(tx Tx, next *Batch) error {
			n, err := tx.SaveTwins(ctx, b.ID, part)
			next.Counts.New -= n
			next.Counts.Alike += n
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// AddAlike takes every alike row of a staged batch for a new thing: what a
// command line does that nobody can answer.
func (s *Service) AddAlike(ctx context.Context, p account.Principal, id uuid.UUID) (Batch, error) {
	b, err := s.Batch(ctx, p, id)
	if err != nil || b.Counts.Alike == 0 {
		return b, err
	}
	err = s.save(ctx, &b, func(tx Tx, next *Batch) error {
		n, err := tx.ReleaseAlike(ctx, next.ID)
		next.Counts.Alike -= n
		next.Counts.New += n
		return err
	})
	if err == nil {
		err = s.linkPredecessors(ctx, &b) // they may be among those
	}
	return b, err
}

// Pair is an alike row beside what it may be about.
type Pair struct {
	Row StagedRow
	// Thing is that thing, as the catalogue has it or, if that has not got it
	// yet, as an earlier row of the file will write it. Nil if it is gone.
	Thing *StagedRow
	// Other is the row of the same file that will write it, if one will.
	Other *StagedRow
}

// Pairs reads the alike rows of a batch after row number after, at most limit,
// each beside what it may be about.
func (s *Service) Pairs(ctx context.Context, p account.Principal, id uuid.UUID, after, limit int) (pairs []Pair, err error) {
	if err := allow(p); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		rows, err := tx.Rows(ctx, id, Alike, after, limit)
		if err != nil {
			return err
		}
		twins, err := loadTwins(ctx, tx, id, rows)
		if err != nil {
			return err
		}
		pairs = make([]Pair, len(rows))
		for i, r := range rows {
			t := twins[r.Twin]
			pairs[i] = Pair{Row: r, Thing: t.thing, Other: t.row}
			if t.thing == nil {
				pairs[i].Thing = t.row
			}
		}
		return nil
	})
	return pairs, err
}

// twin is what an alike row may be about: the thing of the catalogue, and the
// row of the same batch that will write it. Both are nil if it is gone.
type twin struct {
	thing *StagedRow // its thing only
	row   *StagedRow
}

func loadTwins(ctx context.Context, tx Tx, batch uuid.UUID, rows []StagedRow) (map[uuid.UUID]twin, error) {
	var results, needs, parties, all []uuid.UUID
	for i := range rows {
		r := &rows[i]
		all = append(all, r.Twin)
		switch {
		case r.Result != nil:
			results = append(results, r.Twin)
		case r.Need != nil:
			needs = append(needs, r.Twin)
		case r.Party != nil:
			parties = append(parties, r.Twin)
		}
	}
	out := map[uuid.UUID]twin{}
	foundResults, err := tx.Results(ctx, results)
	if err != nil {
		return nil, err
	}
	for i := range foundResults {
		out[foundResults[i].ID] = twin{thing: &StagedRow{Title: foundResults[i].Title, Result: &foundResults[i]}}
	}
	foundNeeds, err := tx.Needs(ctx, needs)
	if err != nil {
		return nil, err
	}
	for i := range foundNeeds {
		out[foundNeeds[i].ID] = twin{thing: &StagedRow{Title: foundNeeds[i].Title, Need: &foundNeeds[i]}}
	}
	foundParties, err := tx.Parties(ctx, parties)
	if err != nil {
		return nil, err
	}
	for i := range foundParties {
		out[foundParties[i].ID] = twin{thing: &StagedRow{Title: foundParties[i].Name, Party: &foundParties[i]}}
	}
	own, err := tx.RowsAbout(ctx, batch, all)
	if err != nil {
		return nil, err
	}
	for i := range own {
		id := own[i].thingID()
		out[id] = twin{out[id].thing, &own[i]}
	}
	return out, nil
}

// Verdict is what somebody says of a pair.
type Verdict string

// Verdicts.
const (
	Same  Verdict = "same"  // the row updates the thing; its key means it from now on
	Apart Verdict = "apart" // two things; not asked again
	Later Verdict = "later" // stays out of the catalogue until somebody decides
)

// Decision is a verdict on the alike row at Pos. Version is that of Pair.Thing
// as it was looked at.
type Decision struct {
	Pos     int64
	Version int64
	Verdict Verdict
}

// Decide settles alike rows of a batch, all in one transaction. A decision on
// a row that is not alike any more, or whose twin is not what was looked at,
// is left out and counted in moved. Nothing is written to the catalogue: rows
// that were settled wait to be applied.
func (s *Service) Decide(ctx context.Context, p account.Principal, id uuid.UUID, ds []Decision) (b Batch, moved int, err error) {
	if b, err = s.Batch(ctx, p, id); err != nil {
		return b, 0, err
	}
	if b.State != Staged && b.State != Applied {
		return b, 0, catalog.Refuse(catalog.Conflict, "import.not_staged", "state", string(b.State))
	}
	at, zone := s.now().UnixMilli(), s.now().Location()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "pair.decide", "import")
	if err != nil {
		return b, 0, err
	}
	err = s.save(ctx, &b, func(tx Tx, next *Batch) error {
		e := entry
		e.Subject, e.Body = next.ID, map[string]string{}
		var err error
		if moved, err = settle(ctx, tx, next, zone, ds, e.Body); err != nil {
			return err
		}
		if next.Pending() > 0 {
			next.State = Staged
		} else if next.Done != (Counts{}) {
			next.State = Applied
		}
		return tx.Append(ctx, e)
	})
	if err != nil {
		return b, 0, fmt.Errorf("intake: decide: %w", err)
	}
	return b, moved, nil
}

// settle carries decisions out and notes them for the journal.
func settle(ctx context.Context, tx Tx, b *Batch, zone *time.Location, ds []Decision, told map[string]string) (moved int, err error) {
	pos := make([]int64, len(ds))
	for i, d := range ds {
		pos[i] = d.Pos
	}
	rows, err := tx.RowsAt(ctx, b.ID, pos)
	if err != nil {
		return 0, err
	}
	twins, err := loadTwins(ctx, tx, b.ID, rows)
	if err != nil {
		return 0, err
	}
	edits, err := tx.Edits(ctx, slices.Collect(maps.Keys(twins)))
	if err != nil {
		return 0, err
	}
	save := map[int64]StagedRow{}
	for _, d := range ds {
		i := slices.IndexFunc(rows, func(r StagedRow) bool { return r.Pos == d.Pos })
		if i < 0 || rows[i].Fate != Alike {
			moved++
			continue
		}
		row := rows[i]
		t := twins[row.Twin]
		next := row
		switch {
		case d.Verdict == Later:
			next.Later = true
		case d.Verdict == Apart:
			if err := addApart(ctx, tx, row, t, b.UpdatedAt); err != nil {
				return 0, err
			}
			next.Fate, next.Later, next.Twin, next.Likeness = New, false, uuid.Nil, ""
		case d.Verdict != Same:
			return 0, catalog.Refuse(catalog.Invalid, "error.form")
		case t.version() != d.Version:
			moved++
			continue
		default:
			if err := tx.AddAlias(ctx, row.kind(), row.key(), row.Twin, b.UpdatedAt); err != nil {
				return 0, err
			}
			if t.row != nil && t.row.Fate == New { // what it says changes, and with that its key
				if err := tx.AddAlias(ctx, row.kind(), t.row.key(), row.Twin, b.UpdatedAt); err != nil {
					return 0, err
				}
			}
			next = unite(b, row, &t, known{edits: edits, fileWins: b.FileWins, columns: b.Columns, zone: zone})
			if t.row != nil && t.row.Pos != next.Pos {
				save[t.row.Pos] = *t.row
			} else {
				t.row = &next
			}
			twins[row.Twin] = t
		}
		told["row "+strconv.Itoa(row.N)] = string(d.Verdict) + " " + row.Twin.String()
		b.Counts.move(Alike, -1)
		b.Counts.move(next.Fate, 1)
		save[next.Pos] = next
	}
	return moved, tx.SaveRows(ctx, b.ID, slices.SortedFunc(maps.Values(save), func(x, y StagedRow) int { return int(x.Pos - y.Pos) }))
}

// version is that of what Pair.Thing shows; -1 if it is gone.
func (t twin) version() int64 {
	for _, r := range []*StagedRow{t.thing, t.row} {
		switch {
		case r == nil:
		case r.Result != nil:
			return r.Result.Version
		case r.Need != nil:
			return r.Need.Version
		case r.Party != nil:
			return r.Party.Version
		}
	}
	return -1
}

func addApart(ctx context.Context, tx Tx, row StagedRow, t twin, at int64) error {
	other := t.thing
	if other == nil {
		other = t.row
	}
	if other == nil {
		return nil
	}
	// A key is what a row says; what the catalogue knows a thing by may be an
	// older one, but its code never changes.
	if err := tx.AddApart(ctx, row.kind(), row.key(), other.code(), at); err != nil {
		return err
	}
	return tx.AddApart(ctx, row.kind(), row.key(), other.key(), at)
}

// unite makes an alike row an update of its twin. Where another row of the
// batch writes that already, it says what both say, and the alike row becomes
// a repeated one.
func unite(b *Batch, row StagedRow, t *twin, k known) StagedRow {
	said := row.said()
	if t.row != nil {
		said = join(t.row.said(), said)
	}
	at := &row
	if t.row != nil {
		at = t.row
	}
	next := StagedRow{Pos: at.Pos, N: at.N, Sheet: at.Sheet, Title: at.Title, Issues: staticIssues(at.Issues)}
	switch {
	case t.thing == nil: // a row that is new stays so, with more to say
		next.Fate, next.Result, next.Need, next.Party = New, said.Result, said.Need, said.Party
	case said.Result != nil:
		next.decideResult(*said.Result, t.thing.Result, k, uuid.Nil, b.UpdatedAt)
	case said.Need != nil:
		next.decideNeed(*said.Need, t.thing.Need, k, uuid.Nil, b.UpdatedAt)
	case said.Party != nil:
		next.decideParty(*said.Party, t.thing.Party, uuid.Nil, b.UpdatedAt)
	}
	if t.row != nil {
		b.weigh(t.row, -1)
	}
	b.weigh(&next, 1)
	if next.Fate == Changed || next.edited() {
		next.Said = &said
	}
	if t.row == nil {
		return next
	}
	b.Counts.move(t.row.Fate, -1)
	b.Counts.move(next.Fate, 1)
	t.row = &next
	return StagedRow{Pos: row.Pos, N: row.N, Sheet: row.Sheet, Title: row.Title, Issues: row.Issues, Fate: Repeated}
}

// join is what two rows about one thing say, the second one last.
func join(a, b Row) Row {
	switch {
	case a.Result != nil && b.Result != nil:
		both := mergeResult(*a.Result, *b.Result)
		a.Result = &both
	case a.Need != nil && b.Need != nil:
		both := mergeNeed(*a.Need, *b.Need)
		a.Need = &both
	case a.Party != nil && b.Party != nil:
		both := mergeParty(*a.Party, *b.Party)
		a.Party = &both
	}
	return a
}

// kind is the kind of the thing of the row, as in Lookalike.
func (s *StagedRow) kind() string {
	switch {
	case s.Result != nil:
		return "result"
	case s.Need != nil:
		return "need"
	}
	return "party"
}

// key is the key of the thing of the row.
func (s *StagedRow) key() string {
	switch {
	case s.Result != nil:
		return s.Result.Key()
	case s.Need != nil:
		return s.Need.Key()
	case s.Party != nil:
		return s.Party.Key()
	}
	return ""
}

// code is the public code of the thing of the row.
func (s *StagedRow) code() string {
	switch {
	case s.Result != nil:
		return s.Result.Code
	case s.Need != nil:
		return s.Need.Code
	case s.Party != nil:
		return s.Party.Code
	}
	return ""
}
