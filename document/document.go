// Package document keeps what belongs to the form of a step besides the case
// itself: what somebody has typed and not sent yet, and files. A file that was
// put into a form is a part of its draft, seen by whoever put it there alone,
// until the step is taken; from then on it belongs to the case for good, and its
// SHA-256 stands in the journal entry of that step.
package document

import (
	"context"
	"io"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/process"

	"github.com/google/uuid"
)

// Draft is what somebody has typed into the form of a step and not sent yet.
type Draft struct {
	ID      uuid.UUID
	Account uuid.UUID
	Case    uuid.UUID
	Version int64        // of the case that was seen
	BegunAt int64        // unix ms
	SavedAt int64        // unix ms
	Move    process.Move // the step and what stands in its fields; encrypted at rest
}

// Document is a file of a case.
type Document struct {
	ID      uuid.UUID
	Kind    string // of the case, as its process is called
	Case    uuid.UUID
	Code    string // of the case
	Action  process.Action
	Field   string
	Event   int       // number of the step with which it came, 0 = not sent yet
	Account uuid.UUID // who put it in
	Name    string    // of the file, as it may be shown; encrypted at rest
	Type    string    // one of Types
	Size    int64     // bytes
	Hash    [32]byte  // SHA-256
	AddedAt int64     // unix ms
}

// Most is how large a file may be in bytes where nothing else is set.
const Most = 50 << 20

// PartSize is how many bytes of a file one row holds.
const PartSize = 1 << 20

// KeepDays is how long a draft is kept that nobody touches.
const KeepDays = 30

// media are the types of files that are taken, each with what a browser is told
// about it. The names of those of WPS Office have no registered types.
var media = map[string]string{
	"pdf": "application/pdf", "ofd": "application/octet-stream",
	"doc": "application/msword", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xls": "application/vnd.ms-excel", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"ppt": "application/vnd.ms-powerpoint", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"wps": "application/octet-stream", "et": "application/octet-stream", "dps": "application/octet-stream",
	"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "heic": "image/heic",
}

// Types are the endings of the names of files that are taken, without a dot.
func Types() []string {
	return []string{"pdf", "ofd", "doc", "docx", "wps", "xls", "xlsx", "et", "ppt", "pptx", "dps", "jpg", "jpeg", "png", "heic"}
}

// Media is what a browser is told about a file of a type.
func Media(t string) string { return media[t] }

// TypeOf is the type that a name says, "" if it is none that is taken.
func TypeOf(name string) string {
	_, ending, found := cutLast(strings.ToLower(name), ".")
	if !found || !slices.Contains(Types(), ending) {
		return ""
	}
	return ending
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// mostName is how long the name of a file may be in characters; what is longer
// is cut in front, since its end says what it is.
const mostName = 120

// FitName makes the name of a file fit to be kept and shown: without a path,
// control characters and marks that turn the direction of writing round. "" is
// no name.
func FitName(sent string) string {
	name := catalog.CleanLine(sent[strings.LastIndexAny(sent, `/\`)+1:])
	rs := []rune(strings.Trim(name, ". "))
	return string(rs[max(0, len(rs)-mostName):])
}

// Find finds the case of a kind with that code. It is NotFound or Forbidden for
// whoever may not see the case on its page.
type Find func(ctx context.Context, p account.Principal, code string) (process.Seen, error)

// Content is a file that was received, to be read more than once.
type Content interface {
	io.ReaderAt
	Size() int64
}

// Tx is what document needs of the store inside one transaction.
type Tx interface {
	// SaveForm keeps a draft in place of the one of that account, case and step,
	// if there is one; when somebody began to type stays.
	SaveForm(ctx context.Context, d Draft) error
	// FormsOf are the drafts of an account for a case, the last saved first.
	FormsOf(ctx context.Context, account, caseID uuid.UUID) ([]Draft, error)
	// DropForm forgets a draft and the documents that were in it.
	DropForm(ctx context.Context, account, caseID uuid.UUID, action process.Action) error
	// DropFormsBefore forgets the drafts that were saved before a time (unix ms)
	// and the documents that were put into forms before it and never sent.
	DropFormsBefore(ctx context.Context, before int64) error

	// SavePart keeps a part of a content, numbered from 0, unless it is there. id
	// is that of a new row.
	SavePart(ctx context.Context, hash [32]byte, n int, id uuid.UUID, at int64, part []byte) error
	// HoldParts counts the parts of a content; they stay as they are until the
	// transaction ends.
	HoldParts(ctx context.Context, hash [32]byte) (int, error)
	// Part is a part of a content; NotFound.
	Part(ctx context.Context, hash [32]byte, n int) ([]byte, error)
	// DropPartsBefore forgets the parts that came before a time (unix ms) and
	// are of no document.
	DropPartsBefore(ctx context.Context, before int64) error

	AddDocument(ctx context.Context, d Document) error
	// Document is NotFound if there is none.
	Document(ctx context.Context, id uuid.UUID) (Document, error)
	// DocumentsOf are the documents of a case, and those in forms of it, in the
	// order in which they came.
	DocumentsOf(ctx context.Context, caseID uuid.UUID) ([]Document, error)
	// DropDocument forgets a document that was not sent, and its content if no
	// other document has it; Conflict if it was sent.
	DropDocument(ctx context.Context, id uuid.UUID) error

	// Events are the steps of a case, the first first.
	Events(ctx context.Context, caseID uuid.UUID) ([]process.Event, error)
	Account(ctx context.Context, id uuid.UUID) (account.Account, bool, error)
	Append(ctx context.Context, e journal.Entry) error
}
