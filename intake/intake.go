// Package intake brings files into the catalogue: every row's fate is shown
// before anything is written (dry run), rows are staged in chunks, and one
// set-based transaction applies them. Until that transaction commits nothing
// of the catalogue has changed, whatever was killed or cancelled.
package intake

import (
	"context"
	"iter"

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

// Fates. A repeated row is one whose thing stands again further down in the
// same file: the last one counts, the others change nothing.
const (
	New       Fate = "new"
	Changed   Fate = "changed"
	Unchanged Fate = "unchanged"
	Repeated  Fate = "repeated"
	Refused   Fate = "refused"
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
	Digest  func() string // hex SHA-256 of the bytes, valid after Rows ended
	Columns []Column      // how each header was understood, in the file's order
	Rows    iter.Seq2[Row, error]
	// Notes says what of the file as a whole was left out or read in another
	// way, such as a sheet of instructions; valid after Rows ended. May be nil.
	Notes func() []Issue
	// Progress is how many bytes of the rows were read, of how many; any
	// goroutine may ask at any time. May be nil.
	Progress func() (read, size int64)
}

// Column tells how a header was understood; Field is empty for one that nobody
// knew and that is kept as it is.
type Column struct {
	Header string
	Field  string
}

// State is where a batch stands.
type State string

// States of a batch.
const (
	Staging   State = "staging"
	Staged    State = "staged"
	Applied   State = "applied"
	Cancelled State = "cancelled"
	Failed    State = "failed"
)

// Counts are how many rows met which fate.
type Counts struct {
	Rows, New, Changed, Unchanged, Repeated, Refused int
}

func (c *Counts) add(f Fate) {
	c.Rows++
	switch f {
	case New:
		c.New++
	case Changed:
		c.Changed++
	case Unchanged:
		c.Unchanged++
	case Repeated:
		c.Repeated++
	case Refused:
		c.Refused++
	}
}

// Batch is one import of one file.
type Batch struct {
	ID        uuid.UUID
	Version   int64
	Kind      Kind
	File      string
	Digest    string
	State     State
	Counts    Counts
	Columns   []Column
	Notes     []Issue // on the file as a whole
	By        uuid.UUID
	ByName    string
	CreatedAt int64
	UpdatedAt int64
}

// StagedRow is a row that waits in a batch. Thing is nil for refused rows:
// what is refused is not stored, only its number, title and the issues.
type StagedRow struct {
	N      int
	Sheet  string
	Title  string
	Fate   Fate
	Issues []Issue
	Result *catalog.Result // whole as it will stand after applying; Version is the one it was compared with, 0 = new
	Need   *catalog.Need
	Party  *catalog.Party
	Person *catalog.Person
}

// Tx is what intake needs of the store inside one transaction.
type Tx interface {
	AddBatch(ctx context.Context, b Batch) error
	// SaveBatch writes b and adds one to its version; Conflict if the stored
	// version is not b.Version.
	SaveBatch(ctx context.Context, b Batch) error
	Batch(ctx context.Context, id uuid.UUID) (Batch, error)  // NotFound
	Batches(ctx context.Context, limit int) ([]Batch, error) // newest first
	// AddRows appends rows to a batch; personal data in them is encrypted.
	AddRows(ctx context.Context, batch uuid.UUID, rows []StagedRow) error
	// Rows reads a batch in row order after row number after, limited, of one
	// fate or of all ("").
	Rows(ctx context.Context, batch uuid.UUID, fate Fate, after, limit int) ([]StagedRow, error)
	// MarkRepeated turns rows of the batch that carry the key of a later row
	// into Repeated and returns how many of each former fate were turned.
	MarkRepeated(ctx context.Context, batch uuid.UUID) (Counts, error)
	ResultsByKey(ctx context.Context, keys []string) (map[string]*catalog.Result, error)
	NeedsByKey(ctx context.Context, keys []string) (map[string]*catalog.Need, error)
	PartiesByKey(ctx context.Context, keys []string) (map[string]*catalog.Party, error)
	// PeopleByKey finds people by any of the keys of catalog.Person.Keys that
	// they have now.
	PeopleByKey(ctx context.Context, keys []string) (map[string]*catalog.Person, error)
	ResultByCode(ctx context.Context, code string) (catalog.Result, error) // NotFound
	NeedByCode(ctx context.Context, code string) (catalog.Need, error)
	// ApplyBatch writes the new and changed rows of a batch into the catalogue,
	// set-based, one change row each, and returns the ids. Conflict if a thing
	// changed since it was compared or its key has been taken meanwhile.
	ApplyBatch(ctx context.Context, b Batch, at int64) ([]uuid.UUID, error)
	// DropRows forgets the rows of a batch.
	DropRows(ctx context.Context, batch uuid.UUID) error
	// StripRows forgets the things in the rows of an applied batch and keeps
	// number, title, fate and issues: the catalogue has the things now.
	StripRows(ctx context.Context, batch uuid.UUID) error
	Append(ctx context.Context, e journal.Entry) error
}
