// Package intake brings files into the catalogue: every row's fate is shown
// before anything is written (dry run), rows are staged in chunks, and one
// set-based transaction applies them. Until that transaction commits nothing
// of the catalogue has changed, whatever was killed or cancelled.
package intake

import (
	"context"
	"iter"
	"strings"
	"time"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Kind is what a file holds.
type Kind string

// Kinds of files.
const (
	Results Kind = "results"
	Needs   Kind = "needs"
	Patents Kind = "patents" // results of catalog.KindPatent
	Parties Kind = "parties"
	People  Kind = "people"
)

// Kinds are all kinds of files in the order in which people choose among them.
func Kinds() []Kind { return []Kind{Results, Needs, Patents, Parties, People} }

// Fate is what becomes of a row.
type Fate string

// Fates. A repeated row is one whose thing stands elsewhere in the same file:
// of rows with one key the last one counts, the others change nothing. An
// alike row would be new, but may be about a thing that is there: it is left
// out until somebody decides.
const (
	New       Fate = "new"
	Changed   Fate = "changed"
	Unchanged Fate = "unchanged"
	Repeated  Fate = "repeated"
	Refused   Fate = "refused"
	Alike     Fate = "alike"
)

// Issue is something to say about a row: a refusal, or a note on how a value
// was understood. Key is a message with {names} filled by Args; Column is the
// header as the file has it.
type Issue struct {
	Refusal bool
	Column  string
	Key     string
	Args    catalog.Args
}

// Row is one row of a file, read and understood. Exactly one of Result, Need,
// Party and Person is set unless the row is refused.
type Row struct {
	N      int    // as the reader of the file counts: 1 is the first line or row
	Sheet  string // of a workbook with several
	Title  string // to recognise the row by; empty if the row may not be kept
	Result *catalog.Result
	Need   *catalog.Need
	Party  *catalog.Party
	Person *catalog.Person
	// Predecessor is the name of the one before Party, which the catalogue may
	// know.
	Predecessor string
	Issues      []Issue
	// Cells is a refused row as its file has it, aligned with File.Columns, so
	// that it can be given back to be mended. It is nil for every other row and
	// for one that may not be kept (never-rule 1).
	Cells []string
}

// classified reports whether the row is refused as classified or internal.
func (r *Row) classified() bool {
	for _, i := range r.Issues {
		if i.Refusal && strings.HasPrefix(i.Key, "import.refused.classified") {
			return true
		}
	}
	return false
}

// refused reports whether any issue refuses the row.
func (r *Row) refused() bool {
	for _, i := range r.Issues {
		if i.Refusal {
			return true
		}
	}
	return false
}

// File is an opened file: who it is and its rows, read as they are asked for.
// Rows ends after an error that makes the file unusable as a whole.
type File struct {
	Name   string
	Kind   Kind
	Format string // as the file really is: xlsx, csv, tsv, jsonl, …
	Preset string // the template or export that its columns are of, "" if of none
	// Layout is a stable hex digest of its headers: files of one layout are
	// understood alike, so a mapping made by a person is remembered by it.
	Layout  string
	Digest  func() string // hex SHA-256 of the bytes; may be asked before Rows is read
	Columns []Column      // how each header was understood, in the file's order
	Rows    iter.Seq2[Row, error]
	// Notes says what of the file as a whole was left out or read in another
	// way, such as a sheet of instructions; valid after Rows ended. May be nil.
	Notes func() []Issue
	// Progress is how many bytes of the rows were read, of how many; any
	// goroutine may ask at any time. May be nil.
	Progress func() (read, size int64)
	// Batch is the waiting batch of the file; Stage begins one if it is Nil.
	Batch uuid.UUID
}

// Column tells how a header was understood; Field is empty for one that nobody
// knew and that is kept as it is.
type Column struct {
	Header string
	Field  string
}

// State is where a batch stands.
type State string

// States of a batch. An interrupted one keeps its rows: the same file goes on
// where it ended. Of an applied one there may be rows left that are alike.
const (
	Waiting     State = "waiting"
	Staging     State = "staging"
	Interrupted State = "interrupted"
	Staged      State = "staged"
	Applied     State = "applied"
	Cancelled   State = "cancelled"
	Failed      State = "failed"
)

// Counts are how many rows met which fate.
type Counts struct {
	Rows, New, Changed, Unchanged, Repeated, Refused, Alike int
}

func (c *Counts) add(f Fate) {
	c.Rows++
	c.move(f, 1)
}

// move adds n to the count of a fate.
func (c *Counts) move(f Fate, n int) {
	switch f {
	case New:
		c.New += n
	case Changed:
		c.Changed += n
	case Unchanged:
		c.Unchanged += n
	case Repeated:
		c.Repeated += n
	case Refused:
		c.Refused += n
	case Alike:
		c.Alike += n
	}
}

// Batch is one import of one file.
type Batch struct {
	ID        uuid.UUID
	Drop      uuid.UUID // of the files that were brought together
	Version   int64
	Kind      Kind
	File      string // "" if the name itself may not be kept
	Digest    string
	Format    string
	Preset    string
	Layout    string
	State     State
	Next      uuid.UUID // the batch that took its place
	Problem   *Issue    // why it failed
	Counts    Counts
	Done      Counts // New and Changed: how many of Counts have been written
	Lacks     []Lack // why rows were refused, most frequent first
	Secret    bool   // some rows were refused as classified
	Edited    int    // rows that say something else of what was changed on a page
	FileWins  bool   // over those changes
	Agreed    int    // rows that say the same as what was changed on a page
	Columns   []Column
	Notes     []Issue // on the file as a whole
	Read      int64   // bytes of Size that have been read
	Size      int64
	StartedAt int64 // of the staging, unix ms
	By        uuid.UUID
	ByName    string
	CreatedAt int64
	UpdatedAt int64
}

// Pending is how many rows applying the batch would write.
func (b *Batch) Pending() int {
	return b.Counts.New + b.Counts.Changed - b.Done.New - b.Done.Changed
}

// MinutesLeft is how long the reading will take from now on, rounded up, by the
// bytes that have been read; ok is false while there is too little to go by.
func (b *Batch) MinutesLeft(now time.Time) (n int, ok bool) {
	took := now.Sub(time.UnixMilli(b.StartedAt))
	if b.State != Staging || b.Read <= 0 || b.Read >= b.Size || took < 2*time.Second {
		return 0, false
	}
	left := time.Duration(float64(took) / float64(b.Read) * float64(b.Size-b.Read))
	return int((left + time.Minute - 1) / time.Minute), true
}

// StagedRow is a row that waits in a batch. Thing is nil for refused rows:
// what is refused is not stored, only its number, title and the issues, and if
// it may go back to who brought it, its cells.
type StagedRow struct {
	Pos    int64 // its place in the batch, from 1; set by the store
	N      int
	Sheet  string
	Title  string
	Fate   Fate
	Issues []Issue
	Result *catalog.Result // whole as it will stand after applying; Version is the one it was compared with, 0 = new
	Need   *catalog.Need
	Party  *catalog.Party
	Person *catalog.Person
	// Said is what the row itself says where that is not the thing above: the
	// catalogue may move before it is applied.
	Said *Row
	// Twin is the thing, of the catalogue or of an earlier row, that an alike
	// row may be about; Later that somebody put off to decide.
	Twin     uuid.UUID
	Likeness catalog.Resemblance
	Later    bool
	Cells    []string
}

// said is the row as it was read.
func (s *StagedRow) said() Row {
	out := Row{N: s.N, Sheet: s.Sheet, Title: s.Title, Result: s.Result, Need: s.Need, Party: s.Party, Person: s.Person}
	if s.Said != nil {
		out.Result, out.Need, out.Party, out.Person = s.Said.Result, s.Said.Need, s.Said.Party, s.Said.Person
		out.Predecessor = s.Said.Predecessor
	}
	return out
}

// Tx is what intake needs of the store inside one transaction.
type Tx interface {
	AddBatch(ctx context.Context, b Batch) error
	// SaveBatch writes b and adds one to its version; Conflict if the stored
	// version is not b.Version.
	SaveBatch(ctx context.Context, b Batch) error
	Batch(ctx context.Context, id uuid.UUID) (Batch, error)  // NotFound
	Batches(ctx context.Context, limit int) ([]Batch, error) // newest first
	// BatchesOfDrop are the files of one drop in the order in which they came.
	BatchesOfDrop(ctx context.Context, drop uuid.UUID) ([]Batch, error)
	// BatchesAsking are those with alike rows, newest first.
	BatchesAsking(ctx context.Context, limit int) ([]Batch, error)
	// BatchesOfDigest are the imports of the same bytes, newest first.
	BatchesOfDigest(ctx context.Context, digest string, limit int) ([]Batch, error)
	// BatchesKept are those whose rows are kept and that did not move since
	// before, unix ms.
	BatchesKept(ctx context.Context, before int64, limit int) ([]Batch, error)

	// AddRows appends rows to a batch; personal data in them is encrypted.
	AddRows(ctx context.Context, batch uuid.UUID, rows []StagedRow) error
	// SaveRows writes rows of a batch anew over those with their Pos.
	SaveRows(ctx context.Context, batch uuid.UUID, rows []StagedRow) error
	// Rows reads a batch in row order after row number after, limited, of one
	// fate or of all (""), without what rows said and their cells.
	Rows(ctx context.Context, batch uuid.UUID, fate Fate, after, limit int) ([]StagedRow, error)
	// RowsAt reads rows whole, by their places.
	RowsAt(ctx context.Context, batch uuid.UUID, pos []int64) ([]StagedRow, error)
	// RowsAbout reads the rows whole that wait to be written about these things
	// or that say that nothing of them changes.
	RowsAbout(ctx context.Context, batch uuid.UUID, ids []uuid.UUID) ([]StagedRow, error)
	// RowsMoved reads rows whole that can no longer be applied, as the
	// catalogue moved since they were compared with it: after place after.
	RowsMoved(ctx context.Context, batch uuid.UUID, after int64, limit int) ([]StagedRow, error)
	// EachRefused calls fn with every refused row, in row order, with its cells.
	EachRefused(ctx context.Context, batch uuid.UUID, fn func(StagedRow) error) error
	// EachPartyRow calls fn with every row whole of a party that is new, changed or
	// unchanged, in the order of the file.
	EachPartyRow(ctx context.Context, batch uuid.UUID, fn func(StagedRow) error) error
	// MarkRepeated turns rows of the batch that carry the key of a later row
	// into Repeated and returns how many of each former fate were turned.
	MarkRepeated(ctx context.Context, batch uuid.UUID) (Counts, error)
	// Lookalikes calls fn with pairs of a new row and a thing of the catalogue
	// or an earlier new row that share a fingerprint and of which nobody said
	// that they are not the same.
	Lookalikes(ctx context.Context, batch uuid.UUID, fn func(Lookalike) error) error
	// SaveTwins turns new rows into alike ones and returns how many.
	SaveTwins(ctx context.Context, batch uuid.UUID, twins []Twin) (int, error)
	// ReleaseAlike turns every alike row back into a new one.
	ReleaseAlike(ctx context.Context, batch uuid.UUID) (int, error)
	// AddAlias remembers that a key means a thing: the kind is "result", "need"
	// or "party". AddApart remembers that a key does not mean the thing with the
	// other key or code.
	AddAlias(ctx context.Context, kind, key string, id uuid.UUID, at int64) error
	AddApart(ctx context.Context, kind, key, other string, at int64) error

	// ResultsByKey finds results by their keys and by those that somebody said
	// mean them. The others do the same.
	ResultsByKey(ctx context.Context, keys []string) (map[string]*catalog.Result, error)
	NeedsByKey(ctx context.Context, keys []string) (map[string]*catalog.Need, error)
	PartiesByKey(ctx context.Context, keys []string) (map[string]*catalog.Party, error)
	// PeopleByKey finds people by any of the keys of catalog.Person.Keys that
	// they have now.
	PeopleByKey(ctx context.Context, keys []string) (map[string]*catalog.Person, error)
	ResultByCode(ctx context.Context, code string) (catalog.Result, error) // NotFound
	NeedByCode(ctx context.Context, code string) (catalog.Need, error)
	// Results loads the results with these ids; ids that are not there are left
	// out. Needs and Parties do the same.
	Results(ctx context.Context, ids []uuid.UUID) ([]catalog.Result, error)
	Needs(ctx context.Context, ids []uuid.UUID) ([]catalog.Need, error)
	Parties(ctx context.Context, ids []uuid.UUID) ([]catalog.Party, error)

	// ApplyBatch writes the new and changed rows of a batch that have not been
	// written yet into the catalogue, set-based, one change row each. Conflict
	// if a thing changed since it was compared, if its key has been taken
	// meanwhile or if there are not b.Counts less b.Done of them.
	ApplyBatch(ctx context.Context, b Batch, at int64) error
	// DropRows forgets the rows of a batch.
	DropRows(ctx context.Context, batch uuid.UUID) error
	// DropUnwritten forgets those of its rows that have not been written.
	DropUnwritten(ctx context.Context, batch uuid.UUID) error
	// StripRows forgets the things in the written rows of a batch and keeps
	// number, title, fate and issues: the catalogue has the things now.
	StripRows(ctx context.Context, batch uuid.UUID) error
	// ForgetRows forgets the rows of a batch for good and says so in BatchesKept.
	ForgetRows(ctx context.Context, batch uuid.UUID) error

	// Edits are the fields of these things that were changed on their pages, by
	// the names that they have in the catalogue; DropEdits forgets some.
	Edits(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]Edit, error)
	DropEdits(ctx context.Context, id uuid.UUID, fields []string) error
	// RowsSaid reads rows whole that update a thing or leave it as it is and
	// that keep what they said, after place after.
	RowsSaid(ctx context.Context, batch uuid.UUID, after int64, limit int) ([]StagedRow, error)

	// Mapping is NotFound if nobody gave one.
	Mapping(ctx context.Context, kind Kind, layout string) (Mapping, error)
	Mappings(ctx context.Context) ([]Mapping, error) // newest first
	// SaveMapping adds one of Version 0, else writes it over the version that
	// was read; Conflict if that is not the stored one.
	SaveMapping(ctx context.Context, m Mapping) error
	DropMapping(ctx context.Context, m Mapping) error
	Append(ctx context.Context, e journal.Entry) error
}
